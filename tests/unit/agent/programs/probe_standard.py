"""Part of probe_printers.py: the types of Python and of its standard library, and objects that only look like them."""

# It runs on 3.9 too, and odd code is what it is about.
# ruff: noqa: UP017, UP031, UP036, ICN001, PLW0108, PYI024, RUF012, PLC3002
# mypy: ignore-errors

import array
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import functools
import io
import os
import pathlib
import queue
import socket
import sys
import threading
import time
import types
import uuid

from traps import body, make, ran, trapped

from __main__ import look, problems, show, shown, timed
from pydelve.agent.looking.inspection import Handles, Limits, inspect_children

# -- types -------------------------------------------------------------------------------------------------------------
Point = collections.namedtuple("Point", "x y")


@dataclasses.dataclass
class Order:
    item: str
    count: int = 2
    shop: dataclasses.InitVar = None
    known = 0


@dataclasses.dataclass
class Slotted:
    __slots__ = ("count", "item")
    item: str
    count: int


class Level(enum.Enum):
    LOW = 1
    HIGH = {"a": 1}


class Number(enum.IntEnum):
    ONE = 1


class Mode(enum.Flag):
    READ = 1
    WRITE = 2


class Base:
    pass


class Derived(Base):
    def method(self, first, /, second=1, *rest, key="k", **more):
        return first


def generate():
    yield 1


async def coroutine():
    pass


def plain(a, b=None, *, c, d=()):
    return a


# -- numbers, ids, paths, times ----------------------------------------------------------------------------------------
D = decimal.Decimal
for text in (
    "-1.50",
    "0",
    "NaN",
    "-sNaN",
    "Infinity",
    "1E+30",
    "0.0000001",
    "123456789012345678901234567890.5",
    "0E-10",
):
    show("decimal " + text, D(text))
    said = shown["decimal " + text]["text"]
    if said != str(D(text)):
        problems.append("decimal %s is shown as %s" % (text, said))
show("decimal of many digits", D("1" * 5000))
show("fraction", fractions.Fraction(-1, 3))
show("uuid", uuid.UUID(int=1 << 100))
show("path", pathlib.PurePosixPath("/etc//x/./y"))
show("path of parts", pathlib.PurePosixPath("a") / "b")
show("path here", pathlib.PurePosixPath("."))
show("path with its text", (lambda path: (str(path), path)[1])(pathlib.PurePosixPath("/a", "b")))
show("path of Windows", pathlib.PureWindowsPath("c:\\x/y"))
show("date", datetime.date(2026, 1, 31))
show("datetime", datetime.datetime(2026, 1, 31, 10, 0, 5, 500000))
show("datetime with a zone", datetime.datetime(2026, 1, 31, tzinfo=datetime.timezone.utc))
zone = datetime.timezone(datetime.timedelta(hours=-5, minutes=-30), "X")
show("datetime with an offset", datetime.datetime(2026, 1, 31, tzinfo=zone))
show("time", datetime.time(10, 1, fold=1))
show("timedelta", datetime.timedelta(days=1, hours=2, milliseconds=5))
show("negative timedelta", datetime.timedelta(microseconds=-5))
show("timezone", zone)


class OddZone(datetime.tzinfo):
    pass


show("datetime with a zone of its own", datetime.datetime(2026, 1, 31, tzinfo=OddZone()))

# -- records -----------------------------------------------------------------------------------------------------------
order = Order("tea")
order.note = "x"
show("dataclass", order)
show("dataclass with slots", Slotted("tea", 1))
show("dataclass half made", Order.__new__(Order))
show("enum", [Level.LOW, Level.HIGH, Number.ONE, Mode.READ | Mode.WRITE, Mode.READ])
show("namedtuple", Point(1, [2]))
show("struct sequence", time.gmtime(0))

# -- containers --------------------------------------------------------------------------------------------------------
ordered = collections.OrderedDict(a=1, b=2, c=3)
ordered.move_to_end("a")
show("ordereddict", collections.OrderedDict(a=1, b=2))
show("ordereddict reordered", ordered)
show("defaultdict", collections.defaultdict(list, a=[1]))
show("counter", collections.Counter("aab"))
show("deque", [collections.deque([1]), collections.deque([1], maxlen=5)])
show("chainmap", collections.ChainMap({"a": 1}, {"b": 2}))
show("user containers", [collections.UserDict(a=1), collections.UserList([1]), collections.UserString("x")])
show("mappingproxy", types.MappingProxyType({"a": 1}))
show("mappingproxy of something else", types.MappingProxyType(collections.UserDict()))
show("views", [{1: 2}.keys(), {1: 2}.values(), {1: 2}.items()])
show("array", array.array("i", [1, 2, 3]))
view = memoryview(bytearray(b"abc"))
show("memoryview", [view, memoryview(b"abcdef").cast("B", (2, 3)), memoryview(array.array("i", range(9)))[::4]])
view.release()
show("memoryview released", view)
show("range, slice", [range(0, 9, 3), slice(1, None)])
show("partial", functools.partial(plain, 1, c=3))

