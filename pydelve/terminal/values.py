"""Values as text, Python-like: one line where it is short, else indented. Pure; see ``api.values`` for what comes in.

What was cut is marked ``...+N more``, and :func:`cut_hint` names the command that shows the rest.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydelve.api.values import Limits, Value
from pydelve.records import replace
from pydelve.terminal.printers.forms import LEAVES
from pydelve.terminal.printers.kinds import NAMED, noun
from pydelve.terminal.printers.look import Look, flat_item, item_label
from pydelve.terminal.printers.registry import look_of

_INDENT = "    "
_SLICEABLE = {"list", "tuple", "str", "bytes", "bytearray", "range"}
FULL = Limits(max_text=100_000, max_items=10_000, max_depth=6, max_total=100_000)


def render_value(value: Value, *, width: int = 100, indent: str = "", used: int = 0) -> str:
    """The value in one line where it fits into ``width`` less ``used`` columns, else over several.

    ``indent`` goes before every line but the first.
    """
    flat = flat_value(value)
    if len(flat) + used <= width:
        return flat
    look = look_of(value, flat_value)
    if not look.items and not look.missing:
        return flat
    inner = indent + _INDENT
    lines = _wrapped(look, width, inner)
    opened = "\n".join(inner + line for line in lines)
    return f"{look.before}{look.opening}\n{opened}\n{indent}{look.closing.removeprefix(', ')}{look.after}"


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
        if not value.items:
            return value
        return replace(value, items=(), shown=0, attributes_cut=value.attributes_cut or bool(value.attributes))
    return replace(
        value, items=tuple(replace(item, value=_without_levels(item.value, depth - 1)) for item in value.items)
    )


def _without_last_items(value: Value, count: int) -> Value:
    """The value as if it had been asked for with only so many items."""
    items = value.items[:count]
    return replace(value, items=items, shown=len(replace(value, items=items).elements), attributes_cut=True)


def flat_value(value: Value) -> str:
    """The value in one line, however long."""
    look = look_of(value, flat_value)
    if not look.opening:
        return look.before + look.after
    parts = [flat_item(item, flat_value, equals=look.equals) for item in look.items] + _rest(look)
    inside = ", ".join(parts)
    if value.kind == "tuple" and not value.form and len(look.items) == 1 and not look.missing:
        inside += ","
    return f"{look.before}{look.opening}{inside}{look.closing}{look.after}"


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
    if value.kind in _SLICEABLE and value.form != "view":
        step = max(value.shown, 1)
        more = f"print {_sliceable(expression)}[{value.shown}:{min(value.shown + step, value.length)}]"
    else:
        more = f"print -n {min(value.length, max(value.shown, 1) * 10)} {expression}"
    return f"{more}, or {full}" if value.length <= FULL.max_items or value.kind in {"str", "bytes"} else more


def describe_type(value: Value) -> str:
    """What ``whatis`` says: the type, and for a class, function or module which one; the number of elements."""
    if value.kind in NAMED and value.text:
        return f"{noun(value)} {value.text}"
    if value.length is not None:
        unit = {"str": "character", "bytes": "byte", "bytearray": "byte"}.get(value.kind, "element")
        return f"{value.type}, {value.length:,} {unit}{'' if value.length == 1 else 's'}"
    return value.type


def _rest(look: Look) -> list[str]:
    """The mark for what was cut, as a list of no or one part."""
    if look.missing:
        return [f"...+{look.missing:,} more"]
    return ["..."] if look.more else []


def _wrapped(look: Look, width: int, indent: str) -> list[str]:
    """The children as lines: plain elements fill a line, pairs and attributes have one each."""
    room = max(width - len(indent), 20)
    lines: list[str] = []
    filling = False
    for item in look.items:
        label = item_label(item, flat_value, equals=look.equals)
        text = label + render_value(item.value, width=room, indent="", used=len(label) + 1)
        text = text.replace("\n", "\n" + indent) + ","
        plain = not label and "\n" not in text
        if plain and filling and len(lines[-1]) + len(text) + 1 <= room:
            lines[-1] += " " + text
        else:
            lines.append(text)
        filling = plain
    return lines + _rest(look)


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
    if value.cycle or value.form in LEAVES:
        return False
    if value.attributes_cut or (value.length is not None and value.shown < value.length and value.kind != "range"):
        return True
    return value.kind in {"object", "exception"} and bool(value.handle) and not value.items and not value.text


def _sliceable(expression: str) -> str:
    """``expression`` so that a subscript may follow it."""
    import ast  # noqa: PLC0415  # for values that are cut; ``pydelve stack`` shows none mostly

    try:
        body = ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return f"({expression})"
    simple = isinstance(body, ast.Name | ast.Attribute | ast.Subscript | ast.Call | ast.List)
    return expression if simple else f"({expression})"
