"""A memory alone, with nothing known of the process that it is of."""

from __future__ import annotations


class NoSurroundings:
    """Implements ``Surroundings`` for a memory alone."""

    def native_ids(self) -> dict[int, int]:
        return {1: 1, 2: 2, 3: 3}

    def thread_name(self, native_id: int) -> str:
        return ""

    def system_call(self, native_id: int) -> bool:
        return False

    def section(self, name: str) -> int:
        return 0

    def absolute(self, file: str) -> str:
        return file
