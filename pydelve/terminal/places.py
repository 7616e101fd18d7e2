"""Stops, frames, threads, breakpoints and ends as text: facts of ``api`` in one line each. Pure."""

from __future__ import annotations

import signal
from collections.abc import Callable, Mapping, Sequence

from pydelve.api.breakpoints import Breakpoint, ExceptionFilter, HitCondition, Placement, UnitKind
from pydelve.api.events import HaltPending, LogEntry, Progress
from pydelve.api.target import ExceptionInfo, ExitStatus, Frame, Stop, TargetInfo, TestFailure, Thread
from pydelve.records import replace
from pydelve.terminal.messages import part_lines
from pydelve.terminal.names import counted, short_path
from pydelve.terminal.theme import Theme
from pydelve.terminal.units import size_text
from pydelve.terminal.waiting import deadlock_lines, wait_text

EXPRESSIONS = ("<lambda>", "<genexpr>", "<listcomp>", "<setcomp>", "<dictcomp>")
_KINDS: dict[UnitKind, str] = {
    "simple": "a statement", "loop": "the head of a loop", "block": "the head of a block", "with": "the head of a with",
    "decorator": "a decorator", "except": "an except clause", "case": "a case", "definition": "a definition",
}  # fmt: skip


def place(frame: Frame, cwd: str) -> str:
    """``bank.py:14 in Account.withdraw``."""
    path = short_path(frame.file, cwd, library=frame.library)
    text = f"{path}:{frame.line} in {frame.function}" if frame.line else f"{path} in {frame.function}"
    return text.translate(_CONTROLS)


_CONTROLS = {code: f"\\x{code:02x}" for code in (*range(32), 127) if chr(code) not in "\n\t"}
"""The program's texts hold no colours: the screen would take them for ours."""
_FAILED = {
    "setup": "failed in set-up",
    "call": "failed",
    "teardown": "failed in teardown",
    "collect": "can't be collected",
}


def failure_line(test: TestFailure, exception: ExceptionInfo | None) -> str:
    """``test_bank.py::test_withdraw[3] failed: AssertionError: assert 1 == 2``, with the message's first line."""
    text = f"{test.name} {_FAILED[test.phase]}".translate(_CONTROLS)
    if exception is None:
        return text
    first = exception.message.partition("\n")[0]
    return f"{text}: {exception_line(replace(exception, message=first))}"


def exception_line(info: ExceptionInfo) -> str:
    """``ValueError: the message``, as Python's traceback ends."""
    return (f"{info.type}: {info.message}" if info.message else info.type).translate(_CONTROLS)


def stop_head(stop: Stop, cwd: str, names: Mapping[int, str] | None = None) -> str:
    """The first line of a stop: why, where, which thread; ``names`` are those of breakpoints that have one."""
    why = _reason(stop, names or {})
    if stop.interrupted_step:
        why += " (before the step ended)"
    where = place(stop.frames[stop.frame], cwd) if stop.frames else "no Python frame"
    task = f", task {stop.task} ({stop.task_name})" if stop.task else ""
    others = "; the others run" if stop.others_run else ""
    return f"> {why}, {where}, thread {stop.thread} ({stop.thread_name}){task}{others}".translate(_CONTROLS)


def _reason(stop: Stop, names: Mapping[int, str]) -> str:
    ids = ", ".join(f"{number} ({names[number]})" if number in names else str(number) for number in stop.breakpoints)
    match stop.reason:
        case "breakpoint":
            return f"breakpoint{'s' if len(stop.breakpoints) > 1 else ''} {ids}"
        case "condition-error":
            return f"the condition of breakpoint {ids} failed with {stop.detail}"
        case "log-error":
            return f"the message of breakpoint {ids} failed with {stop.detail}"
        case "exception" if stop.test is not None:
            return failure_line(stop.test, stop.exception)
        case "exception" | "raised":
            text = _exception_reason(stop)
            return f"breakpoint{'s' if len(stop.breakpoints) > 1 else ''} {ids}, {text}" if ids else text
        case "halt":
            return f"halted while it waits in {stop.detail}" if stop.detail else "halted"
        case "breakpoint-call":
            return "breakpoint() in the program"
        case "attach":
            return "attached"
        case "entry":
            return "entry"
        case "step" | "location" | "jump":
            return stop.reason
        case "still":
            return "still stopped"
        case "core":
            return f"core, {stop.detail}" if stop.detail else "core"
        case "call":
            return f"call ended by {exception_line(stop.exception)}" if stop.exception else "call returned"


