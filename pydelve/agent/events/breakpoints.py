"""The agent's table of armed breakpoints: which lines of which code, and whether an arrival there is a hit.

Pure bookkeeping: where control arrives is told by ``monitoring.py`` or ``tracing.py``. Conditions run in the thread
that arrives, with the world moving; nothing here stops anything.
"""

from __future__ import annotations

from _thread import allocate_lock, get_ident

from ..interpreter.blame import is_of_condition
from ..interpreter.gil import FREE_THREADED
from ..interpreter.linemap import LineMap
from ..interpreter.paths import canonical
from ..looking.evaluation import class_in_qualname, compile_condition, problem_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable, Iterable, KeysView, Sequence
    from types import CodeType, FrameType
    from typing import Any

    from ..weaving.weaver import Weaver

_counting = allocate_lock() if FREE_THREADED else None  # where two threads may be given one number
_MOST_HITS = 1 << 62
_COMPARE: dict[str, Callable[[int, int], bool]] = {
    "==": lambda hits, count: hits == count,
    "!=": lambda hits, count: hits != count,
    ">=": lambda hits, count: hits >= count,
    "<=": lambda hits, count: hits <= count,
    ">": lambda hits, count: hits > count,
    "<": lambda hits, count: hits < count,
    "%": lambda hits, count: hits % count == 0,
}


class Counted:
    """Something that is hit: its condition, and its counter."""

    def __init__(self, number: int, recipe: dict[str, Any], hits_of: Callable[[int], int]) -> None:
        """``recipe``: the dict of the arm request; ``hits_of`` gives another breakpoint's count."""
        self.id = number
        self.condition: str = recipe.get("condition", "")
        self.hit_condition = recipe.get("hit_condition")  # [op, count] or None
        self.after = recipe.get("after")  # [id of another breakpoint, its hits before this one counts] or None
        self._hits_of = hits_of
        self.counter = iter(range(_MOST_HITS))
        """Gives the number of hits before each hit. Counted by C code: with ``+= 1`` threads of 3.9, which switch
        anywhere, lose hits."""

    def waits(self) -> bool:
        """Must another breakpoint be hit before?"""
        return self.after is not None and self._hits_of(self.after[0]) < self.after[1]

    def counts_now(self) -> bool:
        """It is hit, its condition true: count that, and say whether to stop."""
        if _counting is None:
            hits = next(self.counter) + 1
        else:
            with _counting:
                hits = next(self.counter) + 1
        if self.hit_condition is not None:
            operator, count = self.hit_condition
            return _COMPARE[operator](hits, count)
        return True

    @property
    def hits(self) -> int:
        """How often it was hit."""
        left: int = self.counter.__length_hint__()  # type: ignore[attr-defined]
        return _MOST_HITS - left

    def go_on_from(self, hits: int) -> None:
        """Begin with this count."""
        self.counter = iter(range(hits, _MOST_HITS))


