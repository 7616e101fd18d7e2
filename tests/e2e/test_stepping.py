"""Where steps end: tables of walks through small programs, the same on every interpreter.

A walk is one line of text: the marker it starts at, then commands, each with the marker where the step must end,
``=value`` where it shows what was returned, and ``END`` where the program ends instead:

    cnt_yield: next cnt_for; stepout ex_for=0

``a/b`` says that 3.9 has ``b`` where the others have ``a``. ``up:next`` is a step of frame 1, ``-all`` lets ``step``
enter libraries. One session walks all the lines of a table, in the order of the program, from one temporary
breakpoint to the next. The rules are in docs/internals/stepping.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from pydelve.api.events import Exited, Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import CreateBreakpoint, Evaluate, GetState, GetThreads, Halt, Resume
from pydelve.api.target import Stop
from pydelve.api.values import Value
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter
from tests.sources import PROGRAMS, read_markers

WALKS = {
    "loops.py": """
    call_for: step for_start; next for_head; next for_body; next for_head; next for_body; next for_head;
        next for_else; next for_end; next call_for=11; next call_break
    call_break: step fb_head; next fb_if; next fb_head; next fb_if; next fb_break; next fb_end;
        next call_break=1
    call_while: step wh_start; next wh_head; next wh_body; next wh_head; next wh_body; next wh_head;
        next wh_else; next wh_end; next call_while=5
    call_endless: step en_start; next en_body; next en_if; next en_body; next en_if; next en_return;
        next call_endless=2
    call_one: step ol_start; next ol_for; next ol_while; next ol_end; stepout call_one=0
    call_nested: step ne_start; next ne_outer; next ne_inner; next ne_body; next ne_inner; next ne_outer;
        next ne_inner; next ne_body; next ne_inner; next ne_outer; next ne_end; next call_nested=((1,3),(2,3))
    call_continue: step co_start; next co_head; next co_if; next co_one; next co_continue; next co_head;
        next co_if; next co_five; next co_head; next co_end; stepout call_continue=6
    done: next END
    """,
    "calls.py": """
    call_outer: step out_call; step mid_call; step inner; next mid_call=2; next mid_end; next out_call=4;
        next out_nested; next out_end; next call_outer=(4,12)
    call_outer_again: step out_call; step mid_call; step inner; up:next mid_end; next out_call=4;
        next out_nested; step inner; stepout out_nested=5; step mid_call; step inner; up:stepout out_nested=12;
        stepout call_outer_again=(4,12); next call_factorial
    call_factorial: step fac_if; next fac_call; next fac_end; next call_factorial=6; next call_decorated
    call_decorated: step dec_user; step wrap_call; next wrap_end; step dec_user=3; next dec_cache;
        next dec_again; next dec_end; next call_decorated=(3,8,8); step call_callbacks
    call_callbacks: step cb_sorted; step key; next cb_sorted=-1; step key; next cb_sorted=-2; next cb_map;
        step key; stepout cb_map=-2; stepout call_callbacks=6; step call_closing
    call_closing: step clo_def; step clo_extra; next clo_end; step clo_body; next clo_return; next clo_end=2;
        next call_closing=2; next call_library
    call_library: step lib_c; step lib_call; step lib_end; step call_library=(a,3); next call_library_all
    call_library_all: step lib_c; next lib_call; step-all textwrap.py:dedent; stepout lib_call=a; next lib_end;
        stepout call_library_all=(a,3)
    call_one_line: step one_line; next call_one_line=2; next call_one_lambda; step one_lambda;
        next call_one_lambda=4
    done: next END
    """,
    "generators.py": """
    call_exhausts: step ex_start; next ex_for; next ex_body; next ex_for; next ex_body; next ex_for; next ex_end;
        next call_exhausts=1
    call_exhausts_step: step ex_start; step ex_for; step cnt_for; step cnt_yield; step ex_for=0; step ex_body;
        step ex_for; step cnt_for; stepout ex_for=1; next ex_body; step ex_for; step cnt_for; step cnt_end;
        step ex_for=end; next ex_end
    call_early: step se_for; step cnt_for; next cnt_yield; next cnt_for; next cnt_yield; next se_end;
        next call_early=1; next call_closes
    call_closes: step cl_make; next cl_next; step wc_try; next wc_one; next wc_finally; next cl_end;
        next call_closes=1
    call_closes_step: step cl_make; next cl_next; next cl_close; step wc_finally; step cl_end;
        step call_closes_step=1; step call_delegate
    call_delegate: step rd_list; step de_from; step cnt_for; step cnt_yield; step de_from=0; step rd_list=0;
        step cnt_for; step cnt_end; step de_from=end; step de_yield; step rd_list=end; step rd_list=None
    call_sends: step sd_make; next sd_next; next sd_send; step rc_again; next sd_except; next sd_handler;
        step sd_end; next call_sends=0; next call_comprehended
    call_comprehended: step co_list; next co_set; next co_dict; next co_gen; next co_plain; next co_many;
        next co_end; next call_comprehended=(24,(0,1,2),(2,4)); next call_comprehended_step
    call_comprehended_step: step co_list; step double; next co_list=2; next co_set; step double; next co_set=4;
        next co_dict; next co_gen; step double; stepout co_gen=16; step double; stepout co_gen=8; next co_plain;
        step co_many; stepout call_comprehended_step=(24,(0,1,2),(2,4)); next call_abandoned
    call_abandoned: step ab_make; next ab_next; step cnt_for; next cnt_yield; next call_abandoned=(0,(count));
        next done
    done: next END
    """,
    "blocks.py": """
    call_with: step uw_with; next uw_body; next uw_after; next uw_end; next call_with=(__main__.Managed,1,2)
    call_with_step: step uw_with; step enter; step uw_with=__main__.Managed; step uw_body; step exit_one;
        step exit_two; step uw_with/uw_body=False; step uw_after; step uw_end;
        step call_with_step=(__main__.Managed,1,2)
    call_two: step tw_with; next tw_body; next tw_end; next call_two=1
    call_return_with: step rw_with; next rw_return; next call_return_with=5; next call_swallows
    call_swallows: step sw_with; next sw_call; next sw_end; next call_swallows=1
    call_swallows_step: step sw_with; step enter; stepout sw_with=__main__.Swallows; step sw_call; step raise;
        step swallow; step sw_with/sw_call=True; step sw_end; step call_swallows_step=1
    call_suppressed: step su_with; next su_call; step raise; next su_end; next call_suppressed=2;
        next call_manager
    call_manager: step um_with; step cm_before; next cm_block; step cm_yield; next cm_finally; step um_end;
        next call_manager=1; next call_manager_step
    call_manager_step: step um_with; step cm_before; step cm_block; step cm_yield; step um_body; step cm_finally;
        step um_end; step call_manager_step=1; step call_manager_next
    call_manager_next: step um_with; next um_body; next um_end; next call_manager_next=1; next call_same
    call_same: step sf_block; next sf_try; next sf_raise; next sf_wrong; next sf_right; next sf_handler;
        next sf_finally; next sf_end
    call_no: step no_block; next no_try; next no_else; next no_finally; next no_end; next call_no=4
    call_in_caller: step ic_block; next ic_call; next ic_except; next ic_handler; next ic_end
    call_in_caller_step: step ic_block; step ic_call; step raise; next ic_except; next ic_handler; next ic_end
    call_icc: step icc_block; next icc_call; next icc_except; next icc_handler; next icc_end
    call_icc_step: step icc_block; step icc_call; step po_call; stepout icc_except; next icc_handler;
        next icc_end; next call_icc_step=2
    call_finally: step wf_block; next wf_return; next wf_finally; next call_finally=1
    call_reraised: step cr_block; step cr_call; step rr_block; step rr_call; next rr_except; next rr_handler;
        next rr_raise; next cr_except; next cr_handler; next call_reraised=3
    call_through: step ct_block; step ct_call; step tf_block; next tf_call; next tf_finally; next ct_except;
        next ct_handler; next ct_end; next call_through=4; next call_library
    call_library: step cli_block; step cli_call; step il_sorted; next cli_except; next cli_handler;
        next call_library=6; next done
    done: next END
    """,
    "objects.py": """
    call_uses: step us_make; step thing_super; step init; step thing_super=None; next thing_b;
        stepout us_make=None; next us_prop; next us_both; next us_getattr; next us_add; next us_len;
        next us_call; next us_end; next call_uses=called
    call_uses_step: step us_make; next us_prop; step prop; next us_prop=2; step us_both; step one_line_def;
        next us_both=2; step us_getattr; step getattr; next us_getattr=other; step us_add; step add;
        next us_add=2; step us_len; step len; next us_len=3; step us_call; step dunder_call; next us_call=called;
        step us_end; step call_uses_step=called; next call_class
    call_class: step mc_class; next mc_end; next call_class=2; next call_class_step
    call_class_step: step mc_class; step mc_x; step mc_y; step mc_class=None; step mc_end;
        next call_class_step=2; next call_shapes
    call_shapes: step sh_multi; next sh_if; next sh_two; next sh_one_if; next sh_text; next sh_paren;
        next sh_assert; next sh_del; next sh_return; next call_shapes=4; next done
    done: next END
    """,
    "tasks.py": """
    wk_task: next wk_await; next wk_second; next wk_third; step leaf_await; step leaf_end; step wk_third=4;
        next wk_for; next wk_body; next wk_for; next wk_body; next wk_for; next wk_with; next wk_inside;
        next wk_gather; next wk_join; next wk_end; next main_work=(2,3,8,(2,3)); next main_end; next run_step
    run_step: step main_work; step wk_task; step wk_await; step leaf_await; stepout wk_await=2; step wk_second;
        step leaf_await; next leaf_end; next wk_second=3; next wk_third; next wk_for; next wk_body; next wk_for;
        step val_for; step val_await; step val_yield; step wk_for=2; step wk_body; step wk_for; step val_for;
        step wk_for=None; next wk_with
    done: next END
    """,
    "matching.py": """
    call_zero: step match; next case_zero; next zero; next call_zero=zero; next call_list
    call_list: step match; next case_zero; next case_list; next list; next end; next call_list=1
    call_any: step match; next case_zero; next case_list; next case_any; next any; next end
    done: next END
    """,
    "generic.py": """
    call_class: step mg_class; step mg_x; step mg_method; step mg_end; next call_class=2; next call_class_next
    call_class_next: step mg_class; next mg_end; next call_class_next=2; next call_function
    call_function: step mf_def; step mf_call; step mf_body; next mf_call=3; next call_function=3; next call_base
    call_base: step mb_class; step base; step mb_pass; step mb_end; next call_base=Based; next done
    done: next END
    """,
}
_FIRST = {"matching.py": (3, 10), "generic.py": (3, 12)}
"""The first version that can run it."""


class Walker:
    """One session that takes walks through one program."""

    def __init__(self, python: Interpreter, program: Path) -> None:
        self.program = program
        self._names = {line: name for name, line in read_markers(program).items()}
        self.lines = {name: line for line, name in self._names.items()}
        self._at = ""
        self.session = LiveSession(LaunchOptions("script", str(program), python=python.path))

    def walk(self, text: str) -> str:
        """What the walk was like, in the words of its own text."""
        start, _, steps = text.partition(": ")
        taken = [start]
        if self._at != start:
            self.session.call(CreateBreakpoint(f"{self.program}:{self.lines[start]}", temporary=True))
            taken = [self._go(Resume("continue"))]
        for step in steps.split("; "):
            if taken[-1] == "END":
                break
            command = step.split(" ")[0]
            taken.append(f"{command} {self._go(_request(command))}")
        return f"{taken[0]}: {'; '.join(taken[1:])}"

    def _go(self, request: Resume) -> str:
        self._at = ""
        self.session.call(request)
        while True:
            event = self.session.client.next_event(20)
            assert event is not None, f"nothing came after {request}"
            if isinstance(event, Exited):
                return "END"
            if isinstance(event, Stopped):
                return self._place(event.stop)

    def _place(self, stop: Stop) -> str:
        frame = stop.frames[0]
        here = Path(frame.file) == self.program
        place = self._names.get(frame.line, str(frame.line)) if here else f"{Path(frame.file).name}:{frame.function}"
        self._at = place
        return place if stop.returned is None else f"{place}={_text(stop.returned.value)}"


def _request(command: str) -> Resume:
    up, _, rest = command.rpartition(":")
    how, _, everything = rest.partition("-")
    assert how in ("next", "step", "stepout")
    return Resume(cast("Any", how), frame=1 if up else 0, into_libraries=everything == "all")


def _text(value: Value) -> str:
    if value.kind in ("tuple", "list", "set"):
        return f"({','.join(_text(item.value) for item in value.items)})"
    return value.text or value.type


def _rows(table: str) -> list[str]:
    """A table's walks; what is indented deeper goes on with the line before."""
    return table.replace("\n        ", " ").split("\n    ")[1:-1]


