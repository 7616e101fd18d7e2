"""The program's pseudo-terminal, driven through a second one that stands in for the user's."""

from __future__ import annotations

import collections
import hashlib
import os
import select
import signal
import subprocess
import termios
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from pydelve.api.breakpoints import Breakpoint
from pydelve.api.events import BreakpointChanged, Event, Exited, HaltPending, Notice, Started, Stopped
from pydelve.api.requests import Halt, Request
from pydelve.api.target import ExitStatus, Stop, TargetInfo
from pydelve.client import Client
from pydelve.errors import AgentError, PydelveError, TargetStateError
from pydelve.terminal.console import ProgramConsole
from pydelve.terminal.keyboard import CC, LFLAG, Keys, KeySorter
from tests.unit.terminal.user_terminal import (
    UserTerminal,
    start_child,
    start_host,
    user_terminal,
    wait_until,
    with_person,
)

R = TypeVar("R")

HALTED = Stopped(Stop("halt", 1, "MainThread", ()))
DONE = Notice("done")
STARTED = Started(TargetInfo(7, "3.13.0", "python", ("script.py",), "/", launched=True))

# Not a handler: one that is due just before a read begins runs after it only.
WAIT_FOR_SIGNAL = (
    "import signal\nawaited = {{signal.{}}}\nsignal.pthread_sigmask(signal.SIG_BLOCK, awaited)\n"
    "print('ready', flush=True)\nsignal.sigwait(awaited)\n"
)


class FakeTransport:
    """Records requests; answers Halt by the event or the error it was given."""

    def __init__(self) -> None:
        self._fd, self._write_fd = os.pipe()
        self._events: collections.deque[Event] = collections.deque()
        self.requests: list[Request[Any]] = []
        self.on_halt: list[Event | PydelveError] = [HALTED]

    def post(self, event: Event) -> None:
        self._events.append(event)
        os.write(self._write_fd, b"x")

    def call(self, request: Request[R]) -> R:
        self.requests.append(request)
        for answer in self.on_halt:
            if isinstance(answer, PydelveError):
                raise answer
            self.post(answer)
        return None  # type: ignore[return-value]

    def next_event(self, timeout_s: float | None = None) -> Event | None:
        if not self._events:
            return None
        os.read(self._fd, 1)
        return self._events.popleft()

    def event_fd(self) -> int:
        return self._fd

    def close(self) -> None:
        os.close(self._fd)
        os.close(self._write_fd)


