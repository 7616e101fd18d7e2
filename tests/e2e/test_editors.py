"""Editors that people use, driven as people do: Emacs with dape, and Helix. VS Code: see editors/vscode/test."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests import editors
from tests.e2e.on_terminal import OnTerminal
from tests.e2e.session import LAUNCHER

Program = Callable[[str], Path]
Marker = Callable[[Path | str], dict[str, int]]
DRIVER = Path(__file__).with_name("dape_driver.el")
SEEN = [
    "driver: stopped at the breakpoint",
    "driver: variables are shown",
    "driver: stepped",
    "driver: stopped at the condition",
    "driver: all is well",
]
HELIX = """\
[[language]]
name = "python"
language-servers = []

[language.debugger]
name = "pydelve"
transport = "stdio"
command = {command}
args = {args}

[[language.debugger.templates]]
name = "file"
request = "launch"
completion = [{{ name = "file", completion = "filename" }}]
args = {{ program = "{{0}}" }}
"""


def test_emacs_with_dape(program: Program, marker: Marker, tmp_path: Path) -> None:
    emacs = editors.emacs()
    shop = program("dap/shop.py")
    lines = marker(shop)
    told = {
        "HOME": str(tmp_path), "PYDELVE_ADAPTER": "|".join([sys.executable, str(LAUNCHER), "dap"]),
        "PYDELVE_PROGRAM": str(shop), "PYDELVE_LINES": f"{lines['loop']} {lines['end']}",
    }  # fmt: skip
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "EMACS"))}
    done = subprocess.run(
        [*emacs.command, "--batch", "-l", str(DRIVER)], env=clean | emacs.environment | told, cwd=tmp_path,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=50, check=False,
    )  # fmt: skip
    seen = [line for line in done.stderr.splitlines() if line.startswith("driver: ")]
    assert (seen, done.returncode) == (SEEN, 0), done.stderr


def test_helix(program: Program, marker: Marker, tmp_path: Path) -> None:
    helix = editors.helix()
    shop = str(shutil.copy(program("dap/shop.py"), tmp_path))
    lines = marker(shop)
    settings = tmp_path / ".config" / "helix"
    settings.mkdir(parents=True)
    command, args = json.dumps(sys.executable), json.dumps([str(LAUNCHER), "dap"])
    (settings / "languages.toml").write_text(HELIX.format(command=command, args=args), encoding="utf-8")
    (settings / "config.toml").write_text("[editor.lsp]\nenable = false\n", encoding="utf-8")
    with OnTerminal([shop], tmp_path, helix.environment, program=helix.command, columns=120) as terminal:

        def shown(mark: str, line: int) -> None:
            """Wait until the line has this mark."""
            begins = f"{mark} {line:>3} "
            terminal.wait(lambda: any(each.startswith(begins) for each in terminal.lines), f"line {begins!r}")

        def has(text: str) -> None:
            terminal.wait(lambda: any(text in each for each in terminal.lines), repr(text))

        def debug(keys: str) -> None:
            """Press keys in the menu of debugging, and leave it."""
            terminal.keys(" G")
            has("Toggle breakpoint")
            terminal.keys(keys)

        def leave() -> None:
            terminal.keys("\x1b")
            terminal.wait(lambda: not any("Toggle breakpoint" in each for each in terminal.lines), "no menu")

        has("import sys")
        terminal.keys(f"{lines['loop']}gg")
        has(f"{lines['loop']}:1")
        debug("b")
        shown("\N{LARGE CIRCLE}", lines["loop"])
        leave()
        terminal.keys(f":debug-start file {shop}\r")
        shown("\N{BLACK RIGHT-POINTING TRIANGLE}", lines["loop"])
        debug("n")
        shown("\N{BLACK RIGHT-POINTING TRIANGLE}", lines["loop"] - 1)
        terminal.keys("n")
        shown("\N{BLACK RIGHT-POINTING TRIANGLE}", lines["loop"])
        terminal.keys("v")
        has("sum_so_far: int = 3")
        terminal.keys("\x1b")  # alone: with a key after it, it would be Alt
        terminal.wait(lambda: not any("Globals" in each for each in terminal.lines), "no variables")
        debug("t")
        terminal.wait(
            lambda: not any("\N{BLACK RIGHT-POINTING TRIANGLE}" in each for each in terminal.lines), "the end"
        )