# -- code --------------------------------------------------------------------------------------------------------------
show("function", plain)
show("lambda", lambda x=print, **k: x)
show("method", Derived().method)
show("class", [Derived, int, Base])
show("module", [sys, functools])
generator, waiting = generate(), coroutine()
show("generator", generator)
next(generator)
show("generator suspended", generator)
generator.close()
show("generator closed", generator)
show("coroutine", waiting)
waiting.close()
try:
    try:
        raise KeyError("inner")
    except KeyError as inner:
        raise ValueError("wrong", 3) from inner
except ValueError as caught:
    error = caught
error.__dict__["__notes__"] = ["a note"]
show("exception", error)
show("exception of the system", FileNotFoundError(2, "No such file", "x.txt"))
if sys.version_info >= (3, 11):
    show("exception group", ExceptionGroup("many", [ValueError(1), ExceptionGroup("more", [OSError("x")])]))

# -- what threads wait for ---------------------------------------------------------------------------------------------
lock, r_lock, event = threading.Lock(), threading.RLock(), threading.Event()
show("lock", [lock, r_lock])
with lock, r_lock, r_lock:
    show("lock held", [lock, r_lock])
show("event", event)
show("condition", threading.Condition())
show("semaphore", [threading.Semaphore(2), threading.BoundedSemaphore(3)])
show("barrier", threading.Barrier(2))
show("thread", [threading.main_thread(), threading.Thread(name="x", daemon=True)])
full = queue.Queue(10)
full.put(1)
show("queue", full)
simple_queue = queue.SimpleQueue()
simple_queue.put(1)
show("queues", [queue.LifoQueue(), queue.PriorityQueue(), simple_queue])

# -- files and sockets -------------------------------------------------------------------------------------------------
with open(os.devnull, encoding="utf-8") as text_file, open(os.devnull, "r+b") as bytes_file:
    show("file", text_file)
    show("file of bytes", bytes_file)
    show("file raw", bytes_file.raw)
show("file closed", text_file)
show("file in memory", [io.StringIO("abc"), io.BytesIO(b"abc")])
with socket.socket() as listening:
    show("socket", listening)
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    with socket.create_connection(listening.getsockname()) as connected:
        show("socket connected", connected)
        wire = shown["socket connected"]["facts"]
        if wire.pop("peer") != "127.0.0.1:%d" % listening.getsockname()[1]:
            problems.append("a socket's peer is wrong")
        wire["local"] = wire["local"].rpartition(":")[0]
show("socket closed", listening)
pair = socket.socketpair()
show("socket pair", pair[0])
for end in pair:
    end.close()
for name in ("file", "file of bytes", "file raw", "socket", "socket connected", "socket pair"):
    del shown[name]["facts"]["fd"]

# -- however many elements ---------------------------------------------------------------------------------------------
FACTORIES = {
    "list": list, "tuple": tuple, "set": set, "frozenset": frozenset, "deque": collections.deque,
    "dict": dict.fromkeys, "ordereddict": collections.OrderedDict.fromkeys, "counter": collections.Counter,
    "defaultdict": lambda numbers: collections.defaultdict(int, dict.fromkeys(numbers)),
    "chainmap": lambda numbers: collections.ChainMap(dict.fromkeys(numbers)),
    "mappingproxy": lambda numbers: types.MappingProxyType(dict.fromkeys(numbers)),
    "keys": lambda numbers: dict.fromkeys(numbers).keys(), "array": lambda numbers: array.array("l", numbers),
    "memoryview": lambda numbers: memoryview(array.array("l", numbers)), "bytes": lambda numbers: bytes(len(numbers)),
    "str": lambda numbers: "x" * len(numbers), "int": lambda numbers: 1 << len(numbers),
    "decimal": lambda numbers: D("1" * len(numbers)), "partial": lambda numbers: functools.partial(plain, *numbers),
    "fraction": lambda numbers: fractions.Fraction(1 << len(numbers), 3),
    "namedtuple": lambda numbers: Point(list(numbers), 1), "dataclass": lambda numbers: Order(list(numbers)),
    "exception": lambda numbers: ValueError(*numbers), "range": lambda numbers: numbers,
    "object": lambda numbers: many(numbers), "path": lambda numbers: pathlib.PurePosixPath("/a" * len(numbers)),
    "stringio": lambda numbers: io.StringIO("x" * len(numbers)),
    "bytesio": lambda numbers: io.BytesIO(bytes(len(numbers))), "queue": lambda numbers: filled(numbers),
    "simplequeue": lambda numbers: filled_simple(numbers), "reordered": lambda numbers: reordered(numbers),
    "enum": lambda numbers: enum.Enum("Many", [("A", list(numbers))]).A,
}  # fmt: skip


