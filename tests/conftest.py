"""Fixtures and options of all tests.

``python`` runs a test once for each supported target version (ids ``py39`` to ``py315``) and skips, saying so,
where this machine has no such interpreter; ``--python 3.13,3.9`` restricts it. ``marker`` reads ``# @name``
comments; ``program`` copies a program into ``tmp_path``. No test leaves a process behind.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import leftovers, sources
from tests.interpreters import (
    FREE_THREADED,
    MINORS,
    Interpreter,
    find_free_threaded,
    find_interpreters,
    test_id,
)
from tests.turns import Turns


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--python",
        metavar="3.X[,3.Y]",
        default="",
        help="run the tests that debug a program on these target versions only (default: 3.9 to 3.15)",
    )


# How long an example takes says something of the machine's load only.
settings.register_profile("pydelve", deadline=None)
settings.load_profile("pydelve")

_TURNS = pytest.StashKey[Turns]()


def pytest_configure(config: pytest.Config) -> None:
    _chosen_minors(config)
    leftovers.adopt_orphans()
    config.addinivalue_line("markers", "alone: no other worker runs a test meanwhile, for what is measured")
    if hasattr(config, "workerinput"):  # one of pytest-xdist's workers
        config.stash[_TURNS] = Turns()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Around everything of a test, its time limit too, which must not count the wait."""
    turns = item.config.stash.get(_TURNS, None)
    with contextlib.nullcontext() if turns is None else turns.turn(alone=item.get_closest_marker("alone") is not None):
        return (yield)


def pytest_report_header(config: pytest.Config) -> str:
    found = find_interpreters()
    chosen = _chosen_minors(config)
    have = " ".join(found[minor].version for minor in chosen if minor in found)
    missing = " ".join(minor for minor in chosen if minor not in found)
    return f"target interpreters: {have or 'none'}" + (f"; not found: {missing}" if missing else "")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "python" in metafunc.fixturenames:
        chosen = _chosen_minors(metafunc.config)
        if getattr(metafunc.module, "FREE_THREADED", False):
            chosen = [name for name in FREE_THREADED if name[:-1] in chosen]
        metafunc.parametrize("python", chosen, indirect=True, ids=[test_id(minor) for minor in chosen])


def _chosen_minors(config: pytest.Config) -> list[str]:
    wanted = [word for word in str(config.getoption("--python")).replace(",", " ").split() if word]
    unknown = [word for word in wanted if word not in MINORS]
    if unknown:
        raise pytest.UsageError(f"--python {unknown[0]}: not one of {' '.join(MINORS)}")
    return [minor for minor in MINORS if not wanted or minor in wanted]


@pytest.fixture
def python(request: pytest.FixtureRequest) -> Interpreter:
    """A target interpreter; the test runs once for each supported version."""
    minor: str = request.param
    found = (find_free_threaded() if minor.endswith("t") else find_interpreters()).get(minor)
    if found is None:
        pytest.skip(f"no CPython {minor} found on this machine")
    return found


@pytest.fixture(scope="session", autouse=True)
def _inner_runs_clean_up_their_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is debugged, when it is pytest, takes away what former runs left in its folder, which may take long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DEBUG_TEMPROOT", str(tmp_path_factory.mktemp("inner")))
        yield


@pytest.fixture
def marker() -> Callable[[Path | str], dict[str, int]]:
    """``marker(path)["name"]``: the line of the comment ``# @name`` in a program."""
    return sources.read_markers


@pytest.fixture
def program(tmp_path: Path) -> Callable[[str], Path]:
    """``program("loop.py")``: path of a copy of ``tests/programs/loop.py`` in the test's own folder."""

    def copy(name: str) -> Path:
        return sources.copy_program(name, tmp_path)

    return copy


@pytest.fixture(autouse=True)
def _no_leftovers() -> Iterator[None]:
    """Whatever a test started ends with it."""
    before = leftovers.children()
    yield
    leftovers.kill_new_children(before)
