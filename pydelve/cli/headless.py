"""``--headless``: the session is served to clients that connect, and there is no prompt here.

The program's output comes here and goes to all clients, unless it is redirected; its input is empty.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Protocol

from pydelve.api.events import Event, Exited
from pydelve.api.launch import LaunchOptions
from pydelve.api.target import ExitStatus
from pydelve.cli.headless_options import Headless
from pydelve.cli.subcommands import import_late
from pydelve.debugger.engine import SessionOptions
from pydelve.debugger.views import FIRST, View
from pydelve.errors import UsageError
from pydelve.rpc.addresses import Address, socket_folder
from pydelve.server.connection import Connection, Dialect
from pydelve.server.host import Host
from pydelve.server.listening import Server
from pydelve.server.output import captured


def run(
    headless: Headless, options: SessionOptions, begin: Callable[[Host], None] = lambda host: None
) -> ExitStatus | None:
    """Serve the session to its end; how the program ended, None where it did not before we left it.

    Args:
        headless: To whom, and where.
        options: What.
        begin: Called before the first client is heard.

    Raises:
        TargetError: the program can't be started or attached to.
        UsageError: the address can't be listened on.
    """
    ended: list[ExitStatus] = []

    def note(event: Event) -> None:
        if isinstance(event, Exited):
            ended[:] = [event.status]

    with ExitStack() as cleanup:
        listener, address = listening(headless, cleanup)
        output = None
        if isinstance(options, LaunchOptions):
            output, options = captured(options)
            cleanup.callback(output.close)
        host = Host(options, output)
        cleanup.callback(host.close)
        host.post(lambda: host.listen(View(note, FIRST, looks=False), greet=False), urgent=False)
        token = token_for(headless, address)

        def editors(connection: Connection) -> Dialect:
            made: Dialect = import_late("pydelve.cli.editors").EditorDialect(connection, host)
            return made

        server = Server(host, listener, token=token, stays=headless.stays, editors=editors)
        with signals_to(server):
            if isinstance(options, LaunchOptions):
                # before the program can write anything: who starts us reads this line first
                say_where(headless, address, token)
                host.start()
                begin(host)
            else:  # nobody is told of a session with what can't be looked into
                host.start()
                begin(host)
                say_where(headless, address, token)
            why = server.run()
    with contextlib.suppress(OSError):  # the terminal may be gone, and be the reason
        print(f"pydelve: the session is over: {why}", file=sys.stderr, flush=True)
    return ended[0] if ended else None


def token_for(headless: Headless, address: Address) -> str:
    """What the first message must bring; "" on a unix socket, where it need not."""
    return "" if address.path else headless.token or secrets.token_urlsafe(32)


def say_where(headless: Headless, address: Address, token: str) -> None:
    """The line that tells where we listen, and a token that was made, this once."""
    shown = f", token {token}" if token and not headless.token else ""
    print(f"pydelve listens on {address}{shown}", flush=True)


def listening(headless: Headless, cleanup: ExitStack) -> tuple[socket.socket, Address]:
    """The socket, and where it is."""
    address = headless.address or Address(path=os.path.join(socket_folder(), f"{os.getpid()}.sock"))
    if address.path:
        family = socket.AF_UNIX
        _make_room(address.path)
    else:
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    sock = cleanup.enter_context(socket.socket(family))
    try:
        if address.path:
            os.fchmod(sock.fileno(), 0o600)  # Linux: the file that bind makes has the socket's own mode
            sock.bind(address.path)
            cleanup.callback(_remove, address.path)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((address.host, address.port))
            address = Address(host=address.host, port=sock.getsockname()[1])
        sock.listen(64)
    except OSError as error:
        raise UsageError(
            f"can't listen on {address}", why=error.strerror or str(error), hint="--listen 127.0.0.1:0"
        ) from error
    return sock, address


def _make_room(path: str) -> None:
    """Remove a socket that nobody listens on any more; make the folder, for us alone, where it is missing."""
    folder = os.path.dirname(path)
    with contextlib.suppress(OSError):  # binding says what is wrong
        os.makedirs(folder, mode=0o700, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            _remove(path)
        except OSError:
            return


def _remove(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


class Ends(Protocol):
    """What serves until it is told to end."""

    @property
    def wake_fd(self) -> int:
        """A byte written here wakes it; does not block."""
        ...

    def end(self, why: str) -> None:
        """End soon. Safe in a signal handler."""
        ...


@contextlib.contextmanager
def signals_to(server: Ends) -> Iterator[None]:
    """Ctrl-C and the like end the session in order."""
    before = {}
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        name = number.name
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup says
            before[number] = signal.signal(number, lambda *_, name=name: server.end(f"{name}, where it listens"))
    # another thread may get the signal: the one that waits must wake all the same, to run the handler
    wakes_before = signal.set_wakeup_fd(server.wake_fd, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(wakes_before)
        for number, handler in before.items():
            signal.signal(number, handler)
