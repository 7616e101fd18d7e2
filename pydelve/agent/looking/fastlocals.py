"""A frame's local variables, read without changing the program, and written where the user asks for it.

Up to 3.12 the innocent ``frame.f_locals`` rewrites the very dict that the program got from ``locals()`` (PITFALLS 3),
so the slots of the frame are read by layout instead. No offset is taken from a table: at import a generator of our own,
whose locals are known objects, is searched for their addresses, inside memory whose size the interpreter itself states.
Where that fails ``CALIBRATED`` is False, and ``f_locals`` is used after all, its dict being put back where it can be
found. From 3.13 ``f_locals`` of a function is a proxy that reads and writes the slots themselves (PEP 667), and is all
that is used.

Names and values only; ``inspection.py`` makes data of values, ``evaluation.py`` runs code on them. Called by the thread
that is stopped, for any frame on any thread's stack, and for suspended generators' frames, while no other thread runs
Python.
"""

from __future__ import annotations

import gc
import sys

from ..interpreter import native

TYPE_CHECKING = False
if TYPE_CHECKING:  # `types` is a file of the standard library, which the agent doesn't import
    from collections.abc import Callable
    from types import CellType, CodeType, FrameType
    from typing import Any
else:

    def _closure(value: object) -> Callable[[], object]:
        return lambda: value

    CellType = type(_closure(None).__closure__[0])


cell_type: Any = CellType


class _Unbound:
    """The type of ``UNBOUND``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<unbound>"


UNBOUND = _Unbound()
"""Stands for the value of a variable that has none now."""

_PROXIES = sys.version_info >= (3, 13)  # PEP 667
_ONE_SLOT_EACH = sys.version_info >= (3, 11)  # an argument that is also a cell has one slot; before it had two
_EMBEDDED = sys.version_info >= (3, 11)  # slots live in a _PyInterpreterFrame, outside the frame object
_read_word: Callable[[int], int] = native.read_word
_object_at: Callable[[int], Any] = native.object_at
_locals_to_fast: Callable[[FrameType], None] = native.locals_to_fast
_CO_OPTIMIZED = 0x1
_CO_VARARGS = 0x4
_CO_VARKEYWORDS = 0x8
_HEADER_WORDS = 2  # ob_refcnt, ob_type
_TAG = 3  # low bits that 3.14+ uses in slots (Include/internal/pycore_stackref.h)


# -- where things are --------------------------------------------------------------------------------------------------


def _probe(first: object, second: object) -> Any:
    cell = first

    def inner() -> object:
        return cell

    third = second
    yield inner, third


def _scan(start: int, end: int, value: int) -> list[int]:
    """Addresses in [start, end) of the words that hold ``value``, tag bits aside."""
    return [place for place in range(start, end, 8) if _read_word(place) & ~_TAG == value]


class _Layout:
    """Offsets found in this process: each None where it is not known."""

    def __init__(self) -> None:
        self.to_inner: int | None = None
        self.slots: int | None = None
        self.namespace: int | None = None
        first, second = object(), object()
        generator = _probe(first, second)
        next(generator)
        frame = generator.gi_frame
        start, end = id(frame), id(frame) + frame.__sizeof__()
        if _EMBEDDED:
            # a generator's inner frame is inside the generator: the one pointer from the frame object into it
            start, end = id(generator), id(generator) + generator.__sizeof__()
            header = range(id(frame) + 8 * _HEADER_WORDS, id(frame) + type(frame).__basicsize__, 8)
            inner = [place for place in header if start < _read_word(place) < end]
            if len(inner) != 1:
                return
            self.to_inner = inner[0] - id(frame)
            start = _read_word(inner[0])
        if _has_run_of(start, end, first, second):
            self.slots = _scan(start, end, id(first))[0] - start
            if not self._reads(frame, first, second):
                self.slots = None
        self.namespace = self._find_namespace()

    def base(self, frame: FrameType) -> int:
        """Address of the struct that holds the slots."""
        return id(frame) if self.to_inner is None else _read_word(id(frame) + self.to_inner)

    def slot(self, frame: FrameType, index: int) -> Any:
        """The object in a slot, which may be a cell; UNBOUND where it is empty."""
        assert self.slots is not None
        word = _read_word(self.base(frame) + self.slots + 8 * index) & ~_TAG
        return _object_at(word) if word else UNBOUND

    def _reads(self, frame: FrameType, first: object, second: object) -> bool:
        """Does reading give what is there, the cell and the unset names included?"""
        slots = dict(_slots(frame.f_code))
        found = [self.slot(frame, slots[name]) for name in ("first", "second", "third")]
        cell = self.slot(frame, slots["cell"])
        return found == [first, second, second] and type(cell) is CellType and cell.cell_contents is first

    def _find_namespace(self) -> int | None:
        """Offset of ``f_locals`` from the base: in a frame whose namespace is a dict of our own."""
        size = self.slots
        if size is None:
            return None
        found: list[int] = []

        def look(frame: FrameType) -> None:
            base = self.base(frame)
            found.extend(place - base for place in _scan(base, base + size, id(namespace)))

        namespace = {"look": look, "get_frame": sys._getframe}
        exec(compile("look(get_frame())", "<pydelve>", "exec", dont_inherit=True), {}, namespace)
        return found[0] if len(found) == 1 else None


def _has_run_of(start: int, end: int, first: object, second: object) -> bool:
    places = _scan(start, end, id(first))
    return bool(places) and places[0] + 8 < end and _read_word(places[0] + 8) & ~_TAG == id(second)


def _slots(code: CodeType) -> list[tuple[str, int]]:
    """(name, index of its slot) for all variables of the code; a name with two slots comes first with its cell's.

    Up to 3.10 the order is locals, cells, free variables, and an argument that is a cell leaves its first slot empty
    (Objects/frameobject.c, PyFrame_FastToLocalsWithError); from 3.11 such an argument has one slot, among the locals
    (Python/compile.c, compute_localsplus_info).
    """
    names = code.co_varnames
    cells = code.co_cellvars
    if _ONE_SLOT_EACH:
        every = names + tuple([name for name in cells if name not in names]) + code.co_freevars
        return [(name, index) for index, name in enumerate(every)]
    pairs = [(name, index) for index, name in enumerate(names) if name not in cells]
    return pairs + [(name, len(names) + index) for index, name in enumerate(cells + code.co_freevars)]


# -- reading -----------------------------------------------------------------------------------------------------------


def is_function(code: CodeType) -> bool:
    """True where the code's locals are slots; False for modules, class bodies and ``exec``, which have a namespace."""
    return bool(code.co_flags & _CO_OPTIMIZED)


