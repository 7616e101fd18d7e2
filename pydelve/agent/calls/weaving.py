"""Traced calls told by the functions themselves: CPython 3.9 to 3.11. See ``calls/events.py`` for later ones.

The code of each function that matches is replaced by one with calls of ours spliced in (``splicing.py``): in the
functions that have it, and, so that functions made later have it too, among the constants of the code that makes them.
A module that is imported later is looked at as it begins. So functions that don't match cost nothing. Where that is
not enough, ``tracing.Tracing`` is asked to tell of the rest by events: for coroutines and delegating generators up to
3.10, and for all where ``gc.freeze`` hides functions or breakpoints need the code as it is. At the end the same code
objects are back.

From 3.12 on no more is woven than the condition of ``--when`` (``EntryWeaving``), and events tell.

Begun and ended on the agent's own thread or at a stop; modules are looked at by the threads that import them.
"""

from __future__ import annotations

import gc
import posix
import sys
import time
from _thread import RLock
from _weakref import ref as weak_reference  # not the module: the interpreter empties it at the end

from .. import protocol
from ..calls.conditions import Entered
from ..calls.hooks import Hook
from ..calls.matching import CO_OPTIMIZED, child_name
from ..interpreter.code_objects import Code, Function, is_compiled, store
from ..interpreter.imports import Imports
from ..interpreter.interpreters import current_frames
from ..interpreter.paths import is_agent
from ..looking.anatomy import class_dict
from ..looking.evaluation import functions_of
from ..weaving.entering import entered
from ..weaving.splicing import Calls as Hooks
from ..weaving.splicing import spliced

_AT_WORK_S = 0.5
_clock = time.perf_counter  # taken before the program can replace it

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable, Iterable
    from types import CodeType, FunctionType
    from typing import Any

    from ..calls.matching import Source
    from ..calls.traces import Traced
    from ..core import Agent


_MAIN = ("__main__", "__mp_main__")  # the second where multiprocessing has run it anew
_RUNS, _RUN_PARAMETERS = ("runpy", "_run_code"), ("code", "run_globals", "mod_name")
_HOOKS = 7  # of a function
_SOURCES = (".py", ".pyc", ".pyw")


