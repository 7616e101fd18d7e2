"""Woven placements: breakpoints that are part of the function's own code, and cost what their condition costs.

The debugger has the target's own Python compile a function twice, plain and with checks before the lines of its
breakpoints (``pydelve/debugger/weave_helper.py``). Here the live code is compared with the plain one, and only where
nothing differs it is replaced: in the functions that have it, and, so that functions made later have it too, among the
constants of the code that makes them. Frames that run the old code, and code that is not provably the same, stay with
the event sources (``monitoring.py``, ``tracing.py``). Everything is put back when the breakpoint goes, and at the end.

Called with a stop's turn taken (``stops.Stops.turn``), or from the events that see code for the first time, in any
thread at any moment: what is gone through here is copied first.
"""

from __future__ import annotations

import builtins
import gc
import marshal
import posix
from _thread import get_ident
from _weakref import ref as weak_reference  # not the module: the interpreter empties it at the end

from ..interpreter.code_objects import (
    LINE_TABLE,
    Code,
    Function,
    constant_key,
    frame_of,
    in_files,
    is_compiled,
    renamed,
    same,
    store,
    tree,
)  # fmt: skip
from ..interpreter.interpreters import current_frames
from ..interpreter.linemap import LineMap, lines_of
from ..interpreter.modules import loaded_files
from ..interpreter.paths import canonical, is_agent
from ..weaving.checks import Failed, Hook, Log, LogFailed, Note, Noted, NoteFailure, NoteLogFailure, Stop

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Iterable
    from types import CodeType, FrameType, FunctionType
    from typing import Any

    from ..core import Agent
    from ..events.breakpoints import Armed

    Key = tuple[str, str, int]  # file, name and first line of a function

NAME = "woven"
_MARK = "\0pydelve "  # weave_helper.MARK
_ALONE: dict[str, Any] = {"hook": Hook, "log": Log, "failed": Failed, "log failed": LogFailed}
_NOTING: dict[str, Any] = {"note": Note, "note failed": NoteFailure, "note log failed": NoteLogFailure}


class Woven:
    """The woven form of one live code object."""

    def __init__(self, original: CodeType, recipe: Recipe) -> None:
        """``fill`` makes the code."""
        self.original = original
        self.code: CodeType = original
        self.live = True
        """False once it was replaced: frames may still run it, and its checks are to do nothing."""
        self._recipe = recipe
        self._tagged: CodeType | None = None
        self._checks: frozenset[int] | None = None
        self._afters: dict[int, int] | None = None

    def let_go(self) -> None:
        """Of the code; see ``Weaver.let_go``."""
        self.live = False
        self.code = self.original
        self._tagged = None

    def armed(self, number: int) -> Armed | None:
        """The breakpoint of a check."""
        return self._recipe.armed.get(number)

    @property
    def lines(self) -> Iterable[int]:
        """Lines of the units that have checks."""
        return self._recipe.lines

    def line_map(self, units: Iterable[Any] | None) -> LineMap:
        """The line map for stepping: arrivals at lines with checks are those after the check."""
        return LineMap(self._with_tags(), units)

    def offsets(self) -> frozenset[int]:
        """Byte offsets of the instructions that belong to checks."""
        if self._checks is None:
            self._checks = frozenset(
                offset
                for start, end, line in lines_of(self._with_tags())
                if line is not None and line >= self._recipe.tag
                for offset in range(start, end, 2)
            )
        return self._checks

    def afters(self) -> dict[int, int]:
        """Offsets where control arrives at a line's statement after its check, with the line."""
        if self._afters is None:
            units = next((armed.units for armed in self._recipe.armed.values()), None)
            arrivals = self.line_map(units).arrivals
            self._afters = {offset: line for offset, line in arrivals.items() if line in self.lines}
        return self._afters

    def after(self, line: int) -> int:
        """Where the statement on a line with a check begins; -1 where no instruction is."""
        return next((offset for offset, found in self.afters().items() if found == line), -1)

    def _with_tags(self) -> CodeType:
        if self._tagged is None:
            self._tagged = self.code.replace(**{LINE_TABLE: self._recipe.table})
        return self._tagged


