"""An editor for tests: speaks the Debug Adapter Protocol to ``pydelve dap``, and checks each message by its schema."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Self

import jsonschema

from pydelve.rpc.codec import dumps, loads
from pydelve.rpc.framing import Deframer, frame
from pydelve_dap.table import OWN
from tests.e2e.session import LAUNCHER, clean_environment

LIMIT_S = 30.0
Message = dict[str, Any]
_OWN = {name for name, _, _ in OWN}


@cache
def schema() -> dict[str, Any]:
    """The protocol's own schema, as debugpy brings it along."""
    spec = importlib.util.find_spec("debugpy")
    assert spec is not None and spec.submodule_search_locations, "the tests need debugpy, for the protocol's schema"
    folder = Path(spec.submodule_search_locations[0], "_vendored", "pydevd", "_pydevd_bundle", "_debug_adapter")
    found: dict[str, Any] = json.loads((folder / "debugProtocol.json").read_text(encoding="utf-8"))
    return found


@cache
def _validator(name: str) -> Any:
    assert name in schema()["definitions"], f"the protocol has no {name}"
    made = {"$ref": f"#/definitions/{name}", "definitions": schema()["definitions"]}
    return jsonschema.Draft4Validator(made)


def check(message: Message, command: str = "") -> None:
    """Is it what the protocol says of it?"""
    if message["type"] == "event":
        name = f"{message['event'][0].upper()}{message['event'][1:]}Event"
    elif message["type"] == "response" and not message["success"]:
        name = "ErrorResponse"
    else:
        command = message["command"]
        name = f"{command[0].upper()}{command[1:]}{message['type'].capitalize()}"
        if command in _OWN:
            name = message["type"].capitalize()
    _validator(name).validate(message)


