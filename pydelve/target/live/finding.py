"""The Python processes of this machine, as far as we may know of them. Stops nothing, reads no memory."""

from __future__ import annotations

import os
import re

import psutil

from pydelve.errors import PydelveError
from pydelve.records import dataclass
from pydelve.target.live import kernel
from pydelve.target.live.memory import Mapping, find_runtime, mapped_files
from pydelve.target.live.ptrace import tracer_of
from pydelve.target.live.surroundings import link

_CONTAINER_ID = re.compile(
    r"(?:/|-|:)(?:docker-|libpod-|crio-|cri-containerd-)?([0-9a-f]{64})(?:\.scope)?(?:/|$)", re.MULTILINE
)
_CONTAINER_NAME = re.compile(
    r"/(?:lxc/|lxc\.payload[./]|machine\.slice/machine-)([\w.@-]+?)(?:\.scope)?(?:/|$)", re.MULTILINE
)
_NAMED_PYTHON = re.compile(r"python(\d(\.\d+)?t?)?$")


@dataclass(frozen=True, slots=True)
class PythonProcess:
    """One process that runs a CPython."""

    pid: int
    user: str
    """Name, or number where it has none."""
    version: str
    """``3.13.0``, ``3.9`` where the file tells no more; "" where it may not be looked into."""
    command: tuple[str, ...]
    container: str = ""
    """The first digits of its container's id, or its name; ``pid:4026532181`` where only another namespace of pids is
    known; "" where it is in the same as we are."""
    debugger: str = ""
    """``pydelve 1234``, or what traces it: ``gdb 1234``; "" where nobody is known to."""


def find_processes() -> list[PythonProcess]:
    """All of them but ourselves, by ascending pid. Those that may not be looked into are taken by their name."""
    finder = _Finder()
    found = []
    for process in psutil.process_iter(["pid", "username", "cmdline"]):
        facts = process.info
        command = tuple(facts["cmdline"] or ())
        if command and facts["pid"] != os.getpid():
            version = finder.version(facts["pid"], command)
            if version is not None:
                found.append(
                    PythonProcess(
                        facts["pid"], facts["username"] or "?", version, command, finder.container(facts["pid"]),
                        _debugger(facts["pid"]),
                    )
                )  # fmt: skip
    return sorted(found, key=lambda process: process.pid)


class _Finder:
    """Remembers what the files are that many processes have."""

    def __init__(self) -> None:
        self._known: dict[str, str | None] = {}
        self._ours = _container(os.getpid()), link("/proc/self/ns/pid")

    def container(self, pid: int) -> str:
        """See ``PythonProcess``."""
        return container_beside(_container(pid), link(f"/proc/{pid}/ns/pid"), self._ours)

    def version(self, pid: int, command: tuple[str, ...]) -> str | None:
        """None for what is no Python."""
        try:
            files = mapped_files(pid)
        except PydelveError:
            return "" if _NAMED_PYTHON.fullmatch(os.path.basename(command[0])) else None
        # An interpreter built into a program has another name: then it is the program's own file.
        likely = [file for file in files if "python" in os.path.basename(file.path)] or _program(pid, files)
        if not likely:
            return None
        # The same path may be another file in a container.
        key = "\0".join(file.path for file in likely) + _root(pid)
        if key not in self._known:
            self._known[key] = _version(pid, likely)
        return self._known[key]


def _container(pid: int) -> str:
    return container_in(kernel.content(f"/proc/{pid}/cgroup").decode(errors="replace"))


def container_in(groups: str) -> str:
    """What control groups say: an id by Docker, podman, containerd, Kubernetes; a name by LXC, systemd-nspawn."""
    if found := _CONTAINER_ID.search(groups):
        return found[1][:12]
    if found := _CONTAINER_NAME.search(groups):
        return found[1]
    return ""


def container_beside(name: str, space: str, ours: tuple[str, str]) -> str:
    """What to call a process's container; "" where it is ours, as far as is known.

    Args:
        name: As :func:`container_in`: everybody may read it.
        space: The namespace of its pids, as ``/proc`` names it; "" where it may not be read: another user's.
        ours: The same of us.
    """
    if name in ("", ours[0]) and space in ("", ours[1]):
        return ""
    return name or space.replace("[", "").replace("]", "")


def _debugger(pid: int) -> str:
    if other := kernel.pydelve_in(pid):
        return f"pydelve {other}"
    tracer = tracer_of(pid, pid)
    return (
        f"{kernel.content(f'/proc/{tracer}/comm').decode(errors='replace').strip() or '?'} {tracer}" if tracer else ""
    )


def _program(pid: int, files: list[Mapping]) -> list[Mapping]:
    try:
        program = os.readlink(f"/proc/{pid}/exe")
    except OSError:
        return []
    return [file for file in files if file.path == program]


def _root(pid: int) -> str:
    try:
        return os.readlink(f"/proc/{pid}/ns/mnt") + os.readlink(f"/proc/{pid}/root")
    except OSError:
        return str(pid)


def _version(pid: int, files: list[Mapping]) -> str | None:
    try:
        runtime = find_runtime(pid, None, files)
    except PydelveError:
        return None
    return ".".join(str(part) for part in runtime.version if part >= 0)
