"""What logpoints tell, on its way through the outbox: a pair of where it comes from and its text. Pure."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from typing import Any

    Source = tuple[Any, ...]

MAX_TEXT = 2_000


def record(source: Source, text: str) -> tuple[Source, str]:
    """A record; a text that is too long is cut, which it says."""
    if len(text) > MAX_TEXT:
        text = text[:MAX_TEXT] + f"... ({len(text):,} characters)"
    return source, text


def grouped(taken: list[Any]) -> dict[str, Any]:
    """The wire form of a batch: what comes from one source in a row is together."""
    groups: list[tuple[Source, list[str]]] = []
    last = None
    for source, text in taken:
        if source is not last:
            groups.append((source, []))
            last = source
        groups[-1][1].append(text)
    return {"groups": groups}
