"""What a value looks like before it is laid out: text in front, brackets, what stands in them, text behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from pydelve.api.values import Item, Value
from pydelve.records import dataclass

Flat = Callable[[Value], str]
"""A value in one line."""


@dataclass(frozen=True, slots=True)
class Look:
    """A leaf (no brackets) or something to open."""

    before: str
    opening: str = ""
    closing: str = ""
    after: str = ""
    items: tuple[Item, ...] = ()
    missing: int = 0
    """Elements that are not here."""
    more: bool = False
    """More attributes exist, their number unknown."""
    equals: bool = False
    """Names are joined to their values as in a call."""


def leaf(text: str, *, after: str = "") -> Look:
    """One that has nothing to open."""
    return Look(text, after=after)


def flat_item(item: Item, flat: Flat, *, equals: bool = False) -> str:
    """An item in one line, with its name or key."""
    return item_label(item, flat, equals=equals) + flat(item.value)


def item_label(item: Item, flat: Flat, *, equals: bool = False) -> str:
    """What stands in front of an item's value."""
    if item.name is not None:
        return f"{item.name}{'=' if equals else ': '}"
    return f"{flat(item.key)}: " if item.key is not None else ""


def braces(items: Iterable[Item], flat: Flat, *, more: bool = False) -> str:
    """`` {a: 1}``: what an object has besides what was said of it; "" where that is nothing."""
    parts = [flat_item(item, flat) for item in items]
    if more and parts:
        parts.append("...")
    return " {" + ", ".join(parts) + "}" if parts else ""


def missing_of(value: Value) -> int:
    """How many of its elements are not here."""
    return max((value.length or 0) - len(value.elements), 0)


def quoted(value: Value) -> str:
    """A str, bytes or bytearray as Python writes it, with what is missing."""
    if value.kind == "str":
        text = repr(value.text)
    else:
        text = repr(value.text.encode("latin-1", "backslashreplace"))
        if value.kind == "bytearray":
            text = f"bytearray({text})"
    if value.length is not None and value.shown < value.length:
        text += f"...+{value.length - value.shown:,} more"
    return text


def address_text(value: Value) -> str:
    """`` 0x7f00``."""
    return f" {value.address:#x}" if value.address else ""


def short_file(path: object) -> str:
    """The end of a path that tells files apart: its name, and its folder's for a package's own file."""
    parts = str(path).split("/")
    return "/".join(parts[-2:] if parts[-1].startswith("__") else parts[-1:])
