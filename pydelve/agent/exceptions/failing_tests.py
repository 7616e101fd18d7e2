"""Stops at tests that fail under pytest, while everything of the test is still there: frames, fixtures, output.

pytest tells of each exception that a test, a fixture or a test module ends with by its hook
``pytest_exception_interact``, the one that ``--pdb`` is made of: after assertion rewriting, ``xfail`` and ``skip`` were
heeded, with captured output put aside. Hooks are found by name in modules that are plugins, and ``_pytest.runner`` is
one: what we add there is a function or two, with no module of ours, no option, and no plugin that a test could see. On
the program's main thread, where pytest runs; nothing here acts unless the launcher asked for it.
"""

from __future__ import annotations

import posix
import sys

from .. import protocol
from ..interpreter import threads
from ..stops import FIRST_FRAMES, Cause

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from typing import Any

    from ..core import Agent
    from ..interpreter.threads import Stack

_MODULE = "_pytest.runner"
_UNSEEN = {
    "message": "tests that fail will not stop",
    "why": "pytest-xdist runs them in processes of its own, where pydelve is not",
    "hint": "pydelve test -n 0 ...",
}
_READ_BYTES = 1 << 20  # of one captured stream; the end of it, where it is longer


class FailingTests:
    """pytest's hooks of ours; ``agent`` is the ``core.Agent``."""

    def __init__(self, agent: Agent) -> None:
        """Nothing is installed yet."""
        self._agent = agent
        self._config: Any = None
        self._installed: dict[str, Any] = {}
        self._heard: list[FailingTests] = []  # whom the hooks tell; emptied by ``remove``
        self._sections: list[tuple[str, str]] = []

    def install(self) -> None:
        """When ``python -m pytest`` begins its ``__main__``: pytest is imported, and has not looked for hooks yet."""
        runner = sys.modules.get(_MODULE)
        if runner is None:
            return
        heard = self._heard
        heard.append(self)

        def pytest_configure(config: Any) -> None:
            for tests in heard:
                tests._agent.guarded(tests.configured, config)

        def pytest_exception_interact(node: Any, call: Any, report: Any) -> None:
            for tests in heard:
                tests._agent.guarded(tests.failed, node, call, report)

        for hook in (pytest_configure, pytest_exception_interact):
            if hook.__name__ not in runner.__dict__:
                runner.__dict__[hook.__name__] = self._installed[hook.__name__] = hook

    def remove(self) -> None:
        """Take the hooks away. pytest keeps the functions it has found; they do nothing from now on."""
        self._heard.clear()
        runner = sys.modules.get(_MODULE)
        for name, hook in self._installed.items():
            if runner is not None and runner.__dict__.get(name) is hook:
                del runner.__dict__[name]
        self._installed.clear()
        self._config = None

    # -- hooks ---------------------------------------------------------------------------------------------------------

    def configured(self, config: Any) -> None:
        """The first session is the one that counts; tests of pytest plugins run others in it."""
        if self._config is not None:
            return
        self._config = config
        if _read(_read(config, "option"), "numprocesses"):  # pytest-xdist's
            self._agent.link.send(("event", protocol.NOTICE, dict(_UNSEEN)))

    def failed(self, node: Any, call: Any, report: Any) -> None:
        """A test's call, its set-up or teardown, or the collection of a module ended with an exception."""
        if self._config is None or _read(node, "config") is not self._config:
            return
        error = _read(_read(call, "excinfo"), "value")
        if not isinstance(error, BaseException):
            return
        error = _behind(error)
        frames = threads.frames_of_traceback(error.__traceback__)
        sections = _read(report, "sections")
        self._sections = [
            (title, text)
            for title, text in (sections if type(sections) is list else ())
            if type(title) is str and type(text) is str
        ]
        test = _describe(node, report, [title for title, _ in self._sections])
        try:
            cause = Cause("exception", exception=error, frame=_shown_frame(frames), test=test)
            self._agent.stops.stop_outside(cause, frames)
        finally:
            self._sections = []

    # -- questions of a stop -------------------------------------------------------------------------------------------

    def captured(self) -> list[list[str]]:
        """``[[title, text], ...]`` of what the test has written: as reported where it has failed, else so far."""
        if self._sections:
            return [[title, text] for title, text in self._sections]
        manager = _plugin(self._config, "capturemanager")
        found = []
        for holder, kind in ((_read(manager, "_capture_fixture"), "fixture"), (manager, "global")):
            capture = _read(holder, "_capture" if kind == "fixture" else "_global_capturing")
            for name, title in (("out", "stdout"), ("err", "stderr")):
                text = _so_far(_read(_read(capture, name), "tmpfile"))
                if text:
                    found.append([f"Captured {title} so far" + (" by a fixture" if kind == "fixture" else ""), text])
        return found


