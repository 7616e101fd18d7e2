"""``reload``: what of an edited file reaches the running program, what does not, and that this is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pydelve.api.launch import LaunchOptions
from pydelve.api.reload import FileReload
from pydelve.api.requests import CreateBreakpoint, Evaluate, GetSource, ListBreakpoints, Reload, Resume
from pydelve.api.values import Value
from pydelve.errors import LocationError, UnsupportedError
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter

Marker = Callable[[Path | str], dict[str, int]]
EDITS = (
    ('return ("old", function', 'return ("new", function'),
    ("return value + 1", "return value + 100"),
    ("return self.total * self.rate", "return self.total * self.rate * 100"),
    ("self.total = value", "self.total = value + 1"),
    ("        return cls()", "        made = cls()\n        made.total = 7\n        return made"),
    ("        return value\n\n\ndef closure", "        return -value\n\n\ndef closure"),
    ("return start + value", "return start - value"),
    ("    yield 2", "    yield from (3, 4)"),
    ("with_default(value=1)", "with_default(value=1, other=2)"),
    ("def removed():", "def added():"),
    ("    print(first)", "    print('first', first)"),
)


def edit(path: Path, *edits: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text)


def plain(value: Value) -> object:
    if value.kind in {"list", "tuple"}:
        return [plain(item.value) for item in value.items]
    return int(value.text) if value.kind == "int" else value.text


@pytest.fixture
def path(program: Callable[[str], Path]) -> Path:
    return program("control/edited.py")


@pytest.fixture
def session(python: Interpreter, path: Path, marker: Marker) -> Iterator[LiveSession]:
    options = LaunchOptions("script", str(path), python=python.path, cwd=str(path.parent))
    with LiveSession(options) as session:
        session.wait_stop()
        session.resume(Resume("continue", location=f"edited.py:{marker(path)['first']}"))
        yield session


def test_every_kind_of_function(session: LiveSession, path: Path) -> None:
    assert session.call(Reload()) == ()
    session.call(CreateBreakpoint("unchanged"))
    session.call(CreateBreakpoint("Account.make"))
    before = [place.location.unit.line for point in session.call(ListBreakpoints()) for place in point.placements]
    assert plain(found(session, "first")) == [
        ["old", 2], 10, 1, 3, 11, [1, 2], 1, "same", "removed",
    ]  # fmt: skip
    edit(path, *EDITS)
    assert session.call(GetSource(str(path))).stale
    assert session.call(Reload()) == (
        FileReload(
            str(path),
            changed=(
                "Account.make", "Account.plain", "Account.worth", "Account.worth", "closure", "closure.<locals>.add",
                "counts", "decorated", "traced", "traced.<locals>.wrapper",
            ),
            moved=2,
            kept=(
                ("main", "it is running"),
                ("with_default", "its parameters are others, and their defaults are not known"),
            ),
            new=("added",),
            gone=("removed",),
            outside=True,
        ),
    )  # fmt: skip
    assert not session.call(GetSource(str(path))).stale
    after = [place.location.unit.line for point in session.call(ListBreakpoints()) for place in point.placements]
    assert after == [before[0] + 2, before[1]]
    assert session.resume().frames[0].function == "Account.make"
    stop = session.resume(Resume("next"))
    assert (stop.reason, stop.frames[0].line) == ("step", before[1] + 1)
    assert session.resume().frames[0].line == after[0]
    stop = session.resume(Resume("stepout"))
    stop = session.resume(Resume("stepout"))
    assert stop.returned is not None
    assert plain(stop.returned.value) == [
        ["new", 101], 1200, 7, -3, 9, [1, 3, 4], 1, "same", "removed",
    ]  # fmt: skip
    assert session.call(Reload()) == ()


def found(session: LiveSession, name: str) -> Value:
    value = session.call(Evaluate(name)).value
    assert value is not None
    return value


def test_what_ran_is_replaced_later(session: LiveSession, path: Path, marker: Marker) -> None:
    edit(path, ("    return second", "    return 'edited'"))
    assert session.call(Reload("edited.py"))[0].kept == (("main", "it is running"),)
    stop = session.resume(Resume("next"))  # by its own lines, whatever the file says now
    assert (stop.reason, stop.frames[0].line) == ("step", marker(path)["second"] - 1)
    session.resume(Resume("stepout"))
    done = session.call(Reload(str(path)))
    assert (done[0].changed, done[0].kept, done[0].outside) == (("main",), (), False)
    assert found(session, "main()").text == "edited"


def test_what_can_not_be(session: LiveSession, path: Path) -> None:
    edit(path, ("    return second", "    return ("))
    for file in ("", "edited.py"):
        with pytest.raises(UnsupportedError):
            session.call(Reload(file))
        assert session.call(GetSource(str(path))).stale
    with pytest.raises(LocationError):
        session.call(Reload("nosuch.py"))


def test_a_line_that_is_gone(session: LiveSession, path: Path, marker: Marker) -> None:
    session.call(CreateBreakpoint(f"edited.py:{marker(path)['end']}"))
    session.call(CreateBreakpoint("removed"))
    edit(path, ("def removed():", "def added():"), ('print("end")  # @end\n', ""))
    session.call(Reload())
    states = [(place.state, bool(place.why)) for each in session.call(ListBreakpoints()) for place in each.placements]
    assert states == [("refused", True), ("refused", True)]
