"""Names of files as they are typed behind a command: a word, or, with blanks in it, in quotes, as a shell reads them.

Pure; called by the handlers of commands that read or write files. ``~`` is left to those who open the file.
"""

from __future__ import annotations

import shlex

from pydelve.errors import UsageError


def file_name(text: str, command: str) -> str:
    """The one name that a command got.

    Raises:
        UsageError: there are several, or a quote is open.
    """
    words = file_words(text, command)
    if len(words) != 1:
        raise UsageError(
            f"{command} takes one file", why=f"{text!r} is {len(words)} words", hint=f"{command} {shlex.quote(text)}"
        )
    return words[0]


def file_words(text: str, command: str) -> list[str]:
    """A name and what follows it, each without its quotes.

    Raises:
        UsageError: a quote is open.
    """
    try:
        return shlex.split(text)
    except ValueError as error:
        raise UsageError(
            f"{text!r} has an open quote", why=str(error), hint=f"{command} {shlex.quote(text)}"
        ) from error
