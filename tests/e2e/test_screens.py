"""The screens in the documentation are what pydelve shows now."""

from __future__ import annotations

import shutil
import sys

import pytest

from tools import record_screens


@pytest.mark.skipif(sys.version_info[:2] != (3, 11), reason="the screens are recorded with CPython 3.11")
@pytest.mark.skipif(shutil.which("tmux") is None, reason="screens are recorded in tmux, which is not installed")
@pytest.mark.parametrize("scene", record_screens.SCENES, ids=lambda scene: scene.title)
def test_a_screen_is_current(scene: record_screens.Scene) -> None:
    page = record_screens.PAGE.read_text(encoding="utf-8")
    assert record_screens.record(scene, page) in page, "run: python tools/record_screens.py"


def test_the_page_has_no_other_screens() -> None:
    page = record_screens.PAGE.read_text(encoding="utf-8")
    titles = [line[3:] for line in page.splitlines() if line.startswith("## ")]
    assert titles == [scene.title for scene in record_screens.SCENES]
