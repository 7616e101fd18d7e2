"""``display``, ``undisplay``: expressions whose values each stop shows. Handlers of the table in ``commands``."""

from __future__ import annotations

from pydelve.api.requests import GetVariables
from pydelve.api.values import Limits, Value
from pydelve.errors import PydelveError, UsageError
from pydelve.terminal.displays import Display
from pydelve.terminal.handlers_looking import evaluate
from pydelve.terminal.model import Call
from pydelve.terminal.names import counted
from pydelve.terminal.parsing import python_kind, whole_number
from pydelve.terminal.session import Session
from pydelve.terminal.values import flat_value, is_cut, render_within

_LIMITS = Limits(max_text=200, max_items=20, max_depth=1, max_total=500)
_OLD_COLUMNS = 40
_UNASSIGNED = flat_value(Value("", "unbound"))


def display(call: Call) -> None:
    """``display``: add an expression, or show them all now; ``-d N`` takes one away, as Delve has it."""
    session, text = call.session, call.text
    if text in {"-a", "-d"}:
        example = "display -a total" if text == "-a" else "display -d 1"
        raise UsageError(f"display {text} needs {'an expression' if text == '-a' else 'a number'}", hint=example)
    if "-d" in call.options:
        _take_away(call, text)
        return
    if not text:
        if not session.displays:
            session.screen.line("nothing is displayed; display EXPRESSION adds one")
        for each in session.displays:
            _show(session, each)
        return
    if python_kind(text) != "expression":
        raise UsageError(f"{text!r} is no expression", why="display takes one", hint="display total * 2")
    if any(each.expression == text for each in session.displays):
        raise UsageError(f"{text} is displayed already", hint="display shows them all")
    number = max((each.number for each in session.displays), default=0) + 1
    session.displays.append(Display(number, text))
    _show(session, session.displays[-1])


def undisplay(call: Call) -> None:
    """``undisplay``: take away some by number or expression, or all."""
    _take_away(call, call.text)


def show_all(session: Session) -> None:
    """What a stop shows of them."""
    for each in session.displays:
        _show(session, each)


def _take_away(call: Call, text: str) -> None:
    session = call.session
    if text in {"", "all"}:
        session.screen.line(f"{counted(len(session.displays), 'expression')} taken away")
        session.displays.clear()
        return
    chosen = [each for each in session.displays if each.expression == text]
    if not chosen:
        numbers = {whole_number(word, "number of a display", command=call.command.name) for word in text.split()}
        known = {each.number for each in session.displays}
        if missing := numbers - known:
            raise UsageError(
                f"there is no display {min(missing)}",
                why=f"there are {', '.join(map(str, sorted(known)))}" if known else "there are none",
                hint="display",
            )
        chosen = [each for each in session.displays if each.number in numbers]
    for each in chosen:
        session.displays.remove(each)
        session.screen.line(f"{each.number}: {each.expression} is not displayed any more")


def _show(session: Session, each: Display) -> None:
    label = f"{each.number}: {each.expression} = "
    if session.status != "stopped":
        session.screen.line(f"{each.number}: {each.expression}")
        return
    try:
        value = _value(session, each.expression)
    except PydelveError as error:
        text, more = f"({error.message})", ""
    else:
        text, shortened = render_within(
            value, session.settings.variable_lines, width=session.screen.width, used=len(label)
        )
        more = f"cut; more: print {each.expression}" if shortened or is_cut(value) else ""
        each.last, last = flat_value(value), each.last
        if last and last != each.last:
            last = "unassigned" if last == _UNASSIGNED else last
            old = last if len(last) <= _OLD_COLUMNS else last[: _OLD_COLUMNS - 3] + "..."
            text += session.screen.theme.mark(f"  (was {old})")
    session.screen.line(label + text)
    if more:
        session.screen.remark(more)


def _value(session: Session, expression: str) -> Value:
    """A variable of the frame is read as it is; anything else runs, as with ``print``."""
    if expression.isidentifier():
        for variable in session.ask(GetVariables("locals", session.thread, session.frame_index, _LIMITS)):
            if variable.name == expression:
                return variable.value
    found = evaluate(session, expression, limits=_LIMITS)
    if found.output:
        session.screen.lines(found.output.splitlines())
    assert found.value is not None, "an expression has a value"
    return found.value
