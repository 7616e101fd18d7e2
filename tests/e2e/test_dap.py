"""The Debug Adapter Protocol as an editor uses it; every message is checked by the protocol's schema."""

from __future__ import annotations

import base64
import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pydelve.rpc.framing import frame
from pydelve_dap.table import KEYS, REFUSALS, SERVED
from tests.e2e.dap import LIMIT_S, Editor, schema
from tests.e2e.test_headless import Listen, listen
from tests.interpreters import Interpreter

__all__ = ["listen"]

Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]


@pytest.fixture
def shop(program: Program) -> Path:
    return program("dap/shop.py")


@pytest.fixture
def script(shop: Path) -> Path:
    return shop


@pytest.fixture
def lines(shop: Path, marker: Marker) -> dict[str, int]:
    return marker(shop)


def test_a_session_from_start_to_end(shop: Path, lines: dict[str, int], python: Interpreter) -> None:
    with Editor(shop.parent) as editor:
        editor.launch(program=str(shop), python=python.path, cwd=str(shop.parent))
        assert editor.event("process")["startMethod"] == "launch"
        stop = editor.run_to(shop, lines["loop"], lines["double"])
        assert (stop["reason"], stop["allThreadsStopped"], len(stop["hitBreakpointIds"])) == ("breakpoint", True, 1)
        assert editor.request("threads") == {"threads": [{"id": 1, "name": "MainThread"}]}
        stack = editor.request("stackTrace", {"threadId": 1})
        assert [frame["name"] for frame in stack["stackFrames"]] == ["total", "main", "<module>"]
        assert stack["totalFrames"] == 3
        part = editor.request("stackTrace", {"threadId": 1, "startFrame": 1, "levels": 1})
        assert [(frame["name"], frame["line"]) for frame in part["stackFrames"]] == [("main", lines["prints"])]
        assert editor.locals()["sum_so_far"]["value"] == "0"
        assert editor.step("next") == lines["loop"] - 1
        assert editor.step("next", singleThread=True) == lines["loop"]
        assert editor.locals()["sum_so_far"]["value"] == "3"
        editor.request("setBreakpoints", {"source": {"path": str(shop)}, "breakpoints": [{"line": lines["calls"]}]})
        assert editor.step("continue") == lines["calls"]
        assert editor.step("stepIn") == lines["double"]
        assert editor.step("stepOut") == lines["calls"]
        editor.request("continue", {"threadId": 1})
        assert editor.event("exited") == {"exitCode": 0}
        editor.event("terminated")
        assert editor.output("stdout", "2 3\n".replace("2 3", "1000 2")) == "total 9\nresult 6 1000 2\n"


def test_breakpoints_of_every_kind(shop: Path, lines: dict[str, int]) -> None:
    source = {"path": str(shop)}
    with Editor(shop.parent) as editor:
        editor.launch(program=str(shop))
        points = [
            {"line": lines["loop"], "condition": "item.name == 'milk'"},
            {"line": lines["double"], "hitCondition": "2"},
            {"line": lines["add"], "logMessage": "adding {one} and {two}"},
            {"line": 5000},
            {"line": lines["end"], "hitCondition": "often"},
            {"line": lines["end"], "condition": "1 +"},
        ]
        made = editor.request("setBreakpoints", {"source": source, "breakpoints": points})["breakpoints"]
        assert [point["verified"] for point in made] == [True, True, True, False, False, False]
        assert made[4]["message"].startswith("'often' is no hit condition")
        assert made[0]["message"].startswith("woven")
        named = editor.request("setFunctionBreakpoints", {"breakpoints": [{"name": "fail"}, {"name": "nowhere"}]})
        assert [point["verified"] for point in named["breakpoints"]] == [True, False]
        located = editor.request("breakpointLocations", {"source": source, "line": 1, "endLine": lines["loop"]})
        assert located["breakpoints"][0] == {"line": 1} and {"line": lines["loop"]} in located["breakpoints"]
        editor.request("configurationDone")
        stops = []
        for _ in range(3):
            stop = editor.event("stopped")
            stops.append((stop["hitBreakpointIds"], editor.top()["name"]))
            if len(stops) == 1:
                assert editor.locals()["sum_so_far"]["value"] == "3"
            editor.request("continue", {"threadId": 1})
        ids = [point.get("id") for point in made + named["breakpoints"]]
        assert stops == [([ids[0]], "total"), ([ids[1]], "double"), ([ids[6]], "fail")]
        editor.event("terminated")
        logged = [each["body"] for each in editor.events if each["event"] == "output" and "line" in each["body"]]
        assert [(each["output"], each["line"]) for each in logged] == [("adding 2 and 4\n", lines["add"])]
        assert not [each for each in editor.events if each["event"] == "breakpoint"]


