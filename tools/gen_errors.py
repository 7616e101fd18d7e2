#!/usr/bin/env python3
"""Writes docs/reference/errors.md from the error classes: ``python tools/gen_errors.py``; ``--check`` only compares.

Run by hand after a change to ``pydelve/errors.py``; ``tests/test_docs_match_code.py`` fails where that was forgotten.
"""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pydelve.errors import PydelveError, all_errors  # noqa: E402  # of this checkout, installed or not
from tools.pages import write_or_check  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "errors.md"

_HEAD = """\
# Errors

<!-- Written by tools/gen_errors.py from pydelve/errors.py. -->

Every refusal says what happened, why, and what to do next. Its class has a code, the same for the prompt, for scripts
and for editors; where it ends the `pydelve` command, the exit status is the one below.

| code | class | family | exit status | what it means |
|---|---|---|---|---|
"""


def render() -> str:
    """The whole page."""
    return _HEAD + "".join(_row(cls) for cls in all_errors())


def _row(cls: type[PydelveError]) -> str:
    summary = inspect.cleandoc(cls.__doc__ or "").partition("\n\n")[0].replace("\n", " ").replace("``", "`")
    return f"| {cls.code} | `{cls.__name__}` | {cls.family} | {cls.exit_status} | {summary} |\n"


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or with ``--check`` say whether it is current; gives the exit status."""
    return write_or_check(PAGE, render(), Path(__file__), __doc__ or "", arguments)


if __name__ == "__main__":
    sys.exit(main())
