"""Interpolation as a function of the samples, their places and the argument."""

from __future__ import annotations

import numpy as np
from scipy.sparse.linalg import spsolve

from tests.draws import C, P, R, S, U, V
from wengert.scipy import interpolate

PLACES = np.array([0.0, 0.5, 1.1, 1.4, 2.3, 2.9])
ASKED = V(-0.3, 0.2, 1.3, 2.5)
WITHIN = V([[0.3, 1.3], [0.7, 2.5]])


def _through(name, **params):
    """The interpolant through samples, evaluated."""
    return lambda x, y, at: getattr(interpolate, name)(np.cumsum(x), y, **params)(at)


for _name in ("CubicSpline", "PchipInterpolator", "Akima1DInterpolator"):
    S(
        f"scipy.interpolate.{_name}",
        _through(_name, extrapolate=True),
        [P(6), R(6), V([0.4, 1.9])],
        [P(5), R(5, 2), V(1.0)],
        order=2,
    )
S(
    "scipy.interpolate.CubicSpline",
    lambda y, t: interpolate.CubicSpline(PLACES, y, 1, "natural")(t, 1),
    [R(2, 6), WITHIN],
)
S(
    "scipy.interpolate.CubicSpline",
    lambda y, t: interpolate.CubicSpline(PLACES, y, bc_type=((1, 0.5), "clamped")).integrate(0.1, t),
    [R(6), U()],
)
S(
    "scipy.interpolate.CubicSpline",
    lambda y, t: interpolate.CubicSpline(PLACES, np.concatenate([y, y[:1]]), bc_type="periodic")(t),
    [R(5), ASKED],
    [C(5), ASKED],
)
S("scipy.interpolate.CubicSpline", lambda y, t: interpolate.CubicSpline(PLACES[:3], y)(t), [R(3), ASKED])
S("scipy.interpolate.CubicSpline", lambda y, t: interpolate.CubicSpline(PLACES[:2], y)(t), [R(2), ASKED])
S(
    "scipy.interpolate.CubicHermiteSpline",
    lambda y, s, t: interpolate.CubicHermiteSpline(PLACES, y, s)(t),
    [R(6), R(6), ASKED],
)
S(
    "scipy.interpolate.Akima1DInterpolator",
    lambda y, t: interpolate.Akima1DInterpolator(PLACES, y, method="makima")(t),
    [R(6), WITHIN],
    order=2,
)
S(
    "scipy.interpolate.PPoly",
    lambda c, t: interpolate.PPoly(c, PLACES)(t),
    [R(4, 5), ASKED],
    [R(3, 5, 2), ASKED],
    [C(3, 5), ASKED],
)
S("scipy.interpolate.PPoly", lambda c, t: interpolate.PPoly(c, PLACES).antiderivative()(t), [R(4, 5), ASKED])
S("scipy.interpolate.PPoly", lambda c, t: interpolate.PPoly(c, PLACES).derivative(2)(t), [R(4, 5), ASKED])
S("scipy.interpolate.PPoly", lambda c, t: interpolate.PPoly(c, PLACES).integrate(0.2, t), [R(4, 5), V(2.6)])

# --- B-splines ----------------------------------------------------------------------------------------------------

KNOTS = np.array([0.0, 0.0, 0.0, 0.0, 0.8, 1.7, 2.9, 2.9, 2.9, 2.9])

S("scipy.interpolate.BSpline", lambda c, t: interpolate.BSpline(KNOTS, c, 3)(t), [R(6), ASKED], [R(6, 2), WITHIN])
S("scipy.interpolate.BSpline", lambda c, t: interpolate.BSpline(KNOTS, c, 3)(t, 1), [R(6), ASKED])
S("scipy.interpolate.BSpline", lambda c, t: interpolate.BSpline(KNOTS, c, 3).antiderivative()(t), [R(6), ASKED])
S("scipy.interpolate.BSpline", lambda c, a, b: interpolate.BSpline(KNOTS, c, 3).integrate(a, b), [R(6), U(), P()])
S(
    "scipy.interpolate.make_interp_spline",
    lambda y, t: interpolate.make_interp_spline(PLACES, y)(t),
    [R(6), ASKED],
    [R(6, 2), ASKED],
)
S("scipy.interpolate.make_interp_spline", lambda y, t: interpolate.make_interp_spline(PLACES, y, 2)(t), [R(6), ASKED])
S(
    "scipy.interpolate.make_interp_spline",
    lambda y, t: interpolate.make_interp_spline(PLACES, y, 3, bc_type="natural")(t),
    [R(6), ASKED],
)
S(
    "scipy.interpolate.splev",
    lambda c, t: interpolate.splev(t, (KNOTS, np.concatenate([c, np.zeros(4)]), 3)),
    [R(6), ASKED],
)
S(
    "scipy.interpolate.splev",
    lambda c, t: interpolate.splev(t, (KNOTS, np.concatenate([c, np.zeros(4)]), 3), 1, 1),
    [R(6), ASKED],
)
S(
    "scipy.interpolate.splint",
    lambda c, a, b: interpolate.splint(a, b, (KNOTS, np.concatenate([c, np.zeros(4)]), 3)),
    [R(6), U(), P()],
)

# --- grids ----------------------------------------------------------------------------------------------------------

INSIDE = V([[0.3, 1.2], [1.3, 0.4], [2.1, 2.6]])

for _kind in ("linear", "quadratic", "cubic"):
    S(
        "scipy.interpolate.interp1d",
        lambda y, t, _kind=_kind: interpolate.interp1d(PLACES, y, _kind, fill_value="extrapolate")(t),
        [R(6), ASKED],
        [R(2, 6), ASKED],
    )
for _kind in ("nearest", "previous", "next", "zero"):
    S(
        "scipy.interpolate.interp1d",
        lambda y, t, _kind=_kind: interpolate.interp1d(PLACES, y, _kind, bounds_error=False, fill_value=(0.5, 0.0))(t),
        [R(6), ASKED],
    )
for _method in ("linear", "cubic", "nearest"):
    S(
        "scipy.interpolate.RegularGridInterpolator",
        lambda v, t, _method=_method: interpolate.RegularGridInterpolator(
            (PLACES, PLACES[:4] * 2), v, _method, False, None, solver=spsolve if _method == "cubic" else None
        )(t),
        [R(6, 4), INSIDE],
        [R(6, 4, 2), INSIDE],
    )
S(
    "scipy.interpolate.interpn",
    lambda v, t: interpolate.interpn((PLACES, PLACES[:4] * 2), v, t, bounds_error=False, fill_value=0.5),
    [R(6, 4), V([[0.3, 1.2], [9.0, 0.4]])],
)
