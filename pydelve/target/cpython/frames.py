"""Frames of a thread, with exact lines, and their variables.

A chain ends where it is damaged, with the reason; nothing here raises but
``UnreadableError``, and that only where said.
"""

from __future__ import annotations

from pydelve.api.values import Value, Variable
from pydelve.light_typing import Literal, NamedTuple
from pydelve.target.cpython.lines import handler_depth, line_of
from pydelve.target.cpython.memory import Fields, UnreadableError
from pydelve.target.cpython.objects import ObjectReader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pydelve.target.cpython.values import ValueReader

_MOST_FRAMES = 100_000
_MOST_VARIABLES = 5_000
_MOST_TABLE_BYTES = 1 << 20
_TAG = 3  # low bits of a reference in a frame, 3.14 and newer (Include/internal/pycore_stackref.h)
_OWNED_BY_GENERATOR, _OWNED_BY_C = 1, 3  # Include/internal/pycore_frame.h, enum _frameowner
_OPTIMIZED, _VARARGS, _VARKEYWORDS = 0x1, 0x4, 0x8  # Include/cpython/code.h
_CELL, _FREE = 0x40, 0x80  # Include/internal/pycore_code.h, CO_FAST_*
Scope = Literal["argument", "local", "cell", "free"]


class CodeInfo(NamedTuple):
    """What is needed of a code object."""

    address: int
    name: str
    """Qualified from 3.11 on."""
    file: str
    """``co_filename`` as it is."""
    first_line: int
    flags: int
    arguments: int
    line_table: bytes
    first_traceable: int
    """Offset in bytes before which a frame is not shown by Python either."""


class RawFrame(NamedTuple):
    """A frame in memory."""

    address: int
    code: CodeInfo
    line: int
    offset: int = -1
    """Of its instruction, in bytes."""


