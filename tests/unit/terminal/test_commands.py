"""Each command at a stop: its whole output, the requests it sends, and its bad inputs."""

from __future__ import annotations

import pytest

from pydelve.api.breakpoints import After, HitCondition
from pydelve.api.events import BreakpointChanged, Continued, Exited, HaltPending, Notice, Started, Stopped
from pydelve.api.requests import (
    AmendBreakpoint,
    Assign,
    ClearBreakpoint,
    CreateBreakpoint,
    Detach,
    Evaluate,
    FindLocations,
    GetSource,
    GetStack,
    GetThreads,
    GetVariables,
    ListBreakpoints,
    Restart,
    Resume,
)
from pydelve.api.target import ExceptionInfo, ExitStatus, ReturnedValue, Stack
from pydelve.api.values import Limits, Value, Variable
from pydelve.errors import EvaluationError, EvaluationInterrupted, LocationError, TargetError

from .fake import (
    BANK,
    FRAMES,
    RUNNING,
    SOURCE,
    TARGET,
    Desk,
    breakpoint_,
    evaluation,
    frame,
    instance,
    integer,
    location,
    sequence,
    stop,
    string,
    thread,
)

HERE = """\
     7:          if amount > self.balance:
     8:              raise ValueError('too much')
=>   9:          self.balance -= amount
    10:          return self.balance
    11:
"""
STEP = f"> step, bank.py:9 in Account.withdraw, thread 1 (MainThread)\n{HERE}"
IN_MAIN = """\
> frame 1, bank.py:14 in main
    12:  def main():
    13:      account = Account('ann', 3)
=>  14:      account.withdraw(1)
    15:
    16:  main()
"""


@pytest.fixture
def desk() -> Desk:
    desk = Desk().stopped(stop())
    desk.transport.on(Resume, RUNNING, [Continued(), Stopped(stop())])
    return desk


def ended(desk: Desk, status: ExitStatus | None = None) -> Desk:
    desk.session.handle(Exited(status or ExitStatus("exited", 3)))
    desk.said()
    return desk


