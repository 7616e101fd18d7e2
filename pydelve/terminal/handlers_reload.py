"""``reload``: edited source into the running program. Handler of the table in ``commands``."""

from __future__ import annotations

from pydelve.api.reload import FileReload
from pydelve.api.requests import ListBreakpoints, Reload
from pydelve.terminal.model import Call
from pydelve.terminal.names import counted, short_path
from pydelve.terminal.places import breakpoint_head

_RUNNING = "it is running"


def reload(call: Call) -> None:
    """``reload``: new code for functions of edited files."""
    session = call.session
    before = {point.id: point for point in session.ask(ListBreakpoints())}
    done = session.ask(Reload(call.text))
    if not done:
        session.screen.line("nothing to reload: no file of the program has changed")
    for each in done:
        session.screen.lines(_lines(each, session.cwd))
    for point in session.ask(ListBreakpoints()) if done else ():
        if point.placements != before[point.id].placements:
            session.screen.line(f"now {breakpoint_head(point, session.cwd)}")


def _lines(done: FileReload, cwd: str) -> list[str]:
    path = short_path(done.path, cwd)
    lines = [f"{path}: {', '.join(done.changed) or 'no function'} {_has(len(done.changed))} new code"]
    if done.moved:
        lines[0] += f", {counted(done.moved, 'other')} only moved"
    lines += [f"  not replaced: {name}: {why}" for name, why in done.kept]
    if any(why == _RUNNING for _, why in done.kept):
        lines.append("  where it runs, lines are still those of the old text; reload again when it has returned")
    if done.new:
        lines.append(f"  new, and not in the program before a restart: {', '.join(done.new)}")
    if done.gone:
        lines.append(f"  gone from the file, and still in the program: {', '.join(done.gone)}")
    if done.outside:
        lines.append("  what stands outside functions, and their defaults and decorators, is not run again")
    return lines


def _has(count: int) -> str:
    return "have" if count > 1 else "has"
