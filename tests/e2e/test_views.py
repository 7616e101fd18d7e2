"""Clients that are about one target only, by JSON-RPC, beside one that looks at whatever stops."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pytest

from pydelve.api.attach import AttachOptions
from pydelve.api.breakpoints import HitCondition
from pydelve.api.events import (
    BreakpointChanged,
    Continued,
    Detached,
    Event,
    Exited,
    Notice,
    Started,
    Stopped,
    TargetAdded,
    TargetExited,
)
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    AttachChildren,
    ClearBreakpoint,
    CreateBreakpoint,
    Detach,
    Evaluate,
    FollowChildren,
    GetState,
    GetTargets,
    GetVariables,
    Halt,
    ListBreakpoints,
    Restart,
    Resume,
    SelectTarget,
)
from pydelve.api.target import ExitStatus
from pydelve.client.connection import SocketTransport
from pydelve.debugger import unseen
from pydelve.debugger.views import View
from pydelve.errors import (
    ProtocolError,
    TargetBusyError,
    TargetError,
    TargetGoneError,
    TargetStateError,
    UnsupportedError,
)
from pydelve.target.live.attach import attach
from pydelve.target.live.children import python_children_of
from pydelve.target.live.handle import Reached
from pydelve.target.live.kernel import is_debugged_by_us
from pydelve.target.live.process import LiveProcess
from tests.e2e.handshakes import wait_until
from tests.e2e.running import Running
from tests.interpreters import find_interpreters
from tests.serving import TOKEN, Serving

E = TypeVar("E", bound=Event)
Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]
_LIMIT_S = 20.0


@pytest.fixture
def script(program: Program) -> Path:
    return program("dap/family.py")


@pytest.fixture
def lines(script: Path, marker: Marker) -> dict[str, int]:
    return marker(script)


@pytest.fixture
def options(script: Path) -> LaunchOptions:
    return LaunchOptions("script", str(script), cwd=str(script.parent), follow=True, stop_at_entry=True)


def following(client: SocketTransport, kind: type[E]) -> E:
    """The next event of this type."""
    while True:
        event = client.next_event(_LIMIT_S)
        assert event is not None, f"no {kind.__name__} came"
        if isinstance(event, kind):
            return event


def about(serving: Serving, target: int) -> SocketTransport:
    """A client of one target."""
    return SocketTransport(serving.address, TOKEN, target)


def number_of(client: SocketTransport) -> str:
    return next(each.value.text for each in client.call(GetVariables()) if each.name == "number")


def test_each_is_about_its_own(options: LaunchOptions, lines: dict[str, int]) -> None:
    with Serving(options, stays=True) as serving:
        anyone, first = serving.connect(), about(serving, 1)
        for client in (anyone, first):
            assert following(client, Stopped).target == 1
        point = first.call(CreateBreakpoint(f"{options.program}:{lines['work']}", shared=True))
        assert following(anyone, BreakpointChanged).breakpoint.id == point.id
        first.call(Resume("continue"))
        assert following(anyone, Stopped).target == 2
        child = about(serving, 2)
        assert following(child, Started).target.argv[-1] == "child"
        assert following(child, BreakpointChanged).breakpoint.id == point.id
        stop = following(child, Stopped)
        assert (stop.target, stop.stop.breakpoints, number_of(child)) == (2, (point.id,), "21")
        assert (first.call(GetState()).status, child.call(GetState()).status) == ("running", "stopped")
        assert [each.id for each in child.call(GetTargets()).targets] == [1, 2]

        with pytest.raises(UnsupportedError, match=r"^this is about target 2 only"):
            child.call(SelectTarget(1))
        with pytest.raises(TargetStateError, match=r"^the program was attached to, and can't be restarted"):
            child.call(Restart())

        # a breakpoint that both have set alike is one; it goes with the last
        same = CreateBreakpoint(f"{options.program}:{lines['work']}", shared=True)
        assert child.call(same).id == point.id
        assert child.call(CreateBreakpoint(same.location, hit_condition=HitCondition(">", 1), shared=True)).id == 2
        assert anyone.call(CreateBreakpoint(same.location)).id == 3
        first.call(ClearBreakpoint(1, shared=True))
        assert [each.id for each in first.call(ListBreakpoints())] == [1, 2, 3]
        child.call(ClearBreakpoint(1, shared=True))
        for client in (anyone, first, child):
            while not (event := following(client, BreakpointChanged)).cleared:
                pass
            assert event.breakpoint.id == 1
            assert [each.id for each in client.call(ListBreakpoints())] == [2, 3]
        child.call(ClearBreakpoint(3))

        # whoever is about a target moves it, whoever's turn it is
        child.call(Resume("next"))
        for client in (anyone, child):
            assert following(client, Stopped).stop.frames[0].line == lines["after"]
        child.call(Detach())
        following(child, Detached)
        gone = following(anyone, TargetExited)
        assert (gone.target.id, gone.target.status, gone.target.exit, gone.current.id) == (2, "detached", None, 1)
        with pytest.raises(TargetStateError, match=r"^target 2 has ended"):
            child.call(GetVariables())
        ended = following(first, Exited)
        assert ended.status.how == "exited"
        for never in (77, -1):
            with pytest.raises(TargetStateError, match=rf"^there is no target {never} \(no child of that number was"):
                about(serving, never)
        with pytest.raises(ProtocolError, match=r"^authenticate is malformed \(target is no number\)"):
            about(serving, True)
        for client in (anyone, first, child):
            client.close()


def test_one_that_is_let_go_of_is_waited_for_no_more(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = LiveProcess.follow

    def busy(process: LiveProcess, door: str) -> None:
        if process.forked:
            raise TargetBusyError("it does not answer")
        follow(process, door)

    script = program("children/outliving.py")
    options = LaunchOptions("script", str(script), (str(tmp_path), "stay"), follow=True, stop_at_entry=True)
    with Serving(options, stays=True) as serving, ThreadPoolExecutor(1) as pool:
        anyone = serving.connect()
        following(anyone, Stopped)
        anyone.call(Resume("continue"))
        assert following(anyone, TargetAdded).target.id == 2
        child, other = about(serving, 2), about(serving, 2)
        child.call(Halt())
        for client in (anyone, child, other):
            assert following(client, Stopped).target == 2
        waits = pool.submit(child.call, Resume("continue", wait=True))
        following(other, Continued)
        anyone.call(SelectTarget(2))

        def asked_meanwhile(process: LiveProcess) -> None:
            deliver = meanwhile.append
            serving.host.serve(GetState(), lambda result, error: deliver(result or error), View(lambda _: None))
            detach(process)

        detach, meanwhile = LiveProcess.detach, list[Any]()
        monkeypatch.setattr(LiveProcess, "detach", asked_meanwhile)
        other.call(Detach())
        assert [state.status for state in meanwhile] == ["running"]
        assert waits.result(_LIMIT_S).status == "detached"
        gone = following(anyone, TargetExited)
        assert (gone.target.id, gone.target.status, gone.current.id) == (2, "detached", 1)
        assert anyone.call(GetState()).status == "running"
        (tmp_path / "go").touch()
        wait_until((tmp_path / "done").exists)
        # those that the end of the program takes along are known, too
        (tmp_path / "go").unlink()
        anyone.call(Restart())
        following(anyone, Stopped)
        anyone.call(Resume("continue"))
        assert following(anyone, TargetAdded).target.id == 3
        third = about(serving, 3)
        monkeypatch.setattr(LiveProcess, "follow", busy)
        anyone.call(FollowChildren(True))
        assert following(anyone, Notice).message == "target 3: it does not answer"
        monkeypatch.setattr(LiveProcess, "follow", follow)
        anyone.call(Restart())
        assert following(third, Exited).status.how == "killed"
        late = about(serving, 3)
        assert following(late, Exited).status == late.call(GetState()).exit
        # one that ends while they are all told something
        following(anyone, Stopped)
        anyone.call(Resume("continue"))
        added = following(anyone, TargetAdded).target
        assert added.id == 4

        def ends(process: LiveProcess, door: str) -> None:
            os.kill(added.info.pid, signal.SIGKILL)
            assert serving.host._loop.wait_until(lambda: 4 not in serving.host._debugger._members, _LIMIT_S)
            follow(process, door)

        monkeypatch.setattr(LiveProcess, "follow", ends)
        anyone.call(FollowChildren(True))
        assert following(anyone, TargetExited).target.id == 4
        for client in (anyone, child, other, third, late):
            client.close()


def test_a_child_that_can_not_be_debugged_runs_on(
    program: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its agent does not take what it is told at first; it is as without us then, and that is told."""
    script = program("children/outliving.py")
    follow = LiveProcess.follow

    def fails(process: LiveProcess, door: str) -> None:
        if process.forked:
            raise TargetBusyError("it does not answer", why="it was asked once")
        follow(process, door)

    monkeypatch.setattr(LiveProcess, "follow", fails)
    options = LaunchOptions("script", str(script), (str(tmp_path), "stay"), follow=True, stop_at_entry=True)
    with Serving(options) as serving:
        client = about(serving, 1)
        following(client, Stopped)
        client.call(CreateBreakpoint("work"))
        client.call(Resume("continue"))
        assert following(client, TargetAdded).target.id == 2
        told = following(client, Notice)
        assert (told.message, told.why) == ("target 2: it does not answer", "it was asked once")
        gone = following(client, TargetExited).target
        assert (gone.id, gone.exit) == (2, ExitStatus("lost", 0, False))
        (tmp_path / "go").touch()
        wait_until((tmp_path / "done").exists)
        client.close()