class TestStops:
    @pytest.mark.parametrize(
        ("what", "head"),
        [
            (stop("entry"), "entry"),
            (stop("breakpoint", breakpoints=(1,)), "breakpoint 1"),
            (stop("breakpoint", breakpoints=(1, 3), interrupted_step=True), "breakpoints 1, 3 (before the step ended)"),
            (stop("halt"), "halted"),
            (stop("halt", detail="select"), "halted while it waits in select"),
            (stop("breakpoint-call"), "breakpoint() in the program"),
            (stop("attach"), "attached"),
            (
                stop("condition-error", breakpoints=(2,), detail="NameError: name 'x' is not defined"),
                "the condition of breakpoint 2 failed with NameError: name 'x' is not defined",
            ),
        ],
    )
    def test_head_says_why(self, desk: Desk, what: object, head: str) -> None:
        desk.session.handle(Stopped(what))  # type: ignore[arg-type]
        assert desk.said() == f"> {head}, bank.py:9 in Account.withdraw, thread 1 (MainThread)\n{HERE}"

    def test_exception(self, desk: Desk) -> None:
        info = ExceptionInfo("ValueError", "too much", ("while paying",))
        desk.session.handle(Stopped(stop("exception", exception=info)))
        assert desk.said() == (
            "> uncaught ValueError: too much, bank.py:9 in Account.withdraw, thread 1 (MainThread)\n"
            f"{HERE}  while paying\npost-mortem: the program ends when you continue\n"
        )

    def test_returned_value(self, desk: Desk) -> None:
        desk.session.handle(Stopped(stop(returned=ReturnedValue("Account.withdraw", integer(2)))))
        assert desk.said() == STEP.replace(")\n", ")\nreturned: 2\n", 1)

    def test_source_that_is_missing(self, desk: Desk) -> None:
        desk.transport.on(GetSource, TargetError("<string> can't be read", why="it is no file"))
        desk.session.handle(Stopped(stop(frames=(frame(file="<string>", line=1),))))
        assert desk.said() == (
            "> step, <string>:1 in Account.withdraw, thread 1 (MainThread)\n  (no source: it is no file)\n"
        )

    def test_breakpoints_are_marked(self, desk: Desk) -> None:
        desk.session.handle(BreakpointChanged(breakpoint_(1, "bank.py:9", 9, 10)))
        desk.session.handle(Stopped(stop()))
        assert desk.said() == STEP.replace("=>   9", "=>*  9").replace("    10", "  * 10")

    @pytest.mark.parametrize(
        ("status", "line"),
        [
            (ExitStatus("exited", 0), "process 1234 exited with status 0"),
            (
                ExitStatus("exited", 4, clean=False),
                "process 1234 exited with status 4, without Python's clean-up (os._exit, or an exit from C code)",
            ),
            (ExitStatus("killed", 9, clean=False), "process 1234 was killed by SIGKILL (signal 9)"),
            (ExitStatus("killed", 40, clean=False), "process 1234 was killed by signal 40"),
            (
                ExitStatus("lost"),
                "process 1234 is out of reach: its link to pydelve was closed; it may run on by itself",
            ),
            (
                ExitStatus("replaced"),
                "process 1234 replaced itself by another program (exec), which runs on without pydelve",
            ),
            (
                ExitStatus("exited", 1, exception=ExceptionInfo("KeyError", "'a'")),
                "process 1234 exited with status 1, after an uncaught KeyError: 'a'",
            ),
        ],
    )
    def test_ends(self, desk: Desk, status: ExitStatus, line: str) -> None:
        desk.session.handle(Exited(status))
        assert desk.said() == f"{line}\n"

    def test_notices_while_it_runs(self, desk: Desk) -> None:
        landed = BreakpointChanged(breakpoint_(2, "bank.py:20", 20), landed=True)
        pending = HaltPending(1.0, "a thread holds the GIL in C code", (thread(2, "spin", "running in C"),))
        notice = Notice("child process 77 was started", "fork", "it runs without pydelve")
        desk.transport.on(Resume, RUNNING, [Continued(), landed, pending, notice, Stopped(stop())])
        assert desk.run("c") == (
            "landed: breakpoint 2 at bank.py:20 in Account.withdraw\n"
            "not stopped yet after 1.0 s: a thread holds the GIL in C code\n"
            "  thread 2 (spin) running in C, bank.py:9 in Account.withdraw\n"
            "child process 77 was started\n  why: fork\n  try: it runs without pydelve\n" + STEP
        )


