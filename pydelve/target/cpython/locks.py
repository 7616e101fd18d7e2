"""Who waits for which lock, and who holds it, as far as memory tells: for threads that stand in the kernel's futex.

Which lock a thread waits for is proved by the address it waits at: that of the lock's semaphore (up to 3.13), or of
the wait that names the lock (3.14 and newer, Python/parking_lot.c). An RLock says who holds it. A Lock does not; but a
``with`` block keeps its ``__exit__`` on the frame's stack, at a depth that the code's exception table tells (3.11 and
newer), or the frame's own block stack. Who called ``acquire`` without one is not known.
"""

from __future__ import annotations

from pydelve.light_typing import Literal, NamedTuple
from pydelve.target.cpython.frames import FrameReader, RawFrame
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.cpython.objects import ObjectReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_LOCK_TYPES: dict[str, Literal["Lock", "RLock"]] = {"_thread.lock": "Lock", "_thread.RLock": "RLock"}
_SEMAPHORE = 16  # Modules/_threadmodule.c, lockobject.lock_lock, rlockobject.rlock_lock; 3.14: the PyMutex itself
_OWNER = 24  # rlockobject.rlock_owner; 3.14: _PyRecursiveMutex.thread
_BOUND_SELF = 24  # Include/cpython/methodobject.h, PyCFunctionObject.m_self
_WAITED_FOR = -8  # 3.14: struct wait_entry: addr stands before the semaphore
_MOST_SLOTS = 2_000
_MOST_FRAMES = 200
_BLOCK_BYTES, _MOST_BLOCKS = 12, 20  # up to 3.10, Include/cpython/frameobject.h: PyTryBlock, CO_MAXBLOCKS
_JOINS = {"join", "Thread.join"}
_NOTIFIED = {"wait", "Condition.wait"}


class Waiting(NamedTuple):
    """What a thread waits for."""

    kind: Literal["Lock", "RLock", "thread"]
    """thread: the end of another one, in ``join``."""
    address: int
    """Of the lock; of the ``Thread`` object."""
    owner: int
    """Ident of the thread that holds it, or is to end; 0 where that is not known."""


class LockReader:
    """Reads one stopped process."""

    def __init__(self, objects: ObjectReader, frames: FrameReader) -> None:
        self._objects = objects
        self._frames = frames
        self._memory = objects.memory
        self._minor = objects.minor

    def waits(self, stacks: Mapping[int, list[RawFrame]], futexes: Mapping[int, int]) -> dict[int, Waiting]:
        """What each thread waits for, by ident.

        Args:
            stacks: The frames of each thread by ident.
            futexes: The address that a thread waits at, for those that wait in ``futex``.
        """
        found: dict[int, Waiting] = {}
        for ident, address in futexes.items():
            try:
                waiting = self._wait_of(stacks.get(ident, []), address)
            except UnreadableError:
                continue
            if waiting is not None:
                found[ident] = waiting
        holders = self._holders(stacks, {each.address for each in found.values() if each.kind == "Lock"})
        for ident, waiting in found.items():
            if waiting.kind == "Lock" and waiting.address in holders:
                found[ident] = waiting._replace(owner=holders[waiting.address])
        return found

    def _wait_of(self, frames: list[RawFrame], futex: int) -> Waiting | None:
        joined = self._joined(frames)
        if joined is not None:
            return joined
        if frames and frames[0].code.name in _NOTIFIED and frames[0].code.file.endswith("/threading.py"):
            return None  # for a Condition's own lock, which whoever notifies it lets go: nobody holds it
        for address in self._candidates(frames, futex):
            kind = self._lock_kind(address)
            if kind is None or (self._minor < 14 and self._memory.word(address + _SEMAPHORE) != futex):
                continue
            return Waiting(kind, address, self._memory.word(address + _OWNER) if kind == "RLock" else 0)
        return None

    def _lock_kind(self, address: int) -> Literal["Lock", "RLock"] | None:
        try:
            return _LOCK_TYPES.get(self._objects.type_of(address).name)
        except UnreadableError:  # a value that was left on the stack may be anything
            return None

    def _candidates(self, frames: list[RawFrame], futex: int) -> Iterator[int]:
        """Addresses where the lock may be: what the innermost frame has on its stack and in its variables."""
        if self._minor >= 14:
            yield self._memory.word(futex + _WAITED_FOR) - _SEMAPHORE
            return
        for frame in frames[:1]:
            count = self._frames.slot_count(frame.code) + self._frames.stack_size(frame.code)
            for value in self._frames.slots(frame, 0, min(count, _MOST_SLOTS)):
                yield value
                bound = self._bound_to(value)
                if bound:
                    yield bound

    def _bound_to(self, address: int) -> int:
        """The object that a method made in C is bound to; 0 for all others."""
        try:
            if address and self._objects.type_of(address).static_name == "builtin_function_or_method":
                return self._memory.word(address + _BOUND_SELF)
        except UnreadableError:  # see _lock_kind
            return 0
        return 0

    # -- who holds it --------------------------------------------------------------------------------------------------

    def _holders(self, stacks: Mapping[int, list[RawFrame]], locks: set[int]) -> dict[int, int]:
        """Ident of the thread that is in a ``with`` block of each lock."""
        found: dict[int, int] = {}
        if not locks:
            return found
        for ident, frames in stacks.items():
            for frame in frames[:_MOST_FRAMES]:
                try:
                    for address in self._with_stack(frame):
                        lock = address if address in locks else self._bound_to(address)
                        if lock in locks:
                            found[lock] = ident
                except UnreadableError:  # what it holds is not known then
                    continue
        return found

    def _with_stack(self, frame: RawFrame) -> list[int]:
        """What is on a frame's stack for certain: below the blocks that it is in."""
        depth = self._frames.protected_depth(frame) if self._minor >= 11 else self._block_depth(frame)
        return self._frames.slots(frame, self._frames.slot_count(frame.code), depth)

    def _block_depth(self, frame: RawFrame) -> int:
        """Up to 3.10 the frame itself has a stack of its blocks, each with the depth it began at."""
        place = frame.address + self._frames.instruction_place
        count = self._memory.integer(place + 8)
        if not 0 < count <= _MOST_BLOCKS:
            return 0
        return min(max(self._memory.integer(place + 16 + _BLOCK_BYTES * (count - 1) + 8), 0), _MOST_SLOTS)

    # -- join ----------------------------------------------------------------------------------------------------------

    def _joined(self, frames: list[RawFrame]) -> Waiting | None:
        """The thread whose end is waited for, where the wait is in ``threading.Thread.join``."""
        for frame in frames[:3]:
            if frame.code.name in _JOINS and frame.code.file.endswith("/threading.py"):
                for name, address, _ in self._frames.local_places(frame):
                    if name == "self" and address:
                        return Waiting("thread", address, self._ident_of(address))
        return None

    def _ident_of(self, thread: int) -> int:
        objects = self._objects
        ident = objects.stored(thread, objects.type_of(thread), "_ident")
        return objects.integer(ident) if ident and objects.type_of(ident).kind == "int" else 0
