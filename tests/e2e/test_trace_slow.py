"""``pydelve trace --slower-than``: the same as of all calls, where each took long enough."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.e2e.tracing import FOLDER, records
from tests.interpreters import Interpreter

TOLD = {"call", "return", "raise", "propagate"}
UNTIMED = ("event", "function", "arguments", "value", "depth", "thread_name", "task")


def test_slow_calls_are_told_of_as_others_are(python: Interpreter, tmp_path: Path) -> None:
    """With what they were given as they began; each in its place where it ends, and nothing of what is between."""
    runs: list[tuple[str, ...]] = [(r"^__main__\.", str(FOLDER / "kinds.py"))]
    if python.version_info >= (3, 12):
        in_c = str(FOLDER / "in_c.py")
        runs.append(("--builtins", "--file", in_c, "sqrt|append|failing|sorted", in_c))
    for words in runs:

        def found(*options: str, words: tuple[str, ...] = words) -> list[list[Any]]:
            told = [each for each in records(python, tmp_path, *options, *words) if each["event"] in TOLD]
            return [[each.get(name) for name in UNTIMED] for each in told]

        every, slow = found(), found("--slower-than", "0.001us")
        assert sorted(map(str, slow)) == sorted(map(str, every))
        assert [each for each in slow if each[0] != "call"] == [each for each in every if each[0] != "call"]
        assert {each[0] for each in slow[::2]} == {"call"}
        assert [each[1] for each in slow[::2]] == [each[1] for each in slow[1::2]]
