"""The launched program's own pseudo-terminal, and the copying between it and the user's terminal.

What it is: the program sits on the slave of a pseudo-terminal, so it has a controlling terminal, line editing, echo
and a window size like any program, and never shares a process group or the keyboard with pydelve. While the target
runs, :meth:`ProgramConsole.run` is the terminal in between. What it is not: the prompt (which owns the keyboard while
the target is stopped), nor what starts the program (that gets the slave's number in ``LaunchOptions``). Called by the
prompt's loop, on the main thread only: signals are caught there.

Which keys are ours is told in ``keyboard``: Ctrl-C halts. What is typed after the key that halted, or before the
program stands at its first line (:attr:`ProgramConsole.stops_at_entry`), is the prompt's: see
:meth:`ProgramConsole.take_typed_ahead`.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import os
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Iterator
from types import FrameType

from pydelve.api.events import Event, Exited, Started, Stopped
from pydelve.api.requests import Halt
from pydelve.client import Client
from pydelve.errors import TargetGoneError, TargetStateError
from pydelve.terminal.descriptors import open_nonblocking, wait_readable, wait_writable
from pydelve.terminal.keyboard import CC, DISABLED_KEY, OFLAG, KeySorter, Modes, raw_modes
from pydelve.terminal.signals import TerminalSignals

_READABLE = select.POLLIN | select.POLLHUP | select.POLLERR
_READ_SIZE_BYTES = 16384
_OUTPUT_QUEUE_BYTES = 65536
"""The program's output is not read while so much of it waits for the user's terminal: then the program waits, as it
would on a terminal that is slow."""
_BLOCKING_WRITE_BYTES = 256
"""The most written at once to a terminal that could not be opened non-blocking: it may hold us up that long."""
_DRAIN_BYTES = 4 * _OUTPUT_QUEUE_BYTES
"""More than the kernel holds back for one pseudo-terminal; a bound for children that write on while the target is
stopped."""
_DRAIN_TIMEOUT_S = 1.0
_REST_OF_LINE_S = 0.05
_TIOCGSID = 0x5429  # asm-generic/ioctls.h; termios has it not


class ProgramConsole:
    """The program's pseudo-terminal, and us as the terminal behind it. All methods on the main thread.

    Args:
        stdin_fd: Our real terminal, for the keyboard and the modes.
        stdout_fd: Our real terminal, for output.
    """

    def __init__(self, stdin_fd: int = 0, stdout_fd: int = 1) -> None:
        self.master_fd = -1
        self.slave_fd = -1
        self.stops_at_entry = False
        """Each run of the program stands at its first line before anything else."""
        self._stdin_fd = stdin_fd
        self._stdout_fd = stdout_fd
        self._output_fd = -1  # stdout_fd opened once more, non-blocking; or stdout_fd
        self._first_modes: Modes = []  # of the program's side, as each run of the program finds it
        self._saved_modes: Modes | None = None  # of our terminal; set while it is not as the user has it
        self._to_program = bytearray()
        self._to_terminal = bytearray()
        self._typed_ahead = bytearray()
        self._ends_line = True
        self._halting = False  # Ctrl-C was pressed, and the stop has not come yet: the keyboard is the prompt's
        self._entry_expected = False  # the program has not begun: the keyboard is the prompt's
        self._halt_sent = False  # in this run()
        self._hung_up = False
        self._output_ended = False
        self._return_on_hangup = False
        self._watch: Callable[[bytes], None] | None = None
        self._signals: TerminalSignals | None = None
        self._keys = KeySorter(DISABLED_KEY)

    def open(self) -> int:
        """Make the pseudo-terminal, with the modes and the window size of ours.

        Call it while our terminal is as the user has it, before any prompt.

        Returns:
            The slave's descriptor, for the program's three streams. It stays ours and open until :meth:`close`, so
            that a restarted program can have it again and the end of a program is no end of the terminal.
        """
        self.master_fd, self.slave_fd = os.openpty()
        os.set_blocking(self.master_fd, False)
        try:
            modes = termios.tcgetattr(self._stdin_fd)
        except termios.error:  # no terminal: the kernel's default modes are as good as any
            modes = termios.tcgetattr(self.slave_fd)
        termios.tcsetattr(self.slave_fd, termios.TCSANOW, modes)
        self._first_modes = modes
        self._keys = KeySorter(modes[CC][termios.VQUIT])
        self._output_fd = open_nonblocking(self._stdout_fd)
        self.copy_window_size()
        atexit.register(self._restore_modes)
        return self.slave_fd

    def drain_lines(self) -> None:
        """As :meth:`drain`, and give what writes on while the target stands a moment for the rest of a begun line.

        An unbuffered ``print`` writes its line in pieces.
        """
        self.drain()
        deadline = time.monotonic() + _REST_OF_LINE_S
        while not self._ends_line and not self._output_ended and wait_readable(self.master_fd, deadline):
            self.drain()

    def end_line(self) -> bytes:
        """What ends the line that the program began; nothing where it did so itself, or this was called before."""
        ended, self._ends_line = self._ends_line, True
        return b"" if ended else b"\n"

    def take_typed_ahead(self) -> bytes:
        """What was typed for the prompt before it came, see :mod:`pydelve.terminal.console`: to be fed to it. Once."""
        typed = bytes(self._typed_ahead)
        self._typed_ahead.clear()
        return typed

    def expect_entry(self) -> None:
        """The program has not begun: nothing typed until it stands at its first line, if it does so, is for it."""
        self._entry_expected = self.stops_at_entry

    def run(self, client: Client) -> Event:
        """Be the program's terminal until the debugger has something to say; the target was resumed before.

        Blocks until then; no polling. The keyboard is not read any more once an event waits, and our terminal's modes
        are back when it returns or raises. SIGTERM and SIGHUP restore them too, then do what they did before.

        Raises:
            PydelveError: as ``client.call(Halt())`` raises, except that the target stopped or ended first.
        """

        def halt() -> None:
            with contextlib.suppress(TargetStateError, TargetGoneError):  # its stop or end is an event on its way
                client.call(Halt())

        self._halt_sent = False
        with self._proxying() as signals:
            event = None
            while event is None:
                if self._step(client.event_fd(), signals, halt):
                    event = client.next_event(0)
        if isinstance(event, Started | Stopped | Exited):
            self._halting = False  # other events come between the key and the stop
        if isinstance(event, Started):
            self.expect_entry()
        elif isinstance(event, Stopped | Exited):
            self._entry_expected = False
        if isinstance(event, Exited) and event.status.how in ("exited", "killed"):
            self.drain()
            self.reset()
        return event

    def relay(self, until_fd: int, halt: Callable[[], None], watch: Callable[[bytes], None], *, first: bytes) -> None:
        """Be the program's terminal until a descriptor is readable; what the program writes goes to ``watch``, too.

        ``first`` is written before anything else.
        """
        self._halt_sent, self._watch = False, watch
        try:
            with self._proxying() as signals:
                self._to_terminal += first
                while not self._step(until_fd, signals, halt):
                    pass
            self.drain()
        finally:
            self._halting, self._watch = False, None

    def run_until_program_ends(self, exit_fd: int) -> bool:
        """Stay the terminal of a program that was detached from: Ctrl-C reaches it now, as on any terminal.

        Closes our copy of the slave: afterwards only :meth:`drain` and :meth:`close` are left. If pydelve ends after a
        hang-up, the program gets SIGHUP, as it would from its own terminal.

        Args:
            exit_fd: Readable once the program has ended (a pidfd).

        Returns:
            True when the program ended or closed its terminal; False when our own terminal hung up.
        """
        self._close_slave()
        self._halting = self._entry_expected = False
        self._return_on_hangup = True
        try:
            with self._proxying() as signals:
                while not self._hung_up and not self._output_ended:
                    if self._step(exit_fd, signals, None):
                        self.drain()
                        return True
        finally:
            self._return_on_hangup = False
        return not self._hung_up

    def drain(self) -> None:
        """Copy what the program wrote so far to our terminal, so that it appears before a stop's report.

        Bounded: by bytes, for children that write on, and by a second, for a terminal that takes nothing; what is
        left over then comes with the next :meth:`run`. (Linux: polling a pseudo-terminal also completes the writes
        under way in the kernel, n_tty_poll in drivers/tty/n_tty.c; so nothing written before the call is missed.)
        """
        if self.master_fd < 0 or not (self._to_terminal or self._read_program()):
            return
        modes = self._saved_modes is None and self._set_output_raw()
        try:
            self._write_pending()
        finally:
            if modes:
                self._set_modes(modes)

    def reset(self) -> None:
        """Give the program's side its first modes back and forget what was typed for the program.

        :meth:`run` does so when the program ended; call it before a restart that kills a program. A curses program
        that was killed leaves modes that the next run must not find.
        """
        self._to_program.clear()
        if self.slave_fd >= 0:
            termios.tcsetattr(self.slave_fd, termios.TCSANOW, self._first_modes)
            termios.tcflush(self.slave_fd, termios.TCIFLUSH)

    def close(self) -> None:
        """Restore our terminal, close the program's (a program still on it gets SIGHUP). May be called twice."""
        self._restore_modes()
        atexit.unregister(self._restore_modes)
        self._close_slave()
        if self.master_fd >= 0:
            os.close(self.master_fd)
            self.master_fd = -1
        if self._output_fd not in (-1, self._stdout_fd):
            os.close(self._output_fd)
        self._output_fd = -1

    def hang_up(self) -> None:
        """Tell who is on the program's terminal that it goes, as the kernel would (Linux drivers/tty/tty_io.c:
        ``__tty_hangup``): SIGHUP, to whoever leads the session and to the foreground. A handler may call it.
        """
        if self.master_fd < 0:
            return
        with contextlib.suppress(OSError):  # nobody is there
            leader = struct.unpack("i", fcntl.ioctl(self.master_fd, _TIOCGSID, struct.pack("i", 0)))[0]
            foreground = os.tcgetpgrp(self.master_fd)
            os.kill(leader, signal.SIGHUP)
            if foreground not in (0, leader):
                os.killpg(foreground, signal.SIGHUP)

    # The copying.

    def _step(self, until_fd: int, signals: TerminalSignals, halt: Callable[[], None] | None) -> bool:
        """Wait for something to do, and do it once; True, with nothing else done, when ``until_fd`` is readable."""
        wanted = {until_fd: select.POLLIN, signals.wake_fd: select.POLLIN}
        if not self._hung_up:
            wanted[self._stdin_fd] = select.POLLIN
        if not self._output_ended and len(self._to_terminal) < _OUTPUT_QUEUE_BYTES:
            wanted[self.master_fd] = select.POLLIN
        if not self._output_ended and self._to_program:
            wanted[self.master_fd] = wanted.get(self.master_fd, 0) | select.POLLOUT
        if self._to_terminal:
            wanted[self._output_fd] = wanted.get(self._output_fd, 0) | select.POLLOUT
        poll = select.poll()
        for fd, events in wanted.items():
            poll.register(fd, events)
        ready = dict(poll.poll())
        if ready.get(until_fd):
            return True
        if ready.get(signals.wake_fd):
            with contextlib.suppress(BlockingIOError):
                os.read(signals.wake_fd, 512)
        if ready.get(self._stdin_fd, 0) & _READABLE and not self._hung_up:
            self._read_keyboard(halt)
        if ready.get(self.master_fd, 0) & _READABLE:
            self._read_program()
        self._write_program()
        self._write_terminal()
        return False

    def _read_keyboard(self, halt: Callable[[], None] | None) -> None:
        try:
            data = os.read(self._stdin_fd, _READ_SIZE_BYTES)
        except BlockingIOError:
            return
        except OSError:  # EIO: the terminal is gone
            data = b""
        if not data:
            self._hung_up = True
            return
        modes = termios.tcgetattr(self.master_fd)  # the modes are the pair's: those the program has set
        keys = self._keys.sort(data, modes, can_halt=halt is not None)
        if self._halting or self._entry_expected:
            self._typed_ahead += keys.to_program
        else:
            self._to_program += keys.to_program  # not bounded: a paste is finite, and Ctrl-C must be seen behind it
        self._typed_ahead += keys.after_halt
        if keys.suspends and not self._halting:
            ctrl_c = "interrupts the program" if halt is None else "halts"
            self._show(f"Ctrl-Z is not passed on; Ctrl-C {ctrl_c}")
        if keys.halt and halt is not None and not self._halt_sent:
            halt()
            self._halt_sent = self._halting = True

    def _read_program(self) -> int:
        """Queue a piece of the program's output; the number of bytes, 0 where there is none now (or no more)."""
        try:
            data = b"" if self._output_ended else os.read(self.master_fd, _READ_SIZE_BYTES)
        except BlockingIOError:
            return 0
        except OSError:  # EIO: no one has the program's side open
            data = b""
            self._output_ended = True
        self.queue_output(data)
        return len(data)

    def queue_output(self, data: bytes) -> None:
        """Have what the program wrote shown with what comes next: somebody else has read it."""
        if data:
            if self._watch is not None:
                self._watch(data)
            self._to_terminal += data
            self._ends_line = data.endswith(b"\n")

    def _show(self, notice: str) -> None:
        """A line of our own between the program's; our terminal is raw."""
        self.queue_output(("" if self._ends_line else "\r\n").encode() + notice.encode() + b"\r\n")

    def _write_program(self) -> None:
        if self._to_program:
            try:
                written = os.write(self.master_fd, self._to_program[:_READ_SIZE_BYTES])
            except BlockingIOError:  # the program reads slowly: the rest waits here
                return
            except OSError:  # EIO: see _read_program
                written = len(self._to_program)
            del self._to_program[:written]

    def _write_terminal(self) -> None:
        if not self._to_terminal:
            return
        size = _OUTPUT_QUEUE_BYTES
        if self._output_fd == self._stdout_fd:
            size = _BLOCKING_WRITE_BYTES
            if not wait_writable(self._output_fd, 0):
                return
        try:
            written = os.write(self._output_fd, self._to_terminal[:size])
        except BlockingIOError:
            return
        except OSError:  # EIO: the terminal is gone, and nobody is there to read
            written = len(self._to_terminal)
        del self._to_terminal[:written]

    def _write_pending(self) -> None:
        """Write what is queued and what the program wrote, within the bounds that :meth:`drain` tells."""
        deadline = time.monotonic() + _DRAIN_TIMEOUT_S
        left = _DRAIN_BYTES
        while True:
            if left > 0 and len(self._to_terminal) < _OUTPUT_QUEUE_BYTES:
                left -= self._read_program()
            if not self._to_terminal or not wait_writable(self._output_fd, deadline - time.monotonic()):
                return
            self._write_terminal()

    # Our terminal: its modes, its size, its signals.

    @contextlib.contextmanager
    def _proxying(self) -> Iterator[TerminalSignals]:
        try:
            with TerminalSignals(self._on_signal) as self._signals:
                self._enter_raw()
                self.copy_window_size()
                yield self._signals
        finally:
            self._signals = None
            self._restore_modes()

    def _on_signal(self, signum: int, frame: FrameType | None) -> None:
        if signum == signal.SIGWINCH:
            self.copy_window_size()
        elif signum == signal.SIGCONT:  # the shell that had stopped us gave the terminal its own modes meanwhile
            self._enter_raw()
            self.copy_window_size()
        elif signum == signal.SIGHUP and self._return_on_hangup:
            self._hung_up = True
        else:
            self._restore_modes()
            previous = self._signals.previous.get(signum) if self._signals else None
            if callable(previous):
                previous(signum, frame)
                self._enter_raw()  # it returned: we go on
            else:
                signal.signal(signum, signal.SIG_DFL)
                os.kill(os.getpid(), signum)

    def _enter_raw(self) -> None:
        try:
            if self._saved_modes is None:
                self._saved_modes = termios.tcgetattr(self._stdin_fd)
            termios.tcsetattr(self._stdin_fd, termios.TCSANOW, raw_modes(self._saved_modes))
        except termios.error:  # no terminal, or gone
            self._saved_modes = None

    def _restore_modes(self) -> None:
        modes, self._saved_modes = self._saved_modes, None
        if modes:
            self._set_modes(modes)

    def _set_modes(self, modes: Modes) -> None:
        with contextlib.suppress(termios.error):  # it is gone, and its modes with it
            # Not TCSAFLUSH: what the user types for the prompt must survive.
            termios.tcsetattr(self._stdin_fd, termios.TCSANOW, modes)

    def _set_output_raw(self) -> Modes | None:
        """Pass output as it is, the program's side has cooked it; the modes to set back, None without terminal."""
        try:
            modes = termios.tcgetattr(self._stdin_fd)
        except termios.error:
            return None
        changed = list(modes)
        changed[OFLAG] &= ~termios.OPOST
        self._set_modes(changed)
        return modes

    def copy_window_size(self) -> None:
        """The program's terminal has the size of ours."""
        with contextlib.suppress(termios.error):  # no terminal
            termios.tcsetwinsize(self.master_fd, termios.tcgetwinsize(self._stdin_fd))

    def _close_slave(self) -> None:
        if self.slave_fd >= 0:
            os.close(self.slave_fd)
            self.slave_fd = -1
