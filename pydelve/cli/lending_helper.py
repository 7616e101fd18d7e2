"""Run by an editor in its terminal, by path and on its own: lends the terminal's descriptors to the debug adapter, and
passes Ctrl-C on, until the session is over. See ``lending``.
"""

from __future__ import annotations

import signal
import socket
import sys

INTERRUPT = b"i"


def lend(path: str) -> None:
    """Serve the adapter that listens there."""
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(path)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])  # a Ctrl-C must neither end us nor come before these
        signal.signal(signal.SIGINT, lambda *_: sock.send(INTERRUPT))
        socket.send_fds(sock, [b"!"], [0, 1, 2])
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
        while sock.recv(64):
            pass


if __name__ == "__main__":
    lend(sys.argv[1])
