"""Messages of the protocol: numbering, responses, events; sent from any thread, one at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from pydelve.errors import PydelveError
from pydelve_dap.positions import Positions

Message = dict[str, Any]


class Messages:
    """The way to the editor."""

    def __init__(self, send: Callable[[Message], None]) -> None:
        """``send`` writes one message; its order is that of the numbers."""
        self._send = send
        self.positions = Positions()
        self._lock = threading.Lock()
        self._number = 0

    def respond(self, request: Message, body: Any = None) -> None:
        """A request succeeded."""
        body = self.positions.outward(body)
        self._put({"type": "response", **_to(request), "success": True, **({} if body is None else {"body": body})})

    def refuse(self, request: Message, error: PydelveError) -> None:
        """A request failed: its three parts are the text that the editor shows."""
        text = " ".join(part for part in (str(error), error.hint and f"[try: {error.hint}]") if part)
        told = {
            "id": error.code, "format": "{text}", "variables": {"text": text}, "showUser": False,
        }  # fmt: skip
        response = {"type": "response", **_to(request), "success": False, "message": text, "body": {"error": told}}
        self._put(response)

    def event(self, name: str, body: Any = None) -> None:
        """Something happened."""
        body = self.positions.outward(body)
        self._put({"type": "event", "event": name, **({} if body is None else {"body": body})})

    def request(self, command: str, arguments: Any) -> int:
        """Ask the editor for something; gives the number that its response names."""
        return self._put({"type": "request", "command": command, "arguments": arguments})

    def output(self, text: str, category: str = "console", **more: Any) -> None:
        """Text for the debug console."""
        self.event("output", {"category": category, "output": text, **more})

    def _put(self, message: Message) -> int:
        with self._lock:
            self._number += 1
            self._send({"seq": self._number, **message})
            return self._number


def _to(request: Message) -> Message:
    return {"request_seq": request.get("seq", 0), "command": request.get("command", "")}
