"""``reload``: files that were edited, and what becomes of the program's functions and the breakpoints in them."""

from __future__ import annotations

import ast
import os

from pydelve.api import requests
from pydelve.api.reload import FileReload
from pydelve.debugger.breakpoints import Breakpoints
from pydelve.debugger.current import Current, Handlers
from pydelve.debugger.sources import SourceFile
from pydelve.errors import LocationError, PydelveError, UnsupportedError


class Reloading:
    """Serves reloads of the current target."""

    def __init__(self, current: Current, breakpoints: Breakpoints) -> None:
        self._current = current
        self._breakpoints = breakpoints

    def handlers(self) -> Handlers:
        """What is served here."""
        return {requests.Reload: self._reload}

    def _reload(self, request: requests.Reload) -> tuple[FileReload, ...]:
        self._current.stopped()
        paths = [self._named(request.path)] if request.path else self._edited()
        return tuple(self._reload_file(path) for path in paths)

    def _named(self, text: str) -> str:
        """A file of the program by its module's name or the end of its path.

        Raises:
            LocationError: there is none, or there are several.
        """
        own = self._own_files()
        path = text.removeprefix("./")
        found = sorted(
            {file for name, file in own.items() if name == text or file == text or file.endswith(f"/{path}")}
        )
        if len(found) == 1:
            return found[0]
        raise LocationError(
            f"{len(found)} files are called {text}" if found else f"the program has loaded no file {text}",
            why="its own files are: " + ", ".join(sorted({os.path.basename(file) for file in own.values()})),
            hint="reload",
            candidates=tuple(found),
        )

    def _own_files(self) -> dict[str, str]:
        modules = self._current.live().modules().modules
        return {module.name: module.file for module in modules if not module.library}

    def _edited(self) -> list[str]:
        """Files of the program that were changed since they were read, or else since it was started."""
        found = []
        for path in sorted(set(self._own_files().values())):
            known = self._current.files.sources.known(path)
            try:
                if known.stale if known is not None else os.stat(path).st_mtime_ns > self._current.files.started_ns:
                    found.append(path)
            except OSError:  # a member of a zip file, or gone
                continue
        return found

    def _reload_file(self, path: str) -> FileReload:
        process, files = self._current.stopped(), self._current.files
        before = files.sources.known(path)
        now = files.sources.read_anew(path)
        if now.problem:
            files.sources.put_back(path, before)
            raise UnsupportedError(
                f"can't reload {path}", why=now.problem, hint="edit it again: nothing was changed in the program"
            )
        try:
            done = process.reload(path, now.content)
        except PydelveError:
            files.sources.put_back(path, before)
            raise
        for number in self._breakpoints.in_file(path):
            self._breakpoints.move(number, files.resolve, process)
        outside = before is None or _outside(before) != _outside(now)
        return FileReload(path, done.changed, done.moved, done.kept, done.new, done.gone, outside)


def _outside(source: SourceFile) -> str:
    """What the file does outside its functions, their headers included."""
    try:
        tree = ast.parse(source.content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source.text  # newer syntax than ours: any change may be one outside
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = []
    return ast.dump(tree)
