"""The trace of calls that is on, if one is: begun and ended by the debugger, on the agent's own thread or at a stop.

What does the work (``stacks.py`` and its own) is imported when the first trace begins.
"""

from __future__ import annotations

from _thread import get_ident

from ..protocol import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from typing import Any

    from ..calls.stacks import Calls
    from ..calls.stream import CallStream
    from ..calls.sums import CallSums
    from ..core import Agent
    from ..outbox import Outbox

    Traced = Calls | CallStream | CallSums


class Traces:
    """One per agent: there is one trace at a time."""

    def __init__(self, agent: Agent) -> None:
        """None is on."""
        self._agent = agent
        self._calls: Traced | None = None

    @property
    def is_on(self) -> bool:
        """Are calls traced?"""
        return self._calls is not None

    def start(self, options: dict[str, Any]) -> float:
        """Tell of calls from now on, in place of those that were told of so far; gives what times are counted from."""
        from ..calls import stream as call_stream  # noqa: PLC0415  most programs that are debugged are not traced

        self.end()
        calls: Traced
        if options["sums"] and call_stream.suffices(options):
            from ..calls.sums import CallSums  # noqa: PLC0415  as above

            calls = CallSums(self._agent, options)
        elif call_stream.suffices(options):
            calls = call_stream.CallStream(self._agent, options)
        else:
            from ..calls import slow as slow_calls  # noqa: PLC0415  as above
            from ..calls.stacks import Calls  # noqa: PLC0415  as above

            slow = slow_calls.suffices(options)
            calls = slow_calls.SlowCalls(self._agent, options) if slow else Calls(self._agent, options)
        try:
            self._agent.events.follow_calls(calls)
        except RuntimeError as error:
            raise Refused(str(error)) from None
        self._calls = calls
        self._agent.events.update_calls()
        calls.outbox.begin()  # last: a thread that has only just been made would be traced up to 3.11
        return calls.began

    def end(self) -> dict[str, Any]:
        """Tell of no more; what is not sent yet goes before the answer."""
        calls = self._stop()
        if calls is None:
            return {}
        if get_ident() in self._agent.own:
            calls.outbox.flush()
        elif calls.outbox.waiting():  # a stop settles: only what was evaluated in it can have left something
            calls.outbox.settle()
        calls.outbox.discard()
        return calls.summary()

    def drop(self) -> None:
        """Tell of no more, and leave what is not sent."""
        calls = self._stop()
        if calls is not None:
            calls.outbox.discard()

    def _stop(self) -> Traced | None:
        calls, self._calls = self._calls, None
        if calls is not None:
            self._agent.events.follow_calls(None)
            calls.outbox.end()
        return calls

    def outboxes(self) -> list[Outbox]:
        """All that records go through."""
        logs = self._agent.outbox
        return [logs] if self._calls is None else [logs, self._calls.outbox]

    def has_read(self, number: int, event: str) -> None:
        """The debugger's client has read a batch."""
        for outbox in self.outboxes():
            if outbox.event == event:
                outbox.has_read(number)
