"""``evaluate`` by context: hovers and watches look, the debug console runs Python, and pydelve's commands."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from pydelve.api.requests import Evaluate, Expand, GetVariables
from pydelve.api.values import Item, Limits, Value
from pydelve.errors import EvaluationError
from pydelve.terminal.values import flat_value
from pydelve_dap.session import Session
from pydelve_dap.variables import LISTED, Variables

if TYPE_CHECKING:
    from pydelve_dap.command_line import CommandLine

_LOOKS = ("hover", "variables")
_WHOLE = Limits(max_text=100_000, max_items=10_000, max_depth=6, max_total=100_000)
_KEYS_LOOKED_AT = 1000
_NUMBERS = ("bool", "int", "float", "complex")
_BY_THEMSELVES = ("none", "ellipsis", "class", "builtin")


class Evaluating:
    """Worker's thread."""

    def __init__(self, session: Session, variables: Variables) -> None:
        """The command line is made when it is used first."""
        self._session = session
        self._variables = variables
        self.command_line: CommandLine | None = None

    def close(self) -> None:
        """The editor is gone."""
        if self.command_line is not None:
            self.command_line.close()

    def evaluate(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """``evaluate``."""
        text, context = arguments["expression"], arguments.get("context") or "repl"
        if context == "repl" and text.lstrip().startswith(">"):
            return {"result": self._command(text.lstrip()[1:].strip()), "variablesReference": 0}
        thread, frame = self._session.place(arguments.get("frameId"))
        only_looks = context in _LOOKS or (context == "watch" and not self._session.flag("watchRunsCode", False))
        path = text.strip()
        if only_looks and self._session.controls:
            return _result(self._variables.described(self._looked_up(path, thread, frame), thread, frame, path))
        limits = _WHOLE if context == "clipboard" else LISTED
        statements = not _is_expression(text)
        found = self._session.client.call(Evaluate(text, thread, frame, statements=statements, limits=limits))
        if found.output:
            self._session.messages.output(found.output, "stdout")
        if found.value is None:
            return {"result": "", "variablesReference": 0}
        if context == "clipboard":
            return {"result": flat_value(found.value), "variablesReference": 0}
        return _result(self._variables.described(found.value, thread, frame, path))

    def _command(self, text: str) -> str:
        if self.command_line is None:
            from pydelve_dap.command_line import CommandLine  # noqa: PLC0415  the prompt's commands: few need them

            self.command_line = CommandLine(
                self._session.client, color=bool(self._session.editor.get("supportsANSIStyling"))
            )
        return self.command_line.run(text)

    def _looked_up(self, text: str, thread: int, frame: int) -> Value:
        try:
            tree = ast.parse(text, mode="eval").body
        except SyntaxError as error:
            raise EvaluationError(f"{text} is no expression", why=error.msg) from error
        return self._look(tree, thread, frame)

    def _look(self, node: ast.expr, thread: int, frame: int) -> Value:
        match node:
            case ast.Name(name):
                return self._variable(name, thread, frame)
            case ast.Attribute(inner, name):
                return self._attribute(self._look(inner, thread, frame), name)
            case ast.Subscript(inner, ast.Constant(key)):
                return self._item(self._look(inner, thread, frame), key)
            case ast.Subscript(inner, ast.UnaryOp(ast.USub(), ast.Constant(int(key)))):
                return self._item(self._look(inner, thread, frame), -key)
        raise _needs_code(ast.unparse(node))

    def _variable(self, name: str, thread: int, frame: int) -> Value:
        client = self._session.client
        for variable in (
            *client.call(GetVariables("locals", thread, frame, LISTED)),
            *client.call(GetVariables("globals", thread, frame, LISTED)),
        ):
            if variable.name == name:
                return variable.value
        raise EvaluationError(f"there is no {name} here", why="neither the frame nor its module has it")

    def _attribute(self, value: Value, name: str) -> Value:
        if value.handle:
            value = self._session.client.call(Expand(value.handle, value.length or 0, _KEYS_LOOKED_AT, LISTED))
        found = value.attribute(name)
        if found is None:
            raise _needs_code(f".{name}")
        return found

    def _item(self, value: Value, key: Any) -> Value:
        length = value.length or 0
        if value.type != value.kind or value.kind not in ("list", "tuple", "dict", "deque"):
            raise _needs_code(f"[{key!r}]")
        if value.kind != "dict":
            index = key + length if isinstance(key, int) and key < 0 else key
            if type(index) is not int or not 0 <= index < length:
                raise EvaluationError(f"there is no [{key!r}]", why=f"it has {length} elements")
            return self._elements(value, index, 1)[0].value
        unknown = False
        for item in self._elements(value, 0, _KEYS_LOOKED_AT):
            if item.key is not None:
                equal = _is_key(item.key, key)
                if equal:
                    return item.value
                unknown |= equal is None
        if unknown:
            raise _needs_code(f"[{key!r}]")
        raise EvaluationError(f"there is no [{key!r}]", why=f"none of the first {_KEYS_LOOKED_AT} keys is this one")

    def _elements(self, value: Value, start: int, count: int) -> tuple[Item, ...]:
        if not value.handle:
            return value.elements[start : start + count]
        return self._session.client.call(Expand(value.handle, start, count, LISTED)).elements


def _is_key(found: Value, key: Any) -> bool | None:
    """Does a dict find its key by this constant? None where the key's class may say so."""
    if found.kind == type(key).__name__ and found.type == found.kind:
        return flat_value(found) == repr(key)
    if found.kind in _NUMBERS and found.type == found.kind and isinstance(key, int | float | complex):
        try:
            return bool(ast.literal_eval(flat_value(found)) == key)
        except (ValueError, SyntaxError):  # inf and nan, which no constant is; or one too long to be shown
            return False
    return False if found.type == found.kind or found.kind in _BY_THEMSELVES else None


def _result(described: dict[str, Any]) -> dict[str, Any]:
    return {"result": described.pop("value"), **described}


def _is_expression(text: str) -> bool:
    try:
        ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        return False
    return True


def _needs_code(what: str) -> EvaluationError:
    return EvaluationError(
        f"{what} can't be looked at without running the program's code", why="hovers and watches only look",
        hint='evaluate it in the debug console, or set "watchRunsCode": true',
    )  # fmt: skip
