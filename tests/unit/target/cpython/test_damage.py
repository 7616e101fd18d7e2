"""Damaged memory: whatever bits are flipped under the reader, it ends soon, and raises nothing but what it may."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pydelve.api.values import Limits
from pydelve.errors import UnsupportedError
from pydelve.target.cpython.frames import FrameReader
from pydelve.target.cpython.interpreters import InterpreterReader
from pydelve.target.cpython.layout import Runtime, choose_layout
from pydelve.target.cpython.memory import PAGE_SIZE, Memory, UnreadableError
from pydelve.target.cpython.objects import ObjectReader
from pydelve.target.cpython.values import ValueReader
from pydelve.target.live.memory import ProcessMemory, find_runtime
from tests.interpreters import Interpreter

PROGRAM = Path(__file__).resolve().parents[3] / "programs" / "looking" / "values.py"
_LIMITS = Limits(max_items=20, max_depth=3, max_total=400)
_MOST_S = 10.0


class Recording(ProcessMemory):
    """Remembers which places were read."""

    def __init__(self, pid: int) -> None:
        super().__init__(pid)
        self.places: set[int] = set()

    def read(self, address: int, size: int) -> bytes:
        self.places.update(range(address, address + min(size, 64)))
        return super().read(address, size)

    def word(self, address: int) -> int:
        self.places.update(range(address, address + 8))
        return super().word(address)

    @property
    def pages(self) -> dict[int, bytes]:
        return dict(self._pages)


class Damaged(Memory):
    """Recorded pages with some bits flipped; what was not recorded is not there."""

    def __init__(self, pages: dict[int, bytes], flips: list[tuple[int, int]]) -> None:
        super().__init__()
        changed: dict[int, bytearray] = {}
        for address, mask in flips:
            number, offset = divmod(address, PAGE_SIZE)
            changed.setdefault(number, bytearray(pages[number]))[offset] ^= mask
        self._all = {**pages, **{number: bytes(page) for number, page in changed.items()}}

    def _read_page(self, number: int) -> bytes:
        if number not in self._all:
            raise UnreadableError("not recorded")
        return self._all[number]


class Recorded(NamedTuple):
    runtime: Runtime
    pages: dict[int, bytes]
    places: list[int]


def walk(memory: Memory, runtime: Runtime) -> int:
    """Everything a look reads; how many values."""
    objects = ObjectReader(memory, choose_layout(memory, runtime))
    interpreters = InterpreterReader(objects, runtime)
    frames, values = FrameReader(objects), ValueReader(objects, _LIMITS)
    threads, _ = interpreters.threads({1, 2, 3})
    interpreters.thread_names()
    count = 0
    for thread in threads[:20]:
        found, _ = frames.frames(thread.address)
        for frame in found[:50]:
            frames.globals_name(frame)
            for variable in frames.variables(frame, values):
                count += variable.value.kind != "unbound"
    return count


@cache
def record(python: str) -> Recorded:
    with subprocess.Popen([python, str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        memory = Recording(process.pid)
        runtime = find_runtime(process.pid, memory)
        assert walk(memory, runtime) > 20
        memory.close()
        process.communicate(b"\n")
    return Recorded(
        runtime, memory.pages, sorted(place for place in memory.places if place // PAGE_SIZE in memory.pages)
    )


@pytest.fixture
def recorded(python: Interpreter) -> Recorded:
    return record(python.path)


def test_undamaged_it_reads_all(recorded: Recorded) -> None:
    assert walk(Damaged(recorded.pages, []), recorded.runtime) > 20


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_flipped_bits(recorded: Recorded, data: st.DataObject) -> None:
    places = st.sampled_from(recorded.places)
    flips = data.draw(st.lists(st.tuples(places, st.integers(1, 255)), min_size=1, max_size=30))
    begun = time.monotonic()
    with suppress(UnreadableError, UnsupportedError):
        walk(Damaged(recorded.pages, flips), recorded.runtime)
    assert time.monotonic() - begun < _MOST_S


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.sets(st.integers(0, 10_000), max_size=5))
def test_pages_lost(seed: int, lost: set[int]) -> None:
    recorded = record(sys.executable)
    numbers = sorted(recorded.pages)
    gone = {numbers[(seed + index) % len(numbers)] for index in lost}
    pages = {number: page for number, page in recorded.pages.items() if number not in gone}
    with suppress(UnreadableError, UnsupportedError):
        walk(Damaged(pages, []), recorded.runtime)
