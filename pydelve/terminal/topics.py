"""What ``help TOPIC`` explains, with examples; ``docs/reference/commands.md`` has the same texts."""

from __future__ import annotations

from pydelve.records import dataclass

LOCATIONS = """\
A location is one of
  14                     a line of the current file
  +3, -2                 that many lines below or above the current one
  bank.py:14             a line of a file; any unambiguous end of its path will do
  withdraw               a function; any unambiguous end of its full name will do
  bank.Account.withdraw  a method: stops at the first line of its body
  withdraw:16            a line of the file of that function
  /deposit|withdraw/     every function whose full name the regular expression is found in"""


@dataclass(frozen=True, slots=True)
class Topic:
    """One thing that is worth an explanation of its own."""

    name: str
    summary: str
    """One sentence without a full stop."""
    text: str
    examples: tuple[tuple[str, str], ...]
    """Pairs of what to type and what it does."""


TOPICS = (
    Topic(
        "locations", "how to name a place in the source",
        f"{LOCATIONS}\n\nWhere several places fit, they are listed, and nothing is done.",
        (
            ("break shop/till.py:20", "the end of a path is enough"),
            ("list json.dumps", "a library's function, by its module"),
            ("tbreak +3", "three lines further down, once"),
        ),
    ),
    Topic(
        "conditions", "stop only when it matters",
        "A condition is Python, evaluated in the frame at the breakpoint's line; its names are those of that frame.\n"
        "One that fails stops the program and says so. A hit condition looks at how often the line was reached.",
        (
            ("break withdraw if amount > self.balance", "with the breakpoint"),
            ("condition 1 len(rows) == 0", "afterwards; without an expression it is taken away"),
            ("break -hitcount >= 100 withdraw", "from the hundredth time on"),
            ("condition -hitcount 1 % 10", "every tenth time"),
        ),
    ),
    Topic(
        "exceptions", "stop at exceptions",
        "An uncaught exception stops the program post-mortem, its finally blocks done, and costs nothing before; so\n"
        "do one that ends a thread, and a task's that nobody retrieves (config stop-uncaught off). break -exc stops\n"
        "before: -raised (or nothing) as it comes to your code, -user as it leaves your code for a library that\n"
        "called it, -at-raise as it comes to your code and nobody will catch it, as far as that can be told (config\n"
        "exception-unknown); -uncaught counts, and looks at, those that stop anyway. CLASS is Class, module.Class or\n"
        "*, with subclasses. * leaves out what is no error (config exception-ignore); -ignore A,B chooses otherwise,\n"
        "and -all takes in those that libraries raise and handle among themselves. While set, all but -uncaught make\n"
        "each raise slower.",
        (
            ("break -exc ValueError", "where one comes to your code"),
            ("break -exc shop.TillError if exc.code > 3", "exc is the exception"),
            ("break -exc -user", "any that a framework will have to handle"),
            ("break -exc -at-raise", "any that will end the program, with nothing undone yet"),
            ("break -exc lost -all OSError -ignore FileNotFoundError", "one named lost"),
            ("exception", "message, notes, group, causes"),
        ),
    ),
    Topic(
        "values", "what is shown of a value, and how to see more",
        "Looking (args, locals, vars, a stop's own lines) reads values by their exact type and runs nothing of the\n"
        "program: no __repr__, no property. print, display and call do run its code. Long values are cut: ...+N more\n"
        "says how much is missing, and the line below which command shows it.",
        (
            ("print rows[100:200]", "a part of a list"),
            ("print -n 500 table", "the first 500 entries"),
            ("print -depth 5 tree", "five levels"),
            ("print -full text", "(almost) everything"),
            ("locals -v ^acc", "with types, those whose names begin so"),
            ("whatis account", "the type only"),
        ),
    ),
    Topic(
        "without-control", "what works where the program is looked at from outside, or is a core file",
        "Where a program can't be entered, and of a core file, everything is read from memory, and none of its code\n"
        "runs. threads, tasks, stack, frame, args, locals, vars and the like work as ever. print, display, whatis and\n"
        "examine evaluate names, attributes, items and slices, comparisons, arithmetic and and/or/not on what is\n"
        "stored, and len, type, isinstance, abs, bool, id. What a property, a call or a class's own method would\n"
        "tell is refused, with the reason. A live one stands still meanwhile; continue lets it run, Ctrl-C halts it.",
        (
            ("print account.owner", "what the object has stored"),
            ("print rows[-1]['name'] == 'eve'", "items, and what is equal by its value"),
            ("print len(queue) * 2", "arithmetic"),
            ("print frame", "an object with its attributes"),
        ),
    ),
    Topic(
        "python", "what is a command, and what is Python",
        "A line that begins with a command's name is that command, unless it is an assignment or a call. All else\n"
        "is Python, evaluated in the frame that is looked at; ! makes it Python in any case. Assignments change the\n"
        "program.",
        (
            ("total", "the value of an expression"),
            ("n = 5", "an assignment, although n is a command"),
            ("!next(rows)", "Python, although next is a command"),
            ("set account.owner = 'eve'", "an assignment as a command"),
        ),
    ),
    Topic(
        "prefixes", "one command at another place",
        "thread, frame, up and down look at another place from now on; with a command behind them, for that command\n"
        "only. They compose.",
        (
            ("frame 2 locals", "the variables of frame 2"),
            ("up print self", "in the caller"),
            ("thread 3 stack", "another thread's"),
            ("thread 3 frame 1 print -full rows", "a frame of another thread"),
        ),
    ),
    Topic(
        "stops", "why the program stands, and what that means",
        "A stop says why in its first line: entry, breakpoint N, step, halted, uncaught EXCEPTION, the condition of a\n"
        "breakpoint that failed. All Python threads stand still; C code that needs no Python runs on. Timers of the\n"
        "program and of others go on, too, and may fire at once when it goes on.",
        (
            ("threads", "where each thread stands"),
            ("display total", "a value that each stop shows"),
            ("on 1 stack 3", "a command at each stop at breakpoint 1"),
        ),
    ),
    Topic(
        "scripts", "commands and Python in files",
        "source runs a file of commands, or a Python script in pydelve's own process (not in the program), with the\n"
        "variable debugger. For example, this script runs to a breakpoint ten times and counts values:\n"
        "\n"
        "  from collections import Counter\n"
        "  from pydelve.api.requests import Evaluate\n"
        "  debugger.run('break withdraw')\n"
        "  seen = Counter()\n"
        "  for _ in range(10):\n"
        "      debugger.run('continue', quiet=True)\n"
        "      if debugger.stop is None:\n"
        "          break\n"
        "      seen[debugger.call(Evaluate('amount')).value.text] += 1\n"
        "  print(seen)",
        (("source count.py", "run it"), ("source setup.pydelve", "a file of commands")),
    ),
    Topic(
        "settings", "what may be otherwise",
        "config lists the settings with what they are about; a change counts for the session, config -save keeps it.",
        (
            ("config list-lines 10", "list shows more"),
            ("config alias restart r", "a name of your own; here, r as in Delve"),
            ("config -save", "for the next sessions, too"),
        ),
    ),
    Topic(
        "coming-from", "what pdb and Delve call it",
        "Most names of pdb and of Delve work here. A word that is theirs and has another name here says which; where\n"
        "short names clash, help names has what was decided.",
        (("help names", "all names, and the clashes"), ("config alias restart r", "decide otherwise")),
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clash:
    """A name that means one thing in pdb and another in Delve, or has another meaning here."""

    name: str
    pdb: str
    delve: str
    here: str
    """The command that it is here; "" for none."""
    why: str


CLASHES = (
    Clash("r", "return", "restart", "stepout", "an unwanted stepout costs less than a program started again"),
    Clash("run", "restart", "", "restart", "as in pdb"),
    Clash("l", "list", "list", "list", "both; a bare one goes on after the last, list . goes back"),
    Clash("clear", "with nothing: all, after a question", "one, by number or name", "clear", "as in Delve: clear all"),
    Clash("source", "an object's source", "run a file of commands", "source", "as in Delve; list OBJECT for pdb's"),
    Clash("display", "an expression", "-a EXPRESSION, -d NUMBER", "display", "both ways work"),
    Clash("until", "a line further down", "", "until", "as in pdb"),
    Clash("h", "help", "help", "help", "both"),
    Clash("u", "up", "", "up", "as in pdb"),
    Clash("d", "down", "", "down", "as in pdb"),
    Clash("w", "where", "", "stack", "as in pdb"),
    Clash("a", "args", "", "args", "as in pdb"),
    Clash("s", "step", "step", "step", "both"),
    Clash("p", "p", "print", "print", "both"),
    Clash("pp", "pp", "", "print", "values are laid out over lines where they are long"),
    Clash("step", "into any code", "into any code", "step", "into the program's own code; step -all into all"),
    Clash("exit", "quit", "exit", "exit", "both; a launched program is killed, detach lets it run on"),
)  # fmt: skip


def find(name: str) -> Topic | None:
    """The topic of that name."""
    return next((topic for topic in TOPICS if topic.name == name), None)


def topic_lines(topic: Topic) -> list[str]:
    """Everything about one topic."""
    width = max(len(typed) for typed, _ in topic.examples)
    return [
        f"{topic.name}: {topic.summary}", "", *topic.text.split("\n"), "", "Examples:",
        *(f"  {typed:<{width}}  {does}" for typed, does in topic.examples),
    ]  # fmt: skip


def topics_lines() -> list[str]:
    """All topics, one line each."""
    names = {**{topic.name: topic.summary for topic in TOPICS}, "names": "all names of all commands, and the clashes"}
    width = max(map(len, names))
    return [f"  {name:<{width}}  {summary}" for name, summary in names.items()]
