"""Every row of ``docs/reference/coming-from.md`` in a real session; and that pdb and Delve have no more."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pydelve.terminal.coming_from import ROWS, Row, theirs_of
from pydelve.terminal.commands import TABLE
from tests.e2e.session import ROOT, Session
from tests.interpreters import find_interpreters
from tools import gen_coming_from

DELVE = """
    call continue next next-instruction rebuild restart rev rewind step step-instruction stepout break breakpoints clear
    clearall condition on toggle trace watch args display examinemem locals print regs set vars whatis goroutine
    goroutines thread threads deferred down frame stack up check checkpoints clear-checkpoint config disassemble dump
    edit exit funcs help libraries list packages source sources target transcript types
    b bp checkpoint clearcheck cond c disass ed x quit q gr grs h ls l n ni nexti p rw bt s si stepi so tr t
"""
"""Names and aliases in Documentation/cli/README.md of Delve 1.27.1; r, which is restart, is among the clashes."""
_LEAVES = {
    "continue", "next", "step", "stepout", "until", "jump", "call", "restart", "exit", "clear", "clearall", "!total",
    "task", "tasks", "watch", "trace", "dump", "targets", "exception",
}  # fmt: skip
"""After these the next row would not find the program where it expects it; or it is about another program."""
_STAYS = [row for row in ROWS if row.works(TABLE) and row.here.split()[0] not in _LEAVES]
_MOVES = [row for row in ROWS if row.works(TABLE) and row.here.split()[0] in _LEAVES]
_REFUSED = re.compile(r"^  (?:why|try): |^internal error|there is no command (?!@)", re.MULTILINE)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    for name in ("bank.py", "tasks.py", "crash.py"):
        shutil.copy(ROOT / "examples" / name, tmp_path)
    (tmp_path / "setup.pydelve").write_text("print amount\n")
    return Session(None, tmp_path)


def answers(session: Session, *lines: str, program: str = "bank.py", function: str = "Account.withdraw") -> list[str]:
    """What each line says, in a function of an example."""
    marked = [part for number, line in enumerate(lines) for part in (f"help @{number}", line)]
    said = session.debug(program, f"break {function}", "continue", *marked, f"help @{len(lines)}").output
    return re.split(r"there is no command @\d+\n  try: help\n", said)[1:-1]


def test_rows_that_leave_the_program_where_it_is(session: Session) -> None:
    lines = [f"frame 2 {row.here}" if row.names[0] == "down" else row.here for row in _STAYS]
    said = answers(session, *(typed for line in lines for typed in ("frame 0", line)))[1::2]
    refused = {row.here: text for row, text in zip(_STAYS, said, strict=True) if _REFUSED.search(text)}
    # The editor is the one thing that a script of commands can't have.
    assert refused == {
        "edit": "no editor is known\n  why: neither VISUAL nor EDITOR is set\n  try: EDITOR=vim pydelve ...\n"
    }


@pytest.mark.parametrize("here", sorted({row.here for row in _MOVES}))
def test_rows_that_move_the_program(session: Session, here: str) -> None:
    program, function = ("tasks.py", "cook") if here.startswith("task") else ("bank.py", "Account.withdraw")
    if here == "exception":
        program, function = "crash.py", "-exc ValueError"
    said = answers(session, here, program=program, function=function)
    assert [text for text in said if _REFUSED.search(text)] == []


def test_every_name_of_pdb_has_a_row() -> None:
    newest = find_interpreters().get("3.15")
    if newest is None:
        pytest.skip("CPython 3.15 was not found")
    listing = "import json, pdb; print(json.dumps([name[3:] for name in dir(pdb.Pdb) if name.startswith('do_')]))"
    done = subprocess.run([newest.path, "-c", listing], capture_output=True, check=True, timeout=20)
    assert {name for row in ROWS if row.debugger == "pdb" for name in row.names} == set(json.loads(done.stdout))


def test_every_name_of_delve_has_a_row() -> None:
    assert {name for row in ROWS if row.debugger == "Delve" for name in row.names} == set(DELVE.split())


@pytest.mark.parametrize("row", [row for row in ROWS if not row.here], ids=lambda row: row.names[0])
def test_what_is_not_here_says_why(row: Row) -> None:
    assert row.note


def test_words_of_theirs_are_known_at_the_prompt(session: Session) -> None:
    words = [name for row in ROWS for name in row.names if theirs_of(name, TABLE)]
    assert {"ignore", "commands", "interact", "regs", "rev"} <= set(words)
    said = answers(session, *(f"{word} 1" for word in words))
    for word, text in zip(words, said, strict=True):
        assert text.startswith(f"there is no command {word}\n  why: {word} is ")


def test_the_page_is_current() -> None:
    page = gen_coming_from.PAGE.read_text(encoding="utf-8")
    assert page == gen_coming_from.render(), "run: python tools/gen_coming_from.py"
