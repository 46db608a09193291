"""finite_difference: derivatives from values of the function alone, with steps chosen and errors estimated."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert import tree
from wengert.errors import InvalidArgument, explain, user_line
from wengert.methods.jacobians import Matrix, Options, differences
from wengert.methods.sampling import Sampler
from wengert.transforms.arguments import partial_in, picked
from wengert.transforms.matrices import sparsity as pattern_of
from wengert.transforms.reverse import grad

__all__ = ["Differences", "finite_difference"]

METHODS = ("forward", "backward", "central", "richardson", "complex")


class Differences(NamedTuple):
    """What is known about a derivative found by differences.

    error: a bound on the error of every entry, in the structure of the derivative. step: the step used for it (the
    smallest, where several were extrapolated). evaluations: of the function. noise: the error of one evaluation, per
    result, as a vector.
    """

    error: Any
    step: Any
    evaluations: int
    noise: Any


def finite_difference(
    f: Callable[..., Any],
    order: int = 1,
    method: str = "central",
    step: Any = "auto",
    argnums: int | Sequence[int] = 0,
    *,
    with_error: bool = False,
    with_info: bool = False,
    sparsity: Any = None,
    bounds: Any = None,
    noise: Any = "auto",
    vectorized: bool = False,
) -> Callable[..., Any]:
    """The function that differentiates `f` by difference quotients, shaped as `jacobian` (order 1) and `hessian` (2).

    So it is the derivative of a function of one number, the gradient of a scalar one, the Jacobian of others. order: 1,
    2, or any for a function of one number. method: "forward" and "backward" (error h), "central" (h²), "richardson"
    (central, extrapolated to h = 0), "complex" (no difference and no step to choose, for analytic functions). step:
    "auto" chooses for every entry the bottom of the V of truncation against round-off; or a number, or a tree of
    them like the argument. argnums: as with `grad`.

    with_error: return ``(derivative, error)``, a bound on the error per entry, estimated from the quotients themselves.
    with_info: return ``(derivative, Differences)``. sparsity: the pattern of the Jacobian (Hessian) as `sparsity`
    gives it, a boolean matrix, or "auto" to find it: columns that share no row are moved together. bounds: ``(lower,
    upper)``, numbers or trees like the argument, that `f` is never evaluated beyond. noise: the error of one
    evaluation; "auto" measures it. vectorized: evaluate all points of a round in one vmapped call.

    Raises `InvalidArgument` for arguments that do not fit, `NotDifferentiable` for integers, complex arguments, and
    for "complex" where `f` is not analytic.

    >>> import numpy as np, wengert as wg
    >>> slope, error = wg.finite_difference(np.exp, with_error=True)(0.0)
    >>> bool(abs(slope - 1) < error < 1e-9)
    True
    >>> wg.finite_difference(lambda x: np.sum(x**3), method="richardson")(np.array([1.0, 2.0])).round(9)
    array([ 3., 12.])
    >>> wg.finite_difference(lambda x: x[0] ** 2 * x[1], order=2)(np.array([3.0, 4.0])).round(4)
    array([[8., 6.],
           [6., 0.]])
    """
    _check(order, method)
    if method == "complex" and order > 1:
        inner = finite_difference(f, 1, "complex", argnums=argnums, vectorized=vectorized)
        return finite_difference(
            inner, order - 1, "central", step, argnums, with_error=with_error, with_info=with_info, bounds=bounds
        )

    @functools.wraps(f, updated=())
    def function(*args: Any, **kwargs: Any) -> Any:
        chosen = picked(args, argnums)
        sampler = Sampler(partial_in(f, args, argnums, kwargs), chosen, vectorized)
        options = Options(
            order,
            method,
            None if isinstance(step, str) else _spread(step, sampler, "step"),
            _pattern(f, sparsity, order, argnums, args, kwargs, sampler),
            _bounds(bounds, sampler),
            None if isinstance(noise, str) else np.broadcast_to(np.asarray(noise, float), sampler.center.shape),
        )
        found = differences(sampler, options)
        value = _blocks(found.value, sampler, order, True)
        if with_info:
            error, steps = (_blocks(m, sampler, order, False) for m in (found.error, found.step))
            return value, Differences(error, steps, sampler.evaluations, found.noise)
        return (value, _blocks(found.error, sampler, order, False)) if with_error else value

    return function


def _check(order: int, method: str) -> None:
    if method not in METHODS:
        raise InvalidArgument(
            explain(
                f"finite_difference at {user_line()} got method={method!r}.",
                "There are quotients to one side or both, their extrapolation, and the complex step.",
                f"Write one of {', '.join(METHODS)}.",
            )
        )
    if order < 1:
        raise InvalidArgument(
            explain(
                f"finite_difference at {user_line()} got order={order!r}.",
                "The order says which derivative: 1 the first, 2 the second.",
                "Give an integer from 1 on.",
            )
        )


def _spread(given: Any, sampler: Sampler, what: str) -> Any:
    """A number, or a tree of numbers and arrays like the argument, as a vector."""
    count = len(sampler.leaves)
    parts = [given] * count if np.isscalar(given) else sampler.structure.flatten(given)
    try:
        whole = [
            np.broadcast_to(np.asarray(p, float), x.shape).ravel() for p, x in zip(parts, sampler.leaves, strict=True)
        ]
    except ValueError:
        raise InvalidArgument(
            explain(
                f"finite_difference at {user_line()}: {what} does not have the shape of the argument.",
                "Every entry of the argument has its own.",
                "Give one number, or arrays that broadcast to the argument's.",
            )
        ) from None
    return np.concatenate([np.zeros(0), *whole])


def _bounds(bounds: Any, sampler: Sampler) -> tuple[Any, Any]:
    low, high = (-np.inf, np.inf) if bounds is None else bounds
    lower = _spread(-np.inf if low is None else low, sampler, "the lower bound")
    upper = _spread(np.inf if high is None else high, sampler, "the upper bound")
    if np.any(sampler.x < lower) or np.any(sampler.x > upper) or np.any(lower >= upper):
        raise InvalidArgument(
            explain(
                f"finite_difference at {user_line()} got an argument outside of its bounds, or bounds without room.",
                "The function is evaluated at the argument and around it, within the bounds.",
                "Give lower < upper that enclose the argument.",
            )
        )
    return lower, upper


def _pattern(f: Any, sparsity: Any, order: int, argnums: Any, args: Any, kwargs: Any, sampler: Sampler) -> Any:
    """The pattern as a boolean matrix: results (for a Hessian, entries of x) by entries of x."""
    n = len(sampler.x)
    rows = len(sampler.center) if order == 1 else n
    if sparsity is None:
        return np.ones((rows, n), bool)
    if isinstance(sparsity, str):
        sparsity = pattern_of(f if order == 1 else grad(f, argnums), argnums)(*args, **kwargs)
    outer = sampler.out_structure if order == 1 else sampler.structure
    if hasattr(sparsity, "toarray"):
        sparsity = sparsity.toarray()
    if isinstance(sparsity, np.ndarray) and sparsity.shape == (rows, n):
        return sparsity.astype(bool)
    blocks = [[np.asarray(b, bool) for b in sampler.structure.flatten(row)] for row in outer.flatten(sparsity)]
    if sum([b.size for row in blocks for b in row]) == rows * n:
        sizes = [x.size for x in sampler.leaves]
        lines = [np.concatenate([b.reshape((-1, k)) for b, k in zip(row, sizes, strict=True)], 1) for row in blocks]
        return np.concatenate(lines)
    entries = sum([b.size for row in blocks for b in row])
    raise InvalidArgument(
        explain(
            f"finite_difference at {user_line()} got a pattern of {entries} entries.",
            f"The matrix of derivatives has {rows} rows and {n} columns.",
            "Give wg.sparsity(f)(x), or a boolean matrix of that size.",
        )
    )


def _blocks(matrix: Matrix, sampler: Sampler, order: int, cast: bool) -> Any:
    """A matrix (results, entries of x, …) as trees of arrays: results, holding arguments, holding arguments."""
    starts = np.cumsum([0, *[int(np.prod(s)) for s in sampler.out_shapes]])
    outs = [
        _inner(matrix[i:j], shape, sampler, order, cast)
        for i, j, shape in zip(starts[:-1], starts[1:], sampler.out_shapes, strict=True)
    ]
    return sampler.out_structure.unflatten(outs)


def _inner(part: Any, shape: tuple[int, ...], sampler: Sampler, depth: int, cast: bool) -> Any:
    """Split the second axis into the leaves of the argument, and further axes in turn."""
    if not depth:
        return np.reshape(part, shape)[()]
    pieces, start = [], 0
    for leaf in sampler.leaves:
        rows = part[:, start : start + leaf.size]
        flat = rows.reshape((-1, *rows.shape[2:]))
        piece = _inner(flat, (*shape, *leaf.shape), sampler, depth - 1, cast)
        dtype = np.result_type(leaf.dtype, np.complex64) if np.iscomplexobj(part) else leaf.dtype
        pieces.append(tree.map(lambda a, d=dtype: a.astype(d), piece) if cast else piece)
        start += leaf.size
    return sampler.structure.unflatten(pieces)
