"""Run inside a target interpreter by test_inspection.py: checks what looking shows, and that looking runs nothing."""

# It runs on 3.9 too, and odd code is what it is about.
# ruff: noqa: E402, FURB171, PYI024, D106, T201, UP031
# mypy: ignore-errors

import collections
import enum
import functools
import marshal
import re
import sys
import threading
import time

sys.path[:0] = [sys.argv[1], __file__.rpartition("/")[0]]
from traps import Meta, body, make, ran, trap, trapped

from pydelve.agent.looking.inspection import Handles, Limits, inspect_children, inspect_value

handles = Handles()


def look(obj, **limits):
    wire = inspect_value(obj, Limits(**limits), handles)
    assert marshal.loads(marshal.dumps(wire, 2)) == wire
    return wire


def brief(wire):
    """The wire form as nested short tuples: kind, text or children."""
    if wire["kind"] in ("unbound",):
        return "unbound"
    if "cycle" in wire:
        return "cycle"
    if "items" in wire:
        return [
            (name if name is not None else brief(key) + ":" if key is not None else "") + "=" + str(brief(value))
            for value, key, name in wire["items"]
        ]
    return wire.get("text", wire["kind"])


def equal(got, wanted):
    assert got == wanted, "\n got    %r\n wanted %r" % (got, wanted)


# -- traps: everything that Python code can define -------------------------------------------------
TrapObject = trapped(object)
TrapList, TrapDict, TrapSet = trapped(list), trapped(dict), trapped(set)
TrapInt, TrapStr, TrapTuple = trapped(int), trapped(str), trapped(tuple)
TrapFloat, TrapBytes, TrapError = trapped(float), trapped(bytes), trapped(ValueError)
TrapDeque, TrapModule, TrapFrozen = trapped(collections.deque), trapped(type(sys)), trapped(frozenset)

plain = make(TrapObject, object)
object.__setattr__(plain, "x", 1)
a_list = make(TrapList, list)
list.extend(a_list, [1, plain])
a_dict = make(TrapDict, dict)
dict.__setitem__(a_dict, "k", plain)
a_set = make(TrapSet, set)
set.add(a_set, 3)
a_deque = make(TrapDeque, collections.deque)
collections.deque.append(a_deque, 4)
an_error = make(TrapError, ValueError, "why", 7)
object.__setattr__(an_error, "extra", make(TrapInt, int, 5))
module = make(TrapModule, type(sys), "m")
type(sys).__init__(module, "secret")

hasher_safe = {}


class Key:
    """Lets itself be put into a dict, then traps."""

    armed = False

    def __hash__(self):
        if Key.armed:
            ran.append("key hash")
        return hash("__dict__")

    def __eq__(self, other):
        ran.append("key eq")
        return False


hasher_safe[Key()] = plain
Key.armed = True

everything = [
    plain, a_list, a_dict, a_set, a_deque, an_error, module, make(TrapInt, int, 42), make(TrapStr, str, "text"),
    make(TrapTuple, tuple, (1, 2)), make(TrapFloat, float, 1.5), make(TrapBytes, bytes, b"\xff\x00"),
    make(TrapFrozen, frozenset, (9,)), TrapObject, Meta, hasher_safe,
]  # fmt: skip
wire = look(everything, max_depth=4)
equal(ran, [])
equal(
    [brief(value) for value, _, _ in wire["items"]],
    [
        ["x=1"], ["=1", "=['x=1']"], ["k:=['x=1']"], ["=3"], ["=4"],
        ["=why", "=7", "extra=5"],
        "secret", "42", "text", ["=1", "=2"], "1.5", "\xff\x00", ["=9"], "traps.TrapObject", "traps.Meta",
        ["object:=['x=1']"],
    ],
)  # fmt: skip
equal(
    [value["type"] for value, _, _ in wire["items"]][:6],
    [
        "traps.TrapObject",
        "traps.TrapList",
        "traps.TrapDict",
        "traps.TrapSet",
        "traps.TrapDeque",
        "traps.TrapValueerror",
    ],
)
for value, _, _ in wire["items"]:
    if "handle" in value:
        inspect_children(handles.get(value["handle"]), 0, 50, Limits(), handles)
for obj in everything:
    look(obj)
    inspect_children(obj, 0, 5, Limits(), handles)
equal(ran, [])
Key.armed = False

