"""Numbers of threads, and what is said of each."""

from __future__ import annotations

import pytest

from pydelve.api.target import Thread
from pydelve.debugger.threads import ThreadNumbers, to_thread
from pydelve.errors import TargetStateError
from pydelve.target.interface import ThreadReport


def test_numbers_begin_with_the_main_thread_and_are_never_used_twice() -> None:
    numbers = ThreadNumbers(700)
    assert [numbers.number(ident) for ident in (900, 700, 800, 900)] == [2, 1, 3, 2]
    assert [numbers.ident(number) for number in (1, 2, 3)] == [700, 900, 800]
    numbers.forget_all_but({900})
    assert numbers.ident(1) == 700
    with pytest.raises(TargetStateError, match=r"^there is no thread 3"):
        numbers.ident(3)
    assert [numbers.number(ident) for ident in (800, 900, 1000)] == [4, 2, 5]


def test_a_thread_with_the_ident_of_one_that_ended_is_another() -> None:
    numbers = ThreadNumbers(700)
    seen = [(900, 11), (900, 0), (900, 12), (900, 0), (900, 12), (700, 70), (700, 7)]
    assert [numbers.number(*thread) for thread in seen] == [2, 2, 3, 3, 3, 1, 1]
    assert numbers.ident(3) == 900
    with pytest.raises(TargetStateError, match=r"^there is no thread 2"):
        numbers.ident(2)


@pytest.mark.parametrize(
    ("current", "kernel_state", "state", "detail"),
    [(True, "S", "stopped", ""), (False, "R", "running in C", ""), (False, "S", "frozen", "futex")],
)
def test_what_a_thread_does(current: bool, kernel_state: str, state: str, detail: str) -> None:
    report = ThreadReport(9, 90, "", False, None, kernel_state, "futex")
    assert to_thread(report, 3, current, None) == Thread(3, 9, 90, "thread-3", state, detail, current, None)  # type: ignore[arg-type]
