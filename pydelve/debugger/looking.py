"""Looking at a stopped target, and running code in it, as clients ask for it."""

from __future__ import annotations

import binascii
import contextlib
from collections.abc import Iterator

from pydelve.api import requests
from pydelve.api.session import MOST_MEMORY_BYTES, MemoryBlock
from pydelve.api.target import CapturedOutput, RaisedException, SourceText, Stack, Thread
from pydelve.api.values import Evaluation, Examination, Limits, Value, Variable
from pydelve.debugger.current import Current, Handlers
from pydelve.debugger.threads import to_thread
from pydelve.records import replace


class Looking:
    """Serves what is asked about threads, frames, values and sources of the current target."""

    def __init__(self, current: Current) -> None:
        self._current = current

    def handlers(self) -> Handlers:
        """What is served here."""
        return {
            requests.GetThreads: self._get_threads,
            requests.FreezeThread: self._freeze_thread,
            requests.GetStack: self._get_stack,
            requests.GetVariables: self._get_variables,
            requests.GetException: self._get_exception,
            requests.GetCaptured: self._get_captured,
            requests.Expand: self._expand,
            requests.Evaluate: self._evaluate,
            requests.Examine: self._examine,
            requests.Assign: self._assign,
            requests.ReadMemory: self._read_memory,
            requests.GetSource: self._get_source,
            requests.SubstitutePaths: self._substitute_paths,
        }

    def _get_threads(self, request: requests.GetThreads) -> tuple[Thread, ...]:
        reports = self._current.stopped().threads()
        current = self._current.state.stop.thread if self._current.state.stop else 0
        idents = {report.ident for report in reports}
        self._current.threads.forget_all_but(idents)
        threads = []
        for report in sorted(reports, key=lambda report: report.native_id):  # of those seen first now, the older first
            number = self._current.threads.number(report.ident, report.native_id)
            frame = self._current.files.qualified(report.frame) if report.frame is not None else None
            if report.lock is not None:
                owner = self._current.threads.number(report.lock.owner) if report.lock.owner in idents else 0
                report = replace(report, lock=replace(report.lock, owner=owner))
            threads.append(to_thread(report, number, number == current, frame))
        return tuple(sorted(threads, key=lambda thread: thread.id))

    def _freeze_thread(self, request: requests.FreezeThread) -> None:
        self._current.stopped().freeze(self._current.ident(request.thread), request.frozen)

    def _get_stack(self, request: requests.GetStack) -> Stack:
        return self._current.stack(request.thread, request.start, request.count)

    def _get_variables(self, request: requests.GetVariables) -> tuple[Variable, ...]:
        return self._current.stopped().variables(
            request.scope, self._current.ident(request.thread), request.frame, request.limits
        )

    def _get_exception(self, request: requests.GetException) -> tuple[RaisedException, ...]:
        found = self._current.stopped().exception(self._current.ident(request.thread), request.limits)
        qualified = self._current.files.qualified
        return tuple(replace(each, frames=tuple(map(qualified, each.frames))) for each in found)

    def _get_captured(self, request: requests.GetCaptured) -> tuple[CapturedOutput, ...]:
        return self._current.stopped().captured()

    def _expand(self, request: requests.Expand) -> Value:
        return self._current.stopped().expand(request.handle, request.start, request.count, request.limits)

    def _evaluate(self, request: requests.Evaluate) -> Evaluation:
        process, ident = self._current.stopped(), self._current.ident(request.thread)
        with self._evaluating():
            return process.evaluate(
                request.text,
                ident,
                request.frame,
                statements=request.statements,
                timeout_s=request.timeout_s,
                limits=request.limits,
            )

    def _examine(self, request: requests.Examine) -> Examination:
        process, ident = self._current.stopped(), self._current.ident(request.thread)
        with self._evaluating():
            return process.examine(
                request.text, ident, request.frame, timeout_s=request.timeout_s, limits=request.limits
            )

    def _assign(self, request: requests.Assign) -> Value:
        process, ident = self._current.stopped(), self._current.ident(request.thread)
        with self._evaluating():
            return process.assign(
                request.target,
                request.expression,
                ident,
                request.frame,
                timeout_s=request.timeout_s,
                limits=Limits(),
            )

    @contextlib.contextmanager
    def _evaluating(self) -> Iterator[None]:
        """What other clients are told meanwhile; the end of the target, or of the session with it, outlives this."""
        stopped = self._current.state
        moving = self._current.state = replace(stopped, status="evaluating")
        try:
            yield
        finally:
            if self._current.state is moving:
                self._current.state = stopped

    def _read_memory(self, request: requests.ReadMemory) -> MemoryBlock:
        size = min(request.size, MOST_MEMORY_BYTES)
        start, found = self._current.stopped().read_memory(request.address, size, request.content, request.offset)
        return MemoryBlock(start, binascii.b2a_base64(found, newline=False).decode("ascii"))

    def _get_source(self, request: requests.GetSource) -> SourceText:
        return self._current.files.text(request.path)

    def _substitute_paths(self, request: requests.SubstitutePaths) -> None:
        self._current.files.substitute(request.rules)
