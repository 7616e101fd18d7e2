"""The debugger's events, told to the editor. On the events' thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pydelve.api.events import (
    BreakpointChanged,
    Continued,
    Detached,
    Event,
    Exited,
    HaltPending,
    Logged,
    Notice,
    Output,
    Progress,
    Started,
    Stopped,
    TargetExited,
)
from pydelve.api.requests import Resume
from pydelve.api.target import Stop
from pydelve.errors import PydelveError, TargetGoneError
from pydelve_dap.breakpoints import Breakpoints
from pydelve_dap.children import is_child
from pydelve_dap.session import Session

_REASONS = {
    "entry": "entry", "breakpoint": "breakpoint", "step": "step", "halt": "pause", "exception": "exception",
    "raised": "exception", "jump": "goto", "attach": "pause", "breakpoint-call": "breakpoint",
    "condition-error": "breakpoint", "log-error": "breakpoint", "still": "pause",
}  # fmt: skip
_DESCRIPTIONS = {
    "condition-error": "Paused on a condition that failed", "log-error": "Paused on a log message that failed",
}  # fmt: skip


CHILD_LIMIT_S = 10.0
"""For ``configurationDone`` of a child's session: a process must not stand for ever where it can't be let go on."""


class Happenings:
    """Takes events until there are no more."""

    def __init__(
        self,
        session: Session,
        breakpoints: Breakpoints,
        order: threading.RLock,
        forget: Callable[[], None],
        also: Callable[[Event], None],
    ) -> None:
        """What is told.

        Args:
            session: Kept as the events say.
            breakpoints: How they are shown.
            order: Held while an event is told.
            forget: The program goes on: what was looked at is gone.
            also: Hears of each event first.
        """
        self._session = session
        self._breakpoints = breakpoints
        self._order = order
        self._forget = forget
        self._also = also
        self.begun = threading.Event()
        """The program stands or has ended, for the first time."""
        self.configured = False
        self._limit = time.monotonic() + CHILD_LIMIT_S if is_child(session.arguments) else None
        """Until when a process that stands waits for being configured."""
        self._runs_on = False
        """That time is over."""
        self._over = False
        self._progress = 0

    def run(self) -> None:
        """Until the connection ends; the events' thread."""
        while True:
            try:
                event = self._session.client.next_event(self._patience_s())
            except TargetGoneError:
                break
            with self._order:
                if event is not None:
                    self._also(event)
                    self._tell(event)
                elif self._patience_s() == 0.0:
                    self._wait_no_longer()
        with self._order:
            self.begun.set()
            self._end()

    def _patience_s(self) -> float | None:
        if self._limit is None or self.configured or self._runs_on:
            return None
        return max(0.0, self._limit - time.monotonic())

    def _wait_no_longer(self) -> None:
        self._runs_on = True
        text = (
            f"no configurationDone came within {CHILD_LIMIT_S:g} s: until it does, the process runs on where it stops"
        )
        self._session.messages.output(f"{text}\n", "important")
        if self._session.stop is not None:
            self._resume()

    def configuration_done(self) -> None:
        """The editor has said all: now it may hear of where the program stands, or that goes on."""
        with self._order:
            self.configured = True
            stop = self._session.stop
            if stop is not None:
                self._stopped(stop)
            elif self._over:
                self._session.messages.event("terminated")

    # -- each --------------------------------------------------------------------------------------------------------

    def _tell(self, event: Event) -> None:
        messages = self._session.messages
        match event:
            case Started(target):
                self._session.target = target
                self._begin_anew()
                body = {
                    "name": " ".join(target.argv), "systemProcessId": target.pid, "isLocalProcess": True,
                    "startMethod": "launch" if target.launched else "attach",
                }  # fmt: skip
                messages.event("process", body)
                if not self._session.launched:  # by us: nobody knows whether it will ever stop
                    self.begun.set()
            case Stopped(stop, target):
                self._session.stop, self._session.stands = stop, target
                self.begun.set()
                if self.configured:
                    self._stopped(stop)
                elif self._runs_on:
                    self._resume()
            case Continued():
                self._went_on()
            case Exited(status):
                self._session.stop = None
                self._forget()
                self.begun.set()
                if status.how not in ("lost", "replaced"):  # else the process lives
                    code = status.status if status.how == "exited" else -status.status
                    messages.event("exited", {"exitCode": code})
                self._end()
            case Detached():
                self._end()
            case Output(stream, text):
                if self._session.flag("redirectOutput", True):
                    messages.output(text, stream)
            case Logged(entries, lost):
                for entry in entries:
                    path = self._session.paths.to_editor(entry.file)
                    messages.output(f"{entry.text}\n", "console", source={"path": path}, line=entry.line)
                if lost:
                    messages.output(f"({lost} log messages were dropped)\n", "important")
            case BreakpointChanged(point, _, cleared):
                if (news := self._breakpoints.news(point, cleared=cleared)) is not None:
                    messages.event("breakpoint", news)
            case HaltPending(waited_s, why, _):
                messages.output(f"not stopped yet after {waited_s:.1f} s: {why}\n", "important")
            case Notice(message, why, hint):
                parts = [message, why and f"why: {why}", hint and f"try: {hint}"]
                messages.output("\n  ".join(filter(None, parts)) + "\n", "important")
            case Progress():
                self._tell_progress(event)
            case TargetExited(target, _) if target.id == self._session.stands and self._session.stop is not None:
                self._went_on()  # it stood: what is looked at now runs
        self._session.children.hear(event)

    def _begin_anew(self) -> None:
        """The program goes on, or another one begins: what was looked at is gone."""
        self._session.stop = None
        self._session.frames.clear()
        self._forget()

    def _went_on(self) -> None:
        self._begin_anew()
        if self._session.own_resumes:
            self._session.own_resumes -= 1
        elif self.configured:
            self._session.messages.event("continued", {"threadId": 1, "allThreadsContinued": True})

    def _stopped(self, stop: Stop) -> None:
        session = self._session
        passes = stop.reason == "entry" and session.launched and not session.flag("stopOnEntry", False)
        if passes or session.only_runs:
            self._resume()
            return
        body: dict[str, Any] = {
            "reason": _REASONS.get(stop.reason, stop.reason), "threadId": stop.thread,
            "allThreadsStopped": not stop.others_run,
        }  # fmt: skip
        if stop.exception is not None:
            body |= {"description": "Paused on exception", "text": f"{stop.exception.type}: {stop.exception.message}"}
        elif stop.detail:
            body["text"] = stop.detail
        if stop.reason in _DESCRIPTIONS:
            body["description"] = _DESCRIPTIONS[stop.reason]
        if stop.breakpoints:
            body["hitBreakpointIds"] = list(stop.breakpoints)
        session.messages.event("stopped", body)

    def _resume(self) -> None:
        with suppress(PydelveError):  # it ends at this moment, which is told
            self._session.resume(Resume("continue"))

    def _end(self) -> None:
        if not self._over:
            self._session.children.when_gone(self._end_it)

    def _end_it(self) -> None:
        if not self._over:
            self._over = True
            if self.configured:
                self._session.messages.event("terminated")

    def restarting(self) -> None:
        """Its end is not the session's."""
        self._over = False

    def _tell_progress(self, progress: Progress) -> None:
        if not self._session.editor.get("supportsProgressReporting"):
            return
        messages = self._session.messages
        if not self._progress:
            self._progress = int(next(self._session.numbers))
            body = {"progressId": str(self._progress), "title": progress.doing, "percentage": 0, "cancellable": True}
            messages.event("progressStart", body)
        if progress.over:
            messages.event("progressEnd", {"progressId": str(self._progress)})
            self._progress = 0
            return
        percentage = 100 * progress.done_bytes // max(progress.total_bytes, 1)
        messages.event("progressUpdate", {"progressId": str(self._progress), "percentage": percentage})