def test_conditions_and_messages_that_fail_are_stops_that_say_so(shop: Path, lines: dict[str, int]) -> None:
    with Editor(shop.parent) as editor:
        editor.launch(program=str(shop), args=["raise"])
        points = [
            {"line": lines["loop"], "condition": "nothing"},
            {"line": lines["double"], "condition": "number == 2", "hitCondition": "1"},
            {"line": lines["add"], "logMessage": "{{adding}} {one} and {nothing}"},
        ]
        editor.request("setBreakpoints", {"source": {"path": str(shop)}, "breakpoints": points})
        editor.request("setExceptionBreakpoints", {"filters": ["userUnhandled"]})
        editor.request("configurationDone")
        stop = editor.event("stopped")
        assert (stop["reason"], stop["description"]) == ("breakpoint", "Paused on a condition that failed")
        assert stop["text"] == "NameError: name 'nothing' is not defined"
        editor.request("setBreakpoints", {"source": {"path": str(shop)}, "breakpoints": points[1:]})
        assert editor.step("continue") == lines["double"]
        assert editor.locals()["number"]["value"] == "2"  # the second hit, and the first with the condition true
        editor.request("continue", {"threadId": 1})
        stop = editor.event("stopped")
        assert (stop["reason"], stop["description"]) == ("breakpoint", "Paused on a log message that failed")
        editor.request("continue", {"threadId": 1})
        assert editor.event("exited") == {"exitCode": 1}  # nobody's code was left by it: no stop of userUnhandled


def test_exceptions(shop: Path, lines: dict[str, int]) -> None:
    with Editor(shop.parent) as editor:
        editor.launch(program=str(shop), args=["raise"])
        filters = [{"filterId": "raised", "condition": "exc.args[0] == 'nothing'"}, {"filterId": "uncaught"}]
        made = editor.request("setExceptionBreakpoints", {"filters": [], "filterOptions": filters})
        assert [point["verified"] for point in made["breakpoints"]] == [True, True]
        editor.request("configurationDone")
        stop = editor.event("stopped")
        assert (stop["reason"], stop["text"], editor.line()) == ("exception", "KeyError: 'nothing'", lines["raises"])
        info = editor.request("exceptionInfo", {"threadId": 1})
        assert (info["exceptionId"], info["breakMode"]) == ("KeyError", "always")
        assert editor.step("continue") == lines["uncaught"]
        info = editor.request("exceptionInfo", {"threadId": 1})
        assert (info["exceptionId"], info["description"], info["breakMode"]) == ("ValueError", "too dear", "unhandled")
        assert info["details"]["innerException"][0]["typeName"] == "KeyError"
        assert editor.locals()["result"]["value"] == "6"
        editor.request("setExceptionBreakpoints", {"filters": []})
        editor.request("continue", {"threadId": 1})
        assert editor.event("exited") == {"exitCode": 1}


def test_looking_and_changing(shop: Path, lines: dict[str, int]) -> None:
    with Editor(shop.parent) as editor:
        editor.launch(program=str(shop))
        editor.run_to(shop, lines["calls"])
        found = editor.locals()
        assert found["items"]["value"].startswith("[<__main__.Item 0x")
        item = editor.variables(found["items"]["variablesReference"])["0"]
        assert item["evaluateName"] == "items[0]"
        assert {name: each["value"] for name, each in editor.variables(item["variablesReference"]).items()} == {
            "name": "'tea'", "price": "3",
        }  # fmt: skip
        many = found["many"]
        assert many["indexedVariables"] == 1000
        page = editor.variables(many["variablesReference"], filter="indexed", start=990, count=50)
        assert [*page] == [str(number) for number in range(990, 1000)]
        mapping = editor.variables(found["mapping"]["variablesReference"])
        assert [(name, each["evaluateName"]) for name, each in mapping.items()] == [
            ("'one'", "mapping['one']"), ("2", "mapping[2]"),
        ]  # fmt: skip
        frame = editor.top()["id"]

        def evaluate(text: str, context: str) -> Any:
            return editor.request("evaluate", {"expression": text, "frameId": frame, "context": context})["result"]

        assert evaluate("items[1].price", "hover") == "2" == evaluate("mapping[2][-2]", "watch")
        assert evaluate("flags[1]", "hover") == "'yes'" == evaluate("flags[1.0]", "hover")
        assert editor.refusal(
            "evaluate", {"expression": "mapping['two']", "frameId": frame, "context": "hover"}
        ).startswith("there is no ['two'] (none of the first 1000 keys is this one)")
        for text in ("items[0].label", "double(2)", "items[:1]", "many[0] + 1", "nothing", "owners['ann']"):
            assert editor.refusal("evaluate", {"expression": text, "frameId": frame, "context": "hover"})
        assert evaluate("double(21)", "repl") == "42"
        assert evaluate("print('written'); x = 5", "repl") == ""
        assert editor.output("stdout", "written\n").endswith("written\n")
        assert evaluate("many", "clipboard").endswith("998, 999]")
        assert evaluate("> break add", "repl").startswith("breakpoint 2 at shop.py:")
        assert evaluate("> nonsense(", "repl") == "'nonsense(' is neither a command nor Python\n  try: help"
        changed = editor.request(
            "setVariable", {"variablesReference": item["variablesReference"], "name": "price", "value": "double(50)"}
        )
        assert (changed["value"], evaluate("items[0].price", "hover")) == ("100", "100")
        changed = editor.request("setExpression", {"expression": "many[0]", "value": "7", "frameId": frame})
        assert (changed["value"], evaluate("many[0]", "hover")) == ("7", "7")
        targets = editor.request("completions", {"frameId": frame, "text": "items[0].pr", "column": 12})["targets"]
        assert targets[0] == {"label": "price", "text": "price", "start": 10, "length": 2}
        text = "'\U0001f375' + items[0].pr"  # that character is two of UTF-16's units
        targets = editor.request("completions", {"frameId": frame, "text": text, "column": 19})["targets"]
        assert targets[0] == {"label": "price", "text": "price", "start": 17, "length": 2}
        targets = editor.request("stepInTargets", {"frameId": frame})["targets"]
        assert [each["label"] for each in targets] == ["double", "add"]
        assert editor.step("stepIn", targetId=targets[1]["id"]) == lines["add"]
        assert [each["event"] for each in editor.events if each["event"] == "breakpoint"] == ["breakpoint"]
        assert "that value is gone" in editor.refusal("variables", {"variablesReference": item["variablesReference"]})
        assert "that frame is gone" in editor.refusal("scopes", {"frameId": frame})