def test_letting_go_while_children_are_attached_to(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that were not come to yet are left alone; one that has our agent already is no child to attach to."""
    python, script, attached = find_interpreters()["3.13"], program("children/already.py"), []
    with Running(python, script, folder=script.parent) as running:
        running.wait_ready()
        with Serving(AttachOptions(running.pid, stop=False), stays=True) as serving:
            client = about(serving, 1)

            def leaving(options: AttachOptions) -> Reached:
                attached.append(options.pid)
                if len(attached) <= 2:
                    raise TargetError("it can't be entered")
                view = View(lambda _: None)
                serving.host.post(lambda: serving.host.serve(Detach(), lambda *_: None, view), urgent=True)
                return attach(options)

            monkeypatch.setattr("pydelve.target.live.attach.attach", leaving)
            first = min(python_children_of(running.pid))
            has_called = attach(AttachOptions(first, stop=False))
            wait_until(lambda: is_debugged_by_us(first))
            client.call(AttachChildren())
            for _ in range(2):
                assert following(client, Notice).message == "it can't be entered"
            client.call(AttachChildren())
            following(client, Detached)
            client.close()
            has_called.close()
        assert attached[0] == attached[2] and len({*attached, first}) == len(attached) == 3
        running.tell("go")
        assert running.end() == ("ready\n[6, 8] 10\n", "", 0)


def test_a_child_that_nobody_sees_runs_on(
    options: LaunchOptions, lines: dict[str, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Serving(options, stays=True) as serving, ThreadPoolExecutor(1) as pool:
        first = about(serving, 1)
        following(first, Stopped)
        first.call(CreateBreakpoint(f"{options.program}:{lines['work']}"))
        first.call(Resume("continue"))
        following(first, TargetAdded)
        # who looks at it leaves, in the middle of an evaluation
        child = about(serving, 2)
        following(child, Stopped)
        monkeypatch.setattr(unseen, "PATIENCE_S", 0.01)
        begun, end = tmp_path / "begun", tmp_path / "end"
        text = f"open({str(begun)!r}, 'w').close()\nimport os\nwhile not os.path.exists({str(end)!r}): pass"
        evaluated = pool.submit(child.call, Evaluate(text, statements=True, timeout_s=_LIMIT_S))
        wait_until(begun.exists)
        child.close()
        assert isinstance(evaluated.exception(_LIMIT_S), TargetGoneError)
        left = threading.Event()
        wait_until(lambda: len(list(serving.host._views)) == 1)
        serving.host.post(lambda: serving.host._loop.after(0.05, left.set), urgent=True)  # after its patience
        assert left.wait(_LIMIT_S)
        end.touch()
        for number in (2, 3):
            told = following(first, Notice)
            assert (told.message, told.why) == (
                f"target {number} stopped, and runs on", "nobody has come to look at it",
            )  # fmt: skip
        assert following(first, Exited).status.how == "exited"
        first.close()