class CallWeaving:
    """The functions of one trace."""

    _needs_all = True
    """Nobody else tells of what is not found."""

    def __init__(self, agent: Agent, calls: Traced, look: Callable[[], None], need: Callable[[], None]) -> None:
        """Nothing is woven yet.

        Args:
            agent: Whose faults are told.
            calls: What is told.
            look: Have ``late`` called with the next module that begins.
            need: Events are needed for what can't be woven.
        """
        self._agent, self._calls, self._need = agent, calls, need
        self._codes: dict[int, tuple[CodeType, CodeType]] = {}
        """By id of the original: itself, and the code in its place, which may be itself."""
        self._made: dict[int, tuple[CodeType, CodeType]] = {}
        """By id of the new code: itself, and the original."""
        self._patched: list[tuple[CodeType, int, CodeType]] = []
        self._namespaces: dict[int, dict[str, Any]] = {}
        """By id of new code that asks a condition: the globals that this may read."""
        self._swapped: list[Any] = []  # weak references to functions whose code was exchanged
        self._modules: set[str] = set()  # names of those that have new code
        self._changing = RLock()
        self._imports = Imports(lambda origin, module: look() if _is_of_interest(origin, module) else None)
        self.on = False

    def has(self, code: CodeType) -> bool:
        """Does this code tell by itself?"""
        return id(code) in self._made

    def begin(self) -> bool:
        """Weave what is loaded, and what will be; False where functions can't be found."""
        if self._needs_all and gc.get_freeze_count() > 0:
            return False
        self.on = True
        self._watch(True)
        with self._changing:
            functions = _functions()
            told = _clock()
            for function in functions:
                self._look(function.__code__, function.__globals__, self._name(function))
                if _clock() - told > _AT_WORK_S:
                    self._agent.link.send(("event", protocol.AT_WORK, {}))
                    told = _clock()
            for frame in current_frames().values():
                while frame is not None:
                    self._look(frame.f_code, frame.f_globals, None, anew=_runs_anew(frame.f_code, frame.f_globals))
                    frame = frame.f_back  # type: ignore[assignment]
            for function in [*functions, *_functions()]:  # some may have been made meanwhile
                self._swap(function)
        return True

    def late(self, code: CodeType, names: dict[str, Any]) -> None:
        """A module begins."""
        if self.on:
            with self._changing:
                self._look(code, names, "", anew=_runs_anew(code, names))

    def end(self) -> None:
        """Put everything back; frames that run our code go on with it."""
        if not self.on:
            return
        self.on = False
        self._watch(False)
        if posix.getpid() != self._agent.pid:
            self._changing = RLock()  # in a forked child: who held it, in an import, is not there
        with self._changing:
            for code, index, original in reversed(self._patched):
                store(code.co_consts, index, original)
            made = {id(new.co_consts): (new, original) for new, original in self._made.values()}
            for function in self._loaded():
                code = function.__code__
                found = made.get(id(code.co_consts))
                if found is None:
                    continue
                if code is found[0]:
                    function.__code__ = found[1]
                elif code.co_code == found[0].co_code:
                    function.__code__ = _like(code, found[1])
            self._codes.clear()

    def _loaded(self) -> list[FunctionType]:
        """The functions that there are; in a forked child that nobody follows those that are found without touching
        every object, which copies the memory of all: in others our calls are left, and do nothing.
        """
        if posix.getpid() == self._agent.pid or self._agent.children is not None:
            return _functions()
        modules = [sys.modules.get(name) for name in self._modules]
        found = [reference() for reference in self._swapped]
        for module in modules:
            if type(module) is type(sys):
                found += _functions_in(dict.values(vars(module)), set())
        return [each for each in found if type(each) is Function]

    # -- code ----------------------------------------------------------------------------------------------------------

    def _name(self, function: FunctionType) -> str | None:
        """Its code's qualified name where it can be told from the function: a wrapper may have taken another one's."""
        name = function.__qualname__
        return name if type(name) is str and name.rpartition(".")[2] == function.__code__.co_name else None

    def _look(self, code: CodeType, names: dict[str, Any], name: str | None, *, anew: bool = False) -> CodeType:
        """Weave a code object, and what it makes; gives back what is to stand in its place.

        ``anew``: what makes it may be run again, with other globals.
        """
        known = self._codes.get(id(code))
        if known is not None:
            return code if anew and id(known[1]) in self._namespaces else known[1]
        if id(code) in self._made or is_agent(code):
            return code
        self._codes[id(code)] = code, code
        if name:
            self._calls.learn(code, name)
        inner = [(index, each) for index, each in enumerate(code.co_consts) if type(each) is Code]
        replaced = []
        for index, each in inner:
            new = self._look(each, names, None if name is None else child_name(code, name, each), anew=anew)
            if new is not each:
                replaced.append((index, each, new))
        for index, each, new in replaced:
            self._patched.append((code, index, each))
            store(code.co_consts, index, new)
        made = self._weave(code, names, anew)
        if made is not code:
            self._patched += [(made, index, each) for index, each, _ in replaced]
            self._codes[id(code)] = code, made
            self._made[id(made)] = made, code
            module = dict.get(names, "__name__")
            if type(module) is str:
                self._modules.add(module)
        return made

    def _watch(self, on: bool) -> None:
        """Have modules told that begin, or no longer."""
        self._imports.switch(on)

    def _weave(self, code: CodeType, names: dict[str, Any], anew: bool) -> CodeType:
        source = self._calls.source_of(code, names)
        runs = code.co_name == _RUNS[1] and names.get("__name__") == _RUNS[0]
        if source is None:
            return self._telling_of_runs(code, [], (_nothing,) * _HOOKS) if runs else code
        if runs:
            return self._telling_of_runs(code, *self._calls.hooks(source))
        asked = self._asked(source, None if anew else names)
        shown, functions = self._calls.hooks(source, asked=asked is not None)
        made = spliced(code, shown, Hooks(*[Hook(function) for function in functions]), asked)
        if made is None:
            self._need()
            return code
        if asked is not None and not anew:
            self._namespaces[id(made)] = names
        return made

    def _telling_of_runs(
        self, code: CodeType, shown: list[str], functions: tuple[Callable[..., None], ...]
    ) -> CodeType:
        """``runpy`` runs a module that nobody imports: a main one, in a child of multiprocessing's, too."""

        def runs(code: CodeType, names: dict[str, Any], name: object, *values: object) -> None:
            try:
                if type(names) is dict and type(code) is Code:
                    names.setdefault("__name__", name)  # as it is about to do itself
                    self.late(code, names)
            except BaseException as error:
                if not self._agent.is_own_fault(error):
                    raise
            functions[0](*values)

        made = spliced(code, [*_RUN_PARAMETERS, *shown], Hooks(*map(Hook, (runs, *functions[1:]))))
        return code if made is None else made

    def _asked(
        self, source: Source, names: dict[str, Any] | None
    ) -> tuple[Callable[..., bool], tuple[str, ...]] | None:
        """What a function asks where it begins, and with which of its parameters."""
        condition = self._calls.condition
        return None if condition is None else condition.woven(source, names)

    def _swap(self, function: FunctionType) -> None:
        code = function.__code__
        known = self._codes.get(id(code))
        if known is None or known[1] is code or is_compiled(function):
            return
        names = function.__globals__
        if self._namespaces.get(id(known[1]), names) is names:
            function.__code__ = known[1]
            self._swapped.append(weak_reference(function))
        else:
            self._need()


