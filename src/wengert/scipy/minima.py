"""Minima: their derivatives are those of the roots of the gradient, or of the Karush-Kuhn-Tucker equations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.optimize as theirs

from wengert import tree
from wengert.core.apply import unbridge
from wengert.ops.spelling import lift
from wengert.scipy.closures import plain
from wengert.scipy.implicit import minimum_of
from wengert.scipy.opaque import solved
from wengert.scipy.roots import derived, packed
from wengert.transforms.matrices import hessian, hvp
from wengert.transforms.reverse import grad

__all__ = ["brent", "fmin", "fminbound", "golden", "limits_of", "linprog", "minimize", "minimize_scalar", "within"]

Function = Callable[..., Any]

_HALF = np.finfo(float).eps ** 0.5  # of the digits

# Which methods of `minimize` use first derivatives, and which second ones, in what form.
FIRST = frozenset({None, "cg", "bfgs", "newton-cg", "l-bfgs-b", "tnc", "slsqp", "dogleg", "trust-ncg", "trust-krylov"})
FIRST |= {"trust-exact", "trust-constr"}
PRODUCTS = frozenset({"newton-cg", "trust-ncg", "trust-krylov", "trust-constr"})
MATRICES = frozenset({"dogleg", "trust-exact"})


# --- conditions: bounds and constraints as h = 0 or h ≥ 0 -----------------------------------------------------


def limits_of(bounds: Any, n: int) -> Any:
    """Bounds in any of SciPy's forms as a pair of vectors (lower, upper); None if there are none."""
    if bounds is None:
        return None
    if isinstance(bounds, theirs.Bounds):
        ends = [unbridge(bounds.lb), unbridge(bounds.ub)]
    else:
        ends = [
            lift([infinite if pair[side] is None else pair[side] for pair in bounds])
            for side, infinite in ((0, -np.inf), (1, np.inf))
        ]
    return tuple([np.broadcast_to(end, (n,)) for end in ends])


def within(limits: Any) -> tuple[Function, Any]:
    """The conditions that finite limits make, as a function of (x, limits), and which of them are equations."""
    if limits is None:
        return (lambda x, limits: np.zeros(0)), np.zeros(0, bool)
    low, high = (np.asarray(plain(end), float) for end in limits)
    fixed = low == high
    below, above = np.flatnonzero(np.isfinite(low)), np.flatnonzero(np.isfinite(high) & ~fixed)

    def conditions(x: Any, limits: Any) -> Any:
        return np.concatenate([x[below] - limits[0][below], limits[1][above] - x[above]])

    return conditions, np.concatenate([fixed[below], np.zeros(len(above), bool)])


def _listed(constraints: Any) -> list[Any]:
    """Constraints as a list, of which one may be given by itself."""
    return list(constraints) if isinstance(constraints, list | tuple) else [constraints]


def _constrained(constraint: Any, x: Any) -> tuple[Function, Any]:
    """One constraint as conditions ``(x, constraint)``, and which of them are equations; x: any point."""
    if isinstance(constraint, dict):

        def conditions(x: Any, constraint: Any) -> Any:
            return np.reshape(constraint["fun"](x, *packed(constraint.get("args", ()))), (-1,))

        return conditions, np.full(np.size(plain(conditions(x, constraint))), constraint["type"] == "eq")
    if isinstance(constraint, theirs.LinearConstraint):
        matrix = constraint.A.toarray() if hasattr(constraint.A, "toarray") else np.atleast_2d(constraint.A)
        value: Function = lambda x: matrix @ x
    else:
        value = lambda x: np.reshape(constraint.fun(x), (-1,))
    m = np.size(plain(value(x)))
    low, high = np.broadcast_to(constraint.lb, (m,)), np.broadcast_to(constraint.ub, (m,))
    limited, equality = within((low, high))
    return (lambda x, constraint: limited(value(x), (low, high))), equality


