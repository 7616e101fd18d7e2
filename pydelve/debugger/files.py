"""What the session knows of files: the target's modules, the sources read, which of them belong to libraries."""

from __future__ import annotations

import os
from typing import Any

from pydelve import locspec
from pydelve.agent import protocol
from pydelve.api.breakpoints import Location
from pydelve.api.launch import LaunchOptions
from pydelve.api.target import Frame
from pydelve.debugger.completion import complete_location
from pydelve.debugger.locations import TargetFiles, resolve
from pydelve.debugger.sources import Interpreter, Sources
from pydelve.errors import LocationError, PydelveError
from pydelve.target import Process


class Files:
    """Sources and modules of one session; what the target says of its modules is asked anew when it may have changed."""

    def __init__(self, options: LaunchOptions) -> None:
        self._options = options
        self.cwd = os.path.realpath(options.cwd or os.getcwd())
        self._main = os.path.realpath(os.path.join(self.cwd, options.program)) if options.kind == "script" else ""
        self._modules: dict[str, Any] | None = None
        self._library: frozenset[str] = frozenset()
        self.sources = Sources()

    def begin_run(self, process: Process) -> None:
        """A new run: files are read again, and parsed as its interpreter would."""
        info = process.info
        minor = int(info.python.split(".")[1]) if info.python else Interpreter().minor
        self.sources = Sources(Interpreter(info.executable, minor))
        self.changed()

    def main_is(self, path: str) -> None:
        """The first stop told which file the program's main module is."""
        self._main = path

    def changed(self) -> None:
        """The target has run: modules may have come."""
        self._modules = None

    def resolve(self, text: str, frame_file: str, frame_line: int, process: Process | None) -> tuple[Location, ...]:
        """See ``locations.resolve``.

        Raises:
            LocationError: it does not resolve.
        """
        files = self._files(process)
        return resolve(locspec.parse(text), frame_file, frame_line, files, self.sources, self.is_library)

    def complete(self, prefix: str, frame_file: str, process: Process | None) -> tuple[str, ...]:
        """See ``completion.complete_location``; with what is known already while the target runs."""
        return complete_location(prefix, frame_file, self._files(process), self.sources, self.is_library)

    def is_library(self, path: str) -> bool:
        """Does a loaded module's file belong to a library? As the agent decided."""
        return path in self._library

    def _files(self, process: Process | None) -> TargetFiles:
        if self._modules is None and process is not None:
            self._modules = process.ask(protocol.MODULES, {})
            self._library = frozenset(path for _, path, library in self._modules["modules"] if library)
        known = self._modules or {"modules": [], "path": [os.path.dirname(self._main) or self.cwd], "cwd": self.cwd}
        return TargetFiles(
            main_file=self._main,
            modules={name: path for name, path, _ in known["modules"]},
            search_path=tuple(known["path"]),
            cwd=known["cwd"],
            launch_kind=self._options.kind,
        )

    def units_of(self, frame: Frame) -> list[list[Any]] | None:
        """Wire form of the units of a frame's code; None where its source can't be read or parsed."""
        return self._units(frame.file, frame.function.rpartition(".")[2], frame.first_line)

    def units_beside(self, location: Location) -> list[list[Any]] | None:
        """Wire form of all units of the code that a location is in."""
        return self._units(location.file, location.unit.scope_name, location.unit.scope_line)

    def _units(self, file: str, scope_name: str, scope_line: int) -> list[list[Any]] | None:
        try:
            units = self.sources.load(file).units
        except PydelveError:
            return None
        mine = [
            [unit.line, unit.end_line, unit.kind]
            for unit in units
            if unit.scope_name == scope_name and (unit.scope_line == scope_line or scope_name == "<module>")
        ]
        return mine or None

    def qualname(self, wire: dict[str, Any]) -> str:
        """The qualified name of a frame's function from its source, for Pythons that don't keep it (before 3.11)."""
        name = str(wire["function"])
        if name.startswith("<") or "." in name:
            return name
        try:
            functions = self.sources.load(str(wire["file"])).functions
        except LocationError:
            return name
        for function in functions:
            if function.name == name and function.first_line == wire["first_line"]:
                return function.qualname
        return name
