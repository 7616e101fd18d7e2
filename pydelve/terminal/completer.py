"""Completion and signature hints in prompt-toolkit's editors: asked for on a thread, so that typing never waits.

One question at a time: while an answer is late, as of a program whose memory is being swapped in, there are no others,
and none is shown after :data:`LIMIT_S`. Used by the prompt, in its event loop.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import suppress
from typing import TypeVar

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from pydelve.api.completion import Candidate, Signature
from pydelve.terminal.completion import complete, signature
from pydelve.terminal.model import CommandTable
from pydelve.terminal.session import Session

LIMIT_S = 1.0
_ABOUT_COLUMNS = 60
_log = logging.getLogger(__name__)
T = TypeVar("T")


class Questions:
    """Puts questions to the debugger on a thread of its own, one at a time."""

    def __init__(self) -> None:
        self._busy = threading.Lock()

    async def ask(self, question: Callable[[], T], otherwise: T) -> T:
        """The answer; ``otherwise`` where it is late, fails, or another question waits still."""
        if not self._busy.acquire(blocking=False):
            return otherwise
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[T] = loop.create_future()

        def set_answer(result: T) -> None:
            if not answer.done():
                answer.set_result(result)

        def run() -> None:
            result = otherwise
            try:
                result = question()
            except Exception:  # noqa: BLE001  our own bug: a key press must not end in an error
                _log.exception("a question while typing failed")
            finally:
                self._busy.release()
            with suppress(RuntimeError):  # the line was finished meanwhile, and its event loop is closed
                loop.call_soon_threadsafe(set_answer, result)

        # a daemon: one that gets no answer must not keep pydelve from ending
        threading.Thread(target=run, name="pydelve-typing", daemon=True).start()
        try:
            return await asyncio.wait_for(answer, LIMIT_S)
        except TimeoutError:
            return otherwise


class TableCompleter(Completer):
    """Bridges ``completion`` to prompt-toolkit."""

    def __init__(self, session: Session, table: CommandTable, questions: Questions | None = None) -> None:
        self._session = session
        self._table = table
        self._questions = questions or Questions()

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What fits at the cursor; blocks until it is known."""
        return _completions(*complete(document.text_before_cursor, self._session, self._table))

    async def get_completions_async(
        self, document: Document, complete_event: CompleteEvent
    ) -> AsyncGenerator[Completion, None]:
        """The same without blocking: nothing, where it takes too long."""
        line = document.text_before_cursor
        nothing: tuple[str, list[Candidate]] = ("", [])
        offer = await self._questions.ask(lambda: complete(line, self._session, self._table), nothing)
        for completion in _completions(*offer):
            yield completion

    async def signature(self, line: str) -> Signature | None:
        """The call that the end of a line is in."""
        return await self._questions.ask(lambda: signature(line, self._session, self._table), None)


def _completions(typed: str, candidates: Iterable[Candidate]) -> Iterable[Completion]:
    for candidate in candidates:
        about = candidate.about
        if len(about) > _ABOUT_COLUMNS:
            about = about[: _ABOUT_COLUMNS - 3] + "..."
        yield Completion(candidate.text, start_position=-len(typed), display_meta=about)
