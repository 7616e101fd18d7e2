"""Tasks of a program that hangs, looked at without entering it; then the same in a core file of it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

from tests.e2e.running import Running
from tests.e2e.session import Session
from tests.interpreters import Interpreter

Program = Callable[[str], Path]
FORBIDDEN = {**os.environ, "PYTHON_DISABLE_REMOTE_DEBUG": "1"}
WHY = "  why: process <pid> does not want to be debugged: the environment variable PYTHON_DISABLE_REMOTE_DEBUG says so"
FILE = "looking/hung_tasks.py"
COMMANDS = [
    "tasks", "tasks -tree", "tasks -with awaiting gather", "tasks -with state waiting -group coroutine",
    "tasks -with name left -t", "task 2", "bt", "up", "print row, wanted['row'] + 1", "locals",
    "task 6 print partner", "tasks -with coroutine worker -exec stack 1", "task 99", "task 2 next",
]  # fmt: skip
IN_CORE = ["tasks -with state running", "tasks -with name rest", "task 2 bt", "up", "task 6 locals", "tasks -tree"]


def states(python: Interpreter, *, core: bool = False) -> dict[int, str]:
    """What is shown of each task, but for the arrow: up to 3.11 ``wait_for`` waits by itself, later its caller does."""
    how = "wait_for" if python.version_info < (3, 12) else "shield"
    kept, left = ("", "") if core else (", keeps its loop for <time> s", ", <time> s left")
    return {
        1: f"1  Task-1  running{kept}  {FILE}:50 in blocking",
        2: f"2  Task-9  waiting for a future  {FILE}:9 in forever",
        3: f"3  Task-10  waiting for a future  {FILE}:9 in forever",
        4: f"4  both  waiting in gather for tasks 2, 3  {FILE}:25 in both",
        5: f"5  late  waiting in Lock.acquire  {FILE}:29 in limited",
        6: f"6  left  waiting for task 10 (right), which waits for itself  {FILE}:45 in each_other",
        7: f"7  limited  waiting in {how} for task 9  {FILE}:30 in limited",
        8: f"8  over  waiting for a future  {FILE}:9 in forever",
        9: f"9  rest  waiting in sleep(1000.5){left}  asyncio/tasks.py:<line> in sleep",
        10: f"10  right  waiting for task 6 (left), which waits for itself  {FILE}:45 in each_other",
    }


def tree(python: Interpreter, *, core: bool = False) -> list[str]:
    order = [(1, 0), (4, 0), (2, 1), (3, 1), (5, 0), (7, 0), (9, 1), (8, 0), (6, 0), (10, 1)]
    told = states(python, core=core)
    lines = [f"{'=>' if number == 1 else '  '} {'    ' * depth}{told[number]}" for number, depth in order]
    return [*lines, f"   {'    ' * 2}6  left  (see above)"]


def beginning(reason: str) -> list[str]:
    return [
        f"> {reason}, {FILE}:50 in blocking, thread 1 (MainThread), task 1 (Task-1)",
        "    48:  def blocking(words):",
        '    49:      print(time.sleep(0.2) or "ready", flush=True)  # long enough to be said',
        "=>  50:      sys.stdin.readline()  # @hangs", "    51:      return words", "    52:",
    ]  # fmt: skip


def normal(lines: list[str]) -> list[str]:
    """The same without the columns, and the lines of asyncio's own files."""
    text = re.sub(r"asyncio/tasks.py:\d+", "asyncio/tasks.py:<line>", "\n".join(lines))
    text = re.sub(r"CPython [0-9.]+", "CPython <version>", text)
    text = re.sub(r"process \d+:", "process <pid>:", text)
    text = re.sub(r"^(=>|  )  (?=\d  [A-Za-z]+[-0-9]*  )", r"\1 ", text, flags=re.MULTILINE)
    return re.sub(r"(?<=[^ :\n>]) {2,}", "  ", text).split("\n")


CHAIN = [
    f"   1  {FILE}:14 in read", f"   2  {FILE}:20 in worker", "   awaited by task 4 (both) in gather",
    f"   3  {FILE}:25 in both",
]  # fmt: skip


