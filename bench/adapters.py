"""Debug adapters side by side: one script of requests to ``pydelve dap`` and to debugpy's adapter."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bench.driving import environment, pydelve_command
from bench.measure import Result, Series, alternate, at_least
from bench.waiting import children, memory_mb
from pydelve.rpc.codec import dumps, loads
from pydelve.rpc.framing import Deframer, frame

if TYPE_CHECKING:
    from bench.cases import Setting

_PROGRAM = """\
numbers = list(range(1_000_000))
table = {number: str(number) for number in range(100_000)}
text = "0123456789" * 1_000_000
def look(numbers, table, text):
    total = 0
    while True:
        total += 1  # here
        total ^= 1
look(numbers, table, text)
"""
_LINE = 7
_SMALL, _SMALL_LINE = "total = 0\nwhile True:\n    total += 1\n    total ^= 1\n", 3
"""What is stopped in first: making big values takes any debugger's program the same."""
_STEPS = 40
_TIMES, _START_TIMES = 3, 4
"""So much faster at stepping, and at starting, than debugpy, the issues ask for."""
_START_WHY = (
    "both start an interpreter for the adapter and one for the program, one after the other, which no debugger can "
    "leave out; the rest is imports of the adapter and of the engine"
)


class EditorSession:
    """One program under one adapter, from its start to its first stop. A context manager."""

    def __init__(self, command: Sequence[str], python: str, program: Path, line: int = _LINE) -> None:
        begin = time.monotonic()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=program.parent,
            env=environment(program.parent), bufsize=0,
        )  # fmt: skip
        self._deframer, self._messages, self._number = Deframer(), list[Any](), 0
        self.request("initialize", {"adapterID": "bench", "pathFormat": "path", "supportsVariablePaging": True})
        launch = self._send(
            "launch", {"program": str(program), "python": [python], "console": "internalConsole", "cwd": "/"}
        )
        self._event("initialized")
        self.request("setBreakpoints", {"source": {"path": str(program)}, "breakpoints": [{"line": line}]})
        self.request("configurationDone", {})
        self._answer(launch)
        self.thread = self._event("stopped")["threadId"]
        self.first_stop_ms = (time.monotonic() - begin) * 1000
        self.request("setBreakpoints", {"source": {"path": str(program)}, "breakpoints": []})

    def step_ms(self) -> float:
        """``next``, to its stop."""
        begin = time.monotonic()
        self.request("next", {"threadId": self.thread})
        self._event("stopped")
        return (time.monotonic() - begin) * 1000

    def locals_ms(self) -> float:
        """The top frame's locals, and the first hundred elements of the big list: what an editor shows at a stop."""
        begin = time.monotonic()
        top = self.request("stackTrace", {"threadId": self.thread, "levels": 1})["stackFrames"][0]
        scopes = self.request("scopes", {"frameId": top["id"]})["scopes"]
        found = self.request("variables", {"variablesReference": scopes[0]["variablesReference"]})["variables"]
        numbers = next(each for each in found if each["name"] == "numbers")
        page = {"variablesReference": numbers["variablesReference"], "filter": "indexed", "start": 0, "count": 100}
        assert len(self.request("variables", page)["variables"]) >= 100
        return (time.monotonic() - begin) * 1000

    def memory_mb(self) -> float:
        """Of all its processes, the program's too."""
        return memory_mb([self.process.pid, *children(self.process.pid)])

    def request(self, command: str, arguments: dict[str, Any]) -> Any:
        """Send a request; the body of its answer."""
        return self._answer(self._send(command, arguments))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._send("disconnect", {"terminateDebuggee": True})
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()

    def _send(self, command: str, arguments: dict[str, Any]) -> int:
        assert self.process.stdin is not None
        self._number += 1
        message = {"seq": self._number, "type": "request", "command": command, "arguments": arguments}
        self.process.stdin.write(frame(dumps(message)))
        return self._number

    def _answer(self, number: int) -> Any:
        message = self._take(lambda message: message.get("request_seq") == number)
        if not message["success"]:
            raise RuntimeError(f"refused: {message}")
        return message.get("body")

    def _event(self, name: str) -> Any:
        return self._take(lambda message: message.get("event") == name).get("body")

    def _take(self, wanted: Callable[[Any], bool]) -> Any:
        while True:
            for index, message in enumerate(self._messages):
                if wanted(message):
                    return self._messages.pop(index)
            assert self.process.stdout is not None
            data = os.read(self.process.stdout.fileno(), 65536)
            if not data:
                raise RuntimeError("the adapter ended")
            self._messages += [loads(body) for body in self._deframer.feed(data)]


def adapters(setting: Setting) -> list[Result]:
    """First stop, step, locals, memory."""
    program, small = setting.write("looks.py", _PROGRAM), setting.write("small.py", _SMALL)
    commands = {"pydelve": pydelve_command("dap")}
    if setting.debugpy:
        commands = {"debugpy": [setting.debugpy, "-m", "debugpy.adapter"], **commands}
    found: dict[str, dict[str, list[float]]] = {}

    def run(name: str) -> float:
        with EditorSession(commands[name], setting.debugpy or setting.python, program) as session:
            steps = statistics.median(session.step_ms() for _ in range(_STEPS))
            looks = statistics.median(session.locals_ms() for _ in range(5))
            taken_mb = session.memory_mb()
        with EditorSession(commands[name], setting.debugpy or setting.python, small, _SMALL_LINE) as session:
            measured = {"step": steps, "locals": looks, "memory": taken_mb, "start": session.first_stop_ms}
        for key, value in measured.items():
            found.setdefault(key, {}).setdefault(name, []).append(value)
        return session.first_stop_ms

    alternate({name: lambda name=name: run(name) for name in commands}, min(setting.rounds, 5))  # type: ignore[misc]
    return [
        _result(
            setting,
            found["start"],
            "editors: from starting the adapter to the first stop",
            "ms",
            _START_TIMES,
            _START_WHY,
        ),
        _result(setting, found["step"], "editors: a step", "ms", _TIMES),
        _result(setting, found["locals"], "editors: stack, locals and a page of a big list", "ms", 1),
        _result(setting, found["memory"], "editors: memory of all processes at the stop", "MB", 1),
    ]


def _result(
    setting: Setting, values: dict[str, list[float]], title: str, unit: str, times: float, why: str = ""
) -> Result:
    series = tuple(Series(name, tuple(found[1:] or found)) for name, found in values.items())
    if len(series) < 2:
        return Result(title, setting.version, unit, series)
    ratio = series[0].median / series[1].median
    limit = f"{'as good as' if times == 1 else f'{times:g} times faster than'} debugpy"
    line = f"{'9: ' if times == _START_TIMES else ''}{title}"
    return Result(title, setting.version, unit, series, (at_least(line, limit, ratio, times, why=why),))
