"""The user's printers: plain functions in a file of theirs, from a :class:`pydelve.api.values.Value` to a text.

They run here, in the debugger, on what was read; nothing of them reaches the program. The file is ``printers.py`` in
the configuration folder (``docs/reference/printers.md``), loaded when the first value is shown. It is the user's own
code: what it does is up to it; what it raises is told once, and the value is shown as without it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import TypeVar, cast

from pydelve.api.values import Evaluation, Examination, Item, Value, Variable
from pydelve.config import config_folder
from pydelve.errors import PydelveError, UsageError
from pydelve.records import replace

R = TypeVar("R")
OwnPrinter = Callable[[Value], str | None]
FILE = "printers.py"


def own_file() -> str:
    """Where the file is, or would be."""
    return os.path.join(config_folder(), FILE)


class OwnPrinters:
    """The table of one file.

    Args:
        file: Its path; "" for none.
        tell: Hears of what is wrong with it, once each.
    """

    def __init__(self, file: str, tell: Callable[[PydelveError], None]) -> None:
        self._file = file
        self._tell = tell
        self._table: dict[str, OwnPrinter] | None = None if file else {}

    def dress(self, result: R) -> R:
        """A request's result, with the texts of the user's printers in the values in it."""
        if self._table is None:
            self._table = self._load()
        if not self._table:
            return result
        dressed: object = result
        match result:
            case Value():
                dressed = self._value(result)
            case Evaluation(value=Value() as value) | Examination(value=value):
                dressed = replace(result, value=self._value(value))
            case tuple() if result and isinstance(result[0], Variable):
                dressed = tuple(
                    replace(each, value=self._value(each.value)) for each in cast("tuple[Variable]", result)
                )
        return cast("R", dressed)

    def _value(self, value: Value) -> Value:
        text = self._text(value)
        if text is not None:
            return replace(value, kind="object", form="told", text=text, items=(), length=None)
        if not value.items:
            return value
        return replace(value, items=tuple(self._item(item) for item in value.items))

    def _item(self, item: Item) -> Item:
        return replace(item, value=self._value(item.value), key=None if item.key is None else self._value(item.key))

    def _text(self, value: Value) -> str | None:
        for pattern, printer in (self._table or {}).items():
            if not fnmatchcase(value.type, pattern):
                continue
            try:
                text = printer(value)
            except Exception as error:  # noqa: BLE001  the user's own code may raise anything
                self._table = {name: each for name, each in (self._table or {}).items() if each is not printer}
                self._tell(
                    UsageError(
                        f"the printer of {pattern} failed: {type(error).__name__}: {error}",
                        why=f"it is in {self._file}; it is left out from now on",
                        hint="edit it, and start pydelve again",
                    )
                )
                continue
            if text is not None:
                return str(text)
        return None

    def _load(self) -> dict[str, OwnPrinter]:
        if not os.path.exists(self._file):
            return {}
        import importlib.util  # noqa: PLC0415  4 ms of the first prompt, for those who have such a file

        try:
            spec = importlib.util.spec_from_file_location("pydelve_own_printers", self._file)
            if spec is None or spec.loader is None:
                raise ImportError("it can't be loaded")
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            table = module.PRINTERS
            if not isinstance(table, dict) or not all(isinstance(key, str) and callable(table[key]) for key in table):
                raise TypeError("PRINTERS is no dict from names of types to functions")
        except Exception as error:  # noqa: BLE001  the user's own code may raise anything
            self._tell(
                UsageError(
                    f"your printers can't be loaded: {type(error).__name__}: {error}",
                    why=f"values are shown without them; they are in {self._file}",
                    hint="define there PRINTERS = {'bank.Money': function}",
                )
            )
            return {}
        return dict(table)
