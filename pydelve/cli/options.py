"""Options of a subcommand: a table, and the parser, help and reference page made from it. Pure.

Not argparse: what follows the program's name belongs to the program whatever it looks like, and a mistake gets a
message in three parts.
"""

from __future__ import annotations

from pydelve.errors import UsageError
from pydelve.records import dataclass, field
from pydelve.terminal.names import nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_OF_PROGRAMS = ("debug", "exec", "trace")  # those that are given a program with options of its own


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a subcommand."""

    name: str
    """``--python``, or ``-m``."""
    summary: str
    value: str = ""
    """What its value is called; "" where it takes none."""
    repeats: bool = False
    optional_value: bool = False
    """The value may be left away, and is given by ``=`` only."""

    @property
    def label(self) -> str:
        """The option with its value, as usage lines show it."""
        if self.optional_value:
            return f"{self.name}[={self.value}]"
        return f"{self.name} {self.value}".strip()


@dataclass(frozen=True, slots=True)
class Words:
    """A parsed command line."""

    values: Mapping[str, list[str]] = field(default_factory=dict)
    """Values by option, in their order; an option without one has ""."""
    rest: tuple[str, ...] = ()
    """From the first word on that is no option."""

    def last(self, name: str) -> str | None:
        """The value of an option, None where it was not given."""
        values = self.values.get(name)
        return values[-1] if values else None


def parse(
    command: str,
    options: Sequence[Option],
    words: Sequence[str],
    *,
    ends: Sequence[str] = (),
    unknown_ends: bool = False,
) -> Words:
    """Take the options up to the first word that is none, up to ``--``, or through one of ``ends`` (``-m``).

    With ``unknown_ends``, an unknown option is such a word too: it is another program's.

    Raises:
        UsageError: an option that there is not, one without its value, one given twice.
    """
    known = {option.name: option for option in options}
    values: dict[str, list[str]] = {}
    todo = list(words)
    while todo and todo[0].startswith("-") and todo[0] != "-":
        word = todo.pop(0)
        if word == "--":
            break
        name, equals, value = word.partition("=")
        option = known.get(name)
        if option is None and unknown_ends:
            todo.insert(0, word)
            break
        if option is None:
            raise _unknown(command, known, name)
        if option.value and not equals and not option.optional_value:
            if not todo:
                raise UsageError(
                    f"{name} needs {option.value}", why="nothing follows it", hint=f"pydelve help {command}"
                )
            value = todo.pop(0)
        if equals and not option.value:
            raise UsageError(f"{name} takes no value", why=f"it was given {value!r}", hint=f"pydelve help {command}")
        if name in values and not option.repeats:
            raise UsageError(
                f"{name} was given twice", why=f"{values[name][-1]!r} and {value!r}", hint="leave one away"
            )
        values.setdefault(name, []).append(value)
        if name in ends:
            break
    return Words(values, tuple(todo))


def _unknown(command: str, known: Mapping[str, Option], name: str) -> UsageError:
    near = nearest(name, known)
    return UsageError(
        f"pydelve {command} has no option {name}",
        why="options of the program come after its name"
        if command in _OF_PROGRAMS
        else f"pydelve help {command} lists those that it has",
        hint=f"pydelve {command} {known[near[0]].label}" if near else f"pydelve help {command}",
    )


def option_lines(options: Sequence[Option]) -> list[str]:
    """The options with their summaries, one a line."""
    width = max((len(option.label) for option in options), default=0)
    return [
        f"  {option.label:<{width}}  {option.summary}{' (may be repeated)' if option.repeats else ''}"
        for option in options
    ]
