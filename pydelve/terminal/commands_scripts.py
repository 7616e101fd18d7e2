"""Rows of the table in ``commands``: files that pydelve reads or writes."""

from __future__ import annotations

from pydelve.terminal.model import Command, Option
from pydelve.terminal.scripting import source
from pydelve.terminal.transcript import transcript

SCRIPTS = (
    Command(
        "source", "Session", "run a file of commands, or a Python script", ("FILE", "FILE.py [ARGUMENT ...]"),
        source, takes="python",
        details="A file of commands has one a line; # begins a comment. What is refused is told, the rest runs.\n"
        "A name with blanks in it stands in quotes, here and wherever a command takes a file.\n"
        "A Python script runs in pydelve, not in the program, with the variable debugger: debugger.run(LINE) runs a\n"
        "command and gives what it says, debugger.call(REQUEST) sends a typed request, debugger.stop is where the\n"
        "program stands. help scripts has an example.",
        examples=(("source setup.pydelve", "commands of yours"), ("source look.py 3", "a script, with an argument")),
    ),
    Command(
        "transcript", "Session", "keep what is typed and said in a file", ("", "FILE", "-off"),
        transcript, takes="words",
        options=(
            Option("-t", "begin the file anew; it is appended to otherwise"),
            Option("-x", "show nothing on the screen meanwhile"),
            Option("-off", "end it"),
        ),
        details="Commands and answers, without colours. What the program itself writes is not in it.",
        examples=(("transcript session.txt", "begin one"), ("transcript -off", "end it")),
    ),
)  # fmt: skip
