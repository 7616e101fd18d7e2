"""Breakpoints and locations, as clients ask for them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydelve.api import requests
from pydelve.api.breakpoints import Breakpoint, Location
from pydelve.debugger.breakpoints import Breakpoints
from pydelve.debugger.current import Current, Handlers


class Placing:
    """Serves what is asked about breakpoints and locations of the current target."""

    def __init__(self, current: Current, breakpoints: Breakpoints) -> None:
        self._current = current
        self._breakpoints = breakpoints

    def handlers(self) -> Handlers:
        """What is served here."""
        return {
            requests.CreateBreakpoint: self._create_breakpoint,
            requests.CreateExceptionBreakpoint: self._create_exception_breakpoint,
            requests.SetStopUncaught: self._set_stop_uncaught,
            requests.AmendBreakpoint: self._amend_breakpoint,
            requests.ClearBreakpoint: self._clear_breakpoint,
            requests.ListBreakpoints: self._list_breakpoints,
            requests.FindLocations: self._find_locations,
            requests.CompleteLocation: self._complete_location,
        }

    def locate(
        self, request: requests.FindLocations | requests.CreateBreakpoint | requests.Resume
    ) -> tuple[Location, ...]:
        """The places that a request's location means.

        Raises:
            LocationError: it does not resolve.
        """
        return self._current.files.resolve(
            request.location,
            request.frame_file,
            request.frame_line,
            self._current.armable(),
            isinstance(request, requests.CreateBreakpoint) and request.inner,
        )

    def _create_breakpoint(self, request: requests.CreateBreakpoint) -> Breakpoint:
        return self._breakpoints.create(
            request.location,
            self.locate(request),
            request.condition,
            request.hit_condition,
            request.temporary,
            self._current.armable(),
            request.name,
            request.after,
            request.inner,
            request.log,
            request.thread,
            request.per_task,
            request.shared,
        )

    def clear_temporary(self, hit: Iterable[int]) -> None:
        """Those of these breakpoints that go with their first hit go."""
        for number in hit:
            if self._breakpoints.known(number) and self._breakpoints.get(number).temporary:
                self._breakpoints.clear(number, self._current.armable())

    def _create_exception_breakpoint(self, request: requests.CreateExceptionBreakpoint) -> Breakpoint:
        return self._breakpoints.create_on_exceptions(
            request.filter, request.condition, request.hit_condition, request.temporary, self._current.armable(),
            request.name, request.after, request.shared,
        )  # fmt: skip

    def _set_stop_uncaught(self, request: requests.SetStopUncaught) -> None:
        self._breakpoints.stop_uncaught(self._current.armable(), stop=request.stop)

    def _amend_breakpoint(self, request: requests.AmendBreakpoint) -> Breakpoint:
        changes: dict[str, Any] = {}
        if request.condition is not None:
            changes["condition"] = request.condition
        if request.hit_condition is not None or request.clear_hit_condition:
            changes["hit_condition"] = request.hit_condition
        if request.after is not None or request.clear_after:
            changes["after"] = request.after
        for name in ("enabled", "commands", "log", "thread", "per_task"):
            if getattr(request, name) is not None:
                changes[name] = getattr(request, name)
        return self._breakpoints.amend(request.id, self._current.armable(), **changes)

    def _clear_breakpoint(self, request: requests.ClearBreakpoint) -> Breakpoint:
        return self._breakpoints.clear(request.id, self._current.armable())

    def _list_breakpoints(self, request: requests.ListBreakpoints) -> tuple[Breakpoint, ...]:
        process = self._current.armable()
        if process is not None:
            self._breakpoints.place(process.placements())
            self._breakpoints.count(process.counts())
        return self._breakpoints.all()

    def _find_locations(self, request: requests.FindLocations) -> tuple[Location, ...]:
        return self.locate(request)

    def _complete_location(self, request: requests.CompleteLocation) -> tuple[str, ...]:
        process = self._current.armable() if self._current.state.status == "stopped" else None
        return self._current.files.complete(request.prefix, request.frame_file, process)
