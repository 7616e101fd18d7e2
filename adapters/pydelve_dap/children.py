"""Children of the program, each in a session of the editor's own (``startDebugging``).

Each session of an editor is then about one target only: the program's about the first, a child's about the one that
the reverse request named, with the address of this debugging session. Told on the events' thread; what it asks the
editor for, the worker does.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

from pydelve.api.events import Event, TargetAdded, TargetExited
from pydelve.api.requests import Request
from pydelve.api.target import Target
from pydelve.errors import PydelveError, TargetGoneError, UsageError
from pydelve_dap.messages import Messages

_HANDED_ON = (
    "type", "justMyCode", "rules", "showReturnValue", "pathMappings", "localRoot", "remoteRoot", "watchRunsCode",
    "tasks", "token", "debugServer",
)  # fmt: skip
"""Keys of launch.json that hold for children, too."""
_ADDRESSES = ("address", "connect", "host", "port")
_TITLE_LENGTH = 60


def is_child(arguments: dict[str, Any]) -> bool:
    """Has ``startDebugging`` asked for it?"""
    return bool(arguments.get("target"))


def follows(arguments: dict[str, Any]) -> bool:
    """Are children to be debugged? As with debugpy, unless it is said that they are not."""
    return arguments.get("subProcess") is not False and not arguments.get("noDebug")


def have_sessions(arguments: dict[str, Any], editor: dict[str, Any]) -> bool:
    """Is each child to be shown in a session of its own?"""
    return bool(editor.get("supportsStartDebuggingRequest")) and follows(arguments) and not is_child(arguments)


def shows(arguments: dict[str, Any], editor: dict[str, Any]) -> int:
    """The only target that this session of the editor's is about; 0: whichever stops, one after the other.

    Raises:
        UsageError: the one that is named is none.
    """
    if is_child(arguments):
        number = arguments["target"]
        if type(number) is not int or number < 0:
            raise UsageError(f"{number} is no target", why="a target is a number", hint='"target": 2')
        return number
    return 1 if have_sessions(arguments, editor) or arguments.get("subProcess") is False else 0


class Children:
    """Of one session of the editor's."""

    def __init__(
        self,
        messages: Messages,
        arguments: dict[str, Any],
        editor: dict[str, Any],
        share: Callable[[], str],
        post: Callable[[Callable[[], None]], None],
    ) -> None:
        """There are none yet.

        Args:
            messages: Of the session of the program's.
            arguments: Of its launch or attach.
            editor: What it can do.
            share: Gives the address for children's sessions.
            post: Has the worker do something.
        """
        self._messages = messages
        self._arguments = arguments
        self._share = share
        self._post = post
        self._wanted = have_sessions(arguments, editor)
        self._live: set[int] = set()
        self._refused = ""
        self._when_gone: Callable[[], None] | None = None
        self._once = threading.Lock()
        self.begun = False
        """The editor was asked for a session."""

    def hear(self, event: Event) -> None:
        """A child has come, or is gone."""
        match event:
            case TargetAdded(target) if self._wanted and not self._refused:
                self._live.add(target.id)
                self._post(lambda: self._begin(target))
            case TargetExited(target, _):
                self._live.discard(target.id)
                self._check()

    def _begin(self, target: Target) -> None:
        if self._refused or target.id not in self._live:
            return
        given = self._arguments
        configuration = {key: given[key] for key in _HANDED_ON if given.get(key) is not None}
        try:
            address = self._share()
        except PydelveError as error:
            self.refused(str(error))
            return
        if address:
            configuration["address"] = address
        else:
            configuration.update({key: given[key] for key in _ADDRESSES if given.get(key)})
        configuration.setdefault("type", "pydelve")
        configuration |= {"request": "attach", "name": _title(target), "target": target.id}
        self.begun = True
        self._messages.request("startDebugging", {"request": "attach", "configuration": configuration})

    def refused(self, why: str) -> None:
        """The editor has no session for a child: it runs on where it stops, as will the others."""
        self._refused = why or "no reason was given"
        text = f"children stop nowhere: the editor has no session for them ({self._refused})\n"
        self._messages.output(text, "important")
        self._live.clear()
        self._check()

    # -- the program's end ---------------------------------------------------------------------------------------------

    def when_gone(self, what: Callable[[], None]) -> None:
        """Do it once no child is left: with the program's session the children's would end."""
        self._when_gone = what
        self._check()

    def wait_no_more(self) -> None:
        """The editor wants all to end."""
        self._live.clear()
        self._check()

    def _check(self) -> None:
        with self._once:
            if self._live or self._when_gone is None:
                return
            what, self._when_gone = self._when_gone, None
        what()


class Ended:
    """In place of the connection to a session that is over. Implements ``pydelve.client.Transport``."""

    def call(self, request: Request[Any]) -> Any:
        """Nobody is there."""
        raise _gone()

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        """There are none."""
        raise _gone()

    def event_fd(self) -> int:
        """There are none."""
        raise _gone()

    def close(self) -> None:
        """It is."""


def _gone() -> TargetGoneError:
    return TargetGoneError("the process has ended", why="its session was over before the editor came")


def _title(target: Target) -> str:
    words = target.info.argv
    text = " ".join([os.path.basename(words[0]), *words[1:]]) if words else "python"
    short = text if len(text) <= _TITLE_LENGTH else f"{text[:_TITLE_LENGTH]}..."
    return f"{short} ({target.info.pid})"
