"""Which variables differ from what they were when this frame was seen at a stop before. Pure; keeps what it saw.

A frame has no identity from outside: it is told by its thread, its depth, counted from the outermost, and its code. A
frame that ended and was entered again with the same depth in between is a new one.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydelve.api.target import Frame

FrameKey = tuple[int, int, str, int]
"""Thread, depth, file, first line of the code."""
Path = tuple[str, ...]
"""A variable's name, then the label of each part on the way."""


def frame_key(thread: int, total: int, frame: Frame) -> FrameKey:
    """What tells a frame from another, from one stop to the next."""
    return (thread, total - frame.index, frame.file, frame.first_line)


class Changes:
    """Remembers values as text."""

    def __init__(self) -> None:
        self._before: dict[FrameKey, dict[Path, str]] = {}
        self._now: dict[FrameKey, dict[Path, str]] = {}
        self._stop: object = None

    def at_stop(self, stop: object, thread: int, total: int) -> None:
        """Say which stop it is, and how deep the thread stands; the same stop may be said again."""
        if stop is not self._stop:
            self._before |= self._now
            self._now.clear()
            self._stop = stop
        gone = [key for key in self._before if key[0] == thread and key[1] > total]
        for key in gone:
            del self._before[key]

    def forget(self) -> None:
        """A new run of the program."""
        self._before.clear()
        self._now.clear()
        self._stop = None

    def changed(self, key: FrameKey, texts: Mapping[Path, str]) -> set[Path]:
        """What differs from an earlier stop in this frame; nothing where it was not seen yet."""
        self._now[key] = dict(texts)
        before = self._before.get(key)
        if before is None:
            return set()
        return {path for path, text in texts.items() if before.get(path) != text}
