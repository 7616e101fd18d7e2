"""Printers of numpy's arrays and scalars, and what else shows numbers in rows.

Elements are fetched one by one by ``ndarray.item``, which makes no array: views of a class derived from ndarray would
call its ``__array_finalize__``. Only as many are fetched as are shown.
"""

from __future__ import annotations

from ..looking.anatomy import read, type_name
from ..printers.shown import Shown, Virtual, c_call, c_class, c_get

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from collections.abc import Callable, Iterable
    from typing import Any

    from ..printers.shown import Element, Elements

_READABLE = "biufcSUOMmVT"  # kinds of dtypes whose elements become Python objects without code of anybody's
_NAMES = {"i": "int", "u": "uint", "f": "float", "c": "complex"}
_UNITS = {"M": "datetime64", "m": "timedelta64"}
_HEAP_TYPE = 1 << 9  # Include/object.h: Py_TPFLAGS_HEAPTYPE
_NOT_A_TIME = -(1 << 63)
_DAY_NS = 86_400_000_000_000


def array(obj: Any) -> Shown | None:
    """Type of the elements, shape, size, and the elements nested by the shape."""
    cls = array_class(obj)
    if cls is None:
        return None
    shape = list(c_get(cls, "shape", obj))
    facts = {"dtype": dtype_name(c_get(cls, "dtype", obj)), "shape": shape, "size_bytes": c_get(cls, "nbytes", obj)}
    element = element_reader(obj)
    if element is None:
        return Shown("array", facts=facts)
    size, elements = nested(element, shape)
    return Shown("array", facts=facts, kind="list", length=size, elements=elements)


def array_class(obj: Any) -> Any:
    """The library's own ndarray along the object's MRO."""
    return c_class(obj, "numpy.ndarray", "item", "shape", "dtype", "nbytes")


def element_reader(obj: Any) -> Callable[[int], object] | None:
    """A function from an index, counted through in C order, to the element; None where they can't be read."""
    cls = array_class(obj)
    if cls is None:
        return None
    dtype = c_get(cls, "dtype", obj)
    kind = _kind(dtype)
    if kind not in _READABLE or (kind == "V" and _fields(dtype) is None):
        return None
    name = dtype_name(dtype)
    if name == "datetime64[ns]":
        return lambda index: moment(c_call(cls, "item", obj, index))
    if name == "timedelta64[ns]":
        return lambda index: stretch(c_call(cls, "item", obj, index))
    return lambda index: c_call(cls, "item", obj, index)


def array_length(obj: Any) -> int:
    """Elements along the last axis; 0 where it has none."""
    cls = array_class(obj)
    shape = c_get(cls, "shape", obj) if cls is not None else ()
    return int(shape[-1]) if shape else 0


def array_bytes(obj: Any) -> int:
    """Size of its data; 0 where it is no array."""
    cls = array_class(obj)
    return int(c_get(cls, "nbytes", obj)) if cls is not None else 0


def nested(element: Callable[[int], object], shape: list[int], offset: int = 0) -> tuple[int, Elements]:
    """Length and elements of the first axis; what is behind it becomes lists."""
    if not shape:
        return 1, lambda start, most: [(element(offset), None)][start : start + most]
    row_size = 1
    for size in shape[1:]:
        row_size *= size

    def elements(start: int, most: int) -> Iterable[Element]:
        for index in range(start, min(start + most, shape[0])):
            if len(shape) == 1:
                yield element(offset + index), None
            else:
                size, inner = nested(element, shape[1:], offset + index * row_size)
                yield Virtual("list", Shown("", kind="list", length=size, elements=inner)), None

    return shape[0], elements


def dtype_name(dtype: Any) -> str:
    """``float64``, ``str5``, ``datetime64[ns]``; of records the names of their fields."""
    cls = c_class(dtype, "numpy.dtype", "kind", "itemsize", "str", "names")
    if cls is None:
        return type_name(type(dtype))
    kind, size = c_get(cls, "kind", dtype), c_get(cls, "itemsize", dtype)
    if kind in _NAMES:
        return _NAMES[kind] + str(8 * size)
    if kind in _UNITS:
        return _UNITS[kind] + str(c_get(cls, "str", dtype)[3:])
    if kind == "V":
        fields = c_get(cls, "names", dtype)
        return f"void{size}" if fields is None else "record(" + ", ".join(fields) + ")"
    plain: dict[str, str] = {"b": "bool", "O": "object", "S": f"bytes{size}", "U": f"str{size // 4}", "T": "string"}
    return plain.get(kind) or str(kind)


def _kind(dtype: Any) -> str:
    cls = c_class(dtype, "numpy.dtype", "kind")
    return c_get(cls, "kind", dtype) if cls is not None else "?"


def _fields(dtype: Any) -> Any:
    return c_get(c_class(dtype, "numpy.dtype", "names"), "names", dtype)


def scalar(obj: Any) -> Shown | None:
    """As the number that it is; of the library's own types only, whose conversions are C code throughout."""
    own_type = type(obj)
    cls = c_class(obj, "numpy.generic", "item")
    if cls is None or read(type, "__flags__", own_type) & _HEAP_TYPE:
        return None
    value = c_call(cls, "item", obj)
    if type(value) is bool or type(value) is float or type(value) is complex:
        return Shown("scalar", repr(value))
    if type(value) is int and "timedelta64" not in type_name(own_type) and "datetime64" not in type_name(own_type):
        return Shown("scalar", int.__repr__(value))
    if type(value) is int:
        known = moment(value) if "datetime64" in type_name(own_type) else stretch(value)
        unit = dtype_name(c_get(cls, "dtype", obj))
        return known.shown if unit.endswith("[ns]") else Shown("scalar", f"{value} {unit}")
    if type_name(type(value)) in ("datetime.datetime", "datetime.date", "datetime.timedelta"):
        return Shown("call", length=1, elements=lambda start, most: [(value, None)][start : start + most])
    return None


def moment(count_ns: int | None) -> Virtual:
    """A time counted in nanoseconds since 1970."""
    if count_ns is None or count_ns == _NOT_A_TIME:
        return Virtual("numpy.datetime64", Shown("time", "NaT"))
    days, rest = divmod(count_ns, _DAY_NS)
    seconds, fraction = divmod(rest, 1_000_000_000)
    text = "%04d-%02d-%02d" % _civil(days)
    if rest:
        text += " %02d:%02d:%02d" % (seconds // 3600, seconds // 60 % 60, seconds % 60)
        text += ("." + "%09d" % fraction).rstrip("0") if fraction else ""
    return Virtual("numpy.datetime64", Shown("time", text))


def stretch(count_ns: int | None) -> Virtual:
    """A duration in nanoseconds."""
    if count_ns is None or count_ns == _NOT_A_TIME:
        return Virtual("numpy.timedelta64", Shown("time", "NaT"))
    return Virtual("numpy.timedelta64", Shown("duration", facts={"total_ns": count_ns}))


def _civil(days: int) -> tuple[int, int, int]:
    """Year, month and day of a day counted from 1970-01-01, in years that begin in March."""
    era, day = divmod(days + 719_468, 146_097)  # of 400 years
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    return year + era * 400 + (month >= 10), month + 3 if month < 10 else month - 9, day - (153 * month + 2) // 5 + 1


def dtype(obj: Any) -> Shown:
    """Its name."""
    return Shown("scalar", dtype_name(obj), attributes=[])


PRINTERS = {"numpy.ndarray": array, "numpy.generic": scalar, "numpy.dtype": dtype}
MARKERS: dict[str, Any] = {}
