"""Part of probe_printers.py: numpy's arrays and scalars."""

# It runs on 3.9 too.
# ruff: noqa: UP031, PLE0303
# mypy: ignore-errors

import numpy as np
from traps import ran

from __main__ import problems, show, timed

if tuple(map(int, np.__version__.split(".")[:2])) < (1, 20):
    problems.append("numpy %s is too old to be looked at" % np.__version__)


class Trap(np.ndarray):
    """Whose views, lengths and elements would run Python code."""

    def __array_finalize__(self, obj):
        ran.append("__array_finalize__")

    def __getitem__(self, index):
        ran.append("__getitem__")

    def __len__(self):
        ran.append("__len__")

    def item(self, *index):
        ran.append("item")

    @property
    def shape(self):
        ran.append("shape")


show("array", np.arange(12.0).reshape(3, 4))
show("array of three dimensions", np.zeros((2, 2, 2), "i2"))
show("array transposed", np.arange(6).reshape(2, 3).T)
show("array of no dimensions", np.array(5.5))
show("array without elements", np.zeros((0, 3)))
show("array of bools", np.zeros(3, bool))
show("array of objects", np.array([1, "a", None], object))
show("array of records", np.zeros(2, [("x", "i4"), ("y", "f8")]))
show("array of texts", np.array(["ab", "c"]))
show("array of bytes", np.array([b"ab", b"c"]))
show("array of times", np.array(["2020-01-01T10:00:00.5", "1969-12-31", "NaT"], "M8[ns]"))
show("array of days", np.array(["2020-02-29"], "M8[D]"))
show("array of durations", np.array([5, -3_600_000_000_000], "m8[ns]"))
show("array of complex numbers", np.zeros(1, "c16"))
show("masked array", np.ma.array([1, 2], mask=[0, 1])["A" == "B" :])
trap = np.arange(3).view(Trap)
ran.clear()
show("array of a derived class", trap)
show(
    "scalars",
    [np.int64(5), np.float32(1.5), np.bool_(True), np.float64(2.5), np.str_("x"), np.complex64(1j), np.uint8(255)],
)
show("times", [np.datetime64("2020-01-01"), np.datetime64("2020-01-01T10", "ns"), np.timedelta64(3, "s")])
show("dtype", [np.dtype("f8"), np.dtype("S5"), np.dtype("i4,i4")])
for size in (10, 10_000, 1_000_000):
    timed("an array of %d" % size, np.zeros(size))
    timed("an array of rows of %d" % size, np.zeros((10, size), "i1"))
    timed("an array of objects of %d" % size, np.zeros(size, object))
cyclic = np.zeros(1, object)
cyclic[0] = cyclic
show("cyclic", cyclic)
