"""Signal handlers of the program, put aside while something of ours runs."""

from __future__ import annotations

import _thread
import os
import signal
import threading

import pytest

from pydelve.agent.interpreter.signals import Deferral


class Interrupted(BaseException):
    """What the handler raises."""


def test_a_handler_runs_when_we_are_done() -> None:
    order: list[str] = []

    def handle(number: int, frame: object) -> None:
        order.append("handled")
        raise Interrupted

    def ours() -> None:
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGUSR1)
            order.append("done")

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        with pytest.raises(Interrupted):
            Deferral(_thread.get_ident()).around(ours)
        assert signal.getsignal(signal.SIGUSR1) is handle
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert order == ["done", "done", "handled"]


def test_a_thread_that_only_goes_for_the_main_one() -> None:
    """Where Python's own runs C only, as in a program that has Python built in: no other may set handlers."""
    raised: list[BaseException | None] = []

    def stop() -> None:
        deferral = Deferral(_thread.get_ident())
        raised.append(deferral.begin())
        deferral.end()

    thread = threading.Thread(target=stop, daemon=True)
    thread.start()
    thread.join(10)
    assert raised == [None]
