"""The screen of a session for its commands: what they say goes to a pane. Used on the worker's thread."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager

from pydelve.terminal.screen import Screen

_LEAST_COLUMNS = 20


class MessageScreen(Screen):
    """A session's screen like another one, with a pane in place of the terminal.

    Args:
        like: Whose colours to use.
        say: Takes text, whole lines.
        columns: The pane's width now.
        hand_over: Makes the terminal free for another program.
    """

    shows_source = True

    def __init__(
        self,
        like: Screen,
        say: Callable[[str], None],
        columns: Callable[[], int],
        hand_over: Callable[[], AbstractContextManager[None]],
    ) -> None:
        super().__init__(_Stream(say), theme=like.theme, highlight=like.highlighter, interactive=True)
        self._columns = columns
        self._hand_over = hand_over

    @property
    def width(self) -> int:
        """Columns of the pane."""
        return max(self._columns(), _LEAST_COLUMNS)

    def handed_over(self) -> AbstractContextManager[None]:
        """The terminal is for another program for the time of a ``with`` block."""
        return self._hand_over()

    def note_interrupt(self) -> None:
        """Nothing is echoed here."""


class _Stream(io.StringIO):
    """Passes on what is written, and keeps nothing."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__()
        self._say = say

    def write(self, text: str) -> int:
        self._say(text)
        return len(text)
