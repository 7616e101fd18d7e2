"""Which words fit what was typed: those that begin with it, else those that hold it, else its letters in this order.

Pure. Only the best kind is offered, so that a list stays short and what all have in common can be typed for the user.
"""

from __future__ import annotations

from collections.abc import Iterable

from pydelve.api.completion import Candidate


def fitting(typed: str, candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that fit best, each text once; in their order, but private names (``_x``, ``__x__``) last."""
    ranked = [(rank, candidate) for candidate in candidates if (rank := _rank(typed, candidate.text)) is not None]
    best = min((rank for rank, _ in ranked), default=0)
    chosen: dict[str, Candidate] = {}
    for rank, candidate in ranked:
        if rank == best:
            chosen.setdefault(candidate.text, candidate)
    return sorted(chosen.values(), key=lambda candidate: _privacy(typed, candidate.text))


def _rank(typed: str, text: str) -> int | None:
    if text.startswith(typed):
        return 0
    small, whole = typed.lower(), text.lower()
    if whole.startswith(small):
        return 1
    if small in whole:
        return 2
    letters = iter(whole)
    return 3 if all(letter in letters for letter in small) else None


def _privacy(typed: str, text: str) -> int:
    if typed.startswith("_") or not text.startswith("_"):
        return 0
    return 2 if text.startswith("__") else 1
