#!/usr/bin/env python3
"""Writes the keys into docs/guide/full-screen.md from their table: ``tools/gen_keys.py``; ``--check`` only compares."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pydelve.terminal.tui.keys import GROUPS  # noqa: E402  # of this checkout, installed or not

PAGE = ROOT / "docs" / "guide" / "full-screen.md"
_PLACE = re.compile(r"(?<=<!-- keys: written by tools/gen_keys.py -->\n).*?(?=<!-- end of keys -->)", re.DOTALL)


def renew(page: str) -> str:
    """The page with the keys as they are now."""
    lines = ["", "| key | what it does |", "|---|---|"]
    for group, keys in GROUPS:
        lines.append(f"| **{group}** | |")
        lines += [f"| {_label(key.label)} | {key.does.replace('|', chr(92) + '|')} |" for key in keys if key.does]
    return _PLACE.sub(lambda _: "\n".join([*lines, "", ""]), page)


def _label(label: str) -> str:
    return " ".join(f"`{word}`" for word in label.split())


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or with ``--check`` say whether it is current; gives the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where the page is not current")
    options = parser.parse_args(arguments)
    old = PAGE.read_text(encoding="utf-8")
    new = renew(old)
    if options.check:
        if new != old:
            print(f"{PAGE.name} is not current: run python tools/gen_keys.py")
        return int(new != old)
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
