"""Programs that the program starts: a Python among them is given what gets an agent into it.

Stands in front of the few functions of Python that start one: ``_posixsubprocess.fork_exec`` (``subprocess``,
``multiprocessing``), ``os.execv``, ``os.execve``, ``os.posix_spawn``, ``os.posix_spawnp``, ``os.system``. What they
are given is passed on as it is, but for the environment of what ``commands`` says is a Python. Stands before
``os._exit`` and ``os.kill``, too: records that were gathered are sent before a process ends so. Runs in the
program's threads.
"""

from __future__ import annotations

import sys
from _thread import get_ident

from .. import protocol
from ..children import commands
from ..interpreter import native
from ..interpreter.imports import Imports

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from ..core import Agent

_ENVIRONMENT_AT = 5  # of fork_exec's arguments
_FORK_EXEC = "fork_exec"
_PATH, _LAUNCH = b"PYTHONPATH", b"PYDELVE_LAUNCH"
_DEFAULT_PATH = b"/bin:/usr/bin"  # os.defpath
_SHOWN_WORDS = 6
_SHELL = b"/bin/sh"
_encoding = sys.getfilesystemencoding()
_environ = native.symbol("environ")


class Spawning:
    """The functions that stand before Python's own, as long as children are followed."""

    def __init__(self, agent: Agent, address: str, folder: str) -> None:
        """``folder``: where ``entry/sitecustomize.py`` is. Nothing is replaced yet."""
        self._agent = agent
        self._address, self._folder = address.encode("ascii"), folder.encode(_encoding, "surrogateescape")
        self._replaced: list[tuple[dict[str, Any], str, Any, Any]] = []
        self._imports = Imports(self._import_begins)
        self.starting: set[int] = set()
        """Idents of threads that are just starting another program."""

    def install(self) -> None:
        """Stand before the originals; ``subprocess`` is waited for, unless it is there."""
        names = sys.modules["posix"].__dict__
        for name, wrap in (
            ("execv", self._execv), ("execve", self._execve), ("posix_spawn", self._posix_spawn),
            ("posix_spawnp", self._posix_spawn), ("system", self._system), ("_exit", self._leave), ("kill", self._kill),
        ):  # fmt: skip
            original = names.get(name)
            if original is not None:
                self._replace(names, name, original, _in_place_of(original, wrap(original)))
        module = sys.modules.get("_posixsubprocess")
        if module is None:
            self._imports.switch(True)
        else:
            self._fork_exec_is_there(module)

    def _import_begins(self, origin: str, module: Any) -> None:
        if getattr(module, "__name__", "") == "_posixsubprocess":
            self._imports.switch(False)
            self._fork_exec_is_there(module)

    def _fork_exec_is_there(self, module: Any) -> None:
        original = module.__dict__.get(_FORK_EXEC)
        if original is not None:
            self._replace(module.__dict__, _FORK_EXEC, original, _in_place_of(original, self._fork_exec(original)))

    def _replace(self, names: dict[str, Any], name: str, original: Any, ours: Any) -> None:
        """There, and where the standard library has taken it over."""
        for holder, known in ((names, name), (_names("os"), name), (_names("subprocess"), "_" + name)):
            if holder.get(known) is original:
                holder[known] = ours
                self._replaced.append((holder, known, original, ours))

    def remove(self) -> None:
        """Put the originals back where ours still are."""
        self._imports.switch(False)
        replaced, self._replaced = self._replaced, []
        known = {id(ours): original for _, _, original, ours in replaced}
        for holder, name, original, ours in replaced:
            if holder.get(name) is ours:
                holder[name] = original
        late = _names("subprocess")  # it took ours over when it was imported
        if id(late.get("_fork_exec")) in known:
            late["_fork_exec"] = known[id(late["_fork_exec"])]

    def serve(self, agent: Agent) -> None:
        """In a forked child that has an agent of its own: what is still called of ours is called for that one."""
        self._agent = agent

    # -- in front of Python's own --------------------------------------------------------------------------------------

    # Each of these is made a function of the interpreter's own names (``_in_place_of``): it uses none of this module.

    def _fork_exec(self, original: Callable[..., Any]) -> Callable[..., Any]:
        me = get_ident

        def fork_exec(*arguments: Any) -> Any:
            given = arguments
            try:
                given = self._for_fork_exec(arguments)
            except Exception:  # noqa: BLE001  what Python's own makes of them is the answer
                given = arguments
            starting, ident = self.starting, me()
            starting.add(ident)
            try:
                return original(*given)
            finally:
                starting.discard(ident)

        return fork_exec

    def _for_fork_exec(self, arguments: tuple[Any, ...]) -> tuple[Any, ...]:
        words, executables, environment = arguments[0], arguments[1], arguments[_ENVIRONMENT_AT]
        entries = _current_environment() if environment is None else [*environment]
        if not self._is_followed([_bytes(each) for each in executables], words, entries):
            return arguments
        return (*arguments[:_ENVIRONMENT_AT], self._added(entries), *arguments[_ENVIRONMENT_AT + 1 :])

    def _execv(self, original: Callable[..., Any]) -> Callable[..., Any]:
        execve: Callable[..., Any] = sys.modules["posix"].__dict__["execve"]

        def execv(path: Any, argv: Any, /) -> Any:
            environment = self._for_exec(path, argv, None)
            if environment is None:
                return original(path, argv)
            try:
                return execve(path, argv, environment)
            finally:
                self._stays()

        return execv

    def _execve(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def execve(path: Any, argv: Any, env: Any) -> Any:
            environment = self._for_exec(path, argv, env)
            try:
                return original(path, argv, env if environment is None else environment)
            finally:
                self._stays()

        return execve

    def _posix_spawn(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def posix_spawn(path: Any, argv: Any, env: Any, /, **options: Any) -> Any:
            environment = None
            try:
                environment = self._environment_for(path, argv, env)
            except Exception:  # noqa: BLE001  what Python's own makes of them is the answer
                environment = None
            return original(path, argv, env if environment is None else environment, **options)

        return posix_spawn

    def _system(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def system(command: Any) -> Any:
            given = command
            try:
                given = self._for_system(command)
            except Exception:  # noqa: BLE001  what Python's own makes of it is the answer
                given = command
            return original(given)

        return system

    def _for_system(self, command: Any) -> Any:
        """It takes no environment: its shell is told what else to put into its own, in front, on the same line."""
        entries = _current_environment()
        text = _bytes(command)
        if not self._is_followed([_SHELL], (b"sh", b"-c", text), entries):
            return command
        added = [entry.partition(b"=") for entry in self._added(entries)[-2:]]
        words = [name + b"='" + value.replace(b"'", b"'\\''") + b"'" for name, _, value in added]
        return b"export " + b" ".join(words) + b"; " + text

    def _leave(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Most children end so, and what logpoints have just told in them would be lost."""

        def _exit(status: Any) -> Any:
            try:
                self._flush()
            except BaseException:  # noqa: BLE001  a signal handler's, or our fault: the program ends here all the same
                return original(status)
            return original(status)

        return _exit

    def _kill(self, original: Callable[..., Any]) -> Callable[..., Any]:
        """Pools end their children so."""

        def kill(pid: Any, signal: Any, /) -> Any:
            try:
                self._let_tell(pid, signal)
            except Exception:  # noqa: BLE001  what Python's own makes of them is the answer
                return original(pid, signal)
            return original(pid, signal)

        return kill

    def _let_tell(self, pid: Any, signal: Any) -> None:
        """What a traced child has gathered comes before the signal that may end it."""
        agent = self._agent
        if not (signal and type(pid) is int and pid > 0 and pid != agent.pid):
            return
        if self._acts() and agent.traces.is_on and agent.children is not None:
            agent.children.kills(pid)

    def _acts(self) -> bool:
        """Is what the program does here its own doing, with us in it?"""
        agent = self._agent
        evaluates = agent.stops.stands_here() or get_ident() in agent.judging
        return agent.active and not agent.forked() and not evaluates

    def _flush(self) -> None:
        agent = self._agent
        if agent.active and not agent.forked():
            agent.link.hurry()
            agent.tell_all(clean=False)

    def _for_exec(self, path: Any, argv: Any, env: Any) -> dict[Any, Any] | None:
        """The environment for another program in this process's place, which is just about to be there."""
        environment = None
        try:
            environment = self._environment_for(path, argv, env)
            self._tell_replacing(followed=environment is not None)
        except Exception:  # noqa: BLE001  what Python's own makes of them is the answer
            environment = None
        return environment

    def _stays(self) -> None:
        """It could not be started."""
        self._tell_replacing(followed=False)

    def _tell_replacing(self, *, followed: bool) -> None:
        agent = self._agent
        if agent.active and not agent.forked():
            for outbox in agent.traces.outboxes():  # the next program knows nothing of them
                outbox.flush()
            agent.link.send(("event", protocol.REPLACING, {"followed": followed}))
            agent.link.settle()

    # -- what is given to a Python -------------------------------------------------------------------------------------

    def _environment_for(self, path: Any, argv: Any, env: Mapping[Any, Any] | None) -> dict[Any, Any] | None:
        """The same names, as they are: what is wrong with one of them is for Python's own to say."""
        if env is None:
            entries = _current_environment()
            env = {name: value for name, _, value in (entry.partition(b"=") for entry in entries)}
            if len(env) < len(entries) or b"" in env or not all(b"=" in entry for entry in entries):
                return None  # no mapping gives that environment
        else:
            entries = [_bytes(name) + b"=" + _bytes(env[name]) for name in env]
        executable = _bytes(path)
        found = [executable]
        if b"/" not in executable:  # posix_spawnp
            found = [folder + b"/" + executable for folder in _value(entries, b"PATH", _DEFAULT_PATH).split(b":")]
        if not self._is_followed(found, argv, entries):
            return None
        environment = {name: env[name] for name in env if _bytes(name) not in (_PATH, _LAUNCH)}
        for entry in self._added(entries)[-2:]:
            name, _, value = entry.partition(b"=")
            environment[name] = value
        return environment

    def _is_followed(self, executables: Sequence[bytes], words: Sequence[Any], entries: Sequence[bytes]) -> bool:
        if not self._acts():
            return False
        line = [_bytes(word) for word in words]
        why = commands.why_not(executables, line, _value(entries, b"PATH", _DEFAULT_PATH))
        if why:
            shown = [word.decode("utf-8", "replace") for word in line[:_SHOWN_WORDS]]
            left = {"words": shown, "why": why, "isolated": why.startswith(commands.ISOLATED)}
            self._agent.link.send(("event", protocol.LEFT_ALONE, left))
        return not why

    def _added(self, entries: Sequence[bytes]) -> list[bytes]:
        """The environment with our folder first on its Python's path, and whom to call."""
        rest = [entry for entry in entries if entry.partition(b"=")[0] not in (_PATH, _LAUNCH)]
        path = _value(entries, _PATH, None)
        ours = self._folder + b":" + path if path else self._folder
        flags = b"e" if path == b"" else b""
        return [*rest, _PATH + b"=" + ours, _LAUNCH + b"=@" + self._address + b"," + flags]


def _in_place_of(original: Any, ours: Any) -> Any:
    """Our function with the name that the original has, and the interpreter's own builtins.

    What is written in C imports by the builtins of the frame that calls it (fork_exec of 3.9: gc), and those of this
    module import for us.
    """
    names = {"__builtins__": sys.modules["builtins"], "__name__": original.__module__}
    made: Any = type(ours)(ours.__code__, names, original.__name__, ours.__defaults__, ours.__closure__)
    made.__qualname__, made.__doc__ = original.__name__, original.__doc__
    return made


def _names(module: str) -> dict[str, Any]:
    found = sys.modules.get(module)
    return {} if found is None else found.__dict__


def _bytes(text: Any) -> bytes:
    """A path or a word as the kernel gets it; TypeError where it is neither."""
    encoded: bytes = sys.modules["os"].fsencode(text)
    return encoded


def _value(entries: Sequence[bytes], name: bytes, default: Any) -> Any:
    """A variable among the entries of an environment: the first one counts."""
    for entry in entries:
        known, _, value = entry.partition(b"=")
        if known == name:
            return value
    return default


def _current_environment() -> list[bytes]:
    """As the C library has it, which is what a program inherits."""
    entries = []
    at = native.read_word(_environ) if _environ else 0
    while at and (address := native.read_word(at)):
        entries.append(native.text_at(address))
        at += 8
    return entries
