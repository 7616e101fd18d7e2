"""The table of commands is complete and agrees with itself, its help and the reference page."""

from __future__ import annotations

import pytest

from pydelve.api.requests import Detach
from pydelve.terminal.commands import TABLE
from pydelve.terminal.handlers_session import command_lines, overview_lines
from pydelve.terminal.model import Command, CommandTable
from tools import gen_reference

from .fake import Desk

DELVE = "b bp c n s so bt p ls cond"
PDB = "w u d a pp p l b c n s r q cl tbreak condition enable disable args where return run h ? set"


def test_delves_aliases_and_pdbs_are_there() -> None:
    assert [name for name in (DELVE + " " + PDB).split() if TABLE.find(name) is None] == []


def test_r_is_pdbs_return() -> None:
    assert [TABLE.find(name) and TABLE.find(name).name for name in ("r", "run", "w", "l")] == [  # type: ignore[union-attr]
        "stepout", "restart", "stack", "list",
    ]  # fmt: skip


@pytest.mark.parametrize("command", list(TABLE), ids=lambda command: command.name)
def test_a_row_is_whole(command: Command) -> None:
    assert command.summary and not command.summary.endswith(".") and command.summary[0].islower()
    assert command.usage and len(set(command.usage)) == len(command.usage)
    assert all(len(line) <= 120 for line in command_lines(command))
    for typed, _ in command.examples:
        first = typed.split()[0]
        assert TABLE.find(first) in {command, *map(TABLE.find, ("frame", "thread", "up", "down"))}
    if any(form for form in command.usage):
        assert command.takes != "nothing" or command.options


@pytest.mark.parametrize("command", [c for c in TABLE if c.needs == "stopped"], ids=lambda command: command.name)
def test_what_needs_a_stopped_program_says_so(command: Command) -> None:
    desk = Desk()
    assert desk.run(command.name) == (
        f"{command.name} needs a stopped program\n  why: it is starting\n  try: continue waits for it, exit ends it\n"
    )


def test_two_commands_can_not_claim_one_name() -> None:
    first, second = list(TABLE)[:2]
    with pytest.raises(ValueError, match="'break' is both break and break"):
        CommandTable([first, first])
    assert CommandTable([first, second]).names() == ["b", "break", "tb", "tbreak"]


def test_help_shows_every_command() -> None:
    desk = Desk()
    assert desk.run("help") == "".join(f"{line}\n" for line in overview_lines(TABLE))
    for command in TABLE:
        assert f"  {', '.join(command.names)} " in "\n".join(overview_lines(TABLE))


def test_leaving_needs_no_stop() -> None:
    desk = Desk()
    desk.transport.on(Detach)
    desk.run("q")
    assert desk.session.done


def test_the_reference_page_is_up_to_date() -> None:
    page = gen_reference.PAGE.read_text(encoding="utf-8")
    assert page == gen_reference.render(), "run: python tools/gen_reference.py"
