"""Tracing of calls: what to tell of, and what is told. See ``docs/guide/tracing.md``."""

from __future__ import annotations

from typing import Literal

from pydelve.records import dataclass

TraceKind = Literal["call", "return", "raise", "propagate", "yield", "await", "resume", "throw"]
"""raise, propagate: left by an exception that came up in the function itself, or in what it called; yield, await: the
function is suspended; resume, throw: it goes on, or has an exception thrown into it."""


@dataclass(frozen=True, slots=True)
class TraceOptions:
    """Which calls to tell of, and how much of them."""

    pattern: str
    """A regular expression of the target's Python that is searched in ``module.qualname``."""
    exclude: str = ""
    """Another one: not these."""
    files: tuple[str, ...] = ()
    """Only functions of these files: absolute real paths, with ``*`` for any characters; () for all."""
    own_code: bool = False
    """Not those of the standard library and of installed packages."""
    follow_calls: int = 0
    """What these functions call, too, to so many levels."""
    condition: str = ""
    """An expression over a function's parameters and globals: only calls that it is true of."""
    slower_than_s: float = 0.0
    """Only calls that took at least this, told when they end."""
    stack: int = 0
    """So many callers with each call."""
    first: int = 0
    """End after so many calls; 0: don't."""
    sample: int = 1
    """One in so many calls."""
    verbosity: int = 2
    """0: no values; 1: numbers, short text and types; 2: short values; 3: with attributes; 4: nearly all of them."""
    lossless: bool = False
    """The program waits where its records aren't read in time; else the oldest are dropped."""
    max_overhead: float = 0.0
    """Records in bursts, so that making them takes at most this share of the time; 0: no limit. Not with options that
    single out calls."""
    sums: bool = False
    """No records but what calls cost in sum, by function; with options that single out calls there are records."""
    builtins: bool = False
    """Of functions written in C, too, as ``builtins.len`` and ``str.join``: ``files`` and ``own_code`` are about what
    calls them. Not up to CPython 3.11."""
    children: bool = False
    """In all targets, and in the children that they make from now on, which are followed (``FollowChildren``): until
    ``EndTracing``, or the next ``StartTracing``. Batches say which target they are of; times count from the same
    moment in all, and ``first`` is of them together. Calls, functions, threads and tasks have numbers of their own in
    each, anew where a target becomes another program."""


@dataclass(frozen=True, slots=True)
class TracedFunction:
    """A function that records are of."""

    index: int
    name: str
    """``module.qualname``."""
    file: str
    """"" of a function written in C: nothing but its first argument is known, which is blank where there was none."""
    line: int
    """Of its definition."""
    parameters: tuple[str, ...]
    """In the order of ``TraceRecord.values``; ``*args`` and ``**kwargs`` with their stars."""


@dataclass(frozen=True, slots=True)
class TracedThread:
    """A thread that records are of."""

    index: int
    thread: int
    """``Thread.id``."""
    name: str


@dataclass(frozen=True, slots=True)
class TracedTask:
    """A task that records are of; index 0 is none."""

    index: int
    name: str


@dataclass(frozen=True, slots=True)
class TraceRecord:
    """Something that happened to a call."""

    kind: TraceKind
    call: int
    """Number of the call, from 1; the same in all records of one."""
    function: int
    """``TracedFunction.index``."""
    thread: int
    """``TracedThread.index``."""
    task: int
    """``TracedTask.index``; 0 outside of tasks."""
    depth: int
    """How many traced calls it is inside of, in its thread."""
    time_s: float
    """Since tracing began."""
    values: tuple[str, ...] = ()
    """call: the arguments; else what was returned, yielded or raised; () where it is not shown."""
    run_s: float = 0.0
    """How long the call ran so far, what it called included, without what it was suspended for."""
    self_s: float = 0.0
    """The same without the traced calls in it."""
    suspended_s: float = 0.0
    """resume, throw: how long it was suspended just now; else how long in all."""
    callers: tuple[str, ...] = ()
    """call: ``file:line function`` of each caller that was asked for, innermost first."""


@dataclass(frozen=True, slots=True)
class TracedSum:
    """What all calls of a function cost that have ended so far."""

    function: int
    """``TracedFunction.index``."""
    calls: int
    errors: int
    """So many an exception left."""
    total_s: float
    """How long they ran, what they called included, without what they were suspended for."""
    self_s: float
    """The same without the traced calls in them."""
    longest_s: float
    durations: tuple[tuple[float, int], ...]
    """By class of duration: its upper end in seconds, at most 1.6 % above its lower one, and how many calls."""


@dataclass(frozen=True, slots=True)
class TraceSummary:
    """What a trace came to; one with ``children``: in those targets that have not ended."""

    calls: int
    """That were told of."""
    functions: int
    """So many functions' calls."""
    lost: int
    """Records that were dropped, as they weren't read in time."""
    cost_s: float
    """What telling of one record costs the program, as measured in it."""
