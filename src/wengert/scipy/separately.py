"""Functions that branch on values, as ops: each problem of a batch is theirs alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import Box
from wengert.scipy.closures import plain
from wengert.scipy.opaque import solved
from wengert.transforms.forward import jvp
from wengert.transforms.reverse import vjp

__all__ = ["one_by_one"]


def one_by_one(name: str, f: Callable[..., Any], *operands: Any) -> Any:
    """``f(*operands)`` as one op: f and its derivatives may branch on values, since they see one problem at a time.

    >>> import numpy as np, wengert as wg
    >>> known = lambda x: np.sum(x[~np.isnan(wg.scipy.closures.plain(x))])
    >>> wg.vmap(lambda x: one_by_one("known", known, x))(np.array([[1.0, np.nan], [2.0, 3.0]]))
    array([1., 5.])
    """

    def run(*values: Any) -> Any:
        return tree.map(_plain, f(*values)), None

    def push(closed: Any, tangents: Any, found: Any, values: Any) -> Any:
        count = len(operands)
        slope = lambda *each: jvp(f, each[:count], each[count:])[1]
        return one_by_one(name, slope, *values[1], *tangents[1])

    def pull(closed: Any, cotangent: Any, found: Any, values: Any) -> Any:
        count = len(operands)
        leaves, structure = tree.flatten(cotangent)
        back = lambda *each: tuple(vjp(f, *each[:count])[1](structure.unflatten(each[count:])))
        return (), one_by_one(name, back, *values[1], *leaves)

    return solved(name, run, operands, push=push, pull=pull, closes=False)[0]


def _plain(x: Any) -> Any:
    """What was filled without a derivative, as an array."""
    return np.asarray(plain(x)) if isinstance(x, Box) else np.asarray(x)
