"""Requests to an agent that is a script: answered, refused, late, malformed, lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from pydelve.agent import protocol
from pydelve.errors import (
    AgentError,
    InternalError,
    ProtocolError,
    PydelveError,
    TargetBusyError,
    TargetGoneError,
    TargetStateError,
)
from tests.unit.target.scripted import ScriptedAgent


@pytest.fixture
def scripted() -> Iterator[ScriptedAgent]:
    made = ScriptedAgent()
    yield made
    made.close()
    assert made.failures == []


def after(scripted: ScriptedAgent, *says: object, by_hold: bool = False) -> None:
    """Say this while the next request waits."""

    def say() -> None:
        for message in says:
            scripted.say(message, by_hold)

    scripted.loop.after(0, say)


def test_an_answer(scripted: ScriptedAgent) -> None:
    after(scripted, ("event", "landed", {"id": 1}), ("reply", 1, {"a": [1, 2]}))
    assert scripted.agent.ask("counts", {"b": 1}) == {"a": [1, 2]}
    assert scripted.hear() == (1, "counts", {"b": 1})
    assert scripted.events == [("landed", {"id": 1})]


@pytest.mark.parametrize(
    ("refusal", "error", "message"),
    [
        ({"message": "not now", "hint": ""}, AgentError, "the program refused: not now"),
        ({"message": "it has ended", "hint": "tasks"}, TargetStateError, "it has ended"),
        (
            {"internal": {"type": "KeyError", "message": "'a'", "traceback": ["line 1", "line 2"]}},
            InternalError,
            "the agent failed in 'counts': KeyError: 'a' (this is a bug of pydelve)",
        ),
        ({}, ProtocolError, "the agent's refusal of 'counts' is malformed (it gives no reason)"),
        (["no"], ProtocolError, "the agent's refusal of 'counts' is malformed (it gives no reason)"),
    ],
)
def test_a_refusal(scripted: ScriptedAgent, refusal: object, error: type[PydelveError], message: str) -> None:
    after(scripted, ("refused", 1, refusal))
    with pytest.raises(error) as caught:
        scripted.agent.ask("counts", {})
    assert (type(caught.value), str(caught.value)) == (error, message)
    assert scripted.lost == []


def test_a_late_answer_is_dropped(scripted: ScriptedAgent) -> None:
    with pytest.raises(TargetBusyError, match=r"^the program did not answer 'counts' within 0\.0 s"):
        scripted.agent.ask("counts", {}, 0.01)
    scripted.agent.tell("interrupt", {})
    after(scripted, ("reply", 1, "late"), ("reply", 2, None), ("reply", 3, "in time"))
    assert scripted.agent.ask("counts", {}) == "in time"
    assert scripted.lost == []


def test_the_stopped_thread_is_asked_by_hold(scripted: ScriptedAgent) -> None:
    scripted.stand()
    after(scripted, ("reply", 1, "held", 0), by_hold=True)
    assert scripted.agent.ask("threads", {}) == "held"
    assert scripted.hear(by_hold=True) == (1, "threads", {})


def test_a_request_that_a_stop_overtook_is_asked_again(scripted: ScriptedAgent) -> None:
    number = scripted.agent.send("arm", {"number": 1})
    answered = scripted.agent.send("counts", {})
    scripted.say(("reply", answered, "before the stop"))
    scripted.stand()
    assert scripted.hear(by_hold=True) == (number, "arm", {"number": 1})
    scripted.say(("reply", number, "held", 0), by_hold=True)
    assert scripted.agent.wait(number, 20)
    assert scripted.agent.result(number, "arm") == "held"
    assert scripted.agent.result(answered, "counts") == "before the stop"


def test_while_an_evaluation_that_was_given_up_goes_on_nothing_is_asked(scripted: ScriptedAgent) -> None:
    scripted.stand()
    number = scripted.agent.send(protocol.EVALUATE, {})
    assert not scripted.agent.wait_or(number, 20, lambda: True)
    scripted.agent.give_up(number, protocol.EVALUATE, 0.1)
    with pytest.raises(TargetBusyError, match=r"^the evaluation that was given up is still running"):
        scripted.agent.ask("threads", {})
    scripted.agent.tell(protocol.INTERRUPT, {}, by_link=True)  # that can be told all the same
    scripted.say(("reply", number, "late", 0), by_hold=True)
    scripted.turn()
    after(scripted, ("reply", 3, "asked", 0), by_hold=True)
    assert scripted.agent.ask("threads", {}) == "asked"


def test_the_end_of_link_is_told_once_and_wakes_who_waits(scripted: ScriptedAgent) -> None:
    scripted.loop.after(0, scripted.link.close)
    scripted.agent.wait_or(scripted.agent.send("counts", {}), 20, lambda: bool(scripted.lost))
    scripted.hold.close()
    scripted.turn()
    assert scripted.lost == [None]


def test_after_closing_nothing_is_asked(scripted: ScriptedAgent) -> None:
    number = scripted.agent.send("counts", {})
    scripted.agent.close()
    scripted.agent.close()
    assert scripted.agent.wait(number, 0)
    with pytest.raises(TargetGoneError, match=r"^the program ended while it was asked"):
        scripted.agent.result(number, "counts")
    with pytest.raises(TargetGoneError, match=r"^the program has ended$"):
        scripted.agent.ask("counts", {})


MALFORMED: dict[str, tuple[Callable[[ScriptedAgent], None], str]] = {
    "neither": (lambda it: it.say("hello"), "it is neither reply nor event"),
    "unknown": (lambda it: it.say(("reply", 7, None)), "nobody asked number 7"),
    "large": (lambda it: it.say_bytes(b"\xff\xff\xff\xff"), "it announces 4294967295 bytes"),
    "code": (lambda it: it.say_bytes(b"\1\0\0\0c"), "type code 0x63 is not allowed"),
    "settle": (lambda it: it.say(("reply", 7, None, "x")), "ValueError: invalid literal for int() with base 10: 'x'"),
    "interval": (lambda it: it.say(("reply", 7, None, -5)), "a switch interval of -5 us"),
}


@pytest.mark.parametrize("case", sorted(MALFORMED))
def test_nonsense_ends_the_link_and_nothing_else(scripted: ScriptedAgent, case: str) -> None:
    says, why = MALFORMED[case]
    says(scripted)
    scripted.turn()
    assert [error and error.why for error in scripted.lost] == [why]


def test_an_event_that_can_not_be_read_is_nonsense(scripted: ScriptedAgent) -> None:
    scripted.agent._on_event = lambda name, data: data["missing"]
    scripted.say(("event", "stopped", {}))
    scripted.turn()
    assert [error and error.why for error in scripted.lost] == ["KeyError: 'missing'"]


def test_requests_that_nobody_reads_wait_and_do_not_block(scripted: ScriptedAgent) -> None:
    """More than a socket takes, while C code keeps the interpreter; all come, in order, once the agent reads."""
    texts = [str(number) * 50_000 for number in range(10)]
    for text in texts:
        scripted.agent.tell("arm", {"text": text})
    said: list[object] = []

    def read() -> None:
        said.extend(scripted.hear() for _ in texts)
        scripted.loop.post(lambda: None, urgent=True)

    reader = threading.Thread(target=read)
    reader.start()
    assert scripted.loop.wait_until(lambda: len(said) == len(texts), 20)
    reader.join()
    assert said == [(number, "arm", {"text": text}) for number, text in enumerate(texts, 1)]


def test_who_says_that_it_is_at_work_is_waited_for(scripted: ScriptedAgent, monkeypatch: pytest.MonkeyPatch) -> None:
    """As often as it does: an answer may take long, where a program is large."""
    waits: list[int] = []

    def wait_or(*_: object) -> bool:
        waits.append(len(waits))
        if len(waits) < 4:
            scripted.agent.works()
        return False

    monkeypatch.setattr(scripted.agent, "wait_or", wait_or)
    with pytest.raises(TargetBusyError, match=r"^the program did not answer 'trace' within 10\.0 s"):
        scripted.agent.ask("trace", {})
    assert waits == [0, 1, 2, 3]
