"""Traces calls for clients: what is asked for is checked here, and done in the target. On the engine's thread."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydelve.api import requests
from pydelve.api.events import Event, Notice
from pydelve.api.tracing import TraceOptions, TraceSummary
from pydelve.debugger import helper
from pydelve.debugger.current import Current, Handlers
from pydelve.debugger.weaving import mode_from_environment
from pydelve.errors import EvaluationError, PydelveError, TargetGoneError, UnsupportedError, UsageError
from pydelve.target.interface import Process

if TYPE_CHECKING:
    from pydelve.debugger.tracing_together import TracingTogether

_SCRIPT = Path(__file__).with_name("tracing_helper.py")

_BUILTINS_MINOR = 12  # sys.monitoring
_MOST_COMPILED = 20


class Tracing:
    """Serves ``StartTracing`` and ``EndTracing`` for one target."""

    def __init__(self, current: Current, emit: Callable[[Event], None]) -> None:
        """Nothing is traced; ``emit`` as in ``engine.Debugger``."""
        self._current, self._emit = current, emit
        self.together: TracingTogether | None = None
        """Of the session, where there may be several targets."""
        self._begun: tuple[Process | None, int] = None, 0
        """In which process the session's trace was begun, and which one."""

    def handlers(self) -> Handlers:
        """What is served here."""
        return {requests.StartTracing: self._start, requests.EndTracing: self._end}

    def begin_run(self, process: Process) -> None:
        """A program stands before its first line, or in the fork that it comes from: the session's trace is of it,
        too.
        """
        together = self.together
        if together is None or together.options is None or self._begun == (process, together.serial):
            return
        try:
            self.begin(together.options, together.since_s)
        except PydelveError as error:
            self._emit(Notice(f"its calls are not traced: {error.message}", error.why, error.hint))
        self._begun = process, together.serial

    def begin(self, options: TraceOptions, since_s: float = 0.0) -> float:
        """Tell of calls; gives what their times count from, which may be an earlier moment (``since_s``).

        Raises:
            PydelveError: as ``StartTracing`` says.
        """
        process = self._current.live()
        if options.condition:
            _check_condition(options.condition)
        interpreter = self._current.files.sources.interpreter
        if options.builtins and interpreter.minor < _BUILTINS_MINOR:
            raise UnsupportedError(
                "calls of functions written in C can't be told of",
                why=f"the program runs Python 3.{interpreter.minor}, and before 3.{_BUILTINS_MINOR} only "
                "sys.setprofile knows of them: it slows every call of the program, and is the program's own",
                hint="leave --builtins away",
            )
        weaves = mode_from_environment() != "off"
        patterns = self._patterns(interpreter.path, options.pattern, options.exclude)
        began_s = process.trace(options, patterns, weaves=weaves, since_s=since_s)
        self._begun = process, self.together.serial if self.together is not None else 0
        return began_s

    def killing(self, pid: int) -> None:
        """The target is about to kill a process, which may be a target, too."""
        process = self._current.armable()
        if process is None:
            return

        def go_on() -> None:
            with suppress(TargetGoneError):  # it ends at this moment
                process.go()

        if self.together is None or not self.together.killed(pid, go_on):
            go_on()

    def _start(self, request: requests.StartTracing) -> None:
        self.begin(request.options)

    def _end(self, request: requests.EndTracing) -> TraceSummary:
        return self._current.live().end_trace()

    def _patterns(self, python: str, pattern: str, exclude: str) -> tuple[Any, Any]:
        """As the target's own version of ``re`` compiles them; a child that waits for them is not to wait long."""
        known = self.together.compiled if self.together is not None else {}
        found = known.get((python, pattern, exclude))
        if found is None:
            if len(known) >= _MOST_COMPILED:
                known.clear()
            found = known[python, pattern, exclude] = _compiled(python, pattern, exclude)
        return found


def _compiled(python: str, pattern: str, exclude: str) -> tuple[Any, Any]:
    asked = [pattern, exclude] if exclude else [pattern]
    try:
        answers = helper.ask(python, _SCRIPT, json.dumps(asked).encode(), "compile a regular expression")
    except helper.HelperFailed as error:
        raise UnsupportedError("the program's calls can't be traced", why=str(error)) from error
    for text, answer in zip(asked, answers, strict=True):
        if isinstance(answer, dict):
            raise UsageError(
                f"{text} is no regular expression", why=str(answer.get("error", "")),
                hint="a pattern such as bank\\.Account\\. or ^app\\.",
            )  # fmt: skip
    return answers[0], answers[1] if exclude else None


def _check_condition(text: str) -> None:
    try:
        compile(text, "<condition>", "eval", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise EvaluationError(
            f"the condition does not compile: {error}", why=f"it is {text!r}", hint="an expression over the parameters"
        ) from error
