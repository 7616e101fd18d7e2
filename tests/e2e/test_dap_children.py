"""Children of a program in sessions of the editor's own (``startDebugging``), and in editors that have none."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.dap import Editor
from tests.e2e.test_dap import Port
from tests.e2e.test_headless import Listen, listen
from tests.interpreters import Interpreter

__all__ = ["listen"]

Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]


@pytest.fixture
def family(program: Program) -> Path:
    return program("dap/family.py")


@pytest.fixture
def script(family: Path) -> Path:
    return family


@pytest.fixture
def lines(family: Path, marker: Marker) -> dict[str, int]:
    return marker(family)


def points(editor: Editor, script: Path, *lines: int) -> list[tuple[int, bool]]:
    """Set breakpoints: number and whether it is verified, of each."""
    asked = {"source": {"path": str(script)}, "breakpoints": [{"line": line} for line in lines]}
    return [(each["id"], each["verified"]) for each in editor.request("setBreakpoints", asked)["breakpoints"]]


def next_child(parent: Editor, name: str) -> dict[str, Any]:
    """What the next child's session is to be made with."""
    asked = parent.reverse("startDebugging")
    parent.answer(asked, {})
    configuration: dict[str, Any] = asked["arguments"]["configuration"]
    assert asked["arguments"]["request"] == configuration["request"] == "attach"
    assert configuration["name"].startswith(name)
    return configuration


@contextlib.contextmanager
def session_for(configuration: dict[str, Any], folder: Path) -> Iterator[Editor]:
    """A child's session, up to where breakpoints are set."""
    with Editor(folder) as editor:
        editor.initialize(supportsStartDebuggingRequest=True)
        editor.request("attach", configuration)
        editor.event("initialized")
        yield editor


def test_children_have_sessions_of_their_own(family: Path, lines: dict[str, int], python: Interpreter) -> None:
    with Editor(family.parent) as parent:
        parent.initialize(supportsStartDebuggingRequest=True)
        parent.request("launch", {"program": str(family), "python": python.path, "justMyCode": False, "type": "mine"})
        parent.event("initialized")
        [work, end] = points(parent, family, lines["work"], lines["end"])
        parent.request("setExceptionBreakpoints", {"filters": ["raised"]})
        parent.request("configurationDone")

        configuration = next_child(parent, "family.py child (")
        assert configuration.items() >= {"target": 2, "justMyCode": False, "type": "mine"}.items()
        with Editor(family.parent) as stranger:
            stranger.initialize(supportsStartDebuggingRequest=True)
            assert "there is no target 999" in stranger.refusal("attach", {**configuration, "target": 999})
            assert "2.0 is no target" in stranger.refusal("attach", {**configuration, "target": "2.0"})
        with session_for(configuration, family.parent) as child:
            assert points(child, family, lines["work"], lines["end"]) == [work, end]  # the same ones
            child.request("setExceptionBreakpoints", {"filters": ["raised"]})
            child.request("configurationDone")
            assert child.event("process")["startMethod"] == "attach"
            stopped = child.event("stopped")
            assert (stopped["reason"], stopped["hitBreakpointIds"], child.line()) == (
                "breakpoint", [work[0]], lines["work"],
            )  # fmt: skip
            assert child.locals()["number"]["value"] == "21"
            # the program itself runs meanwhile, can be stopped, and looked at, while the child stands
            assert parent.request("threads")["threads"] == [{"id": 1, "name": "MainThread"}]
            parent.request("pause", {"threadId": 1})
            assert parent.event("stopped")["reason"] == "pause"
            frames = parent.request("stackTrace", {"threadId": 1})["stackFrames"]
            assert frames[-1]["line"] == lines["starts"]
            assert child.step("next") == lines["after"]
            assert child.locals()["total"]["value"] == "42"
            parent.request("continue", {"threadId": 1})
            assert child.event("capabilities") == {"capabilities": {"supportsRestartRequest": False}}
            assert "pydelve did not start it" in child.refusal("restart")
            child.request("continue", {"threadId": 1})
            stopped = child.event("stopped")
            assert (stopped["reason"], stopped["text"]) == ("exception", "SystemExit: 42")
            child.request("continue", {"threadId": 1})
            assert child.event("exited") == {"exitCode": 42}
            child.event("terminated")

        with session_for(next_child(parent, "family.py ("), family.parent) as child:
            assert points(child, family, lines["work"]) == [work]
            child.request("configurationDone")
            assert child.event("stopped")["hitBreakpointIds"] == [work[0]]
            # what one session has no more is there as long as another has it
            assert points(child, family) == []
            listed = parent.request("evaluate", {"expression": "> breakpoints", "context": "repl"})["result"]
            assert [line.split()[1] for line in listed.splitlines() if line.startswith("breakpoint ")] == [
                "1",
                "2",
                "3",
            ]
            assert points(child, family, lines["work"]) == [work]
            child.request("disconnect", {"terminateDebuggee": False})

        assert parent.event("stopped")["hitBreakpointIds"] == [end[0]]
        assert (parent.line(), parent.locals()["status"]["value"]) == (lines["end"], "6")
        parent.request("continue", {"threadId": 1})
        assert parent.output("stdout", "\n") == "42 6\n"
        assert parent.event("exited") == {"exitCode": 0}
        parent.event("terminated")
        assert not any(
            event["event"] == "breakpoint" and event["body"]["reason"] == "new"
            for event in parent.log
            if event["type"] == "event"
        )


