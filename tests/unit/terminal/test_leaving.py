"""``exit`` asks a person once where a launched program would lose something, and nobody else."""

from __future__ import annotations

import pytest

from pydelve.api.requests import Detach
from pydelve.config_file import with_value
from pydelve.terminal import asking

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


@pytest.mark.parametrize(
    ("answer", "meant"),
    [("", True), (" Y ", True), ("yes", True), ("n", False), ("No", False), ("clear", False), ("continue", False)],
)
def test_only_yes_is_yes(answer: str, meant: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda question: answer)
    assert asking.confirm("Exit?") is meant


@pytest.mark.parametrize(("raised", "meant"), [(EOFError, True), (KeyboardInterrupt, False)])
def test_keys_that_end_the_question(raised: type[BaseException], meant: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(question: str) -> str:
        raise raised

    monkeypatch.setattr("builtins.input", ask)
    assert asking.confirm("Exit?") is meant
