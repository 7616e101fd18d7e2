"""Children of a debugged program: they have the session's breakpoints, stop, are looked at, and end as without us."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pydelve.api.attach import AttachOptions
from pydelve.api.events import (
    BreakpointChanged,
    ChildLeftAlone,
    Event,
    Exited,
    Notice,
    Started,
    Stopped,
    TargetAdded,
    TargetExited,
    TargetWaits,
)
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    AttachChildren,
    CreateBreakpoint,
    Detach,
    Evaluate,
    FollowChildren,
    GetState,
    GetTargets,
    ListBreakpoints,
    Restart,
    Resume,
    SelectTarget,
)
from pydelve.errors import TargetStateError, UsageError
from pydelve.server.pipe import PipeTransport, SharedPipe
from tests.e2e.handshakes import functions, wait_until
from tests.e2e.live import LiveSession
from tests.e2e.plain import run_both, run_plain
from tests.e2e.running import Running
from tests.e2e.session import LAUNCHER, Session
from tests.interpreters import Interpreter, find_interpreters

E = TypeVar("E", bound=Event)
Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]
_LIMIT_S = 20.0


@contextlib.contextmanager
def debugged(python: Interpreter, script: Path, *arguments: str, follow: bool = True) -> Iterator[LiveSession]:
    """A session at the program's first line; its output goes to a file beside the script."""
    with open(os.devnull, "rb") as nothing, open(script.parent / "out", "wb") as out:
        options = LaunchOptions(
            "script", str(script), arguments, python.path, cwd=str(script.parent), follow=follow,
            stdin_fd=nothing.fileno(), stdout_fd=out.fileno(), stderr_fd=out.fileno(),
        )  # fmt: skip
        session = LiveSession(options)
    with session:
        assert session.wait_stop().reason == "entry"
        yield session


def next_event(session: LiveSession, kind: type[E]) -> E:
    """The next event of this type."""
    event = next_of(session, kind)
    assert isinstance(event, kind)
    return event


def next_of(session: LiveSession, *kinds: type[Any]) -> Event:
    """The next event of one of these types."""
    deadline = time.monotonic() + _LIMIT_S
    while True:
        event: Event | None = session.client.next_event(max(0.0, deadline - time.monotonic()))
        assert event is not None, f"none of {kinds} came; {_what_all_do(session)}"
        if type(event) in kinds:
            return event


def _what_all_do(session: LiveSession) -> str:
    """Each target, and where it is if it runs."""
    targets = session.call(GetTargets()).targets
    running = [str(target.info.pid) for target in targets if target.status == "running"]
    looks = [
        subprocess.run([sys.executable, LAUNCHER, "stack", pid], capture_output=True, check=False).stdout
        for pid in running
    ]
    return "\n".join([*map(str, targets), *(look.decode() for look in looks)])


def run_through(session: LiveSession) -> list[Event]:
    """Continue to the end of the program; everything that happened to targets."""
    session.call(Resume("continue"))
    seen = []
    while True:
        event = next_of(session, Stopped, Started, TargetAdded, TargetWaits, TargetExited, ChildLeftAlone, Exited)
        seen.append(event)
        if isinstance(event, Exited):
            return seen
        if isinstance(event, Stopped):
            session.call(Resume("continue"))


def value(session: LiveSession, expression: str) -> str:
    """What an expression is in the frame that stands."""
    found = session.call(Evaluate(expression)).value
    assert found is not None
    return found.text


