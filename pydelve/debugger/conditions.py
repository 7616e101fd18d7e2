"""Conditions and names of breakpoints as they are typed: refused here where they can never work. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping

from pydelve.api.breakpoints import After, Breakpoint, HitCondition
from pydelve.debugger.messages import message_expression
from pydelve.errors import EvaluationError, UsageError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_RESERVED = ("all", "if", "last")
OPERATORS = ("==", "!=", ">=", "<=", ">", "<", "%")


def check_condition(condition: str) -> None:
    """Refuse what is no expression, before it is armed.

    Raises:
        EvaluationError: it does not compile; it is read by our own Python, so newer syntax is left to the target.
    """
    if not condition:
        return
    try:
        tree = ast.parse(condition, "<condition>", mode="eval")
    except (SyntaxError, ValueError) as error:
        raise EvaluationError(
            f"the condition {condition!r} is not a Python expression",
            why=str(error.args[0] if error.args else error),
            hint="condition ID EXPRESSION",
        ) from error
    if any(isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)) for node in ast.walk(tree)):
        raise EvaluationError(
            f"the condition {condition!r} can't be used", why="await and yield can't run between two lines"
        )


def check_hit_condition(condition: HitCondition | None) -> None:
    """Refuse an unknown comparison, or a count that can never matter.

    Raises:
        UsageError: so it is.
    """
    if condition is None:
        return
    if condition.op not in OPERATORS or condition.count < (1 if condition.op == "%" else 0):
        raise UsageError(
            f"{condition.op!r} {condition.count} is no hit condition",
            why=f"a comparison ({' '.join(OPERATORS)}) and a count are needed",
            hint="condition -hitcount ID % 100",
        )


def check_name(name: str, others: Iterable[Breakpoint]) -> None:
    """Refuse a name that is none, or taken; "" is fine.

    Raises:
        UsageError: so it is.
    """
    if not name:
        return
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise UsageError(
            f"{name!r} can't be a breakpoint's name",
            why=f"a name is a word, and none of {', '.join(_RESERVED)}",
            hint="break entrance withdraw",
        )
    for other in others:
        if other.name == name:
            raise UsageError(
                f"there is a breakpoint {name} already", why=f"it is number {other.id}", hint=f"clear {name}"
            )


def check_after(number: int, after: After | None, every: Mapping[int, Breakpoint]) -> None:
    """Refuse a breakpoint that would wait for itself; ``every`` has the one it waits for.

    Raises:
        UsageError: so it is.
    """
    if after is not None and after.hits < 1:
        raise UsageError(
            "a breakpoint comes after one hit or more of another", why=f"{after.hits} was asked for",
            hint="condition -after 2 1:3",
        )  # fmt: skip
    waits_for = after
    while waits_for is not None:
        if waits_for.id == number and after is not None:
            raise UsageError(
                f"breakpoint {number} would wait for itself, and never be hit",
                why=f"it would come after {after.id}",
                hint="breakpoints",
            )
        other = every.get(waits_for.id)
        waits_for = other.after if other is not None else None


def log_expression(log: str) -> str:
    """The expression that gives a logpoint's message; "" for none.

    Raises:
        EvaluationError: it is no message.
    """
    if not log:
        return ""
    return message_expression(log)
