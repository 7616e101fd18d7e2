"""Messages of logpoints as they are typed, made into an expression that gives the text. Pure.

A message is text with expressions in braces, as the Debug Adapter Protocol has it, and, beyond that, what Python's own
format strings have: ``{amount}`` is ``str(amount)``, ``{amount!r}`` its ``repr``, ``{amount:.2f}`` a format. Doubled
braces are braces.
"""

from __future__ import annotations

import ast
import warnings
from typing import NamedTuple

from pydelve.errors import EvaluationError

_OPENING, _CLOSING = "([{", ")]}"
_CONVERSIONS = {"": "%s", "s": "%s", "r": "%r", "a": "%a"}


class _Field(NamedTuple):
    expression: str
    conversion: str = ""
    format: str = ""

    def as_operand(self) -> str:
        if self.format:
            return f"({'{:' + self.format + '}'!r}.format(({self.expression}\n))),"
        return f"({self.expression}\n),"


def message_expression(message: str) -> str:
    """A Python expression for the message's text, the same on every version, that uses no name but the message's own.

    Raises:
        EvaluationError: a brace that is alone, or what is in braces is no expression.
    """
    text, operands, at = "", "", 0
    while at < len(message):
        two, one = message[at : at + 2], message[at]
        if two in ("{{", "}}"):
            text, at = text + one, at + 2
        elif one == "}":
            raise _wrong(message, "a } stands alone", "double it to have it in the text: }}")
        elif one == "{":
            field, at = _field(message, at + 1)
            text += "%s" if field.format else _CONVERSIONS[field.conversion]
            operands += field.as_operand()
        else:
            text, at = text + ("%%" if one == "%" else one), at + 1
    return f"{text!r} % ({operands})"


def _field(message: str, start: int) -> tuple[_Field, int]:
    """The field whose text begins at ``start``, and where it ends."""
    end = _end_of_expression(message, start)
    expression, rest = message[start:end].strip(), message[end:]
    _check(message, expression)
    conversion = form = ""
    if rest.startswith("!"):
        conversion, rest, end = rest[1:2], rest[2:], end + 2
        if conversion not in ("s", "r", "a"):
            raise _wrong(message, "after ! comes s, r or a", "{amount!r}")
    if rest.startswith(":"):
        form, brace, _ = rest[1:].partition("}")
        end += 1 + len(form)
        if "{" in form or conversion or not brace:
            raise _wrong(message, f"the format {form!r} can't be used", "{amount:.2f}")
    elif not rest.startswith("}"):
        raise _wrong(message, "a { is not closed", "double it to have it in the text: {{")
    return _Field(expression, conversion, form), end + 1


def _end_of_expression(message: str, start: int) -> int:
    """Where the expression of a field ends: at ``}``, ``:`` or ``!`` outside brackets and strings."""
    at, depth = start, 0
    while at < len(message):
        one = message[at]
        if one in "\"'":
            at = _end_of_string(message, at)
            continue
        if one in _OPENING:
            depth += 1
        elif depth and one in _CLOSING:
            depth -= 1
        elif one in ")]":
            raise _wrong(message, f"a {one} stands alone in {message[start : at + 1]!r}")
        elif not depth and (one in "}:" or (one == "!" and message[at + 1 : at + 2] != "=")):
            return at
        at += 1
    raise _wrong(message, "a { is not closed", "double it to have it in the text: {{")


def _end_of_string(message: str, start: int) -> int:
    quote = message[start] * 3 if message.startswith(message[start] * 3, start) else message[start]
    at = start + len(quote)
    while at < len(message):
        if message[at] == "\\":
            at += 2
        elif message.startswith(quote, at):
            return at + len(quote)
        else:
            at += 1
    raise _wrong(message, "a string in it is not closed", "{names['first']}")


def _check(message: str, expression: str) -> None:
    if not expression:
        raise _wrong(message, "there is no expression in {}", "double the braces to have them in the text: {{}}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an invalid escape is the target's affair
            tree = ast.parse(f"({expression}\n)", "<message>", mode="eval")
    except (SyntaxError, ValueError) as error:
        raise _wrong(message, f"{expression!r} is no Python expression") from error
    if any(isinstance(node, (ast.Await, ast.Yield, ast.YieldFrom)) for node in ast.walk(tree)):
        raise _wrong(message, "await and yield can't run between two lines")


def _wrong(message: str, why: str, hint: str = "break LOCATION -log 'amount is {amount}'") -> EvaluationError:
    return EvaluationError(f"the message {message!r} can't be used", why=why, hint=hint)
