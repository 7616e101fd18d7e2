"""Has a function with values of every form of storage; says what they are as JSON, then waits for the end of its input."""

import collections
import json
import sys


class Plain:
    def __init__(self):
        self.first = 1
        self.second = "two"


class Slotted:
    __slots__ = ("left", "right")


class Derived(Slotted):
    __slots__ = ("middle", "__dict__")


class Weak:
    __slots__ = ("only", "__weakref__")


class Meta(type):
    pass


class Made(metaclass=Meta):
    pass


class MyInt(int):
    pass


class MyText(str):
    pass


class MyList(list):
    pass


class MyTuple(tuple):
    pass


class MyDict(dict):
    pass


class MyFloat(float):
    pass


class MyBytes(bytes):
    pass


class MySet(set):
    pass


class MyError(ValueError):
    pass


Pair = collections.namedtuple("Pair", "x y")
_KINDS = (bool, int, float, complex, str, bytes, bytearray, list, tuple, set, frozenset, dict, BaseException)


def class_name(cls):
    return cls.__qualname__ if cls.__module__ == "builtins" else cls.__module__ + "." + cls.__qualname__


def describe(obj, inside=()):
    """[type, kind, content, attributes], by the means of the language."""
    cls = type(obj)
    name = class_name(cls)
    if any(obj is outer for outer in inside):
        return [name, "cycle", None, []]
    inside += (obj,)
    if issubclass(cls, type(len)):
        owner = obj.__self__
        of = owner.__name__ if isinstance(owner, type(sys)) else class_name(type(owner))
        return [name, "builtin", obj.__name__ if of == "builtins" else of + "." + obj.__name__, []]
    if obj is None:
        return [name, "none", "None", []]
    kind = next((base for base in _KINDS if issubclass(cls, base)), object)
    if kind in (bool, int, float, complex):
        content = kind.__repr__(obj)
    elif kind is str:
        content = str.__str__(obj)
    elif kind in (bytes, bytearray):
        content = kind(obj).decode("latin-1")
    elif kind in (list, tuple, set, frozenset):
        content = [describe(element, inside) for element in kind.__iter__(obj)]
    elif kind is dict:
        content = [[describe(key, inside), describe(value, inside)] for key, value in dict.items(obj)]
    else:
        content = None
    attributes = []
    if kind is BaseException:
        attributes.append(["args", describe(obj.args, inside)])
        if obj.__cause__ is not None:
            attributes.append(["__cause__", describe(obj.__cause__, inside)])
        if obj.__context__ is not None:
            attributes.append(["__context__", describe(obj.__context__, inside)])
    names = getattr(obj, "__dict__", {})
    attributes += [[key if type(key) is str else "<int>", describe(value, inside)] for key, value in names.items()]
    for base in cls.__mro__:
        slots = base.__dict__.get("__slots__", ()) if base not in (Pair,) else ()
        for slot in sorted(slots):
            if not slot.startswith("__"):
                attributes.append([slot, describe(getattr(obj, slot), inside) if hasattr(obj, slot) else "unbound"])
    return [name, {BaseException: "exception"}.get(kind, kind.__name__), content, attributes]


def with_attributes(obj, **attributes):
    for name, value in attributes.items():
        setattr(obj, name, value)
    return obj


def reordered():
    """Attributes set in another order than in the class's first instance, and one deleted."""
    obj = Plain.__new__(Plain)
    obj.second, obj.first, obj.third = 2, 1, 3
    del obj.first
    obj.first = "again"
    return obj


def materialised():
    obj = Plain()
    obj.__dict__["third"] = 3
    return obj


def odd_names():
    obj = Plain()
    obj.__dict__[7] = "seven"
    return obj


def emptied(container):
    """With holes where elements were."""
    for number in range(0, 200, 3):
        container.pop(number) if isinstance(container, dict) else container.discard(number)
    return container


def holed_slots():
    obj = Derived()
    obj.left, obj.middle, obj.extra = 1, [2], "more"
    return obj


def raised():
    try:
        try:
            raise KeyError("inner")
        except KeyError as error:
            raise MyError("outer", 2) from error
    except MyError as error:
        return with_attributes(error.with_traceback(None), note="kept")


def values():
    cyclic = [1]
    cyclic.append({"self": cyclic})
    return {
        "nothing": None,
        "flags": (True, False),
        "small": [0, 1, -1, 255, 256, -5],
        "large": [2**30 - 1, 2**30, -(2**30), 2**60, -(2**60) - 1, 2**64, 10**200, -(7**200)],
        "floats": [0.0, -0.0, 1.5, 1e300, float("inf"), 3.141592653589793],
        "complex": 1 - 2j,
        "texts": ["", "ascii", "latin é", "wide €", "wider \U0001f600", "a\0b\n\x1b[31m", "half \ud800", "x" * 5000],
        "own_text": with_attributes(MyText("mine €"), extra=1),
        "bytes": [b"", b"\0\xff raw", b"y" * 3000],
        "own_bytes": with_attributes(MyBytes(b"abc"), extra=2),
        "arrays": [bytearray(), bytearray(b"grown") * 3, bytearray(b"0123456789")[3:]],
        "lists": [[], [[]], [None] * 3],
        "long_list": list(range(1000)),
        "own_list": with_attributes(MyList([1, 2]), extra=[3]),
        "tuples": [(), (1,), (1, (2, (3,)))],
        "own_tuple": with_attributes(MyTuple((1, 2, 3)), extra=4),
        "pair": Pair(1, "y"),
        "sets": [set(), {1, 2, 3}, frozenset("ab"), set(range(500))],
        "holed_set": emptied(set(range(200))),
        "own_set": with_attributes(MySet({1}), extra=5),
        "empty": {},
        "by_text": {"a": 1, "b": {"c": 2}},
        "by_any": {1: "one", "two": 2, (3,): None, 2.5: b"x", None: True},
        "many": {str(number): number for number in range(300)},
        "very_many": {number: None for number in range(9000)},
        "holed": emptied({number: str(number) for number in range(200)}),
        "own_dict": with_attributes(MyDict(a=1), extra=6),
        "builtins": [len, "".join, [].append, sys.intern, json.decoder.WHITESPACE.match],
        "counted": collections.Counter("abca"),
        "defaults": collections.defaultdict(list, a=[1]),
        "plain": Plain(),
        "reordered": reordered(),
        "materialised": materialised(),
        "odd_names": odd_names(),
        "crowded": with_attributes(Plain(), **{"a%d" % number: number for number in range(50)}),
        "bare": Made(),
        "own_int": with_attributes(MyInt(-(2**40)), extra=7),
        "own_float": with_attributes(MyFloat(2.5), extra=8),
        "slotted": Slotted(),
        "derived": holed_slots(),
        "weak": with_attributes(Weak(), only="w"),
        "error": raised(),
        "cyclic": cyclic,
        "object": object(),
    }


def look_here(found, expected):
    print(json.dumps(expected), flush=True) or sys.stdin.readline()


if __name__ == "__main__":
    made = values()
    look_here(made, {name: describe(value) for name, value in made.items()})
