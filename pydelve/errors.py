"""Every error pydelve shows, in one family, with one table of codes.

An error says what happened (``message``), why (``why``) and what to do next (``hint``, a command to paste). It is
raised where the cause is known and worded for people by the front ends; nothing here prints. The table of codes feeds
JSON-RPC's ``error.code``, the exit status and the reference page.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import ClassVar


class PydelveError(Exception):
    """The root of all errors that pydelve raises on purpose.

    Args:
        message: What happened, with pid, path or line where there is one. No full stop at the end.
        why: The cause, as far as it is known; may be empty.
        hint: What to do next, best a command to paste; may be empty.
    """

    code: ClassVar[int] = 1000
    family: ClassVar[str] = "internal"
    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, *, why: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.why = why
        self.hint = hint

    def __str__(self) -> str:
        return " ".join(part for part in (self.message, self.why and f"({self.why})") if part)


class UsageError(PydelveError):
    """The command line or a prompt command was given words it can't take."""

    code = 1001
    family = "usage"
    exit_status = 2


class TargetError(PydelveError):
    """The program to debug can't be started, reached or controlled."""

    code = 1100
    family = "target"


class NotAPythonError(TargetError):
    """What should run the program is no supported CPython."""

    code = 1101


class TargetStateError(TargetError):
    """The request needs a stopped target and it runs, or the other way round, or it has ended."""

    code = 1102


class TargetBusyError(TargetError):
    """The target did not answer in time; the message says what was waited for."""

    code = 1103


class TargetGoneError(TargetError):
    """The target ended, or let go of its link, while it was asked something."""

    code = 1104


class AgentError(PydelveError):
    """The agent inside the target refused a request or failed in it."""

    code = 1200
    family = "agent"


class ProtocolError(PydelveError):
    """A message is malformed, too large or of another version."""

    code = 1300
    family = "protocol"


class LocationError(PydelveError):
    """A location does not resolve, or resolves to several places."""

    code = 1400
    family = "locspec"

    def __init__(self, message: str, *, why: str = "", hint: str = "", candidates: tuple[str, ...] = ()) -> None:
        super().__init__(message, why=why, hint=hint)
        self.candidates = candidates


class EvaluationError(PydelveError):
    """An expression can't be compiled or raised an exception; ``traceback`` holds its frames as text lines."""

    code = 1500
    family = "evaluate"

    def __init__(self, message: str, *, why: str = "", hint: str = "", traceback: tuple[str, ...] = ()) -> None:
        super().__init__(message, why=why, hint=hint)
        self.traceback = traceback


class EvaluationInterrupted(EvaluationError):
    """An evaluation was stopped by its deadline or by the user."""

    code = 1501


class UnsupportedError(PydelveError):
    """This target, version or platform can't do what was asked; the message names which part."""

    code = 1600
    family = "unsupported"


class InternalError(PydelveError):
    """Our own bug; the message says so and where the log is."""

    code = 1900
    family = "internal"
    exit_status = 70


def all_errors() -> tuple[type[PydelveError], ...]:
    """Every error class, ordered by code: the table behind ``docs/reference/errors.md``."""
    found: list[type[PydelveError]] = []
    todo: list[type[PydelveError]] = [PydelveError]
    while todo:
        cls = todo.pop()
        found.append(cls)
        todo.extend(cls.__subclasses__())
    return tuple(sorted(found, key=lambda cls: cls.code))
