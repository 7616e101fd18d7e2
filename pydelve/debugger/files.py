"""What the session knows of files: the target's modules, the sources read, which of them belong to libraries."""

from __future__ import annotations

import os
import time
from typing import Literal

from pydelve import locspec
from pydelve.api.breakpoints import Location
from pydelve.api.launch import LaunchOptions
from pydelve.api.target import Frame, SourceText
from pydelve.debugger.completion import complete_location
from pydelve.debugger.locations import TargetFiles, resolve, resolve_inner
from pydelve.debugger.searching import Search
from pydelve.debugger.sources import Interpreter, Sources
from pydelve.debugger.substitution import Rules
from pydelve.errors import LocationError, PydelveError
from pydelve.records import dataclass, replace
from pydelve.target.arming import UnitSpan
from pydelve.target.interface import ModulesReport, Process


class Files:
    """Sources and modules of one session; what the target says of its modules is asked anew when it may have
    changed.
    """

    def __init__(self, options: object) -> None:
        launch = options if isinstance(options, LaunchOptions) else None
        self._kind: Literal["script", "module"] = launch.kind if launch else "script"
        self.cwd = os.path.realpath((launch.cwd if launch else "") or os.getcwd())
        script = launch.program if launch and launch.kind == "script" else ""
        self._main = os.path.realpath(os.path.join(self.cwd, script)) if script else ""
        self._modules: ModulesReport | None = None
        self._library: frozenset[str] = frozenset()
        self.sources = Sources()
        self._core = False
        self.started_ns = 0
        """When the program was started, in the time of files; of a core file, when that was written."""
        self.edited: frozenset[str] = frozenset()
        """Files that have changed since they were read in the run before this one."""

    def begin_run(self, process: Process) -> None:
        """A new run: files are read again, and parsed as its interpreter would."""
        info = process.info
        self._core = bool(info.core)
        self.started_ns = _written_ns(info.core) if info.core else time.time_ns()
        minor = int(info.python.split(".")[1]) if info.python else Interpreter().minor
        self.edited = self.sources.stale()
        self.sources = Sources(Interpreter(info.executable, minor), self.sources.rules)
        self.changed()

    def text(self, path: str) -> SourceText:
        """The lines of a file.

        Raises:
            LocationError: it can't be read.
        """
        source = self.sources.load(path)
        return SourceText(source.path, source.lines, source.stale or (self._core and source.mtime_ns > self.started_ns))

    def share(self, other: Files) -> None:
        """Of another target of the session: what its sources are, where the interpreters are the same, is so here."""
        if other.sources.interpreter == self.sources.interpreter:
            self.sources = other.sources
        else:
            self.substitute(other.sources.rules)

    def substitute(self, rules: Rules) -> None:
        """Read files from where these rules say."""
        self.sources = Sources(self.sources.interpreter, rules)

    def main_is(self, path: str) -> None:
        """The first stop told which file the program's main module is."""
        self._main = path

    def changed(self) -> None:
        """The target has run: modules may have come."""
        self._modules = None

    def resolve(
        self, text: str, frame_file: str, frame_line: int, process: Process | None, inner: bool = False
    ) -> tuple[Location, ...]:
        """See ``locations.resolve``, with ``inner`` ``resolve_inner``.

        Raises:
            LocationError: it does not resolve.
        """
        for words in (text, frame_file):
            if not can_be_named(words):
                raise LocationError(f"there is no {words!r}", why="no file has such characters in its name")
        files = self._files(process)
        how = resolve_inner if inner else resolve
        return how(locspec.parse(text), frame_file, frame_line, files, self.sources, self.is_library)

    def complete(self, prefix: str, frame_file: str, process: Process | None) -> tuple[str, ...]:
        """See ``completion.complete_location``; with what is known already while the target runs."""
        if not (can_be_named(prefix) and can_be_named(frame_file)):
            return ()
        return complete_location(prefix, frame_file, self._files(process), self.sources, self.is_library)

    def is_library(self, path: str) -> bool:
        """Does a loaded module's file belong to a library? As the agent decided."""
        return path in self._library

    def _files(self, process: Process | None) -> TargetFiles:
        if self._modules is None and process is not None:
            self._modules = process.modules()
            self._library = frozenset(module.file for module in self._modules.modules if module.library)
        known = self._modules or ModulesReport((), (os.path.dirname(self._main) or self.cwd,), self.cwd)
        return TargetFiles(
            main_file=self._main,
            modules={module.name: module.file for module in known.modules},
            search_path=known.search_path,
            cwd=known.cwd,
            launch_kind=self._kind,
        )

    def search(self, process: Process | None) -> Search:
        """A look into what is loaded now."""
        return Search(self._files(process), self.sources, self.is_library)

    def units_of(self, frame: Frame) -> tuple[UnitSpan, ...] | None:
        """The units of a frame's code; None where its source can't be read or parsed."""
        return self._units(frame.file, frame.function.rpartition(".")[2], frame.first_line)

    def units_beside(self, location: Location) -> tuple[UnitSpan, ...] | None:
        """All units of the code that a location is in."""
        return self._units(location.file, location.unit.scope_name, location.unit.scope_line)

    def runs_once(self, location: Location) -> bool:
        """Is the location's code that of a module, or of a class that is made while the module is loaded?"""
        unit = location.unit
        if unit.scope_name == "<module>":
            return True
        if "<locals>" in unit.scope:
            return False
        functions = self.sources.load(location.file).functions
        return any(each.is_class and each.first_line == unit.scope_line for each in functions)

    def _units(self, file: str, scope_name: str, scope_line: int) -> tuple[UnitSpan, ...] | None:
        try:
            source = self.sources.load(file)
            units = [
                unit
                for unit in source.units
                if unit.scope_name == scope_name and (unit.scope_line == scope_line or scope_name == "<module>")
            ]
        except PydelveError:
            return None
        if not units:  # all on the line of ``def``, which is another code's unit: a line has one
            units = [
                function.body
                for function in source.functions
                if function.body and (function.name, function.first_line) == (scope_name, scope_line)
            ]
        return tuple((unit.line, unit.end_line, unit.kind) for unit in units) or None

    def qualified(self, frame: Frame) -> Frame:
        """The frame with the qualified name of its function from the source, for Pythons that don't keep it (before
        3.11).
        """
        if self.sources.interpreter.minor >= 11 or frame.function.startswith("<"):
            return frame
        try:
            functions = self.sources.load(frame.file).functions
        except LocationError:
            return frame
        for function in functions:
            if function.name == frame.function and function.first_line == frame.first_line:
                return replace(frame, function=function.qualname)
        return frame


@dataclass(frozen=True, slots=True)
class ChildOptions:
    """Of a target that is a child of another one, and has called by itself; see ``api.launch.LaunchOptions``."""

    files: Files
    """Of a target that the session has already."""


def _written_ns(path: str) -> int:
    """When a file was written; now, where that can't be told any more."""
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return time.time_ns()


def can_be_named(path: str) -> bool:
    """May a file be called so? No zero byte, and no lone surrogates but those that stand for bytes."""
    try:
        return b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        return False
