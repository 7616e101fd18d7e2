"""What ``/proc`` says of a process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

from pydelve.target.live import kernel


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


def test_a_call_that_waits() -> None:
    child = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin is not None and child.stdout is not None
    try:
        child.stdin.write(b"x")
        child.stdin.flush()
        assert child.stdout.read(1) == b"x"
        while kernel.thread_states(child.pid) != {child.pid: "S"}:
            pass
        assert kernel.system_call(child.pid, child.pid) in ("read", "")
        assert kernel.command_line(child.pid) == b"cat\0"
    finally:
        child.communicate()
