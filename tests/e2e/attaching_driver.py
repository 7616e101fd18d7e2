"""Attaches, stops, steps and detaches until it is killed: ``attaching_driver.py PID FILE LINE METHOD TEXT``."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pydelve.api.attach import AttachOptions
from pydelve.api.requests import CreateBreakpoint, Detach, Evaluate, Resume
from tests.e2e.live import LiveSession


def main() -> None:
    """Never returns."""
    pid, file, line, method, text = sys.argv[1:]
    while True:
        sys.stdout.write("attaching\n")
        sys.stdout.flush()
        with LiveSession(AttachOptions(int(pid), "pending" if method == "pending" else "auto")) as session:
            session.wait_stop()
            session.call(CreateBreakpoint(f"{file}:{line}"))
            session.resume()
            session.call(Evaluate(text))
            session.resume(Resume("next"))
            session.call(Detach())


main()
