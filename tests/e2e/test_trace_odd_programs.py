"""``pydelve trace`` of programs that do what few do."""

from __future__ import annotations

from pathlib import Path

from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import EndTracing, Resume
from pydelve.terminal.trace_book import Book
from tests.e2e.libraries import library
from tests.e2e.live import LiveSession
from tests.e2e.tracing import FOLDER, normalised, said, start, traced, unseen
from tests.interpreters import Interpreter

THREADS = [
    " <stamp>  [thread 2] __main__.alone()",
    " <stamp>  [thread 2]   __main__.work(n=1)",
    " <stamp>  [thread 2]   __main__.work -> 1  <time>",
    " <stamp>  [thread 2] __main__.alone -> None  <time>",
    " <stamp>  [worker] threading.Thread._bootstrap(self=<threading.Thread>)",
    " <stamp>  [worker]   __main__.work(n=2)",
    " <stamp>  [worker]   __main__.work -> 2  <time>",
    " <stamp>  [worker] threading.Thread._bootstrap -> None  <time>",
    "pydelve: 4 calls of 3 functions traced",
]
COPIES = [
    "call sleep()", "call nap()", "yield nap None", "await sleep", "resume sleep", "resume nap", "return nap None",
    "return sleep None", "call copied(value=1)", "return copied 1", "call copied(value=2)", "return copied 2",
]  # fmt: skip
GENERATORS = [
    "plain()", "plain yields 1  <time>", "plain goes on  after <time>", "plain yields None  <time>",
    "plain goes on  after <time>", "plain -> None  <time>",
    "waiting()", "waiting awaits  <time>", "waiting goes on  after <time>", "waiting yields 'two'  <time>",
    "waiting goes on  after <time>", "waiting -> None  <time>",
]  # fmt: skip
GREENLETS = [
    "__main__.main()",
    "[greenlet 2] __main__.outer(n=0)",
    "[greenlet 2]   __main__.inner(n=0)",
    "[greenlet 3] __main__.outer(n=1)",
    "[greenlet 3]   __main__.inner(n=1)",
    "[greenlet 4] __main__.outer(n=2)",
    "[greenlet 4]   __main__.inner(n=2)",
    "[greenlet 2]   __main__.inner -> 0  <time>",
    "[greenlet 2] __main__.outer -> 0  <time>",
    "[greenlet 3]   __main__.inner -> 1  <time>",
    "[greenlet 3] __main__.outer -> 1  <time>",
    "[greenlet 4]   __main__.inner raises ValueError(2)  <time>",
    "[greenlet 4] __main__.outer -> 'caught'  <time>",
    "__main__.main -> [0, 1, 'caught']  <time>",
]
GREENLETS_AT_THE_END = [
    "[greenlet 2]   __main__.inner(n=0) -> 0",
    "[greenlet 2] __main__.outer(n=0) -> 0",
    "[greenlet 3]   __main__.inner(n=1) -> 1",
    "[greenlet 3] __main__.outer(n=1) -> 1",
    "[greenlet 4]   __main__.inner(n=2) raises ValueError(2)",
    "[greenlet 4] __main__.outer(n=2) -> 'caught'",
    "__main__.main() -> [0, 1, 'caught']",
]
LIMIT_S = 60.0


def test_threads_without_names(python: Interpreter, tmp_path: Path) -> None:
    pattern = r"__main__\.(alone|work)|Thread\._bootstrap$"
    for more in ((), ("--sample", "1/1", "--first", "99")):
        done = traced(python, tmp_path, *more, pattern, str(FOLDER / "odd_threads.py"))
        assert normalised(done.output) == THREADS


def test_what_asynchronous_generators_yield(python: Interpreter, tmp_path: Path) -> None:
    for more in ((), ("--sample", "1/1"), ("--follow-calls", "1", "--exclude", "asyncio")):
        done = traced(python, tmp_path, *more, r"__main__\.(plain|waiting)$", str(FOLDER / "async_generators.py"))
        assert normalised(done.output)[:-1] == [f" <stamp>  [Task-1] __main__.{line}" for line in GENERATORS]
        assert (tmp_path / "out.txt").read_text() == "[1, None, 'two']\n"


def test_code_that_the_program_copies(python: Interpreter, tmp_path: Path) -> None:
    """Each call is told once, and the copies are as they would be when the trace has ended."""
    with open(tmp_path / "out.txt", "wb") as output:
        options = LaunchOptions("script", str(FOLDER / "copies.py"), python=python.path, stdout_fd=output.fileno())
        with LiveSession(options, LIMIT_S) as session:
            session.wait_stop()
            session.call(start(r"^__main__\.(nap|sleep|copied|other)$"))
            before = len(session.events)
            session.resume()
            assert said(session.events[before:], Book()) == COPIES
            session.call(EndTracing())
            session.call(Resume("continue"))
            assert session.wait_exit().clean
    assert (tmp_path / "out.txt").read_text() == "False 3 99\n"


def test_nothing_to_tell_of(tmp_path: Path, python: Interpreter) -> None:
    program = str(FOLDER / "odd_threads.py")
    done = traced(python, tmp_path, "--when", "n > 9", "--file", "odd_threads.py", "work", program)
    what = "pydelve: 0 calls of 0 functions traced"
    why = "  why: no function was called whose module.qualname matches "
    hint = f"  try: pydelve trace --stats . {program}, for the names of what is called"
    assert done.raw.splitlines() == [what, f"{why}work, or --when, --file left all calls out{unseen(python)}", hint]
    done = traced(python, tmp_path, r"odd_threads\.work", program)
    assert done.raw.splitlines() == [
        what, rf"{why}odd_threads\.work; the module of odd_threads.py itself is __main__{unseen(python)}", hint,
    ]  # fmt: skip


def test_a_child_that_nobody_follows_has_its_own_code(python: Interpreter, tmp_path: Path) -> None:
    """That is found without a look at each object, which would copy the memory of all."""
    traced(python, tmp_path, "--when", "n == 2", "function|method", str(FOLDER / "forks.py"))
    assert (tmp_path / "out.txt").read_text().splitlines() == ["False False", "True True", "False False"]


def test_greenlets(python: Interpreter, tmp_path: Path) -> None:
    """Each has a stack of calls of its own: whatever their order, an end is that of the call which ends."""
    environment = library(python, "greenlet")
    env = [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
    program = str(FOLDER / "greens.py")
    for more in ((), ("--sample", "1/1"), ("--follow-calls", "1")):
        done = traced(python, tmp_path, *env, *more, r"__main__\.", program)
        assert normalised(done.output)[:-1] == [f" <stamp>  {line}" for line in GREENLETS]
        assert (tmp_path / "out.txt").read_text() == "[0, 1, 'caught'] False\n"
    done = traced(python, tmp_path, *env, "--slower-than", "0.001us", r"__main__\.", program)
    assert [line.partition("  <time>")[0] for line in normalised(done.output)[:-1]] == [
        f" <stamp>  {line}" for line in GREENLETS_AT_THE_END
    ]
    done = traced(python, tmp_path, *env, "--stats", r"__main__\.", program)
    rows = [line.split() for line in done.lines[1:-1]]
    assert sorted((row[8], row[0], row[1]) for row in rows) == [
        ("__main__.inner", "3", "1"), ("__main__.main", "1", "0"), ("__main__.outer", "3", "0"),
    ]  # fmt: skip