# -- scalars ---------------------------------------------------------------------------------------
equal(look(None), {"type": "NoneType", "kind": "none", "text": "None"})
equal(look(True), {"type": "bool", "kind": "bool", "text": "True"})
equal(look(...), {"type": "ellipsis", "kind": "ellipsis", "text": "Ellipsis"})
equal(look(-12), {"type": "int", "kind": "int", "text": "-12"})
equal(look(2.5), {"type": "float", "kind": "float", "text": "2.5"})
equal(look(1 + 2j), {"type": "complex", "kind": "complex", "text": "(1+2j)"})
equal(look(""), {"type": "str", "kind": "str", "length": 0})
equal(look("a\ud800b"), {"type": "str", "kind": "str", "text": "a\ud800b", "length": 3, "shown": 3})
held = b"\xfe\x00"
wire = look(held)
equal(bool(wire.pop("handle")), True)  # its memory can be read, so it is kept
equal(wire, {"type": "bytes", "kind": "bytes", "text": "\xfe\x00", "length": 2, "shown": 2, "address": id(held)})
equal(look(bytearray(b"ab"))["kind"], "bytearray")
equal(look(range(3, 30, 3)), {"type": "range", "kind": "range", "text": "range(3, 30, 3)", "length": 9})
equal(look(range(10**30))["length"], sys.maxsize)
equal(brief(look(slice(1, None))), ["start=1", "stop=None", "step=None"])
long_text = look("x" * 1000, max_text=10)
equal((long_text["text"], long_text["length"], long_text["shown"]), ("x" * 10, 1000, 10))
more = inspect_children(handles.get(long_text["handle"]), 990, 100, Limits(), handles)
equal((more["text"], more["length"], more["shown"]), ("x" * 10, 1000, 10))

# -- ints ------------------------------------------------------------------------------------------
if hasattr(sys, "set_int_max_str_digits"):
    sys.set_int_max_str_digits(640)
equal(look(10**100)["text"], str(10**100))
huge = 0x123456789ABCDEF << 4_000_000
times = []
for _ in range(5):  # what else the machine does takes time, too: the best counts
    began = time.process_time()
    wire = look(-huge, max_text=16)
    times.append(time.process_time() - began)
assert min(times) < 0.05, times
equal((wire["text"], wire["length"], wire["shown"]), ("-0x123456789abcdef0", huge.bit_length(), 64))
rest = inspect_children(huge, 8 * 4, 8 * 4, Limits(), handles)
equal(rest["text"], "0x9abcdef0")
equal(look(16**700, max_text=1000), {"type": "int", "kind": "int", "text": "0x1" + "0" * 700})


class Colour(enum.IntEnum):
    RED = 1


wire = look(Colour.RED)
equal((wire["type"], wire["kind"], wire["text"]), ("__main__.Colour", "int", "1"))
equal((wire["form"], wire["facts"]), ("enum", {"name": "RED"}))

# -- containers ------------------------------------------------------------------------------------
million = list(range(1_000_000))
big_dict = {n: str(n) for n in range(100_000)}
big_set = set(million)
for obj in (million, big_dict, big_set, tuple(million), collections.deque(million)):
    look(obj)
    times = []
    for _ in range(5):
        began = time.process_time()
        look(obj)
        times.append(time.process_time() - began)
    assert min(times) < 0.005, (type(obj), times)  # a million elements touched would take ten times that
wire = look(million)
equal((wire["length"], wire["shown"], len(wire["items"])), (1_000_000, 64, 64))
page = inspect_children(million, 999_998, 10, Limits(), handles)
equal((brief(page), page["length"], page["shown"]), (["=999998", "=999999"], 1_000_000, 2))
page = inspect_children(big_dict, 99_999, 10, Limits(), handles)
equal(brief(page), ["99999:=99999"])

nested = [[list(range(100))] for _ in range(3)]
wire = look(nested, max_items=20, max_depth=1)
equal([len(item[0]["items"]) for item in wire["items"]], [1, 1, 1])
inner = wire["items"][0][0]["items"][0][0]
equal((inner["length"], "items" in inner, inner["handle"] > 0), (100, False, True))
wire = look([list(range(100))], max_items=20)
equal(wire["items"][0][0]["shown"], 5)
wire = look([list(range(100)) for _ in range(50)], max_total=30)


def count(wire):
    return 1 + sum(count(v) + (count(k) if k else 0) for v, k, _ in wire.get("items", ()))


assert count(wire) <= 31, count(wire)

loop = [1]
loop.append({"me": loop})
equal(brief(look(loop)), ["=1", "=['me:=cycle']"])
equal(brief(look(collections.OrderedDict(a=1))), ["a:=1"])
equal(look({(1, "b"): 2})["items"][0][1]["length"], 2)

Point = collections.namedtuple("Point", "x y")
equal(brief(look(Point(1, 2))), ["=1", "=2"])


class Stack(list):
    pass


stack = Stack([1, 2])
stack.limit = 9
equal(brief(look(stack)), ["=1", "=2", "limit=9"])
equal(brief(inspect_children(stack, 1, 1, Limits(), handles)), ["=2"])
equal(brief(inspect_children(stack, 2, 5, Limits(), handles)), ["limit=9"])
equal(inspect_children(stack, 0, 2, Limits(), handles)["attributes_cut"], True)


