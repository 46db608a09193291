"""Least squares: fits are minima, so their derivatives are those of the roots of the gradient."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.optimize as theirs

from wengert.ops.spelling import lift
from wengert.scipy.closures import plain
from wengert.scipy.implicit import along, minimum_of
from wengert.scipy.minima import limits_of, within
from wengert.scipy.opaque import solved
from wengert.scipy.roots import derived, packed
from wengert.transforms.matrices import jacobian

__all__ = ["curve_fit", "least_squares", "leastsq", "nnls"]

Function = Callable[..., Any]

# ρ(z) of z = (residual / f_scale)², as `scipy.optimize.least_squares` defines its losses.
LOSSES: dict[str, Function] = {
    "linear": lambda z: z,
    "soft_l1": lambda z: 2 * (np.sqrt(1 + z) - 1),
    "huber": lambda z: np.where(z <= 1, z, 2 * np.sqrt(np.where(z <= 1, 1.0, z)) - 1),
    "cauchy": np.log1p,
    "arctan": np.arctan,
}


def _ends(bounds: Any, n: int) -> Any:
    """``(lower, upper)`` or Bounds as a pair of vectors, None if nothing is bounded."""
    if isinstance(bounds, theirs.Bounds):
        return limits_of(bounds, n)
    low, high = (lift(end) for end in bounds)
    if np.all(np.isneginf(plain(low))) and np.all(np.isposinf(plain(high))):
        return None
    return np.broadcast_to(low, (n,)), np.broadcast_to(high, (n,))


def _pair(limits: Any) -> Any:
    """Limits as SciPy's functions of least squares take them."""
    return (-np.inf, np.inf) if limits is None else limits


class _Residuals:
    """The residuals of `fun`, a vector, and what they cost by a loss and its scale."""

    def __init__(self, fun: Function, loss: Any, scale: float) -> None:
        self.fun, self.scale = fun, scale
        self.rho: Function = LOSSES[loss] if isinstance(loss, str) else lambda z: loss(z)[0]

    def __call__(self, x: Any, args: Any, kwargs: Any) -> Any:
        return np.reshape(lift(self.fun(x, *args, **kwargs)), (-1,))

    def cost(self, x: Any, args: Any, kwargs: Any) -> Any:
        """Half the sum of the losses."""
        return 0.5 * self.scale**2 * np.sum(self.rho((self(x, args, kwargs) / self.scale) ** 2))

    def jacobian(self, start: Any, args: Any, kwargs: Any) -> Function | None:
        """Their exact Jacobian, if it can be had at the start."""
        exact = derived(lambda f: lambda x, a, k: jacobian(lambda x: self(x, a, k))(x), self.fun, start, args, kwargs)
        return None if exact is None else lambda x, *a, **k: exact(x, a, k)


def least_squares(
    fun: Function, x0: Any, jac: Any = "2-point", bounds: Any = (-np.inf, np.inf), method: str = "trf",
    ftol: Any = 1e-08, xtol: Any = 1e-08, gtol: Any = 1e-08, x_scale: Any = None, loss: Any = "linear",
    f_scale: float = 1.0, diff_step: Any = None, tr_solver: Any = None, tr_options: Any = None,
    jac_sparsity: Any = None, max_nfev: Any = None, verbose: int = 0, args: Any = (), kwargs: Any = None,
    callback: Any = None, workers: Any = None,
) -> Any:  # fmt: skip
    """`scipy.optimize.least_squares`, whose ``.x``, ``.fun`` and ``.cost`` are differentiable.

    In `args`, `kwargs`, `bounds` and in what `fun` closes over. With the default `jac` it gets the exact Jacobian.

    >>> import numpy as np, wengert as wg
    >>> best = lambda c: wg.scipy.optimize.least_squares(lambda x: x - c, np.zeros(2)).x
    >>> abs(wg.jacobian(best)(np.array([1.0, 2.0]))).round(6)
    array([[1., 0.],
           [0., 1.]])
    """
    args, kwargs, residuals = packed(args), dict(kwargs or {}), _Residuals(fun, loss, f_scale)
    start = np.reshape(plain(x0), (-1,)).astype(float)
    limits = _ends(bounds, start.size)
    bounding, equality = within(limits)

    def run(x0: Any, limits: Any, args: Any, kwargs: Any) -> Any:
        usual = jac == "2-point" and diff_step is None and jac_sparsity is None
        exact = residuals.jacobian(start, args, kwargs) if usual else None
        options = {"tr_solver": tr_solver, "tr_options": tr_options or {}, "jac_sparsity": jac_sparsity}
        options |= {key: x for key, x in (("callback", callback), ("workers", workers)) if x is not None}
        settings = (
            _pair(limits),
            method,
            ftol,
            xtol,
            gtol,
            1.0 if x_scale is None else x_scale,
            loss,
            f_scale,
            diff_step,
        )
        options |= {"max_nfev": max_nfev, "verbose": verbose, "args": args, "kwargs": kwargs}
        found = theirs.least_squares(fun, x0, jac if exact is None else exact, *settings, **options)
        return found.x, found

    rule = minimum_of(
        lambda x, x0, limits, args, kwargs: residuals.cost(x, args, kwargs),
        lambda x, x0, limits, args, kwargs: bounding(x, limits),
        equality,
    )
    x, result = solved("least_squares", run, (x0, limits, args, kwargs), push=rule)
    if x is result.x:
        return result
    return type(result)(result, x=x, fun=residuals(x, args, kwargs), cost=residuals.cost(x, args, kwargs))


