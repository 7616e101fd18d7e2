"""The keeper: a tiny process that outlives pydelve, so that killing pydelve harms neither the program nor the terminal.

When the last descriptor of a pseudo-terminal's master is closed, the program on it gets SIGHUP and I/O errors; and a
terminal left raw stays so. SIGKILL gives pydelve no chance to prevent either. The keeper holds the master too and
blocks in a ``read`` on a pipe from pydelve: one byte means that pydelve ends in order, others that the full-screen
view comes or goes; end-of-file means that it is gone. Then the keeper gives the user's terminal its modes back (and
its screen, where the full-screen view had it), copies the program's output there until nobody has the
program's side open any more, and ends. What it is not: a debugger, or a keyboard for the program (the shell has the
keyboard back by then).

Called by the command line, on the main thread, in terminal mode only, before any other thread exists.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import termios

from pydelve.terminal.keyboard import Modes, raw_modes

_IGNORED = (
    signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU,
    signal.SIGPIPE,
)  # fmt: skip
"""What a terminal, or a kill of pydelve's whole group, sends to the keeper as well. SIGTTOU ignored also lets it
write, and set modes, from the background, where the death of pydelve leaves it."""
_CLOSE_TIMEOUT_S = 1.0
_ENDS, _FULL_SCREEN, _LINES = b"x", b"f", b"l"
"""What comes on the pipe: pydelve ends in order; it draws on the whole screen from now on; it no longer does."""
LEAVE_FULL_SCREEN = (
    b"\x1b[r\x1b[4l\x1b[?1049l\x1b[?1l\x1b>\x1b[?7h\x1b[0m\x1b[?25h\x1b[?1000l\x1b[?1002l\x1b[?1006l\x1b[?2004l"
)
"""Gives a terminal back as line-oriented programs expect it, whatever drew on it: the whole of it scrolls, no insert
mode, out of the alternate screen, cursor and keypad modes, wrapping, colours, the cursor, mouse, bracketed paste."""


class Keeper:
    """Our hold on the keeper process.

    It is forked, not executed: at this point the interpreter is up, so a fork costs under 2 ms where a new
    interpreter would cost 15 to 40 of the time to the first prompt; its pages are shared; and what it runs afterwards
    is a handful of system calls, ended by ``os._exit``, none of which needs a lock that a thread could have held
    (there are no threads yet).
    """

    def __init__(self, pid: int, pipe_fd: int) -> None:
        self.pid = pid
        self._pipe_fd = pipe_fd

    @classmethod
    def start(cls, master_fd: int, terminal_fd: int) -> Keeper:
        """Fork the keeper.

        Args:
            master_fd: The pseudo-terminal's master (``ProgramConsole.master_fd``).
            terminal_fd: The user's terminal, open for writing, and in the modes that are to be restored.
        """
        try:
            modes: Modes | None = termios.tcgetattr(terminal_fd)
        except termios.error:  # no terminal: nothing to restore, output still goes there
            modes = None
        read_fd, write_fd = os.pipe()
        # A signal between the fork and the child's own settings would run pydelve's handlers in the child.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            pid = os.fork()
            if pid == 0:
                try:
                    _keep(master_fd, terminal_fd, read_fd, modes)
                finally:  # whatever happened: never into pydelve's code
                    os._exit(0)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        os.close(read_fd)
        return cls(pid, write_fd)

    def note_full_screen(self, on: bool) -> None:
        """Tell whether the terminal is drawn on as a whole: the keeper would have to undo that, too."""
        if self._pipe_fd >= 0:
            with contextlib.suppress(BrokenPipeError):  # it was killed
                os.write(self._pipe_fd, _FULL_SCREEN if on else _LINES)

    def close(self) -> None:
        """Let the keeper end and reap it: pydelve ends in order. May be called twice; a second at the very most."""
        if self._pipe_fd < 0:
            return
        with contextlib.suppress(BrokenPipeError):  # it was killed
            os.write(self._pipe_fd, _ENDS)
        os.close(self._pipe_fd)
        self._pipe_fd = -1
        with contextlib.suppress(ChildProcessError, ProcessLookupError):  # reaped by somebody else
            pidfd = os.pidfd_open(self.pid)
            try:
                poll = select.poll()
                poll.register(pidfd, select.POLLIN)
                if not poll.poll(_CLOSE_TIMEOUT_S * 1000):  # it was stopped from outside
                    signal.pidfd_send_signal(pidfd, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            finally:
                os.close(pidfd)


def _keep(master_fd: int, terminal_fd: int, pipe_fd: int, modes: Modes | None) -> None:
    """The keeper's whole life. Runs in the forked child; the caller ends the process."""
    signal.set_wakeup_fd(-1)
    for signum in _IGNORED:
        signal.signal(signum, signal.SIG_IGN)
    _close_all_but(master_fd, terminal_fd, pipe_fd)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    with contextlib.suppress(OSError), open("/proc/self/comm", "w", encoding="ascii") as comm:
        comm.write("pydelve-keeper")  # what ps shows
    full_screen = False
    while said := os.read(pipe_fd, 1):
        if said == _ENDS:
            return
        full_screen = said == _FULL_SCREEN
    if full_screen:
        with contextlib.suppress(OSError):  # the terminal is gone, or was not open for writing
            os.write(terminal_fd, LEAVE_FULL_SCREEN)
    if modes is not None:
        with contextlib.suppress(termios.error):  # the terminal is gone
            _restore(terminal_fd, modes)
    _copy_output(master_fd, terminal_fd)


def _close_all_but(*kept_fds: int) -> None:
    low = 0
    for fd in sorted(kept_fds):
        os.closerange(low, fd)
        low = fd + 1
    os.closerange(low, os.sysconf("SC_OPEN_MAX"))


def _restore(terminal_fd: int, modes: Modes) -> None:
    """Set the terminal's modes back, unless somebody else sees to the terminal already.

    A shell with job control takes the terminal back as soon as pydelve is dead and sets modes for its own line
    editor, which must not be overwritten. So: only while the terminal is still our group's, or has exactly the modes
    of our proxying.
    """
    now = termios.tcgetattr(terminal_fd)
    try:
        ours = os.tcgetpgrp(terminal_fd) == os.getpgrp()
    except OSError:  # not our controlling terminal: no shell of ours watches it
        ours = True
    if now == raw_modes(modes) or (ours and now != modes):
        termios.tcsetattr(terminal_fd, termios.TCSANOW, modes)


def _copy_output(master_fd: int, terminal_fd: int) -> None:
    """Copy, or discard where the terminal is gone, until the program's side is closed; blocks without using the CPU."""
    poll = select.poll()
    poll.register(master_fd, select.POLLIN)
    writable = True
    while True:
        poll.poll()
        try:
            data = os.read(master_fd, 4096)
        except BlockingIOError:
            continue
        except OSError:  # EIO: nobody has the program's side open
            return
        if not data:
            return
        while data and writable:
            try:
                data = data[os.write(terminal_fd, data) :]
            except OSError:  # the terminal is gone, or was not open for writing
                writable = False
