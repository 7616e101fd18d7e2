"""How an agent begins in a process: ``start`` in one that was launched, ``start_child`` in one that
a debugged program has started, ``attach`` in one that runs already.

Called once each by the scripts of ``entry``, on the thread they say.
"""

from __future__ import annotations

import _signal
import posix
from _thread import get_ident

from . import protocol
from .children import dialing
from .core import Agent
from .interpreter import threads
from .link import own_fd
from .looking import evaluation


def start(link_fd: int, hold_fd: int, tests: bool = False) -> Agent:
    """Begin to serve; called once, from the main thread, before the program's first line.

    With ``tests``, the program is pytest, and stops at each test that fails.
    """
    blocked = _signal.pthread_sigmask(_signal.SIG_BLOCK, ())
    agent = Agent(own_fd(link_fd), own_fd(hold_fd), get_ident(), blocked, tests)
    agent.start()
    return agent


def attach(link_fd: int, hold_fd: int, blocked: list[int]) -> None:
    """Begin to serve in a program that runs; called once, from any thread, which ends soon. Never raises: it tells."""
    link_fd, hold_fd = own_fd(link_fd), own_fd(hold_fd)
    try:
        Agent(link_fd, hold_fd, threads.oldest(), set(blocked)).join()
    except BaseException as error:  # noqa: BLE001  told to the debugger, in place of the hello
        reason = (
            str(error)
            if type(error) is RuntimeError
            else "{type}: {message}".format(**evaluation.describe_error(error))
        )
        try:
            posix.write(link_fd, protocol.pack(("event", protocol.REFUSED, {"message": reason})))
        except OSError:
            reason = ""  # nobody is there to be told
        finally:
            posix.close(link_fd)
            posix.close(hold_fd)


def start_child(address: str) -> None:
    """The same as ``start`` in a program that a debugged one has started; nothing, where the debugger is gone."""
    sockets = dialing.dial(address)
    if sockets is not None:
        start(*sockets)
