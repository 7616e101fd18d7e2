"""What stands among the constants of the program's code while its calls are traced, and is called from there."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # no typing at run time: this runs inside the target
    from typing import Any


def _partial() -> Any:
    """Calls what it was given, in C code. The program finds no module imported that it has not imported."""
    known = "_functools" in sys.modules
    from _functools import partial  # type: ignore[import-not-found]  # noqa: PLC0415  see above

    if not known:
        del sys.modules["_functools"]
    return partial


class Hook(_partial()):  # type: ignore[misc]
    """One of our functions among the constants of the program's code. What is pickled of it (cloudpickle takes code by
    value) is ``bool``, which does nothing.
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[Any, ...]:
        """See above."""
        return type, (False,)