def _on(walk: str, python: Interpreter) -> str:
    """A walk as this interpreter must take it."""
    return re.sub(r"(\w+)/(\w+)", r"\2" if python.minor == "3.9" else r"\1", walk).strip()


@pytest.mark.parametrize("name", WALKS)
def test_steps_end_where_a_reader_expects(python: Interpreter, name: str) -> None:
    if python.version_info < _FIRST.get(name, (3, 9)):
        pytest.skip(f"{python.minor} has no such statements")
    expected = [_on(walk, python) for walk in _rows(WALKS[name])]
    walker = Walker(python, PROGRAMS / "stepping" / name)
    with walker.session:
        walker.session.wait_stop()
        taken = [walker.walk(walk) for walk in expected]
    assert taken == expected


@pytest.fixture
def workers(python: Interpreter) -> Iterator[Walker]:
    """The program with threads, halted before its worker may go on."""
    walker = Walker(python, PROGRAMS / "stepping" / "workers.py")
    with walker.session:
        walker.session.wait_stop()
        walker.walk("began: next release")
        yield walker


def test_off_the_end_of_a_thread(workers: Walker) -> None:
    """Nothing of the user's is left on that stack: the program goes on, to the next breakpoint."""
    session = workers.session
    session.call(CreateBreakpoint(f"{workers.program}:{workers.lines['call_busy']}"))
    workers.walk("got: next last")
    stop = session.resume(Resume("next"))
    assert (stop.reason, stop.thread, stop.frames[0].line) == ("breakpoint", 1, workers.lines["call_busy"])


