"""The program's ends and its own calls for the debugger: ``breakpoint()``, an uncaught exception, the exit, ``fork``.

Each hook is one function put where Python looks for it, and taken away again on detach. They run in the program's
threads.
"""

from __future__ import annotations

import atexit
import gc
import posix
import sys

from .children.fork_warning import WARNS, ForkWarning
from .children.undisturbed import undisturbed
from .exceptions.background import Background
from .interpreter import threads
from .stops import Cause

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from collections.abc import Callable
    from types import TracebackType
    from typing import Any

    from .core import Agent


class Hooks:
    """Installs and removes the hooks; ``agent`` is the ``core.Agent``."""

    def __init__(self, agent: Agent) -> None:
        """Nothing is installed yet."""
        self._agent = agent
        self._excepthook = sys.excepthook
        self._breakpointhook = sys.breakpointhook
        self._at_fork: list[Callable[[], None]] = []
        self._fork_warning = ForkWarning(agent.own)
        self._reported: BaseException | None = None
        # made once, so that they can be recognised and taken away again
        self._except, self._break = self._on_uncaught, self._on_breakpoint
        self._background = Background(agent)
        self._children: list[Agent] = []  # whom a forked child tells
        self._expecting: list[ForkWarning] = []

    def install(self, before: Hooks | None = None) -> None:
        """The originals go along, so that a program that asks whether a hook was changed is not misled.

        ``before``: those of an agent that has just left the same process, whose callbacks of forks are used again.
        """
        self._excepthook, self._breakpointhook = sys.excepthook, sys.breakpointhook
        if sys.__excepthook__ is sys.excepthook:  # else it has one of its own, which may call the original
            sys.__excepthook__ = self._except
        sys.excepthook = self._except
        if sys.__breakpointhook__ is sys.breakpointhook:
            sys.__breakpointhook__ = self._break
        sys.breakpointhook = self._break
        self._background.install()
        atexit.register(self._on_exit)
        if before is not None:
            self._children, self._expecting, self._at_fork = before._children, before._expecting, before._at_fork
        self._children.append(self._agent)
        self._expecting.append(self._fork_warning)
        if before is None:
            self._register()

    def _register(self) -> None:
        """The interpreter may keep these callbacks for good: of us they hold lists that ``forget`` empties."""
        watched, expecting = self._children, self._expecting

        def leave(blocked: set[int]) -> None:
            for agent in [*watched]:  # which the child's own agent joins
                agent.after_fork(blocked)

        def after_fork() -> None:
            if watched:
                undisturbed(leave, sys._getframe(1))

        posix.register_at_fork(after_in_child=after_fork)
        self._at_fork.append(after_fork)
        if WARNS:

            def before_fork() -> None:
                for warning in expecting:
                    warning.expect(sys._getframe(1))

            posix.register_at_fork(before=before_fork)
            self._at_fork.append(before_fork)

    def remove(self) -> None:
        """Put back what is still ours, but for the callback in forked children: see :meth:`forget`."""
        if sys.__excepthook__ is self._except:
            sys.__excepthook__ = self._excepthook
        if sys.excepthook is self._except:
            sys.excepthook = self._excepthook
        if sys.__breakpointhook__ is self._break:
            sys.__breakpointhook__ = self._breakpointhook
        if sys.breakpointhook is self._break:
            sys.breakpointhook = self._breakpointhook
        self._background.remove()
        atexit.unregister(self._on_exit)

    def forget(self) -> None:
        """Nothing is left that a forked child would have to leave.

        What is registered for it can't be taken back by the book: it is looked for where the interpreter keeps it.
        After ``gc.freeze`` it is not found, and stays, with nothing to do.
        """
        self._children.clear()
        self._expecting.clear()
        self._fork_warning.remove()
        if posix.getpid() != self._agent.pid:
            return  # in a forked child: the search takes too long for that, and there it is for once only
        callbacks, self._at_fork = self._at_fork, []
        for holder in gc.get_referrers(*callbacks) if callbacks else ():
            if type(holder) is list and holder is not callbacks:
                holder[:] = [entry for entry in holder if entry not in callbacks]

    def _on_uncaught(self, kind: type[BaseException], value: BaseException, traceback: TracebackType | None) -> None:
        """An exception ends the main thread: Python's own report first, then the stop, with ``finally`` blocks done."""
        self._excepthook(kind, value, traceback)
        self._post_mortem(value, traceback)

    def _post_mortem(self, value: BaseException, traceback: TracebackType | None) -> None:
        self._reported = value
        # no frames: a syntax error in the program's main file
        self._agent.guarded(self._agent.exceptions.uncaught, value, threads.frames_of_traceback(traceback))

    def _on_breakpoint(self, *args: Any, **kwargs: Any) -> Any:
        """``breakpoint()``: as ``sys.breakpointhook`` is documented, ``PYTHONBREAKPOINT`` is asked at each call."""
        choice = sys.modules["os"].environ.get("PYTHONBREAKPOINT", "")
        if choice:
            return self._breakpointhook(*args, **kwargs)
        frames = threads.frames_of(sys._getframe(1))
        self._agent.guarded(self._agent.stops.stop_outside, Cause("breakpoint-call"), frames)
        return None

    def _on_exit(self) -> None:
        """Last of the exit functions, where it was registered before the program's; first, where we have attached.
        An exception that another hook reported is told now.
        """
        value = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
        traceback = getattr(value, "__traceback__", None)
        replaced = sys.excepthook is not self._except
        if replaced and value is not None and value is not self._reported and _left_main(traceback):
            self._post_mortem(value, traceback)
        self._agent.guarded(self._agent.ending)


def _left_main(traceback: TracebackType | None) -> bool:
    """Does a traceback begin where the program does? Test runners and consoles leave others in ``sys.last_value``."""
    if traceback is None:
        return False
    frame = traceback.tb_frame
    return frame.f_globals.get("__name__") == "__main__" or frame.f_code.co_name == "_run_module_as_main"
