"""The engine where something goes wrong below it: the session stays usable, and says what happened."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pydelve.api.breakpoints import ExceptionFilter
from pydelve.api.events import Event, Exited, Notice, Started, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    CreateBreakpoint,
    CreateExceptionBreakpoint,
    Detach,
    Evaluate,
    GetState,
    ListBreakpoints,
    Restart,
    Resume,
)
from pydelve.api.target import ExitStatus
from pydelve.errors import (
    NotAPythonError,
    ProtocolError,
    TargetBusyError,
    TargetError,
    TargetGoneError,
    TargetStateError,
)
from pydelve.server.pipe import PipeTransport, open_session
from pydelve.target.arming import ExceptionArming
from pydelve.target.live.process import LiveProcess

LIMIT_S = 20.0
PROGRAM = "import time\nfor number in range(3):\n    time.time()\n"

# An "interpreter": answers the probe as one, and says over the agent's sockets what the test has put beside it.
EVIL = """\
import os, sys
if "-c" in sys.argv:
    print("pydelve-probe cpython 3 11")
    sys.exit()
sys.path.insert(0, {root!r})
from pydelve.agent import protocol
link, hold = map(int, os.environ["PYDELVE_LAUNCH"].split(",")[:2])
def say(message, fd=link):
    os.write(fd, protocol.pack(message))
hello = {{"protocol": protocol.VERSION, "pid": os.getpid(), "python": [3, 11, 0], "executable": sys.executable,
         "main": 5, "exact": True, "how": "events", "main_file": "", "optimize": 0, "columns": True,
         "forked": False}}
exec(open({says!r}).read())
while os.read(link, 1000):
    pass
os.write(1, b"freed\\n")
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "folder" / "program.py"
    path.parent.mkdir()
    path.write_text(PROGRAM, encoding="utf-8")
    return path


@pytest.fixture
def session(program: Path, tmp_path: Path) -> Iterator[Callable[..., PipeTransport]]:
    """Open sessions that are closed at the end; ``says`` makes the interpreter an evil one."""
    opened = []
    output = os.open(tmp_path / "output", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC)

    def open_one(says: str = "", python: str = sys.executable) -> PipeTransport:
        if says:
            (tmp_path / "says").write_text(says, encoding="utf-8")
            evil = tmp_path / "evil"
            root = str(Path(__file__).resolve().parents[3])
            evil.write_text(f"#!{sys.executable} -I\n" + EVIL.format(root=root, says=str(tmp_path / "says")))
            evil.chmod(0o755)
            python = str(evil)
        options = LaunchOptions("script", "program.py", python=python, cwd=str(program.parent), stdout_fd=output)
        opened.append(open_session(options))
        return opened[-1]

    yield open_one
    for transport in opened:
        transport.close()
    os.close(output)


def hear(transport: PipeTransport, *kinds: type[Event]) -> list[Event]:
    """The next events, which must be of these types."""
    events = [transport.next_event(LIMIT_S) for _ in kinds]
    assert [type(event) for event in events] == list(kinds)
    return [event for event in events if event is not None]


class TestRestart:
    def test_stopped_running_and_ended(self, session: Callable[..., PipeTransport]) -> None:
        transport = session()
        hear(transport, Started, Stopped)
        pids = []
        for before in ("stopped", "running", "ended"):
            if before != "stopped":
                transport.call(Resume("continue"))
            while before == "ended" and transport.call(GetState()).status != "ended":
                pass
            state = transport.call(Restart())
            assert state.target is not None
            pids.append(state.target.pid)
            while not isinstance(transport.next_event(LIMIT_S), Stopped):
                pass
        assert len(set(pids)) == 3
        assert transport.call(GetState()).status == "stopped"

    def test_an_interpreter_that_is_gone_costs_nothing(
        self, session: Callable[..., PipeTransport], tmp_path: Path
    ) -> None:
        python = tmp_path / "python"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        python.chmod(0o755)
        transport = session(python=str(python))
        hear(transport, Started, Stopped)
        before = transport.call(GetState())
        python.unlink()
        with pytest.raises(NotAPythonError, match=r"^no interpreter "):
            transport.call(Restart())
        assert transport.call(GetState()) == before
        evaluated = transport.call(Evaluate("6 * 7")).value
        assert evaluated is not None and evaluated.text == "42"

    def test_one_that_fails_leaves_a_session_without_a_program(
        self, session: Callable[..., PipeTransport], program: Path
    ) -> None:
        transport = session()
        hear(transport, Started, Stopped)
        transport.call(CreateBreakpoint("program.py:3"))
        transport.next_event(LIMIT_S)
        moved = program.parent.with_name("moved")
        shutil.move(program.parent, moved)
        with pytest.raises(TargetError, match=r"^can't start "):
            transport.call(Restart())
        state = transport.call(GetState())
        assert (state.status, state.exit) == ("ended", ExitStatus("killed", 9, False))
        assert [place.state for place in transport.call(ListBreakpoints())[0].placements] == ["suspended"]
        with pytest.raises(TargetStateError, match=r"^the program has ended$"):
            transport.call(Evaluate("1"))
        shutil.move(moved, program.parent)
        assert transport.call(Restart()).status == "running"
        while not isinstance(event := transport.next_event(LIMIT_S), Stopped):
            assert event is not None
        assert [place.state for place in transport.call(ListBreakpoints())[0].placements] == ["armed"]

    def test_after_detaching_another_is_started(self, session: Callable[..., PipeTransport]) -> None:
        transport = session()
        first = transport.call(GetState()).target
        transport.call(Detach())
        second = transport.call(Restart()).target
        assert first is not None and second is not None and first.pid != second.pid


