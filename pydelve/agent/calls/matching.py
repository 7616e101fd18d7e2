"""Which functions a trace is of, by name and file, decided once for each code object. Any thread of the program.

Regular expressions come compiled by the program's own version of ``re``, which runs elsewhere: what runs them is built
in, what compiles them is not (``debugger/tracing_helper.py``).
"""

from __future__ import annotations

import marshal
import posix
import sys
from _thread import RLock

from ..calls import greenlets
from ..calls.brief import parameters
from ..calls.hooks import Hook
from ..interpreter.gil import FREE_THREADED
from ..interpreter.paths import canonical, is_agent
from ..interpreter.quiet import FILENAME
from ..interpreter.skipping import fits

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import CodeType, FrameType
    from typing import Any

    from ..calls.conditions import Condition, Entered
    from ..interpreter.paths import Ownership

CO_OPTIMIZED = 1  # Include/cpython/code.h: a function, and no module or class
_CO_COROUTINE, _CO_ASYNC_GENERATOR = 0x80, 0x200
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>")  # from 3.12 on no functions any more
_HAS_QUALNAME = sys.version_info >= (3, 11)
_HEADER_BYTES = 16  # of a .pyc: PEP 552
_MAX_SOURCE_BYTES = 4 << 20
_MANY = 1 << 62 if FREE_THREADED else 1_024  # there an object's count of references is not all of them
_TELLS_FIRST = sys.version_info >= (3, 12)


class Source:
    """A function that records are of, or may be."""

    __slots__ = ("awaits", "code", "condition", "file", "index", "line", "name", "names", "root", "shown_names")

    def __init__(self, code: CodeType, name: str, root: bool) -> None:
        """``root``: it matches by itself; else it counts where a call that does leads to it."""
        self.code, self.name, self.root = code, name, root
        self.index = 0  # until something is told of it
        self.file, self.line = canonical(code.co_filename), code.co_firstlineno
        self.names, self.shown_names = parameters(code)
        self.awaits = bool(code.co_flags & (_CO_COROUTINE | _CO_ASYNC_GENERATOR))
        self.condition: Callable[[FrameType], object] | None = None

    def wire(self) -> tuple[str, str, int, list[str]]:
        """For the debugger."""
        return self.name, self.file, self.line, self.shown_names

    @property
    def key(self) -> tuple[Any, ...]:
        """The same for code that is compiled anew."""
        return self.name, self.file, self.line, tuple(self.shown_names), self.awaits


class Builtin(Source):
    """A function written in C: of its calls no more is known than the first argument, and that only from 3.12 on."""

    __slots__ = ("begins", "ends")
    begins: Callable[..., None]
    """Called with the first argument, or without any."""
    ends: Callable[[int], None]
    """Called with RETURN or RAISE of ``calls/records.py``."""

    def __init__(self, name: str, root: bool) -> None:
        """See ``Source``."""
        self.code: Any = self  # its id stands for it
        self.name, self.root = name, root
        self.index, self.file, self.line, self.awaits, self.condition = 0, "", 0, False, None
        self.names = self.shown_names = ["first"] if _TELLS_FIRST else []


