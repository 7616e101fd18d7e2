"""``config stop-targets all``: a stop in one process stops the others with it, and they go on with it."""

from __future__ import annotations

import contextlib
import mmap
import os
import re
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pydelve.api.events import Exited, Stopped, TargetAdded, TargetExited
from pydelve.api.requests import (
    CreateBreakpoint,
    GetStack,
    GetTargets,
    Halt,
    Resume,
    SelectTarget,
    SetStopTogether,
)
from tests.e2e.handshakes import wait_until
from tests.e2e.live import LiveSession
from tests.e2e.session import Session
from tests.e2e.test_children import debugged, next_event, next_of, value
from tests.interpreters import Interpreter, find_interpreters

Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]
_WHO = 4
_ALL = range(1, _WHO + 1)


class Four:
    """The program and its three children, which count, and all are known."""

    def __init__(self, session: LiveSession, script: Path, shared: memoryview, fifo: int, line: int) -> None:
        self.session, self._shared, self._fifo = session, shared, fifo
        session.call(SetStopTogether(True))
        self.point = session.call(CreateBreakpoint(f"{script}:{line}")).id
        session.call(Resume("continue"))
        for _ in range(3):
            next_event(session, TargetAdded)
        wait_until(lambda: all(shared[2 * _WHO + 1 + who] for who in _ALL))
        processes = {shared[2 * _WHO + 1 + who]: who for who in _ALL}
        self.who = {each.id: processes[each.info.pid] for each in session.call(GetTargets()).targets}
        """By target: the second that was forked may be known before the first."""
        self._turn = 0
        self.see_them_run()

    def counts(self) -> list[int]:
        """How far they are."""
        return [self._shared[who] for who in _ALL]

    def states(self) -> dict[int, str]:
        """Of those that live, by who they are."""
        found = self.session.call(GetTargets()).targets
        return {self.who[each.id]: each.status for each in found if each.exit is None}

    def all_are(self, state: str) -> bool:
        """Do all that live stand, or run?"""
        return set(self.states().values()) == {state}

    def stopped(self) -> tuple[int, Stopped]:
        """Who stops next."""
        event = next_event(self.session, Stopped)
        return self.who[event.target], event

    def meet(self, *who: int) -> None:
        """Have these come to the breakpoint."""
        self._turn += 1
        for each in who:
            self._shared[_WHO + each] = self._turn

    def see_them_stand(self) -> None:
        """All, while we look."""
        assert self.all_are("stopped")
        before = self.counts()
        for _ in range(20):
            assert self.session.call(GetStack()).frames
        assert self.counts() == before

    def see_them_run(self) -> None:
        """All of those that live."""
        live, before = self.states(), self.counts()
        wait_until(lambda: all(self._shared[who] > before[who - 1] for who in live))

    def keep_in_c(self) -> None:
        """The one that was started keeps its interpreter from now on, in C code."""
        self._shared[2 * _WHO + 1] = 1
        file = Path(f"/proc/{self.process(_WHO)}/syscall")
        wait_until(lambda: not self._shared[2 * _WHO + 1] and file.read_text().split()[:1] == ["0"])  # it reads

    def let_go(self) -> None:
        """It comes back from there."""
        os.write(self._fifo, b"!")

    def process(self, who: int) -> int:
        """Its pid."""
        return self._shared[2 * _WHO + 1 + who]

    def end(self) -> None:
        """They are to end by themselves."""
        self._shared[0] = 1


@contextlib.contextmanager
def four(python: Interpreter, script: Path, line: int) -> Iterator[Four]:
    """With the setting on, and a breakpoint where they meet; they run."""
    file = script.with_name("shared")
    file.write_bytes(bytes(128))
    os.mkfifo(f"{file}.fifo")
    fifo = os.open(f"{file}.fifo", os.O_RDWR)
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), 128) as memory, memoryview(memory) as raw:
        with raw.cast("Q") as shared, debugged(python, script, str(file)) as session:
            yield Four(session, script, shared, fifo, line)
    os.close(fifo)


