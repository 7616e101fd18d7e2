"""The program whose functions are timed under breakpoints that don't stop it, and what is set in each. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydelve.api.breakpoints import HitCondition

_SMALL = """\
import pytest

@pytest.fixture
def basket():
    return {"apples": 2, "pears": 3}

@pytest.mark.parametrize("number", range(300))
def test_numbers(number, basket):
    basket["apples"] += number
    assert sum(basket.values()) == 5 + number
"""
_LOCALS = "; ".join(f"v{number} = {number}" for number in range(30))
PROGRAM = f"""\
import contextlib, io, json, re, sys, threading, time, unittest
from wsgiref.util import setup_testing_defaults

began = time.process_time()

def never():
    return 1  # never

def add(x):
    return x + 1

def cpu():
    total = 0
    for i in range(1_000_000):
        total = (total * 31 + i) % 1_000_003
    return total

def calls():
    total = 0
    for i in range(1_000_000):
        total = add(total)
    return total

def application(environ, start_response):
    path = environ["PATH_INFO"]
    found = re.match(r"/items/(\\d+)$", path)
    if found is None:
        never()
        start_response("404 Not Found", [])
        return [b""]
    body = json.dumps({{"item": int(found[1]), "tags": sorted(set(path))}}).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

def requests():
    sent = []
    for i in range(5_000):
        environ = {{"PATH_INFO": "/items/%d" % i}}
        setup_testing_defaults(environ)
        sent += application(environ, lambda status, headers: None)
    return len(sent)

class Suite(unittest.TestCase):
    def test_texts(self):
        self.assertEqual("a-b".split("-"), ["a", "b"])
        self.assertIn("b", {{"b": 1}})

    def test_numbers(self):
        with self.assertRaises(ZeroDivisionError):
            1 / 0
        self.assertAlmostEqual(0.1 + 0.2, 0.3)

def suite():
    for _ in range(200):
        unittest.defaultTestLoader.loadTestsFromTestCase(Suite).run(unittest.TestResult())

def tests():
    with open("test_small.py", "w") as file:
        file.write(SMALL)
    with contextlib.redirect_stdout(io.StringIO()):
        assert pytest.main(["-q", "-p", "no:cacheprovider", "test_small.py"]) == 0

