"""What launch.json says, as options of the debugger. Keys are debugpy's where the meaning is the same."""

from __future__ import annotations

import os
import shlex
from typing import Any

from pydelve.api.attach import AttachOptions, CoreOptions
from pydelve.api.launch import LaunchOptions
from pydelve.errors import UnsupportedError, UsageError
from pydelve_dap.children import follows

REFUSED = {
    "django": "it debugs templates, pydelve Python",
    "jinja": "it debugs templates, pydelve Python",
    "pyramid": "it debugs templates, pydelve Python",
    "sudo": "a program of another user's is attached to, by a pydelve of his",
    "code": "a program is a file or a module here",
    "listen": "the program does not connect to pydelve: pydelve goes to the program",
    "breakOnSystemExit": "SystemExit is how a program ends; a breakpoint on it says more",
}
"""Keys of debugpy's that mean what is not there, and why; refused where they are on."""
IGNORED = (
    "gevent", "variablePresentation", "logToFile", "debugOptions", "resolveSymlinks",
    "stopAllThreadsOnSuspend", "consoleName", "debugAdapterHost", "debugAdapterPath", "debugLauncherPath",
    "debugLauncherPython", "debugpyArgs",
    "terminateChildProcesses", "waitOnNormalExit", "waitOnAbnormalExit", "qt",
    "linuxAttachPreferLldb", "isOutputRedirected", "options",
)  # fmt: skip
"""Keys of debugpy's that are taken, and change nothing."""
CONSOLES = {"internalConsole": "", "integratedTerminal": "integrated", "externalTerminal": "external"}
"""Kinds of terminal, as runInTerminal calls them."""
_WHAT = ("processId", "processName", "address", "connect", "port", "core")
"""Keys that say what to attach to."""


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
    if not cwd and os.path.dirname(program):  # as debugpy: where the program is
        program = os.path.abspath(program)
        cwd = os.path.dirname(program)
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
        follow=follows(arguments) and module != "pytest",
    )


def attach_options(arguments: dict[str, Any], find: Any) -> AttachOptions | CoreOptions | None:
    """Which process to attach to, or which core file to look into; None where a session elsewhere is meant. ``find``
    gives the process of a pattern.

    Raises:
        UsageError: nothing, or not one thing is meant.
    """
    refuse_unsupported(arguments)
    given = [key for key in _WHAT if arguments.get(key)]
    if len(given) != 1:
        raise UsageError(
            f"attach needs one of {', '.join(_WHAT)}",
            why=f"it was given {' and '.join(given)}" if given else "none was given", hint='"processId": 1234',
        )  # fmt: skip
    if given[0] in ("address", "connect", "port"):
        return None
    if given[0] == "core":
        return CoreOptions(text_of(arguments, "core"), text_of(arguments, "exe"))
    stop = bool(arguments.get("stopOnEntry"))
    if given[0] == "processName":
        return AttachOptions(find(text_of(arguments, "processName")), stop=stop, follow=follows(arguments))
    number = str(arguments["processId"])
    if not number.isdecimal():
        raise UsageError(f"{number} is no number of a process", why="a pid is a number", hint="pydelve ps")
    return AttachOptions(int(number), stop=stop, follow=follows(arguments))


def session_address(arguments: dict[str, Any]) -> tuple[str, str]:
    """Address and token of a session elsewhere."""
    connect = arguments if arguments.get("port") else arguments.get("connect")
    if isinstance(connect, dict):
        return f"{connect.get('host', '127.0.0.1')}:{connect.get('port', 0)}", text_of(arguments, "token")
    return text_of(arguments, "address"), text_of(arguments, "token")


def refuse_unsupported(arguments: dict[str, Any]) -> None:
    """Raises an error for keys that would promise what is not there."""
    wanted = {key: why for key, why in REFUSED.items() if arguments.get(key)}
    if isinstance(reloads := arguments.get("autoReload"), dict) and reloads.get("enable"):
        wanted["autoReload"] = "edited files are reloaded when you say so: > reload"
    if arguments.get("steppingResumesAllThreads") is False:
        wanted["steppingResumesAllThreads"] = "a step lets all threads go on"
    for key, why in wanted.items():
        raise UnsupportedError(f"pydelve has no {key} in launch.json", why=why, hint=f"leave {key} away")
    skipped(arguments)


def skipped(arguments: dict[str, Any]) -> tuple[str, ...]:
    """What ``rules`` leave out of steps, as patterns of ``Resume.skip``.

    Raises:
        UsageError: they are no list of rules.
        UnsupportedError: one is about what to go into.
    """
    found = []
    for rule in arguments.get("rules") or []:
        if not isinstance(rule, dict) or not isinstance(rule.get("path") or rule.get("module"), str):
            raise UsageError(
                "rules is no list of rules", why=f"{rule!r} has neither path nor module",
                hint='"rules": [{"path": "**/vendor/**", "include": false}]',
            )  # fmt: skip
        if rule.get("include", True):
            raise UnsupportedError(
                "pydelve has no rules with include in launch.json", why="justMyCode says what is a library",
                hint='"justMyCode": false, and rules for what to leave out',
            )  # fmt: skip
        found += _patterns(rule)
    return tuple(found)


def _patterns(rule: dict[str, Any]) -> list[str]:
    if module := rule.get("module"):
        return [f"{module}.*"]
    path = rule["path"].replace("**", "*")
    return [path if path.startswith(("/", "*")) else f"*/{path}"]


def mappings(arguments: dict[str, Any]) -> Any:
    """``pathMappings``, with the one pair of ``localRoot`` and ``remoteRoot`` that came before them."""
    pairs = arguments.get("pathMappings") or []
    if arguments.get("localRoot") and arguments.get("remoteRoot"):
        return [*pairs, arguments]
    return pairs


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
    for line in _lines_of(path) if path and os.path.exists(path) else ():
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


def _lines_of(path: str) -> list[str]:
    try:
        with open(path, encoding="utf-8") as file:
            return file.readlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise UsageError(f"envFile {path} can't be read", why=why or "", hint=f"file {path}") from error


def _python(arguments: dict[str, Any]) -> tuple[str, ...]:
    key = "python" if arguments.get("python") else "pythonPath"
    value = arguments.get(key)
    if isinstance(value, list):
        return (*map(str, value), *_words(arguments, "pythonArgs"))
    text = text_of(arguments, key)
    options = _words(arguments, "pythonArgs")
    return (text, *options) if text or options else ()


def _words(arguments: dict[str, Any], key: str) -> tuple[str, ...]:
    value = arguments.get(key) or []
    if isinstance(value, str):
        return tuple(shlex.split(value))
    if not isinstance(value, list):
        raise UsageError(f"{key} is no list", why=f"it is {value!r}", hint=f'"{key}": ["one", "two"]')
    return tuple(map(str, value))
