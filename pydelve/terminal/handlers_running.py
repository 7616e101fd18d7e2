"""The commands that let the program run. Handlers of the table in ``commands``."""

from __future__ import annotations

import shlex
from contextlib import suppress
from typing import Literal

from pydelve.api.requests import Call as CallRequest
from pydelve.api.requests import FindLocations, Jump, Restart, Resume, SendSignal
from pydelve.api.target import Frame, TargetInfo
from pydelve.errors import TargetStateError, UsageError
from pydelve.terminal.model import Call
from pydelve.terminal.names import short_path
from pydelve.terminal.parsing import signal_number, whole_number
from pydelve.terminal.session import Session


def continue_(call: Call) -> None:
    """``continue``: until a breakpoint, a location or the end; where it runs already, wait for that."""
    session = call.session
    if call.text:
        session.require_stopped("continue to a location")
        file, line = session.place_for_location()
        session.ask(
            Resume(
                "continue", session.thread, location=call.text, frame_file=file, frame_line=line, alone=session.alone
            )
        )
    elif session.status not in {"starting", "running"}:
        session.require_stopped("continue")
        session.ask(Resume("continue", session.thread, alone=session.alone))
    elif session.targets.may_wait:
        with suppress(TargetStateError):  # nobody does
            session.ask(Resume("continue"))
    session.wait_for_stop()


def until(call: Call) -> None:
    """``until``: the next line of this frame that is further down, or from a given line on."""
    session = call.session
    here, line = session.current_frame(), 0
    if call.text:
        line = _line_below(call, here)
    session.ask(_step(call, "until", session.frame_index, line=line))
    session.wait_for_stop()


def _line_below(call: Call, here: Frame) -> int:
    """The line that ``until`` is told: a number, whether a statement is there or not, or a location.

    Raises:
        UsageError: it is not below the current line, or not in this file.
        LocationError: there is no such location.
    """
    session, text = call.session, call.text
    if text.isascii() and text.isdigit():
        line = int(text)
    else:
        found = session.ask(FindLocations(text, here.file, here.line))
        line = found[0].unit.line
        if len(found) > 1 or found[0].file != here.file:
            raise UsageError(
                f"{text} is not in {short_path(here.file, session.cwd)}",
                why="until stays in this frame",
                hint=f"continue {text}",
            )
    if line <= here.line:
        raise UsageError(
            f"line {line} is not below the current one",
            why=f"until runs to a line further down in this frame, which is at line {here.line}",
            hint=f"continue {line}",
        )
    return line


def next_(call: Call) -> None:
    """``next``: the next line of this frame."""
    _repeat(call, "next")


def step(call: Call) -> None:
    """``step``: the next line, also in a called function, or in one of those that the line calls."""
    if not call.text or call.text[0].isdigit():
        _repeat(call, "step")
        return
    session = call.session
    session.ask(_step(call, "step", session.frame_index, function=call.text))
    session.wait_for_stop()


def call_(call: Call) -> None:
    """``call``: run an expression as the program would, with breakpoints."""
    session = call.session
    if not call.text:
        raise UsageError("call needs an expression", hint="call deposit(3)")
    stop = session.stop
    if stop is not None and session.thread not in {0, stop.thread}:
        raise UsageError(
            f"thread {session.thread} can't call anything",
            why=f"the stop is about thread {stop.thread}, which can",
            hint=f"thread {stop.thread} call {call.text}",
        )
    session.ask(CallRequest(call.text, session.frame_index))
    session.wait_for_stop()


def jump(call: Call) -> None:
    """``jump``: go on from another line."""
    session = call.session
    if not call.text:
        raise UsageError("jump needs a line", hint="jump +1")
    stop = session.stop
    if session.frame_index or (stop is not None and session.thread not in {0, stop.thread}):
        raise UsageError(
            "jump works in the innermost frame of the thread that stopped only",
            why="the others wait for what they called",
            hint=f"thread {stop.thread if stop else 1} frame 0 jump {call.text}",
        )
    if session.ask(Jump(call.text)).status == "running":  # it has to arrive at its statement first
        session.wait_for_stop()


def signal_(call: Call) -> None:
    """``signal``: a signal for the program, as it runs on."""
    session = call.session
    number = signal_number(call.text)
    session.require_alive("signal")
    session.ask(SendSignal(number))
    if session.status == "stopped":
        session.ask(Resume("continue", session.thread))
    session.wait_for_stop()


def stepout(call: Call) -> None:
    """``stepout``: until this frame returns."""
    _resume(call, "stepout")


def restart(call: Call) -> None:
    """``restart``: the program again, from its start."""
    session = call.session
    arguments = _new_arguments(call)
    session.before_restart()
    session.ask(Restart(arguments))
    session.wait_for_stop(restarting=True)


def _new_arguments(call: Call) -> tuple[str, ...] | None:
    """The program's new arguments, read as a shell reads words; None: as they were."""
    if "-noargs" in call.options:
        if call.text:
            raise UsageError("-noargs takes no arguments", why=f"{call.text!r} follows it", hint="restart -noargs")
        return ()
    if call.text == "-noargs":  # nothing behind it: an option all the same
        return ()
    if not call.text:
        return None
    try:
        words = shlex.split(call.text)
    except ValueError as error:
        raise UsageError(
            f"{call.text!r} can't be taken apart", why=f"{error}".lower(), hint="restart 'one argument' two"
        ) from error
    return tuple(words[1:] if words[0] == "--" else words)


def detach(call: Call) -> None:
    """``detach``: leave the program running."""
    session = call.session
    alive = session.status not in {"ended", "detached"}
    session.leave(kill=False)
    if alive:
        target = session.targets.program
        who = f"process {target.pid}" if target else "the program"
        if target is None or not target.core:
            session.screen.line(f"detached: {who} runs on")


def exit_(call: Call) -> None:
    """``exit``: end the session, and the program where pydelve started it; with ``-k`` any program."""
    session, target = call.session, call.session.targets.program
    if "-k" in call.options and target is not None and target.core:
        raise UsageError("there is no process to kill", why=f"{target.core} is a core file", hint="exit")
    if session.remote != "no" and "-k" not in call.options:
        if target is None or not target.launched or session.remote == "stays" or _may_kill(session, target):
            session.done = True
    elif target is None or target.launched:
        if target is None or _may_kill(session, target):
            session.leave(kill=True)
    elif "-k" not in call.options:
        detach(call)
    else:
        alive = session.status not in {"ended", "detached"}
        session.leave(kill=True)
        if alive:
            session.screen.line(f"process {target.pid} was killed")


def _may_kill(session: Session, target: TargetInfo) -> bool:
    """Asks, where the program would lose something: not before its first line, and not post-mortem."""
    under_way = session.status == "running"
    if session.status == "stopped" and session.stop is not None:
        stop = session.stop
        under_way = stop.reason not in {"entry", "exception"} or bool(stop.detail)
    if not (under_way and session.settings.confirm_exit and session.screen.interactive):
        return True
    question = f"process {target.pid} is still under way, and exit kills it (detach lets it run on). Exit?"
    with session.screen.handed_over():
        return session.confirm(question)


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
    session.ask(_step(call, how, frame))
    session.wait_for_stop()


def _step(
    call: Call, how: Literal["next", "step", "stepout", "until"], frame: int, *, line: int = 0, function: str = ""
) -> Resume:
    settings = call.session.settings
    everywhere = "-all" in call.options or not settings.just_my_code
    skip = () if "-all" in call.options else tuple(settings.step_skip.split())
    return Resume(how, call.session.thread, frame, everywhere, skip, line, function=function, alone=call.session.alone)
