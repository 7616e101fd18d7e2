"""Decides which breakpoints are woven into their functions, and has the target's Python compile them.

See docs/internals/weaving.md for the whole. A breakpoint that is not woven works by events, with the reason kept for
``breakpoints -v``; nothing here can fail a breakpoint. Called by the engine, on its thread; blocks for the helper, some
30 ms and what the target's Python takes to compile the file twice.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

from pydelve.api.breakpoints import Breakpoint, Location
from pydelve.debugger.conditions import log_expression
from pydelve.debugger.sources import SourceFile, Sources
from pydelve.errors import PydelveError
from pydelve.records import dataclass
from pydelve.target.arming import WovenScope

Mode = Literal["auto", "on", "off"]
IdentOf = Callable[[int], int]
"""The target's ident for a thread's number: 0 for 0, -1 where there is no such thread."""
ScopeKey = tuple[str, str, int]
"""File, ``co_name`` and first line of a function."""

GOAL = 0
"""The number by which the target knows where ``continue LOCATION`` goes: no breakpoint has it."""
_HELPER = Path(__file__).with_name("weave_helper.py")
_HELPER_TIMEOUT_S = 10.0
_MAX_SOURCE_BYTES = 2 << 20
_FREE_PLAIN_MINOR = 12
"""From here on ``sys.monitoring`` makes a breakpoint without a condition free; before, only woven ones are."""
_log = logging.getLogger("pydelve.weaving")
_ANSWERS_KEPT = 16
_answers: dict[tuple[tuple[str, ...], bytes], tuple[bytes, bytes]] = {}
"""Of the helper, the oldest first."""


@dataclass(frozen=True, slots=True)
class Compiler:
    """How the target compiles its sources."""

    python: str
    """Path of its interpreter; "" where there is none to start."""
    minor: int
    optimize: int = 0
    """Its ``-O``."""
    column_ranges: bool = True
    """False with ``-X no_debug_ranges``."""


def scope_of(location: Location) -> ScopeKey:
    """The function that holds a location."""
    return location.file, location.unit.scope_name, location.unit.scope_line


def mode_from_environment() -> Mode:
    """``PYDELVE_WEAVING``, for tests: one suite runs with all three."""
    found = os.environ.get("PYDELVE_WEAVING", "auto")
    return found if found in ("on", "off") else "auto"  # type: ignore[return-value]


class Weaving:
    """Makes the woven form of whole functions, as every check in one changes all of its code."""

    def __init__(self, sources: Sources, compiler: Compiler, mode: Mode, ident_of: IdentOf) -> None:
        self._sources = sources
        self._compiler = compiler
        self._mode = mode
        self._ident_of = ident_of

    def scopes(self, breakpoints: Iterable[Breakpoint], touched: Iterable[ScopeKey]) -> tuple[WovenScope, ...]:
        """What is to be woven into the functions ``touched``, given all breakpoints there are."""
        wanted: dict[ScopeKey, list[tuple[Breakpoint, Location]]] = {key: [] for key in touched}
        for each in breakpoints:
            for placement in each.placements if each.enabled else ():
                if scope_of(placement.location) in wanted:
                    wanted[scope_of(placement.location)].append((each, placement.location))
        files: dict[str, list[_Scope]] = {}
        for key, entries in wanted.items():
            files.setdefault(key[0], []).append(_Scope(key, entries, self._refusal))
        return tuple(scope for file, scopes in files.items() for scope in self._compiled(file, scopes))

    def _refusal(self, breakpoint_: Breakpoint, location: Location) -> str:
        """Why a breakpoint is not woven; "" where it may be."""
        if self._mode == "off":
            return "weaving is switched off"
        if breakpoint_.id == GOAL:
            return "it is gone with the next stop"
        if breakpoint_.inner:
            return "it is within a statement"
        if breakpoint_.thread < 0 or breakpoint_.per_task:
            return "it asks which task it is in"
        if breakpoint_.after is not None:
            return "it waits for another breakpoint"
        if location.unit.scope_name == "<module>":
            return "code of modules and classes runs once, and is active then"
        if location.unit.kind != "simple":
            return "headers of compound statements are no place for a check"
        plain = not (breakpoint_.condition or breakpoint_.log or breakpoint_.thread or breakpoint_.hit_condition)
        if plain and self._mode == "auto" and self._compiler.minor >= _FREE_PLAIN_MINOR:
            return "events cost nothing where it is not hit, and it stops whenever it is"
        return ""

    def _compiled(self, file: str, scopes: list[_Scope]) -> list[WovenScope]:
        if not any(scope.units for scope in scopes):
            return [scope.result(b"", []) for scope in scopes]
        try:
            source = self._sources.load(file)
            if source.stale:
                raise _UnwovenError("its source was changed on disk")
            answer, code = self._ask_helper(source, [scope.request(self._ident_of) for scope in scopes])
        except (_UnwovenError, PydelveError) as error:
            for scope in scopes:
                scope.refuse_all(str(error))
            return [scope.result(b"", []) for scope in scopes]
        results = []
        for scope, row in zip(scopes, answer["scopes"], strict=True):
            for number, line, why in row["refused"]:
                scope.refuse(number, line, why)
            results.append(scope.result(code[: row["size"]], row["tags"]))
            code = code[row["size"] :]
        return results

    def _ask_helper(self, source: SourceFile, requests: list[dict[str, Any]]) -> tuple[dict[str, Any], bytes]:
        """Compile with the target's interpreter, isolated from its environment and site-packages."""
        compiler = self._compiler
        if not compiler.python or len(source.content) > _MAX_SOURCE_BYTES:
            raise _UnwovenError("the target's Python can't be asked to compile its source")
        command = [compiler.python, "-I", "-S", "-E", str(_HELPER)]
        if not compiler.column_ranges:
            command[1:1] = ["-X", "no_debug_ranges"]
        header = json.dumps({"optimize": compiler.optimize, "scopes": requests}).encode()
        question = (tuple(command), header + b"\n" + source.content)
        known = _answers.get(question)
        if known is not None:  # the same program in another process of the session
            return json.loads(known[0]), known[1]
        try:
            done = subprocess.run(
                command, input=question[1], capture_output=True, timeout=_HELPER_TIMEOUT_S, check=False,
                start_new_session=True,
            )  # fmt: skip
            head, _, code = done.stdout.partition(b"\n")
            answer = json.loads(head)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            _log.warning("weaving helper: %s", error)
            raise _UnwovenError("the target's Python could not be asked to compile its source") from error
        if done.stderr:
            _log.warning("weaving helper: %s", done.stderr.decode("utf-8", "replace"))
        if "error" in answer:
            raise _UnwovenError(f"its source does not compile: {answer['error']}")
        if len(_answers) == _ANSWERS_KEPT:
            del _answers[next(iter(_answers))]
        _answers[question] = head, code
        return answer, code


