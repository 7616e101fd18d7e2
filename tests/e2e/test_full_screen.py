"""The full-screen view on a real pseudo-terminal: golden screens, every key, resizing, and how the terminal is left.

``PYDELVE_REFRESH=1 pytest tests/e2e/test_full_screen.py`` writes the screens in ``tests/e2e/screens`` anew.
"""

from __future__ import annotations

import contextlib
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.on_terminal import OnTerminal
from tests.e2e.session import Session
from tests.golden import agrees, check, refreshing
from tests.interpreters import Interpreter

SCREENS = Path(__file__).with_name("screens")
BANK = """\
class Account:
    def __init__(self, owner, balance):
        self.owner = owner
        self.balance = balance

    def withdraw(self, amount):
        rest = self.balance - amount
        if rest < 0:
            raise ValueError("too much")
        self.balance = rest
        return rest


def main():
    account = Account("ann", 3)
    for amount in (1, 2):
        account.withdraw(amount)
        print("took", amount)
    return account


main()
"""
ASKS = """\
import time
name = input("name? ")
print("hello", name)
while True:
    time.sleep(0.01)
"""
DRAWS = """\
import curses
def main(window):
    keys = ""
    while not keys.endswith("q"):
        window.erase()
        window.addstr(1, 2, f"keys {keys}")
        window.refresh()
        keys += chr(window.getch())
        if keys.endswith("b"):
            breakpoint()
curses.wrapper(main)
print("drawn")
"""


class Person(OnTerminal):
    """At the full-screen view."""

    def top(self) -> str:
        """The headline, without the hint at its right."""
        return self.lines[0].removesuffix("?: keys").strip()

    def wait_top(self, start: str) -> None:
        """Wait for a headline that begins so."""
        self.wait(lambda: self.top().startswith(start), f"the headline {start!r}")

    def wait_shown(self, text: str) -> None:
        """Wait until the screen shows this anywhere."""
        self.wait(lambda: text in "\n".join(self.lines), repr(text))

    def wait_gone(self, text: str) -> None:
        """Wait until the screen does not show this any more."""
        self.wait(lambda: text not in "\n".join(self.lines), f"screen without {text!r}")

    def press(self, keys: str, shown: str) -> None:
        """Press keys, and wait for what they are to show."""
        self.keys(keys)
        self.wait_shown(shown)

    def golden(self, name: str) -> None:
        """Wait for the screen that is kept; where none comes, say how the last one differs."""
        path = SCREENS / f"{name}.txt"
        if refreshing():
            self.read_quiet()
        else:
            with contextlib.suppress(AssertionError):
                self.wait(lambda: agrees(path, self._same_lines()), name)
        check(path, self._same_lines())

    def _same_lines(self) -> list[str]:
        return [_same(line) for line in self.lines]


def _same(line: str) -> str:
    """Without pids, versions and addresses; what stands at the right does not depend on their width."""
    line = re.sub(r"process \d+(.*?)  +", r"process <pid>\1  ", line)
    line = re.sub(r"process \d+", "process <pid>", line)
    if line.startswith(" : command"):
        return re.sub(r"process .*", "process <pid> ...", line)
    line = re.sub(r"CPython 3\.[\d.]+\w*", "CPython <version>", line)
    return re.sub(r"0x[0-9a-f]+", "<address>", line)


