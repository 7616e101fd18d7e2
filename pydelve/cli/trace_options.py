"""The words of ``pydelve trace`` made into what to trace, of which program. Reads the file system, starts nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

from pydelve.api.tracing import TraceOptions
from pydelve.cli.headless_options import HEADLESS, Headless, read_headless
from pydelve.cli.launching import COMMON, LOG, Launch, prepare, program_of
from pydelve.cli.options import Option, Words, parse
from pydelve.cli.subcommands import Help
from pydelve.cli.test import check_pytest, refuse_workers
from pydelve.errors import UsageError
from pydelve.records import dataclass

_PROGRAM = tuple(option for option in COMMON if option.name in {"--python", "--cwd", "--env", "--redirect"})
OPTIONS = (
    Option("-m", "trace a module, found as python -m finds it", "MODULE"),
    Option("-p", "trace a process that runs", "PID"),
    Option("--test", "trace pytest; what follows are its arguments"),
    Option("--file", "only functions in this file, or in those whose path ends so", "FILE", repeats=True),
    Option("--exclude", "not the functions that match this, too", "REGEXP"),
    Option("--just-my-code", "not those of the standard library and of installed packages"),
    Option("--builtins", "functions written in C, too, as builtins.len or str.join (Python 3.12 and later)"),
    Option("--children", "of child processes, too, and theirs, until the last one ends; they start a little later"),
    Option("--follow-calls", "what the functions call, too, to so many levels", "N"),
    Option("--when", "only calls that an expression over the parameters is true of", "EXPR"),
    Option("--slower-than", "only calls that took at least so long: 10ms, 1.5s", "TIME"),
    Option("--stack", "show so many callers of each call", "N"),
    Option("--first", "end after so many calls", "N"),
    Option("--sample", "one call in N", "1/N"),
    Option("--max-overhead", "tell in bursts, so that it takes at most this share of the time: 5%", "SHARE"),
    Option("--for", "end after a time: 10s, 2m", "TIME"),
    Option("-v", "how much of values is shown, from 0, nothing, to 4, nearly all (default: 2)", "LEVEL"),
    Option("--lossless", "the program waits where its calls can't be shown as fast"),
    Option("--json", "one JSON object a line"),
    Option("--format", "perfetto: a file for ui.perfetto.dev, with --output; json, lines", "NAME"),
    Option("--stats", "no calls but a table of what they cost by function, live on a terminal"),
    Option("--flame", "no calls but where time went: a picture (FILE.svg), or folded stacks for other tools", "FILE"),
    Option("--output", "write to a file, not to standard error", "FILE"),
    Option("--continue", "run at once, not when the first client says so (headless)"),
    *_PROGRAM,
    *HEADLESS,
    LOG,
)  # fmt: skip
HELP = Help(
    "trace",
    (
        "[options] REGEXP script.py [arguments]", "[options] REGEXP -m module [arguments]", "[options] REGEXP -p PID",
        "[options] REGEXP --test [pytest's arguments]",
    ),
    details="Shows each call of the functions whose module.qualname matches REGEXP, also of those that are loaded\n"
    "later: arguments, results, exceptions, yields and awaits, and how long it took. The program never waits for\n"
    "it: what is not read in time is dropped, oldest first, and counted. Ctrl-C ends it.\n"
    "Options stand before or after REGEXP. The exit status is the program's.",
    options=OPTIONS,
    examples=(
        ("pydelve trace '\\.Account\\.' bank.py", "all methods of a class"),
        ("pydelve trace --slower-than 10ms '^app\\.' -p 1234", "slow calls in a server"),
        ("pydelve trace --json --output calls.jsonl . --just-my-code -m app", "for programs"),
        ("pydelve trace --when 'amount > 100' deposit --test -x", "in tests"),
    ),
)  # fmt: skip
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_TIME = re.compile(r"(\d+(?:\.\d*)?|\.\d+) ?([a-z]*)")
_VERBOSITIES, _VERBOSITY = 4, 2
_SHARE, _WHOLE = re.compile(r"(\d+(?:\.\d*)?|\.\d+) ?%?"), 100
_SINGLES_OUT = ("--follow-calls", "--when", "--slower-than", "--stack", "--first", "--sample", "--stats")
_FORMATS = ("lines", "json", "perfetto")
_SHOWN_HERE = ("--json", "--format", "--flame", "--output", "--for")
_HEADLESS_NAMES = {option.name for option in HEADLESS}


@dataclass(frozen=True, slots=True)
class Trace:
    """What was asked for, checked."""

    options: TraceOptions
    launch: Launch | None
    """None: the process is there."""
    pid: int
    seconds: float
    """The trace ends after so long."""
    json: bool
    perfetto: bool
    stats: bool
    flame: str
    """A file; "" for none."""
    output: str
    """A file; "" is standard error."""
    log: str | None
    headless: Headless | None
    """How to serve the records to clients; None has them shown here."""


def read_words(words: Sequence[str]) -> Trace:
    """Parse and check the words after ``pydelve trace``.

    Raises:
        UsageError: something about them can't be.
        TargetError: the tests can't be run.
    """
    parsed = _parsed(words)
    pattern, launch, pid = parsed.rest[0], None, 0
    parsed = Words(parsed.values, parsed.rest[1:])
    _check_forms(parsed)
    headless = _headless(parsed)
    parsed = Words({name: found for name, found in parsed.values.items() if name not in _HEADLESS_NAMES}, parsed.rest)
    if parsed.last("-p") is not None:
        pid = _pid(parsed)
    elif parsed.last("--test") is not None:
        if parsed.last("--children") is None:
            refuse_workers(parsed.rest, "trace", f"pydelve trace --children {pattern} --test ...")
        launch = prepare(parsed, "pytest", parsed.rest, module=True)
        check_pytest(launch)
    else:
        program, arguments = program_of(parsed, f"trace {pattern}")
        launch = prepare(parsed, program, arguments, module=parsed.last("-m") is not None)
    return Trace(
        options=_options(parsed, pattern),
        launch=launch,
        pid=pid,
        seconds=_time(parsed, "--for", float("inf")),
        json=parsed.last("--json") is not None or parsed.last("--format") == "json",
        perfetto=parsed.last("--format") == "perfetto",
        stats=parsed.last("--stats") is not None,
        flame=parsed.last("--flame") or "",
        output=parsed.last("--output") or "",
        log=parsed.last("--log"),
        headless=headless,
    )


def _parsed(words: Sequence[str]) -> Words:
    """Options from both sides of the expression, which is the first of the rest."""
    before = parse("trace", OPTIONS, words)
    if not before.rest:
        raise UsageError(
            "there is nothing to trace", why="no regular expression was given", hint="pydelve trace REGEXP script.py"
        )
    if before.values.keys() & {"-m", "--test"}:  # what follows the expression is the program's already
        after = Words({}, before.rest[1:])
    else:
        after = parse("trace", OPTIONS, before.rest[1:], ends=("-m", "--test"))
    values = {name: list(found) for name, found in before.values.items()}
    repeated = {option.name for option in OPTIONS if option.repeats}
    for name, found in after.values.items():
        if name in values and name not in repeated:
            raise UsageError(
                f"{name} was given twice", why=f"{values[name][-1]!r} and {found[-1]!r}", hint="leave one away"
            )
        values.setdefault(name, []).extend(found)
    return Words(values, (before.rest[0], *after.rest))


def _check_forms(parsed: Words) -> None:
    """There is one form of output."""
    name = parsed.last("--format")
    if name is not None and name not in _FORMATS:
        raise UsageError(f"there is no format {name}", why=f"there are {', '.join(_FORMATS)}", hint="--format perfetto")
    if name == "perfetto" and "--output" not in parsed.values:
        raise UsageError("--format perfetto needs a file", why="it is not for reading", hint="--output trace.json")
    forms = [name for name in ("--json", "--format", "--stats", "--flame") if name in parsed.values]
    if len(forms) > 1:
        raise UsageError(
            f"{' and '.join(forms)} were given", why="each is a form of the whole output", hint="leave one away"
        )
    if "--flame" in forms and "--output" in parsed.values:
        raise UsageError("--flame and --output were given", why="--flame has a file", hint="leave --output away")
    for option in ("--flame", "--output"):
        if parsed.last(option) == "":
            raise UsageError(f"{option} needs a file", why="the name that was given is empty", hint=f"{option} FILE")


def _headless(parsed: Words) -> Headless | None:
    headless = read_headless(parsed, "trace")
    if headless is None and "--continue" in parsed.values:
        raise UsageError(
            "--continue needs --headless", why="what is traced here runs at once", hint="leave --continue away"
        )
    for name in _SHOWN_HERE if headless is not None else ():
        if name in parsed.values:
            raise UsageError(
                f"{name} has no place with --headless", why="clients get the records, and end the trace",
                hint="pydelve trace --headless REGEXP ...",
            )  # fmt: skip
    return headless


def _pid(parsed: Words) -> int:
    word = parsed.last("-p") or ""
    if not (word.isascii() and word.isdecimal()):
        raise UsageError(f"{word} is no number of a process", why="a pid is a number", hint="pydelve ps")
    if parsed.rest:
        raise UsageError(
            "a process and a program were given", why=f"-p {word}, and {' '.join(parsed.rest)}", hint="leave one away"
        )
    return int(word)


def _options(parsed: Words, pattern: str) -> TraceOptions:
    return TraceOptions(
        pattern=pattern,
        exclude=parsed.last("--exclude") or "",
        files=tuple(_file(path) for path in parsed.values.get("--file", [])),
        own_code=parsed.last("--just-my-code") is not None,
        follow_calls=_count(parsed, "--follow-calls"),
        condition=parsed.last("--when") or "",
        slower_than_s=_time(parsed, "--slower-than", 0.0),
        stack=_count(parsed, "--stack"),
        first=_count(parsed, "--first"),
        sample=_sample(parsed),
        verbosity=_verbosity(parsed),
        lossless=parsed.last("--lossless") is not None,
        max_overhead=_share(parsed),
        sums=parsed.last("--stats") is not None,
        builtins=_builtins(parsed),
        children=parsed.last("--children") is not None,
    )


def _file(path: str) -> str:
    """The pattern for a path that is one, or for the end of one."""
    if os.path.exists(path):
        return os.path.realpath(path)
    return path if path.startswith(("/", "*")) else f"*/{path}"


def _count(parsed: Words, name: str) -> int:
    word = parsed.last(name)
    if word is None:
        return 0
    if not (word.isascii() and word.isdecimal() and int(word) > 0):
        raise UsageError(f"{name} {word} is no number", why="it is a whole number from 1 on", hint=f"{name} 10")
    return int(word)


def _builtins(parsed: Words) -> bool:
    asked = "--builtins" in parsed.values
    if asked and "--when" in parsed.values and "--follow-calls" not in parsed.values:
        raise UsageError(
            "--builtins and --when were given", why="of functions written in C no parameters are known",
            hint="--follow-calls 1 shows what calls that the expression is true of call",
        )  # fmt: skip
    return asked


def _sample(parsed: Words) -> int:
    word = parsed.last("--sample")
    if word is None:
        return 1
    found = re.fullmatch(r"(?:1/)?([1-9][0-9]{0,8})", word, re.ASCII)
    if found is None:
        raise UsageError(f"--sample {word} is no share", why="it is 1/N: one call in N", hint="--sample 1/100")
    return int(found[1])


def _share(parsed: Words) -> float:
    word = parsed.last("--max-overhead")
    if word is None:
        return 0.0
    found = _SHARE.fullmatch(word)
    if found is None or not 0 < float(found[1]) < _WHOLE:
        raise UsageError(
            f"--max-overhead {word} is no share", why="it is more than 0% and less than 100%", hint="--max-overhead 5%"
        )
    others = [name for name in _SINGLES_OUT if name in parsed.values]
    if others:
        raise UsageError(
            f"--max-overhead and {others[0]} were given",
            why="the limit is for traces of all calls",
            hint="leave one away",
        )
    return float(found[1]) / _WHOLE


def _verbosity(parsed: Words) -> int:
    word = parsed.last("-v")
    if word is None:
        return 0 if parsed.values.keys() & {"--stats", "--flame"} else _VERBOSITY
    if not (word.isascii() and word.isdecimal() and int(word) <= _VERBOSITIES):
        raise UsageError(f"-v {word} is no level", why=f"levels are 0 to {_VERBOSITIES}", hint="-v 3")
    return int(word)


def _time(parsed: Words, name: str, default: float) -> float:
    word = parsed.last(name)
    if word is None:
        return default
    found = _TIME.fullmatch(word)
    if found is None or found[2] not in _SECONDS:
        raise UsageError(f"{name} {word} is no time", why="it is a number and us, ms, s or m", hint=f"{name} 10ms")
    return float(found[1]) * _SECONDS[found[2]]
