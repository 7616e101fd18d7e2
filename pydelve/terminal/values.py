"""Values as text, Python-like: one line where it is short, else indented. Pure; see ``api.values`` for what comes in.

What was cut is marked ``...+N more``, and :func:`cut_hint` names the command that shows the rest.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from pydelve.api.values import Item, Limits, Value

_INDENT = "    "
_BRACKETS = {
    "list": ("[", "]"),
    "tuple": ("(", ")"),
    "set": ("{", "}"),
    "dict": ("{", "}"),
    "deque": ("[", "]"),
    "frozenset": ("{", "}"),
}
_OWN_TYPE = {"none": "NoneType", "deque": "collections.deque", "class": "type"}
_NAMED = {
    "module", "class", "function", "method", "builtin", "code", "frame", "generator", "coroutine", "async_generator",
}  # fmt: skip
_SLICEABLE = {"list", "tuple", "str", "bytes", "bytearray", "range"}
FULL = Limits(max_text=100_000, max_items=10_000, max_depth=6, max_total=100_000)


def render_value(value: Value, *, width: int = 100, indent: str = "", used: int = 0) -> str:
    """The value in one line where it fits into ``width`` less ``used`` columns, else over several.

    ``indent`` goes before every line but the first.
    """
    flat = flat_value(value)
    if len(flat) + used <= width or not _opens(value):
        return flat
    before, opening, closing, after = _frame_of(value)
    inner = indent + _INDENT
    lines = _wrapped(value, width, inner)
    return f"{before}{opening}\n" + "\n".join(inner + line for line in lines) + f"\n{indent}{closing}{after}"


def render_within(value: Value, lines: int, *, width: int = 100, used: int = 0) -> tuple[str, bool]:
    """The value with as many of its levels, then elements, as ``lines`` lines take; and whether some were left out."""
    less, depth = value, _depth(value)
    text = render_value(value, width=width, used=used)
    while text.count("\n") >= lines and (depth > 1 or len(less.items) > 1):
        if depth > 1:
            depth -= 1
            less = _without_levels(value, depth)
        else:
            less = _without_last_items(less, max(len(less.items) * 3 // 4, 1))
        text = render_value(less, width=width, used=used)
    return text, less is not value


def _depth(value: Value) -> int:
    """How many levels of items there are."""
    return 1 + max((_depth(item.value) for item in value.items), default=-1)


def _without_levels(value: Value, depth: int) -> Value:
    """The value as if it had been asked for with only so many levels open."""
    if depth == 0:
        if not _opens(value):
            return value
        return replace(value, items=(), shown=0, attributes_cut=value.attributes_cut or bool(_attributes(value)))
    return replace(
        value, items=tuple(replace(item, value=_without_levels(item.value, depth - 1)) for item in value.items)
    )


def _without_last_items(value: Value, count: int) -> Value:
    """The value as if it had been asked for with only so many items."""
    items = value.items[:count]
    return replace(value, items=items, shown=len(_elements(replace(value, items=items))), attributes_cut=True)


def flat_value(value: Value) -> str:
    """The value in one line, however long."""
    if value.kind == "unbound":
        return "(not assigned yet)"
    if value.kind == "unreadable":
        return f"(unreadable: {value.text})" if value.text else "(unreadable)"
    if value.cycle:
        return "<...>"
    if not _opens(value):
        return _leaf(value)
    before, opening, closing, after = _frame_of(value)
    parts = [_flat_item(item) for item in _inside(value)]
    rest = _rest(value)
    if value.kind == "tuple" and len(parts) == 1 and not rest:
        parts.append("")
        return f"{before}{opening}{parts[0]},{closing}{after}"
    return f"{before}{opening}{', '.join(parts + rest)}{closing}{after}"


def is_cut(value: Value) -> bool:
    """Whether something of the value, at any level, is not here."""
    return any(_cut_here(part) for part in _walk(value))


def cut_hint(expression: str, value: Value) -> str:
    """The command that shows more of a value that ``print expression`` cut; "" where it was not cut."""
    if not is_cut(value):
        return ""
    full = f"print -full {expression}"
    if value.length is None or value.shown >= value.length:
        return full
    if value.kind in _SLICEABLE:
        step = max(value.shown, 1)
        more = f"print {_sliceable(expression)}[{value.shown}:{min(value.shown + step, value.length)}]"
    else:
        more = f"print -n {min(value.length, max(value.shown, 1) * 10)} {expression}"
    return f"{more}, or {full}" if value.length <= FULL.max_items or value.kind in {"str", "bytes"} else more


def describe_type(value: Value) -> str:
    """What ``whatis`` says: the type, and for a class, function or module which one; the number of elements."""
    if value.kind in _NAMED and value.text:
        return f"{_noun(value)} {value.text}"
    if value.length is not None:
        noun = {"str": "character", "bytes": "byte", "bytearray": "byte"}.get(value.kind, "element")
        return f"{value.type}, {value.length:,} {noun}{'' if value.length == 1 else 's'}"
    return value.type


def _noun(value: Value) -> str:
    return value.kind.replace("_", " ")


def _opens(value: Value) -> bool:
    if value.cycle or value.kind in _NAMED or value.kind in {"unbound", "unreadable"}:
        return False
    return value.kind in _BRACKETS or bool(value.items)


def _leaf(value: Value) -> str:
    if value.kind in {"str", "bytes", "bytearray"}:
        text = _quoted(value)
    elif value.kind in _NAMED:
        return f"<{_noun(value)} {value.text}>" if value.text else f"<{_noun(value)}{_address(value)}>"
    elif value.kind in {"object", "exception"}:
        if value.text:
            return f"<{value.type}: {value.text}>"
        more = " {...}" if value.attributes_cut or value.handle else ""
        return f"<{value.type}{_address(value)}>{more}"
    else:
        text = value.text or f"<{value.type}{_address(value)}>"
        if value.kind == "int" and value.length is not None and value.shown < value.length:
            text += f"...+{value.length - value.shown:,} more digits"
    own = value.type == _OWN_TYPE.get(value.kind, value.kind)
    return text if own or not value.text else f"{value.type}({text})"


def _quoted(value: Value) -> str:
    if value.kind == "str":
        text = repr(value.text)
    else:
        text = repr(value.text.encode("latin-1", "backslashreplace"))
        if value.kind == "bytearray":
            text = f"bytearray({text})"
    if value.length is not None and value.shown < value.length:
        text += f"...+{value.length - value.shown:,} more"
    return text


def _address(value: Value) -> str:
    return f" {value.address:#x}" if value.address else ""


def _elements(value: Value) -> list[Item]:
    return [item for item in value.items if item.name is None]


def _attributes(value: Value) -> list[Item]:
    return [item for item in value.items if item.name is not None]


def _inside(value: Value) -> list[Item]:
    """What stands between the brackets: elements of containers, attributes of objects."""
    return _elements(value) if value.kind in _BRACKETS else list(value.items)


def _rest(value: Value) -> list[str]:
    """The mark for what was cut, as a list of no or one part."""
    if value.kind in _BRACKETS:
        missing = (value.length or 0) - len(_elements(value))
        return [f"...+{missing:,} more"] if missing > 0 else []
    return ["..."] if value.attributes_cut else []


def _frame_of(value: Value) -> tuple[str, str, str, str]:
    """What stands before the bracket, the two brackets, and what follows: ``deque([``, ``])``."""
    if value.kind not in _BRACKETS:
        text = f": {value.text}" if value.text else ""
        return f"<{value.type}{_address(value)}{text}> ", "{", "}", ""
    opening, closing = _BRACKETS[value.kind]
    own = value.type == _OWN_TYPE.get(value.kind, value.kind)
    after = ""
    if attributes := _attributes(value):
        after = " {" + ", ".join([*map(_flat_item, attributes), *(["..."] if value.attributes_cut else [])]) + "}"
    if value.kind in {"set", "frozenset"} and not value.length and own:
        return value.kind, "(", ")", after
    if own and value.kind in {"list", "tuple", "dict", "set"}:
        return "", opening, closing, after
    name = value.kind if own else value.type
    return f"{name}(", opening, closing, f"){after}"


def _flat_item(item: Item) -> str:
    text = flat_value(item.value)
    if item.name is not None:
        return f"{item.name}: {text}"
    return f"{flat_value(item.key)}: {text}" if item.key is not None else text


def _wrapped(value: Value, width: int, indent: str) -> list[str]:
    """The children as lines: plain elements fill a line, pairs and attributes have one each."""
    room = max(width - len(indent), 20)
    lines: list[str] = []
    filling = False
    for item in _inside(value):
        label = (
            f"{item.name}: " if item.name is not None else f"{flat_value(item.key)}: " if item.key is not None else ""
        )
        text = label + render_value(item.value, width=room, indent="", used=len(label) + 1)
        text = text.replace("\n", "\n" + indent) + ","
        plain = not label and "\n" not in text
        if plain and filling and len(lines[-1]) + len(text) + 1 <= room:
            lines[-1] += " " + text
        else:
            lines.append(text)
        filling = plain
    if rest := _rest(value):
        lines.append(rest[0])
    return lines


def _walk(value: Value) -> Iterator[Value]:
    todo = [value]
    while todo:
        part = todo.pop()
        yield part
        for item in part.items:
            todo.append(item.value)
            if item.key is not None:
                todo.append(item.key)


def _cut_here(value: Value) -> bool:
    if value.cycle:
        return False
    if value.attributes_cut or (value.length is not None and value.shown < value.length and value.kind != "range"):
        return True
    return value.kind in {"object", "exception"} and bool(value.handle) and not value.items and not value.text


def _sliceable(expression: str) -> str:
    """``expression`` so that a subscript may follow it."""
    try:
        body = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return f"({expression})"
    simple = isinstance(body, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.List)
    return expression if simple else f"({expression})"