class Matching:
    """The rules of one trace."""

    def __init__(self, options: dict[str, Any], ownership: Ownership) -> None:
        """``options``: of the request (``target/live/convert_tracing.py``)."""
        self._search = _compiled(options["pattern"])
        self._excluded = _compiled(options["exclude"]) if options["exclude"] else None
        self._files = [str.split(pattern, "*") for pattern in options["files"]]
        self._own, self._follows = options["own"], options["follow"] > 0
        self.builtins: bool = options["builtins"]
        """Is it of functions written in C, too?"""
        self._ownership = ownership
        self._names = _Names()

    def source(self, code: CodeType, names: dict[str, Any]) -> Source | None:
        """What a function that is called is to the trace; None: nothing. ``names``: its globals."""
        if not code.co_flags & CO_OPTIMIZED or code.co_name in _COMPREHENSIONS or is_agent(code):
            return None
        if code.co_filename == FILENAME:  # a condition, and what else a person has typed
            return None
        if not _TELLS_FIRST and Hook in map(type, code.co_consts):  # a copy of what tells by itself
            return None
        if self._own and self._ownership.is_library(code.co_filename):
            return None
        module = dict.get(names, "__name__")
        qualname = self._names.of(code, names)
        name = f"{module}.{qualname}" if type(module) is str else qualname
        root = self._is_root(name)
        if root is None or not (root or self._follows):
            return None
        root = root and self._is_in_files(code)
        return Source(code, name, root) if root or self._follows else None

    def builtin(self, name: str) -> Builtin | None:
        """The same of a function written in C; where it is called from, ``is_caller`` says."""
        root = self._is_root(name)
        return Builtin(name, root) if root is not None and (root or self._follows) else None

    def is_caller(self, code: CodeType) -> bool:
        """May functions written in C be told of that this code calls?"""
        return not (self._own and self._ownership.is_library(code.co_filename)) and self._is_in_files(code)

    @property
    def restricts_callers(self) -> bool:
        """Is there code of which they may not?"""
        return self._own or bool(self._files)

    def _is_root(self, name: str) -> bool | None:
        """Does it match by itself? None: it is excluded."""
        if self._excluded is not None and self._excluded(name):
            return None
        return self._search(name) is not None

    def learn(self, code: CodeType, name: str) -> None:
        """This is the qualified name of a piece of code, which it may not know itself."""
        self._names.learn(code, name)

    def _is_in_files(self, code: CodeType) -> bool:
        path = canonical(code.co_filename)
        return not self._files or any(fits(parts, path) for parts in self._files)


class Sources:
    """The functions that a trace has come by, each looked at once. A trace (``stacks.py``, ``calls/stream.py``,
    ``calls/sums.py``) is one of these.
    """

    def __init__(self, options: dict[str, Any], ownership: Ownership) -> None:
        """See ``Matching``."""
        greenlets.look()
        self._matching = Matching(options, ownership)
        self._condition: Condition | None = None
        self._sources: dict[int, Source] = {}  # id(code): its own; the source keeps the code
        self._most = _MANY  # so many of them, and those are looked for whose code nobody else has
        self._tables: list[dict[int, Any]] = []
        """What else is known by id of code."""
        # a signal's handler may call what is traced where this is held: it is the same thread's
        self._registering = RLock()

    def known(self, code: CodeType) -> Source | None:
        """The source of code that was found to matter."""
        return self._sources.get(id(code))

    def source(self, frame: FrameType) -> Source | None:
        """What the function of a frame that begins, or goes on, is to this trace; None: nothing."""
        return self.source_of(frame.f_code, frame.f_globals)

    def source_of(self, code: CodeType, names: dict[str, Any]) -> Source | None:
        """The same by code and its globals."""
        known = self._sources.get(id(code))
        if known is None:
            greenlets.look()
            known = self._matching.source(code, names)
            if known is not None:
                with self._registering:
                    found = self._sources.get(id(code))
                    if found is not None:
                        return found
                    if len(self._sources) >= self._most:
                        self._forget_gone()
                    self._found(known)
                    self._sources[id(code)] = known
        return known

    def known_codes(self) -> list[CodeType]:
        """Of all functions that it has come by."""
        return [source.code for source in list(self._sources.values())]

    def _forget_gone(self) -> None:
        """Code that nobody has but we: what is compiled anew each time would be kept for ever. The lock is held.

        Who calls it, or could, has it; so nothing needs what is known of it, and its id stays its own until then.
        """
        for number, source in list(self._sources.items()):
            source.condition = None  # has it, too; made again where it is asked again
            if _references(source) <= _ALONE + self._held(number):
                self._forget(number, source)
                for table in self._tables:
                    table.pop(number, None)
                del self._sources[number]
        self._most = 2 * len(self._sources) + _MANY

    def _held(self, number: int) -> int:
        """How many references to code of this id there are here, besides the source's own."""
        return 0

    def _forget(self, number: int, source: Source) -> None:
        """Code is no longer known."""

    def builtin(self, name: str) -> Builtin | None:
        """What a function written in C is to this trace; None: nothing."""
        source = self._matching.builtin(name)
        if source is not None:
            with self._registering:
                self._found(source)
            source.begins, source.ends = self._hooks_of_builtin(source)
        return source

    @property
    def matching(self) -> Matching:
        """The rules."""
        return self._matching

    @property
    def condition(self) -> Condition | None:
        """What is asked of each call that begins."""
        return self._condition

    def hooks(self, source: Source, *, asked: bool = False) -> tuple[list[str], tuple[Callable[..., None], ...]]:
        """Parameters that are shown, and what ``splicing.Calls`` consists of, for a function's own code; ``asked``: the
        condition is, by the function itself.
        """
        raise NotImplementedError

    def entered(self, found: Entered) -> None:
        """A function asks the condition by itself."""

    def _found(self, source: Source) -> None:
        """A function is new: what has to be known before its first record. The lock is held."""

    def _hooks_of_builtin(self, source: Builtin) -> tuple[Callable[..., None], Callable[[int], None]]:
        """``Builtin.begins`` and ``ends``, called by what the program's code calls."""
        raise NotImplementedError

    def learn(self, code: CodeType, name: str) -> None:
        """This is the qualified name of a piece of code, which it may not know itself."""
        self._matching.learn(code, name)