def _exception_reason(stop: Stop) -> str:
    line = exception_line(stop.exception) if stop.exception else "exception"
    match stop.reason, stop.detail:
        case "raised", "user":
            return f"{line} leaves your code"
        case "raised", "uncaught":
            return f"raised {line}, which nobody will catch"
        case "raised", "unknown":
            return f"raised {line}, which may be caught or not"
        case "raised", _:
            return f"raised {line}"
        case _, "task":
            return f"{line}, which nobody has retrieved from its task"
        case _, "thread" | "callback":
            return f"uncaught {line}, in a {stop.detail}"
    return f"uncaught {line}"


def stop_tail(stop: Stop) -> list[str]:
    """What is to be known besides place and source: notes of an exception, and what continuing means post-mortem."""
    lines = []
    if stop.exception is not None:
        if stop.test is not None:  # the rest of what its head says
            lines += [f"  {line}" for line in stop.exception.message.splitlines()[1:]]
        lines += [f"  {note}" for note in stop.exception.notes]
    if stop.reason in {"step", "jump"} and stop.detail:
        lines.append(stop.detail)
    if stop.reason == "exception" and stop.test is None:
        who = f"{stop.detail} has ended" if stop.detail else "program ends when you continue"
        lines.append(f"post-mortem: the {who}")
    return lines


def began_line(target: TargetInfo) -> str:
    """How the session began, without the program's words."""
    if target.core:
        return f"core file {target.core} of process {target.pid}"
    if target.launched:
        return f"process {target.pid} started"
    return f"attached to process {target.pid}" if "control" in target.capabilities else f"process {target.pid}"


def progress_text(progress: Progress) -> str:
    """``dumping: 34.1 MB of 210 MB``."""
    return f"{progress.doing}: {size_text(progress.done_bytes)} of {size_text(progress.total_bytes)}"


def end_line(status: ExitStatus, target: TargetInfo | None) -> str:
    """How the program ended, in one line."""
    who = f"process {target.pid}" if target else "the program"
    text = f"{who} {_end(status)}"
    if status.exception is not None:
        text += f", after an uncaught {exception_line(status.exception)}"
    return text


def _end(status: ExitStatus) -> str:
    match status.how:
        case "exited" if status.clean:
            return f"exited with status {status.status}"
        case "exited":
            return f"exited with status {status.status}, without Python's clean-up (os._exit, or an exit from C code)"
        case "gone":
            return "has ended; its status is known to its parent only"
        case "killed":
            return f"was killed by {_signal_name(status.status)}"
        case "lost":
            return "is out of reach: its link to pydelve was closed; it may run on by itself"
        case "replaced":
            return "replaced itself by another program (exec), which runs on without pydelve"


def _signal_name(number: int) -> str:
    try:
        return f"{signal.Signals(number).name} (signal {number})"
    except ValueError:
        return f"signal {number}"


def stack_lines(
    frames: Sequence[Frame],
    total: int,
    *,
    selected: int,
    cwd: str,
    theme: Theme,
    fold: bool = True,
    inside: Callable[[Frame, str], list[str]] = lambda frame, indent: [],
) -> list[str]:
    """Frames innermost first, ``=>`` at the selected one; the last line says how many more there are.

    Args:
        fold: Library frames in a row have one line together, but for the innermost and the selected one.
        inside: Lines that follow a frame's, with their indent.
    """
    digits = len(str(frames[-1].index)) if frames else 1
    lines, folded = [], False
    for group in _folded(frames, selected) if fold else [[frame] for frame in frames]:
        first = group[0]
        if len(group) > 1:
            files = dict.fromkeys(short_path(frame.file, cwd, library=True) for frame in group)
            more = "" if folded else "; all: stack -all"
            text = f"{first.index:>{digits}}  ...{len(group):,} library frames: {_some(list(files))}{more}"
            folded = True
            lines.append(f"   {theme.dim(text)}")
            continue
        arrow = theme.mark("=>") if first.index == selected else "  "
        text = f"{first.index:>{digits}}  {place(first, cwd)}"
        lines.append(f"{arrow} {theme.dim(text) if first.library else text}")
        lines += inside(first, " " * (digits + 5))
    shown = frames[-1].index + 1 if frames else 0
    if total > shown:
        lines.append(f"...+{counted(total - shown, 'more frame')}; all: stack {total}")
    return lines


