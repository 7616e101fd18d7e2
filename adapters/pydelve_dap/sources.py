"""Sources, modules, instructions, and places to go to. Worker's thread."""

from __future__ import annotations

import os
from typing import Any

from pydelve.api.requests import Disassemble, FindLocations, GetModules, GetSource, ReadMemory
from pydelve.api.session import MOST_MEMORY_BYTES
from pydelve.errors import UsageError
from pydelve_dap.session import Session

_OFFSET = (1 << 32) - 1


class Sources:
    """Files that only the program has get a number."""

    def __init__(self, session: Session) -> None:
        """No number is given yet."""
        self._session = session
        self._numbers: dict[str, int] = {}
        self._places: dict[int, str] = {}

    def source_of(self, file: str) -> dict[str, Any]:
        """A source as the editor takes it."""
        path = self._session.paths.to_editor(file)
        name = os.path.basename(path) or file
        if os.path.isfile(path):
            return {"name": name, "path": path}
        if file not in self._numbers:
            self._numbers[file] = int(next(self._session.numbers))
        return {"name": name, "path": path, "sourceReference": self._numbers[file]}

    def source(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``source``, of code without a file here."""
        number = arguments.get("sourceReference")
        path = next((path for path, each in self._numbers.items() if each == number), "")
        path = path or self._session.paths.to_program(arguments.get("source", {}).get("path", ""))
        if not path:
            raise UsageError("there is no such source", why=f"no source has the number {number}")
        lines = self._session.client.call(GetSource(path)).lines
        return {"content": "\n".join([*lines, ""]), "mimeType": "text/x-python"}

    def loaded_sources(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``loadedSources``."""
        found = self._session.client.call(GetModules(libraries=True))
        return {"sources": [self.source_of(each.file) for each in found]}

    def modules(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``modules``, as many as are asked for."""
        found = self._session.client.call(GetModules(libraries=True))
        start = arguments.get("startModule") or 0
        shown = found[start : start + (arguments.get("moduleCount") or len(found))]
        return {
            "modules": [
                {
                    "id": each.name, "name": each.name, "path": self._session.paths.to_editor(each.file),
                    "isUserCode": not each.library,
                }
                for each in shown
            ],
            "totalModules": len(found),
        }  # fmt: skip

    def goto_targets(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``gotoTargets``: where the statement of a line begins."""
        path = self._session.paths.to_program(os.path.abspath(arguments["source"].get("path", "")))
        found = self._session.client.call(FindLocations(f"{path}:{arguments['line']}"))
        targets = []
        for place in found:
            number = int(next(self._session.numbers))
            self._places[number] = f"{place.file}:{place.unit.line}"
            targets.append({"id": number, "label": f"line {place.unit.line}", "line": place.unit.line})
        return {"targets": targets}

    def goto_location(self, number: Any) -> str:
        """The location that a target means.

        Raises:
            UsageError: there is none.
        """
        if number not in self._places:
            raise UsageError("there is no such place to go to", why=f"no target has the number {number}")
        return self._places[number]

    def read_memory(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``readMemory``: what a bytes or bytearray holds, or memory at an address."""
        content, at, digits = arguments["memoryReference"].rpartition("@")
        if content not in ("bytes", "bytearray", ""):
            raise UsageError("that is no memory", why=f"there is no {content}@")
        try:
            address = int(digits, 16 if at else 0)
        except ValueError as error:
            raise UsageError("that is no memory", why=f"{digits} is no address") from error
        count = arguments["count"]
        found = self._session.client.call(ReadMemory(address, count, content, arguments.get("offset") or 0))
        read = len(found.data) * 3 // 4 - found.data[-2:].count("=")
        left = {"unreadableBytes": count - read} if read < min(count, MOST_MEMORY_BYTES) else {}
        return {"address": hex(found.address), "data": found.data, **left}

    def disassemble(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``disassemble``: instructions of a frame's function, as many as are asked for."""
        try:
            reference = int(arguments["memoryReference"], 16) + (arguments.get("offset") or 0)
        except ValueError as error:
            raise UsageError("that is no instruction", why=f"{arguments['memoryReference']} is none") from error
        frame_id, offset = reference >> 32, reference & _OFFSET
        thread, index = self._session.place(frame_id)
        found = self._session.client.call(Disassemble(thread, index))
        offset = offset or max(found.current, 0)
        at = next((at for at, each in enumerate(found.instructions) if each.offset >= offset), 0)
        first = at + (arguments.get("instructionOffset") or 0)
        base, shown = frame_id << 32, []
        for number in range(first, first + arguments["instructionCount"]):
            if not 0 <= number < len(found.instructions):
                address = max(base + (number - at) * 2, 0)
                shown.append({"address": hex(address), "instruction": "(none)", "presentationHint": "invalid"})
                continue
            each = found.instructions[number]
            text = f"{each.operation} {each.argument}".rstrip()
            body: dict[str, Any] = {"address": hex(base + each.offset), "instruction": text}
            if each.line:
                body |= {"line": each.line, "location": self.source_of(found.file)}
            shown.append(body)
        return {"instructions": shown}
