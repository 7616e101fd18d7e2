"""The prompt's line editor on a pipe, completion, Ctrl-C, and what comes while a line is typed."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput

from pydelve.api.completion import Candidate, Completion
from pydelve.api.events import Continued, Event, Exited, HaltPending, Started, Stopped
from pydelve.api.requests import (
    CompleteExpression,
    CompleteLocation,
    Detach,
    Evaluate,
    GetStack,
    GetThreads,
    Halt,
    Interrupt,
    Resume,
)
from pydelve.api.target import ExitStatus, Stack
from pydelve.client import Client
from pydelve.debugger.expressions import place_at_end
from pydelve.errors import EvaluationInterrupted, TargetStateError
from pydelve.terminal.commands import TABLE
from pydelve.terminal.completion import complete
from pydelve.terminal.console import ProgramConsole
from pydelve.terminal.highlight import highlight_lines
from pydelve.terminal.history import KeptHistory
from pydelve.terminal.listing import render_lines
from pydelve.terminal.prompt import Prompt
from pydelve.terminal.script import interrupts_to
from pydelve.terminal.theme import Theme, wants_color

from .fake import BANK, RUNNING, SOURCE, TARGET, Desk, breakpoint_, evaluation, integer, stop, thread


@pytest.fixture
def desk() -> Desk:
    desk = Desk().stopped(stop())
    desk.transport.on(Detach)
    desk.transport.on(Resume, RUNNING, *[[Stopped(stop())]] * 5)
    desk.transport.on(Evaluate, evaluation(integer(4)))
    return desk


@pytest.fixture
def keyboard() -> Iterator[PipeInput]:
    with create_pipe_input() as pipe:
        yield pipe


@pytest.fixture
def typed(
    desk: Desk, keyboard: PipeInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], list[Any]]:
    """Types keys at a prompt and runs it to its end; the requests that this brought."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))

    def type_(keys: str) -> list[Any]:
        desk.transport.calls.clear()
        prompt = Prompt(desk.interpreter, desk.session, TABLE, ProgramConsole(), stdin=keyboard, stdout=DummyOutput())
        keyboard.send_text(keys)
        prompt.run()
        return desk.transport.asked

    return type_


