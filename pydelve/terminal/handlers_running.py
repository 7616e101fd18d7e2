"""The commands that let the program run. Handlers of the table in ``commands``."""

from __future__ import annotations

from typing import Literal

from pydelve.api.requests import Restart, Resume
from pydelve.errors import UsageError
from pydelve.terminal.model import Call
from pydelve.terminal.parsing import whole_number


def continue_(call: Call) -> None:
    """``continue``: until a breakpoint or the end; where it runs already, wait for that."""
    session = call.session
    if session.status not in {"starting", "running"}:
        session.require_stopped("continue")
        session.ask(Resume("continue", session.thread))
    session.wait_for_stop()


def next_(call: Call) -> None:
    """``next``: the next line of this frame."""
    _repeat(call, "next")


def step(call: Call) -> None:
    """``step``: the next line, also in a called function."""
    _repeat(call, "step")


def stepout(call: Call) -> None:
    """``stepout``: until this frame returns."""
    _resume(call, "stepout")


def restart(call: Call) -> None:
    """``restart``: the program again, from its start."""
    session = call.session
    session.before_restart()
    session.ask(Restart())
    session.wait_for_stop(restarting=True)


def detach(call: Call) -> None:
    """``detach``: leave the program running."""
    session = call.session
    alive = session.status not in {"ended", "detached"}
    session.leave(kill=False)
    if alive:
        who = f"process {session.target.pid}" if session.target else "the program"
        session.screen.line(f"detached: {who} runs on")


def exit_(call: Call) -> None:
    """``exit``: end the session, and the program where pydelve started it."""
    target = call.session.target
    call.session.leave(kill=target is None or target.launched)


def _repeat(call: Call, how: Literal["next", "step"]) -> None:
    count = whole_number(call.text, "number of steps", command=call.command.name) if call.text else 1
    if count == 0:
        raise UsageError(f"{call.command.name} 0 goes nowhere", hint=call.command.name)
    for _ in range(count):
        _resume(call, how)
        stop = call.session.stop
        if stop is None or stop.reason != "step" or stop.interrupted_step:
            return


def _resume(call: Call, how: Literal["next", "step", "stepout"]) -> None:
    session = call.session
    frame = 0 if how == "step" else session.frame_index
    session.ask(Resume(how, session.thread, frame, into_libraries="-all" in call.options))
    session.wait_for_stop()
