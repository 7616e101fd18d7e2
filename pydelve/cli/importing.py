"""Importing what a prompt needs while the target starts."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from pydelve.cli.subcommands import import_late


@contextmanager
def importing(module: str) -> Iterator[None]:
    """Import a module of ours on a thread of its own for the time of a ``with`` block, which mostly waits.

    The block's own threads get the interpreter within half a millisecond meanwhile, instead of five. What fails here
    fails again, and is told, in the :func:`import_late` that follows.
    """

    def run() -> None:
        with suppress(Exception):
            import_late(module)

    interval_s = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    thread = threading.Thread(target=run, name="pydelve-imports", daemon=True)
    thread.start()
    try:
        yield
    finally:
        sys.setswitchinterval(interval_s)
        thread.join()
