"""What an agent says of itself at first."""

from __future__ import annotations

from typing import Any

from pydelve.agent import protocol
from pydelve.records import dataclass


@dataclass(frozen=True, slots=True)
class Hello:
    """Of the process and the interpreter in it."""

    protocol: int
    python: tuple[int, int, int]
    executable: str
    main: int
    exact: bool
    how: str
    main_file: str = ""
    optimize: int = 0
    columns: bool = True
    forked: bool = False
    free_threaded: bool = False

    @classmethod
    def read(cls, data: dict[str, Any]) -> Hello:
        """From the event; of an agent of another version only the version is read."""
        spoken = int(data["protocol"])
        if spoken != protocol.VERSION:
            return cls(spoken, (0, 0, 0), "", 0, True, "")
        major, minor, micro = map(int, data["python"])
        python = (major, minor, micro)
        return cls(
            spoken, python, str(data["executable"]), int(data["main"]), bool(data["exact"]), str(data["how"]),
            str(data["main_file"]),
            int(data["optimize"]), bool(data["columns"]), bool(data["forked"]),
            bool(data.get("free_threaded")),
        )  # fmt: skip
