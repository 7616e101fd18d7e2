"""Every form of a location, every refusal with its full text, and what holds for any text at all."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pydelve.errors import LocationError
from pydelve.locspec import FileLine, Function, Line, LocSpec, Offset, Pattern, parse

FORMS = "break FILE:LINE, break LINE, break +N, break FUNCTION, break MODULE.CLASS.METHOD:LINE or break /REGEXP/"


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("bank.py:14", FileLine("bank.py", 14)),
        ("  bank.py : 14 ", FileLine("bank.py", 14)),
        ("./sub/bank.py:14", FileLine("./sub/bank.py", 14)),
        ("/a b/c:d.py:7", FileLine("/a b/c:d.py", 7)),
        ("C:\\x\\y.py:12", FileLine("C:\\x\\y.py", 12)),
        ("C:x.py:12", FileLine("C:x.py", 12)),
        ("my-script:4", FileLine("my-script", 4)),
        ("/usr/bin/tool:3", FileLine("/usr/bin/tool", 3)),
        ("a b:3", FileLine("a b", 3)),
        ("14", Line(14)),
        ("007", Line(7)),
        ("+3", Offset(3)),
        ("-3", Offset(-3)),
        ("+0", Offset(0)),
        ("withdraw", Function("withdraw")),
        ("bank.Account.withdraw", Function("bank.Account.withdraw")),
        ("bank.Account.withdraw:14", Function("bank.Account.withdraw", 14)),
        ("outer.<locals>.inner", Function("outer.<locals>.inner")),
        ("ﬁle", Function("file")),
        ("bank.py:withdraw", Function("withdraw", None, "bank.py")),
        ("sub/bank.py:Account.withdraw:14", Function("Account.withdraw", 14, "sub/bank.py")),
        ("/with.*/", Pattern("with.*")),
        ("/a/b/", Pattern("a/b")),
        ("/[[a]/", Pattern("[[a]")),
    ],
)
def test_forms(text: str, spec: LocSpec) -> None:
    assert parse(text) == spec
    assert parse(str(spec)) == spec


@pytest.mark.parametrize(
    ("text", "message", "why", "hint"),
    [
        ("", "no location given", "", FORMS),
        ("0", 'there is no line 0 in "0"', "lines count from 1", "break 1"),
        ("a.py:0", 'there is no line 0 in "a.py:0"', "lines count from 1", "break a.py:1"),
        ("bank.py", '"bank.py" names a file without a line', "", "break bank.py:1"),
        ("bank.py:", 'can\'t read the location "bank.py:"', "no line number follows the colon", "break bank.py:1"),
        (
            "bank.py:-3",
            'can\'t read the location "bank.py:-3"',
            '"-3" after the colon is no line number',
            "break bank.py:1",
        ),
        (
            "bank.py:3 n == 5",
            'can\'t read the location "bank.py:3 n == 5"',
            '"3 n == 5" after the colon is no line number',
            "break bank.py:3 if n == 5",
        ),
        (
            "bank:run",
            'can\'t read the location "bank:run"',
            '"run" after the colon is no line number',
            "break bank.run",
        ),
        (":3", '":3" names no file', "nothing stands before the colon", FORMS),
        ("a..b", 'can\'t read the location "a..b"', "it is no number, no dotted name and no FILE:LINE", FORMS),
        ("+", 'can\'t read the location "+"', "it is no number, no dotted name and no FILE:LINE", FORMS),
        ("//", "the regular expression is empty", "", "break /withdraw/"),
        (
            "/(/",
            "can't compile the regular expression /(/",
            "missing ), unterminated subpattern at position 0",
            "break /\\(/",
        ),
        ("a\0b:3", "that is no location", "it holds control characters", FORMS),
        ("x" * 5000, "that is no location", "it is longer than 4096 characters", FORMS),
        ("99999999999", 'the line number in "99999999999" is too large', "", FORMS),
    ],
)
def test_refusals(text: str, message: str, why: str, hint: str) -> None:
    with pytest.raises(LocationError) as caught:
        parse(text)
    assert (caught.value.message, caught.value.why, caught.value.hint) == (message, why, hint)


@given(st.text() | st.text(alphabet="ab.:/\\0129+-<>locals py(["))
@example("ｆ.ｐｙ")
@example("ｆ.ｐｙ:3")
@example("a.py:ｆ.ｐｙ:3")
@example("9" * 4500)
def test_any_text_parses_to_a_stable_spec_or_is_refused(text: str) -> None:
    try:
        spec = parse(text)
    except LocationError:
        return
    assert parse(str(spec)) == spec


NAMES = st.lists(st.sampled_from(["f", "Account", "_x1", "größe", "<locals>"]), min_size=1, max_size=4).map(".".join)
LINES = st.integers(1, 10**9)
FILES = st.sampled_from(["bank.py", "/x y/bank.py", "C:\\a b\\c.py", "sub/app.zip/pkg/mod.py", "/odd:name/x"])


@given(
    st.builds(FileLine, FILES, LINES)
    | st.builds(Line, LINES)
    | st.builds(Offset, st.integers(-(10**9), 10**9))
    | st.builds(Function, NAMES, st.none() | LINES, st.just("") | FILES)
    | st.builds(Pattern, st.sampled_from(["a", "^bank\\.", "x/y", " a ", "a|b"]))
)
def test_round_trip(spec: LocSpec) -> None:
    assert parse(str(spec)) == spec
