"""What is kept of a thread's calls, kept for each greenlet: its calls are a stack of their own, as a thread's are.

What the traces know of a thread stands in attributes of thread-locals. Once the program has imported greenlet (gevent,
SQLAlchemy and others do), descriptors take the place of these attributes: in a thread's first greenlet they are what
they were, in any other one they are made when they are first asked for. Programs without greenlets pay nothing for it.
Any thread of the program; nothing of its own code runs.
"""

from __future__ import annotations

import sys
from _weakref import ref as weak_reference  # not the module: the interpreter empties it at the end

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from typing import Any

_PACKAGE, _MODULE = "greenlet", "greenlet._greenlet"
_attributes: list[tuple[type, str, Callable[[Any], object]]] = []
_found: list[tuple[Callable[[], Any], Callable[[Any], Any]]] = []
"""What gives the current greenlet, and what gives the parent of one."""
_on: list[bool] = []


def per_greenlet(owner: type, name: str, make: Callable[[Any], object]) -> None:
    """This attribute of a thread-local is one of each greenlet; ``make`` gets the thread-local, and makes another."""
    _attributes.append((owner, name, make))
    if _on:
        setattr(owner, name, _PerGreenlet(name, make))


def look() -> None:
    """Has the program imported greenlet?"""
    if not _on and _PACKAGE in (sys.modules or {}):  # None while the interpreter ends
        _on.append(True)
        for owner, name, make in _attributes:
            setattr(owner, name, _PerGreenlet(name, make))


def name_of(thread: str, number: int) -> str:
    """What a greenlet of a thread is called."""
    return f"greenlet {number}" if thread == "MainThread" else f"{thread} greenlet {number}"


def _current() -> object:
    """The greenlet that runs; None for a thread's first one, which has no parent."""
    if not _found:
        module = (sys.modules or {}).get(_MODULE) if _on else None
        kind = getattr(module, "greenlet", None)
        if type(kind) is not type:  # it is only being imported
            return None
        _found.append((module.getcurrent, vars(kind)["parent"].__get__))  # type: ignore[union-attr]
    get, parent_of = _found[0]
    found = get()
    return None if parent_of(found) is None else found


class _PerGreenlet:
    """Stands in place of an attribute."""

    def __init__(self, name: str, make: Callable[[Any], object]) -> None:
        self._name, self._make = name, make
        self._kept = f"{name} of greenlets"

    def __get__(self, local: Any, owner: type | None = None) -> object:
        inside = local.__dict__
        current = _current()
        if current is None:
            return inside[self._name]
        kept = inside.get(self._kept)
        if kept is None:
            kept = inside[self._kept] = {}
        found = kept.get(id(current))
        if found is None or found[0]() is not current:  # an id is used again
            found = kept[id(current)] = weak_reference(current), self._make(local)
        return found[1]

    def __set__(self, local: Any, value: object) -> None:
        local.__dict__[self._name] = value