def test_an_editor_without_such_sessions_shows_who_stops(family: Path, lines: dict[str, int]) -> None:
    with Editor(family.parent) as editor:
        editor.launch(program=str(family))
        assert editor.run_to(family, lines["work"], lines["end"])["reason"] == "breakpoint"
        assert editor.request("threads")["threads"] == [{"id": 1, "name": "MainThread (target 2)"}]
        assert editor.locals()["number"]["value"] == "21"
        assert editor.step("next") == lines["after"]
        editor.request("continue", {"threadId": 1})
        editor.event("stopped")
        assert editor.request("threads")["threads"] == [{"id": 1, "name": "MainThread (target 3)"}]
        assert editor.locals()["number"]["value"] == "3"
        editor.request("continue", {"threadId": 1})
        editor.event("stopped")
        assert editor.request("threads")["threads"] == [{"id": 1, "name": "MainThread"}]
        assert editor.line() == lines["end"]
        assert not any(each["type"] == "request" for each in editor.log)


def test_children_are_left_alone_where_that_is_wanted(family: Path, lines: dict[str, int]) -> None:
    with Editor(family.parent) as editor:
        editor.initialize(supportsStartDebuggingRequest=True)
        editor.request("launch", {"program": str(family), "subProcess": False})
        editor.event("initialized")
        editor.run_to(family, lines["work"], lines["end"])
        assert editor.line() == lines["end"]
        assert "returncode: 42" in editor.locals()["done"]["value"]
        assert not any(each["type"] == "request" for each in editor.log)


def test_where_the_editor_refuses_children_run_on(family: Path, lines: dict[str, int]) -> None:
    with Editor(family.parent) as editor:
        editor.initialize(supportsStartDebuggingRequest=True)
        editor.request("launch", {"program": str(family)})
        editor.event("initialized")
        points(editor, family, lines["end"])
        editor.request("configurationDone")
        editor.answer(editor.reverse("startDebugging"), refused="no room")
        assert editor.output("important", "\n") == (
            "children stop nowhere: the editor has no session for them (no room)\n"
        )
        assert editor.event("stopped")["reason"] == "breakpoint"
        assert sum(each["type"] == "request" for each in editor.log) == 1


def test_children_that_outlive_the_program_and_that_are_gone(program: Program, marker: Marker, tmp_path: Path) -> None:
    script = program("children/outliving.py")
    lines = marker(script)
    with Editor(tmp_path) as parent:
        parent.initialize(supportsStartDebuggingRequest=True)
        parent.request("launch", {"program": str(script), "args": [str(tmp_path)]})
        parent.event("initialized")
        points(parent, script, lines["work"])
        parent.request("configurationDone")
        configuration = next_child(parent, "outliving.py ")
        assert parent.event("exited") == {"exitCode": 0}  # but the session goes on: the child's would end with it
        with session_for(configuration, tmp_path) as child:
            child.request("configurationDone")
            (tmp_path / "go").touch()
            assert child.event("stopped")["reason"] == "breakpoint"
            assert child.line() == lines["work"]
            child.request("continue", {"threadId": 1})
            child.event("terminated")
        parent.event("terminated")
        # an editor that comes late hears of the end, and of nothing that went wrong
        with session_for(configuration, tmp_path) as late:
            assert points(late, script) == []
            late.request("setExceptionBreakpoints", {"filters": ["uncaught"]})
            late.request("configurationDone")
            assert late.event("exited") == {"exitCode": 0}
            late.event("terminated")
    with session_for(configuration, tmp_path) as late:  # its session is over, too
        late.request("setExceptionBreakpoints", {"filters": ["uncaught"]})
        late.request("configurationDone")
        late.event("terminated")


def test_the_end_and_the_restart_of_the_program_end_childrens_sessions(
    program: Program, marker: Marker, tmp_path: Path
) -> None:
    script = program("children/outliving.py")
    with Editor(tmp_path) as parent:
        parent.initialize(supportsStartDebuggingRequest=True)
        parent.request("launch", {"program": str(script), "args": [str(tmp_path), "stay"]})
        parent.event("initialized")
        parent.request("configurationDone")
        with session_for(next_child(parent, "outliving.py "), tmp_path) as child:
            child.request("configurationDone")
            parent.request("restart")
            child.event("terminated")
        with session_for(next_child(parent, "outliving.py "), tmp_path) as child:
            child.request("configurationDone")
            parent.request("disconnect", {"terminateDebuggee": True})
            child.event("terminated")


def test_children_in_a_session_that_listens(family: Path, lines: dict[str, int], listen: Listen) -> None:
    """By its own port, and by an adapter of the editor's."""
    for by_port in (True, False):
        listening = listen("debug", "--headless", "--listen", "127.0.0.1:0", str(family))
        where = {"token": listening.token} | ({} if by_port else {"address": listening.address})
        with contextlib.ExitStack() as closing:

            def editor(closing: contextlib.ExitStack = closing, address: str = listening.address) -> Editor:
                if not by_port:  # noqa: B023
                    return closing.enter_context(Editor(family.parent))
                port = Port(family.parent, address)
                closing.callback(port.close)
                return port.editor

            parent, child = editor(), editor()
            parent.initialize(supportsStartDebuggingRequest=True)
            parent.request("attach", where)
            parent.event("initialized")
            assert parent.run_to(family, lines["work"])["reason"] == "entry"
            parent.request("continue", {"threadId": 1})
            configuration = next_child(parent, "family.py child (")
            assert configuration.items() >= {"target": 2, **where}.items()
            child.initialize()
            child.request("attach", configuration)
            child.event("initialized")
            child.request("configurationDone")
            assert child.event("stopped")["reason"] == "breakpoint"
            assert child.locals()["number"]["value"] == "21"
            child.request("disconnect", {})
            configuration = next_child(parent, "family.py (")
            assert configuration["target"] == 3
            parent.request("disconnect", {"terminateDebuggee": True})
        assert listening.finish()[1] == "pydelve: the session is over: the last client left\n"