def test_code_and_places(shop: Path, lines: dict[str, int]) -> None:
    with Editor(shop.parent) as editor:
        editor.launch(program=str(shop))
        editor.run_to(shop, lines["returns"])
        frame = editor.top()
        reference = frame["instructionPointerReference"]
        wanted = {"memoryReference": reference, "instructionOffset": -500, "instructionCount": 600}
        found = editor.request("disassemble", wanted)["instructions"]
        assert len(found) == 600 and found[0]["presentationHint"] == "invalid"
        assert any(each["instruction"].startswith("RETURN_VALUE") for each in found)
        modules = editor.request("modules", {"startModule": 0, "moduleCount": 5})
        assert len(modules["modules"]) == 5 < modules["totalModules"]
        sources = editor.request("loadedSources", {})["sources"]
        assert {"name": "shop.py", "path": str(shop)} in sources
        content = editor.request("source", {"source": {"path": str(shop)}, "sourceReference": 0})["content"]
        assert content.rstrip() == shop.read_text(encoding="utf-8").rstrip()
        editor.step("stepOut")
        assert editor.step("next") == lines["calls"]
        targets = editor.request("gotoTargets", {"source": {"path": str(shop)}, "line": lines["end"]})["targets"]
        assert [each["line"] for each in targets] == [lines["end"]]
        editor.request("goto", {"threadId": 1, "targetId": targets[0]["id"]})
        assert editor.event("stopped")["reason"] == "goto"
        assert editor.line() == lines["end"]
        other = shop.with_name("other.py")
        other.write_text("one = 1\n" * 60)
        elsewhere = editor.request("gotoTargets", {"source": {"path": str(other)}, "line": lines["calls"]})["targets"]
        refused = editor.refusal("goto", {"threadId": 1, "targetId": elsewhere[0]["id"]})
        assert refused.startswith(f"can't jump to {other}:{lines['calls']}: it is not in main")
        refused = editor.refusal("goto", {"threadId": 2, "targetId": targets[0]["id"]})
        assert refused.startswith("can't jump in thread 2")
        assert editor.line() == lines["end"]


def test_breakpoints_that_somebody_else_clears_or_that_have_landed(shop: Path, lines: dict[str, int]) -> None:
    with Editor(shop.parent) as editor:
        editor.launch(program=str(shop))
        editor.run_to(shop, lines["loop"])
        both = {"source": {"path": str(shop)}, "breakpoints": [{"line": lines["loop"]}, {"line": lines["returns"]}]}
        first, second = editor.request("setBreakpoints", both)["breakpoints"]
        assert (first["verified"], second["verified"]) == (True, True)
        editor.request("evaluate", {"expression": f"> clear {first['id']}", "context": "repl"})
        while (news := editor.event("breakpoint"))["reason"] != "removed":
            pass
        assert news["breakpoint"]["id"] == first["id"]
        again, same = editor.request("setBreakpoints", both)["breakpoints"]
        assert (again["verified"], again["id"] != first["id"], same) == (True, True, second)
        assert editor.step("continue") == lines["loop"]


def test_pause_restart_terminate_and_an_evaluation_that_is_cancelled(shop: Path, lines: dict[str, int]) -> None:
    with Editor(shop.parent) as editor:
        editor.launch(program=str(shop), args=["wait"], stopOnEntry=True, env={"SHOP": "1"})
        editor.request("configurationDone")
        assert editor.event("stopped")["reason"] == "entry"
        editor.request("continue", {"threadId": 1})
        editor.output("stdout", "1000 2\n")
        assert editor.refusal("stackTrace", {"threadId": 1}).startswith("the program is not stopped")
        assert editor.request("threads")["threads"] == [{"id": 1, "name": "MainThread"}]
        editor.request("pause", {"threadId": 1})
        assert editor.event("stopped")["reason"] == "pause"
        frame = editor.top()["id"]
        begun = shop.parent / "begun"
        endless = f"open({str(begun)!r}, 'w').close()\nwhile True: pass"
        number = editor.send("evaluate", {"expression": endless, "context": "repl"})
        waits = editor.send("evaluate", {"expression": "1", "context": "repl"})
        while not begun.exists():
            pass
        editor.request("cancel", {"requestId": waits})
        editor.request("cancel", {"requestId": number})
        assert "by you" in editor.response(number)["message"]
        assert editor.response(waits)["message"] == "cancelled"
        editor.request("restart", {})
        assert editor.event("stopped")["reason"] == "entry"
        assert "that frame is gone" in editor.refusal("scopes", {"frameId": frame})
        editor.request("evaluate", {"expression": "import os; print(os.environ['SHOP'])", "context": "repl"})
        endless = endless.replace("begun", "again")
        number = editor.send("evaluate", {"expression": endless, "context": "repl"})
        while not begun.with_name("again").exists():
            pass
        editor.request("terminate", {})
        assert editor.response(number)["message"].startswith("the program ended")
        assert editor.event("exited") == {"exitCode": -signal.SIGTERM}
        editor.event("terminated")


