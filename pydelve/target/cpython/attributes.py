"""Finds an attribute of an object where it is stored, without running what would compute it.

The order is Python's own (Objects/object.c: _PyObject_GenericGetAttrWithDict): a data descriptor of the classes, the
instance's dict, what the classes have. A property, and whatever else would run, is refused by name.
"""

from __future__ import annotations

from pydelve.target.cpython.objects import HEAP_TYPE, ObjectReader, TypeInfo
from pydelve.target.cpython.operands import At, EvaluationFailed, Made, Named, NeedsToRun, Operand, Operands

_DESCRIPTOR_GET, _DESCRIPTOR_SET = (
    8,
    16,
)  # Include/cpython/object.h, PyTypeObject: after tp_dict, the same in 3.9 to 3.15
_WRAPPED = 16  # Objects/funcobject.c, classmethod and staticmethod: their first field of their own
_TUPLE_INDEX = 16  # Modules/_collectionsmodule.c, _tuplegetterobject.index
_EXCEPTION_FIELDS = {"args": "args", "__cause__": "cause", "__context__": "context"}
_RANGE_FIELDS = {"start": 0, "stop": 1, "step": 2}


class AttributeReader:
    """Attributes of one interpreter's objects. All that is asked raises NeedsToRun, EvaluationFailed, or
    UnreadableError.
    """

    def __init__(self, objects: ObjectReader, operands: Operands) -> None:
        self._objects = objects
        self._operands = operands

    def get(self, operand: Operand, name: str) -> Operand:
        """The attribute of that name."""
        if isinstance(operand, At):
            return self._of_object(operand.address, name)
        if isinstance(operand, Made) and isinstance(operand.value, (int, float, complex)) and name in {"real", "imag"}:
            return Made(getattr(operand.value, name))
        raise NeedsToRun(f"{name} of {self._operands.type_name(operand)} is made by C code")

    def _of_object(self, address: int, name: str) -> Operand:
        objects = self._objects
        info = objects.type_of(address)
        if name == "__class__":
            return At(info.address)
        self._operands.refuse_if_defined(info, "__getattribute__")
        if info.kind == "module":
            return self._of_module(address, info, name)
        if info.kind == "class":
            return self._of_class(address, info, name)
        own = self._built_in(address, info, name)
        if own is not None:
            return own
        in_class = self._in_classes(objects.mro(info), name)
        if in_class and self._is_descriptor(in_class, _DESCRIPTOR_SET):
            return self._bound(address, info, in_class, name)
        stored = objects.stored(address, info, name)
        if stored:
            return At(stored)
        if in_class:
            return self._bound(address, info, in_class, name)
        return self._missing(info, name)

    def _missing(self, info: TypeInfo, name: str) -> Operand:
        """It is neither stored nor in a class that can be read."""
        self._operands.refuse_if_defined(info, "__getattr__")
        readable = all(self._names_of(cls) for cls in self._objects.mro(info)[:-1])
        if info.static_name or not readable:
            raise NeedsToRun(f"{name} of {info.name} is told by C code, if it has one")
        raise EvaluationFailed(AttributeError(f"{info.name.rpartition('.')[2]!r} object has no attribute {name!r}"))

    def _of_module(self, address: int, info: TypeInfo, name: str) -> Operand:
        names = self._objects.module_dict(address)
        found = self._objects.entry(names, name) if names else 0
        if found:
            return At(found)
        if name == "__dict__" and names:
            return At(names)
        if names and self._objects.entry(names, "__getattr__"):
            raise NeedsToRun(f"the module has no {name}, but a __getattr__ of its own")
        raise EvaluationFailed(AttributeError(f"module has no attribute {name!r}"))

    def _of_class(self, address: int, info: TypeInfo, name: str) -> Operand:
        """A class's own attributes, and its bases'; its metaclass's are refused where it has any of its own."""
        cls = self._objects.type_at(address)
        if name in {"__name__", "__qualname__"}:
            text = cls.name.rpartition(".")[2] if name == "__name__" else cls.name
            return Made(text)
        if info.static_name != "type":
            self._operands.refuse_if_defined(info, name, "__getattr__")
        found = self._in_classes(self._objects.mro(cls), name)
        if not found:
            if not all(self._names_of(base) for base in self._objects.mro(cls)[:-1]):
                raise NeedsToRun(f"{name} of {cls.name} is told by C code, if it has one")
            raise EvaluationFailed(AttributeError(f"type object {cls.name!r} has no attribute {name!r}"))
        kind = self._objects.type_of(found).static_name
        if kind == "staticmethod":
            return At(self._objects.memory.word(found + _WRAPPED))
        if kind == "classmethod":
            return self._method(self._objects.memory.word(found + _WRAPPED), address)
        if kind in {"function", "property", "member_descriptor"} or not self._is_descriptor(found, _DESCRIPTOR_GET):
            return At(found)
        raise NeedsToRun(f"{name} of {cls.name} is computed by {self._objects.type_of(found).name}")

    # -- where it is stored --------------------------------------------------------------------------------------------

    def _in_classes(self, classes: tuple[int, ...], name: str) -> int:
        for cls in classes:
            names = self._names_of(cls)
            found = self._objects.entry(names, name) if names else 0
            if found:
                return found
        return 0

    def _names_of(self, cls: int) -> int:
        """Address of a class's dict; 0 where that is kept elsewhere: of types made in C, 3.12 and newer."""
        return self._objects.memory.word(cls + self._objects.at["type.dict"])

    def _is_descriptor(self, address: int, slot: int) -> bool:
        objects = self._objects
        type_at = objects.memory.word(address + objects.at["object.type"])
        return bool(objects.memory.word(type_at + objects.at["type.dict"] + slot))

    def _bound(self, address: int, info: TypeInfo, found: int, name: str) -> Operand:
        """What an attribute that a class has gives for one of its objects."""
        objects = self._objects
        kind = objects.type_of(found)
        memory = objects.memory
        match kind.static_name:
            case "function":
                return self._method(found, address)
            case "staticmethod":
                return At(memory.word(found + _WRAPPED))
            case "classmethod":
                return self._method(memory.word(found + _WRAPPED), info.address)
            case "property":
                owner = self._owner(info, name)
                raise NeedsToRun(f"{name} is a property of {owner}, which is a function of the program's")
            case "member_descriptor":
                return self._slot(address, info, name)
        if kind.name.endswith("collections._tuplegetter") and info.kind == "tuple":  # of a named tuple
            index = memory.signed_word(found + _TUPLE_INDEX)
            fields = list(objects.elements(address, "tuple", max(index, 0) + 1))
            if 0 <= index < len(fields):
                return At(fields[index])
        if not self._is_descriptor(found, _DESCRIPTOR_GET) and not self._is_descriptor(found, _DESCRIPTOR_SET):
            return At(found)
        raise NeedsToRun(f"{name} of {info.name} is computed by a {kind.name}")

    def _owner(self, info: TypeInfo, name: str) -> str:
        for cls in self._objects.mro(info):
            names = self._names_of(cls)
            if names and self._objects.entry(names, name):
                return self._objects.type_at(cls).name
        return info.name

    def _slot(self, address: int, info: TypeInfo, name: str) -> Operand:
        for known, offset in self._objects.slot_places(info):
            if known == name and offset:
                value = self._objects.memory.word(address + offset)
                if not value:
                    raise EvaluationFailed(AttributeError(f"{info.name!r} object has no attribute {name!r}"))
                return At(value)
        raise NeedsToRun(f"{name} of {info.name} is told by C code")

    def _method(self, function: int, owner: int) -> Operand:
        objects = self._objects
        if objects.type_of(function).kind != "function":
            raise NeedsToRun("a method that is no function of Python's is bound by C code")
        name_at = objects.memory.word(function + objects.at["function.qualname"])
        return Named("method", objects.text(name_at, 1000), owner)

    def _built_in(self, address: int, info: TypeInfo, name: str) -> Operand | None:
        """What the objects of some built-in types have by their layout; None where it is nothing of that kind."""
        objects, memory = self._objects, self._objects.memory
        if info.kind == "exception" and name in _EXCEPTION_FIELDS:
            found = memory.word(address + objects.at[f"exception.{_EXCEPTION_FIELDS[name]}"])
            return At(found) if found else Made(None)
        if info.plain and info.kind == "range" and name in _RANGE_FIELDS:
            return At(objects.range_bounds(address)[_RANGE_FIELDS[name]])
        if info.plain and info.kind in {"int", "float", "complex", "bool"} and name in {"real", "imag"}:
            return Made(getattr(self._operands.plain(At(address)), name))
        if info.kind == "function" and name in {"__name__", "__qualname__"}:
            text = objects.text(memory.word(address + objects.at["function.qualname"]), 1000)
            return Made(text if name == "__qualname__" else text.rpartition(".")[2])
        if name == "__dict__" and info.flags & HEAP_TYPE:
            raise NeedsToRun("its __dict__ is made when it is asked for; its attributes are shown by print of it alone")
        return None