def _folded(frames: Sequence[Frame], selected: int) -> list[list[Frame]]:
    """Groups of frames, those of libraries in a row in one; the one that runs and the selected one are alone."""
    groups: list[list[Frame]] = []
    open_ = False
    for frame in frames:
        folds = frame.library and frame.index not in {0, selected}
        if folds and open_:
            groups[-1].append(frame)
        else:
            groups.append([frame])
        open_ = folds
    return groups


def _some(words: Sequence[str], count: int = 3) -> str:
    """The first words, and how many more there are."""
    return ", ".join(words[:count]) + (f", ...+{len(words) - count} more" if len(words) > count else "")


def thread_lines(threads: Sequence[Thread], *, selected: int, cwd: str, theme: Theme) -> list[str]:
    """One line a thread: id, name, state with what it waits in, place; ``=>`` at the selected one."""
    names = {thread.id: thread.name for thread in threads}
    states = [_thread_state(thread, names) for thread in threads]
    id_width = max((len(str(thread.id)) for thread in threads), default=1)
    name_width = max((len(thread.name) for thread in threads), default=0)
    state_width = max(map(len, states), default=0)
    lines = []
    for thread, state in zip(threads, states, strict=True):
        arrow = theme.mark("=>") if thread.id == selected else "  "
        where = place(thread.frame, cwd) if thread.frame else "no Python frame"
        lines.append(f"{arrow} {thread.id:>{id_width}}  {thread.name:<{name_width}}  {state:<{state_width}}  {where}")
    return lines + deadlock_lines({thread.id: thread.lock for thread in threads}, names)


def _thread_state(thread: Thread, names: Mapping[int, str]) -> str:
    """The state, and in parentheses what it holds and what it waits for."""
    facts = ["stays so" if thread.state == "frozen" else "stays when you continue"] if thread.kept else []
    facts += ["holds the GIL"] if thread.holds_gil else []
    if thread.waits_for_gil:
        facts.append("waits for the GIL")
    elif thread.lock is not None:
        facts.append(wait_text(thread.lock, thread.id, names))
    elif thread.detail:
        facts.append(thread.detail)
    return f"{thread.state} ({', '.join(facts)})" if facts else thread.state


def placement_text(placement: Placement, cwd: str) -> str:
    """``bank.py:14 in Account.withdraw``, with why it is not armed, or not everywhere."""
    location = placement.location
    text = f"{short_path(location.file, cwd)}:{location.unit.line}"
    if location.function:
        text += f" in {location.function}"
    if placement.state in {"suspended", "refused"}:
        text += f", {placement.state}" + (f": {placement.why}" if placement.why else "")
    elif placement.state == "armed":
        text += f", but {placement.why}" if placement.why else ""
    return text


def _everything(placement: Placement, cwd: str) -> str:
    """A place with what it is in the source, and how it is armed."""
    location = placement.location
    unit = location.unit
    lines = f"{unit.line}-{unit.end_line}" if unit.end_line > unit.line else f"{unit.line}"
    scope = f"{unit.scope} (from line {unit.scope_line})" if unit.scope != "<module>" else "the module"
    state: str = placement.state
    if placement.how:
        state = "woven into it" if placement.how == "woven" else f"armed by {placement.how}"
    if placement.unwoven:
        state += f" (not woven: {placement.unwoven})"
    why = f": {placement.why}" if placement.why else ""
    kind = "what is computed" if unit.scope_name in EXPRESSIONS else _KINDS[unit.kind]
    return f"{short_path(location.file, cwd)}:{lines}, {kind} in {scope}, {state}{why}"


def breakpoint_head(point: Breakpoint, cwd: str) -> str:
    """Number and place of a breakpoint in one line; several places are counted."""
    kind = f"{'temporary ' if point.temporary else ''}{'logpoint' if point.log else 'breakpoint'}"
    name = f" ({point.name})" if point.name else ""
    return f"{kind} {point.id}{name} {'on' if point.exception else 'at'} {breakpoint_where(point, cwd)}"