def test_attaching_and_leaving(shop: Path) -> None:
    words = [sys.executable, str(shop), "wait"]
    target = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    try:
        assert target.stdout is not None
        while target.stdout.readline() != "result 6 1000 2\n":
            pass
        with Editor(shop.parent) as editor:
            editor.initialize()
            editor.request("attach", {"processId": target.pid})
            assert editor.event("capabilities") == {"capabilities": {"supportsRestartRequest": False}}
            editor.event("initialized")
            editor.request("setFunctionBreakpoints", {"breakpoints": [{"name": "double"}]})
            editor.request("configurationDone")
            assert editor.event("stopped")["reason"] == "breakpoint"
            assert editor.refusal("restart", {}).startswith("the program was attached to")
        assert target.poll() is None
        with Editor(shop.parent) as editor:
            editor.initialize()
            editor.request("attach", {"processId": target.pid, "stopOnEntry": True, "redirectOutput": True})
            assert editor.event("output") == {
                "category": "important",
                "output": "redirectOutput changes nothing\n"
                "  why: what a program writes that was attached to goes where it went before\n",
            }
            editor.request("configurationDone")
            assert editor.event("stopped")["reason"] == "pause"
        assert target.poll() is None
    finally:
        target.kill()
        target.communicate()


def test_an_editor_on_the_port_of_a_session(shop: Path, lines: dict[str, int], listen: Listen) -> None:
    listening = listen("debug", "--headless", "--listen", "127.0.0.1:0", str(shop))
    port = Port(shop.parent, listening.address)
    editor = port.editor
    assert "needs a program" in editor.refusal("threads")
    editor.initialize()
    assert editor.refusal("attach", {}).startswith("the token is wrong, or there is none")
    assert editor.refusal("evaluate", {"expression": "1"}).startswith("evaluate needs a program")
    editor.request("attach", {"token": listening.token})
    editor.event("initialized")
    assert editor.run_to(shop, lines["loop"])["reason"] == "entry"
    assert editor.step("continue") == lines["loop"]
    editor.request("disconnect", {})
    port.close()
    assert listening.finish()[1] == "pydelve: the session is over: the last client left\n"


def test_editors_share_a_program_that_runs(shop: Path, listen: Listen) -> None:
    """One comes while it runs, and leaves as VS Code does: the other one and the program go on."""
    listening = listen("debug", "--headless", "--accept-multiclient", "--listen", "127.0.0.1:0", str(shop), "wait")
    ann, ben = Port(shop.parent, listening.address), Port(shop.parent, listening.address)
    ann.editor.initialize()
    ann.editor.request("attach", {"token": listening.token})
    ann.editor.request("configurationDone")
    assert ann.editor.event("stopped")["reason"] == "entry"
    ann.editor.request("continue", {"threadId": 1})
    ben.editor.initialize()
    ben.editor.request("attach", {"token": listening.token})
    ben.editor.event("initialized")
    ben.editor.request("configurationDone")
    ben.editor.request("pause", {"threadId": 1})
    assert (ben.editor.event("stopped")["reason"], ann.editor.event("stopped")["reason"]) == ("pause", "pause")
    ben.editor.request("disconnect", {"restart": False, "terminateDebuggee": False})
    ben.close()
    ann.editor.request("stepIn", {"threadId": 1})
    assert ann.editor.event("stopped")["reason"] == "step"
    ann.editor.request("disconnect", {"terminateDebuggee": True})
    ann.close()
    assert listening.finish()[1:] == ("pydelve: the session is over: the last client left\n", 0)


def test_leaving_while_the_program_is_just_started(shop: Path) -> None:
    """It ends with the adapter, as if it had started before."""
    python, going, fifo = shop.with_name("python"), shop.with_name("going"), shop.with_name("fifo")
    os.mkfifo(fifo)
    waits = f'[ "$1" = -c ] || {{ echo $$ > {going}; read line < {fifo}; }}'
    python.write_text(f'#!/bin/sh\n{waits}\nexec {sys.executable} "$@"\n')
    python.chmod(0o700)
    editor = Editor(shop.parent)
    editor.initialize()
    editor.send("launch", {"program": str(shop), "args": ["wait"], "python": str(python)})
    while not going.exists() or not going.read_text():
        pass
    editor.request("disconnect", {})
    fifo.write_text("on\n")
    assert editor.process is not None and editor.process.wait(LIMIT_S) == 0
    assert not Path("/proc", going.read_text().strip()).exists()
    editor.close()


