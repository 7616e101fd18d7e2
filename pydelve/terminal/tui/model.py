"""What the full-screen view shows: facts from the debugger (``Snapshot``) and the person's place among them (``View``).

No text is made here and nothing is asked. A ``View`` belongs to the main thread; a ``Snapshot`` never changes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from pydelve.api.breakpoints import Breakpoint
from pydelve.api.target import ExceptionInfo, Frame, SourceText, Thread
from pydelve.terminal.tui.output import ProgramOutput

Pane = Literal["source", "locals", "stack", "threads", "breakpoints", "output", "messages"]
PANES: tuple[Pane, ...] = ("source", "locals", "stack", "threads", "breakpoints", "output", "messages")
"""In the order that Tab goes through them."""
SIDE: tuple[Pane, ...] = ("locals", "stack", "threads", "breakpoints")
Asking = Literal["", "command", "search", "place"]
"""What the bottom line is for: nothing now, a command, a text to find, a place to show."""
_MESSAGES = 10_000
SHARES = (20, 70)
"""The least and the most of the width, in percent, that the side panes may take."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the locals: a variable, or a part of one that was opened."""

    path: tuple[str, ...]
    """The variable's name, then the label of each part on the way."""
    text: str
    """The value in one line."""
    changed: bool = False
    """Since the last stop in this frame."""
    mark: Literal["+", "-", ""] = ""
    """``+`` where it can be opened, ``-`` where it is."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The debugger's facts at one moment."""

    status: str = "starting"
    headline: str = ""
    """Why and where it stands, or how it ended, in one line."""
    program: str = ""
    """What is debugged: its words, its pid, its Python; differs from one run to the next."""
    cwd: str = ""
    file: str = ""
    """The file of the frame looked at; "" where nothing stands."""
    line: int = 0
    source: SourceText | None = None
    problem: str = ""
    """Why there is no source."""
    frames: tuple[Frame, ...] = ()
    total_frames: int = 0
    frame_index: int = 0
    thread: int = 0
    threads: tuple[Thread, ...] = ()
    breakpoints: tuple[Breakpoint, ...] = ()
    rows: tuple[Row, ...] = ()
    exception: ExceptionInfo | None = None
    """The one that the program stopped for."""
    stop_number: int = 0
    """Differs from one stop to the next, and from one place looked at to the next."""

    def marks(self, path: str) -> dict[int, bool]:
        """Lines of a file with breakpoints; False where all of them are switched off."""
        marks: dict[int, bool] = {}
        for point in self.breakpoints:
            for placement in point.placements:
                if placement.location.file == path:
                    line = placement.location.unit.line
                    marks[line] = marks.get(line, False) or point.enabled
        return marks


@dataclass(slots=True)
class Overlay:
    """Text over all panes: the help, or what a command said where the pane is too small for it."""

    title: str
    lines: list[str]
    top: int = 0


@dataclass(slots=True)
class View:
    """What the screen shows and where the person is in it."""

    snapshot: Snapshot = field(default_factory=Snapshot)
    focus: Pane = "source"
    source: SourceText | None = None
    """The file shown: the frame's, or one that was asked for."""
    cursor: int = 1
    """Line of it that keys refer to."""
    selected: dict[Pane, int] = field(default_factory=dict)
    """Index of the selected line of a side pane."""
    back: dict[Pane, int] = field(default_factory=dict)
    """Lines that output and messages are scrolled back from their ends."""
    messages: deque[str] = field(default_factory=lambda: deque(maxlen=_MESSAGES))
    """What commands said, with colours."""
    output: ProgramOutput = field(default_factory=ProgramOutput)
    overlay: Overlay | None = None
    busy: str = ""
    """The command under way."""
    keys_wait: bool = False
    """There is no screen yet that keys could be about: they wait for it."""
    asking: Asking = ""
    search: str = ""
    share: int = 40
    """Percent of the width that the side panes take."""
    color: bool = True

    @property
    def cursor_file(self) -> str:
        """The file that the cursor is in."""
        return self.source.path if self.source else ""

    def take(self, snapshot: Snapshot) -> None:
        """Show other facts; the cursor goes where the program stands when that has changed."""
        before, self.snapshot = self.snapshot, snapshot
        if snapshot.status == "ended" or snapshot.program != before.program:
            self.output.clear()
        if snapshot.stop_number != before.stop_number:
            self.to_current_line()
            self.selected["stack"] = snapshot.frame_index
            ids = [thread.id for thread in snapshot.threads]
            self.selected["threads"] = ids.index(snapshot.thread) if snapshot.thread in ids else 0
        elif self.source is not None and snapshot.source is not None and self.source.path == snapshot.source.path:
            self.source = snapshot.source

    def to_current_line(self) -> None:
        """Show the line that the program stands at."""
        if self.snapshot.file:
            self.source, self.cursor = self.snapshot.source, max(self.snapshot.line, 1)

    def length(self, pane: Pane) -> int:
        """Lines that a pane of which one line is selected has."""
        snapshot = self.snapshot
        match pane:
            case "source":
                return len(self.source.lines) if self.source else 0
            case "locals":
                return len(snapshot.rows)
            case "stack":
                return len(snapshot.frames)
            case "threads":
                return len(snapshot.threads)
            case "breakpoints":
                return len(snapshot.breakpoints)
            case "output":
                return len(self.output.lines)
            case "messages":
                return len(self.messages)

    def at(self, pane: Pane) -> int:
        """The selected line of a side pane, 0-based, among those that there are now."""
        return max(0, min(self.selected.get(pane, 0), self.length(pane) - 1))

    def move(self, lines: int) -> None:
        """Move in what is looked at: the overlay, else the pane with the focus."""
        pane = self.focus
        if self.overlay is not None:
            self.overlay.top = max(0, min(self.overlay.top + lines, len(self.overlay.lines) - 1))
        elif pane == "source":
            self.cursor = max(1, min(self.cursor + lines, self.length(pane)))
        elif pane in {"output", "messages"}:
            self.back[pane] = max(0, min(self.back.get(pane, 0) - lines, self.length(pane) - 1))
        else:
            self.selected[pane] = max(0, min(self.at(pane) + lines, self.length(pane) - 1))

    def find(self, text: str, *, backwards: bool = False) -> bool:
        """Put the cursor on the next line, round the end, that holds the text (any case where it has no capitals)."""
        count = self.length("source")
        if self.source is None or not text:
            return False
        lines = self.source.lines if text != text.lower() else [line.lower() for line in self.source.lines]
        step = -1 if backwards else 1
        for distance in range(1, count + 1):
            index = (self.cursor - 1 + step * distance) % count
            if text in lines[index]:
                self.cursor = index + 1
                return True
        return False

    def say(self, text: str) -> None:
        """Add what a command said."""
        self.messages.extend(text.removesuffix("\n").split("\n"))
        self.back["messages"] = 0