class Scene:
    """A user, a console, a debugger that is none, and at most a few programs."""

    def __init__(self, user: UserTerminal) -> None:
        self.user = user
        self.transport = FakeTransport()
        self.client = Client(self.transport)
        self.console = ProgramConsole(user.fd, user.fd)
        self.programs: list[subprocess.Popen[bytes]] = []
        self.slave_fd = -1

    def start(self, code: str, pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        if self.slave_fd < 0:
            self.slave_fd = self.console.open()
        words = tuple(map(str, pass_fds))
        self.programs.append(start_child(code, self.slave_fd, *words, pass_fds=pass_fds))
        return self.programs[-1]

    def run(self, person: Callable[[], object]) -> Event:
        def act() -> None:
            self.user.wait_raw()
            person()

        return with_person(act, lambda: self.console.run(self.client), lambda: self.transport.post(DONE))

    def halt_when_ready(self) -> None:
        self.user.expect(b"ready\r\n")
        self.user.type(b"\x03")

    def done(self) -> None:
        self.transport.post(DONE)

    def finish(self) -> None:
        self.console.close()
        for program in self.programs:
            program.kill()
            program.wait()
        self.transport.close()


@pytest.fixture
def scene() -> Iterator[Scene]:
    with user_terminal() as user:
        scene = Scene(user)
        try:
            yield scene
        finally:
            scene.finish()


def test_program_has_a_terminal_of_the_users_size(scene: Scene) -> None:
    scene.start(
        "print([os.isatty(fd) for fd in (0, 1, 2)], *os.get_terminal_size())\n"
        "print(os.ttyname(0) == os.ttyname(1), open('/dev/tty').fileno() > 2, os.tcgetpgrp(0) == os.getpid())"
    )

    def person() -> None:
        seen = scene.user.expect(b"\n") + scene.user.expect(b"\n")
        assert seen == b"[True, True, True] 77 31\r\nTrue True True\r\n"
        scene.done()

    assert scene.run(person) == DONE
    assert scene.console.end_line() == b""


def test_program_has_the_users_special_keys(scene: Scene) -> None:
    modes = scene.user.modes()
    modes[CC][termios.VINTR] = b"\x07"
    termios.tcsetattr(scene.user.fd, termios.TCSANOW, modes)
    scene.user.first_modes = scene.user.modes()
    scene.start("print(termios.tcgetattr(0)[6][termios.VINTR])\nsys.stdin.read()")

    def person() -> None:
        assert scene.user.expect(b"\n") == b"b'\\x07'\r\n"
        scene.user.type(b"\x07")

    assert scene.run(person) == HALTED
    assert scene.transport.requests == [Halt()]


def test_ctrl_c_halts_and_the_program_lives_on(scene: Scene) -> None:
    program = scene.start("print('ready')\nprint('got', input())")
    assert scene.run(scene.halt_when_ready) == HALTED
    assert scene.transport.requests == [Halt()]
    assert scene.user.modes() == scene.user.first_modes

    def person() -> None:
        scene.user.type(b"more\r")
        assert scene.user.expect(b"got more\r\n") == b"more\r\ngot more\r\n"
        scene.done()

    assert scene.run(person) == DONE
    assert program.wait() == 0


def test_more_ctrl_c_does_no_harm_and_typing_ahead_is_kept_for_the_prompt(scene: Scene) -> None:
    scene.start("print('ready')\nprint('got', input())")
    scene.transport.on_halt = []

    def person() -> None:
        scene.user.expect(b"ready\r\n")
        scene.user.type(b"ab\x03\x03bt\x03\r")
        scene.user.expect(b"ab")  # what came before the key is the program's, echoed by its terminal
        scene.transport.post(BreakpointChanged(Breakpoint(1, "x", ()), landed=True))

    assert isinstance(scene.run(person), BreakpointChanged)
    assert scene.transport.requests == [Halt()]
    scene.transport.on_halt = [HALTED]
    assert scene.run(lambda: scene.user.type(b"ls\x03\r")) == HALTED
    assert scene.transport.requests == [Halt(), Halt()]
    assert scene.console.take_typed_ahead() == b"bt\rls\r"
    assert scene.console.take_typed_ahead() == b""


@pytest.mark.parametrize("again", [False, True], ids=["at first", "after a restart"])
def test_what_is_typed_before_the_entry_is_kept_for_the_prompt(again: bool, scene: Scene) -> None:
    scene.start("print('ready')\nprint('got', input())")
    scene.console.stops_at_entry = True
    if again:
        assert scene.run(lambda: scene.transport.post(STARTED)) == STARTED
    else:
        scene.console.expect_entry()

    def early() -> None:
        scene.user.expect(b"ready\r\n")
        scene.user.type(b"early\r\x03")

    assert scene.run(early) == HALTED
    assert scene.console.take_typed_ahead() == b"early\r"

    def person() -> None:
        scene.user.type(b"late\r")
        assert scene.user.expect(b"got late\r\n") == b"late\r\ngot late\r\n"
        scene.done()

    assert scene.run(person) == DONE
    assert scene.console.take_typed_ahead() == b""


def test_ctrl_c_that_comes_after_the_stop_is_no_error(scene: Scene) -> None:
    scene.start("print('ready')\nsys.stdin.read()")
    scene.transport.on_halt = [HALTED, TargetStateError("stopped already")]
    assert scene.run(scene.halt_when_ready) == HALTED


def test_a_failing_halt_is_raised_with_the_modes_restored(scene: Scene) -> None:
    scene.start("print('ready')\nsys.stdin.read()")
    scene.transport.on_halt = [AgentError("no agent")]
    with pytest.raises(AgentError, match="no agent"):
        scene.run(scene.halt_when_ready)
    assert scene.user.modes() == scene.user.first_modes


def test_a_pending_halt_can_be_asked_for_again(scene: Scene) -> None:
    scene.start("print('ready')\nsys.stdin.read()")
    pending = HaltPending(1.0, "GIL")
    scene.transport.on_halt = [pending]
    assert scene.run(scene.halt_when_ready) == pending
    scene.transport.on_halt = [HALTED]
    assert scene.run(lambda: scene.user.type(b"\x03")) == HALTED
    assert scene.transport.requests == [Halt(), Halt()]


def test_ctrl_d_is_the_programs_end_of_input(scene: Scene) -> None:
    scene.start("print(repr(sys.stdin.read()))")

    def person() -> None:
        scene.user.type(b"one\r\x04")
        assert scene.user.expect(b"'\r\n") == b"one\r\n'one\\n'\r\n"
        scene.done()

    assert scene.run(person) == DONE


def test_ctrl_z_is_taken_with_a_notice(scene: Scene) -> None:
    scene.start("sys.stdout.write('ready> ')\nsys.stdout.flush()\nprint('got', input())")

    def person() -> None:
        scene.user.expect(b"ready> ")
        scene.user.type(b"\x1a")
        assert scene.user.expect(b"halts\r\n") == b"\r\nCtrl-Z is not passed on; Ctrl-C halts\r\n"
        scene.user.type(b"on\r")
        scene.user.expect(b"got on\r\n")
        scene.done()

    assert scene.run(person) == DONE


RAW_CHILD = (
    "modes = termios.tcgetattr(0)\nmodes[3] &= ~(termios.ICANON | termios.ECHO | termios.ISIG)\n"
    "termios.tcsetattr(0, termios.TCSANOW, modes)\nprint('raw')\n"
    "while True:\n    print(repr(os.read(0, 1)))\n"
)


def test_a_program_in_raw_mode_gets_every_key_and_two_ctrl_backslash_halt(scene: Scene) -> None:
    scene.start(RAW_CHILD)

    def person() -> None:
        scene.user.expect(b"raw\r\n")
        scene.user.type(b"\x03\x1a\x1cx\x1c")
        assert scene.user.expect(b"'x'\r\n") == b"b'\\x03'\r\nb'\\x1a'\r\nb'\\x1c'\r\nb'x'\r\n"
        assert scene.user.expect(b"\r\n") == b"b'\\x1c'\r\n"
        assert scene.transport.requests == []
        scene.user.type(b"\x1c")

    assert scene.run(person) == HALTED
    assert scene.transport.requests == [Halt()]
    assert scene.user.rest() == b""


@pytest.mark.parametrize("halting", [True, False])
def test_key_rules(halting: bool) -> None:
    with user_terminal() as user:
        cooked = user.modes()
    raw = [*cooked[:LFLAG], cooked[LFLAG] & ~termios.ISIG, *cooked[LFLAG + 1 :]]
    no_suspend = [*cooked[:CC], [*cooked[CC]]]
    no_suspend[CC][termios.VSUSP] = b"\0"
    keys = KeySorter(b"\x1c")
    if halting:
        assert keys.sort(b"a\x1ab\x03c\x03d", cooked, can_halt=True) == Keys(b"ab", True, b"cd", 1)
        assert keys.sort(b"\x1c\x1c", cooked, can_halt=True) == Keys(b"\x1c\x1c")
        assert keys.sort(b"\x03\x1c", raw, can_halt=True) == Keys(b"\x03\x1c")
        assert keys.sort(b"\x1cbt", raw, can_halt=True) == Keys(b"", True, b"bt")
        assert keys.sort(b"\x1c", raw, can_halt=True) == Keys(b"\x1c")
        assert keys.sort(b"a\x1c", raw, can_halt=True) == Keys(b"a\x1c")
        assert keys.sort(b"\0\x1a", no_suspend, can_halt=True) == Keys(b"\0\x1a")
    else:
        assert keys.sort(b"a\x03\x1ab", cooked, can_halt=False) == Keys(b"a\x03b", suspends=1)
        assert keys.sort(b"\x1c\x1c\x1a", raw, can_halt=False) == Keys(b"\x1c\x1c\x1a")


def test_ctrl_c_works_while_output_floods_a_terminal_that_nobody_reads(scene: Scene) -> None:
    scene.start("while True:\n    os.write(1, b'y\\n' * 4096)")

    def person() -> None:
        scene.user.expect(b"y\r\n" * 1000)
        wait_until(lambda: not select.select([], [scene.user.fd], [], 0)[1])  # it takes no more
        scene.user.type(b"\x03")

    assert scene.run(person) == HALTED
    assert scene.transport.requests == [Halt()]
    scene.console.drain()  # bounded, though neither the program nor the terminal helps


def test_ctrl_c_works_behind_a_paste_that_the_program_does_not_read(scene: Scene) -> None:
    read_fd, write_fd = os.pipe()
    program = scene.start(
        "import hashlib\nmodes = termios.tcgetattr(0)\nmodes[3] &= ~termios.ECHO\n"
        "termios.tcsetattr(0, termios.TCSANOW, modes)\nprint('ready', flush=True)\nos.read(int(sys.argv[1]), 1)\n"
        "data = sys.stdin.buffer.read()\nprint(hashlib.sha256(data).hexdigest())",
        (read_fd,),
    )
    os.close(read_fd)
    lines = b"".join(b"%06d %s\n" % (number, b"x" * 90) for number in range(4000))

    def paste() -> None:
        scene.user.expect(b"ready\r\n")
        scene.user.type(lines.replace(b"\n", b"\r"))
        scene.user.type(b"\x03")

    assert scene.run(paste) == HALTED

    def read_on() -> None:
        os.close(write_fd)
        scene.user.type(b"\x04")
        assert scene.user.expect(b"\n") == hashlib.sha256(lines).hexdigest().encode() + b"\r\n"
        scene.done()

    assert scene.run(read_on) == DONE
    assert program.wait() == 0


def test_keys_typed_once_an_event_waits_are_left_for_the_prompt(scene: Scene) -> None:
    scene.start("print('got', input())")
    scene.transport.post(HALTED)
    scene.user.type(b"next\n")
    assert scene.console.run(scene.client) == HALTED
    assert os.read(scene.user.fd, 100) == b"next\n"


def test_a_new_window_size_reaches_the_program(scene: Scene) -> None:
    scene.start(WAIT_FOR_SIGNAL.format("SIGWINCH") + "print(*os.get_terminal_size())\nsys.stdin.read()")

    def person() -> None:
        scene.user.expect(b"ready\r\n")
        scene.user.resize(40, 100)
        os.kill(os.getpid(), signal.SIGWINCH)
        assert scene.user.expect(b"\n") == b"100 40\r\n"
        scene.done()

    before = signal.getsignal(signal.SIGWINCH)
    assert scene.run(person) == DONE
    assert signal.getsignal(signal.SIGWINCH) == before


def test_drain_shows_the_last_output_as_it_is(scene: Scene) -> None:
    read_fd, write_fd = os.pipe()
    program = scene.start("os.write(1, b'one\\ntwo')\nos.write(int(sys.argv[1]), b'x')", (write_fd,))
    assert os.read(read_fd, 1) == b"x"
    scene.console.drain()
    assert scene.user.rest() == b"one\r\ntwo"
    assert (scene.console.end_line(), scene.console.end_line()) == (b"\n", b"")
    assert scene.user.modes() == scene.user.first_modes
    scene.console.drain()
    assert scene.user.rest() == b""
    assert program.wait() == 0
    os.close(read_fd)
    os.close(write_fd)


def test_the_next_program_finds_the_terminal_as_the_first_did(scene: Scene) -> None:
    first = scene.start(RAW_CHILD)

    def person() -> None:
        scene.user.expect(b"raw\r\n")
        first.kill()
        first.wait()
        scene.user.type(b"for the first one")
        scene.transport.post(Exited(ExitStatus("killed", 9, clean=False)))

    assert scene.run(person) == Exited(ExitStatus("killed", 9, clean=False))
    scene.user.rest()
    termios.tcflush(scene.user.fd, termios.TCIFLUSH)
    scene.start("print(termios.tcgetattr(0)[3] & termios.ISIG != 0)\nprint('got', input())")

    def again() -> None:
        assert scene.user.expect(b"\n") == b"True\r\n"
        scene.user.type(b"second\r")
        assert scene.user.expect(b"got second\r\n") == b"second\r\ngot second\r\n"
        scene.done()

    assert scene.run(again) == DONE


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGHUP])
def test_a_deadly_signal_leaves_the_terminal_as_it_was(signum: signal.Signals) -> None:
    with user_terminal() as user:
        host, _, program = start_host(user, "run", "print('ready')\nsys.stdin.read()")
        user.expect(b"ready\r\n")
        user.type(b"echo\r")
        user.expect(b"echo\r\n")  # by the program's side: ours is raw
        assert user.modes() != user.first_modes
        host.send_signal(signum)
        assert host.wait() == -signum
        assert user.modes() == user.first_modes
        os.kill(program, signal.SIGKILL)