class FrameReader:
    """Reads frames and their variables."""

    def __init__(self, objects: ObjectReader) -> None:
        self._objects = objects
        self._memory = objects.memory
        self._at = objects.at
        self._minor = objects.minor
        self._codes: dict[int, CodeInfo] = {}
        self._places: dict[tuple[int, int, bool], tuple[CodeInfo, int, int]] = {}
        """What is known of a place in code: hundreds of threads are mostly in the same few."""
        forms = {"back": "Q", "code": "Q", "instruction": "Q" if self._minor >= 11 else "i", "owner": "B"}
        self._header = Fields({f"frame.{name}": form for name, form in forms.items()}, self._at)
        self._variables: dict[int, list[tuple[str, int, int]]] = {}

    def frames(self, thread: int) -> tuple[list[RawFrame], str]:
        """The frames of a thread state, innermost first, and why there are no more where the chain is damaged."""
        found: list[RawFrame] = []
        seen: set[int] = set()
        read, header, back_at = self._memory.fields, self._header, self._header.order[0]
        try:
            address = self._innermost(thread)
            while address:
                if address in seen or len(seen) >= _MOST_FRAMES:
                    return found, "the chain of frames does not end"
                seen.add(address)
                values = read(address, header)
                place = self._place_of(values)
                if place is not None:
                    found.append(RawFrame(address, *place))
                address = values[back_at]
        except UnreadableError as error:
            return found, str(error)
        return found, ""

    def _innermost(self, thread: int) -> int:
        if self._minor in (11, 12):
            return self._memory.word(self._memory.word(thread + self._at["thread.cframe"]) + self._at["cframe.frame"])
        return self._memory.word(thread + self._at["thread.frame"])

    def frame_at(self, address: int) -> RawFrame | None:
        """The frame at an address, a suspended coroutine's, too; None for one that only marks a C call, and for one
        that has not begun.

        Raises:
            UnreadableError: it can't be read, or there is none.
        """
        place = self._place_of(self._memory.fields(address, self._header))
        return None if place is None else RawFrame(address, *place)

    def _place_of(self, header: tuple[int, ...]) -> tuple[CodeInfo, int, int] | None:
        _, code_at, instruction_at, owner_at = self._header.order
        owner = header[owner_at] if owner_at >= 0 else 0
        if owner >= _OWNED_BY_C:
            return None
        key = header[code_at], header[instruction_at], owner == _OWNED_BY_GENERATOR
        return self._places.get(key) or self._new_place(*key)

    def _new_place(self, reference: int, instruction: int, generators: bool) -> tuple[CodeInfo, int, int] | None:
        """Code, line and offset of a frame; None for one that has not begun."""
        code = self.code(self._untagged(reference))
        if self._minor >= 11:
            offset = instruction - code.address - self._at["code.bytecode"]
            if not generators and offset < code.first_traceable:
                return None
        else:
            # 3.10 counts instructions, not bytes
            offset = instruction * 2 if self._minor == 10 and instruction > 0 else instruction
        place = code, line_of(self._minor, code.line_table, code.first_line, offset), offset
        self._places[reference, instruction, generators] = place
        return place

    def _reference(self, place: int) -> int:
        return self._untagged(self._memory.word(place))

    def _untagged(self, reference: int) -> int:
        return reference & ~_TAG if self._minor >= 14 else reference

    def code(self, address: int) -> CodeInfo:
        """The code object at an address.

        Raises:
            UnreadableError: there is none.
        """
        known = self._codes.get(address)
        if known is None:
            known = self._codes[address] = self._read_code(address)
        return known

    def _read_code(self, address: int) -> CodeInfo:
        memory, objects, at = self._memory, self._objects, self._at
        if objects.type_of(address).kind != "code":
            raise UnreadableError(f"no code object at {address:#x}")
        flags = memory.integer(address + at["code.flags"])
        table, length = objects.bytes_and_length(
            memory.word(address + at["code.linetable"]), "bytes", _MOST_TABLE_BYTES
        )
        if len(table) < length:
            raise UnreadableError("a line table of implausible size")
        return CodeInfo(
            address,
            name=objects.text(memory.word(address + at["code.qualname" if self._minor >= 11 else "code.name"])),
            file=objects.text(memory.word(address + at["code.filename"])),
            first_line=memory.integer(address + at["code.firstlineno"]),
            flags=flags,
            arguments=memory.integer(address + at["code.argcount"])
            + memory.integer(address + at["code.kwonlyargcount"])
            + bool(flags & _VARARGS)
            + bool(flags & _VARKEYWORDS),
            line_table=table,
            first_traceable=2 * memory.integer(address + at["code.first_traceable"]) if self._minor >= 11 else 0,
        )

    def globals_name(self, frame: RawFrame) -> str:
        """``__name__`` of the frame's globals; "" where there is none, or it can't be read."""
        try:
            names = self.globals_at(frame)
            if self._objects.type_of(names).kind != "dict":
                return ""
            found = self._objects.entry(names, "__name__")
            return self._objects.text(found) if found and self._objects.type_of(found).kind == "str" else ""
        except UnreadableError:
            return ""

    def awaited(self, frame: RawFrame, owner: int) -> int:
        """Address of what a suspended frame waits for, by ``await`` or ``yield from``; 0 where it has only yielded.

        Args:
            owner: Address of its coroutine or generator.
        """
        at, memory, minor = self._at, self._memory, self._minor
        if minor >= 13:
            state = memory.signed_byte(owner + at["generator.state"])
            # 3.15 has a state more, while another thread looks: Include/internal/pycore_frame.h
            return self._waited_for(frame) if state == at["state._yield_from"] else 0
        if minor >= 11:
            resumes = at["opcode._resume"], at["opcode._resume_changed"]
            following = memory.read(memory.word(frame.address + at["frame.instruction"]) + 2, 2)
            # RESUME and its variants say in their argument what comes to its end: 2 and 3 are these
            return self._waited_for(frame) if following[1] in (2, 3) and following[0] in resumes else 0
        if frame.offset < 0:
            return 0
        code = memory.word(frame.code.address + at["code.code"])
        following_at = code + at["bytes.content"] + frame.offset + 2
        return self._waited_for(frame) if memory.byte(following_at) == at["opcode._yield_from"] else 0

    def _waited_for(self, frame: RawFrame) -> int:
        """What a suspended frame waits for, which is on its stack of values."""
        at, memory = self._at, self._memory
        if "frame.stack_top" in at:
            top = memory.word(frame.address + at["frame.stack_top"])
            below = 16 if self._minor >= 15 else 8  # what is waited for has an index above it: Objects/genobject.c
            return self._reference(top - below) if top else 0
        depth = memory.integer(frame.address + at["frame.stack_depth"])
        stack = (
            frame.address + at["frame.slots"] if self._minor >= 11 else memory.word(frame.address + at["frame.stack"])
        )
        if not 0 <= depth < _MOST_VARIABLES:
            raise UnreadableError("a stack of implausible size")
        return memory.word(stack + 8 * (depth - 1)) if depth else 0

    # -- variables -----------------------------------------------------------------------------------------------------

    def variables(self, frame: RawFrame, values: ValueReader) -> tuple[Variable, ...]:
        """The frame's locals in code order with the arguments first, or those of its namespace in the dict's order."""
        try:
            return tuple(
                Variable(name, values.read(address), scope) for name, address, scope in self.local_places(frame)
            )
        except UnreadableError as error:
            return (Variable("locals", Value("", "unreadable", str(error))),)

    def global_variables(self, frame: RawFrame, values: ValueReader) -> tuple[Variable, ...]:
        """The frame's globals in the dict's order."""
        try:
            return tuple(
                Variable(name, values.read(address), "global")
                for name, address in self._named_entries(self.globals_at(frame))
            )
        except UnreadableError as error:
            return (Variable("globals", Value("", "unreadable", str(error))),)

    def slot_count(self, code: CodeInfo) -> int:
        """How many slots of a frame are variables; its stack of values comes behind them."""
        fields = ("slot_names",) if self._minor >= 11 else ("varnames", "cellvars", "freevars")
        found = sum(self._objects.size(self._memory.word(code.address + self._at[f"code.{each}"])) for each in fields)
        if found > _MOST_VARIABLES:
            raise UnreadableError("a code object of implausible size")
        return found

    def stack_size(self, code: CodeInfo) -> int:
        """How deep the stack of values gets: Include/cpython/code.h, ``co_stacksize``."""
        if self._minor >= 11:
            return self._memory.integer(code.address + self._at["code.kwonlyargcount"] + 4)
        return self._memory.integer(code.address + self._at["code.flags"] - 4)

    def slots(self, frame: RawFrame, start: int, count: int) -> list[int]:
        """Addresses that slots of a frame hold: its variables, then its stack of values."""
        place = frame.address + self._at["frame.slots"]
        return [self._reference(place + 8 * index) for index in range(start, start + count)]

    @property
    def instruction_place(self) -> int:
        """Offset of what says which instruction a frame is at."""
        return self._at["frame.instruction"]

    def protected_depth(self, frame: RawFrame) -> int:
        """How deep the stack of values is for certain: below the handler for the frame's instruction (3.11 and newer).

        ``co_exceptiontable`` stands before ``co_flags``: Include/cpython/code.h.
        """
        table_at = self._memory.word(frame.code.address + self._at["code.flags"] - 8)
        table, length = self._objects.bytes_and_length(table_at, "bytes", _MOST_TABLE_BYTES)
        if len(table) < length:
            raise UnreadableError("an exception table of implausible size")
        depth = handler_depth(table, frame.offset)
        return depth if depth <= self.stack_size(frame.code) else 0

    def local_places(self, frame: RawFrame) -> list[tuple[str, int, Scope]]:
        """(name, address, scope) of :meth:`variables`; the address is 0 where there is no value.

        Raises:
            UnreadableError: they can't be read.
        """
        found = self._slot_places(frame)
        if not frame.code.flags & _OPTIMIZED:
            found = [place for place in found if place[1]]
            hidden = {name for name, _, _ in found}
            entries = self._named_entries(self._memory.word(frame.address + self._at["frame.locals"]))
            found += [(name, address, "local") for name, address in entries if name not in hidden]
        return found

    def globals_at(self, frame: RawFrame) -> int:
        """Address of the dict of the frame's globals."""
        return self._memory.word(frame.address + self._at["frame.globals"])

    def _slot_places(self, frame: RawFrame) -> list[tuple[str, int, Scope]]:
        found: list[tuple[str, int, Scope]] = []
        for name, index, kind in self._slot_names(frame.code):
            address = self._slot(frame, index, kind)
            is_argument = index < frame.code.arguments or kind & _ARGUMENT
            found.append(
                (
                    name,
                    address,
                    "argument" if is_argument else "free" if kind & _FREE else "cell" if kind & _CELL else "local",
                )
            )
        return found

    def _slot(self, frame: RawFrame, index: int, kind: int) -> int:
        address = self._reference(frame.address + self._at["frame.slots"] + 8 * index)
        if address and kind & (_CELL | _FREE) and self._objects.type_of(address).static_name == "cell":
            return self._memory.word(address + self._at["cell.content"])
        return address

    def local(self, frame: RawFrame, name: str) -> int:
        """Address of the value of one of a function's variables; 0 where it has none.

        Raises:
            UnreadableError: it can't be read.
        """
        for known, index, kind in self._slot_names(frame.code):
            if known == name:
                return self._slot(frame, index, kind)
        return 0

    def _slot_names(self, code: CodeInfo) -> list[tuple[str, int, int]]:
        """(name, index, kind) of the slots, arguments first; names that the compiler made (``.0``) are left out."""
        if code.address not in self._variables:
            found = self._slots_311(code) if self._minor >= 11 else self._slots_39(code)
            self._variables[code.address] = [entry for entry in found if not entry[0].startswith(".")]
        return self._variables[code.address]

    def _slots_311(self, code: CodeInfo) -> list[tuple[str, int, int]]:
        kinds_at = self._memory.word(code.address + self._at["code.slot_kinds"])
        kinds = self._objects.bytes_and_length(kinds_at, "bytes", _MOST_VARIABLES)[0]
        pairs = zip(self._names(code, "slot_names"), kinds, strict=False)
        return [(name, index, kind) for index, (name, kind) in enumerate(pairs)]

    def _slots_39(self, code: CodeInfo) -> list[tuple[str, int, int]]:
        """Locals, cells, free variables; an argument that is a cell has its value in the cell's slot."""
        names, cells, free = (self._names(code, field) for field in ("varnames", "cellvars", "freevars"))
        found = []
        for index, name in enumerate(names):
            if name in cells:
                scope = _CELL | (_ARGUMENT if index < code.arguments else 0)
                found.append((name, len(names) + cells.index(name), scope))
            else:
                found.append((name, index, 0))
        for index, name in enumerate(cells + free, len(names)):
            if name not in names:
                found.append((name, index, _CELL if name in cells else _FREE))
        return found

    def _names(self, code: CodeInfo, field: str) -> list[str]:
        names = self._memory.word(code.address + self._at[f"code.{field}"])
        if self._objects.type_of(names).kind != "tuple":
            raise UnreadableError("a code object without names")
        return [self._objects.text(name) for name in self._objects.elements(names, "tuple", _MOST_VARIABLES)]

    def _named_entries(self, names: int) -> list[tuple[str, int]]:
        """(name, address) of a namespace: a module's, a class body's, one of ``exec``."""
        info = self._objects.type_of(names) if names else None
        if info is None or info.kind != "dict":
            return []
        found: list[tuple[str, int]] = []
        for name_at, value in self._objects.dict_entries(names):
            if len(found) >= _MOST_VARIABLES:
                break
            if self._objects.type_of(name_at).kind == "str":
                found.append((self._objects.text(name_at), value))
        return found


_ARGUMENT = 1  # ours: marks the cell of an argument, up to 3.10
