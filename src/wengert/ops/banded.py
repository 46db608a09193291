"""Banded matrices in LAPACK's storage: ``ab[u + i - j, j] = a[i, j]``, l diagonals below and u above the main one."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import Op, primitive
from wengert.ops.lazy import scipy_function
from wengert.ops.linalg import conj
from wengert.ops.stacks import over_stacks

__all__ = ["adjoint", "banded", "shifted"]


def shifted(x: Any, k: int) -> Any:
    """The last axis moved k places to the right; zeros come in from the left (the right for a negative k)."""
    n = x.shape[-1]
    if k == 0:
        return x
    if abs(k) >= n:
        return np.zeros_like(x)
    zero = np.zeros((*x.shape[:-1], abs(k)), x.dtype)
    return np.concatenate([zero, x[..., :-k]] if k > 0 else [x[..., -k:], zero], axis=-1)


def adjoint(ab: Any, l: int, u: int) -> Any:
    """The storage of aᴴ, with u diagonals below and l above: its diagonal k is diagonal -k of a, moved by k."""
    rows = [shifted(conj(ab[..., u + k, :]), k) for k in range(l, -u - 1, -1)]
    return np.stack(rows, axis=-2)


def _product(ab: Any, x: Any, l: int, u: int) -> Any:
    """a x, diagonal by diagonal: (a x)_i = Σ_k a[i, i+k] x_i+k."""
    total: Any = None
    for k in range(u, -l - 1, -1):
        part = shifted(np.swapaxes(ab[..., u - k, :, None] * x, -1, -2), -k)
        total = part if total is None else total + part
    return np.swapaxes(total, -1, -2)


def _outer(g: Any, x: Any, l: int, u: int) -> Any:
    """The band of g xᴴ."""
    g, x = np.swapaxes(g, -1, -2), np.swapaxes(x, -1, -2)
    rows = [np.sum(shifted(g, k) * conj(x), axis=-2) for k in range(u, -l - 1, -1)]
    return np.stack(rows, axis=-2)


def banded(ab: Any, b: Any, l: int, u: int) -> Any:
    """x with a x = b."""
    return apply(solve_banded, (ab, b), {"l": l, "u": u})


def _solve_banded(ab: Any, b: Any, l: int, u: int) -> Any:
    if not b.size:
        return np.zeros(b.shape, np.result_type(ab.dtype, b.dtype))
    return scipy_function("scipy.linalg", "solve_banded")((l, u), ab, b)


# a x = b:  da x + a dx = db, and back with aᴴ, whose bands are exchanged.
solve_banded: Op = primitive(over_stacks(_solve_banded), "ab b", name="solve_banded", core="(r,n),(n,m)->(n,m)",
    jvp={"ab": lambda t, ab, out, l, u: -banded(ab, _product(t, out, l, u), l, u),
         "b": lambda t, ab, l, u: banded(ab, t, l, u)},
    vjp={"ab": lambda g, ab, out, l, u: -_outer(banded(adjoint(ab, l, u), g, u, l), out, l, u),
         "b": lambda g, ab, l, u: banded(adjoint(ab, l, u), g, u, l)})  # fmt: skip
