"""The script that is put into a running program and run there by a thread of ours (``target/live/stub.py``).

Its namespace holds two names, ``link`` and ``hold``: numbers of sockets. What comes over *link* first is a length and
that many bytes of marshal: a dict (``target/live/parcel.py``) with the agent's sources and what it has to know. Nothing
is raised here.
"""

import posix

_link: int = globals()["link"]
_message = ""
try:
    import marshal
    import sys

    sys.audit("cpython.remote_debugger_script", "<pydelve>")  # as 3.14's own way in tells; a hook may refuse by raising
    _wanted, _received = 4, b""
    while len(_received) < _wanted:
        _part = posix.read(_link, _wanted - len(_received))
        if not _part:
            raise EOFError("the debugger is gone")
        _received += _part
        if _wanted == 4 and len(_received) == 4:
            _wanted, _received = int.from_bytes(_received, "little"), b""
    _parcel = marshal.loads(_received)
    _file = _parcel["prefix"] + "/entry/attached.py"
    exec(compile(_parcel["entry"], _file, "exec", 0, True), {"parcel": _parcel})
except BaseException as _error:  # noqa: BLE001  whatever it is, the debugger is told, and the program is not
    _kind = "" if type(_error) is RuntimeError else type(_error).__name__ + ": "  # what we raise needs no kind
    _message = (_kind + str(_error))[:500]
if _message:
    try:
        # ("event", "refused", {"message": ...}) in marshal's version 2, by hand: it may be what could not be imported
        _text = _message.encode("utf-8", "replace")
        _size = len(_text).to_bytes(4, "little")
        _body = b"(\3\0\0\0u\5\0\0\0eventu\7\0\0\0refused{u\7\0\0\0messageu" + _size + _text + b"0"
        posix.write(_link, len(_body).to_bytes(4, "little") + _body)
    except OSError:
        _message = ""  # nobody is there to be told
    finally:
        posix.close(_link)
        posix.close(globals()["hold"])
