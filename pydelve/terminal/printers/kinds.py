"""The looks of Python's own types, and of whatever has no printer."""

from __future__ import annotations

from pydelve.api.values import Value
from pydelve.terminal.printers.look import Flat, Look, address_text, braces, leaf, missing_of, quoted

BRACKETS = {
    "list": ("[", "]"),
    "tuple": ("(", ")"),
    "set": ("{", "}"),
    "dict": ("{", "}"),
    "deque": ("[", "]"),
    "frozenset": ("{", "}"),
}
_OWN_TYPE = {"none": "NoneType", "deque": "collections.deque", "class": "type"}
NAMED = {
    "module", "class", "function", "method", "builtin", "code", "frame", "generator", "coroutine", "async_generator",
}  # fmt: skip


def is_own(value: Value) -> bool:
    """Is it of exactly the built-in type of its kind?"""
    return value.type == _OWN_TYPE.get(value.kind, value.kind)


def noun(value: Value) -> str:
    """What a thing that has a name is called."""
    return value.kind.replace("_", " ")


def container(value: Value, flat: Flat) -> Look:
    """Elements in the brackets of the kind; attributes of a derived class behind."""
    opening, closing = BRACKETS[value.kind]
    after = braces(value.attributes, flat, more=value.attributes_cut)
    if order := value.fact("order"):
        after += f" (in the order {order}, not its own)"
    plain = is_own(value)
    if value.kind in {"set", "frozenset"} and not value.length and plain:
        return Look(value.kind, "(", ")", after)
    items, missing = value.elements, missing_of(value)
    if plain and value.kind in {"list", "tuple", "dict", "set"}:
        return Look("", opening, closing, after, items, missing)
    name = value.kind if plain else value.type
    return Look(f"{name}(", opening, closing, f"){after}", items, missing)


def named(value: Value, flat: Flat) -> Look:
    """``<function bank.main>``."""
    return leaf(f"<{noun(value)} {value.text}>" if value.text else f"<{noun(value)}{address_text(value)}>")


def scalar(value: Value, flat: Flat) -> Look:
    """A number or text; of a derived class, with its name, and what else it has."""
    if value.kind in {"str", "bytes", "bytearray"}:
        text = quoted(value)
    else:
        text = value.text or f"<{value.type}{address_text(value)}>"
        if value.kind == "int" and value.length is not None and value.shown < value.length:
            text += f"...+{value.length - value.shown:,} more digits"
    plain = is_own(value) or not value.text
    return leaf(text if plain else f"{value.type}({text})", after=braces(value.items, flat, more=value.attributes_cut))


def slice_(value: Value, flat: Flat) -> Look:
    """``slice(1, 2, None)``."""
    return leaf(f"slice({', '.join(flat(item.value) for item in value.attributes)})")


def exception(value: Value, flat: Flat) -> Look:
    """``ValueError('wrong', 3)``, and what else it has: its cause, its notes, attributes of its class."""
    told = value if value.form else value.attribute("args")
    after = braces((item for item in value.attributes if item.name != "args"), flat, more=value.attributes_cut)
    if told is None or (value.handle and told.length and not told.items):
        return leaf(f"{value.type}(...)", after=after)
    return Look(value.type, "(", ")", after, told.elements, missing_of(told))


def instance(value: Value, flat: Flat) -> Look:
    """``<bank.Account 0x7f00> {owner: 'ann'}``."""
    text = f": {value.text}" if value.text else ""
    if value.items:
        return Look(f"<{value.type}{address_text(value)}{text}> ", "{", "}", "", value.items, more=value.attributes_cut)
    if text:
        return leaf(f"<{value.type}{text}>")
    return leaf(f"<{value.type}{address_text(value)}>{' {...}' if value.attributes_cut or value.handle else ''}")
