"""Moving entries, and making arrays."""

from __future__ import annotations

import os

import numpy as np

from tests.draws import C, F, R, S, at_kink, row

# fmt: off
# --- moving entries ---------------------------------------------------------------------------------------------

S("reshape", lambda x, shape, **kw: np.reshape(x, shape, **kw), [R(2, 3), {"shape": (3, -1)}],
  [R(4), {"shape": (2, 2)}], [R(2, 3), {"shape": 6, "order": "F"}],
  [R(0, 3), {"shape": (3, 0)}], [C(2), {"shape": (2, 1)}], [F(2), {"shape": -1}])
S("ravel", np.ravel, [R(2, 2)], [R(2, 3), {"order": "F"}], [R()], [R(0, 2)])
S("transpose", np.transpose, [R(2, 3)], [R(2, 3, 2), {"axes": (1, -1, 0)}], [C(2, 2)], [F(2, 1)], [R(0, 2)])
S("matrix_transpose", np.matrix_transpose, [R(2, 3, 2)])
S("linalg.matrix_transpose", np.linalg.matrix_transpose, [R(2, 3)])
S("swapaxes", np.swapaxes, [R(2, 3, 2), {"axis1": 0, "axis2": -1}])
S("moveaxis", np.moveaxis, [R(2, 3, 2), {"source": 0, "destination": -1}],
  [R(2, 3, 2), {"source": (0, 1), "destination": (2, 0)}])
S("rollaxis", np.rollaxis, [R(2, 3, 2), {"axis": 2}], [R(2, 3, 2), {"axis": 0, "start": 2}])
S("expand_dims", np.expand_dims, [R(3), {"axis": 0}], [R(2, 3), {"axis": (0, -1)}], [R(), {"axis": 0}])
S("squeeze", np.squeeze, [R(1, 3, 1)], [R(1, 3, 1), {"axis": -1}])
S("broadcast_to", np.broadcast_to, [R(3), {"shape": (2, 3)}], [R(2, 1), {"shape": (2, 2)}], [R(), {"shape": (2,)}],
  [R(3), {"shape": (0, 3)}], [R(3), {"shape": (3,)}], [F(1), {"shape": 2}])
S("broadcast_arrays", np.broadcast_arrays, [R(3), R(2, 1)])
for _name in ("atleast_1d", "atleast_2d", "atleast_3d"):
    S(_name, getattr(np, _name), [R()], [R(3)], [R(2, 3)], [R(2), R()])
S("concatenate", lambda *xs, **kw: np.concatenate(xs, **kw), [R(2), R(3)], [R(2, 1), R(2, 2), {"axis": -1}],
  [R(2, 1), R(2), {"axis": None}], [C(2), R(2)], [F(2), F(1)], [R(0), R(2)], [F(2), F(1), {"dtype": float}])
S("stack", lambda *xs, **kw: np.stack(xs, **kw), [R(2), R(2)], [R(2, 3), R(2, 3), {"axis": -1}], [R(), R()])
S("vstack", lambda *xs: np.vstack(xs), [R(2), R(2)], [R(1, 2), R(2, 2)])
S("hstack", lambda *xs: np.hstack(xs), [R(2), R(3)], [R(2, 1), R(2, 2)])
S("dstack", lambda *xs: np.dstack(xs), [R(2), R(2)], [R(2, 1), R(2, 1)])
S("column_stack", lambda *xs: np.column_stack(xs), [R(2), R(2)], [R(2), R(2, 2)])
S("block", lambda a, b, c: np.block([[a, b], [c]]), [R(2, 1), R(2, 2), R(1, 3)])
S("append", np.append, [R(2), R(2, 2)], [R(1, 2), R(2, 2), {"axis": 0}])
S("split", np.split, [R(4), {"indices_or_sections": 2}], [R(2, 3), {"indices_or_sections": [1], "axis": 1}])
S("array_split", np.array_split, [R(5), {"indices_or_sections": 2}])
S("hsplit", lambda x: np.hsplit(x, 2), [R(2, 2)], [R(4)])
S("vsplit", lambda x: np.vsplit(x, 2), [R(2, 2)])
S("dsplit", lambda x: np.dsplit(x, 2), [R(1, 2, 2)])
if hasattr(np, "unstack"):  # NumPy 2.1
    S("unstack", np.unstack, [R(2, 2)], [R(2, 2), {"axis": 1}])
S("tile", np.tile, [R(2), {"reps": 2}], [R(2, 1), {"reps": (2, 1, 2)}], [R(), {"reps": 3}])
S("repeat", np.repeat, [R(2, 2), {"repeats": 2}], [R(2, 3), {"repeats": [1, 0, 2], "axis": 1}])
S("pad", np.pad, [R(3), {"pad_width": 1}], [R(2, 2), {"pad_width": ((0, 1), (2, 0))}],
  [R(2), {"pad_width": 1, "constant_values": 3.0}],
  [R(2, 3), {"pad_width": 1, "mode": "edge"}], [R(3), {"pad_width": 2, "mode": "reflect"}], [F(3), {"pad_width": 1}],
  [R(3), {"pad_width": 2, "mode": "wrap"}], [R(3), {"pad_width": (1, 2), "mode": "symmetric"}],
  [C(2), {"pad_width": ((1, 0),)}])