def test_a_forked_child_is_a_target(python: Interpreter, program: Program, marker: Marker) -> None:
    script = program("children/forks.py")
    lines = marker(script)
    with debugged(python, script) as session:
        point = session.call(CreateBreakpoint("work"))
        assert session.resume().frames[0].line == lines["work"]
        session.call(CreateBreakpoint(f"{script}:{lines['after']}"))
        session.call(Resume("continue"))
        added = [next_event(session, TargetAdded) for _ in range(2)]
        assert [(each.target.id, each.target.how, each.target.parent) for each in added] == [
            (2, "fork", 1), (3, "fork", 2),
        ]  # fmt: skip
        stopped = next_event(session, Stopped)  # the child's child, as its parent waits for it
        assert (stopped.target, stopped.stop.reason, stopped.stop.breakpoints) == (3, "breakpoint", (point.id,))
        assert [frame.function for frame in stopped.stop.frames[:3]] == ["work", "child", "fork"]
        state = session.call(GetState())
        assert state.target is not None
        assert value(session, "os.getpid()") == str(state.target.pid)
        found = session.call(GetTargets()).targets
        assert [(each.id, each.status, each.current) for each in found] == [
            (1, "running", False), (2, "running", False), (3, "stopped", True),
        ]  # fmt: skip

        assert session.call(SelectTarget(1)).status == "running"
        assert session.call(SelectTarget(3)).stop == stopped.stop
        assert next_event(session, Stopped) == stopped
        session.call(Resume("next"))
        stepped = next_event(session, Stopped)
        assert (stepped.target, stepped.stop.reason, stepped.stop.frames[0].line) == (3, "step", lines["work"] + 1)
        assert value(session, "total") == "6"

        seen = run_through(session)
        assert [(type(event), getattr(event, "target", None)) for event in seen if isinstance(event, Stopped)] == [
            (Stopped, 2), (Stopped, 1),
        ]  # fmt: skip
        ended = [event.target for event in seen if isinstance(event, TargetExited)]
        assert [each.id for each in ended] == [3, 2]
        for each, status in zip(ended, (6, 4), strict=True):  # the kernel tells for certain from Linux 6.15 on
            assert each.exit is not None
            assert (each.exit.how, each.exit.status) in (("exited", status), ("gone", 0))
        assert session.call(GetTargets()).targets[1:] == (*sorted(ended, key=lambda each: each.id),)
        with pytest.raises(TargetStateError, match="target 3 has ended"):
            session.call(SelectTarget(3))
        with pytest.raises(TargetStateError, match="there is no target 9"):
            session.call(SelectTarget(9))
    assert (script.parent / "out").read_text() == "child 2 6\nstatus 4\n"


_KINDS = [
    ("fork", 10), ("spawn", 10), ("forkserver", 10), ("pool", 11), ("pool", 12), ("executor", 13), ("executor", 13),
    ("run", 20), ("run", 21), ("preexec", 22), ("shell", 23), ("system", 27), ("spawned", 24), ("replaced", 25),
    ("itself", 26),
]  # fmt: skip


def test_children_of_every_kind_stop(python: Interpreter, program: Program, marker: Marker) -> None:
    script = program("children/ways.py")
    plain = run_plain(python, [str(script)], script.parent)
    with debugged(python, script) as session:
        session.call(CreateBreakpoint("work"))
        seen = []
        session.call(Resume("continue"))
        numbers, left = [], []
        while True:
            event = next_of(session, Stopped, ChildLeftAlone, Started, Exited)
            seen.append(event)
            if isinstance(event, Exited):
                break
            if isinstance(event, Stopped):
                numbers.append(int(value(session, "number")))
                session.call(Resume("continue"))
            if isinstance(event, ChildLeftAlone):
                left.append((event.left.words[0].rpartition("/")[2], event.isolated))
        assert sorted(numbers) == sorted(number for _, number in _KINDS)
        assert event.status.status == plain.status == 52
        assert isinstance(seen[-3], Started)  # it has become another program itself, in the same process
        alone = [(name, isolated) for name, isolated in left if not name.startswith("python")]
        assert alone == [("sh", False), ("echo", False), ("sh", False), ("python", False)][: len(alone)]
        assert [name for name, isolated in left if isolated] == [Path(python.path).name]
    assert (script.parent / "out").read_text() == plain.output + plain.errors


def test_children_that_nobody_stops_are_as_without_us(python: Interpreter, program: Program) -> None:
    script = program("children/ways.py")
    done = run_both(python, [str(script)], ["continue"], script.parent)
    told = re.findall(
        r"^target (\d+): process <pid>(,| exited with status| was killed by| has ended)", done.output, re.MULTILINE
    )
    added, ended = ({number for number, what in told if (what == ",") is is_added} for is_added in (True, False))
    server = re.findall(r"^target (\d+): .*multiprocessing\.forkserver import", done.output, re.MULTILINE)
    assert added == {str(number) for number in range(2, 17)}
    assert len(server) == 1
    assert ended - {*server} == added - {*server}  # it ends when it sees that the program has, which may be too late


def test_what_is_wrong_with_a_start_is_as_without_us(python: Interpreter, program: Program) -> None:
    script = program("children/odd.py")
    run_both(python, [str(script)], ["continue"], script.parent)


