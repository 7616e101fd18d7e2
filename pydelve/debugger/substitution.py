"""Where the source of a path is that the program knows: rules of the user, first come first served. Pure."""

from __future__ import annotations

from collections.abc import Sequence

Rules = Sequence[tuple[str, str]]
"""Pairs of what a path in the program begins with, and what it begins with here."""


def here(path: str, rules: Rules) -> str:
    """The path, as the program has it, as it is here."""
    return _substituted(path, rules)


def in_program(path: str, rules: Rules) -> str:
    """The path of a file here as the program has it."""
    return _substituted(path, [(local, remote) for remote, local in rules])


def _substituted(path: str, rules: Rules) -> str:
    for begin, instead in rules:
        begin, instead = begin.rstrip("/"), instead.rstrip("/")
        if path == begin or path.startswith(begin + "/"):
            return instead + path[len(begin) :]
    return path
