"""The line map gives the same hits on every interpreter: real LINE events of the programs in ``linemap_cases.txt``."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

from pydelve.agent.interpreter import linemap
from tests.interpreters import Interpreter

HERE = Path(__file__).parent
CASES = HERE / "linemap_cases.txt"
MARKER = re.compile(r"# hits: (\d+)(?:; 3\.9: (\d+))?$")


def drive(python: Interpreter, *arguments: str) -> Any:
    """Run the driver in a target interpreter; what it printed."""
    # SyntaxWarning: `return` in a `finally` block is one of the cases (3.14+).
    command = [python.path, "-W", "ignore", str(HERE / "linemap_driver.py"), str(Path(linemap.__file__)), *arguments]
    return json.loads(subprocess.run(command, capture_output=True, check=True, text=True, timeout=50).stdout)


def expected_hits(lines: list[str], counted: dict[str, dict[str, int | None]], minor: str) -> dict[str, dict[str, int]]:
    """What the markers say for the lines that have a unit; 1 where there is no marker."""
    expected: dict[str, dict[str, int]] = {}
    for case, hits in counted.items():
        expected[case] = {}
        for line in hits:
            marker = MARKER.search(lines[int(line) - 1])
            count = int(marker[1]) if marker else 1
            if marker and marker[2] and minor == "3.9":
                count = int(marker[2])
            expected[case][line] = count
    return expected


def test_hits_are_those_of_the_markers(python: Interpreter) -> None:
    lines = CASES.read_text().splitlines()
    counted = drive(python, str(CASES))
    hits = {case: {line: count or 0 for line, count in found.items()} for case, found in counted.items()}
    assert hits == expected_hits(lines, counted, python.minor)
    newer = {"with in parentheses": 10, "match": 10, "except star": 11, "type parameters": 12}
    names = [line[len("# case: ") :] for line in lines if line.startswith("# case: ")]
    assert list(hits) == [name for name in names if newer.get(name, 9) <= int(python.minor.partition(".")[2])]


def test_opcode_numbers_are_the_interpreters(python: Interpreter) -> None:
    assert drive(python, "--opcodes") == {}


def test_a_map_is_small_work(python: Interpreter) -> None:
    """2,000 instructions take 1 to 3 ms and a lookup 0.1 us; the limits are ten times that: the machine is shared."""
    speed = drive(python, "--speed")
    assert 1400 < speed["instructions"] < 2000
    assert speed["build_ms"] < 30
    assert speed["arrives_ns"] < 3000


def test_without_units_each_line_is_one() -> None:
    code = compile("a = [\n    1,\n    b,\n]\nc = 2\n", "<case>", "exec")
    line_map = linemap.LineMap(code, None)
    assert sorted(set(line_map.arrivals.values())) == [1, 2, 3, 5]
    assert [line_map.has_code(line) for line in range(1, 7)] == [True, True, True, False, True, False]


def test_lines_cover_the_code_in_order(python: Interpreter) -> None:
    source = "def f(a):\n    for b in a:\n        c = (b,\n             a)\n    return [\n        c]\n"
    program = (
        "import importlib.util as u, sys, json\n"
        "spec = u.spec_from_file_location('linemap', sys.argv[1])\n"
        "m = u.module_from_spec(spec); spec.loader.exec_module(m)\n"
        f"code = next(c for c in compile({source!r}, '<case>', 'exec').co_consts if hasattr(c, 'co_code'))\n"
        "ranges = list(m.lines_of(code))\n"
        "print(json.dumps([ranges[0][0], ranges[-1][1] == len(code.co_code),\n"
        "    all(a[1] == b[0] for a, b in zip(ranges, ranges[1:])), sorted({r[2] for r in ranges if r[2]} - {1})]))\n"
    )
    done = subprocess.run(
        [python.path, "-c", program, linemap.__file__], capture_output=True, check=True, text=True, timeout=50
    )
    assert json.loads(done.stdout) == [0, True, True, [2, 3, 4, 5, 6]]
