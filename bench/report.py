"""Results as text for a terminal and as the page ``docs/reference/performance.md``."""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from bench.measure import Check, Result, Series

_INTRODUCTION = """\
# Performance

Written by `python -m bench --write`, which runs pydelve in turn with plain Python, pdb and debugpy, so that what else
the machine does hits all of them. Each figure is the median of several runs, with the smallest and the largest; the
ratio is to the first column. Differences within the spread mean nothing.
"""
_LIMITS = """\
The first words are the line of the table that asks for it. *Noise*: no two halves of the runs of plain Python, of
which there are twice as many, differ by more; a figure above its limit by less is within the noise. Figures of pydelve
are compared by their smallest or by their medians, whichever is nearer: where things lie in memory makes some runs of
plain Python a tenth slower than others. A figure without a verdict has no limit on that version.
"""
_NOTES = """\
## What the figures hold

- *First prompt*: nearly all of it is processor time for imports, prompt-toolkit's a good third; the program starts
  meanwhile. A machine whose load average is near its number of cores misses the limit by what the others take:
  `tests/e2e/test_limits.py` scales it by what pdb needs in the same run.
- *Start of the program*: with the agent's bytecode cached. The first start with another Python version compiles it, and
  so does every start where its folder can't be written: about 100 ms more.
- *Start, from the command* holds pydelve's own start too, which no program notices.
- *Conditions, hit counts and breakpoints* are measured in processor time of the program. Breakpoints with a condition
  or a count, and before 3.12 all, are woven into their functions (docs/internals/weaving.md): what is left is the cost
  of the condition itself, and of counting. What can't be woven is served by events: `sys.monitoring` from 3.12 on,
  `sys.settrace` before, where such a breakpoint slows every call of the program. Once it is removed the same code
  objects run as before.
- *A false condition* costs from 3.11 on what an `if` in the source does (idle, a new frame at each hit: 7 ns and 7 on
  3.11, 1 and 4 on 3.13, 7 and 7 on 3.15).
- *A frame that runs already*, and *exceptions*, up to 3.11: `sys.settrace` is all there is, and calls a Python function
  for each line of that frame, for each call and each raise of the program. debugpy needs 31 times plain for the same
  breakpoint on a raise (3.11, in another run).
- *Python 3.9* was at 1.2 times plain under pydelve, breakpoints or not: a thread of the agent's that was traced as it
  began left the interpreter's count of tracing threads at one, which switches its fast dispatch off. It is cured.
- *Log messages*: all of them reach the client; the prompt writes some 250,000 lines a second. See guide/control.md for
  what happens where nobody reads.
- *Big values*: debugpy's answers come some 44 ms late each, and three make a stop's locals.
- *Waiting*: memory is the proportional share of all processes of the session. Nothing polls.
- *Looking from outside*: whole commands. Python's own start is 10 to 13 ms of each.
- *Records of traced calls*: processor time of the program, with sending (for viztracer and hunter: writing), without
  start-up. The debugger's own process takes some 6 us for a record and its line; of more than it can read some are
  dropped, or, with `--lossless`, the program waits. debugpy's figure is by the clock.
- *Processor time of calls that are not traced* is beside that of a trace that nothing matches: start-up is the same.
- *A server that is traced* (`--case serving`): a FastAPI app under uvicorn with 8 connections that ask again at
  once, ten seconds before, ten while its calls are traced by its pid, ten with `--max-overhead 5%`, ten after. The
  server, the load and the reader of the records share two cores, so p99 moves by a tenth by itself. On 3.11, on a
  busy machine: 59 ms, 65, 55 and 62; on 3.13: 74 ms, 66, 60 and 70. No request failed, and 700,000 records came or
  were counted as dropped.
- *Steps*: each is one request, one stop and one answer to it, sent when the stop holds exactly.
"""


def as_text(result: Result) -> str:
    """A small table."""
    lines = [f"\n{result.title} (CPython {result.python}), {result.unit}"]
    for series in result.series:
        low, high = series.spread
        ratio = _ratio(series, result.series[0])
        lines.append(
            f"  {series.name:32} {_figure(series.median):>9}   {_figure(low):>9} to {_figure(high):>9}   {ratio:>8}"
        )
    lines += [f"  {note}" for note in result.notes]
    for check in result.checks:
        lines.append(f"  {check.line}: {check.limit}; here {_said(check)}")
    return "\n".join(lines)


