"""The part of ``interface`` that is about children of a process, which are followed."""

from __future__ import annotations

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
        """Its breakpoints are set: it may go on where it was forked."""
        ...


class FollowingListener(Protocol):
    """Of a ``Listener``."""

    def on_left_alone(self, words: tuple[str, ...], why: str, isolated: bool) -> None:
        """The target starts a program that is not followed; see ``api.events.ChildLeftAlone``."""
        ...
