"""The one table of keys: bindings, the help overlay and ``docs/guide/full-screen.md`` come from it.

They are pudb's wherever pudb has the same thing. ``action`` is a method of ``actions.Actions``, with ``argument``.
"""

from __future__ import annotations

from typing import Literal

from pydelve.records import dataclass
from pydelve.terminal.tui.cells import width

Where = Literal["panes", "locals", "stack", "threads", "breakpoints", "overlay", "anywhere"]
"""panes: in any pane but the program's output while no text lies over them; a pane: there only, before those of
``panes``; overlay: while text lies over the panes; anywhere: also where a line is typed."""


@dataclass(frozen=True, slots=True)
class Key:
    """Keys that do the same."""

    names: tuple[str, ...]
    """As prompt-toolkit calls them."""
    label: str
    does: str
    """For people; "" keeps it out of the help."""
    action: str
    argument: str = ""
    where: Where = "panes"


GROUPS: tuple[tuple[str, tuple[Key, ...]], ...] = (
    ("Running", (
        Key(("n",), "n", "next: over calls", "command", "next"),
        Key(("s",), "s", "step: into calls", "command", "step"),
        Key(("r", "f"), "r f", "stepout: until this function returns", "command", "stepout"),
        Key(("c",), "c", "continue", "command", "continue"),
        Key(("t",), "t", "run to the line under the cursor", "run_to_cursor"),
        Key(("J",), "J", "jump: the line under the cursor runs next", "jump_to_cursor"),
        Key(("c-c", "<sigint>"), "Ctrl-C", "halt the program, interrupt an evaluation, drop the line typed",
            "interrupt", where="anywhere"),
        Key(("b",), "b", "set or clear a breakpoint on the line under the cursor", "toggle_breakpoint"),
    )),
    ("Looking", (
        Key(("u",), "u", "up: the frame that called", "command", "up"),
        Key(("d",), "d", "down: the frame that was called", "command", "down"),
        Key(("H",), "H", "back to the line where the program stands", "to_current_line"),
        Key(("e",), "e", "the exception, and where it was raised", "show_exception"),
        Key(("o",), "o", "the program's own screen", "show_program"),
        Key(("L",), "L", "show a line or a location: 14, withdraw, bank.py:14", "ask", "place"),
        Key(("m",), "m", "show another file", "ask", "place"),
        Key(("/",), "/", "search in the source", "ask", "search"),
        Key((".",), ".", "the next place with it", "search_on", "forwards"),
        Key((",",), ",", "the one before", "search_on", "backwards"),
        Key(("c-e",), "Ctrl-E", "edit the file at the line under the cursor", "edit"),
    )),
    ("Moving", (
        Key(("j", "down"), "j ↓", "one line down", "move", "1"),
        Key(("k", "up"), "k ↑", "one line up", "move", "-1"),
        Key(("c-d", "c-f", "pagedown"), "Ctrl-D Ctrl-F PgDn", "a page down", "move_page", "1"),
        Key(("c-u", "c-b", "pageup"), "Ctrl-U Ctrl-B PgUp", "a page up", "move_page", "-1"),
        Key(("g", "home"), "g Home", "the first line", "move", "-1000000000"),
        Key(("G", "end"), "G End", "the last line", "move", "1000000000"),
    )),
    ("Panes", (
        Key(("C", "h", "left"), "C h ←", "the source", "focus", "source"),
        Key(("V", "l", "right"), "V l →", "the locals", "focus", "locals"),
        Key(("S",), "S", "the stack", "focus", "stack"),
        Key(("T",), "T", "the threads", "focus", "threads"),
        Key(("B",), "B", "the breakpoints", "focus", "breakpoints"),
        Key(("O",), "O", "the output: every key goes to the program until Ctrl-X", "focus", "output"),
        Key(("M",), "M", "what commands said", "focus", "messages"),
        Key(("tab",), "Tab", "the next pane", "focus_next", "1"),
        Key(("s-tab",), "Shift-Tab", "the one before", "focus_next", "-1"),
        Key(("+",), "+", "wider side panes", "share", "5"),
        Key(("-",), "-", "narrower side panes", "share", "-5"),
    )),
    ("In a pane", (
        Key(("enter", "space", "\\"), "Enter Space \\", "locals: open or close a value", "open_row", where="locals"),
        Key(("enter", "space"), "Enter", "stack: look at this frame", "choose_frame", where="stack"),
        Key(("enter", "space"), "Enter", "threads: look at this thread", "choose_thread", where="threads"),
        Key(("enter", "space"), "Enter", "breakpoints: show its line", "show_breakpoint", where="breakpoints"),
        Key(("b",), "b", "breakpoints: switch it off or on", "switch_breakpoint", where="breakpoints"),
        Key(("d", "delete"), "d Del", "breakpoints: clear it", "clear_breakpoint", where="breakpoints"),
    )),
    ("Session", (
        Key((":",), ":", "type a command; an empty line repeats the last", "ask", "command"),
        Key(("!",), "!", "type Python, to be run in the frame", "python"),
        Key(("c-x",), "Ctrl-X", "to the command line and back", "toggle_command", where="anywhere"),
        Key(("?", "f1"), "? F1", "these keys", "show_help"),
        Key(("P",), "P", "the plain prompt; tui there comes back", "command", "tui"),
        Key(("c-l",), "Ctrl-L", "draw the screen anew", "redraw", where="anywhere"),
        Key(("q",), "q", "leave", "command", "exit"),
    )),
    ("Over the panes", (
        Key(("q", "escape", "enter", "?", "f1"), "q Esc Enter", "text over the panes: close it", "close_overlay",
            where="overlay"),
        Key(("j", "down"), "", "", "move", "1", where="overlay"),
        Key(("k", "up"), "", "", "move", "-1", where="overlay"),
        Key(("c-d", "c-f", "pagedown", "space"), "", "", "move_page", "1", where="overlay"),
        Key(("c-u", "c-b", "pageup"), "", "", "move_page", "-1", where="overlay"),
        Key(("g", "home"), "", "", "move", "-1000000000", where="overlay"),
        Key(("G", "end"), "", "", "move", "1000000000", where="overlay"),
    )),
)  # fmt: skip


def help_lines() -> list[str]:
    """The keys by group, for the overlay."""
    labels = [key.label for _, keys in GROUPS for key in keys if key.does]
    columns = max(map(width, labels))
    lines: list[str] = []
    for group, keys in GROUPS:
        lines += [f"{group}:"]
        lines += [f"  {key.label}{' ' * (columns - width(key.label))}  {key.does}" for key in keys if key.does]
        lines.append("")
    return lines[:-1]
