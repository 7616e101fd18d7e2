"""``os._exit`` ends the process, whatever comes up while what it has to tell is sent."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from pydelve.agent.children.spawning import Spawning


@pytest.mark.parametrize("error", [KeyboardInterrupt, RecursionError])
def test_it_ends_all_the_same(error: type[BaseException]) -> None:
    class Link:
        def hurry(self) -> None:
            """A signal's handler raises here, or we fail."""
            raise error

    ended: list[int] = []
    spawning = Spawning(SimpleNamespace(active=True, forked=lambda: False, link=Link()), "address", "/folder")  # type: ignore[arg-type]
    leave = spawning._leave(ended.append)
    leave(3)
    assert ended == [3]
