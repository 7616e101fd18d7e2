"""Live code objects: finding them in the heap, comparing them, and exchanging one for another.

Knows nothing of breakpoints; ``weaving/`` is its user. Everything runs with the GIL held, and none of the program's
code does.
"""

from __future__ import annotations

import gc
import sys

from ..interpreter import native
from ..interpreter.interpreters import current_frames

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable, Iterator
    from types import CodeType, FrameType, FunctionType
    from typing import Any

_VERSION = sys.version_info[:2]
Function: Any = type(lambda: None)
Code: Any = type((lambda: None).__code__)
LINE_TABLE = "co_lnotab" if _VERSION < (3, 10) else "co_linetable"
# All that code consists of but its file's name and its constants, which are compared one by one.
_PARTS = (
    "co_argcount", "co_posonlyargcount", "co_kwonlyargcount", "co_nlocals", "co_stacksize", "co_flags", "co_code",
    "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_name", "co_firstlineno", LINE_TABLE,
    *(("co_qualname", "co_exceptiontable") if _VERSION >= (3, 11) else ()),
)  # fmt: skip
_COMPILERS = ("numba", "torch._dynamo", "jax")  # they read the bytecode of functions, and must not meet our constants


def _generators() -> tuple[type, ...]:
    def generator() -> Iterator[None]:
        yield

    async def coroutine() -> None:
        pass

    async def async_generator() -> Any:
        yield

    waiting = coroutine()
    waiting.close()
    return type(generator()), type(waiting), type(async_generator())


_GENERATORS = [id(kind) for kind in _generators()]  # classes may lie about being equal: == would ask the program
_FRAMES = ("gi_frame", "cr_frame", "ag_frame")


def frame_of(generator: Any) -> FrameType | None:
    """The frame that a generator, if there still is one, goes on with."""
    if generator is None:
        return None
    frame: FrameType | None = getattr(generator, _FRAMES[_GENERATORS.index(id(type(generator)))])
    return frame


def in_files(files: set[str], path_of: Callable[[str], str]) -> tuple[list[FunctionType], list[Any], list[CodeType]]:
    """Functions and living generators of these files, and the code that they and the frames of all threads run.

    ``path_of`` gives the path for a ``co_filename``. What ``gc.freeze`` has put aside is not found.
    """
    functions, generators, codes = [], [], {}
    for found in gc.get_objects():
        kind = type(found)
        if kind is Function:
            code = found.__code__
            if path_of(code.co_filename) in files:
                functions.append(found)
                codes[id(code)] = code
        elif id(kind) in _GENERATORS:
            frame = frame_of(found)
            if frame is not None and path_of(frame.f_code.co_filename) in files:
                generators.append(found)
                codes[id(frame.f_code)] = frame.f_code
    found = frame = None
    for frame in current_frames().values():
        while frame is not None:
            if path_of(frame.f_code.co_filename) in files:
                codes[id(frame.f_code)] = frame.f_code
            frame = frame.f_back
    return functions, generators, list(codes.values())


def tree(code: CodeType, seen: dict[int, CodeType] | None = None) -> list[CodeType]:
    """A code object and all that is nested in it; what is in ``seen`` is left out, and the rest is added to it."""
    seen = {} if seen is None else seen
    todo, found = [code], []
    while todo:
        each = todo.pop()
        if id(each) not in seen:
            seen[id(each)] = each
            found.append(each)
            todo.extend(constant for constant in each.co_consts if type(constant) is Code)
    return found


def renamed(code: CodeType, filename: str) -> CodeType:
    """The code of a condition's lambda, with the file's name."""
    constants = tuple([renamed(each, filename) if type(each) is Code else each for each in code.co_consts])
    return code.replace(co_filename=filename, co_consts=constants)


def same(plain: CodeType, live: CodeType, original_of: Callable[[CodeType], CodeType]) -> bool:
    """Are they the same but for the file's name? ``original_of``: what nested code of the live one stands for."""
    if any(getattr(plain, part) != getattr(live, part) for part in _PARTS):
        return False
    if len(plain.co_consts) != len(live.co_consts):
        return False
    for ours, theirs in zip(plain.co_consts, live.co_consts):
        if type(ours) is Code and type(theirs) is Code:
            if not same(ours, original_of(theirs), original_of):
                return False
        elif constant_key(ours) != constant_key(theirs):
            return False
    return True


def constant_key(constant: Any) -> Any:
    """Equal for constants that the compiler takes for the same (Objects/codeobject.c: _PyCode_ConstantKey)."""
    kind = type(constant)
    if kind is tuple or kind is frozenset:
        return kind, kind(map(constant_key, constant))
    if kind is float or kind is complex:
        return kind, repr(constant)
    if kind is slice:
        return kind, constant_key((constant.start, constant.stop, constant.step))
    return kind, constant


def is_compiled(function: FunctionType) -> bool:
    """Does a compiler hold this function, which would read our constants?"""
    loaded = [name for name in _COMPILERS if name in sys.modules]
    if not loaded:
        return False
    for holder in gc.get_referrers(function):
        module = type.__dict__["__module__"].__get__(type(holder))
        if type(module) is str and module.startswith(_COMPILERS):
            return True
    return False


def keeps_columns() -> bool:
    """Does code made here know its columns? Not with ``-X no_debug_ranges``, and always False before 3.11."""
    if _VERSION < (3, 11):
        return False
    return any(column is not None for _, _, column, _ in keeps_columns.__code__.co_positions())


# -- constants in their place ------------------------------------------------------------------------------------------

_increase = native.held("Py_IncRef", None, native.OBJECT)
_decrease = native.held("Py_DecRef", None, native.OBJECT)


def _first_item() -> int:
    """Where a tuple's items begin: at 24, and at 32 from 3.14 on, whose tuples keep their hash
    (Include/cpython/tupleobject.h).
    """
    probe = (Function, Code)
    for offset in range(16, 64, 8):
        if native.read_word(id(probe) + offset) == id(Function):
            return offset
    return 0


_FIRST_ITEM = _first_item()


def store(constants: tuple[Any, ...], index: int, code: CodeType) -> None:
    """Replace an item of a tuple: frames may be running the code that has it, so that it can't be another tuple."""
    place = id(constants) + _FIRST_ITEM + 8 * index
    old = constants[index]
    if not _FIRST_ITEM or native.read_word(place) != id(old):
        return
    _increase(code)
    native.write_word(place, id(code))
    _decrease(old)
