"""``examine`` and the user's own printers, in whole sessions."""

from __future__ import annotations

import re
from pathlib import Path

from tests.e2e.session import Session
from tests.interpreters import Interpreter

_PROGRAM = """\
class Account:
    kind = "current"

    def __init__(self, owner, balance):
        self.owner = owner
        self.balance = balance

    @property
    def rich(self):
        raise SystemExit("a property ran")

    def deposit(self, amount):
        self.balance += amount


class Point:
    __slots__ = ("x", "y")


account = Account("Ann", 70)
point = Point()
point.x = 1
both = [account, account]
pass
"""
_PRINTERS = """\
def account(value):
    return f"{value.attribute('owner').text} has {value.attribute('balance').text}"


def broken(value):
    raise ValueError("oops")


PRINTERS = {"*.Account": account, "*.Point": broken}
"""


def run(python: Interpreter, folder: Path, commands: list[str]) -> list[str]:
    """What the commands print at the program's last line."""
    program = folder / "accounts.py"
    program.write_text(_PROGRAM)
    line = _PROGRAM.count("\n")
    done = Session(python, folder).run(
        ["debug", "--python", python.path, program.name], [f"break {line}", "continue", *commands, "exit"]
    )
    lines = done.lines
    return lines[next(index for index, text in enumerate(lines) if text.startswith(f"=>* {line}:")) + 1 :]


def test_examine(python: Interpreter, tmp_path: Path) -> None:
    shown = run(python, tmp_path, ["examine account", "examine point"])
    # how objects are laid out differs from version to version: sizes, and who refers to whom
    shown = [re.sub(r"\d+ B", "<size>", re.sub(r"referrers: .*", "referrers: <some>", text)) for text in shown]
    assert shown == [
        "<__main__.Account 0x<addr>> {owner: 'Ann', balance: 70}",
        "type: __main__.Account",
        "size: <size>, without what it refers to",
        "referrers: <some>",
        "attributes:",
        "  owner    instance                      'Ann'",
        "  balance  instance                      70",
        "  kind     class __main__.Account        'current'",
        "  rich     property of __main__.Account  (not run)",
        "1 method of __main__.Account: deposit",
        "<__main__.Point 0x<addr>> {x: 1, y: (not assigned)}",
        "type: __main__.Point",
        "size: <size>, without what it refers to",
        "referrers: <some>",
        "attributes:",
        "  x  slot of __main__.Point  1",
        "  y  slot of __main__.Point  (not assigned)",
    ]


def test_own_printers(python: Interpreter, tmp_path: Path) -> None:
    file = tmp_path / ".config" / "pydelve" / "printers.py"
    file.parent.mkdir(parents=True)
    file.write_text(_PRINTERS)
    shown = run(python, tmp_path, ["print account", "print both", "print point", "print point"])
    assert shown == [
        "Ann has 70",
        "[Ann has 70, Ann has 70]",
        "the printer of *.Point failed: ValueError: oops",
        "  why: it is in <tmp>/.config/pydelve/printers.py; it is left out from now on",
        "  try: edit it, and start pydelve again",
        "<__main__.Point 0x<addr>> {x: 1, y: (not assigned)}",
        "<__main__.Point 0x<addr>> {x: 1, y: (not assigned)}",
    ]


def test_printers_that_cannot_be_loaded(python: Interpreter, tmp_path: Path) -> None:
    file = tmp_path / ".config" / "pydelve" / "printers.py"
    file.parent.mkdir(parents=True)
    file.write_text("PRINTERS = 3\n")
    assert run(python, tmp_path, ["print account.owner", "print 1"])[-2:] == ["'Ann'", "1"]
