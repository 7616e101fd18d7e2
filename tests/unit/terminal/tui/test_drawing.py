"""Panes and the whole screen as text: what they say, and that they keep to their sizes whatever is in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pydelve.terminal.tui.cells import Line, clip, cut, from_ansi, line_width, printable, width, wrap
from pydelve.terminal.tui.composing import compose, regions
from pydelve.terminal.tui.keys import help_lines
from pydelve.terminal.tui.model import PANES, Overlay, Snapshot, View
from pydelve.terminal.tui.panes import render_hint, render_pane
from tests.golden import check

from .views import stopped_view, views

SCREENS = Path(__file__).with_name("screens")
_SIZES = st.integers(1, 200)


def text(lines: list[Line]) -> list[str]:
    """Without styles and what is blank at the ends of lines."""
    return ["".join(part for _, part in line).rstrip() for line in lines]


class TestCells:
    @given(st.text(), st.integers(0, 50))
    def test_a_cut_text_fits(self, anything: str, columns: int) -> None:
        shown = printable(anything)
        assert shown.startswith(cut(shown, columns))
        assert width(cut(shown, columns)) <= columns

    @given(st.lists(st.text()), st.integers(0, 50))
    def test_a_clipped_line_has_its_width(self, parts: list[str], columns: int) -> None:
        line = [("", printable(part)) for part in parts]
        assert line_width(clip(line, columns)) == columns

    @given(st.text(), st.integers(2, 50))
    def test_wrapping_loses_nothing(self, anything: str, columns: int) -> None:
        shown = printable(anything)
        lines = wrap([("x", shown)], columns)
        assert "".join(text for line in lines for _, text in line) == shown
        assert all(line_width(line) <= columns for line in lines)

    def test_what_is_cut_is_marked(self) -> None:
        assert text([clip([("a", "hello")], 4), clip([("a", "日本語")], 4), clip([("a", "hello")], 5)]) == [
            "hel…", "日 …", "hello",
        ]  # fmt: skip

    def test_colours_and_control_characters(self) -> None:
        assert from_ansi("\x1b[1;31mred\x1b[0m a\tb\x07") == [("ansired bold", "red"), ("", " a   b\\x07")]


@given(views(), _SIZES, _SIZES)
def test_the_screen_keeps_to_its_size(view: View, columns: int, rows: int) -> None:
    lines = compose(view, columns, rows)
    assert [line_width(line) for line in lines] == [columns] * rows
    assert all(part.isprintable() for line in lines for _, part in line)
    assert line_width(render_hint(view, columns)) == columns


@given(views(), st.sampled_from(PANES), _SIZES, _SIZES)
def test_a_pane_keeps_to_its_size(view: View, pane: str, columns: int, rows: int) -> None:
    lines = render_pane(view, pane, columns, rows)  # type: ignore[arg-type]
    assert [line_width(line) for line in lines] == [columns] * rows


@given(views(), _SIZES, _SIZES)
def test_panes_fill_the_screen_and_show_the_focus(view: View, columns: int, rows: int) -> None:
    places = regions(view, columns, rows)
    assert view.focus in {region.pane for region in places} or view.focus in {"source"} | set(PANES[1:5])
    borders = len({region.left for region in places}) - 1
    assert sum(region.columns * region.rows for region in places) == (columns - borders) * rows
    assert all(region.rows >= 1 and region.columns >= 1 for region in places)


def test_a_stop() -> None:
    check(SCREENS / "stop.txt", text(compose(stopped_view(), 90, 30)))


def test_narrow_and_low() -> None:
    view = stopped_view()
    check(SCREENS / "low.txt", text(compose(view, 40, 8)))
    view.focus = "stack"
    check(SCREENS / "low-stack.txt", text(compose(view, 40, 8)))


def test_the_focus_is_told() -> None:
    view = stopped_view()
    view.focus = "output"
    assert text(compose(view, 70, 5))[0] == " typing into the program: Ctrl-X leaves, Ctrl-C halts         ?: keys"


def test_a_command_under_way_is_told() -> None:
    view = stopped_view()
    view.busy = "continue"
    assert text(compose(view, 90, 5))[0] == (
        " continue ...  Ctrl-C halts, O types into the program, o shows its screen         ?: keys"
    )


def test_what_lies_over_the_panes() -> None:
    view = stopped_view()
    view.overlay = Overlay("Keys", help_lines(), top=3)
    check(SCREENS / "overlay.txt", text(compose(view, 70, 6)))


def test_nothing_yet() -> None:
    view = View(color=False)
    view.take(Snapshot("starting", "starting", "no program yet"))
    check(SCREENS / "nothing.txt", text(compose(view, 60, 13)))


def test_the_same_in_colour() -> None:
    view, colored = stopped_view(), stopped_view()
    colored.color = True
    assert text(compose(colored, 90, 30)) == text(compose(view, 90, 30))
    styles = {style for line in compose(colored, 90, 30) for style, _ in line}
    assert len(styles - {style for line in compose(view, 90, 30) for style, _ in line}) > 3


@pytest.mark.parametrize("pane", PANES)
def test_the_end_of_every_pane_is_in_reach(pane: str) -> None:
    view = stopped_view()
    view.focus = pane  # type: ignore[assignment]
    view.move(10**9)
    view.move(-(10**9))
    assert text(render_pane(view, view.focus, 60, 8))
