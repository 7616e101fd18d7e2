"""Functions that a user's steps pass through: patterns with ``*``, of ``module.function`` or of files. Pure."""

from __future__ import annotations

from ..interpreter.paths import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Iterable
    from types import CodeType, FrameType


class Skipped:
    """The patterns of one step, with the answers given so far."""

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        """No pattern fits no function."""
        self._patterns = [pattern.split("*") for pattern in patterns]
        self._known: dict[int, tuple[CodeType, bool]] = {}

    def has(self, frame: FrameType) -> bool:
        """Is the frame's function one of them? Before 3.11 a method's class is not known, and not in its name."""
        if not self._patterns:
            return False
        code = frame.f_code
        known = self._known.get(id(code))
        if known is None:
            module = frame.f_globals.get("__name__")
            name = getattr(code, "co_qualname", code.co_name)
            texts = ((module if type(module) is str else "") + "." + name, canonical(code.co_filename))
            found = any(fits(pattern, text) for pattern in self._patterns for text in texts)
            known = self._known[id(code)] = (code, found)
        return known[1]


def fits(parts: list[str], text: str) -> bool:
    """Does the whole text consist of the parts, in order, with anything between them?"""
    if len(parts) == 1:
        return text == parts[0]
    if not text.startswith(parts[0]):
        return False
    at = len(parts[0])
    for part in parts[1:-1]:
        at = text.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return text.endswith(parts[-1]) and len(text) - len(parts[-1]) >= at
