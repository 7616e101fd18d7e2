"""Commands that look at stacks and threads and choose what to look at. Handlers of the table in ``commands``."""

from __future__ import annotations

from pydelve.api.requests import GetStack, GetThreads
from pydelve.errors import UsageError
from pydelve.terminal.model import Call
from pydelve.terminal.parsing import whole_number
from pydelve.terminal.places import place, stack_lines, thread_lines
from pydelve.terminal.session import Session


def stack(call: Call) -> None:
    """``stack``: the frames of this thread, innermost first."""
    session = call.session
    depth = session.settings.stack_depth
    if call.text:
        depth = whole_number(call.text, "number of frames", command="stack")
    found = session.ask(GetStack(session.thread, 0, depth))
    lines = stack_lines(
        found.frames, found.total, selected=session.frame_index, cwd=session.cwd, theme=session.screen.theme
    )
    session.screen.lines(lines or ["no Python frames"])


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
    count = _count(call)
    total = session.ask(GetStack(session.thread, session.frame_index, 1)).total
    if session.frame_index >= total - 1:
        raise UsageError("this is the outermost frame", why=f"frame {session.frame_index} has no caller", hint="down")
    session.select(frame=min(session.frame_index + count, total - 1))
    _show_frame(session)


def down(call: Call) -> None:
    """``down``: towards the innermost frame."""
    session = call.session
    count = _count(call)
    if session.frame_index == 0:
        raise UsageError("this is the innermost frame", why="frame 0 is where the thread stands", hint="up")
    session.select(frame=max(session.frame_index - count, 0))
    _show_frame(session)


def threads(call: Call) -> None:
    """``threads``: all threads with their state and place."""
    session = call.session
    found = session.ask(GetThreads())
    session.screen.lines(
        thread_lines(found, selected=session.current_thread(), cwd=session.cwd, theme=session.screen.theme)
    )


def thread(call: Call) -> None:
    """``thread``: look at another thread, for good or for one command."""
    session = call.session
    word, _, rest = call.text.partition(" ")
    found = session.ask(GetThreads())
    number = whole_number(word, "thread's number", command="thread") if word else session.current_thread()
    chosen = [candidate for candidate in found if candidate.id == number]
    if not chosen:
        ids = ", ".join(str(candidate.id) for candidate in found)
        raise UsageError(f"there is no thread {number}", why=f"there are {ids}", hint="threads")
    if rest.strip():
        with session.looking_at(thread=number):
            call.execute(rest.strip())
        return
    if word:
        session.select(thread=number)
    session.screen.lines(thread_lines(chosen, selected=number, cwd=session.cwd, theme=session.screen.theme))
    if chosen[0].frame is not None:
        session.show_source(session.current_frame())


def _count(call: Call) -> int:
    return max(whole_number(call.text, "number of frames", command=call.command.name), 1) if call.text else 1


def _show_frame(session: Session) -> None:
    frame = session.current_frame()
    session.screen.line(session.screen.theme.strong(f"> frame {frame.index}, {place(frame, session.cwd)}"))
    session.show_source(frame)
