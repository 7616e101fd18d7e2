"""Modules, functions and instructions of a real program, by the client."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pydelve.api.breakpoints import Location, Unit
from pydelve.api.events import Stopped
from pydelve.api.launch import LaunchOptions
from pydelve.api.requests import (
    CreateBreakpoint,
    Disassemble,
    Evaluate,
    GetDefinitions,
    GetModules,
    GetSource,
    Resume,
    SubstitutePaths,
)
from pydelve.debugger.disassembly import disassemble_source
from pydelve.errors import LocationError, UnsupportedError
from tests.e2e.live import LiveSession
from tests.interpreters import Interpreter

BODY = '''\
"""Everything that bytecode has."""
import contextlib, sys

SEEN = []
sys.addaudithook(lambda event, arguments: SEEN.append(event))


def plain(a, /, b=b"xxx", *rest, key=1 << 80, **more):
    "doc"
    total = (1, "two", 3.0, 4j, None, ..., -0.0, "long" * 100)
    try:
        with contextlib.suppress(ValueError):
            total += tuple(x for x in rest if x in {1, 2, 3})
        return stop(lambda: (a, key, total))
    except KeyError as error:
        raise RuntimeError("no", 1.5) from error


async def waits(queue):
    async for each in queue:
        yield await each


def stop(value):
    while value is None:
        pass
    return value


class Thing:
    size = 3

    def grow(self):
        self.size += 1


plain(1, 2, 3, key=4)
'''
_HEARD = "SEEN.count('code.__new__') + SEEN.count('import')"
_OWN = """\
import dis, json, sys
from types import CodeType
wanted = sys.argv[2]
todo = [compile(open(sys.argv[1]).read(), "x", "exec")]
while todo:
    code = todo.pop()
    if code.co_name == wanted:
        print(json.dumps([[i.offset, i.opname] for i in dis.get_instructions(code)]))
    todo += [const for const in code.co_consts if isinstance(const, CodeType)]
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "everything.py"
    path.write_text(BODY)
    return path.resolve()


@pytest.fixture
def live(python: Interpreter, program: Path) -> LiveSession:
    return LiveSession(LaunchOptions("script", str(program), python=python.path, cwd=str(program.parent)))


def own(python: Interpreter, program: Path, name: str) -> list[list[object]]:
    """Offsets and operations as the interpreter itself says."""
    done = subprocess.run(
        [python.path, "-c", _OWN, str(program), name], capture_output=True, check=True, text=True, timeout=20
    )
    found: list[list[object]] = json.loads(done.stdout)
    return found


def test_every_kind_of_function_is_disassembled_as_its_own_interpreter_does(
    python: Interpreter, program: Path, live: LiveSession
) -> None:
    with live:
        live.wait_for(Stopped)
        for name in ("plain", "waits", "stop", "grow", "Thing.grow"):
            found = live.call(Disassemble(location=name))
            assert [[each.offset, each.operation] for each in found.instructions] == own(
                python, program, name.rpartition(".")[2]
            )
            assert found.current == -1


def test_a_frames_code_comes_from_the_program_and_runs_nothing_in_it(
    python: Interpreter, program: Path, live: LiveSession
) -> None:
    with live:
        live.wait_for(Stopped)
        live.call(CreateBreakpoint("stop"))
        live.call(Resume("continue"))
        live.wait_for(Stopped)
        heard = live.call(Evaluate(_HEARD)).value
        found = live.call(Disassemble(frame=1))
        again = live.call(Evaluate(_HEARD)).value
        once_more = live.call(Evaluate(_HEARD)).value
        assert heard and again and once_more
        # each evaluation is heard of itself, as often as the next
        assert int(once_more.text) - int(again.text) == int(again.text) - int(heard.text)
        imported = live.call(Evaluate("'dis' in sys.modules")).value
        assert imported and imported.text == "False"
        assert [[each.offset, each.operation] for each in found.instructions] == own(python, program, "plain")
        current = next(each for each in found.instructions if each.offset == found.current)
        assert current.operation.startswith(("CALL", "PRECALL"))
        assert (found.function, found.first_line) == ("plain", 8)
        arguments = [each.argument for each in found.instructions]
        text = " ".join(arguments)
        for constant in ("'two'", "4j", "Ellipsis", "-0.0", "<code object <lambda>, line 14>", "'longlong"):
            assert constant in text
        innermost = live.call(Disassemble())
        assert (innermost.function, innermost.current > -1) == ("stop", True)


def test_an_interpreter_that_can_not_be_asked_is_said(tmp_path: Path) -> None:
    place = Location("/x.py", Unit(1, 1, "simple", "<module>", 1, "<module>"), "<module>")
    with pytest.raises(UnsupportedError) as refused:
        disassemble_source("/no/python", "x = 1", place)
    assert (refused.value.message, refused.value.why) == (
        "the function can't be disassembled",
        "/no/python could not be asked to disassemble it: No such file or directory",
    )
    with pytest.raises(UnsupportedError, match=r"line 1: "):
        disassemble_source(sys.executable, "x = = 1", place)
    with pytest.raises(UnsupportedError, match="the source has no such function"):
        disassemble_source(sys.executable, "x = 1", replace(place, unit=replace(place.unit, scope_name="f")))


def test_definitions_and_modules(program: Path, live: LiveSession) -> None:
    with live:
        live.wait_for(Stopped)
        live.call(CreateBreakpoint("stop"))
        live.call(Resume("continue"))
        live.wait_for(Stopped)
        found = live.call(GetDefinitions())
        assert [(each.name, each.line, each.end_line, each.is_class) for each in found] == [
            ("plain", 8, 16, False),
            ("waits", 19, 21, False),
            ("stop", 24, 27, False),
            ("Thing", 30, 34, True),
            ("Thing.grow", 33, 34, False),
        ]
        assert {(each.module, each.file) for each in found} == {("__main__", str(program))}
        assert [each.name for each in live.call(GetDefinitions("class"))] == ["Thing"]
        assert [each.name for each in live.call(GetDefinitions("function", "^__main__.T"))] == ["Thing.grow"]
        assert live.call(GetDefinitions(file=str(program))) == tuple(
            type(each)(each.name, "", *(getattr(each, name) for name in ("file", "line", "end_line", "is_class")))
            for each in found
        )
        library = live.call(GetDefinitions("class", "nullcontext$", libraries=True, module="contextlib"))
        assert [(each.module, each.name) for each in library] == [("contextlib", "nullcontext")]
        with pytest.raises(LocationError, match="is no regular expression"):
            live.call(GetDefinitions(pattern="("))
        assert [(each.name, each.file) for each in live.call(GetModules())] == [("__main__", str(program))]
        assert "contextlib" in {each.name for each in live.call(GetModules(libraries=True)) if each.library}


def test_sources_are_found_where_they_are(program: Path, live: LiveSession) -> None:
    elsewhere = program.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / program.name).write_text("# another\n" + BODY)
    with live:
        live.wait_for(Stopped)
        live.call(SubstitutePaths(((str(program.parent), str(elsewhere)),)))
        assert live.call(GetSource(str(program))).lines[0] == "# another"
        made = live.call(CreateBreakpoint(f"{elsewhere / program.name}:25"))
        assert [placement.location.file for placement in made.placements] == [str(program)]
        live.call(SubstitutePaths(()))
        assert live.call(GetSource(str(program))).lines[0] != "# another"
