"""How a child of the program reaches the debugger: two connections to the socket it listens on for that.

Used in a process that nobody debugs yet, on its only thread or on the one that has just forked; nothing is raised, and
where nobody answers, nothing is left. See docs/internals/children.md.
"""

from __future__ import annotations

import posix

from .. import protocol
from ..interpreter import native

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable

_AF_UNIX, _SOCK_STREAM_CLOEXEC = 1, 0x80001
_SOL_SOCKET, _SO_PEERCRED, _SO_SNDTIMEO = 1, 17, 21
_PATIENCE_S = 5  # the queue of those who call may be full

_socket = native.held("socket", native.INT, native.INT, native.INT, native.INT)
_connect: Callable[[int, int, int], int] = native.released("connect", native.INT, native.INT, native.WORD, native.INT)
_option = native.held("setsockopt", native.INT, native.INT, native.INT, native.INT, native.WORD, native.INT)
_asked = native.held("getsockopt", native.INT, native.INT, native.INT, native.INT, native.WORD, native.WORD)
_send = native.held("send", native.WORD, native.INT, native.OBJECT_BYTES, native.WORD, native.INT)


def dial(name: str) -> tuple[int, int] | None:
    """Descriptors of *link* and *hold*, ours to close; None where the debugger is gone, or is none of ours."""
    made: list[int] = []
    for kind in (protocol.AS_HOLD, protocol.AS_LINK):  # the debugger goes by the second
        fd = _call(name.encode("ascii"), kind)
        if fd < 0:
            for other in made:
                posix.close(other)
            return None
        made.append(fd)
    return made[1], made[0]


def _call(name: bytes, kind: bytes) -> int:
    fd: int = _socket(_AF_UNIX, _SOCK_STREAM_CLOEXEC, 0)
    if fd < 0:
        return -1
    address = native.Buffer(2 + 1 + len(name))  # struct sockaddr_un: family, and a name that begins with a zero byte
    native.store_bytes(address, _AF_UNIX.to_bytes(2, "little") + b"\0" + name)
    limit = native.Buffer(16)
    limit.store_words(_PATIENCE_S, 0)
    _option(fd, _SOL_SOCKET, _SO_SNDTIMEO, limit.address, limit.size)
    called = _connect(fd, address.address, address.size)
    if called == 0 and _is_ours(fd) and _send(fd, kind, len(kind), native.MSG_NOSIGNAL) == len(kind):
        limit.store_words(0, 0)
        _option(fd, _SOL_SOCKET, _SO_SNDTIMEO, limit.address, limit.size)
        return fd
    posix.close(fd)
    return -1


def _is_ours(fd: int) -> bool:
    """Does our own user listen there, or root? Another one may have taken the name of a debugger that is gone."""
    about, size = native.Buffer(16), native.Buffer(8)  # struct ucred: pid, uid, gid
    size.store_words(12)
    if _asked(fd, _SOL_SOCKET, _SO_PEERCRED, about.address, size.address) != 0:
        return False
    return int.from_bytes(about.bytes(8)[4:], "little") in (0, posix.geteuid(), posix.getuid())
