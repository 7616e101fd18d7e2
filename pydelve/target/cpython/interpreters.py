"""Interpreters of a process, their threads, who holds their GIL, and the names that ``threading`` knows."""

from __future__ import annotations

from itertools import islice

from pydelve.light_typing import NamedTuple
from pydelve.target.cpython.layout import Runtime
from pydelve.target.cpython.memory import Fields, UnreadableError
from pydelve.target.cpython.objects import ObjectReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_INTERPRETERS = 1_000
_MOST_THREADS = 100_000
_MOST_NAMED = 100_000
_TID_OFFSETS = (720, *range(64, 2048, 4))  # of `tid` in glibc's struct pthread (nptl/descr.h): 720 on x86-64 for long


class RawThread(NamedTuple):
    """A thread state in memory."""

    address: int
    interpreter: int
    """Number of its interpreter; 0 is the main one."""
    ident: int
    """``threading.get_ident()``."""
    native_id: int
    """As the target's own kernel namespace counts; 0 where not known."""
    gil: int
    """Address of the lock that lets it run Python."""
    holds_gil: bool


class InterpreterReader:
    """Walks from the runtime to the threads."""

    def __init__(self, objects: ObjectReader, runtime: Runtime) -> None:
        self._objects = objects
        self._memory = objects.memory
        self._at = objects.at
        self._runtime = runtime

    def threads(self, native_ids: set[int]) -> tuple[list[RawThread], str]:
        """All threads that run Python, newest first, and what kept the list from being whole.

        Args:
            native_ids: The process's threads as the target's own namespace counts them: up to 3.10 the way to find
                which is which.

        Raises:
            UnreadableError: not even the first interpreter can be read, or it is laid out in another way.
        """
        found: list[RawThread] = []
        try:
            for interpreter in self._interpreters():
                self._add_threads(interpreter, found)
        except UnreadableError as error:
            if not found:
                raise
            return self._numbered(found, native_ids), str(error)
        return self._numbered(found, native_ids), ""

    def _add_threads(self, interpreter: int, found: list[RawThread]) -> None:
        memory, at = self._memory, self._at
        number = memory.word(interpreter + at["interpreter.id"])
        fields = Fields({f"thread.{name}": "Q" for name in ("next", "interpreter", "ident", "native_id")}, at)
        next_at, owner_at, ident_at, native_at = fields.order
        gil, holder = self._gil(interpreter)
        seen: set[int] = set()
        address = memory.word(interpreter + at["interpreter.threads_head"])
        while address:
            if address in seen or len(seen) >= _MOST_THREADS:
                raise UnreadableError("the chain of threads does not end")
            seen.add(address)
            state = memory.fields(address, fields)
            if state[owner_at] != interpreter:
                raise UnreadableError("a thread state that is not its interpreter's")
            native_id = state[native_at] if native_at >= 0 else 0
            found.append(RawThread(address, number, state[ident_at], native_id, gil, address == holder))
            address = state[next_at]

    def _gil(self, interpreter: int) -> tuple[int, int]:
        """Address of the interpreter's GIL, and the thread state that holds it; 0 where none does."""
        if self._objects.minor >= 12:
            gil = self._memory.word(interpreter + self._at["interpreter.gil"])
        else:
            gil = self._runtime.address + self._at["runtime.gil"]
        locked = gil and self._memory.integer(gil + self._at["gil.locked"]) == 1
        return gil, self._memory.word(gil + self._at["gil.holder"]) if locked else 0

    @property
    def gil_size(self) -> int:
        """Bytes of a GIL: a thread that waits on an address in it waits for it."""
        return self._at["gil._size"]

    def _numbered(self, threads: list[RawThread], native_ids: set[int]) -> list[RawThread]:
        """The same with native ids, which up to 3.10 only the C library's own structure has."""
        if "thread.native_id" in self._at or not threads:
            return threads
        for offset in _TID_OFFSETS:
            try:
                found = [self._memory.integer(thread.ident + offset) for thread in threads]
            except UnreadableError:
                continue
            if native_ids.issuperset(found) and len(set(found)) == len(found):
                return [raw._replace(native_id=number) for raw, number in zip(threads, found, strict=True)]
        return threads

    # -- names ---------------------------------------------------------------------------------------------------------

    def thread_names(self) -> dict[int, str]:
        """Names by ident, from the table of the main interpreter's ``threading``; {} where that can't be read."""
        try:
            return self._thread_names()
        except UnreadableError:
            return {}

    def main(self) -> int:
        """Address of the main interpreter.

        Raises:
            UnreadableError: it can't be read, or there is none.
        """
        for interpreter in self._interpreters():
            if self._memory.word(interpreter + self._at["interpreter.id"]) == 0:
                return interpreter
        raise UnreadableError("it has no main interpreter")

    def modules(self) -> int:
        """Address of the main interpreter's ``sys.modules``; 0 where it has none.

        Raises:
            UnreadableError: it can't be read.
        """
        for interpreter in self._interpreters():
            if self._memory.word(interpreter + self._at["interpreter.id"]) == 0:
                return self._memory.word(interpreter + self._at["interpreter.modules"])
        return 0

    def names_of(self, module_name: str) -> int:
        """Address of the dict of a module that the main interpreter has imported; 0 where it has not.

        Raises:
            UnreadableError: it can't be read.
        """
        modules = self.modules()
        module = self._objects.entry(modules, module_name) if modules else 0
        if not module or self._objects.type_of(module).kind != "module":
            return 0
        return self._objects.module_dict(module)

    def _thread_names(self) -> dict[int, str]:
        objects, names = self._objects, self.names_of("threading")
        table = objects.entry(names, "_active") if names else 0
        if not table or objects.type_of(table).kind != "dict":
            return {}
        return {
            objects.integer(ident_at): objects.text(name_at, 200)
            for ident_at, thread in islice(objects.dict_entries(table), _MOST_NAMED)
            if objects.type_of(ident_at).kind == "int"
            and (name_at := objects.stored(thread, objects.type_of(thread), "_name"))
            and objects.type_of(name_at).kind == "str"
        }

    def _interpreters(self) -> Iterator[int]:
        seen: set[int] = set()
        address = self._memory.word(self._runtime.address + self._at["runtime.interpreters_head"])
        if not address:
            raise UnreadableError("it has no interpreter: it starts, or ends")
        while address:
            if address in seen or len(seen) >= _MOST_INTERPRETERS:
                raise UnreadableError("the chain of interpreters does not end")
            seen.add(address)
            yield address
            address = self._memory.word(address + self._at["interpreter.next"])
