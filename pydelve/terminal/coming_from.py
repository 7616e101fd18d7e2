"""What pdb 3.15 and Delve 1.27 call it, and what to type here: the table behind ``docs/reference/coming-from.md``.

A row whose command this version does not have says so by itself; the rest is checked by running every row
(``tests/e2e/test_coming_from.py``). The prompt uses it too: a word that is theirs says what it is called here.
"""

from __future__ import annotations

from pydelve.records import dataclass
from pydelve.terminal.model import CommandTable


@dataclass(frozen=True, slots=True)
class Row:
    """One command of theirs."""

    debugger: str
    """``pdb`` or ``Delve``."""
    names: tuple[str, ...]
    """Its name and its aliases there."""
    here: str
    """What to type here, as an example; "" where there is nothing like it."""
    note: str = ""
    """What is different, or why there is none."""

    def works(self, table: CommandTable) -> bool:
        """Whether this version has the command that stands in ``here``."""
        return bool(self.here) and (self.here.startswith("!") or table.find(self.here.split()[0]) is not None)

    def says(self, word: str, table: CommandTable) -> str:
        """One line about a word of theirs."""
        note = f": {self.note}" if self.note else ""
        if self.works(table):
            name = "Python behind !" if self.here.startswith("!") else self.here.split()[0]
            return f"{word} is {self.debugger}'s; here it is {name}{note}"
        return f"{word} is {self.debugger}'s, and not here{' yet' if self.here else ''}{note}"


def _pdb(names: str, here: str, note: str = "") -> Row:
    return Row("pdb", tuple(names.split()), here, note)


def _delve(names: str, here: str, note: str = "") -> Row:
    return Row("Delve", tuple(names.split()), here, note)


_NO_REVERSE = "programs are not recorded, so nothing runs backwards; restart begins again"
_NO_MACHINE = "Python code has no machine instructions of its own"