def test_in_another_thread_than_the_stopped_one(workers: Walker) -> None:
    session = workers.session
    worker = next(thread.id for thread in session.call(GetThreads()) if thread.name == "worker")
    stop = session.resume(Resume("next", thread=worker))
    assert (stop.reason, stop.thread, stop.frames[0].line) == ("step", worker, workers.lines["got"])


def test_a_breakpoint_in_another_thread_interrupts_a_step(workers: Walker) -> None:
    session = workers.session
    session.call(CreateBreakpoint(f"{workers.program}:{workers.lines['other']}"))
    workers.walk("finish: next other")
    stop = session.call(GetState()).stop
    assert stop is not None
    assert (stop.reason, stop.interrupted_step, stop.frames[0].line) == ("breakpoint", True, workers.lines["other"])


def test_from_a_halt_in_a_busy_loop(workers: Walker) -> None:
    session = workers.session
    workers.walk("call_busy: step loop")
    session.call(Resume("continue"))
    session.call(Halt())
    assert session.wait_stop().reason == "halt"
    lines = {workers.lines["loop"], workers.lines["spin"]}
    first, second = session.resume(Resume("next")), session.resume(Resume("next"))
    assert {first.frames[0].line, second.frames[0].line} == lines
    session.call(Evaluate("globals().__setitem__('go_on', False)"))
    stop = session.resume(Resume("stepout"))
    assert (stop.reason, stop.frames[0].line) == ("step", workers.lines["call_busy"])
