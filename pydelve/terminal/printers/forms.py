"""The looks of what the agent has printers for; one function a form. ``docs/reference/printers.md`` shows them all."""

from __future__ import annotations

from collections.abc import Callable

from pydelve.api.values import Item, Value
from pydelve.terminal.printers import kinds
from pydelve.terminal.printers.look import Flat, Look, braces, leaf, missing_of, short_file
from pydelve.terminal.units import duration_text, size_text

Printer = Callable[[Value, Flat], Look]


def _texts(value: Value, name: str) -> tuple[str, ...]:
    found = value.fact(name)
    return tuple(str(part) for part in found) if isinstance(found, tuple) else ()


def _number(value: Value, name: str) -> int:
    found = value.fact(name)
    return found if isinstance(found, int) else 0


def _others(value: Value, flat: Flat) -> str:
    return braces(value.attributes, flat, more=value.attributes_cut)


def literal(value: Value, flat: Flat) -> Look:
    """``decimal.Decimal(1.50)``."""
    return leaf(f"{value.type}({value.text})", after=_others(value, flat))


def path(value: Value, flat: Flat) -> Look:
    """``pathlib.PosixPath('/etc')``."""
    return leaf(f"{value.type}({value.text!r})", after=_others(value, flat))


def told(value: Value, flat: Flat) -> Look:
    """Whatever a printer of the user's or a notation made of it."""
    return leaf(value.text)


def duration(value: Value, flat: Flat) -> Look:
    """``datetime.timedelta(1 day 2 h)``."""
    return leaf(f"{value.type}({duration_text(_number(value, 'total_ns'))})", after=_others(value, flat))


def enum(value: Value, flat: Flat) -> Look:
    """``<bank.Level.HIGH: 3>``."""
    name, inner = value.fact("name"), value.attribute("value")
    own = flat(inner) if inner is not None else kinds.scalar(value, flat).before if value.kind != "object" else ""
    if inner is None and own.startswith(f"{value.type}("):
        own = own[len(value.type) + 1 : -1]
    said = (f".{name}" if name else "") + (f": {own}" if own else "")
    return leaf(f"<{value.type}{said}>", after=braces((i for i in value.attributes if i.name != "value"), flat))


def record(value: Value, flat: Flat) -> Look:
    """``bank.Order(item='tea', count=2)``; attributes that are no fields behind."""
    fields = _texts(value, "fields")
    if not value.items:
        return leaf(f"{value.type}({'...' if value.handle or value.attributes_cut else ''})")
    inside = tuple(item for item in value.attributes if item.name in fields)
    others = braces((item for item in value.attributes if item.name not in fields), flat, more=value.attributes_cut)
    cut = value.attributes_cut and not others
    return Look(value.type, "(", ")", others, inside, more=cut, equals=True)


def named_tuple(value: Value, flat: Flat) -> Look:
    """``bank.Point(x=1, y=2)``."""
    names = _texts(value, "fields")
    elements = value.elements
    inside = tuple(Item(item.value, name=name) for item, name in zip(elements, names, strict=False))
    rest = elements[len(inside) :]
    return Look(value.type, "(", ")", _others(value, flat), inside + rest, missing_of(value), equals=True)


def call(value: Value, flat: Flat) -> Look:
    """``functools.partial(<function f>, 1, key=2)``: elements and, where they are fields, attributes in the call."""
    fields = _texts(value, "fields")
    inside = value.elements + tuple(item for item in value.attributes if item.name in fields)
    others = braces((item for item in value.attributes if item.name not in fields), flat, more=value.attributes_cut)
    facts = "".join(f", {name}={fact}" for name, fact in value.facts if name != "fields")
    return Look(value.type, "(", f"{facts})", others, inside, missing_of(value), equals=True)


def queue(value: Value, flat: Flat) -> Look:
    """``queue.Queue([1, 2], maxsize=10)``."""
    facts = "".join(f", {name}={fact}" for name, fact in value.facts)
    after = f"{facts}){_others(value, flat)}"
    return Look(f"{value.type}(", "[", "]", after, value.elements, missing_of(value))


def default_dict(value: Value, flat: Flat) -> Look:
    """``collections.defaultdict(<class list>, {'a': [1]})``."""
    factory = value.attribute("default_factory")
    before = f"{value.type}({'...' if factory is None else flat(factory)}, "
    others = braces((item for item in value.attributes if item.name != "default_factory"), flat)
    return Look(before, "{", "}", f"){others}", value.elements, missing_of(value))


def array(value: Value, flat: Flat) -> Look:
    """``numpy.ndarray([[1.0, 2.0]], float64, 1x2, 16 B)``; ``array.array([1, 2], 'i', 8 B)``."""
    facts = []
    for name, fact in value.facts:
        match name, fact:
            case "typecode", _:
                facts.append(repr(fact))
            case "format", _:
                facts.append(f"format {fact!r}")
            case "shape", tuple(sizes):
                facts += ["x".join(map(str, sizes))] if len(sizes) != 1 or value.length is None else []
            case "size_bytes", int(size):
                facts.append(size_text(size))
            case _, True:
                facts.append(name)
            case (_, False) | (_, None):
                pass
            case _:
                facts.append(str(fact))
    said = ", ".join(fact for fact in facts if fact)
    hidden = {"obj"} if value.form == "memoryview" else set()
    others = braces((item for item in value.attributes if item.name not in hidden), flat)
    if value.length is None:
        return leaf(f"{value.type}({said})", after=others)
    after = f", {said}){others}" if said else f"){others}"
    return Look(f"{value.type}(", "[", "]", after, value.elements, missing_of(value))