class Editor:
    """One adapter and one program. A context manager: leaving it disconnects."""

    def __init__(
        self,
        folder: Path,
        send: Callable[[bytes], None] | None = None,
        receive: Callable[[], bytes] | None = None,
        **environment: str,
    ) -> None:
        """Starts ``pydelve dap``, unless another way to an adapter is given."""
        self.process: subprocess.Popen[bytes] | None = None
        if send is None or receive is None:
            self.process = subprocess.Popen(
                [sys.executable, str(LAUNCHER), "dap"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.PIPE, env=clean_environment(folder) | environment, bufsize=0,
            )  # fmt: skip
            stdin, stdout = self.process.stdin, self.process.stdout
            assert stdin is not None and stdout is not None
            send, receive = stdin.write, lambda: stdout.read(65536)  # type: ignore[assignment]
        self._send: Any = send
        self._receive: Any = receive
        self._number = 0
        self._messages: SimpleQueue[Message | None] = SimpleQueue()
        self._responses: dict[int, Message] = {}
        self.events: list[Message] = []
        """Those that came and were not waited for yet."""
        self.log: list[Message] = []
        """All that came."""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        deframer = Deframer()
        try:
            while data := self._receive():
                for body in deframer.feed(data):
                    self._messages.put(loads(body))
        except (OSError, ValueError):
            pass
        self._messages.put(None)

    def send(self, command: str, arguments: Any = None, *, valid: bool = True) -> int:
        """Send a request; its number."""
        self._number += 1
        message = {"seq": self._number, "type": "request", "command": command}
        if arguments is not None:
            message["arguments"] = arguments
        if valid:
            check(message)
        self._send(frame(dumps(message)))
        return self._number

    def request(self, command: str, arguments: Any = None) -> Any:
        """Send a request and wait for the body of its answer."""
        response = self.response(self.send(command, arguments))
        assert response["success"], response
        return response.get("body")

    def refusal(self, command: str, arguments: Any = None) -> str:
        """Send a request that is refused, and give the words."""
        response = self.response(self.send(command, arguments))
        assert not response["success"], response
        return str(response["message"])

    def response(self, number: int) -> Message:
        """Wait for an answer."""
        while True:
            if number in self._responses:
                return self._responses.pop(number)
            message = self._next()
            if message["type"] == "response":
                self._responses[message["request_seq"]] = message
            else:
                self.events.append(message)

    def event(self, name: str) -> Any:
        """Wait for the body of the next event of that name; others stay."""
        for index, message in enumerate(self.events):
            if message["event"] == name:
                del self.events[index]
                return message.get("body")
        while (message := self._next()).get("event") != name:
            if message["type"] == "response":
                self._responses[message["request_seq"]] = message
            else:
                self.events.append(message)
        return message.get("body")

    def output(self, category: str, ending: str) -> str:
        """Wait until the program's output of that kind ends so; all of it."""
        text = ""
        while not text.endswith(ending):
            body = self.event("output")
            if body["category"] == category:
                text += body["output"]
        return text

    def reverse(self, command: str) -> Message:
        """Wait for a request of the adapter's."""
        while (message := self._next())["type"] != "request":
            self.events.append(message)
        assert message["command"] == command
        return message

    def answer(self, request: Message, body: Any = None, *, refused: str = "") -> None:
        """Answer one."""
        self._number += 1
        message = {
            "seq": self._number, "type": "response", "request_seq": request["seq"], "command": request["command"],
            "success": not refused, **({"message": refused} if refused else {"body": body}),
        }  # fmt: skip
        self._send(frame(dumps(message)))

    def _next(self) -> Message:
        try:
            message = self._messages.get(timeout=LIMIT_S)
        except Empty:
            raise AssertionError(f"nothing came; before: {self.log[-5:]}") from None
        assert message is not None, f"the adapter ended; before: {self.log[-5:]}; {self.errors()}"
        check(message)
        self.log.append(message)
        return message

    def errors(self) -> str:
        """What the adapter wrote to its standard error, once it has ended."""
        if self.process is None or self.process.stderr is None:
            return ""
        return self.process.stderr.read().decode()

    # -- what editors do -----------------------------------------------------------------------------------------------

    def initialize(self, **more: Any) -> Any:
        """Say hello as VS Code does; not as one that has sessions for children, unless it is said."""
        return self.request(
            "initialize",
            {
                "clientID": "tests", "adapterID": "pydelve", "pathFormat": "path", "linesStartAt1": True,
                "columnsStartAt1": True, "supportsVariableType": True, "supportsVariablePaging": True,
                "supportsProgressReporting": True, "supportsRunInTerminalRequest": True, **more,
            },
        )  # fmt: skip

    def launch(self, **arguments: Any) -> None:
        """Start a program, up to where breakpoints are set."""
        self.initialize()
        self.request("launch", arguments)
        self.event("initialized")

    def run_to(self, path: Path, *lines: int, **more: Any) -> Any:
        """Set breakpoints and let it run; the first stop."""
        points = [{"line": line, **more} for line in lines]
        self.request("setBreakpoints", {"source": {"path": str(path)}, "breakpoints": points})
        self.request("configurationDone")
        return self.event("stopped")

    def top(self) -> Any:
        """The innermost frame of the main thread."""
        return self.request("stackTrace", {"threadId": 1, "levels": 1})["stackFrames"][0]

    def line(self) -> int:
        """Where it stands."""
        return int(self.top()["line"])

    def variables(self, reference: int, **more: Any) -> dict[str, Any]:
        """Children by name."""
        found = self.request("variables", {"variablesReference": reference, **more})["variables"]
        return {each["name"]: each for each in found}

    def locals(self) -> dict[str, Any]:
        """Locals of the innermost frame by name."""
        scopes = self.request("scopes", {"frameId": self.top()["id"]})["scopes"]
        return self.variables(scopes[0]["variablesReference"])

    def step(self, command: str, **more: Any) -> int:
        """Step, and give the line."""
        self.request(command, {"threadId": 1, **more})
        self.event("stopped")
        return self.line()

    def close(self) -> None:
        """Disconnect, and wait for the adapter's end."""
        if self.process is None:
            return
        if self.process.poll() is None:
            try:
                self.send("disconnect", {})
            except OSError:  # it has ended at this moment
                pass
            try:
                self.process.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
