"""Conditions of breakpoints as they are typed: refused here where they can never work. Pure."""

from __future__ import annotations

import ast

from pydelve.api.breakpoints import HitCondition
from pydelve.errors import EvaluationError, UsageError

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
