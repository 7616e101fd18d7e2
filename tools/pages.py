"""What the generators of documentation pages share: write the page, or say whether it is current."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def write_or_check(page: Path, text: str, tool: Path, about: str, arguments: list[str] | None = None) -> int:
    """Write a page, or with ``--check`` only compare; gives the exit status.

    Args:
        tool: The generator's own path, for the message.
        about: Its docstring.
    """
    parser = argparse.ArgumentParser(description=about.partition(":")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 where the page is not current")
    options = parser.parse_args(arguments)
    if not options.check:
        page.write_text(text, encoding="utf-8")
    elif not page.exists() or page.read_text(encoding="utf-8") != text:
        print(f"{page.name} is not current: run python tools/{tool.name}", file=sys.stderr)
        return 1
    return 0
