"""The words of ``pydelve trace``."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydelve.api.tracing import TraceOptions
from pydelve.cli.trace_options import read_words
from pydelve.errors import UsageError

WHEN_HINT = "--follow-calls 1 shows what calls that the expression is true of call"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "bank.py").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("pay bank.py", TraceOptions("pay")),
        ("-v 4 --when n>1 pay bank.py -v", TraceOptions("pay", verbosity=4, condition="n>1")),
        ("pay --slower-than 10ms --stack 3 bank.py", TraceOptions("pay", slower_than_s=0.01, stack=3)),
        ("--slower-than 1.5s pay --first 7 -p 12", TraceOptions("pay", slower_than_s=1.5, first=7)),
        ("--sample 1/100 pay -p 12 --lossless", TraceOptions("pay", sample=100, lossless=True)),
        ("--sample=20 --exclude x pay -m bank", TraceOptions("pay", sample=20, exclude="x")),
        ("-m bank pay --follow-calls 2", TraceOptions("pay")),
        ("--follow-calls 2 --just-my-code pay bank.py", TraceOptions("pay", follow_calls=2, own_code=True)),
        ("--stats pay bank.py", TraceOptions("pay", verbosity=0, sums=True)),
        ("--max-overhead 2.5% pay -p 12", TraceOptions("pay", max_overhead=0.025)),
        ("--format perfetto --output x pay bank.py", TraceOptions("pay")),
        ("--builtins --when n>1 --follow-calls 1 x bank.py", TraceOptions("x", "", (), False, 1, "n>1", builtins=True)),
        ("pay --children bank.py --children", TraceOptions("pay", children=True)),
        ("--flame x -v 1 pay bank.py", TraceOptions("pay", verbosity=1)),
        ("--file shop.py --file /a/*.py pay bank.py", TraceOptions("pay", files=("*/shop.py", "/a/*.py"))),
    ],
)
def test_options(words: str, expected: TraceOptions) -> None:
    assert read_words(words.split()).options == expected


def test_a_file_that_is_there(folder: Path) -> None:
    assert read_words(["--file", "bank.py", "pay", "bank.py"]).options.files == (str(folder.resolve() / "bank.py"),)


def test_the_program() -> None:
    trace = read_words(["pay", "--env", "A=1", "bank.py", "--fast", "-v"])
    assert trace.launch is not None
    assert (trace.launch.program, trace.launch.arguments) == ("bank.py", ("--fast", "-v"))
    assert (trace.pid, trace.seconds, trace.launch.environment) == (0, float("inf"), {"A": "1"})
    trace = read_words(["--for", "2m", "--output", "x", "--json", "pay", "-m", "bank", "-m", "x"])
    assert trace.launch is not None
    assert (trace.launch.module, trace.launch.program, trace.launch.arguments) == (True, "bank", ("-m", "x"))
    assert (trace.seconds, trace.output, trace.json) == (120.0, "x", True)
    trace = read_words(["pay", "-p", "123", "--for", "1s"])
    assert (trace.launch, trace.pid, trace.seconds) == (None, 123, 1.0)


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        ("", "there is nothing to trace", "pydelve trace REGEXP script.py"),
        ("pay", "there is no program to trace", "pydelve trace pay script.py"),
        ("pay bonk.py", "there is no script bonk.py", "pydelve trace pay bank.py"),
        ("pay -m ba-nk", "'ba-nk' is no name of a module", "pydelve trace pay -m package.module"),
        ("pay -p x", "x is no number of a process", "pydelve ps"),
        ("--flame= pay bank.py", "--flame needs a file", "--flame FILE"),
        ("--output= pay bank.py", "--output needs a file", "--output FILE"),
        ("pay -p 1 bank.py", "a process and a program were given", "leave one away"),
        ("--first 0 pay bank.py", "--first 0 is no number", "--first 10"),
        ("--sample 2/3 pay bank.py", "--sample 2/3 is no share", "--sample 1/100"),
        ("-v 5 pay bank.py", "-v 5 is no level", "-v 3"),
        ("--for 3days pay bank.py", "--for 3days is no time", "--for 10ms"),
        ("-v 1 pay -v 2 bank.py", "-v was given twice", "leave one away"),
        ("--fist 1 pay bank.py", "pydelve trace has no option --fist", "pydelve trace --first N"),
        ("--json --stats pay bank.py", "--json and --stats were given", "leave one away"),
        ("--max-overhead 100% pay bank.py", "--max-overhead 100% is no share", "--max-overhead 5%"),
        ("--max-overhead 5% --first 3 pay bank.py", "--max-overhead and --first were given", "leave one away"),
        ("--headless --json pay bank.py", "--json has no place with --headless", "pydelve trace --headless REGEXP ..."),
        ("--continue pay bank.py", "--continue needs --headless", "leave --continue away"),
        ("--listen x:1 pay bank.py", "--listen needs --headless", "pydelve trace --headless --listen ADDRESS ..."),
        ("--builtins --when n>1 pay bank.py", "--builtins and --when were given", WHEN_HINT),
        ("--format xml pay bank.py", "there is no format xml", "--format perfetto"),
        ("--format perfetto pay bank.py", "--format perfetto needs a file", "--output trace.json"),
        ("--format json --json pay bank.py", "--json and --format were given", "leave one away"),
        ("--flame x --output y pay bank.py", "--flame and --output were given", "leave --output away"),
        ("pay --test -n 4", "tests can't be traced with -n 4", "pydelve trace --children pay --test ..."),
    ],
)
def test_refusals(words: str, message: str, hint: str) -> None:
    with pytest.raises(UsageError) as raised:
        read_words(words.split())
    assert (raised.value.message, raised.value.hint) == (message, hint)
