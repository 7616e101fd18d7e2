"""A launched program finds itself started as without us: its paths, its ``__main__``, its environment, its modules.

``programs/environment/report.py`` tells all it can see of that as JSON; each test runs it plain and under pydelve.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.plain import Plain, run_plain
from tests.e2e.session import Session
from tests.interpreters import Interpreter
from tests.sources import PROGRAMS

REPORT = PROGRAMS / "environment" / "report.py"


@dataclass(frozen=True)
class Both:
    """A program's two runs."""

    plain: Plain
    debugged: Plain

    def differences(self) -> dict[str, Any]:
        """What the two reports differ in: (under pydelve, plain) by name."""
        expected, found = json.loads(self.plain.output), json.loads(self.debugged.output)
        keys = expected.keys() | found.keys()
        return {key: (found.get(key), expected.get(key)) for key in keys if found.get(key) != expected.get(key)}


def run_both(
    python: Interpreter,
    words: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str] | None = None,
    arguments: Sequence[str] = (),
) -> Both:
    """``python WORDS ARGUMENTS``, then the same under ``pydelve debug --continue``, in the same environment."""
    folders = {"XDG_STATE_HOME": str(cwd / ".state"), "XDG_CONFIG_HOME": str(cwd / ".config")}
    environment = {**folders, **(environment or {})}
    for cache in cwd.rglob("__pycache__"):
        shutil.rmtree(cache)
    plain = run_plain(python, [*words, *arguments], cwd, environment)
    for cache in cwd.rglob("__pycache__"):
        shutil.rmtree(cache)
    out, err = cwd / "out.txt", cwd / "err.txt"
    options = ["--continue", "--redirect", f"stdout:{out}", "--redirect", f"stderr:{err}"]
    for name, value in environment.items():
        options += ["--env", f"{name}={value}"]
    command = ["debug", *options, "--python", python.path, *words]
    # the one command is for a post-mortem, where an exception has ended the program
    done = Session(python, cwd).run([*command, "--", *arguments] if arguments else command, ["continue"])
    said = re.findall(r"^process \d+ exited with status (\d+)\b", done.raw, re.MULTILINE)
    assert len(said) == 1, done.raw
    return Both(plain, Plain(out.read_text(), err.read_text(), int(said[0])))


def assert_same(both: Both, python: Interpreter) -> None:
    """The report but for what can't be the same, what went to the error output, and the status."""
    found = both.differences()
    functions, modules = found.pop("exit functions", None), found.pop("modules", None)
    if python.version_info < (3, 10):
        # the exit function below needs its module to stay (pydelve/agent/loader.py)
        assert modules is None or [name for name in modules[0] if name not in modules[1]] == ["atexit"]
    else:
        assert modules is None
    assert functions is None or functions[0] == (functions[1] or 0) + 1  # the agent's own tells of the exit
    assert found == {}
    assert (both.debugged.errors, both.debugged.status) == (both.plain.errors, both.plain.status)


# -- ways to start -----------------------------------------------------------------------------------------------------


def _package(folder: Path, *files: str) -> None:
    folder.mkdir(parents=True)
    for name in files:
        if name == "__init__.py":
            (folder / name).write_text("")
        else:
            shutil.copyfile(REPORT, folder / name)


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(REPORT, "__main__.py")


def _link(path: Path) -> None:
    (path.parent / "real").mkdir()
    shutil.copyfile(REPORT, path.parent / "real" / "report.py")
    path.symlink_to("real/report.py")


WAYS: dict[str, list[str]] = {
    "absolute": ["{cwd}/report.py"],
    "relative": ["report.py"],
    "in a folder": ["sub/report.py"],
    "dotted": ["./sub/../report.py"],
    "symlink": ["link.py"],
    "no suffix": ["tool"],
    "module": ["-m", "package.module"],
    "package": ["-m", "package"],
    "top module": ["-m", "report"],
    "zip": ["app.zip"],
    "folder": ["app"],
}


@pytest.mark.parametrize("way", WAYS)
def test_started_as_it_is_without_us(python: Interpreter, tmp_path: Path, way: str) -> None:
    shutil.copyfile(REPORT, tmp_path / "report.py")
    shutil.copyfile(REPORT, tmp_path / "tool")
    _package(tmp_path / "sub", "report.py")
    _package(tmp_path / "package", "__init__.py", "__main__.py", "module.py")
    _package(tmp_path / "app", "__main__.py")
    _zip(tmp_path / "app.zip")
    _link(tmp_path / "link.py")
    words = [word.format(cwd=tmp_path) for word in WAYS[way]]
    assert_same(run_both(python, words, tmp_path, arguments=["-x", "--", "a b", ""]), python)


