"""Programs in namespaces of their own, as containers have them: other pids, other mounts, another user."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pydelve.api.attach import AttachOptions, LookOptions
from pydelve.api.requests import Detach, Evaluate, GetStack
from pydelve.target.live.children import children_of
from pydelve.target.live.look import look
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter

Program = Callable[[str], Path]
_SPACES = ["--user", "--map-root-user", "--pid", "--fork", "--mount", "--uts", "--ipc", "--mount-proc"]
_LIMIT_S = 30.0


@pytest.fixture
def contained(python: Interpreter, program: Program) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A program that is process 1 where it runs, with a folder that can't be written to; and its pid here."""
    unshare = shutil.which("unshare")
    if unshare is None:
        pytest.skip("unshare is not installed")
    if subprocess.run([unshare, *_SPACES, "true"], capture_output=True, check=False).returncode:
        pytest.skip("namespaces can't be made here")
    script = 'mount -t tmpfs -o ro none /var/tmp && exec "$1" "$2"'
    source = program("attach/looked_at.py")
    words = [unshare, *_SPACES, "sh", "-c", script, "sh", python.path, str(source)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            if process.stdout.readline() != "ready\n":
                pytest.skip("nothing can be mounted here")
            yield process, children_of(process.pid)[-1]
        finally:
            process.kill()


def test_attach(contained: tuple[subprocess.Popen[str], int]) -> None:
    process, pid = contained
    with LiveSession(AttachOptions(pid)) as session:
        stop = session.wait_stop()
        assert stop.frames[0].function == "show"
        value = session.call(Evaluate("__import__('os').getpid(), account.owner")).value
        assert value is not None
        assert [item.value.text for item in value.items] == ["1", "eve"]
        session.call(Detach())
    assert process.communicate("go on\n", timeout=_LIMIT_S)[0] == "done 1\n"
    assert process.returncode == 0


def test_looking(contained: tuple[subprocess.Popen[str], int]) -> None:
    process, pid = contained
    deadline = time.monotonic() + _LIMIT_S
    while True:  # it says that it is ready a moment before it waits
        (thread,) = look(pid, None).threads
        assert thread.native_id == pid
        if (thread.activity, thread.detail) == ("waiting", "read"):
            break
        assert time.monotonic() < deadline, thread
    with LiveSession(LookOptions(pid, "a test says so")) as session:
        session.wait_stop()
        assert session.call(GetStack()).frames[0].function == "show"
        session.call(Detach())
    assert process.communicate("go on\n", timeout=_LIMIT_S)[0] == "done 1\n"
