"""Where text goes: lines to one stream, with its colours and width. On the main thread."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol, TextIO

from pydelve.config import Settings
from pydelve.errors import PydelveError
from pydelve.terminal.listing import Highlighter
from pydelve.terminal.messages import error_lines
from pydelve.terminal.pager import Pager
from pydelve.terminal.theme import PLAIN, Theme, terminal_width

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
# Those of the theme and of pygments: colours of letters, bold, dim, underlined. What would hide text is none of them.
_COLOR = "(?:0?[0124]|3[1-79]|49|9[0-7])"
_CONTROLS_BUT_COLORS = re.compile(rf"(?!\x1b\[{_COLOR}(?:;{_COLOR})*m){_CONTROLS.pattern}")


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode("ascii")


class Copy(Protocol):
    """What else gets the lines of a screen (``transcript.Transcript``)."""

    @property
    def path(self) -> str:
        """Where it goes."""
        ...

    @property
    def only(self) -> bool:
        """The screen itself shows nothing."""
        ...

    def write(self, text: str) -> None:
        """Take lines."""
        ...

    def close(self) -> None:
        """Take no more."""
        ...


class Screen:
    """The output of a session.

    ``shows_source`` says that the source of the frame looked at is on view by itself; a stop needs not show it then.

    Args:
        stream: Every write is flushed: the program writes to the same place.
        theme: Colours.
        highlight: Colours source, where there are colours; None leaves it plain.
        interactive: A person sits there: hints for the next step are welcome.
        width: Columns at most.
    """

    shows_source = False

    def __init__(
        self,
        stream: TextIO,
        *,
        theme: Theme = PLAIN,
        highlight: Highlighter | None = None,
        interactive: bool = False,
        width: int = 100,
    ) -> None:
        self._stream = stream
        self.theme = theme
        self._colored_by_itself = theme.color
        self._highlight = highlight
        self.interactive = interactive
        self._width = width
        self._line_begun = False
        self._pager: Pager | None = None
        self._page_wanted = True
        self.shared = False
        """Does the program write to the same place, past us? Then where a line of it ends is not known."""
        self._captured: list[str] | None = None
        self.transcript: Copy | None = None
        """Gets what is written, too."""

    def configure(self, settings: Settings) -> None:
        """Take over what the user wants of width and colours."""
        self._width = settings.width
        self._page_wanted = settings.pager
        color = {"auto": self._colored_by_itself, "always": True, "never": False}[settings.colors]
        self.theme = Theme(color)

    @property
    def highlighter(self) -> Highlighter | None:
        """Colours source, where there are colours."""
        return self._highlight if self.theme.color else None

    @property
    def width(self) -> int:
        """Columns that a line may take now."""
        return terminal_width(1, at_most=self._width) if self.interactive else self._width

    def lines(self, lines: Iterable[str]) -> None:
        """Write lines at once, each with its end."""
        if self._captured is not None:
            self._captured += [part for line in lines for part in line.split("\n")]
            return
        text = self._harmless("".join(f"{line}\n" for line in lines))
        if self._pager is not None:
            text = "".join(self._paged(text.splitlines(keepends=True), self._pager))
        self._write(text)

    @contextmanager
    def paging(self, pager: Pager) -> Iterator[None]:
        """Stop after each screenful for the time of a ``with`` block, if that is wanted."""
        if self._page_wanted:
            self._pager = pager
            pager.begin()
        try:
            yield
        finally:
            self._pager = None

    def new_page(self) -> None:
        """The program has run: what comes now is another answer."""
        if self._pager is not None:
            self._pager.begin()

    def _harmless(self, text: str) -> str:
        """With control characters as escapes: names of the program's, and source, may hold what moves the cursor."""
        if text.isascii() and text.replace("\n", "").isprintable():
            return text
        return (_CONTROLS_BUT_COLORS if self.theme.color else _CONTROLS).sub(_escaped, text)

    def _paged(self, lines: list[str], pager: Pager) -> Iterator[str]:
        """The lines that the user wants to see; those before a question are written before it is asked."""
        pending = ""
        for line in lines:
            if pager.is_full(line):
                self._write(pending)
                pending = ""
            if pager.wants(line):
                pending += line
        yield pending

    def _write(self, text: str) -> None:
        if text and self._copies(text):
            return
        if text:
            if self._line_begun:
                text, self._line_begun = f"\n{text}", False
            # A string of the target may hold what no encoding can write: shown escaped rather than lost.
            encoding = getattr(self._stream, "encoding", None) or "utf-8"
            self._stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
            self._stream.flush()

    def _copies(self, text: str) -> bool:
        """Give text to the transcript, if there is one; True where it is the only one to get it."""
        copy = self.transcript
        if copy is None:
            return False
        try:
            copy.write(text)
        except OSError as error:  # the disk is full: the session goes on without
            self.transcript = None
            copy.close()
            self.error(PydelveError(f"transcript ended: {copy.path}", why=error.strerror or str(error)))
            return False
        return copy.only

    def handed_over(self) -> AbstractContextManager[None]:
        """The terminal is for another program, an editor, for the time of a ``with`` block."""
        return nullcontext()

    @contextmanager
    def capturing(self) -> Iterator[list[str]]:
        """For the time of a ``with`` block lines go into a list instead."""
        before, self._captured = self._captured, []
        try:
            yield self._captured
        finally:
            self._captured = before

    def note_typed(self, line: str) -> None:
        """A command was typed: a transcript has it."""
        if line.strip():
            self._copies(f"(pydelve) {line.rstrip()}\n")

    def note_interrupt(self) -> None:
        """The terminal has echoed ``^C`` where our next line would begin. Safe in a signal handler."""
        self._line_begun = self.interactive

    def line(self, text: str, *, anew: bool = False) -> None:
        """Write one line; ``anew``: the program has hardly ended its own, as pytest with its dots."""
        self._line_begun |= anew and self.shared
        self.lines([text])

    def output(self, text: str) -> None:
        """Write what the program wrote, as it is; our own next line begins a new one."""
        if text:
            self._line_begun = False
            self._write(text)
            self._line_begun = not text.endswith("\n")

    def remark(self, text: str) -> None:
        """Write what is beside the point: what was cut, how to see more."""
        self.line(self.theme.dim(f"  ({text})"))

    def progress(self, text: str) -> None:
        """Write how far something is, over the last such line; "" takes that away. Only where a person sits there."""
        if self.interactive and self._captured is None and self._stream.isatty():
            self._stream.write(f"\r{text}\x1b[K")
            self._stream.flush()

    def error(self, error: PydelveError, *, prefix: str = "") -> None:
        """Write an error in its three parts."""
        first, *more = error_lines(error, prefix=prefix)
        self.lines([self.theme.bad(first), *more])