class _UnwovenError(Exception):
    """Why nothing of a file is woven."""


class _Scope:
    """One function: what is to be woven, and what is not."""

    def __init__(self, key: ScopeKey, entries: list[tuple[Breakpoint, Location]], refusal: Any) -> None:
        self.key = key
        self.units: dict[int, list[Breakpoint]] = {}
        self.refused: dict[tuple[int, int], str] = {}
        for breakpoint_, location in entries:
            line = location.unit.line
            why = refusal(breakpoint_, location)
            if why:
                self.refused[breakpoint_.id, line] = why
            self.units.setdefault(line, []).append(breakpoint_)
        for line, sharing in list(self.units.items()):
            self._settle(line, sharing)

    def _settle(self, line: int, sharing: list[Breakpoint]) -> None:
        """A line is woven with all its breakpoints or not at all: they are to make one stop."""
        here = [(each.id, line) for each in sharing]
        refused = [key for key in here if key in self.refused]
        if not refused:
            return
        del self.units[line]
        for key in here:
            self.refused.setdefault(key, f"breakpoint {refused[0][0]} on its line can't be woven")

    def request(self, ident_of: IdentOf) -> dict[str, Any]:
        """For the helper."""
        units = [
            {"line": line, "entries": [_entry(each, ident_of) for each in sharing]}
            for line, sharing in self.units.items()
        ]
        return {"name": self.key[1], "line": self.key[2], "units": units}

    def refuse(self, number: int, line: int, why: str) -> None:
        """The helper could not weave this."""
        self.units.pop(line, None)
        self.refused[number, line] = why

    def refuse_all(self, why: str) -> None:
        """There is no helper's answer."""
        for line, sharing in list(self.units.items()):
            for each in sharing:
                self.refuse(each.id, line, why)

    def result(self, code: bytes, tags: list[list[int]]) -> WovenScope:
        """For the target."""
        file, name, line = self.key
        woven = tuple((line, tuple(each.id for each in sharing)) for line, sharing in self.units.items())
        refused = tuple((number, line, why) for (number, line), why in self.refused.items())
        return WovenScope(file, name, line, code if woven else b"", tuple((t, u) for t, u in tags), woven, refused)


def _entry(breakpoint_: Breakpoint, ident_of: IdentOf) -> dict[str, Any]:
    hit = breakpoint_.hit_condition
    return {
        "id": breakpoint_.id,
        "condition": breakpoint_.condition,
        "log": log_expression(breakpoint_.log),
        "thread": ident_of(breakpoint_.thread),
        "hit": None if hit is None else [hit.op, hit.count],
    }
