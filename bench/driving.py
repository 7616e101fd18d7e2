"""Ways to run a program and take the time: plain, under pydelve (command or engine), under pdb. debugpy: ``dap.py``."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydelve.api.events import Event, Exited, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import Resume
from pydelve.api.target import Stop
from pydelve.client import Client
from pydelve.server.pipe import open_session

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE_S = 60.0


def pydelve_command(*words: str) -> list[str]:
    """This checkout's pydelve, run by this interpreter."""
    start = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pydelve.cli.main import main; sys.exit(main())"
    return [sys.executable, "-c", start, *words]


def environment(home: Path) -> dict[str, str]:
    """A clean environment: no PYTHON variables, a home folder of its own, a terminal with colours."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return clean | {"HOME": str(home), "XDG_STATE_HOME": str(home / ".state"), "TERM": "xterm"}


def run_ms(argv: Sequence[str], cwd: Path, more: Mapping[str, str] | None = None) -> float:
    """Milliseconds of one whole run, with ``more`` in its environment."""
    begin = time.monotonic()
    null = subprocess.DEVNULL  # what a command says on stderr is of no interest, as long as it ends well
    subprocess.run(
        argv, cwd=cwd, env=environment(cwd) | dict(more or {}), stdin=null, stdout=null, stderr=null, check=True
    )
    return (time.monotonic() - begin) * 1000


def prompt_ms(argv: Sequence[str], cwd: Path, prompt: bytes) -> float:
    """Milliseconds from starting a command on a pseudo-terminal until it shows ``prompt``.

    Raises:
        RuntimeError: it ended, or did not come within a minute.
    """
    env = environment(cwd)
    begin = time.monotonic()
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(cwd)
        os.execve(argv[0], list(argv), env)
    seen = b""
    try:
        while prompt not in seen:
            if not select.select([fd], [], [], _PATIENCE_S)[0]:
                raise RuntimeError(f"no prompt from {argv}: {seen!r}")
            try:
                seen += os.read(fd, 65536)
            except OSError as error:
                raise RuntimeError(f"{argv} ended: {seen!r}") from error
        return (time.monotonic() - begin) * 1000
    finally:
        os.kill(pid, signal.SIGKILL)
        os.close(fd)
        os.waitpid(pid, 0)


class Target:
    """A program under pydelve's engine, in this process."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def wait_stop(self) -> Stop:
        """The next stop."""
        event = self._wait(Stopped)
        assert isinstance(event, Stopped)
        return event.stop

    def go(self, how: str = "continue") -> Stop:
        """Resume, and wait for the next stop."""
        self.client.call(Resume(how))  # type: ignore[arg-type]
        return self.wait_stop()

    def finish(self) -> None:
        """Resume, and wait for the end."""
        self.client.call(Resume("continue"))
        self._wait(Exited)

    def _wait(self, kind: type[Event]) -> Event:
        while True:
            event = self.client.next_event(_PATIENCE_S)
            if isinstance(event, kind):
                return event
            if event is None or isinstance(event, Exited):
                raise RuntimeError(f"waited for {kind.__name__}, got {event}")


@contextmanager
def debugged(
    python: str, program: Path, *arguments: str, environment: dict[str, str] | None = None
) -> Iterator[Target]:
    """A program at its first line; killed at the end where it still runs."""
    with open(os.devnull, "w", encoding="ascii") as null:
        options = LaunchOptions(
            "script", str(program), arguments, python, str(program.parent), environment or {},
            stdin_fd=null.fileno(), stdout_fd=null.fileno(), stderr_fd=null.fileno(),
        )  # fmt: skip
        client = Client(open_session(options))
        try:
            target = Target(client)
            target.wait_stop()
            yield target
        finally:
            client.close()


class Pdb:
    """``python -m pdb`` on pipes: one command, one answer."""

    def __init__(self, python: str, program: Path, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [python, "-u", "-m", "pdb", str(program), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, cwd=program.parent, env=environment(program.parent),
        )  # fmt: skip
        self.read()

    def read(self) -> bytes:
        """Everything up to the next prompt, or to the end."""
        assert self._process.stdout is not None
        seen = b""
        while not seen.endswith(b"(Pdb) "):
            data = os.read(self._process.stdout.fileno(), 65536)
            if not data:
                break
            seen += data
        return seen

    def do(self, command: str) -> bytes:
        """Send a command and wait for the answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(command.encode() + b"\n")
        self._process.stdin.flush()
        return self.read()

    def close(self) -> None:
        """Kill it."""
        self._process.kill()
        self._process.communicate()


def timed_ms(do: Callable[[], object]) -> float:
    """Milliseconds that a call takes."""
    begin = time.monotonic()
    do()
    return (time.monotonic() - begin) * 1000
