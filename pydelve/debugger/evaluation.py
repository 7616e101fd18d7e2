"""Evaluation policy: deadlines, interrupts, and what is said where user code does not stop."""

from __future__ import annotations

from typing import Any

from pydelve.api.values import Evaluation
from pydelve.errors import EvaluationError, EvaluationInterrupted, TargetBusyError
from pydelve.target import Process
from pydelve.target.live.convert import to_value

_GRACE_S = 2.0


class Evaluator:
    """Runs one evaluation at a time in the stopped target."""

    def __init__(self) -> None:
        self._running = False
        self._by_user = False

    def interrupt(self, process: Process) -> None:
        """The user wants the evaluation under way to end; harmless where there is none."""
        if self._running:
            self._by_user = True
            process.interrupt()

    def run(self, process: Process, operation: str, arguments: dict[str, Any], timeout_s: float) -> Evaluation:
        """Evaluate, with a deadline.

        Raises:
            EvaluationError: it raised, or does not compile.
            EvaluationInterrupted: the deadline or the user ended it.
            TargetBusyError: it can't be ended: it is in C code that does not look.
        """
        self._running, self._by_user = True, False
        try:
            answer = process.ask_interruptible(operation, arguments, timeout_s, _GRACE_S)
        except TargetBusyError as error:
            raise TargetBusyError(
                f"the evaluation did not end within {timeout_s:.0f} s and can't be interrupted",
                why="it is in C code, or waits for a lock that a stopped thread may hold",
                hint="continue lets the program run once it ends; restart starts anew",
            ) from error
        finally:
            self._running = False
        if "error" in answer:
            self._refuse(answer, timeout_s)
        value = answer["value"]
        return Evaluation(to_value(value) if value is not None else None, answer["took"], answer["others"])

    def _refuse(self, answer: dict[str, Any], timeout_s: float) -> None:
        error = answer["error"]
        if answer["interrupted"]:
            raise EvaluationInterrupted(
                "the evaluation was interrupted",
                why="by you" if self._by_user else f"it ran for {timeout_s:g} s, its deadline",
                hint="print -timeout 60 EXPRESSION gives it longer",
            )
        message = f"{error['type']}: {error['message']}" if error["message"] else str(error["type"])
        raise EvaluationError(message, traceback=tuple(error.get("traceback", ())))
