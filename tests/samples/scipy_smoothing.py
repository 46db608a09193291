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
