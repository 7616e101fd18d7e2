"""What tests of ``pydelve trace`` share: runs of it, beside the test or to their end, and its records in few words."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from pydelve.api.events import Event, Traced
from pydelve.api.requests import StartTracing
from pydelve.api.tracing import TraceOptions
from pydelve.terminal.trace_book import Book
from tests.e2e.running import Beside
from tests.e2e.session import LAUNCHER, Finished, Session, clean_environment
from tests.interpreters import Interpreter
from tests.sources import PROGRAMS

FOLDER = PROGRAMS / "tracing"
TRANSCRIPTS = Path(__file__).with_name("transcripts")
TIME = re.compile(r"\b\d+(?:\.\d+)?(us|ms|s)\b")
STAMP = re.compile(r"^ +\d+\.\d{6}", re.MULTILINE)
SHARE = re.compile(r"; telling of one took .*")
ENDS = {"return", "raise", "propagate", "yield", "await"}


def traced(python: Interpreter, tmp_path: Path, *words: str) -> Finished:
    """``pydelve trace`` with these words; the program's own output is in ``out.txt``."""
    redirect = ("--redirect", f"stdout:{tmp_path / 'out.txt'}")
    return Session(python, tmp_path).run(["trace", "--python", python.path, *redirect, *words])


def records(python: Interpreter, tmp_path: Path, *words: str) -> list[dict[str, Any]]:
    """The same, as the objects of ``--json``."""
    path = tmp_path / "calls.jsonl"
    traced(python, tmp_path, "--json", "--output", str(path), *words)
    return [json.loads(line) for line in path.read_text().splitlines()]


def normalised(text: str) -> list[str]:
    """Without times, and what has them only where one was long enough."""
    text = SHARE.sub("", STAMP.sub(" <stamp>", text))
    text = re.sub(r", (self|suspended) \d+(?:\.\d+)?(us|ms|s)", "", text)
    return TIME.sub("<time>", text).splitlines()


def unseen(python: Interpreter) -> str:
    """What is said beside, where no call was told of."""
    if python.version_info >= (3, 12):
        return ""
    return "; what exec or eval makes meanwhile is not seen before Python 3.12"


def start(pattern: str, **more: Any) -> StartTracing:
    """The request, with options."""
    return StartTracing(TraceOptions(pattern, **more))


def said(events: list[Event], book: Book) -> list[str]:
    """Records in a few words."""
    found = []
    for event in events:
        if not isinstance(event, Traced):
            continue
        assert event.lost == 0
        book.take(event)
        for record in event.records:
            function = book.function(record)
            name = function.name.partition(".")[2]
            pairs = zip(function.parameters, record.values, strict=False)
            shown = f"({', '.join(f'{key}={value}' for key, value in pairs)})"
            found.append(f"{record.kind} {name}" + (shown if record.kind == "call" else " " + "".join(record.values)))
    return [line.rstrip() for line in found]


class Tracer(Beside):
    """``pydelve trace`` beside the test."""

    def __init__(self, folder: Path, *words: str, stdin: int = subprocess.DEVNULL) -> None:
        self.calls, self.output = folder / "calls.txt", folder / "traced.txt"
        with self.calls.open("wb"), self.output.open("wb") as output:
            popen = subprocess.Popen(
                [sys.executable, str(LAUNCHER), "trace", "--output", str(self.calls), *words],
                stdin=stdin, stdout=output, stderr=subprocess.STDOUT, env=clean_environment(folder), cwd=folder,
                start_new_session=True,  # a Ctrl-C at the terminal of the tests would be for it, too
            )  # fmt: skip
        super().__init__(popen, self.output, self.calls)
