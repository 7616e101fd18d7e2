"""What a trace has come by is decided once for each function, also where a signal's handler comes in between."""

from __future__ import annotations

import threading
from types import CodeType, SimpleNamespace
from typing import Any

from pydelve.agent.calls import matching as call_matching
from pydelve.agent.calls.matching import Source, Sources
from pydelve.agent.calls.numbering import Numbers


def first() -> None:
    """One."""


def second() -> None:
    """Another."""


class Matching:
    """Everything matches."""

    def __init__(self, options: Any, ownership: Any) -> None:
        """Nothing is asked."""

    def source(self, code: CodeType, names: dict[str, Any]) -> Source:
        """By its bare name."""
        return Source(code, code.co_name, True)


class Trace(Sources):
    """Each function that is found calls another, as a handler that runs just then may."""

    def __init__(self) -> None:
        super().__init__({}, SimpleNamespace())  # type: ignore[arg-type]
        self.found: list[str] = []

    def _found(self, source: Source) -> None:
        self.found.append(source.name)
        if source.name == "first":
            assert self.source_of(second.__code__, {}) is not None


def test_a_function_that_is_found_within_another(monkeypatch: Any) -> None:
    monkeypatch.setattr(call_matching, "Matching", Matching)
    trace = Trace()
    thread = threading.Thread(target=lambda: trace.source_of(first.__code__, {}), daemon=True)
    thread.start()
    thread.join(10)
    assert not thread.is_alive()
    assert trace.found == ["first", "second"]
    assert trace.source_of(first.__code__, {}) is trace.known(first.__code__)
    assert trace.source_of(second.__code__, {}) is trace.known(second.__code__)
    assert trace.found == ["first", "second"]


def test_numbers_are_given_once() -> None:
    """Also where there are more than are remembered."""
    new: list[list[Any]] = []
    numbers = Numbers(new, most=2)
    assert [numbers.of(name, name.upper()) for name in "aabacacb"] == [1, 1, 2, 1, 3, 4, 3, 5]
    assert new == [[1, "A"], [2, "B"], [3, "C"], [4, "A"], [5, "B"]]
    assert len(numbers) == 1
