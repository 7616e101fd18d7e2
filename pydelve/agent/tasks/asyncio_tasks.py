"""asyncio's tasks: where they are found, and what each waits for. Reads only; runs none of the program's code.

Tasks are C objects, or instances of the Python class behind them, or of subclasses of either: their fields are read by
the C descriptors or in the instance's dict, never by attribute. Up to 3.13 asyncio keeps weak sets of all tasks; from
3.14 on it keeps those of C in linked lists of each thread (``Modules/_asynciomodule.c``: ``register_task``), which no
function gives for all loops, so the garbage collector's lists are looked through. What a task waits for is a future;
which tasks stand behind that is known from what asyncio's own functions keep in it or in their frames.

One provider of ``listing.py``, which has the interface; on the thread that is stopped.
"""

from __future__ import annotations

import gc
import sys

from ..looking import fastlocals
from ..looking.anatomy import GetSet, Member, class_dict, class_mro
from ..tasks.shapes import DEPTH, OUTERMOST_WAITER, SHIELD, WAITERS

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import Any

    Getter = Callable[[Any], Any]

_LISTS = sys.version_info >= (3, 14)
_PENDING = "PENDING"
_ABSENT = object()
_Function = type(lambda: None)
_PLAIN = {id(cls) for cls in (type(None), bool, int, float, str, list, tuple, set)}
_MANY = {id(cls) for cls in (set, list, tuple, frozenset)}
_Builtin = type(len)
_MethodDescriptor = type(str.__dict__["join"])


async def _coroutine() -> None:
    pass


async def _async_generator() -> Any:
    yield


def _generator() -> Any:
    yield


def _coroutine_type() -> type:
    made = _coroutine()
    made.close()
    return type(made)


_Coroutine: Any = _coroutine_type()
_AsyncGenerator: Any = type(_async_generator())
_Generator: Any = type(_generator())
_WRAPPERS = ("coroutine_wrapper", "async_generator_asend", "async_generator_athrow", "anext_awaitable")


class Fields:
    """Reads fields of tasks and futures, whatever their class, and remembers how."""

    def __init__(self) -> None:
        """Knows no class yet."""
        self._getters: dict[tuple[int, str], tuple[type, Getter]] = {}

    def get(self, owner: Any, name: str, default: Any = None) -> Any:
        """One field; ``default`` where it has none of that name."""
        key = id(type(owner)), name
        known = self._getters.get(key)
        if known is None:
            known = self._getters[key] = type(owner), _getter(type(owner), name)
        value = known[1](owner)
        return default if value is _ABSENT else value

    def name(self, task: Any) -> str:
        """Its name; one that was not set is made of its number."""
        cls = type(task)
        key = id(cls), "get_name"
        known = self._getters.get(key)
        if known is None:
            known = self._getters[key] = cls, _of_method(cls, "get_name", "_name", "")
        name = known[1](task)
        return name if type(name) is str else ""

    def requests_to_end(self, task: Any) -> int:
        """How often it was asked to end, from 3.11 on; those that were taken back don't count."""
        cls = type(task)
        key = id(cls), "cancelling"
        known = self._getters.get(key)
        if known is None:
            known = self._getters[key] = cls, _of_method(cls, "cancelling", "_num_cancels_requested", 0)
        count = known[1](task)
        return count if type(count) is int else 0


def _getter(cls: type, name: str) -> Getter:
    for each in class_mro(cls):
        found = class_dict(each).get(name, _ABSENT)
        if type(found) is GetSet or type(found) is Member:
            return _reader(type(found).__get__, found)
        if found is not _ABSENT and id(type(found)) not in _PLAIN:
            return lambda owner: _own(owner).get(name, _ABSENT)  # what a class makes of it may run code
    return lambda owner: _plain_field(owner, name)


def _plain_field(owner: Any, name: str) -> Any:
    """From the instance's dict, which the C types keep to themselves, or a constant of the class."""
    try:
        return object.__getattribute__(owner, name)
    except AttributeError:
        return _ABSENT


def _reader(getter: Any, descriptor: Any) -> Getter:
    def read(owner: Any) -> Any:
        try:
            return getter(descriptor, owner)
        except (AttributeError, RuntimeError):  # not set; a future's loop was cleared
            return _ABSENT

    return read


def _own(owner: Any) -> dict[str, Any]:
    try:
        found = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        return {}
    return found if type(found) is dict else {}


def _of_method(cls: type, method_name: str, field: str, default: Any) -> Getter:
    """What a method of the C class gives, which runs nothing else, or the field of the Python class."""
    for each in class_mro(cls):
        method: Any = class_dict(each).get(method_name)
        if type(method) is _MethodDescriptor:
            getter: Getter = method
            return getter
    return lambda task: _own(task).get(field, default)


_Method = type(Fields().get)