def variable_names(code: CodeType) -> list[tuple[str, str]]:
    """(name, scope) of the variables that have slots, arguments first; scope is argument, local, cell or free.

    An argument that inner functions use is an "argument". The compiler's own names, such as ``.0``, are left out.
    """
    arguments = code.co_argcount + code.co_kwonlyargcount
    arguments += bool(code.co_flags & _CO_VARARGS) + bool(code.co_flags & _CO_VARKEYWORDS)
    names = [(name, "argument") for name in code.co_varnames[:arguments]]
    names += [(name, "cell" if name in code.co_cellvars else "local") for name in code.co_varnames[arguments:]]
    names += [(name, "cell") for name in code.co_cellvars if name not in code.co_varnames]
    names += [(name, "free") for name in code.co_freevars]
    return [(name, scope) for name, scope in names if name[0] != "."]


def read_locals(frame: FrameType) -> list[tuple[str, str, object]]:
    """(name, scope, value) of all locals, in code order with the arguments first; UNBOUND as the value of unset ones.

    The namespace of a module, a class body or ``exec`` comes as scope "local", in the dict's order. Runs no code of the
    target, and leaves the dict that ``locals()`` gave it alone.

    Raises:
        TypeError: the namespace is a mapping of the program's own making (``__prepare__``), which only its own code can
        read.
    """
    code = frame.f_code
    read = reader(frame)
    if is_function(code):
        return [(name, scope, read(name)) for name, scope in variable_names(code)]
    found = [(name, scope, read(name)) for name, scope in variable_names(code)]
    # from 3.12 a comprehension's variables are slots of the class or module it stands in: shown while they have a value
    found = [entry for entry in found if entry[2] is not UNBOUND]
    hidden = [name for name, _, _ in found]
    for name, value in list(dict.items(namespace_of(frame))):
        if issubclass(type(name), str):
            name = str.__str__(name)
            if name not in hidden:
                found.append((name, "local", value))
    return found


