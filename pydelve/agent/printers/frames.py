"""Printers of pandas: frames, series, indexes. Shape, type of each column, and the first rows.

A frame's manager, its blocks and their places are read by the C getters that Cython made for them, the arrays in the
blocks by ``arrays.py``; what pandas keeps in another form (Arrow, sparse) shows its type alone.
"""

from __future__ import annotations

from ..looking.anatomy import class_mro, type_name
from ..looking.fastlocals import UNBOUND
from ..printers.arrays import array_bytes, array_class, array_length, dtype_name, element_reader
from ..printers.shown import Shown, Virtual, c_class, c_get, own

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from collections.abc import Callable, Iterable
    from typing import Any

    from ..printers.shown import Element

_MOST_COLUMNS = 10_000


class _Column:
    """Numbers or objects in a row, in whichever array pandas keeps them."""

    __slots__ = ("dtype", "element", "length")

    def __init__(self, dtype: str, length: int = 0, element: Callable[[int], object] | None = None):
        self.dtype = dtype
        self.length = length
        self.element = element

    def shown(self) -> Shown:
        """As the column of a frame."""
        facts = {"dtype": self.dtype}
        return Shown("column", facts=facts, kind="list", length=self.length, elements=self.elements)

    def elements(self, start: int, most: int) -> Iterable[Element]:
        """Those of them that can be read."""
        if self.element is not None:
            for index in range(start, min(start + most, self.length)):
                yield self.element(index), None


def frame(obj: Any) -> Shown | None:
    """Rows and columns, and each column by its label."""
    labels, rows, blocks = _manager(obj)
    if labels is None:
        return None

    def elements(start: int, most: int) -> Iterable[Element]:
        for index in range(start, min(start + most, labels.length)):
            label = labels.element(index) if labels.element is not None else index
            column = _Column("(unknown)")
            for values, places in blocks:
                if index in places:
                    column = _column(values, places.index(index))
            yield Virtual("column", column.shown()), (label,)

    facts = {"rows": rows.length, "columns": labels.length, "size_bytes": sum([_bytes(part) for part, _ in blocks])}
    return Shown("frame", facts=facts, kind="dict", length=labels.length, elements=elements, attributes=[])


def series(obj: Any) -> Shown | None:
    """Its elements by the labels of its index."""
    _, labels, blocks = _manager(obj)
    if labels is None or len(blocks) != 1:
        return None
    values, _ = blocks[0]
    column = _column(values, 0)
    (name,) = own(obj, "_name")

    def elements(start: int, most: int) -> Iterable[Element]:
        for index, (value, _) in enumerate(column.elements(start, most), start):
            yield value, (labels.element(index) if labels.element is not None else index,)

    facts = {"dtype": column.dtype, "size_bytes": _bytes(values)}
    if type(name) is str:
        facts["name"] = name
    return Shown("series", facts=facts, kind="dict", length=labels.length, elements=elements, attributes=[])


def index(obj: Any) -> Shown | None:
    """Its labels."""
    column = _index(obj)
    if column is None:
        return None
    facts = {"dtype": column.dtype}
    return Shown(
        "array", facts=facts, kind="list", length=column.length, elements=column.elements, attributes=[],
    )  # fmt: skip


def not_a_time(obj: Any) -> Shown:
    """``NaT``, whose class is derived from datetime and has the year 1."""
    return Shown("time", "NaT", attributes=[])


def _manager(obj: Any) -> tuple[Any, Any, list[tuple[Any, Any]]]:
    """Columns of a frame (None of a series: not there), rows, and (values, places of the columns) of each block."""
    (manager,) = own(obj, "_mgr")
    blocks, axes = own(manager, "blocks", "axes")
    cls = c_class(manager, "pandas._libs.internals.BlockManager", "blocks", "axes")
    if cls is not None:
        blocks, axes = c_get(cls, "blocks", manager), c_get(cls, "axes", manager)
    if type(blocks) is not tuple or type(axes) is not list or not 1 <= len(axes) <= 2:
        return None, None, []
    columns = [_index(axis) for axis in axes]
    return (columns[0] if len(axes) == 2 else None), columns[-1], [_block(block) for block in blocks]


