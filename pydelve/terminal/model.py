"""What a command is: names, words for people, what it needs, who does it. Types only; the table is ``commands``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Literal

from pydelve.records import dataclass
from pydelve.terminal.names import nearest
from pydelve.terminal.session import Session

Needs = Literal["stopped", "running", "any"]
Uses = Literal["", "run", "control"]
Takes = Literal["nothing", "words", "python", "command", "raw"]
"""What follows the options: nothing; words; Python or a location, kept as it is; a number and then a command; raw: the
handler reads the options, too."""
Completes = Literal[
    "", "command", "frame", "thread", "location", "expression", "breakpoint", "breakpoint command",
    "breakpoint expression", "config", "signal", "variable",
]  # fmt: skip
"""What the words of a command are. frame, thread: a number, then a command; breakpoint with a second word: an id, then
that."""
GROUPS = ("Breakpoints", "Running", "Looking", "Code", "Moving around", "Session")


@dataclass(frozen=True, slots=True)
class Option:
    """An option of a command, ``-full``."""

    name: str
    summary: str
    value: str = ""
    """What its value is called; "" where it takes none."""


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table; parser, help, completion and the reference page come from it."""

    name: str
    group: str
    summary: str
    """One sentence without a full stop."""
    usage: tuple[str, ...]
    """Forms after the name, "" for the bare one."""
    handler: Callable[[Call], None]
    aliases: tuple[str, ...] = ()
    details: str = ""
    examples: tuple[tuple[str, str], ...] = ()
    """Pairs of what to type and what it does."""
    options: tuple[Option, ...] = ()
    needs: Needs = "any"
    uses: Uses = ""
    """What of a target it uses besides looking at it; where a target can't, the command is refused by name."""
    takes: Takes = "nothing"
    repeats: bool = False
    """An empty line runs it again."""
    completes: Completes = ""

    @property
    def names(self) -> tuple[str, ...]:
        """All names, the long one first."""
        return (self.name, *self.aliases)

    def usage_lines(self) -> list[str]:
        """Each form with the name."""
        return [f"{self.name} {form}".strip() for form in self.usage]


class CommandTable:
    """All commands, by every name.

    Raises:
        ValueError: two commands claim one name, or a group is unknown.
    """

    def __init__(self, commands: Sequence[Command]) -> None:
        self._commands = tuple(commands)
        self._by_name: dict[str, Command] = {}
        for command in commands:
            if command.group not in GROUPS:
                raise ValueError(f"{command.name}: no group {command.group!r}")
            for name in command.names:
                if name in self._by_name:
                    raise ValueError(f"{name!r} is both {self._by_name[name].name} and {command.name}")
                self._by_name[name] = command

    def __iter__(self) -> Iterator[Command]:
        return iter(self._commands)

    def find(self, name: str) -> Command | None:
        """The command of that name or alias."""
        return self._by_name.get(name)

    def names(self) -> list[str]:
        """All names and aliases, sorted."""
        return sorted(self._by_name)

    def nearest(self, word: str) -> str:
        """The long name most like ``word``; "" where none is near."""
        found = nearest(word, [name for name in self._by_name if len(name) > 2])
        return found[0] if found else ""


@dataclass(frozen=True, slots=True)
class Call:
    """One use of a command: what its handler gets."""

    session: Session
    table: CommandTable
    execute: Callable[[str], None]
    """Runs another line, with errors raised."""
    perform: Callable[[str], None]
    """The same, and then what ``on`` says about the stop that it brings: for lines one after another."""
    command: Command
    text: str
    """What follows the options, stripped."""
    options: Mapping[str, str]
    repeated: bool = False
    """True where an empty line ran it again."""
