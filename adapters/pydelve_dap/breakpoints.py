"""Breakpoints as the editor has them, a list for each file, made those of the debugger."""

from __future__ import annotations

import os
import re
from typing import Any

from pydelve.api.breakpoints import Breakpoint, ExceptionFilter, HitCondition
from pydelve.api.requests import (
    ClearBreakpoint,
    CreateBreakpoint,
    CreateExceptionBreakpoint,
    FindLocations,
    Request,
    SetStopUncaught,
)
from pydelve.errors import LocationError, PydelveError, TargetGoneError, TargetStateError, UsageError
from pydelve_dap.session import Session

FILTERS: tuple[dict[str, Any], ...] = (
    {
        "filter": "raised", "label": "Raised Exceptions", "default": False, "supportsCondition": True,
        "description": "As they come to your code, raised there or in what it called.",
        "conditionDescription": "e.g. isinstance(exc, KeyError)",
    },
    {
        "filter": "uncaught", "label": "Uncaught Exceptions", "default": True, "supportsCondition": True,
        "description": "When they have ended the program, a thread or a task.",
        "conditionDescription": "e.g. not isinstance(exc, KeyboardInterrupt)",
    },
    {
        "filter": "userUnhandled", "label": "User Uncaught Exceptions", "default": False, "supportsCondition": True,
        "description": "As they leave your code for a library that called it.",
        "conditionDescription": "e.g. isinstance(exc, KeyError)",
    },
)  # fmt: skip
_WHEN: dict[str, Any] = {"raised": "raised", "uncaught": "uncaught", "userUnhandled": "user"}
_HITS = re.compile(r"\s*(==|=|!=|>=|<=|>|<|%)?\s*([0-9]+)\s*")
_LINES_AT_ONCE = 50


