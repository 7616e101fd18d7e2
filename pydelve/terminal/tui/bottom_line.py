"""The line at the bottom: where commands, searches and places are typed, with history and completion; and the layout.

On the main thread, in prompt-toolkit's loop; completion asks the debugger from a thread, so that typing goes on.
"""

from __future__ import annotations

from collections.abc import Callable

from prompt_toolkit.application import get_app
from prompt_toolkit.buffer import Buffer
from prompt_toolkit.document import Document
from prompt_toolkit.filters import Condition, vi_mode
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.history import InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.layout import ConditionalContainer, Float, FloatContainer, HSplit, Layout, Window
from prompt_toolkit.layout.controls import BufferControl, FormattedTextControl, UIControl
from prompt_toolkit.layout.menus import CompletionsMenu
from prompt_toolkit.layout.processors import BeforeInput

from pydelve.terminal.completer import TableCompleter
from pydelve.terminal.history import open_history
from pydelve.terminal.model import CommandTable
from pydelve.terminal.session import Session
from pydelve.terminal.tui.model import Asking, View
from pydelve.terminal.tui.panes import render_hint

_PROMPTS: dict[Asking, str] = {"": "", "command": "(pydelve) ", "search": "search: ", "place": "line or location: "}
_MENU_ROWS = 8


class BottomLine:
    """Typing at the bottom.

    Args:
        submit: Called with what was asked for, and the line.
    """

    def __init__(
        self, view: View, session: Session, table: CommandTable, submit: Callable[[Asking, str], None]
    ) -> None:
        self._view = view
        self._submit = submit
        self._stay = False
        self._commands = Buffer(
            history=open_history(), completer=TableCompleter(session, table),
            complete_while_typing=False, enable_history_search=True, multiline=False, accept_handler=self._accept,
        )  # fmt: skip
        self._others = Buffer(history=InMemoryHistory(), multiline=False, accept_handler=self._accept)
        self._panes = Window()

    def layout(self, panes: UIControl) -> Layout:
        """The panes, with the bottom line below."""
        keys = KeyBindings()
        keys.add("escape", eager=True, filter=~vi_mode)(self._on_escape)  # there it has a meaning of its own
        self._panes = Window(panes, always_hide_cursor=True)
        command = Condition(lambda: self._view.asking == "command")
        other = Condition(lambda: self._view.asking in {"search", "place"})
        nothing = Condition(lambda: not self._view.asking)
        before = BeforeInput(lambda: [("class:prompt", _PROMPTS[self._view.asking])])
        rows = HSplit([
            self._panes,
            ConditionalContainer(Window(FormattedTextControl(self._hint), height=1), filter=nothing),
            *(
                ConditionalContainer(
                    Window(BufferControl(buffer, [before], key_bindings=keys), height=1), filter=shown
                )
                for buffer, shown in ((self._commands, command), (self._others, other))
            ),
        ])  # fmt: skip
        menu = Float(CompletionsMenu(max_height=_MENU_ROWS), xcursor=True, ycursor=True)
        return Layout(FloatContainer(rows, [menu]), focused_element=self._panes)

    def ask(self, what: Asking, text: str = "", *, stay: bool = False) -> None:
        """Have a line typed, beginning with ``text``; ("") no more."""
        self._view.asking, self._stay = what, stay
        if not what:
            self._commands.reset()
            self._others.reset()
            get_app().layout.focus(self._panes)
            return
        buffer = self._commands if what == "command" else self._others
        buffer.reset(Document(text))
        get_app().layout.focus(buffer)

    def _on_escape(self, event: KeyPressEvent) -> None:
        self.ask("")

    def _accept(self, buffer: Buffer) -> bool:
        what, text = self._view.asking, buffer.text
        if not self._stay:  # the buffer empties itself after this, once the line is in the history
            self._view.asking = ""
            get_app().layout.focus(self._panes)
        self._submit(what, text)
        return False

    def _hint(self) -> StyleAndTextTuples:
        return [*render_hint(self._view, get_app().output.get_size().columns)]
