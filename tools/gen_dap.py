#!/usr/bin/env python3
"""Writes docs/reference/dap.md from the adapter's table: ``python tools/gen_dap.py``; ``--check`` only compares.

Run by hand after a change to ``adapters/pydelve_dap/table.py``; ``tests/test_docs_match_code.py`` fails where that was
forgotten.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
for folder in (ROOT, ROOT / "adapters"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

from pydelve_dap.breakpoints import FILTERS  # noqa: E402  # of this checkout, installed or not
from pydelve_dap.launching import IGNORED, REFUSED  # noqa: E402
from pydelve_dap.table import KEYS, OWN, REFUSALS, REVERSE, SERVED  # noqa: E402
from tools.pages import write_or_check  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "dap.md"

_HEAD = """\
# The Debug Adapter Protocol

<!-- Written by tools/gen_dap.py from adapters/pydelve_dap/table.py. -->

`pydelve dap` speaks it on standard input and output. A session that was started with `--headless` speaks it on its own
address, beside JSON-RPC; there the token is a key of `attach`. How editors are set up is told in
[the guide](../guide/editors.md).

## Requests

| request | pydelve | debugpy 1.8 |
|---|---|---|
"""
_REVERSE = """
Requests to the editor:

| request | what for | debugpy 1.8 |
|---|---|---|
"""
_REFUSED = """
Refused by name, by both:

| request | why |
|---|---|
"""
_OWN = """
Requests of its own, which the extension for VS Code uses:

| request | arguments | what it does |
|---|---|---|
"""
_FILTERS = """
## Exception filters

| filter | stops | from the start |
|---|---|---|
"""
_KEYS = """
## Keys of launch.json

Those of debugpy where the meaning is the same, so that changing `"type"` is enough.

| key | meaning |
|---|---|
"""

_DIFFERENCES = """
## Where the two differ

Tried with the same requests to both, debugpy 1.8.22 on CPython 3.11.

| what | pydelve | debugpy |
|---|---|---|
| a condition that raises | stops, and says what it raised | passes, and says nothing |
| a condition that does not compile | not verified, with the reason | verified; a message at each hit |
| a hit condition that is none (`often`) | not verified, with the reason | verified, and never hit |
| a condition and a hit condition | counts where the condition is true | stops where either is true |
| a log message | `console`, with its file and line; `{{` is a brace | `stdout`, without a place; `{{x}}` is evaluated |
| an expression in a log message that raises | stops, and says what it raised | the message is that of the exception |
| a function that is nowhere | not verified, with the reason | verified |
| a condition of an exception filter | looks at `exc` | the filter does nothing |
| `uncaught` and `sys.exit(3)` | no stop | a stop |
| `userUnhandled` where an exception ends the program | no stop: that is `uncaught` | a stop: its own frames called it |
| the traceback of what ended the program | its frames | debugpy's launcher and `runpy` in front |
| without `cwd` and `console` | where the program is, no terminal | the same |
| breakpoints that are set, moved or cleared while the program runs | act at once | act at once |
| hit conditions `3`, `>= 8`, `> 8`, `% 4`; filters `raised` and `uncaught` | alike | alike |
"""


def render() -> str:
    """The whole page."""
    rows = [f"| `{name}` | {about or 'yes'} | {debugpy} |\n" for name, about, debugpy in SERVED]
    refused = [f"| `{name}` | {why} |\n" for name, why in REFUSALS.items()]
    filters = [
        f"| `{each['filter']}` | {each['description'].lower()[:-1]} | {'on' if each['default'] else 'off'} |\n"
        for each in FILTERS
    ]
    keys = [f"| `{name}` | {about} |\n" for name, about in KEYS]
    keys += [f"| `{name}` | refused by name where it is on: {why} |\n" for name, why in REFUSED.items()]
    names = ", ".join(f"`{name}`" for name in IGNORED)
    keys.append(f"| {names} | taken, and change nothing |\n")
    reverse = [f"| `{name}` | {about} | {debugpy} |\n" for name, about, debugpy in REVERSE]
    own = [f"| `{name}` | {arguments} | {does} |\n" for name, arguments, does in OWN]
    tables = [_HEAD, *rows, _REVERSE, *reverse, _REFUSED, *refused, _OWN, *own, _FILTERS, *filters]
    return "".join([*tables, _DIFFERENCES, _KEYS, *keys])


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or with ``--check`` say whether it is current; gives the exit status."""
    return write_or_check(PAGE, render(), Path(__file__), __doc__ or "", arguments)


if __name__ == "__main__":
    sys.exit(main())