def _conditions(limits: Any, constraints: Sequence[Any], x: Any) -> tuple[Function, Any]:
    """All conditions as a function of (x, limits, constraints), and which of them are equations; x: any point."""
    bounding, equality = within(limits)
    parts = [_constrained(c, x) for c in constraints]

    def conditions(x: Any, limits: Any, constraints: Any) -> Any:
        others = [part(x, c) for (part, _), c in zip(parts, constraints, strict=True)]
        return np.concatenate([bounding(x, limits), *others])

    return conditions, np.concatenate([equality, *[kinds for _, kinds in parts]]).astype(bool)


def _finite(limits: Any) -> Any:
    """Limits as plain `Bounds`."""
    return None if limits is None else theirs.Bounds(*[np.asarray(end, float) for end in limits])


# --- the twins ----------------------------------------------------------------------------------------------


def minimize(
    fun: Function, x0: Any, args: Any = (), method: Any = None, jac: Any = None, hess: Any = None, hessp: Any = None,
    bounds: Any = None, constraints: Any = (), tol: Any = None, callback: Any = None, options: Any = None,
) -> Any:  # fmt: skip
    """`scipy.optimize.minimize`, whose ``.x`` and ``.fun`` are differentiable.

    In `args`, `bounds`, the ``args`` of constraints, and in what the functions close over. Methods that use
    derivatives get exact ones where none are given: the gradient, and Hessian products or the Hessian. The derivative
    of ``.x`` assumes that the active constraints stay active; it raises ``numpy.linalg.LinAlgError`` where the
    equations of the minimum are singular.

    >>> import numpy as np, wengert as wg
    >>> best = lambda c: wg.scipy.optimize.minimize(lambda x: np.sum((x - c) ** 2 + x**2), np.zeros(2)).x
    >>> abs(wg.jacobian(best)(np.array([1.0, 2.0]))).round(6)
    array([[0.5, 0. ],
           [0. , 0.5]])
    """
    args, listed = packed(args), _listed(constraints)
    start = np.reshape(plain(x0), (-1,)).astype(float)
    limits = limits_of(bounds, start.size)
    paired = jac is True

    def value(x: Any, args: Any) -> Any:
        out = fun(x, *args)
        return np.reshape(lift(out[0] if paired else out), ())

    def run(x0: Any, args: Any, limits: Any, listed: Any) -> Any:
        given = jac
        if _named(method) in FIRST and not (jac or callable(jac)):
            given = derived(lambda f: lambda x, *args: grad(lambda x: value(x, args))(x), fun, start, *args)
        second, product = (hess, hessp) if given is None else _second_order(method, value, hess, hessp)
        found = theirs.minimize(
            fun, x0, args, method, given, second, product, _finite(limits), listed or (), tol, callback, options
        )
        return found.x, found

    kept: list[Any] = []

    def conditions(x: Any, x0: Any, args: Any, limits: Any, listed: Any) -> Any:
        return kept[0][0](x, limits, listed)

    def rule(closed: Any, tangents: Any, x: Any, values: Any) -> Any:
        with closed.replaced([plain(v) for v in values[0]]):
            numbers, constrained = tree.map(plain, (limits, listed))
            kept[:] = [_conditions(numbers, constrained, start)]
        objective = lambda x, x0, args, limits, listed: value(x, args)
        return minimum_of(objective, conditions, kept[0][1])(closed, tangents, x, values)

    x, result = solved("minimize", run, (x0, args, limits, listed), push=rule)
    return _minimal(result, x, lambda x: value(x, args))


def _named(method: Any) -> Any:
    """A method as `FIRST` and the others write it."""
    return method.lower() if isinstance(method, str) else method


def _second_order(method: Any, value: Function, hess: Any, hessp: Any) -> tuple[Any, Any]:
    """The Hessian and its products with vectors, exact ones where the method uses them and neither is given."""
    if hess is None and hessp is None:
        if _named(method) in PRODUCTS:
            hessp = lambda x, p, *args: hvp(lambda x: value(x, args), x, p)
        if _named(method) in MATRICES:
            hess = lambda x, *args: hessian(lambda x: value(x, args))(x)
    return hess, hessp


def _minimal(result: Any, x: Any, value: Function) -> Any:
    """The result with a differentiable x, and the value there."""
    if x is result.x:
        return result
    return type(result)(result, x=x, fun=value(x))


