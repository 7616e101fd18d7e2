"""Printers of what threads wait for: locks, conditions, events, queues; and of threads."""

from __future__ import annotations

from ..interpreter.threads import names as thread_names
from ..looking.anatomy import class_dict, kind_of
from ..looking.fastlocals import UNBOUND
from ..printers.shown import Shown, c_call, c_class, is_int, own, plain_int, slice_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from collections.abc import Iterable
    from typing import Any

    from ..printers.shown import Element


def lock(obj: Any) -> Shown | None:
    """Locked or not."""
    cls = c_class(obj, "_thread.lock", "locked")
    return None if cls is None else Shown("state", "locked" if c_call(cls, "locked", obj) else "unlocked")


def r_lock(obj: Any) -> Shown | None:
    """Locked or not, by whom, and how often; its C ``__repr__`` is the only one that says so before 3.14."""
    cls = c_class(obj, "_thread.RLock", "_is_owned", "__repr__")
    if cls is None:
        return None
    # Modules/_threadmodule.c, rlock_repr: "<locked _thread.RLock object owner=%ld count=%zd at %p>"
    words = dict([word.split("=", 1) for word in c_call(cls, "__repr__", obj).split(" ") if "=" in word])
    owner, count = int(words["owner"]), int(words["count"])
    if not owner:
        return Shown("state", "unlocked")
    return Shown("state", "locked by " + _thread(owner) + ("" if count == 1 else f", {count} times"))


def _thread(ident: int) -> str:
    name = thread_names().get(ident, ("", 0))[0]
    return name or f"thread {ident}"


def condition(obj: Any) -> Shown | None:
    """How many wait in it."""
    (waiters,) = own(obj, "_waiters")
    count = _size(waiters)
    return None if count < 0 else Shown("state", f"{count} waiting")


def event(obj: Any) -> Shown | None:
    """Set or not."""
    flag, value = own(obj, "_flag", "_value")
    flag = value if flag is UNBOUND else flag
    return Shown("state", "set" if flag else "not set") if type(flag) is bool else None


def semaphore(obj: Any) -> Shown | None:
    """How many may still enter."""
    value, most = own(obj, "_value", "_initial_value")
    if not is_int(value):
        return None
    text = f"{plain_int(value)} free" if not is_int(most) else f"{plain_int(value)} of {plain_int(most)} free"
    return Shown("state", text)


def async_lock(obj: Any) -> Shown | None:
    """Locked or not."""
    (locked,) = own(obj, "_locked")
    return Shown("state", "locked" if locked else "unlocked") if type(locked) is bool else None


def barrier(obj: Any) -> Shown | None:
    """How many of how many have come."""
    count, parties = own(obj, "_count", "_parties")
    return Shown("state", f"{count} of {parties} waiting") if type(count) is type(parties) is int else None


def thread(obj: Any) -> Shown | None:
    """Name, and whether it runs."""
    name, started, daemonic, ident = own(obj, "_name", "_started", "_daemonic", "_ident")
    (flag,) = own(started, "_flag")
    stopped = [value is True for value in own(obj, "_is_stopped")]
    if type(name) is not str or type(flag) is not bool:
        return None
    ended = stopped[0] or (flag and type(ident) is int and ident not in thread_names())
    state = "ended" if ended else "running" if flag else "not started"
    return Shown("state", name + ", " + state + (", daemon" if daemonic is True else ""))


def queue(obj: Any) -> Shown | None:
    """Its elements and how many fit, of ``queue`` and ``asyncio``."""
    elements, most, unfinished = own(obj, "queue", "maxsize", "unfinished_tasks")
    if elements is UNBOUND:
        elements, most, unfinished = own(obj, "_queue", "_maxsize", "_unfinished_tasks")
    size = _size(elements)
    if size < 0:
        return None
    facts = {}
    if is_int(most) and plain_int(most) > 0:
        facts["maxsize"] = plain_int(most)
    if is_int(unfinished) and unfinished:
        facts["unfinished"] = plain_int(unfinished)
    hidden = ("queue", "_queue", "maxsize", "_maxsize", "unfinished_tasks", "_unfinished_tasks", *_QUEUE_PARTS)
    return Shown(
        "queue", facts=facts, length=size, elements=lambda start, most: _part(elements, start, most), hidden=hidden
    )


_QUEUE_PARTS = (
    "mutex", "not_empty", "not_full", "all_tasks_done", "_getters", "_putters", "_finished", "_loop", "is_shutdown",
    "_is_shutdown",
)  # fmt: skip


def simple_queue(obj: Any) -> Shown | None:
    """Its size; the elements are C's."""
    cls = c_class(obj, "_queue.SimpleQueue", "qsize")
    return None if cls is None else Shown("count", facts={"items": c_call(cls, "qsize", obj)})


def _size(elements: Any) -> int:
    """Of a list or deque; -1 where it is neither."""
    if kind_of(elements) == "list":
        return list.__len__(elements)
    cls = c_class(elements, "collections.deque", "appendleft")
    return -1 if cls is None else int(class_dict(cls)["__len__"](elements))


def _part(elements: Any, start: int, most: int) -> Iterable[Element]:
    if kind_of(elements) == "list":
        return slice_of(elements, list, start, most)
    found: list[Element] = []
    cls = c_class(elements, "collections.deque", "appendleft")
    for index, value in enumerate(class_dict(cls)["__iter__"](elements)):
        if index >= start + most:
            break
        if index >= start:
            found.append((value, None))
    return found


PRINTERS = {
    "_thread.lock": lock, "_thread.RLock": r_lock, "threading.Condition": condition, "threading.Event": event,
    "threading.Semaphore": semaphore, "threading.Barrier": barrier, "threading.Thread": thread, "queue.Queue": queue,
    "_queue.SimpleQueue": simple_queue, "asyncio.queues.Queue": queue, "asyncio.locks.Lock": async_lock,
    "asyncio.locks.Event": event, "asyncio.locks.Semaphore": semaphore,
}  # fmt: skip
MARKERS: dict[str, Any] = {}
