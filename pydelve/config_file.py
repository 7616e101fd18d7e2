"""The file of settings: TOML that a person may edit and ``config -save`` writes; and values as they are typed.

A key is a field of ``Settings`` with ``-`` for ``_``; ``[aliases]`` and ``[substitute-path]`` are tables of texts.
Called by the command line at the start and by the ``config`` command; blocks on nothing but the file.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydelve.config import Settings, config_folder
from pydelve.errors import UsageError
from pydelve.records import fields_of, replace

FILE = "config.toml"
_HEAD = "# Settings of pydelve, written by its command config -save.\n"
_NAMES = {name.replace("_", "-"): name for name in fields_of(Settings)}
_HINTS = get_type_hints(Settings)
_CHOICES = {key: get_args(_HINTS[name]) for key, name in _NAMES.items() if get_origin(_HINTS[name]) is Literal}
_LEAST = {"width": 20, "stack-depth": 1, "listing-lines": 1, "variable-lines": 1}
KEYS = tuple(_NAMES)
"""All keys, in the order of ``Settings``."""


def path() -> str:
    """Where the file is, or would be."""
    return os.path.join(config_folder(), FILE)


def summary(key: str) -> str:
    """What a key is about, in a few words."""
    text: str = fields_of(Settings)[_NAMES[key]].metadata["summary"]
    return text


def default(key: str) -> Any:
    """The value of a key that nobody set."""
    return fields_of(Settings)[_NAMES[key]].default


def value(settings: Settings, key: str) -> Any:
    """The value of a key."""
    return getattr(settings, _NAMES[key])


def is_table(key: str) -> bool:
    """Whether a key holds pairs of texts."""
    return isinstance(default(key), tuple)


def with_value(settings: Settings, key: str, new: Any) -> Settings:
    """The settings with another value of the right type for a key.

    Raises:
        UsageError: it is no value that the key can have.
    """
    return replace(settings, **{_NAMES[key]: _checked(key, new)})


def with_text(settings: Settings, key: str, text: str) -> Settings:
    """The settings with another value for a key, as it is typed: ``yes``, ``12``, ``0.5``, ``never``.

    Raises:
        UsageError: it is no value that the key can have.
    """
    kind, new = type(default(key)), text
    if kind is bool:
        known = {
            "true": True,
            "yes": True,
            "on": True,
            "1": True,
            "false": False,
            "no": False,
            "off": False,
            "0": False,
        }
        return with_value(settings, key, known.get(text.lower(), text))
    if kind in {int, float}:
        try:
            return with_value(settings, key, kind(text))
        except (ValueError, OverflowError):
            pass  # no number: refused below, in the same words as a number that is too small
    return with_value(settings, key, new)


def load() -> tuple[Settings, tuple[str, ...]]:
    """The settings in the file, defaults where it says nothing; and the keys in it that are not known here.

    Raises:
        UsageError: it can't be read, is no TOML, or has a value that can't be; the message names the file.
    """
    try:
        with open(path(), "rb") as file:
            import tomllib  # noqa: PLC0415  8 ms of the first prompt, for those who have such a file

            written = tomllib.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return Settings(), ()
    except (OSError, ValueError) as error:  # no TOML, no UTF-8
        raise UsageError(f"can't read {path()}", why=str(error), hint="config -save writes a new one") from error
    settings = Settings()
    for key, new in written.items():
        if key in _NAMES:
            try:
                settings = with_value(settings, key, tuple(new.items()) if isinstance(new, dict) else new)
            except UsageError as error:
                error.message = f"{path()}: {error.message}"
                raise
    return settings, tuple(key for key in written if key not in _NAMES)


def save(settings: Settings) -> str:
    """Write what is not the default; gives the path.

    Raises:
        UsageError: it can't be written, or the file has what is not known here and would be lost.
    """
    try:
        _, unknown = load()
    except UsageError:
        unknown = ()  # what can't be read is what the user wants replaced
    if unknown:
        raise UsageError(
            f"{path()} has {', '.join(unknown)}, which this pydelve does not know",
            why="saving would lose it", hint="take it out of the file, or add there what you want by hand",
        )  # fmt: skip
    written = f"{path()}.{os.getpid()}"
    try:
        os.makedirs(config_folder(), mode=0o700, exist_ok=True)
        with open(written, "w", encoding="utf-8") as file:
            file.write(render(settings))
        os.replace(written, path())
    except OSError as error:
        with contextlib.suppress(OSError):
            os.unlink(written)
        raise UsageError(f"can't write {path()}", why=error.strerror or str(error)) from error
    return path()


def render(settings: Settings) -> str:
    """The file's text: what is not the default."""
    changed = {key: now for key in KEYS if (now := value(settings, key)) != default(key)}
    lines = [f"{key} = {_toml(now)}\n" for key, now in changed.items() if not is_table(key)]
    for key, pairs in changed.items():
        if is_table(key):
            lines += [f"\n[{key}]\n", *(f"{_toml(left)} = {_toml(right)}\n" for left, right in pairs)]
    return _HEAD + "".join(lines)


def _checked(key: str, new: Any) -> Any:
    known = default(key)
    if is_table(key):
        pairs = dict(new) if isinstance(new, tuple | Mapping) else {"": None}
        if not all(isinstance(text, str) and text for pair in pairs.items() for text in pair):
            raise UsageError(f"{key} is no table of texts", why=f"it has pairs, as [{key}]", hint="help config")
        return tuple(pairs.items())
    if key in _CHOICES:
        fits, wanted = new in _CHOICES[key], f"one of {', '.join(_CHOICES[key])}"
    elif isinstance(known, bool):
        fits, wanted = isinstance(new, bool), "yes or no"
    elif isinstance(known, int):
        least = _LEAST.get(key, 0)
        fits, wanted = type(new) is int and least <= new < 1 << 31, f"a whole number, {least} or more"
    elif isinstance(known, float):
        fits, wanted = type(new) in {int, float} and 0 < new < 1e9, "a number above 0"
        new = float(new) if fits else new
    else:
        fits, wanted = isinstance(new, str), "a text"
    if not fits:
        raise UsageError(f"{key} can't be {new!r}", why=f"it is {wanted}", hint=f"config {key} {as_typed(known)}")
    return new


def _toml(part: object) -> str:
    """A number, a truth value or a text as TOML has it."""
    if isinstance(part, bool):
        return "true" if part else "false"
    if not isinstance(part, str):
        return repr(part)
    escaped = "".join(
        {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}.get(character)
        or (character if character.isprintable() else f"\\U{ord(character):08x}")
        for character in part
    )
    return f'"{escaped}"'


def as_typed(part: object) -> str:
    """A value as a person types it."""
    if isinstance(part, bool):
        return "yes" if part else "no"
    return f"{part:g}" if isinstance(part, float) else str(part)


def choices(key: str) -> tuple[str, ...]:
    """The words that a key can have, for completion; empty where it is open."""
    return _CHOICES.get(key) or (("yes", "no") if isinstance(default(key), bool) else ())
