"""Disassembles one function: run by the *target's* interpreter, ``python -I -S -E disassembly_helper.py``.

What came over standard input as JSON, the parts of a code object or a source text and which of its functions is meant,
goes to standard output as rows ``[offset, line, operation, argument, is a jump's target]``. The target itself never
imports ``dis``. Must run unchanged on CPython 3.9 to 3.15 and import the standard library only; runs no code of the
program.
"""

from __future__ import annotations

import dis
import json
import sys
import warnings
from types import CodeType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)


class _Shown:
    """A constant that is known as text only."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


def rebuild(parts: dict[str, Any]) -> CodeType:
    """The code object whose parts the agent told, with texts for constants."""
    fields: dict[str, Any] = {f"co_{name}": parts[name] for name in ("flags", "firstlineno", "name", "stacksize")}
    fields["co_argcount"], fields["co_posonlyargcount"], fields["co_kwonlyargcount"] = parts["counts"]
    fields["co_nlocals"] = len(parts["varnames"])
    for name in ("names", "varnames", "cellvars", "freevars"):
        fields[f"co_{name}"] = tuple(parts[name])
    fields["co_code"] = bytes.fromhex(parts["code"])
    fields["co_consts"] = tuple(_Shown(text) for text in parts["consts"])
    fields["co_linetable" if sys.version_info >= (3, 10) else "co_lnotab"] = bytes.fromhex(parts["lines"])
    if sys.version_info >= (3, 11):
        fields["co_exceptiontable"] = bytes.fromhex(parts["exceptions"])
    return compile("", "<code>", "exec").replace(**fields)


def find(source: str, name: str, first_line: int) -> CodeType | None:
    """The code that this interpreter makes of a function in a source text."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        todo = [compile(source.encode("utf-8", "surrogatepass"), "<source>", "exec", dont_inherit=True)]
    while todo:
        code = todo.pop(0)
        if code.co_name == name and (name == "<module>" or code.co_firstlineno == first_line):
            return code
        todo.extend(const for const in code.co_consts if isinstance(const, CodeType))
    return None


def rows(code: CodeType) -> Iterator[list[object]]:
    """The instructions of one code object."""
    consts = tuple(
        _Shown(f"<code object {const.co_name}, line {const.co_firstlineno}>") if isinstance(const, CodeType) else const
        for const in code.co_consts
    )
    line = 0
    for instruction in dis.get_instructions(code.replace(co_consts=consts)):
        starts: int | None = getattr(instruction, "line_number", 0) or None  # from 3.13 on, of every instruction
        if starts is None and instruction.starts_line is not None and not isinstance(instruction.starts_line, bool):
            starts = instruction.starts_line
        line = starts if starts is not None else 0 if hasattr(instruction, "line_number") else line
        argument = f"to {instruction.argval}" if instruction.opcode in _JUMPS else instruction.argrepr
        if not argument and instruction.arg is not None:
            argument = str(instruction.arg)
        yield [instruction.offset, line, instruction.opname, argument, bool(instruction.is_jump_target)]


def main() -> None:
    """Standard input to standard output: ``{"rows": ...}`` or ``{"error": message}``."""
    asked = json.load(sys.stdin)
    result: dict[str, object]
    try:
        code = rebuild(asked["parts"]) if "parts" in asked else find(asked["source"], asked["name"], asked["line"])
        result = {"error": "the source has no such function"} if code is None else {"rows": list(rows(code))}
    except SyntaxError as error:
        result = {"error": f"line {error.lineno}: {error.msg}"}
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        result = {"error": str(error) or type(error).__name__}
    sys.stdout.write(json.dumps(result, separators=(",", ":")))


if __name__ == "__main__":
    main()
