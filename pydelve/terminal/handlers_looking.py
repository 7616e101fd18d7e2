"""Commands that look at values and source, and Python typed at the prompt. Handlers of the table in ``commands``."""

from __future__ import annotations

import re

from pydelve.api.requests import Assign, Evaluate
from pydelve.api.values import Evaluation, Limits, Value
from pydelve.errors import EvaluationError, UsageError
from pydelve.records import replace
from pydelve.terminal.evaluating import evaluate_by
from pydelve.terminal.formats import Format, as_json, formatted, take_format
from pydelve.terminal.limits import asked_limits
from pydelve.terminal.model import Call
from pydelve.terminal.parsing import split_assignment, whole_number
from pydelve.terminal.session import Session
from pydelve.terminal.values import cut_hint, describe_type, render_value

_WHOLE_TEXT = Limits(max_text=100_000)


def print_(call: Call) -> None:
    """``print``: evaluate an expression in this frame and show its value."""
    if not call.text:
        raise UsageError("print needs an expression", hint="print total, or locals")
    timeout_s = call.session.settings.evaluation_timeout_s
    if "-timeout" in call.options:
        timeout_s = float(whole_number(call.options["-timeout"], "number of seconds", command="print"))
    notation, text = take_format(call.text)
    if notation is not None and notation.by_program:
        _print_text(call.session, notation.expression(text), timeout_s)
        return
    evaluation = evaluate(call.session, text, limits=asked_limits(call), timeout_s=timeout_s)
    if notation is not None and evaluation.value is not None:
        evaluation = _in_notation(evaluation, evaluation.value, notation)
    _show_value(call.session, text, evaluation, nothing_is_shown=True)


def _print_text(session: Session, expression: str, timeout_s: float) -> None:
    """A text that the program makes, as it is."""
    evaluation = evaluate(session, expression, limits=_WHOLE_TEXT, timeout_s=timeout_s)
    value = evaluation.value
    if value is not None:
        session.screen.lines(value.text.split("\n"))
        if value.length is not None and value.shown < value.length:
            session.screen.line(session.screen.theme.dim(f"  (cut: {value.length - value.shown:,} more characters)"))


def _in_notation(evaluation: Evaluation, value: Value, notation: Format) -> Evaluation:
    if notation.letter == "j":
        value = replace(value, kind="object", form="told", text=as_json(value), items=(), length=None)
    else:
        value = formatted(value, notation)
    return replace(evaluation, value=value)


def run_python(session: Session, text: str, *, statements: bool) -> None:
    """What was typed and is no command: its value is shown unless it is None."""
    evaluation = evaluate(session, text, limits=Limits(), statements=statements)
    _show_value(session, text, evaluation, nothing_is_shown=False)


def whatis(call: Call) -> None:
    """``whatis``: the type of an expression's value."""
    if not call.text:
        raise UsageError("whatis needs an expression", hint="whatis total")
    evaluation = evaluate(call.session, call.text, limits=Limits(max_items=1, max_depth=0))
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


def evaluate(
    session: Session, text: str, *, limits: Limits, statements: bool = False, timeout_s: float = 0.0
) -> Evaluation:
    """Run Python in the frame looked at; what the program wrote meanwhile is shown before this returns.

    Raises:
        EvaluationError: it failed.
    """
    timeout_s = timeout_s or session.settings.evaluation_timeout_s
    return evaluate_by(session, Evaluate(text, session.thread, session.frame_index, statements, timeout_s, limits))


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


def explain_name_error(error: EvaluationError, text: str, why: str, near: str) -> EvaluationError:
    """A line that looks like a command that we don't have, ``stak`` or ``stak -full``: say which one is near."""
    word = text.split(maxsplit=1)[0]
    like_a_command = word.isidentifier() and (text == word or re.match(r"-[A-Za-z]", text[len(word) :].lstrip()))
    if not near or not like_a_command or not error.message.startswith("NameError") or f"'{word}'" not in error.message:
        return error
    return EvaluationError(error.message, why=why or f"{word} is no command either", hint=near)
