"""Coroutines, generators and asynchronous generators in memory: whether they run, and the frames of those that wait.

As everywhere here, what can't be read raises ``UnreadableError``.
"""

from __future__ import annotations

from typing import NamedTuple

from pydelve.agent.tasks.shapes import DEPTH
from pydelve.target.cpython.frames import FrameReader, RawFrame
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.cpython.objects import HEAP_TYPE, ObjectReader

_OWN = {"coroutine", "generator"}
_WITH_FRAMES = {*_OWN, "async_generator"}
_WRAPPERS = {"coroutine_wrapper", "async_generator_asend", "async_generator_athrow", "anext_awaitable"}
_WRAPPED = 16  # Objects/genobject.c, Objects/iterobject.c: the first field of each: what it waits with


class Suspended(NamedTuple):
    """The frames of a coroutine that does not run."""

    frames: list[RawFrame]
    """Outermost first."""
    problem: str = ""
    """Why there are no more, where the chain is damaged."""


class CoroutineReader:
    """Reads those of one interpreter."""

    def __init__(self, objects: ObjectReader, frames: FrameReader) -> None:
        self._objects = objects
        self._frames = frames
        self._memory = objects.memory
        self._at = objects.at
        self._minor = objects.minor
        self._kinds: dict[int, str] = {}

    def kind(self, address: int) -> str:
        """``coroutine``, ``generator``, ``async_generator``, the name of a wrapper around one; "" of all else."""
        if not address:
            return ""
        type_at = self._memory.word(address + self._at["object.type"])
        known = self._kinds.get(type_at)
        if known is None:
            known = self._kinds[type_at] = self._read_kind(type_at)
        return known

    def _read_kind(self, type_at: int) -> str:
        """By the type's own name: up to 3.9 some of these are never made ready, as ``ObjectReader`` asks of types."""
        if self._memory.word(type_at + self._at["type.flags"]) & HEAP_TYPE:
            return ""
        name = self._memory.c_string(self._memory.word(type_at + self._at["type.name"]))
        return name if name in _WITH_FRAMES or name in _WRAPPERS else ""

    def name(self, address: int) -> str:
        """Its qualified name, also where it has ended; "" of one that is none of the interpreter's own."""
        if self.kind(address) not in _OWN:
            return ""
        name = self._memory.word(address + self._at["generator.qualname"])
        return self._objects.text(name, 1000) if self._objects.type_of(name).kind == "str" else ""

    def frame_address(self, address: int) -> int:
        """Of its frame; 0 where it has ended, or is none of the interpreter's own."""
        if self.kind(address) not in _WITH_FRAMES:
            return 0
        if self._minor <= 10:
            return self._memory.word(address + self._at["generator.frame"])
        state = self._memory.signed_byte(address + self._at["generator.state"])
        return address + self._at["generator.frame"] if state < self._at["state._ended"] else 0

    def is_running(self, address: int) -> bool:
        """Is it in the middle of its code?"""
        if self.kind(address) not in _OWN:
            return False
        if self._minor == 9:
            return bool(self._memory.byte(address + self._at["generator.running"]))
        if self._minor == 10:
            frame = self.frame_address(address)
            return bool(frame) and self._memory.signed_byte(frame + self._at["frame.state"]) == 0
        return self._memory.signed_byte(address + self._at["generator.state"]) == self._at["state._executing"]

    def suspended(self, address: int) -> Suspended:
        """The frames of what does not run: its own, that of what it awaits, and so on; raises nothing."""
        found: list[RawFrame] = []
        try:
            for _ in range(DEPTH):
                kind = self.kind(address)
                if kind in _WRAPPERS:
                    address = self._memory.word(address + _WRAPPED)
                    continue
                place = self.frame_address(address) if kind else 0
                frame = self._frames.frame_at(place) if place else None
                if frame is None:
                    return Suspended(found)
                found.append(frame)
                address = self._frames.awaited(frame, address)
        except UnreadableError as error:
            return Suspended(found, str(error))
        return Suspended(found)
