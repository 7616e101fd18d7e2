"""The layout tables: complete, in order, and chosen as they should be."""

from __future__ import annotations

import os
import struct
import subprocess
from importlib import import_module
from pathlib import Path

import pytest

from pydelve.errors import TargetError, UnsupportedError
from pydelve.target import NEWEST, OLDEST
from pydelve.target.cpython.asyncio_tasks import AsyncioReader
from pydelve.target.cpython.layout import Runtime, choose_layout
from pydelve.target.cpython.layouts import INDEX
from pydelve.target.cpython.layouts.asyncio_futures import TABLES
from pydelve.target.cpython.memory import BYTEARRAY_START, BYTES_CONTENT, Memory, UnreadableError
from pydelve.target.cpython.view import View
from pydelve.target.live.look import known_view
from pydelve.target.live.memory import ProcessMemory, find_runtime
from pydelve.target.live.surroundings import LiveSurroundings
from tests.interpreters import Interpreter
from tests.unit.target.cpython.surroundings import NoSurroundings
from tools.asyncio_layouts import probe

ADDRESS = 0x5000_0000_0000


class Cookie(Memory):
    """Memory with nothing but a runtime that states its layout."""

    def __init__(self, words: dict[int, int]) -> None:
        super().__init__()
        self._page_bytes = bytearray(4096)
        self._page_bytes[:8] = b"xdebugpy"
        for place, word in words.items():
            struct.pack_into("<Q", self._page_bytes, place, word)

    def _read_page(self, number: int) -> bytes:
        if number != ADDRESS // 4096:
            raise UnreadableError("nothing there")
        return bytes(self._page_bytes)


def test_there_is_a_table_for_every_version_newest_first() -> None:
    versions = [version for version, _, _ in INDEX]
    assert versions == sorted(versions, reverse=True)
    assert {version[:2] for version in versions} == {(3, minor) for minor in range(OLDEST[1], NEWEST[1] + 1)}
    for version, size, name in INDEX:
        module = import_module(f"pydelve.target.cpython.layouts.{name}")
        assert (module.VERSION, module.TABLE["runtime._size"]) == (version, size)
        assert bool(module.COOKIE) == (version >= (3, 13))
        stated = {name for name in module.COOKIE if not name.startswith("remote.")}  # PEP 768: only the runtime says
        assert stated - {"_size"} <= set(module.TABLE)


def test_the_table_fits_the_interpreter(python: Interpreter) -> None:
    with subprocess.Popen(
        [python.path, "-c", "print('ready', flush=True); input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        memory = ProcessMemory(process.pid)
        runtime = find_runtime(process.pid, memory)
        layout = choose_layout(memory, runtime)
        memory.close()
        process.communicate(b"\n")
    assert runtime.version in {python.version_info, (*python.version_info[:2], -1)}
    assert layout.minor == python.version_info[1]
    assert layout.exact or runtime.size not in {size for _, size, _ in INDEX}


def test_where_lists_of_tasks_are_as_asyncio_itself_says(python: Interpreter) -> None:
    """Another micro version may have them elsewhere: its extension module has a section that tells."""
    if python.version_info < (3, 14):
        return  # there are no such lists
    program = Path(__file__).resolve().parents[3] / "programs" / "looking" / "hung_tasks.py"
    with subprocess.Popen([python.path, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert any(b"ready" in line for line in iter(process.stdout.readline, b""))
        memory = ProcessMemory(process.pid)
        runtime = find_runtime(process.pid, memory)
        layout = choose_layout(memory, runtime)
        moved = dict.fromkeys(("interpreter.tasks", "thread.tasks", "thread.task"), 8)
        found = []
        for offsets in (layout.offsets, {**layout.offsets, **moved}):
            view = View(memory, runtime, layout._replace(offsets=offsets), LiveSurroundings(process.pid))
            (thread,) = view.interpreters.threads({process.pid})[0]
            reader = AsyncioReader(view.objects, view.interpreters, view.frames, view.surroundings.section)
            found.append((reader.all([thread]), reader.current(thread)))
        memory.close()
        process.kill()
    assert found[0] == found[1]
    (tasks, problems), current = found[0]
    assert (len(tasks), problems, current in tasks) == (10, [], True)


def test_by_the_size_of_the_runtime() -> None:
    for version, size, name in INDEX:
        if version < (3, 13):
            layout = choose_layout(Cookie({}), Runtime(ADDRESS, size, version))
            assert layout.offsets == import_module(f"pydelve.target.cpython.layouts.{name}").TABLE
            assert layout.exact
            assert not choose_layout(Cookie({}), Runtime(ADDRESS, size + 8, version)).exact


def test_what_the_runtime_states_comes_first() -> None:
    places = import_module("pydelve.target.cpython.layouts.cpython_3_13_18").COOKIE
    stated = {places["thread.next"]: 77, places["frame.back"]: 1 << 60}
    layout = choose_layout(Cookie(stated), Runtime(ADDRESS, 1, (3, 13, 99)))
    assert (layout.offsets["thread.next"], layout.exact) == (77, True)
    assert layout.offsets["frame.back"] == 8, "what is stated is no offset"


def test_fields_that_can_not_be_where_the_runtime_states_them_are_told_of() -> None:
    with pytest.raises(TargetError) as caught:  # it states that all of them are at 0
        known_view(7, Cookie({}), Runtime(ADDRESS, 1, (3, 13, 99)), NoSurroundings())
    assert (caught.value.message, caught.value.why) == (
        "the threads of process 7 can't be read",
        "frame.code at 0 is implausible",
    )


@pytest.mark.parametrize(
    ("version", "words", "message"),
    [
        ((3, 8, 18), {}, "CPython 3.8 is not supported"),
        ((3, 16, 0), {}, "CPython 3.16 is not supported"),
        ((3, 14, 1), {16: 1}, "a free-threaded build of CPython 3.14 is not supported yet"),
    ],
)
def test_refusals(version: tuple[int, int, int], words: dict[int, int], message: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        choose_layout(Cookie(words), Runtime(ADDRESS, 1, version))
    assert caught.value.message == message


def test_our_own_memory_is_read_as_it_is() -> None:
    memory = ProcessMemory(os.getpid())
    value = bytes(range(256))
    assert value in memory.read(id(value), 256 + value.__sizeof__() - len(value))
    for address in (1 << 63, (1 << 64) - 16):
        assert memory.read_now(address, 8) == b""
        with pytest.raises(UnreadableError):
            memory.read(address, 8)
    memory.close()


def test_the_content_of_bytes_is_where_agents_targets_are_read() -> None:
    found = {
        (table["bytes.content"], table["bytearray.start"])
        for _, _, name in INDEX
        for table in [import_module(f"pydelve.target.cpython.layouts.{name}").TABLE]
    }
    assert found == {(BYTES_CONTENT, BYTEARRAY_START)}


def test_the_fields_of_futures_are_where_the_interpreter_has_them(python: Interpreter) -> None:
    """Its C structures have no header: the tool looks for known objects in the memory of futures and tasks."""
    assert probe(python.path) == (python.version_info[1], TABLES[python.version_info[1]])
    assert set(TABLES) == set(range(OLDEST[1], NEWEST[1] + 1))
