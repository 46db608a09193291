"""Splines fitted to samples, and interpolation of scattered samples."""

from __future__ import annotations

import numpy as np

from tests.draws import R, S, V
from wengert.scipy import interpolate

PLACES = np.array([0.0, 0.5, 1.1, 1.4, 2.3, 2.9, 3.3])
X, Y = V(PLACES), R(7)
AT = V(0.2, 1.3, 2.5)
KNOTS = np.array([-0.1, -0.1, -0.1, 1.2, 3.4, 3.4, 3.4])
WEIGHTS = V(1.0, 0.8, 1.1, 1.0, 0.6, 1.2, 0.9)
SITES = np.array([[0.0, 0.1], [1.0, 0.2], [0.9, 1.1], [0.1, 0.8], [0.4, 0.6], [0.7, 0.35]])
INSIDE = np.array([[0.3, 0.3], [0.6, 0.7]])
VALUES = np.array([0.3, -0.8, 1.1, 0.4, -0.2, 0.7])
P, D, ASKED = V(SITES), R(6), V(INSIDE)
CUBIC = np.array([0.0] * 4 + [1.0] + [2.0] * 4)

S(
    "scipy.interpolate.make_lsq_spline",
    lambda x, y, w, t: interpolate.make_lsq_spline(x, y, KNOTS, 2, w)(t),
    [X, Y, WEIGHTS, AT],
    [X, R(7, 2), WEIGHTS, AT],
    order=2,
)
S(
    "scipy.interpolate.make_lsq_spline",
    lambda y, t: interpolate.make_lsq_spline(PLACES, y, KNOTS, 2, axis=1)(t),
    [R(2, 7), AT],
)
for _k in (1, 2, 3, 5):
    S(
        "scipy.interpolate.splrep",
        lambda x, y, t, k=_k: interpolate.splev(t, interpolate.splrep(x, y, k=k)),
        [X, Y, AT],
        order=2,
    )
S(
    "scipy.interpolate.splrep",
    lambda y, w: interpolate.splrep(PLACES, y, w, k=2, task=-1, t=[1.2])[1],
    [Y, WEIGHTS],
    order=2,
)
S("scipy.interpolate.splrep", lambda x, y: interpolate.splrep(x, y, k=2, s=1e3)[1], [X, Y], concrete=True, order=1)
S("scipy.interpolate.splprep", lambda x, y: interpolate.splprep([x, y], s=0)[0][1], [X, Y], order=1)
S("scipy.interpolate.splprep", lambda x, y: interpolate.splprep([x, y], s=0)[1], [X, Y], order=1)
S("scipy.interpolate.spalde", lambda c: interpolate.spalde(0.7, (CUBIC, np.concatenate([c, np.zeros(4)]), 3)), [R(5)])
S("scipy.interpolate.spalde", lambda t: interpolate.spalde(t, (CUBIC, np.arange(9.0), 3)), [V(0.2, 1.3)])
S(
    "scipy.interpolate.sproot",
    lambda c: interpolate.sproot((CUBIC, np.concatenate([c, np.zeros(4)]), 3)),
    [V(-1.0, 0.5, 1.0, -0.5, -2.0)],
    concrete=True,
    order=2,
)
S(
    "scipy.interpolate.InterpolatedUnivariateSpline",
    lambda x, y, t: interpolate.InterpolatedUnivariateSpline(x, y)(t),
    [X, Y, AT],
    order=2,
)
S(
    "scipy.interpolate.InterpolatedUnivariateSpline",
    lambda y, t: interpolate.InterpolatedUnivariateSpline(PLACES, y, bbox=[-1, 4], k=2, ext=3)(t, 1),
    [Y, AT],
    order=2,
)
S(
    "scipy.interpolate.LSQUnivariateSpline",
    lambda x, y, t: interpolate.LSQUnivariateSpline(x, y, [1.2], k=2).derivative()(t),
    [X, Y, AT],
    order=2,
)
S(
    "scipy.interpolate.LSQUnivariateSpline",
    lambda y, b: interpolate.LSQUnivariateSpline(PLACES, y, [1.2], k=2).integral(0.1, b),
    [Y, V(2.2)],
    order=2,
)
S(
    "scipy.interpolate.UnivariateSpline",
    lambda y, t: interpolate.UnivariateSpline(PLACES, y, s=0, ext=1)(t),
    [Y, V(-0.2, 1.3)],
    order=2,
)
S(
    "scipy.interpolate.UnivariateSpline",
    lambda y, t: interpolate.UnivariateSpline(PLACES, y, s=0).antiderivative()(t),
    [Y, AT],
    order=2,
)
S(
    "scipy.interpolate.UnivariateSpline",
    lambda y: interpolate.UnivariateSpline(PLACES, y, k=2, s=1e3)(0.7),
    [Y],
    concrete=True,
    order=1,
)
S(
    "scipy.interpolate.UnivariateSpline",
    lambda y: interpolate.UnivariateSpline(PLACES, y, s=0).roots(),
    [V(-1.0, -0.2, 0.6, 1.0, 0.2, -0.7, -1.5)],
    concrete=True,
    order=2,
)

