"""``pydelve trace`` of programs that do what few do."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.tracing import FOLDER, normalised, traced
from tests.interpreters import Interpreter

THREADS = [
    " <stamp>  [thread 2] __main__.alone(lock=<_thread.lock>)",
    " <stamp>  [thread 2]   __main__.work(n=1)",
    " <stamp>  [thread 2]   __main__.work -> 1  <time>",
    " <stamp>  [thread 2] __main__.alone -> None  <time>",
    " <stamp>  [worker] threading.Thread._bootstrap(self=<threading.Thread>)",
    " <stamp>  [worker]   __main__.work(n=2)",
    " <stamp>  [worker]   __main__.work -> 2  <time>",
    " <stamp>  [worker] threading.Thread._bootstrap -> None  <time>",
    "pydelve: 4 calls of 3 functions traced",
]


def test_threads_without_names(python: Interpreter, tmp_path: Path) -> None:
    pattern = r"__main__\.(alone|work)|Thread\._bootstrap$"
    for more in ((), ("--sample", "1/1", "--first", "99")):
        done = traced(python, tmp_path, *more, pattern, str(FOLDER / "odd_threads.py"))
        assert normalised(done.output) == THREADS
