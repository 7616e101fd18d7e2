"""Paths of the program and where they are here."""

from __future__ import annotations

from pathlib import Path

import pytest

from pydelve.debugger.sources import Sources
from pydelve.debugger.substitution import here, in_program
from pydelve.errors import LocationError

RULES = (("/app/lib", "/home/ann/lib"), ("/app/", "/home/ann/app"), ("/", "/root"))


@pytest.mark.parametrize(
    ("remote", "local"),
    [
        ("/app/bank.py", "/home/ann/app/bank.py"),
        ("/app/lib/x.py", "/home/ann/lib/x.py"),
        ("/app/library.py", "/home/ann/app/library.py"),
        ("/app", "/home/ann/app"),
        ("/else/x.py", "/root/else/x.py"),
        ("<string>", "<string>"),
    ],
)
def test_the_first_rule_that_fits_counts_in_both_directions(remote: str, local: str) -> None:
    assert (here(remote, RULES), in_program(local, RULES)) == (local, remote)


def test_without_rules_nothing_changes() -> None:
    assert (here("/app/bank.py", ()), in_program("/app/bank.py", ())) == ("/app/bank.py", "/app/bank.py")


def test_sources_are_read_from_where_the_rules_say(tmp_path: Path) -> None:
    (tmp_path / "bank.py").write_text("total = 1\n")
    sources = Sources(rules=(("/app", str(tmp_path)),))
    source = sources.load("/app/bank.py")
    assert (source.path, source.lines, source.stale) == ("/app/bank.py", ("total = 1",), False)
    assert (sources.exists("/app/bank.py"), sources.exists("/app/none.py")) == (True, False)
    with pytest.raises(LocationError, match=f"can't read {tmp_path}/none.py"):
        sources.load("/app/none.py")
    (tmp_path / "bank.py").write_text("total = 2\n")
    assert source.stale