S("flip", np.flip, [R(3)], [R(2, 3), {"axis": 1}], [C(2, 2)])
S("fliplr", np.fliplr, [R(2, 2)])
S("flipud", np.flipud, [R(2, 2)])
for _k in range(4):
    S("rot90", np.rot90, [R(2, 3), {"k": _k}])
S("roll", np.roll, [R(4), {"shift": 1}], [R(2, 3), {"shift": (1, -1), "axis": (0, 1)}], [R(2, 3), {"shift": 2}])
S("diagonal", np.diagonal, [R(3, 3)], [R(2, 3), {"offset": 1}], [R(2, 2, 3), {"offset": -1, "axis1": 1, "axis2": 2}])
S("undiagonal", row("undiagonal"), [R(2), {"shape": (2, 3), "offset": 1}],
  [R(2, 2), {"shape": (2, 3, 3), "offset": -1}])
S("linalg.diagonal", np.linalg.diagonal, [R(2, 2, 2)], [R(2, 3), {"offset": 1}])
S("diag", np.diag, [R(3)], [R(2), {"k": 1}], [R(3, 3), {"k": -1}])
S("diagflat", np.diagflat, [R(2, 1)])
S("tril", np.tril, [R(3, 3)], [R(2, 3), {"k": -1}], [C(2, 2)])
S("triu", np.triu, [R(3, 3)], [R(2, 2, 3), {"k": 1}], [F(2, 2)])
S("trace", np.trace, [R(3, 3)], [R(2, 3, 2), {"offset": 1}])
S("meshgrid", np.meshgrid, [R(2), R(3)], [R(2), R(3), {"indexing": "ij", "sparse": True}])
S("astype", lambda x, dtype: x.astype(dtype), at_kink(R(3), {"dtype": np.float32}), [F(3), {"dtype": float}],
  [R(3), {"dtype": int}],
  [R(3), {"dtype": complex}])
S("copy", np.copy, [R(3)], [R()], [C(2)])
S("stop_gradient", row("stop_gradient"), at_kink(R(3)))

# --- making arrays ----------------------------------------------------------------------------------------------

for _name in ("zeros_like", "ones_like"):
    S(_name, getattr(np, _name), [R(3)], [F(2), {"shape": (2, 2)}], [R(2), {"dtype": int}])
S("empty_like", lambda x: np.empty_like(x).shape, [R(2, 3)])
S("full_like", np.full_like, [R(3), R()], [F(2), {"fill_value": 3}], by_first=True)
S("full_like", lambda x: np.full_like(x, x[0]), [R(3)])
S("zeros", lambda x: np.zeros(3, like=x) + x, [R(1)])
S("ones", lambda x: np.ones((2, 2), like=x) * x, [R(1)])
S("empty", lambda x: np.empty(3, like=x).shape, [R(2)])
S("full", lambda x: np.full(3, 2.0, like=x) * x, [R(1)], [F(1)])
S("full", lambda x: np.full(3, x, like=x), [R(1)], [R(3)])
S("arange", lambda x: np.arange(3.0, like=x) * x, [R(1)])
S("eye", lambda x: np.eye(2, like=x) @ x, [R(2)])
S("identity", lambda x: np.identity(2, like=x) @ x, [R(2)])
S("tri", lambda x: np.tri(2, like=x) @ x, [R(2)])
S("fromiter", lambda x: np.fromiter(range(2), float, like=x) * x, [R(2)])
for _make in (np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray):
    S(_make.__name__, lambda x, y, _f=_make: _f([x[0], 2.0, y], like=x), [R(2), R()])
S("frombuffer", lambda x: np.frombuffer(np.ones(2).tobytes(), like=x) * x, [R(2)])
S("fromstring", lambda x: np.fromstring("1 2", sep=" ", like=x) * x, [R(2)])
S("fromfunction", lambda x: np.fromfunction(np.add, (2, 2), like=x) @ x, [R(2)])
S("fromfile", lambda x: np.fromfile(os.devnull, like=x) * x, [R(1)])
for _read in (np.loadtxt, np.genfromtxt):
    S(_read.__name__, lambda x, _f=_read: _f(["1 2"], like=x) * x, [R(2)])
S("require", lambda x, y: np.require([x[0], y], like=x), [R(2), R()])
S("linspace", np.linspace, [R(), R(), {"num": 4}], [R(2), R(), {"num": 3, "endpoint": False, "axis": -1}],
  [R(), R(), {"num": 3, "retstep": True}], [R(), R(), {"num": 1}])