Start = Callable[..., Person]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a program in the full-screen view; ends it with the test."""
    people: list[Person] = []

    def start_(text: str, *words: str, **more: object) -> Person:
        (tmp_path / "script.py").write_text(text, encoding="utf-8")
        words = words or ("debug", "--tui", "script.py")
        people.append(Person(words, tmp_path, **({"rows": 30, "columns": 100} | more)))  # type: ignore[arg-type]
        return people[-1]

    yield start_
    for person in people:
        person.__exit__(None, None, None)


@pytest.fixture
def at_withdraw(start: Start) -> Person:
    """Stopped in ``withdraw`` the second time, with a breakpoint there."""
    person = start(BANK)
    person.wait_top("entry")
    person.press(":break withdraw\r", "breakpoint 1 at script.py:7")
    person.keys("c")
    person.wait_top("breakpoint 1, script.py:7")
    person.keys("c")
    person.wait_shown("took 1")
    person.wait_shown("hit 2")
    return person


def test_golden_screens(python: Interpreter, start: Start) -> None:
    person = start(BANK, "debug", "--tui", "--python", python.path, "script.py")
    person.wait_top("entry")
    person.wait_shown("process")
    person.golden("entry")
    person.press(":break withdraw\r", "1  script.py:7")
    person.keys("c")
    person.wait_top("breakpoint 1")
    person.keys("n")
    person.wait_top("step, script.py:8")
    person.keys("n")
    person.wait_top("step, script.py:10")
    person.golden("step")
    person.press("V\r", "-self")
    person.golden("opened")
    person.press("?", "over calls")
    person.golden("help")
    person.keys("qc")
    person.wait_shown("hit 2")
    person.golden("second-hit")
    person.keys("c")
    person.wait_top("process")
    person.golden("ended")


def test_keys_that_are_pressed_before_there_is_a_screen(start: Start) -> None:
    """They are about the first one."""
    person = start(BANK)
    person.keys("jjb:break 10\r\x1b[Bb")
    person.wait_shown("3  script.py:4")
    assert [line.partition("│")[2] for line in person.lines if "│* " in line] == [
        "* 1  script.py:3 in Account.__init__", "* 2  script.py:10 in Account.withdraw",
        "* 3  script.py:4 in Account.__init__",
    ]  # fmt: skip


def test_keys_that_run(at_withdraw: Person) -> None:
    person = at_withdraw
    for key, top in (
        ("s", "step, script.py:8"), ("n", "step, script.py:10"), ("r", "step, script.py:17 in main"),
        ("n", "step, script.py:18 in main"),
    ):  # fmt: skip
        person.keys(key)
        person.wait_top(top)
    person.keys("f")
    person.wait_top("step, script.py:22")


def test_run_to_the_cursor_and_jump(at_withdraw: Person) -> None:
    person = at_withdraw
    person.press("jjj", "script.py  10/22")
    person.keys("t")
    person.wait_top("step, script.py:10")
    person.press("kk", "script.py  8/22")
    person.keys("J")
    person.wait_top("jump, script.py:8")


def test_breakpoints_by_keys(at_withdraw: Person) -> None:
    person = at_withdraw
    person.press("jb", "2  script.py:8 in")
    person.press("k", "script.py  7/22")
    person.keys("b")
    person.wait_gone("1  hit 2")
    person.press("b", "3  script.py:7")
    person.press("Bb", "o 2  script.py:8")
    person.press(" ", "script.py  8/22")
    person.keys("Bd")
    person.wait_gone("2  script.py:8")
    person.wait_shown("* 3  script.py:7")
    person.press("jd", "none; b sets one")


def test_frames_and_threads_by_keys(at_withdraw: Person) -> None:
    person = at_withdraw
    person.press("u", "Locals of main")
    person.press("u", "Locals of <module>")
    person.press("d", "Locals of main")
    person.press("Sk\r", "Locals of Account.withdraw")
    person.press("j ", "Locals of main")
    person.press("T\r", "(pydelve) thread 1")
    person.wait_shown("script.py  7/22")
    person.press("CG", "22/22")
    person.press("H", "script.py  7/22")


@pytest.mark.parametrize(
    ("keys", "line"),
    [
        ("j", 8), ("k", 6), ("\x1b[B", 8), ("\x1b[A", 6), ("g", 1), ("G", 22), ("\x1b[H", 1), ("\x1b[F", 22),
        ("\x06", 22), ("\x02", 1), ("\x04", 22), ("\x15", 1), ("\x1b[6~", 22), ("\x1b[5~", 1),
        ("/rest\r", 8), ("/rest\r.", 10), ("/rest\r,,", 11), ("/print\r", 18),
        ("L12\r", 12), ("Lmain\r", 15), ("mscript.py:3\r", 3),
    ],
)  # fmt: skip
def test_moving_in_the_source(keys: str, line: int, at_withdraw: Person) -> None:
    at_withdraw.press(keys, f"script.py  {line}/22")


def test_moving_between_panes(at_withdraw: Person) -> None:
    """The pane with the focus has a title of its own style: bold."""
    person = at_withdraw

    def focus() -> str:
        rows = person.screen.buffer
        title = "".join(
            rows[y][x].data
            for y in range(1, person.screen.lines)
            for x in range(person.screen.columns)
            if rows[y][x].bold and rows[y][x].bg == "005f87"
        )
        return title.split()[0] if title.strip() else ""

    for keys, name in (
        ("V", "Locals"), ("C", "script.py"), ("l", "Locals"), ("h", "script.py"), ("\x1b[C", "Locals"),
        ("\x1b[D", "script.py"), ("S", "Stack"), ("T", "Threads"), ("B", "Breakpoints"), ("O", "Output"),
        ("\x18", "script.py"), ("M", "Commands"), ("\t", "script.py"), ("\t", "Locals"), ("\x1b[Z", "script.py"),
        ("\x1b[Z", "Commands"), ("\x1b[Z", "Breakpoints"),
    ):  # fmt: skip
        person.keys(keys)
        person.wait(lambda name=name: focus() == name, f"focus on {name}")  # type: ignore[misc]


def test_the_command_line(at_withdraw: Person) -> None:
    person = at_withdraw
    person.keys(":pri\t")
    person.wait(lambda: "(pydelve) print" in "\n".join(person.lines), "completion", again="\t")
    person.press(" amount * 21\r", "42")
    person.press("!", "(pydelve) !")
    person.press("amount = 5\r", "amount 5")
    person.press("\x18", "(pydelve) ")
    person.press("print 111 * 2\r", "222")
    person.press("print 111 * 3\r", "333")
    person.keys("\x1b[A\x1b[A\r")
    person.wait(lambda: bool(re.search(r"\n333 [^$]*\n222 ", "\n".join(person.lines))), "the command before the last")
    person.press("half a line", "(pydelve) half a line")
    person.keys("\x03")
    person.wait_gone("half a line")
    person.press(":nxet\r", "nxet is no command either")
    person.press(":locals\r", "rest = (not assigned)")
    for times, keys in ((1, ":print amount * 3\r"), (2, ":\r")):  # an empty line repeats it
        person.keys(keys)
        person.wait(lambda n=times: sum(line.startswith("15 ") for line in person.lines) == n, "15")  # type: ignore[misc]
    person.press("Mg", "lines back")
    person.keys("G")
    person.wait_gone("lines back")
    person.press(":help\r", "q closes")
    person.keys("\x1b")
    person.wait_gone("q closes")


def test_the_editor_has_the_terminal(start: Start, tmp_path: Path) -> None:
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nstty -a | grep -o ' icanon'\necho editing $*\nread line\n")
    editor.chmod(0o755)
    person = start(BANK, environment={"VISUAL": str(editor), "PYDELVE_EDITOR": ""})
    person.wait_top("entry")
    person.press("jj", "script.py  3/22")
    person.keys("\x05")
    person.wait(lambda: person.lines == [" icanon", f"editing +3 {tmp_path}/script.py"], "the editor")
    person.keys("done\r")
    person.wait_top("entry")
    person.press("j", "script.py  4/22")


def test_side_panes_get_wider(at_withdraw: Person) -> None:
    person = at_withdraw
    before = person.lines[1].index("│")
    person.keys("++")
    person.wait(lambda: person.lines[1].find("│") == before - 10, "wider side panes")
    person.keys("-")
    person.wait(lambda: person.lines[1].find("│") == before - 5, "narrower side panes")


def test_the_exception(start: Start) -> None:
    person = start(BANK.replace("(1, 2)", "(1, 2, 3)"))
    person.wait_top("entry")
    person.press("e", "no exception")
    person.keys("c")
    person.wait_top("uncaught ValueError: too much, script.py:9")
    person.keys("e")
    person.wait_lines(
        1, " Exception  (q closes, j k and Space scroll)", "ValueError: too much", "",
        "  0  script.py:9 in Account.withdraw", "  1  script.py:17 in main",
    )  # fmt: skip


def test_typing_into_the_program_and_halting(start: Start) -> None:
    person = start(ASKS, "debug", "--tui", "--continue", "script.py")
    person.wait_shown("name? ")
    person.keys("O")
    person.wait_top("typing into the program")
    person.keys("Jörg q\x7f\x7f\r")
    person.wait_shown("hello Jörg")
    person.keys("\x03")
    person.wait_shown("> halted, script.py:")  # 3, 4 or 5
    person.keys("\x18n")
    person.wait_top("step, script.py:")


def test_a_command_while_the_program_runs(start: Start) -> None:
    person = start(ASKS, "debug", "--tui", "--continue", "script.py")
    person.wait_shown("name? ")
    person.wait_top("starting")
    person.wait_shown("the program runs")
    person.press(":break 5\r", "* 1  script.py:5")
    person.wait_top("running; Ctrl-C halts")
    person.press(":locals\r", "locals needs a stopped program")
    person.keys("Oann\r\x18")
    person.wait_top("breakpoint 1, script.py:5")


def test_the_programs_own_screen(start: Start) -> None:
    person = start(ASKS, "debug", "--tui", "--continue", "script.py")
    person.wait_shown("name? ")
    person.keys("o")
    person.wait(lambda: person.lines == ["name?"], "the program's screen")
    person.keys("eve\r")
    person.wait(lambda: person.lines == ["name? eve", "hello eve"], "the program's answer")
    person.keys("\x03")
    person.wait_top("halted")
    person.keys("o")
    person.wait(lambda: person.lines == ["name? eve", "hello eve", "", "[a key goes back to pydelve]"], "what it wrote")
    person.keys("x")
    person.wait_top("halted")


def test_a_program_that_draws(start: Start) -> None:
    person = start(DRAWS)
    person.wait_top("entry")
    person.keys("c")
    person.wait_shown("keys")
    person.wait(lambda: person.lines == ["", "  keys"], "its screen")
    person.press("x", "keys x")
    person.keys("b")
    person.wait_top("breakpoint() in the program")
    person.wait_shown("the program draws on the whole screen")
    person.keys("c")
    person.wait(lambda: person.lines == ["", "  keys xb"], "its screen again")
    person.keys("q")
    person.wait_top("process")
    person.wait_shown("drawn")


def test_resizing(start: Start) -> None:
    person = start(BANK)
    person.wait_top("entry")
    person.keys("n")
    person.wait_top("step, script.py:14")
    for rows, columns in ((40, 140), (8, 40), (3, 20), (1, 5), (2, 1), (24, 80)):
        person.resize(rows, columns)
        person.wait(lambda: True, "")
    person.wait(lambda: len(person.lines) == 24 and person.top().startswith("step, script.py:14"), "80 x 24")
    person.wait_shown("Breakpoints")
    person.golden("resized")
    person.keys(":print list(__import__('os').get_terminal_size())\r")
    person.wait_shown("[80, 24]")


def test_resizing_while_it_runs(start: Start) -> None:
    person = start(ASKS, "debug", "--tui", "--continue", "script.py")
    person.wait_shown("name? ")
    person.resize(20, 70)
    person.wait(lambda: len(person.lines) == 20 and "Breakpoints" in "\n".join(person.lines), "70 x 20")
    person.keys("Oann\r")
    person.wait_shown("hello ann")


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "vt100"}, {"TERM": "linux"}, {}], ids=str)
def test_colours(environment: dict[str, str], start: Start) -> None:
    person = start(BANK, environment=environment)
    person.wait_top("entry")
    person.wait_shown("none; b sets one")
    colours = re.findall(rb"\x1b\[[\d;]*(?:3[0-8]|4[0-8]|9\d)[\d;]*m", person.raw)
    assert bool(colours) == ("NO_COLOR" not in environment)


def test_a_terminal_that_can_not(start: Start) -> None:
    person = start(BANK, environment={"TERM": "dumb"})
    person.wait_prompt()
    assert person.lines[0] == "the full-screen view needs a terminal that can move its cursor"
    assert person.command("print 1") == ["1"]
    assert person.command("tui") == [
        "the full-screen view needs a terminal that can move its cursor",
        "  why: TERM says that this one can't",
        "  try: TERM=xterm pydelve debug --tui ..., or go on at the prompt",
    ]


def test_there_and_back(start: Start) -> None:
    person = start(BANK, "debug", "script.py")
    assert person.command("print 1") == ["1"]
    shown = person.lines
    person.keys("tui\r")
    person.wait_top("entry")
    person.keys("n")
    person.wait_top("step, script.py:14")
    person.keys("P")
    person.wait_prompt()
    person.wait_lines(0, *shown[:-1], "(pydelve) tui")
    assert person.command("next")[0] == "> step, script.py:22 in <module>, thread 1 (MainThread)"
    person.keys("tui\r")
    person.wait_top("step, script.py:22")
    person.keys("q")
    assert person.wait_end() == 0
    assert person.modes() == person.first_modes


_MODES = {b"1049", b"25", b"2004", b"1000"}


def _left_on(raw: bytes) -> set[bytes]:
    """The terminal's private modes that were switched and not switched back; 25 (the cursor) is on at first."""
    now = {b"25": b"h"}
    now |= dict(re.findall(rb"\x1b\[\?(\d+)([hl])", raw))
    return {mode for mode in _MODES if now.get(mode, b"l") != (b"h" if mode == b"25" else b"l")}


