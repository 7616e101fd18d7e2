"""``pydelve trace --headless``: the trace is on from the start, and clients get the records, however late they come."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pydelve.api.events import Event, Exited, Started, Stopped, Traced
from pydelve.api.requests import EndTracing, Resume
from pydelve.client import Client, connect
from tests.e2e.listening import Listening
from tests.e2e.running import Running
from tests.e2e.session import LAUNCHER
from tests.e2e.tracing import FOLDER
from tests.interpreters import Interpreter
from tests.serving import LIMIT_S

Listen = Callable[..., Listening]


@pytest.fixture
def listen(tmp_path: Path) -> Iterator[Listen]:
    """Starts ``pydelve trace --headless WORDS``."""
    started: list[Listening] = []

    def start(*words: str) -> Listening:
        started.append(Listening(tmp_path, "trace", "--headless", *words))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.communicate()


def told(client: Client, until: Callable[[Event], bool]) -> list[Event]:
    """Events up to this one."""
    events: list[Event] = []
    while not events or not until(events[-1]):
        event = client.next_event(LIMIT_S)
        assert event is not None, events
        events.append(event)
    return events


def is_end(event: Event) -> bool:
    return isinstance(event, Exited)


def calls(events: list[Event]) -> list[str]:
    """Records by the names that the events told of."""
    batches = [event for event in events if isinstance(event, Traced)]
    names = {function.index: function.name for batch in batches for function in batch.functions}
    return [f"{record.kind} {names[record.function]}" for batch in batches for record in batch.records]


def test_from_the_first_line_on(listen: Listen, tmp_path: Path) -> None:
    """The program stands until a client lets it go; one that comes later knows the functions' names, too."""
    program = tmp_path / "program.py"
    program.write_text("def work(n):\n    return n\nwork(1)\nbreakpoint()\nwork(2)\nraise SystemExit(7)\n")
    listening = listen("--python", sys.executable, "work", str(program))
    with connect(listening.address) as first:
        events = told(first, lambda event: isinstance(event, Stopped))
        assert [type(event) for event in events] == [Started, Stopped]
        first.call(Resume("continue", wait=True))
        events += told(first, lambda event: isinstance(event, Stopped))
        assert calls(events) == ["call __main__.work", "return __main__.work"]
        with connect(listening.address) as second:
            late = told(second, lambda event: isinstance(event, Stopped))
            first.call(Resume("continue"))
            assert calls(late + told(second, is_end)) == ["call __main__.work", "return __main__.work"]
        assert calls(events + told(first, is_end)) == ["call __main__.work", "return __main__.work"] * 2
    assert listening.finish() == ("", "pydelve: the session is over: the last client left\n", 7)


def test_at_a_prompt_that_connects(listen: Listen, tmp_path: Path) -> None:
    """Its records are shown there, and ``trace`` does not say that there are none."""
    program = tmp_path / "program.py"
    program.write_text("def work(n):\n    return n\nwork(1)\nbreakpoint()\nwork(2)\n")
    listening = listen("--python", sys.executable, "work", str(program))
    done = subprocess.run(
        [sys.executable, LAUNCHER, "connect", listening.address], input="continue\ntrace\ncontinue\n", text=True,
        capture_output=True, timeout=LIMIT_S, check=False,
    )  # fmt: skip
    told = [re.sub(r"^ +[\d.]+  |  [\d.]+[nmu]?s$", "", line) for line in done.stdout.splitlines()]
    assert [line for line in told if line.startswith(("__main__.work", "what is traced"))] == [
        "__main__.work(n=1)",
        "__main__.work -> 1",
        "what is traced was not asked for here; trace FUNCTION shows its calls in place of those",
        "__main__.work(n=2)",
        "__main__.work -> 2",
    ]
    assert (done.stderr, done.returncode) == ("", 0)
    assert listening.finish() == ("", "pydelve: the session is over: the last client left\n", 0)


def test_one_that_is_not_there(listen: Listen) -> None:
    """Nobody is told where to connect to."""
    listening = listen("work", "-p", "99999999")
    output, errors, status = listening.finish()
    assert (output, status) == ("", 1)
    assert errors.startswith("pydelve: no process 99999999\n")


def test_a_program_that_python_can_not_begin(listen: Listen, tmp_path: Path) -> None:
    program = tmp_path / "broken.py"
    program.write_text("def work(:\n")
    output, errors, status = listen("work", str(program)).finish()
    assert (output, status) == ("", 1)
    assert errors.splitlines()[-3:] == [
        "SyntaxError: invalid syntax",
        "pydelve: the program ended before its first line",
        "  why: Python could not begin it, and has said why",
    ]


def test_before_anybody_comes(listen: Listen) -> None:
    """It runs at once, and is told to the first client as far as it was kept; the rest is counted."""
    count = 120_000
    listening = listen(
        "--continue", "-v", "0", "--python", sys.executable, "many", str(FOLDER / "many.py"), str(count)
    )  # fmt: skip
    assert listening.process.stdout is not None
    assert listening.process.stdout.readline() == "done\n"
    with connect(listening.address) as client:
        batches = [event for event in told(client, is_end) if isinstance(event, Traced)]
        records = [record for batch in batches for record in batch.records]
        assert records[-1].call == count
        lost = sum(batch.lost for batch in batches)
        assert lost > 0
        assert lost + len(records) == 2 * count
    assert listening.finish() == ("", "pydelve: the session is over: the last client left\n", 0)


def test_a_process_that_runs(listen: Listen, tmp_path: Path, python: Interpreter) -> None:
    """It is left running, and as it was."""
    with Running(python, FOLDER / "server.py", folder=tmp_path) as server:
        server.wait_ready()
        listening = listen("Shop", "-p", str(server.pid))
        with connect(listening.address) as client:
            told(client, lambda event: isinstance(event, Started))
            server.tell("3")
            events = told(client, lambda event: isinstance(event, Traced) and len(event.records) > 0)
            while len(calls(events)) < 4:
                events += told(client, lambda event: isinstance(event, Traced))
            assert calls(events) == [f"{what} __main__.Shop.{name}" for what, name in WAY]
            assert client.call(EndTracing()).calls == 2
        assert listening.finish() == ("", "pydelve: the session is over: the last client left\n", 0)
        server.tell("end")
        output, errors, status = server.end()
        assert (errors, status) == ("", 3)
        assert output.splitlines()[-1] == "threads 1, traced None, tools [], the same code True"


WAY = [("call", "handle"), ("call", "price"), ("return", "price"), ("return", "handle")]