def test_signals_reach_a_child_that_is_just_beginning(python: Interpreter, program: Program) -> None:
    script = program("children/signalled.py")
    done = run_both(python, [str(script)], ["continue"], script.parent)
    assert done.output.count(" forked by target 1") == 5
    assert (script.parent / "out.txt").read_text() == "[12, 12, 12, 12, 12]\n"


def test_a_shell_in_the_programs_place(program: Program) -> None:
    """It keeps the target's number until it has ended, and its child is one."""
    script = program("children/few.py")
    shell = script.with_name("shell.py")
    shell.write_text(f"import os, sys\nos.execv('/bin/sh', ['sh', '-c', f'{{sys.executable}} {script}; exit 5'])\n")
    with debugged(find_interpreters()["3.13"], shell) as session:
        seen = run_through(session)
        assert [event.target.parent for event in seen if isinstance(event, TargetAdded)] == [1, 2, 2, 2]
        assert isinstance(seen[-1], Exited)
        assert (seen[-1].status.how, seen[-1].status.status) in (("exited", 5), ("gone", 0))


def test_who_comes_later_is_told_how_things_are(python: Interpreter, program: Program) -> None:
    script = program("children/turns.py")
    with debugged(python, script) as session:
        session.call(CreateBreakpoint("meet"))
        session.call(Resume("continue"))
        stopped, waits = next_event(session, Stopped), next_event(session, TargetWaits)
        transport = session.client._transport
        assert isinstance(transport, PipeTransport)
        with contextlib.closing(SharedPipe(transport._host)) as late:
            told = [late.next_event(_LIMIT_S) for _ in range(6)]
        assert [type(event) for event in told] == [
            Started, TargetAdded, TargetAdded, BreakpointChanged, TargetWaits, Stopped,
        ]  # fmt: skip
        assert (told[-2], told[-1]) == (waits, stopped)


def test_one_at_a_time(python: Interpreter, program: Program, marker: Marker) -> None:
    script = program("children/turns.py")
    lines = marker(script)
    with debugged(python, script) as session:
        session.call(CreateBreakpoint("meet"))
        session.call(CreateBreakpoint(f"{script}:{lines['after']}"))
        session.call(Resume("continue"))
        first, waits = next_event(session, Stopped), next_event(session, TargetWaits)
        assert {first.target, waits.target.id} == {2, 3}
        assert waits.target.stop is not None
        assert waits.target.stop.frames[0].line == lines["meet"]
        session.call(Resume("continue"))
        turn = next_event(session, Stopped)
        assert (turn.target, turn.stop) == (waits.target.id, waits.target.stop)
        session.call(Resume("continue"))
        last = next_event(session, Stopped)
        assert (last.target, last.stop.frames[0].line) == (1, lines["after"])
        assert value(session, "statuses == [41, 42]") == "True"


def test_breakpoints_are_the_sessions(python: Interpreter, program: Program, marker: Marker) -> None:
    script = program("children/outliving.py")
    lines, folder = marker(script), script.parent
    with debugged(python, script, str(folder), "stay") as session:
        kept = session.call(CreateBreakpoint("work"))
        gone = session.call(CreateBreakpoint(f"{script}:{lines['work'] + 1}", temporary=True))
        session.call(Resume("continue"))
        next_event(session, TargetAdded)
        session.call(SelectTarget(2))  # it runs, and waits for the file, as the program does for another one
        program_pid = session.call(GetTargets()).targets[0].info.pid
        wait_until(lambda: functions(program_pid)[:1] == ["wait_for"])
        (folder / "go").touch()
        first = next_event(session, Stopped)
        assert (first.target, first.stop.breakpoints) == (2, (kept.id,))
        made = session.call(CreateBreakpoint(f"{script}:{lines['stays']}"))  # for the program, from the child
        session.call(Resume("continue"))
        while not (cleared := next_event(session, BreakpointChanged)).cleared:
            continue
        assert cleared.breakpoint.id == gone.id
        second = next_event(session, Stopped)
        assert (second.target, second.stop.breakpoints) == (2, (gone.id,))
        session.call(Resume("continue"))
        next_event(session, TargetExited)
        assert [point.id for point in session.call(ListBreakpoints())] == [kept.id, made.id]


