"""What stands in for ``typing`` is what ``typing`` gives, as far as it is used."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Literal as StandardLiteral
from typing import get_args

import pytest

from pydelve.api.snapshot import ThreadStack
from pydelve.light_typing import Literal, NamedTuple, Protocol
from pydelve.rpc.codec import Mismatch, field_types, from_json, to_json

Color = Literal["red", "blue"]


class Point(NamedTuple):
    """A place."""

    x: int
    y: int = 3

    @property
    def sum(self) -> int:
        """Of both."""
        return self.x + self.y


class Drawn(Protocol):
    """What can be drawn."""

    def draw(self) -> str:
        """Itself."""


class Square:
    """Draws."""

    def draw(self) -> str:
        """Itself."""
        return "square"


def test_named_tuples() -> None:
    assert (Point(1), Point(1, y=2), Point(1)._replace(x=5).sum) == ((1, 3), (1, 2), 8)
    assert (Point._fields, Point.__doc__, Point.__module__, repr(Point(1))) == (
        ("x", "y"), "A place.", __name__, "Point(x=1, y=3)",
    )  # fmt: skip
    assert copy.deepcopy([Point(1)]) == pickle.loads(pickle.dumps([Point(1)])) == [(1, 3)]
    match Point(5):
        case Point(x, 3):
            assert x == 5
    wrong: list[tuple[tuple[int, ...], dict[str, int]]] = [
        ((), {}),
        ((1, 2, 3), {}),
        ((1,), {"x": 2}),
        ((1,), {"z": 2}),
    ]
    for values, named in wrong:
        with pytest.raises(TypeError, match="Point takes x, y; given: "):
            Point(*values, **named)


def test_literals_and_protocols() -> None:
    assert get_args(Color) == ("red", "blue")
    drawn: Drawn = Square()
    assert drawn.draw() == "square"


def test_the_codec_knows_them() -> None:
    kind = field_types(ThreadStack)["activity"]
    assert kind == StandardLiteral["running", "running in C", "waiting", "waiting for the GIL", "ended", "unknown"]
    stack = ThreadStack(1, 2, "main", "waiting", "read", False, ())
    assert from_json(ThreadStack, to_json(stack), "it", strict=True) == stack
    with pytest.raises(Mismatch, match=r"it\.activity is 'asleep', and must be one of running, running in C"):
        from_json(ThreadStack, {**to_json(stack), "activity": "asleep"}, "it", strict=True)


def test_a_look_needs_no_typing() -> None:
    program = (
        "import sys\nfrom pydelve.cli.main import main\nmain(['stack', '0'])\n"
        "print(sorted({'typing', 're', 'enum', 'dataclasses', 'json', 'ctypes', 'collections', 'contextlib',"
        " 'functools'} & sys.modules.keys()))"
    )
    # -S: a .pth file of another package may import anything
    done = subprocess.run([sys.executable, "-S", "-c", program], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == (
        "[]\n", "pydelve: no process 0\n  why: it has ended, or never was\n  try: pydelve ps\n",
    )  # fmt: skip