ROWS = (
    _pdb("help h", "help break", "help topics lists explanations"),
    _pdb("where w bt", "stack", "innermost first; library frames are folded, stack -all shows them"),
    _pdb("down d", "down 1"),
    _pdb("up u", "up 1"),
    _pdb("break b", "break bank.py:33 if amount > 50", "pdb's comma before the condition works, too"),
    _pdb("tbreak", "tbreak Account.deposit"),
    _pdb("clear cl", "clear 1", "clear all, or clearall, for all; nothing is asked"),
    _pdb("disable", "disable 1"),
    _pdb("enable", "enable 1"),
    _pdb("ignore", "condition -hitcount 1 > 5", "ignore 1 5 in pdb: not the first five times"),
    _pdb("condition", "condition 1 amount > 50"),
    _pdb("commands", "on 1 print amount", "one command with each on; on -clear 1 takes them away"),
    _pdb("step s", "step", "enters the program's own code; step -all enters libraries, too"),
    _pdb("next n", "next"),
    _pdb("until unt", "until"),
    _pdb("return r", "stepout", "shows what was returned"),
    _pdb("continue cont c", "continue"),
    _pdb("jump j", "jump +1"),
    _pdb("list l", "list", "list . and list FIRST, LAST as in pdb"),
    _pdb("longlist ll", "longlist"),
    _pdb("args a", "args"),
    _pdb("p", "print amount"),
    _pdb("pp", "print vars(self)", "long values are laid out over lines by themselves"),
    _pdb("whatis", "whatis amount"),
    _pdb("source", "list Account.deposit", "source runs a file of commands here, as in Delve"),
    _pdb("display", "display amount"),
    _pdb("undisplay", "undisplay 1"),
    _pdb("interact", "!total = 1 + 1", "any Python line at the prompt runs in the frame, with no mode to enter"),
    _pdb("alias", "config alias print -n 500 pn", "the command first, then its name"),
    _pdb("unalias", "config alias pn", "after it was made with config alias COMMAND NAME"),
    _pdb("debug", "call transfer(source, target, 1)", "breakpoints count in what is called"),
    _pdb("retval rv", "stepout", "a stop after stepout or next shows what was returned"),
    _pdb("exceptions", "exception", "causes and parts of a group have numbers; exception 1 bt shows the frames of one"),
    _pdb("run restart", "restart", "breakpoints, displays and history are kept"),
    _pdb("quit q exit EOF", "exit", "asks once where a program is under way; detach lets it run on"),
    _delve("call", "call transfer(source, target, 1)"),
    _delve("continue c", "continue"),
    _delve("next n", "next"),
    _delve("next-instruction ni nexti", "next", _NO_MACHINE),
    _delve("rebuild", "restart", "Python is compiled as it is imported: restart reads the files anew"),
    _delve("restart", "restart", "Delve's r: config alias restart r"),
    _delve("rev", "", _NO_REVERSE),
    _delve("rewind rw", "", _NO_REVERSE),
    _delve("step s", "step"),
    _delve("step-instruction si stepi", "step", _NO_MACHINE),
    _delve("stepout so", "stepout"),
    _delve("break b", "break bank.py:33"),
    _delve("breakpoints bp", "breakpoints"),
    _delve("clear", "clear 1"),
    _delve("clearall", "clearall"),
    _delve("condition cond", "condition -hitcount 1 % 2"),
    _delve("on", "on 1 print amount"),
    _delve("toggle", "toggle 1"),
    _delve("trace t", "trace Account.deposit"),
    _delve("watch", "watch self.balance"),
    _delve("args", "args -v"),
    _delve("display", "display -a amount"),
    _delve("examinemem x", "examine self", "an object rather than memory: its type, size and attributes"),
    _delve("locals", "locals -v"),
    _delve("print p", "print amount"),
    _delve("regs", "", _NO_MACHINE),
    _delve("set", "set amount = 31"),
    _delve("vars", "vars -v"),
    _delve("whatis", "whatis amount"),
    _delve("goroutine gr", "task", "asyncio's tasks take the place of goroutines"),
    _delve("goroutines grs", "tasks", "asyncio's tasks take the place of goroutines"),
    _delve("thread tr", "thread 1"),
    _delve("threads", "threads"),
    _delve("deferred", "", "Python has no deferred calls; finally and with blocks are lines like others"),
    _delve("down", "down 1 locals"),
    _delve("frame", "frame 0 locals"),
    _delve("stack bt", "stack 5 -full"),
    _delve("up", "up 1 locals"),
    _delve("check checkpoint", "", _NO_REVERSE),
    _delve("checkpoints", "", _NO_REVERSE),
    _delve("clear-checkpoint clearcheck", "", _NO_REVERSE),
    _delve("config", "config list-lines 10", "config -list, -save, alias and substitute-path as in Delve"),
    _delve("disassemble disass", "disassemble -l Account.deposit", "Python's bytecode"),
    _delve("dump", "dump core.1"),
    _delve("edit ed", "edit"),
    _delve("exit quit q", "exit"),
    _delve("funcs", "funcs Account"),
    _delve("help h", "help"),
    _delve("libraries", "modules -all", "modules with their files, those written in C left out"),
    _delve("list ls l", "list"),
    _delve("packages", "modules"),
    _delve("source", "source setup.pydelve", "Python scripts in place of Starlark: source look.py"),
    _delve("sources", "sources"),
    _delve("target", "targets", "children of a program run without being debugged"),
    _delve("transcript", "transcript session.txt"),
    _delve("types", "types"),
)


def theirs_of(word: str, table: CommandTable) -> Row | None:
    """The row of a word that pdb or Delve has and we have not; the one that helps, where both have it."""
    if table.find(word) is not None:
        return None
    found = [row for row in ROWS if word in row.names]
    return next((row for row in found if row.works(table)), found[0] if found else None)