class Armed(Counted):
    """One placement of one breakpoint, with its counter."""

    def __init__(
        self, recipe: dict[str, Any], hits_of: Callable[[int], int], current_task: Callable[[], int] = lambda: 0
    ) -> None:
        """``recipe``: the dict of the arm request (``Table.replace``); ``current_task`` gives the number of the one
        that the calling thread is in.
        """
        super().__init__(recipe["id"], recipe, hits_of)
        self._current_task = current_task
        self._task: int = recipe.get("task", 0)  # number of the only one that is meant; 0: any, or none; -1: a lost one
        # hits by task, where the hit condition is about those of each
        self._by_task: dict[int, Any] | None = {} if recipe.get("per_task") else None
        self.file = recipe["file"]
        self.line = recipe["line"]  # of the unit
        self.units = recipe["units"]  # [line, end_line, kind] of every unit in its scope; None without source
        self.scope_name: str = recipe["scope_name"]
        self.scope_line: int = recipe["scope_line"]
        self.private_class = class_in_qualname(recipe["scope"]) or None  # mangles ``__names`` in the condition
        self.once: bool = recipe["once"]  # code of a module, or a class of a module's: it runs when it is loaded
        self.log: str = recipe.get("log", "")
        """An expression whose value is told where others stop; a logpoint's."""
        self.thread: int = recipe.get("thread", 0)
        """Ident of the only thread that is meant; 0: any; -1: one that does not exist."""
        self._temporary: bool = recipe.get("temporary", False)
        self._first = iter((True,))
        self._sources: dict[int, tuple[int, str, int, int]] = {}
        self.landed = False
        self.refused = ""
        self._compiled: dict[tuple[str, int], tuple[CodeType, Callable[[FrameType], object]]] = {}

    def belongs_to(self, code: CodeType) -> bool:
        """Is this the code object whose line is meant? A module's first line is 0 or 1, depending on the version."""
        if code.co_name != self.scope_name:
            return False
        return code.co_firstlineno == self.scope_line or self.scope_name == "<module>"

    def hit(self, frame: FrameType) -> tuple[bool, dict[str, Any] | None]:
        """Control arrived here in ``frame``: ``(stop, error)``, where ``error`` is what the condition raised, or None.

        Runs the target's code where there is a condition.
        """
        if self.thread and self.thread != get_ident():
            return False, None
        if self._task and self._task != self._current_task():
            return False, None
        if self.waits():
            return False, None
        if self.condition:
            try:
                if not self._value(frame):
                    return False, None
            except Exception as error:
                if not is_of_condition(error):
                    raise
                return True, problem_of(error, False)
        return self.counts_now(), None

    def counts_now(self) -> bool:
        """See ``Counted``."""
        if self._by_task is None or self.hit_condition is None:
            return super().counts_now()
        next(self.counter)
        hits = next(self._by_task.setdefault(self._current_task(), iter(range(1, _MOST_HITS))))
        operator, count = self.hit_condition
        return _COMPARE[operator](hits, count)

    def counted(self) -> bool:
        """A check found it hit: count that, unless the check itself has counted. Always True."""
        if self.hit_condition is None:
            next(self.counter)
        return True

    def _value(self, frame: FrameType) -> object:
        """Of the condition; not its truth, so that what ``hit`` itself raises is that (``blame.is_of_condition``)."""
        return self._compiled_for(self.condition, frame.f_code)(frame)

    def message(self, frame: FrameType) -> object:
        """A logpoint's message; runs the target's code, and raises what it raises."""
        return self._compiled_for(self.log, frame.f_code)(frame)

    def may_log(self) -> bool:
        """A temporary one logs once: before the debugger hears of it, it may be hit again."""
        return not self._temporary or next(self._first, False)

    def source(self) -> tuple[int, str, int, int]:
        """Where a logpoint's messages in this thread come from, for the outbox: the same object each time."""
        ident = get_ident()
        found = self._sources.get(ident)
        if found is None:
            found = self._sources[ident] = (self.id, self.file, self.line, ident)
        return found

    def same_error(self, error: BaseException, frame: FrameType, of_message: bool) -> BaseException:
        """What the condition, or the message, raises when it is evaluated from outside: an unset local has other words
        there.
        """
        if type(error) is UnboundLocalError:
            try:
                self._compiled_for(self.log if of_message else self.condition, frame.f_code)(frame)
            except Exception as other:  # noqa: BLE001  that is the answer
                return other
        return error

    def _compiled_for(self, text: str, code: CodeType) -> Callable[[FrameType], object]:
        key = text, id(code)
        found = self._compiled.get(key)
        if found is None or found[0] is not code:
            found = self._compiled[key] = (code, compile_condition(text, code, self.private_class))
        return found[1]


class Placed:
    """What is armed in one code object."""

    __slots__ = ("line_map", "lines")

    def __init__(self, line_map: LineMap, lines: dict[int, list[Armed]]) -> None:
        """``lines``: ``{line of the unit: [Armed, ...]}``."""
        self.line_map = line_map
        self.lines = lines


