"""Printers of torch's tensors.

An operation of torch may run Python code (modes, subclasses) and lets go of the GIL, so none is used: properties are
read by C getters of tensors of exactly torch's own classes, and the numbers of a dense tensor from main memory.
"""

from __future__ import annotations

import sys

from ..interpreter import native
from ..looking.anatomy import ModuleType, module_dict, type_name
from ..printers.arrays import nested
from ..printers.shown import Shown, c_call, c_class, c_get

TYPE_CHECKING = False
if TYPE_CHECKING:  # `typing` is a file of the standard library, which the agent doesn't import
    from collections.abc import Callable
    from typing import Any

_BuiltinFunction: Any = type(len)
_EXACT = ("torch.Tensor", "torch.nn.parameter.Parameter")
# what memoryview.cast calls the numbers of a dtype; bfloat16 is the upper half of a float32
_FORMATS = {
    "float32": "f", "float64": "d", "int8": "b", "int16": "h", "int32": "i", "int64": "q", "uint8": "B", "uint16": "H",
    "uint32": "I", "uint64": "Q", "bool": "?", "bfloat16": "H",
}  # fmt: skip


def tensor(obj: Any) -> Shown | None:
    """Type of the elements, shape, size, device, and the elements."""
    cls = c_class(obj, "torch._C.TensorBase", "shape", "data_ptr") or c_class(obj, "torch._C._TensorBase", "shape")
    if cls is None or type_name(type(obj)) not in _EXACT or _intercepted():
        return None
    shape = list(c_get(cls, "shape", obj))
    dtype = c_get(cls, "dtype", obj)
    name = c_call(type(dtype), "__repr__", dtype).rpartition(".")[2]
    device = c_get(cls, "device", obj)
    where = c_call(type(device), "__str__", device)
    facts = {"dtype": name, "shape": shape, "size_bytes": c_call(cls, "numel", obj) * c_call(cls, "element_size", obj)}
    if where != "cpu":
        facts["device"] = where
    if c_get(cls, "requires_grad", obj):
        facts["requires_grad"] = True
    layout = c_get(cls, "layout", obj)
    dense = c_call(type(layout), "__repr__", layout) == "torch.strided"
    element = _element_reader(cls, obj, name, shape) if where == "cpu" and dense else None
    if element is None:
        return Shown("array", facts=facts, attributes=[])
    size, elements = nested(element, shape)
    return Shown("array", facts=facts, kind="list", length=size, elements=elements, attributes=[])


def _intercepted() -> bool:
    """Is a mode of the program's in force, whose Python code would see each access?"""
    module = sys.modules.get("torch._C")
    depth: Any = module_dict(module).get("_len_torch_function_stack") if type(module) is ModuleType else None
    return type(depth) is not _BuiltinFunction or depth() != 0


def _element_reader(cls: Any, obj: Any, dtype: str, shape: list[int]) -> Callable[[int], object] | None:
    code = _FORMATS.get(dtype)
    address = c_call(cls, "data_ptr", obj) if code else 0
    if code is None or not address:
        return None
    size, strides = c_call(cls, "element_size", obj), c_call(cls, "stride", obj)

    def element(index: int) -> object:
        place = address
        for length, stride in zip(reversed(shape), reversed(strides)):
            index, along = divmod(index, length)
            place += along * stride * size
        raw = native.bytes_at(place, size)
        if dtype == "bfloat16":
            return memoryview(b"\0\0" + raw).cast("f")[0]
        numbers: Any = memoryview(raw)
        return numbers.cast(code)[0]

    return element


PRINTERS = {"torch._C.TensorBase": tensor, "torch._C._TensorBase": tensor}
MARKERS: dict[str, Any] = {}
