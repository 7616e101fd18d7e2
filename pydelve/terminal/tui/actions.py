"""What the keys of ``keys`` do: they change the view, or have a command of the table run. On the main thread."""

from __future__ import annotations

from typing import Protocol, cast

from pydelve.terminal.model import CommandTable
from pydelve.terminal.places import exception_line, place
from pydelve.terminal.tui.keys import help_lines
from pydelve.terminal.tui.model import PANES, SHARES, Asking, Overlay, Pane, View


class Host(Protocol):
    """What actions need from the application."""

    def execute(self, line: str) -> None:
        """Have a command run, beside the screen."""
        ...

    def open_row(self, path: tuple[str, ...]) -> None:
        """Open or close a part of the locals."""
        ...

    def ask(self, what: Asking, text: str = "", *, stay: bool = False) -> None:
        """Have the bottom line typed in, or ("") no more."""
        ...

    def interrupt(self) -> None:
        """Halt what runs, interrupt what evaluates."""
        ...

    def show_program(self) -> None:
        """Show the program's own screen."""
        ...

    def show_file(self, path: str, line: int) -> None:
        """Show a line of a file."""
        ...

    def redraw(self) -> None:
        """Draw everything anew."""
        ...


class Actions:
    """One method for each action of the keys' table; the argument is the table's."""

    def __init__(self, view: View, table: CommandTable, host: Host) -> None:
        self._view = view
        self._table = table
        self._host = host
        self.page_rows = 10
        """Lines of the pane with the focus, as it was last drawn."""

    def command(self, line: str) -> None:
        """Run a command."""
        self._host.execute(line)

    def _cursor_location(self) -> str:
        """The line under the cursor as commands take it: its number alone where that is the current file's."""
        view = self._view
        return str(view.cursor) if view.cursor_file == view.snapshot.file else f"{view.cursor_file}:{view.cursor}"

    def run_to_cursor(self, _: str) -> None:
        """``until`` where there is that command, a temporary breakpoint where not."""
        if not self._view.cursor_file:
            return
        if self._table.find("until"):
            self._host.execute(f"until {self._cursor_location()}")
        else:
            self._host.execute(f"tbreak {self._cursor_location()}")
            self._host.execute("continue")

    def jump_to_cursor(self, _: str) -> None:
        """``jump`` to the line under the cursor."""
        if self._view.cursor_file:
            self._host.execute(f"jump {self._cursor_location()}")

    def toggle_breakpoint(self, _: str) -> None:
        """Clear the breakpoints on the line under the cursor, or set one there."""
        view = self._view
        if not view.cursor_file:
            return
        here = [
            str(point.id)
            for point in view.snapshot.breakpoints
            if any(
                placement.location.file == view.cursor_file and placement.location.unit.line == view.cursor
                for placement in point.placements
            )
        ]
        self._host.execute(f"clear {' '.join(here)}" if here else f"break {self._cursor_location()}")

    def interrupt(self, _: str) -> None:
        """Drop the line being typed, else halt or interrupt."""
        if self._view.asking:
            self._host.ask("")
        else:
            self._host.interrupt()

    def to_current_line(self, _: str) -> None:
        """Show where the program stands."""
        self._view.to_current_line()
        self._view.focus = "source"

    def show_exception(self, _: str) -> None:
        """The exception of the stop with its frames, over the panes."""
        view = self._view
        exception = view.snapshot.exception
        if exception is None:
            view.say("no exception: the program did not stop for one")
            return
        lines = [exception_line(exception), *exception.notes, ""]
        lines += [f"{frame.index:>3}  {place(frame, view.snapshot.cwd)}" for frame in view.snapshot.frames]
        view.overlay = Overlay("Exception", lines)

    def show_program(self, _: str) -> None:
        """The program's own screen."""
        self._host.show_program()

    def ask(self, what: str) -> None:
        """Have a line typed at the bottom."""
        self._host.ask(cast("Asking", what))

    def python(self, _: str) -> None:
        """Have Python typed at the bottom."""
        self._host.ask("command", "!")

    def toggle_command(self, _: str) -> None:
        """To the command line, to stay; from there, or from the program's output, back to the source."""
        if self._view.asking:
            self._host.ask("")
        elif self._view.focus == "output":
            self._view.focus = "source"
        else:
            self._host.ask("command", stay=True)

    def search_on(self, direction: str) -> None:
        """The next place with the text searched last."""
        view = self._view
        if not view.search:
            self._host.ask("search")
        elif not view.find(view.search, backwards=direction == "backwards"):
            view.say(f"{view.search!r} is not in this file")

    def edit(self, _: str) -> None:
        """``edit`` at the cursor."""
        if self._view.cursor_file:
            self._host.execute(f"edit {self._view.cursor_file}:{self._view.cursor}")

    def move(self, lines: str) -> None:
        """Some lines down, or up where negative."""
        self._view.move(int(lines))

    def move_page(self, pages: str) -> None:
        """A page down or up."""
        self._view.move(int(pages) * max(self.page_rows - 1, 1))

    def focus(self, pane: str) -> None:
        """The keys are for this pane from now on."""
        self._view.focus = cast("Pane", pane)

    def focus_next(self, steps: str) -> None:
        """The keys are for the next pane; the program's output is passed over, since it takes all keys."""
        panes: list[Pane] = [pane for pane in PANES if pane != "output"]
        self._view.focus = panes[(panes.index(self._view.focus) + int(steps)) % len(panes)]

    def share(self, percent: str) -> None:
        """More or less width for the side panes."""
        least, most = SHARES
        self._view.share = max(least, min(self._view.share + int(percent), most))

    def open_row(self, _: str) -> None:
        """Open or close the value that is selected."""
        rows = self._view.snapshot.rows
        if rows:
            self._host.open_row(rows[self._view.at("locals")].path)

    def choose_frame(self, _: str) -> None:
        """Look at the selected frame."""
        if frames := self._view.snapshot.frames:
            self._host.execute(f"frame {frames[self._view.at('stack')].index}")

    def choose_thread(self, _: str) -> None:
        """Look at the selected thread."""
        if threads := self._view.snapshot.threads:
            self._host.execute(f"thread {threads[self._view.at('threads')].id}")

    def show_breakpoint(self, _: str) -> None:
        """Show the line of the selected breakpoint."""
        if points := self._view.snapshot.breakpoints:
            for placement in points[self._view.at("breakpoints")].placements[:1]:
                self._host.show_file(placement.location.file, placement.location.unit.line)

    def switch_breakpoint(self, _: str) -> None:
        """Switch the selected breakpoint off or on."""
        if points := self._view.snapshot.breakpoints:
            self._host.execute(f"toggle {points[self._view.at('breakpoints')].id}")

    def clear_breakpoint(self, _: str) -> None:
        """Clear the selected breakpoint."""
        if points := self._view.snapshot.breakpoints:
            self._host.execute(f"clear {points[self._view.at('breakpoints')].id}")

    def show_help(self, _: str) -> None:
        """The keys, over the panes."""
        self._view.overlay = Overlay("Keys", help_lines())

    def close_overlay(self, _: str) -> None:
        """Back to the panes."""
        self._view.overlay = None

    def redraw(self, _: str) -> None:
        """Draw everything anew."""
        self._host.redraw()
