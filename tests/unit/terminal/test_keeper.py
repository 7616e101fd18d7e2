"""The keeper: what happens to the program and to the user's terminal when pydelve is killed."""

from __future__ import annotations

import os
import pty
import signal
import termios
from pathlib import Path

import pytest

from pydelve.terminal.keeper import Keeper
from pydelve.terminal.keyboard import raw_modes
from tests.unit.terminal.user_terminal import UserTerminal, read_to_end, start_host, user_terminal, wait_until


def settled(keeper: Keeper) -> None:
    """Wait until the keeper has done all its preparations: its name is the last of them."""
    wait_until(lambda: Path(f"/proc/{keeper.pid}/comm").read_text() == "pydelve-keeper\n")


def killed_host(user: UserTerminal, after: str) -> tuple[int, int, int, int]:
    """Kill the host with its program waiting; keeper's and program's pid, a pipe to wake the program, one from it."""
    wake_fd, wake = os.pipe()
    told, tell_fd = os.pipe()
    code = (
        f"import signal\nwake_fd, tell_fd = {wake_fd}, {tell_fd}\n"
        "signal.signal(signal.SIGHUP, lambda *_: os.write(tell_fd, b'hangup '))\n"
        "print('ready', flush=True)\nos.read(wake_fd, 1)\n" + after
    )
    host, keeper_pid, program_pid = start_host(user, "run", code, wake_fd, tell_fd)
    os.close(wake_fd)
    os.close(tell_fd)
    user.expect(b"ready\r\n")
    user.type(b"k")
    user.expect(b"k")  # echoed by the program's side: ours is raw
    host.kill()
    assert host.wait() == -signal.SIGKILL
    return keeper_pid, program_pid, wake, told


def test_a_killed_pydelve_harms_neither_the_program_nor_the_terminal() -> None:
    with user_terminal() as user:
        after = "print('went on', os.isatty(1), flush=True)\nos.write(tell_fd, b'unharmed')\n"
        keeper_pid, program_pid, wake, told = killed_host(user, after)
        wait_until(lambda: user.modes() == user.first_modes)
        os.close(wake)
        assert user.expect(b"\n") == b"went on True\r\r\n"  # cooked twice: the terminal is nobody's proxy now
        assert read_to_end(told) == b"unharmed"
        # Both are this process's children now: the tests' subreaper.
        assert os.waitpid(program_pid, 0) == (program_pid, 0)
        assert os.waitpid(keeper_pid, 0) == (keeper_pid, 0)


def test_the_program_goes_on_when_the_terminal_is_gone_too() -> None:
    with user_terminal() as user:
        after = "for _ in range(100):\n    os.write(1, b'x' * 4096)\nos.write(tell_fd, b'unharmed')\n"
        keeper_pid, program_pid, wake, told = killed_host(user, after)
        user.hang_up()
        os.close(wake)
        assert read_to_end(told) == b"unharmed"
        assert os.waitpid(program_pid, 0) == (program_pid, 0)
        assert os.waitpid(keeper_pid, 0) == (keeper_pid, 0)


def test_an_orderly_end_reaps_the_keeper_and_leaves_the_terminal_alone() -> None:
    with user_terminal() as user:
        master_fd, slave_fd = pty.openpty()
        keeper = Keeper.start(master_fd, user.fd)
        modes = user.modes()
        termios.tcsetattr(user.fd, termios.TCSANOW, raw_modes(modes))
        keeper.close()
        keeper.close()
        with pytest.raises(ChildProcessError):
            os.waitpid(keeper.pid, 0)
        assert user.modes() == raw_modes(modes)
        os.close(master_fd)
        os.close(slave_fd)


@pytest.mark.parametrize("signum", [signal.SIGKILL, signal.SIGSTOP])
def test_closing_copes_with_a_keeper_that_was_killed_or_stopped(signum: signal.Signals) -> None:
    with user_terminal() as user:
        master_fd, slave_fd = pty.openpty()
        keeper = Keeper.start(master_fd, user.fd)
        os.kill(keeper.pid, signum)
        keeper.close()
        with pytest.raises(ChildProcessError):
            os.waitpid(keeper.pid, 0)
        os.close(master_fd)
        os.close(slave_fd)


def test_the_keeper_holds_three_descriptors_and_ignores_what_a_terminal_sends() -> None:
    with user_terminal() as user:
        master_fd, slave_fd = pty.openpty()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        keeper = Keeper.start(master_fd, user.fd)
        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before
        settled(keeper)
        held = {os.readlink(path) for path in Path(f"/proc/{keeper.pid}/fd").iterdir()}
        pipe = next(name for name in held if name.startswith("pipe:"))
        assert held == {os.ttyname(user.fd), "/dev/pts/ptmx", pipe} or held == {os.ttyname(user.fd), "/dev/ptmx", pipe}
        assert len(list(Path(f"/proc/{keeper.pid}/fd").iterdir())) == 3
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{keeper.pid}/status").read_text().splitlines())
        ignored = int(status["SigIgn"], 16)
        signals = (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM, signal.SIGTSTP, signal.SIGTTOU)
        assert [bool(ignored & 1 << (signum - 1)) for signum in signals] == [True] * len(signals)
        assert int(status["SigBlk"], 16) == 0
        keeper.close()
        os.close(master_fd)
        os.close(slave_fd)
