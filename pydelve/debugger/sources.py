"""Source files as the target reads them: text, and the units and functions in it.

The debugger's side of the canonical line map (the other half is in the code objects, which the agent knows). Reads
files, members of zip files included, and parses them; runs no code of the target. The target's interpreter is
started, for a moment and on its own, only where our own ``ast`` can't stand in for it. Called by the engine, on its
thread.
"""

from __future__ import annotations

import io
import os
import sys
import tokenize
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydelve.api.breakpoints import Unit
from pydelve.debugger import helper, unit_helper
from pydelve.debugger.substitution import Rules, here
from pydelve.errors import LocationError
from pydelve.records import dataclass

if TYPE_CHECKING:
    import zipfile

_HELPER = Path(__file__).with_name("unit_helper.py")
_MAX_SOURCE_BYTES = 64 << 20
_FIRST_COMPARABLE_MINOR = 10
"""Line tables of 3.10 and later agree statement by statement (PEP 626); 3.9 drops ``pass``, ``try`` and others."""
_UNREADABLE_BY_US = (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError)


@dataclass(frozen=True, slots=True)
class FunctionInfo:
    """A ``def`` or ``class`` in a source file."""

    qualname: str
    """As CPython's ``co_qualname``: ``outer.<locals>.inner``."""
    name: str
    first_line: int
    """``co_firstlineno``: the line of the first decorator, else of ``def``/``class``."""
    def_line: int
    body: Unit | None
    """First unit of the body, docstring skipped, even where another one starts on that line (``def f(): return 1``).
    None where the compiler dropped the definition."""
    end_line: int
    is_class: bool

    @property
    def body_line(self) -> int:
        """The line where a breakpoint on this function goes; 0 where it has none."""
        return self.body.line if self.body else 0