def test_an_editor_that_counts_from_zero_and_a_program_that_becomes_another(tmp_path: Path) -> None:
    """Of a process that lives and is out of reach no exit status is told."""
    path = tmp_path / "becomes.py"
    path.write_text("import os\nx = 1\nos.execvp('sleep', ['sleep', '60'])\n")
    with Editor(tmp_path) as editor:
        counts = {"linesStartAt1": False, "columnsStartAt1": False, "adapterID": "pydelve"}
        editor.request("initialize", counts)
        editor.request("launch", {"program": str(path)})
        pid = editor.event("process")["systemProcessId"]
        source = {"source": {"path": str(path)}}
        for asked in ({"breakpoints": [{"line": 1}]}, {"lines": [1]}):
            assert editor.request("setBreakpoints", {**source, **asked})["breakpoints"][0]["line"] == 1
        assert editor.request("breakpointLocations", {**source, "line": 0, "endLine": 5}) == {
            "breakpoints": [{"line": 0}, {"line": 1}, {"line": 2}]
        }
        editor.request("configurationDone")
        editor.event("stopped")
        assert (editor.line(), editor.top()["column"]) == (1, 0)
        found = editor.request("completions", {"frameId": editor.top()["id"], "text": "os.getpi", "column": 8})
        assert {"label": "getpid", "text": "getpid", "start": 3, "length": 5} in found["targets"]
        editor.request("continue", {"threadId": 1})
        editor.event("terminated")
        assert [each["event"] for each in editor.log if each.get("event") == "exited"] == []
        os.kill(pid, signal.SIGKILL)


