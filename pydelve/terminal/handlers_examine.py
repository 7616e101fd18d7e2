"""``examine``: everything about one object. Handler of the table in ``commands``."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from pydelve.api.requests import Examine
from pydelve.api.values import Attribute, Examination
from pydelve.errors import UsageError
from pydelve.terminal.evaluating import evaluate_by
from pydelve.terminal.limits import asked_limits
from pydelve.terminal.model import Call
from pydelve.terminal.names import counted
from pydelve.terminal.units import size_text
from pydelve.terminal.values import cut_hint, describe_type, flat_value, render_within

_VALUE_LINES = 12
_NOT_RUN = {"property": "(not run)", "computed": "(not run)", "descriptor": "(not run)"}
_SLOT_UNSET = "(not assigned)"


def examine(call: Call) -> None:
    """``examine``: type, size, referrers, and each attribute with where it comes from."""
    if not call.text:
        raise UsageError("examine needs an expression", hint="examine account")
    session = call.session
    timeout_s = session.settings.evaluation_timeout_s
    asked = Examine(call.text, session.thread, session.frame_index, timeout_s, asked_limits(call))
    found = evaluate_by(session, asked)
    lines, shortened = render_within(found.value, _VALUE_LINES, width=session.screen.width)
    session.screen.lines(lines.split("\n"))
    if shortened or cut_hint(call.text, found.value):
        session.screen.line(session.screen.theme.dim(f"  (cut; more: print {call.text})"))
    session.screen.lines(_summary(found))
    session.screen.lines(_attribute_lines(found.attributes, session.screen.width))
    if found.attributes_cut:
        session.screen.line(session.screen.theme.dim(f"  (more attributes: examine -n 1000 {call.text})"))


def _summary(found: Examination) -> list[str]:
    if not found.size_bytes:  # read from memory alone, which tells neither
        return [f"type: {describe_type(found.value)}"]
    own = "" if not found.value.items else ", without what it refers to"
    referrers = ", ".join(f"{count:,} {name}" for name, count in found.referrers) or "none"
    return [
        f"type: {describe_type(found.value)}",
        f"size: {size_text(found.size_bytes)}{own}",
        f"referrers: {referrers} (variables of frames are not counted)",
    ]


def _attribute_lines(attributes: Sequence[Attribute], width: int) -> list[str]:
    """A table of what is no method, then the methods of each class."""
    rows = [(each.name, _place(each), _content(each)) for each in attributes if each.origin != "method"]
    methods = [each for each in attributes if each.origin == "method"]
    lines = ["attributes:"] if rows else []
    names, places = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    for name, place, content in rows:
        text = f"  {name:<{names}}  {place:<{places}}  {content}"
        lines.append(text if len(text) <= width else text[: width - 3] + "...")
    for owner, group in groupby(methods, lambda each: each.owner):
        own = [each.name for each in group]
        lines += _wrapped(f"{counted(len(own), 'method')} of {owner}: ", own, width)
    return lines


def _place(attribute: Attribute) -> str:
    if attribute.origin == "instance":
        return "instance"
    return f"{attribute.origin} of {attribute.owner}" if attribute.origin != "class" else f"class {attribute.owner}"


def _content(attribute: Attribute) -> str:
    if attribute.value is not None:
        return flat_value(attribute.value)
    return _NOT_RUN.get(attribute.origin, _SLOT_UNSET)


def _wrapped(label: str, words: Sequence[str], width: int) -> list[str]:
    lines = [label]
    for index, word in enumerate(words):
        text = word + ("," if index < len(words) - 1 else "")
        if len(lines[-1]) + len(text) > width and lines[-1].strip():
            lines[-1] = lines[-1].rstrip()
            lines.append("    ")
        lines[-1] += f"{text} "
    return [line.rstrip() for line in lines]
