"""Part of probe_printers.py: pandas' frames, series, indexes."""

# It runs on 3.9 too.
# ruff: noqa: UP031
# mypy: ignore-errors

import numpy as np
import pandas as pd
from traps import ran

from __main__ import show, timed

times = pd.to_datetime(["2020-01-01", "2021-01-01"]).astype("datetime64[ns]")
frame = pd.DataFrame(
    {
        "a": [1, 2],
        "b": [1.5, 2.5],
        "text": pd.Series(["x", "y"], dtype=object),
        "kind": pd.Categorical(["u", None]),
        "when": times,
        "zoned": times.tz_localize("UTC"),
        "maybe": pd.array([1, None], dtype="Int64"),
        "c": [3, 4],
    }
)


class Trap(pd.DataFrame):
    @property
    def _constructor(self):
        ran.append("_constructor")
        return Trap

    def __len__(self):
        ran.append("__len__")
        return 0

    @property
    def shape(self):
        ran.append("shape")


show("frame", frame)
show("frame with rows turned round", frame[["a", "b"]][::-1])
show("frame with an index", frame[["text", "a"]].set_index("text"))
show("frame without rows", pd.DataFrame({"a": np.zeros(0)}))
show("frame of nothing", pd.DataFrame())
show("frame of a derived class", Trap({"a": [1]}))
show("series", frame["a"])
show("series by labels", pd.Series([1, 2], index=pd.Index(["x", "y"], dtype=object)))
show("series by several levels", pd.Series([1, 2], index=pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])))
show("indexes", [frame.index, pd.Index([1.5, 2.5]), times, pd.MultiIndex.from_tuples([("a", 1), ("b", 2)])])
show("times", [pd.Timestamp("2020-01-01 10:00"), pd.NaT])
show("frame half made", pd.DataFrame.__new__(pd.DataFrame))
for size in (10, 10_000, 1_000_000):
    timed("a frame of %d rows" % size, pd.DataFrame({"a": np.zeros(size), "b": np.zeros(size, "i4")}))
    timed("a series of %d" % size, pd.Series(np.zeros(size)))
timed("a frame of 10000 columns", pd.DataFrame(np.zeros((10, 10_000))))
cyclic = pd.DataFrame({"a": pd.Series([None], dtype=object)})
cyclic.iat[0, 0] = [cyclic]
show("cyclic", cyclic)
