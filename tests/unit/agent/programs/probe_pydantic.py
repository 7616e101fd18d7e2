"""Part of probe_printers.py: pydantic's models."""

# It runs on 3.9 too.
# ruff: noqa: UP031
# mypy: ignore-errors

from typing import Any

import pydantic
from traps import ran

from __main__ import show, timed


class Model(pydantic.BaseModel):
    """With everything a model may have."""

    model_config = {"extra": "allow"}
    x: int
    name: str = "n"
    inner: Any = None
    _secret: int = pydantic.PrivateAttr(default=3)

    def __repr_args__(self):
        ran.append("__repr_args__")
        return []

    @pydantic.computed_field
    def computed(self) -> int:
        """Not to be run."""
        ran.append("computed")
        return 1


show("model", Model(x=1))
show("model with extra values", Model(x=2, more=[3]))
show("nested", Model(x=1, inner=Model(x=2)))
show("half made", Model.__new__(Model))
show("without validation", Model.model_construct(x="not an int"))
for size in (10, 10_000, 1_000_000):
    timed("a model of %d" % size, Model(x=1, inner=list(range(size))))
cyclic = Model(x=1)
cyclic.inner = [cyclic]
show("cyclic", cyclic)
