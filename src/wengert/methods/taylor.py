"""taylor: the Taylor coefficients of a function along a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import Box, fresh, unbridge
from wengert.errors import InvalidArgument, explain, user_line
from wengert.methods.jet import Jet
from wengert.transforms.arguments import differentiable, evaluate, opened

__all__ = ["taylor"]


def taylor(f: Callable[..., Any], x: Any, order: int, *args: Any, direction: Any = None, **kwargs: Any) -> Any:
    """The coefficients c₀ … c_K of f(x + t v) = Σ c_k tᵏ, in one pass of Taylor arithmetic.

    x: a pytree of real or complex arrays; further arguments are passed on. order: K, from 0 on. direction: v, like x;
    all ones if left out, which is the derivative of an elementwise function entry by entry. Returns an array of shape
    ``(K + 1, *result.shape)`` per result; the k-th derivative is ``k! * c[k]``. The cost grows with a power of K
    (A. Griewank and A. Walther, "Evaluating Derivatives", 2008, ch. 13), where nested derivatives cost 2ᴷ. Raises
    `NotDifferentiable` for integer arrays, `InvalidArgument` for a bad order or direction.

    >>> import numpy as np, wengert as wg
    >>> wg.taylor(np.exp, 0.0, 4) * [1, 1, 2, 6, 24]
    array([1., 1., 1., 1., 1.])
    >>> wg.taylor(lambda x: 1 / (1 - x), np.array([0.0, 0.5]), 3)
    array([[ 1.,  2.],
           [ 1.,  4.],
           [ 1.,  8.],
           [ 1., 16.]])
    """
    if order < 0:
        raise InvalidArgument(
            explain(
                f"taylor at {user_line()} got order={order!r}.",
                "The order is the highest power of t that is kept.",
                "Give an integer from 0 on.",
            )
        )
    leaves, structure = tree.flatten(x)
    leaves = [differentiable(leaf, "taylor") for leaf in leaves]
    directions = [None] * len(leaves) if direction is None else structure.flatten(direction)
    level = fresh()
    jets = [Jet(leaf, _line(leaf, v, int(order)), level) for leaf, v in zip(leaves, directions, strict=True)]
    outs, out_structure = tree.flatten(evaluate(f, structure.unflatten(jets), *args, **kwargs))
    return out_structure.unflatten([_stacked(unbridge(o), int(order), level) for o in outs])


def _line(leaf: Any, v: Any, order: int) -> list[Any]:
    """The coefficients of t v."""
    if not order:
        return []
    if v is None:
        return [np.ones_like(leaf), *[None] * (order - 1)]
    v = unbridge(v if isinstance(v, Box) else np.asarray(v))
    if v.shape != leaf.shape:
        raise InvalidArgument(
            explain(
                f"taylor at {user_line()} got a direction of shape {v.shape} for an argument of shape {leaf.shape}.",
                "A direction has one entry per entry of the argument.",
                "Give np.ones_like(x), or leave it out.",
            )
        )
    return [v.astype(leaf.dtype), *[None] * (order - 1)]


def _stacked(o: Any, order: int, level: int) -> Any:
    """c₀ … c_K of a result, along a new first axis."""
    value = opened(o, Jet, level)
    mark = o.mark if isinstance(o, Jet) and o.level == level else None
    if np.result_type(value).kind not in "fc":
        value = np.asarray(value, float)
    zero = np.zeros_like(value)
    return np.stack([value, *[zero if c is None else c for c in mark or [None] * order]])