def _block(block: Any) -> tuple[Any, Any]:
    cls = _class_with(block, "pandas._libs.internals.Block", "pandas._libs.internals.NumpyBlock")
    places = c_get(cls, "_mgr_locs", block) if cls is not None else None
    kind = c_class(places, "pandas._libs.internals.BlockPlacement", "indexer")
    if kind is None:
        return None, ()
    found = c_get(kind, "indexer", places)
    if type(found) is slice:
        places = range(found.start, found.stop, found.step or 1)
    else:
        element = element_reader(found)
        places = [element(at) for at in range(min(array_length(found), _MOST_COLUMNS))] if element else ()
    return c_get(cls, "values", block), places


def _class_with(obj: Any, *names: str) -> Any:
    """The first C class of these names that has the block's fields."""
    for name in names:
        cls = c_class(obj, name, "values", "_mgr_locs")
        if cls is not None:
            return cls
    return None


def _index(obj: Any) -> _Column | None:
    data, span, codes, levels = own(obj, "_data", "_range", "_codes", "_levels")
    if type(span) is range:
        return _Column("int64", len(span), lambda at: span[at])
    if data is not UNBOUND:
        return _column(data, 0)
    if issubclass(type(codes), list) and issubclass(type(levels), list):
        return _levels(list.__getitem__(codes, slice(None)), list.__getitem__(levels, slice(None)))
    return None


def _levels(codes: list[Any], levels: list[Any]) -> _Column | None:
    """Labels of a MultiIndex: a tuple of one of each level."""
    readers = [element_reader(part) for part in codes]
    columns = [_index(level) for level in levels]
    pairs = [(code, column.element) for code, column in zip(readers, columns) if code and column and column.element]
    if not codes or len(pairs) != len(levels):
        return None
    return _Column(
        f"{len(levels)} levels", array_length(codes[0]), lambda at: tuple([_level(code(at), of) for code, of in pairs])
    )


def _level(code: Any, label_of: Callable[[int], object]) -> object:
    return label_of(code) if code >= 0 else None


def _column(values: Any, row: int) -> _Column:
    """One column of a block's values, which are an array of one or two dimensions, or an array of pandas' own."""
    cls = array_class(values)
    if cls is not None:
        element, length = element_reader(values), array_length(values)
        name = dtype_name(c_get(cls, "dtype", values))
        if element is None or not row:
            return _Column(name, length, element)
        reads = element
        return _Column(name, length, lambda at: reads(row * length + at))
    backed = c_class(values, "pandas._libs.arrays.NDArrayBacked", "_ndarray", "_dtype")
    if backed is not None:
        return _backed_column(c_get(backed, "_ndarray", values), c_get(backed, "_dtype", values), row)
    data, mask = own(values, "_data", "_mask")
    if array_class(data) is not None and array_class(mask) is not None:
        inner, is_missing = _column(data, row), element_reader(mask)
        if inner.element is not None and is_missing is not None:
            reads, missing = inner.element, is_missing
            return _Column("nullable " + inner.dtype, inner.length, lambda at: None if missing(at) else reads(at))
    return _Column(type_name(type(values)))


def _backed_column(array: Any, dtype: Any, row: int) -> _Column:
    """A column of times, categories or texts."""
    inner = _column(array, row)
    categories, zone = own(dtype, "_categories", "_tz")
    if categories is not UNBOUND:
        labels = _index(categories)
        if labels is not None and labels.element is not None and inner.element is not None:
            code_of, label_of = inner.element, labels.element
            return _Column("category", inner.length, lambda at: _level(code_of(at), label_of))
        return _Column("category", inner.length)
    if zone is not UNBOUND:
        return _Column(inner.dtype + " with a time zone, in UTC", inner.length, inner.element)
    return inner if inner.dtype != "object" else _Column(_short(dtype), inner.length, inner.element)


def _short(dtype: Any) -> str:
    return "string" if any("StringDtype" in type_name(cls) for cls in class_mro(type(dtype))) else "object"


def _bytes(values: Any) -> int:
    backed = c_class(values, "pandas._libs.arrays.NDArrayBacked", "_ndarray")
    return array_bytes(c_get(backed, "_ndarray", values) if backed is not None else values)


PRINTERS = {
    "pandas.DataFrame": frame, "pandas.core.frame.DataFrame": frame, "pandas.Series": series,
    "pandas._libs.tslibs.nattype.NaTType": not_a_time, "pandas.api.typing.NaTType": not_a_time,
    "pandas.core.series.Series": series, "pandas.Index": index, "pandas.core.indexes.base.Index": index,
}  # fmt: skip
MARKERS: dict[str, Any] = {}
