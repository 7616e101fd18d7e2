"""Code that has begun to run is known as long as it lives, and no longer."""

from __future__ import annotations

from types import CodeType
from typing import Any

from pydelve.agent.events.seen import Seen


def made(filename: str) -> CodeType:
    """Code of its own."""
    return compile("1", filename, "eval")


def test_code_that_is_gone_is_forgotten() -> None:
    seen = Seen()
    kept = [made("a.py") for _ in range(3)]
    for code in kept:
        seen.note(code)
    for _ in range(5):  # the eighth forgets
        seen.note(made("a.py"))
    assert seen.codes("a.py") == kept
    assert len(seen.note(kept[0])) <= len(kept) + 1


def test_files_whose_code_is_gone_are_forgotten() -> None:
    seen = Seen()
    kept = made("kept.py")
    seen.unmeant["kept.py"] = seen.note(kept)
    for number in range(1022):
        seen.unmeant[f"<{number}>"] = seen.note(made(f"<{number}>"))
    assert seen.forget_files() == []
    assert len(seen.files()) == 1023
    seen.note(made("<1022>"))
    assert seen.forget_files() == []
    assert (seen.files(), list(seen.unmeant)) == (["kept.py"], ["kept.py"])
    assert seen.codes("kept.py") == [kept]


def test_code_that_begins_as_its_file_is_forgotten() -> None:
    """Another thread notes it when it was found that nothing is left."""

    class Late(dict[int, Any]):
        """What is there when it is asked for the second time."""

        asked = 0

        def values(self) -> Any:
            self.asked += 1
            return super().values() if self.asked > 1 else []

    seen = Seen()
    code = made("late.py")
    references = Late(seen.note(code))
    seen._files = {"late.py": references, **{str(number): {} for number in range(1023)}}
    seen.unmeant["late.py"] = references
    assert seen.forget_files() == [code]
    assert (seen.files(), seen.codes("late.py"), seen.unmeant) == (["late.py"], [code], {})
