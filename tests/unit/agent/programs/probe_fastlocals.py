"""Run inside a target interpreter by test_fastlocals.py: reading and writing locals of frames of every sort."""

# It runs on 3.9 too, and odd code is what it is about.
# ruff: noqa: B018, C402, F821, F841, N804, RUF012, RUF015, T201, UP031
# mypy: ignore-errors

import gc
import sys
import threading

sys.path.insert(0, sys.argv[1])
from pydelve.agent.looking import fastlocals
from pydelve.agent.looking.fastlocals import UNBOUND, read_local, read_locals, unbind_local, values_reader, write_local

MODE = sys.argv[2]  # calibrated | fallback
assert fastlocals.CALIBRATED
if MODE == "fallback":
    fastlocals._layout.slots = fastlocals._layout.namespace = None


def equal(got, wanted):
    assert got == wanted, "\n got    %r\n wanted %r" % (got, wanted)


def caller():
    return sys._getframe(2)


def shown(frame):
    return [(name, scope, value if value is not UNBOUND else "UNBOUND") for name, scope, value in read_locals(frame)]


def look():
    return shown(caller())


# -- kinds of variables ----------------------------------------------------------------------------
def every_kind(a, b=2, *rest, key=3, **more):
    local = 5
    captured = 6

    def inner():
        return captured, a

    if a > 100:
        unset = 1
        unset_cell = 2
    lambda: (unset, unset_cell)
    del local
    wanted = [
        ("a", "argument", 1), ("b", "argument", 2), ("key", "argument", 4), ("rest", "argument", (7,)),
        ("more", "argument", {"z": 9}), ("local", "local", "UNBOUND"), ("inner", "local", inner),
    ]  # fmt: skip
    seen = look()
    equal(seen[:7], wanted)
    equal(
        sorted(entry for entry in seen[7:] if entry[1] == "cell"),
        [("captured", "cell", 6), ("unset", "cell", "UNBOUND"), ("unset_cell", "cell", "UNBOUND")],
    )


every_kind(1, 2, 7, key=4, z=9)


def outer():
    free, unset = 1, 2
    del unset

    def inner(x):
        y = [x, free]
        equal(look(), [("x", "argument", 3), ("y", "local", [3, 1]), ("free", "free", 1), ("unset", "free", "UNBOUND")])
        return y, lambda: unset

    return inner(3)


outer()


# -- looking leaves the program's locals() dict alone (PITFALLS 3) ---------------------------------
def keeps_a_dict(x):
    mine = locals()
    mine["added"] = "by the program"
    y = 2
    x = 10
    before = dict(mine)
    equal(look()[:1], [("x", "argument", 10)])
    equal(read_local(sys._getframe(), "y"), 2)
    assert mine == before, (mine, before)
    assert mine["x"] == 1 and "y" not in mine
    return x, y


if MODE == "calibrated" or sys.version_info < (3, 11) or sys.version_info >= (3, 13):
    keeps_a_dict(1)


# -- writing, and the dict of the program ----------------------------------------------------------
def change(name, value):
    write_local(caller(), name, value)


def is_changed(x):
    y = 2
    cell = 3

    def inner():
        return cell

    if x > 100:
        z = 1
    mine = locals()
    mine["added"] = "kept"
    y = 20
    change("x", "X")
    change("cell", "CELL")
    change("z", "Z")
    equal((x, y, cell, inner(), z), ("X", 20, "CELL", "CELL", "Z"))
    if sys.version_info >= (3, 13) or MODE == "calibrated":
        equal((mine["y"], mine["added"]), (2, "kept"))
    try:
        change("nothing", 1)
    except NameError as error:
        equal(str(error), "the function is_changed has no local variable 'nothing'")
    else:
        raise AssertionError
    try:
        unbind_local(sys._getframe(), "y")
    except NameError as error:
        equal(str(error), "a local variable of a function can't be deleted from outside: 'y'")


is_changed(1)


def writes_free():
    shared = 1

    def inner():
        change("shared", 5)
        return shared

    equal((inner(), shared), (5, 5))


writes_free()


class Watched:
    alive = 0

    def __init__(self):
        Watched.alive += 1

    def __del__(self):
        Watched.alive -= 1


def keeps_nothing_alive():
    thing = Watched()
    number = 1
    change("number", 2)
    look()
    del thing
    gc.collect()
    equal((Watched.alive, number), (0, 2))


if MODE == "calibrated":
    keeps_nothing_alive()


