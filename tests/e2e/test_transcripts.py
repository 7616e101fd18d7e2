"""Golden transcripts: whole sessions in script mode, compared in full, on every interpreter.

A transcript (``transcripts/*.txt``) starts with what it is about, then has the shell's line, then each command behind
the prompt's words with what it answered. Script mode shows neither prompt nor command: they are there for the reader.
What a command answered is told apart by asking for help on a command that doesn't exist after each one. ``[N]`` at the
end is pydelve's exit status where it is not 0.

``PYDELVE_REFRESH=1 pytest tests/e2e/test_transcripts.py --python 3.13`` writes them anew from the commands in them:
look at the difference, then run it on all. The text is the same for all versions; where one makes an honest difference,
``NAME.py39.txt`` beside ``NAME.txt`` is that version's (begin with a copy, and refresh with that version).

The programs are ``examples/`` and ``tests/programs/transcripts/``, copied to the session's folder.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from pydelve.terminal.commands import TABLE
from pydelve.terminal.model import Command
from tests.e2e.session import ROOT, Finished, Session
from tests.interpreters import Interpreter
from tests.sources import PROGRAMS

FOLDER = Path(__file__).with_name("transcripts")
REFRESH = bool(os.environ.get("PYDELVE_REFRESH"))
NAMES = sorted({path.name.partition(".")[0] for path in FOLDER.glob("*.txt")})
_SHELL, _PROMPT = "$ pydelve ", "(pydelve) "
_MARK = re.compile(r"there is no command @(\d+)\n  try: help\n")
_LIBRARY_LINE = re.compile(r"\b((?:threading|runpy|contextlib|asyncio/\w+)\.py|<frozen [\w.]+>):\d+")
_ARMED = re.compile(r"(armed by \w+|woven into it)( \(not woven: [^)]*\))?")
_CACHES = shutil.ignore_patterns("__pycache__")
_STARTED = "process <pid> started: "
_TRACED = re.compile(r"^ +\d+\.\d{6}(  .*?)(  [\d.]+[mu]?s(, self [\d.]+[mu]?s)?)?$", re.MULTILINE)
_ENDED = re.compile(r"(exited with status \d+|has ended; its status is known to its parent only)$", re.MULTILINE)
"""Of a child: from Linux 6.15 on the kernel tells its status for certain."""
_CARETS = re.compile(r"^ +[~^]+ *\n", re.MULTILINE)


@dataclass(frozen=True)
class Transcript:
    """One file of ``transcripts/``, taken apart."""

    about: str
    words: list[str]
    commands: list[str]

    @classmethod
    def read(cls, text: str) -> Transcript:
        about, _, rest = text.partition(_SHELL)
        lines = rest.splitlines()
        commands = [line[len(_PROMPT) :] for line in lines if line.startswith(_PROMPT)]
        return cls(about, shlex.split(lines[0]), commands)

    def marked(self) -> list[str]:
        """The lines to send: each command and its mark, one mark before all."""
        lines = ["help @0"]
        for number, command in enumerate(self.commands, 1):
            lines += [command, f"help @{number}"]
        return lines

    def written(self, finished: Finished) -> str:
        """The transcript's text as this run makes it."""
        answers = dict(enumerate(_MARK.split(_same_everywhere(finished.output))[::2]))
        parts = [self.about, _SHELL, shlex.join(self.words), "\n", _answer(answers[0])]
        for number, command in enumerate(self.commands, 1):
            parts += [_PROMPT, command, "\n", _answer(answers.get(number, ""))]
        if finished.exit_code:
            parts.append(f"[{finished.exit_code}]\n")
        return "".join(parts)


@pytest.mark.parametrize("name", NAMES)
def test_transcript(name: str, python: Interpreter, tmp_path: Path) -> None:
    own = FOLDER / f"{name}.{python.id}.txt"
    path = own if own.exists() else FOLDER / f"{name}.txt"
    golden = path.read_text(encoding="utf-8")
    transcript = Transcript.read(golden)
    shutil.copytree(PROGRAMS / "transcripts", tmp_path, dirs_exist_ok=True, ignore=_CACHES)
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=_CACHES)
    subcommand, *words = transcript.words
    session = Session(python, tmp_path)
    now = transcript.written(session.run([subcommand, "--python", python.path, *words], transcript.marked()))
    if REFRESH:
        path.write_text(now, encoding="utf-8")
    else:
        assert now == golden


def test_every_command_is_in_one_and_a_refusal_of_it() -> None:
    used: set[Command | None] = set()
    refused: set[Command | None] = set()
    for name in NAMES:
        said = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").split(f"\n{_PROMPT}")[1:]
        for command, _, answer in (block.partition("\n") for block in said):
            found = {TABLE.find(word) for word in command.split()[:4]}
            used |= found
            if "  try: " in answer:
                refused |= found
    assert [command.name for command in TABLE if command not in used] == []
    assert [command.name for command in TABLE if command not in refused] == []


def _same_everywhere(text: str) -> str:
    """Without what CPython's versions word differently and what is no answer of ours: carets, lines of libraries. And
    without how a breakpoint is armed, which is by what the version has, and without the times of traced calls.
    """
    text = _TRACED.sub(r"<time>\1", text)
    text = re.sub(r"^target \d+: .*$", lambda line: _ENDED.sub("<ended>", line[0]), text, flags=re.MULTILINE)
    return _CARETS.sub("", _LIBRARY_LINE.sub(r"\1:<line>", _ARMED.sub("armed by <how>", text)))


def _answer(text: str) -> str:
    """One command's answer, put in order where that is chance.

    The program's output may leave its line unended; and what it writes before it could be stopped, as a syntax error,
    may come before pydelve says that it started.
    """
    return "".join(f"{line}\n" for line in sorted(text.splitlines(), key=lambda line: not line.startswith(_STARTED)))
