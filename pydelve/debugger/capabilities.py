"""What can be done in this session, and the settings that are its own, for clients."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from pydelve import __version__
from pydelve.api import requests
from pydelve.api.launch import LaunchOptions
from pydelve.api.session import Capabilities, Feature, SessionConfig
from pydelve.debugger.breakpoints import Breakpoints
from pydelve.debugger.current import Current, Handlers
from pydelve.errors import PydelveError
from pydelve.target.interface import Process
from pydelve.target.machines import NAMES


class Session:
    """Serves what is asked about the session itself. Everything runs on the engine's thread."""

    def __init__(self, current: Current, breakpoints: Breakpoints, options: Callable[[], Any]) -> None:
        """``options`` gives those that the target was started with last."""
        self._current = current
        self._breakpoints = breakpoints
        self._options = options

    def handlers(self) -> Handlers:
        """What is served here."""
        return {requests.GetCapabilities: self._get_capabilities, requests.GetConfig: self._get_config}

    def _get_capabilities(self, request: requests.GetCapabilities) -> Capabilities:
        process = self._current.live()
        info = process.info
        control = "" if "control" in info.capabilities else info.limited
        launched = isinstance(self._options(), LaunchOptions)
        return Capabilities(
            __version__,
            (
                Feature("run", "" if "run" in info.capabilities else info.limited),
                Feature("control", control),
                Feature("restart", "" if launched else (info.core and info.limited) or "pydelve did not start it"),
                Feature("dump", _no_dump(process)),
                Feature("memory", _no_memory(process)),
                Feature("exceptions at the raise", control or _no_foretelling(info.python)),
            ),
        )

    def _get_config(self, request: requests.GetConfig) -> SessionConfig:
        options = self._options()
        return SessionConfig(
            tuple(self._current.files.sources.rules),
            self._breakpoints.stops_uncaught,
            options.arguments if isinstance(options, LaunchOptions) else (),
        )


def _no_dump(process: Process) -> str:
    if process.info.core:
        return process.info.limited
    machine = os.uname().machine
    return "" if machine in NAMES else f"this machine is {machine}, not {' or '.join(NAMES)}"


def _no_memory(process: Process) -> str:
    try:
        process.read_memory(0, 0)
    except PydelveError as error:
        return str(error)
    return ""


def _no_foretelling(python: str) -> str:
    major, minor = map(int, python.split(".")[:2])
    return "" if (major, minor) >= (3, 11) else f"CPython {major}.{minor} keeps no table of exception handlers"
