"""A core file as a ``looking.Source``: it stands for ever, and can only be looked at. Engine's thread."""

from __future__ import annotations

import os
import shlex
import signal
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from typing import NoReturn

from pydelve.api.attach import CoreOptions
from pydelve.api.target import StopReason, TargetInfo
from pydelve.errors import NotAPythonError, TargetError, UnsupportedError
from pydelve.target.core.file import CoreFile, CoreFormatError, CoreThread, MappedFile
from pydelve.target.core.memory import CoreMemory
from pydelve.target.cpython.layout import Runtime, choose_layout
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.cpython.names import ModuleNames
from pydelve.target.cpython.view import MAIN_THREAD, SystemCall, View
from pydelve.target.live import kernel
from pydelve.target.live.elf import ElfError, ElfFile
from pydelve.target.live.memory import Mapping, interpreter_among, section_among

_ENTRY = 9  # AT_ENTRY: elf.h
_MOST_LISTED = 3


class CoreSource:
    """See ``looking.Source``."""

    reason: StopReason = "core"
    exit_fd = -1

    def __init__(self, options: CoreOptions) -> None:
        """Opens everything.

        Raises:
            TargetError: it can't be read, is no core file, or the files that it is of are not here.
            NotAPythonError, UnsupportedError: it is of no CPython whose structures are known.
        """
        self._path = options.path
        with ExitStack() as undo:
            core = self._opened(options.path)
            substitutes = _substitutes(core, options.executable)
            self._memory = undo.enter_context(closing(CoreMemory(core, substitutes)))
            if options.executable:
                self._check(core, options.executable, substitutes)
            runtime = self._runtime(core, options.executable)
            try:
                layout = choose_layout(self._memory, runtime)
                self.view = View(self._memory, runtime, layout, _CoreSurroundings(core, self._memory))
            except UnreadableError as error:
                raise self._unusable(core, str(error)) from None
            except UnsupportedError as error:
                raise UnsupportedError(f"{options.path}: {error.message}", why=error.why, hint=error.hint) from None
            undo.pop_all()
        self.main = self.pid = core.pid or (core.threads[0].native_id if core.threads else 0)
        self.anew = "ulimit -c unlimited, before the program is started, for a whole core"
        self.first = core.threads[0].native_id if core.threads else 0  # the one that crashed; gcore: its current one
        self.detail = _cause(core)
        self.problems = self._doubts(core, exact=layout.exact)
        words = self._command(core)
        self.info = TargetInfo(
            self.pid, runtime.text, _program(core), words, "", launched=False, capabilities=(),
            limited=f"{options.path} is a core file: the process is no more", core=options.path,
        )  # fmt: skip

    @staticmethod
    def _opened(path: str) -> CoreFile:
        try:
            return CoreFile(path)
        except OSError as error:
            raise TargetError(
                f"{path} can't be read", why=os.strerror(error.errno or 0), hint=f"ls -l {os.path.dirname(path) or '.'}"
            ) from None
        except CoreFormatError as error:
            raise TargetError(f"{path} can't be read as a core file", why=str(error), hint=f"file {path}") from None

    def _runtime(self, core: CoreFile, executable: str) -> Runtime:
        refused: list[str] = []

        def opened(mapping: Mapping) -> ElfFile:
            try:
                return _opened_elf(self._memory, mapping)
            except (OSError, ElfError, UnreadableError) as error:
                if "python" in os.path.basename(mapping.path) or mapping.path == _program(core):
                    reason = error.strerror if isinstance(error, OSError) else str(error)
                    refused.append(f"{self._memory.path_of(mapping.path)}: {reason}")
                raise ElfError(str(error)) from None

        found = interpreter_among(_mappings(core), opened, self._memory)
        if found is not None:
            return found[0]
        if refused:
            raise self._unusable(core, "; ".join(refused[:_MOST_LISTED]))
        raise NotAPythonError(
            f"{self._path} is of no CPython",
            why=f"it is of {core.command or 'an unknown program'}, and no file that it had mapped holds an interpreter",
            hint="pydelve help core",
        )

    def _check(self, core: CoreFile, executable: str, substitutes: dict[str, str]) -> None:
        """What ``--exe`` names must be what the core is of, also where nothing of it will be read."""
        program = _program(core)
        if not substitutes:
            raise self._unusable(core, f"{executable}: none of them is in this folder")
        if not program or program not in substitutes:
            return
        try:
            self._memory.check(program)
        except UnreadableError as error:
            raise self._unusable(core, f"{substitutes[program]}: {error}") from None

    def _unusable(self, core: CoreFile, why: str) -> TargetError:
        program = os.path.basename(_program(core)) or "python"
        return TargetError(
            f"{self._path} can't be looked into without the files it is of", why=why,
            hint=f"pydelve core {self._path} --exe /path/to/that/{program}",
        )  # fmt: skip

    def _doubts(self, core: CoreFile, *, exact: bool) -> list[str]:
        found = []
        if core.missing_bytes:
            found.append(f"the core file is cut: {core.missing_bytes:,} bytes are missing at its end")
        if not exact:
            found.append("its exact layout is not known; that of the nearest version is used")
        found += [
            f"whether {path} is the file that was mapped can't be told: the core has not got its build id"
            for path in self._memory.doubts[:_MOST_LISTED]
        ]
        return found

    def _command(self, core: CoreFile) -> tuple[str, ...]:
        """The words after the program's, as ``sys`` tells, else cut, as the core does."""
        words = tuple(core.command.split(" "))[1:] if core.command else ()
        with suppress(UnreadableError):
            names = ModuleNames(self.view.objects, self.view.interpreters.modules(), lambda path: path)
            words = names.command() or words
        return words

    # -- looking.Source ------------------------------------------------------------------------------------------------

    def hold(self) -> str:
        """See ``Source``: it stands."""
        return ""

    def let_go(self) -> None:
        """See ``Source``."""

    def clock(self) -> None:
        """See ``Source``: no note tells."""

    def look_after(self) -> bool:
        """See ``Source``."""
        return False

    def kill(self) -> NoReturn:
        """See ``Source``: never asked of a core file."""
        raise NotImplementedError

    def send(self, number: int) -> NoReturn:
        """See ``Source``: never asked of a core file."""
        raise NotImplementedError

    def dump(self, path: str, going_on: Callable[[int, int], bool]) -> NoReturn:
        """See ``Source``."""
        raise UnsupportedError(
            "there is no process to dump",
            why=f"{self._path} is a core file already",
            hint=shlex.join(["cp", self._path, f"{path}.copy" if _are_one(path, self._path) else path]),
        )

    def exit_status(self) -> NoReturn:
        """See ``Source``: it can't end."""
        raise NotImplementedError

    def close(self) -> None:
        """See ``Source``."""
        self._memory.close()


