"""The end of an expression that is being typed: which object it is about, and which call it is in. Pure.

Not a parser: what is typed is not whole yet. It looks at the tokens before the cursor from the last to the first, and
knows names, attributes, and items by a constant or a variable; all else it leaves alone.
"""

from __future__ import annotations

import ast
import keyword
import re
from collections.abc import Sequence
from typing import Literal

from pydelve.records import dataclass

Constant = str | int | float | bytes | bool | None
Step = tuple[Literal["name", "value", "attribute", "item", "index"], Constant]
What = Literal["names", "attributes", "keys", ""]
_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n\f\\]+|\#[^\n]*)
  | (?P<string>[A-Za-z]{0,2}(?:'''(?:\\.|[^\\])*?'''|\"""(?:\\.|[^\\])*?\"""
      |'(?:\\.|[^\\'\n])*'|"(?:\\.|[^\\"\n])*"))
  | (?P<open>(?P<prefix>[A-Za-z]{0,2})(?P<quote>'''|\"""|'|")(?P<body>.*)\Z)
  | (?P<number>\d[\w.]*)
  | (?P<name>[^\W\d]\w*)
  | (?P<sign>[=!<>:]=|->|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BRACKETS = {")": "(", "]": "[", "}": "{"}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int


@dataclass(frozen=True, slots=True)
class Place:
    """What is being typed at the end of a text."""

    what: What
    """"" where nothing of ours can help: in a comment, in a string that is no key."""
    typed: str = ""
    steps: tuple[Step, ...] = ()
    """From a variable to the object whose attributes or keys are asked for."""
    quote: str = ""
    """keys: the quote that was typed already."""


@dataclass(frozen=True, slots=True)
class OpenCall:
    """The innermost call whose parenthesis is still open at the end of a text."""

    steps: tuple[Step, ...]
    position: int
    """How many arguments were typed before the one at the cursor."""
    keyword: str = ""
    """The name of that one, where it has one."""


def place_at_end(text: str) -> Place:
    """What is being typed at the end of ``text``."""
    tokens = _tokens(text)
    if tokens is None:
        return Place("")
    last = tokens[-1] if tokens else None
    if last is None or last.start + len(last.text) < len(text):
        return Place("names") if last is None or not _ends_operand(last) else Place("")
    before = tokens[:-1]
    if last.kind == "open":
        match = _TOKEN.match(last.text)
        assert match is not None
        steps = _subject(before, "[")
        key = steps and not match["prefix"] and len(match["quote"]) == 1 and "\\" not in match["body"]
        return Place("keys", match["body"], steps, match["quote"]) if key else Place("")
    if last.text == "." or last.text == "[":
        steps = _chain(before)
        if steps:
            return Place("attributes" if last.text == "." else "keys", "", steps)
        return Place("names") if last.text == "[" else Place("")
    if last.kind == "name":
        if before and before[-1].text == ".":
            steps = _chain(before[:-1])
            return Place("attributes", last.text, steps) if steps else Place("")
        return Place("names", last.text)
    if last.kind == "number":
        steps = _subject(before, "[")
        return Place("keys", last.text, steps) if steps and last.text.isdigit() else Place("")
    return Place("names") if last.kind == "sign" and not _ends_operand(last) else Place("")


def open_call(text: str) -> OpenCall | None:
    """The call that the end of ``text`` is in; None where it is in none, or where what is called isn't known."""
    tokens = _tokens(text)
    if tokens is None:
        return None
    opened: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind == "sign" and token.text in "([{":
            opened.append(index)
        elif token.kind == "sign" and token.text in _BRACKETS and opened:
            opened.pop()
    while opened and tokens[opened[-1]].text != "(":
        opened.pop()
    if not opened:
        return None
    steps = _chain(tokens[: opened[-1]])
    if not steps:
        return None
    commas, depth = [opened[-1]], 0
    for index in range(opened[-1] + 1, len(tokens)):
        text = tokens[index].text if tokens[index].kind == "sign" else ""
        if text and text in "([{":
            depth += 1
        elif text in _BRACKETS:
            depth -= 1
        elif text == "," and not depth:
            commas.append(index)
    argument = tokens[commas[-1] + 1 :]
    named = len(argument) > 1 and argument[0].kind == "name" and argument[1].text == "="
    return OpenCall(steps, len(commas) - 1, argument[0].text if named else "")


def current_parameter(parameters: Sequence[str], position: int, name: str) -> int:
    """Index of the parameter that an argument is for; -1 where there is none such."""
    names = [parameter.partition("=")[0].partition(":")[0].strip() for parameter in parameters]
    if name:
        if name in names:
            return names.index(name)
        return next((index for index, text in enumerate(names) if text.startswith("**")), -1)
    count = 0
    for index, text in enumerate(names):
        if text == "/":
            continue
        if text == "*" or text.startswith("**"):
            return -1
        if text.startswith("*") or count == position:
            return index
        count += 1
    return -1


def key_text(key: Constant, quote: str, typed: str) -> str:
    """A key as it is typed between brackets, with the quote that was begun; "" where that can't be."""
    if isinstance(key, str):
        if quote and (quote in key or "\\" in key or not key.isprintable()):
            return ""
        return f"{key}{quote}]" if quote else f"{key!r}]"
    text = repr(key)
    return f"{text}]" if not quote and text.startswith(typed) else ""


def _tokens(text: str) -> list[_Token] | None:
    """Without white space; None where the end is in a comment or in a string over several lines."""
    found = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if match["open"] is not None:
            kind = "open"
            if "\n" in match[0]:
                return None
        if kind == "space":
            if "#" in match[0] and match.end() == len(text):
                return None
            continue
        found.append(_Token(kind, match[0], match.start()))
    return found


def _ends_operand(token: _Token) -> bool:
    """Does an operator have to follow?"""
    if token.kind == "name":
        return not keyword.iskeyword(token.text) or token.text in {"None", "True", "False"}
    return token.kind != "sign" or token.text in _BRACKETS


def _subject(tokens: Sequence[_Token], sign: str) -> tuple[Step, ...]:
    return _chain(tokens[:-1]) if tokens and tokens[-1].text == sign else ()


def _chain(tokens: Sequence[_Token]) -> tuple[Step, ...]:
    """The steps to the object that these tokens end with; () where they are not of the kinds known here."""
    steps: list[Step] = []
    end = len(tokens) - 1
    while end >= 0:
        token = tokens[end]
        if token.kind == "name":
            if keyword.iskeyword(token.text):
                return ()
            if end and tokens[end - 1].text == ".":
                steps.append(("attribute", token.text))
                end -= 2
                continue
            steps.append(("name", token.text))
            return tuple(reversed(steps))
        if token.kind == "string":
            steps.append(("value", _literal(token.text)))
            return tuple(reversed(steps)) if isinstance(steps[-1][1], str | bytes) else ()
        if token.text != "]":
            return ()
        begin = next((at for at in range(end - 1, max(end - 4, -1), -1) if tokens[at].text == "["), -1)
        step = _item(tokens[begin + 1 : end]) if begin > 0 else None
        if step is None:
            return ()
        steps.append(step)
        end = begin - 1
    return ()


def _item(tokens: Sequence[_Token]) -> Step | None:
    if len(tokens) == 1 and tokens[0].kind == "name" and not keyword.iskeyword(tokens[0].text):
        return ("index", tokens[0].text)
    text = "".join(token.text for token in tokens)
    constant = _literal(text)
    return None if constant is None and text != "None" else ("item", constant)


def _literal(text: str) -> Constant:
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return found if type(found) in {str, int, float, bytes, bool} else None
