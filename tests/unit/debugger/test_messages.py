"""Messages of logpoints become expressions."""

from __future__ import annotations

import pytest

from pydelve.debugger.messages import message_expression
from pydelve.errors import EvaluationError

NAMES = {"amount": 7, "names": {"first": ["Ann", "Bea"]}, "empty": ""}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("", ""),
        ("100% of %s", "100% of %s"),
        ("{amount}", "7"),
        ("a{amount}b{amount!r}c{empty!s}d", "a7b7cd"),
        ("{names['first'][0]} {names['first'][1:]!r} {'é'!a}", "Ann ['Bea'] '\\xe9'"),
        ("{{{amount}}} {{}} {{amount}}", "{7} {} {amount}"),
        ("{amount:>3}|{amount:.2f}|{amount!r}", "  7|7.00|7"),
        ("{amount != 8} {amount if empty else '}'} { {'a': 1}['a'] }", "True } 1"),
        ("{(lambda: amount)()} {'''{'''} {amount # a remark\n}", "7 { 7"),
        ('{"\\""} \\ "\'', '" \\ "\''),
        ("{(1, 2)} {[]!s}", "(1, 2) []"),
    ],
)
def test_texts(message: str, text: str) -> None:
    assert eval(message_expression(message), dict(NAMES)) == text


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("{", "a { is not closed"),
        ("{amount", "a { is not closed"),
        ("{amount!r", "a { is not closed"),
        ("amount}", "a } stands alone"),
        ("{}", "there is no expression in {}"),
        ("{ }", "there is no expression in {}"),
        ("{amount!z}", "after ! comes s, r or a"),
        ("{amount!r:>3}", "the format '>3' can't be used"),
        ("{amount:{width}}", "the format '{width' can't be used"),
        ("{amount) + (1}", "a ) stands alone in 'amount)'"),
        ("{one two}", "'one two' is no Python expression"),
        ("{'one}", "a string in it is not closed"),
        ("{await amount}", "await and yield can't run between two lines"),
        ("{amount = 3}", "'amount = 3' is no Python expression"),
    ],
)
def test_refused(message: str, why: str) -> None:
    with pytest.raises(EvaluationError) as caught:
        message_expression(message)
    assert (caught.value.message, caught.value.why) == (f"the message {message!r} can't be used", why)
