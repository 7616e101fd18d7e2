"""What a program writes that has no terminal: read from pipes, told to all clients, and copied to where it would have
gone.

On the engine's thread, except for making and closing it. While a client is far behind, no more is read, so that the
program waits as it does for a slow terminal.
"""

from __future__ import annotations

import codecs
import os
import threading
from collections.abc import Callable
from typing import Literal

from pydelve.api.events import Event, Output
from pydelve.api.launch import LaunchOptions
from pydelve.debugger.loop import Loop
from pydelve.records import replace

_READ_BYTES = 65536
_DRAIN_BYTES = 1 << 20
_COPY_BYTES = 8 << 20
_COPY_LIMIT_S = 1.0
_UNBUFFERED = "PYTHONUNBUFFERED"
Stream = Literal["stdout", "stderr"]


class Copy:
    """Writes to a descriptor of ours, on a thread of its own: a terminal that is held must not hold up the engine."""

    def __init__(self, fd: int) -> None:
        """The thread begins with the first bytes."""
        self._fd = fd
        self._ready = threading.Condition()
        self._waiting = bytearray()
        self._left_out = 0
        self._ended = False
        self._thread: threading.Thread | None = None

    def put(self, data: bytes) -> None:
        """Have it written; what is too much is left out, and that is said."""
        with self._ready:
            if len(self._waiting) > _COPY_BYTES:
                self._left_out += len(data)
                return
            if self._left_out:
                self._waiting += b"\n(pydelve: %d bytes are not shown)\n" % self._left_out
                self._left_out = 0
            self._waiting += data
            self._ready.notify()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="pydelve output", daemon=True)
            self._thread.start()

    def end(self) -> None:
        """Wait for the rest to be written, for a second at most."""
        with self._ready:
            self._ended = True
            self._ready.notify()
        if self._thread is not None:
            self._thread.join(_COPY_LIMIT_S)

    def _run(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._waiting or self._ended)
                data, self._waiting = self._waiting, bytearray()
            if not data:
                return
            try:
                while data:
                    del data[: os.write(self._fd, data[:_READ_BYTES])]
            except OSError:  # nobody reads our own output any more: clients still do
                self._fd = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)


class CapturedStream:
    """One pipe: the program's end is ``write_fd``, which stays ours and open for restarts."""

    def __init__(self, stream: Stream, copy_fd: int = -1) -> None:
        """``copy_fd`` gets the bytes, too; -1 is nothing."""
        self._stream = stream
        self._copy = Copy(copy_fd) if copy_fd >= 0 else None
        self._read_fd, self.write_fd = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._read_fd, False)
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
        self._emit: Callable[[Event], None] = lambda event: None

    def begin(self, loop: Loop, emit: Callable[[Event], None]) -> None:
        """Tell of what comes."""
        self._emit = emit
        loop.watch(self._read_fd, self._readable)

    def end(self, loop: Loop) -> None:
        """Tell no more for now."""
        loop.unwatch(self._read_fd)

    def _readable(self) -> None:
        self.read()

    def read(self) -> int:
        """Take and tell what is there; the number of bytes."""
        try:
            data = os.read(self._read_fd, _READ_BYTES)
        except BlockingIOError:
            return 0
        if self._copy is not None:
            self._copy.put(data)
        if text := self._decoder.decode(data):
            self._emit(Output(self._stream, text))
        return len(data)

    def close(self) -> None:
        """Close both ends, once what was read is copied, or nobody takes it."""
        if self._copy is not None:
            self._copy.end()
        os.close(self._read_fd)
        os.close(self.write_fd)


class CapturedOutput:
    """The streams of one session. Implements ``host.Output``."""

    def __init__(self, *streams: CapturedStream) -> None:
        """Owns the streams from now on."""
        self._streams = streams
        self._loop: Loop | None = None
        self._emit: Callable[[Event], None] = lambda event: None
        self.paused = False

    def begin(self, loop: Loop, emit: Callable[[Event], None]) -> None:
        """See ``host.Output``."""
        self._loop, self._emit = loop, emit
        for stream in self._streams:
            stream.begin(loop, emit)

    def drain(self) -> None:
        """See ``host.Output``. Bounded, for children that write on."""
        for stream in self._streams:
            left = _DRAIN_BYTES
            while left > 0 and (count := stream.read()):
                left -= count

    def pause(self, paused: bool) -> None:
        """Read no more, or read on."""
        if self._loop is None or paused == self.paused:
            return
        self.paused = paused
        for stream in self._streams:
            if paused:
                stream.end(self._loop)
            else:
                stream.begin(self._loop, self._emit)

    def close(self) -> None:
        """After the session's end."""
        for stream in self._streams:
            stream.close()


def captured(options: LaunchOptions, *, copies: bool = True) -> tuple[CapturedOutput, LaunchOptions]:
    """What is not redirected comes to us; with ``copies`` it also goes where it would have gone."""
    streams = []
    if options.stdout_fd < 0:
        streams.append(out := CapturedStream("stdout", 1 if copies else -1))
        options = replace(options, stdout_fd=out.write_fd)
    if options.stderr_fd < 0:
        streams.append(err := CapturedStream("stderr", 2 if copies else -1))
        options = replace(options, stderr_fd=err.write_fd)
    if streams and _UNBUFFERED not in os.environ:  # else what it prints would come in pieces of 8 KiB
        options = replace(options, environment={_UNBUFFERED: "1", **options.environment})
    return CapturedOutput(*streams), options