def minimize_scalar(
    fun: Function, bracket: Any = None, bounds: Any = None, args: Any = (), method: Any = None, tol: Any = None,
    options: Any = None,
) -> Any:  # fmt: skip
    """`scipy.optimize.minimize_scalar`, whose ``.x`` and ``.fun`` are differentiable.

    In `args` and in what `fun` closes over. A minimum at one of the `bounds` moves with them.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda c: wg.scipy.optimize.minimize_scalar(lambda x: (x - c) ** 2).x)(3.0)
    np.float64(1.0)
    """
    args = packed(args)
    limits = None if bounds is None else limits_of([bounds], 1)
    bounding, equality = within(limits)

    def run(bracket: Any, limits: Any, args: Any) -> Any:
        ends = None if limits is None else (float(limits[0][0]), float(limits[1][0]))
        found = theirs.minimize_scalar(fun, bracket, ends, args, method, tol, options)
        return np.reshape(found.x, (1,)), found

    rule = minimum_of(
        lambda x, bracket, limits, args: np.reshape(fun(x[0], *args), ()),
        lambda x, bracket, limits, args: bounding(x, limits),
        equality,
    )
    x, result = solved("minimize_scalar", run, (bracket, limits, args), push=rule)
    return result if isinstance(x, np.ndarray) else type(result)(result, x=x[0], fun=fun(x[0], *args))


def fmin(
    func: Function, x0: Any, args: Any = (), xtol: float = 0.0001, ftol: float = 0.0001, maxiter: Any = None,
    maxfun: Any = None, full_output: Any = 0, disp: Any = 1, retall: Any = 0, callback: Any = None,
    initial_simplex: Any = None,
) -> Any:  # fmt: skip
    """`scipy.optimize.fmin`, whose minimum is differentiable in `args` and in what `func` closes over.

    >>> import numpy as np, wengert as wg
    >>> best = lambda c: wg.scipy.optimize.fmin(lambda x: np.sum((x - c) ** 2), np.zeros(1), disp=0)[0]
    >>> wg.grad(best)(3.0)
    np.float64(1.0)
    """
    args = packed(args)

    def run(x0: Any, args: Any) -> Any:
        found = theirs.fmin(
            func, x0, args, xtol, ftol, maxiter, maxfun, full_output, disp, retall, callback, initial_simplex
        )
        return (found[0], found[1:]) if full_output or retall else (found, None)

    rule = minimum_of(
        lambda x, x0, args: np.reshape(func(x, *args), ()), lambda x, x0, args: np.zeros(0), np.zeros(0, bool)
    )
    x, rest = solved("fmin", run, (x0, args), push=rule)
    if rest is None:
        return x
    return (x, func(x, *args), *rest[1:]) if full_output else (x, *rest)


def fminbound(
    func: Function, x1: Any, x2: Any, args: Any = (), xtol: float = 1e-05, maxfun: int = 500, full_output: Any = 0,
    disp: int = 1,
) -> Any:  # fmt: skip
    """`scipy.optimize.fminbound`, whose minimum is differentiable in `args` and in what `func` closes over.

    >>> import numpy as np, wengert as wg
    >>> round(float(wg.grad(lambda c: wg.scipy.optimize.fminbound(lambda x: (x - c) ** 2, 0, 9))(3.0)), 6)
    1.0
    """
    args = packed(args)
    limits = limits_of([(x1, x2)], 1)
    bounding, equality = within(limits)

    def run(limits: Any, args: Any) -> Any:
        x, *rest = theirs.fminbound(func, limits[0][0], limits[1][0], args, xtol, maxfun, 1, disp)
        return np.reshape(x, (1,)), rest

    rule = minimum_of(
        lambda x, limits, args: np.reshape(func(x[0], *args), ()),
        lambda x, limits, args: bounding(x, limits),
        equality,
    )
    x, rest = solved("fminbound", run, (limits, args), push=rule)
    return (x[0], func(x[0], *args), *rest[1:]) if full_output else x[0]


