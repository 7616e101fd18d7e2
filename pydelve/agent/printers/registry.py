"""Which printer shows an object: by its kind, else by the first class along its MRO that one is known for.

A printer is known for a class by the class's full name, or by a mark that a library leaves in the dict of the classes
it makes. A name proves nothing; each printer checks what it relies on.
"""

from __future__ import annotations

from ..looking.anatomy import class_dict, class_mro, type_name
from ..printers import arrays, code, containers, frames, numbers, paths, records, streams, tensors, times, waiting

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from collections.abc import Callable
    from typing import Any

    from ..printers.shown import Shown

    Printer = Callable[[Any], Shown | None]

FAMILIES = (numbers, paths, times, records, containers, waiting, streams, arrays, tensors, frames)
BY_NAME: dict[str, Printer] = {}
BY_MARKER: dict[str, Printer] = {}
for _family in FAMILIES:
    BY_NAME.update(_family.PRINTERS)
    BY_MARKER.update(_family.MARKERS)
BY_KIND: dict[str, Printer] = dict(code.KINDS)

_PLAIN = {
    id(cls) for cls in (
        type(None), bool, int, float, complex, str, bytes, bytearray, type(...), range, slice, list, tuple, set,
        frozenset, dict,
    )
}  # fmt: skip


class Finder:
    """Finds printers, and remembers them as long as the classes can't change: for one answer."""

    def __init__(self) -> None:
        self._known: dict[int, Printer | None] = {}

    def shown(self, obj: object, kind: str) -> Shown | None:
        """What a printer makes of the object; None where there is none, or the object is in a state it doesn't know."""
        cls = type(obj)
        if id(cls) in _PLAIN:
            return None
        printer = BY_KIND.get(kind)
        if printer is None:
            if id(cls) not in self._known:
                self._known[id(cls)] = _find(cls)
            printer = self._known[id(cls)]
        if printer is None:
            return None
        try:
            return printer(obj)
        except Exception:  # noqa: BLE001 - C code may say anything of an object in an odd state; its attributes are shown
            return None


def _find(cls: type) -> Printer | None:
    for base in class_mro(cls) or ():
        printer = BY_NAME.get(type_name(base))
        if printer is not None:
            return printer
        entries = class_dict(base)
        for marker, marked in BY_MARKER.items():
            if marker in entries:
                return marked
    return None