class Table:
    """All armed breakpoints by file."""

    def __init__(self, weaver: Weaver | None = None, current_task: Callable[[], int] = lambda: 0) -> None:
        """Empty. ``weaver`` sees to some of the lines; ``current_task`` gives the calling thread's."""
        self._current_task = current_task
        self._weaver = weaver
        self._files: dict[str, list[Armed]] = {}
        self.exceptions: dict[int, Counted] = {}
        """Those that are on exceptions (``exceptions/raised.py``), by number."""
        self._disabled: dict[
            int, int
        ] = {}  # hits of breakpoints that are disabled now (or gone: their ids never return)
        self._maps: dict[
            int, tuple[CodeType, LineMap]
        ] = {}  # id(code): (code, line map): reading a line table takes up to 3 ms

    def __bool__(self) -> bool:
        """Is anything armed on a line?"""
        return bool(self._files)

    def replace(self, identifier: int, recipes: Iterable[dict[str, Any]]) -> list[Armed]:
        """Put the placements of breakpoint ``identifier``, which keeps its counter. None removes it."""
        hits = sum(armed.hits for armed in self.of(identifier)) or self._disabled.pop(identifier, 0)
        for file in list(self._files):
            kept = [armed for armed in self._files[file] if armed.id != identifier]
            if kept:
                self._files[file] = kept
            else:
                del self._files[file]
        new = [Armed(recipe, self.hits_of, self._current_task) for recipe in recipes]
        for armed in new:
            self._files.setdefault(armed.file, []).append(armed)
        if new:
            new[0].go_on_from(hits)
        elif hits:
            self._disabled[identifier] = hits
        return new

    def replace_exception(self, number: int, armed: Counted | None) -> None:
        """The same for one on exceptions."""
        old = self.exceptions.pop(number, None)
        hits = old.hits if old is not None else self._disabled.pop(number, 0)
        if armed is not None:
            armed.go_on_from(hits)
            self.exceptions[number] = armed
        elif hits:
            self._disabled[number] = hits

    def all(self) -> list[Armed]:
        """Every placement."""
        return [armed for entries in self._files.values() for armed in entries]

    def of(self, identifier: int) -> list[Armed]:
        """The placements of one breakpoint."""
        return [armed for entries in self._files.values() for armed in entries if armed.id == identifier]

    def knows(self, identifier: int) -> bool:
        """Is it armed, on a line or on exceptions?"""
        return identifier in self.exceptions or bool(self.of(identifier))

    def hits_of(self, identifier: int) -> int:
        """Hits of one breakpoint, whether it is armed, disabled or gone."""
        on_exceptions = self.exceptions.get(identifier)
        if on_exceptions is not None:
            return on_exceptions.hits
        return self._disabled.get(identifier, 0) or sum(armed.hits for armed in self.of(identifier))

    def counts(self) -> dict[int, int]:
        """Hits by breakpoint id."""
        total = {number: armed.hits for number, armed in self.exceptions.items()}
        for entries in self._files.values():
            for armed in entries:
                total[armed.id] = total.get(armed.id, 0) + armed.hits
        return total

    def in_file(self, filename: str) -> Sequence[Armed]:
        """What is armed in the file of this ``co_filename``; the common answer, nothing, is fast."""
        return self._files.get(canonical(filename), ())

    def at(self, file: str, scope_name: str, scope_line: int) -> list[Armed]:
        """What is armed in one function."""
        wanted = (scope_name, scope_line)
        return [armed for armed in self._files.get(file, ()) if (armed.scope_name, armed.scope_line) == wanted]

    def files(self) -> KeysView[str]:
        """The files with something armed."""
        return self._files.keys()

    def placed_in(self, code: CodeType) -> Placed | None:
        """What is armed in a code object; None for most."""
        lines: dict[int, list[Armed]] = {}
        units = None
        for armed in self.in_file(code.co_filename):
            if armed.belongs_to(code) and not (self._weaver and self._weaver.takes(code, armed)):
                lines.setdefault(armed.line, []).append(armed)
                units = armed.units
        if not lines:
            self._maps.pop(id(code), None)
            return None
        known = self._maps.get(id(code))
        if known is None or known[0] is not code:
            known = self._maps[id(code)] = (code, LineMap(code, units))
        return Placed(known[1], lines)
