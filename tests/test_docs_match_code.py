"""The documentation says what the code does: generated pages are current, recorded sessions are, named paths exist."""

from __future__ import annotations

import ast
import json
import re
import tomllib
from pathlib import Path

import pytest

from pydelve.terminal.commands import TABLE
from pydelve_dap.table import KEYS
from tools import gen_api, gen_dap, gen_errors, record_session

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    path for path in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")) if "changes" not in path.relative_to(ROOT).parts
)
_LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)(?:#[^)\s]*)?\)")
_NAMED = re.compile(r"`((?:pydelve|tests|tools|docs|examples|adapters|bench)/[\w./-]*\w/?)(?:[ `])")


def test_the_page_of_errors_is_current() -> None:
    assert gen_errors.PAGE.read_text(encoding="utf-8") == gen_errors.render()


def test_the_page_of_the_api_is_current() -> None:
    assert gen_api.PAGE.read_text(encoding="utf-8") == gen_api.render(), "run: python tools/gen_api.py"


def test_the_page_of_the_debug_adapter_protocol_is_current() -> None:
    assert gen_dap.PAGE.read_text(encoding="utf-8") == gen_dap.render(), "run: python tools/gen_dap.py"


def test_the_extension_knows_the_keys_of_the_adapter() -> None:
    package = json.loads((ROOT / "editors" / "vscode" / "package.json").read_text(encoding="utf-8"))
    (debugger,) = package["contributes"]["debuggers"]
    found = {key for kind in debugger["configurationAttributes"].values() for key in kind["properties"]}
    keys = {key for names, _ in KEYS for key in re.findall(r"[\w]+", names.partition(":")[0])}
    # what editors set themselves, what stands for another key, and what changes nothing
    left = {
        "noDebug",
        "connect",
        "host",
        "port",
        "localRoot",
        "remoteRoot",
        "autoReload",
        "steppingResumesAllThreads",
    }
    assert (found - keys, keys - found) == (set(), left)


def test_the_adapters_import_what_their_row_says() -> None:
    allowed = ("terminal", "client", "rpc", "api", "errors", "records")
    found = set()
    for path in sorted((ROOT / "adapters").glob("*/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pydelve."):
                found.add(str(node.module).split(".")[1])
    assert found <= set(allowed)


def test_the_readme_shows_a_real_session() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    assert page == record_session.renew(page), "run: python tools/record_session.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_names_exists(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = {link for link in _LINK.findall(text) if not (page.parent / link).exists()}
    named = {name for name in _NAMED.findall(text) if not (ROOT / name).exists()}
    assert (links, named) == (set(), set())


def test_every_example_says_how_to_debug_it() -> None:
    found = {}
    for path in sorted((ROOT / "examples").glob("*.py")):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        found[path.name] = re.findall(r"^ +pydelve debug .*?examples/([\w.]+)$", docstring, re.MULTILINE)
    assert found == {name: [name] for name in ("bank.py", "crash.py", "tasks.py", "threads.py")}


def test_the_guide_and_the_examples_use_real_commands() -> None:
    guide = (ROOT / "docs" / "guide" / "start.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```text\n(.*?)^```", guide, re.MULTILINE | re.DOTALL)
    rows = re.findall(r"^\|[^|]+\| (`.*) \| (.*)\|$", guide, re.MULTILINE)
    words = {line.split()[0] for block in blocks for line in block.splitlines()}
    words |= {text.split()[0] for cells in rows for cell in cells for text in re.findall(r"`([^`]+)`", cell)}
    for path in (ROOT / "examples").glob("*.py"):
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        words |= set(re.findall(r"^ {4}(\S+)", docstring, re.MULTILINE))
    assert {word for word in words if TABLE.find(word) is None} == {"pydelve", "Ctrl-C"}


def test_the_layer_table_and_the_contracts_have_the_same_parts() -> None:
    """Every row of architecture.md has its contract, and every package its row."""
    table = (ROOT / "docs" / "internals" / "architecture.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `pydelve/(\w+)/`", table, re.MULTILINE))
    packages = {path.parent.name for path in (ROOT / "pydelve").glob("*/__init__.py")}
    assert rows == packages
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    sources = {name.removeprefix("pydelve.") for contract in contracts for name in contract.get("source_modules", ())}
    # The command line may import everything, so it has no contract of its own.
    assert sources - {"errors"} == rows - {"cli"}
