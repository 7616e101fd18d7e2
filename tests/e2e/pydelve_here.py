"""Runs this checkout's pydelve as ``python -m pydelve`` would, installed or not.

A script of its own, so that neither PYTHONPATH (the target would inherit it) nor the current folder has to be
changed. Its arguments are pydelve's.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    runpy.run_module("pydelve", run_name="__main__", alter_sys=True)
