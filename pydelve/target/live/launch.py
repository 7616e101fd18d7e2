"""Starts a program with an agent in it. The program is run by its interpreter's own main:
``agent/entry/sitecustomize.py``.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from pathlib import Path

from pydelve.agent import protocol
from pydelve.api.launch import LaunchOptions
from pydelve.errors import TargetError
from pydelve.target.live import interpreter
from pydelve.target.live.channel import Channel, HoldChannel
from pydelve.target.live.handle import Child, Reached, reap_left

ENTRY = str(Path(protocol.__file__).resolve().parent / "entry")


def command(options: LaunchOptions) -> tuple[str, ...]:
    """The program's command line, as it would be without us.

    Raises:
        NotAPythonError: there is no such interpreter, or it is none we know.
    """
    python = interpreter.find(options.python)
    interpreter.check(python)
    program = (options.program,) if options.kind == "script" else ("-m", options.program)
    return (python, *options.interpreter_options, *program, *options.arguments)


def launch(options: LaunchOptions, argv: tuple[str, ...]) -> Reached:
    """Start the program by its ``command``; it runs up to the agent's hello and on to its first line by itself.

    Raises:
        TargetError: it can't be started; nothing is left of the attempt.
    """
    reap_left()
    with contextlib.ExitStack() as ours, contextlib.ExitStack() as theirs:
        try:
            (link, agent_link), (hold, agent_hold) = (_socket_pair(ours, theirs) for _ in range(2))
            popen = _start(options, argv, agent_link.fileno(), agent_hold.fileno())
            ours.callback(_kill, popen)
            pidfd = os.pidfd_open(popen.pid)
        except (OSError, ValueError) as error:  # ValueError: a zero byte in a word or in the environment
            raise TargetError(
                f"can't start {argv[0]}", why=str(error), hint="pydelve debug --python PATH --cwd FOLDER ..."
            ) from error
        ours.pop_all()
    return Reached(Child(popen, pidfd), argv, Channel(link), HoldChannel(hold), launched=True)


def _socket_pair(ours: contextlib.ExitStack, theirs: contextlib.ExitStack) -> tuple[socket.socket, socket.socket]:
    mine, agents = socket.socketpair()  # closed on exec: no other child of this process gets them
    return ours.enter_context(mine), theirs.enter_context(agents)


def _start(options: LaunchOptions, argv: tuple[str, ...], link_fd: int, hold_fd: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv,
        stdin=None if options.stdin_fd < 0 else options.stdin_fd,
        stdout=None if options.stdout_fd < 0 else options.stdout_fd,
        stderr=None if options.stderr_fd < 0 else options.stderr_fd,
        cwd=options.cwd or None,
        env=_environment(options, link_fd, hold_fd),
        pass_fds=(link_fd, hold_fd),
        start_new_session=options.terminal,
    )


def _kill(popen: subprocess.Popen[bytes]) -> None:
    popen.kill()
    popen.wait()


def _environment(options: LaunchOptions, link_fd: int, hold_fd: int) -> dict[str, str]:
    environment = {**os.environ, **options.environment}
    path = environment.get("PYTHONPATH")
    # an empty PYTHONPATH is as good as none to Python, but an empty entry in it would mean the current folder
    environment["PYTHONPATH"] = f"{ENTRY}:{path}" if path else ENTRY
    environment["PYDELVE_LAUNCH"] = f"{link_fd},{hold_fd},{_flags(path, options)}"
    return environment


def _flags(path: str | None, options: LaunchOptions) -> str:
    """Letters the entry understands: ``e`` for an empty PYTHONPATH to restore, ``t`` to take the terminal as
    controlling one, ``p`` to stop where tests fail under pytest.
    """
    return ("e" if path == "" else "") + ("t" if options.terminal else "") + ("p" if options.tests else "")
