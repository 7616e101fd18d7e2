"""The part of ``interface`` that is about children of a process, which are followed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class Following(Protocol):
    """Of a ``Process``."""

    @property
    def forked(self) -> bool:
        """Is it a child that was just forked, and waits for :meth:`go`?"""
        ...

    @property
    def comes_again(self) -> bool:
        """Has it ended only to be another program, in the same process, that is followed?"""
        ...

    def follow(self, door: str) -> None:
        """Its children are to call there (``live.door``) from now on; "" for none."""
        ...

    def go(self) -> None:
        """Its breakpoints are set: it may go on where it was forked; or where it kills another process."""
        ...

    def tell_all(self, told: Callable[[], None]) -> None:
        """It is about to be killed: ``told`` is called when what it has gathered has come."""
        ...


class FollowingListener(Protocol):
    """Of a ``Listener``."""

    def on_left_alone(self, words: tuple[str, ...], why: str, isolated: bool) -> None:
        """The target starts a program that is not followed; see ``api.events.ChildLeftAlone``."""
        ...

    def on_killing(self, pid: int) -> None:
        """The target is about to kill a process, and waits for :meth:`Following.go`, for a moment."""
        ...
