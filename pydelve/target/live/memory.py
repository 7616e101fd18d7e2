"""The memory of a live process on Linux, and where in it the interpreter is, through ``/proc``. Stops nothing.

Reading needs the rights that ptrace needs; what lacks is diagnosed here. Files are opened through ``/proc/PID/root``,
so that a container's are found.
"""

from __future__ import annotations

import os

from pydelve.errors import NotAPythonError, PydelveError, TargetError, TargetGoneError, UnsupportedError
from pydelve.light_typing import NamedTuple
from pydelve.target.cpython.layout import Runtime, cookie_version, has_cookie, split_version
from pydelve.target.cpython.layouts import INDEX
from pydelve.target.cpython.memory import PAGE_SIZE, Memory, UnreadableError
from pydelve.target.live.elf import ElfError, ElfFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Self, TypeVar

    T = TypeVar("T")

_DELETED = " (deleted)"
_ELF_CLASS_32 = 1
_SCOPE_FILE = "/proc/sys/kernel/yama/ptrace_scope"


class ProcessMemory(Memory):
    """Reads ``/proc/PID/mem``."""

    def __init__(self, pid: int, command: str = "stack") -> None:
        """Opens it; ``command`` is the one that needs it, for hints.

        Raises:
            TargetGoneError: there is no such process, or it has ended.
            TargetError: it may not be looked into.
        NotAPythonError: it has no memory.
        """
        super().__init__()
        self.pid = pid
        try:
            self._fd = os.open(f"/proc/{pid}/mem", os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            raise no_such_process(pid) from None
        except ProcessLookupError:  # it has no memory: the kernel's own, or just ended
            raise _not_a_python(pid) from None
        except PermissionError:
            raise not_permitted(pid, command) from None

    def close(self) -> None:
        """Let go of it."""
        os.close(self._fd)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def read_now(self, address: int, size: int) -> bytes:
        """Bytes as they are at this moment, past what is kept; fewer where there are no more."""
        try:
            return os.pread(self._fd, size, address)
        except (OSError, OverflowError):  # OverflowError: an address of the kernel's half
            return b""

    def _read_page(self, number: int) -> bytes:
        address = number * PAGE_SIZE
        try:
            page = os.pread(self._fd, PAGE_SIZE, address)
        except (OSError, OverflowError):
            raise UnreadableError(f"{address:#x} is not in memory") from None
        if len(page) != PAGE_SIZE:
            raise UnreadableError(f"{address:#x} is not in memory")
        return page


class Mapping(NamedTuple):
    """The first mapping of a file."""

    start: int
    end: int
    offset: int
    path: str


# -- what is wrong with a process --------------------------------------------------------------------------------------


def no_such_process(pid: int) -> TargetGoneError:
    """There is none."""
    return TargetGoneError(f"no process {pid}", why="it has ended, or never was", hint="pydelve ps")


def check_process(pid: int) -> tuple[int, str]:
    """Pid of the process, where a thread's id was given, and its state letter.

    Raises:
        TargetGoneError: there is none, or it has ended.
        TargetError: it is ourselves.
    """
    if pid <= 0:
        raise no_such_process(pid)
    status = {}
    try:
        with open(f"/proc/{pid}/status", "rb") as file:
            for line in file:
                name, _, value = line.partition(b":")
                status[name] = value.strip()
    except (FileNotFoundError, ProcessLookupError):
        raise no_such_process(pid) from None
    pid = int(status.get(b"Tgid", b"0")) or pid
    if pid == os.getpid():
        raise TargetError(f"process {pid} is pydelve itself", why="it can't stop to look at itself", hint="pydelve ps")
    letter = status.get(b"State", b"?")[:1].decode()
    if letter in "ZX":
        raise TargetGoneError(
            f"process {pid} has ended",
            why=f"it is a zombie until its parent, process {int(status.get(b'PPid', b'0'))}, takes note",
            hint="pydelve ps",
        )
    return pid, letter


def not_permitted(pid: int, command: str = "stack") -> TargetError:
    """It may not be looked into, and why."""
    message = f"process {pid} may not be looked into"
    try:
        owner = os.stat(f"/proc/{pid}").st_uid
    except OSError:
        return no_such_process(pid)
    if owner != os.geteuid():
        return TargetError(
            message, why=f"it runs as {_user_name(owner)}, pydelve as {_user_name(os.geteuid())}",
            hint=f"sudo pydelve {command} {pid}",
        )  # fmt: skip
    scope = ptrace_scope()
    if scope == 3:
        return TargetError(
            message, why="kernel.yama.ptrace_scope is 3, which refuses everybody until the machine is started anew"
        )
    if scope:
        who = "only its parent may" if scope == 1 else "only root may"
        return TargetError(
            message, why=f"kernel.yama.ptrace_scope is {scope}: {who}", hint=f"sudo pydelve {command} {pid}"
        )
    return TargetError(
        message,
        why="the kernel refused it: the process changed its user or rights, or a container lacks the capability",
        hint=f"sudo pydelve {command} {pid}, or start the container with --cap-add=SYS_PTRACE",
    )


def ptrace_scope() -> int:
    """``kernel.yama.ptrace_scope``; 0 where the kernel has none."""
    try:
        with open(_SCOPE_FILE, "rb") as file:
            return int(file.read())
    except (OSError, ValueError):
        return 0


def _user_name(uid: int) -> str:
    try:
        with open("/etc/passwd", encoding="utf-8", errors="replace") as file:
            for line in file:
                fields = line.split(":")
                if len(fields) > 2 and fields[2] == str(uid):
                    return fields[0]
    except OSError:
        pass
    return f"user {uid}"


# -- the interpreter ---------------------------------------------------------------------------------------------------


def mapped_files(pid: int) -> list[Mapping]:
    """The files a process has mapped, each once, those that may hold the interpreter first.

    Raises:
        TargetGoneError: there is no such process.
        TargetError: it may not be looked into.
    """
    try:
        with open(f"/proc/{pid}/maps", "rb") as file:
            lines = file.read().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        raise no_such_process(pid) from None
    except PermissionError:
        raise not_permitted(pid) from None
    found: dict[bytes, Mapping] = {}
    for line in lines:
        words = line.split(None, 5)
        if len(words) == 6 and words[5].startswith(b"/") and words[5] not in found:
            start, _, end = words[0].partition(b"-")
            path = words[5]
            found[path] = Mapping(int(start, 16), int(end, 16), int(words[2], 16), os.fsdecode(path))
    return sorted(found.values(), key=_likelihood)


def _likelihood(mapping: Mapping) -> int:
    name = mapping.path.rpartition("/")[2]
    return 0 if name.startswith("libpython") else 1 if "python" in name else 2


def find_runtime(pid: int, memory: Memory | None, files: list[Mapping] | None = None) -> Runtime:
    """The interpreter of a process, as :func:`find_interpreter`."""
    return find_interpreter(pid, memory, files)[0]


def find_interpreter(pid: int, memory: Memory | None, files: list[Mapping] | None = None) -> tuple[Runtime, Mapping]:
    """The interpreter of a process, and its file; its version from the file alone where there is no ``memory``.

    ``files`` are those to look into: all that are mapped, where None.

    Raises:
        NotAPythonError: no file of it holds a CPython.
        TargetGoneError, TargetError: as :func:`mapped_files`.
        UnsupportedError: a process of 32 bits.
    """
    found = interpreter_among(
        mapped_files(pid) if files is None else files, lambda mapping: open_mapped(pid, mapping), memory
    )
    if found is None:
        raise _not_a_python(pid)
    return found


def interpreter_among(
    files: list[Mapping], opened: Callable[[Mapping], ElfFile], memory: Memory | None
) -> tuple[Runtime, Mapping] | None:
    """The interpreter that one of these files holds, and which one; None where none does."""
    likely = [mapping for mapping in files if not mapping.path.endswith((".mo", ".cache", "locale-archive"))]

    def runtime_in(mapping: Mapping, elf: ElfFile) -> tuple[Runtime, Mapping] | None:
        symbol = elf.symbol("_PyRuntime") or elf.section_place(".PyRuntime")
        if symbol is None:
            return None
        address = elf.bias(mapping.start, mapping.offset) + symbol.value
        version = _version(elf, mapping.path, symbol.size, address, memory)
        return Runtime(address, symbol.size, version), mapping

    return _first(sorted(likely, key=_likelihood), opened, runtime_in)


def section_among(files: list[Mapping], opened: Callable[[Mapping], ElfFile], name: str) -> int:
    """Address of a section in the first of these files that has one of that name; 0 where none has.

    Looked into are those that an interpreter and its extension modules are of.
    """
    # libpython, python, _asyncio.cpython-314-...
    likely = [mapping for mapping in files if "python" in mapping.path.rpartition("/")[2]]

    def section_in(mapping: Mapping, elf: ElfFile) -> int | None:
        place = elf.section_place(name)
        return None if place is None else elf.bias(mapping.start, mapping.offset) + place.value

    return _first(likely, opened, section_in) or 0


def _first(
    files: list[Mapping], opened: Callable[[Mapping], ElfFile], ask: Callable[[Mapping, ElfFile], T | None]
) -> T | None:
    """The first answer of one of these files that is one, of those that can be opened."""
    for mapping in files:
        try:
            elf = opened(mapping)
        except (OSError, ElfError):
            continue
        try:
            answer = ask(mapping, elf)
        finally:
            elf.close()
        if answer is not None:
            return answer
    return None


def open_mapped(pid: int, mapping: Mapping) -> ElfFile:
    """The file as the process has it: replaced ones by the mapping itself, where the kernel lets us."""
    if mapping.path.endswith(_DELETED):
        path = f"/proc/{pid}/map_files/{mapping.start:x}-{mapping.end:x}"
    else:
        path = f"/proc/{pid}/root{mapping.path}"
    with open(path, "rb") as file:
        return ElfFile(file)


def _version(elf: ElfFile, path: str, size: int, address: int, memory: Memory | None) -> tuple[int, int, int]:
    """By what the runtime says, the symbol Py_Version (3.11 and newer), the file's name, the runtime's size."""
    if memory is not None:
        try:
            if has_cookie(memory, address):
                return cookie_version(memory, address)[0]
        except UnreadableError:
            pass
    symbol = elf.symbol("Py_Version")
    number = elf.word_at(symbol.value) if symbol else None
    if number:
        return split_version(number)
    _, found, digits = path.rpartition("/")[2].partition("python3.")
    minor = digits[: len(digits) - len(digits.lstrip("0123456789"))]
    if found and minor:
        return 3, int(minor), -1
    for version, runtime_size, _ in INDEX:
        if runtime_size == size:
            return version[0], version[1], -1
    return 3, 0, -1


def _not_a_python(pid: int) -> PydelveError:
    name, head = _program(pid)
    if not name:
        return NotAPythonError(
            f"process {pid} runs no Python", why="it has no program: the kernel's own", hint="pydelve ps"
        )
    if len(head) == 5 and head[4] == _ELF_CLASS_32:
        return UnsupportedError(
            f"process {pid} is of 32 bits", why=f"{name} is; pydelve reads programs of 64 bits", hint="pydelve ps"
        )
    return NotAPythonError(
        f"process {pid} runs no CPython", why=f"it is {name}, and no file of it holds an interpreter", hint="pydelve ps"
    )


def _program(pid: int) -> tuple[str, bytes]:
    """Name and first bytes of a process's program; ("", b"") where it has none."""
    try:
        with open(f"/proc/{pid}/exe", "rb") as file:
            return os.path.basename(os.readlink(f"/proc/{pid}/exe")), file.read(5)
    except OSError:
        return "", b""
