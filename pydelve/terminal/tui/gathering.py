"""Asks the debugger for what the panes show, as the commands do, and makes a ``Snapshot`` of it.

On the thread ``pydelve-tui``, after each command and each event. Looking runs none of the program's code.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterator

from pydelve.api.requests import Expand, GetStack, GetThreads, GetVariables, ListBreakpoints
from pydelve.api.target import Frame, SourceText, Stack
from pydelve.api.values import Limits, Value, Variable
from pydelve.errors import PydelveError
from pydelve.terminal.places import end_line, stop_head
from pydelve.terminal.session import Session
from pydelve.terminal.tui.changes import Changes, Path, frame_key
from pydelve.terminal.tui.model import Row, Snapshot
from pydelve.terminal.values import flat_value

_FRAMES = 200
_OPENED = Limits(max_items=100, max_depth=1, max_total=1000)
_DUNDER = "__"


class Gatherer:
    """Makes snapshots of one session; remembers what was opened, and what values were."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._changes = Changes()
        self._opened: set[Path] = set()
        self._numbers = itertools.count(1)
        self._stop: object = None
        self._place = (0, 0)
        self._number = 0
        self._pid = 0

    def toggle(self, path: Path) -> None:
        """Open or close a variable, or a part of one, by its path; that lasts from stop to stop."""
        self._opened ^= {path}

    def gather(self) -> Snapshot:
        """The facts as they are now; what can't be had is left out, with the reason where there is a place for it."""
        session = self._session
        target = session.target
        if target is not None and target.pid != self._pid:
            self._pid = target.pid
            self._changes.forget()
        program = (
            f"{' '.join(target.argv)}  process {target.pid}  CPython {target.python}" if target else "no program yet"
        )
        try:
            points = session.ask(ListBreakpoints())
        except PydelveError:
            points = tuple(session.breakpoints.values())
        bare = Snapshot(session.status, self._headline(), program, session.cwd, breakpoints=points)
        if session.status != "stopped":
            return bare
        try:
            return self._stopped(bare)
        except PydelveError as error:  # it ended, or was resumed by somebody else, meanwhile: an event says so
            return Snapshot(bare.status, bare.headline, program, session.cwd, problem=error.message, breakpoints=points)

    def _headline(self) -> str:
        session = self._session
        if session.status == "stopped" and session.stop is not None:
            return stop_head(session.stop, session.cwd).removeprefix("> ")
        if session.status == "ended" and session.exit is not None:
            return end_line(session.exit, session.target)
        return session.status

    def _stopped(self, bare: Snapshot) -> Snapshot:
        session = self._session
        thread = session.current_thread()
        place = (thread, session.frame_index)
        if session.stop is not self._stop or place != self._place:
            self._stop, self._place, self._number = session.stop, place, next(self._numbers)
        stack = session.ask(GetStack(session.thread, 0, _FRAMES))
        frame = session.current_frame() if stack.frames else None
        source, problem = self._source(frame)
        return Snapshot(
            bare.status, bare.headline, bare.program, bare.cwd,
            frame.file if frame else "", frame.line if frame else 0, source, problem,
            stack.frames, stack.total, session.frame_index, thread,
            session.ask(GetThreads()), bare.breakpoints, self._rows(thread, stack, frame),
            session.stop.exception if session.stop else None, self._number,
        )  # fmt: skip

    def _source(self, frame: Frame | None) -> tuple[SourceText | None, str]:
        if frame is None:
            return None, "no Python frame"
        try:
            return self._session.sources.read(frame.file), ""
        except PydelveError as error:
            return None, error.why or error.message

    def _rows(self, thread: int, stack: Stack, frame: Frame | None) -> tuple[Row, ...]:
        if frame is None:
            return ()
        session = self._session
        variables = [
            variable
            for variable in session.ask(GetVariables("locals", session.thread, session.frame_index, Limits()))
            if _is_of_interest(variable)
        ]
        texts: dict[Path, str] = {}
        for variable in variables:
            _note_texts((variable.name,), variable.value, texts)
        self._changes.at_stop(session.stop, thread, stack.total)
        changed = self._changes.changed(frame_key(thread, stack.total, frame), texts)
        rows: list[Row] = []
        for variable in variables:
            rows += self._tree((variable.name,), variable.value, changed)
        return tuple(rows)

    def _tree(self, path: Path, value: Value, changed: Collection[Path]) -> list[Row]:
        can_open = bool(value.items) or bool(value.handle)
        opened = can_open and path in self._opened
        rows = [Row(path, flat_value(value), path in changed, "-" if opened else "+" if can_open else "")]
        if not opened:
            return rows
        if value.handle and (not value.items or value.attributes_cut or value.shown < (value.length or 0)):
            try:
                value = self._session.ask(Expand(value.handle, 0, _OPENED.max_items, _OPENED))
            except PydelveError as error:
                return [*rows, Row((*path, ""), f"({error.message})")]
        for label, part in _parts(value):
            rows += self._tree((*path, label), part, changed)
        missing = (value.length or 0) - value.shown
        if missing > 0:
            rows.append(Row((*path, "..."), f"+{missing:,} more"))
        return rows


def _parts(value: Value) -> Iterator[tuple[str, Value]]:
    """What is in a value, each with the label that is behind its owner's name in Python."""
    index = 0
    for item in value.items:
        if item.name is not None:
            yield f".{item.name}", item.value
        elif item.key is not None:
            yield f"[{flat_value(item.key)}]", item.value
        else:
            yield f"[{index}]", item.value
            index += 1


def _note_texts(path: Path, value: Value, texts: dict[Path, str]) -> None:
    """Note a value and all that is known of what is in it."""
    texts[path] = flat_value(value)
    for label, part in _parts(value):
        _note_texts((*path, label), part, texts)


def _is_of_interest(variable: Variable) -> bool:
    """Assigned, and not one of the names that Python itself puts into modules and classes."""
    name = variable.name
    return variable.value.kind != "unbound" and not (name.startswith(_DUNDER) and name.endswith(_DUNDER))
