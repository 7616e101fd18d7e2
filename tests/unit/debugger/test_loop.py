"""The engine's event loop, on the test's own thread."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator

import pytest

from pydelve.debugger.loop import Loop

LIMIT_S = 20.0


class Desk:
    """A loop, what it did in order, and what it said had failed."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.failed: list[str] = []
        self.loop = Loop(lambda error: self.failed.append(repr(error)))

    def note(self, what: str) -> Callable[[], None]:
        return lambda: self.done.append(what)

    def until(self, *what: str) -> None:
        assert self.loop.wait_until(lambda: set(what) <= set(self.done), LIMIT_S), self.done


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk()
    yield made
    made.loop.close()


@pytest.fixture
def pipes() -> Iterator[list[tuple[int, int]]]:
    made = [os.pipe() for _ in range(2)]
    yield made
    for pipe in made:
        for fd in pipe:
            os.close(fd)


def fail() -> None:
    raise ZeroDivisionError("a bug")


def test_jobs_run_in_order_and_urgent_ones_first(desk: Desk) -> None:
    for number in range(3):
        assert desk.loop.post(desk.note(f"job {number}"), urgent=False)
        assert desk.loop.post(desk.note(f"urgent {number}"), urgent=True)
    desk.loop.post(desk.loop.end, urgent=False)
    assert run(desk.loop) == ["ended"]
    assert desk.done == ["urgent 0", "urgent 1", "urgent 2", "job 0", "job 1", "job 2"]


def run(loop: Loop) -> list[str]:
    """Run a loop to its end; close is harmless afterwards."""
    loop.run()
    return ["ended"]


def test_while_one_waits_only_urgent_ones_run(desk: Desk) -> None:
    def waits() -> None:
        desk.loop.post(desk.note("later"), urgent=False)
        desk.loop.post(desk.note("urgent"), urgent=True)
        desk.until("urgent")
        desk.done.append("waited")
        desk.loop.post(desk.loop.end, urgent=False)

    desk.loop.post(waits, urgent=False)
    desk.loop.run()
    assert desk.done == ["urgent", "waited", "later"]


def test_waits_may_be_nested(desk: Desk) -> None:
    def inner() -> None:
        desk.loop.after(0, desk.note("timer"))
        desk.until("timer")
        desk.done.append("inner")

    desk.loop.post(inner, urgent=True)
    desk.until("inner")
    assert desk.done == ["timer", "inner"]


def test_a_wait_ends_by_its_limit(desk: Desk) -> None:
    assert desk.loop.wait_until(lambda: False, 0.01) is False
    assert desk.loop.wait_until(lambda: True, 0) is True
    assert desk.loop.wait_until(lambda: False, 0) is False


def test_timers_come_in_the_order_of_their_times(desk: Desk) -> None:
    desk.loop.after(0.02, desk.note("third"))
    desk.loop.after(0.001, desk.note("first"))
    desk.loop.after(0.001, desk.note("second"))
    desk.until("third")
    assert desk.done == ["first", "second", "third"]


def test_a_descriptor_is_heard_whenever_it_is_readable(desk: Desk, pipes: list[tuple[int, int]]) -> None:
    (reader, writer), _ = pipes
    desk.loop.watch(reader, lambda: desk.done.append(os.read(reader, 1).decode()))
    os.write(writer, b"abc")
    desk.until("a", "b", "c")
    desk.loop.unwatch(reader)
    desk.loop.unwatch(reader)
    desk.loop.unwatch(-1)
    os.write(writer, b"d")
    assert desk.loop.wait_until(lambda: "d" in desk.done, 0.01) is False


def test_a_callback_may_unwatch_another_that_is_readable_too(desk: Desk, pipes: list[tuple[int, int]]) -> None:
    readers = [reader for reader, _ in pipes]

    def first_come() -> None:
        desk.done.append("one")
        for reader in readers:
            desk.loop.unwatch(reader)

    for reader, writer in pipes:
        desk.loop.watch(reader, first_come)
        os.write(writer, b"!")
    desk.until("one")
    assert desk.loop.wait_until(lambda: len(desk.done) > 1, 0.01) is False


def test_a_number_that_is_another_file_by_now_is_not_taken_for_the_old(
    desk: Desk, pipes: list[tuple[int, int]]
) -> None:
    """Both are readable; whichever is called first replaces the other by one that never is."""
    quiet, keep = os.pipe()

    def replace(mine: int, other: int) -> Callable[[], None]:
        def callback() -> None:
            desk.done.append("called")
            desk.loop.unwatch(mine)
            desk.loop.unwatch(other)
            os.dup2(quiet, other)
            desk.loop.watch(other, desk.note("wrong"))

        return callback

    (first, _), (second, _) = pipes
    for fd, other in ((first, second), (second, first)):
        desk.loop.watch(fd, replace(fd, other))
    for _, writer in pipes:
        os.write(writer, b"!")
    desk.until("called")
    assert desk.loop.wait_until(lambda: len(desk.done) > 1, 0.01) is False
    desk.loop.unwatch(first)
    desk.loop.unwatch(second)
    os.close(quiet)
    os.close(keep)


def test_a_failure_ends_neither_the_loop_nor_a_wait(desk: Desk, pipes: list[tuple[int, int]]) -> None:
    (reader, writer), _ = pipes
    desk.loop.watch(reader, fail)
    os.write(writer, b"!")
    desk.loop.post(fail, urgent=True)
    desk.loop.after(0, fail)
    desk.loop.after(0.01, desk.note("after them"))
    desk.until("after them")
    # the descriptor is heard no more: it would fail for ever
    assert desk.failed == ["ZeroDivisionError('a bug')"] * 3


def test_posting_from_many_threads_while_it_ends() -> None:
    done: list[int] = []
    loop = Loop()
    runner = threading.Thread(target=loop.run)
    runner.start()
    taken: list[bool] = []
    threads = [
        threading.Thread(
            target=lambda: taken.extend(loop.post(lambda: done.append(1), urgent=False) for _ in range(200))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    loop.post(loop.end, urgent=True)
    for thread in (*threads, runner):
        thread.join(LIMIT_S)
    assert len(taken) == 800
    assert len(done) <= taken.count(True)
    assert loop.post(loop.end, urgent=True) is False


def test_closing_leaves_no_descriptor() -> None:
    before = len(os.listdir("/proc/self/fd"))
    loop = Loop()
    loop.post(loop.end, urgent=False)
    loop.run()
    assert len(os.listdir("/proc/self/fd")) == before
    Loop().close()
    assert len(os.listdir("/proc/self/fd")) == before
