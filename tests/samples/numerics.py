"""Interpolation, differences, convolutions, calls along axes, sets, and putting entries in and taking them out."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.draws import C, F, I, P, R, S, U, V, at_kink, row

nan = np.nan


def scaled_power(x: Any, power: float = 2, *, scale: float = 1) -> Any:
    """A function of an array with arguments of its own."""
    return scale * x**power


# fmt: off
# --- interpolation and differences --------------------------------------------------------------------------------

XP = V(0.0, 0.25, 0.5, 0.95)
S("interp", np.interp, [U(4), XP, R(4)], [U(2, 2), XP, C(4)], [U(), XP, F(4)], [R(5), XP, R(4)],
  [R(5), XP, R(4), {"left": 7.0, "right": -7.0}], [R(3), V([0.5]), R(1)], at_kink(V(0.0, 0.5, 0.95), XP, R(4)),
  [R(4), V(0.1, 1.3, 0.6), R(3), {"period": 1.0}], [U(0), XP, R(4)])
S("interp", lambda x, a, b, p:
  np.interp(x, [0.5, 0.6], [1.0, 2.0], a, b) + np.interp(x, [0.1, 0.6], [1.0, 2.0], period=p),
  [R(3), R(), R(), P()], by_first=True)
S("ediff1d", np.ediff1d, [R(4)], [R(2, 2)], [R(3), R(), R(2)], [C(3)], [F(3)], [R(1)])
S("gradient", np.gradient, [R(4)], [R(3, 4)], [F(4)], [C(3)], [R(3, 4), {"axis": 1, "edge_order": 2}], [R(4), P()],
  [R(2, 4), {"axis": (1, 0)}])
S("gradient", lambda f, x, **kw: np.gradient(f, x, **kw), [R(4), V(0.0, 0.3, 1.0, 1.4)],
  [R(2, 4), V(0.0, 0.3, 1.0, 1.4), {"axis": 1, "edge_order": 2}])
S("gradient", lambda f, h: np.gradient(f, h, [0.0, 0.5, 2.0]), [R(2, 3), P()])
S("unwrap", np.unwrap, [V(0.0, 0.4, 6.5, 6.0, -5.0)], [V([[0.0, 7.0], [3.5, 1.0]]), {"axis": 0}],
  [V(0.0, 2.5, 5.0), {"period": 2.0}], [V(0.0, 4.0, 9.5), {"discont": 5.0}], [I(5, below=9), {"period": 5}],
  [I(5, below=9), {"period": 4}], [F(3)])
if hasattr(np, "cumulative_sum"):  # NumPy 2.1
    for _name in ("cumulative_sum", "cumulative_prod"):
        S(_name, getattr(np, _name), [R(3)], [R(2, 3), {"axis": 1, "include_initial": True}], [F(3), {"dtype": float}])
S("convolve", np.convolve, [R(4), R(3)], [R(2), R(4), {"mode": "same"}], [R(4), R(2), {"mode": "valid"}], [C(3), R(2)],
  [C(2), C(3), {"mode": "same"}], [F(3), F(2)], [R(1), R(1)], [R(), R(3)])
S("correlate", np.correlate, [R(4), R(3)], [R(2), R(4), {"mode": "same"}], [R(4), R(2), {"mode": "full"}], [C(3), C(2)],
  [C(2), C(3), {"mode": "full"}], [R(3), R(5)], [R(4), R(5), {"mode": "same"}], [F(3), F(2)],
  [R(5), R(4), {"mode": "same"}])
S("convolve_full", row("convolve_full"), [R(3), R(2)], [C(2), C(3)], [R(2, 3), R(2)], [F(3), F(2)])

# --- along axes and on pieces ---------------------------------------------------------------------------------------

S("apply_along_axis", lambda x, axis: np.apply_along_axis(np.cumsum, axis, x), [R(2, 3), {"axis": 0}],
  [R(2, 3, 2), {"axis": 1}])
S("apply_along_axis", lambda x, y: np.apply_along_axis(lambda v, p: np.outer(v, v) ** p, 0, x, y), [P(2, 2), P()],
  by_first=True)
S("apply_over_axes", lambda x: np.apply_over_axes(np.sum, x, [0, -1]), [R(2, 3, 2)])
S("piecewise", lambda x: np.piecewise(x, [x < 0, x >= 1], [scaled_power, np.exp, np.cos]),
  [R(5)], [R()], [R(2, 2)])
S("piecewise", lambda x: np.piecewise(x, [x < 0, x >= 1], [scaled_power, scaled_power], 3, scale=0.5), [R(5)])
S("piecewise", lambda x, y: np.piecewise(x, [x < 0], [np.sin, y]), [R(3), R()], by_first=True)
S("piecewise", lambda x: np.piecewise(x, x > 0, [np.sqrt, 2.0]), [R(4)], [F(3)])
S("piecewise", lambda x: np.piecewise(x, [x > 0, x < -1], [np.log, lambda z: 1 / z, 0]), at_kink(V(0.0, 2.0, -2.0)))
S("select", lambda x, y: np.select([x > 0, x > -1], [y, x * y], x), [R(4), R(4)])

# --- functions and sequences --------------------------------------------------------------------------------------

S("i0", np.i0, [R(3)], [V(0.0, 1e-3, 15.0)], [F(3)], [I(2)])
S("bessel_i", row("bessel_i"), [R(3), {"order": 0}], [R(3), {"order": 1}], [V(1e-3, 2.0), {"order": 3}])
S("vander", np.vander, [R(3)], [V(0.0, 1.0, -2.0), {"N": 4, "increasing": True}], [F(2)], [C(2), {"N": 3}])
S("logspace", np.logspace, [R(), R(), {"num": 4}], [R(), R(), {"num": 3, "base": 2.0, "endpoint": False}],
  [R(2), R(), {"num": 3, "axis": -1}])
S("logspace", lambda b: np.logspace(0, 2, 3, base=b), [P()])
S("geomspace", np.geomspace, [P(), P(), {"num": 4}], [P(2), P(), {"num": 3, "axis": 1, "endpoint": False}],
  [C(), C(), {"num": 3}])

for _name in ("sqrt", "log", "log2", "log10"):
    S(f"lib.scimath.{_name}", getattr(np.emath, _name), [R(4)], [P(3)], [F(2)], concrete=True)
for _name in ("arccos", "arcsin", "arctanh"):
    S(f"lib.scimath.{_name}", getattr(np.emath, _name), [R(4)], [U(2)], concrete=True)
S("lib.scimath.sqrt", np.emath.sqrt, [C(2)])
S("lib.scimath.logn", lambda x: np.emath.logn(2.5, x), [R(4)], concrete=True)
S("lib.scimath.power", lambda x: np.emath.power(x, 1.5), [R(4)], concrete=True)
S("lib.scimath.power", lambda x: np.emath.power(x, [2, -1]), [R(2)], concrete=True)

# --- sets -----------------------------------------------------------------------------------------------------------

S("unique", np.unique, at_kink(V(2.0, 1.0, 2.0)), [R(2, 2)], at_kink(V([[1.0, 2.0], [1.0, 2.0]]), {"axis": 0}), [F(3)],
  at_kink(V(2.0, nan, 1.0, nan), {"return_index": True, "return_inverse": True, "return_counts": True}), concrete=True)
for _name in ("unique_all", "unique_counts", "unique_inverse", "unique_values"):
    S(_name, lambda x, f: tuple(getattr(np, f)(x)), at_kink(V(2.0, 1.0, nan, 2.0, nan), {"f": _name}), concrete=True)
S("union1d", np.union1d, [R(2), R(3)], at_kink(V(1.0, 2.0), V(2.0, 3.0)), concrete=True)
S("intersect1d", np.intersect1d, at_kink(V(3.0, 1.0, 2.0), V(2.0, 3.0)),
  at_kink(V(3.0, 1.0, 2.0), V(2.0, 3.0), {"return_indices": True, "assume_unique": True}), concrete=True)
S("setdiff1d", np.setdiff1d, at_kink(V(3.0, 1.0, 3.0), V(1.0)),
  at_kink(V(3.0, 1.0, 2.0), V(2.0), {"assume_unique": True}),
  concrete=True)
S("setxor1d", np.setxor1d, at_kink(V(3.0, 1.0, 3.0), V(1.0, 5.0)),
  at_kink(V(3.0, 1.0), V(1.0, 5.0), {"assume_unique": True}),
  concrete=True)

# --- editing --------------------------------------------------------------------------------------------------------

S("delete", np.delete, [R(4), {"obj": 1}], [R(3, 2), {"obj": [0, -1], "axis": 0}],
  [R(2, 4), {"obj": slice(None, None, 2), "axis": 1}],
  [R(2, 2), {"obj": np.array([True, False, False, True])}], [F(3), {"obj": []}])
S("insert", lambda x, v, obj, **kw: np.insert(x, obj, v, **kw), [R(3), R(), {"obj": 1}], [R(3), R(2), {"obj": [0, 3]}],
  [R(2, 3), R(2), {"obj": 1, "axis": 1}], [R(2, 3), R(2, 2), {"obj": [2, 2], "axis": 1}], [R(2, 2), R(3), {"obj": 4}],
  [R(3), R(2), {"obj": slice(0, 2)}], [F(3), R(), {"obj": -1}], [R(2, 3), R(3), {"obj": [1], "axis": 0}],
  [R(3), R(2), {"obj": [-1, 0]}])
if np.lib.NumpyVersion(np.__version__) >= "2.4.0":  # truth values were numbers before
    S("insert", lambda x, v, obj: np.insert(x, obj, v), [R(3), R(2), {"obj": np.array([True, False, True])}])
S("extract", lambda x: np.extract([[True, False], [True, True]], x), [R(2, 2)])
S("trim_zeros", np.trim_zeros, at_kink(V(0.0, 1.0, 0.0, 2.0, 0.0)), at_kink(V(0.0, 1.0, 0.0), {"trim": "f"}),
  at_kink(V(0.0, 1.0, 0.0), {"trim": "b"}), at_kink(V(0.0, 0.0)), concrete=True)
S("lib.stride_tricks.sliding_window_view", np.lib.stride_tricks.sliding_window_view, [R(5), {"window_shape": 3}],
  [R(3, 4), {"window_shape": (2, 2)}], [R(3, 4), {"window_shape": 2, "axis": 1}],
  [R(4), {"window_shape": (2, 2), "axis": (0, 0)}])

# --- without a derivative -------------------------------------------------------------------------------------------

for _name in ("iscomplex", "isreal"):
    S(_name, getattr(np, _name), [C(2)], [R(2)])
for _name in ("isposinf", "isneginf"):
    S(_name, getattr(np, _name), at_kink(V(1.0, np.inf, -np.inf)))
S("bitwise_count", np.bitwise_count, [I(3, below=9)])
S("lexsort", lambda x, y, **kw: np.lexsort((x, y), **kw), [R(3), R(3)], at_kink(R(3), V(1.0, 0.0, 1.0)),
  [R(2, 3), R(2, 3), {"axis": 0}])
S("sort_complex", np.sort_complex, [C(4)], [R(3)], [F(3)])
S("ix_", lambda x, i, j: x[np.ix_(i, j)], [R(3, 2), I(2), I(2, below=2)], by_first=True)
S("ix_", lambda i: np.ix_(i, [True, False]), [I(2)])
S("ravel_multi_index", lambda i, j, **kw: np.ravel_multi_index((i, j), (3, 4), **kw), [I(2), I(2)],
  [I(2, below=9), I(2, below=9), {"mode": ("clip", "wrap"), "order": "F"}])
S("unravel_index", np.unravel_index, [I(3, below=6), {"shape": (2, 3)}], [I(below=6), {"shape": (2, 3), "order": "F"}])
S("tril_indices_from", np.tril_indices_from, [R(3, 3)], [R(3, 3), {"k": 1}])
S("triu_indices_from", np.triu_indices_from, [R(3, 3)], [R(3, 3), {"k": -1}])
S("diag_indices_from", np.diag_indices_from, [R(3, 3)])
S("einsum_path", lambda x, y: len(np.einsum_path("ij,jk->ik", x, y)[0]), [R(2, 3), R(3, 2)])
if hasattr(np, "astype"):  # NumPy 2.1
    S("astype", lambda x, dtype: np.astype(x, dtype), [F(3), {"dtype": float}])