def joined(before: Path, results: Sequence[Result]) -> list[Result]:
    """What a file of earlier runs holds, without what was measured again, and then this; written there."""
    new = {(result.title, result.python) for result in results}
    kept: list[Result] = []
    if before.exists():
        for part in json.loads(before.read_text(encoding="utf-8")):
            series = tuple(Series(name, tuple(values)) for name, values in part["series"])
            checks = tuple(Check(**check) for check in part["checks"])
            known = Result(part["title"], part["python"], part["unit"], series, checks, tuple(part["notes"]))
            if (known.title, known.python) not in new:
                kept.append(known)
    whole = [*kept, *results]
    plain = [
        {**asdict(result), "series": [[series.name, series.values] for series in result.series]} for result in whole
    ]
    before.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")
    return whole


def as_page(results: Sequence[Result], machine: str, load: str) -> str:
    """The whole page."""
    version = ".".join(map(str, sys.version_info[:3]))
    parts = [
        _INTRODUCTION,
        f"Measured on {dt.date.today().isoformat()}: {machine}, {load} at the end; pydelve ran on CPython {version}.\n",
        limits_table(results),
    ]
    titles = dict.fromkeys(result.title for result in results)
    parts += [_section(title, [result for result in results if result.title == title]) for title in titles]
    parts.append(_NOTES)
    return "\n".join(parts)


def limits_table(results: Sequence[Result]) -> str:
    """Each limit, on each version: kept, missed or within the noise, and why those that are missed are."""
    found = [(check, result.python) for result in results for check in result.checks]
    pythons = sorted({python for _, python in found}, key=lambda text: [int(part) for part in text.split(".")])
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for check, python in found:
        rows.setdefault((check.line, _limit_of(check, found)), {})[python] = _said(check)
    counts = [sum(check.verdict == verdict for check, _ in found) for verdict in ("kept", "noise", "missed")]
    lines = [
        "## Limits\n",
        _LIMITS,
        f"Of {sum(counts)}, {counts[0]} are kept, {counts[1]} within the noise, {counts[2]} missed.\n",
        "| what | limit | " + " | ".join(pythons) + " |",
        "|---" * (len(pythons) + 2) + "|",
    ]
    lines += [
        f"| {line} | {limit} | " + " | ".join(cells.get(python, "") for python in pythons) + " |"
        for (line, limit), cells in rows.items()
    ]
    missed: dict[str, list[str]] = {}
    for check, python in found:
        if check.verdict == "missed":
            missed.setdefault(f"- *{check.line}*, on {{}}: {check.why or 'not known'}.", []).append(python)
    if missed:
        lines += ["", "Missed, and what the limit is:\n", *(text.format(", ".join(on)) for text, on in missed.items())]
    return "\n".join(lines) + "\n"


def _limit_of(check: Check, found: Sequence[tuple[Check, str]]) -> str:
    """The words of a limit that versions may word in different ways: the first one's."""
    return next(other.limit for other, _ in found if other.line == check.line)


def _said(check: Check) -> str:
    noise = f", noise {check.noise}" if check.noise and check.verdict in {"noise", "missed"} else ""
    verdicts = {"kept": ": kept", "noise": f": within the noise{noise}", "missed": f": **missed**{noise}", "none": ""}
    return check.here + verdicts[check.verdict]


def _section(title: str, results: Sequence[Result]) -> str:
    names = list(dict.fromkeys(series.name for result in results for series in result.series))
    rows = [
        f"## {title[0].upper()}{title[1:]} ({results[0].unit})\n",
        "| Python | " + " | ".join(names) + " |",
        "|---" * (len(names) + 1) + "|",
    ]
    for result in results:
        have = {series.name: series for series in result.series}
        cells = [_cell(have.get(name), result.series[0]) for name in names]
        rows.append(f"| {result.python} | " + " | ".join(cells) + " |")
    notes = dict.fromkeys(f"{result.python}: {note}" for result in results for note in result.notes)
    if notes:
        rows += ["", "; ".join(notes) + "."]
    return "\n".join(rows) + "\n"


def _cell(series: Series | None, base: Series) -> str:
    if series is None:
        return ""
    low, high = series.spread
    ratio = "" if series is base or not base.median else f" ({_ratio(series, base)})"
    return f"{_figure(series.median)}{ratio}, {_figure(low)} to {_figure(high)}"


def _ratio(series: Series, base: Series) -> str:
    return f"{series.median / base.median:.2f}x" if base.median else ""


def _figure(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"
