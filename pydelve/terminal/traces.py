"""The traces that a session shows: made with the first one, as many sessions trace nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydelve.terminal.session import Session
    from pydelve.terminal.trace_points import TracePoints


def traces_of(session: Session) -> TracePoints:
    """Those of this session, none at first."""
    if session.traces is None:
        from pydelve.terminal.trace_points import TracePoints  # noqa: PLC0415  what it needs is for traces alone

        session.traces = TracePoints(session.screen.theme)
    return session.traces
