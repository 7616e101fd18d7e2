"""Native speed: the processor time of a piece of work under a breakpoint that does not stop it.

Processor time of the program's process, so that a busy machine disturbs less; each debugger in its own run, in turn.
Limits hold for the smallest of the figures: what else the machine does only ever adds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench import libraries
from bench.dap import Debugpy
from bench.driving import Pdb, Target, debugged, run_ms
from bench.measure import Check, Result, Series, Verdict, alternate, at_least, at_most, noise_of, ratio_of
from bench.peers import Peer, peers
from bench.works import PROGRAM, WORKS, Work, line_of, with_condition_as_source
from pydelve.api.breakpoints import ExceptionFilter
from pydelve.api.requests import ClearBreakpoint, CreateBreakpoint, CreateExceptionBreakpoint, Detach

if TYPE_CHECKING:
    from bench.cases import Setting

_HIT_LIMIT_NS = 10.0
_AGAIN, _REMOVED, _LEFT = "plain, again", "pydelve, breakpoint removed", "pydelve, detached"
_AS_SOURCE = "plain, with an if in the source"
_PATIENCE_S = 120.0
_WHY = {
    "exceptions": "an exception that passes two frames is two events, each a call of a Python function that looks at "
    "its class, some 60 to 100 ns; raising and catching it takes CPython 170 ns there",
    "nothing": "no code of pydelve's runs meanwhile, and no event is on; where things lie in memory, which two runs of "
    "plain Python have alike, is the likely cause, and not proved",
    "hit": "the check is compiled as an `if` with a guard around it; up to 3.10 beginning and ending a guard are two "
    "instructions more, from 3.11 on none",
}
_EVENTS_MINOR = 12
"""Before, a frame that runs already, and what is raised, need sys.settrace."""


def running(setting: Setting, name: str) -> Result:
    """Milliseconds of a piece of work: plain, and under each debugger with what it has to watch for."""
    work = WORKS[name]
    program, stamp = setting.write("work.py", PROGRAM), setting.folder / "took"
    words = (work.function, str(stamp))
    more = libraries.environment(setting.python, setting.version, work.library) if work.library else {}
    if more is None:
        return Result(work.title, setting.version, "ms", (), notes=(f"{work.library} can't be had for this version",))

    def plain(program: Path = program) -> float:
        run_ms([setting.python, str(program), *words], setting.folder, more)
        return _took(stamp)

    def ours(then: Literal["", "clear", "detach"]) -> float:
        stamp.unlink(missing_ok=True)
        with debugged(setting.python, program, *words, environment=more) as target:
            _watch(target, work, then == "clear")
            if then != "detach":
                target.finish()
            else:
                target.client.call(Detach())
                _wait_written(stamp)
        return _took(stamp)

    contenders: dict[str, Callable[[], float]] = {"plain": plain, f"pydelve, {work.watched}": lambda: ours("")}
    if work.line or work.exception:
        contenders[_REMOVED] = lambda: ours("clear")
    if work.detach:
        contenders[_LEFT] = lambda: ours("detach")
    contenders[_AGAIN] = plain
    if work.hits:
        source = setting.write("with_if.py", with_condition_as_source(work))
        contenders[_AS_SOURCE] = lambda: plain(source)
    if setting.debugpy and work.others:  # not everywhere: each takes seconds
        if work.line:
            contenders[f"pdb, {work.watched}"] = lambda: _under_pdb(setting, work, program, stamp)
            for peer in peers(setting.debugpy, setting.version):
                contenders[f"{peer.name}, {work.watched}"] = partial(_under, peer, work, program, stamp)
        contenders[f"debugpy, {work.watched}"] = lambda: _under_debugpy(setting, work, program, stamp, True)
        if not work.exception:  # there it stops at what libraries raise and catch themselves
            contenders["debugpy, the same in all code"] = lambda: _under_debugpy(setting, work, program, stamp, False)
    seldom = [name for name in contenders if not name.startswith(("plain", "pydelve"))]
    series = alternate(contenders, setting.rounds, warm=False, seldom=seldom)
    return Result(work.title, setting.version, "ms, processor time", series, _judge(setting, work, series))


def _judge(setting: Setting, work: Work, series: tuple[Series, ...]) -> tuple[Check, ...]:
    have = {found.name: found.values for found in series}
    plain, ours = have["plain"] + have[_AGAIN], series[1].values
    noise, cost = noise_of(plain), min(ours) - min(plain)
    ratio, line = ratio_of(ours, plain), f"{work.number}: {work.title}, {work.watched}"
    if int(setting.version.split(".")[1]) < _EVENTS_MINOR and (work.when == "active" or work.exception):
        checks = [Check(line, f"{work.limit:.2f} of plain from 3.12 on", f"{ratio:.1f}", "none")]
    else:
        limit = f"{work.limit:.2f} of plain" + (" from 3.12 on" if work.when == "active" or work.exception else "")
        checks = [at_most(line, limit, ratio, work.limit, noise=noise, why=_WHY.get(work.function, _WHY["nothing"]))]
    if work.hits:
        noise_ns, cost_ns = ((noise - 1) * min(plain) * 1e6 / work.hits, cost * 1e6 / work.hits)
        source = (min(have[_AS_SOURCE]) - min(plain)) * 1e6 / work.hits
        verdict: Verdict = (
            "kept" if cost_ns <= _HIT_LIMIT_NS else "noise" if cost_ns <= _HIT_LIMIT_NS + noise_ns else "missed"
        )
        here = f"{cost_ns:.1f} (an if in the source: {source:.1f})"
        limit = f"{_HIT_LIMIT_NS:.0f} ns a hit"
        checks.append(Check(line + ", each", limit, here, verdict, f"{noise_ns:.1f}", _WHY["hit"]))
    for name, words in ((_REMOVED, "after removal"), (_LEFT, "after detach")):
        if name in have:
            found = ratio_of(have[name], plain)
            after = at_most(f"8: {work.title}, {words}", "1.00 of plain", found, 1.0, noise=noise, why=_WHY["nothing"])
            checks.append(replace(after, verdict="kept") if after.verdict == "noise" else after)
    theirs = next((values for name, values in have.items() if name.startswith("debugpy")), None)
    if theirs and (work.hits or work.exception) and checks[0].verdict != "none":
        times, least = (min(theirs) - min(plain)) / max(cost, 0.01), 500 if work.hits else 3
        checks.append(at_least(f"{line}, beside debugpy", f"{least} times cheaper than debugpy's", times, least))
    return tuple(checks)


def _wait_written(stamp: Path) -> None:
    """Until a program that nobody waits for has written how long it took."""
    limit = time.monotonic() + _PATIENCE_S
    while not stamp.exists() or not stamp.read_text():
        if time.monotonic() > limit:
            raise RuntimeError("a program that was left did not end")
        time.sleep(0.01)


def _took(stamp: Path) -> float:
    return float(stamp.read_text()) * 1000


def _watch(target: Target, work: Work, clear: bool) -> None:
    if work.when == "active":
        target.client.call(CreateBreakpoint(f"work.py:{line_of('begun')}", temporary=True))
        target.go()
    if work.exception:
        made = target.client.call(CreateExceptionBreakpoint(ExceptionFilter("raised", work.exception)))
    elif work.line:
        place = f"work.py:{work.line}"
        made = target.client.call(CreateBreakpoint(place, condition=work.condition, hit_condition=work.hit))
    else:
        return
    if clear:
        target.client.call(ClearBreakpoint(made.id))


def _under_pdb(setting: Setting, work: Work, program: Path, stamp: Path) -> float:
    session = Pdb(setting.python, program, work.function, str(stamp))
    session.do(f"break {work.line}" + (f", {work.condition}" if work.condition else ""))
    session.do("continue")
    session.close()
    return _took(stamp)


def _under(peer: Peer, work: Work, program: Path, stamp: Path) -> float:
    stamp.unlink(missing_ok=True)
    peer.run(program, (work.function, str(stamp)), work.line, work.condition, stamp)
    return _took(stamp)


def _under_debugpy(setting: Setting, work: Work, program: Path, stamp: Path, just_my_code: bool) -> float:
    words = (work.function, str(stamp))
    point = {"line": work.line, **({"condition": work.condition} if work.condition else {})} if work.line else {}
    with Debugpy(
        setting.debugpy, program, *words, point=point, raised=work.exception, just_my_code=just_my_code
    ) as session:
        session.finish()
    return _took(stamp)