class TestRunning:
    @pytest.mark.parametrize(
        ("line", "request_"),
        [
            ("continue", Resume("continue")),
            ("c", Resume("continue")),
            ("next", Resume("next")),
            ("n # a comment", Resume("next")),
            ("step", Resume("step")),
            ("s -all", Resume("step", into_libraries=True)),
            ("stepout", Resume("stepout")),
            ("r", Resume("stepout")),
            ("finish", Resume("stepout")),
        ],
    )
    def test_resume(self, desk: Desk, line: str, request_: Resume) -> None:
        assert desk.run(line) == STEP
        assert desk.transport.asked[-1] == request_

    def test_resume_counts_from_the_frame_and_thread_looked_at(self, desk: Desk) -> None:
        desk.transport.on(GetThreads, (thread(), thread(2)))
        desk.transport.on(GetStack, lambda asked: Stack((frame(asked.start, "main", 14),), 3))
        desk.run("thread 2", "frame 1", "next")
        assert desk.transport.asked[-1] == Resume("next", 2, 1)

    def test_several_steps_end_with_another_stop(self, desk: Desk) -> None:
        hit = stop("breakpoint", breakpoints=(1,))
        desk.transport.on(Resume, RUNNING, [Stopped(stop())], [Stopped(hit)])
        desk.run("n 5")
        assert [call for call in desk.transport.calls if isinstance(call, Resume)] == [Resume("next")] * 2

    def test_exit_status_and_then_restart(self, desk: Desk) -> None:
        desk.transport.on(Resume, RUNNING, [Continued(), Exited(ExitStatus("exited", 3))])
        assert desk.run("c") == "process 1234 exited with status 3\n"
        assert desk.run("next") == (
            "next needs a stopped program\n  why: process 1234 exited with status 3\n  try: restart\n"
        )
        killed = Exited(ExitStatus("killed", 9, clean=False))
        desk.transport.on(Restart, RUNNING, [killed, Started(TARGET), Stopped(stop("entry"))])
        assert desk.run("restart") == (
            "process 1234 started: bank.py --fast (CPython 3.13.0)\n" + STEP.replace("step", "entry")
        )

    def test_detach(self, desk: Desk) -> None:
        desk.transport.on(Detach)
        assert desk.run("detach") == "detached: process 1234 runs on\n"
        assert (desk.transport.asked[-1], desk.session.done) == (Detach(kill=False), True)

    @pytest.mark.parametrize("line", ["exit", "quit", "q"])
    def test_exit_kills_what_was_launched(self, desk: Desk, line: str) -> None:
        desk.transport.on(Detach)
        assert desk.run(line) == ""
        assert (desk.transport.asked[-1], desk.session.done) == (Detach(kill=True), True)

    def test_exit_after_the_end_asks_nothing(self, desk: Desk) -> None:
        ended(desk).transport.calls.clear()
        assert desk.run("exit") == ""
        assert (desk.transport.calls, desk.session.done) == ([], True)

    def test_bad_input(self, desk: Desk) -> None:
        assert desk.run("stepout 5") == ("stepout takes no arguments\n  why: '5' follows it\n  try: stepout\n")
        assert desk.run("until 9") == (
            "line 9 is not below the current one\n"
            "  why: until runs to a line further down in this frame, which is at line 9\n"
            "  try: continue 9\n"
        )
        assert desk.run("restart 'a") == (
            "\"'a\" can't be taken apart\n  why: no closing quotation\n  try: restart 'one argument' two\n"
        )
        assert desk.run("restart -noargs 3") == (
            "-noargs takes no arguments\n  why: '3' follows it\n  try: restart -noargs\n"
        )
        assert (
            desk.run("next x")
            == "'x' is no number of steps\n  why: it is a whole number, 0 or more\n  try: help next\n"
        )
        assert desk.run("next 0") == "next 0 goes nowhere\n  try: next\n"
        assert desk.run("step -al") == "step has no option -al\n  why: it has -all\n  try: step -all\n"

    def test_an_empty_line_repeats_what_can_be_repeated(self, desk: Desk) -> None:
        desk.transport.on(Resume, RUNNING, [Stopped(stop())], [Stopped(stop())])
        desk.run("next")
        desk.interpreter.repeat()
        assert desk.said() == STEP
        desk.run("help next")
        desk.interpreter.repeat()
        assert desk.said() == ""


