"""Rows of the table in ``commands``: what the program is made of."""

from __future__ import annotations

from pydelve.terminal import handlers_code as code
from pydelve.terminal import handlers_listing as listing
from pydelve.terminal.model import Command, Option

_REGEXP = ("", "REGEXP")
_ALL = Option("-all", "with libraries, however many there are")
_LIB = Option("-lib", "of a library instead, and of what is below it", "MODULE")
_EVERY = Option("-all", "however many there are")

CODE = (
    Command(
        "sources", "Code", "list the source files of loaded modules", _REGEXP,
        code.sources, takes="words", options=(_ALL,),
    ),
    Command(
        "modules", "Code", "list the loaded modules that have a source file", _REGEXP,
        code.modules, aliases=("packages",), takes="words", options=(_ALL,),
        examples=(("modules ^json", "those whose names begin so"), ("modules -all", "with libraries")),
    ),
    Command(
        "funcs", "Code", "list the functions and methods of the program's modules", _REGEXP,
        code.funcs, takes="words", options=(_LIB, _EVERY),
        details="The regular expression is found in the full name, module.Class.method. Read from the source: what is\n"
        "made at run time is not there.",
        examples=(("funcs withdraw", "those with withdraw in their name"), ("funcs -lib json", "those of a library")),
    ),
    Command(
        "types", "Code", "list the classes of the program's modules", _REGEXP,
        code.types, takes="words", options=(_LIB, _EVERY),
    ),
    Command(
        "longlist", "Code", "show the source of the whole function", ("",),
        listing.longlist, aliases=("ll",), needs="stopped", examples=(("up longlist", "the caller's"),),
    ),
    Command(
        "disassemble", "Code", "show the bytecode of the frame's function, with the current instruction marked",
        ("", "-l LOCATION"),
        code.disassemble, aliases=("disass",), takes="python", completes="location",
        options=(
            Option("-l", "of the function at a location, as the program's Python compiles it"),
            Option("-full", "all of a long function"),
        ),
        details="=> marks the instruction that the frame is at, > one that is jumped to.",
    ),
    Command(
        "edit", "Code", "open the current line, or a location's, in $VISUAL or $EDITOR", ("", "LOCATION"),
        code.edit, aliases=("ed",), takes="python", completes="location",
        details="The program goes on with the code that it has; restart runs the new one.",
    ),
)  # fmt: skip