def test_a_program_in_a_terminal_of_the_editor(tmp_path: Path) -> None:
    script = tmp_path / "asks.py"
    script.write_text(
        "import sys\nname = input('name? ')\ntry:\n    print('hello', name, sys.stdout.isatty())\n    input()\n"
        "except KeyboardInterrupt:\n    print('interrupted')\n",
        encoding="utf-8",
    )
    ours, theirs = os.openpty()
    with Editor(tmp_path) as editor:
        editor.initialize()
        number = editor.send(
            "launch", {"program": str(script), "console": "integratedTerminal", "redirectOutput": True}
        )
        request = editor.reverse("runInTerminal")
        assert (request["arguments"]["kind"], request["arguments"]["title"]) == ("integrated", str(script))
        helper = subprocess.Popen(request["arguments"]["args"], stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        editor.answer(request, {})
        assert editor.response(number)["success"]
        assert editor.event("output") == {
            "category": "important",
            "output": "redirectOutput changes nothing\n  why: the program writes to the editor's terminal itself\n",
        }
        editor.event("initialized")
        editor.request("configurationDone")
        os.write(ours, b"ann\n")
        seen = b""
        while not seen.endswith(b"hello ann True\r\n"):
            seen += os.read(ours, 1000)
        helper.send_signal(signal.SIGINT)
        while not seen.endswith(b"interrupted\r\n"):
            seen += os.read(ours, 1000)
        editor.event("terminated")
    assert helper.wait(LIMIT_S) == 0
    os.close(ours)


def test_tasks_as_threads(tmp_path: Path) -> None:
    script = tmp_path / "waits.py"
    script.write_text(
        "import asyncio\nasync def cook(name):\n    await asyncio.sleep(1000)\nasync def main():\n"
        "    tasks = [asyncio.create_task(cook(n), name=n) for n in ('ann', 'ben')]\n    await asyncio.sleep(0)\n"
        "    tasks[0].cancel()\nasyncio.run(main())\n",
        encoding="utf-8",
    )
    with Editor(tmp_path) as editor:
        editor.launch(program=str(script), tasks=True)
        editor.run_to(script, 7)
        threads = {each["name"]: each["id"] for each in editor.request("threads")["threads"]}
        assert [*threads][-2:] == ["task ann: waiting", "task ben: waiting"]
        stack = editor.request("stackTrace", {"threadId": threads["task ben: waiting"]})["stackFrames"]
        cook = next(frame for frame in stack if frame["name"] == "cook")
        scopes = editor.request("scopes", {"frameId": cook["id"]})["scopes"]
        assert editor.variables(scopes[0]["variablesReference"])["name"]["value"] == "'ben'"
        page = editor.response(editor.send("pydelveTasks", {"group": "coroutine"}, valid=False))["body"]
        assert [(each["label"], each["total"], len(each["tasks"])) for each in page["groups"]] == [
            ("cook", 2, 2), ("main", 1, 1),
        ]  # fmt: skip
        ben = page["groups"][0]["tasks"][1]
        assert {name: ben[name] for name in ("threadId", "name", "coroutine", "line", "function", "current")} == {
            "threadId": threads["task ben: waiting"], "name": "ben", "coroutine": "cook", "line": 3, "function": "cook",
            "current": False,
        }  # fmt: skip
        page = editor.response(editor.send("pydelveTasks", {}, valid=False))["body"]
        assert page["groups"][0]["label"] == "waits.py:3 in cook"
        assert "no groups by" in editor.response(editor.send("pydelveTasks", {"group": "x"}, valid=False))["message"]


def test_calls_of_a_function_are_told_of(shop: Path, lines: dict[str, int]) -> None:
    with Editor(shop.parent) as editor:
        editor.launch(program=str(shop), args=["wait"])
        editor.run_to(shop, lines["calls"])

        def trace(arguments: Any) -> Any:
            return editor.response(editor.send("pydelveTrace", arguments, valid=False))

        source = {"path": str(shop)}
        assert "is in no function" in trace({"source": source, "line": 1})["message"]
        assert trace({"source": source, "line": lines["double"]})["body"] == {"function": "double"}
        assert editor.step("next") == lines["fails"]
        told: list[Any] = []
        while len(told) < 4:
            told += [body for body in [editor.event("output")] if "line" in body]
        assert [re.sub(r"  [0-9.]+ ?.?s$", "", each["output"].strip()).split("  ", 1)[1] for each in told] == [
            "__main__.double(number=1)", "__main__.double -> 2", "__main__.double(number=2)", "__main__.double -> 4",
        ]  # fmt: skip
        assert {(each["source"]["path"], each["line"]) for each in told} == {(str(shop), lines["double"] - 1)}
        assert trace({"off": True})["body"]["summary"].startswith("2 calls of 1 function traced")
        assert trace({"off": True})["message"].startswith("nothing is traced")


def test_an_editor_that_has_no_terminal(shop: Path) -> None:
    with Editor(shop.parent) as editor:
        editor.initialize()
        number = editor.send("launch", {"program": str(shop), "console": "externalTerminal"})
        editor.answer(editor.reverse("runInTerminal"), refused="no terminal here")
        assert editor.response(number)["message"].startswith("there is no terminal for the program (no terminal here)")


class Port:
    """An editor's connection to ``pydelve dap --listen``, or to a session that listens."""

    def __init__(self, folder: Path, address: str) -> None:
        host, port = address.split(":")
        self.sock = socket.create_connection((host, int(port)), LIMIT_S)
        self.editor = Editor(folder, self.sock.sendall, lambda: self.sock.recv(65536))

    def close(self) -> None:
        self.sock.shutdown(socket.SHUT_RDWR)  # closing alone would wait for the thread that reads
        self.sock.close()


def test_editors_that_connect_have_programs_of_their_own(shop: Path, lines: dict[str, int], listen: Listen) -> None:
    listening = listen("dap", "--listen", "127.0.0.1:0")
    ann, ben = Port(shop.parent, listening.address), Port(shop.parent, listening.address)
    for each in (ann, ben):
        each.editor.initialize()
        assert each.editor.refusal("launch", {"program": str(shop)}).startswith("the token is wrong, or there is none")
        each.editor.request("launch", {"program": str(shop), "token": listening.token})
        each.editor.event("initialized")
    assert ann.editor.run_to(shop, lines["loop"])["reason"] == "breakpoint"
    assert ben.editor.run_to(shop, lines["double"])["reason"] == "breakpoint"
    assert (ann.editor.line(), ben.editor.line()) == (lines["loop"], lines["double"])
    for words in (b"GET / HTTP/1.1\r\n\r\n", frame(b"[]"), b"Content-Length: 65537\r\n\r\n"):
        wrong = Port(shop.parent, listening.address)
        wrong.sock.sendall(words)
        with pytest.raises(AssertionError, match=r"^the adapter ended"):
            wrong.editor.event("nothing")
        wrong.close()
    ann.close()  # without a word: what it started ends
    assert ben.editor.step("next") == lines["calls"]
    ben.editor.request("disconnect", {})
    ben.close()
    assert listening.finish() == ("", "pydelve: the last editor left\n", 0)


def test_editors_may_come_and_go_until_it_is_told_to_end(shop: Path, listen: Listen) -> None:
    path = shop.parent / "socket"
    listening = listen("dap", "--listen", f"unix:{path}", "--accept-multiclient")
    for _ in range(2):
        with socket.socket(socket.AF_UNIX) as sock:
            sock.connect(str(path))
            editor = Editor(shop.parent, sock.sendall, lambda sock=sock: sock.recv(65536))  # type: ignore[misc]
            editor.launch(program=str(shop), stopOnEntry=True)
            editor.request("configurationDone")
            assert editor.event("stopped")["reason"] == "entry"
            editor.request("disconnect", {})
    listening.process.send_signal(signal.SIGINT)
    assert listening.finish() == ("", "pydelve: SIGINT, where it listens\n", 0)


def test_without_debugging(shop: Path, lines: dict[str, int]) -> None:
    with Editor(shop.parent) as editor:
        editor.launch(program=str(shop), noDebug=True, stopOnEntry=True, args=["raise"])
        points = {"source": {"path": str(shop)}, "breakpoints": [{"line": lines["loop"]}]}
        refused = [{"verified": False, "message": "it runs without debugging"}]
        assert editor.request("setBreakpoints", points)["breakpoints"] == refused
        assert editor.request("setExceptionBreakpoints", {"filters": ["uncaught"]})["breakpoints"] == [
            {"verified": True}
        ]
        editor.request("configurationDone")
        assert editor.event("exited") == {"exitCode": 1}
        assert not [each for each in editor.log if each.get("event") == "stopped"]


def test_memory_and_a_core_file(tmp_path: Path, python: Interpreter) -> None:
    script = tmp_path / "holds.py"
    text = 'text = b"0123456789" * 20\nchanging = bytearray(b"abc")\nempty = b""\nnumber = 1\nprint(number)\n'
    script.write_text(text, encoding="utf-8")
    with Editor(tmp_path) as editor:
        editor.launch(program=str(script), python=python.path, cwd=str(tmp_path))
        editor.run_to(script, 5)

        def held(name: str, **more: Any) -> Any:
            found = editor.locals()[name]
            return editor.request("readMemory", {"memoryReference": found["memoryReference"], "count": 10, **more})

        assert "memoryReference" not in editor.locals()["empty"]
        assert base64.b64decode(held("text", offset=95)["data"]) == b"5678901234"
        assert base64.b64decode(held("changing", count=3)["data"]) == b"abc"
        address = held("text")["address"]
        found = editor.request("readMemory", {"memoryReference": address, "offset": 7, "count": 4})
        assert (base64.b64decode(found["data"]), int(found["address"], 16)) == (b"7890", int(address, 16) + 7)
        nothing = editor.request("readMemory", {"memoryReference": "0x10", "count": 16})
        assert nothing == {"address": "0x10", "data": "", "unreadableBytes": 16}
        for wrong in ("list@0x10", "0xg", "", "bytes@-1"):
            editor.refusal("readMemory", {"memoryReference": wrong, "count": 1})
        editor.request("evaluate", {"expression": "> dump core", "context": "repl"})
        assert editor.request("continue", {"threadId": 1}) == {"allThreadsContinued": True}
    with Editor(tmp_path) as editor:
        editor.initialize()
        editor.request("attach", {"core": str(tmp_path / "core")})
        lacking = editor.event("capabilities")["capabilities"]
        assert lacking.pop("exceptionBreakpointFilters") == []
        assert "supportsRestartRequest" in lacking and "supportsReadMemoryRequest" not in lacking
        assert set(lacking.values()) == {False}
        editor.event("initialized")
        assert (
            editor.request("setExceptionBreakpoints", {"filters": ["uncaught"]})["breakpoints"][0]["verified"] is False
        )
        refused = editor.request("setBreakpoints", {"source": {"path": str(script)}, "breakpoints": [{"line": 1}]})
        assert refused["breakpoints"][0]["message"].startswith("a breakpoint needs control of the program")
        editor.request("configurationDone")
        assert editor.event("stopped")["reason"] == "core"
        assert editor.locals()["number"]["value"] == "1"
        assert base64.b64decode(held("changing", count=3)["data"]) == b"abc"


def test_keys_of_launch_json(shop: Path, tmp_path: Path) -> None:
    from pydelve.api.attach import AttachOptions, CoreOptions
    from pydelve_dap.launching import attach_options, launch_options, mappings, session_address, skipped

    made = launch_options({"program": str(shop), "pythonArgs": ["-O"], "args": "one 'two three'"})
    assert (made.interpreter_options, made.arguments, made.cwd) == (("-O",), ("one", "two three"), str(shop.parent))
    made = launch_options({"module": "shop", "python": ["/usr/bin/python3", "-B"], "pythonArgs": ["-O"]})
    assert (made.kind, made.python, made.interpreter_options, made.cwd) == (
        "module", "/usr/bin/python3", ("-B", "-O"), "",
    )  # fmt: skip
    rules = [{"path": "**/vendor/**", "include": False}, {"module": "shop.tests", "include": False}]
    assert skipped({"rules": rules}) == ("*/vendor/*", "shop.tests.*")
    assert mappings({"localRoot": "/a", "remoteRoot": "/b"})[0]["remoteRoot"] == "/b"
    assert attach_options({"processId": "7", "stopOnEntry": True}, None) == AttachOptions(7, stop=True, follow=True)
    assert attach_options({"core": "core.7", "exe": "/bin/python"}, None) == CoreOptions("core.7", "/bin/python")
    assert attach_options({"port": 4711}, None) is None
    assert session_address({"host": "localhost", "port": 4711, "token": "t"}) == ("localhost:4711", "t")


def test_keys_of_launch_json_in_a_program(tmp_path: Path) -> None:
    """EnvFile and env, pathMappings both ways, justMyCode, redirectOutput."""
    there, here = tmp_path / "there", tmp_path / "here"
    for folder in (there, here):
        folder.mkdir()
        (folder / "keys.py").write_text(
            "import json, os\n"
            "values = os.environ['PLAIN'], os.environ['QUOTED'], os.environ['BOTH']\n"
            "text = json.dumps(values)\n"
            "print(text)\n"
        )  # fmt: skip
    (tmp_path / ".env").write_text("# a comment\nPLAIN=one\nexport QUOTED='two words'\nBOTH=file\n")
    with Editor(tmp_path) as editor:
        editor.launch(
            program=str(there / "keys.py"), envFile=str(tmp_path / ".env"), env={"BOTH": "launch.json"},
            pathMappings=[{"localRoot": str(here), "remoteRoot": str(there)}], justMyCode=False, redirectOutput=True,
        )  # fmt: skip
        assert editor.run_to(here / "keys.py", 3)["reason"] == "breakpoint"
        source = editor.top()["source"]
        assert (source["path"], editor.line()) == (str(here / "keys.py"), 3)
        editor.step("stepIn")
        assert editor.top()["source"]["name"] == "__init__.py"  # a library's: json's
        editor.request("continue", {"threadId": 1})
        assert editor.output("stdout", "\n") == '["one", "two words", "launch.json"]\n'
    with Editor(tmp_path) as editor:
        editor.launch(program=str(there / "keys.py"), envFile=str(tmp_path / ".env"), redirectOutput=False)
        editor.request("configurationDone")
        editor.event("terminated")
        assert [message["event"] for message in editor.log if message.get("event") == "output"] == []


def test_every_key_of_debugpys_is_known() -> None:
    """As its adapter and its debugger read them."""
    from pydelve_dap.launching import IGNORED, REFUSED

    spec = importlib.util.find_spec("debugpy")
    assert spec is not None and spec.submodule_search_locations
    folder = Path(spec.submodule_search_locations[0])
    inside = folder / "_vendored" / "pydevd" / "_pydevd_bundle" / "pydevd_process_net_command_json.py"
    text = "".join(
        path.read_text(encoding="utf-8")
        for path in (folder / "adapter" / "clients.py", folder / "launcher" / "handlers.py", inside)
    )
    keys = set(re.findall(r'\b(?:request|args\.get|property_or_debug_option)\(\s*"(\w+)"', text))
    known = {name for names, _ in KEYS for name in re.findall(r"\w+", names)} | {*IGNORED, *REFUSED}
    of_its_own = {
        "clientID", "launch", "attach", "configurationDone", "disconnect", "terminate", "terminateDebuggee", "restart",
        "runInTerminal", "startDebugging", "pydevdSystemInfo", "adapterAccessToken", "subProcessId", "initialize",
    }  # fmt: skip
    assert {"program", "rules", "sudo"} <= keys
    assert keys - known - of_its_own == set()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "launch needs a program or a module (it was given neither)"),
        ({"program": "a", "module": "b"}, "launch needs a program or a module (it was given both)"),
        ({"program": "nothing.py"}, "there is no program nothing.py (no such file)"),
        ({"program": "shop.py", "django": True}, "pydelve has no django in launch.json (it debugs templates, pydelve"),
        ({"program": "shop.py", "autoReload": {"enable": True}}, "pydelve has no autoReload in launch.json"),
        ({"program": "shop.py", "steppingResumesAllThreads": False}, "pydelve has no steppingResumesAllThreads in"),
        ({"program": "shop.py", "rules": [{"path": "a", "include": True}]}, "pydelve has no rules with include in"),
        ({"program": "shop.py", "rules": [3]}, "rules is no list of rules (3 has neither path nor module)"),
        ({"program": "shop.py", "cwd": "/nowhere"}, "cwd /nowhere is no folder"),
        ({"program": "shop.py", "envFile": "/"}, "envFile / can't be read (Is a directory)"),
        ({"program": 3}, "program is no text (it is 3)"),
        ({"program": "shop.py", "args": 3}, "args is no list (it is 3)"),
        ({"program": "shop.py", "python": "/nowhere/python"}, "no interpreter '/nowhere/python'"),
        ({"program": "shop.py", "pathMappings": [{}]}, "pathMappings is no list of pairs"),
    ],
)
def test_launching_what_can_not_be(shop: Path, arguments: dict[str, Any], message: str) -> None:
    from pydelve.errors import PydelveError
    from pydelve.target.live.launch import command
    from pydelve_dap.launching import launch_options
    from pydelve_dap.paths import Paths

    def start() -> None:
        Paths(arguments.get("pathMappings"))
        command(launch_options(arguments))

    here = os.getcwd()
    os.chdir(shop.parent)
    try:
        with pytest.raises(PydelveError) as caught:
            start()
    finally:
        os.chdir(here)
    assert str(caught.value).startswith(message)


