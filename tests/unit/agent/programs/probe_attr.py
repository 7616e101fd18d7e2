"""Part of probe_printers.py: attrs classes."""

# It runs on 3.9 too.
# ruff: noqa: UP031
# mypy: ignore-errors

import attr
import attrs

from __main__ import show, timed


@attr.s
class Old:
    """With a dict."""

    x = attr.ib()
    y = attr.ib(default=2)


@attrs.define
class New:
    """With slots."""

    name: str
    _count: int = 0
    items: list = attrs.field(factory=list, repr=False)


@attrs.frozen
class Derived(New):
    """With fields of two classes."""

    more: dict = attrs.field(factory=dict)


old = Old(1)
old.note = "x"
show("with a dict", old)
show("with slots", New("a", 1))
show("derived", Derived("a"))
show("half made", New.__new__(New))
for size in (10, 10_000, 1_000_000):
    timed("attrs of %d" % size, New("a", items=list(range(size))))
cyclic = New("a")
cyclic.items.append(cyclic)
show("cyclic", cyclic)
