"""Reading and writing parts."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from tests.draws import C, F, I, R, S, V, at_kink, order, row, written


def getitem(x: Any, key: Any) -> Any:
    """Reading a part."""
    return x[key]


def setitem(x: Any, value: Any, key: Any) -> Any:
    """Writing a part."""
    y = np.copy(x)
    y[key] = value
    return y


# fmt: off
# --- indexing ---------------------------------------------------------------------------------------------------

MASK = np.array([True, False, True])
for _key in (1, slice(None, None, -1), (0, ..., None), slice(0, 0), [2, 0, 2], (slice(None), [1, 0, 1]),
             ([1, 0], [0, 1]), ([0, 1], slice(None), 1), (0, slice(None), [1, 0, 1]), MASK, (MASK, 0),
             ([[0, 1], [2, 0]],), (1, [0, 1]),
             ([], 0), True, (None, [0]), (..., [0, 1]), (slice(None), [[True, False], [False, True]])):
    S("getitem", getitem, [R(3, 2, 2), {"key": _key}])
    S("setitem", setitem, [R(3, 2, 2), R(), {"key": _key}], by_first=True)
S("getitem", operator.getitem, [R(3, 2), I(2)], [R(3, 2, 2), I(2, 1, below=2)], [F(3), I()], [C(3), I(2)],
  by_first=True)
S("getitem", lambda x, i, j: x[i, :, j], [R(3, 2, 2), I(2), I(2, below=2)], [R(3, 2, 2), I(2, 1), I(2, below=2)],
  by_first=True)
S("setitem", setitem, [R(3, 2), R(2), {"key": 1}], [R(3, 2), R(3), {"key": (slice(None), 1)}], [C(3), R(), {"key": 0}],
  [R(3, 2), R(2, 2), {"key": [0, 2]}], [F(3), F(2), {"key": slice(1, None)}], at_kink(R(3), R(2), {"key": [1, 1]}),
  by_first=True)
S("setitem", setitem, [R(4), R(2), order(4, 2)], [R(3, 2), R(), order(3, 2)], by_first=True)
S("take", np.take, [R(4), I(2)], [R(2, 3), I(2, 2), {"axis": 1}], [R(3), V(-1, 4), {"mode": "wrap"}],
  [R(2, 3), V(-1, 4), {"mode": "clip", "axis": 1}], [R(2, 3), I(2)], by_first=True)
S("take_along_axis", np.take_along_axis, [R(2, 3), I(2, 1), {"axis": 1}], [R(3, 2), I(2, 2), {"axis": 0}],
  [R(3), I(2), {"axis": -1}],
  [R(2, 2), I(2), {"axis": None}], [R(2, 3), I(1, 2), {"axis": 1}])
S("put_along_axis", written(lambda x, v, i, axis: np.put_along_axis(x, i, v, axis)),
  [R(2, 3), R(2, 1), {"i": np.array([[2], [0]]), "axis": 1}], [R(2, 2), R(2), {"i": np.array([3, 0]), "axis": None}],
  by_first=True)
S("put", written(lambda x, v, i: np.put(x, i, v)), [R(4), R(2), {"i": [2, 0]}], [R(2, 2), R(), {"i": [1, 3]}],
  [R(4), R(2), {"i": [2, 0, 1]}], by_first=True)
S("copyto", written(np.copyto), [R(2, 2), R(2)], [R(3), R(), {"where": MASK}], by_first=True)
S("putmask", written(lambda x, v: np.putmask(x, [True, False, True, False], v)), [R(4), R(4)], [R(4), R(3)],
  by_first=True)
S("place", written(lambda x, v: np.place(x, [True, False, True, False], v)), [R(4), R(2)], [R(4), R()], by_first=True)
S("fill_diagonal", written(np.fill_diagonal), [R(2, 2), R()], [R(3, 2), R(2)], [R(5, 2), R(), {"wrap": True}],
  by_first=True)
S("resize", np.resize, [R(2, 2), {"new_shape": (3, 2)}], [R(3), {"new_shape": 2}])
S("add.at", written(lambda x, v: np.add.at(x, [0, 1, 1], v)), [R(3), R(3)], [R(2, 2), R()], by_first=True)
S("subtract.at", written(lambda x, v: np.subtract.at(x, ([0, 0], [1, 1]), v)), [R(2, 2), R(2)], by_first=True)
S("multiply.at", written(lambda x, v: np.multiply.at(x, [0, 1, 1], v)), [R(3), R(3)], by_first=True)
S("choose", lambda i, *xs, **kw: np.choose(i, xs, **kw), [I(3, below=2), R(3), R(3)],
  [V(-1, 2, 1), R(3), R(), {"mode": "clip"}])
S("compress", lambda x, **kw: np.compress([True, False, True], x, **kw), [R(3)], [R(2, 3), {"axis": 1}])
S("argpartition", np.argpartition, [R(2, 3), {"kth": 1}], [R(4), {"kth": 2, "axis": None}])
S("partition", np.partition, [R(2, 3), {"kth": 1}], [R(4), {"kth": 2, "axis": None}])
S("exponent", row("exponent"), [R(3)])
S("slice", row("slice"), [R(3, 2), {"key": (slice(1, None), 0)}])
S("unslice", row("unslice"), [R(2), {"shape": (3, 2), "key": (slice(1, None), 0)}],
  [C(1), {"shape": (2,), "key": (slice(1),)}])
S("overwrite", row("overwrite"), [R(3, 2), R(2), {"key": (slice(1, None), 0), "donate": False}])
S("gather", row("gather"), [R(3, 2), I(2)], [R(3, 2), I(2, 1), I(2, below=2)], [R(3), I()])
S("scatter", row("scatter"), [R(3), R(2), order(3, 2)], [R(3, 2), R(2), order(3, 2), I(below=2)],
  at_kink(R(3), R(2), V(1, 1)))
S("survivors", row("survivors"), [V(1, 0, 1), {"shape": (2,)}], [I(3), I(3), {"shape": (3, 3)}])
S("scatter_add", row("scatter_add"), [R(3), R(2), I(2)], [R(3, 2), R(2, 2), I(2)], [C(3), C(2), V(1, 1)])
