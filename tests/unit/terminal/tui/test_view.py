"""The view's own rules: moving, searching, what changed, which keys count where."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pydelve.terminal.tui.actions import Actions
from pydelve.terminal.tui.bindings import applies, is_for_program
from pydelve.terminal.tui.changes import Changes, frame_key
from pydelve.terminal.tui.keys import GROUPS, help_lines
from pydelve.terminal.tui.model import Overlay
from tests.unit.terminal.fake import FRAMES, SOURCE, frame
from tools import gen_keys

from .views import SNAPSHOT, stopped_view


class TestMoving:
    def test_in_the_source(self) -> None:
        view = stopped_view()
        assert view.cursor == 9
        for lines, expected in ((1, 10), (-4, 6), (-100, 1), (100, 16)):
            view.move(lines)
            assert view.cursor == expected

    def test_in_lists(self) -> None:
        view = stopped_view()
        for pane, last in (("locals", 2), ("stack", 2), ("threads", 1), ("breakpoints", 1)):
            view.focus = pane  # type: ignore[assignment]
            view.move(100)
            assert view.at(view.focus) == last
            view.move(-1)
            assert view.at(view.focus) == last - 1

    def test_back_in_output_and_down_to_its_end(self) -> None:
        view = stopped_view()
        view.focus = "output"
        view.move(-100)
        assert view.back["output"] == 1
        view.move(100)
        assert view.back["output"] == 0

    def test_an_overlay_moves_before_panes(self) -> None:
        view = stopped_view()
        view.overlay = Overlay("x", ["a", "b", "c"])
        view.move(2)
        assert (view.overlay.top, view.cursor) == (2, 9)

    def test_the_cursor_stays_until_the_program_moves(self) -> None:
        view = stopped_view()
        view.move(-3)
        view.take(replace(SNAPSHOT, source=replace(SOURCE, stale=True)))
        assert (view.cursor, view.source) == (6, replace(SOURCE, stale=True))
        view.take(replace(SNAPSHOT, line=10, stop_number=2))
        assert view.cursor == 10

    def test_search(self) -> None:
        view = stopped_view()
        for text, backwards, line in (
            ("DEF", False, 9), ("def", False, 12), ("Def", False, 12), ("def", False, 2), ("def", True, 12),
            ("nowhere", False, 12), ("", False, 12),
        ):  # fmt: skip
            view.find(text, backwards=backwards)
            assert view.cursor == line, text


class TestChanges:
    KEY = frame_key(1, 3, FRAMES[0])

    def test_only_what_differs_from_an_earlier_stop_in_the_frame(self) -> None:
        changes, first, second = Changes(), object(), object()
        changes.at_stop(first, 1, 3)
        assert changes.changed(self.KEY, {("a",): "1", ("b",): "2"}) == set()
        assert changes.changed(self.KEY, {("a",): "1", ("b",): "3"}) == set()
        changes.at_stop(second, 1, 3)
        assert changes.changed(self.KEY, {("a",): "1", ("b",): "4", ("c",): "5"}) == {("b",), ("c",)}
        changes.at_stop(second, 1, 3)
        assert changes.changed(self.KEY, {("a",): "6", ("b",): "4", ("c",): "5"}) == {("a",), ("b",), ("c",)}

    def test_a_frame_that_ended_is_a_new_one(self) -> None:
        changes = Changes()
        for number, (depth, expected) in enumerate(((3, set()), (2, None), (3, set()), (4, None), (3, {("a",)}))):
            changes.at_stop(object(), 1, depth)
            if expected is not None:
                assert changes.changed(self.KEY, {("a",): str(number)}) == expected

    def test_another_thread_and_another_function_are_other_frames(self) -> None:
        changes = Changes()
        changes.at_stop(object(), 1, 3)
        changes.changed(self.KEY, {("a",): "1"})
        changes.at_stop(object(), 1, 3)
        assert changes.changed(frame_key(2, 3, FRAMES[0]), {("a",): "2"}) == set()
        assert changes.changed(frame_key(1, 3, frame(file="/other.py")), {("a",): "2"}) == set()
        changes.forget()
        assert changes.changed(self.KEY, {("a",): "2"}) == set()


class TestKeys:
    def test_every_action_exists(self) -> None:
        actions = {key.action for _, keys in GROUPS for key in keys}
        assert {name for name in actions if not callable(getattr(Actions, name, None))} == set()

    def test_no_key_means_two_things_in_one_place(self) -> None:
        seen: dict[tuple[str, str], str] = {}
        for _, keys in GROUPS:
            for key in keys:
                for name in key.names:
                    assert seen.setdefault((name, key.where), key.action) == key.action
        assert len(seen) > 80

    def test_the_help_has_every_key(self) -> None:
        shown = "\n".join(help_lines())
        assert all(key.label in shown for _, keys in GROUPS for key in keys)

    def test_the_guide_has_every_key(self) -> None:
        page = gen_keys.PAGE.read_text(encoding="utf-8")
        assert page == gen_keys.renew(page), "run: python tools/gen_keys.py"

    @pytest.mark.parametrize(
        ("focus", "asking", "overlay", "places"),
        [
            ("source", "", False, {"panes", "anywhere"}),
            ("locals", "", False, {"panes", "locals", "anywhere"}),
            ("output", "", False, set()),
            ("output", "", True, {"overlay", "anywhere"}),
            ("locals", "command", False, {"anywhere"}),
            ("source", "", True, {"overlay", "anywhere"}),
        ],
    )
    def test_where_keys_count(self, focus: str, asking: str, overlay: bool, places: set[str]) -> None:
        view = stopped_view()
        view.focus, view.asking = focus, asking  # type: ignore[assignment]
        view.overlay = Overlay("x", ["a"]) if overlay else None
        wheres = ("panes", "locals", "stack", "threads", "breakpoints", "overlay", "anywhere")
        assert {where for where in wheres if applies(view, where, "c-l")} == places  # type: ignore[arg-type]
        assert applies(view, "anywhere", "c-c")
        assert is_for_program(view) == (not places)
