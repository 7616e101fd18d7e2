"""The stacks of all threads of a process, seen from outside, as text or as plain data for JSON. Pure."""

from __future__ import annotations

from pydelve.api.snapshot import Snapshot, ThreadStack
from pydelve.api.target import Frame
from pydelve.api.values import Variable
from pydelve.records import fields_of, is_record
from pydelve.terminal.names import counted, short_path
from pydelve.terminal.theme import Theme
from pydelve.terminal.waiting import deadlock_lines, wait_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

_HIDDEN_NAMES = {
    "__name__", "__doc__", "__package__", "__loader__", "__spec__", "__builtins__", "__file__", "__cached__",
    "__annotations__", "__annotate__", "__conditional_annotations__", "__path__",
}  # fmt: skip
_LISTED_THREADS = 8


def snapshot_lines(
    snapshot: Snapshot, *, width: int, theme: Theme, merged: bool = True, shown: Callable[..., str] | None = None
) -> list[str]:
    """The process in two lines, then its threads; those with the same stack are shown once, if ``merged``.

    ``shown`` is ``terminal.values.render_value``, or None where there are no variables: it takes time to import.
    """
    lines = [
        f"process {snapshot.pid}, CPython {snapshot.python}: {printable(' '.join(snapshot.command))}",
        _how(snapshot),
        *(theme.bad(problem) for problem in snapshot.problems),
    ]
    names = {thread.native_id: printable(thread.name) for thread in snapshot.threads}
    waits = {thread.native_id: thread.lock for thread in snapshot.threads if thread.native_id}
    lines += [theme.bad(line) for line in deadlock_lines(waits, names)]
    for group in _merged(snapshot.threads) if merged else [[thread] for thread in snapshot.threads]:
        lines += ["", *_thread_lines(group, snapshot.cwd, width, theme, names, shown)]
    return lines


def _how(snapshot: Snapshot) -> str:
    threads = counted(len(snapshot.threads), "thread")
    if snapshot.stopped:
        return f"{threads}, all stopped for {snapshot.took_s * 1000:.1f} ms"
    return f"{threads}, read in {snapshot.took_s * 1000:.1f} ms without a stop: what moved meanwhile may be torn"


def _merged(threads: Sequence[ThreadStack]) -> list[list[ThreadStack]]:
    """Threads that differ in who they are only, in the order of the first of each."""
    groups: dict[Any, list[ThreadStack]] = {}
    for thread in threads:
        places = tuple((frame.function, frame.file, frame.line) for frame in thread.frames)
        key = (
            places, thread.variables, thread.activity, thread.detail, thread.holds_gil, thread.interpreter,
            thread.lock, thread.problem,
        )  # fmt: skip
        groups.setdefault(key, []).append(thread)
    return list(groups.values())


def frame_lines(
    frames: Sequence[Frame],
    variables: Sequence[Sequence[Variable]],
    cwd: str,
    width: int,
    theme: Theme,
    shown: Callable[..., str] | None,
) -> list[str]:
    """One line a frame, each with its variables below it, if there are any; ``shown`` as in ``snapshot_lines``."""
    lines = []
    digits = len(str(len(frames)))
    for frame, those in zip(frames, variables or ((),) * len(frames), strict=True):
        text = f"  {frame.index:>{digits}}  {_place(frame, cwd)}"
        lines.append(theme.dim(text) if frame.library else text)
        if shown is not None:
            lines += _variable_lines(those, " " * (digits + 8), width, shown)
    return lines


def _thread_lines(
    group: Sequence[ThreadStack],
    cwd: str,
    width: int,
    theme: Theme,
    names: Mapping[int, str],
    shown: Callable[..., str] | None,
) -> list[str]:
    first = group[0]
    lines = [theme.strong(_head(group, names)), *frame_lines(first.frames, first.variables, cwd, width, theme, shown)]
    if first.problem:
        lines.append(theme.bad(f"  the rest is unreadable: {first.problem}"))
    elif not first.frames:
        lines.append("  no Python frame")
    return lines


def _head(group: Sequence[ThreadStack], names: Mapping[int, str]) -> str:
    """``thread 1234 (MainThread), holds the GIL, running``, or ``3 threads with this stack: 1, 2, 3, ...``."""
    first = group[0]
    state = f"{first.activity} in {first.detail}" if first.detail and first.activity == "waiting" else first.activity
    if first.lock is not None:
        state = wait_text(first.lock, first.native_id, names)
    facts = ["holds the GIL"] if first.holds_gil and first.activity != "running" else []
    facts.append("running, holds the GIL" if first.holds_gil and first.activity == "running" else state)
    if first.interpreter:
        facts.append(f"interpreter {first.interpreter}")
    if len(group) == 1:
        return f"thread {_who(first)}, {', '.join(facts)}"
    who = [_who(thread) for thread in group[:_LISTED_THREADS]]
    if len(group) > len(who):
        who.append(f"...+{len(group) - len(who):,} more")
    facts = [fact.replace("waits for ", "wait for ", 1) for fact in facts]
    return f"{len(group):,} threads with the same stack, {', '.join(facts)}: {', '.join(who)}"


def _who(thread: ThreadStack) -> str:
    number = str(thread.native_id) if thread.native_id else f"{thread.ident:#x}"
    return f"{number} ({printable(thread.name)})" if thread.name else number


def _place(frame: Frame, cwd: str) -> str:
    path = printable(short_path(frame.file, cwd, library=frame.library) if cwd else frame.file)
    function = printable(frame.function)
    return f"{path}:{frame.line} in {function}" if frame.line else f"{path} in {function}"


def _variable_lines(variables: Sequence[Variable], indent: str, width: int, shown: Callable[..., str]) -> list[str]:
    lines = []
    for variable in variables:
        if variable.name in _HIDDEN_NAMES or variable.value.kind == "unbound":
            continue
        label = f"{indent}{printable(variable.name)} = "
        text = shown(variable.value, width=width, indent=indent, used=len(label))
        lines += [printable(line) for line in (label + text).split("\n")]
    return lines


def printable(text: str) -> str:
    """The text with what would move the cursor, or is no character at all, as escapes: names are the program's."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )


def plain_data(part: Any) -> Any:
    """A snapshot, or a part of one, as what JSON has; a value's fields that hold their default are left out."""
    if is_record(type(part)):
        return {
            name: plain_data(value)
            for name, field in fields_of(part).items()
            if (value := getattr(part, name)) != field.default or name in _ALWAYS
        }
    if isinstance(part, tuple):
        return [plain_data(element) for element in part]
    if isinstance(part, float) and part - part != 0.0:  # not finite: as clients get it (rpc/codec.py)
        return {"float": str(part)}
    return part


_ALWAYS = {"variables", "problems", "interpreter", "problem", "scope"}