class Recipe:
    """What the debugger wants woven into one function."""

    def __init__(self, scope: dict[str, Any], armed: dict[int, Armed]) -> None:
        """``armed``: by number, those of the function."""
        self.plain, self.woven, self.table, self.tag, self.own = marshal.loads(scope["code"])
        self.armed = armed
        self.lines = frozenset(entry.line for entry in armed.values())
        self.tags: dict[int, int] = dict(scope["tags"])
        self.problem = ""
        """Why live code was found that is not the same."""
        self.done: dict[int, Woven] = {}
        """By ``id`` of the original."""


class Weaver:
    """All that is woven; ``agent`` is the ``core.Agent``."""

    def __init__(self, agent: Agent) -> None:
        """Nothing is."""
        self._agent = agent
        self._recipes: dict[Key, Recipe] = {}
        self._refused: dict[tuple[int, str, int], str] = {}  # (id, file, line) of a breakpoint: why it is not woven
        self._woven: dict[int, Woven] = {}  # id(woven code): its Woven, as long as we are here
        # (id(code), index of a constant): the code, and what the constant was
        self._patched: dict[tuple[int, int], tuple[CodeType, CodeType]] = {}
        self._waiting: list[Any] = []  # weak references to generators that run replaced code
        self._swapped: dict[int, Any] = {}  # by id, weak references to functions whose code was replaced

    def __bool__(self) -> bool:
        """Is anything woven, or to be?"""
        return bool(self._recipes)

    # -- what others ask -----------------------------------------------------------------------------------------------

    def of(self, code: CodeType) -> Woven | None:
        """What a code object is the woven form of, if it is one that counts."""
        woven = self._woven.get(id(code)) if self._woven else None
        return woven if woven is not None and woven.live else None

    def takes(self, code: CodeType, armed: Armed) -> bool:
        """Is a breakpoint seen to by the checks of this very code object?"""
        woven = self.of(code)
        return woven is not None and woven.armed(armed.id) is armed

    def inside_check(self, frame: FrameType | None) -> bool:
        """Was this frame, or one of its callers, called by a check's condition? Breakpoints are off meanwhile.

        Not what a check's hook has called: that is a stop, where the user calls something.
        """
        while frame is not None and self._woven and not is_agent(frame.f_code):
            woven = self._woven.get(id(frame.f_code))
            if woven is not None and frame.f_lasti in woven.offsets():
                return True
            frame = frame.f_back
        return False

    def state(self, armed: Armed) -> tuple[str, str]:
        """``(how, why)`` of a placement: how "" where it is not woven, and then why not."""
        recipe = self._recipes.get((armed.file, armed.scope_name, armed.scope_line))
        refused = self._refused.get((armed.id, armed.file, armed.line), "")
        if recipe is None or armed.id not in recipe.armed or refused:
            return "", refused
        if recipe.problem:
            return "", recipe.problem
        return (NAME, "") if recipe.done else ("", "")

    def leaves_out(self, leaving: FrameType | None = None) -> bool:
        """Does anything that is armed need events now? ``leaving``: a frame that is just about to end.

        Not what is woven, nor what is not loaded yet, nor code of modules and classes that does not run; frames and
        generators that run code from before do.
        """
        scopes = set()
        for armed in self._agent.table.all():
            woven = self.state(armed)[0]
            if armed.refused or (armed.landed and not woven and not armed.once):
                if not armed.refused:
                    return True
            else:
                scopes.add((armed.file, armed.scope_name, armed.scope_line))
                if armed.once:  # a class of a module's is yet to come while the module runs
                    scopes.add((armed.file, "<module>", 0))
        if not scopes:
            return False
        if gc.get_freeze_count() > 0 or self._is_running(scopes, leaving):
            return True
        # code that no import has made may be made again without one
        return not {scope[0] for scope in scopes} <= loaded_files()

    def _is_running(self, scopes: set[Key], leaving: FrameType | None) -> bool:
        """Does a frame or a generator run code of these functions that is not woven?"""
        frame: FrameType | None
        for frame in current_frames().values():
            while frame is not None:
                if frame is not leaving and self._is_plain(frame.f_code, scopes):
                    return True
                frame = frame.f_back
        self._waiting = [reference for reference in self._waiting if frame_of(reference()) is not None]
        for reference in self._waiting:
            frame = frame_of(reference())
            if frame is not None and frame is not leaving and self._is_plain(frame.f_code, scopes):
                return True
        return False

    def _is_plain(self, code: CodeType, scopes: set[Key]) -> bool:
        if self.of(code) is not None or not self._agent.table.in_file(code.co_filename):
            return False
        file, name, line = self._key(code)
        return (file, name, line) in scopes or (name == "<module>" and any(s[:2] == (file, name) for s in scopes))

    # -- changes -------------------------------------------------------------------------------------------------------

    def update(self, scopes: Iterable[dict[str, Any]]) -> None:
        """Weave what the debugger says about these functions, and only that. Without code: nothing in it."""
        keys = set()
        for scope in scopes:
            key = (scope["file"], scope["name"], scope["line"])
            keys.add(key)
            self._recipes.pop(key, None)
            for number, line, why in scope["refused"]:
                self._refused[number, scope["file"], line] = why
            if scope["code"]:
                numbers = {(number, line) for line, numbers in scope["woven"] for number in numbers}
                armed = {
                    entry.id: entry
                    for entry in self._agent.table.at(*key)
                    if (entry.id, entry.line) in numbers and not entry.refused
                }
                self._recipes[key] = Recipe(scope, armed)
        if keys:
            self._apply(keys)

    def late(self, code: CodeType) -> None:
        """Code was seen for the first time: weave what is made by it, and, for a function's code, the function."""
        if not self._recipes:
            return
        found = {}
        for each in tree(code):
            if id(each) not in self._woven:
                key = self._key(each)
                if key in self._recipes and id(each) not in self._recipes[key].done:
                    found[id(each)] = self._weave(each, self._recipes[key])
        if not found:
            return
        self._patch(tree(code), found)
        for referrer in gc.get_referrers(code) if id(code) in found else ():
            if type(referrer) is Function:
                self._swap(referrer, found)

    def forget(self, path: str) -> None:
        """Put back what is woven into the functions of a file, which is about to change."""
        keys = {key for key in list(self._recipes) if key[0] == path}
        for key in keys:
            del self._recipes[key]
        if keys:
            self._apply(keys)

    def restore(self) -> None:
        """Put everything back."""
        keys = set(self._recipes)
        self._recipes.clear()
        self._refused.clear()
        if posix.getpid() != self._agent.pid:
            # in a forked child: to look through the heap would copy all of it, and checks that are left do nothing
            for reference in list(self._swapped.values()):
                function = reference()
                if function is not None:
                    function.__code__ = self.original_of(function.__code__)
        elif self._woven:
            self._apply(keys)
        for (_, index), (code, original) in list(self._patched.items()):
            if code.co_consts[index] is not original:
                store(code.co_consts, index, original)
        self._patched.clear()

    def let_go(self) -> None:
        """Hold no woven code any more: what holds us is among its constants, and the collector sees none of a code's.

        Frames that still run it have it themselves; its checks do nothing.
        """
        for woven in list(self._woven.values()):
            woven.let_go()
        self._woven.clear()

    def _key(self, code: CodeType) -> Key:
        return canonical(code.co_filename), code.co_name, code.co_firstlineno

    def _apply(self, keys: set[Key]) -> None:
        """Look through the heap for code of these functions, and replace what is there by what is wanted."""
        files = {key[0] for key in keys}
        functions, generators, codes = in_files(files, canonical)
        self._waiting = [reference for reference in self._waiting if frame_of(reference()) is not None]
        self._waiting += [weak_reference(generator) for generator in generators]
        self._swapped = {number: each for number, each in list(self._swapped.items()) if each() is not None}
        wanted: dict[int, CodeType] = {}
        seen: dict[int, CodeType] = {}
        for root in codes:
            for code in tree(root, seen):
                original = self.original_of(code)
                key = self._key(original)
                if key in keys and id(original) not in wanted:
                    wanted[id(original)] = original
        for woven in list(self._woven.values()):
            if self._key(woven.original) in keys:
                wanted[id(woven.original)] = woven.original
        for woven in list(self._woven.values()):
            if id(woven.original) in wanted:
                woven.live = False
        for identity, original in list(wanted.items()):
            recipe = self._recipes.get(self._key(original))
            wanted[identity] = original if recipe is None else self._weave(original, recipe)
        for woven in list(self._woven.values()):
            if id(woven.original) in wanted:
                wanted[id(woven.code)] = wanted[id(woven.original)]
                seen[id(woven.code)] = woven.code
                seen[id(woven.original)] = woven.original
        self._patch(seen.values(), wanted)
        for function in functions:
            self._swap(function, wanted)

    def _weave(self, original: CodeType, recipe: Recipe) -> CodeType:
        """The woven code for a live one; the live one itself where it is not the same as the source."""
        known = recipe.done.get(id(original))
        if known is not None:
            known.live = True
            return known.code
        if not same(recipe.plain, original, self.original_of):
            recipe.problem = "the loaded code is not what its source gives: it was changed, or rewritten by a tool"
            return original
        woven = Woven(original, recipe)
        woven.code = recipe.woven.replace(
            co_filename=original.co_filename, co_consts=self._constants(woven, recipe, original)
        )
        recipe.done[id(original)] = woven
        self._woven[id(woven.code)] = woven
        for armed in recipe.armed.values():
            self._agent.landed_one(armed)
        return woven.code

    def original_of(self, code: CodeType) -> CodeType:
        """The program's own code that a code object is the woven form of, or was; else itself."""
        known = self._woven.get(id(code))
        return code if known is None else known.original

    def _constants(self, woven: Woven, recipe: Recipe, live: CodeType) -> tuple[Any, ...]:
        """The woven code's constants: the live one's own objects where it has them, and ours for the marks."""
        nested = iter([constant for constant in live.co_consts if type(constant) is Code])
        own = {constant_key(constant): constant for constant in live.co_consts if type(constant) is not Code}
        noted: dict[int, Noted] = {}
        constants = []
        for index, constant in enumerate(recipe.woven.co_consts):
            if type(constant) is str and constant.startswith(_MARK):
                role, _, number = constant[len(_MARK) :].rpartition(" ")
                constants.append(self._object(woven, recipe, role, int(number), noted))
            elif type(constant) is Code and index in recipe.own:
                constants.append(renamed(constant, live.co_filename))
            elif type(constant) is Code:
                constants.append(next(nested))
            else:
                constants.append(own.get(constant_key(constant), constant))
        return tuple(constants)

    def _object(self, woven: Woven, recipe: Recipe, role: str, number: int, noted: dict[int, Noted]) -> Any:
        """What stands for a mark of the helper's."""
        agent = self._agent
        if role in ("noted", "stop"):
            line = recipe.tags[number]
            here = noted.setdefault(line, Noted())
            return here if role == "noted" else Stop(agent, woven, number, here, line)
        if role == "exception":
            return Exception
        if role == "next":
            return builtins.next
        if role == "thread":
            return get_ident
        armed = recipe.armed.get(number)
        if role == "counter":
            return armed.counter if armed is not None else iter(())
        if role in _NOTING:
            here = noted.setdefault(armed.line if armed is not None else 0, Noted())
            return _NOTING[role](agent, woven, number, here)
        return _ALONE[role](agent, woven, number)

    # -- the exchange --------------------------------------------------------------------------------------------------

    def _swap(self, function: FunctionType, wanted: dict[int, CodeType]) -> None:
        code = wanted.get(id(function.__code__))
        if code is not None and code is not function.__code__ and not is_compiled(function):
            function.__code__ = code
            self._swapped[id(function)] = weak_reference(function)

    def _patch(self, codes: Iterable[CodeType], wanted: dict[int, CodeType]) -> None:
        """Put the wanted code in its place among constants: what these codes make from now on has it."""
        for code in codes:
            constants = code.co_consts
            for index, constant in enumerate(constants):
                if type(constant) is Code and wanted.get(id(constant), constant) is not constant:
                    self._patched[id(code), index] = code, self.original_of(constant)
                    store(constants, index, wanted[id(constant)])