def test_what_is_wrong_is_refused_and_the_adapter_goes_on(shop: Path) -> None:
    with Editor(shop.parent) as editor:
        for name in sorted(REFUSALS):
            response = editor.response(editor.send(name, {}, valid=False))
            assert response["message"] == f"pydelve has no {name} ({REFUSALS[name]})"
        assert editor.response(editor.send("dance", {}, valid=False))["success"] is False
        editor.launch(program=str(shop), stopOnEntry=True)
        editor.request("configurationDone")
        editor.event("stopped")
        for name, _, _ in SERVED:
            if name not in {"initialize", "disconnect", "terminate", "configurationDone", "restart", "cancel"}:
                for arguments in ({"frameId": "a", "line": "b", "source": 3, "breakpoints": 3, "filters": 3}, {}):
                    editor.response(editor.send(name, arguments, valid=False))
        assert editor.refusal("launch", {"program": str(shop)}).startswith("there is a program already")


def test_an_editor_that_interrupts_its_adapter(shop: Path) -> None:
    """As nvim-dap does, where it is done with it."""
    with Editor(shop.parent) as editor:
        editor.launch(program=str(shop), stopOnEntry=True)
        editor.request("configurationDone")
        editor.event("stopped")
        assert editor.process is not None
        editor.process.send_signal(signal.SIGINT)
        assert editor.process.wait(LIMIT_S) == 0


def test_what_is_no_message_ends_the_adapter(shop: Path) -> None:
    no_number = frame(b'{"type": "request", "command": "threads", "seq": []}')
    no_command = frame(b'{"type": "request", "command": 3, "seq": 1}')
    for data in (b"GET / HTTP/1.1\r\n\r\n", frame(b"[]"), frame(b"{"), no_command, no_number):
        editor = Editor(shop.parent)
        assert editor.process is not None and editor.process.stdin is not None
        editor.process.stdin.write(data)
        assert editor.process.wait(LIMIT_S) == 0
        editor.close()


def test_the_table_has_every_request_of_the_protocol() -> None:
    names = {name.removesuffix("Request") for name in schema()["definitions"] if name.endswith("Request")} - {""}
    of_adapters = {f"{name[0].lower()}{name[1:]}" for name in names} - {"runInTerminal", "startDebugging"}
    served = [name for name, _, _ in SERVED]
    assert len(served) == len(set(served))
    assert {*served, *REFUSALS} == of_adapters
