"""Errors as text for people, in three parts: what happened, why, what to do next. Pure."""

from __future__ import annotations

from pydelve.errors import EvaluationError, LocationError, PydelveError
from pydelve.terminal.names import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_TYPED = 'File "<pydelve>", line 1, in <expression>'
_TRACEBACK_LINES = 8
_CANDIDATES = 20


def error_lines(error: PydelveError, *, prefix: str = "") -> list[str]:
    """The error: its message, candidates or traceback, ``why:`` and ``try:`` where they are known."""
    lines = [f"{prefix}{error.message}"]
    if isinstance(error, EvaluationError):
        lines += _traceback_lines(error.traceback)
    lines += part_lines(error.why, "")
    if isinstance(error, LocationError) and error.candidates:
        lines += [f"    {candidate}" for candidate in error.candidates[:_CANDIDATES]]
        if len(error.candidates) > _CANDIDATES:
            lines.append(f"    ...+{len(error.candidates) - _CANDIDATES:,} more")
    return lines + part_lines("", error.hint)


def part_lines(why: str, hint: str) -> list[str]:
    """The second and third part, each only where it says something."""
    parts = (("why", why), ("try", hint))
    return [f"  {label}: {line}" for label, text in parts if text for line in [text.rstrip().replace("\n", "\n    ")]]


def internal_error_lines(doing: str, error: BaseException, log_path: str, *, hint: str = "") -> list[str]:
    """What a person sees of a bug of ours."""
    where = f"its traceback is in {log_path}" if log_path else "no log could be written"
    return [
        f"internal error while {doing}: {type(error).__name__}: {error}",
        f"  why: a bug in pydelve, not in your program; {where}",
        f"  try: {hint}please report it with that file" if log_path else "  try: pydelve debug --log=FILE ...",
    ]


def _traceback_lines(traceback: Sequence[str]) -> list[str]:
    """The last frames, which are the telling ones."""
    flat = [line for chunk in traceback for line in chunk.rstrip("\n").split("\n")]
    if all(line.lstrip(" ") == _TYPED for line in flat):
        return []  # it failed in what was typed, not in something that this called
    lines = [f"  {line}" for line in flat[-_TRACEBACK_LINES:]]
    if len(flat) > _TRACEBACK_LINES:
        lines.insert(0, f"  ...+{counted(len(flat) - _TRACEBACK_LINES, 'line')} before")
    return lines
