"""The lines typed in this and in earlier sessions, for prompt-toolkit's editors: a file that never gets in the way.

Imported with prompt-toolkit, which is slow to import; on the main thread.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from prompt_toolkit.history import FileHistory, History, InMemoryHistory

from pydelve.config import private_file

_log = logging.getLogger(__name__)


def open_history() -> History:
    """The history that is kept; where there is no place for one, or it is no regular file, that of this session."""
    try:
        return KeptHistory(private_file("history"))
    except OSError as error:
        _log.warning("no history: %s", error)  # a home that can't be written is no reason not to debug
        return InMemoryHistory()


class KeptHistory(FileHistory):
    """A file that is not written to any more once it can't be: prompt-toolkit would show a traceback at each line."""

    _written = True

    def load_history_strings(self) -> Iterable[str]:
        """See ``History``."""
        try:
            return super().load_history_strings()
        except OSError as error:
            _log.warning("the history can't be read: %s", error)
            return []

    def store_string(self, string: str) -> None:
        """See ``History``."""
        if not self._written:
            return
        try:
            super().store_string(string)
        except OSError as error:
            _log.warning("the history is not written any more: %s", error)
            self._written = False
        except UnicodeError as error:  # bytes that are no UTF-8 were typed: this line is left out
            _log.warning("a line is not in the history: %s", error)