class Breakpoints:
    """Worker's thread."""

    def __init__(self, session: Session) -> None:
        """None is set yet."""
        self._session = session
        self._known: dict[str, dict[tuple[Any, ...], Breakpoint]] = {}
        """By file (or kind), then by all that the editor said of each."""
        self._now: dict[int, Breakpoint] = {}
        """Those that there are, as they were told last."""
        self._cleared: set[int] = set()
        """By us: the editor need not be told."""
        self._setting = False
        self._told: dict[int, dict[str, Any]] = {}

    def set_lines(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``setBreakpoints``."""
        path = arguments.get("source", {}).get("path", "")
        if not path:
            raise UsageError("breakpoints need a file", why="the source has no path")
        wanted = arguments.get("breakpoints")
        if wanted is None:
            wanted = [{"line": line} for line in arguments.get("lines", [])]
        program_path = self._session.paths.to_program(os.path.abspath(path))
        keys = [
            (point["line"], point.get("condition"), point.get("hitCondition"), point.get("logMessage"))
            for point in wanted
        ]
        return self._set(f"file {path}", keys, lambda key: _line_request(program_path, key))

    def set_functions(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``setFunctionBreakpoints``."""
        keys = [
            (point["name"], point.get("condition"), point.get("hitCondition"), None)
            for point in arguments.get("breakpoints", [])
        ]
        return self._set("functions", keys, lambda key: CreateBreakpoint(str(key[0]), **_conditions(key), shared=True))

    def set_exceptions(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``setExceptionBreakpoints``: filters, with conditions where ``filterOptions`` has some."""
        options = [{"filterId": name} for name in arguments.get("filters", [])] + arguments.get("filterOptions", [])
        keys = [(each["filterId"], each.get("condition") or "") for each in options]
        if not self._session.controls:
            return {"breakpoints": [{"verified": False, "message": self._session.limited} for _ in keys]}
        try:
            self._session.client.call(SetStopUncaught(("uncaught", "") in keys and not self._session.only_runs))
        except (TargetStateError, TargetGoneError) as error:  # a child that ended while the editor was about it
            return {"breakpoints": [{"verified": False, "message": str(error)} for _ in keys]}
        asked = [key for key in keys if key[0] != "uncaught" or key[1]]
        made = self._set("exceptions", asked, _exception_request)["breakpoints"]
        found = dict(zip(asked, made, strict=True))
        return {"breakpoints": [found.get(key, {"verified": True}) for key in keys]}

    def locations(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``breakpointLocations``: lines where a statement starts."""
        path = self._session.paths.to_program(os.path.abspath(arguments["source"].get("path", "")))
        first = arguments["line"]
        last = min(arguments.get("endLine", first), first + _LINES_AT_ONCE)
        lines: set[int] = set()
        for line in range(first, last + 1):
            try:
                found = self._session.client.call(FindLocations(f"{path}:{line}"))
            except LocationError:
                continue
            lines.update(place.unit.line for place in found)
        return {"breakpoints": [{"line": line} for line in sorted(lines) if first <= line <= last]}

    def _set(self, group: str, keys: list[tuple[Any, ...]], request: Any) -> dict[str, Any]:
        """Make those of a group the ones that the editor has; the rest of them stay as they are."""
        self._setting = True
        try:
            return self._set_all(group, keys, request)
        finally:
            self._setting = False

    def _set_all(self, group: str, keys: list[tuple[Any, ...]], request: Any) -> dict[str, Any]:
        if self._session.only_runs:
            return {"breakpoints": [{"verified": False, "message": "it runs without debugging"} for _ in keys]}
        before = self._known.get(group, {})
        now: dict[tuple[Any, ...], Breakpoint] = {}
        for key in set(before) - set(keys):
            self._cleared.add(before[key].id)
            try:
                self._session.client.call(ClearBreakpoint(before[key].id, shared=True))
            except (LocationError, TargetStateError, TargetGoneError):  # somebody else has cleared it, or it has ended
                continue
        shown = []
        for key in keys:
            try:
                point = now.get(key) or self._still(before.get(key)) or self._made(request(key))
            except PydelveError as error:
                shown.append({"verified": False, "message": str(error), **_asked_line(group, key)})
                continue
            now[key] = point
            shown.append(self._shown(point))
            self._told[point.id] = shown[-1]
        self._known[group] = now
        return {"breakpoints": shown}

    def _made(self, request: Request[Breakpoint]) -> Breakpoint:
        point = self._session.client.call(request)
        self._cleared.discard(point.id)
        return self._now.setdefault(point.id, point)

    def _still(self, point: Breakpoint | None) -> Breakpoint | None:
        """As it is now: it may have landed since, or been cleared by somebody else."""
        return None if point is None else self._now.get(point.id)

    def news(self, point: Breakpoint, *, cleared: bool) -> dict[str, Any] | None:
        """What the editor is to be told of a change; None where it knows all of it. On the events' thread."""
        if cleared:
            self._now.pop(point.id, None)
            self._told.pop(point.id, None)
            return None if point.id in self._cleared else {"reason": "removed", "breakpoint": self._shown(point)}
        self._now[point.id] = point
        shown = self._shown(point)
        known = self._told.get(point.id)
        if shown == known or (known is None and self._setting):
            return None  # a hit was counted, or the answer to the request tells of it
        if point.id in self._cleared or (known is None and point.shared and self._session.is_one_of_several):
            return None  # the editor's other sessions have it, which say so themselves
        self._told[point.id] = shown
        return {"reason": "changed" if known else "new", "breakpoint": shown}

    def _shown(self, point: Breakpoint) -> dict[str, Any]:
        body: dict[str, Any] = {"id": point.id, "verified": True}
        if point.placements:
            place = point.placements[0]
            path = self._session.paths.to_editor(place.location.file)
            body["line"] = place.location.unit.line
            body["source"] = {"name": os.path.basename(path), "path": path}
            if all(each.state in ("suspended", "refused") for each in point.placements):
                body |= {"verified": False, "message": place.why or place.state}
            elif place.how:
                body["message"] = f"{place.how}: {place.unwoven}" if place.unwoven else place.how
        return body


def _line_request(path: str, key: tuple[Any, ...]) -> Request[Breakpoint]:
    return CreateBreakpoint(f"{path}:{key[0]}", log=key[3] or "", **_conditions(key), shared=True)


def _conditions(key: tuple[Any, ...]) -> dict[str, Any]:
    return {"condition": key[1] or "", "hit_condition": hit_condition(key[2] or "")}


def _exception_request(key: tuple[Any, ...]) -> Request[Breakpoint]:
    if key[0] not in _WHEN:
        raise UsageError(f"there is no filter {key[0]}", why=f"there are {', '.join(_WHEN)}")
    return CreateExceptionBreakpoint(ExceptionFilter(_WHEN[key[0]]), condition=key[1], shared=True)


def hit_condition(text: str) -> HitCondition | None:
    """``>= 3``, or ``3`` for ``== 3``.

    Raises:
        UsageError: it is neither.
    """
    if not text.strip():
        return None
    match = _HITS.fullmatch(text)
    if match is None:
        raise UsageError(
            f"{text!r} is no hit condition", why="it is a number, with one of == != > >= < <= % in front", hint=">= 3"
        )
    return HitCondition({None: "==", "=": "=="}.get(match[1], match[1]), int(match[2]))


def _asked_line(group: str, key: tuple[Any, ...]) -> dict[str, Any]:
    return {"line": key[0]} if group.startswith("file ") else {}