class EntryWeaving(CallWeaving):
    """The functions that ask a condition by themselves, from 3.12 on: events tell of their calls that it is true of."""

    _needs_all = False

    def __init__(self, agent: Agent, calls: Traced, ready: Callable[[CodeType], None]) -> None:
        """``ready``: told of new code, which is about to be run."""
        super().__init__(agent, calls, lambda: None, lambda: None)
        self._ready = ready

    def _watch(self, on: bool) -> None:
        """Events tell of modules."""

    def late(self, code: CodeType, names: dict[str, Any]) -> None:
        """A module begins; not what is compiled and run anew each time, which would be kept for ever."""
        if not _runs_anew(code, names):
            super().late(code, names)

    def _weave(self, code: CodeType, names: dict[str, Any], anew: bool) -> CodeType:
        source = self._calls.source_of(code, names)
        asked = None if source is None else self._asked(source, None if anew else names)
        if source is None or asked is None:
            return code
        begins = Hook(self._calls.hooks(source, asked=True)[1][0])
        made = entered(code, asked[0], asked[1], begins)
        if made is None:
            return code
        if not anew:
            self._namespaces[id(made.code)] = names
        self._calls.entered(Entered(made.code, made.begin, made.end, source))
        self._ready(made.code)
        return made.code


def _runs_anew(code: CodeType, names: dict[str, Any]) -> bool:
    """May this code, as a template's, be run again with other globals? No function's, nor an imported module's."""
    if code.co_flags & CO_OPTIMIZED or dict.get(names, "__name__") in _MAIN:
        return False
    return dict.get(names, "__spec__") is None


def _is_of_interest(origin: str, module: Any) -> bool:
    """May a module that is imported now have functions that are traced? ``runpy`` may be frozen."""
    return origin.endswith(_SOURCES) or getattr(module, "__name__", "") == _RUNS[0]


def _nothing(*values: object) -> None:
    """Nobody wants to know."""


def _like(copy: CodeType, original: CodeType) -> CodeType:
    """What the program made of new code by ``replace``, as ``types.coroutine`` does, made of the original."""
    names = ("co_flags", "co_filename", "co_name", "co_firstlineno", "co_qualname")
    changes: dict[str, Any] = {name: getattr(copy, name) for name in names if hasattr(copy, name)}
    return original.replace(**changes)


def _functions_in(values: Iterable[Any], seen: set[int]) -> list[FunctionType]:
    """Those of a module, and of its classes."""
    found: list[FunctionType] = []
    for value in list(values):
        found += functions_of(value)
        if issubclass(type(value), type) and id(value) not in seen:
            seen.add(id(value))
            found += _functions_in(class_dict(value).values(), seen)
    return found


def _functions() -> list[FunctionType]:
    return [found for found in gc.get_objects() if type(found) is Function]
