"""``args``, ``locals`` and ``vars``: variables by their names. Handlers of the table in ``commands``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from pydelve.api.requests import GetVariables
from pydelve.api.values import Limits, Variable
from pydelve.errors import UsageError
from pydelve.terminal.limits import asked_limits
from pydelve.terminal.model import Call
from pydelve.terminal.names import counted
from pydelve.terminal.values import describe_type, flat_value, is_cut, render_within

MODULE_NAMES = frozenset({
    "__name__", "__doc__", "__package__", "__loader__", "__spec__", "__builtins__", "__file__", "__cached__",
    "__annotations__", "__annotate__", "__conditional_annotations__", "__path__",
})  # fmt: skip
"""What Python itself puts into each module."""
_OF_ASSERTIONS = "@py_"
"""How the variables begin that pytest adds to a function whose assertions it rewrites."""
_DEFINITIONS = {"module", "class", "function", "builtin"}
_ALL_LINES = 1_000_000
_NOUNS = {"arguments": "arguments", "locals": "local variables", "globals": "global variables"}
_SCOPES = {
    "argument": "argument", "local": "local", "cell": "used by inner functions", "free": "of an outer function",
    "global": "global",
}  # fmt: skip


def args(call: Call) -> None:
    """``args``: the arguments of this frame."""
    _show(call, "arguments")


def locals_(call: Call) -> None:
    """``locals``: all local variables of this frame."""
    _show(call, "locals")


def vars_(call: Call) -> None:
    """``vars``: the global variables of this frame's module, without what it defines or imports by name."""
    _show(call, "globals")


def _show(call: Call, scope: Literal["arguments", "locals", "globals"]) -> None:
    session, words = call.session, call.text.split()
    asked = GetVariables(scope, session.thread, session.frame_index, asked_limits(call))
    variables = _named(session.ask(asked), words, call.command.name)
    if not variables:
        session.screen.line(f"no {_NOUNS[scope]}" + (f" match {call.text}" if words else ""))
        return
    everything = bool(words) or "-full" in call.options or "-all" in call.options
    own = variables if everything else [each for each in variables if not _is_hidden(each.name)]
    data = own
    if scope == "globals" and not everything:
        data = [each for each in own if each.value.kind not in _DEFINITIONS]
    shown = data if "-all" in call.options else data[: session.settings.listing_lines]
    _show_values(call, shown)
    hidden = [] if everything else [each.name for each in variables if _is_hidden(each.name)]
    _show_hidden(call, hidden, len(own) - len(data), len(data) - len(shown))


def _is_hidden(name: str) -> bool:
    return name in MODULE_NAMES or name.startswith(_OF_ASSERTIONS)


def _named(variables: Sequence[Variable], words: Sequence[str], command: str) -> list[Variable]:
    """Those that the words mean: a word that is a name means it, another is a regular expression found in names."""
    if not words:
        return list(variables)
    names = {variable.name for variable in variables}
    chosen: set[str] = set()
    for word in words:
        try:
            found = {name for name in names if re.search(word, name)}
            chosen |= {word} if word in names else found if "__" in word else found - MODULE_NAMES
        except re.error as error:
            raise UsageError(
                f"{word!r} is no regular expression", why=str(error), hint=f"{command} {re.escape(word)}"
            ) from error
    return [variable for variable in variables if variable.name in chosen]


def _show_values(call: Call, variables: Sequence[Variable]) -> None:
    session, cut = call.session, []
    as_asked = bool(call.text or call.options.keys() - {"-v", "-all"})
    for variable in variables:
        label = f"{variable.name} = "
        if "-v" in call.options and variable.value.kind != "unbound":
            label = f"{variable.name}: {describe_type(variable.value)} ({_SCOPES[variable.scope]}) = "
        lines = _ALL_LINES if as_asked else session.settings.variable_lines
        text, shortened = render_within(variable.value, lines, width=session.screen.width, used=len(label))
        session.screen.line(label + text)
        if shortened or is_cut(variable.value):
            cut.append(variable.name)
    if cut and "-full" not in call.options:
        more = f"print {cut[0]}" if not as_asked else f"print -full {cut[0]}"
        if len(cut) > 1:
            more = f"{call.command.name} -full, or {more}"
        session.screen.remark(f"cut; more: {more}")


def _show_hidden(call: Call, hidden: Sequence[str], definitions: int, over: int) -> None:
    name, screen = call.command.name, call.session.screen
    if over:
        screen.remark(f"...+{counted(over, 'more name')}: {name} REGEXP, or {name} -all")
    parts = []
    if definitions:
        parts.append(f"{counted(definitions, 'name')} for functions, classes and modules")
    if hidden:
        parts.append("those that every module has" if MODULE_NAMES.intersection(hidden) else "those of pytest's own")
    if parts:
        screen.remark(f"and {' and '.join(parts)}: {name} {'-all' if name == 'vars' else '-full'}")


def one_line_each(variables: Sequence[Variable], width: int, indent: str) -> list[str]:
    """Variables in one line each, as ``stack -full`` has them: without what a module defines or Python puts there.

    A line that was cut ends with ``...``.
    """
    lines = []
    for variable in variables:
        if _is_hidden(variable.name) or variable.value.kind in {*_DEFINITIONS, "unbound"}:
            continue
        text = f"{indent}{variable.name} = {flat_value(variable.value)}"
        lines.append(text if len(text) <= width else text[: width - 3] + "...")
    return lines


ONE_LINE = Limits(max_text=100, max_items=10, max_depth=1, max_total=500)
"""Limits for values that will have one line."""
