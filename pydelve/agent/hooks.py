"""The program's ends and its own calls for the debugger: ``breakpoint()``, an uncaught exception, the interpreter's exit.

Each hook is one function put where Python looks for it, and taken away again on detach. They run in the program's threads.
"""

from __future__ import annotations

import atexit
import sys

from . import threads


class Hooks:
    """Installs and removes the hooks; ``agent`` is the ``core.Agent``."""

    def __init__(self, agent):
        """Nothing is installed yet."""
        self._agent = agent
        self._excepthook = sys.excepthook
        self._breakpointhook = sys.breakpointhook
        self._reported = None
        # made once, so that they can be recognised and taken away again
        self._except, self._break = self._on_uncaught, self._on_breakpoint

    def install(self):
        """``sys.__excepthook__`` goes along, so that a program that asks whether the hook was changed is not misled."""
        sys.excepthook = sys.__excepthook__ = self._except
        sys.breakpointhook = self._break
        atexit.register(self._on_exit)

    def remove(self):
        """Put back what is still ours."""
        if sys.__excepthook__ is self._except:
            sys.__excepthook__ = self._excepthook
        if sys.excepthook is self._except:
            sys.excepthook = self._excepthook
        if sys.breakpointhook is self._break:
            sys.breakpointhook = self._breakpointhook
        atexit.unregister(self._on_exit)

    def _on_uncaught(self, kind, value, traceback):
        """An exception ends the main thread: Python's own report first, then the stop, with ``finally`` blocks done."""
        self._excepthook(kind, value, traceback)
        self._post_mortem(value, traceback)

    def _post_mortem(self, value, traceback):
        self._reported = value
        frames = threads.frames_of_traceback(traceback)
        if frames:  # none for a syntax error in the program's main file
            self._agent.stop("exception", frames, exception=value)

    def _on_breakpoint(self, *args, **kwargs):
        """``breakpoint()``: as ``sys.breakpointhook`` is documented, ``PYTHONBREAKPOINT`` is asked at each call."""
        choice = sys.modules["os"].environ.get("PYTHONBREAKPOINT", "")
        if choice:
            return self._breakpointhook(*args, **kwargs)
        self._agent.stop("breakpoint-call", threads.frames_of(sys._getframe(1)))
        return None

    def _on_exit(self):
        """Last of the exit functions, as it was registered first: an exception that another hook reported is told now."""
        value = getattr(sys, "last_exc", None) or getattr(sys, "last_value", None)
        if value is not None and value is not self._reported and sys.excepthook is not self._except:
            self._post_mortem(value, getattr(value, "__traceback__", None))
        self._agent.ending()
