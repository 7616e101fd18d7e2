"""Lines that go on, pasted text taken apart, which candidates fit, and the pager."""

from __future__ import annotations

import io
import os
import pty
import tty

import pytest

from pydelve.api.completion import Candidate
from pydelve.api.target import ExceptionInfo
from pydelve.config import Settings
from pydelve.terminal.commands import TABLE
from pydelve.terminal.fuzzy import fitting
from pydelve.terminal.pager import Answer, Pager, ask_on_terminal
from pydelve.terminal.places import exception_line
from pydelve.terminal.screen import Screen
from pydelve.terminal.theme import Theme
from pydelve.terminal.tui.cells import rows
from pydelve.terminal.typed_lines import is_unfinished, split_pasted


@pytest.mark.parametrize(
    "text",
    [
        "print [1,", "p f(", "frame 1 print {", "thread 2 frame 1 p (", "x = (1 +", "'''text", "!x = [",
        "for i in rows:", "for i in rows:\n    print(i)", "if a:\n    b\n    ", "def f(", "@decorator", "x = 1 + \\",
        "set x = [", "while True: pass",
    ],
)  # fmt: skip
def test_goes_on(text: str) -> None:
    assert is_unfinished(text, TABLE) == (text != "if a:\n    b\n    ")


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "print 1", "print f(1)", "break f if (a", "list 1,", "help (", "x = )", "print 'a", "# [",
        "for i in rows:\nprint(i)", "if a:\n    b\n", "print -n (", "frame 1", "c", "step (",
    ],
)  # fmt: skip
def test_is_whole(text: str) -> None:
    assert not is_unfinished(text, TABLE)


def test_pasted_text() -> None:
    text = """\
break 14

for i in range(2):
    print(i)

    total += i
print total
if a:
    b
else:
    c
print [1,
2]
x = {
    'a': 1,
}
continue"""
    assert split_pasted(text, TABLE) == [
        "break 14",
        "for i in range(2):\n    print(i)\n",
        "    total += i",
        "print total",
        "if a:\n    b\nelse:\n    c",
        "print [1,\n2]",
        "x = {\n    'a': 1,\n}",
        "continue",
    ]


def fit(typed: str, *words: str) -> list[str]:
    return [candidate.text for candidate in fitting(typed, map(Candidate, words))]


def test_the_best_kind_of_fit_only() -> None:
    words = ("account", "Account", "_account", "discount", "about_count")
    assert fit("acc", *words) == ["account"]
    assert fit("Acc", *words) == ["Account"]
    assert fit("ACC", *words) == ["account", "Account"]
    assert fit("count", *words) == ["account", "Account", "discount", "about_count", "_account"]
    assert fit("abct", *words) == ["about_count"]
    assert fit("xyz", *words) == []


def test_private_names_come_last_unless_they_are_meant() -> None:
    assert fit("", "__init__", "_a", "b", "a", "b") == ["b", "a", "_a", "__init__"]
    assert fit("_", "__init__", "_a", "b") == ["__init__", "_a"]


class Paged:
    """A screen of five rows and ten columns, and a person who gives these answers."""

    def __init__(self, *answers: Answer, wanted: bool = True) -> None:
        self.stream = io.StringIO()
        self._answers = list(answers)
        self.screen = Screen(self.stream, theme=Theme(True))
        self.screen.configure(Settings(pager=wanted))
        self.pager = Pager(lambda: (10, 5), self._ask, rows)

    def _ask(self) -> Answer:
        self.stream.write("?")
        return self._answers.pop(0)

    def write(self, *lines: str) -> str:
        with self.screen.paging(self.pager):
            self.screen.lines(lines)
        return self.stream.getvalue()


NUMBERS = tuple("123456789")


