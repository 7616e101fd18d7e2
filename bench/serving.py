"""A web server that is traced while it works: what its clients notice.

A FastAPI app under uvicorn, loaded as ``wrk`` does it by a process of its own, is asked for so many seconds before
anything is traced, while its calls are traced by its pid, and after that. On a machine of few cores the load, the
server and the reader of the records take time from each other: what is compared is before and after.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING

from bench import libraries
from bench.driving import environment
from bench.measure import Result, Series, at_most, ratio_of
from pydelve.api.attach import AttachOptions
from pydelve.api.events import Detached, Traced
from pydelve.api.requests import Detach, EndTracing, StartTracing
from pydelve.api.tracing import TraceOptions
from pydelve.client import Client
from pydelve.server.pipe import open_session

if TYPE_CHECKING:
    from bench.cases import Setting

_ROOT = Path(__file__).resolve().parents[1]
_PROGRAM = _ROOT / "tests" / "programs" / "tracing" / "shop_api.py"
_SECONDS, _QUICK_SECONDS, _WARM_SECONDS = 5.0, 3.0, 1.0
_CALLS, _CONNECTIONS, _PATH = 50, 8, "/async/"
_QUANTILE = 0.99
_NOISE = 1.1
_PATIENCE_S = 60.0


def serving(setting: Setting) -> Result:
    """The 99th percentile of what a request takes: each round has a server of its own."""
    title, unit = "a request to a FastAPI app under load, 99th percentile", "ms"
    more = _libraries(setting)
    if more is None:
        return Result(title, setting.version, unit, (), notes=("fastapi or uvicorn can't be had for this version",))
    seconds = _QUICK_SECONDS if setting.quick else _SECONDS
    windows: dict[str, list[float]] = {"before": [], "traced": [], "traced, at most 5% of the time": [], "after": []}
    failed = miscounted = told = lost = 0
    for _ in range(min(setting.rounds, 2)):
        with _served(setting, more) as (pid, port):
            _asked(port, _WARM_SECONDS)
            for name, found in windows.items():
                if not name.startswith("traced"):
                    took, wrong = _asked(port, seconds)
                else:
                    took, wrong, counted, dropped, exact = _traced(pid, port, seconds, 0.05 if "%" in name else 0.0)
                    miscounted += not exact
                    told, lost = told + counted, lost + dropped
                failed += len(wrong)
                found.append(sorted(took)[int(len(took) * _QUANTILE)] * 1000)
    series = tuple(Series(name, tuple(found)) for name, found in windows.items())
    checks = (
        at_most("trace: a server under load, failed requests", "none", failed, 0, form=".0f"),
        at_most("trace: a server under load, wrong counts of what was dropped", "none", miscounted, 0, form=".0f"),
        at_most(
            "trace: a server under load, 99th percentile after", f"{_NOISE:.2f} of before, as noise goes",
            ratio_of(series[-1].values, series[0].values), _NOISE,
        ),
    )  # fmt: skip
    notes = (f"of {told + lost:,} records {lost:,} were dropped",)
    return Result(title, setting.version, unit, series, checks, notes)


def _libraries(setting: Setting) -> dict[str, str] | None:
    found = [libraries.environment(setting.python, setting.version, name) for name in ("fastapi", "uvicorn")]
    if None in found:
        return None
    return {"PYTHONPATH": os.pathsep.join(each["PYTHONPATH"] for each in found if each)}


@contextmanager
def _served(setting: Setting, more: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Pid and port of a server.

    Raises:
        RuntimeError: it did not start.
    """
    with subprocess.Popen(
        [setting.python, str(_PROGRAM), str(_CALLS)], env=environment(setting.folder) | more, cwd=setting.folder,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            first = process.stdout.readline().split()
            if first[:1] != ["port"]:
                said = f"said {' '.join(first)!r}" if first else f"ended with status {process.wait()}"
                raise RuntimeError(f"the server did not start: it {said}")
            yield process.pid, int(first[1])
        finally:
            process.kill()


@contextmanager
def _load(port: int, seconds: float) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
    """The load, and where it writes what came of it when it ends."""
    words = [sys.executable, "-m", "tests.e2e.web_load", str(port), str(_CONNECTIONS), str(seconds), _PATH]
    with (
        tempfile.TemporaryFile() as output,
        subprocess.Popen(words, cwd=_ROOT, stdin=subprocess.DEVNULL, stdout=output) as process,
    ):
        yield process, output


def _done(process: subprocess.Popen[bytes], output: IO[bytes]) -> tuple[list[float], list[str]]:
    """Seconds of each request, and what failed."""
    process.wait()
    output.seek(0)
    took, wrong = json.load(output)
    return took, wrong


def _asked(port: int, seconds: float) -> tuple[list[float], list[str]]:
    with _load(port, seconds) as (process, output):
        return _done(process, output)


def _traced(pid: int, port: int, seconds: float, share: float) -> tuple[list[float], list[str], int, int, bool]:
    """The same while it is traced, with how many records came, how many were dropped, and whether that is all."""
    client = Client(open_session(AttachOptions(pid, stop=False)))
    try:
        client.call(StartTracing(TraceOptions(r"^__main__\.", max_overhead=share)))
        told = lost = 0
        with _load(port, seconds) as (process, output):
            while process.poll() is None:
                event = client.next_event(0.05)
                if isinstance(event, Traced):
                    told, lost = told + len(event.records), lost + event.lost
            took, wrong = _done(process, output)
        summary = client.call(EndTracing())
        client.call(Detach())
        deadline = time.monotonic() + _PATIENCE_S
        while not isinstance(event := client.next_event(_PATIENCE_S), Detached) and time.monotonic() < deadline:
            if isinstance(event, Traced):
                told, lost = told + len(event.records), lost + event.lost
    finally:
        client.close()
    # of each request: a coroutine, and the calls that it makes
    expected = 2 * len(took) * (_CALLS + 1)
    exact = lost == summary.lost and (told + lost == expected or bool(share))
    return took, wrong, told, lost, exact