def test_what_the_target_took_after_all_is_taken_away_at_its_first_hit(
    session: Callable[..., PipeTransport], program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A breakpoint whose creation was given up, as no answer came in time, and which was armed later."""
    armed: list[bool] = []
    arm_exception = LiveProcess.arm_exception

    def late(process: LiveProcess, number: int, arming: ExceptionArming | None) -> None:
        arm_exception(process, number, arming)
        if number > 0:
            armed.append(arming is not None)
            if arming is not None:
                raise TargetBusyError("the program did not answer")

    monkeypatch.setattr(LiveProcess, "arm_exception", late)
    program.write_text("for number in range(3):\n    try:\n        {}[1]\n    except KeyError:\n        pass\n")
    transport = session()
    hear(transport, Started, Stopped)
    with pytest.raises(TargetBusyError):
        transport.call(CreateExceptionBreakpoint(ExceptionFilter("raised")))
    assert armed == [True]
    transport.call(Resume("continue"))
    while not isinstance(event := transport.next_event(LIMIT_S), Exited):
        assert not isinstance(event, Stopped)
    assert armed == [True, False]


class TestAnEvilTarget:
    @pytest.mark.parametrize(
        ("says", "why"),
        [
            ('os.write(link, b"GET / HTTP/1.1\\r\\n")', "it announces 542393671 bytes"),
            ('say(("event", "stopped", {}), hold)', "KeyError: 'returned'"),
            ('say(("event", "landed", {"id": None}))', "TypeError: "),
            ('say(("reply", 77, None), hold)', "nobody asked number 77"),
            ('say(("event", "hello", hello))', "a second hello"),
        ],
        ids=["http", "stopped", "landed", "reply", "hello"],
    )
    def test_nonsense_ends_the_session_with_it_and_not_the_engine(
        self, session: Callable[..., PipeTransport], tmp_path: Path, says: str, why: str
    ) -> None:
        transport = session(f'say(("event", "hello", hello))\n{says}\n')
        events: list[Event | None] = []
        while not events or not isinstance(events[-1], Exited):
            events.append(transport.next_event(LIMIT_S))
        notices = [event for event in events if isinstance(event, Notice)]
        assert [notice.hint for notice in notices] == ["pydelve lets it run on, without debugging it"]
        assert why.split(":", maxsplit=1)[0] in notices[0].why
        assert events[-1].status == ExitStatus("lost", 0, False)
        assert transport.call(GetState()).status == "ended"
        while (tmp_path / "output").read_text() != "freed\n":  # it is let go, not killed
            pass

    def test_a_malformed_answer_is_told_to_who_asked(self, session: Callable[..., PipeTransport]) -> None:
        frame = '{"function": "f", "module": "m", "file": "/f.py", "line": 1, "first_line": 1, "library": False}'
        transport = session(
            f'say(("event", "hello", hello))\nframe = {frame}\n'
            'say(("event", "stopped", {"reason": "halt", "ident": 5, "name": "", "ids": [], "counts": {}, '
            '"detail": "", "frames": [frame], "interrupted_step": False, "run": 1, '
            '"others": False, "interval_us": 5000}), hold)\n'
            'os.read(hold, 8)\nos.read(hold, 1000)\nsay(("reply", 1, {"value": 5}, 0), hold)\n'
        )
        hear(transport, Started, Stopped)
        with pytest.raises(ProtocolError, match=r"^the agent sent a malformed value \(a value is not a dict: 5\)$"):
            transport.call(Evaluate("1"))
        assert transport.call(GetState()).status == "stopped"

    def test_another_version_is_refused_by_name(self, session: Callable[..., PipeTransport]) -> None:
        with pytest.raises(TargetError, match=r"^the agent speaks version 99 of the protocol, not 1 "):
            session('hello["protocol"] = 99\nsay(("event", "hello", hello))\n')

    def test_one_that_ends_before_its_first_line(self, session: Callable[..., PipeTransport], tmp_path: Path) -> None:
        transport = session(
            'if os.path.exists("again"): sys.exit(3)\nopen("again", "w")\nsay(("event", "hello", hello))\n'
        )
        hear(transport, Started)
        with pytest.raises(TargetError, match=r"^the program ended before its first line"):
            transport.call(Restart())
        (exited,) = hear(transport, Exited)
        assert isinstance(exited, Exited) and exited.status == ExitStatus("exited", 3, False)


def test_a_bug_of_ours_is_told_and_the_session_goes_on(session: Callable[..., PipeTransport]) -> None:
    transport = session()
    hear(transport, Started, Stopped)

    def fail() -> None:
        raise ZeroDivisionError("a bug")

    transport._host.post(fail, urgent=False)
    (notice,) = hear(transport, Notice)
    assert isinstance(notice, Notice)
    assert notice.message == "pydelve failed inside: ZeroDivisionError: a bug"
    assert transport.call(GetState()).status == "stopped"


def test_whoever_waits_when_the_target_dies_is_told(session: Callable[..., PipeTransport]) -> None:
    transport = session()
    hear(transport, Started, Stopped)
    with pytest.raises(TargetGoneError, match=r"^the program ended while it was asked"):
        transport.call(Evaluate("__import__('os').kill(__import__('os').getpid(), 9)"))
    (exited,) = hear(transport, Exited)
    assert isinstance(exited, Exited) and exited.status == ExitStatus("killed", 9, False)