# -- environments ------------------------------------------------------------------------------------------------------

_OWN = "WHERE = __name__\n"
_CUSTOM = """\
import sys
SEEN = [sys.argv, list(sys.path), sorted(vars(sys.modules[__name__])), sys._getframe(1).f_code.co_name]
"""
ENVIRONMENTS: dict[str, dict[str, str]] = {
    "empty path": {"PYTHONPATH": ""},
    "own path": {"PYTHONPATH": "{cwd}/lib"},
    "odd path": {"PYTHONPATH": ":{cwd}/lib::no/such/folder:{cwd}/lib:"},
    "our modules' names": {"PYTHONPATH": "{cwd}/shadows"},
    "customized": {"PYTHONPATH": "{cwd}/site:{cwd}/user"},
    "customization fails": {"PYTHONPATH": "{cwd}/failing"},
    "safe path": {"PYTHONSAFEPATH": "1", "PYTHONPATH": "{cwd}/lib"},  # 3.11
    "warnings are errors": {"PYTHONWARNINGS": "error"},
    "all warnings": {"PYTHONWARNINGS": "always,ignore::ImportWarning"},
    "no bytecode": {"PYTHONDONTWRITEBYTECODE": "1"},
    "bytecode elsewhere": {"PYTHONPYCACHEPREFIX": "{cwd}/cache"},
    "development mode": {"PYTHONDEVMODE": "1"},
    "optimized": {"PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "PYTHONUNBUFFERED": "1"},
    "traced memory": {"PYTHONTRACEMALLOC": "3", "PYTHONFAULTHANDLER": "1", "PYTHONNOUSERSITE": "1"},
}


def _folders_on_the_path(cwd: Path) -> None:
    files = {
        "lib/own_module": _OWN,
        "site/sitecustomize": _CUSTOM,
        "user/usercustomize": _CUSTOM,
        "failing/sitecustomize": "import no_such_module\n",
    }
    for name in ("_ctypes", "gc", "atexit", "posix", "core", "link", "loader"):
        files[f"shadows/{name}"] = "raise SystemExit('the wrong module')\n"
    for name, text in files.items():
        file = cwd / f"{name}.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_variables_of_the_interpreter_work_as_without_us(python: Interpreter, tmp_path: Path, name: str) -> None:
    _folders_on_the_path(tmp_path)
    shutil.copyfile(REPORT, tmp_path / "report.py")
    environment = {key: value.format(cwd=tmp_path) for key, value in ENVIRONMENTS[name].items()}
    assert_same(run_both(python, ["report.py"], tmp_path, environment), python)


def test_a_virtual_environment_with_its_own_customization(python: Interpreter, tmp_path: Path) -> None:
    made = tmp_path / "venv"
    subprocess.run([python.path, "-m", "venv", "--without-pip", str(made)], check=True)
    (library,) = (made / "lib").glob("python*/site-packages")
    for name in ("sitecustomize", "usercustomize"):
        (library / f"{name}.py").write_text(_CUSTOM)
    (library / "own_module.py").write_text(_OWN)
    (library / "paths.pth").write_text("import sys; sys.from_pth = True\n")
    shutil.copyfile(REPORT, tmp_path / "report.py")
    inside = Interpreter(str(made / "bin" / "python"), python.minor, python.version)
    both = run_both(inside, ["report.py"], tmp_path)
    assert json.loads(both.plain.output)["customized"]["sitecustomize"][0] == str(library / "sitecustomize.py")
    assert_same(both, python)


@pytest.mark.parametrize("name", ["re", "json", "_ctypes", "threading", "posix", "linemap"])
def test_a_file_beside_the_script_with_the_name_of_a_module(python: Interpreter, tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.py").write_text(f"print('this is our own {name}', __file__)\n")
    script = tmp_path / "main.py"
    script.write_text(f"import {name}\nprint(sorted(vars({name})))\nimport socket, ctypes\n")
    both = run_both(python, ["main.py"], tmp_path)
    assert both.debugged == both.plain
