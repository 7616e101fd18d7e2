"""Code that has begun to run, by the name of its file, for breakpoints that are set later: weak references, so that
code goes as it does without us. Called in the program's threads, where it begins, and on the agent's own.

Threads may come to the same place at the same moment: what one forgets is forgotten first and then looked at again,
and what one notes is noted first and then looked for.
"""

from __future__ import annotations

import _weakref

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from types import CodeType
    from typing import Any

    References = dict[int, Any]  # by id of the code

_reference = _weakref.ref  # code may begin after the interpreter has cleared that module, at its end
_FILES = 1024


class Seen:
    """What one event source has seen."""

    def __init__(self) -> None:
        """Nothing yet."""
        self._files: dict[str, References] = {}
        self._most = _FILES  # so many of them, and those are looked for whose code is gone
        self.unmeant: dict[str, References] = {}
        """Those of them whose files have nothing armed."""

    def note(self, code: CodeType) -> References:
        """Add it; gives those of its file."""
        found: References = {}
        while self._files.get(code.co_filename) is not found:  # again, where the file was forgotten at this moment
            found = self._files.setdefault(code.co_filename, found)
            found[id(code)] = _reference(code)
        if len(found) & (len(found) - 1) == 0:  # at each power of two: forget code that is gone
            for number, reference in list(found.items()):
                if reference() is None and found.get(number) is reference:
                    del found[number]
        return found

    def files(self) -> list[str]:
        """Their names."""
        return list(self._files)

    def codes(self, filename: str) -> list[CodeType]:
        """What is left of one."""
        return _left(self._files.get(filename, {}))

    def forget_files(self) -> list[CodeType]:
        """Forget files whose code is all gone, where there are many: what is compiled under a name of its own each time
        would be kept for ever. Gives what was missing for a moment.
        """
        missing: list[CodeType] = []
        if len(self._files) >= self._most:
            for filename, references in list(self._files.items()):
                if not _left(references):
                    self._files.pop(filename, None)
                    self.unmeant.pop(filename, None)
                    left = _left(references)
                    for code in left:
                        self.note(code)
                    missing += left
            self._most = 2 * len(self._files) + _FILES
        return missing

    def clear(self) -> None:
        """Forget everything."""
        self._files.clear()


def _left(references: References) -> list[CodeType]:
    return [code for code in [reference() for reference in list(references.values())] if code is not None]