# --- scattered samples ----------------------------------------------------------------------------------------------

for _kernel in ("linear", "thin_plate_spline", "cubic", "quintic"):
    S(
        "scipy.interpolate.RBFInterpolator",
        lambda p, d, x, k=_kernel: interpolate.RBFInterpolator(p, d, kernel=k, degree=1)(x),
        [P, D, ASKED],
        order=2,
    )
for _kernel in ("multiquadric", "inverse_multiquadric", "inverse_quadratic", "gaussian"):
    S(
        "scipy.interpolate.RBFInterpolator",
        lambda p, d, x, e, k=_kernel: interpolate.RBFInterpolator(p, d, kernel=k, epsilon=e)(x),
        [P, D, ASKED, V(1.3)],
        order=2,
    )
S(
    "scipy.interpolate.RBFInterpolator",
    lambda d, x, s: interpolate.RBFInterpolator(SITES, d, smoothing=s)(x),
    [R(6, 2), ASKED, V(0.1)],
    order=2,
)
S(
    "scipy.interpolate.RBFInterpolator",
    lambda p, x: interpolate.RBFInterpolator(p, VALUES, 4)(x),
    [P, ASKED],
    concrete=True,
    order=2,
)
S("scipy.interpolate.RBFInterpolator", lambda d: interpolate.RBFInterpolator(SITES, d, 4)(INSIDE), [D])
for _name in ("multiquadric", "inverse", "gaussian", "linear", "cubic", "quintic", "thin_plate"):
    S(
        "scipy.interpolate.Rbf",
        lambda p, d, x, n=_name: interpolate.Rbf(p[:, 0], p[:, 1], d, function=n, epsilon=0.7)(x[:, 0], x[:, 1]),
        [P, D, ASKED],
        order=2,
    )
S(
    "scipy.interpolate.Rbf",
    lambda p, d, x: interpolate.Rbf(p[:, 0], p[:, 1], d, smooth=0.01)(x[:, 0], x[:, 1]),
    [P, D, ASKED],
    order=2,
)
S(
    "scipy.interpolate.LinearNDInterpolator",
    lambda p, x: interpolate.LinearNDInterpolator(p, VALUES)(x),
    [P, ASKED],
    concrete=True,
)
S(
    "scipy.interpolate.LinearNDInterpolator",
    lambda d: interpolate.LinearNDInterpolator(SITES, d)(INSIDE),
    [D],
    [R(6, 2)],
)
S(
    "scipy.interpolate.NearestNDInterpolator",
    lambda d: interpolate.NearestNDInterpolator(SITES, d)(INSIDE),
    [D],
    [R(6, 2)],
)
S(
    "scipy.interpolate.griddata",
    lambda p, x: interpolate.griddata(p, VALUES, x, rescale=True),
    [P, ASKED],
    concrete=True,
)
S("scipy.interpolate.griddata", lambda d: interpolate.griddata(SITES, d, (0.3, np.array([0.2, 0.6])), "nearest"), [D])

# --- polynomials ----------------------------------------------------------------------------------------------------

FEW = PLACES[:5]
F = V(FEW)

for _name in ("KroghInterpolator", "BarycentricInterpolator"):
    S(
        f"scipy.interpolate.{_name}",
        lambda x, y, t, n=_name: getattr(interpolate, n)(x, y)(t),
        [F, R(5), AT],
        [F, R(5, 2), AT],
        order=2,
    )
    S(
        f"scipy.interpolate.{_name}",
        lambda y, t, n=_name: getattr(interpolate, n)(FEW, y, 1).derivative(t, 2),
        [R(2, 5), AT],
        order=2,
    )
    S(
        f"scipy.interpolate.{_name}",
        lambda y, t, n=_name: getattr(interpolate, n)(FEW, y).derivatives(t, 3),
        [R(5), AT],
        order=2,
    )
