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
    return (-np.inf, np.inf) if limits is None else limits


def least_squares(
    fun: Function,
    x0: Any,
    jac: Any = "2-point",
    bounds: Any = (-np.inf, np.inf),
    method: str = "trf",
    ftol: Any = 1e-08,
    xtol: Any = 1e-08,
    gtol: Any = 1e-08,
    x_scale: Any = None,
    loss: Any = "linear",
    f_scale: float = 1.0,
    diff_step: Any = None,
    tr_solver: Any = None,
    tr_options: Any = None,
    jac_sparsity: Any = None,
    max_nfev: Any = None,
    verbose: int = 0,
    args: Any = (),
    kwargs: Any = None,
    callback: Any = None,
    workers: Any = None,
) -> Any:
    """`scipy.optimize.least_squares`, whose ``.x``, ``.fun`` and ``.cost`` are differentiable.

    In `args`, `kwargs`, `bounds` and in what `fun` closes over. With the default `jac` it gets the exact Jacobian.

    >>> import numpy as np, wengert as wg
    >>> best = lambda c: wg.scipy.optimize.least_squares(lambda x: x - c, np.zeros(2)).x
    >>> abs(wg.jacobian(best)(np.array([1.0, 2.0]))).round(6)
    array([[1., 0.],
           [0., 1.]])
    """
    args, kwargs = packed(args), dict(kwargs or {})
    start = np.reshape(plain(x0), (-1,)).astype(float)
    limits = _ends(bounds, start.size)
    bounding, equality = within(limits)
    rho: Function = LOSSES[loss] if isinstance(loss, str) else lambda z: loss(z)[0]

    def residuals(x: Any, args: Any, kwargs: Any) -> Any:
        return np.reshape(lift(fun(x, *args, **kwargs)), (-1,))

    def cost(x: Any, args: Any, kwargs: Any) -> Any:
        r = residuals(x, args, kwargs)
        return 0.5 * f_scale**2 * np.sum(rho((r / f_scale) ** 2))

    def run(x0: Any, limits: Any, args: Any, kwargs: Any) -> Any:
        given = jac
        if jac == "2-point" and diff_step is None and jac_sparsity is None:
            exact = derived(lambda f: lambda x, *a, **k: jacobian(lambda x: residuals(x, a, k))(x), fun, start, *args)
            given = jac if exact is None else exact
        options = {"tr_solver": tr_solver, "tr_options": tr_options or {}, "jac_sparsity": jac_sparsity}
        options |= {} if callback is None else {"callback": callback}
        options |= {} if workers is None else {"workers": workers}
        found = theirs.least_squares(
            fun, x0, given, _pair(limits), method, ftol, xtol, gtol, 1.0 if x_scale is None else x_scale, loss,
            f_scale, diff_step, max_nfev=max_nfev, verbose=verbose, args=args, kwargs=kwargs, **options,
        )  # fmt: skip
        return found.x, found

    rule = minimum_of(
        lambda x, x0, limits, args, kwargs: cost(x, args, kwargs),
        lambda x, x0, limits, args, kwargs: bounding(x, limits),
        equality,
    )
    x, result = solved("least_squares", run, (x0, limits, args, kwargs), push=rule)
    if x is result.x:
        return result
    return type(result)(result, x=x, fun=residuals(x, args, kwargs), cost=cost(x, args, kwargs))


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


def curve_fit(
    f: Function,
    xdata: Any,
    ydata: Any,
    p0: Any = None,
    sigma: Any = None,
    absolute_sigma: bool = False,
    check_finite: Any = None,
    bounds: Any = (-np.inf, np.inf),
    method: Any = None,
    jac: Any = None,
    *,
    full_output: bool = False,
    nan_policy: Any = None,
    **kwargs: Any,
) -> Any:
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

    def residuals(p: Any, data: Any) -> Any:
        x, y, sigma = data
        difference = f(x, *[p[k] for k in range(n)]) - y
        if sigma is None:
            return difference
        return np.linalg.solve(np.linalg.cholesky(sigma), difference) if sigma.ndim == 2 else difference / sigma

    def run(p0: Any, limits: Any, data: Any) -> Any:
        given = jac
        point = np.ones(n) if p0 is None else np.atleast_1d(np.asarray(p0, float))
        model = lambda p, x: f(x, *[p[k] for k in range(n)])
        if given is None:
            exact = derived(lambda f: lambda p, x: jacobian(lambda p: f(p, x))(p), model, point, data[0])
            given = None if exact is None else lambda x, *p: exact(np.array(p, float), x)
        settings: dict[str, Any] = {"bounds": _pair(limits), "method": method, "jac": given, **kwargs}
        settings |= {"absolute_sigma": absolute_sigma, "full_output": True, "nan_policy": nan_policy}
        found = theirs.curve_fit(f, data[0], data[1], p0, data[2], check_finite=check_finite, **settings)
        return found[:2], found[2:]

    def covariance(p: Any, p0: Any, limits: Any, data: Any) -> Any:
        matrix = jacobian(lambda p: residuals(p, data))(p)
        inverse = _normal_inverse(matrix)
        return inverse if absolute_sigma else inverse * (np.sum(residuals(p, data) ** 2) / (len(matrix) - n))

    best = minimum_of(
        lambda p, p0, limits, data: 0.5 * np.sum(residuals(p, data) ** 2),
        lambda p, p0, limits, data: bounding(p, limits),
        equality,
    )

    def rule(closed: Any, tangents: Any, found: Any, values: Any) -> Any:
        moved = best(closed, tangents, found[0], values)
        return moved, along(closed.opened(covariance), found[0], moved, values, tangents)

    found, rest = solved("curve_fit", run, (p0, limits, data), push=rule)
    return (*found, *rest) if full_output else tuple(found)