def many(numbers):
    found = Base()
    found.__dict__.update({"a%d" % number: number for number in numbers})
    return found


def filled(numbers):
    found = queue.Queue()
    found.queue.extend(numbers)
    return found


def filled_simple(numbers):
    found = queue.SimpleQueue()
    for number in numbers:
        found.put(number)
    return found


def reordered(numbers):
    found = collections.OrderedDict.fromkeys(numbers)
    found.move_to_end(0)
    return found


for name, factory in FACTORIES.items():
    for size in (10, 10_000, 1_000_000):
        timed("%s of %d" % (name, size), factory(range(size)))

# -- nested, cyclic, broken --------------------------------------------------------------------------------------------
cyclic = Order("tea")
cyclic.item = [collections.deque([cyclic]), collections.ChainMap({"me": cyclic}), types.MappingProxyType({1: cyclic})]
show("cyclic", cyclic)
proxy_of_itself = {}
proxy_of_itself["me"] = types.MappingProxyType(proxy_of_itself)
show("cyclic through a proxy", proxy_of_itself)
for factory in (
    collections.deque,
    lambda inner: Point(inner, 0),
    Order,
    lambda inner: collections.ChainMap({0: inner}),
):
    deep = None
    for _ in range(2000):
        deep = factory([deep])
    look(deep, max_depth=50)


class LyingClass:
    __class__ = property(lambda self: decimal.Decimal)
    __len__ = property(lambda self: 1 / 0)


show("a class that lies", LyingClass())
for name in (
    "decimal.Decimal", "pathlib.PurePath", "datetime.datetime", "datetime.timedelta", "datetime.timezone",
    "array.array",
    "collections.OrderedDict", "collections.deque", "collections.defaultdict", "functools.partial", "_io.TextIOWrapper",
    "_io.FileIO", "_io.StringIO", "_socket.socket", "_thread.lock", "_thread.RLock", "numpy.ndarray", "numpy.generic",
    "numpy.dtype", "torch._C.TensorBase", "pandas.DataFrame", "pandas.Series", "pandas.Index", "enum.Enum",
    "queue.Queue",
    "threading.Thread", "pydantic.main.BaseModel", "uuid.UUID", "fractions.Fraction", "zoneinfo.ZoneInfo",
    "collections.ChainMap", "_queue.SimpleQueue", "threading.Event", "threading.Semaphore", "mappingproxy", "dict_keys",
    "memoryview",
):  # fmt: skip
    module, _, own_name = name.rpartition(".")
    false = type.__new__(
        type(trapped(object)), own_name, (trapped(object),), dict(body, __module__=module or "builtins")
    )
    wire = look(make(false, object))  # a class that only says that it is the library's
    if wire["kind"] != "object":
        problems.append("%s is believed to be %s" % (name, wire))
for base, arguments in (
    (D, ("1.5",)), (fractions.Fraction, (1, 2)), (datetime.datetime, (2026, 1, 1)), (datetime.timedelta, (1,)),
    (array.array, ("i", [1])), (collections.OrderedDict, ()), (collections.Counter, ()), (collections.defaultdict, ()),
    (functools.partial, (plain,)), (io.StringIO, ()), (io.BytesIO, ()), (socket.socket, ()), (queue.Queue, ()),
    (threading.Thread, ()), (threading.Event, ()), (collections.ChainMap, ()), (uuid.UUID, ()), (Point, (1, 2)),
    (Order, ()), (OSError, (2, "x")), (KeyError, ("x",)), (collections.deque, ()), (pathlib.PurePosixPath, ()),
    (io.FileIO, ()), (io.TextIOWrapper, ()), (io.BufferedReader, ()), (Base, ()), (types.ModuleType, ("m",)),
):  # fmt: skip
    maker = object if base is pathlib.PurePosixPath else base  # whose __new__ is Python code that reads the class
    trap = make(trapped(base), maker, *arguments)  # not initialised, besides
    ran.clear()
    look(trap, max_depth=4)
    inspect_children(trap, 0, 50, Limits(), Handles())