class _CoreSurroundings:
    """What the notes tell of threads: implements ``cpython.view.Surroundings``."""

    def __init__(self, core: CoreFile, memory: CoreMemory) -> None:
        self._threads: dict[int, CoreThread] = {thread.native_id: thread for thread in core.threads}
        self._core, self._memory = core, memory

    def native_ids(self) -> dict[int, int]:
        """See ``Surroundings``: as the process itself counted."""
        return {native_id: native_id for native_id in self._threads}

    def thread_name(self, native_id: int) -> str:
        """See ``Surroundings``: no note tells."""
        return MAIN_THREAD if native_id == self._core.pid else ""

    def system_call(self, native_id: int) -> SystemCall | bool:
        """See ``Surroundings``: by the registers. A call that was interrupted for the core has the result for that."""
        thread = self._threads.get(native_id)
        if thread is None:
            return False
        machine = self._core.machine
        call = machine.interrupted(thread.registers, self._read)
        if call is None:
            return True
        return SystemCall(call.number, kernel.call_name(call.number, machine.name), call.first)

    def _read(self, address: int, size: int) -> bytes:
        try:
            return self._memory.read(address, size)
        except UnreadableError:
            return b""

    def section(self, name: str) -> int:
        """See ``Surroundings``."""

        def opened(mapping: Mapping) -> ElfFile:
            try:
                return _opened_elf(self._memory, mapping)
            except UnreadableError as error:
                raise ElfError(str(error)) from None

        return section_among(_mappings(self._core), opened, name)

    def absolute(self, file: str) -> str:
        """See ``Surroundings``: as far as the names tell, and as files are here."""
        if file.startswith("<") or not file:
            return file
        with suppress(OSError, ValueError):
            return os.path.realpath(file)
        return file


def _mappings(core: CoreFile) -> list[Mapping]:
    """The files that were mapped, each once, where it begins."""
    first: dict[str, MappedFile] = {}
    for mapped in core.files:
        if mapped.path not in first or mapped.offset < first[mapped.path].offset:
            first[mapped.path] = mapped
    return [Mapping(mapped.start, mapped.end, mapped.offset, mapped.path) for mapped in first.values()]


def _opened_elf(memory: CoreMemory, mapping: Mapping) -> ElfFile:
    """A mapped file as it is here.

    Raises:
        OSError, ElfError, UnreadableError: it is not here, or another one.
    """
    with open(memory.path_of(mapping.path), "rb") as file:
        elf = ElfFile(file)
    memory.check(mapping.path)
    return elf


def _substitutes(core: CoreFile, executable: str) -> dict[str, str]:
    """``--exe`` stands for the program; a folder also for each file that lies in it under its own name."""
    if not executable:
        return {}
    if not os.path.isdir(executable):
        return {_program(core): executable}
    here = {mapped.path: os.path.join(executable, os.path.basename(mapped.path)) for mapped in core.files}
    return {path: found for path, found in here.items() if os.path.exists(found)}


def _are_one(path: str, other: str) -> bool:
    with suppress(OSError):
        return os.path.samefile(path, other)
    return False


def _program(core: CoreFile) -> str:
    """Path of the program, which is what is mapped at its entry."""
    entry = core.auxiliary.get(_ENTRY, 0)
    for mapped in core.files:
        if mapped.start <= entry < mapped.end:
            return mapped.path
    return core.files[0].path if core.files else ""


def _cause(core: CoreFile) -> str:
    number = core.threads[0].signal if core.threads else 0
    if not number:
        return ""
    try:
        return f"after {signal.Signals(number).name} (signal {number})"
    except ValueError:
        return f"after signal {number}"