def _normal_inverse(matrix: Any) -> Any:
    """(JᵀJ)⁻¹."""
    return np.linalg.inv(matrix.T @ matrix)


def leastsq(
    func: Function, x0: Any, args: Any = (), Dfun: Any = None, full_output: bool = False, col_deriv: bool = False,
    ftol: float = 1.49012e-08, xtol: float = 1.49012e-08, gtol: float = 0.0, maxfev: int = 0, epsfcn: Any = None,
    factor: float = 100, diag: Any = None,
) -> Any:  # fmt: skip
    """`scipy.optimize.leastsq`, differentiable in `args` and in what `func` closes over, covariance included.

    Without `Dfun` it gets the exact Jacobian. What `full_output` tells of the run is plain numbers.

    >>> import numpy as np, wengert as wg
    >>> best = lambda c: wg.scipy.optimize.leastsq(lambda x: np.stack([x[0] - c, x[0] - 3 * c]), 1.0)[0][0]
    >>> wg.grad(best)(1.0).round(6)
    np.float64(2.0)
    """
    args = packed(args)

    def residuals(x: Any, args: Any) -> Any:
        return np.reshape(lift(func(x, *args)), (-1,))

    def run(x0: Any, args: Any) -> Any:
        point = np.reshape(np.asarray(x0, float), (-1,))
        given = Dfun
        if given is None:
            exact = derived(lambda f: lambda x, *a: jacobian(lambda x: residuals(x, a))(x), func, point, *args)
            given = exact if exact is None or not col_deriv else lambda x, *a: exact(x, *a).T
        settings = (col_deriv, ftol, xtol, gtol, maxfev, epsfcn, factor, diag)
        x, covariance, *rest = theirs.leastsq(func, x0, args, given, True, *settings)
        if not full_output and rest[-1] not in range(1, 5):  # the warning, as SciPy words it
            theirs.leastsq(func, x0, args, given, False, *settings)
        return ((x,) if covariance is None or not full_output else (x, covariance)), (covariance, rest)

    best = minimum_of(
        lambda x, x0, args: 0.5 * np.sum(residuals(x, args) ** 2),
        lambda x, x0, args: np.zeros(0),
        np.zeros(0, bool),
    )

    def rule(closed: Any, tangents: Any, found: Any, values: Any) -> Any:
        moved = best(closed, tangents, found[0], values)
        if len(found) == 1:
            return (moved,)
        inverse = lambda x, x0, args: _normal_inverse(jacobian(lambda x: residuals(x, args))(x))
        return moved, along(closed.opened(inverse), found[0], moved, values, tangents)

    (x, *known), (covariance, rest) = solved("leastsq", run, (x0, args), push=rule)
    return (x, *(known or [covariance]), *rest) if full_output else (x, rest[-1])


_UNSET = object()  # for an argument that SciPy has no longer


def nnls(A: Any, b: Any, *, maxiter: Any = None, atol: Any = _UNSET) -> Any:
    """`scipy.optimize.nnls`: the x ≥ 0 of least |A x - b|, and that residual, differentiable in A and b.

    The derivative assumes that the zeros of x stay zero; the columns of the others have to be independent.

    >>> import numpy as np, wengert as wg
    >>> abs(wg.jacobian(lambda b: wg.scipy.optimize.nnls(np.eye(2), b)[0])(np.array([1.0, -2.0])))
    array([[1., 0.],
           [0., 0.]])
    """
    settings = {"maxiter": maxiter} | ({} if atol is _UNSET else {"atol": atol})

    def run(A: Any, b: Any) -> Any:
        return theirs.nnls(A, b, **settings)

    rule = minimum_of(lambda x, A, b: 0.5 * np.sum((A @ x - b) ** 2), lambda x, A, b: x, np.zeros(np.shape(A)[1], bool))
    A, b = lift(A), lift(b)
    x, norm = solved("nnls", run, (A, b), push=rule)
    return x, norm if isinstance(x, np.ndarray) else np.linalg.norm(A @ x - b)