def read_local(frame: FrameType, name: str) -> object:
    """The value of one local, or UNBOUND where it is unset or there is none of that name; see :func:`read_locals`."""
    value = reader(frame)(name)
    if value is UNBOUND and not is_function(frame.f_code):
        return dict.get(namespace_of(frame), name, UNBOUND)
    return value


def reader(frame: FrameType) -> Callable[[str], object]:
    """A function from the name of a *slot* variable to its value or UNBOUND."""
    code = frame.f_code
    if not _PROXIES and _layout.slots is None:
        return _f_locals_reader(frame)
    if _PROXIES and (is_function(code) or _layout.slots is None):
        return _proxy_reader(frame)
    slots = dict(_slots(code))

    def read(name: str) -> object:
        if name not in slots:
            return UNBOUND
        value = _layout.slot(frame, slots[name])
        # a cell's slot still holds the bare value before the frame's first instructions ran (3.11+), so the type
        # decides
        if type(value) is CellType and (name in code.co_cellvars or name in code.co_freevars):
            return cell_contents(value)
        return value

    return read


def values_reader(code: CodeType, names: tuple[str, ...]) -> Callable[[FrameType], list[object]]:
    """A function from a frame of ``code`` to the values of these slot variables, UNBOUND where unset.

    Made once and called often.
    """
    if _PROXIES or _layout.slots is None:

        def read_by_name(frame: FrameType) -> list[object]:
            read = reader(frame)
            return [read(name) for name in names]

        return read_by_name
    indexes = dict(_slots(code))
    inner = code.co_cellvars + code.co_freevars
    start = _layout.slots
    plan = [(start + 8 * indexes[name], name in inner) for name in names]
    read_word, object_at, find_base = _read_word, _object_at, _layout.base  # as locals: the loop below is the hot one

    def read(frame: FrameType) -> list[object]:
        base = find_base(frame)
        values = []
        for offset, may_be_cell in plan:
            word = read_word(base + offset)
            value = object_at(word) if word else UNBOUND
            values.append(cell_contents(value) if may_be_cell and type(value) is CellType else value)
        return values

    return read


def cell_of(frame: FrameType, name: str) -> Any:
    """The cell of a cell or free variable, which the program's own functions share; None where none is found."""
    code = frame.f_code
    if _layout.slots is None or (name not in code.co_cellvars and name not in code.co_freevars):
        return None
    found = _layout.slot(frame, dict(_slots(code))[name])
    return found if type(found) is CellType else None


def stack_slot(frame: FrameType, index: int) -> Any:
    """The object in a slot of the frame's value stack, counted from the first local on.

    Raises:
        ValueError: the layout is not known, or nothing is there.
    """
    if _layout.slots is None:
        raise ValueError(index)
    found = _layout.slot(frame, index)
    if found is UNBOUND:
        raise ValueError(index)
    return found


def settle(frame: FrameType) -> None:
    """Keep what the target's code did to the cells of a traced frame while it was stopped.

    Up to 3.12, when a trace function returns, CPython stores the dict behind ``f_locals`` into the slots, and with it
    what a cell held before (Python/sysmodule.c, call_trampoline). It had made that dict anew for the call, so making it
    anew again disturbs nothing.
    """
    if not _PROXIES and frame.f_trace is not None and is_function(frame.f_code):
        _ = frame.f_locals


def namespace_of(frame: FrameType) -> dict[str, object]:
    """The dict that a module's, class body's or ``exec``'s names live in.

    Raises:
        TypeError: it is no dict.
    """
    found = raw_namespace(frame)
    if type(found) is not dict:
        raise TypeError(
            "the namespace is a " + type.__dict__["__name__"].__get__(type(found)) + ", made by the program"
        )
    return found


def raw_namespace(frame: FrameType) -> Any:
    """What a module's, class body's or ``exec``'s names live in, of whatever type it is."""
    if _layout.namespace is None:
        found = frame.f_locals
        # a module stopped in a comprehension (3.13+): the proxy has the comprehension's variables only
        return frame.f_globals if type.__dict__["__name__"].__get__(type(found)) == "FrameLocalsProxy" else found
    # never by frame.f_locals, which up to 3.12 stores cells into a class body's namespace
    word = _read_word(_layout.base(frame) + _layout.namespace)
    return _object_at(word) if word else frame.f_globals


def cell_contents(cell: CellType) -> object:
    """What a cell holds, or UNBOUND."""
    try:
        return cell.cell_contents
    except ValueError:  # empty
        return UNBOUND


