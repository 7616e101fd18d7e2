"""Colours, or none: the one place that knows their escape sequences."""

from __future__ import annotations

import os

from pydelve.records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def wants_color(environment: Mapping[str, str], *, terminal: bool) -> bool:
    """Whether output may be coloured (https://no-color.org: any value but the empty one switches colours off)."""
    return terminal and not environment.get("NO_COLOR") and environment.get("TERM", "dumb") not in {"", "dumb"}


@dataclass(frozen=True, slots=True)
class Theme:
    """Wraps text in colours where ``color`` is true; gives it back as it is where not."""

    color: bool = False

    def strong(self, text: str) -> str:
        """The place a stop is about."""
        return self._wrap(text, "1")

    def dim(self, text: str) -> str:
        """Library frames, line numbers, remarks."""
        return self._wrap(text, "2")

    def mark(self, text: str) -> str:
        """The arrow at the current line."""
        return self._wrap(text, "1;32")

    def breakpoint(self, text: str) -> str:
        """The star of a breakpoint."""
        return self._wrap(text, "1;31")

    def bad(self, text: str) -> str:
        """The first line of an error."""
        return self._wrap(text, "31")

    def _wrap(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and text else text


PLAIN = Theme()


def terminal_width(fd: int, *, at_most: int) -> int:
    """Columns of the terminal behind ``fd``, ``at_most`` where it is wider, doesn't know, or is no terminal."""
    try:
        columns = os.get_terminal_size(fd).columns
    except OSError:
        return at_most
    return max(40, min(at_most, columns)) if columns else at_most
