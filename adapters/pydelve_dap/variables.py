"""Scopes and variables: read lazily, page by page, without running the program's code; set by running it."""

from __future__ import annotations

from typing import Any, Literal

from pydelve.api.requests import Assign, Expand, GetVariables
from pydelve.api.values import Item, Limits, Value
from pydelve.errors import TargetStateError, UsageError
from pydelve.terminal.values import flat_value
from pydelve_dap.session import Session

LISTED = Limits(max_text=300, max_items=12, max_depth=1, max_total=20_000)
PAGE = 100
"""Longer containers are given in pages, to editors that can ask for them."""
MOST = 1000
"""Of the others so many are given, and it is said."""
_INDEXED = {"list", "tuple", "deque", "range"}
_BY_ORDER = _INDEXED | {"set", "frozenset"}


class Scope:
    """Locals or globals of a frame."""

    def __init__(self, thread: int, frame: int, name: Literal["locals", "globals"]) -> None:
        self.thread, self.frame, self.name = thread, frame, name
        self.setters: dict[str, str] = {}
        """What to assign to, by the name shown."""


class Opened:
    """A value that has children."""

    def __init__(self, thread: int, frame: int, handle: int, kind: str, length: int, path: str) -> None:
        self.thread, self.frame, self.handle, self.kind, self.length = thread, frame, handle, kind, length
        self.path = path
        """An expression for it; "" where there is none."""
        self.setters: dict[str, str] = {}


class Variables:
    """Worker's thread."""

    def __init__(self, session: Session) -> None:
        """Nothing is open."""
        self._session = session
        self._opened: dict[int, Scope | Opened] = {}

    def forget(self) -> None:
        """The program goes on."""
        self._opened.clear()

    # -- requests ------------------------------------------------------------------------------------------------------

    def scopes(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``scopes``."""
        thread, frame = self._session.place(arguments.get("frameId"))
        return {
            "scopes": [
                {
                    "name": "Locals", "presentationHint": "locals", "expensive": False,
                    "variablesReference": self._open(Scope(thread, frame, "locals")),
                },
                {
                    "name": "Globals", "expensive": True,
                    "variablesReference": self._open(Scope(thread, frame, "globals")),
                },
            ]
        }  # fmt: skip

    def variables(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``variables``."""
        opened = self._find(arguments["variablesReference"])
        start, count = arguments.get("start") or 0, arguments.get("count") or MOST
        if isinstance(opened, Scope):
            found = self._of_scope(opened)[start : start + count]
            return {"variables": found if arguments.get("filter") != "indexed" else []}
        return {"variables": self._of_value(opened, start, count, arguments.get("filter"))}

    def set_variable(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``setVariable``: runs the program's code for the new value."""
        opened = self._find(arguments["variablesReference"])
        name = arguments["name"]
        target = opened.setters.get(name) or (name if isinstance(opened, Scope) else "")
        if not target:
            raise UsageError(f"{name} can't be set", why="no expression is known for it")
        value = self._session.client.call(Assign(target, arguments["value"], opened.thread, opened.frame))
        return self.described(value, opened.thread, opened.frame, target)

    def set_expression(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``setExpression``."""
        thread, frame = self._session.place(arguments.get("frameId"))
        target = arguments["expression"]
        value = self._session.client.call(Assign(target, arguments["value"], thread, frame))
        return self.described(value, thread, frame, target)

    # -- values --------------------------------------------------------------------------------------------------------

    def described(self, value: Value, thread: int, frame: int, path: str) -> dict[str, Any]:
        """A value's text, type, and the way to its children."""
        body: dict[str, Any] = {"value": flat_value(value), "type": value.type, "variablesReference": 0}
        if value.kind in ("bytes", "bytearray") and value.address and value.length:
            body["memoryReference"] = f"{value.kind}@{value.address:#x}"
        if value.handle and (value.kind not in ("str", "bytes", "bytearray", "int") or value.attributes):
            length = value.length or 0
            body["variablesReference"] = self._open(Opened(thread, frame, value.handle, value.kind, length, path))
            if length > PAGE and self._session.editor.get("supportsVariablePaging"):
                body["indexedVariables"] = length
        return body

    def _of_scope(self, scope: Scope) -> list[dict[str, Any]]:
        found = self._session.client.call(GetVariables(scope.name, scope.thread, scope.frame, LISTED))
        shown = []
        stop = self._session.stop
        wanted = scope.name == "locals" and scope.frame == 0 and self._session.flag("showReturnValue", True)
        if stop is not None and stop.returned is not None and wanted:
            name = f"(returned) {stop.returned.function}"
            shown.append(self._variable(scope, name, stop.returned.value, ""))
        names = sorted(found, key=lambda each: _is_special(each.name) and scope.name == "globals")
        return shown + [self._variable(scope, each.name, each.value, each.name) for each in names]

    def _of_value(self, opened: Opened, start: int, count: int, only: str | None) -> list[dict[str, Any]]:
        most = count
        if only == "named":
            start, count = start + opened.length, min(count, MOST)
        elif only == "indexed":
            count = max(0, min(count, opened.length - start))
        value = self._session.client.call(Expand(opened.handle, start, min(count, MOST), LISTED))
        found = [self._child(opened, start + index, item) for index, item in enumerate(value.elements)]
        found += [self._attribute(opened, item) for item in value.attributes]
        left = opened.length - start - len(value.elements)
        if only is None and most >= MOST and left > 0 and len(found) >= MOST:
            found.append({"name": "...", "value": f"{left} more: look at a slice", "variablesReference": 0})
        return found

    def _child(self, opened: Opened, index: int, item: Item) -> dict[str, Any]:
        if item.key is not None:
            name = flat_value(item.key)
            exact = item.key.kind in ("str", "int", "bool", "none", "bytes") and item.key.shown == (
                item.key.length or 0
            )
            path = f"{opened.path}[{name}]" if opened.path and exact else ""
        else:
            name = str(index)
            path = f"{opened.path}[{index}]" if opened.path and opened.kind in _INDEXED else ""
        return self._variable(opened, name, item.value, path)

    def _attribute(self, opened: Opened, item: Item) -> dict[str, Any]:
        name = item.name or ""
        path = f"{opened.path}.{name}" if opened.path and name.isidentifier() else ""
        return self._variable(opened, name, item.value, path)

    def _variable(self, parent: Scope | Opened, name: str, value: Value, path: str) -> dict[str, Any]:
        body = {"name": name, **self.described(value, parent.thread, parent.frame, path)}
        if path:
            parent.setters[name] = path
            body["evaluateName"] = path
        hint: dict[str, Any] = {}
        if value.kind in ("function", "method", "builtin"):
            hint["kind"] = "method"
        elif value.kind == "class":
            hint["kind"] = "class"
        if _is_special(name):
            hint["visibility"] = "internal"
        if not path:
            hint["attributes"] = ["readOnly"]
        return {**body, **({"presentationHint": hint} if hint else {})}

    def _open(self, what: Scope | Opened) -> int:
        number = int(next(self._session.numbers))
        self._opened[number] = what
        return number

    def _find(self, number: int) -> Scope | Opened:
        if number not in self._opened:
            raise TargetStateError("that value is gone", why="the program has gone on", hint="look at it again")
        return self._opened[number]


def _is_special(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
