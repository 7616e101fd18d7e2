"""Bytecode as instructions, by a process of the target's own interpreter: only it knows its instructions.

Started for a moment, isolated from its environment and site-packages, once for each request; runs nothing of the
program. Called by the engine, on its thread; blocks for some ten milliseconds.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydelve.api.breakpoints import Location
from pydelve.api.code import Disassembly, Instruction
from pydelve.api.target import Frame
from pydelve.debugger import helper
from pydelve.errors import UnsupportedError
from pydelve.target.interface import CodeReport

_SCRIPT = Path(__file__).with_name("disassembly_helper.py")


def disassemble_code(python: str, report: CodeReport, frame: Frame) -> Disassembly:
    """The instructions of the code that a frame runs.

    Raises:
        UnsupportedError: the interpreter can't be asked.
    """
    instructions = _ask(python, {"parts": report.parts})
    # A frame that waits for a call of its own may be at one of the call's inline caches (3.11 and 3.12).
    current = max((each.offset for each in instructions if each.offset <= report.current), default=-1)
    return Disassembly(frame.function, frame.file, frame.first_line, instructions, current)


def disassemble_source(python: str, source: str, place: Location) -> Disassembly:
    """The instructions that the interpreter makes of the function in which a place is.

    Raises:
        UnsupportedError: the interpreter can't be asked, or finds no such function in the source.
    """
    unit = place.unit
    asked = {"source": source, "name": unit.scope_name, "line": unit.scope_line}
    return Disassembly(unit.scope, place.file, unit.scope_line, _ask(python, asked))


def _ask(python: str, asked: dict[str, Any]) -> tuple[Instruction, ...]:
    try:
        answer = helper.ask(python, _SCRIPT, json.dumps(asked).encode(), "disassemble it")
        if "error" in answer:
            raise UnsupportedError(f"{python} can't disassemble it", why=str(answer["error"]))
        return tuple(Instruction(*row) for row in answer["rows"])
    except (helper.HelperFailed, KeyError, TypeError) as error:
        raise UnsupportedError("the function can't be disassembled", why=str(error)) from error
