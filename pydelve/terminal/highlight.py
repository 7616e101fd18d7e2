"""Colours for Python source, by pygments: imported only for a terminal, after the target was started."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from pygments import highlight
from pygments.formatters.terminal import TerminalFormatter
from pygments.lexers.python import PythonLexer

_NAME = r"[^\W\d]\w*"


def _cheaper(rule: Any) -> Any:
    if type(rule) is not tuple or not isinstance(rule[0], str):
        return rule
    return (rule[0].replace(PythonLexer.uni_name, _NAME), *rule[1:])


class _Lexer(PythonLexer):
    """Pygments' own, with names as ``re`` knows them: tables of Unicode's letters take half of its start."""

    tokens: ClassVar = {state: [_cheaper(rule) for rule in rules] for state, rules in PythonLexer.tokens.items()}


_lexer = _Lexer(stripnl=False, ensurenl=False)
_formatter = TerminalFormatter(bg="dark")


def highlight_lines(lines: Sequence[str]) -> list[str]:
    """The lines with colours, one for one; as they are where the lexer does not keep them apart."""
    colored = highlight("\n".join(lines), _lexer, _formatter).split("\n")
    return colored[: len(lines)] if len(colored) >= len(lines) else list(lines)