def brent(
    func: Function, args: Any = (), brack: Any = None, tol: float = 1.48e-08, full_output: Any = 0, maxiter: int = 500
) -> Any:
    """`scipy.optimize.brent`, whose minimum is differentiable in `args` and in what `func` closes over.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda c: wg.scipy.optimize.brent(lambda x: (x - c) ** 2))(3.0)
    np.float64(1.0)
    """
    return _bracketed("brent", func, args, brack, tol, full_output, maxiter)


def golden(
    func: Function, args: Any = (), brack: Any = None, tol: float = _HALF, full_output: Any = 0, maxiter: int = 5000
) -> Any:
    """`scipy.optimize.golden`, whose minimum is differentiable in `args` and in what `func` closes over.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda c: wg.scipy.optimize.golden(lambda x: (x - c) ** 2))(3.0)
    np.float64(1.0)
    """
    return _bracketed("golden", func, args, brack, tol, full_output, maxiter)


def _bracketed(name: str, func: Function, args: Any, brack: Any, tol: float, full_output: Any, maxiter: int) -> Any:
    """A search for a minimum of a function of one number, which has no limits."""
    args = packed(args)

    def run(brack: Any, args: Any) -> Any:
        x, *rest = getattr(theirs, name)(func, args, brack, tol, 1, maxiter)
        return np.reshape(x, (1,)), rest

    rule = minimum_of(
        lambda x, brack, args: np.reshape(func(x[0], *args), ()), lambda x, brack, args: np.zeros(0), np.zeros(0, bool)
    )
    x, rest = solved(name, run, (brack, args), push=rule)
    return (x[0], func(x[0], *args), *rest[1:]) if full_output else x[0]


def linprog(
    c: Any, A_ub: Any = None, b_ub: Any = None, A_eq: Any = None, b_eq: Any = None, bounds: Any = (0, None),
    method: str = "highs", callback: Any = None, options: Any = None, x0: Any = None, integrality: Any = None,
) -> Any:  # fmt: skip
    """`scipy.optimize.linprog`, whose ``.x`` and ``.fun`` are differentiable in the costs, matrices, limits and bounds.

    The derivative of a vertex: its active conditions stay active. It raises ``numpy.linalg.LinAlgError`` where these do
    not determine the vertex (a degenerate program, or one with several solutions).

    >>> import numpy as np, wengert as wg
    >>> cheapest = lambda b: wg.scipy.optimize.linprog([1.0, 2.0], A_eq=[[1.0, 1.0]], b_eq=b).fun
    >>> wg.grad(cheapest)(np.array([3.0]))
    array([1.])
    """
    n = np.size(plain(lift(c)))
    pairs = bounds
    if not isinstance(bounds, theirs.Bounds) and bounds is not None and np.ndim(bounds[0]) == 0:
        pairs = [bounds] * n  # one pair for all
    limits = limits_of(pairs if pairs is not None else [(0, None)] * n, n)
    program = tuple([None if a is None else lift(a) for a in (c, A_ub, b_ub, A_eq, b_eq)])
    bounding, kinds = within(limits)
    rows = [0 if b is None else np.size(plain(b)) for b in program[2::2]]

    def conditions(x: Any, program: Any, limits: Any) -> Any:
        _, a, b, a_eq, b_eq = program
        parts = [bounding(x, limits)]
        parts += [] if a is None else [np.reshape(b, (-1,)) - a @ x]
        parts += [] if a_eq is None else [a_eq @ x - np.reshape(b_eq, (-1,))]
        return np.concatenate(parts)

    def run(program: Any, limits: Any) -> Any:
        pairs = np.stack([np.asarray(end, float) for end in limits], axis=1)
        found = theirs.linprog(*program, pairs, method, callback, options, x0, integrality)
        return found.x, found

    equality = np.concatenate([kinds, np.zeros(rows[0], bool), np.ones(rows[1], bool)])
    rule = minimum_of(lambda x, program, limits: np.sum(program[0] * x), conditions, equality)
    x, result = solved("linprog", run, (program, limits), push=rule)
    return _minimal(result, x, lambda x: np.sum(program[0] * x))
