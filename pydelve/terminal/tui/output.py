"""The program's output as lines: a terminal that only scrolls. Pure; knows colours, returns, and little else.

It understands what line-oriented programs write: text, colours, carriage returns and backspaces (progress bars), moves
within the last lines, erased lines. What takes a whole screen (curses, editors) says so by switching to the terminal's
alternate screen; then :attr:`ProgramOutput.full_screen` is true, and nothing of it becomes lines.
"""

from __future__ import annotations

import codecs
import re

from pydelve.terminal.tui.cells import Line, printable

_LINES = 10_000
_COLUMNS = 4_000
"""A line that is longer goes on in the next."""
_REPLAY_BYTES = 1 << 20
_ROWS_UP = 200
_TOKEN = re.compile(
    r"(?P<text>[^\x00-\x1f\x7f]+)"
    r"|\x1b\[(?P<arguments>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b\](?P<title>[^\x07\x1b]*)(?:\x07|\x1b\\)"
    r"|\x1b[PX^_].*?\x1b\\"
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])",
    re.DOTALL,
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]{0,4096}\x1b?|[PX^_].{0,4096}|[ -/]*)?\Z", re.DOTALL)
_ALTERNATE = {"47", "1047", "1049"}
_NAMES = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "gray")
_BRIGHT = (
    "brightblack", "brightred", "brightgreen", "brightyellow", "brightblue", "brightmagenta", "brightcyan", "white",
)  # fmt: skip
_FLAGS = {1: "bold", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_OFF = {22: 1, 23: 3, 24: 4, 27: 7, 29: 9}


class ProgramOutput:
    """Lines of the program's output, the newest last."""

    def __init__(self) -> None:
        self.full_screen = False
        """The program has the alternate screen."""
        self.replay = bytearray()
        """What it wrote since it took that, for the real terminal; bounded."""
        self.column = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._pending = ""
        self._settled: list[Line] = []
        self._row: list[list[tuple[str, str]]] = [[]]  # the last lines, as styled characters
        self._at = 0  # index in _row
        self._lines: list[Line] | None = []  # what `lines` gives; None where that is not known yet
        self._flags: set[int] = set()
        self._colors: dict[str, str] = {}
        self._style = ""

    @property
    def lines(self) -> list[Line]:
        """The lines that are complete, and the one being written where it has begun."""
        if self._lines is None:
            last = [_merged(row, whole=index == self._at) for index, row in enumerate(self._row)]
            if not last[-1]:
                last.pop()
            self._lines = [*self._settled, *last]
        return self._lines

    def feed(self, data: bytes) -> None:
        """Take what the program wrote, in pieces cut anywhere."""
        text = self._pending + self._decoder.decode(data)
        unfinished = _UNFINISHED.search(text)
        self._pending = text[unfinished.start() :] if unfinished else ""
        if unfinished:
            text = text[: unfinished.start()]
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:  # a lone escape
                position += 1
                continue
            position = match.end()
            was = self.full_screen
            self._token(match)
            if self.full_screen:
                self.replay += match[0].encode()
            elif was:
                self.replay.clear()
        if len(self.replay) > _REPLAY_BYTES:
            del self.replay[: len(self.replay) - _REPLAY_BYTES]
        self._lines = None
        if len(self._settled) > _LINES:
            del self._settled[: len(self._settled) - _LINES]

    def clear(self) -> None:
        """A new run of the program: its terminal is as new; what was written stays."""
        self._pending, self._flags, self._colors, self._style = "", set(), {}, ""
        self._decoder.reset()
        if self.column:
            self._new_line()
            self._lines = None
        self.full_screen = False
        self.replay.clear()

    def _token(self, match: re.Match[str]) -> None:
        if match["final"] is not None:
            self._sequence(match["arguments"], match["final"])
        elif self.full_screen:
            return
        elif match["text"] is not None:
            self._write(match["text"])
        elif match["control"] is not None:
            self._control(match["control"])

    def _write(self, text: str) -> None:
        row = self._row[self._at]
        if len(row) < self.column:
            row.extend([("", " ")] * (self.column - len(row)))
        row[self.column : self.column + len(text)] = [(self._style, character) for character in text]
        self.column += len(text)
        if self.column > _COLUMNS:
            self._new_line()

    def _control(self, character: str) -> None:
        match character:
            case "\n":
                self._new_line()
            case "\r":
                self.column = 0
            case "\b":
                self.column = max(0, self.column - 1)
            case "\t":
                self._write(" " * (8 - self.column % 8))

    def _new_line(self) -> None:
        self.column = 0
        self._at += 1
        if self._at == len(self._row):
            self._row.append([])
        while len(self._row) > _ROWS_UP:
            self._settle()

    def _settle(self) -> None:
        """The oldest line that could still be moved to can't any more."""
        self._settled.append(_merged(self._row.pop(0)))
        self._at = max(0, self._at - 1)

    def _sequence(self, arguments: str, final: str) -> None:
        if arguments.startswith("?"):
            if final in "hl" and _ALTERNATE & set(arguments[1:].split(";")):
                self.full_screen = final == "h"
            return
        if self.full_screen:
            return
        numbers = [int(part) if part.isdecimal() else 0 for part in re.split("[;:]", arguments)]
        count = min(max(numbers[0], 1), _COLUMNS)
        match final:
            case "m":
                self._render(numbers)
            case "K":
                self._erase_line(numbers[0])
            case "A":
                self._at = max(0, self._at - count)
            case "B":
                self._at = min(len(self._row) - 1, self._at + count)
            case "C":
                self.column = min(self.column + count, _COLUMNS)
            case "D":
                self.column = max(0, self.column - count)
            case "G":
                self.column = count - 1
            case "J" if numbers[0] in {2, 3}:
                self._settled.clear()
                self._row, self._at, self.column = [[]], 0, 0

    def _erase_line(self, how: int) -> None:
        row = self._row[self._at]
        if how == 0:
            del row[self.column :]
        elif how == 2:
            row.clear()
        else:
            row[: self.column + 1] = [("", " ")] * min(self.column + 1, len(row))

    def _render(self, numbers: list[int]) -> None:
        todo = list(numbers)
        while todo:
            number = todo.pop(0)
            if number == 0:
                self._flags, self._colors = set(), {}
            elif number in _FLAGS:
                self._flags.add(number)
            elif number in _OFF:
                self._flags.discard(_OFF[number])
            elif number in {38, 48}:
                self._colors["fg" if number == 38 else "bg"] = _extended(todo)
            elif number in {39, 49}:
                self._colors.pop("fg" if number == 39 else "bg", None)
            elif 30 <= number % 60 <= 47 or 90 <= number <= 107:
                which = "fg" if number // 10 in {3, 9} else "bg"
                names = _BRIGHT if number >= 90 else _NAMES
                self._colors[which] = f"ansi{names[number % 10 % 8]}"
        words = [_FLAGS[flag] for flag in sorted(self._flags)]
        words += [f"{which}:{color}" for which, color in sorted(self._colors.items()) if color]
        self._style = " ".join(words)


def _merged(row: list[tuple[str, str]], *, whole: bool = False) -> Line:
    """Characters of one style side by side as one fragment; blanks at the end left out unless it is being written."""
    line: Line = []
    for style, character in row:
        if line and line[-1][0] == style:
            line[-1] = (style, line[-1][1] + character)
        else:
            line.append((style, character))
    if line and not line[-1][0] and not whole:
        line[-1] = ("", line[-1][1].rstrip())
    return [(style, printable(text)) for style, text in line if text]


def _extended(todo: list[int]) -> str:
    """The colour that follows 38 or 48, taken from ``todo``; "" where it is none."""
    kind = todo.pop(0) if todo else 0
    if kind == 2 and len(todo) >= 3:
        red, green, blue = (min(todo.pop(0), 255) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    if kind == 5 and todo:
        return _indexed(min(todo.pop(0), 255))
    return ""


def _indexed(index: int) -> str:
    """One of xterm's 256 colours: the 16 named ones, a cube of 6 steps each, 24 grays."""
    if index < 16:
        return f"ansi{(*_NAMES, *_BRIGHT)[index]}"
    if index >= 232:
        return f"#{8 + (index - 232) * 10:02x}" + f"{8 + (index - 232) * 10:02x}" * 2
    steps = (index - 16) // 36, (index - 16) // 6 % 6, (index - 16) % 6
    return "#" + "".join(f"{step * 40 + 55 if step else 0:02x}" for step in steps)
