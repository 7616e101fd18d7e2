"""Requests that run Python in the frame looked at, with errors in the person's words."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TypeVar

from pydelve.api.requests import Request
from pydelve.errors import EvaluationError, PydelveError
from pydelve.terminal.places import place
from pydelve.terminal.session import Session

R = TypeVar("R")
_UNASSIGNED = re.compile(r"NameError: .*free variable '(\w+)'.*")
"""Both of CPython's wordings: of 3.9 and 3.10, and from 3.11 on."""
_NOT_PYTHON = re.compile(r"(?:Syntax|Indentation|Tab)Error\b")


def evaluate_by(session: Session, request: Request[R]) -> R:
    """The answer to a request that evaluates; what the program wrote meanwhile is shown before this returns.

    Raises:
        EvaluationError: it failed.
    """
    try:
        return session.ask(request)
    except EvaluationError as error:
        if error.why:
            raise
        message = error.message
        # A frame's variables are cells to what is evaluated in it; the person knows of none.
        if match := _UNASSIGNED.match(message):
            message = f"NameError: {match[1]} is not assigned"
        if _NOT_PYTHON.match(message):
            why, hint = "it is not Python", "help python"
        else:
            why, hint = _where(session), "locals"
        raise EvaluationError(message, why=why, hint=error.hint or hint, traceback=error.traceback) from error
    finally:
        session.show_output()


def _where(session: Session) -> str:
    """Where it was evaluated; a name that is known in one frame is not in the next."""
    with suppress(PydelveError):  # the program has moved meanwhile
        return f"evaluated in frame {session.frame_index}, {place(session.current_frame(), session.cwd)}"
    return "raised by the expression"
