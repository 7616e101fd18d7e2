"""Commands that look at stacks and threads and choose what to look at. Handlers of the table in ``commands``."""

from __future__ import annotations

from collections.abc import Callable

from pydelve.api.requests import FreezeThread, GetStack, GetThreads, GetVariables
from pydelve.api.target import Frame
from pydelve.errors import UsageError
from pydelve.terminal.handlers_variables import ONE_LINE, one_line_each
from pydelve.terminal.model import Call
from pydelve.terminal.names import counted
from pydelve.terminal.parsing import whole_number
from pydelve.terminal.places import place, stack_lines, thread_lines
from pydelve.terminal.session import Session
from pydelve.terminal.task_lines import task_stack_lines


def stack(call: Call) -> None:
    """``stack``: the frames of this thread, innermost first."""
    session = call.session
    depth = session.settings.stack_depth
    if call.text:
        depth = whole_number(call.text, "number of frames", command="stack")
    found = session.ask(GetStack(session.thread, 0, depth))
    if session.thread < 0 and "-full" not in call.options:  # a task's
        session.screen.lines(
            task_stack_lines(
                found, selected=session.frame_index, cwd=session.cwd, theme=session.screen.theme,
                fold="-all" not in call.options,
            )
        )  # fmt: skip
        return
    lines = stack_lines(
        found.frames, found.total, selected=session.frame_index, cwd=session.cwd, theme=session.screen.theme,
        fold="-all" not in call.options, inside=_variables_of(call) if "-full" in call.options else lambda *_: [],
    )  # fmt: skip
    session.screen.lines(lines or ["no Python frames"])
    if "-full" in call.options and any(line.endswith("...") for line in lines):
        session.screen.remark("values have one line; more: frame N locals")


def _variables_of(call: Call) -> Callable[[Frame, str], list[str]]:
    """The lines of a frame's variables; of library frames only where they were asked for."""
    session = call.session

    def lines(frame: Frame, indent: str) -> list[str]:
        if frame.library and "-all" not in call.options:
            return []
        variables = session.ask(GetVariables("locals", session.thread, frame.index, ONE_LINE))
        found = one_line_each(variables, session.screen.width, indent)
        most = session.settings.variable_lines
        if len(found) > most:
            found[most:] = [f"{indent}...+{len(found) - most:,} more: frame {frame.index} locals"]
        return found

    return lines


def frame(call: Call) -> None:
    """``frame``: look at another frame, for good or for one command."""
    session = call.session
    number, _, rest = call.text.partition(" ")
    if not number:
        _show_frame(session)
        return
    index = whole_number(number, "frame's number", command="frame")
    session.frame_at(index)
    if rest.strip():
        with session.looking_at(frame=index):
            call.execute(rest.strip())
    else:
        session.select(frame=index)
        _show_frame(session)


def up(call: Call) -> None:
    """``up``: towards the caller."""
    session = call.session
    count, command = _count(call)
    total = session.ask(GetStack(session.thread, session.frame_index, 1)).total
    if session.frame_index >= total - 1:
        raise UsageError("this is the outermost frame", why=f"frame {session.frame_index} has no caller", hint="down")
    _go(call, min(session.frame_index + count, total - 1), command)


def down(call: Call) -> None:
    """``down``: towards the innermost frame."""
    session = call.session
    count, command = _count(call)
    if session.frame_index == 0:
        raise UsageError("this is the innermost frame", why="frame 0 is where the thread stands", hint="up")
    _go(call, max(session.frame_index - count, 0), command)


def threads(call: Call) -> None:
    """``threads``: all threads with their state and place."""
    session = call.session
    found = session.ask(GetThreads())
    shown = found if "-all" in call.options else found[: session.settings.listing_lines]
    session.screen.lines(
        thread_lines(shown, selected=session.current_thread(), cwd=session.cwd, theme=session.screen.theme)
    )
    if len(found) > len(shown):
        session.screen.remark(f"...+{counted(len(found) - len(shown), 'more thread')}; all: threads -all")


def thread(call: Call) -> None:
    """``thread``: look at another thread, for good or for one command."""
    session = call.session
    word, _, rest = call.text.partition(" ")
    if word in {"freeze", "thaw"}:
        _freeze(call, word, rest.strip())
        return
    found = session.ask(GetThreads())
    if not word and session.thread < 0:
        session.select(thread=0)  # back from another stack
    number = whole_number(word, "thread's number", command="thread") if word else session.current_thread()
    chosen = [candidate for candidate in found if candidate.id == number]
    if not chosen:
        ids = ", ".join(str(candidate.id) for candidate in found)
        raise UsageError(f"there is no thread {number}", why=f"there are {ids}", hint="threads")
    if rest.strip():
        with session.looking_at(thread=number, alone=True):
            call.execute(rest.strip())
        return
    if word:
        session.select(thread=number)
    session.screen.lines(thread_lines(chosen, selected=number, cwd=session.cwd, theme=session.screen.theme))
    if chosen[0].frame is not None:
        session.sources.show_around(session.current_frame())


def _freeze(call: Call, word: str, text: str) -> None:
    """``thread freeze N``, ``thread thaw N``."""
    session = call.session
    number = whole_number(text, "thread's number", command="thread") if text else session.current_thread()
    session.ask(FreezeThread(number, word == "freeze"))
    found = [thread for thread in session.ask(GetThreads()) if thread.id == number]
    session.screen.lines(
        thread_lines(found, selected=session.current_thread(), cwd=session.cwd, theme=session.screen.theme)
    )


def _count(call: Call) -> tuple[int, str]:
    """How many frames, and the command to run there, if any: ``up``, ``up 2``, ``up locals``, ``up 2 locals``."""
    word, _, rest = call.text.partition(" ")
    if call.table.find(word) is not None:
        return 1, call.text
    count = max(whole_number(word, "number of frames", command=call.command.name), 1) if word else 1
    return count, rest.strip()


def _go(call: Call, index: int, command: str) -> None:
    """Look at another frame, for good or for one command."""
    if command:
        with call.session.looking_at(frame=index):
            call.execute(command)
    else:
        call.session.select(frame=index)
        _show_frame(call.session)


def _show_frame(session: Session) -> None:
    frame = session.current_frame()
    session.screen.line(session.screen.theme.strong(f"> frame {frame.index}, {place(frame, session.cwd)}"))
    session.sources.show_around(frame)
