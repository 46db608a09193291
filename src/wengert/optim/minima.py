"""Minima of functions of trees by methods of second order, with exact derivatives."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from wengert import tree
from wengert.errors import InvalidArgument, explain, user_line
from wengert.optim.flat import packed
from wengert.optim.trust import Quadratic, by_conjugate_gradients, by_eigenvalues, descend
from wengert.transforms.forward import linearize
from wengert.transforms.matrices import hessian, hvp, jacobian
from wengert.transforms.reverse import value_and_grad, vjp

__all__ = ["Minimum", "gauss_newton", "levenberg_marquardt", "minimize_newton"]


Function = Callable[[Any], Any]


class Minimum(NamedTuple):
    """What a minimisation found.

    x: the arguments, nested as the first guess. value: of the function there; of a residual, half the sum of squares.
    gradient_norm: the largest entry of the gradient. iterations: how many there were. converged: whether the gradient
    is as small as was asked for, or no step makes the value smaller.
    """

    x: Any
    value: float
    gradient_norm: float
    iterations: int
    converged: bool


def minimize_newton(
    f: Callable[[Any], Any],
    x0: Any,
    *,
    method: str = "exact",
    max_iter: int = 100,
    tol: float = 1e-8,
    radius: float = 1.0,
) -> Minimum:
    """The minimum of a scalar function by Newton's method in a trust region.

    f: a function of one tree, in plain NumPy. x0: the first guess, a tree of real arrays. method: "exact" solves with
    the Hessian (`wg.hessian`), "cg" with products of it (`wg.hvp`), for many unknowns. tol: when the largest entry of
    the gradient is small enough. radius: of the first trust region. Raises `InvalidArgument` for another method and for
    complex numbers or integers.

    >>> import numpy as np, wengert as wg
    >>> rosenbrock = lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    >>> found = wg.optim.minimize_newton(rosenbrock, np.array([-1.2, 1.0]))
    >>> found.x.round(6), found.converged
    (array([1., 1.]), True)
    """
    solver = solver_of(method, "minimize_newton")
    x, unpacked = packed(x0, "minimize_newton")

    def flat(v: Any) -> Any:
        return f(unpacked(v))

    evaluated, second = value_and_grad(flat), hessian(flat)
    value, g = evaluated(x)
    value = float(value)
    for n in range(max_iter):
        if not np.max(np.abs(g), initial=0.0) > tol:
            return _found(unpacked, x, value, g, n, tol)
        if method == "exact":
            product = second(x).__matmul__
        else:
            product = functools.partial(hvp, flat, x)
        model = Quadratic(value, g, product)
        p, value, radius = descend(solver, model, _shifted(lambda v: float(flat(v)), x), radius, 1e6)
        if np.any(p):
            x = x + p
            g = evaluated(x)[1]
        elif radius < 1e-14 * (1 + np.linalg.norm(x)):
            return _found(unpacked, x, value, g, n + 1, np.inf)
    return _found(unpacked, x, value, g, max_iter, tol)


def levenberg_marquardt(
    residual: Callable[[Any], Any],
    x0: Any,
    *,
    method: str = "exact",
    max_iter: int = 100,
    tol: float = 1e-8,
    radius: float = 1.0,
) -> Minimum:
    """The least squares ½ Σ r² of a function's results: Gauss and Newton's model JᵀJ of the Hessian in a trust region.

    In the ball the step is -(JᵀJ + λ)⁻¹ Jᵀ r (D. Marquardt, "An algorithm for least-squares estimation of nonlinear
    parameters", 1963; J. Moré, "The Levenberg-Marquardt algorithm: implementation and theory", 1978).

    residual: a function of one tree, in plain NumPy, that returns real arrays, nested as it likes. x0, max_iter, tol,
    radius: as of `minimize_newton`. method: "exact" forms the Jacobian, "cg" needs products with it and with its
    transpose only. Raises `InvalidArgument` for another method and for complex numbers or integers.

    >>> import numpy as np, wengert as wg
    >>> t = np.linspace(0, 1, 20)
    >>> data = 2.0 * np.exp(-3.0 * t)
    >>> found = wg.optim.levenberg_marquardt(lambda p: p["a"] * np.exp(-p["k"] * t) - data, {"a": 1.0, "k": 1.0})
    >>> found.x["a"].round(6), found.x["k"].round(6)
    (np.float64(2.0), np.float64(3.0))
    """
    return _least_squares(residual, x0, method, max_iter, tol, radius, "levenberg_marquardt")


def gauss_newton(
    residual: Callable[[Any], Any], x0: Any, *, method: str = "exact", max_iter: int = 100, tol: float = 1e-8
) -> Minimum:
    """The least squares ½ Σ r² by full steps -(JᵀJ)⁻¹ Jᵀ r, as long as they help; else by shorter ones.

    For residuals that are nearly linear or small, where this is Newton's method. The arguments are those of
    `levenberg_marquardt`.

    >>> import numpy as np, wengert as wg
    >>> a, b = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([3.0, 7.0, 11.0])
    >>> found = wg.optim.gauss_newton(lambda x: a @ x - b, np.zeros(2))
    >>> found.x.round(6), found.iterations
    (array([1., 1.]), 1)
    """
    return _least_squares(residual, x0, method, max_iter, tol, 1e6, "gauss_newton")


def _least_squares(
    residual: Callable[[Any], Any], x0: Any, method: str, max_iter: int, tol: float, radius: float, who: str
) -> Minimum:
    solver = solver_of(method, who)
    x, unpacked = packed(x0, who)

    def flat(v: Any) -> Any:
        return joined(residual(unpacked(v)))

    r = flat(x)
    value = 0.5 * float(r @ r)
    for n in range(max_iter):
        if method == "exact":
            j = jacobian(flat)(x)
            push, pull = j.__matmul__, j.T.__matmul__
        else:
            push, pull = linearize(flat, x)[1], _single(vjp(flat, x)[1])
        g = pull(r)
        if not np.max(np.abs(g), initial=0.0) > tol:
            return _found(unpacked, x, value, g, n, tol)
        model = Quadratic(value, g, _chained(push, pull))
        p, value, radius = descend(solver, model, _shifted(lambda v: half_square(flat(v)), x), radius, 1e6)
        if np.any(p):
            x = x + p
            r = flat(x)
        elif radius < 1e-14 * (1 + np.linalg.norm(x)):
            return _found(unpacked, x, value, g, n + 1, np.inf)
    g = _single(vjp(flat, x)[1])(r)
    return _found(unpacked, x, value, g, max_iter, tol)


def joined(residual: Any) -> Any:
    """The numbers of a tree as one vector, also of boxes."""
    leaves = [np.reshape(x, -1) for x in tree.leaves(residual)]
    return leaves[0] if len(leaves) == 1 else np.concatenate(leaves)


def half_square(r: Any) -> float:
    """Half the sum of squares."""
    return 0.5 * float(r @ r)


def _shifted(f: Function, x: Any) -> Function:
    return lambda p: f(x + p)


def _chained(first: Function, second: Function) -> Function:
    return lambda v: second(first(v))


def _single(pull: Function) -> Function:
    """A pullback to one argument, as a function to its cotangent."""

    def pulled(u: Any) -> Any:
        found = pull(u)
        return found[0] if isinstance(found, tuple) else found

    return pulled


def _found(unpacked: Callable[[Any], Any], x: Any, value: float, g: Any, iterations: int, tol: float) -> Minimum:
    norm = float(np.max(np.abs(g), initial=0.0))
    return Minimum(unpacked(x), value, norm, iterations, norm <= tol)


def solver_of(method: str, who: str) -> Callable[[Quadratic, float], Any]:
    """Who solves for a step; raises `InvalidArgument` for an unknown method."""
    solvers = {"exact": by_eigenvalues, "cg": by_conjugate_gradients}
    if method in solvers:
        return solvers[method]
    raise InvalidArgument(
        explain(
            f"{who} at {user_line()} got method={method!r}.",
            "Steps are solved for with a matrix or with products.",
            'Give "exact" or "cg".',
        )
    )
