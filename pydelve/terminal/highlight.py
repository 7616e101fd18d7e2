"""Colours for Python source, by pygments: imported only for a terminal, after the target was started."""

from __future__ import annotations

from collections.abc import Sequence

from pygments import highlight
from pygments.formatters.terminal import TerminalFormatter
from pygments.lexers.python import PythonLexer

_lexer = PythonLexer(stripnl=False, ensurenl=False)
_formatter = TerminalFormatter(bg="dark")


def highlight_lines(lines: Sequence[str]) -> list[str]:
    """The lines with colours, one for one; as they are where the lexer does not keep them apart."""
    colored = highlight("\n".join(lines), _lexer, _formatter).split("\n")
    return colored[: len(lines)] if len(colored) >= len(lines) else list(lines)
