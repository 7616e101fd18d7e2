"""Traces calls for clients: what is asked for is checked here, and done in the target. On the engine's thread."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydelve.api import requests
from pydelve.api.tracing import TraceSummary
from pydelve.debugger import helper
from pydelve.debugger.current import Current, Handlers
from pydelve.debugger.weaving import mode_from_environment
from pydelve.errors import EvaluationError, UnsupportedError, UsageError

_SCRIPT = Path(__file__).with_name("tracing_helper.py")

_BUILTINS_MINOR = 12  # sys.monitoring


class Tracing:
    """Serves ``StartTracing`` and ``EndTracing``."""

    def __init__(self, current: Current) -> None:
        self._current = current

    def handlers(self) -> Handlers:
        """What is served here."""
        return {requests.StartTracing: self._start, requests.EndTracing: self._end}

    def _start(self, request: requests.StartTracing) -> None:
        process = self._current.live()
        options = request.options
        if options.condition:
            _check_condition(options.condition)
        minor = self._current.files.sources.interpreter.minor
        if options.builtins and minor < _BUILTINS_MINOR:
            raise UnsupportedError(
                "calls of functions written in C can't be told of",
                why=f"the program runs Python 3.{minor}, and before 3.{_BUILTINS_MINOR} only sys.setprofile knows of "
                "them: it slows every call of the program, and is the program's own",
                hint="leave --builtins away",
            )
        weaves = mode_from_environment() != "off"
        process.trace(options, self._patterns(options.pattern, options.exclude), weaves=weaves)

    def _end(self, request: requests.EndTracing) -> TraceSummary:
        return self._current.live().end_trace()

    def _patterns(self, pattern: str, exclude: str) -> tuple[Any, Any]:
        """As the target's own version of ``re`` compiles them."""
        asked = [pattern, exclude] if exclude else [pattern]
        python = self._current.files.sources.interpreter.path
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
