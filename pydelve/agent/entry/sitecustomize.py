"""How a launched program gets its agent: Python imports ``sitecustomize`` while it starts, before the program's first
line.

The launcher puts this folder first on ``PYTHONPATH`` and two sockets' numbers into ``PYDELVE_LAUNCH``; a debugged
program that starts another one (``agent/children/spawning.py``) does the same with the name of a socket to call. This
module takes both away again, starts the agent, and then stands aside: the environment's own ``sitecustomize``, if there
is one, is imported in its place, and if there is none, ``site`` sees the ImportError it always sees. The program is run
by CPython's own main, with nothing of ours beneath it. (CPython ``Lib/site.py``: ``execsitecustomize``.) Syntax
here must parse on any Python 3.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import CodeType
    from typing import Any

_NEEDED_DESCRIPTORS = 20


def _leave_no_trace(folder: str) -> str:
    """Take ourselves off the environment and the import system; gives the launcher's message."""
    environ = sys.modules["os"].environ
    message: str = environ.pop("PYDELVE_LAUNCH", "")
    rest = environ.get("PYTHONPATH", "").split(":")
    if rest and rest[0] == folder:
        rest = rest[1:]
        if rest:
            environ["PYTHONPATH"] = ":".join(rest)
        else:
            del environ["PYTHONPATH"]
    while folder in sys.path:
        sys.path.remove(folder)
    sys.path_importer_cache.pop(folder, None)
    if "e" in message.rpartition(",")[2]:
        environ["PYTHONPATH"] = ""
    return message


def _take_terminal() -> None:
    """Make the terminal we were started on our controlling one: the first a session's leader opens becomes it."""
    posix = sys.modules["posix"]
    posix.close(posix.open(posix.ttyname(0), posix.O_RDWR))


def _has_descriptors() -> bool:
    """Are there enough for an agent to start and to load more of itself later? Else the program runs on without us."""
    posix = sys.modules["posix"]
    taken: "list[int]" = []
    try:
        while len(taken) < _NEEDED_DESCRIPTORS:
            taken.extend(posix.pipe())
    except OSError:
        return False
    finally:
        for fd in taken:
            posix.close(fd)
    return True


def _start(message: str, folder: str) -> None:
    agent = folder.rpartition("/")[0]
    loader_type = sys.modules["_frozen_importlib_external"].SourceFileLoader

    def read_code(name: str) -> "CodeType":
        loader = loader_type("pydelve.agent." + name, agent + "/" + name.replace(".", "/") + ".py")
        code: "CodeType" = loader.get_code("pydelve.agent." + name)
        return code

    namespace: "dict[str, Any]" = {"__name__": "pydelve.agent.loader"}
    exec(read_code("loader"), namespace)
    if message.startswith("@"):
        address = message[1:].partition(",")[0]
        debugger = int(address.split("-")[1])
        namespace["load"](read_code, "starting", agent, debugger).start_child(address)
        return
    link, hold, flags = message.split(",")
    if "t" in flags:
        _take_terminal()
    starting = namespace["load"](read_code, "starting", agent, sys.modules["posix"].getppid())
    starting.start(int(link), int(hold), "p" in flags)


_folder = __file__.rpartition("/")[0]
_message = _leave_no_trace(_folder)
_known = (3, 9) <= sys.version_info < (3, 16) and sys.implementation.name == "cpython"
if _message and _known and (_message[:1] != "@" or _has_descriptors()):
    _start(_message, _folder)
del sys.modules["sitecustomize"]
import sitecustomize  # noqa: E402, F401  the environment's own one, or the ImportError that site expects
