"""Splines that smooth samples: at all of them with a penalty, or on knots that are chosen for a residual.

The natural cubic spline f of least  Σ w (y - f(x))² + λ ∫ f″²  has at the samples the values g = (W + λK)⁻¹ W y, where

    K = Qᵀ R⁻¹ Q,    Q takes values to jumps of slopes (second differences),    R is tridiagonal, of h/6 and 2h/3,

because ∫ f″² = gᵀ K g (P. J. Green and B. W. Silverman, "Nonparametric regression and generalized linear models", 1994,
§2.1). Without λ it is the minimum of the generalised cross-validation score |y - Ay|² / (1 - tr A / n)² of the map
A = (W + λK)⁻¹ W (G. Wahba, "Spline models for observational data", 1990, chapter 4). Its derivative follows from

    A′ = -M⁻¹ K A,   M = W + λK,      (1 - tr A/n) r·r′ + |r|² tr A′/n = 0,   r = y - Ay,   r′ = -A′y.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import interpolate as theirs

from wengert.core.apply import Box
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops.shape import stop_gradient
from wengert.scipy.bsplines import BSpline, make_interp_spline
from wengert.scipy.implicit import elementwise_root
from wengert.scipy.opaque import solved
from wengert.scipy.piecewise import floats
from wengert.scipy.splinefits import Fit, curve, fitted, weights_of

__all__ = ["make_smoothing_spline", "make_splprep", "make_splrep"]

# --- a penalty at all samples -----------------------------------------------------------------------------------


def _penalty(x: Any) -> Any:
    """K of samples at x, (n, n)."""
    h = np.diff(x)
    slopes = np.diff(np.eye(len(x)), axis=0) / h[:, None]
    q = np.diff(slopes, axis=0)
    r = np.diag((h[:-1] + h[1:]) / 3) + np.diag(h[1:-1] / 6, 1) + np.diag(h[1:-1] / 6, -1)
    return np.matmul(np.swapaxes(q, -1, -2), np.linalg.solve(r, q))


def _maps(lam: Any, x: Any, w: Any) -> tuple[Any, Any]:
    """For each λ the maps M⁻¹K and A, (m, n, n)."""
    k = _penalty(x)
    matrix = np.diag(w) + lam[:, None, None] * k
    return np.linalg.solve(matrix, k), np.linalg.solve(matrix, np.diag(w))


def _smoothed(lam: Any, x: Any, y: Any, w: Any) -> Any:
    """The values at x of the splines of the columns of y, with a λ for each."""
    return np.swapaxes(np.matmul(_maps(lam, x, w)[1], np.swapaxes(y, 0, 1)[..., None])[..., 0], 0, 1)


def _score_slope(lam: Any, x: Any, y: Any, w: Any) -> Any:
    """Half the derivative of the score by λ, without a factor, for each column of y.

    SciPy looks for λ between 0 and n with a tolerance of 1e-5; at an end it stays there.
    """
    n = len(x)
    inverse, smoother = _maps(lam, x, w)
    columns = np.swapaxes(y, 0, 1)[..., None]
    fit = np.matmul(smoother, columns)
    rest, turn = columns - fit, np.matmul(inverse, fit)
    free = 1 - np.trace(smoother, axis1=-2, axis2=-1) / n
    lost = np.trace(np.matmul(inverse, smoother), axis1=-2, axis2=-1) / n
    slope = free * np.sum(rest * turn, axis=(-2, -1)) - lost * np.sum(rest * rest, axis=(-2, -1))
    at_end = (lam < 1e-5) | (lam > n - 1e-3)
    return np.where(at_end, lam - stop_gradient(lam), slope)


def _chosen(x: Any, y: Any, w: Any) -> Any:
    """The λ of each column that SciPy takes: the one of which its spline is the result."""

    def run(x: Any, y: Any, w: Any) -> tuple[Any, Any]:
        fit = theirs.make_smoothing_spline(x, y, w)(x)
        bent = _penalty(x) @ fit
        return np.sum(bent * (w[:, None] * (y - fit)), axis=0) / np.sum(bent * bent, axis=0), None

    return solved("make_smoothing_spline", run, (x, y, w), push=elementwise_root(_score_slope), closes=False)[0]


def make_smoothing_spline(x: Any, y: Any, w: Any = None, lam: Any = None, *, axis: int = 0) -> BSpline:
    """`scipy.interpolate.make_smoothing_spline`: the natural cubic spline of least Σ w (y - f(x))² + λ ∫ f″².

    x: (n,), increasing, at least 5. y: with n samples along `axis`. w: positive weights (n,). lam: λ; by default that
    of generalised cross-validation for each of the samples, which has its derivative, too. Raises ValueError for fewer
    samples, or a negative λ.

    >>> import wengert as wg
    >>> x = np.arange(6.0)
    >>> at = lambda lam: wg.scipy.interpolate.make_smoothing_spline(x, np.sin(x), lam=lam)(2.0)
    >>> wg.grad(at)(0.1).round(4)
    np.float64(-0.7183)
    """
    x, y = floats(x), floats(y)
    if len(x) <= 4:
        raise ValueError("``x`` and ``y`` length must be at least 5")
    axis, w = axis % y.ndim, weights_of(w, x)
    samples = np.moveaxis(y, axis, 0)
    columns = np.reshape(samples, (len(x), -1))
    if lam is None:
        lam = _chosen(x, columns, w)
    else:
        lam = floats(lam)
        if not isinstance(lam, Box) and np.any(lam < 0):
            raise ValueError("Regularization parameter should be non-negative")
        lam = np.reshape(lam, (-1,))
    fit = np.reshape(_smoothed(lam, x, columns, w), samples.shape)
    spline = make_interp_spline(x, fit, bc_type="natural")
    return BSpline.construct_fast(*spline.tck, True, axis)


# --- a residual on chosen knots ---------------------------------------------------------------------------------


def _by_make_splrep(x: Any, y: Any, w: Any, ends: Any, k: int, s: Any) -> tuple[Any, Any]:
    """Knots and coefficients of plain samples."""
    if y.shape[1] == 1:
        spline = theirs.make_splrep(x, y[:, 0], w=w, xb=ends[0], xe=ends[1], k=k, s=float(s))
        return spline.t, spline.c[:, None]
    spline, _ = theirs.make_splprep(list(y.T), w=w, u=x, ub=ends[0], ue=ends[1], k=k, s=float(s))
    return spline.t, spline.c.T


def _near(name: str, x: Any, y: Any, w: Any, ends: Any, k: int, s: Any, t: Any, bc_type: Any) -> Fit:
    """The fit of columns y at x with the weighted residual s."""
    if t is not None or bc_type == "periodic":
        raise InvalidArgument(
            explain(
                f"{name} at {user_line()} got {'t=' if t is not None else 'bc_type=periodic'}.",
                "wengert smooths with ends, and on knots that are found.",
                "Use make_lsq_spline(x, y, t) for given knots, CubicSpline(x, y, bc_type='periodic') for a period.",
            )
        )
    low, high = [floats(x[at] if end is None else end) for at, end in zip((0, -1), ends, strict=True)]
    return fitted(name, x, y, weights_of(w, x), (low, high), k, s, find=_by_make_splrep)


def _interpolates(s: Any, *others: Any) -> bool:
    """Whether s is 0; what is only for smoothing may then not be there."""
    if not isinstance(s, float | int) or s:
        return False
    if any([other is not None for other in others]):
        raise ValueError("s==0 is for interpolation only")
    return True


def make_splrep(
    x: Any, y: Any, *, w: Any = None, xb: Any = None, xe: Any = None, k: int = 3, s: Any = 0, t: Any = None,
    nest: Any = None, bc_type: Any = None,
) -> BSpline:  # fmt: skip
    """`scipy.interpolate.make_splrep`: a spline through samples (s=0), or with Σ (w (y - spline))² = s.

    Differentiable in the samples, weights, ends xb and xe, and s. The choice of knots among the samples is constant.
    Raises `InvalidArgument` for given knots t and periodic splines, ValueError for weights or knots with s=0.

    >>> import wengert as wg
    >>> x = np.arange(8.0)
    >>> wg.grad(lambda s: wg.scipy.interpolate.make_splrep(x, np.sin(x), s=s)(1.0))(0.1).shape
    ()
    """
    x, y = floats(x), floats(y)
    if _interpolates(s, t, w, nest):
        return make_interp_spline(x, y, k, bc_type=bc_type)
    fit = _near("make_splrep", x, y[:, None], w, (xb, xe), k, s, t, bc_type)
    return BSpline(fit.t, fit.c[:, 0], k)


def make_splprep(
    x: Any, *, w: Any = None, u: Any = None, ub: Any = None, ue: Any = None, k: int = 3, s: Any = 0, t: Any = None,
    nest: Any = None, bc_type: Any = None,
) -> tuple[BSpline, Any]:  # fmt: skip
    """`scipy.interpolate.make_splprep`: a spline curve through or near points, and the parameters u of the points.

    x: one array per coordinate; u: by default the length of the polygon up to each point, as part of the whole; others
    and errors as of `make_splrep`.

    >>> import wengert as wg
    >>> x = np.arange(5.0)
    >>> wg.grad(lambda y: wg.scipy.interpolate.make_splprep([x, y])[0](0.5)[1])(x**2).shape
    (5,)
    """
    points, u = curve(x, u)
    if _interpolates(s, t, w, nest):
        return make_interp_spline(u, np.swapaxes(points, 0, 1), k, axis=1), u
    fit = _near("make_splprep", u, points, w, (ub, ue), k, s, t, bc_type)
    return BSpline.construct_fast(fit.t, fit.c, k, True, 1), u