def breakpoint_where(point: Breakpoint, cwd: str) -> str:
    """The place of a breakpoint, or which exceptions it is on."""
    if point.exception is not None:
        return _exceptions_text(point.exception)
    match point.placements:
        case ():
            return f"{point.text}, suspended"
        case (only,):
            return placement_text(only, cwd)
        case several:
            return f"{point.text}, {len(several)} places"


def _exceptions_text(wanted: ExceptionFilter) -> str:
    """``raised ValueError``, ``any exception that leaves your code``."""
    name = "any exception" if wanted.pattern == "*" else wanted.pattern
    match wanted.when:
        case "raised":
            return f"{name}, raised{' anywhere' if wanted.libraries else ''}"
        case "user":
            return f"{name} that leaves your code"
        case "uncaught":
            return f"{name}, uncaught{', where it is raised' if wanted.at_raise else ''}"


def is_suspended(point: Breakpoint) -> bool:
    """Whether a place of it is still to be loaded, and the user was told so."""
    if point.exception is not None:
        return False
    return not point.placements or any(placement.state == "suspended" for placement in point.placements)


def breakpoint_lines(point: Breakpoint, cwd: str, *, verbose: bool = False) -> list[str]:
    """A breakpoint with its state, its hits, its conditions and, where there are several, its places."""
    head = breakpoint_head(point, cwd)
    if not point.enabled:
        head += ", disabled"
    if point.hits:
        head += f", hit {counted(point.hits, 'time')}"
    if verbose:
        lines = [head] if point.exception else [head, f"    location: {point.text}"]
        lines += [f"    place: {_everything(placement, cwd)}" for placement in point.placements]
    else:
        lines = [head, *place_lines(point, cwd)]
    if point.exception is not None and point.exception.ignored:
        lines.append(f"    but for {', '.join(point.exception.ignored)}")
    if point.condition:
        lines.append(f"    if {point.condition}")
    if point.hit_condition:
        each = ", counted in each task" if point.per_task else ""
        lines.append(f"    if hits {hit_condition_text(point.hit_condition)}{each}")
    if point.after:
        lines.append(f"    after breakpoint {point.after.id} was hit {counted(point.after.hits, 'time')}")
    if point.thread:
        only = f"thread {point.thread}" if point.thread > 0 else f"task {-point.thread}"
        lines.append(f"    in {only} only")
    if point.log:
        lines.append(f"    logs {point.log!r}")
    lines += [f"    on its hit: {command}" for command in point.commands]
    return lines


def pending_lines(pending: HaltPending, cwd: str, *, interactive: bool) -> list[str]:
    """Why a halt has not come yet, and what each thread does."""
    lines = [f"not stopped yet after {pending.waited_s:.1f} s: {pending.why}"] + [
        f"  thread {thread.id} ({thread.name}) {thread.state}"
        + (f", {place(thread.frame, cwd)}" if thread.frame else "")
        for thread in pending.threads
    ]
    return lines + (part_lines("", "continue waits on, exit ends the program") if interactive else [])


def log_lines(entries: Sequence[LogEntry], lost: int, cwd: str, target: int = 1) -> list[str]:
    """What logpoints told, a line each; and how much before it is lost. ``target``: where, if not in the program."""
    where = f", target {target}" if target != 1 else ""
    lines = [f"log: {counted(lost, 'message')} lost, as they were not read in time"] if lost else []
    paths: dict[str, str] = {}
    for entry in entries:
        path = paths.get(entry.file)
        if path is None:
            path = paths[entry.file] = short_path(entry.file, cwd)
        thread = f"{where}, thread {entry.thread}" if entry.thread != 1 else where
        lines.append(f"log {path}:{entry.line}{thread}: {entry.text.translate(_CONTROLS)}")
    return lines


def place_lines(point: Breakpoint, cwd: str) -> list[str]:
    """The places of a breakpoint that has several; none where the head says it."""
    if len(point.placements) < 2:
        return []
    return [f"    {placement_text(placement, cwd)}" for placement in point.placements]


def hit_condition_text(condition: HitCondition) -> str:
    """``>= 3``; ``% 3 == 0`` says what ``% 3`` means."""
    return f"% {condition.count} == 0" if condition.op == "%" else f"{condition.op} {condition.count}"
