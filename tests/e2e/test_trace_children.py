"""``pydelve trace --children``: each process's calls are told of, exactly, whatever way it came to be, and all end as
without us.
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.e2e.tracing import FOLDER, traced
from tests.interpreters import Interpreter


def objects(path: Path) -> list[dict[str, Any]]:
    """Of ``--json``."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def counted(path: Path) -> Counter[tuple[int, int]]:
    """What the processes of ``family.py`` have counted, as calls by pid and argument."""
    last: dict[tuple[int, str], list[list[int]]] = {}
    for line in path.read_text().splitlines():
        pid, program, counts = json.loads(line)
        last[pid, str(program)] = counts  # those of a pool tell after each task
    total: Counter[tuple[int, int]] = Counter()
    for (pid, _), counts in last.items():
        total.update({(pid, number): count for number, count in counts})
    return total


def test_every_call_of_every_process(python: Interpreter, tmp_path: Path) -> None:
    """No record is lost, and none is there twice: neither of who forks in the midst of its calls, nor of the child."""
    path, counts = tmp_path / "calls.jsonl", tmp_path / "counts"
    words = ("--children", "--json", "--output", str(path), r"\.job$", str(FOLDER / "family.py"), str(counts))
    done = traced(python, tmp_path, *words)
    assert (done.output, done.exit_code) == ("", 2)
    assert (tmp_path / "out.txt").read_text() == "[1792, 1792, 1280, 0, 0, 0, 1, 3, 768]\n"
    found = objects(path)
    calls = [each for each in found if each["event"] == "call"]
    assert Counter((each["pid"], int(each["arguments"]["number"])) for each in calls) == counted(counts)
    begun = Counter((each["pid"], each["arguments"]["way"], each["call"]) for each in calls)
    assert set(begun.values()) == {1}
    ends = Counter((each["pid"], each["call"]) for each in found if each["event"] == "return")
    assert ends == Counter((each["pid"], each["call"]) for each in calls)
    own = [(each["pid"], each["depth"]) for each in calls if each["arguments"]["way"] == "'beside'"]
    assert set(own) == {(found[0]["pid"], 0)}
    processes = [each for each in found if each["event"] == "process"]
    assert {each["pid"] for each in calls} <= {each["pid"] for each in processes}
    first = processes[0]
    assert (first["parent"], first["how"]) == (None, "launch")
    assert [each["command"][-1] for each in processes[-2:]] == ["spawned", "replaced"]
    assert processes[-2]["pid"] == processes[-1]["pid"]
    end = found[-1]
    assert end == {
        "event": "end", "calls": len(calls), "records": 2 * len(calls), "lost": 0,
        "processes": len({each["pid"] for each in processes}),
    }  # fmt: skip
