"""Printers of files and sockets: name, mode, place, addresses. Nothing is read from them."""

from __future__ import annotations

from ..interpreter import native
from ..printers.shown import Shown, c_call, c_class, c_get, entries, is_text, shortened

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from typing import Any

    from ..printers.shown import Element

_MOST_COPIED = 1 << 24  # an io.StringIO that was written so far is not copied to be shown

# -- files -------------------------------------------------------------------------------------------------------------


def text_file(obj: Any) -> Shown | None:
    """Of the file below it, with the encoding."""
    cls = c_class(obj, "_io.TextIOWrapper", "detach")
    if cls is None:
        return None
    shown = buffered(c_get(cls, "buffer", obj))
    if shown is None:
        return None
    encoding = c_get(cls, "encoding", obj)
    shown.facts["encoding"] = encoding if type(encoding) is str else ""
    if type(shown.facts["mode"]) is str:  # that of the file below, which is of bytes
        shown.facts["mode"] = shown.facts["mode"].replace("b", "")
    return shown


def buffered(obj: Any) -> Shown | None:
    """Of the file below it."""
    for name in ("_io.BufferedReader", "_io.BufferedWriter", "_io.BufferedRandom"):
        cls = c_class(obj, name, "raw")
        if cls is not None:
            return raw_file(c_get(cls, "raw", obj))
    return raw_file(obj)


def raw_file(obj: Any) -> Shown | None:
    """Name, mode, descriptor."""
    cls = c_class(obj, "_io.FileIO", "fileno", "closed", "mode")
    if cls is None:
        return None
    facts: dict[str, Any] = {"mode": c_get(cls, "mode", obj)}
    for name, value in entries(obj):
        if name == "name" and is_text(value):
            facts["name"] = shortened(str.__str__(value))
    if c_get(cls, "closed", obj):
        facts["state"] = "closed"
    else:
        facts["fd"] = c_call(cls, "fileno", obj)
    return Shown("file", facts=facts, attributes=[])


def memory_file(obj: Any) -> Shown | None:
    """Content of an ``io.StringIO`` or ``io.BytesIO``, and where it would be read or written next."""
    cls = c_class(obj, "_io.StringIO", "getvalue", "tell") or c_class(obj, "_io.BytesIO", "getvalue", "tell")
    if cls is None:
        return None
    if c_get(cls, "closed", obj):
        return Shown("file", facts={"state": "closed"}, attributes=[])
    facts = {"position": c_call(cls, "tell", obj)}
    if facts["position"] > _MOST_COPIED:
        return Shown("file", facts=facts)
    content: list[Element] = [(c_call(cls, "getvalue", obj), None)]
    return Shown("call", facts=facts, length=1, elements=lambda start, most: content[start : start + most])


# -- sockets -----------------------------------------------------------------------------------------------------------

_UNIX, _IPV4, _IPV6 = 1, 2, 10
_FAMILIES = {_UNIX: "unix", _IPV4: "IPv4", _IPV6: "IPv6"}
_TYPES = {1: "stream", 2: "datagram", 3: "raw", 5: "seqpacket"}
_PROTOCOLS = {(_IPV4, 1): "TCP", (_IPV6, 1): "TCP over IPv6", (_IPV4, 2): "UDP", (_IPV6, 2): "UDP over IPv6"}
_ADDRESS_BYTES = 128
_KIND_MASK = 0xF  # SOCK_CLOEXEC and SOCK_NONBLOCK stand above it


def socket(obj: Any) -> Shown | None:
    """Kind, descriptor, and the two addresses, which the kernel is asked for with the GIL held."""
    cls = c_class(obj, "_socket.socket", "fileno", "getsockname")
    if cls is None:
        return None
    family, kind = c_get(cls, "family", obj), c_get(cls, "type", obj) & _KIND_MASK
    said = _PROTOCOLS.get((family, kind)) or (
        _FAMILIES.get(family, f"family {family}") + " " + _TYPES.get(kind, f"type {kind}")
    )
    fd = c_call(cls, "fileno", obj)
    if fd < 0:
        return Shown("socket", facts={"kind": said, "state": "closed"}, attributes=[])
    facts = {"kind": said, "fd": fd}
    for name, ask in (("local", _getsockname), ("peer", _getpeername)):
        address = _address(ask, fd)
        if address:
            facts[name] = address
    return Shown("socket", facts=facts, attributes=[])


_getsockname = native.held("getsockname", native.INT, native.INT, native.WORD, native.WORD)
_getpeername = native.held("getpeername", native.INT, native.INT, native.WORD, native.WORD)


def _address(ask: Any, fd: int) -> str:
    """``127.0.0.1:80``, ``[::1]:80``, the path of a unix socket; "" where there is none."""
    buffer, size = native.Buffer(_ADDRESS_BYTES), native.Buffer(8)
    size.store_words(_ADDRESS_BYTES)
    before = native.errno()
    failed = ask(fd, buffer.address, size.address)
    native.set_errno(before)
    if failed:
        return ""
    raw = buffer.bytes(min(native.read_word(size.address), _ADDRESS_BYTES))
    family = int.from_bytes(raw[:2], "little")
    port = int.from_bytes(raw[2:4], "big")
    if family == _IPV4:
        return ".".join([str(byte) for byte in raw[4:8]]) + ":" + str(port)
    if family == _IPV6:
        return "[" + _ipv6(raw[8:24]) + "]:" + str(port)
    path = raw[2:]
    return (("@" + path[1:].decode("utf-8", "replace")) if path[:1] == b"\0" else _c_string(path)) if path else ""


def _c_string(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "replace")


def _ipv6(raw: bytes) -> str:
    """With its longest run of zeros as ``::``."""
    groups = ["%x" % int.from_bytes(raw[index : index + 2], "big") for index in range(0, 16, 2)]
    for length in range(8, 1, -1):
        for start in range(9 - length):
            if groups[start : start + length] == ["0"] * length:
                return ":".join(groups[:start]) + "::" + ":".join(groups[start + length :])
    return ":".join(groups)


PRINTERS = {
    "_io.TextIOWrapper": text_file, "_io.BufferedReader": buffered, "_io.BufferedWriter": buffered,
    "_io.BufferedRandom": buffered, "_io.FileIO": raw_file, "_io.StringIO": memory_file, "_io.BytesIO": memory_file,
    "_socket.socket": socket,
}  # fmt: skip
MARKERS: dict[str, Any] = {}
