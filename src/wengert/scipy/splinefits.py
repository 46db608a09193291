"""Splines fitted to samples: least squares on given knots, and P. Dierckx' smoothing (FITPACK).

On knots t the fit of samples y at x with weights w has the coefficients c of least

    ‖W (y - B c)‖² + λ ‖D c‖²        B the B-splines at x,  D their jumps of the k-th derivative at the inner knots

λ is 0 for least squares; a smoothing factor s > 0 asks for the λ at which the first term is s. SciPy chooses the knots,
at some of the samples. Which samples these are counts as constant, and λ is differentiated as the root of

    ‖W (y - B c(λ))‖² = s

(P. Dierckx, "Curve and surface fitting with splines", 1993, chapters 4 and 5.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from scipy import interpolate as theirs

from wengert.errors import InvalidArgument, explain, user_line
from wengert.scipy.bsplines import BSpline, basis_of, clamped, interpolating_knots, splev
from wengert.scipy.choice import twin_of
from wengert.scipy.closures import plain
from wengert.scipy.implicit import root_of
from wengert.scipy.opaque import solved
from wengert.scipy.piecewise import floats
from wengert.scipy.zeros import require_numbers, roots_of

__all__ = ["Fit", "curve", "fitted", "make_lsq_spline", "spalde", "splprep", "splrep", "sproot"]


# (x, y, w, ends, k, s) → t, c
Finder = Callable[..., tuple[Any, Any]]


class Fit(NamedTuple):
    """A spline of degree k with coefficients c (n, ...) on the knots t (n + k + 1,), and its weighted residual."""

    t: Any
    c: Any
    k: int
    residual: Any


def _least_squares(a: Any, b: Any) -> Any:
    """The columns c of least |a c - b|."""
    q, r = np.linalg.qr(a)
    return np.linalg.solve(r, q.T @ b)


def _jumps(t: Any, k: int) -> Any:
    """The jumps of the k-th derivatives of all B-splines at the inner knots, one row each."""
    inner = t[k : len(t) - k]
    middles = (inner[1:] + inner[:-1]) / 2
    return np.diff(BSpline(t, np.eye(len(t) - k - 1), k)(middles, k), axis=0)


def _penalized(lam: Any, x: Any, y: Any, w: Any, t: Any, k: int) -> Any:
    """c of least ‖W (y - B c)‖² + λ ‖D c‖²; without the second term if λ is None."""
    rows, right = w[:, None] * basis_of(x, t, k), w[:, None] * y
    if lam is not None:
        jumps = np.sqrt(lam) * _jumps(t, k)
        rows = np.concatenate([rows, jumps])
        right = np.concatenate([right, np.zeros((len(jumps), y.shape[1]))])
    return _least_squares(rows, right)


def on_knots(lam: Any, x: Any, y: Any, w: Any, t: Any, k: int) -> Fit:
    """The fit of columns y (m, d) at x (m,) on all knots t, with the penalty λ or None."""
    c = _penalized(lam, x, y, w, t, k)
    return Fit(t, c, k, np.sum((w[:, None] * (y - basis_of(x, t, k) @ c)) ** 2))


def _by_fitpack(x: Any, y: Any, w: Any, ends: Any, k: int, s: Any) -> tuple[Any, Any]:
    """Knots and coefficients of plain samples."""
    if y.shape[1] == 1:
        t, c, _ = theirs.splrep(x, y[:, 0], w, *ends, k, s=float(s))
        return t, c[: len(t) - k - 1, None]
    (t, c, _), _ = theirs.splprep(list(y.T), w, x, *ends, k, s=float(s))
    return t, np.stack(c, axis=-1)


def fitted(
    name: str, x: Any, y: Any, w: Any, ends: Any, k: int, s: Any, t: Any = None, find: Finder = _by_fitpack
) -> Fit:
    """The spline fit of columns y (m, d) at x (m,) between the ends.

    s: the smoothing factor, 0 for an interpolant; t: inner knots of a least-squares fit instead; find: gives knots and
    coefficients for plain samples, weights, ends, k and s.
    """
    low, high = ends
    if t is not None:
        return on_knots(None, x, y, w, clamped(low, floats(t), high, k), k)
    if not isinstance(s, float | int) or s:
        return _smoothed(name, x, y, w, ends, k, s, find)
    t = interpolating_knots(x, k)
    t = clamped(low, t[k + 1 : len(t) - k - 1], high, k)
    c = np.linalg.solve(basis_of(x, t, k), y)
    return Fit(t, c, k, 0.0)


def _smoothed(name: str, x: Any, y: Any, w: Any, ends: Any, k: int, s: Any, find: Finder) -> Fit:
    """The spline whose weighted residual is s, on the knots that SciPy finds."""
    low, high, s = [floats(a) for a in (*ends, s)]
    require_numbers(f"the number of knots of {name}", x, y, w, s, low, high)
    t0, c0 = find(plain(x), plain(y), plain(w), (plain(low), plain(high)), k, plain(s))
    inner = t0[k + 1 : len(t0) - k - 1]
    at = plain(x)
    places = np.searchsorted(at, inner)
    if not len(inner):  # one polynomial is smooth enough
        return on_knots(None, x, y, w, clamped(low, inner, high, k), k)
    if not np.array_equal(at[np.minimum(places, len(at) - 1)], inner) or len(t0) == len(at) + k + 1:
        return fitted(name, x, y, w, ends, k, 0)  # s is so small that all samples count

    def run(x: Any, y: Any, w: Any, *_: Any) -> tuple[Any, Any]:
        rows, jumps = w[:, None] * basis_of(x, t0, k), _jumps(t0, k)
        bent = jumps.T @ (jumps @ c0)
        return np.asarray(np.sum(bent * (rows.T @ (w[:, None] * y - rows @ c0))) / np.sum(bent**2)), None

    def equation(lam: Any, x: Any, y: Any, w: Any, low: Any, high: Any, s: Any) -> Any:
        return on_knots(lam, x, y, w, clamped(low, x[places], high, k), k).residual - s

    lam, _ = solved(name, run, (x, y, w, low, high, s), push=root_of(equation), closes=False)
    return on_knots(lam, x, y, w, clamped(low, x[places], high, k), k)


def weights_of(w: Any, x: Any) -> Any:
    """The weights, by default ones."""
    return np.ones(len(x)) if w is None else floats(w)


def make_lsq_spline(
    x: Any, y: Any, t: Any, k: int = 3, w: Any = None, axis: int = 0, check_finite: bool = True, *, method: str = "qr"
) -> Any:
    """`scipy.interpolate.make_lsq_spline`: the B-spline of degree k on the knots t of least Σ (w (y - spline(x)))².

    x: (m,), increasing. y: with m samples along `axis`. t: all knots, k + 1 of them at either end. w: (m,). Raises
    `InvalidArgument` for another method than "qr" and "norm-eq".

    >>> import wengert as wg
    >>> line = lambda y: wg.scipy.interpolate.make_lsq_spline(np.arange(3.0), y, np.array([0.0, 0.0, 2.0, 2.0]), 1)(0.0)
    >>> wg.grad(line)(np.zeros(3)).round(4)
    array([ 0.8333,  0.3333, -0.1667])
    """
    if method not in ("qr", "norm-eq"):
        raise InvalidArgument(
            explain(
                f"make_lsq_spline at {user_line()} got method={method!r}.",
                "SciPy knows a QR factorization and the normal equations.",
                "Write method='qr'.",
            )
        )
    x, t, y = floats(x), floats(t), floats(y)
    axis = axis % y.ndim
    samples = np.moveaxis(y, axis, 0)
    w = weights_of(w, x)
    c = _penalized(None, x, np.reshape(samples, (len(x), -1)), w, t, k)
    return BSpline.construct_fast(t, np.reshape(c, (len(t) - k - 1, *samples.shape[1:])), k, True, axis)


@twin_of(theirs.splrep)
def splrep(
    x: Any, y: Any, w: Any = None, xb: Any = None, xe: Any = None, k: int = 3, task: int = 0, s: Any = None,
    t: Any = None, full_output: int = 0, per: int = 0, quiet: int = 1,
) -> Any:  # fmt: skip
    """Knots, coefficients and degree of a spline fitted to samples, differentiable in all of them and in s.

    w: weights; xb, xe: the ends, by default of x; task: 0, or -1 for inner knots t; s: how large Σ (w (y - spline))²
    may be, by default 0 without weights; the choice of knots among the samples is constant. full_output: return also
    the residual, a flag 0 and a message. Raises `InvalidArgument` for periodic splines (per) and task 1.

    >>> import wengert as wg
    >>> x = np.arange(5.0)
    >>> spline = lambda y: wg.scipy.interpolate.splev(1.5, wg.scipy.interpolate.splrep(x, y))
    >>> wg.grad(lambda y: spline(y).sum())(np.zeros(5)).round(4)
    array([-0.0469,  0.5   ,  0.6563, -0.125 ,  0.0156])
    """
    _check_task("splrep", task, per)
    x, y = floats(x), floats(y)
    if s is None:
        s = 0.0 if w is None else len(x) - np.sqrt(2 * len(x))
    ends = (x[0] if xb is None else xb, x[-1] if xe is None else xe)
    fit = fitted("splrep", x, y[:, None], weights_of(w, x), ends, k, s, t if task == -1 or t is not None else None)
    tck = fit.t, np.concatenate([fit.c[:, 0], np.zeros(k + 1)]), k
    return (tck, fit.residual, 0, "") if full_output else tck


def _check_task(name: str, task: int, per: int) -> None:
    """Raise `InvalidArgument` for fits that are not here."""
    if per or task == 1:
        raise InvalidArgument(
            explain(
                f"{name} at {user_line()} got {'per=1' if per else 'task=1'}.",
                "wengert's fits have ends, and start anew.",
                "Use CubicSpline(x, y, bc_type='periodic') for a period, and task=0 for another s.",
            )
        )


def curve(x: Any, u: Any) -> tuple[Any, Any]:
    """The points (n, coordinates) of a curve given by one array per coordinate, and their parameters (n,).

    u: by default the length of the polygon up to each point, as part of the whole.

    >>> curve([[0.0, 3.0, 3.0], [0.0, 4.0, 9.0]], None)[1]
    array([0. , 0.5, 1. ])
    """
    points = np.stack([floats(row) for row in x], axis=-1)
    if u is None:
        lengths = np.cumsum(np.sqrt(np.sum(np.diff(points, axis=0) ** 2, axis=-1)))
        u = np.concatenate([np.zeros(1), lengths / lengths[-1]])
    return points, floats(u)


@twin_of(theirs.splprep)
def splprep(
    x: Any, w: Any = None, u: Any = None, ub: Any = None, ue: Any = None, k: int = 3, task: int = 0, s: Any = None,
    t: Any = None, full_output: int = 0, nest: Any = None, per: int = 0, quiet: int = 1,
) -> Any:  # fmt: skip
    """A curve through or near points: ``[t, [c of each coordinate], k]``, and the parameters u of the points.

    x: one array per coordinate; u: by default the length of the polygon up to each point, as part of the whole; others
    and errors as of `splrep`.

    >>> import wengert as wg
    >>> x = np.arange(5.0)
    >>> wg.grad(lambda y: np.sum(wg.scipy.interpolate.splprep([x, y], s=0)[0][1][1]))(x**2).shape
    (5,)
    """
    _check_task("splprep", task, per)
    points, u = curve(x, u)
    if s is None:
        s = len(u) - np.sqrt(2 * len(u))
    ends = (u[0] if ub is None else ub, u[-1] if ue is None else ue)
    fit = fitted("splprep", u, points, weights_of(w, u), ends, k, s, t)
    tck = [fit.t, [fit.c[:, n] for n in range(points.shape[1])], k]
    return ((tck, u), fit.residual, 0, "") if full_output else (tck, u)


@twin_of(theirs.spalde)
def spalde(x: Any, tck: Any) -> Any:
    """The values of a spline and of all its derivatives, to the order k, at a number x, or a list of these for more.

    >>> import wengert as wg
    >>> tck = (np.array([0.0, 0.0, 1.0, 1.0]), np.array([1.0, 3.0]), 1)
    >>> wg.jacobian(lambda x: wg.scipy.interpolate.spalde(x, tck))(0.25)
    array([2., 0.])
    """
    t, c, k = tck
    if isinstance(c, list | tuple) and np.ndim(c[0]):
        return [spalde(x, (t, row, k)) for row in c]
    x = floats(x)
    values = np.stack([splev(x, tck, order) for order in range(k + 1)], axis=-1)
    return [values[n] for n in range(len(x))] if x.ndim and len(x) > 1 else np.reshape(values, (-1,))


@twin_of(theirs.sproot)
def sproot(tck: Any, mest: int = 10) -> Any:
    """The zeros of a cubic spline, at which it has a slope.

    >>> import wengert as wg
    >>> t = np.array([0.0] * 4 + [1.0] * 4)
    >>> wg.jacobian(lambda a: wg.scipy.interpolate.sproot((t, np.array([-1.0, 0, 0, 1]) + a, 3)))(0.0).shape
    (1,)
    """
    t, c, k = tck
    if isinstance(c, list | tuple) and np.ndim(c[0]):
        return [sproot((t, row, k), mest) for row in c]
    t, c = floats(t), floats(c)
    n = len(t) - k - 1
    return roots_of(
        "sproot",
        lambda t, c: theirs.sproot((t, np.concatenate([c, np.zeros(len(t) - len(c))]), k), mest),
        lambda x, t, c: BSpline(t, c, k)(x),
        t,
        c[:n],
    )
