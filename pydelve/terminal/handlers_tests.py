"""Commands about tests that run under pytest. Handlers of the table in ``commands``."""

from __future__ import annotations

from pydelve.api.requests import GetCaptured
from pydelve.api.target import CapturedOutput
from pydelve.terminal.model import Call
from pydelve.terminal.names import counted

_MOST_LINES = 200


def captured(call: Call) -> None:
    """``captured``: what the current test has written while pytest captured it."""
    session = call.session
    parts = session.ask(GetCaptured())
    if not parts:
        session.screen.line("nothing was captured: outside a test, or with pytest -s, its output goes where it is seen")
    for part in parts:
        session.screen.line(f"{part.title}:")
        session.screen.lines(_text_lines(part, full="-full" in call.options))


def _text_lines(part: CapturedOutput, *, full: bool) -> list[str]:
    lines = part.text.splitlines()
    shown = lines if full else lines[-_MOST_LINES:]
    cut = len(lines) - len(shown)
    head = [f"  ...{counted(cut, 'line')} before; all: captured -full"] if cut else []
    return [*head, *(f"  {line}" for line in shown)]