def wanted(python: Interpreter) -> list[str]:
    told = states(python)
    left = [f"{FILE}:45 in each_other", "awaited by task 10 (right)", f"{FILE}:45 in each_other"]
    return [
        f"attached to look only, because {WHY.removeprefix('  why: ')}",
        f"process <pid>: <tmp>/{FILE} (CPython <version>)",
        *beginning("attached"),
        *(f"{'=>' if number == 1 else '  '} {line}" for number, line in told.items()),
        *tree(python),
        f"   {told[4]}",
        "2  each_other: tasks 6, 10", "2  limited: tasks 5, 7", "2  worker: tasks 2, 3", "1  both: task 4",
        "1  over: task 8", "1  sleep: task 9",
        f"   {told[6]}",
        f"         0  {left[0]}", f"         {left[1]}", f"         1  {left[2]}",
        f"=> {told[2]}",
        "     7:", "     8:  async def forever():", "=>   9:      await asyncio.get_running_loop().create_future()",
        "    10:", "    11:",
        f"=> 0  {FILE}:9 in forever", *CHAIN,
        f"> frame 1, {FILE}:14 in read",
        "    12:  async def read(row):", '    13:      wanted = {"row": row}', "=>  14:      await forever()",
        "    15:      return wanted", "    16:",
        "(10, 11)",
        "row = 10", "wanted = {'row': 10}",
        "'right'",
        "task 2 (Task-9)", f"=> 0  {FILE}:9 in forever", "...+3 more frames; all: stack 4",
        "task 3 (Task-10)", f"=> 0  {FILE}:9 in forever", "...+3 more frames; all: stack 4",
        "there is no task 99", "  why: there are 1 to 10", "  try: tasks",
        "next needs control of the program", WHY, "  try: help without-control",
        "dumped: <tmp>/core, <size> MiB, in <time> s",
        "detached: process <pid> runs on",
    ]  # fmt: skip


def wanted_in_core(python: Interpreter) -> list[str]:
    told = states(python, core=True)
    return [
        f"core file <tmp>/core of process <pid>: <tmp>/{FILE} (CPython <version>)",
        *beginning("core"),
        f"=> {told[1]}",
        f"   {told[9]}",
        f"=> 0  {FILE}:9 in forever", *CHAIN,
        f"> frame 1, {FILE}:64 in main",
        "    62:          start(name, coroutine)", "    63:      await asyncio.sleep(0.05)",
        '=>  64:      blocking(["a", "b"])', "    65:", "    66:",
        "partner = 'right'",
        *tree(python, core=True),
    ]  # fmt: skip


def stacks(python: Interpreter) -> list[str]:
    """What ``pydelve stack --tasks`` shows behind the threads; up to 3.11 ``wait_for`` has a frame of its own."""
    how, waits = (
        ("wait_for", ["asyncio/tasks.py:<line> in wait_for"]) if python.version_info < (3, 12) else ("shield", [])
    )
    limited = [*waits, f"{FILE}:30 in limited"]
    if python.version_info >= (3, 12):
        limited.insert(0, "asyncio/tasks.py:<line> in wait_for")
    return [
        "10 tasks", "",
        "2 tasks with the same stack, waiting for a future: 2 (Task-9), 3 (Task-10)",
        f"  0  {FILE}:9 in forever", f"  1  {FILE}:14 in read", f"  2  {FILE}:20 in worker", "",
        "2 tasks with the same stack, waiting for a task, which waits for itself: 6 (left), 10 (right)",
        f"  0  {FILE}:45 in each_other", "",
        "task 1 (Task-1): running, keeps its loop for <time> s", f"  0  {FILE}:50 in blocking",
        f"  1  {FILE}:64 in main", "",
        "task 4 (both): waiting in gather for tasks 2, 3", f"  0  {FILE}:25 in both", "",
        "task 5 (late): waiting in Lock.acquire", "  0  asyncio/locks.py:<line> in Lock.acquire",
        "  1  asyncio/locks.py:<line> in _ContextManagerMixin.__aenter__", f"  2  {FILE}:29 in limited", "",
        f"task 7 (limited): waiting in {how} for task 9",
        *(f"  {index}  {place}" for index, place in enumerate(limited)), "",
        "task 8 (over): waiting for a future", f"  0  {FILE}:9 in forever", f"  1  {FILE}:35 in numbers",
        f"  2  {FILE}:39 in over", "",
        "task 9 (rest): waiting in sleep(1000.5), <time> s left", "  0  asyncio/tasks.py:<line> in sleep",
        "  awaited by task 7 (limited)",
    ]  # fmt: skip


def check_stack(python: Interpreter, folder: Path, pid: int) -> None:
    """By one look, too, and as data."""
    done = Session(None, folder).run(["stack", str(pid), "--tasks"], [])
    text = re.sub(r"asyncio/(\w+).py:\d+", r"asyncio/\1.py:<line>", "\n".join(done.lines))
    if python.version_info < (3, 11):  # frames have no qualified names there
        text = text.replace("in acquire", "in Lock.acquire").replace("in __aenter", "in _ContextManagerMixin.__aenter")
    assert text.split("\n")[-len(stacks(python)) :] == stacks(python)


def test_tasks(python: Interpreter, program: Program, tmp_path: Path) -> None:
    core = tmp_path / "core"
    with Running(python, program(FILE), folder=tmp_path, environment=FORBIDDEN) as running:
        running.wait_ready(waits_in="read")
        check_stack(python, tmp_path, running.pid)
        done = Session(None, tmp_path).run(["attach", str(running.pid)], [*COMMANDS, f"dump {core}"])
        running.tell("go on")
    lines = [re.sub(r"[0-9.]+ MiB", "<size> MiB", line) for line in normal(done.lines)]
    assert lines == wanted(python)
    done = Session(None, tmp_path).run(["core", str(core)], IN_CORE)
    assert normal([re.sub(r"of process \d+", "of process <pid>", line) for line in done.lines]) == wanted_in_core(
        python
    )
