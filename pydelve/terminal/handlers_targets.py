"""Commands about the processes of a session. Handlers of the table in ``commands``."""

from __future__ import annotations

from pydelve.api.requests import AttachChildren, FollowChildren, GetTargets, SelectTarget
from pydelve.errors import UsageError
from pydelve.terminal.model import Call
from pydelve.terminal.parsing import whole_number
from pydelve.terminal.target_lines import left_lines, target_lines


def targets(call: Call) -> None:
    """``targets``: all processes of the session."""
    session = call.session
    found = session.ask(GetTargets())
    width = session.screen.width if session.screen.interactive else 0  # a file may have lines of any length
    lines = target_lines(found.targets, cwd=session.cwd, theme=session.screen.theme, width=width)
    session.screen.lines([*lines, *left_lines(found.left_alone, width)])


def target(call: Call) -> None:
    """``target``: look at another process, or say whether children are followed."""
    session = call.session
    word, _, rest = call.text.partition(" ")
    if word == "follow":
        _follow(call, rest.strip())
        return
    if call.text == "attach":
        session.ask(AttachChildren())
        return
    found = session.ask(GetTargets()).targets
    if not word:
        chosen = [each for each in found if each.current]
        session.screen.lines(target_lines(chosen, cwd=session.cwd, theme=session.screen.theme))
        return
    number = whole_number(word, "target's number", command="target")
    if rest.strip():
        with session.targets.for_one_command(number):
            call.execute(rest.strip())
        return
    state = session.ask(SelectTarget(number))
    for each in found:
        if each.id == number:
            session.targets.look_at(each, state)


def _follow(call: Call, words: str) -> None:
    how, _, pattern = words.partition(" ")
    if how not in ("on", "off") or (how == "off" and pattern):
        raise UsageError(
            "target follow takes on or off", why=f"it was given {words!r}" if words else "", hint="target follow on"
        )
    call.session.ask(FollowChildren(how == "on", pattern.strip()))
    if how == "off":
        call.session.screen.line("children are left alone from now on")
    elif pattern:
        call.session.screen.line(f"children with {pattern.strip()} in their command line are followed from now on")
    else:
        call.session.screen.line("children are followed from now on")
