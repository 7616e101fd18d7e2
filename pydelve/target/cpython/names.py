"""Names of a frame, of the loaded modules, of an object's attributes: what they lead to, found in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pydelve.api.values import Attribute, Origin
from pydelve.target.cpython.frames import FrameReader, RawFrame
from pydelve.target.cpython.memory import UnreadableError
from pydelve.target.cpython.objects import ObjectReader
from pydelve.target.cpython.values import ValueReader

_MOST_MODULES = 20_000
_MOST_FOLDERS = 1_000
_HEAP_TYPE = 1 << 9  # Include/object.h
_METHODS = {"function", "staticmethod", "classmethod"}


class FrameNames:
    """The variables that an expression in a frame sees. What can't be read raises UnreadableError."""

    def __init__(self, objects: ObjectReader, frames: FrameReader, frame: RawFrame) -> None:
        self._objects = objects
        self._frames = frames
        self._frame = frame
        self._locals: dict[str, int] | None = None

    def find(self, name: str) -> int:
        """See ``evaluation.Names``: a local, a global, a builtin."""
        found = self._own().get(name)
        if found is not None:
            return found or -1
        names = self._frames.globals_at(self._frame)
        return self._objects.entry(names, name) or self._builtin(names, name)

    def all(self) -> Iterator[tuple[str, str]]:
        """(name, what it is) of each."""
        seen = set()
        for name, address in [*self._own().items(), *self._entries(self._frames.globals_at(self._frame))]:
            if name not in seen and address:
                seen.add(name)
                yield name, self._objects.type_of(address).name

    def _own(self) -> dict[str, int]:
        if self._locals is None:
            self._locals = {name: address for name, address, _ in self._frames.local_places(self._frame)}
        return self._locals

    def _builtin(self, names: int, name: str) -> int:
        found = self._objects.entry(names, "__builtins__")
        if found and self._objects.type_of(found).kind == "module":
            found = self._objects.module_dict(found)
        return self._objects.entry(found, name) if found and self._objects.type_of(found).kind == "dict" else 0

    def _entries(self, names: int) -> Iterator[tuple[str, int]]:
        for name_at, address in self._objects.dict_entries(names):
            if self._objects.type_of(name_at).kind == "str":
                yield self._objects.text(name_at, 1000), address


class ModuleNames:
    """The modules of ``sys.modules``. What can't be read raises UnreadableError, or is left out."""

    def __init__(self, objects: ObjectReader, modules: int, absolute: Callable[[str], str]) -> None:
        """``modules`` is the address of their dict; ``absolute`` as ``Surroundings.absolute``."""
        self._objects = objects
        self._modules = modules
        self._absolute = absolute

    def files(self) -> Iterator[tuple[str, str]]:
        """(name, file) of those that have a file."""
        for count, (name_at, module) in enumerate(self._objects.dict_entries(self._modules)):
            if count >= _MOST_MODULES:
                return
            try:
                name, file = self._text(name_at), self._attribute(module, "__file__")
                path = self._absolute(self._text(file)) if file else ""
            except UnreadableError:
                continue
            if name and path:
                yield name, path

    def main_file(self) -> str:
        """That of ``__main__``."""
        main = self._objects.entry(self._modules, "__main__")
        file = self._attribute(main, "__file__") if main else 0
        return self._absolute(self._text(file)) if file else ""

    def search_path(self) -> tuple[str, ...]:
        """``sys.path``."""
        module = self._objects.entry(self._modules, "sys")
        found = self._attribute(module, "path") if module else 0
        if not found or self._objects.type_of(found).kind != "list":
            return ()
        return tuple(filter(None, map(self._text, self._objects.elements(found, "list", _MOST_FOLDERS))))

    def command(self) -> tuple[str, ...]:
        """The words that Python was started with, less its own: ``sys.orig_argv``, before 3.10 ``sys.argv``."""
        module = self._objects.entry(self._modules, "sys")
        found = module and (self._attribute(module, "orig_argv") or self._attribute(module, "argv"))
        if not found or self._objects.type_of(found).kind != "list":
            return ()
        words = tuple(map(self._text, self._objects.elements(found, "list", _MOST_FOLDERS)))
        return words[1:] if self._attribute(module, "orig_argv") else words

    def _attribute(self, module: int, name: str) -> int:
        if self._objects.type_of(module).kind != "module":
            return 0
        names = self._objects.module_dict(module)
        return self._objects.entry(names, name) if names else 0

    def _text(self, address: int) -> str:
        return self._objects.text(address) if self._objects.type_of(address).kind == "str" else ""


def examined(objects: ObjectReader, address: int, values: ValueReader) -> tuple[Attribute, ...]:
    """Each attribute of an object once: the instance's, then those of its classes; none is computed."""
    info = objects.type_of(address)
    found: dict[str, Attribute] = {}
    for name, value in values.attributes_of(address):
        found.setdefault(name, Attribute(name, "instance", "", values.read(value)))
    for cls in objects.mro(info) if info.kind not in {"module", "class"} else ():
        owner = objects.type_at(cls).name
        names = objects.memory.word(cls + objects.at["type.dict"])
        for name_at, value in objects.dict_entries(names) if names else ():
            name = objects.text(name_at, 1000) if objects.type_of(name_at).kind == "str" else ""
            if name and not (name.startswith("__") and name.endswith("__")) and name not in found:
                origin = _origin(objects, value)
                shown = values.read(value) if origin == "class" else None
                found[name] = Attribute(name, origin, owner, shown)
    return tuple(found.values())


def _origin(objects: ObjectReader, address: int) -> Origin:
    kind = objects.type_of(address).static_name
    if kind in _METHODS or kind in {"method_descriptor", "wrapper_descriptor", "classmethod_descriptor"}:
        return "method"
    return "property" if kind == "property" else "computed" if kind.endswith("_descriptor") else "class"


def matching(name: str, typed: str) -> bool:
    """Has the name the characters of ``typed``, in this order?"""
    characters = iter(name.lower())
    return all(character in characters for character in typed.lower())
