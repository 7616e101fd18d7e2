"""Run with the target's Python: compiles regular expressions for its ``_sre``, whose code differs by version.

Reads a JSON list of patterns from standard input, writes a list of the arguments of ``_sre.compile``, or of reasons why
one is none. Standard library only, 3.9 to 3.15.
"""

from __future__ import annotations

import json
import re
import sys
from importlib import import_module
from typing import Any


def _compiled(pattern: str) -> Any:
    later = sys.version_info >= (3, 11)
    compiler: Any = import_module("re._compiler" if later else "sre_compile")
    parser: Any = import_module("re._parser" if later else "sre_parse")
    try:
        parsed = parser.parse(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        return {"error": str(error)}
    groups = parsed.state.groupdict
    index = [None] * parsed.state.groups
    for name, number in groups.items():
        index[number] = name
    flags = parsed.state.flags
    return [pattern, flags, compiler._code(parsed, flags), parsed.state.groups - 1, groups, index]


if __name__ == "__main__":
    json.dump([_compiled(pattern) for pattern in json.load(sys.stdin)], sys.stdout)