class AsyncioTasks:
    """See ``listing.Provider``; nothing of asyncio is imported."""

    kind, module = "asyncio", "asyncio"

    def __init__(self) -> None:
        """Remembers classes only."""
        self.fields = Fields()

    # -- finding -------------------------------------------------------------------------------------------------------

    def current(self) -> Any:
        """The task that the calling thread is in the middle of; None where there is none."""
        module = sys.modules.get("_asyncio")
        running = module.__dict__.get("_get_running_loop") if module is not None else None
        loop = running() if running is not None else None
        if loop is None or module is None:
            return None
        current = module.__dict__.get("_current_tasks")
        if current is None:
            current = _module_names("asyncio.tasks").get("_current_tasks")
        if type(current) is dict and current:
            return next((task for each, task in list(current.items()) if each is loop), None)
        ask = module.__dict__.get("current_task") if _LISTS else None
        return ask(loop) if ask is not None else None

    def all(self) -> list[Any]:
        """Every task there is, those that are done included, as far as anything still holds them."""
        names = _module_names("asyncio.tasks")
        found: dict[int, Any] = {}
        for registry in ("_all_tasks", "_scheduled_tasks"):
            data = self.fields.get(names.get(registry), "data")
            for reference in list(data) if type(data) is set else ():
                task = reference()
                if task is not None:
                    found[id(task)] = task
        eager = names.get("_eager_tasks")
        for task in list(eager) if type(eager) is set else ():
            found[id(task)] = task
        if _LISTS and names:
            found.update((id(task), task) for task in _in_the_collector(names))
        return list(found.values())

    # -- one task ------------------------------------------------------------------------------------------------------

    def name(self, task: Any) -> str:
        """Its name."""
        return self.fields.name(task)

    def coroutine_name(self, task: Any) -> str:
        """Qualified name of what it runs."""
        return coroutine_name(self.coroutine(task))

    def root(self, task: Any) -> FrameType | None:
        """Its outermost frame."""
        return root_frame(self.coroutine(task))

    def frames(self, task: Any) -> list[FrameType]:
        """Those of one that does not run, outermost first."""
        return suspended_frames(self.coroutine(task))

    def coroutine(self, task: Any) -> Any:
        """The coroutine that it runs."""
        return self.fields.get(task, "_coro")

    def state(self, task: Any) -> str:
        """running, runnable, waiting, finished, cancelled or failed."""
        state = self.fields.get(task, "_state", "")
        if state != _PENDING:
            if state == "CANCELLED":
                return "cancelled"
            return "failed" if self.fields.get(task, "_exception") is not None else "finished"
        if is_running(self.coroutine(task)):
            return "running"
        future = self.fields.get(task, "_fut_waiter")
        if future is None or self.fields.get(future, "_state", _PENDING) != _PENDING:
            return "runnable"
        return "waiting"

    def cancelling(self, task: Any) -> bool:
        """Was it asked to end, and has not yet?"""
        return bool(self.fields.get(task, "_must_cancel", False) or self.fields.requests_to_end(task))

    def thread(self, task: Any) -> int:
        """Ident of the thread that its loop runs in; 0 where that is not known."""
        ident = self.fields.get(self.fields.get(task, "_loop"), "_thread_id", 0)
        return ident if type(ident) is int else 0

    def awaits(self, task: Any, frames: list[FrameType]) -> tuple[str, list[Any]]:
        """How it waits, and for which tasks; ``frames``: its own, outermost first."""
        future = self.fields.get(task, "_fut_waiter")
        if future is None:
            return "", []
        how, found = self._behind(future, 0)
        if found:
            return how, found
        how, members = waited_for(frames, WAITERS, self.fields)
        return how, [each for member in members for each in self._behind(member, 0)[1]]

    def _behind(self, future: Any, depth: int) -> tuple[str, list[Any]]:
        """The tasks behind a future: itself, the members of a ``gather``, what a ``shield`` is around."""
        if self.fields.get(future, "_coro") is not None:
            return "task", [future]
        children = self.fields.get(future, "_children")
        if type(children) is list and depth < DEPTH:
            return "gather", [task for child in children for task in self._behind(child, depth + 1)[1]]
        callbacks = self.fields.get(future, "_callbacks")
        for entry in callbacks if type(callbacks) is list else ():
            callback = entry[0] if type(entry) is tuple and entry else entry
            if type(callback) is _Function and callback.__code__.co_name == SHIELD[0]:
                inner = _closed_over(callback, SHIELD[1])
                if inner is not None and depth < DEPTH:
                    return "shield", self._behind(inner, depth + 1)[1]
        return "", []

    def awaiter(self, future: Any, depth: int = 0) -> Any:
        """A task that waits for this future or task, told by what is to be called when it is done; None for none.

        At once, however many tasks there are; may be asked while the program runs, about what the calling thread is in.
        """
        callbacks = self.fields.get(future, "_callbacks")
        for entry in callbacks if type(callbacks) is list and depth < DEPTH else ():
            callback = entry[0] if type(entry) is tuple and entry else entry
            for held in _held_by(callback):
                if self.fields.get(held, "_coro") is not None:
                    return held
                if self.fields.get(held, "_parent_task") is not None:  # of a task group
                    return self.fields.get(held, "_parent_task")
                if self.fields.get(held, "_callbacks") is not None:  # what is around it, as of gather, shield, wait
                    found = self.awaiter(held, depth + 1)
                    if found is not None:
                        return found
        return None

    def ends_loop(self, task: Any) -> bool:
        """Will ``run_until_complete`` return when it is done?"""
        callbacks = self.fields.get(task, "_callbacks")
        return any(
            type(entry[0]) is _Function and entry[0].__code__.co_name == "_run_until_complete_cb"
            for entry in (callbacks if type(callbacks) is list else ())
        )


