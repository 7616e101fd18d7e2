"""The wire between debugger and agent: names, version, framing. Imported by both sides; does no I/O.

Two stream sockets join them. *link* is read by the agent's own thread only, while the target runs or stands; *hold* is
read only by the thread that is stopped. Each message is a 4-byte little-endian length and that many bytes of
``marshal``, version 2:

- debugger to agent: ``(id, operation, arguments)`` with ``arguments`` a dict. On *hold* both the length and the body
  are followed by 8 bytes: the switch interval, in microseconds, that counts from there on (``hold.py``):
  ``LONG_INTERVAL_US``, or the program's own with an operation of ``MOVING``.
- agent to debugger: ``("reply", id, result)``, ``("refused", id, error)`` or ``("event", name, data)``. On *hold*
  replies and refusals have a fourth element, *settle*: 0, or the program's own switch interval. After a reply where it
  is not 0, and after each stopped event, the debugger first sends the 8 bytes of the long interval, and its next
  message only when the program's own interval has passed. Where others run while it stands (``loose`` in the stopped
  event), it does so before each message: the thread waits for these 8 bytes with the GIL let go.

Only None, bool, int, float, str, bytes, list, tuple and dict travel.
"""

from __future__ import annotations

import marshal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

VERSION = 1
MAX_MESSAGE_BYTES = 64 << 20
HEADER_BYTES = 4
INTERVAL_BYTES = 8
# While stopped: nobody asks for the GIL within a thousand seconds of beginning to wait.
LONG_INTERVAL_US = 1_000_000_000
_MARSHAL_VERSION = 2  # the oldest that has binary floats: no references, no code, the same on every CPython

# Operations on either socket.
ARM = "arm"
ARM_EXCEPTION = "arm_exception"
MODULES = "modules"
COUNTS = "counts"
PLACEMENTS = "placements"
DETACH = "detach"
TRACE = "trace"
END_TRACE = "end trace"
FREEZE = "freeze"
STOP_ONE = "stop one"
FOLLOW = "follow"
# Operations of a stop: on hold only.
RUN = "run"
STACK = "stack"
VARIABLES = "variables"
EXPAND = "expand"
EVALUATE = "evaluate"
EXAMINE = "examine"
ASSIGN = "assign"
THREADS = "threads"
JUMP = "jump"
RELOAD = "reload"
CAPTURED = "captured"
EXCEPTION = "exception"
TASKS = "tasks"
CODE = "code"
COMPLETE = "complete"
SIGNATURE = "signature"
# Operations while running: on link only.
HALT = "halt"
INTERRUPT = "interrupt"
# On link, whatever the program does; without a number, as it has no answer.
HAS_READ = "has read"
GO = "go"
TELL_ALL = "tell all"  # what was gathered: it is about to be killed

# What a child's connection to the debugger begins with: which one it is.
AS_LINK, AS_HOLD = b"L", b"H"

# With these some of the program's code runs while it is stopped.
EVALUATING = (EVALUATE, EXAMINE, ASSIGN, JUMP, RELOAD)
# With these the program, or some of its code, runs again.
MOVING = (RUN, DETACH, *EVALUATING)

# Events.
HELLO = "hello"
REFUSED = "refused"  # in place of a hello: the agent could not begin
STOPPED = "stopped"
LANDED = "landed"
ENDING = "ending"
FAULT = "fault"
RECORDS = "records"  # a batch of what the program's threads told in passing: outbox.py
CALLS = "calls"  # the same of traced calls: calls/
NOTICE = "notice"
AT_WORK = "at work"  # what was asked takes its time
REPLACING = "replacing"  # another program is about to be in its place
KILLING = "killing"  # it is about to kill another process
LEFT_ALONE = "left alone"  # a program that it starts, and that is not followed


class Refused(Exception):
    """The request can't be served; the text says why."""

    hint = ""
    """The command that shows what there is, where what was asked about is no more."""

    def content(self) -> dict[str, str]:
        """Its wire form."""
        return {"message": str(self), "hint": self.hint}


def pack(message: Any) -> bytes:
    """A message as bytes, its length first."""
    body = marshal.dumps(message, _MARSHAL_VERSION)
    return len(body).to_bytes(HEADER_BYTES, "little") + body


def unpack(body: bytes) -> Any:
    """A body from the *debugger* as an object. ``target.live.wire`` decodes the other direction and trusts nothing."""
    return marshal.loads(body)
