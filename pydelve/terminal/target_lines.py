"""Targets of a session as text. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from pydelve.api.target import ExitStatus, LeftAlone, Target, TargetInfo
from pydelve.records import replace
from pydelve.terminal.places import end_line, place
from pydelve.terminal.stacks import printable
from pydelve.terminal.theme import Theme

_MOST_CODE = 60
_LEAST_COMMAND = 20
_HOW = {"launch": "started", "attach": "attached to", "fork": "forked", "exec": "started"}


def added_line(target: Target) -> str:
    """``target 2: process 1234, forked by target 1``."""
    text = f"target {target.id}: process {target.info.pid}, {_came(target)}"
    if target.how in {"exec", "attach"}:
        text += f": {_command(target.info.argv)} (CPython {target.info.python})"
    return text


def _came(target: Target) -> str:
    """``forked by target 1``."""
    if target.how == "attach" and target.parent:
        return f"a child of target {target.parent}, attached to"
    return _HOW[target.how] + (f" by target {target.parent}" if target.parent else "")


def waits_line(target: Target, cwd: str) -> str:
    """That it has stopped, too."""
    stop = target.stop
    where = f": {place(stop.frames[stop.frame], cwd)}" if stop is not None and stop.frames else ""
    return f"target {target.id} (process {target.info.pid}) has stopped too{where}"


def exited_line(target: Target) -> str:
    """``target 2: process 1234 exited with status 0``; most children end by ``os._exit``, which is no news."""
    if target.status == "detached":
        return f"target {target.id}: process {target.info.pid} runs on without pydelve"
    status = target.exit or ExitStatus("gone")
    if status.how == "exited":
        status = replace(status, clean=True)
    return f"target {target.id}: {end_line(status, target.info)}"


def selected_line(number: int, info: TargetInfo) -> str:
    """Which one is looked at from now on."""
    return f"target {number} (process {info.pid}):"


def run_on_line(numbers: Sequence[int]) -> str:
    """Which children outlive the program."""
    if len(numbers) == 1:
        return f"target {numbers[0]}, a child of it, runs on"
    return f"{len(numbers)} children of it run on: targets"


def target_lines(targets: Sequence[Target], *, cwd: str, theme: Theme, width: int = 0) -> list[str]:
    """One line a target: number, pid, state with its place, how it came; ``=>`` at the current one.

    ``width``: columns that a line may take, as far as the command can be cut; 0: as many as it has.
    """
    states = [_state(target, cwd) for target in targets]
    id_width = max((len(str(target.id)) for target in targets), default=1)
    pid_width = max((len(str(target.info.pid)) for target in targets), default=1)
    state_width = max(map(len, states), default=0)
    lines = []
    for target, state in zip(targets, states, strict=True):
        arrow = theme.mark("=>") if target.current else "  "
        text = (
            f"{target.id:>{id_width}}  process {target.info.pid:<{pid_width}}  {state:<{state_width}}  "
            f"{_came(target)}: "
        )
        command = _cut(_command(target.info.argv), _room(width, f"=> {text}"))
        lines.append(f"{arrow} {text}{command}")
    return lines


def _room(width: int, rest: str) -> int:
    return max(width - len(rest), _LEAST_COMMAND) if width else 0


def _cut(command: str, room: int) -> str:
    return f"{command[: room - 3]}..." if 0 < room < len(command) else command


def left_line(left: LeftAlone) -> str:
    """``python -I tool.py ... runs undebugged``."""
    return f"{_command(left.words)} runs undebugged"


def left_lines(left: Sequence[LeftAlone], width: int = 0) -> list[str]:
    """What was started and is not debugged, a line each; ``width`` as for :func:`target_lines`."""
    begin, lines = "   left alone: ", []
    for each in left:
        end = f"{f', {each.count:,} times' if each.count > 1 else ''}: {each.why}"
        lines.append(f"{begin}{_cut(_command(each.words), _room(width, begin + end))}{end}")
    return lines


def _command(words: Sequence[str]) -> str:
    """As a shell takes it, but for programs in a word (``-c``), which are cut: multiprocessing's fill half a screen."""
    shown = [word if len(word) <= _MOST_CODE or " " not in word else word[:_MOST_CODE] + "..." for word in words]
    return printable(shlex.join(shown))


def _state(target: Target, cwd: str) -> str:
    if target.exit is not None:
        return exited_line(target).partition(f"process {target.info.pid} ")[2]
    stop = target.stop
    if stop is not None and stop.frames:
        return f"stopped at {place(stop.frames[stop.frame], cwd)}"
    return target.status
