"""Clients of others: the one that the protocol's authors test adapters with."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.session import LAUNCHER, clean_environment
from tests.node import node_packages

DRIVER = Path(__file__).with_name("dap_testsupport.mjs")


@pytest.mark.timeout(180)  # npm may have to fetch it first
def test_by_the_test_support_of_the_protocol(
    program: Callable[[str], Path], marker: Callable[[Path | str], dict[str, int]], tmp_path: Path
) -> None:
    folder = node_packages("@vscode/debugadapter-testsupport")
    shutil.copy(DRIVER, folder)
    shop = program("dap/shop.py")
    lines = marker(shop)
    adapter = tmp_path / "adapter.py"  # it starts adapters without arguments
    adapter.write_text(
        f"import runpy, sys\nsys.argv = ['pydelve', 'dap']\nrunpy.run_path({str(LAUNCHER)!r}, run_name='__main__')\n",
        encoding="utf-8",
    )
    done = subprocess.run(
        ["node", DRIVER.name, sys.executable, str(adapter), str(shop), json.dumps(lines)],
        cwd=folder, env=clean_environment(tmp_path), capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert (done.stdout.splitlines()[-1:], done.stderr, done.returncode) == (["all is well"], "", 0), (
        done.stdout + done.stderr
    )
