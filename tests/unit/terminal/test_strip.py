"""Rows of a terminal that are drawn again and again below what a program writes there, on a terminal's own model."""

from __future__ import annotations

import pyte

from pydelve.terminal.strip import Strip


class Shown:
    """A terminal, on which a strip and a program write."""

    def __init__(self, columns: int, rows: int) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self.write = self._stream.feed
        self.strip = Strip(self.write, lambda: (self.screen.columns, self.screen.lines))

    def says(self, text: str) -> None:
        self.write(text.replace("\n", "\r\n"))  # as a terminal has lines end

    @property
    def rows(self) -> list[str]:
        return [line.rstrip() for line in self.screen.display]


def test_what_the_program_writes_scrolls_above() -> None:
    shown = Shown(12, 6)
    shown.says("$ run\n")
    shown.strip.draw(["head", "one"])
    assert shown.rows == ["$ run", "", "", "", "head", "one"]
    shown.says("a\nb\nc\nhalf")
    shown.strip.draw(["head", "one", "two"])
    assert shown.rows == ["b", "c", "half", "head", "one", "two"]
    shown.says(" a line\n")
    shown.strip.draw(["HEAD"])  # rows that are kept once stay so
    assert shown.rows == ["c", "half a line", "", "HEAD", "", ""]
    shown.strip.close()
    shown.says("end")
    assert shown.rows == ["c", "half a line", "end", "", "", ""]
    shown.strip.close()
    shown.says(".\n1\n2\n3\n4\n")
    assert shown.rows == ["end.", "1", "2", "3", "4", ""]


def test_a_line_that_the_program_has_begun_stays() -> None:
    shown = Shown(12, 6)
    shown.says("1\n2\n3\n4\n5\nhalf")
    shown.strip.draw(["head"])
    assert shown.rows == ["2", "3", "4", "5", "half", "head"]
    shown.strip.close()
    shown.says("end\n")
    assert shown.rows == ["3", "4", "5", "half", "end", ""]


def test_another_size() -> None:
    shown = Shown(12, 8)
    shown.strip.draw(["head", "one"])
    shown.says("a\n")
    shown.screen.resize(lines=6, columns=20)
    shown.screen.set_margins()  # as xterm and others do
    shown.strip.draw(["head", "a longer one"])
    assert shown.rows[-2:] == ["head", "a longer one"]
    shown.strip.close()
    assert "head" not in shown.rows


def test_no_place() -> None:
    for columns, rows in ((0, 0), (12, 2)):
        strip = Strip(lambda text: None, lambda size=(columns, rows): size)  # type: ignore[misc]
        assert strip.size() == (0, 0)
    shown = Shown(12, 4)
    assert shown.strip.size() == (12, 2)
    shown.strip.draw(["1", "2", "3"])
    shown.strip.close()
    assert shown.rows == ["", "", "", ""]
