"""``print %x``: values in another notation. Pure, but for ``%s`` and ``%r``, whose text the program makes itself.

A format is ``%[flags][width][.precision]letter`` as in Python's own ``format``: numbers anywhere in the value are
replaced by their notation. ``%j`` is the whole value as JSON.
"""

from __future__ import annotations

import json
import re
from typing import Any

from pydelve.api.values import Value
from pydelve.errors import UsageError
from pydelve.records import dataclass, replace
from pydelve.terminal.values import flat_value

_FORMAT = re.compile(r"%(?P<flags>[-+ #0,_]*)(?P<width>\d*)(?P<precision>\.\d+)?(?P<letter>[A-Za-z]?)(?=\s|$)")
_INTEGERS, _FLOATS, _BY_PROGRAM = "dxXob", "efg", "sr"
_MEANINGS = (
    "x o b d (whole numbers), e f g (numbers), x (texts and bytes), s and r (str and repr, run by the program), j"
)
_EXAMPLE = "print %x total"


@dataclass(frozen=True, slots=True)
class Format:
    """A notation."""

    letter: str
    spec: str
    """For Python's ``format``."""
    text: str
    """As it was typed."""

    @property
    def by_program(self) -> bool:
        """Whether the program itself makes the text."""
        return self.letter in _BY_PROGRAM

    def expression(self, text: str) -> str:
        """What is evaluated for a value of ``text``, where the program makes the text."""
        return f"'%{self.letter}' % (({text}\n),)"


def take_format(text: str) -> tuple[Format | None, str]:
    """A leading format, if there is one, and the rest of the text.

    Raises:
        UsageError: it begins with ``%`` and is none, or nothing follows.
    """
    if not text.startswith("%"):
        return None, text
    match = _FORMAT.match(text)
    if match is None or not match["letter"] or match["letter"] not in _INTEGERS + _FLOATS + _BY_PROGRAM + "j":
        raise UsageError(
            f"there is no format {text.split(maxsplit=1)[0]}", why=f"the letters are {_MEANINGS}", hint=_EXAMPLE
        )
    letter, rest = match["letter"], text[match.end() :].strip()
    if letter in "srj" and match[0] != f"%{letter}":
        raise UsageError(f"%{letter} takes neither flags nor a width", hint=f"print %{letter} {rest or 'total'}")
    if match["precision"] and letter not in _FLOATS:
        raise UsageError(f"%{letter} takes no precision", why="only e, f and g do", hint=f"print %{letter} total")
    if not rest:
        raise UsageError(f"print {match[0]} needs an expression", hint=_EXAMPLE)
    flags = match["flags"]
    kept = "".join(flag for flag in flags if flag not in "-+ 0,_")
    sign = "+" if "+" in flags else " " if " " in flags else ""
    align = "<" if "-" in flags else ""
    zero = "0" if "0" in flags and not align and match["width"] else ""
    group = "," if "," in flags and letter not in "xXob" else "_" if "_" in flags or "," in flags else ""
    return Format(
        letter, f"{align}{sign}{kept}{zero}{match['width']}{group}{match['precision'] or ''}{letter}", match[0]
    ), rest


def formatted(value: Value, form: Format) -> Value:
    """The value with every number in it that the format is for in that notation."""
    text = _notation(value, form)
    if text is not None:
        return replace(value, kind="object", form="told", text=text, items=(), length=None, facts=())
    items = tuple(replace(item, value=formatted(item.value, form)) for item in value.items)
    return replace(value, items=items)


def _notation(value: Value, form: Format) -> str | None:
    """None where the format is not for such a value, or only a part of it is here."""
    if value.kind == "int" and form.letter in _INTEGERS + _FLOATS:
        number = None if value.length is not None else int(value.text, 0)
        return None if number is None else _safely(number, form)
    if value.kind == "float" and form.letter in _FLOATS:
        return _safely(float(value.text), form)
    if value.form == "scalar" and form.letter in _INTEGERS + _FLOATS:  # a number of numpy's
        try:
            return _safely(int(value.text) if form.letter in _INTEGERS else float(value.text), form)
        except ValueError:
            return None
    if value.kind in {"str", "bytes", "bytearray"} and form.letter in "xX":
        raw = value.text.encode("utf-8", "surrogatepass") if value.kind == "str" else value.text.encode("latin-1")
        cut = f"...+{value.length - value.shown:,} more" if value.length and value.length > value.shown else ""
        text = raw.hex(" ") + cut
        return text.upper() if form.letter == "X" else text
    return None


def _safely(number: float, form: Format) -> str | None:
    try:
        return format(number, form.spec)
    except (ValueError, OverflowError):  # an int that no float can hold
        return None


def as_json(value: Value) -> str:
    """The value as JSON; what is cut, or nothing that JSON has, is a text as it would be shown."""
    return json.dumps(_plain(value), indent=2, ensure_ascii=False)


def _plain(value: Value) -> Any:
    if value.kind == "none":
        return None
    if value.kind == "bool":
        return value.text == "True"
    if value.kind == "int" and value.length is None:
        return int(value.text, 0)
    if value.kind == "float" and value.text not in {"inf", "-inf", "nan"}:
        return float(value.text)
    if value.kind == "str" and value.shown >= (value.length or 0):
        return value.text
    missing = max((value.length or 0) - len(value.elements), 0)
    if value.kind == "dict" and not value.cycle:
        found = {_key(item.key): _plain(item.value) for item in value.elements if item.key is not None}
        return {**found, **({"...": f"+{missing:,} more"} if missing else {})}
    if value.form == "namedtuple":
        names = value.fact("fields")
        fields = zip(names if isinstance(names, tuple) else (), value.elements, strict=False)
        return {str(name): _plain(item.value) for name, item in fields}
    if value.kind in {"list", "tuple", "set", "frozenset", "deque"} and not value.cycle:
        return [_plain(item.value) for item in value.elements] + ([f"...+{missing:,} more"] if missing else [])
    if value.kind == "object" and value.form in {"", "record"} and value.attributes:
        rest = {"...": "more"} if value.attributes_cut else {}
        return {**{str(item.name): _plain(item.value) for item in value.attributes}, **rest}
    return value.text if value.form in {"path", "time", "uuid", "decimal"} else flat_value(value)


def _key(key: Value) -> str:
    return key.text if key.kind == "str" else flat_value(key)
