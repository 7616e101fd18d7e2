"""What a program is made of: modules, functions and classes, instructions."""

from __future__ import annotations

from pydelve.records import dataclass


@dataclass(frozen=True, slots=True)
class Module:
    """A loaded module that has a source file."""

    name: str
    file: str
    """Absolute real path."""
    library: bool


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or class in the source of a loaded module."""

    name: str
    """Qualified: ``Account.withdraw``."""
    module: str
    """``__main__`` for the program's main file."""
    file: str
    line: int
    """Of ``def`` or ``class``, or of the first decorator."""
    end_line: int
    is_class: bool


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction of the target's bytecode."""

    offset: int
    """In bytes."""
    line: int
    """Source line; 0 where it has none."""
    operation: str
    argument: str
    """The argument for people: ``amount``, ``to 36``; "" where there is none."""
    jump_target: bool


@dataclass(frozen=True, slots=True)
class Disassembly:
    """The instructions of one function, as the target's own interpreter names them."""

    function: str
    file: str
    first_line: int
    instructions: tuple[Instruction, ...]
    current: int = -1
    """Offset of the instruction that the frame is at; -1 where it is not about a frame."""
