"""What could be typed next in an expression: found without running the target's code."""

from __future__ import annotations

from pydelve.records import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to go on."""

    text: str
    """What takes the place of what was typed: a name, or a key as Python writes it, with its bracket."""
    about: str = ""
    """What it is, in a word: ``function``, ``property``, a type; "" where that isn't known."""


@dataclass(frozen=True, slots=True)
class Completion:
    """Ways to go on from the end of a text, in no order; those that have the typed characters in theirs."""

    typed: str
    """The end of the text that a candidate takes the place of."""
    candidates: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Signature:
    """The call that the end of a text is in."""

    name: str
    parameters: tuple[str, ...]
    """As they would be written: ``amount``, ``*``, ``fee=0``; without the one that is bound."""
    current: int = -1
    """Index of the one being typed; -1 where there is none such."""
