"""The source that a session shows: lines of files with their marks, and what speaks against their being the program's.

On the main thread, as ``session``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pydelve.api.requests import GetSource
from pydelve.api.target import Frame, SourceText, TargetInfo
from pydelve.errors import PydelveError
from pydelve.terminal.listing import render_lines
from pydelve.terminal.names import short_path

if TYPE_CHECKING:
    from pydelve.terminal.session import Session

_NAMED = re.compile(r"(?!__annotate__$)[A-Za-z_]\w*$", re.ASCII)
"""Code that has the name that stands in its source: no lambda, and none with letters that the compiler changes."""


class SourceView:
    """Shows source for ``session``."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def read(self, path: str) -> SourceText:
        """A file's text, and whether it is still what is on disk: asked for each time.

        Raises:
            PydelveError: it can't be read.
        """
        return self._session.ask(GetSource(path))

    def lines(self, path: str) -> tuple[str, ...]:
        """The lines of a file; none where it can't be read."""
        try:
            return self.read(path).lines
        except PydelveError:
            return ()

    def show_around(self, frame: Frame) -> None:
        """A few lines around a frame's line; one that says why where there are none."""
        screen = self._session.screen
        if screen.shows_source:
            return
        around = self._session.settings.context_lines
        try:
            self.show(frame.file, frame.line - around, frame.line + around, frame)
        except PydelveError as error:
            screen.line(screen.theme.dim(f"  (no source: {error.why or error.message})"))

    def show(self, path: str, first: int, last: int, frame: Frame | None = None) -> int:
        """Lines of a file with marks, that of ``frame`` among them, if it is of this file; gives back the last line
        shown, 0 where there was none.

        Raises:
            PydelveError: the file can't be read.
        """
        session, screen = self._session, self._session.screen
        source = self.read(path)
        if frame is not None and frame.file != path:
            frame = None
        stars = {
            placement.location.unit.line
            for point in session.breakpoints.values()
            if point.enabled
            for placement in point.placements
            if placement.location.file == path
        }
        screen.lines(
            render_lines(
                source.lines, first, last, current=frame.line if frame else 0,
                breakpoints=stars, theme=screen.theme, highlight=screen.highlighter,
            )
        )  # fmt: skip
        name = short_path(path, session.cwd)
        doubts = [*([changed(session.target)] if source.stale else []), misfit(frame, source.lines) if frame else ""]
        screen.lines([screen.theme.dim(f"  ({name} {doubt})") for doubt in doubts if doubt])
        last = min(last, len(source.lines))
        return last if last >= max(first, 1) else 0


def changed(target: TargetInfo | None) -> str:
    """What is said of a file that is stale."""
    if target is not None and target.core:
        return "has changed since the core file was written"
    takes_over = target is None or not target.limited
    return "has changed on disk; reload takes that over" if takes_over else "has changed on disk"


def misfit(frame: Frame, lines: Sequence[str]) -> str:
    """Why these can't be the lines of what a frame runs; "" where nothing speaks against it.

    The file may be another program's: in a container, on another machine, or edited before anybody looked.
    """
    why = ""
    name = frame.function.rpartition(".")[2]
    if frame.line > max(len(lines), 1):
        why = f"it ends with line {len(lines)}, and this is line {frame.line}"
    elif 0 < frame.line <= len(lines) and not lines[frame.line - 1].strip():
        why = f"its line {frame.line} is empty"
    elif _NAMED.match(name) and frame.first_line > 0:
        header = lines[frame.first_line - 1 :]
        if not (header and header[0].lstrip().startswith("@")):  # a decorator may be as long as it likes
            header = header[:1]
        # the bound of a type parameter is code that has its name
        begins = re.compile(rf"\b(?:def|class|type)\s+{name}\b|[\[,*]\s*{name}\s*[:=]")
        if not any(begins.search(line) or line.endswith("\\") for line in header):
            why = f"no {name} begins at its line {frame.first_line}"
    return why and f"is not what runs here: {why}"
