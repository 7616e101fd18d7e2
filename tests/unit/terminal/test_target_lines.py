"""``targets`` as lines: a command that is longer than the terminal is cut, and nothing else."""

from __future__ import annotations

from pydelve.api.target import LeftAlone, Target, TargetInfo
from pydelve.terminal.target_lines import left_lines, target_lines
from pydelve.terminal.theme import PLAIN

_WORDS = ("-m", "worker", "--queue", "orders", "--name", "the-first-of-many-workers")
_INFO = TargetInfo(71, "3.13.0", "/usr/bin/python", _WORDS, "/", launched=True)
_TARGETS = [
    Target(1, _INFO, "running", "launch", current=True),
    Target(2, _INFO, "running", "fork", 1),
]
_LEFT = [LeftAlone(("make", *_WORDS), "it is no Python", 3)]


def test_a_file_has_lines_of_any_length() -> None:
    command = "-m worker --queue orders --name the-first-of-many-workers"
    assert target_lines(_TARGETS, cwd="/", theme=PLAIN) == [
        f"=> 1  process 71  running  started: {command}",
        f"   2  process 71  running  forked by target 1: {command}",
    ]
    assert left_lines(_LEFT) == [f"   left alone: make {command}, 3 times: it is no Python"]


def test_a_terminal_cuts_commands() -> None:
    lines = target_lines(_TARGETS, cwd="/", theme=PLAIN, width=70)
    assert lines == [
        "=> 1  process 71  running  started: -m worker --queue orders --name...",
        "   2  process 71  running  forked by target 1: -m worker --queue or...",
    ]
    assert {len(line) for line in lines} == {70}
    assert left_lines(_LEFT, 70) == ["   left alone: make -m worker --queue ord..., 3 times: it is no Python"]


def test_something_of_a_command_is_always_left() -> None:
    assert target_lines(_TARGETS[:1], cwd="/", theme=PLAIN, width=40) == [
        "=> 1  process 71  running  started: -m worker --queue..."
    ]
