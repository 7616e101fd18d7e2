"""``pydelve connect``: the prompt for a session that listens elsewhere (``--headless``)."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from pydelve import log
from pydelve.cli.attach import Opening
from pydelve.cli.debug import input_lines
from pydelve.cli.launching import LOG, TUI, check_full_screen, init_lines
from pydelve.cli.options import Option, parse
from pydelve.cli.streams import Streams
from pydelve.cli.subcommands import Help, import_late
from pydelve.client import Client
from pydelve.client.connection import SocketTransport
from pydelve.errors import TargetGoneError, UsageError
from pydelve.rpc.addresses import parse_address, read_token, take_token
from pydelve.terminal.console import ProgramConsole

if TYPE_CHECKING:
    from pydelve.terminal.session import Session

_OPTIONS = (
    Option("--token-file", "file with the token (default: PYDELVE_TOKEN, or it is asked for)", "FILE"),
    Option("--init", "run the commands in a file first", "FILE"),
    Option("--continue", "go on at once, where the program stands at its first line"),
    TUI,
    LOG,
)
HELP = Help(
    "connect",
    ("[options] ADDRESS",),
    details="ADDRESS is what the listening line says: unix:PATH, or HOST:PORT, which needs the token, too.\n"
    "exit leaves the session; where it was not started with --accept-multiclient, the last to leave ends it.\n"
    "exit -k ends the session and kills the program; detach ends it and lets the program run on.",
    options=_OPTIONS,
    examples=(
        ("pydelve connect unix:/run/user/1000/pydelve/4711.sock", "a session of this machine"),
        ("PYDELVE_TOKEN=... pydelve connect 127.0.0.1:4711", "one behind a port"),
    ),
)


def run(words: Sequence[str]) -> int:
    """Be a client to the end of the session, or until the user leaves; gives back pydelve's exit status."""
    parsed = parse("connect", _OPTIONS, words)
    log_path = log.configure(parsed.last("--log") or None, verbose=parsed.last("--log") is not None)
    if parsed.last("--log") is not None:
        print(f"log: {log_path}", file=sys.stderr)
    if len(parsed.rest) != 1:
        raise UsageError(
            "pydelve connect needs one address",
            why=f"it was given {' '.join(parsed.rest)}" if parsed.rest else "none was given",
            hint="pydelve help connect",
        )
    address = parse_address(parsed.rest[0])
    opening = Opening(
        init_lines(parsed.last("--init")), parsed.last("--continue") is not None, parsed.last("--tui") is not None
    )
    interactive = sys.stdin.isatty() and sys.stdout.isatty()
    check_full_screen(opening.full_screen, interactive=interactive, command="connect")
    path = parsed.last("--token-file")
    token = read_token(path) if path is not None else take_token()
    if not token and not address.path and interactive:
        token = getpass.getpass("token: ")
    with ExitStack() as cleanup:
        transport = SocketTransport(address, token)
        cleanup.callback(transport.close)
        client, streams = Client(transport), Streams({})
        front = import_late("pydelve.cli.in_terminal" if interactive else "pydelve.cli.from_input")
        if interactive:
            session: Session = front.run(client, ProgramConsole(), streams, opening, remote=transport.remote)
        else:
            session = front.run(client, streams, opening, input_lines(), remote=transport.remote)
    return TargetGoneError.exit_status if session.lost else 0
