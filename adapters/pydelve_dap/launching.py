"""What launch.json says, as options of the debugger. Keys are debugpy's where the meaning is the same."""

from __future__ import annotations

import os
import shlex
from typing import Any

from pydelve.api.attach import AttachOptions
from pydelve.api.launch import LaunchOptions
from pydelve.errors import UnsupportedError, UsageError

REFUSED = ("django", "jinja", "pyramid", "gevent", "sudo", "code")
"""Keys of debugpy's that mean something else than debugging; refused where they are on."""
CONSOLES = {"internalConsole": "", "integratedTerminal": "integrated", "externalTerminal": "external"}
"""Kinds of terminal, as runInTerminal calls them."""


def launch_options(arguments: dict[str, Any]) -> LaunchOptions:
    """What to start.

    Raises:
        UsageError: something about it can't be.
        UnsupportedError: a key is for what pydelve does not do.
    """
    refuse_unsupported(arguments)
    program, module = text_of(arguments, "program"), text_of(arguments, "module")
    if bool(program) == bool(module):
        raise UsageError(
            "launch needs a program or a module", why=f"it was given {'both' if program else 'neither'}",
            hint='"program": "${file}"',
        )  # fmt: skip
    cwd = text_of(arguments, "cwd")
    if cwd and not os.path.isdir(cwd):
        raise UsageError(f"cwd {cwd} is no folder", why="there is no such folder", hint='"cwd": "${workspaceFolder}"')
    if program and not os.path.exists(os.path.join(cwd, program)):
        raise UsageError(f"there is no program {program}", why="no such file", hint='"program": "${file}"')
    python = _python(arguments)
    return LaunchOptions(
        kind="module" if module else "script",
        program=module or program,
        arguments=_words(arguments, "args"),
        python=python[0] if python else "",
        interpreter_options=python[1:],
        cwd=cwd,
        environment=environment(arguments),
        tests=module == "pytest",
    )


def attach_options(arguments: dict[str, Any], find: Any) -> AttachOptions | None:
    """Which process to attach to; None where a session elsewhere is meant. ``find`` gives the process of a pattern.

    Raises:
        UsageError: nothing, or not one thing is meant.
    """
    refuse_unsupported(arguments)
    given = [key for key in ("processId", "processName", "address", "connect") if arguments.get(key)]
    if len(given) != 1:
        raise UsageError(
            "attach needs one of processId, processName, address and connect",
            why=f"it was given {' and '.join(given)}" if given else "none was given", hint='"processId": 1234',
        )  # fmt: skip
    if given[0] in ("address", "connect"):
        return None
    if given[0] == "processName":
        return AttachOptions(find(text_of(arguments, "processName")), stop=False)
    number = str(arguments["processId"])
    if not number.isdecimal():
        raise UsageError(f"{number} is no number of a process", why="a pid is a number", hint="pydelve ps")
    return AttachOptions(int(number), stop=False)


def session_address(arguments: dict[str, Any]) -> tuple[str, str]:
    """Address and token of a session elsewhere."""
    connect = arguments.get("connect")
    if isinstance(connect, dict):
        return f"{connect.get('host', '127.0.0.1')}:{connect.get('port', 0)}", text_of(arguments, "token")
    return text_of(arguments, "address"), text_of(arguments, "token")


def refuse_unsupported(arguments: dict[str, Any]) -> None:
    """Raises an error for keys that would promise what is not there."""
    for key in REFUSED:
        if arguments.get(key):
            raise UnsupportedError(
                f"pydelve has no {key} in launch.json", why="it does something else than debug Python",
                hint=f"leave {key} away",
            )  # fmt: skip


def text_of(arguments: dict[str, Any], key: str) -> str:
    """A text; "" where it is not given.

    Raises:
        UsageError: it is something else.
    """
    value = arguments.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise UsageError(f"{key} is no text", why=f"it is {value!r}", hint=f'"{key}": "..."')
    return value


def environment(arguments: dict[str, Any]) -> dict[str, str]:
    """Variables of ``envFile``, then of ``env``, which wins."""
    found: dict[str, str] = {}
    path = text_of(arguments, "envFile")
    if path and os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            for line in file:
                name, equals, value = line.strip().removeprefix("export ").partition("=")
                if equals and not name.startswith("#"):
                    value = value.strip()
                    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
                    found[name.strip()] = value[1:-1] if quoted else value
    given = arguments.get("env") or {}
    if not isinstance(given, dict):
        raise UsageError("env is no object", why=f"it is {given!r}", hint='"env": {"NAME": "value"}')
    found.update({name: str(value) for name, value in given.items() if value is not None})
    return found


def _python(arguments: dict[str, Any]) -> tuple[str, ...]:
    key = "python" if arguments.get("python") else "pythonPath"
    value = arguments.get(key)
    if isinstance(value, list):
        return tuple(map(str, value))
    text = text_of(arguments, key)
    return (text,) if text else ()


def _words(arguments: dict[str, Any], key: str) -> tuple[str, ...]:
    value = arguments.get(key) or []
    if isinstance(value, str):
        return tuple(shlex.split(value))
    if not isinstance(value, list):
        raise UsageError(f"{key} is no list", why=f"it is {value!r}", hint=f'"{key}": ["one", "two"]')
    return tuple(map(str, value))
