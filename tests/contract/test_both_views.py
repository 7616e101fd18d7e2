"""What memory tells of a stopped program is what the agent in it tells: threads, frames, variables, values, answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest

from pydelve.api.attach import LookOptions
from pydelve.api.target import Frame
from pydelve.api.values import Limits, Value, Variable
from pydelve.errors import EvaluationError, UnsupportedError
from pydelve.target.live.looked import LiveSource
from pydelve.target.looking import LookingProcess
from tests.contract.subject import IMPLEMENTATIONS, Subject
from tests.interpreters import Interpreter
from tests.sources import copy_program

SMALL, LARGE = Limits(), Limits(max_text=100_000, max_items=10_000, max_depth=20, max_total=200_000)
_SCOPES: tuple[Literal["arguments", "locals"], ...] = ("arguments", "locals")
_RUNNABLES = {"generator", "coroutine", "async_generator"}
EXPRESSIONS = (
    "found['small'][1:3]", "found['large'][-1] + 1", "found['texts'][3] * 2", "found['pair'].x",
    "found['plain'].second", "found['own_list'].extra", "found['own_list'][1]", "found['by_any'][3,]",
    "found['by_any'][2.5]", "found['many']['17'] == 17", "17 in found['very_many']", "len(found['holed'])",
    "len(found['own_dict'])", "found['derived'].middle", "found['error'].args", "found['error'].__cause__.args",
    "found['counted']['a']", "found['defaults']['a']", "rest + (3,)", "key or 'none'", "key and more", "not rest",
    "-TOTAL % 5", "TOTAL // 5 ** 2", "1 < TOTAL < 20", "text[::-1]", "type(found) is dict",
    "isinstance(found['own_int'], int)", "abs(-2.5)", "found['flags'][0] is True", "shared + text", "Scope.inside",
    "done", "values.Pair", "found['sets'][1] | {4}", "found['sets'][1] == {1, 2, 3}",
    "found['own_tuple'] == (1, 2, 3)", "found['floats'][3] > 1", "later", "[TOTAL, key]", "(rest, key)",
    "found['complex'].imag", "None is key", "'k' in 'key'", "found['bytes'][1][1]", "id(found) > 0",
    "found['arrays'][2][1:]", "bool(found['empty'])", "TOTAL << 70", "found['tuples'][2][1][1]", "0.1 + 0.2",
    "1 if rest else 2",
)  # fmt: skip
FAILING = (
    "nothing", "found['nowhere']", "rest[5]", "1 / 0", "TOTAL + 'x'", "unset", "found['plain'].nothing", "{}[1]",
    "found[[1]]", "len(TOTAL)", "'a' < 1", "(1", "found['slotted'].left",
)  # fmt: skip


@contextmanager
def both(
    python: Interpreter, tmp_path: Path, program: str = "looking/both.py"
) -> Iterator[tuple[Subject, LookingProcess]]:
    """The program at its marker, and a look at it from outside."""
    copy_program("looking/values.py", tmp_path)
    subject = Subject(IMPLEMENTATIONS["launched"], python.path, copy_program(program, tmp_path))
    try:
        subject.stop()
        stop = subject.run_to("here")
        assert stop.reason == "breakpoint"
        source = LiveSource(LookOptions(subject.process.info.pid, "a test says so"))
        looking = LookingProcess(source, subject.loop, subject)
        looking.halt("attach")
        seen = subject.stop()
        assert (seen.task_name, bool(seen.task)) == (stop.task_name, bool(stop.task))
        looking.threads()  # reads all frames while the agent stands, too
        source.let_go()
        yield subject, looking
        looking.detach()
    finally:
        subject.close()


def differences(seen: Value, found: Value, where: str = "") -> list[str]:
    """Where what memory tells is not what the agent tells, but for what only one of them can: what a printer makes of
    it, the state of a generator, a handle, and what has been made for the answer.
    """
    if found.form or found.kind in _RUNNABLES:
        return [] if seen.type == found.type else [f"{where}: {seen.type} for {found.type}"]
    left, right = (replace(value, handle=0, items=(), address=0) for value in (seen, found))
    wrong = [] if left == right else [f"{where}: {left} for {right}"]
    if seen.address and found.address and seen.address != found.address:
        wrong.append(f"{where}: it is at {seen.address:#x} for {found.address:#x}")
    if [item.name for item in seen.items] != [item.name for item in found.items]:
        return [*wrong, f"{where}: {[item.name for item in seen.items]} for {[item.name for item in found.items]}"]
    for index, (mine, theirs) in enumerate(zip(seen.items, found.items, strict=True)):
        inner = f"{where}.{mine.name or index}"
        wrong += differences(mine.value, theirs.value, inner)
        if theirs.key is not None:
            wrong += differences(mine.key, theirs.key, f"{inner} key") if mine.key is not None else [f"{inner}: no key"]
    return wrong


def compared(seen: tuple[Variable, ...], found: tuple[Variable, ...]) -> list[str]:
    """The same for the variables of a frame."""
    names = [[(each.name, each.scope) for each in variables] for variables in (seen, found)]
    if names[0] != names[1]:
        return [f"{names[0]} for {names[1]}"]
    pairs = zip(seen, found, strict=True)
    return [wrong for mine, theirs in pairs for wrong in differences(mine.value, theirs.value, mine.name)]


def frame_facts(frame: Frame) -> tuple[object, ...]:
    return frame.index, frame.function, frame.module, frame.file, frame.line, frame.first_line, frame.library


def check_threads_and_frames(subject: Subject, looking: LookingProcess) -> None:
    inside, outside = subject.process.threads(), looking.threads()
    assert {(each.ident, each.native_id, each.name, each.main) for each in inside} == {
        (each.ident, each.native_id, each.name, each.main) for each in outside
    }
    for thread in inside:
        frames, total = subject.process.stack(thread.ident, 0, 100)
        seen, count = looking.stack(thread.ident, 0, 100)
        assert (list(map(frame_facts, seen)), count) == (list(map(frame_facts, frames)), total)


def check_values(subject: Subject, looking: LookingProcess, limits: Limits) -> None:
    """Each variable of each frame of the program's own, value by value."""
    for thread in subject.process.threads():
        for frame in subject.process.stack(thread.ident, 0, 100)[0]:
            if frame.library:
                continue
            for scope in _SCOPES:
                found = subject.process.variables(scope, thread.ident, frame.index, limits)
                assert compared(looking.variables(scope, thread.ident, frame.index, limits), found) == []
    found = subject.process.variables("globals", 0, 0, SMALL)
    assert compared(looking.variables("globals", 0, 0, SMALL), found) == []