class TestBreakpoints:
    @pytest.mark.parametrize(
        ("line", "request_"),
        [
            ("break bank.py:9", CreateBreakpoint("bank.py:9", BANK, 9)),
            ("b +2", CreateBreakpoint("+2", BANK, 9)),
            ("b -2", CreateBreakpoint("-2", BANK, 9)),
            ("b withdraw if x in (1, 2)", CreateBreakpoint("withdraw", BANK, 9, "x in (1, 2)")),
            ("b 14, x if y else z", CreateBreakpoint("14", BANK, 9, "x if y else z")),
            ("b /a, b if c/ if d", CreateBreakpoint("/a, b if c/", BANK, 9, "d")),
            ("tbreak main", CreateBreakpoint("main", BANK, 9, temporary=True)),
            ("b -hitcount % 10 main", CreateBreakpoint("main", BANK, 9, "", HitCondition("%", 10))),
            ("b -hitcount >=3 main", CreateBreakpoint("main", BANK, 9, "", HitCondition(">=", 3))),
            ("b way-in main if x", CreateBreakpoint("main", BANK, 9, "x", name="way-in")),
            ("b ./my file.py:3", CreateBreakpoint("./my file.py:3", BANK, 9)),
            ("b -after 1 main", CreateBreakpoint("main", BANK, 9, after=After(1))),
            (
                "tb -after 1:3 -hitcount > 2 way-in main, x",
                CreateBreakpoint("main", BANK, 9, "x", HitCondition(">", 2), True, "way-in", After(1, 3)),
            ),
        ],
    )
    def test_set(self, desk: Desk, line: str, request_: CreateBreakpoint) -> None:
        desk.transport.on(CreateBreakpoint, breakpoint_())
        desk.transport.on(ListBreakpoints, (breakpoint_(),))
        assert desk.run(line) == "breakpoint 1 at bank.py:9 in Account.withdraw\n"
        assert desk.transport.asked[-1] == request_

    def test_set_says_what_was_found(self, desk: Desk) -> None:
        why = "later.py is not imported yet"
        desk.transport.on(
            CreateBreakpoint,
            [breakpoint_(2, state="suspended", why=why), breakpoint_(3, "/a/", 9, 10), breakpoint_(4, temporary=True)],
        )
        assert desk.run("b later.py:9", "b /a/", "tbreak 9") == (
            "breakpoint 2 at bank.py:9 in Account.withdraw, suspended: later.py is not imported yet\n"
            "breakpoint 3 at /a/, 2 places\n"
            "    bank.py:9 in Account.withdraw\n"
            "    bank.py:10 in Account.withdraw\n"
            "temporary breakpoint 4 at bank.py:9 in Account.withdraw\n"
        )

    def test_location_errors_list_the_candidates(self, desk: Desk) -> None:
        error = LocationError(
            "run is ambiguous",
            why="2 functions end so",
            hint="break a.py:1\nor its file",
            candidates=("a.py:1 in run", "b.py:2 in run"),
        )
        desk.transport.on(CreateBreakpoint, error)
        assert desk.run("b run") == (
            "run is ambiguous\n  why: 2 functions end so\n    a.py:1 in run\n    b.py:2 in run\n  try: break a.py:1\n"
            "    or its file\n"
        )

    def test_before_the_program_has_a_place(self, desk: Desk) -> None:
        ended(desk).transport.on(CreateBreakpoint, breakpoint_())
        desk.run("b bank.py:9")
        assert desk.transport.asked[-1] == CreateBreakpoint("bank.py:9")

    @pytest.mark.parametrize("line", ["breakpoints", "bp", "break", "b"])
    def test_list(self, desk: Desk, line: str) -> None:
        found = (
            breakpoint_(1, hits=1, condition="x > 1", hit_condition=HitCondition("%", 3)),
            breakpoint_(2, "/a/", 9, 10, enabled=False, hits=1000),
        )
        desk.transport.on(ListBreakpoints, found)
        assert desk.run(line) == (
            "breakpoint 1 at bank.py:9 in Account.withdraw, hit 1 time\n"
            "    if x > 1\n"
            "    if hits % 3 == 0\n"
            "breakpoint 2 at /a/, 2 places, disabled, hit 1,000 times\n"
            "    bank.py:9 in Account.withdraw\n"
            "    bank.py:10 in Account.withdraw\n"
        )

    def test_list_verbose_and_empty(self, desk: Desk) -> None:
        desk.transport.on(ListBreakpoints, [(breakpoint_(),), ()])
        assert desk.run("bp -v") == (
            "breakpoint 1 at bank.py:9 in Account.withdraw\n"
            "    location: bank.py:9\n"
            "    place: bank.py:9, a statement in Account.withdraw (from line 6), armed by events\n"
        )
        assert desk.run("bp") == "no breakpoints; break LOCATION sets one\n"

    @pytest.mark.parametrize(
        ("line", "request_"),
        [
            ("condition 1 x > 1", AmendBreakpoint(1, condition="x > 1")),
            ("cond 1", AmendBreakpoint(1, condition="")),
            ("cond 1 -x > 3", AmendBreakpoint(1, condition="-x > 3")),
            ("cond -hitcount 1 > 3", AmendBreakpoint(1, hit_condition=HitCondition(">", 3))),
            ("cond 1 -hitcount %2", AmendBreakpoint(1, hit_condition=HitCondition("%", 2))),
            ("cond -hitcount 1 5", AmendBreakpoint(1, hit_condition=HitCondition("==", 5))),
            ("cond -hitcount 1", AmendBreakpoint(1, clear_hit_condition=True)),
            ("enable 1", AmendBreakpoint(1, enabled=True)),
            ("disable all", AmendBreakpoint(1, enabled=False)),
            ("toggle 1", AmendBreakpoint(1, enabled=False)),
        ],
    )
    def test_amend(self, desk: Desk, line: str, request_: AmendBreakpoint) -> None:
        desk.transport.on(ListBreakpoints, (breakpoint_(),))
        desk.transport.on(AmendBreakpoint, breakpoint_(enabled=False, condition="x > 1"))
        assert desk.run(line) == "breakpoint 1 at bank.py:9 in Account.withdraw, disabled\n    if x > 1\n"
        assert desk.transport.asked[-1] == request_

    @pytest.mark.parametrize("line", ["clear 1", "cl bank.py:9", "clear ann/bank.py:9", "clear all", "clear 1 1"])
    def test_clear(self, desk: Desk, line: str) -> None:
        desk.transport.on(ListBreakpoints, (breakpoint_(),))
        desk.transport.on(ClearBreakpoint, breakpoint_())
        assert desk.run(line) == "cleared breakpoint 1 at bank.py:9 in Account.withdraw\n"
        assert (desk.transport.asked[-1], desk.session.breakpoints) == (ClearBreakpoint(1), {})

    def test_bad_input(self, desk: Desk) -> None:
        desk.transport.on(ListBreakpoints, (breakpoint_(), breakpoint_(2)))
        assert desk.run("clear 7") == "there is no breakpoint 7\n  why: there are 1, 2\n  try: breakpoints\n"
        assert desk.run("clear") == "clear needs a breakpoint's number, or all\n  try: clear 1, or clear all\n"
        assert desk.run("cond") == "condition needs a breakpoint's number\n  try: condition 1 amount > 100\n"
        assert desk.run("cond x") == "there is no breakpoint x\n  why: there are 1, 2\n  try: breakpoints\n"
        assert desk.run("cond 1x") == (
            "'1x' is no breakpoint's number\n  why: it is a whole number, 0 or more\n  try: help condition\n"
        )
        assert desk.run("cond -hitcount 1 often") == (
            "'often' is no hit condition\n"
            "  why: it is one of == != > >= < <= % and a number (% N: every N-th hit)\n"
            "  try: condition -hitcount 1 >= 3\n"
        )
        assert desk.run("b main if") == (
            "the condition is missing\n  why: nothing follows 'if'\n  try: break main if x > 1\n"
        )
        assert desk.run("tbreak") == "tbreak needs a location\n  try: tbreak bank.py:14, or a function's name\n"


