"""What Linux says of a process and its threads, from ``/proc``; nothing here stops or enters anything."""

from __future__ import annotations

import os

# Include: asm/unistd_64.h of Linux on x86-64; calls a thread waits in. Other machines show no name.
_WAITS = {
    0: "read", 1: "write", 7: "poll", 23: "select", 34: "pause", 35: "nanosleep", 42: "connect", 43: "accept",
    44: "sendto", 45: "recvfrom", 46: "sendmsg", 47: "recvmsg",
    61: "wait4", 128: "sigtimedwait", 202: "futex", 219: "restart_syscall", 230: "clock_nanosleep", 232: "epoll_wait",
    247: "waitid", 270: "pselect", 271: "ppoll", 281: "epoll_pwait", 288: "accept4", 441: "epoll_pwait2",
}  # fmt: skip
X86_64 = os.uname().machine == "x86_64"
_MOST_BYTES = 4096  # the kernel makes such a file anew for each call: what is longer would not fit together


def thread_states(pid: int) -> dict[int, str]:
    """The state letter (``R``, ``S``, ``D``...) of each of a process's threads by native id; {} where it is gone."""
    states: dict[int, str] = {}
    for entry in _listed(f"/proc/{pid}/task"):
        stat = _read(f"/proc/{pid}/task/{entry}/stat")
        words = stat.rpartition(b")")[2].split()
        if words:
            states[int(entry)] = words[0].decode("ascii", "replace")
    return states


def system_call(pid: int, native_id: int) -> str:
    """Name of the call a thread waits in; "" where it runs, or the kernel does not say."""
    words = _read(f"/proc/{pid}/task/{native_id}/syscall").split()
    return call_name(int(words[0])) if words and words[0].isdigit() else ""


def thread_name(pid: int, native_id: int) -> str:
    """The kernel's name for a thread that has one of its own; "" for one called as the process is."""
    name, process = _read(f"/proc/{pid}/task/{native_id}/comm"), _read(f"/proc/{pid}/comm")
    return name.decode(errors="backslashreplace").rstrip("\n") if name != process else ""


def call_name(number: int) -> str:
    """Name of a system call that threads wait in; "" for others."""
    return _WAITS.get(number, "") if X86_64 else ""


def command_line(pid: int) -> bytes:
    """The words of a process's command line, each ended by a zero byte; b"" where it is gone."""
    return _read(f"/proc/{pid}/cmdline")


def pydelve_in(pid: int) -> int:
    """Pid of the pydelve whose agent a process has, by the name of the agent's thread; 0 where it has none.

    One that was killed does not count: its agent finds out, and goes.
    """
    for entry in _listed(f"/proc/{pid}/task"):
        name, _, number = content(f"/proc/{pid}/task/{entry}/comm").partition(b" ")
        if name == b"pydelve" and number.strip().isdigit() and b"pydelve" in command_line(int(number)):
            return int(number)
    return 0


def content(path: str) -> bytes:
    """What a small file of ``/proc`` holds, by three calls and no more; b"" where it can't be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(fd, _MOST_BYTES)
    except OSError:
        return b""
    finally:
        os.close(fd)


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""
