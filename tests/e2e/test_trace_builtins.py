"""``pydelve trace --builtins``: what is told of functions written in C, beside an oracle that knows nothing of us."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.plain import run_plain
from tests.e2e.tracing import ENDS, FOLDER, TRANSCRIPTS, normalised, records, traced
from tests.golden import check
from tests.interpreters import Interpreter

PROGRAM = str(FOLDER / "in_c.py")
OWN = ("--builtins", "--file", PROGRAM)
REFUSED = """\
pydelve: calls of functions written in C can't be told of
  why: the program runs Python 3.{}, and before 3.12 only sys.setprofile knows of them: it slows every call of the \
program, and is the program's own
  try: leave --builtins away
"""


def test_calls_of_functions_written_in_c(python: Interpreter, tmp_path: Path) -> None:
    if python.version_info < (3, 12):
        done = traced(python, tmp_path, "--builtins", "len", PROGRAM)
        assert (done.output, done.exit_code) == (REFUSED.format(python.version_info[1]), 1)
        return
    done = traced(python, tmp_path, *OWN, "--exclude", "__build_class__", ".", PROGRAM)
    assert done.exit_code == 0
    check(TRANSCRIPTS / "trace" / "in_c.txt", normalised(done.output))
    done = traced(python, tmp_path, *OWN, "--stack", "1", "--exclude", "join", "sqrt|append|failing|sorted", PROGRAM)
    check(TRANSCRIPTS / "trace" / "in_c_with_callers.txt", normalised(done.output.replace(PROGRAM, "in_c.py")))
    done = traced(python, tmp_path, *OWN, "--stats", r"^(list|builtins)\..*(append|len|abs)$", PROGRAM)
    rows = [line.split() for line in done.lines[1:-1]]
    assert sorted((row[8], row[0], row[1]) for row in rows) == [
        ("builtins.abs", "5", "0"), ("builtins.len", "2", "1"), ("list.append", "5", "0"),
    ]  # fmt: skip


def test_count_and_order_are_those_of_setprofile(python: Interpreter, tmp_path: Path) -> None:
    if python.version_info < (3, 12):
        return  # they are refused: see above
    plain = run_plain(python, [str(FOLDER / "oracle.py"), PROGRAM, "c"], tmp_path)
    expected = [line for line in plain.errors.splitlines() if "__build_class__" not in line]
    assert len(expected) > 60, plain
    for more in ((), ("--stack", "1")):
        found = [
            f"{record['thread_name']} {'return' if record['event'] in ENDS else 'call'} "
            f"{record['function'].rpartition('.')[2]}"
            for record in records(python, tmp_path, *OWN, *more, "--exclude", "__build_class__", ".", PROGRAM)
            if record["event"] != "end"
        ]
        assert found == expected
    assert (tmp_path / "out.txt").read_text() == plain.output
