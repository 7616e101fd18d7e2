"""How a running program gets its agent: the second half of what ``bootstrap.py`` begins, in the same thread.

That thread ends with this; the agent's own goes on. Other threads of the program run meanwhile. Run in a namespace that
holds ``parcel``. What is raised here goes to ``bootstrap.py``, which tells the debugger and closes the sockets.
"""

import _imp
import marshal
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import CodeType, FrameType
    from typing import Any

parcel: "dict[str, Any]" = globals()["parcel"]
_PATIENCE = 100  # two seconds
_HEADER_BYTES = 16  # of a .pyc file
_READER = "_serve_link"  # the function that an agent's own thread is in (core.py)


def _other_debugger() -> int:
    """Pid of the debugger whose agent is here already, 0 where none is."""
    frame: "FrameType | None"
    for frame in sys._current_frames().values():
        while frame is not None:
            if frame.f_code.co_name == _READER and "AGENT_PREFIX" in frame.f_globals:
                pid: int = frame.f_globals.get("DEBUGGER", 0)
                return pid
            frame = frame.f_back
    return 0


def _read_code(name: str) -> "CodeType":
    file = parcel["prefix"] + "/" + name.replace(".", "/") + ".py"
    code: "CodeType"
    compiled = parcel["compiled"].pop(name, None)
    if compiled is not None:
        code = marshal.loads(memoryview(compiled)[_HEADER_BYTES:])
        _imp._fix_co_filename(code, file)  # type: ignore[attr-defined]  # as importlib does it
        return code
    code = compile(parcel["sources"].pop(name), file, "exec", 0, True, 2)
    return code


def _keep_one_of_each() -> None:
    """Of what is compiled for this very version the sources are not needed; what is of another one is of no use."""
    magic = sys.modules["_frozen_importlib_external"].MAGIC_NUMBER
    compiled: "dict[str, bytes]" = parcel["compiled"]
    for name in list(compiled):
        unneeded = parcel["sources"] if compiled[name][:4] == magic else compiled
        del unneeded[name]


def _enter() -> None:
    if sys.version_info < (3, 9) or sys.implementation.name != "cpython":
        raise RuntimeError("it is no CPython 3.9 or newer")
    tries, other = 0, _other_debugger()
    while other and tries < _PATIENCE:  # one that is just leaving needs the interpreter, as we do
        time.sleep(0.02)
        tries, other = tries + 1, _other_debugger()
    if other:
        raise RuntimeError("another pydelve, process %d, has attached to it already" % other)
    _keep_one_of_each()
    namespace: "dict[str, Any]" = {"__name__": "pydelve.agent.loader"}
    exec(_read_code("loader"), namespace)
    starting = namespace["load"](_read_code, "starting", parcel["prefix"], parcel["debugger"], False)
    starting.attach(parcel["link"], parcel["hold"], parcel["blocked"])


try:
    _enter()
except BaseException:
    parcel.clear()
    raise
parcel.pop("entry", None)  # what is left of the modules is for modules that are needed later