def test_they_stop_and_go_on_together(python: Interpreter, program: Program, marker: Marker) -> None:
    script = program("children/together.py")
    line = marker(script)["meet"]
    with four(python, script, line) as all_four:
        session = all_four.session

        all_four.meet(3)
        who, event = all_four.stopped()
        assert (who, event.stop.breakpoints, value(session, "who")) == (3, (all_four.point,), "3")
        all_four.see_them_stand()
        session.call(Resume("next"))
        who, event = all_four.stopped()
        assert (who, event.stop.reason, event.stop.frames[0].line) == (3, "step", line + 1)
        all_four.see_them_stand()

        assert session.call(SelectTarget(1)).status == "stopped"
        assert next_event(session, Stopped).stop.reason == "halt"
        all_four.see_them_stand()
        session.call(Resume("continue"))
        all_four.see_them_run()
        assert all_four.all_are("running")

        seen: list[int] = []
        for _ in range(5):  # whoever comes to it while the others are to stand has its turn: once
            all_four.meet(*_ALL)
            seen.clear()
            for _ in _ALL:
                who, event = all_four.stopped()
                assert event.stop.breakpoints == (all_four.point,)
                assert all_four.all_are("stopped")
                seen.append(who)
                session.call(Resume("continue"))
            assert sorted(seen) == [*_ALL]
        all_four.see_them_run()

        session.call(Halt())
        who, event = all_four.stopped()
        assert (who, event.stop.reason) == (seen[-1], "halt")
        all_four.see_them_stand()

        other = next(each for each in (2, 3) if each != who)
        os.kill(all_four.process(other), signal.SIGKILL)  # one that stands with the one that is looked at
        assert all_four.who[next_event(session, TargetExited).target.id] == other
        all_four.see_them_stand()
        if who == 1:
            session.call(SelectTarget(next(target for target, each in all_four.who.items() if each == _WHO)))
            who, event = all_four.stopped()
        os.kill(all_four.process(who), signal.SIGKILL)  # the one that is looked at: the others go on
        assert all_four.who[next_event(session, TargetExited).target.id] == who
        all_four.see_them_run()
        all_four.end()
        ended = next_of(session, Exited)
        assert isinstance(ended, Exited)
        assert (ended.status.how, ended.status.status) == ("exited", 0)


_LOOKED = """\
stop-targets  all  which of several processes a stop stops: one, or all, which go on together, too (default: one)
target 2: process <pid>, forked by target 1
target 3: process <pid>, forked by target 2
target 3 (process <pid>):
> breakpoint 1, children.py:7 in double, thread 1 (MainThread)
     5:
     6:  def double(number):
=>*  7:      return number * 2
     8:
     9:
   1  process <pid>  stopped at children.py:<line> in fork   started: children.py
   2  process <pid>  stopped at children.py:<line> in fork   forked by target 1: children.py
=> 3  process <pid>  stopped at children.py:7 in double  forked by target 2: children.py
2
=> 0  children.py:7 in double
...+5 more frames; all: stack 6
2
> frame 3, children.py:23 in <module>
    21:
    22:
=>  23:  status = fork(1)
    24:  total = double(status)
breakpoint 1 at children.py:7 in double
breakpoint 1 at children.py:7 in double, hit 1 time
there is no target 9
  why: no child of that number was followed
  try: targets
target 3: process <pid> <ended>
target 2 (process <pid>):
> step, children.py:12 in child, thread 1 (MainThread)
returned: 4
    10:  def child(number):
    11:      if number < 2:
=>  12:          fork(number + 1)
    13:      os._exit(double(number))
    14:
=> 2  process <pid>  stopped at children.py:12 in child  forked by target 1: children.py
"""


def test_at_the_prompt(python: Interpreter, program: Program) -> None:
    """A command about another target, which leads back; or on, where it moves that one."""
    script = program("transcripts/children.py")
    commands = [
        "break double", "config stop-targets all", "continue", "targets", "target 2 print number", "target 3 stack 1",
        "print number", "target 2 frame 3", "target 2 breakpoints", "breakpoints", "target 9 stack", "target 2 stepout",
        "target",
    ]  # fmt: skip
    lines = Session(python, script.parent).debug(script.name, *commands).lines
    text = "\n".join(lines[lines.index("breakpoint 1 at children.py:7 in double") + 1 :])
    text = re.sub(r":[12]\d in fork", ":<line> in fork", text)
    text = re.sub(r"(exited with status 4|has ended; its status is known to its parent only)", "<ended>", text)
    assert f"{text}\n" == _LOOKED


def test_one_that_cannot_be_halted(program: Program, marker: Marker) -> None:
    """It is in C code, and keeps its interpreter: the others' stop is told all the same."""
    python = find_interpreters().get("3.13")
    if python is None:
        pytest.skip("no CPython 3.13 found on this machine")
    script = program("children/together.py")
    with four(python, script, marker(script)["meet"]) as all_four:
        session = all_four.session
        all_four.keep_in_c()
        all_four.meet(2)
        assert all_four.stopped()[0] == 2
        assert all_four.states() == {1: "stopped", 2: "stopped", 3: "stopped", 4: "running"}
        all_four.let_go()
        wait_until(lambda: all_four.all_are("stopped"))  # as soon as it has come back
        all_four.see_them_stand()
        session.call(Resume("continue"))
        all_four.see_them_run()

        all_four.keep_in_c()
        all_four.meet(3)
        assert all_four.stopped()[0] == 3
        session.call(Resume("continue"))  # before that
        all_four.let_go()
        all_four.see_them_run()
        assert all_four.all_are("running")

        all_four.meet(2)
        assert all_four.stopped()[0] == 2
        session.call(SetStopTogether(False))
        assert all_four.states() == {1: "running", 2: "stopped", 3: "running", 4: "running"}
        session.call(SetStopTogether(True))
        wait_until(lambda: all_four.all_are("stopped"))
        all_four.end()
        session.call(Resume("continue"))
        next_event(session, Exited)
    assert (script.parent / "out").read_text() == "0 [2, 3]\n"
