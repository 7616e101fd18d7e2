"""A hang-up: whose it is."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest

from pydelve.terminal.signals import hang_ups_to


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def test_a_hang_up_that_nobody_handles_is_passed_on() -> None:
    with hang_ups_to(lambda: None):
        assert callable(signal.getsignal(signal.SIGHUP))
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL


def test_one_that_somebody_handles_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def handler(*_: object) -> None: ...

    for before in (signal.SIG_IGN, handler):
        signal.signal(signal.SIGHUP, before)
        with hang_ups_to(lambda: None):
            assert signal.getsignal(signal.SIGHUP) is before
        assert signal.getsignal(signal.SIGHUP) is before
    monkeypatch.setattr(signal, "getsignal", lambda number: None)  # as Python tells of a handler of C code's
    with hang_ups_to(lambda: None):
        pass
    monkeypatch.undo()
    assert signal.getsignal(signal.SIGHUP) is handler
