"""The one table of commands: parser, help, completion and ``docs/reference/commands.md`` come from it.

Where Delve's and pdb's short names clash, this table decides. ``r`` is pdb's ``return`` (Delve: ``restart``), because
an unwanted ``stepout`` costs less than a program started again; ``restart`` is ``run``, as in pdb. ``w`` is pdb's
``where``, ``cl`` its ``clear``.
"""

from __future__ import annotations

from pydelve.terminal import handlers_breakpoints as breakpoints
from pydelve.terminal import handlers_config as config
from pydelve.terminal import handlers_display as display
from pydelve.terminal import handlers_exceptions as exceptions
from pydelve.terminal import handlers_listing as listing
from pydelve.terminal import handlers_looking as looking
from pydelve.terminal import handlers_moving as moving
from pydelve.terminal import handlers_reload as reloading
from pydelve.terminal import handlers_running as running
from pydelve.terminal import handlers_session as session
from pydelve.terminal import handlers_tasks as tasks
from pydelve.terminal import handlers_tests as tests
from pydelve.terminal import handlers_variables as variables
from pydelve.terminal.commands_code import CODE
from pydelve.terminal.commands_scripts import SCRIPTS
from pydelve.terminal.commands_targets import TARGETS
from pydelve.terminal.commands_tracing import TRACE
from pydelve.terminal.handlers_examine import examine
from pydelve.terminal.model import Command, CommandTable, Option
from pydelve.terminal.topics import LOCATIONS

_CUT_OPTIONS = (
    Option("-n", "elements of a container and characters of a string to show", "COUNT"),
    Option("-depth", "levels of nesting to show", "N"),
    Option("-full", "show (almost) everything: 10,000 elements, 6 levels"),
)
_NAMED_OPTIONS = (
    *_CUT_OPTIONS,
    Option("-v", "with the type and the scope of each"),
    Option("-all", "every name, however many there are"),
)
_BY_NAME = "A word that is the name of a variable means it; any other is a regular expression found in names."
_FORMATS = """\
A format is %[flags][width][.precision]letter, for the numbers anywhere in the value:
  x X o b d   whole numbers; # adds the prefix, 0 fills, "," separates; x also of texts and bytes
  e f g       all numbers; .N is the precision
  s r         str() and repr() of the value as a text, which the program itself makes
  j           the value as JSON"""
_SUSPENDED = "Code that is not imported yet gives a suspended breakpoint, which says so when it lands."
_HITS = "OP is one of == != > >= < <= %, compared with the number of hits; % N stops at every N-th one."

_NAMES = "Where a number is asked for, a breakpoint's name will do too, or last for the one set last."
_INNER = (
    "-inner stops at each call of a lambda, at each element of a comprehension over several lines, and as one on a\n"
    "single line starts."
)
_LOG = (
    "A logpoint writes str of each {expression} ({expression!r}: its repr; {expression:.2f}: a format; {{ is a brace)\n"
    "where a breakpoint stops; what is written while the program runs is shown in order, before the next stop."
)
_BREAK_OPTIONS = (
    Option("-hitcount", "stop by the number of hits: -hitcount OP N LOCATION"),
    Option("-after", "stop only once another one was hit: -after ID LOCATION, -after ID:COUNT LOCATION"),
    Option("-log", "write a text with the values of {expressions}, and do not stop: LOCATION -log 'TEXT'"),
    Option("-thread", "in one thread only: -thread N LOCATION"),
    Option("-task", "in one task of asyncio only: -task N LOCATION"),
    Option("-per-task", "the number of hits is that in each task: -per-task -hitcount OP N LOCATION"),
    Option("-inner", "in the lambdas and comprehensions that have their body on that line"),
    Option("-exc", "on exceptions: see help exceptions"),
)

