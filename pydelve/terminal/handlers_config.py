"""``config``: the settings, names of the user's own, and where sources are. Handler of the table in ``commands``."""

from __future__ import annotations

import re

from pydelve import config_file
from pydelve.config import Settings
from pydelve.errors import UsageError
from pydelve.records import replace
from pydelve.terminal.file_names import file_words
from pydelve.terminal.model import Call
from pydelve.terminal.names import nearest

Pairs = tuple[tuple[str, str], ...]


def config(call: Call) -> None:
    """``config``: list, show, set and save settings."""
    session, words = call.session, call.text.split(maxsplit=1)
    if "-save" in call.options:
        session.screen.line(f"saved to {config_file.save(session.settings)}")
    elif not words or "-list" in call.options:
        session.screen.lines(_listed(session.settings, call.text))
    elif words[0] == "alias":
        _alias(call, words[1] if len(words) > 1 else "")
    elif words[0] == "substitute-path":
        _substitute_path(call, words[1] if len(words) > 1 else "")
    else:
        _setting(call, *words)


def _listed(settings: Settings, pattern: str = "") -> list[str]:
    keys = [key for key in config_file.KEYS if _found(pattern, key)]
    if not keys:
        raise UsageError(f"no setting matches {pattern!r}", hint="config")
    texts = {key: _text(settings, key) for key in keys}
    widths = max(map(len, keys)), max(len(text) for text in texts.values() if len(text) <= 12 or len(texts) == 1)
    lines = []
    for key, text in texts.items():
        changed = config_file.value(settings, key) != config_file.default(key)
        usual = (
            f" (default: {config_file.as_typed(config_file.default(key))})"
            if changed and not config_file.is_table(key)
            else ""
        )
        lines.append(f"{key:<{widths[0]}}  {text:<{widths[1]}}  {config_file.summary(key)}{usual}")
        if config_file.is_table(key):
            lines += [f"    {line}" for line in _pair_lines(settings, key)]
    return lines


def _found(pattern: str, key: str) -> bool:
    try:
        return re.search(pattern, key) is not None
    except re.error as error:
        raise UsageError(f"{pattern!r} is no regular expression", why=str(error), hint="config -list lines") from error


def _text(settings: Settings, key: str) -> str:
    now = config_file.value(settings, key)
    return str(len(now)) if config_file.is_table(key) else config_file.as_typed(now)


def _pair_lines(settings: Settings, key: str) -> list[str]:
    pairs: Pairs = config_file.value(settings, key)
    sign = "is" if key == "aliases" else "is here"
    return [f"{left} {sign} {right}" for left, right in pairs]


def _setting(call: Call, key: str, text: str = "") -> None:
    session = call.session
    if key == "aliases" and not text:
        key_lines = _pair_lines(session.settings, key)
        session.screen.lines(key_lines or ["no aliases of your own; config alias COMMAND NAME makes one"])
        return
    if key not in config_file.KEYS or config_file.is_table(key):
        close = nearest(key, (*config_file.KEYS, "alias"))
        raise UsageError(f"there is no setting {key}", hint=f"config {close[0]}" if close else "config")
    if text:
        session.configure(config_file.with_text(session.settings, key, text))
    session.screen.lines(_listed(session.settings, f"^{re.escape(key)}$"))


def _alias(call: Call, text: str) -> None:
    """``alias COMMAND NAME`` makes one, ``alias NAME`` takes it away; the command may have words of its own."""
    session = call.session
    command, _, name = text.rpartition(" ")
    command, pairs = command.strip(), dict(session.settings.aliases)
    if not name:
        _setting(call, "aliases")
        return
    if not command:
        if name not in pairs:
            own = call.table.find(name)
            raise UsageError(
                f"there is no alias {name} of yours",
                why=f"it is a name of {own.name}" if own else f"there are {', '.join(sorted(pairs)) or 'none'}",
                hint=f"config alias {name} NAME makes one for it" if own else "config alias print NAME makes one",
            )
        del pairs[name]
        session.screen.line(f"{name} is no alias any more")
    else:
        known = call.table.find(command.split()[0])
        if known is None:
            near = call.table.nearest(command.split()[0])
            raise UsageError(f"there is no command {command.split()[0]}", hint=f"config alias {near or 'print'} {name}")
        if not re.fullmatch(r"[A-Za-z_][\w-]*", name) or name in {other.name for other in call.table}:
            raise UsageError(
                f"{name} can't be an alias",
                why="it is a command" if call.table.find(name) else "a name has letters, digits, _ and -",
                hint=f"config alias {command} {command[0]}{command[0]}",
            )
        pairs[name] = command
        session.screen.line(f"{name} is {command}")
    session.configure(replace(session.settings, aliases=tuple(pairs.items())))


def _substitute_path(call: Call, text: str) -> None:
    """``substitute-path FROM TO`` adds a rule, ``FROM`` takes it away, ``-clear`` all of them."""
    session = call.session
    rules = dict(session.settings.substitute_path)
    words = file_words(text, "config substitute-path")
    match words:
        case []:
            session.screen.lines(_pair_lines(session.settings, "substitute-path") or ["no rules"])
            return
        case ["-clear"]:
            rules = {}
        case [begin] if begin in rules:
            del rules[begin]
        case [begin]:
            raise UsageError(
                f"there is no rule for {begin}",
                why=f"there are rules for {', '.join(rules)}" if rules else "there are none",
                hint=f"config substitute-path {begin} FOLDER makes one",
            )
        case [begin, instead]:
            rules[begin] = instead
        case _:
            raise UsageError(
                "substitute-path takes FROM and TO", why=f"there are {len(words)} words", hint="help config"
            )
    session.configure(replace(session.settings, substitute_path=tuple(rules.items())))
    session.screen.lines(_pair_lines(session.settings, "substitute-path") or ["no rules any more"])
