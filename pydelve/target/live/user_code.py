"""Code that the agent runs on the user's behalf while the program is stopped: its deadline, and its interruption.

The debugger's end of ``agent/looking/user_code.py``; engine's thread only.
"""

from __future__ import annotations

from typing import Any

from pydelve.agent import protocol
from pydelve.errors import EvaluationError, EvaluationInterrupted, PydelveError, TargetBusyError
from pydelve.target.live import convert
from pydelve.target.live.agent_link import AgentLink

_GRACE_S = 1.0  # for user code to end after it was interrupted


class UserCode:
    """One piece of code at a time."""

    def __init__(self, agent: AgentLink) -> None:
        self._agent = agent
        self._running = False
        self._by_user = False

    def run(self, operation: str, arguments: dict[str, Any], timeout_s: float) -> dict[str, Any]:
        """One of ``protocol.EVALUATING``: the agent's answer, where it went well.

        Raises:
            EvaluationError: what the code raised, or why it is no code.
            EvaluationInterrupted: over ``timeout_s``, or :meth:`interrupt` came.
            TargetBusyError: so, and it goes on all the same.
        """
        number = self._agent.send(operation, arguments)
        self._running, self._by_user = True, False
        try:
            ended = self._agent.wait_or(number, timeout_s, lambda: self._by_user) or self._end(number)
            if not ended:
                self._agent.give_up(number, operation, timeout_s)
                raise TargetBusyError(
                    f"the evaluation did not end within {timeout_s:g} s and can't be interrupted",
                    why="it is in C code, or waits for a lock that a stopped thread may hold",
                    hint="restart",
                )
            answer: dict[str, Any] = self._agent.result(number, operation)
        finally:
            self._running = False
        with convert.reading(operation):
            if "error" in answer:
                raise _evaluation_error(answer, timeout_s, self._by_user)
        return answer

    def interrupt(self) -> None:
        """End the code under way, or else whatever is waited for."""
        if self._running:
            self._by_user = True
        else:
            self._agent.interrupt()

    def _end(self, number: int) -> bool:
        """Interrupt an evaluation, then, where that does not help, with a signal too; False where it goes on all the
        same.
        """
        for force in (False, True):
            self._agent.tell(protocol.INTERRUPT, {"force": force}, by_link=True)
            if self._agent.wait(number, _GRACE_S):
                return True
        return False


def _evaluation_error(answer: dict[str, Any], timeout_s: float, by_user: bool) -> PydelveError:
    error = answer["error"]
    if answer["interrupted"]:
        return EvaluationInterrupted(
            "the evaluation was interrupted",
            why="by you" if by_user else f"it ran for {timeout_s:g} s, its deadline",
            hint="" if by_user else "print -timeout 60 EXPRESSION gives it longer",
        )
    message = f"{error['type']}: {error['message']}" if error["message"] else str(error["type"])
    return EvaluationError(message, traceback=tuple(error.get("traceback", ())))