TABLE = CommandTable([
    # Breakpoints
    Command(
        "break", "Breakpoints", "set a breakpoint, or list them",
        ("LOCATION", "LOCATION if CONDITION", "LOCATION, CONDITION", "NAME LOCATION", "LOCATION -log 'TEXT'",
         "-exc [CLASS] [-raised|-user|-uncaught|-at-raise] [if CONDITION]", ""),
        breakpoints.set_breakpoint, uses="control", aliases=("b",), takes="python", completes="location",
        options=_BREAK_OPTIONS,
        details=f"{LOCATIONS}\n\n{_SUSPENDED}\n{_HITS}\n{_NAMES}\n{_LOG}\n{_INNER}",
        examples=(
            ("break bank.py:14", "stop before line 14 runs"),
            ("break withdraw if amount > 100", "stop in withdraw when the condition is true"),
            ("break -hitcount % 10 withdraw", "stop every tenth time"),
            ("break entrance withdraw", "one named entrance: condition entrance amount > 9"),
            ("break -after entrance:3 deposit", "stop in deposit once entrance was hit 3 times"),
            ("break withdraw if frame(1).retries > 2", "a condition on the caller's variables"),
            ('break deposit -log "{self!r}: {amount}"', "a line each time, and no stop"),
            ("break -exc ValueError if exc.args", "where one is raised; its condition may look at it"),
            ("break -inner 14", "in `sorted(rows, key=lambda row: row.name)`: at each call of the lambda"),
        ),
    ),
    Command(
        "tbreak", "Breakpoints", "set a breakpoint that goes with its first hit", ("LOCATION", "LOCATION if CONDITION"),
        breakpoints.set_temporary, uses="control", aliases=("tb",), takes="python", completes="location",
        options=_BREAK_OPTIONS, details=LOCATIONS, examples=(("tbreak main", "stop once, in main"),),
    ),
    Command(
        "breakpoints", "Breakpoints", "list the breakpoints with their hits and conditions",
        ("", "-v", "-save [FILE]", "-restore [FILE]"),
        breakpoints.list_breakpoints, aliases=("bp",), takes="words",
        options=(
            Option("-v", "everything about each of their places, and how it is armed there"),
            Option("-save", "write the commands that set them to a file (default: one kept for this folder)"),
            Option("-restore", "set those that were saved"),
        ),
        examples=(("bp -save", "keep them for another session in this folder"), ("bp -restore", "set them again")),
    ),
    Command(
        "condition", "Breakpoints", "set, change or take away a breakpoint's condition",
        ("ID EXPRESSION", "ID", "-hitcount ID OP N", "-hitcount ID", "-after ID OTHER[:COUNT]", "-after ID",
         "-log ID 'TEXT'", "-log ID", "-thread ID N", "-thread ID", "-task ID N", "-task ID", "-per-task ID OP N"),
        breakpoints.set_condition, uses="control", aliases=("cond",), takes="python", completes="breakpoint expression",
        options=(
            Option("-hitcount", "a condition on the number of hits"),
            Option("-after", "only once another breakpoint was hit, COUNT times"),
            Option("-log", "make it a logpoint with this text, or, without one, a breakpoint again"),
            Option("-thread", "in this thread only, or, without a number, in any"),
            Option("-task", "in this task only, or, without a number, in any"),
            Option("-per-task", "a condition on the number of hits in each task"),
        ),
        details=f"Without an expression the condition is taken away.\n{_HITS}\n{_NAMES}",
        examples=(
            ("condition 1 amount > 100", "stop at 1 only when amount is larger"),
            ("condition 1", "stop always again"),
            ("condition -hitcount 1 >= 3", "not the first two times"),
        ),
    ),
    Command(
        "on", "Breakpoints", "run a command at each stop at a breakpoint", ("ID COMMAND", "ID", "-clear ID"),
        breakpoints.on, uses="control", takes="python", completes="breakpoint command",
        options=(Option("-clear", "take its commands away"),),
        details="Each on adds one. They run in order when the stop was shown; one that lets the program run on\n"
        "(continue, next) leaves out the rest.",
        examples=(("on 1 print amount", "show a value at each hit"), ("on 1 continue", "and go on: a log")),
    ),
    TRACE,
    Command(
        "clear", "Breakpoints", "remove breakpoints and traces", ("ID [ID ...]", "FILE:LINE", "all"),
        breakpoints.clear, aliases=("cl",), takes="words", completes="breakpoint",
        examples=(("clear 1 3", "remove 1 and 3"), ("clear t1", "end a trace")),
    ),
    Command(
        "clearall", "Breakpoints", "remove all breakpoints, or those at a location", ("", "LOCATION"),
        breakpoints.clear_all, takes="python", completes="location",
        examples=(("clearall withdraw", "remove those at the first line of withdraw"),),
    ),
    Command(
        "enable", "Breakpoints", "switch breakpoints on", ("ID [ID ...]", "all"),
        breakpoints.enable, uses="control", takes="words", completes="breakpoint",
    ),
    Command(
        "disable", "Breakpoints", "switch breakpoints off, and keep them", ("ID [ID ...]", "all"),
        breakpoints.disable, uses="control", takes="words", completes="breakpoint",
    ),
    Command(
        "toggle", "Breakpoints", "switch breakpoints on or off", ("ID [ID ...]", "all"),
        breakpoints.toggle, uses="control", takes="words", completes="breakpoint",
    ),
    # Running
    Command(
        "continue", "Running", "run until a breakpoint, a location or the end", ("", "LOCATION"),
        running.continue_, uses="run", aliases=("c", "cont"), takes="python", completes="location", repeats=True,
        details="Ctrl-C halts the program where it is, also in a blocking call. Where that takes long, the prompt\n"
        "comes back before; continue waits on.\n"
        "With a location it stops there too, this once; whatever stops it first ends that.",
        examples=(("continue withdraw", "run to the next call of withdraw"), ("c 20", "run to line 20")),
    ),
    Command(
        "until", "Running", "run to a line further down in this frame, or to its end", ("", "LOCATION"),
        running.until, uses="control",
        aliases=("unt",), needs="stopped", takes="python", completes="location", repeats=True,
        details="At the end of a loop's body it runs the loop to its end. With a line, it stops at the first one\n"
        "reached in this frame that is not before it.",
        examples=(("until", "out of the loop"), ("until 20", "to line 20, or past it")),
    ),
    Command(
        "next", "Running", "run to the next line of this frame", ("", "COUNT"),
        running.next_, uses="control", aliases=("n",), needs="stopped", takes="words", repeats=True,
        details="Steps over calls, and sticks to its thread. After up it runs to the next line of the caller.",
    ),
    Command(
        "step", "Running", "run to the next line, also in a called function",
        ("", "COUNT", "-all", "FUNCTION"),
        running.step, uses="control",
        aliases=("s",), needs="stopped", takes="words", completes="location", repeats=True,
        options=(Option("-all", "enter library code too"),),
        details="With a function, only that one is entered, if this line calls it: the others run.",
        examples=(("step withdraw", "in `pay(find(name), withdraw(3))`: into withdraw"),),
    ),
    Command(
        "stepout", "Running", "run until this frame returns, and show what it returned", ("",),
        running.stepout, uses="control", aliases=("so", "return", "r", "finish"), needs="stopped", repeats=True,
    ),
    Command(
        "jump", "Running", "go on from another line of this frame, without running what lies between", ("LOCATION",),
        running.jump, uses="control", aliases=("j",), needs="stopped", takes="python", completes="location",
        details="Forward leaves statements out, back runs them again: nothing is undone. Only in the innermost frame,\n"
        "at the start of a line, and not into a loop or a block: Python says why where it refuses.",
        examples=(("jump +1", "leave this line out"), ("jump 14", "go on from line 14")),
    ),
    Command(
        "call", "Running", "run an expression as if the program did, with breakpoints, and stop at its end",
        ("EXPRESSION",),
        running.call_, uses="control", needs="stopped", takes="python", completes="expression",
        details="Unlike print it has no time limit, breakpoints in what it calls are hit, and Ctrl-C halts in it:\n"
        "then continue goes on with the call. Other threads run meanwhile.",
        examples=(("call account.withdraw(3)", "debug a call of your own"),),
    ),
    Command(
        "signal", "Running", "continue, with a signal for the program", ("NAME",),
        running.signal_, uses="control", takes="words", completes="signal",
        details="Its handler runs first; without one, most signals end the program.",
        examples=(("signal INT", "what Ctrl-C sends to a program"), ("signal USR1", "a signal of your own")),
    ),
    Command(
        "reload", "Running", "give functions the code of their edited source, without a restart", ("", "FILE"),
        reloading.reload, uses="control", needs="stopped", takes="python",
        details="Without a file, all files of the program that were edited. What runs at this moment keeps its old\n"
        "code; nothing outside functions is run again. It says what was not replaced, and why.",
        examples=(("reload", "after an edit"), ("reload bank.py", "this file only")),
    ),
    Command(
        "restart", "Running", "start the program again, with all breakpoints", ("", "ARGUMENT [ARGUMENT ...]"),
        running.restart, uses="control", aliases=("run",), takes="python",
        options=(Option("-noargs", "without any arguments"),),
        details="The program that still runs is killed first. Arguments are those of the program from now on, quoted\n"
        "as in a shell; without any, it gets those it had. -- before them ends pydelve's own options.",
        examples=(("restart --fast 'two words'", "with these arguments"), ("restart -noargs", "with none")),
    ),
    # Looking
    Command(
        "args", "Looking", "show the arguments of this frame", ("", "REGEXP [REGEXP ...]"),
        variables.args, aliases=("a",), needs="stopped", takes="words", options=_NAMED_OPTIONS, details=_BY_NAME,
        completes="variable",
    ),
    Command(
        "locals", "Looking", "show the local variables of this frame", ("", "REGEXP [REGEXP ...]"),
        variables.locals_, needs="stopped", takes="words", options=_NAMED_OPTIONS,
        details=f"{_BY_NAME}\nLooking runs none of the program's code.", completes="variable",
        examples=(
            ("frame 2 locals", "those of frame 2"), ("locals -full", "with nothing cut"),
            ("locals ^acc", "those whose names begin so"),
        ),
    ),
    Command(
        "vars", "Looking", "show the global variables of this frame's module", ("", "REGEXP [REGEXP ...]"),
        variables.vars_, needs="stopped", takes="words", options=_NAMED_OPTIONS,
        details=f"Functions, classes and modules are left out unless they are named, or with -all.\n{_BY_NAME}",
        examples=(("vars", "the data of the module"), ("vars -v CONFIG", "what has CONFIG in its name, with types")),
    ),
    Command(
        "display", "Looking", "show an expression's value at each stop, and how it changed", ("", "EXPRESSION", "-d N"),
        display.display, takes="python", completes="expression",
        options=(Option("-a", "add it, as Delve has it: the same as without"), Option("-d", "take one away")),
        details="A variable of the frame is read as it is; any other expression runs, as with print, at each stop.",
        examples=(
            ("display total", "show it at each stop"), ("display len(queue)", "an expression"),
            ("display", "show them all now"),
        ),
    ),
    Command(
        "undisplay", "Looking", "show an expression no more", ("N [N ...]", "EXPRESSION", "all"),
        display.undisplay, takes="python", examples=(("undisplay 1", "the first"), ("undisplay", "all of them")),
    ),
    Command(
        "print", "Looking", "evaluate an expression in this frame and show its value",
        ("EXPRESSION", "%FORMAT EXPRESSION"),
        looking.print_, aliases=("p", "pp"), needs="stopped", takes="python", completes="expression", repeats=True,
        options=(*_CUT_OPTIONS, Option("-timeout", "how long it may take (default: 10)", "SECONDS")),
        details="Runs the program's code, for 10 seconds at most; Ctrl-C interrupts it. Breakpoints are off\n"
        "meanwhile, and other threads run.\n"
        f"\n{_FORMATS}",
        examples=(
            ("print account.balance * 2", "any Python expression"),
            ("print rows[100:200]", "a part of a long list"),
            ("print -n 500 table", "the first 500 entries of a dict"),
            ("print %#x flags", "a number, or all numbers in a container, in hexadecimal"),
            ("print %,d count", "with separators between thousands"),
            ("print %.3f ratios", "with three decimals"),
            ("print %j settings", "as JSON"),
        ),
    ),
    Command(
        "captured", "Looking", "show what the current test has written while pytest captured it", ("",),
        tests.captured, needs="stopped", options=(Option("-full", "also what is before the last 200 lines"),),
        details="Of a test that has failed, as pytest reports it; of one that runs, what it has written so far.",
    ),
    Command(
        "examine", "Looking", "show all of an object: type, size, referrers, and where each attribute comes from",
        ("EXPRESSION",), examine, needs="stopped", takes="python", completes="expression",
        options=_CUT_OPTIONS,
        details="Evaluates the expression as print does; nothing else is run: no property, no __repr__. The size is\n"
        "that of the object alone. Referrers are what the garbage collector knows of: the more objects a\n"
        "program has, the longer it takes.",
        examples=(
            ("examine account", "where account.x is found, for each x"),
            ("examine -n 1000 config", "all of many"),
        ),
    ),
    Command(
        "whatis", "Looking", "show the type of an expression's value", ("EXPRESSION",),
        looking.whatis, needs="stopped", takes="python", completes="expression",
    ),
    Command(
        "set", "Looking", "assign to a variable, an attribute or an item", ("LEFT = EXPRESSION",),
        looking.set_, uses="control", needs="stopped", takes="python", completes="expression",
        examples=(("set total = 0", "a local variable"), ("set account.owner = 'eve'", "an attribute")),
    ),
    Command(
        "list", "Looking", "show source: around the current line, a location, or on from the last",
        ("", ".", "LOCATION", "FIRST, LAST"),
        listing.list_, aliases=("ls", "l"), takes="python", completes="location", repeats=True,
        details="=> marks the current line, * a breakpoint. After a listing, a bare list goes on; list . goes back.",
        examples=(("list withdraw", "the source of a function"), ("list 10, 30", "these lines of the current file")),
    ),
    *CODE,
    # Moving around
    Command(
        "stack", "Moving around", "show the frames of this thread, innermost first", ("", "DEPTH"),
        moving.stack, aliases=("bt", "w", "where"), needs="stopped", takes="words",
        options=(
            Option("-full", "with the variables of each frame, in one line each"),
            Option("-all", "every frame: those of libraries in a row are folded into one line without it"),
        ),
        examples=(("thread 2 stack", "those of another thread"), ("stack 3 -full", "three frames with variables")),
    ),
    Command(
        "frame", "Moving around", "look at another frame, for good or for one command", ("", "N", "N COMMAND"),
        moving.frame, needs="stopped", takes="command", completes="frame",
        examples=(("frame 2", "look at frame 2 from now on"), ("frame 2 locals", "its local variables")),
    ),
    Command(
        "up", "Moving around", "look at the caller of this frame, for good or for one command",
        ("", "COUNT", "[COUNT] COMMAND"),
        moving.up, aliases=("u",), needs="stopped", takes="command", completes="command", repeats=True,
        examples=(("up 2", "the caller's caller"), ("up locals", "the caller's variables")),
    ),
    Command(
        "down", "Moving around", "look at the frame that this one called", ("", "COUNT", "[COUNT] COMMAND"),
        moving.down, aliases=("d",), needs="stopped", takes="command", completes="command", repeats=True,
    ),
    Command(
        "exception", "Moving around", "show the exception, its notes, its group and its causes, or walk its frames",
        ("", "N", "N COMMAND"),
        exceptions.exception, needs="stopped", takes="command", completes="command",
        details="The one that the stop is about, or that the thread is handling. With a number, look at the frames of\n"
        "that one: stack, up, locals and print are about them; thread goes back. exc is its name in expressions.",
        examples=(("exception 1", "look at the second one"), ("exception 1 bt", "its frames")),
    ),
    Command(
        "tasks", "Moving around", "list the tasks of asyncio, trio and greenlets: state, what each waits for, place",
        ("", "-with [FIELD] TEXT", "-without [FIELD] TEXT", "-group location|coroutine|state", "-tree", "-t [DEPTH]",
         "-exec COMMAND"),
        tasks.tasks, needs="stopped", takes="raw",
        options=(
            Option("-with", "those that have the text: in location, name, state, awaiting, coroutine, or any of them"),
            Option("-without", "those that have not"),
            Option("-group", "how many there are of each, the most frequent first"),
            Option("-tree", "each below those that wait for it: gather, task groups, wait, shield, await"),
            Option("-t", "with their stacks, of 10 frames or DEPTH"),
            Option("-exec", "run a command at each"),
            Option("-done", "also those that are done, as far as the program still has them"),
            Option("-all", "also where there are more than a hundred"),
        ),
        details="running: in the middle of a step. runnable: goes on as soon as its loop comes to it. waiting: for a\n"
        "future; for which task, or in which function, is said, and how much of a sleep is left. Options may be\n"
        "combined; each -with narrows the list.",
        examples=(
            ("tasks -with state waiting -without awaiting sleep", "those that wait, but do not sleep"),
            ("tasks -group location", "where they are"),
            ("tasks -with name worker -exec print job", "a variable of each"),
        ),
    ),
    Command(
        "task", "Moving around", "look at another task, for good or for one command", ("", "N", "N COMMAND"),
        tasks.task, needs="stopped", takes="command", completes="command",
        details="stack is then its await chain: what it awaits first, and the tasks that await it last. next and the\n"
        "other steps let the program run until that task gets there. thread goes back to the thread.",
        examples=(("task 3", "look at task 3 from now on"), ("task 3 bt", "its await chain"),
                  ("task 3 next", "run until it reaches its next line")),
    ),
    Command(
        "threads", "Moving around", "list the threads: state, what they wait in, place", ("",),
        moving.threads, needs="stopped", options=(Option("-all", "also where there are more than a hundred"),),
        details="stopped: the one that the stop is about. frozen: can't run Python until the program goes on.\n"
        "running in C: uses the processor without Python's lock, and comes to rest when it wants it back.",
    ),
    Command(
        "thread", "Moving around", "look at another thread, move it alone, or keep it still",
        ("", "N", "N COMMAND", "freeze N", "thaw N"),
        moving.thread, aliases=("tr",), needs="stopped", takes="command", completes="thread",
        details="thread N next, step, continue and the like move that thread, while all others stand still until the\n"
        "next stop; one that waits for another thread is refused. After thread N, next is about that thread, and all\n"
        "run. A frozen thread stays where it is, at its next instruction or in C code, until it is thawed.",
        examples=(
            ("thread 2", "look at thread 2 from now on"),
            ("thread 2 bt", "its stack"),
            ("thread 2 frame 1 locals", "the local variables of a frame of it"),
            ("thread 2 next", "its next line, while the others stand still"),
            ("thread freeze 3", "keep thread 3 where it is"),
        ),
    ),
    *TARGETS,
    # Session
    Command(
        "help", "Session", "show the commands, one of them, or a topic", ("", "COMMAND", "TOPIC", "topics"),
        session.help_, aliases=("h", "?"), takes="words", completes="command",
    ),
    Command(
        "config", "Session", "show, change and save settings, aliases and where sources are",
        ("", "-list REGEXP", "KEY", "KEY VALUE", "alias COMMAND NAME", "alias NAME", "substitute-path FROM TO",
         "substitute-path FROM", "-save"),
        config.config, takes="words", completes="config",
        options=(
            Option("-list", "all settings, or those whose name matches"),
            Option("-save", "write what is not the default to the file of settings"),
        ),
        details="A change counts for this session; config -save keeps it, in pydelve/config.toml in your folder for\n"
        "configuration (~/.config). An alias may have words of its own, and wins over a command's short name.\n"
        "substitute-path tells where the source is that the program knows by another path.",
        examples=(
            ("config list-lines 10", "list shows more"),
            ("config alias restart r", "r as in Delve"),
            ("config alias print -n 500 pn", "pn x shows 500 elements of x"),
            ("config substitute-path /app /home/ann/app", "a program that was built elsewhere"),
        ),
    ),
    *SCRIPTS,
    Command(
        "tui", "Session", "show source, locals, stack, threads and output on the whole screen, or come back", ("",),
        session.full_screen,
        details="? there shows its keys, which are pudb's; : types a command.",
    ),
    Command(
        "dump", "Session", "write a core file of the program as it stands, for pydelve core", ("FILE",),
        session.dump, needs="stopped", takes="python",
        details="The program is not changed, and goes on afterwards. FILE must not be there yet; Ctrl-C ends it, and\n"
        "takes the file away. It holds all the program's memory: passwords and keys, too.",
        examples=(("dump /tmp/hangs.core", "pydelve core /tmp/hangs.core looks into it, as often as you like"),),
    ),
    Command(
        "detach", "Session", "leave the program running and end the session", ("",),
        running.detach,
    ),
    Command(
        "exit", "Session", "end the session, and the program where pydelve started it", ("",),
        running.exit_, aliases=("quit", "q"),
        options=(Option("-k", "kill the program, also where it was attached to"),),
        details="A program that was attached to runs on, as after detach. Ctrl-D does the same.",
    ),
])  # fmt: skip