@dataclass(frozen=True, slots=True)
class _Parsed:
    units: tuple[Unit, ...] = ()
    functions: tuple[FunctionInfo, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The target's interpreter, as far as parsing needs it."""

    path: str = ""
    """To be started for what our own parser can't read; "" where there is none to start."""
    minor: int = sys.version_info[1]
    """The 9 of CPython 3.9."""


class SourceFile:
    """One source file as it was when first read. Parsing waits until units or functions are asked for."""

    def __init__(
        self, path: str, content: bytes, stamp: tuple[int, int], interpreter: Interpreter, read_from: str = ""
    ) -> None:
        self.path = path
        self._read_from = read_from or path
        self.content = content
        self._stamp = stamp
        self.interpreter = interpreter
        self.text = _decode(path, content)
        lines = self.text.split("\n")
        if lines[-1] == "":
            lines.pop()
        self.lines: tuple[str, ...] = tuple(lines)
        """Without line ends; line 1 is the first. Counted as Python counts: a form feed ends no line."""

    @property
    def mtime_ns(self) -> int:
        """When the file (or the zip file that holds it) had last been changed when it was read."""
        return self._stamp[0]

    @property
    def stale(self) -> bool:
        """True where the content on disk is no longer what was read; a mere ``touch`` doesn't count."""
        try:
            stamp = _stamp(self._read_from)
            if stamp == self._stamp:
                return False
            content = _read(self._read_from)
        except (OSError, KeyError):
            return True
        if content != self.content:
            return True
        self._stamp = stamp
        return False

    @property
    def units(self) -> tuple[Unit, ...]:
        """All units by ascending line, one a line; empty where the file doesn't parse (see :attr:`problem`)."""
        return self._parsed.units

    @property
    def functions(self) -> tuple[FunctionInfo, ...]:
        """All functions and classes, nested ones included, in the order of the source."""
        return self._parsed.functions

    @property
    def problem(self) -> str:
        """Why there are no units, with the line of a syntax error; "" where the file parses."""
        return self._parsed.problem

    def line_text(self, line: int) -> str:
        """The text of a line, stripped; "" outside the file."""
        return self.lines[line - 1].strip() if 1 <= line <= len(self.lines) else ""

    def unit_at(self, line: int) -> Unit | None:
        """The unit that starts on ``line``."""
        index = bisect_left(self._unit_lines, line)
        return self.units[index] if index < len(self.units) and self._unit_lines[index] == line else None

    def unit_around(self, line: int) -> Unit | None:
        """The unit that starts before ``line`` and goes on over it; a compound statement is its header only."""
        index = bisect_left(self._unit_lines, line) - 1
        return self.units[index] if index >= 0 and self.units[index].end_line >= line else None

    def nearest_lines(self, line: int, count: int = 4, within: tuple[int, int] | None = None) -> tuple[int, ...]:
        """Up to ``count`` lines with units (in the range ``within``), those nearest to ``line``, ascending."""
        index = bisect_left(self._unit_lines, line)
        around = self._unit_lines[max(0, index - count) : index + count]
        if within:
            around = [each for each in around if within[0] <= each <= within[1]]
        return tuple(sorted(sorted(around, key=lambda each: (abs(each - line), each))[:count]))

    def function_at(self, line: int) -> FunctionInfo | None:
        """The innermost function or class around ``line``, decorators included."""
        found = None
        for function in self.functions:
            if function.first_line > line:
                break
            if line <= function.end_line:
                found = function
        return found

    @cached_property
    def _unit_lines(self) -> list[int]:
        return [unit.line for unit in self.units]

    @cached_property
    def _parsed(self) -> _Parsed:
        interpreter = self.interpreter
        if interpreter.minor < _FIRST_COMPARABLE_MINOR and interpreter.path:
            parsed = _parse_in_helper(interpreter, self.content)
            if not parsed.problem:
                return parsed
        try:
            rows = unit_helper.extract(self.content, self.path, interpreter.minor).rows()
        except _UNREADABLE_BY_US as error:
            if interpreter.path and interpreter.minor != sys.version_info[1]:
                return _parse_in_helper(interpreter, self.content)
            return _Parsed(problem=_describe(error))
        return _from_rows(rows)


class Sources:
    """All source files that were looked at, each read once.

    Args:
        interpreter: The target's; by default our own version and nothing to start.
        rules: Where paths of the target are here.
    """

    def __init__(self, interpreter: Interpreter | None = None, rules: Rules = ()) -> None:
        self.rules = rules
        self.interpreter = interpreter or Interpreter()
        self._files: dict[str, SourceFile] = {}

    def load(self, path: str) -> SourceFile:
        """The file at an absolute path (``/x/app.zip/pkg/mod.py`` is a member of a zip file), cached under that path.

        Raises:
            LocationError: it is no file, can't be read, or isn't text.
        """
        known = self._files.get(path)
        if known is not None:
            return known
        if path.startswith("<") and path.endswith(">"):
            raise LocationError(
                f"no source for {path}", why="the code was made from a string, not read from a file", hint="stack"
            )
        try:
            read_from = here(path, self.rules)
            stamp = _stamp(read_from)
            source = SourceFile(path, _read(read_from), stamp, self.interpreter, read_from)
        except (OSError, ValueError, KeyError) as error:
            raise LocationError(f"can't read {here(path, self.rules)}", why=_describe(error), hint="list") from error
        self._files[path] = source
        return source

    def exists(self, path: str) -> bool:
        """Whether there is such a file or zip member; doesn't read it."""
        if path in self._files:
            return True
        try:
            _stamp(here(path, self.rules))
        except (OSError, ValueError, KeyError):
            return False
        return True

    def stale(self) -> frozenset[str]:
        """Paths of files that are not on disk any more what was read."""
        return frozenset(path for path, source in self._files.items() if source.stale)

    def known(self, path: str) -> SourceFile | None:
        """The file if it was read before, as it was then."""
        return self._files.get(path)

    def read_anew(self, path: str) -> SourceFile:
        """The file as it is now, which counts from now on. Raises as :meth:`load`; then nothing is changed."""
        before = self._files.pop(path, None)
        try:
            return self.load(path)
        except LocationError:
            self.put_back(path, before)
            raise

    def put_back(self, path: str, source: SourceFile | None) -> None:
        """Undo :meth:`read_anew`."""
        self._files.pop(path, None)
        if source is not None:
            self._files[path] = source

    def forget(self) -> None:
        """Drop all that was read: after a restart the target reads its files anew."""
        self._files.clear()


def _zip_member(path: str) -> tuple[str, str]:
    """The zip file and the member's name in a path that goes through a zip file.

    Raises:
        FileNotFoundError: no part of the path is a file.
    """
    folder, member = os.path.split(path)
    while folder and member:
        if os.path.isfile(folder):
            return folder, member.replace(os.sep, "/")
        folder, name = os.path.split(folder)
        if not name:
            break
        member = os.path.join(name, member)
    raise FileNotFoundError(2, "there is no such file")


@contextmanager
def _opened(archive: str) -> Iterator[zipfile.ZipFile]:
    """A zip file to read from.

    Raises:
        OSError: it can't be read, or is none.
    """
    import zipfile  # noqa: PLC0415  8 ms of the first prompt, for the few programs that are run from one

    try:
        with zipfile.ZipFile(archive) as opened:
            yield opened
    except zipfile.BadZipFile as error:
        raise OSError(f"it is a damaged zip file: {error}") from error


def _stamp(path: str) -> tuple[int, int]:
    if os.path.isfile(path):
        status = os.stat(path)
    else:
        if os.path.exists(path):
            raise OSError("it is not a regular file")
        archive, member = _zip_member(path)
        status = os.stat(archive)
        with _opened(archive) as opened:
            opened.getinfo(member)
    return status.st_mtime_ns, status.st_size


def _read(path: str) -> bytes:
    if os.path.isfile(path):
        with open(path, "rb") as file:
            content = file.read(_MAX_SOURCE_BYTES + 1)
    else:
        archive, member = _zip_member(path)
        with _opened(archive) as opened, opened.open(member) as file:
            content = file.read(_MAX_SOURCE_BYTES + 1)
    if len(content) > _MAX_SOURCE_BYTES:
        raise OSError(f"it is larger than {_MAX_SOURCE_BYTES >> 20} MB")
    return content


def _decode(path: str, content: bytes) -> str:
    """As Python reads it: byte order mark, PEP 263 comment, universal newlines."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
        return io.TextIOWrapper(io.BytesIO(content), encoding).read()
    except (SyntaxError, UnicodeError, LookupError) as error:
        raise ValueError(f"it is no Python source: {_describe(error)}") from error


def _describe(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return _syntax_problem(error.msg, error.lineno or 0)
    if isinstance(error, KeyError):
        return "there is no such member in the zip file"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__


def _syntax_problem(message: str, line: int) -> str:
    return f"line {line}: {message}" if line else message


def _parse_in_helper(interpreter: Interpreter, content: bytes) -> _Parsed:
    """Parse with the target's interpreter, isolated from its environment and site-packages."""
    try:
        return _from_rows(helper.ask(interpreter.path, _HELPER, content, "parse it"))
    except helper.HelperFailed as error:
        return _Parsed(problem=str(error))
    except (ValueError, TypeError, KeyError):
        return _Parsed(problem=f"{interpreter.path} gave no usable answer when asked to parse it")


def _from_rows(rows: dict[str, Any]) -> _Parsed:
    if "error" in rows:
        message, line = rows["error"]
        return _Parsed(problem=_syntax_problem(str(message), int(line)))
    units = tuple(Unit(*row) for row in rows["units"])
    functions = tuple(
        FunctionInfo(qualname, name, first, start, Unit(*body) if body else None, end, is_class)
        for qualname, name, first, start, end, is_class, body in rows["functions"]
    )
    return _Parsed(units, functions)