def test_a_handler_of_ours_for_a_deadly_signal_still_runs(scene: Scene) -> None:
    scene.start("print('ready')\nsys.stdin.read()")
    found: list[bool] = []

    def person() -> None:
        scene.user.expect(b"ready\r\n")
        os.kill(os.getpid(), signal.SIGTERM)

    def handler(*_: object) -> None:
        found.append(scene.user.modes() == scene.user.first_modes)
        raise SystemExit(3)

    before = signal.signal(signal.SIGTERM, handler)
    try:
        with pytest.raises(SystemExit):
            scene.run(person)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert found == [True]


def test_a_detached_program_gets_ctrl_c_and_its_end_ends_the_console() -> None:
    with user_terminal() as user:
        code = WAIT_FOR_SIGNAL.format("SIGINT") + "print('interrupted')\nsys.exit(7)"
        host, _, _ = start_host(user, "detach", code)
        user.expect(b"ready\r\n")
        user.type(b"\x1a")
        assert user.expect(b"\n") == b"Ctrl-Z is not passed on; Ctrl-C interrupts the program\r\n"
        user.type(b"\x03")
        assert user.expect(b"7\r\n") == b"^Cinterrupted\r\nended: True, status: 7\r\n"
        assert host.wait() == 0
        assert user.modes() == user.first_modes


def test_a_hang_up_ends_the_console_of_a_detached_program(scene: Scene) -> None:
    program = scene.start("print('ready')\nsys.stdin.read()")
    pidfd = os.pidfd_open(program.pid)

    def person() -> None:
        scene.user.expect(b"ready\r\n")
        scene.user.hang_up()

    ended = with_person(person, lambda: scene.console.run_until_program_ends(pidfd), program.kill)
    os.close(pidfd)
    assert ended is False
    assert program.poll() is None
    scene.console.close()
    assert program.wait() == -signal.SIGHUP  # as from any terminal
