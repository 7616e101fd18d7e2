"""Screens and other long texts kept in files beside their tests; ``PYDELVE_REFRESH=1 pytest ...`` writes them anew."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from pathlib import Path


def refreshing() -> bool:
    """Whether the files are to be written anew."""
    return bool(os.environ.get("PYDELVE_REFRESH"))


def agrees(path: Path, lines: Sequence[str]) -> bool:
    """Whether the lines are those of the file; blanks at their ends don't count."""
    return [line.rstrip() for line in lines] == path.read_text(encoding="utf-8").splitlines()


def check(path: Path, lines: Sequence[str]) -> None:
    """Compare lines with a file, or write them there where a refresh is asked for; blanks at their ends don't count.

    Raises:
        AssertionError: they differ; the message shows where.
    """
    now = [line.rstrip() for line in lines]
    if refreshing():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{line}\n" for line in now), encoding="utf-8")
    kept = path.read_text(encoding="utf-8").splitlines()
    if now != kept:
        raise AssertionError("\n".join(difflib.unified_diff(kept, now, str(path), "now", lineterm="")))
