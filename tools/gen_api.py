#!/usr/bin/env python3
"""Writes docs/reference/api.md from the OpenRPC document: ``python tools/gen_api.py``; ``--check`` only compares.

Run by hand after a change to ``pydelve/api``; ``tests/test_docs_match_code.py`` fails where that was forgotten.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pydelve.server.openrpc import document  # noqa: E402  # of this checkout, installed or not
from tools.pages import write_or_check  # noqa: E402

PAGE = ROOT / "docs" / "reference" / "api.md"

_HEAD = """\
# The JSON-RPC API

<!-- Written by tools/gen_api.py from pydelve/api. -->

What a session serves with `--headless`: JSON-RPC 2.0 in frames of the Language Server Protocol's base protocol,
parameters by name. How to write a client is told in [the guide](../guide/clients.md). `rpc.discover` gives all of this
as an OpenRPC document.

A parameter with a default may be left away. Objects that are sent to clients have all their fields. Methods marked
*urgent* are answered at once, even while another request waits for the program. Errors have the codes of
[the errors](errors.md), and `data` with `family`, `why` and `hint`; those of JSON-RPC itself (-32700 to -32600) mean
that the message was wrong.

## Methods
"""
_EVENTS = """
## Notifications

Told to every client, in the same order. A new client first hears how things are: `started`, `breakpoint_changed` for
each breakpoint, and `stopped` or `exited`.
"""
_TYPES = """
## Types
"""


def render() -> str:
    """The whole page."""
    made = document()
    parts = [_HEAD, *map(_method, made["methods"]), _EVENTS, *map(_notification, made["x-notifications"]), _TYPES]
    parts += [_type(name, schema) for name, schema in made["components"]["schemas"].items()]
    return "".join(parts)


def _method(method: dict[str, Any]) -> str:
    urgent = " (urgent)" if method.get("x-urgent") else ""
    parts = [f"\n### {method['name']}{urgent}\n\n{method['summary']}\n", _more(method["description"])]
    if method["params"]:
        parts.append("\nParameters:\n\n")
    for param in method["params"]:
        about = f": {param['description']}" if param.get("description") else ""
        schema = param["schema"]
        default = "" if param["required"] else f", default `{json.dumps(schema.get('default'))}`"
        parts.append(f"- `{param['name']}` ({_kind(schema)}{default}){about}\n")
    parts.append(f"\nResult: {_kind(method['result']['schema'])}.\n")
    return "".join(parts)


def _notification(notification: dict[str, Any]) -> str:
    head = f"\n### {notification['name']}\n\n{notification['summary']}\n{_more(notification['description'])}"
    return head + _fields(notification["params"])


def _type(name: str, schema: dict[str, Any]) -> str:
    return f"\n### {name}\n\n{schema['description']}\n" + _fields(schema)


def _fields(schema: dict[str, Any]) -> str:
    rows = "".join(
        f"- `{name}` ({_kind(field)})" + (f": {field['description']}" if field.get("description") else "") + "\n"
        for name, field in schema["properties"].items()
    )
    return f"\n{rows}" if rows else ""


def _more(text: str) -> str:
    text = re.sub(r"^Raises:$", "Raises:\n", text, flags=re.MULTILINE)
    return "\n" + re.sub(r"^    (?=\S)", "- ", text, flags=re.MULTILINE) + "\n" if text else ""


def _kind(schema: dict[str, Any]) -> str:
    """A schema in words."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        return " or ".join(f"`{choice}`" for choice in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(map(_kind, schema["anyOf"]))
    if "prefixItems" in schema:
        return f"array of {', '.join(map(_kind, schema['prefixItems']))}"
    if schema["type"] == "array":
        return f"array of {_kind(schema['items'])}"
    if "additionalProperties" in schema:
        return f"object of {_kind(schema['additionalProperties'])}"
    return str(schema["type"])


def main(arguments: list[str] | None = None) -> int:
    """Write the page, or with ``--check`` say whether it is current; gives the exit status."""
    return write_or_check(PAGE, render(), Path(__file__), __doc__ or "", arguments)


if __name__ == "__main__":
    sys.exit(main())