@pytest.mark.parametrize(
    ("answers", "written"),
    [
        (["page", "page"], "1\n2\n3\n4\n?5\n6\n7\n8\n?9\n"),
        (["line", "line", "all"], "1\n2\n3\n4\n?5\n?6\n?7\n8\n9\n"),
        (["all"], "1\n2\n3\n4\n?5\n6\n7\n8\n9\n"),
        (["quit"], "1\n2\n3\n4\n?"),
    ],
)
def test_pages(answers: list[Answer], written: str) -> None:
    assert Paged(*answers).write(*NUMBERS) == written


def test_a_line_takes_as_many_rows_as_it_is_long() -> None:
    assert Paged("all").write("x" * 25, "\x1b[1m" + "y" * 10 + "\x1b[0m", "z") == (
        "x" * 25 + "\n\x1b[1m" + "y" * 10 + "\x1b[0m\n?z\n"
    )
    assert [rows(text, 10) for text in ("", "x" * 10, "x" * 11, "\t\tx", "\u5b57" * 5, "x" + "\u5b57" * 5)] == [
        1, 1, 2, 2, 1, 2,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (b"\x1b[Aj", "line"), (b"\x1b[B", "line"), (b"\x1bOB", "line"), (b"\x1b[6~", "page"), (b"\x1b[1;5Da", "all"),
        (b"\x1bxq", "quit"), (b"x ", "page"), (b"\x1b", "quit"),
    ],
)  # fmt: skip
def test_keys_of_the_pager(typed: bytes, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cursor keys begin with Escape, too; what is typed after the answer stays for whoever reads next."""
    ours, theirs = pty.openpty()
    tty.setcbreak(theirs)
    rest = b"" if typed == b"\x1b" else b"next\r"
    try:
        os.write(ours, typed + rest)
        monkeypatch.setattr("pydelve.terminal.pager._KEYBOARD", theirs)
        assert ask_on_terminal() == answer
        assert os.read(theirs, 100) == b"next\n" if rest else True
    finally:
        os.close(ours)
        os.close(theirs)


def test_control_characters_are_shown_as_escapes() -> None:
    stream = io.StringIO()
    Screen(stream).lines(["Na\x1b[31mmed\x07", "a\tb \u202egnihtyna", "e\u0301 \x9b"])
    assert stream.getvalue() == "Na\\x1b[31mmed\\x07\na\tb \\u202egnihtyna\ne\u0301 \\x9b\n"
    Screen(stream := io.StringIO(), theme=Theme(True)).lines(["\x1b[1mbold\x1b[0m\x1b]0;title\x07"])
    assert stream.getvalue() == "\x1b[1mbold\x1b[0m\\x1b]0;title\\x07\n"
    Screen(stream := io.StringIO(), theme=Theme(True)).lines(["\x1b[39;49;00m\x1b[8mhidden\x1b[1;30m\x1b[7m\x1b[5m"])
    assert stream.getvalue() == "\x1b[39;49;00m\\x1b[8mhidden\\x1b[1;30m\\x1b[7m\\x1b[5m\n"


def test_texts_of_the_program_have_no_colours_of_ours() -> None:
    info = ExceptionInfo("ValueError", "\x1b[31mred\n\ttwo")
    assert exception_line(info) == "ValueError: \\x1b[31mred\n\ttwo"


def test_a_value_of_several_lines_is_paged_too() -> None:
    assert Paged("quit").write("1\n2\n3", "4\n5") == "1\n2\n3\n4\n?"


def test_what_comes_after_the_program_has_run_is_shown_all_the_same() -> None:
    paged = Paged("quit")
    with paged.screen.paging(paged.pager):
        paged.screen.lines(NUMBERS)
        paged.screen.new_page()
        paged.screen.line("stop")
    assert paged.stream.getvalue() == "1\n2\n3\n4\n?stop\n"


def test_no_pager_where_it_is_not_wanted() -> None:
    assert Paged(wanted=False).write(*NUMBERS) == "".join(f"{number}\n" for number in NUMBERS)