def check_values_opened_further(subject: Subject, looking: LookingProcess) -> None:
    """A part of a container, of a text, of an object's attributes."""
    (inside,) = (each.value for each in subject.process.variables("arguments", 0, 0, SMALL) if each.name == "found")
    (outside,) = (each.value for each in looking.variables("arguments", 0, 0, SMALL) if each.name == "found")
    names = ("long_list", "many", "own_list", "plain", "crowded", "own_text", "derived", "very_many")
    for name in names:
        handles = [
            next(item.value.handle for item in value.items if item.key is not None and item.key.text == name)
            for value in (inside, outside)
        ]
        assert all(handles), name
        for start, count in ((0, 5), (2, 3), (40, 20), (990, 50)):
            found = subject.process.expand(handles[0], start, count, SMALL)
            seen = looking.expand(handles[1], start, count, SMALL)
            assert differences(seen, found, name) == []


def check_answers(subject: Subject, looking: LookingProcess) -> None:
    """The safe evaluator gives what Python does."""
    for text in EXPRESSIONS:
        found = subject.process.evaluate(text, 0, 0, statements=False, timeout_s=10, limits=SMALL).value
        seen = looking.evaluate(text, 0, 0, statements=False, timeout_s=10, limits=SMALL).value
        assert found is not None
        assert seen is not None
        assert differences(seen, found, text) == []


def check_failures(subject: Subject, looking: LookingProcess) -> None:
    """What Python raises is raised here too, in the same class of error."""
    for text in FAILING:
        kinds = []
        for process in (subject.process, looking):
            with pytest.raises((EvaluationError, UnsupportedError)) as error:
                process.evaluate(text, 0, 0, statements=False, timeout_s=10, limits=SMALL)
            kinds.append(error.value.message.partition(":")[0].replace("UnboundLocalError", "NameError"))
        assert kinds[1] == kinds[0], text


def check_modules(subject: Subject, looking: LookingProcess) -> None:
    found, seen = subject.process.modules(), looking.modules()
    assert {(each.name, each.file) for each in seen.modules} == {(each.name, each.file) for each in found.modules}
    assert (seen.search_path, seen.cwd) == (found.search_path, found.cwd)


def test_both(python: Interpreter, tmp_path: Path) -> None:
    """One program, looked at in both ways; all of it in one session, as starting it takes longest."""
    with both(python, tmp_path) as (subject, looking):
        check_threads_and_frames(subject, looking)
        check_values(subject, looking, SMALL)
        check_values(subject, looking, LARGE)
        check_values_opened_further(subject, looking)
        check_answers(subject, looking)
        check_failures(subject, looking)
        check_modules(subject, looking)