def _proxy_reader(frame: FrameType) -> Callable[[str], object]:
    values: Any = frame.f_locals
    if not is_function(frame.f_code):
        return lambda name: UNBOUND  # a namespace, which is read as such

    def read(name: str) -> object:
        try:
            return values[name]
        except KeyError:
            return UNBOUND

    return read


def _f_locals_reader(frame: FrameType) -> Callable[[str], object]:
    """For an unknown layout up to 3.12: copies what ``f_locals`` says, then puts the dict back where it was found."""
    if not is_function(frame.f_code):
        return lambda name: UNBOUND
    before = _dicts_of_locals(frame)
    now = frame.f_locals
    values = dict(now)
    _restore(now, before)
    return lambda name: values.get(name, UNBOUND)


# -- writing -----------------------------------------------------------------------------------------------------------


def write_local(frame: FrameType, name: str, value: object) -> None:
    """Give a local a value: argument, local, cell or free variable of a function, or any name of a namespace.

    Other variables stay as they are, and so do the other entries of the dict that ``locals()`` gave the program. A
    namespace made by the program (``__prepare__``) is stored into by its own ``__setitem__``, so this may run the
    target's code.

    Raises:
        NameError: the function has no variable of that name.
    """
    code = frame.f_code
    if name in code.co_varnames or name in code.co_cellvars or name in code.co_freevars:
        if is_function(code):
            _write_slot(frame, name, value)
            return
        if name in code.co_freevars:
            _free_cell(frame, name).cell_contents = value
            return
    if is_function(code):
        raise NameError("the function " + code.co_name + " has no local variable '" + name + "'")
    namespace = raw_namespace(frame)
    if type(namespace) is dict:
        dict.__setitem__(namespace, name, value)
    else:
        namespace[name] = value


def unbind_local(frame: FrameType, name: str) -> None:
    """Remove a name from a namespace.

    Raises:
        NameError: it is a function's variable, which nothing outside the function can unset, or there is no such name.
    """
    if is_function(frame.f_code):
        raise NameError("a local variable of a function can't be deleted from outside: '" + name + "'")
    try:
        del raw_namespace(frame)[name]
    except KeyError:
        raise NameError("name '" + name + "' is not defined") from None


def _write_slot(frame: FrameType, name: str, value: object) -> None:
    if _PROXIES:
        frame.f_locals[name] = value
        return
    # Up to 3.12: f_locals makes the dict equal to the slots, one entry is changed, and all go back to the slots, cells
    # included. The new entry stays in the dict, since after a trace function (3.9 to 3.11) CPython itself stores that
    # dict into the slots.
    before = _dicts_of_locals(frame)
    now = frame.f_locals
    now[name] = value
    _locals_to_fast(frame)
    for found, saved in before:
        if found is now:
            saved[name] = value
    if not before and _layout.namespace is not None:
        dict.clear(now)  # made by this very access, and it would keep the values alive
    _restore(now, before)


def _dicts_of_locals(frame: FrameType) -> list[tuple[Any, Any]]:
    """(dict, copy of it) for what may be the dict behind ``f_locals`` of a function up to 3.12, which stays untouched.

    By layout it is that one, or none where there is none yet. Without, all dicts that the frame shows to the collector,
    among which is that one on 3.9 and 3.10; on 3.11 and 3.12 it can't be found.
    """
    if _layout.namespace is not None:
        word = _read_word(_layout.base(frame) + _layout.namespace)
        found = [_object_at(word)] if word else []
    else:
        found = [entry for entry in gc.get_referents(frame) if type(entry) is dict and entry is not frame.f_globals]
    return [(entry, dict(entry)) for entry in found]


def _restore(now: Any, before: list[tuple[Any, Any]]) -> None:
    """Make the entries of the dict what they were, touching only those that differ."""
    for found, saved in before:
        if found is now:
            for name in list(now):
                if name not in saved:
                    del now[name]
            for name, value in saved.items():
                if now.get(name, UNBOUND) is not value:
                    now[name] = value


def _free_cell(frame: FrameType, name: str) -> Any:
    if _layout.slots is None:
        raise NameError("the cell of '" + name + "' can't be found")
    return _layout.slot(frame, dict(_slots(frame.f_code))[name])


_layout = _Layout()
CALIBRATED = _layout.slots is not None and _layout.namespace is not None
"""True where the layout was found; False means that looking may touch the dict of ``locals()`` (up to 3.12)."""
