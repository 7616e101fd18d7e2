"""Starts a program with an agent in it. The program is run by its interpreter's own main:
``agent/entry/sitecustomize.py``.
"""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

from pydelve.agent import protocol
from pydelve.api.launch import LaunchOptions
from pydelve.errors import TargetError
from pydelve.target.live import interpreter
from pydelve.target.live.channel import Channel, HoldChannel

ENTRY = str(Path(protocol.__file__).resolve().parent / "entry")


class Launched:
    """A process that was just started: its handle, and our ends of its agent's sockets."""

    def __init__(self, popen: subprocess.Popen[bytes], argv: tuple[str, ...], link: Channel, hold: HoldChannel) -> None:
        self.popen = popen
        self.argv = argv
        self.link = link
        self.hold = hold


def command(options: LaunchOptions) -> tuple[str, ...]:
    """The program's command line, as it would be without us.

    Raises:
        NotAPythonError: there is no such interpreter, or it is none we know.
        UnsupportedError: it is a free-threaded build.
    """
    python = interpreter.find(options.python)
    interpreter.check(python)
    program = (options.program,) if options.kind == "script" else ("-m", options.program)
    return (python, *program, *options.arguments)


def launch(options: LaunchOptions) -> Launched:
    """Start the program; it runs up to the agent's hello and on to its first line by itself.

    Raises:
        NotAPythonError, UnsupportedError: see ``command``.
        TargetError: it can't be started.
    """
    argv = command(options)
    link, agent_link = socket.socketpair()
    hold, agent_hold = socket.socketpair()
    try:
        popen = subprocess.Popen(
            argv,
            stdin=None if options.stdin_fd < 0 else options.stdin_fd,
            stdout=None if options.stdout_fd < 0 else options.stdout_fd,
            stderr=None if options.stderr_fd < 0 else options.stderr_fd,
            cwd=options.cwd or None,
            env=_environment(options, agent_link.fileno(), agent_hold.fileno()),
            pass_fds=(agent_link.fileno(), agent_hold.fileno()),
            start_new_session=options.terminal,
        )
    except OSError as error:
        link.close()
        hold.close()
        raise TargetError(
            f"can't start {argv[0]}", why=str(error), hint="pydelve debug --python PATH --cwd FOLDER ..."
        ) from error
    finally:
        agent_link.close()
        agent_hold.close()
    return Launched(popen, argv, Channel(link), HoldChannel(hold))


def _environment(options: LaunchOptions, link_fd: int, hold_fd: int) -> dict[str, str]:
    environment = {**os.environ, **options.environment}
    path = environment.get("PYTHONPATH")
    # an empty PYTHONPATH is as good as none to Python, but an empty entry in it would mean the current folder
    environment["PYTHONPATH"] = f"{ENTRY}:{path}" if path else ENTRY
    environment["PYDELVE_LAUNCH"] = f"{link_fd},{hold_fd},{_flags(path, options)}"
    return environment


def _flags(path: str | None, options: LaunchOptions) -> str:
    """Letters the entry understands: ``e`` for an empty PYTHONPATH to restore, ``t`` to take the terminal as
    controlling one.
    """
    return ("e" if path == "" else "") + ("t" if options.terminal else "")