def waited_for(
    frames: list[FrameType], waiters: dict[str, tuple[str, str, str, str]], fields: Fields
) -> tuple[str, list[Any]]:
    """What a library's own function, which a task is in, waits for, and how that is called."""
    for frame in frames[: -OUTERMOST_WAITER - 1 : -1]:
        known = waiters.get(frame.f_code.co_name)
        if known is None or not frame.f_code.co_filename.endswith(known[0]):
            continue
        value: Any = fastlocals.read_local(frame, known[1])
        if known[2]:
            value = fields.get(value, known[2])
        return known[3], list(value) if id(type(value)) in _MANY else [value]
    return "", []


def _module_names(name: str) -> dict[str, Any]:
    module = sys.modules.get(name)
    return module.__dict__ if module is not None else {}


def _in_the_collector(names: dict[str, Any]) -> list[Any]:
    """Tasks among all objects, by their classes, which are compared by identity: a metaclass may hash otherwise."""
    bases = [each for each in (names.get("Task"), names.get("_PyTask"), names.get("_CTask")) if isinstance(each, type)]
    wanted = {id(each) for base in bases for each in with_subclasses(base)}
    return [each for each in gc.get_objects() if id(type(each)) in wanted]


def with_subclasses(cls: type) -> Iterator[type]:
    """A class and all that are derived from it."""
    todo = [cls]
    while todo:
        each = todo.pop()
        yield each
        todo.extend(type.__subclasses__(each))


def _closed_over(function: Any, name: str) -> Any:
    names = function.__code__.co_freevars
    if name not in names:
        return None
    value = fastlocals.cell_contents(function.__closure__[names.index(name)])
    return None if value is fastlocals.UNBOUND else value


def _held_by(callback: Any) -> list[Any]:
    """The futures, or what else may know of a task, that a callback of a future is about."""
    if type(callback) is _Function:
        names = ("outer", "waiter")
        return [value for value in (_closed_over(callback, name) for name in names) if value is not None]
    if type(callback) is _Method or type(callback) is _Builtin:
        bound: Any = callback
        return [bound.__self__]
    held = gc.get_referents(callback)  # a wrapper in C; a partial, whose arguments are a tuple
    return [each for every in held for each in (list(every) if type(every) is tuple else [every])]


def is_running(coroutine: Any) -> bool:
    """Is it in the middle of its code?"""
    if type(coroutine) is _Coroutine:
        return bool(coroutine.cr_running)
    return type(coroutine) is _Generator and bool(coroutine.gi_running)


def coroutine_name(coroutine: Any) -> str:
    """Its qualified name, also where it has ended; "" of one that is none of the interpreter's own."""
    name = coroutine.__qualname__ if is_own(coroutine) else ""
    return name if type(name) is str else ""


def is_own(coroutine: Any) -> bool:
    """Is it a coroutine, or a generator, of the interpreter's own types?"""
    return type(coroutine) is _Coroutine or type(coroutine) is _Generator


def _is_awaited(value: Any) -> bool:
    """Is it something that a wrapper waits with, and which leads further?"""
    kind = type(value)
    return is_own(value) or kind is _AsyncGenerator or type.__dict__["__name__"].__get__(kind) in _WRAPPERS


def root_frame(coroutine: Any) -> FrameType | None:
    """The frame of a coroutine; None where it has ended, or is none of the interpreter's own."""
    frame: FrameType | None = None
    if type(coroutine) is _Coroutine:
        frame = coroutine.cr_frame
    elif type(coroutine) is _Generator:
        frame = coroutine.gi_frame
    return frame


def suspended_frames(coroutine: Any) -> list[FrameType]:
    """The frames of a coroutine that is not running, outermost first: what it awaits, and what that awaits in turn."""
    found: list[FrameType] = []
    seen = 0
    while coroutine is not None and seen < DEPTH:
        seen += 1
        kind = type(coroutine)
        frame: FrameType | None = None
        if kind is _Coroutine:
            frame, inner = coroutine.cr_frame, coroutine.cr_await
        elif kind is _Generator:
            frame, inner = coroutine.gi_frame, coroutine.gi_yieldfrom
        elif kind is _AsyncGenerator:
            frame, inner = coroutine.ag_frame, coroutine.ag_await
        elif type.__dict__["__name__"].__get__(kind) in _WRAPPERS:
            held = gc.get_referents(coroutine)
            inner = next((each for each in held if _is_awaited(each)), None)
        else:
            break
        if frame is not None:
            found.append(frame)
        coroutine = inner
    return found