class _Curve:
    """The curve y = f(x, *p) of n parameters p, beside data (x, y, sigma)."""

    def __init__(self, f: Function, n: int, absolute_sigma: bool) -> None:
        self.f, self.n, self.absolute_sigma = f, n, absolute_sigma

    def __call__(self, p: Any, x: Any) -> Any:
        return self.f(x, *[p[k] for k in range(self.n)])

    def residuals(self, p: Any, data: Any) -> Any:
        """The distances from the data, in standard deviations if these are known."""
        x, y, sigma = data
        difference = self(p, x) - y
        if sigma is None:
            return difference
        return np.linalg.solve(np.linalg.cholesky(sigma), difference) if sigma.ndim == 2 else difference / sigma

    def covariance(self, p: Any, data: Any) -> Any:
        """That of the parameters; without `absolute_sigma` the residuals say how large the deviations are."""
        matrix = jacobian(lambda p: self.residuals(p, data))(p)
        inverse = _normal_inverse(matrix)
        if self.absolute_sigma:
            return inverse
        return inverse * (np.sum(self.residuals(p, data) ** 2) / (len(matrix) - self.n))

    def jacobian(self, point: Any, x: Any) -> Function | None:
        """The exact derivative by the parameters, as `curve_fit` takes it, if it can be had at a point."""
        exact = derived(lambda f: lambda p, x: jacobian(lambda p: f(p, x))(p), self, point, x)
        return None if exact is None else lambda x, *p: exact(np.array(p, float), x)


def curve_fit(
    f: Function, xdata: Any, ydata: Any, p0: Any = None, sigma: Any = None, absolute_sigma: bool = False,
    check_finite: Any = None, bounds: Any = (-np.inf, np.inf), method: Any = None, jac: Any = None, *,
    full_output: bool = False, nan_policy: Any = None, **kwargs: Any,
) -> Any:  # fmt: skip
    """`scipy.optimize.curve_fit`, whose parameters and covariance are differentiable in the data.

    In `xdata`, `ydata`, `sigma` (standard deviations, or a covariance matrix), `bounds` and in what `f` closes over.
    Without `jac` it gets the exact Jacobian.

    >>> import numpy as np, wengert as wg
    >>> slope = lambda y: wg.scipy.optimize.curve_fit(lambda x, a: a * x, np.array([1.0, 2.0]), y)[0][0]
    >>> wg.grad(slope)(np.array([1.0, 2.0]))  # a = x·y / x·x
    array([0.2, 0.4])
    """
    n = np.size(plain(p0)) if p0 is not None else len(inspect.signature(f).parameters) - 1
    limits = _ends(bounds, n)
    bounding, equality = within(limits)
    data = (lift(xdata) if not callable(xdata) else xdata, lift(ydata), None if sigma is None else lift(sigma))
    curve = _Curve(f, n, absolute_sigma)

    def run(p0: Any, limits: Any, data: Any) -> Any:
        point = np.ones(n) if p0 is None else np.atleast_1d(np.asarray(p0, float))
        given = curve.jacobian(point, data[0]) if jac is None else jac
        settings: dict[str, Any] = {"bounds": _pair(limits), "method": method, "jac": given, **kwargs}
        settings |= {"absolute_sigma": absolute_sigma, "full_output": True, "nan_policy": nan_policy}
        found = theirs.curve_fit(f, data[0], data[1], p0, data[2], check_finite=check_finite, **settings)
        return found[:2], found[2:]

    best = minimum_of(
        lambda p, p0, limits, data: 0.5 * np.sum(curve.residuals(p, data) ** 2),
        lambda p, p0, limits, data: bounding(p, limits),
        equality,
    )

    def rule(closed: Any, tangents: Any, found: Any, values: Any) -> Any:
        moved = best(closed, tangents, found[0], values)
        covariance = lambda p, p0, limits, data: curve.covariance(p, data)
        return moved, along(closed.opened(covariance), found[0], moved, values, tangents)

    found, rest = solved("curve_fit", run, (p0, limits, data), push=rule)
    return (*found, *rest) if full_output else tuple(found)
