"""``exit`` asks a person once where a launched program would lose something, and nobody else."""

from __future__ import annotations

import pytest

from pydelve.api.requests import Detach
from pydelve.config_file import with_value

from .fake import Desk, stop


@pytest.mark.parametrize(
    ("reason", "interactive", "wanted", "answer", "asked", "left"),
    [
        ("breakpoint", True, True, True, 1, True),
        ("breakpoint", True, True, False, 1, False),
        ("breakpoint", True, False, False, 0, True),
        ("breakpoint", False, True, False, 0, True),
        ("entry", True, True, False, 0, True),
        ("exception", True, True, False, 0, True),
    ],
)
def test_who_is_asked(reason: str, interactive: bool, wanted: bool, answer: bool, asked: int, left: bool) -> None:
    desk = Desk().stopped(stop(reason))
    desk.transport.on(Detach)
    questions: list[str] = []

    def confirm(question: str) -> bool:
        questions.append(question)
        return answer

    desk.session.confirm = confirm
    desk.session.screen.interactive = interactive
    desk.session.configure(with_value(desk.session.settings, "confirm-exit", wanted))
    desk.run("exit")
    question = "process 1234 is still under way, and exit kills it (detach lets it run on). Exit?"
    assert (questions, desk.session.done) == ([question] * asked, left)
