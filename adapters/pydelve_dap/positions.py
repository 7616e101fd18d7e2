"""Lines and columns as the editor counts them: from 0 or from 1 (``linesStartAt1``, ``columnsStartAt1``).

The adapter counts both from 1; what comes is made so, and what goes is made the editor's. Any thread.
"""

from __future__ import annotations

from typing import Any

_LINES, _COLUMNS = {"line", "endLine"}, {"column", "endColumn"}


class Positions:
    """How one editor counts."""

    def __init__(self) -> None:
        """From 1, unless ``initialize`` says otherwise."""
        self._lines = self._columns = 0

    def agree(self, editor: dict[str, Any]) -> None:
        """Take over what ``initialize`` says."""
        self._lines = 0 if editor.get("linesStartAt1", True) else 1
        self._columns = 0 if editor.get("columnsStartAt1", True) else 1

    @property
    def first_column(self) -> int:
        """Number of the first one."""
        return 1 - self._columns

    def inward(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """A request's arguments, as the adapter counts."""
        if not self._lines and not self._columns:
            return arguments
        lines = arguments.get("lines")
        more = {"lines": [line + self._lines for line in lines]} if isinstance(lines, list) else {}
        moved: dict[str, Any] = self._moved(arguments, 1) | more
        return moved

    def outward(self, body: Any) -> Any:
        """A response's or an event's body, as the editor counts."""
        return self._moved(body, -1) if self._lines or self._columns else body

    def _moved(self, data: Any, sign: int) -> Any:
        if isinstance(data, list):
            return [self._moved(each, sign) for each in data]
        if not isinstance(data, dict):
            return data
        moved = {key: self._moved(value, sign) for key, value in data.items()}
        for keys, by in ((_LINES, self._lines), (_COLUMNS, self._columns)):
            moved |= {key: moved[key] + sign * by for key in keys if type(moved.get(key)) is int}
        return moved


def utf16_length(text: str) -> int:
    """The protocol's columns count UTF-16's units."""
    return len(text) + sum(character > "\uffff" for character in text)


def utf16_head(text: str, count: int) -> str:
    """The first ``count`` units of a text."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * max(count, 0)].decode("utf-16-le", "surrogatepass")