def test_only_those_that_are_wanted(python: Interpreter, program: Program) -> None:
    script = program("children/few.py")
    with debugged(python, script) as session:
        with pytest.raises(UsageError, match="is no regular expression"):
            session.call(FollowChildren(True, "("))
        session.call(CreateBreakpoint("work"))
        session.call(FollowChildren(True, "few.py 2[1-9]"))
        seen = run_through(session)
        assert [event.target.info.argv[1] for event in seen if isinstance(event, TargetAdded)] == ["21"]
        assert [event.target for event in seen if isinstance(event, Stopped)] == [2]
        session.call(Restart())
        session.wait_stop()
        session.call(FollowChildren(False))
        assert [type(event) for event in run_through(session)] == [Exited]
        assert [each.id for each in session.call(GetTargets()).targets] == [1, 2]
    assert (script.parent / "out").read_text() == "[40, 42] 6\n"  # of the second run


def test_children_of_a_program_that_was_attached_to(python: Interpreter, program: Program) -> None:
    script = program("children/later.py")
    with Running(python, script, folder=script.parent) as running:
        running.wait_ready()
        with LiveSession(AttachOptions(running.pid, stop=False, follow=True)) as session:
            session.call(CreateBreakpoint("work"))
            running.tell("go")
            for target, number in ((2, "3"), (3, "4")):
                assert next_event(session, Stopped).target == target
                assert value(session, "number") == number
                session.call(Resume("continue"))
            next_event(session, Exited)
        assert running.end() == ("ready\n6 8\n", "", 0)


def test_children_that_were_there_before(python: Interpreter, program: Program) -> None:
    script = program("children/already.py")
    with Running(python, script, folder=script.parent) as running:
        running.wait_ready()
        with LiveSession(AttachOptions(running.pid, stop=False, follow=True)) as session:
            offer = next_event(session, Notice)
            assert (offer.message, offer.hint) == (
                "it has 3 children that are Python, and not debugged", "target attach",
            )  # fmt: skip
            session.call(CreateBreakpoint("work"))
            session.call(AttachChildren())
            added = [next_event(session, TargetAdded).target for _ in range(3)]
            assert [(each.id, each.how, each.parent, each.status) for each in added] == [
                (number, "attach", 1, "running") for number in (2, 3, 4)
            ]
            with pytest.raises(TargetStateError, match="there is no child to attach to"):
                session.call(AttachChildren())
            running.tell("go")
            seen = {}
            for _ in added:
                stopped = next_event(session, Stopped)
                seen[stopped.target] = value(session, "number")
                session.call(Resume("continue"))
            assert sorted(seen.items()) == [(2, "3"), (3, "4"), (4, "5")]
            next_event(session, Exited)
        assert running.end() == ("ready\n[6, 8] 10\n", "", 0)


@pytest.mark.parametrize("minor", ["3.9", "3.13"])
def test_children_that_were_left_alone(minor: str, program: Program, marker: Marker) -> None:
    """They have nothing of ours but what a fork has left in them; then they are targets, and end with the program."""
    python = find_interpreters().get(minor)
    if python is None:
        pytest.skip(f"no CPython {minor} found on this machine")
    script = program("children/already.py")
    with debugged(python, script, follow=False) as session:
        session.call(CreateBreakpoint(f"{script}:{marker(script)['ready']}"))
        assert session.resume().reason == "breakpoint"
        assert len(session.call(GetTargets()).targets) == 1
        session.call(AttachChildren())
        session.call(CreateBreakpoint("work"))
        session.call(Resume("continue"))
        for number in (2, 3, 4):
            assert next_event(session, Stopped).target in (2, 3, 4)
            if number < 4:
                session.call(Resume("continue"))
        pids = [target.info.pid for target in session.call(GetTargets()).targets if target.exit is None]
    assert pids and all(map(_ended, pids))


def test_attach_with_children(program: Program) -> None:
    """By the command line; they run on at its end."""
    python = find_interpreters()["3.13"]
    script = program("children/already.py")
    with Running(python, script, folder=script.parent) as running:
        running.wait_ready(waits_in="read")
        commands = ["targets", "target attach", "detach"]
        done = Session(python, script.parent).run(["attach", "--children", str(running.pid)], commands)
        assert re.sub(r"already.py \d+ \d+ 5", "already.py 5", done.output) == _ATTACHED
        running.tell("go")
        assert running.end() == ("ready\n[6, 8] 10\n", "", 0)


