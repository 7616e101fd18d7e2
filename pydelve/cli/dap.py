"""``pydelve dap``: the Debug Adapter Protocol, on standard input and output or on a port, for editors.

The program's output comes as events of the protocol; ours is the protocol's only.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydelve import log
from pydelve.api.attach import AttachOptions, CoreOptions
from pydelve.api.launch import LaunchOptions
from pydelve.cli.headless_options import read_listening
from pydelve.cli.launching import LOG
from pydelve.cli.options import Option, parse
from pydelve.cli.subcommands import Help, import_late
from pydelve.client import Client, connect
from pydelve.debugger.engine import SessionOptions
from pydelve.errors import NotAPythonError, ProtocolError, UsageError
from pydelve.records import replace
from pydelve.rpc.codec import Mismatch, dumps, loads
from pydelve.rpc.framing import Deframer, frame
from pydelve.server.output import CapturedOutput, captured
from pydelve.server.pipe import PipeTransport, open_session

if TYPE_CHECKING:  # an editor waits for the first stop: what few need is imported when it is needed
    from pydelve.cli.lending import Offer

_OPTIONS = (
    Option("--listen", "serve editors that connect, each with a program of its own: unix:PATH or HOST:PORT", "ADDRESS"),
    Option("--accept-multiclient", "go on when the last editor has left (--listen)"),
    Option("--token-file", "file with the token for HOST:PORT (default: PYDELVE_TOKEN, or a new one)", "FILE"),
    Option("--allow-remote", "let HOST:PORT be one that other machines reach (--listen)"),
    LOG,
)
HELP = Help(
    "dap",
    ("[options]",),
    details="Speaks the Debug Adapter Protocol on standard input and output: an editor starts it. A session that was\n"
    "started with --headless speaks it, too, on its own socket, to editors that connect there.\n"
    'With --listen editors connect to it. On a port the token is a key of launch and attach: "token".',
    options=_OPTIONS,
    examples=(
        ("pydelve dap", "as the adapter's command in an editor's settings"),
        ("pydelve dap --listen 127.0.0.1:4711 --accept-multiclient", 'for editors that connect ("debugServer": 4711)'),
    ),
)
_READ_BYTES = 65536


def run(words: Sequence[str]) -> int:
    """Serve one editor to the end; gives back pydelve's exit status."""
    parsed = parse("dap", _OPTIONS, words)
    if parsed.rest:
        raise UsageError("pydelve dap takes no arguments", why=f"it was given {parsed.rest[0]}", hint="pydelve dap")
    log.configure(parsed.last("--log") or None, verbose=parsed.last("--log") is not None)
    if parsed.last("--listen") is not None:
        return int(import_late("pydelve.cli.dap_listening").run(read_listening(parsed)))
    for name in ("--accept-multiclient", "--token-file", "--allow-remote"):
        if name in parsed.values:
            raise UsageError(
                f"{name} needs --listen",
                why="there is nobody to connect to",
                hint=f"pydelve dap --listen ADDRESS {name}",
            )
    out = os.dup(1)
    os.dup2(2, 1)  # whatever prints by mistake must not come between the messages
    sending = threading.Lock()

    def send(message: dict[str, Any]) -> None:
        data = memoryview(frame(dumps(message)))
        with sending:
            while data:
                data = data[os.write(out, data) :]

    backend = OwnSessions()
    done = threading.Event()
    adapter = adapter_module().Adapter(send, backend, done.set)
    reader = threading.Thread(target=_read, args=(adapter, done), name="dap reader", daemon=True)
    reader.start()
    with contextlib.suppress(KeyboardInterrupt):  # how nvim-dap ends an adapter that it is done with
        done.wait()
    adapter.close()
    adapter.join()
    backend.close()
    return 0


def adapter_module() -> Any:
    """The package ``pydelve_dap``: installed beside us, or in ``adapters`` of this checkout."""
    beside = Path(__file__).resolve().parents[2] / "adapters"
    if (beside / "pydelve_dap").is_dir() and str(beside) not in sys.path:
        sys.path.append(str(beside))
    return import_late("pydelve_dap.adapter")


class OwnSessions:
    """Starts what the editor wants. Implements ``pydelve_dap.adapter.Backend``."""

    has_session = False

    def __init__(self) -> None:
        """Nothing was started."""
        self._closing: list[Any] = []
        self._own: PipeTransport | None = None
        self._shared = ""

    def session(self, target: int) -> Client | None:
        """See ``Backend``."""
        return None

    def launch(self, options: LaunchOptions, target: int) -> Client:
        """See ``Backend``."""
        if options.stdin_fd < 0:
            null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            self._closing.append(lambda: os.close(null))
            options = replace(options, stdin_fd=null)
        output, options = captured(options, copies=False)
        self._closing.append(output.close)
        return self._open(options, output, target)

    def _open(self, options: SessionOptions, output: CapturedOutput | None, target: int) -> Client:
        self._own = open_session(options, output, target)
        self._closing.insert(0, self._own.close)
        return Client(self._own)

    def terminal(self) -> Offer:
        """See ``Backend``."""
        offer: Offer = import_late("pydelve.cli.lending").Offer()
        self._closing.append(offer.close)
        return offer

    def attach(self, options: AttachOptions | CoreOptions, target: int) -> Client:
        """See ``Backend``."""
        return self._open(options, None, target)

    def connect(self, address: str, token: str, target: int) -> Client:
        """See ``Backend``."""
        return connect(address, token or None, target)

    def share(self) -> str:
        """See ``Backend``: a socket of our own, for whom no child has come before."""
        if self._own is not None and not self._shared:
            sharing = import_late("pydelve.cli.sharing").Sharing(self._own.host)
            self._closing.insert(0, sharing.close)
            self._shared = sharing.address
        return self._shared

    def find(self, pattern: str) -> int:
        """See ``Backend``."""
        find_processes = import_late("pydelve.target.live.finding").find_processes
        try:
            found = [each for each in find_processes() if re.search(pattern, " ".join(each.command))]
        except re.error as error:
            raise UsageError(f"{pattern} is no regular expression", why=str(error), hint=re.escape(pattern)) from error
        if len(found) != 1:
            raise NotAPythonError(
                f"{len(found) or 'no'} Python processes match {pattern}", why="it must be one", hint="pydelve ps"
            )
        pid: int = found[0].pid
        return pid

    def admit(self, token: str) -> bool:
        """See ``Backend``: who starts us may."""
        return True

    def close(self) -> None:
        """End what still goes on."""
        for close in self._closing:
            close()


def _read(adapter: Any, done: threading.Event) -> None:
    deframer = Deframer()
    try:
        while data := os.read(0, _READ_BYTES):
            for body in deframer.feed(data):
                adapter.receive(loads(body))
    except (ProtocolError, Mismatch) as error:
        print(f"pydelve: {error}", file=sys.stderr)
    except OSError:
        pass  # as the end
    done.set()
