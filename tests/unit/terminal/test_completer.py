"""Questions while somebody types: on a thread, one at a time, never waited for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from pydelve.api.completion import Candidate, Completion, Signature
from pydelve.api.requests import CompleteExpression, Detach, Evaluate, GetSignature
from pydelve.terminal import completer
from pydelve.terminal.commands import TABLE
from pydelve.terminal.completer import Questions, TableCompleter
from pydelve.terminal.console import ProgramConsole
from pydelve.terminal.prompt import Prompt

from .fake import Desk, evaluation, integer, stop


@pytest.fixture
def desk() -> Desk:
    desk = Desk().stopped(stop())
    desk.transport.on(Detach)
    desk.transport.on(Evaluate, evaluation(integer(4)))
    return desk


@pytest.fixture
def keyboard() -> Iterator[PipeInput]:
    with create_pipe_input() as pipe:
        yield pipe


class Late:
    """An answer that comes when it is let go, and tells when it was asked for."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go = threading.Event()

    def __call__(self, request: object = None) -> Completion:
        self.asked.set()
        assert self.go.wait(20)
        return Completion("acc", (Candidate("account"),))


def test_a_late_answer_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completer, "LIMIT_S", 0.01)
    late = Late()

    async def ask() -> tuple[object, object, object]:
        questions = Questions()
        first = await questions.ask(late, None)
        second = await questions.ask(lambda: 2, None)  # the first is still under way
        late.go.set()
        third = None
        while third is None:
            third = await questions.ask(lambda: 3, None)
        return first, second, third

    assert asyncio.run(ask()) == (None, None, 3)


def test_a_failure_of_ours_is_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> int:
        raise ZeroDivisionError

    assert asyncio.run(Questions().ask(fail, 7)) == 7
    assert caplog.messages == ["a question while typing failed"]


def test_an_answer_after_the_end_of_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(completer, "LIMIT_S", 0.01)
    late = Late()
    assert asyncio.run(Questions().ask(late, None)) is None
    late.go.set()  # its thread finds no loop any more, and ends


def test_what_is_shown_of_a_candidate(desk: Desk) -> None:
    offer = Completion("a", (Candidate("account", "x" * 80),))
    desk.transport.on(CompleteExpression, offer)
    found = list(TableCompleter(desk.session, TABLE).get_completions(Document("p a"), CompleteEvent()))
    assert [(one.text, one.start_position, one.display_meta_text) for one in found] == [
        ("account", -1, "x" * 57 + "..."),
    ]  # fmt: skip


def test_typing_goes_on_while_completion_and_hint_are_late(
    desk: Desk, keyboard: PipeInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    late = Late()
    desk.transport.on(CompleteExpression, late)
    desk.transport.on(GetSignature, lambda asked: Signature("f", (late().typed,)))
    prompt = Prompt(desk.interpreter, desk.session, TABLE, ProgramConsole(), stdin=keyboard, stdout=DummyOutput())

    def type_on() -> None:
        assert late.asked.wait(20)
        keyboard.send_text("ount)\rexit\r")

    typist = threading.Thread(target=type_on)
    typist.start()
    keyboard.send_text("print f(acc\t")
    prompt.run()
    typist.join()
    late.go.set()
    assert [call for call in desk.transport.calls if isinstance(call, Evaluate)] == [Evaluate("f(account)")]
