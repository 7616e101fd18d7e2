"""debugpy, driven by a tiny client of the Debug Adapter Protocol: enough to set breakpoints, step and run to the end.

debugpy is installed by name into a virtual environment of the target's interpreter below the cache.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import subprocess
import time
from pathlib import Path
from typing import Any, Self

from bench.driving import environment as clean_environment

CACHE = Path.home() / ".cache" / "pydelve-bench"
_PATIENCE_S = 60.0


def debugpy_python(python: str, version: str) -> str:
    """Path of an interpreter of this version that has debugpy; "" where it can't be installed."""
    folder = CACHE / f"debugpy-{version}"
    found = folder / "bin" / "python"
    try:
        if not (folder / "complete").exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run([python, "-m", "venv", "--clear", str(folder)], check=True, capture_output=True, timeout=120)
            pip = [str(found), "-m", "pip", "install", "--quiet", "debugpy"]
            subprocess.run(pip, check=True, capture_output=True, timeout=240)
            (folder / "complete").touch()
    except (OSError, subprocess.SubprocessError):
        return ""
    return str(found)


def debugpy_version(python: str) -> str:
    """Its version."""
    done = subprocess.run(
        [python, "-c", "import debugpy; print(debugpy.__version__)"], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def _free_port() -> int:
    """A port below those that the system gives out, or debugpy's own sockets may get it before its adapter does."""
    while True:
        port = random.randrange(20_000, 30_000)
        with socket.socket() as free, contextlib.suppress(OSError):
            free.bind(("127.0.0.1", port))
            return port


class Debugpy:
    """One program under debugpy, up to its first stop or its end. A context manager."""

    def __init__(
        self,
        python: str,
        program: Path,
        *arguments: str,
        point: dict[str, Any],
        raised: str = "",
        stops: bool = False,
        environment: dict[str, str] | None = None,
        just_my_code: bool = True,
    ) -> None:
        """``point``: a breakpoint, as the protocol has it; {}: none. ``raised``: a class of exceptions to stop at."""
        self._port = port = _free_port()
        words = ["-m", "debugpy", "--listen", f"127.0.0.1:{port}", "--wait-for-client", str(program), *arguments]
        self._process = subprocess.Popen(
            [python, "-X", "frozen_modules=off", *words], cwd=program.parent,
            env=clean_environment(program.parent) | (environment or {}),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._socket = self._connect(port)
        self._stream = self._socket.makefile("rb")
        self._number = 0
        self._events: list[dict[str, Any]] = []
        self._request("initialize", {"adapterID": "bench", "pathFormat": "path"})
        attach = self._send("attach", {"justMyCode": just_my_code})
        self._wait_event("initialized")
        points = [point] if point else []
        self._request("setBreakpoints", {"source": {"path": str(program)}, "breakpoints": points})
        if raised:
            path = [{"names": ["Python Exceptions"]}, {"names": [raised]}]
            options = [{"path": path, "breakMode": "always"}]
            self._request("setExceptionBreakpoints", {"filters": [], "exceptionOptions": options})
        self._request("configurationDone", {})
        self._wait_answer(attach)
        self.thread = self._wait_event("stopped")["body"]["threadId"] if stops else 0

    def go(self) -> None:
        """``continue``, with its stop."""
        self._request("continue", {"threadId": self.thread})
        self._wait_event("stopped")

    def step(self) -> None:
        """``next``, with its stop."""
        self._request("next", {"threadId": self.thread})
        self._wait_event("stopped")

    @property
    def pids(self) -> list[int]:
        """Of the program, and of the adapter, which leaves its parent."""
        found = [self._process.pid]
        for command in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                words = command.read_bytes().split(b"\0")
                if any(b"debugpy" in word for word in words) and str(self._port).encode() in words:
                    found.append(int(command.parent.name))
        return list(dict.fromkeys(found))

    def wait_output(self, text: str) -> None:
        """The next output event with this text."""
        while text not in self._wait_event("output")["body"]["output"]:
            continue

    def locals(self) -> int:
        """The variables of the innermost frame; gives their number."""
        frames = self._request("stackTrace", {"threadId": self.thread, "levels": 1})["stackFrames"]
        scopes = self._request("scopes", {"frameId": frames[0]["id"]})["scopes"]
        found = self._request("variables", {"variablesReference": scopes[0]["variablesReference"]})["variables"]
        return len(found)

    def finish(self) -> None:
        """Wait for the program's end."""
        self._process.wait(_PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._socket.close()
        self._process.kill()
        self._process.wait()

    def _connect(self, port: int) -> socket.socket:
        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                sock = socket.create_connection(("127.0.0.1", port))
            except ConnectionRefusedError:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise
                time.sleep(0.01)
            else:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.settimeout(_PATIENCE_S)
                return sock

    def _send(self, command: str, arguments: dict[str, Any]) -> int:
        self._number += 1
        message = {"seq": self._number, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(message).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        return self._number

    def _request(self, command: str, arguments: dict[str, Any]) -> dict[str, Any]:
        return self._wait_answer(self._send(command, arguments))

    def _wait_answer(self, number: int) -> dict[str, Any]:
        while True:
            message = self._read()
            if message["type"] == "event":
                self._events.append(message)
            elif message.get("request_seq") == number:
                if not message["success"]:
                    raise RuntimeError(f"debugpy refused: {message}")
                body: dict[str, Any] = message.get("body") or {}
                return body

    def _wait_event(self, name: str) -> dict[str, Any]:
        while True:
            for index, event in enumerate(self._events):
                if event["event"] == name:
                    del self._events[: index + 1]
                    return event
            message = self._read()
            if message["type"] == "event":
                self._events.append(message)

    def _read(self) -> dict[str, Any]:
        size = 0
        while line := self._stream.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                size = int(value)
        if not size:
            raise RuntimeError("debugpy closed the connection")
        message: dict[str, Any] = json.loads(self._stream.read(size))
        return message
