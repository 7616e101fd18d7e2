"""``pydelve version``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pydelve import __version__
from pydelve.cli.options import parse
from pydelve.cli.subcommands import Help

HELP = Help("version", ("",))


def run(words: Sequence[str]) -> int:
    """Print our version and that of the Python we run on."""
    parse("version", (), words)
    print(f"pydelve {__version__} (on Python {'.'.join(map(str, sys.version_info[:3]))})")
    return 0
