"""Reductions and scans."""

from __future__ import annotations

import numpy as np
from scipy import special

from tests.draws import C, F, P, R, S, V, at_kink, row

nan, inf = np.nan, np.inf

# fmt: off
# --- reductions and scans ---------------------------------------------------------------------------------------

for _name in ("sum", "mean", "prod", "var", "std"):
    S(_name, getattr(np, _name), [R(3)], [R(2, 3), {"axis": 0}], [R(2, 3, 2), {"axis": (0, -1), "keepdims": True}],
      [R()],
      [C(2, 3), {"axis": 1}], [F(3)], [R(2, 3), {"axis": 1, "where": np.array([True, False, True])}],
      [F(2, 2), {"axis": 0}])
S("sum", np.sum, [R(0, 3), {"axis": 0}], [R(0)], [R(3), {"initial": 2.0}], [F(3), {"dtype": float}],
  [R(2, 3), {"axis": ()}])
S("mean", np.mean, [F(3), {"dtype": float}], [R(2, 0), {"axis": 0}])
S("prod", np.prod, at_kink(V(0.0, 2.0, 3.0)), at_kink(V([[0.0, 2.0, 0.0], [1.0, 2.0, 3.0]]), {"axis": 1}), [R(0)],
  [R(3), {"initial": 2.0}], [V(0.0, 2.0, 3.0)])
S("var", np.var, [R(4), {"ddof": 1}], [R(3), {"correction": 1}], [V(1.0, 1.0)], [R(3), {"mean": 0.5}])
S("std", np.std, [R(4), {"ddof": 1}], at_kink(V(1.0, 1.0)))
for _name in ("max", "min"):
    S(_name, getattr(np, _name), [R(3)], [R(2, 3), {"axis": 0}], [R(2, 3), {"axis": (0, 1), "keepdims": True}], [R()],
      [F(3)],
      [R(3), {"initial": 0.0}], [R(3), {"where": np.array([True, False, True]), "initial": 0.1}],
      at_kink(V(1.0, 2.0, 2.0, 1.0)), at_kink(V(1.0, nan)))
S("amax", np.amax, [R(2, 3), {"axis": 1}])
S("amin", np.amin, [R(2, 3), {"axis": 1}])
S("ptp", np.ptp, [R(4)], [R(2, 3), {"axis": 1, "keepdims": True}], [F(3)])
S("average", np.average, [R(3)], [R(2, 3), {"axis": 0}], [R(3), {"weights": np.array([1.0, 2.0, 3.0])}],
  [R(2, 3), {"axis": 1, "weights": np.array([1.0, 2.0, 3.0]), "returned": True}])
S("average", lambda a, w, **kw: np.average(a, weights=w, **kw), [R(3), P(3)], [R(2, 2), P(2, 2)],
  [R(2, 3, 2), P(2, 2), {"axis": (2, 0)}], [R(2, 3), P(3), {"axis": 1, "keepdims": True}])
S("logsumexp", np.logaddexp.reduce, [R(3)], [R(2, 3), {"axis": 1}], [R(2, 3), {"axis": (0, 1), "keepdims": True}],
  [F(3)],
  at_kink(V(-inf, 1.0)), at_kink(V(1e3, 1e3)))
S("logsumexp", row("logsumexp"), [C(3), {"axis": (0,), "keepdims": False}], [C(2, 3), {"axis": (1,), "keepdims": True}],
  value=special.logsumexp)
S("length", np.linalg.norm, [R(3)], [R(2, 3), {"axis": 1}], [C(3)], [F(3)], at_kink(V(0.0, 0.0)))
S("cumsum", np.cumsum, [R(3)], [R(2, 3), {"axis": 0}], [R(2, 2)], [C(2, 3), {"axis": -1}], [F(3)], [R(0)])
S("cumprod", np.cumprod, [R(3)], [R(2, 3), {"axis": 0}], [C(2, 3), {"axis": -1}], [F(3)], [V(2.0, 0.0, 3.0)], [R(0)])
S("add.accumulate", np.add.accumulate, [R(2, 3), {"axis": 1}])
S("maximum.accumulate", np.maximum.accumulate, [R(4)])
S("subtract.outer", np.subtract.outer, [R(2), R(3)])
S("multiply.reduceat", lambda x: np.multiply.reduceat(x, [0, 2, 1]), [R(4)])
S("all", np.all, [R(3)], [R(2, 3), {"axis": 1}], at_kink(V(0.0, 1.0), {"keepdims": True}))
S("any", np.any, [R(3)], [R(2, 3), {"axis": 1}], at_kink(V(0.0, 0.0)))
S("argmax", np.argmax, [R(3)], [R(2, 3), {"axis": 1}], [R(2, 3), {"axis": 0, "keepdims": True}], at_kink(V(2.0, 2.0)))
S("argmin", np.argmin, [R(3)], [R(2, 3), {"axis": 1}], [R(2, 3), {"keepdims": True}], at_kink(V(2.0, 2.0)))
S("argsort", np.argsort, [R(4)], [R(2, 3), {"axis": 0}], [R(2, 3), {"axis": None}],
  at_kink(V(2.0, 1.0, 2.0), {"stable": True}))
S("sort", np.sort, [R(4)], [R(2, 3), {"axis": 0}], [R(2, 3), {"axis": None}], [F(3)], at_kink(V(2.0, 1.0, 2.0)))
S("count_nonzero", np.count_nonzero, [R(3)], at_kink(V([[0.0, 1.0], [0.0, 0.0]]), {"axis": 1}))
S("nonzero", np.nonzero, at_kink(V(0.0, 1.0)), concrete=True)
S("flatnonzero", np.flatnonzero, at_kink(V(0.0, 1.0)), concrete=True)
S("argwhere", np.argwhere, at_kink(V(0.0, 1.0)), concrete=True)
S("diff", np.diff, [R(4)], [R(3, 2), {"axis": 0, "n": 2}], [R(3), {"prepend": 1.0}], [F(3)], [C(3)])
S("trapezoid", np.trapezoid, [R(4)], [R(2, 3), {"axis": 0, "dx": 0.5}], [R(2, 3), R(3)], [R(2, 3), R(2, 3)])