def _behind(error: BaseException) -> BaseException:
    """The exception of the user's code that one of pytest's or doctest's own stands for (``_pytest/debugging.py``:
    ``_postmortem_exc_or_tb``).
    """
    name = type(error).__name__
    found: Any = None
    if name == "CollectError":
        found = error.__cause__
    elif name == "ConftestImportFailure":
        found = _read(error, "cause") or _read(error, "excinfo")
    elif name == "UnexpectedException":
        found = _read(error, "exc_info")
    if type(found) is tuple and len(found) == 3:
        found = found[1]
    return found if isinstance(found, BaseException) else error


def _read(owner: Any, name: str) -> Any:
    """An attribute of one of pytest's objects; None where there is none, or a plugin's own class fails to give it."""
    try:
        return getattr(owner, name, None)
    except Exception:  # noqa: BLE001  a plugin's property: whatever it raises, the test's failure is what counts
        return None


def _plugin(config: Any, name: str) -> Any:
    manager = _read(config, "pluginmanager")
    return manager.getplugin(name) if manager is not None else None


def _shown_frame(frames: Stack) -> int:
    """Index of the frame to look at first: pytest's and unittest's own helpers say that they are none of it.

    By a variable ``__tracebackhide__``, or a global ``__unittest`` (pytest's ``Traceback.filter`` does the same).
    """
    for index, (frame, _) in enumerate(frames[:FIRST_FRAMES]):
        hidden = frame.f_globals.get("__unittest") or frame.f_globals.get("__tracebackhide__")
        if not hidden and "__tracebackhide__" not in frame.f_code.co_varnames:
            return index
    return 0


def _describe(node: Any, report: Any, captured: list[str]) -> dict[str, Any]:
    """What the stop says of the test; values are made wire form of in the stop."""
    parameters = _read(_read(node, "callspec"), "params")
    parameters = parameters if type(parameters) is dict else {}
    phase = _read(report, "when")
    fixtures = _read(node, "funcargs")
    fixtures = fixtures if type(fixtures) is dict else {}
    return {
        "name": _text(_read(node, "nodeid")),
        "phase": phase if phase in ("setup", "teardown", "collect") else "call",
        "captured": captured,
        "parameters": [(name, value) for name, value in parameters.items() if type(name) is str],
        "fixtures": [(name, value) for name, value in fixtures.items() if type(name) is str and name not in parameters],
    }


def _text(value: Any) -> str:
    return value if type(value) is str else ""


def _so_far(file: Any) -> str:
    """What is in a file that pytest captures into, read without moving its position."""
    raw = _read(file, "buffer")
    content: Callable[[], bytes] | None = _read(raw, "getvalue")
    if content is not None:
        data = content()[-_READ_BYTES:]
    else:
        number = _read(file, "fileno")
        try:
            fd = number()
            size = posix.fstat(fd).st_size
            data = posix.pread(fd, _READ_BYTES, max(0, size - _READ_BYTES))
        except (OSError, TypeError, ValueError):  # there is no such file, or it was closed
            return ""
    return data.decode("utf-8", "replace") if type(data) is bytes else ""
