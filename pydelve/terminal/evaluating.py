"""Requests that run Python in the frame looked at, with errors in the person's words."""

from __future__ import annotations

import re
from typing import TypeVar

from pydelve.api.requests import Request
from pydelve.errors import EvaluationError
from pydelve.terminal.session import Session

R = TypeVar("R")
_UNASSIGNED = re.compile(r"NameError: .*free variable '(\w+)'.*")
"""Both of CPython's wordings: of 3.9 and 3.10, and from 3.11 on."""


def evaluate_by(session: Session, request: Request[R]) -> R:
    """The answer to a request that evaluates; what the program wrote meanwhile is shown before this returns.

    Raises:
        EvaluationError: it failed.
    """
    try:
        return session.ask(request)
    except EvaluationError as error:
        # A frame's variables are cells to what is evaluated in it; the person knows of none.
        if match := _UNASSIGNED.match(error.message):
            raise EvaluationError(f"NameError: {match[1]} is not assigned yet", hint="locals") from error
        raise
    finally:
        session.show_output()
