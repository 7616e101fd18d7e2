"""What the parts of the adapter share: the client, how the program was asked for, where it stands."""

from __future__ import annotations

import itertools
from typing import Any

from pydelve.api.requests import GetStack, GetState, Resume
from pydelve.api.target import Frame, Stop, TargetInfo
from pydelve.client import Client
from pydelve.errors import TargetStateError, UsageError
from pydelve_dap.children import Children, is_child
from pydelve_dap.launching import skipped
from pydelve_dap.messages import Messages
from pydelve_dap.paths import Paths

TASKS = 1 << 24
"""Added to the number of a task, to tell it from threads."""


class Session:
    """One program, as the editor sees it. No dataclass: those take 5 ms of the adapter's start."""

    def __init__(
        self, messages: Messages, client: Client, arguments: dict[str, Any], paths: Paths, launched: bool,
        editor: dict[str, Any], children: Children,
    ) -> None:  # fmt: skip
        self.messages, self.client, self.paths, self.children = messages, client, paths, children
        self.arguments = arguments
        """Of launch or attach."""
        self.launched = launched
        """The adapter started it."""
        self.editor = editor
        """What initialize said of the editor."""
        self.target: TargetInfo | None = None
        self.stop: Stop | None = None
        self.stands = 1
        """``Target.id`` of what stopped last."""
        self.frames: dict[int, tuple[int, int]] = {}
        """Thread and index by ``frameId``, until the program goes on."""
        self.own_resumes = 0
        """Continued events to come that the editor knows of."""
        self.numbers = itertools.count(1)
        """For frames and variables; never used again, so that a late request can't mean another one."""

    def flag(self, key: str, default: bool) -> bool:
        """A key of launch.json that is on or off."""
        value = self.arguments.get(key)
        return default if value is None else bool(value)

    @property
    def only_runs(self) -> bool:
        """The editor wants it run, not debugged (``noDebug``)."""
        return self.flag("noDebug", False)

    @property
    def is_one_of_several(self) -> bool:
        """Do other sessions of the editor's show other processes?"""
        return is_child(self.arguments) or self.children.begun

    @property
    def controls(self) -> bool:
        """Can the program's code be run?"""
        return self.target is None or "control" in self.target.capabilities

    @property
    def limited(self) -> str:
        """Why it can't."""
        return self.target.limited if self.target is not None else ""

    def frame_id(self, thread: int, index: int) -> int:
        """A number for a frame."""
        number = next(self.numbers)
        self.frames[number] = (thread, index)
        return int(number)

    def place(self, frame_id: int | None) -> tuple[int, int]:
        """Thread and index of a frame; of the one to look at first where none is meant.

        Raises:
            TargetStateError: the program runs, or has gone on since.
        """
        if self.stop is None:
            raise TargetStateError("the program is not stopped", why="this needs a stopped one", hint="pause it")
        if not frame_id:
            return 0, self.stop.frame
        if frame_id not in self.frames:
            raise TargetStateError("that frame is gone", why="the program has gone on", hint="look at the stack again")
        return self.frames[frame_id]

    def frame(self, frame_id: int | None) -> Frame:
        """The frame itself."""
        thread, index = self.place(frame_id)
        frames = self.client.call(GetStack(thread, index, 1)).frames
        if not frames:
            raise UsageError(f"there is no frame {index}", why="the stack is not that deep")
        return frames[0]

    def resume(self, request: Resume) -> None:
        """Let it go on; the editor expects it."""
        self.own_resumes += 1
        try:
            self.client.call(request)
        except BaseException:
            self.own_resumes -= 1
            raise
        self.stop = None  # its event may be a moment away

    def step(self, how: Any, arguments: dict[str, Any], **more: Any) -> None:
        """Step as launch.json wants it, the thread of the request."""
        thread, alone = self.asked(arguments["threadId"]), bool(arguments.get("singleThread"))
        everywhere = not self.flag("justMyCode", True)
        skip = skipped(self.arguments)
        self.resume(Resume(how, thread, into_libraries=everywhere, skip=skip, alone=alone, **more))

    def is_current(self, thread: int) -> bool:
        """Is it the thread that stopped?"""
        return self.stop is None or thread in (0, self.stop.thread)

    def asked(self, thread_id: int) -> int:
        """What requests of the debugger take for a ``threadId``: 0 for the thread that stopped, a task's ``-id``."""
        if thread_id > TASKS:
            return TASKS - thread_id
        return 0 if self.is_current(thread_id) else thread_id

    def refresh(self) -> None:
        """Take over how things are."""
        state = self.client.call(GetState())
        self.target, self.stop = state.target, state.stop