@pytest.mark.parametrize("when", ["stopped", "running", "typing", "its own screen"])
@pytest.mark.parametrize("how", ["exit", "SIGTERM", "SIGHUP", "SIGKILL"])
def test_the_terminal_is_as_before(how: str, when: str, start: Start) -> None:
    person = start(ASKS, "debug", "--tui", *(["--continue"] if when != "stopped" else []), "script.py")
    if when == "stopped":
        person.wait_top("entry")
    else:
        person.wait_shown("name? ")
        person.keys({"running": "", "typing": ":half", "its own screen": "o"}[when])
        if when == "typing":
            person.wait_shown("(pydelve) half")
        elif when == "its own screen":
            person.wait(lambda: person.lines == ["name?"], "the program's screen")
    if how == "exit":
        if when == "its own screen":
            person.keys("\x03")
            person.wait_top("halted")
        person.keys("\x03q" if when == "typing" else "q")
        if when in {"running", "typing"}:
            person.wait(lambda: person.process.poll() is not None, "the end")
        assert person.wait_end() == 0
    else:
        person.process.send_signal(getattr(signal, how))
        assert person.wait_end() == -getattr(signal, how)
    person.wait(lambda: person.modes() == person.first_modes, "the first modes")
    person.wait(lambda: not _left_on(person.raw), "everything switched back")


def test_detach_leaves_the_program_on_the_terminal(start: Start) -> None:
    person = start(ASKS.split("while", maxsplit=1)[0])
    person.wait_top("entry")
    person.keys(":detach\r")
    person.wait(lambda: person.lines[-1] == "name?", "the program's question")
    assert [_same(line) for line in person.lines[-3:-1]] == [
        "detached: process <pid> runs on", "  it keeps this terminal until it ends; Ctrl-C interrupts it from now on",
    ]  # fmt: skip
    person.keys("Eve\r")
    assert person.wait_end() == 0
    person.wait_end_of_screen("hello Eve")


def test_not_without_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text("x = 1\n")
    finished = Session(None, tmp_path).run(["debug", "--tui", "script.py"], [])
    assert (finished.exit_code, finished.lines) == (2, [
        "pydelve: --tui needs a terminal",
        "  why: standard input or output is none",
        "  try: pydelve debug without --tui reads commands from standard input",
    ])  # fmt: skip
    finished = Session(None, tmp_path).run(["debug", "script.py"], ["tui"])
    assert finished.lines[3:] == [
        "the full-screen view needs a terminal",
        "  why: commands come from a file or a pipe",
        "  try: pydelve debug --tui ...",
    ]
