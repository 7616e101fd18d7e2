"""The keyboard while the target runs: which keys are pydelve's and which the program's; and a terminal's raw modes.

Pure rules, no input or output: ``console`` applies them, on the main thread. They follow the modes that the *program*
has set on its terminal at that moment:

* signal keys on (``ISIG``: nearly every program): Ctrl-C halts; Ctrl-Z is taken with a notice, because a program
  stopped by the kernel would look hung; all others, Ctrl-D and Ctrl-backslash included, reach the program;
* signal keys off (editors, curses): every key is the program's, Ctrl-C too. Ctrl-backslash twice in a row halts; the
  program sees the first of the two, since holding it back would make a single one late.
"""

from __future__ import annotations

import termios
from typing import Any

from pydelve.records import dataclass

IFLAG, OFLAG, CFLAG, LFLAG, CC = 0, 1, 2, 3, 6
"""Places in ``Modes``; ``CC`` holds the special keys."""
DISABLED_KEY = b"\0"
"""What stands in ``CC`` for a special key that is switched off."""

Modes = list[Any]
"""What ``termios.tcgetattr`` gives."""


def raw_modes(modes: Modes) -> Modes:
    """The modes of our side while the program runs: bytes pass as they are, nothing is echoed or a signal."""
    raw = list(modes)
    raw[CC] = list(modes[CC])
    raw[IFLAG] &= ~(
        termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP
        | termios.INLCR | termios.IGNCR | termios.ICRNL | termios.IXON
    )  # fmt: skip
    raw[OFLAG] &= ~termios.OPOST
    raw[CFLAG] = (raw[CFLAG] & ~(termios.CSIZE | termios.PARENB)) | termios.CS8
    raw[LFLAG] &= ~(termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN)
    raw[CC][termios.VMIN], raw[CC][termios.VTIME] = 1, 0
    return raw


@dataclass(frozen=True, slots=True)
class Keys:
    """One read from the keyboard, sorted: by the rules above."""

    to_program: bytes
    halt: bool = False
    after_halt: bytes = b""
    """What followed the key that halts, without further such keys: typed for the prompt."""
    suspends: int = 0
    """How many Ctrl-Z were taken."""


class KeySorter:
    """Tells the program's keys from ours; remembers a first Ctrl-backslash from one read to the next.

    Args:
        escape: The key that halts when pressed twice, for programs that switched signal keys off.
    """

    def __init__(self, escape: bytes) -> None:
        self._escape = escape
        self._escape_pressed = False

    def sort(self, data: bytes, program_modes: Modes, *, can_halt: bool) -> Keys:
        """Sort what was read; with ``can_halt`` false (the program was let go of) no key halts."""
        signal_keys = bool(program_modes[LFLAG] & termios.ISIG)
        halt_key = program_modes[CC][termios.VINTR] if can_halt and signal_keys else DISABLED_KEY
        suspend_key = program_modes[CC][termios.VSUSP] if signal_keys else DISABLED_KEY
        passed = bytearray()
        suspends = 0
        for index in range(len(data)):
            key = data[index : index + 1]
            escaped = can_halt and not signal_keys and key == self._escape and key != DISABLED_KEY
            if key == halt_key != DISABLED_KEY or (escaped and self._escape_pressed):
                self._escape_pressed = False
                rest = data[index + 1 :].replace(key, b"")
                return Keys(bytes(passed), halt=True, after_halt=rest, suspends=suspends)
            self._escape_pressed = escaped
            if key == suspend_key != DISABLED_KEY:
                suspends += 1
            else:
                passed += key
        return Keys(bytes(passed), suspends=suspends)