_ATTACHED = """\
attached to process <pid>: <tmp>/already.py (CPython <version>)
target 2: process <pid>, a child of target 1, attached to: <tmp>/already.py (CPython <version>)
target 3: process <pid>, a child of target 1, attached to: <tmp>/already.py (CPython <version>)
target 4: process <pid>, a child of target 1, attached to: <tmp>/already.py 5 (CPython <version>)
> attached, already.py:34 in <module>, thread 1 (MainThread)
    32:      os.read(told, 1)
    33:  print("ready", flush=True)  # @ready
=>  34:  sys.stdin.readline()
    35:  os.write(begin, b"!!!")
    36:  print([os.waitpid(pid, 0)[1] >> 8 for pid in pids], shell.wait(), flush=True)
=> 1  process <pid>  stopped at already.py:34 in <module>  attached to: <tmp>/already.py
   2  process <pid>  running                               a child of target 1, attached to: <tmp>/already.py
   3  process <pid>  running                               a child of target 1, attached to: <tmp>/already.py
   4  process <pid>  running                               a child of target 1, attached to: <tmp>/already.py 5
there is no child to attach to
  why: all that are Python are targets, or there are none
  try: targets
detached: process <pid> runs on
"""


def test_exit_ends_children_and_detach_does_not(python: Interpreter, program: Program) -> None:
    script = program("children/outliving.py")
    folder = script.parent
    with debugged(python, script, str(folder), "stay") as session:
        session.call(CreateBreakpoint("work"))
        session.call(Resume("continue"))
        added = next_event(session, TargetAdded)
        session.call(Restart())
        session.wait_stop()
        assert _ended(added.target.info.pid)
        session.call(Resume("continue"))
        next_event(session, TargetAdded)
        session.call(Detach())
        (folder / "go").touch()
        _wait_for(folder / "done")
        assert (folder / "done").read_text() == "8"
        (folder / "stop").touch()


def test_exit_ends_those_that_have_not_called_yet(python: Interpreter, program: Program, marker: Marker) -> None:
    script = program("children/starting.py")
    line = marker(script)["inside"]
    with debugged(python, script) as session:
        session.call(CreateBreakpoint(f"{script}:{line}"))
        first = int(value(session, "child.pid")) if session.resume().reason == "breakpoint" else 0
        session.call(Restart())
        assert session.wait_stop().reason == "entry"
        assert _ended(first)
        assert len(session.call(GetTargets()).targets) == 1
        second = int(value(session, "child.pid")) if session.resume().reason == "breakpoint" else 0
    assert _ended(second)


def test_a_child_may_outlive_the_program(python: Interpreter, program: Program) -> None:
    script = program("children/outliving.py")
    folder = script.parent
    streams = ["--redirect", "stdout:out", "--redirect", "stderr:err"]  # the child keeps them open
    done = Session(python, folder).debug(script, "continue", "targets", arguments=[str(folder)], options=streams)
    assert re.sub(r"process \d+", "process N", done.output.replace("<pid>", "1")).splitlines()[-4:] == [
        "process N exited with status 0",
        "target 2, a child of it, runs on",
        "=> 1  process N  exited with status 0  started: <tmp>/outliving.py <tmp>",
        "   2  process N  running               forked by target 1: <tmp>/outliving.py <tmp>",
    ]
    (folder / "go").touch()
    _wait_for(folder / "done")
    assert (folder / "done").read_text() == "8"


def test_children_go_on_when_the_debugger_is_killed(python: Interpreter, program: Program) -> None:
    """One that stands, one that stands with it, and what they fork and start from then on."""
    script = program("children/outliving.py")
    folder = script.parent
    process = subprocess.Popen(
        [sys.executable, str(LAUNCHER), "debug", "--python", python.path, str(script), str(folder), "stay"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    with process, process.stdin, process.stdout:
        process.stdin.write("break work\nconfig stop-targets all\ncontinue\n")
        process.stdin.flush()
        (folder / "go").touch()
        for line in process.stdout:
            if line.startswith("> breakpoint 1"):
                break
        process.send_signal(signal.SIGKILL)
        process.wait()
        _wait_for(folder / "done")
        assert (folder / "done").read_text() == "8"
        (folder / "stop").touch()
        process.stdout.read()  # until the program, too, has ended


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + _LIMIT_S
    while not path.exists():
        assert time.monotonic() < deadline, path
        time.sleep(0.01)


def _ended(pid: int) -> bool:
    """It has, or is about to be reaped."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except OSError:
        return True
    return state in "ZX"
