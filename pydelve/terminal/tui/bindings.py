"""The table of ``keys`` as prompt-toolkit's key bindings; all keys for the program while its pane has the focus."""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.filters import Condition
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.key_binding.key_processor import KeyPress
from prompt_toolkit.keys import Keys

from pydelve.terminal.tui.actions import Actions
from pydelve.terminal.tui.keys import GROUPS, Key, Where
from pydelve.terminal.tui.model import View

_NEVER_THE_PROGRAMS = {"c-c", "c-x", "<sigint>"}


def key_bindings(
    view: View, actions: Actions, type_for_program: Callable[[bytes], None], keep: Callable[[list[KeyPress]], None]
) -> KeyBindings:
    """Bind the table's keys to the actions; a later key of the table goes before an earlier one that it equals.

    Args:
        type_for_program: Takes what is typed while the program's pane has the focus.
        keep: Takes the keys that wait (:attr:`View.keys_wait`).
    """
    bindings = KeyBindings()

    def bind(key: Key, name: str) -> None:
        act: Callable[[str], None] = getattr(actions, key.action)
        # Eager: nothing longer begins with one of these keys, and Escape would wait for more.
        bindings.add(name, filter=Condition(lambda: applies(view, key.where, name)), eager=True)(
            lambda event: act(key.argument)
        )

    bindings.add(Keys.Any, filter=Condition(lambda: is_for_program(view)))(
        lambda event: type_for_program(_bytes_of(event))
    )
    bindings.add(Keys.Any, filter=Condition(lambda: view.keys_wait), eager=True)(lambda event: keep(event.key_sequence))
    for _, keys in GROUPS:
        for key in keys:
            for name in key.names:
                bind(key, name)
    return bindings


def is_for_program(view: View) -> bool:
    """Whether keys go to the program."""
    return view.focus == "output" and not view.asking and view.overlay is None


def applies(view: View, where: Where, name: str) -> bool:
    """Whether keys of that place count now."""
    if view.keys_wait:
        return where == "anywhere" and name in _NEVER_THE_PROGRAMS
    if where == "anywhere":
        return not is_for_program(view) or name in _NEVER_THE_PROGRAMS
    if view.asking or is_for_program(view):
        return False
    if view.overlay is not None:
        return where == "overlay"
    return where in {"panes", view.focus}


def _bytes_of(event: KeyPressEvent) -> bytes:
    """What was pressed, as the terminal sent it."""
    return "".join(press.data for press in event.key_sequence).encode("utf-8", "surrogateescape")
