"""``pathMappings``: where the program's files are for the editor, and the other way round. Pure."""

from __future__ import annotations

import os
from typing import Any

from pydelve.errors import UsageError


class Paths:
    """Pairs of folders; the first that fits counts."""

    def __init__(self, mappings: Any = None) -> None:
        """``mappings`` as launch.json has it.

        Raises:
            UsageError: they are no list of pairs.
        """
        self.pairs: list[tuple[str, str]] = []
        """Ours, the program's."""
        for each in mappings or []:
            try:
                local, remote = os.path.normpath(each["localRoot"]), os.path.normpath(each["remoteRoot"])
            except (TypeError, KeyError) as error:
                raise UsageError(
                    "pathMappings is no list of pairs", why=f"{each!r} has no localRoot and remoteRoot",
                    hint='"pathMappings": [{"localRoot": "...", "remoteRoot": "..."}]',
                ) from error  # fmt: skip
            self.pairs.append((local, remote))

    def to_program(self, path: str) -> str:
        """The program's path of a file of ours."""
        return _moved(path, self.pairs)

    def to_editor(self, path: str) -> str:
        """Our path of a file of the program's."""
        return _moved(path, [(remote, local) for local, remote in self.pairs])

    def rules(self) -> tuple[tuple[str, str], ...]:
        """As ``SubstitutePaths`` takes them."""
        return tuple((remote, local) for local, remote in self.pairs)


def _moved(path: str, pairs: list[tuple[str, str]]) -> str:
    for begins, becomes in pairs:
        if path == begins or path.startswith(begins.rstrip("/") + "/"):
            return becomes.rstrip("/") + path[len(begins.rstrip("/")) :]
    return path
