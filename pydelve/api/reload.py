"""What a reload of edited source did."""

from __future__ import annotations

from pydelve.records import dataclass


@dataclass(frozen=True, slots=True)
class FileReload:
    """One file. Functions go by qualified name, sorted."""

    path: str
    changed: tuple[str, ...]
    """Have their new code."""
    moved: int
    """Functions that do the same, on other lines, and have code that says so."""
    kept: tuple[tuple[str, str], ...]
    """Still have their old code, and why."""
    new: tuple[str, ...]
    """Defined in the file, and not in the program: only a restart, or running the ``def``, makes them."""
    gone: tuple[str, ...]
    """Not in the file any more, and still in the program."""
    outside: bool
    """Something outside functions has changed, which is not run again; True also where that is not known."""
