"""The script that is put into a running program and run there by a thread of ours (``target/live/stub.py``).

Its namespace holds two names, ``link`` and ``hold``: numbers of sockets. What comes over *link* first is a length and
that many bytes of marshal: a dict (``target/live/parcel.py``) with the agent's sources and what it has to know. Nothing
is raised here.

Importing runs nothing of the program's, which may have a function of its own in place of ``__import__``, or finders
before Python's: modules come from importlib itself, where the builtins' ``__loader__`` is from, and what is built in is
loaded as such. All that follows runs with builtins of its own, which have that ``__import__``.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from typing import Any

_builtins = globals()["__builtins__"]
_scope = dict(_builtins if type(_builtins) is dict else _builtins.__dict__)
try:
    _importlib = _scope["__loader__"].find_spec.__func__.__globals__
except (AttributeError, KeyError):  # it was taken away
    _importlib = __import__("_frozen_importlib").__dict__
sys = _importlib["sys"]


def _import(
    name: str, globals_: "Any" = None, locals_: "Any" = None, fromlist: "tuple[str, ...]" = (), level: int = 0
) -> "Any":
    if level == 0 and name not in sys.modules and name in sys.builtin_module_names:
        return _importlib["_load"](_importlib["BuiltinImporter"].find_spec(name))
    return _importlib["__import__"](name, globals_, locals_, fromlist, level)


_scope["__import__"] = _import
posix = _import("posix")
_link: int = globals()["link"]
_message = ""
try:
    sys.audit("cpython.remote_debugger_script", "<pydelve>")  # as 3.14's own way in tells; a hook may refuse by raising
    _received, _at = memoryview(bytearray(4)), 0
    while _at < len(_received):
        _count = posix.readv(_link, [_received[_at:]])  # into its place: there are megabytes of it
        if not _count:
            raise EOFError("the debugger is gone")
        _at += _count
        if _at == len(_received) == 4:
            _received, _at = memoryview(bytearray(int.from_bytes(_received, "little"))), 0
    _parcel = _import("marshal").loads(_received)
    _file = _parcel["prefix"] + "/entry/attached.py"
    exec(compile(_parcel["entry"], _file, "exec", 0, True), {"parcel": _parcel, "__builtins__": _scope})
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
