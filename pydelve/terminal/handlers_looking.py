"""Commands that look at values and source, and Python typed at the prompt. Handlers of the table in ``commands``."""

from __future__ import annotations

import re
from typing import Literal

from pydelve.api.breakpoints import Location
from pydelve.api.requests import Assign, Evaluate, FindLocations, GetVariables
from pydelve.api.values import Evaluation, Limits
from pydelve.errors import EvaluationError, LocationError, UsageError
from pydelve.terminal.model import Call
from pydelve.terminal.names import counted, short_path
from pydelve.terminal.parsing import split_assignment, whole_number
from pydelve.terminal.session import Session
from pydelve.terminal.values import FULL, cut_hint, describe_type, is_cut, render_value, render_within

_LINES = re.compile(r"(\d+)\s*(?:,\s*|\s+)(\d+)$")
_UNASSIGNED = re.compile(r"NameError: .*free variable '(\w+)'.*")
"""Both of CPython's wordings: of 3.9 and 3.10, and from 3.11 on."""
_MODULE_NAMES = {
    "__name__", "__doc__", "__package__", "__loader__", "__spec__", "__builtins__", "__file__", "__cached__",
    "__annotations__", "__annotate__", "__conditional_annotations__", "__path__",
}  # fmt: skip
"""What Python itself puts into each module."""
_OF_ASSERTIONS = "@py_"
"""How the variables begin that pytest adds to a function whose assertions it rewrites."""
_ALL_LINES = 1_000_000


def args(call: Call) -> None:
    """``args``: the arguments of this frame."""
    _variables(call, "arguments")


def locals_(call: Call) -> None:
    """``locals``: all local variables of this frame."""
    _variables(call, "locals")


def _variables(call: Call, scope: Literal["arguments", "locals"]) -> None:
    session = call.session
    asked = GetVariables(scope, session.thread, session.frame_index, _limits(call))
    variables = [variable for variable in session.ask(asked) if not call.text or variable.name in call.text.split()]
    if not variables:
        session.screen.line(
            f"no {'arguments' if scope == 'arguments' else 'local variables'}{' of that name' if call.text else ''}"
        )
    own = [
        variable
        for variable in variables
        if variable.name not in _MODULE_NAMES and not variable.name.startswith(_OF_ASSERTIONS)
    ]
    names = {variable.name for variable in variables}
    hidden = len(variables) - len(own) if not call.text and "-full" not in call.options else 0
    if hidden:
        variables = own
    as_asked = bool(call.text or call.options)
    cut = []
    for variable in variables:
        label = f"{variable.name} = "
        lines = _ALL_LINES if as_asked else session.settings.variable_lines
        text, shortened = render_within(variable.value, lines, width=session.screen.width, used=len(label))
        session.screen.line(label + text)
        if shortened or is_cut(variable.value):
            cut.append(variable.name)
    if hidden:
        whose = "that every module has" if _MODULE_NAMES & names else "of pytest's own"
        session.screen.line(
            session.screen.theme.dim(f"  (and {counted(hidden, 'name')} {whose}: {call.command.name} -full)")
        )
    if cut and "-full" not in call.options:
        more = f"print {cut[0]}" if not as_asked else f"print -full {cut[0]}"
        if len(cut) > 1:
            more = f"{call.command.name} -full, or {more}"
        session.screen.line(session.screen.theme.dim(f"  (cut; more: {more})"))


def print_(call: Call) -> None:
    """``print``: evaluate an expression in this frame and show its value."""
    if not call.text:
        raise UsageError("print needs an expression", hint="print total, or locals")
    timeout_s = call.session.settings.evaluation_timeout_s
    if "-timeout" in call.options:
        timeout_s = float(whole_number(call.options["-timeout"], "number of seconds", command="print"))
    evaluation = _evaluate(call.session, call.text, limits=_limits(call), timeout_s=timeout_s)
    _show_value(call.session, call.text, evaluation, nothing_is_shown=True)


def run_python(session: Session, text: str, *, statements: bool) -> None:
    """What was typed and is no command: its value is shown unless it is None."""
    evaluation = _evaluate(session, text, limits=Limits(), statements=statements)
    _show_value(session, text, evaluation, nothing_is_shown=False)


def whatis(call: Call) -> None:
    """``whatis``: the type of an expression's value."""
    if not call.text:
        raise UsageError("whatis needs an expression", hint="whatis total")
    evaluation = _evaluate(call.session, call.text, limits=Limits(max_items=1, max_depth=0))
    if evaluation.value is not None:
        call.session.screen.line(describe_type(evaluation.value))


