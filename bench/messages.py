"""Logpoints: how many messages a second reach a client that reads them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.dap import Debugpy
from bench.driving import debugged
from bench.measure import Check, Result, alternate, at_least
from pydelve.api.events import Exited, Logged
from pydelve.api.requests import CreateBreakpoint, Resume

if TYPE_CHECKING:
    from bench.cases import Setting

_PROGRAM = """\
import sys
def work(count):
    total = 0
    for i in range(count):
        total = (total * 31 + i) % 1_000_003  # here
    return total
work(int(sys.argv[1]))
"""
_LINE = 5
_MESSAGE = "{i}: the total is {total!r}"
_COUNT, _COUNT_DEBUGPY = 100_000, 2_000
_TIMES = 10


def logging(setting: Setting) -> Result:
    """Messages of a loop that does little else, from the first to the last; all of them must come."""
    program = setting.write("logs.py", _PROGRAM)
    contenders = {"pydelve": lambda: _ours(setting, program)}
    if setting.debugpy:
        contenders = {"debugpy": lambda: _debugpys(setting, program), **contenders}
    series = alternate(contenders, setting.rounds, warm=False)
    checks: tuple[Check, ...] = ()
    if setting.debugpy:
        times = series[1].median / series[0].median
        checks = (at_least("5: logpoint to a client that reads", f"{_TIMES} times debugpy's rate", times, _TIMES),)
    return Result("log messages", setting.version, "messages/s", series, checks)


def _ours(setting: Setting, program: Path) -> float:
    seen = 0
    with debugged(setting.python, program, str(_COUNT)) as target:
        target.client.call(CreateBreakpoint(f"{program}:{_LINE}", log=_MESSAGE))
        target.client.call(Resume("continue"))
        begin = end = time.monotonic()
        while not isinstance(event := target.client.next_event(60), Exited):
            assert event is not None
            if isinstance(event, Logged):
                seen, end = seen + len(event.entries), time.monotonic()
    if seen != _COUNT:
        raise RuntimeError(f"{_COUNT - seen} messages are lost")
    return seen / (end - begin)


def _debugpys(setting: Setting, program: Path) -> float:
    point = {"line": _LINE, "logMessage": _MESSAGE.replace("!r", "")}
    with Debugpy(setting.debugpy, program, str(_COUNT_DEBUGPY), point=point) as session:
        begin = time.monotonic()
        for _ in range(_COUNT_DEBUGPY):
            session.wait_output("the total is")
        return _COUNT_DEBUGPY / (time.monotonic() - begin)
