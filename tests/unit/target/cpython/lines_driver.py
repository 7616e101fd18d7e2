"""Prints the line tables of some modules' code with the lines that this interpreter itself finds in them, as JSON.

Run on each target interpreter: [[first line, table in hexadecimal, [[offset, line or 0], ...]], ...].
"""

from __future__ import annotations

import dis
import importlib
import json
from collections.abc import Iterator
from types import CodeType
from typing import Any

NAMES = ("argparse", "ast", "dataclasses", "inspect", "tokenize")
ODD = (
    """\
def odd(a,
        b=lambda: (1,
                   2)):
    try:
        for x in (a,
                  b): pass
    finally:
        return [y
                for y in
                a]


"""
    + "\n" * 3000
    + "late = odd(\n"
    + "\n" * 400
    + "1)\n"
)


def codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)


def lines(code: Any) -> list[list[int]]:
    """(offset, line) of every instruction."""
    if hasattr(code, "co_lines"):
        ranges = list(code.co_lines())
        return [[offset, line or 0] for start, end, line in ranges for offset in range(start, end, 2) if start >= 0]
    starts, line, found = dict(dis.findlinestarts(code)), code.co_firstlineno, []
    for offset in range(0, len(code.co_code), 2):
        line = starts.get(offset, line)
        found.append([offset, line])
    return found


def table(code: Any) -> bytes:
    found: bytes = code.co_linetable if hasattr(code, "co_linetable") else code.co_lnotab
    return found


found: list[CodeType] = []
for name in NAMES:
    path = str(importlib.import_module(name).__file__)
    with open(path, encoding="utf-8") as file:
        found += codes(compile(file.read(), path, "exec"))
found += codes(compile(ODD, "odd", "exec"))
print(json.dumps([[code.co_firstlineno, table(code).hex(), lines(code)] for code in found]))
