"""Native speed: the processor time of a piece of work under a breakpoint that does not stop it.

Processor time of the program's process, so that a busy machine disturbs less; each debugger in its own run, in turn.
Limits hold for the smallest of the figures: what else the machine does only ever adds.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench import libraries
from bench.dap import Debugpy
from bench.driving import Pdb, Target, debugged, run_ms
from bench.measure import Result, Series, alternate
from bench.peers import Peer, peers
from bench.works import PROGRAM, WORKS, Work, line_of, with_condition_as_source
from pydelve.api.breakpoints import ExceptionFilter
from pydelve.api.requests import ClearBreakpoint, CreateBreakpoint, CreateExceptionBreakpoint

if TYPE_CHECKING:
    from bench.cases import Setting

_HIT_LIMIT_NS = 10.0
_REMOVED_LIMIT = 1.02
_AS_SOURCE = "plain, with an if in the source"
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

    def ours(clear: bool) -> float:
        with debugged(setting.python, program, *words, environment=more) as target:
            _watch(target, work, clear)
            target.finish()
        return _took(stamp)

    contenders: dict[str, Callable[[], float]] = {"plain": plain, f"pydelve, {work.watched}": lambda: ours(False)}
    if work.line or work.exception:
        contenders["pydelve, breakpoint removed"] = lambda: ours(True)
    if work.hits:
        source = setting.write("with_if.py", with_condition_as_source(work))
        contenders[_AS_SOURCE] = lambda: plain(source)
    if setting.debugpy and work.others:  # not everywhere: each takes seconds
        if work.line:
            contenders[f"pdb, {work.watched}"] = lambda: _under_pdb(setting, work, program, stamp)
            for peer in peers(setting.debugpy, setting.version):
                contenders[f"{peer.name}, {work.watched}"] = partial(_under, peer, work, program, stamp)
        contenders[f"debugpy, {work.watched}"] = lambda: _under_debugpy(setting, work, program, stamp, True)
        contenders["debugpy, the same in all code"] = lambda: _under_debugpy(setting, work, program, stamp, False)
    series = alternate(contenders, setting.rounds, warm=False)
    limit, kept = _judge(setting, work, series)
    return Result(work.title, setting.version, "ms, processor time", series, limit, kept)


def _judge(setting: Setting, work: Work, series: tuple[Series, ...]) -> tuple[str, bool]:
    """The limits in words, with what they amount to here: by the smallest figures or by the medians, whichever is less,
    as where things lie in memory alone makes some runs of plain Python a tenth slower than others.
    """
    plain, ours = series[0].spread[0], series[1].spread[0]
    ratio = _ratio(series[1], series[0])
    traced = int(setting.version.split(".")[1]) < _EVENTS_MINOR and (work.when == "active" or bool(work.exception))
    kept = ratio <= work.limit or traced
    words = [
        f"none, as sys.settrace allows; here {ratio:.1f}" if traced else f"{work.limit:.2f} of plain; here {ratio:.2f}"
    ]
    if work.hits:
        cost = (ours - plain) * 1e6 / work.hits
        kept = kept and cost <= _HIT_LIMIT_NS
        source = (_named(series, _AS_SOURCE).spread[0] - plain) * 1e6 / work.hits
        words.append(f"{_HIT_LIMIT_NS:.0f} ns a hit; here {cost:.1f} (an if in the source: {source:.1f})")
    if len(series) > 2 and "removed" in series[2].name:
        after = _ratio(series[2], series[0])
        kept = kept and after <= _REMOVED_LIMIT
        words.append(f"after removal {_REMOVED_LIMIT:.2f}; here {after:.2f}")
    others = [(found.spread[0] - plain) / max(ours - plain, 0.01) for found in series[3:] if "debugpy" in found.name]
    if others and (work.hits or work.exception):
        least = 500 if work.hits else 3
        kept = kept and (others[0] >= least or traced)
        words.append(f"{least} times cheaper than debugpy's; here {others[0]:,.1f}")
    return ", ".join(words), kept


def _named(series: tuple[Series, ...], name: str) -> Series:
    return next(found for found in series if found.name == name)


def _ratio(series: Series, plain: Series) -> float:
    return min(series.spread[0] / plain.spread[0], series.median / plain.median)


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