S(
    "scipy.interpolate.KroghInterpolator",
    lambda y, t: interpolate.KroghInterpolator([0, 0, 1, 1, 1, 2], y)(t),
    [R(6), AT],
    order=2,
)
S(
    "scipy.interpolate.BarycentricInterpolator",
    lambda y, t: interpolate.BarycentricInterpolator(FEW, y)(t),
    [R(5), V(0.5, 1.1)],
    order=2,
)
S(
    "scipy.interpolate.krogh_interpolate",
    lambda x, y, t: interpolate.krogh_interpolate(x, y, t, [0, 2]),
    [F, R(5), AT],
    order=2,
)
S("scipy.interpolate.barycentric_interpolate", interpolate.barycentric_interpolate, [F, R(5), AT], order=2)
S(
    "scipy.interpolate.barycentric_interpolate",
    lambda y, t: interpolate.barycentric_interpolate(FEW, y, t, der=1),
    [R(5), AT],
    order=2,
)
S(
    "scipy.interpolate.pchip_interpolate",
    lambda y, t: interpolate.pchip_interpolate(FEW, y, t, [0, 1]),
    [R(5), AT],
    order=2,
)
S(
    "scipy.interpolate.pade",
    lambda a: interpolate.pade(a, 2)[0].coeffs,
    [V(1.0, 1.1, 0.5, 0.2, 0.3)],
    concrete=True,
    order=2,
)
S(
    "scipy.interpolate.pade",
    lambda a: interpolate.pade(a, 1, 2)[1](0.4),
    [V(1.0, 1.1, 0.5, 0.2)],
    concrete=True,
    order=2,
)
S(
    "scipy.interpolate.approximate_taylor_polynomial",
    lambda a, x: interpolate.approximate_taylor_polynomial(lambda t: np.sin(a * t), x, 3, 0.5, 5).coeffs,
    [V(1.3), V(0.4)],
    concrete=True,
    order=1,
)

# --- surfaces -------------------------------------------------------------------------------------------------------

GRID = V(0.0, 0.4, 1.0, 1.7, 2.0)
CURVE = np.array([0.0, 0.0, 0.0, 1.2, 2.0, 2.0, 2.0])
PAIRS = V([[0.3, 1.3], [0.7, 1.9], [1.5, 0.2]])


def _surface(x, y, z, **params):
    return interpolate.RectBivariateSpline(x, y, z, **params)


S(
    "scipy.interpolate.RectBivariateSpline",
    lambda x, z, p: _surface(x, x, z)(np.sort(p[:, 0]), np.sort(p[:, 1])),
    [GRID, R(5, 5), PAIRS],
    order=2,
)
S(
    "scipy.interpolate.RectBivariateSpline",
    lambda x, z, p: _surface(x, x[:4], z, kx=2, ky=2).ev(p[:, 0], p[:, 1], 1, 1),
    [GRID, R(5, 4), V([[0.3, 1.3], [0.9, 1.5]])],
    order=2,
)
S(
    "scipy.interpolate.RectBivariateSpline",
    lambda z, b: _surface(np.arange(5.0), np.arange(4.0), z, bbox=[-1, 5, 0, 3]).integral(0.2, b, 0.1, 2.2),
    [R(5, 4), V(3.1)],
    order=2,
)
S(
    "scipy.interpolate.RectBivariateSpline",
    lambda z: _surface(np.arange(5.0), np.arange(4.0), z).partial_derivative(1, 2)([0.2, 1.7], [0.3, 2.2]),
    [R(5, 4)],
    order=2,
)
S(
    "scipy.interpolate.bisplev",
    lambda c, x, y: interpolate.bisplev(x, y, (CURVE, CURVE, c, 2, 2), 1, 0),
    [R(16), V(0.3, 0.9), V(0.2, 0.8, 1.4)],
    [R(16), V(0.3), V(0.2)],
    order=2,
)
S(
    "scipy.interpolate.NdBSpline",
    lambda c, p: interpolate.NdBSpline((CURVE, CURVE), c, 2)(p),
    [R(4, 4), PAIRS],
    [R(4, 4, 2), PAIRS],
    order=2,
)
S(
    "scipy.interpolate.NdBSpline",
    lambda c, p: interpolate.NdBSpline((CURVE, CURVE), c, 2)(p, nu=np.array([1, 0])),
    [R(4, 4), PAIRS],
    order=2,
)