def _references(source: Any) -> int:
    return sys.getrefcount(source.code)


def _alone() -> int:
    """What ``_references`` gives where there is but the one; which versions count what they pass on differs."""
    source = Source(compile("0", FILENAME, "eval"), "", False)
    return _references(source)


_ALONE = _alone()


def _compiled(parts: list[Any]) -> Callable[[str], object]:
    """What searches for a regular expression. The program finds no module imported that it has not imported."""
    known = "_sre" in sys.modules
    import _sre  # type: ignore[import-not-found]  # noqa: PLC0415

    if not known:
        del sys.modules["_sre"]
    make: Any = _sre.compile
    pattern, flags, code, groups, names, indices = parts
    search: Callable[[str], object] = make(pattern, flags, code, groups, names, tuple(indices)).search
    return search


class _Names:
    """Qualified names of code; before 3.11 it has none, and where it is defined tells."""

    def __init__(self) -> None:
        self._files: dict[str, dict[tuple[str, int], str]] = {}
        self._learned: dict[int, tuple[CodeType, str]] = {}

    def learn(self, code: CodeType, name: str) -> None:
        if not _HAS_QUALNAME:
            self._learned[id(code)] = code, name

    def of(self, code: CodeType, names: dict[str, Any]) -> str:
        if _HAS_QUALNAME:
            return code.co_qualname  # type: ignore[attr-defined,no-any-return,unused-ignore]
        learned = self._learned.get(id(code))
        if learned is not None:
            return learned[1]
        if code.co_filename.startswith("<"):
            return code.co_name
        known = self._files.get(code.co_filename)
        if known is None:
            known = self._files[code.co_filename] = {}
            module = _module_code(code.co_filename, dict.get(names, "__cached__"))
            if module is not None:
                _gather(module, "", known)
        return known.get((code.co_name, code.co_firstlineno), code.co_name)


def child_name(code: CodeType, name: str, inner: CodeType) -> str:
    """The qualified name of what is defined in a piece of code of this name; a module's is ""."""
    if not name:
        return inner.co_name
    return name + (".<locals>." if code.co_flags & CO_OPTIMIZED else ".") + inner.co_name


def _gather(code: CodeType, name: str, found: dict[tuple[str, int], str]) -> None:
    """Names of all that is defined in a piece of code, as the compiler makes them of where it stands."""
    for inner in code.co_consts:
        if type(inner) is type(code):
            found[inner.co_name, inner.co_firstlineno] = child_name(code, name, inner)
            _gather(inner, found[inner.co_name, inner.co_firstlineno], found)


def _module_code(filename: str, cached: object) -> CodeType | None:
    """The code of a module's file: as it was kept, or compiled anew."""
    kept = _content(cached) if type(cached) is str else b""
    try:
        if kept:
            code: CodeType = marshal.loads(kept[_HEADER_BYTES:])
            if code.co_filename == filename:
                return code
        source = _content(filename)
        return compile(source, filename, "exec", dont_inherit=True) if source else None
    except (EOFError, ValueError, TypeError, SyntaxError, MemoryError, RecursionError, AttributeError):
        return None


def _content(path: str) -> bytes:
    try:
        fd = posix.open(path, posix.O_RDONLY | posix.O_CLOEXEC)
    except OSError:
        return b""
    try:
        size = posix.fstat(fd).st_size
        return posix.read(fd, size) if size <= _MAX_SOURCE_BYTES else b""
    except OSError:
        return b""
    finally:
        posix.close(fd)
