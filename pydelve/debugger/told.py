"""What a target tells, as clients are told it: with the session's numbers and names. Pure."""

from __future__ import annotations

from pydelve.api.events import LogEntry, Logged, Notice, Traced
from pydelve.api.target import Stop
from pydelve.api.tracing import TracedThread
from pydelve.debugger.current import Current
from pydelve.target.interface import CallsReport, LogReport, StopReport

NOT_EXACT = Notice(
    "stops in this interpreter are not exact",
    "its GIL could not be found in memory, so other threads may move a little while you look",
    "pydelve version",
)


def stop(report: StopReport, current: Current) -> Stop:
    """A stop."""
    number = current.threads.number(report.ident, report.native_id)
    return Stop(
        reason=report.reason,
        thread=number,
        thread_name=report.thread_name or ("MainThread" if number == 1 else f"thread-{number}"),
        frames=tuple(map(current.files.qualified, report.frames)),
        breakpoints=report.breakpoints,
        detail=report.detail,
        returned=report.returned,
        exception=report.exception,
        frame=report.frame,
        test=report.test,
        interrupted_step=report.interrupted_step,
        task=report.task,
        task_name=report.task_name,
        others_run=report.others_run,
    )


def logged(report: LogReport, current: Current) -> Logged:
    """A batch of what logpoints told."""
    number = current.threads.number
    entries = tuple(
        LogEntry(breakpoint_, file, line, number(ident), text)
        for breakpoint_, file, line, ident, texts in report.groups
        for text in texts
    )
    return Logged(entries, report.lost, report.number)


def traced(report: CallsReport, current: Current) -> Traced:
    """A batch of traced calls."""
    number = current.threads.number
    threads = tuple(TracedThread(index, number(ident), name) for index, ident, name in report.threads)
    return Traced(
        report.records, report.functions, threads, report.tasks, report.lost, report.done, report.cost_s, report.sums,
        report.number,
    )  # fmt: skip


def fault(message: str) -> Notice:
    """The agent failed by a bug of ours."""
    return Notice(
        f"pydelve's agent failed inside the program: {message}",
        "this is a bug of pydelve; the program did not notice, but a breakpoint or a step may have been missed",
        "pydelve debug --log FILE ... keeps a log of it",
    )


def failure(error: Exception) -> Notice:
    """The engine did, where no request waits for the answer."""
    return Notice(
        f"pydelve failed inside: {type(error).__name__}: {error}",
        "this is a bug of pydelve; the session goes on",
        "pydelve debug --log FILE ... keeps a log of it",
    )
