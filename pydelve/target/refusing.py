"""What a target that is only looked at refuses: every part of ``target.Process`` that needs control of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NoReturn

from pydelve.api.target import RaisedException
from pydelve.api.tracing import TraceOptions, TraceSummary
from pydelve.api.values import Limits, Value
from pydelve.errors import UnsupportedError
from pydelve.target.arming import Armed, Arming, ExceptionArming, WovenScope
from pydelve.target.interface import CodeReport, Jumped, ReloadReport

__all__ = ["ControlRefused"]


class ControlRefused:
    """Refuses by name. ``limited`` says why there is no control."""

    limited = ""

    def _refuse(self, doing: str) -> NoReturn:
        raise UnsupportedError(f"{doing} needs control of the program", why=self.limited, hint="help without-control")

    def arm(
        self, breakpoint_id: int, armings: tuple[Arming, ...], scopes: tuple[WovenScope, ...] = ()
    ) -> tuple[Armed, ...]:
        """See ``target.Process``; taking away what was never there is nothing."""
        if armings or scopes:
            self._refuse("a breakpoint")
        return ()

    def arm_exception(self, breakpoint_id: int, arming: ExceptionArming | None) -> None:
        """See ``target.Process``."""
        if arming is not None:
            self._refuse("a breakpoint")

    @property
    def forked(self) -> bool:
        """See ``target.Process``."""
        return False

    @property
    def comes_again(self) -> bool:
        """See ``target.Process``."""
        return False

    def follow(self, door: str) -> None:
        """See ``target.Process``."""
        if door:
            self._refuse("following children")

    def go(self) -> None:
        """See ``target.Process``: it does not wait."""

    def tell_all(self, told: Callable[[], None]) -> None:
        """See ``target.Process``: it has gathered nothing."""
        told()

    def has_read(self, number: int, what: Literal["logged", "calls"]) -> None:
        """See ``target.Process``: it sends nothing."""

    def stop_one(self, one: bool) -> None:
        """See ``target.Process``."""
        if one:
            self._refuse("stopping one thread")

    def freeze(self, ident: int, frozen: bool) -> None:
        """See ``target.Process``."""
        self._refuse("freezing a thread")

    def trace(self, options: TraceOptions, patterns: tuple[Any, Any], *, weaves: bool, since_s: float) -> float:
        """See ``target.Process``."""
        self._refuse("a trace of calls")

    def end_trace(self) -> TraceSummary:
        """See ``target.Process``."""
        self._refuse("a trace of calls")

    def exception(self, ident: int, limits: Limits) -> tuple[RaisedException, ...]:
        """See ``target.Process``: none is known of."""
        return ()

    def placements(self) -> dict[tuple[int, str, int], Armed]:
        """See ``target.Process``."""
        return {}

    def counts(self) -> dict[int, int]:
        """See ``target.Process``."""
        return {}

    @property
    def optimize(self) -> tuple[int, bool]:
        """See ``target.Process``."""
        return 0, True

    def code(self, ident: int, frame: int) -> CodeReport:
        """See ``target.Process``."""
        self._refuse("the bytecode of a running function")

    def assign(
        self, target: str, expression: str, ident: int, frame: int, *, timeout_s: float, limits: Limits
    ) -> Value:
        """See ``target.Process``."""
        self._refuse("an assignment")

    def jump(self, line: int) -> Jumped:
        """See ``target.Process``."""
        self._refuse("a jump")

    def reload(self, path: str, source: bytes) -> ReloadReport:
        """See ``target.Process``."""
        self._refuse("reloading a file")

    def interrupt(self) -> None:
        """See ``target.Process``: nothing of the target's runs for us."""
