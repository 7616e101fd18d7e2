"""What ``/proc`` says of a process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pydelve.target.live import kernel
from pydelve.target.live.ptrace import Tracer, system_call


def test_a_process_that_is_gone_has_nothing() -> None:
    done = subprocess.Popen([sys.executable, "-c", ""])
    done.wait()
    assert (kernel.thread_states(done.pid), kernel.system_call(done.pid, done.pid)) == ({}, "")
    assert kernel.command_line(done.pid) == b""


def test_our_own_threads() -> None:
    release = threading.Event()
    helper = threading.Thread(target=release.wait)
    helper.start()
    try:
        states = kernel.thread_states(os.getpid())
        assert helper.native_id in states
        assert states[threading.main_thread().native_id or 0] == "R"
    finally:
        release.set()
        helper.join()


@pytest.mark.parametrize("size", [0, 5, 4095, 4096, 4097, 8192, 750_000])
def test_what_the_kernel_tells_is_whole(tmp_path: Path, size: int) -> None:
    """A ``status`` of many groups is longer than a page, and the ids in its namespaces come after them."""
    status = tmp_path / "status"
    status.write_bytes(b"x" * size)
    assert len(kernel.content(str(status))) == size


@contextmanager
def _cat_that_waits() -> Iterator[int]:
    """Pid of a ``cat`` that waits for input."""
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None and child.stdout is not None
    try:
        child.stdin.write(b"x")
        child.stdin.flush()
        assert child.stdout.read(1) == b"x"
        while kernel.thread_states(child.pid) != {child.pid: "S"}:
            pass
        yield child.pid
    finally:
        child.communicate()


def test_a_call_that_waits() -> None:
    with _cat_that_waits() as pid:
        assert kernel.system_call(pid, pid) in ("read", "")
        assert kernel.command_line(pid) == b"cat\0"


def test_what_a_held_thread_waits_in_is_told_by_ptrace_as_by_proc() -> None:
    with _cat_that_waits() as pid:
        with Tracer(pid).stopped() as report:
            number, first, *_ = kernel.content(f"/proc/{pid}/task/{pid}/syscall").split()
            assert report.held == {pid}
            assert system_call(pid) == (int(number), int(first, 16)) == (0, 0)
        assert system_call(pid) is None
