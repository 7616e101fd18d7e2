"""A session of this process on a socket of its own, for the editor's sessions for children: others than who started it.

The socket has a thread of its own, ``pydelve sharing``. Only our own user may connect; the file goes with the session.
"""

from __future__ import annotations

import itertools
import os
import threading
from contextlib import ExitStack

from pydelve.cli.headless import listening
from pydelve.cli.headless_options import Headless
from pydelve.rpc.addresses import Address, socket_folder
from pydelve.server.host import Host
from pydelve.server.listening import Server

_numbers = itertools.count(1)


class Sharing:
    """Serves JSON-RPC until it is closed, whoever comes and goes."""

    def __init__(self, host: Host) -> None:
        """Listens at once.

        Raises:
            UsageError: it can't.
        """
        self._cleanup = ExitStack()
        path = os.path.join(socket_folder(), f"{os.getpid()}-{next(_numbers)}.sock")
        try:
            listener, address = listening(Headless(Address(path=path), True, ""), self._cleanup)
        except BaseException:
            self._cleanup.close()
            raise
        self.address = str(address)
        """For ``pydelve.client.connect``."""
        self._server = Server(host, listener, token="", stays=True, owns=False)
        self._thread = threading.Thread(target=self._server.run, name="pydelve sharing", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Nobody comes any more; who is there is told."""
        self._server.end("the editor's session is over")
        self._thread.join()
        self._cleanup.close()