def state(value: Value, flat: Flat) -> Look:
    """``<threading.Event: set>``."""
    return leaf(f"<{value.type}: {value.text}>")


def count(value: Value, flat: Flat) -> Look:
    """``<_queue.SimpleQueue: 3 items>``."""
    number = _number(value, "items")
    return leaf(f"<{value.type}: {number:,} item{'' if number == 1 else 's'}>")


def function(value: Value, flat: Flat) -> Look:
    """``<function bank.main(first, *rest) at bank.py:12>``."""
    signature, of = value.fact("signature") or "", value.fact("of")
    at = f" at {short_file(value.fact('file'))}:{value.fact('line')}" if value.fact("file") else ""
    return leaf(f"<{kinds.noun(value)} {value.text}{signature}{f' of {of}' if of else ''}{at}>")


def class_(value: Value, flat: Flat) -> Look:
    """``<class bank.Account(bank.Base)>``."""
    bases = _texts(value, "bases")
    return leaf(f"<class {value.text}{'(' + ', '.join(bases) + ')' if bases else ''}>")


def module(value: Value, flat: Flat) -> Look:
    """``<module json from json/__init__.py>``."""
    file = value.fact("file")
    return leaf(f"<module {value.text}{f' from {short_file(file)}' if file else ''}>")


def generator(value: Value, flat: Flat) -> Look:
    """``<generator bank.rows, suspended at bank.py:12>``."""
    where = f" at {short_file(value.fact('file'))}:{value.fact('line')}" if value.fact("state") != "closed" else ""
    return leaf(f"<{kinds.noun(value)} {value.text}, {value.fact('state')}{where}>")


def file(value: Value, flat: Flat) -> Look:
    """``<_io.TextIOWrapper 'notes.txt', mode r, utf-8, fd 3>``."""
    name, mode, fd = value.fact("name"), value.fact("mode"), value.fact("fd")
    parts = [f"mode {mode}" if mode else "", str(value.fact("encoding") or ""), f"fd {fd}" if fd is not None else ""]
    if (position := value.fact("position")) is not None:
        parts.append(f"position {position:,}" if isinstance(position, int) else "")
    parts.append(str(value.fact("state") or ""))
    said = ", ".join(part for part in parts if part)
    return leaf(f"<{value.type}{f' {name!r},' if name else ''} {said}>")


def socket(value: Value, flat: Flat) -> Look:
    """``<socket.socket TCP, fd 5, 127.0.0.1:80 -> 10.0.0.7:4711>``."""
    local, peer, fd = value.fact("local"), value.fact("peer"), value.fact("fd")
    places = " -> ".join(str(place) for place in (local, peer) if place)
    parts = [str(value.fact("kind")), f"fd {fd}" if fd is not None else "", places, str(value.fact("state") or "")]
    return leaf(f"<{value.type} {', '.join(part for part in parts if part)}>")


def frame(value: Value, flat: Flat) -> Look:
    """``pandas.DataFrame({'a': int64 [1, 2]}, 2 rows, 16 B)``."""
    rows = _number(value, "rows")
    said = f"{rows:,} row{'' if rows == 1 else 's'}, {size_text(_number(value, 'size_bytes'))}"
    return Look(f"{value.type}(", "{", "}", f", {said})", value.elements, missing_of(value))


def column(value: Value, flat: Flat) -> Look:
    """``int64 [1, 2]``; only the type where its elements can't be read."""
    if not value.length:
        return leaf(str(value.fact("dtype")))
    return Look(f"{value.fact('dtype')} ", "[", "]", "", value.elements, missing_of(value))


def series(value: Value, flat: Flat) -> Look:
    """``pandas.Series({0: 1}, int64, 8 B, name='a')``."""
    said = f"{value.fact('dtype')}, {size_text(_number(value, 'size_bytes'))}"
    if value.fact("name"):
        said += f", name={value.fact('name')!r}"
    return Look(f"{value.type}(", "{", "}", f", {said})", value.elements, missing_of(value))


def deque(value: Value, flat: Flat) -> Look:
    """``deque([1, 2], maxlen=5)``."""
    name = "deque" if kinds.is_own(value) else value.type
    after = f", maxlen={value.fact('maxlen')}){braces(value.attributes, flat)}"
    return Look(f"{name}(", "[", "]", after, value.elements, missing_of(value))


FORMS: dict[str, Printer] = {
    "told": told,
    "decimal": literal, "fraction": literal, "uuid": literal, "time": literal, "scalar": literal, "path": path,
    "duration": duration, "enum": enum, "record": record, "namedtuple": named_tuple, "call": call, "queue": queue,
    "defaultdict": default_dict, "array": array, "memoryview": array, "state": state, "count": count,
    "function": function, "class": class_, "module": module, "generator": generator, "file": file, "socket": socket,
    "frame": frame, "column": column, "series": series, "deque": deque,
}  # fmt: skip
LEAVES = {
    "decimal", "fraction", "uuid", "time", "scalar", "path", "duration", "state", "count", "function", "class",
    "module", "generator", "file", "socket", "told",
}  # fmt: skip
"""What is told in whole however little of it was asked for."""
