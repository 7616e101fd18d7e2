"""Which layout an interpreter in memory has: by its version, the size of its runtime, and what it says itself.

A table fits exactly where the size of ``_PyRuntime`` is the one it was made for. Else the newest of the same minor
version is taken: within one, the structures read here have kept their places, but for the runtime's own, which from
3.13 on the interpreter states itself (``_Py_DebugOffsets``, Include/internal/pycore_debug_offsets.h).
"""

from __future__ import annotations

import sys

from pydelve.errors import UnsupportedError
from pydelve.light_typing import NamedTuple
from pydelve.target import NEWEST, OLDEST
from pydelve.target.cpython.layouts import INDEX
from pydelve.target.cpython.memory import Memory

_COOKIE = b"xdebugpy"
_MOST_OFFSET = 1 << 24


class Runtime(NamedTuple):
    """Where the interpreter's state is."""

    address: int
    """Of ``_PyRuntime``."""
    size: int
    """Of the symbol; 0 where not known."""
    version: tuple[int, int, int]
    """Major, minor, micro; micro is -1 where only the file's name told."""

    @property
    def text(self) -> str:
        """The version, ``3.13.0``, as far as it is known."""
        return ".".join(str(part) for part in self.version if part >= 0)


class Layout(NamedTuple):
    """Offsets by ``struct.field``."""

    minor: int
    offsets: dict[str, int]
    exact: bool
    """True where the table is of this very build's structures, or the interpreter states them."""


def has_cookie(memory: Memory, address: int) -> bool:
    """Whether a runtime at this address states its own layout: 3.13 and newer."""
    return memory.read(address, 8) == _COOKIE


def cookie_version(memory: Memory, address: int) -> tuple[tuple[int, int, int], bool]:
    """(version, free-threaded) as the runtime itself says; only where :func:`has_cookie`."""
    number = memory.word(address + 8)
    return split_version(number), bool(memory.word(address + 16))


def split_version(number: int) -> tuple[int, int, int]:
    """(3, 13, 0) of ``PY_VERSION_HEX``."""
    return number >> 24 & 0xFF, number >> 16 & 0xFF, number >> 8 & 0xFF


def choose_layout(memory: Memory, runtime: Runtime) -> Layout:
    """The layout of an interpreter.

    Raises:
        UnsupportedError: a version outside ``OLDEST`` to ``NEWEST``, or a free-threaded build.
        UnreadableError: the runtime can't be read.
    """
    major, minor, _ = runtime.version
    if not OLDEST <= (major, minor) <= NEWEST:
        raise UnsupportedError(
            f"CPython {major}.{minor} is not supported",
            why=f"the structures of {OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]} are known",
            hint="pydelve ps",
        )
    stated = minor >= 13 and has_cookie(memory, runtime.address)
    if stated and cookie_version(memory, runtime.address)[1]:
        raise UnsupportedError(
            f"a free-threaded build of CPython {major}.{minor} is not supported yet",
            why="its objects are laid out in another way",
        )
    tables = [entry for entry in INDEX if entry[0][:2] == (major, minor)]
    fitting = [entry for entry in tables if entry[1] == runtime.size]
    name = f"{__package__}.layouts.{(fitting or tables)[0][2]}"
    __import__(name)  # as in ``cli.subcommands``
    module = sys.modules[name]
    offsets = dict(module.TABLE)
    if stated:
        offsets.update(_stated(memory, runtime.address, module.COOKIE))
    return Layout(minor, offsets, exact=bool(fitting) or stated)


def _stated(memory: Memory, address: int, places: dict[str, int]) -> dict[str, int]:
    """The offsets that the runtime states, where they are plausible."""
    stated = {name: memory.word(address + place) for name, place in places.items() if name != "_size"}
    return {name: offset for name, offset in stated.items() if offset < _MOST_OFFSET}