class TestLooking:
    def test_locals(self, desk: Desk) -> None:
        desk.transport.on(
            GetVariables,
            (
                Variable("self", instance(owner=string("ann"), balance=integer(3)), "argument"),
                Variable("amount", integer(1), "argument"),
            ),
        )
        assert desk.run("locals") == ("self = <bank.Account 0x7f0012345678> {owner: 'ann', balance: 3}\namount = 1\n")
        assert desk.transport.asked[-1] == GetVariables("locals")
        assert desk.run("a amount") == "amount = 1\n"
        assert desk.transport.asked[-1] == GetVariables("arguments")
        assert desk.run("args nobody") == "no arguments match nobody\n"

    def test_what_every_module_has_is_counted_only(self, desk: Desk) -> None:
        names = ("__name__", "__builtins__", "total")
        desk.transport.on(GetVariables, tuple(Variable(name, integer(1), "global") for name in names))
        assert desk.run("locals") == "total = 1\n  (and those that every module has: locals -full)\n"
        assert desk.run("locals __name__") == "__name__ = 1\n"
        assert desk.run("locals -full") == "__name__ = 1\n__builtins__ = 1\ntotal = 1\n"

    def test_no_locals(self, desk: Desk) -> None:
        desk.transport.on(GetVariables, ())
        assert desk.run("locals") == "no local variables\n"

    def test_cut_locals_say_how_to_see_the_rest(self, desk: Desk) -> None:
        rows = Variable("rows", sequence("list", integer(1), length=9))
        desk.transport.on(GetVariables, [(rows,), (rows, Variable("more", rows.value))])
        assert desk.run("locals -n 1") == "rows = [1, ...+8 more]\n  (cut; more: print -full rows)\n"
        assert desk.transport.asked[-1] == GetVariables(limits=Limits(200, 1, 2, 2000))
        assert desk.run("locals") == (
            "rows = [1, ...+8 more]\nmore = [1, ...+8 more]\n  (cut; more: locals -full, or print rows)\n"
        )

    @pytest.mark.parametrize(
        ("line", "request_"),
        [
            ("print x + 1", Evaluate("x + 1")),
            ("p -x", Evaluate("-x")),
            ("p -n", Evaluate("-n")),
            ("p -n * 2", Evaluate("-n * 2")),
            ("pp -n 500 x", Evaluate("x", limits=Limits(500, 500))),
            ("p -full x", Evaluate("x", limits=Limits(100_000, 10_000, 6, 100_000))),
            ("p -timeout 60 f()", Evaluate("f()", timeout_s=60.0)),
            ("p -depth 4 -n 2 x", Evaluate("x", limits=Limits(200, 2, 4))),
            ("x + 1", Evaluate("x + 1")),
            ("!n", Evaluate("n")),
            ("n = 5", Evaluate("n = 5", statements=True)),
            ("list(x)", Evaluate("list(x)")),
            ("c.x", Evaluate("c.x")),
            ("import os; os.getpid()", Evaluate("import os; os.getpid()", statements=True)),
            ("!for x in", Evaluate("for x in", statements=True)),
        ],
    )
    def test_evaluate(self, desk: Desk, line: str, request_: Evaluate) -> None:
        desk.transport.on(Evaluate, evaluation(integer(4)))
        assert desk.run(line) == "4\n"
        assert desk.transport.asked[-1] == request_

    def test_none_is_shown_only_where_it_was_asked_for(self, desk: Desk) -> None:
        nothing = Value("NoneType", "none", "None")
        desk.transport.on(Evaluate, evaluation(nothing))
        assert (desk.run("print None"), desk.run("f(1)"), desk.run("!f(1)")) == ("None\n", "", "")

    def test_cut_output_and_slow(self, desk: Desk) -> None:
        value = sequence("list", integer(1), integer(2), length=1_000_000)
        desk.transport.on(Evaluate, evaluation(value, 2.04, others_ran=True, output="hello\n"))
        assert desk.run("print rows") == (
            "hello\n[1, 2, ...+999,998 more]\n  (cut; more: print rows[2:4])\n"
            "  (took 2.0 s; other threads ran meanwhile)\n"
        )
        desk.transport.on(Evaluate, evaluation(integer(1), 0.05, others_ran=True))
        assert desk.run("print 1") == "1\n"

    def test_evaluation_errors(self, desk: Desk) -> None:
        lines = tuple(f'File "bank.py", line {n}, in f' for n in range(10))
        desk.transport.on(
            Evaluate,
            [
                EvaluationError("TypeError: 'int' object is not callable", traceback=lines),
                EvaluationInterrupted("interrupted after 10 s", why="its time was over", hint="help print"),
                EvaluationError("NameError: name 'contineu' is not defined"),
            ],
        )
        assert desk.run("print f()") == (
            "TypeError: 'int' object is not callable\n  ...+2 lines before\n"
            + "".join(f"  {line}\n" for line in lines[2:])
            + "  why: evaluated in frame 0, bank.py:9 in Account.withdraw\n  try: locals\n"
        )
        assert desk.run("print f()") == "interrupted after 10 s\n  why: its time was over\n  try: help print\n"
        assert desk.run("contineu") == (
            "NameError: name 'contineu' is not defined\n  why: contineu is no command either\n  try: continue\n"
        )

    def test_whatis(self, desk: Desk) -> None:
        desk.transport.on(Evaluate, evaluation(sequence("list", integer(1), length=3)))
        assert desk.run("whatis rows") == "list, 3 elements\n"

    @pytest.mark.parametrize(
        ("line", "left", "right"),
        [
            ("set x = 1", "x", "1"),
            ("set a.b[0] = {'=': 1}", "a.b[0]", "{'=': 1}"),
            ("set é = 'ü' == 2", "é", "'ü' == 2"),
        ],
    )
    def test_set(self, desk: Desk, line: str, left: str, right: str) -> None:
        desk.transport.on(Assign, integer(1))
        assert desk.run(line) == f"{left} = 1\n"
        assert desk.transport.asked[-1] == Assign(left, right)

    def test_bad_input(self, desk: Desk) -> None:
        assert desk.run("print") == "print needs an expression\n  try: print total, or locals\n"
        assert desk.run("whatis") == "whatis needs an expression\n  try: whatis total\n"
        assert desk.run("set") == "set needs lhs = rhs\n  try: set total = 0\n"
        assert desk.run("set x y") == "'x y' is no assignment\n  try: set total = 0\n"
        assert desk.run("set x += 1") == (
            "'x += 1' is no assignment\n  why: set takes lhs = rhs\n"
            "  try: set total = 0, or !x += 1 to run it as Python\n"
        )
        assert desk.run("set a, b = 1, 2") == (
            "set assigns to one name, attribute or item\n  why: 'a, b = 1, 2' has another target\n  try: !a, b = 1, 2\n"
        )
        assert desk.run("!") == "! needs Python behind it\n  try: !total = 0\n"

    def test_list_goes_on(self, desk: Desk) -> None:
        lines = [f"{number:3}:  {text}".rstrip() for number, text in enumerate(TEXT, 1)]
        assert desk.run("list") == shown(lines[3:14])
        assert desk.run("list") == shown(lines[14:16])
        assert desk.run("list") == (
            "bank.py has no line 17\n  why: it ends with line 16\n  try: list . goes back to the current line\n"
        )
        assert desk.run("l 1, 2") == shown(lines[:2])
        assert desk.run("ls .") == shown(lines[3:14])

    def test_list_location(self, desk: Desk) -> None:
        desk.transport.on(FindLocations, (location(13, "main"),))
        lines = [f"{number:3}:  {text}".rstrip() for number, text in enumerate(TEXT, 1)]
        assert desk.run("list main") == "bank.py:13 in main\n" + shown(lines[7:16])
        assert desk.transport.asked[-1] == FindLocations("main", BANK, 9)


