"""Servers with workers of their own, and reloaders: the breakpoint is in the program, and a child hits it."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from pydelve.api.attach import AttachOptions
from pydelve.api.events import Exited, Stopped, TargetAdded, TargetExited
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import CreateBreakpoint, Detach, Resume
from tests.e2e.handshakes import wait_until
from tests.e2e.libraries import library
from tests.e2e.live import LiveSession
from tests.e2e.test_children import next_event, next_of, value
from tests.interpreters import Interpreter, find_interpreters
from tests.sources import copy_program, read_markers

_FILES = ("app.py", "jobs.py", "doubling.py", "shop.py", "site_of_one.py")
_LIMIT_S = 60.0


@pytest.fixture
def python_of_servers() -> Interpreter:
    """One version: what is tried here is the servers."""
    found = find_interpreters().get("3.13")
    if found is None:
        pytest.skip("no CPython 3.13 found on this machine")
    return found


@pytest.fixture
def servers(tmp_path: Path) -> Path:
    """The folder of the programs."""
    for name in _FILES:
        copy_program(f"children/servers/{name}", tmp_path)
    return next(tmp_path.rglob("app.py")).parent


@contextlib.contextmanager
def serving(
    python: Interpreter,
    folder: Path,
    name: str,
    words: Sequence[str],
    module: str = "",
) -> Iterator[LiveSession]:
    """A followed server at its first line, with a breakpoint where the work is done."""
    with open(os.devnull, "rb") as nothing, open(folder / "out", "wb") as out:
        options = LaunchOptions(
            "module", words[0], tuple(words[1:]), python.path, cwd=str(folder), follow=True,
            environment=library(python, name, module), stdin_fd=nothing.fileno(), stdout_fd=out.fileno(),
            stderr_fd=out.fileno(),
        )  # fmt: skip
        session = LiveSession(options, _LIMIT_S)
    with session:
        assert session.wait_stop().reason == "entry"
        session.call(CreateBreakpoint(f"{folder}/app.py:{read_markers(folder / 'app.py')['work']}"))
        session.call(Resume("continue"))
        yield session


def test_gunicorn(python_of_servers: Interpreter, servers: Path) -> None:
    port = free_port()
    words = ["gunicorn", "--no-control-socket", "-b", f"127.0.0.1:{port}", "-w", "2", "app:application"]
    with serving(python_of_servers, servers, "gunicorn", words) as session:
        workers = {next_event(session, TargetAdded).target.id for _ in range(2)}
        assert workers == {2, 3}
        answers = [in_thread(lambda number=number: asked(port, number)) for number in (4, 5)]  # type: ignore[misc]
        stops = []
        for _ in answers:
            stops.append(next_event(session, Stopped).target)
            assert value(session, "number") in "45"
            session.call(Resume("continue"))
        assert {answer() for answer in answers} == {"8", "10"}
        assert set(stops) <= workers


def test_attaching_to_a_server_and_its_workers(python_of_servers: Interpreter, servers: Path) -> None:
    port = free_port()
    words = ["-m", "gunicorn", "--no-control-socket", "-b", f"127.0.0.1:{port}", "-w", "2", "app:application"]
    environment = {**os.environ, **library(python_of_servers, "gunicorn")}
    with (servers / "out").open("w+") as out:
        server = subprocess.Popen(
            [python_of_servers.path, *words], cwd=servers, env=environment, stdout=out, stderr=out
        )
        try:
            wait_until(lambda: (servers / "out").read_text().count("Booting worker with pid") == 2)
            with LiveSession(AttachOptions(server.pid, stop=False, follow=True, children=True), _LIMIT_S) as session:
                workers = {next_event(session, TargetAdded).target.id for _ in range(2)}
                line = read_markers(servers / "app.py")["work"]
                session.call(CreateBreakpoint(f"{servers}/app.py:{line}"))
                answers = [in_thread(lambda number=number: asked(port, number)) for number in (4, 5)]  # type: ignore[misc]
                for _ in answers:
                    assert next_event(session, Stopped).target in workers
                    session.call(Resume("continue"))
                assert {answer() for answer in answers} == {"8", "10"}
                session.call(Detach())
            assert asked(port, 6) == "12"
        finally:
            server.terminate()
            assert server.wait(_LIMIT_S) == 0


@pytest.mark.parametrize(
    ("name", "words"),
    [("flask", ["flask", "--app", "shop", "run", "--debug", "--port"]), ("django", ["site_of_one", "runserver"])],
)
def test_a_reloader(python_of_servers: Interpreter, servers: Path, name: str, words: list[str]) -> None:
    port = free_port()
    with serving(python_of_servers, servers, name, [*words, str(port)]) as session:
        for number in (2, 3):
            assert next_event(session, TargetAdded).target.id == number
            answer = in_thread(lambda number=number: asked(port, number))  # type: ignore[misc]
            stopped = next_event(session, Stopped)
            assert (stopped.target, value(session, "number")) == (number, str(number))
            session.call(Resume("continue"))
            assert answer() == str(number * 2)
            if number == 2:
                os.utime(servers / "app.py")
                ended = next_event(session, TargetExited).target.exit
                assert ended is not None
                assert (ended.how, ended.status) in (("exited", 3), ("gone", 0))  # 3 asks its parent for another one


def test_celery(python_of_servers: Interpreter, servers: Path) -> None:
    words = ["celery", "-A", "jobs", "worker", "-c", "2", "-P", "prefork", "-l", "warning"]
    with serving(python_of_servers, servers, "celery", words) as session:
        client = subprocess.Popen(
            [python_of_servers.path, "jobs.py"], cwd=servers, stdout=subprocess.PIPE, text=True,
            env={**os.environ, **library(python_of_servers, "celery")},
        )  # fmt: skip
        assert next_event(session, Stopped).target in (2, 3)
        assert value(session, "number") == "21"
        session.call(Resume("continue"))
        assert client.communicate(timeout=_LIMIT_S)[0] == "42\n"


def test_workers_of_pytest(python_of_servers: Interpreter, servers: Path) -> None:
    words = ["pytest", "-q", "-n", "2", "-p", "no:cacheprovider", "doubling.py"]
    with serving(python_of_servers, servers, "pytest-xdist", words, module="xdist") as session:
        numbers = []
        while not isinstance(next_of(session, Stopped, Exited), Exited):
            numbers.append(value(session, "number"))
            session.call(Resume("continue"))
        assert sorted(numbers) == ["3", "4"]
    assert "2 passed" in (servers / "out").read_text()


def free_port() -> int:
    """One that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def asked(port: int, number: int) -> str:
    """What the server says; it is given time to begin."""
    deadline = time.monotonic() + _LIMIT_S
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{number}", timeout=_LIMIT_S) as answer:
                return str(answer.read().decode())
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def in_thread(function: Callable[[], str]) -> Callable[[], str]:
    """Begin it beside; gives what waits for its result."""
    results: list[str] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()

    def result() -> str:
        thread.join(_LIMIT_S)
        return results[0]

    return result