class TestPrompt:
    def test_an_empty_line_repeats_and_ctrl_d_leaves(self, typed: Callable[[str], list[Any]]) -> None:
        assert typed("next\r\r\rx\r\r\x04") == [
            Resume("next"), Resume("next"), Resume("next"), Evaluate("x"), Detach(kill=True),
        ]  # fmt: skip

    def test_ctrl_c_drops_the_line(self, typed: Callable[[str], list[Any]]) -> None:
        assert typed("next\x03exit\r") == [Detach(kill=True)]

    def test_history_is_kept_and_private(self, typed: Callable[[str], list[Any]], tmp_path: Path, desk: Desk) -> None:
        typed("print 1\rexit\r")
        history = tmp_path / "pydelve" / "history"
        assert history.stat().st_mode & 0o777 == 0o600
        desk.session.done, desk.session.status = False, "stopped"
        assert typed("\x10\x10\rexit\r") == [Evaluate("1"), Detach(kill=True)]

    def test_what_is_no_regular_file_is_neither_history_nor_changed(
        self, typed: Callable[[str], list[Any]], tmp_path: Path
    ) -> None:
        """As one that is a link to /dev/null, where nothing is to be kept; a pipe stands for the device."""
        folder, pipe = tmp_path / "pydelve", tmp_path / "pipe"
        folder.mkdir()
        os.mkfifo(pipe)
        pipe.chmod(0o666)
        (folder / "history").symlink_to(pipe)
        with open(os.open(pipe, os.O_RDONLY | os.O_NONBLOCK), "rb") as reader:
            assert typed("print 1\rexit\r") == [Evaluate("1"), Detach(kill=True)]
            assert reader.read() == b""
        assert pipe.stat().st_mode & 0o777 == 0o666

    def test_a_history_that_can_not_be_written(self, tmp_path: Path) -> None:
        path = tmp_path / "history"
        history = KeptHistory(path)
        for line in ("print 1", "print '\udcff'", "print 2"):  # the one in the middle is no UTF-8
            history.append_string(line)
        assert list(KeptHistory(path).load_history_strings())[::2] in (["print 2", "print 1"], ["print 2"])
        path.unlink()
        path.mkdir()
        history.append_string("print 3")
        path.rmdir()
        history.append_string("print 4")
        assert not path.exists()
        assert history.get_strings() == ["print 1", "print '\udcff'", "print 2", "print 3", "print 4"]

    def test_what_was_typed_while_the_program_halted_is_the_prompts(
        self, desk: Desk, keyboard: PipeInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        console = ProgramConsole()
        typed = [b"print 7\r", b""]
        monkeypatch.setattr(console, "take_typed_ahead", lambda: typed.pop(0) if typed else b"")
        desk.transport.calls.clear()
        prompt = Prompt(desk.interpreter, desk.session, TABLE, console, stdin=keyboard, stdout=DummyOutput())
        keyboard.send_text("exit\r")
        prompt.run()
        assert desk.transport.calls == [Evaluate("7"), Detach(kill=True)]

    def test_events_are_shown_while_a_line_is_typed(
        self, desk: Desk, keyboard: PipeInput, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
        killed = Exited(ExitStatus("killed", 9, clean=False))
        handle = desk.session.handle

        def handle_and_leave(event: Event) -> None:
            handle(event)
            keyboard.send_text("exit\r")  # only once it was shown

        monkeypatch.setattr(desk.session, "handle", handle_and_leave)
        desk.transport.events.append(killed)
        desk.transport.signal()
        Prompt(desk.interpreter, desk.session, TABLE, ProgramConsole(), stdin=keyboard, stdout=DummyOutput()).run()
        assert desk.said() == "process 1234 was killed by SIGKILL (signal 9)\n"

    def test_no_home_is_no_reason_not_to_debug(
        self, typed: Callable[[str], list[Any]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_STATE_HOME", "/dev/null/nowhere")
        assert typed("exit\r") == [Detach(kill=True)]


class TestCtrlC:
    def test_halts_what_runs(self, desk: Desk) -> None:
        halted = threading.Event()

        def halt(request: Halt) -> object:
            desk.transport.events.append(Stopped(stop("halt")))
            halted.set()
            raise TargetStateError("it has stopped meanwhile")

        def wait(client: Client) -> Event:
            os.kill(os.getpid(), signal.SIGINT)
            assert halted.wait(20)
            event = client.next_event(0)
            assert event is not None
            return event

        desk.transport.on(Halt, halt)
        desk.transport.on(Resume, RUNNING)
        desk.session._wait = wait
        with interrupts_to(desk.session.on_interrupt):
            head = desk.run("continue").partition("\n")[0]
        assert head == "> halted, bank.py:9 in Account.withdraw, thread 1 (MainThread)"

    def test_a_halt_that_takes_long_gives_the_prompt_back(self, desk: Desk) -> None:
        desk.session.screen.interactive = True
        desk.transport.on(Resume, RUNNING, [Continued(), HaltPending(2.0, "a thread holds the GIL")])
        assert desk.run("c") == (
            "not stopped yet after 2.0 s: a thread holds the GIL\n  try: continue waits on, exit ends the program\n"
        )
        assert desk.run("bt") == (
            "stack needs a stopped program\n  why: it is running\n  try: continue waits for it, exit ends it\n"
        )
        desk.transport.on(Resume, AssertionError("it runs already"))
        desk.transport.events.append(Stopped(stop("halt")))
        head = "> halted, bank.py:9 in Account.withdraw, thread 1 (MainThread)"
        assert desk.run("c").partition("\n")[0] == head

    def test_interrupts_an_evaluation(self, desk: Desk) -> None:
        interrupted = threading.Event()

        def evaluate(request: Evaluate) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            assert interrupted.wait(20)
            raise EvaluationInterrupted("interrupted", why="Ctrl-C was pressed")

        desk.transport.on(Evaluate, evaluate)
        desk.transport.on(Interrupt, lambda request: interrupted.set())
        with interrupts_to(desk.session.on_interrupt):
            assert desk.run("print loop()") == "interrupted\n  why: Ctrl-C was pressed\n"

    def test_with_nothing_to_stop_is_a_keyboard_interrupt(self, desk: Desk) -> None:
        with pytest.raises(KeyboardInterrupt):
            desk.session.on_interrupt()

    def test_with_a_person_there_it_does_no_harm_between_commands(self, desk: Desk) -> None:
        desk.session.screen.interactive = True
        desk.session.on_interrupt()

    def test_many_end_one_command_once(self, desk: Desk) -> None:
        desk.session.screen.interactive = True
        lines = desk.session.screen.lines

        def interrupted_lines(text: Iterable[str]) -> None:
            os.kill(os.getpid(), signal.SIGINT)
            lines(text)

        desk.session.screen.lines = interrupted_lines  # type: ignore[method-assign, assignment]
        with interrupts_to(desk.session.on_interrupt):
            assert desk.run("help") == "interrupted\n"
            assert desk.run("nosuch!") == "interrupted\n"
        assert desk.session.command_runs_on == 0

    def test_in_a_handler_ends_the_command_only(self, desk: Desk) -> None:
        desk.transport.on(Evaluate, KeyboardInterrupt())
        assert desk.run("print 1") == "interrupted\n"


class TestCompletion:
    @pytest.fixture(autouse=True)
    def _names(self, desk: Desk) -> None:
        def expression(asked: CompleteExpression) -> Completion:
            place = place_at_end(asked.text)
            known = {
                "names": ("amount", "account", "ACCOUNTS", "_private"),
                "attributes": ("owner", "balance", "_open") if place.steps == (("name", "account"),) else (),
                "keys": ("'b']", "'a']"),
            }
            return Completion(place.typed, tuple(map(Candidate, known[place.what])) if place.what else ())

        desk.transport.on(CompleteExpression, expression)
        desk.transport.on(GetThreads, (thread(1), thread(2, name="worker")))
        desk.transport.on(GetStack, Stack((stop().frames[0],), 1))
        desk.transport.on(CompleteLocation, lambda asked: (f"{asked.prefix}ount.withdraw", f"{asked.prefix}ess"))
        desk.session.note_breakpoint(breakpoint_(1))
        desk.session.note_breakpoint(breakpoint_(12))

    @pytest.mark.parametrize(
        ("line", "start", "words"),
        [
            ("st", "st", ["step", "stepout", "stack"]),
            ("acc", "acc", ["account"]),
            ("b Acc", "Acc", ["Account.withdraw", "Access"]),
            ("break 9 if am", "am", ["amount"]),
            ("print a", "a", ["account", "amount"]),
            ("print ", "", ["ACCOUNTS", "account", "amount", "_private"]),
            ("print len(A", "A", ["ACCOUNTS"]),
            ("print OUNT", "OUNT", ["ACCOUNTS", "account", "amount"]),
            ("print actn", "actn", []),
            ("print acnt", "acnt", ["ACCOUNTS", "account"]),
            ("p account.b", "b", ["balance"]),
            ("p account.", "", ["balance", "owner", "_open"]),
            ("p account[", "", ["'b']", "'a']"]),
            ("p nobody.", "", []),
            ("p -f", "-f", ["-full"]),
            ("p -n 3 acc", "acc", ["account"]),
            ("x = acc", "acc", ["account"]),
            ("n = acc", "acc", ["account"]),
            ("!acc", "acc", ["account"]),
            ("frame 1 loc", "loc", ["locals"]),
            ("thread 2 frame 1 p am", "am", ["amount"]),
            ("frame ", "", ["0"]),
            ("frame 1", "1", []),
            ("thread ", "", ["1", "2"]),
            ("help wha", "wha", ["whatis"]),
            ("help bkpts", "bkpts", ["breakpoints"]),
            ("clear 1", "1", ["1", "12"]),
            ("clear 1 12", "12", ["12"]),
            ("condition 12 am", "am", ["amount"]),
            ("on 12 pri", "pri", ["print"]),
            ("config pag", "pag", ["pager"]),
            ("config keys v", "v", ["vi"]),
            ("signal US", "US", ["USR1", "USR2"]),
            ("stepout x", "", []),
            ("", "", [command.name for command in TABLE]),
        ],
    )
    def test_words(self, desk: Desk, line: str, start: str, words: list[str]) -> None:
        assert _texts(complete(line, desk.session, TABLE)) == (start, words)

    def test_locations_refer_to_the_current_file(self, desk: Desk) -> None:
        complete("b x", desk.session, TABLE)
        assert desk.transport.asked[-1] == CompleteLocation("x", BANK)

    def test_a_refusal_completes_nothing(self, desk: Desk) -> None:
        desk.transport.on(CompleteLocation, TargetStateError("no"))
        for request in (CompleteExpression, GetThreads, GetStack):
            desk.transport.on(request, TargetStateError("no"))
        offers = [complete(line, desk.session, TABLE) for line in ("b x", "p x", "thread 1", "frame 1")]
        assert offers == [("x", []), ("", []), ("1", []), ("1", [])]

    def test_names_need_a_stopped_program(self, desk: Desk) -> None:
        desk.session.handle(Started(TARGET))
        assert complete("p a", desk.session, TABLE) == ("", [])


def _texts(offer: tuple[str, list[Candidate]]) -> tuple[str, list[str]]:
    typed, candidates = offer
    return typed, [candidate.text for candidate in candidates]


class TestColour:
    @pytest.mark.parametrize(
        ("environment", "terminal", "wanted"),
        [
            ({"TERM": "xterm"}, True, True),
            ({"TERM": "xterm"}, False, False),
            ({"TERM": "xterm", "NO_COLOR": "1"}, True, False),
            ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
            ({"TERM": "dumb"}, True, False),
            ({}, True, False),
        ],
    )
    def test_when(self, environment: dict[str, str], terminal: bool, wanted: bool) -> None:
        assert wants_color(environment, terminal=terminal) == wanted

    def test_lines_are_coloured_one_for_one(self) -> None:
        lines = ["def f():", "    '''two", "    lines'''", "", "x = '"]
        colored = highlight_lines(lines)
        assert [len(colored), "\x1b" in colored[0]] == [5, True]
        plain = [_plain(line) for line in colored]
        assert plain == lines

    def test_a_listing_differs_by_colours_only(self) -> None:
        marks: dict[str, Any] = {"current": 9, "breakpoints": {7}}
        colored = render_lines(SOURCE.lines, 5, 99, theme=Theme(True), highlight=highlight_lines, **marks)
        plain = render_lines(SOURCE.lines, 5, 99, theme=Theme(), **marks)
        assert [_plain(line).rstrip() for line in colored] == plain
        assert plain[2] == "  *  7:          if amount > self.balance:"


def _plain(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*m", "", text)
