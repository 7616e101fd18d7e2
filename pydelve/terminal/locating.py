"""What a location means, for commands other than ``break``: refusals speak of the command that was typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from pydelve.api.breakpoints import Location
from pydelve.api.requests import FindLocations
from pydelve.errors import LocationError
from pydelve.terminal.session import Session


@contextmanager
def speaking_of(command: str) -> Iterator[None]:
    """What is refused in a ``with`` block names this command where it would name ``break``."""
    try:
        yield
    except LocationError as error:
        error.hint = re.sub(r"\bbreak(?= )", command, error.hint)
        raise


def find_locations(session: Session, text: str, file: str, line: int, *, command: str) -> tuple[Location, ...]:
    """The places that a location means; see ``FindLocations``."""
    with speaking_of(command):
        return session.ask(FindLocations(text, file, line))
