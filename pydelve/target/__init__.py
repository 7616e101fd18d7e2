"""What can be debugged: the interface that the debugger sees, whatever is behind it.

A :class:`Process` is a live target with an agent in it (``target.live``); later a core file. All of it is called on the engine's thread.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from pydelve.api.target import ExitStatus, TargetInfo


class Waiter(Protocol):
    """The engine's event loop, as far as a target needs it."""

    def watch(self, fd: int, callback: Callable[[], None]) -> None:
        """Call ``callback`` on the engine's thread whenever ``fd`` is readable."""
        ...

    def unwatch(self, fd: int) -> None:
        """Stop watching; unknown ones are ignored."""
        ...

    def wait_until(self, ready: Callable[[], bool], timeout_s: float | None) -> bool:
        """Serve events (and urgent requests) until ``ready()``; False where the time ran out first."""
        ...


class Listener(Protocol):
    """Who hears of a target's events; called on the engine's thread."""

    def on_stopped(self, report: dict[str, Any]) -> None:
        """The target stands still (``agent.protocol.STOPPED``)."""
        ...

    def on_landed(self, report: dict[str, Any]) -> None:
        """A suspended placement was armed, or can't be."""
        ...

    def on_exited(self, status: ExitStatus) -> None:
        """The target ended or is out of reach; nothing more comes."""
        ...


class Process(Protocol):
    """A live target under control."""

    @property
    def info(self) -> TargetInfo:
        """Who it is."""
        ...

    @property
    def how(self) -> str:
        """What tells of arrivals in it: "events" or "trace"."""
        ...

    def ask(self, operation: str, arguments: dict[str, Any], timeout_s: float = 10.0) -> Any:
        """Send a request to the agent and wait for the plain-data result.

        Raises:
            AgentError: refused, with the agent's reason.
            TargetBusyError: no answer within ``timeout_s``; the answer is dropped when it comes.
            TargetGoneError: the target ended meanwhile.
        """
        ...

    def ask_interruptible(self, operation: str, arguments: dict[str, Any], timeout_s: float, grace_s: float) -> Any:
        """Like :meth:`ask` for what runs user code: after ``timeout_s`` it is interrupted, and given up after ``grace_s`` more."""
        ...

    def resume(self, plan: dict[str, Any]) -> None:
        """Let the stopped target run by a step plan (``agent.protocol.RUN``)."""
        ...

    def halt(self) -> None:
        """Ask the running target to stop; returns at once."""
        ...

    def interrupt(self) -> None:
        """Interrupt the evaluation under way; returns at once."""
        ...

    def detach(self) -> None:
        """Leave it running with nothing of ours active."""
        ...

    def kill(self) -> None:
        """Kill it and wait until it is gone."""
        ...