def set_(call: Call) -> None:
    """``set``: assign to a variable, an attribute or an item."""
    session = call.session
    left, right = split_assignment(call.text)
    timeout_s = session.settings.evaluation_timeout_s
    value = session.ask(Assign(left, right, session.thread, session.frame_index, timeout_s))
    label = f"{left} = "
    session.screen.line(label + render_value(value, width=session.screen.width, used=len(label)))


def _evaluate(
    session: Session, text: str, *, limits: Limits, statements: bool = False, timeout_s: float = 0.0
) -> Evaluation:
    timeout_s = timeout_s or session.settings.evaluation_timeout_s
    try:
        return session.ask(Evaluate(text, session.thread, session.frame_index, statements, timeout_s, limits))
    except EvaluationError as error:
        # A frame's variables are cells to what is evaluated in it; the person knows of none.
        if match := _UNASSIGNED.match(error.message):
            raise EvaluationError(f"NameError: {match[1]} is not assigned yet", hint="locals") from error
        raise
    finally:
        session.show_output()


def _show_value(session: Session, text: str, evaluation: Evaluation, *, nothing_is_shown: bool) -> None:
    screen, value = session.screen, evaluation.value
    if evaluation.output:
        screen.lines(evaluation.output.splitlines())
    if value is not None and (nothing_is_shown or value.kind != "none"):
        screen.line(render_value(value, width=screen.width))
        if hint := cut_hint(text, value):
            screen.line(screen.theme.dim(f"  (cut; more: {hint})"))
    if evaluation.others_ran and evaluation.took_s > session.settings.slow_evaluation_s:
        screen.line(screen.theme.dim(f"  (took {evaluation.took_s:.1f} s; other threads ran meanwhile)"))


def _limits(call: Call) -> Limits:
    options, name = call.options, call.command.name
    base = FULL if "-full" in options else Limits()
    items = whole_number(options["-n"], "count", command=name) if "-n" in options else base.max_items
    depth = whole_number(options["-depth"], "depth", command=name) if "-depth" in options else base.max_depth
    text = max(base.max_text, items) if "-n" in options else base.max_text
    return Limits(text, items, depth, max(base.max_total, items * 2))


def list_(call: Call) -> None:
    """``list``: source around the current line, a line or a location; more of it when repeated."""
    session, text = call.session, call.text
    around = session.settings.list_lines
    if session.list_next and (call.repeated or not text):
        path, first = session.list_next
        _list(session, path, first, first + 2 * around)
    elif not text or text == ".":
        frame = session.current_frame()
        _list(session, frame.file, frame.line - around, frame.line + around)
    elif match := _LINES.match(text):
        first, last = int(match[1]), int(match[2])
        frame = session.current_frame()
        _list(session, frame.file, first, last if last >= first else first + last - 1)
    elif re.fullmatch(r"[-+]?\d+", text) and session.status == "stopped":
        # A line of this file; unlike break's it need not hold a statement.
        frame = session.current_frame()
        asked = int(text) if text.isdigit() else max(frame.line + int(text), 1)
        _list(session, frame.file, asked - around, asked + around, asked=asked)
    else:
        file, line = session.place_for_location()
        for location in _find(session, text, file, line):
            session.screen.line(f"{short_path(location.file, session.cwd)}:{location.unit.line} in {location.function}")
            line = location.unit.line
            _list(session, location.file, line - around, line + around)


def _find(session: Session, text: str, file: str, line: int) -> tuple[Location, ...]:
    """What a location means; refusals speak of ``list`` where they would of ``break``."""
    try:
        return session.ask(FindLocations(text, file, line))
    except LocationError as error:
        error.hint = re.sub(r"^break\b", "list", error.hint)
        raise


def _list(session: Session, path: str, first: int, last: int, *, asked: int = 0) -> None:
    frame = session.current_frame() if session.status == "stopped" else None
    current = frame.line if frame is not None and frame.file == path else 0
    beyond = asked > len(session.source(path).lines)
    shown = 0 if beyond else session.show_lines(path, max(first, 1), last, current=current)
    if not shown:
        session.list_next = None
        raise UsageError(
            f"{short_path(path, session.cwd)} has no line {asked or first}",
            why=f"it ends with line {len(session.source(path).lines)}",
            hint="list . goes back to the current line",
        )
    session.list_next = (path, shown + 1)


def explain_name_error(error: EvaluationError, text: str, near: str) -> EvaluationError:
    """A word that is neither a command nor a name of the program: say which command is near."""
    if not near or not text.isidentifier() or not error.message.startswith("NameError"):
        return error
    return EvaluationError(error.message, why=f"{text} is no command either", hint=near)