# -- objects ---------------------------------------------------------------------------------------
class Base:
    __slots__ = ("a", "b")


class Derived(Base):
    __slots__ = ("__dict__", "c")


derived = Derived()
derived.b, derived.extra = 2, 3
equal(brief(look(derived)), ["extra=3", "c=unbound", "a=unbound", "b=2"])
equal(brief(look(object.__new__(Derived))), ["c=unbound", "a=unbound", "b=unbound"])
equal(look(object()).keys(), {"type": 0, "kind": 0, "address": 0}.keys())


class Hides:
    __dict__ = property(trap("__dict__"))


hides = Hides()
hides.x = 1
equal(look(hides)["items"][0][0]["kind"], "unreadable")


class Many:
    def __init__(self):
        for n in range(100):
            setattr(self, "a%d" % n, n)


many = look(Many(), max_items=10)
equal((len(many["items"]), many["attributes_cut"]), (10, True))
equal(brief(inspect_children(Many(), 98, 10, Limits(), handles)), ["a98=98", "a99=99"])


class ReorderedMeta(type):
    def mro(cls):
        return [cls, int.__mro__[-1]]


class Reordered(Base, metaclass=ReorderedMeta):
    pass


equal(look(Reordered())["kind"], "object")
equal(brief(look(functools.partial(max, 1))), ["=max", "=1"])
error = KeyError("k")
error.__cause__ = OSError(2, "gone")
equal([name for _, _, name in look(error)["items"]], [None, "__cause__"])


# -- code-like things ------------------------------------------------------------------------------
def function():
    pass


def generate():
    yield 1


async def coroutine():
    pass


async def agen():
    yield 1


class Outer:
    class Inner:
        def method(self):
            pass


def kind_text(obj):
    wire = look(obj)
    return wire["kind"], wire.get("text", "")


equal(kind_text(function), ("function", "function"))
equal(kind_text(Outer.Inner.method), ("function", "Outer.Inner.method"))
equal(kind_text(Outer.Inner().method), ("method", "Outer.Inner.method"))
equal(kind_text(Outer.Inner), ("class", "__main__.Outer.Inner"))
equal(kind_text(collections), ("module", "collections"))
equal(kind_text(len), ("builtin", "len"))
equal(kind_text(time.time), ("builtin", "time.time"))
equal(kind_text("".join), ("builtin", "str.join"))
equal(kind_text(str.join), ("builtin", "str.join"))
equal(kind_text(re.compile("x").match), ("builtin", "re.Pattern.match"))
equal(kind_text(int.__add__), ("builtin", "int.__add__"))
equal(kind_text(dict.fromkeys), ("builtin", "dict.fromkeys"))
equal(kind_text(function.__code__), ("code", "function"))
equal(kind_text(sys._getframe())[0], "frame")
class_page = inspect_children(Outer, 0, 100, Limits(), handles)
assert "Inner=__main__.Outer.Inner" in brief(class_page), brief(class_page)
module_page = inspect_children(collections, 0, 500, Limits(), handles)
assert "namedtuple=namedtuple" in brief(module_page)

TrapName = type("TrapName", (str,), body)


def renamed():
    pass


renamed.__qualname__ = make(TrapName, str, "a.name")
equal(kind_text(renamed), ("function", "a.name"))


class Renamed:
    pass


Renamed.__qualname__ = make(TrapName, str, "another")
Renamed.__module__ = make(TrapName, str, "there")
equal(kind_text(Renamed), ("class", "there.another"))
equal(look(Renamed())["type"], "there.another")
equal(ran, [])

generator = generate()
states = [brief(look(generator))[0]]
next(generator)
states.append(brief(look(generator))[0])
equal(look(generator)["text"], "generate")
for _ in generator:
    pass
states.append(brief(look(generator))[0])
equal(states, ["state=created", "state=suspended", "state=closed"])


def watches():
    states.append(brief(look(running))[0])
    yield


running = watches()
next(running)
equal(states[-1], "state=running")
waiting = coroutine()
equal((look(waiting)["kind"], brief(look(waiting))[0]), ("coroutine", "state=created"))
waiting.close()
agenerator = agen()
equal((look(agenerator)["kind"], brief(look(agenerator))[0]), ("async_generator", "state=created"))
try:
    agenerator.asend(None).send(None)
except StopIteration:
    pass
equal(brief(look(agenerator))[0], "state=suspended")
look(threading.Lock())
look(sys.modules["__main__"].__dict__, max_depth=3)

# -- handles ---------------------------------------------------------------------------------------
first = handles.add(million)
equal(handles.add(million), first)
handles.clear()
for number in (first, 0, -1):
    try:
        handles.get(number)
    except KeyError:
        pass
    else:
        raise AssertionError(number)
equal(ran, [])
print("fine")
