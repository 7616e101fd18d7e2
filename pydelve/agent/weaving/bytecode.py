"""The parts of a code object as plain data: the debugger disassembles them, ``dis`` is never imported here.

Runs none of the program's code: constants are shown by exact type, and neither ``code.replace`` nor ``marshal`` of code
is used, which the program's audit hooks would see. Called by the thread that is stopped.
"""

from __future__ import annotations

import sys

from ..weaving.checks import Check, Noted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

_PLAIN = (type(None), bool, float, complex, bytes, type(...))
_CODE = type((lambda: None).__code__)
_MAX_TEXT = 200
_MAX_BITS = 512
_MAX_DEPTH = 3


def code_parts(code: CodeType) -> dict[str, Any]:
    """What ``debugger/disassembly_helper.py`` makes a code object of; constants are texts."""
    return {
        "name": code.co_name,
        "flags": code.co_flags,
        "firstlineno": code.co_firstlineno,
        "stacksize": code.co_stacksize,
        "counts": [code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount],
        "names": list(code.co_names),
        "varnames": list(code.co_varnames),
        "cellvars": list(code.co_cellvars),
        "freevars": list(code.co_freevars),
        "code": code.co_code,
        "lines": code.co_linetable if sys.version_info >= (3, 10) else code.co_lnotab,
        "exceptions": code.co_exceptiontable if sys.version_info >= (3, 11) else b"",
        "consts": [_text(const, 0) for const in code.co_consts],
    }


def _text(const: object, depth: int) -> str:
    kind = type(const)
    if kind is str:
        return repr(const if len(const) <= _MAX_TEXT else const[:_MAX_TEXT] + "...")  # type: ignore[arg-type,index]
    if kind is int:
        return repr(const) if const.bit_length() <= _MAX_BITS else "<a large int>"  # type: ignore[attr-defined]
    if kind in _PLAIN:
        text = repr(const)
        return text if len(text) <= _MAX_TEXT else text[:_MAX_TEXT] + "..."
    if kind is _CODE:
        return f"<code object {const.co_name}, line {const.co_firstlineno}>"  # type: ignore[attr-defined]
    if kind in (tuple, frozenset) and depth < _MAX_DEPTH:
        parts = [_text(part, depth + 1) for part in const]  # type: ignore[attr-defined]
        if kind is frozenset:
            return "frozenset({" + ", ".join(sorted(parts)) + "})"
        return "(" + ", ".join(parts) + (",)" if len(parts) == 1 else ")")
    return "<pydelve>" if isinstance(const, (Check, Noted)) else "<an object>"