def threads():
    running = [threading.Thread(target=twentieth) for _ in range(20)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()

def twentieth():
    total = 0
    for i in range(100_000):
        if total < 0:
            total = 1  # threads
        total = (total * 31 + i) % 1_000_003
    return total

def cold():
    total = 0
    for i in range(1_000_000):
        if total < 0:
            total = 1  # cold
        total = (total * 31 + i) % 1_000_003
    return total

def begun():
    return None  # begun

def active():
    global began
    total = begun() or 0
    began = time.process_time()
    for i in range(1_000_000):
        if total < 0:
            total = 1  # active
        total = (total * 31 + i) % 1_000_003
    return total

def hits():
    total = 0
    for i in range(300_000):
        total = (total * 31 + i) % 1_000_003  # hits
    return total

def wide():
    {_LOCALS}
    total = 0
    for i in range(300_000):
        total = (total * 31 + i) % 1_000_003  # wide
    return total

def turn(i, total):
    return (total * 31 + i) % 1_000_003  # fresh

def fresh():
    total = 0
    for i in range(300_000):
        total = turn(i, total)
    return total

def counted():
    total = 0
    for i in range(300_000):
        total = (total * 31 + i) % 1_000_003  # counted
    return total

def fail(i):
    if i >= 0:
        raise ValueError(i)

def exceptions():
    caught = 0
    for i in range(100_000):
        try:
            fail(i)
        except ValueError:
            caught += 1
    return caught

SMALL = {_SMALL!r}
if sys.argv[1] == "tests":
    import pytest
work = globals()[sys.argv[1]]
began = time.process_time()
work()
took = time.process_time() - began
open(sys.argv[2], "w").write(repr(took))
"""


@dataclass(frozen=True, slots=True)
class Work:
    """One function of the program, and the breakpoint that is to cost nothing, or little."""

    function: str
    title: str
    watched: str
    marker: str = ""
    """On the line of the breakpoint; "" where there is none."""
    condition: str = ""
    hit: HitCondition | None = None
    exception: str = ""
    """A breakpoint on the raise of this class, which is not what is raised."""
    limit: float = 0.0
    """Of the ratio to plain."""
    hits: int = 0
    """How often its line runs."""
    when: Literal["start", "active"] = "start"
    """active: set when the function runs already."""
    others: bool = True
    """Also under other debuggers."""
    number: str = "1, 2, 7"
    """Which lines of the issue's table ask for it."""
    detach: bool = False
    """Also after leaving it."""
    library: str = ""
    """What it imports that does not come with Python."""

    @property
    def line(self) -> int:
        """The marker's; 0 where there is none."""
        return line_of(self.marker) if self.marker else 0


def with_condition_as_source(work: Work) -> str:
    """The program with an ``if`` of the breakpoint's condition before its line: what CPython itself asks for that."""
    lines = PROGRAM.splitlines(keepends=True)
    line = lines[work.line - 1]
    lines.insert(work.line - 1, f"{line[: len(line) - len(line.lstrip())]}if {work.condition}: never()\n")
    return "".join(lines)


def line_of(marker: str) -> int:
    """Line of a marker in the program."""
    return next(n for n, line in enumerate(PROGRAM.splitlines(), 1) if line.endswith("# " + marker))


_NEVER, _FALSE = "breakpoint never hit", "false condition"
WORKS = {
    "cpu": Work("cpu", "a million turns of a loop", _NEVER, "never", limit=1.02),
    "calls": Work("calls", "a million calls", _NEVER, "never", limit=1.02, detach=True),
    "requests": Work("requests", "5,000 requests to a WSGI application", _NEVER, "never", limit=1.02, others=False),
    "suite": Work("suite", "400 unit tests", _NEVER, "never", limit=1.02, others=False),
    "tests": Work("tests", "300 tests under pytest", _NEVER, "never", limit=1.02, others=False, library="pytest"),
    "threads": Work(
        "threads", "20 threads, 100,000 turns each", "breakpoint on a cold line", "threads", limit=1.02, others=False
    ),
    "cold": Work("cold", "a million turns around a cold line", "breakpoint on the cold line", "cold", limit=1.02),
    "active": Work(
        "active",
        "the same, set in a frame that runs already",
        "breakpoint on the cold line",
        "active",
        limit=1.05,
        when="active",
        number="1, 2, 7 in an active frame",
        others=False,
    ),
    "hits": Work("hits", "300,000 false conditions", _FALSE, "hits", "i < 0", limit=1.3, hits=300_000, number="3"),
    "wide": Work(
        "wide",
        "300,000 false conditions beside 30 locals",
        _FALSE,
        "wide",
        "i < 0",
        limit=1.3,
        hits=300_000,
        number="3",
    ),
    "fresh": Work(
        "fresh",
        "300,000 false conditions, each in a new frame",
        _FALSE,
        "fresh",
        "i < 0",
        limit=1.3,
        hits=300_000,
        number="3",
        detach=True,
    ),
    "counted": Work(
        "counted",
        "300,000 hits counted",
        "hit count",
        "counted",
        "",
        HitCondition("==", 10**9),
        limit=2.0,
        others=False,
        number="4",
    ),
    "uncaught": Work(
        "exceptions",
        "100,000 exceptions raised and caught",
        "stops at uncaught ones",
        limit=1.02,
        others=False,
        number="6",
    ),
    "raised": Work(
        "exceptions",
        "100,000 exceptions, a breakpoint on the raise of others",
        "break -exc KeyError",
        exception="KeyError",
        limit=2.0,
        number="6",
        detach=True,
    ),
}
