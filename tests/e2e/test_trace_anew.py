"""What a trace knows of code goes with it: a function may be compiled anew each time that it is called."""

from __future__ import annotations

from pathlib import Path

from pydelve.api.events import Traced
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import EndTracing, StartTracing
from pydelve.terminal.trace_book import Book
from tests.e2e.live import LiveSession
from tests.e2e.tracing import FOLDER, start
from tests.interpreters import Interpreter

LIMIT_S = 60.0
COUNT = 2500  # as in the program
PATTERN = r"^made\."
CASES: dict[str, tuple[StartTracing, int, int]] = {
    "all": (start(PATTERN), COUNT + 1, 2),
    "a condition": (start(PATTERN, condition="'number' not in locals() or number == 2"), 2, 2),
    "of parameters": (start(r"lambda", condition="number == 2"), 1, 1),
    "some": (start(PATTERN, sample=2), COUNT // 2, 1),
    "slow ones": (start(PATTERN, slower_than_s=100.0), 0, 0),
}
"""With how many calls are told of, of how many functions."""


def test_code_goes(python: Interpreter, tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    with open(output, "wb") as file:
        options = LaunchOptions("script", str(FOLDER / "anew.py"), python=python.path, stdout_fd=file.fileno())
        with LiveSession(options, LIMIT_S) as session:
            session.wait_stop()
            session.resume()
            for name, (request, calls, matched) in CASES.items():
                book, kinds, functions = Book(), [], set()
                session.call(request)
                before = len(session.events)
                session.resume()
                for event in session.events[before:]:
                    if isinstance(event, Traced):
                        book.take(event)
                        functions |= {(record.function, book.function(record).name) for record in event.records}
                        kinds += [record.kind for record in event.records if "waits" in book.function(record).name]
                assert len(functions) == matched, name
                if name == "all":
                    assert kinds == ["call", "yield", "resume", "yield", "resume", "return"]
                assert session.call(EndTracing()).calls == calls, name
            session.call(start(PATTERN, sums=True, verbosity=0))
            session.resume()
            summary = session.call(EndTracing())
            assert (summary.calls, summary.functions) == (COUNT + 1, 2)
    assert output.read_text().split() == ["True"] * (len(CASES) + 1)
