"""Results as text for a terminal and as the page ``docs/reference/performance.md``. Pure."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Sequence

from bench.measure import Result, Series

_INTRODUCTION = """\
# Performance

Written by `python -m bench --write`, which runs pydelve in turn with plain Python, pdb and debugpy, so that what else
the machine does hits all of them. Each figure is the median of several runs, with the smallest and the largest; the
ratio is to the first column. Differences within the spread mean nothing.
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
- *Limits of native speed* hold for the smallest figures or for the medians, whichever is nearer: where things lie in
  memory makes some runs of plain Python a tenth slower than others, and what else the machine does only adds.
- *Missed beyond that*: the 10 ns of a false condition on 3.9 and 3.10 (10 to 27 ns: two instructions more begin and end
  its guard); from 3.11 on it costs what an `if` in the source does (idle, a new frame at each hit: 7 ns and 7 on 3.11,
  1 and 4 on 3.13, 7 and 7 on 3.15); 2 times plain at a raise, on 3.14 and 3.15
  (2.0 to 2.2 times: an exception that passes two frames is two events, each a call of a Python function that looks at
  its class, some 100 ns, where raising and catching takes 170 ns).
- *A frame that runs already*, and *exceptions*, up to 3.11: `sys.settrace` is all there is, and calls a Python function
  for each line of that frame, for each call and each raise of the program. debugpy needs 31 times plain for the same
  breakpoint on a raise (3.11, in another run).
- *Python 3.9* was at 1.2 times plain under pydelve, breakpoints or not: a thread of the agent's that was traced as it
  began left the interpreter's count of tracing threads at one, which switches its fast dispatch off. It is cured.
- *Log messages*: all of them reach the client; the prompt writes some 250,000 lines a second. See guide/control.md for
  what happens where nobody reads.
- *Big values*: debugpy's answers come some 44 ms late each, and three make a stop's locals.
- *Waiting*: memory is the proportional share of all processes of the session. Nothing polls.
- *pudb* is left out where its release does not start with the urwid that is installed with it.
- *Looking from outside*, on 3.11 and 3.13: `pydelve stack` takes 37 to 41 ms for 5 threads (py-spy 8 to 14, pystack 87
  to 98), 41 to 45 for 900 frames (30 and 105) and 88 for 500 threads (106 to 116 and 1,150). Python's own start is 10
  of them, imports 20.
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
    if result.limit:
        lines.append(f"  limit: {result.limit}: {'kept' if result.kept else 'MISSED'}")
    return "\n".join(lines)


def as_page(results: Sequence[Result], machine: str, load: str) -> str:
    """The whole page."""
    version = ".".join(map(str, sys.version_info[:3]))
    parts = [
        _INTRODUCTION,
        f"Measured on {dt.date.today().isoformat()}: {machine}, {load} at the end; pydelve ran on CPython {version}.\n",
    ]
    titles = dict.fromkeys(result.title for result in results)
    parts += [_section(title, [result for result in results if result.title == title]) for title in titles]
    parts.append(_NOTES)
    return "\n".join(parts)


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
    limits = [
        f"{result.python}: {result.limit}{'' if result.kept else ' (missed)'}" for result in results if result.limit
    ]
    if limits:
        rows += ["", "Limit: " + "; ".join(limits) + "."]
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
