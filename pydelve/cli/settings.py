"""The settings that a session begins with: those of the user's file, which may be damaged. On the main thread."""

from __future__ import annotations

from pydelve import config_file
from pydelve.config import Settings
from pydelve.errors import PydelveError, UsageError
from pydelve.terminal.session import Session


def begin_with(session: Session) -> None:
    """Give the session the user's settings; what is wrong with their file is said, and is no reason not to debug."""
    try:
        settings, unknown = config_file.load()
        session.configure(settings)
    except PydelveError as error:
        session.screen.error(error)
        session.configure(Settings())
        return
    if unknown:
        session.screen.error(
            UsageError(
                f"{config_file.path()}: unknown: {', '.join(unknown)}",
                why="this pydelve has no such settings, and goes on without them", hint="config lists those it has",
            )
        )  # fmt: skip
