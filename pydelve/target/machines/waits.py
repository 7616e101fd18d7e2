"""Names of the system calls that threads wait in, by machine and number."""

from __future__ import annotations

WAITS: dict[str, dict[int, str]] = {
    "x86_64": {  # asm/unistd_64.h
        0: "read", 1: "write", 7: "poll", 23: "select", 34: "pause", 35: "nanosleep", 42: "connect", 43: "accept",
        44: "sendto", 45: "recvfrom", 46: "sendmsg", 47: "recvmsg",
        61: "wait4", 128: "sigtimedwait", 202: "futex", 219: "restart_syscall", 230: "clock_nanosleep",
        232: "epoll_wait", 247: "waitid", 270: "pselect", 271: "ppoll", 281: "epoll_pwait", 288: "accept4",
        441: "epoll_pwait2",
    },
    "aarch64": {  # asm-generic/unistd.h
        22: "epoll_pwait", 63: "read", 64: "write", 72: "pselect", 73: "ppoll", 95: "waitid", 98: "futex",
        101: "nanosleep", 115: "clock_nanosleep", 128: "restart_syscall", 137: "sigtimedwait", 202: "accept",
        203: "connect", 206: "sendto", 207: "recvfrom", 211: "sendmsg", 212: "recvmsg", 242: "accept4", 260: "wait4",
        441: "epoll_pwait2",
    },
}  # fmt: skip
