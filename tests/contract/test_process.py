"""The contract of ``pydelve.target.Process``, for each implementation, on every interpreter."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pydelve.api.breakpoints import HitCondition
from pydelve.api.target import ExitStatus, TargetInfo
from pydelve.api.values import Limits, Value, Variable
from pydelve.errors import (
    AgentError,
    EvaluationError,
    EvaluationInterrupted,
    TargetBusyError,
    TargetGoneError,
    TargetStateError,
)
from pydelve.target.arming import Armed, Landing, UnitSpan
from pydelve.target.interface import Plan, Process
from tests.contract.subject import IMPLEMENTATIONS, LIMIT_S, Subject
from tests.interpreters import Interpreter
from tests.sources import copy_program, read_markers

LIMITS = Limits()


@pytest.fixture(params=sorted(IMPLEMENTATIONS))
def subject(request: pytest.FixtureRequest, python: Interpreter, tmp_path: Path) -> Iterator[Subject]:
    """The program, stopped at its first line."""
    copy_program("subject_late.py", tmp_path)
    made = Subject(IMPLEMENTATIONS[request.param], python.path, copy_program("subject.py", tmp_path))
    try:
        assert made.stop().reason == "entry"
        yield made
    finally:
        made.close()


def how(python: Interpreter) -> str:
    return "events" if python.version_info >= (3, 12) else "trace"


def evaluate(subject: Subject, text: str, *, statements: bool = False, timeout_s: float = 10.0) -> Value | None:
    return subject.process.evaluate(text, 0, 0, statements=statements, timeout_s=timeout_s, limits=LIMITS).value


def text_of(subject: Subject, text: str) -> str:
    value = evaluate(subject, text)
    assert value is not None
    return value.text


class TestWhoItIs:
    def test_info(self, subject: Subject, python: Interpreter) -> None:
        info = subject.process.info
        pid = int(text_of(subject, "os.getpid()") if evaluate_import(subject) else 0)
        assert info == TargetInfo(
            pid,
            python.version,
            text_of(subject, "sys.executable"),
            (subject.file,),
            str(Path(subject.file).parent),
            True,
        )
        assert subject.process.exact
        assert str(subject.process.main_ident) == text_of(subject, "threading.get_ident()")
        assert not subject.process.ended

    def test_the_entry_is_the_first_line(self, subject: Subject) -> None:
        frames, total = subject.process.stack(0, 0, 50)
        assert [(frame.function, frame.line, frame.file) for frame in frames] == [("<module>", 1, subject.file)]
        assert total == 1


def evaluate_import(subject: Subject) -> bool:
    evaluate(subject, "import os, sys, threading", statements=True)
    return True


class TestBreakpoints:
    def test_armed_lines_stop_until_disarmed(self, subject: Subject, python: Interpreter) -> None:
        armed = subject.process.arm(1, (subject.arming("inner"), subject.arming("deep")))
        assert armed == (Armed("armed", how(python)), Armed("armed", how(python)))
        report = subject.run()
        assert (*subject.line(report), report.breakpoints, report.counts) == ("breakpoint", "inner", (1,), {1: 1})
        assert subject.process.arm(1, ()) == ()
        subject.process.arm(2, (subject.arming("threads"),))
        assert subject.line(subject.run()) == ("breakpoint", "threads")

    def test_arming_again_replaces_and_counts_on(self, subject: Subject) -> None:
        subject.process.arm(1, (subject.arming("inner"),))
        subject.run()
        assert subject.process.counts() == {1: 1}
        subject.process.arm(1, (subject.arming("inner_ends"),))
        report = subject.run()
        assert (subject.line(report), report.counts) == (("breakpoint", "inner_ends"), {1: 2})
        assert subject.process.counts() == {1: 2}

    def test_conditions_are_the_targets_affair(self, subject: Subject) -> None:
        subject.process.arm(1, (subject.arming("inner", "number == 2"),))
        subject.process.arm(2, (subject.arming("outer", hits=HitCondition("==", 2)),))
        subject.process.arm(3, (subject.arming("deep", "nowhere > 1"),))
        assert [subject.run().breakpoints, subject.run().breakpoints] == [(2,), (1,)]
        assert subject.process.counts() == {1: 1, 2: 3, 3: 0}
        report = subject.run()
        assert (subject.line(report), report.breakpoints) == (("condition-error", "deep"), (3,))
        assert report.detail == "NameError: name 'nowhere' is not defined"

    def test_two_on_a_line_are_one_stop(self, subject: Subject) -> None:
        subject.process.arm(2, (subject.arming("inner"),))
        subject.process.arm(1, (subject.arming("inner"),))
        report = subject.run()
        assert (report.breakpoints, report.counts) == ((1, 2), {1: 1, 2: 1})

    def test_code_that_comes_later(self, subject: Subject, python: Interpreter) -> None:
        late = str(Path(subject.file).with_name("subject_late.py"))
        line = read_markers(late)["late"]
        armings = (subject.arming("", file=late, line=line), subject.arming("inner"))
        assert subject.process.arm(1, armings) == (Armed("suspended"), Armed("armed", how(python)))
        subject.process.arm(1, armings[:1])
        subject.process.resume(Plan())
        assert subject.next_heard() == Landing(1, late, line, how(python), "")
        report = subject.stop()
        assert (report.reason, report.frames[0].file, report.frames[0].line) == ("breakpoint", late, line)

    def test_modules(self, subject: Subject) -> None:
        subject.run_to("import")
        report = subject.process.modules()
        by_name = {module.name: module for module in report.modules}
        main = by_name["__main__"]
        assert (main.file, main.library, by_name["threading"].library) == (subject.file, False, True)
        assert (report.search_path[0], report.cwd) == (str(Path(subject.file).parent),) * 2
        assert "subject_late" not in by_name

    def test_while_it_runs(self, subject: Subject, python: Interpreter) -> None:
        subject.process.resume(Plan())
        subject.wait_output(b"waiting\n")
        assert subject.process.arm(1, (subject.arming("inner"),)) == (Armed("armed", how(python)),)
        assert subject.process.counts() == {1: 0}
        assert "subject_late" in {module.name for module in subject.process.modules().modules}
        assert subject.process.arm(1, ()) == ()
        assert subject.heard == []


class TestLooking:
    def test_threads(self, subject: Subject) -> None:
        subject.run_to("threads")
        process = subject.process
        reports = {report.name: report for report in process.threads()}
        assert sorted(reports) == ["MainThread", "helper"]
        main, helper = reports["MainThread"], reports["helper"]
        assert (main.ident, main.native_id, main.main) == (process.main_ident, process.info.pid, True)
        assert main.frame is not None and (main.frame.function, main.frame.line) == ("main", subject.lines["threads"])
        assert not helper.main and helper.kernel_state == "S" and helper.frame is not None and helper.frame.library
        frames, total = process.stack(helper.ident, 0, 100)
        assert total == len(frames) and frames[0] == helper.frame

    def test_a_stack_by_pages(self, subject: Subject) -> None:
        report = subject.run_to("deep")
        frames, total = subject.process.stack(0, 0, 100)
        assert (total, len(frames)) == (63, 63)
        assert [frame.index for frame in frames] == list(range(63))
        assert report.frames == frames[: len(report.frames)]
        assert subject.process.stack(0, 20, 5) == (frames[20:25], 63)
        assert subject.process.stack(subject.process.main_ident, 60, 50) == (frames[60:], 63)
        assert subject.process.stack(0, 63, 5) == ((), 63)
        for ident, message, hint in (
            (1, "the thread has ended", "threads"),
            (-9999, "there is no such task any more", "tasks"),
        ):
            with pytest.raises(TargetStateError) as caught:
                subject.process.stack(ident, 0, 5)
            assert (caught.value.message, caught.value.why, caught.value.hint) == (message, "", hint)

    def test_variables_of_each_scope(self, subject: Subject) -> None:
        subject.run_to("inner")
        number = Variable("number", Value("int", "int", "0"), "argument")
        text = Variable("text", Value("str", "str", "x", length=1, shown=1), "argument")
        unbound = Variable("total", Value("", "unbound"), "local")
        variables = subject.process.variables
        assert variables("arguments", 0, 0, LIMITS) == (number, text)
        assert variables("locals", 0, 0, LIMITS) == (number, text, unbound)
        assert [entry.name for entry in variables("locals", 0, 1, LIMITS)] == ["number", "held", "result"]
        names = {entry.name: entry for entry in variables("globals", 0, 0, LIMITS)}
        assert (names["WORLD"].value.text, names["WORLD"].scope) == ("all of it", "global")
        with pytest.raises(AgentError, match=r"^the program refused: the thread has 4 frames$"):
            variables("locals", 0, 4, LIMITS)

    def test_expanding(self, subject: Subject) -> None:
        subject.run_to("inner")
        few = Limits(max_items=2)
        value = subject.process.evaluate("list(range(10, 20))", 0, 0, statements=False, timeout_s=5, limits=few).value
        assert value is not None
        assert (value.length, value.shown, texts(value)) == (10, 2, ["10", "11"])
        more = subject.process.expand(value.handle, 7, 2, LIMITS)
        assert (more.kind, more.length, texts(more)) == ("list", 10, ["17", "18"])
        assert texts(subject.process.expand(value.handle, 9, 5, LIMITS)) == ["19"]
        assert texts(subject.process.expand(value.handle, 10, 5, LIMITS)) == []
        subject.run(Plan("next"))
        with pytest.raises(AgentError, match=r"^the program refused: the value was shown at an earlier stop$"):
            subject.process.expand(value.handle, 0, 1, LIMITS)


def texts(value: Value) -> list[str]:
    return [item.value.text for item in value.items if item.name is None]


class TestEvaluating:
    def test_an_expression_and_statements(self, subject: Subject) -> None:
        subject.run_to("inner")
        assert text_of(subject, "number + len(text)") == "1"
        done = subject.process.evaluate("len(held)", 0, 1, statements=False, timeout_s=5, limits=LIMITS)
        assert (done.value, done.others_ran) == (Value("int", "int", "2"), False)
        assert 0 <= done.took_s < LIMIT_S
        assert evaluate(subject, "total = 5\nnumber += total", statements=True) is None
        assert (text_of(subject, "number"), text_of(subject, "total")) == ("5", "5")

    def test_assigning_reaches_the_program(self, subject: Subject) -> None:
        subject.run_to("inner")
        new = subject.process.assign("number", "20 + 1", 0, 0, timeout_s=5, limits=LIMITS)
        assert (new.kind, new.text) == ("int", "21")
        subject.process.assign("held[1]['key']", "None", 0, 1, timeout_s=5, limits=LIMITS)
        subject.run(Plan("next"))
        assert text_of(subject, "total") == "42"
        subject.process.resume(Plan("stepout"))
        report = subject.stop()
        assert report.returned is not None and report.returned.value.text == "42"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("1 // 0", "ZeroDivisionError"),
            ("nowhere", "NameError: name 'nowhere' is not defined"),
            ("exit(3)", "SystemExit: 3"),
            (")", "SyntaxError: unmatched ')'"),
        ],
    )
    def test_what_it_raises(self, subject: Subject, text: str, message: str) -> None:
        with pytest.raises(EvaluationError) as caught:
            evaluate(subject, text)
        assert caught.value.message.startswith(message)
        assert not isinstance(caught.value, EvaluationInterrupted)
        assert text_of(subject, "1 + 1") == "2"

    def test_a_deadline(self, subject: Subject) -> None:
        with pytest.raises(EvaluationInterrupted) as caught:
            evaluate(subject, "while True: pass", statements=True, timeout_s=0.2)
        assert (caught.value.message, caught.value.why) == (
            "the evaluation was interrupted", "it ran for 0.2 s, its deadline",
        )  # fmt: skip
        assert text_of(subject, "1 + 1") == "2"

    def test_an_interrupt(self, subject: Subject) -> None:
        subject.loop.unwatch(subject.stdout)

        def heard() -> None:
            os.read(subject.stdout, 100)
            subject.process.interrupt()

        subject.loop.watch(subject.stdout, heard)
        with pytest.raises(EvaluationInterrupted) as caught:
            evaluate(subject, "print('here', flush=True)\nwhile True: pass", statements=True, timeout_s=LIMIT_S)
        assert (caught.value.message, caught.value.why) == ("the evaluation was interrupted", "by you")
        subject.process.interrupt()  # there is nothing to interrupt now, and the next one must not be
        assert text_of(subject, "1 + 1") == "2"

    def test_one_that_does_not_end_is_given_up_and_its_answer_dropped(self, subject: Subject) -> None:
        pid = subject.process.info.pid
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(TargetBusyError, match=r"^the evaluation did not end within 0\.1 s"):
            evaluate(subject, "1 + 1", timeout_s=0.1)
        with pytest.raises(TargetBusyError, match=r"^the evaluation that was given up is still running"):
            subject.process.threads()
        os.kill(pid, signal.SIGCONT)
        assert subject.loop.wait_until(lambda: answers(subject), LIMIT_S)
        assert text_of(subject, "2 + 2") == "4"


def answers(subject: Subject) -> bool:
    try:
        subject.process.counts()
    except TargetBusyError:
        return False
    return True


class TestRunning:
    def test_plans(self, subject: Subject) -> None:
        report = subject.run_to("outer")
        units = spans(subject, "outer")
        assert subject.line(report) == ("breakpoint", "outer")
        report = subject.run(Plan("step", units=units))
        assert subject.line(report) == ("step", "inner")
        report = subject.run(Plan("next", units=spans(subject, "inner")))
        assert subject.line(report) == ("step", "inner_ends")
        report = subject.run(Plan("stepout", frame=1))
        assert (report.reason, report.frames[0].line) == ("step", subject.lines["loop"])
        assert report.returned is not None
        assert (report.returned.function, report.returned.value.text) == ("outer", "2")

    def test_a_breakpoint_comes_before_the_steps_end(self, subject: Subject) -> None:
        subject.run_to("outer")
        subject.process.arm(1, (subject.arming("inner"),))
        report = subject.run(Plan("next", units=spans(subject, "outer")))
        assert (subject.line(report), report.interrupted_step) == (("breakpoint", "inner"), True)

    def test_halting_a_blocking_call(self, subject: Subject) -> None:
        subject.process.resume(Plan())
        subject.wait_output(b"waiting\n")
        subject.process.halt()
        subject.process.halt()
        report = subject.stop()
        assert (report.reason, report.ident, report.frames[0].function) == (
            "halt", subject.process.main_ident, "wait_for_master",
        )  # fmt: skip
        subject.process.halt()  # it stands already
        subject.tell(b"go")
        subject.process.resume(Plan())
        assert subject.next_heard() == ExitStatus("exited", 7, True)


def spans(subject: Subject, marker: str) -> tuple[UnitSpan, ...] | None:
    return subject.arming(marker).units


class TestEnds:
    def test_a_normal_exit_is_the_last_that_is_heard(self, subject: Subject) -> None:
        subject.tell(b"go")
        subject.process.resume(Plan())
        assert subject.next_heard() == ExitStatus("exited", 7, True)
        assert subject.process.ended
        assert subject.wait_output(b"]\n").startswith(b"threads\nwaiting\ntold 'go', left [")
        after_the_end(subject)

    def test_without_clean_up(self, subject: Subject) -> None:
        evaluate_import(subject)
        with pytest.raises(TargetGoneError, match=r"^the program ended while it was asked"):
            evaluate(subject, "os._exit(5)")
        assert subject.next_heard() == ExitStatus("exited", 5, False)
        after_the_end(subject)

    def test_killed_from_outside(self, subject: Subject) -> None:
        os.kill(subject.process.info.pid, signal.SIGKILL)
        assert subject.next_heard() == ExitStatus("killed", 9, False)
        after_the_end(subject)

    def test_killed_while_asked(self, subject: Subject) -> None:
        evaluate_import(subject)
        with pytest.raises(TargetGoneError, match=r"^the program ended while it was asked"):
            evaluate(subject, "os.kill(os.getpid(), 9)")
        assert subject.next_heard() == ExitStatus("killed", 9, False)

    def test_kill_waits_and_tells_nobody(self, subject: Subject) -> None:
        pid = subject.process.info.pid
        subject.process.kill()
        assert subject.process.ended
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
        assert not subject.loop.wait_until(lambda: bool(subject.heard), 0)
        after_the_end(subject)

    def test_killed_while_it_is_dumped(self, subject: Subject, tmp_path: Path) -> None:
        """All its threads are ours to take note of then, also those of C code."""
        evaluate(subject, "import threading; threading.Thread(target=threading.Event().wait).start()", statements=True)
        assert subject.process.dump(str(tmp_path / "core"), during_dump(subject.process, subject.process.kill)) is None
        assert not (tmp_path / "core").exists()
        after_the_end(subject)

    def test_left_while_it_is_dumped(self, subject: Subject, tmp_path: Path) -> None:
        subject.run_to("inner")
        assert (
            subject.process.dump(str(tmp_path / "core"), during_dump(subject.process, subject.process.detach)) is None
        )
        subject.tell(b"alone")
        assert subject.wait_output(b"]\n") == b"threads\nwaiting\ntold 'alone', left [None, 1]\n"
        after_the_end(subject)

    @pytest.mark.parametrize("stopped", [True, False], ids=["stopped", "running"])
    def test_detach_leaves_it_running_with_nothing_of_ours(self, subject: Subject, stopped: bool) -> None:
        subject.process.arm(1, (subject.arming("inner"),))
        subject.run()
        if not stopped:
            subject.process.arm(1, ())
            subject.process.resume(Plan())
            subject.wait_output(b"waiting\n")
        subject.process.detach()
        assert subject.process.ended
        subject.tell(b"alone")
        assert subject.wait_output(b"]\n") == b"threads\nwaiting\ntold 'alone', left [None, 1]\n"
        assert subject.heard == []
        after_the_end(subject)


def during_dump(process: Process, do: Callable[[], None]) -> Callable[[int, int], bool]:
    """Does something to a process at the first piece of its core file."""

    def going_on(done: int, total: int) -> bool:
        if not process.ended:
            do()
        return not process.ended

    return going_on


def after_the_end(subject: Subject) -> None:
    """Whatever is asked now is refused, and what asks for nothing does no harm."""
    process = subject.process
    asked: list[Callable[[Process], object]] = [
        lambda process: process.resume(Plan()),
        lambda process: process.arm(1, ()),
        lambda process: process.counts(),
        lambda process: process.modules(),
        lambda process: process.threads(),
        lambda process: process.stack(0, 0, 1),
        lambda process: process.variables("locals", 0, 0, LIMITS),
        lambda process: process.expand(1, 0, 1, LIMITS),
        lambda process: process.evaluate("1", 0, 0, statements=False, timeout_s=1, limits=LIMITS),
        lambda process: process.assign("a", "1", 0, 0, timeout_s=1, limits=LIMITS),
    ]
    for ask in asked:
        with pytest.raises(TargetGoneError, match=r"^the program has ended$"):
            ask(process)
    process.halt()
    process.interrupt()
    process.detach()
    process.kill()
    assert (process.ended, subject.heard) == (True, [])


def test_a_stop_is_told_before_anything_asked_after_it(subject: Subject) -> None:
    """Requests sent while a stop is on its way are answered after it was told."""
    subject.process.arm(1, (subject.arming("inner"),))
    subject.process.resume(Plan())
    subject.process.counts()
    report = subject.stop()
    assert report.breakpoints == (1,)
    assert subject.process.counts() == {1: 1}
