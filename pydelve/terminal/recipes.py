"""Breakpoints as the commands that set them, for a file that ``source`` and ``breakpoints -restore`` read."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence

from pydelve import locspec
from pydelve.api.breakpoints import Breakpoint, ExceptionFilter
from pydelve.config import state_folder
from pydelve.errors import LocationError, UsageError
from pydelve.records import replace
from pydelve.terminal.command_files import read_commands
from pydelve.terminal.names import short_path
from pydelve.terminal.parsing import quoted_log

HEAD = "# Breakpoints of pydelve, written by its command breakpoints -save."


def recipe_lines(points: Sequence[Breakpoint], cwd: str) -> list[str]:
    """Commands that set the same breakpoints where none are set; paths below ``cwd`` are relative to it."""
    named = _with_names(points)
    lines = [HEAD]
    done: set[int] = set()
    for point in points:
        for each in _with_those_before(named[point.id], named, done):
            lines += _of_one(each, named, cwd)
    return lines


def _with_names(points: Sequence[Breakpoint]) -> dict[int, Breakpoint]:
    """By number; one that later lines speak of gets a name.

    Numbers may differ the next time, and ``last`` is another one where the line that was to set this one fails.
    """
    spoken_of = {point.after.id for point in points if point.after}
    spoken_of |= {point.id for point in points if point.commands or not point.enabled}
    taken = {point.name for point in points}
    found: dict[int, Breakpoint] = {}
    for point in points:
        name = point.name
        if point.id in spoken_of and not name:
            name = f"breakpoint-{point.id}"
            while name in taken:
                name += "-"
        found[point.id] = replace(point, name=name)
    return found


def _with_those_before(point: Breakpoint, named: Mapping[int, Breakpoint], done: set[int]) -> Iterator[Breakpoint]:
    if point.id in done:
        return
    done.add(point.id)
    if point.after is not None and point.after.id in named:
        yield from _with_those_before(named[point.after.id], named, done)
    yield point


def _of_one(point: Breakpoint, named: Mapping[int, Breakpoint], cwd: str) -> list[str]:
    words = ["tbreak" if point.temporary else "break"]
    if point.exception:
        words.append("-exc")
    if point.inner:
        words.append("-inner")
    if point.hit_condition is not None:
        words.append(f"-hitcount {point.hit_condition.op} {point.hit_condition.count}")
    if point.after is not None and point.after.id in named:
        words.append(f"-after {named[point.after.id].name}:{point.after.hits}")
    if point.thread:
        words.append(f"-thread {point.thread}" if point.thread > 0 else f"-task {-point.thread}")
    if point.per_task:
        words.append("-per-task")
    if point.name:
        words.append(point.name)
    words += _exceptions(point.exception) if point.exception else [_location(point, cwd)]
    if point.log:
        words.append(f"-log {quoted_log(point.log)}")
    if point.condition:
        words.append(f"if {point.condition}")
    lines = [" ".join(words)]
    lines += [f"on {point.name} {command}" for command in point.commands]
    if not point.enabled:
        lines.append(f"disable {point.name}")
    return lines


def _exceptions(wanted: ExceptionFilter) -> list[str]:
    words = [wanted.pattern, "-at-raise" if wanted.at_raise else f"-{wanted.when}"]
    if wanted.libraries:
        words.append("-all")
    return [*words, f"-ignore {','.join(wanted.ignored) or ','}"]


def _location(point: Breakpoint, cwd: str) -> str:
    """The location as it was typed, where that means the same anywhere; else the file and the line."""
    with contextlib.suppress(LocationError):
        if isinstance(locspec.parse(point.text), locspec.Function | locspec.Pattern):
            return point.text
    if not point.placements:
        return point.text
    place = point.placements[0].location
    path = short_path(place.file, cwd) if place.file.startswith(cwd.rstrip("/") + "/") else place.file
    return f"{path}:{place.unit.line}"


def project_file(cwd: str) -> str:
    """Where the breakpoints of the project in this folder are kept.

    Raises:
        UsageError: there can be no such file.
    """
    digest = hashlib.sha256(cwd.encode("utf-8", "surrogateescape")).hexdigest()
    name = f"{os.path.basename(cwd) or 'root'}-{digest[:12]}"
    try:
        folder = os.path.join(state_folder(), "breakpoints")
        os.makedirs(folder, mode=0o700, exist_ok=True)
    except OSError as error:
        raise UsageError(
            "can't keep the project's breakpoints", why=str(error), hint="breakpoints -save FILE"
        ) from error
    return os.path.join(folder, name)


def save(path: str, lines: Sequence[str]) -> None:
    """Write a file, in place of an older one of ours.

    Raises:
        UsageError: there is another file of that name, or it can't be written.
    """
    written = f"{path}.{os.getpid()}"
    try:
        if os.path.exists(path) and not _is_ours(path):
            raise UsageError(
                f"{path} is no file of breakpoints", why="it would be lost", hint="breakpoints -save another-name"
            )
        with open(written, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.writelines(f"{line}\n" for line in lines)
        os.replace(written, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(written)
        raise UsageError(f"can't write {path}", why=error.strerror or str(error)) from error


def _is_ours(path: str) -> bool:
    with open(path, "rb") as file:  # may be a device, which has no end
        return file.readline(len(HEAD) + 1).rstrip(b"\n") == HEAD.encode()


def read(path: str) -> list[str]:
    """The lines of a file.

    Raises:
        UsageError: it can't be read.
    """
    try:
        return read_commands(path, errors="surrogateescape").splitlines()
    except OSError as error:
        raise UsageError(f"can't read {path}", why=error.strerror or str(error), hint="breakpoints -save") from error