TEXT = SOURCE.lines


def shown(lines: list[str]) -> str:
    return "".join(f"{'=> ' if line.startswith('  9:') else '   '}{line}\n" for line in lines)


class TestMoving:
    def test_stack(self, desk: Desk) -> None:
        library = frame(3, "Thread.run", 982, "/usr/lib/python3.13/threading.py", library=True)
        desk.transport.on(GetStack, Stack((*FRAMES, library), 100))
        for line in ("stack", "bt", "w", "where"):
            assert desk.run(line) == (
                "=> 0  bank.py:9 in Account.withdraw\n"
                "   1  bank.py:14 in main\n"
                "   2  bank.py:16 in <module>\n"
                "   3  threading.py:982 in Thread.run\n"
                "...+96 more frames; all: stack 100\n"
            )
        desk.run("stack 7")
        assert desk.transport.asked[-1] == GetStack(0, 0, 7)

    def test_up_and_down(self, desk: Desk) -> None:
        desk.transport.on(GetStack, Stack(FRAMES[:1], 3))
        assert desk.run("down") == (
            "this is the innermost frame\n  why: frame 0 is where the thread stands\n  try: up\n"
        )
        assert desk.run("up") == IN_MAIN
        assert desk.run("u 9") == IN_MAIN.replace("frame 1", "frame 2").replace("14 in main", "16 in <module>").replace(
            IN_MAIN.partition("\n")[2],
            "    14:      account.withdraw(1)\n    15:\n=>  16:  main()\n",
        )
        assert desk.run("u") == "this is the outermost frame\n  why: frame 2 has no caller\n  try: down\n"
        assert desk.run("d") == IN_MAIN

    def test_frame_for_good_and_for_one_command(self, desk: Desk) -> None:
        desk.transport.on(GetVariables, ())
        desk.run("frame 1 locals")
        assert (desk.transport.asked[-1], desk.session.frame_index) == (GetVariables(frame=1), 0)
        assert desk.run("frame 1") == IN_MAIN
        assert desk.run("frame") == IN_MAIN
        desk.transport.on(GetStack, Stack((), 3))
        assert desk.run("frame 9") == "there is no frame 9\n  why: the stack has 3 frames\n  try: stack\n"
        assert desk.session.frame_index == 1

    def test_a_command_behind_a_prefix_may_resume(self, desk: Desk) -> None:
        assert desk.run("frame 1 stepout") == STEP
        assert (desk.transport.asked[-1], desk.session.frame_index) == (Resume("stepout", 0, 1), 0)

    def test_errors_behind_a_prefix_keep_the_place(self, desk: Desk) -> None:
        assert desk.run("frame 1 next x") == (
            "'x' is no number of steps\n  why: it is a whole number, 0 or more\n  try: help next\n"
        )
        assert desk.session.frame_index == 0

    def test_threads(self, desk: Desk) -> None:
        found = (thread(), thread(2, "worker-1", "frozen", "futex"), thread(13, "spin", "running in C", at=None))
        desk.transport.on(GetThreads, found)
        assert desk.run("threads") == (
            "=>  1  MainThread  stopped         bank.py:9 in Account.withdraw\n"
            "    2  worker-1    frozen (futex)  bank.py:9 in Account.withdraw\n"
            "   13  spin        running in C    no Python frame\n"
        )

    def test_thread(self, desk: Desk) -> None:
        desk.transport.on(GetThreads, (thread(), thread(2, "worker", "frozen")))
        desk.transport.on(GetStack, Stack((frame(0, "main", 14),), 1))
        assert desk.run("thread 2 bt") == "=> 0  bank.py:14 in main\n"
        assert (desk.transport.asked[-1], desk.session.thread) == (GetStack(2, 0, 50), 0)
        assert desk.run("thread 2") == (
            "=> 2  worker  frozen  bank.py:9 in Account.withdraw\n" + IN_MAIN.partition("\n")[2]
        )
        assert desk.session.current_thread() == 2
        assert desk.run("thread 7") == "there is no thread 7\n  why: there are 1, 2\n  try: threads\n"
        assert desk.run("thread x") == (
            "'x' is no thread's number\n  why: it is a whole number, 0 or more\n  try: help thread\n"
        )


