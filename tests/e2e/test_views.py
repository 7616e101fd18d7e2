"""Clients that are about one target only, by JSON-RPC, beside one that looks at whatever stops."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from pydelve.api.breakpoints import HitCondition
from pydelve.api.events import BreakpointChanged, Detached, Event, Exited, Notice, Started, Stopped, TargetExited
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    ClearBreakpoint,
    CreateBreakpoint,
    Detach,
    GetState,
    GetTargets,
    GetVariables,
    ListBreakpoints,
    Restart,
    Resume,
    SelectTarget,
)
from pydelve.client.connection import SocketTransport
from pydelve.debugger import unseen
from pydelve.errors import TargetStateError, UnsupportedError
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
        nobody = about(serving, 77)
        following(nobody, Detached)
        for client in (anyone, first, child, nobody):
            client.close()


def test_a_child_that_nobody_sees_runs_on(
    options: LaunchOptions, lines: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unseen, "PATIENCE_S", 0.01)
    with Serving(options, stays=True) as serving:
        first = about(serving, 1)
        following(first, Stopped)
        first.call(CreateBreakpoint(f"{options.program}:{lines['work']}"))
        first.call(Resume("continue"))
        for number in (2, 3):
            told = following(first, Notice)
            assert (told.message, told.why) == (
                f"target {number} stopped, and runs on", "nobody has come to look at it",
            )  # fmt: skip
        assert following(first, Exited).status.how == "exited"
        first.close()
