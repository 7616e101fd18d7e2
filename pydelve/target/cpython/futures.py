"""Futures and tasks of asyncio in memory: the fields of C ones by their layout, of Python ones by their dicts.

Which class is which is told by the classes behind it (``mro``): a subclass of either has its fields where they have.
A class that is none of asyncio's is read like a Python one. What can't be read raises ``UnreadableError``.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from pydelve.agent.tasks.shapes import SHIELD
from pydelve.target.cpython.layouts.asyncio_futures import TABLES
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.cpython.objects import ObjectReader, TypeInfo

FutureState = Literal["PENDING", "CANCELLED", "FINISHED"]
_STATES: tuple[FutureState, ...] = ("PENDING", "CANCELLED", "FINISHED")  # fut_state of Modules/_asynciomodule.c
_MOST_CALLBACKS = 10_000
_MOST_CHILDREN = 1_000_000
_MOST_NAME = 1000


class _Class(NamedTuple):
    """How the fields of a class's instances are read."""

    future: bool
    """By C's layout of futures."""
    task: bool
    """By that of tasks, too."""
    may_store: bool
    """It may have a dict with more."""


class FutureReader:
    """Reads those of one interpreter."""

    def __init__(self, objects: ObjectReader) -> None:
        self._objects = objects
        self._memory = objects.memory
        self._at = TABLES[objects.minor]
        self._classes: dict[int, _Class] = {}

    # -- classes -------------------------------------------------------------------------------------------------------

    def _class_of(self, address: int) -> tuple[_Class, TypeInfo]:
        info = self._objects.type_of(address)
        known = self._classes.get(info.address)
        if known is None:
            known = self._classes[info.address] = self._read_class(info)
        return known, info

    def _read_class(self, info: TypeInfo) -> _Class:
        task = future = False
        for cls in map(self._objects.type_at, self._objects.mro(info)):
            if cls.name == "_asyncio.Task":
                task = True
                self._check(cls, "task")
            elif cls.name == "_asyncio.Future":
                future = True
                self._check(cls, "future")
        return _Class(future or task, task, info.name not in {"_asyncio.Task", "_asyncio.Future"})

    def _check(self, cls: TypeInfo, what: str) -> None:
        if cls.basic_size != self._at[f"{what}._size"]:
            raise UnreadableError(f"{cls.name} has a layout that is not known for CPython 3.{self._objects.minor}")

    def is_task(self, address: int) -> bool:
        """Is it a task, of C's or of Python's class, or of one like these?"""
        return bool(address) and (self._class_of(address)[0].task or self._stored(address, "_coro") != 0)

    def check_c_task(self, address: int) -> None:
        """Raises UnreadableError where it is no task of the C class."""
        if not self._class_of(address)[0].task:
            raise UnreadableError("there is no task where one should be")

    # -- fields --------------------------------------------------------------------------------------------------------

    def _stored(self, address: int, name: str) -> int:
        """Address of a field in the instance's dict; 0 where it has none."""
        cls, info = self._class_of(address)
        return self._objects.stored(address, info, name) if cls.may_store else 0

    def _field(self, address: int, name: str, place: str) -> int:
        """Address of a field's object; 0 where there is none, or None."""
        c_field = self._class_of(address)[0].task if place.startswith("task.") else self._class_of(address)[0].future
        found = self._memory.word(address + self._at[place]) if c_field else self._stored(address, name)
        return found if found and self._objects.type_of(found).kind != "none" else 0

    def state(self, address: int) -> FutureState:
        """Is it done? What has no state counts as one that is not."""
        if self._class_of(address)[0].future:
            number = self._memory.integer(address + self._at["future.state"])
            if not 0 <= number < len(_STATES):
                raise UnreadableError("a future in a state that there is not")
            return _STATES[number]
        found = self._stored(address, "_state")  # else its class's
        text = self._objects.text(found, 20) if found and self._objects.type_of(found).kind == "str" else "PENDING"
        for state in _STATES:
            if text == state:
                return state
        raise UnreadableError("a future in a state that there is not")

    def name(self, address: int) -> str:
        """A task's name; C keeps a number where none was set (3.12 and newer)."""
        found = self._field(address, "_name", "task.name")
        kind = self._objects.type_of(found).kind if found else ""
        if kind == "int":
            return f"Task-{self._objects.integer(found)}"
        return self._objects.text(found, _MOST_NAME) if kind == "str" else ""

    def coroutine(self, address: int) -> int:
        """Address of what a task runs; 0 where there is none."""
        return self._field(address, "_coro", "task.coroutine")

    def waiter(self, address: int) -> int:
        """Address of the future that a task waits for; 0 where there is none."""
        return self._field(address, "_fut_waiter", "task.waiter")

    def loop(self, address: int) -> int:
        """Address of its loop; 0 where there is none."""
        return self._field(address, "_loop", "future.loop")

    def has_failed(self, address: int) -> bool:
        """Did it end by an exception?"""
        return self._field(address, "_exception", "future.exception") != 0

    def is_cancelling(self, address: int) -> bool:
        """Was a task asked to end, and has not yet?"""
        if self._class_of(address)[0].task:
            at = self._at
            if self._memory.byte(address + at["task.must_cancel"]) & at["task._must_cancel_mask"]:
                return True
            return "task.cancels" in at and self._memory.integer(address + at["task.cancels"]) > 0
        return self._truth(address, "_must_cancel") or self._truth(address, "_num_cancels_requested")

    def _truth(self, address: int, name: str) -> bool:
        found = self._stored(address, name)
        is_number = bool(found) and self._objects.type_of(found).kind in {"bool", "int"}
        return is_number and self._objects.integer(found) != 0

    # -- what is behind them -------------------------------------------------------------------------------------------

    def behind(self, address: int) -> tuple[str, list[int]]:
        """How a future stands for tasks, and their addresses: itself, the members of a gather, what a shield is
        around; those of gathers in a gather, too.
        """
        ways: list[str] = []
        found: list[int] = []
        seen: set[int] = set()
        todo = [address]
        while todo:
            each = todo.pop()
            if each in seen:
                continue
            if self.is_task(each):
                ways.append("task")
                found.append(each)
                continue
            seen.add(each)
            way, inner = self._around(each)
            ways.append(way)
            todo += reversed(inner)
        return ways[0], found

    def _around(self, address: int) -> tuple[str, list[int]]:
        """Addresses of the futures that a gather or a shield is around."""
        children = self._stored(address, "_children")
        if children and self._objects.type_of(children).kind == "list":
            return "gather", list(self._objects.elements(children, "list", _MOST_CHILDREN))
        inner = next(filter(None, map(self._shielded, self._callbacks(address))), 0)
        return ("shield", [inner]) if inner else ("", [])

    def _callbacks(self, address: int) -> list[int]:
        """Addresses of what is called when it is done."""
        found: list[int] = []
        if self._class_of(address)[0].future:
            first = self._field(address, "", "future.callback")
            found = [first] if first else []
        entries = self._field(address, "_callbacks", "future.callbacks")
        if not entries or self._objects.type_of(entries).kind != "list":
            return found
        for entry in self._objects.elements(entries, "list", _MOST_CALLBACKS):
            if self._objects.type_of(entry).kind == "tuple":
                found += self._objects.elements(entry, "tuple", 1)
        return found

    def _shielded(self, callback: int) -> int:
        """Address of the future inside a shield, by what the outer one calls; 0 where it is no shield."""
        objects, memory, at = self._objects, self._memory, self._objects.at
        if objects.type_of(callback).kind != "function":
            return 0
        code = memory.word(callback + at["function.code"])
        if objects.type_of(code).kind != "code" or objects.text(memory.word(code + at["code.name"]), 50) != SHIELD[0]:
            return 0
        return self._closed_over(callback, code, SHIELD[1])

    def _closed_over(self, function: int, code: int, name: str) -> int:
        """Address of the value of a variable that a function has from around it; 0 where there is none."""
        objects, memory, at = self._objects, self._memory, self._objects.at
        cells = memory.word(function + at["function.closure"])
        if not cells or objects.type_of(cells).kind != "tuple":
            return 0
        if objects.minor >= 11:
            names_at = memory.word(code + at["code.slot_names"])
        else:
            names_at = memory.word(code + at["code.freevars"])
        count = objects.size(cells)
        names = [objects.text(each, 100) for each in objects.elements(names_at, "tuple", 1000)][-count:]
        if count > len(names) or name not in names:
            return 0
        cell = list(objects.elements(cells, "tuple", count))[names.index(name)]
        return memory.word(cell + at["cell.content"]) if objects.type_of(cell).static_name == "cell" else 0