class TestLines:
    def test_unknown_commands(self, desk: Desk) -> None:
        assert desk.run("brake main.py:3") == (
            "there is no command brake\n  why: and it is no Python either\n  try: break\n"
        )
        assert desk.run("?!") == "there is no command !\n  try: help\n"
        assert desk.run("xyzzy plugh") == (
            "there is no command xyzzy\n  why: and it is no Python either\n  try: help\n"
        )
        assert ended(desk).run("contineu") == "there is no command contineu\n  try: continue\n"

    def test_python_needs_a_stopped_program(self, desk: Desk) -> None:
        assert ended(desk).run("1 + 1") == (
            "running Python in a frame needs a stopped program\n"
            "  why: process 1234 exited with status 3\n  try: restart\n"
        )

    def test_comments_and_empty_lines_do_nothing(self, desk: Desk) -> None:
        assert desk.run("", "   ", "# next") == ""

    def test_internal_errors_do_not_end_the_session(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        logged: list[BaseException] = []

        def record(doing: str, error: BaseException) -> str:
            logged.append(error)
            return "/home/ann/pydelve.log"

        monkeypatch.setattr("pydelve.terminal.interpreter.record_internal_error", record)
        desk.transport.on(GetStack, ZeroDivisionError("division by zero"))
        assert desk.run("stack") == (
            "internal error while running the command 'stack': ZeroDivisionError: division by zero\n"
            "  why: a bug in pydelve, not in your program; its traceback is in /home/ann/pydelve.log\n"
            "  try: go on, the session is kept; please report it with that file\n"
        )
        assert [type(error) for error in logged] == [ZeroDivisionError]
        assert not desk.session.done

    def test_text_that_no_terminal_can_show_is_escaped(self, desk: Desk) -> None:
        desk.transport.on(Evaluate, EvaluationError("KeyError: \udc80"))
        assert desk.run("print x").startswith("KeyError: \\udc80\n")

    def test_help_of_a_command(self, desk: Desk) -> None:
        assert desk.run("help enable") == ("enable: switch breakpoints on\n\n  enable ID [ID ...]\n  enable all\n")
        assert (
            desk.run("? step")
            == desk.run("h s")
            == (
                "step: run to the next line, also in a called function\n\n"
                "  step\n  step COUNT\n  step -all\n  step FUNCTION\n\nAlso: s\n\n"
                "Options:\n  -all  enter library code too\n\n"
                "With a function, only that one is entered, if this line calls it: the others run.\n\n"
                "Examples:\n  step withdraw  in `pay(find(name), withdraw(3))`: into withdraw\n"
            )
        )
        assert desk.run("help stp") == "there is no command stp\n  try: help step\n"
