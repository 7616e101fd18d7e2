"""Imports ``kinds.py``, or the module that it is told, anew each time that it is let go."""

import importlib
import sys

name = sys.argv[1] if len(sys.argv) > 1 else "kinds"
while True:
    breakpoint()
    sys.modules.pop(name, None)
    importlib.import_module(name)
