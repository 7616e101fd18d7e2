"""The rows of the command table about the processes of a session."""

from __future__ import annotations

from pydelve.terminal import handlers_targets as targets
from pydelve.terminal.model import Command

TARGETS = (
    Command(
        "targets", "Moving around", "list the processes of the session: the program and its children", ("",),
        targets.targets,
        details="A child that is Python is debugged too, with all breakpoints. It runs until one of them stops it,\n"
        "and is looked at then; if it stops while another one is looked at, it waits until that one goes on.\n"
        "config stop-targets all: a stop stops them all.",
    ),
    Command(
        "target", "Moving around", "look at another process of the session, or say which are followed",
        ("", "N", "N COMMAND", "follow on [REGEXP]", "follow off", "attach"),
        targets.target, takes="command", completes="command",
        details="All commands are about one process: the one that stopped last, or that was chosen. Breakpoints are\n"
        "set in all of them. The others run meanwhile, or stand where they stopped; with config stop-targets all they\n"
        "stop with that one, and go on with it.\n"
        "follow says what becomes of children from now on; with a regular expression, only of those in whose command\n"
        "line it is found. Children that are followed already stay so. attach: those that are there already and are\n"
        "not debugged become targets, too.",
        examples=(
            ("target 2", "look at the first child"),
            ("target 2 stack", "its stack, and back here"),
            ("target follow on worker", "only children with worker in their command line"),
        ),
    ),
)  # fmt: skip
