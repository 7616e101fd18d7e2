"""Runs ``kinds.py`` from the start, each time that it is let go."""

import runpy
from pathlib import Path

while True:
    breakpoint()
    runpy.run_path(str(Path(__file__).with_name("kinds.py")), run_name="kinds")
