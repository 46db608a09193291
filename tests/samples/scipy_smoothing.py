"""Twins of `scipy.interpolate` that smooth, and polynomials in other bases."""

from __future__ import annotations

import numpy as np

from tests.draws import P, R, S, U, V
from wengert.scipy import interpolate

PLACES = V(0.0, 0.7, 1.1, 2.0, 2.6, 3.3)

# fmt: off
S("scipy.interpolate.make_smoothing_spline",
  lambda x, y, w, lam, t: interpolate.make_smoothing_spline(x, y, w, lam)(t),
  [PLACES, R(6), P(6), U(), V(0.5, 2.2)])
S("scipy.interpolate.make_smoothing_spline",
  lambda y, t, lam: interpolate.make_smoothing_spline(np.arange(5.0), y, lam=lam, axis=1)(t), [R(2, 5), U(2), P()])
S("scipy.interpolate.make_splrep", lambda x, y, t: interpolate.make_splrep(x, y, k=2)(t), [PLACES, R(6), U(3)])
S("scipy.interpolate.make_splrep", lambda x, y: interpolate.make_splrep(x, y, k=2, s=1e3).c, [PLACES, R(6)],
  concrete=True, order=1)
S("scipy.interpolate.make_splprep", lambda x, y, t: interpolate.make_splprep([x, y])[0](t), [PLACES, R(6), U(3)])
S("scipy.interpolate.make_splprep", lambda y, u: interpolate.make_splprep([y], u=u, s=1e3)[0].c, [R(6), PLACES],
  concrete=True, order=1)

EDGES = V(0.0, 0.7, 1.5)
S("scipy.interpolate.BPoly", lambda c, x, t: interpolate.BPoly(c, x)(t), [R(4, 2), EDGES, U(3)],
  [R(1, 2, 2), EDGES, V(-0.2, 1.7)])
for _nu in (1, 4):
    S("scipy.interpolate.BPoly", lambda c, x, t, nu: interpolate.BPoly(c, x)(t, nu),
      [R(4, 2), EDGES, U(3), {"nu": _nu}])
S("scipy.interpolate.BPoly", lambda c, x, t: interpolate.BPoly(c, x, "periodic", 1)(t),
  [R(3, 2, 2), EDGES, V(-0.9, 2.0)])
S("scipy.interpolate.BPoly", lambda c, x, b: interpolate.BPoly(c, x).integrate(0.2, b), [R(3, 2), EDGES, P()])
S("scipy.interpolate.BPoly", lambda c, x, t: interpolate.BPoly(c, x).antiderivative(2)(t), [R(3, 2), EDGES, U(3)])
S("scipy.interpolate.BPoly",
  lambda x, a, b, c: interpolate.BPoly.from_derivatives(x, [a, b, c], [2, 3])(np.array([0.3, 1.1])),
  [EDGES, R(2), R(2), R(3)])
S("scipy.interpolate.PPoly", lambda c, x, y: interpolate.PPoly(c, x).solve(y, extrapolate=False),
  [V([[1.0, 2.0], [-0.5, 0.1]]), EDGES, V(0.05)], [V([[1.0, 2.0], [-0.2, 0.3]]), EDGES, V(0.0)], concrete=True)
S("scipy.interpolate.NdPPoly", lambda c, x, y, t: interpolate.NdPPoly(c, (x, y))(t),
  [R(2, 3, 2, 2), EDGES, V(0.0, 1.0, 2.0), U(3, 2)], [R(2, 2, 2, 1, 2), EDGES, V(0.0, 1.0), U(1, 2)])
S("scipy.interpolate.NdPPoly", lambda c, x, y, t, nu: interpolate.NdPPoly(c, (x, y), False)(t, nu),
  [R(2, 3, 2, 2), EDGES, V(0.0, 1.0, 2.0), U(3, 2), {"nu": (1, 0)}])
S("scipy.interpolate.NdPPoly", lambda c, x, y, t: interpolate.NdPPoly(c, (x, y)).antiderivative((0, 1))(t),
  [R(2, 3, 2, 2), EDGES, V(0.0, 1.0, 2.0), U(3, 2)])
S("scipy.interpolate.NdPPoly", lambda c, x, y, b: interpolate.NdPPoly(c, (x, y)).integrate([(0.1, b), (0.3, 1.8)]),
  [R(2, 3, 2, 2), EDGES, V(0.0, 1.0, 2.0), U()])
S("scipy.interpolate.NdPPoly", lambda c, x, s, t: interpolate.NdPPoly(c, (x, x))((s, t)),
  [R(2, 2, 2, 2), EDGES, U(3), U(3)])
S("scipy.interpolate.NdPPoly", lambda c, x, t: interpolate.NdPPoly(c, (x,))(t), [R(3, 2), EDGES, U(4)])