# -- callers far away, other threads, generators ---------------------------------------------------
def deep(n, frame=None):
    marker = n
    if n == 0:
        at = sys._getframe()
        for _ in range(50):
            at = at.f_back
        equal(read_local(at, "marker"), 50)
        write_local(at, "marker", "far")
        return at.f_code is sys._getframe().f_code
    result = deep(n - 1)
    if n == 50:
        equal(marker, "far")
    return result


assert deep(60)


def generate(start):
    value = start
    while True:
        got = yield value
        value = got or value


generator = generate(1)
equal(shown(generator.gi_frame)[:1], [("start", "argument", 1)])
next(generator)
equal(shown(generator.gi_frame), [("start", "argument", 1), ("value", "local", 1), ("got", "local", "UNBOUND")])
write_local(generator.gi_frame, "value", 9)
equal(next(generator), 9)


def waits(ready, done):
    here = "in a thread"
    ready.set()
    done.wait()


ready, done = threading.Event(), threading.Event()
thread = threading.Thread(target=waits, args=(ready, done))
thread.start()
ready.wait()
other = sys._current_frames()[thread.ident]
while other.f_code is not waits.__code__:
    other = other.f_back
equal(read_local(other, "here"), "in a thread")
done.set()
thread.join()


def fails():
    left = "behind"
    raise ValueError(left)


try:
    fails()
except ValueError as error:
    ended = error.__traceback__.tb_next.tb_frame
equal(shown(ended), [("left", "local", "behind")])
ended.clear()
equal(shown(ended), [("left", "local", "UNBOUND")])


# -- comprehensions --------------------------------------------------------------------------------
def comprehends(k):
    return [dict((name, value) for name, _, value in look()) for item in (4,)][0]


seen = comprehends(3)
equal(seen["item"], 4)
if sys.version_info >= (3, 12):
    equal(seen["k"], 3)
module_level = [dict((name, value) for name, _, value in look()) for item in (4,)][0]
if MODE == "calibrated":
    equal(module_level["item"], 4)
if MODE == "calibrated" and sys.version_info >= (3, 12):
    equal(module_level["MODE"], MODE)

# -- namespaces ------------------------------------------------------------------------------------
seen = dict((name, (scope, value)) for name, scope, value in look())
equal(seen["MODE"], ("local", MODE))
change("made", 1)
equal(made, 1)
unbind_local(sys._getframe(), "made")
assert "made" not in globals()


def makes_class(outside):
    class Made:
        inside = 1

        def method(self):
            return __class__

        before = list(locals())
        seen = look()
        after = [name for name in locals() if name not in ("before", "seen", "after")]
        change("inside", 2)
        used = outside

    return Made


Made = makes_class("free")
equal(Made.inside, 2)
assert ("inside", "local", 1) in Made.seen
if MODE == "calibrated":
    equal(Made.before, Made.after)
    assert ("outside", "free", "free") in Made.seen, Made.seen

namespace = {"only": 1, "look": look}
exec("seen = look()", {}, namespace)
equal(namespace["seen"][0], ("only", "local", 1))


class Mapping(dict):
    ran = []

    def __getitem__(self, name):
        Mapping.ran.append(name)
        return dict.__getitem__(self, name)

    def __setitem__(self, name, value):
        dict.__setitem__(self, name, value)


class Meta(type):
    @classmethod
    def __prepare__(mcs, name, bases):
        return Mapping()


class Custom(metaclass=Meta):
    x = 1
    frame = sys._getframe()
    Mapping.ran.clear()
    try:
        read_locals(frame)
    except TypeError as error:
        message = str(error)
    equal([name for name in Mapping.ran if name == "x"], [])
    del frame


equal(Custom.message, "the namespace is a Mapping, made by the program")


# -- many at once ----------------------------------------------------------------------------------
def many(a, b):
    c = 3
    if a > 100:
        d = 4
    return [*values_reader(sys._getframe().f_code, ("c", "a", "b", "d"))(sys._getframe()), lambda: b]


equal(many(1, 2)[:4], [3, 1, 2, UNBOUND])


# -- under a trace function ------------------------------------------------------------------------
def traced():
    x = 1
    cell = 2
    lambda: cell
    return x, cell


def tracer(frame, event, arg):
    if event == "line" and frame.f_lineno == traced.__code__.co_firstlineno + 4:
        write_local(frame, "x", 10)
        write_local(frame, "cell", 20)
    return tracer


sys.settrace(tracer)
try:
    result = traced()
finally:
    sys.settrace(None)
equal(result, (10, 20))
print("fine")
