"""The factorisation a = L D Lᴴ of a Hermitian (or a = L D Lᵀ of a symmetric) matrix with blocks of 1 or 2 in D.

The rows of L are in the order of the pivots, which is locally constant. With X = L⁻¹dL, which is 0 in the blocks and
above, and D of the blocks,

    E = L⁻¹ da L⁻ᴴ = X D + dD + D Xᴴ,      so      dD = E in the blocks,      X = (E below them) D⁻¹,      dL = L X.

Where the blocks stand on the other side (an upper factor), "below" is above.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import Op, primitive
from wengert.errors import NotDifferentiable, explain
from wengert.ops.lazy import scipy_function
from wengert.ops.linalg import H, conj, matmul, mirrored, mT, solve, unmirrored
from wengert.ops.schur import below, blocks
from wengert.ops.stacks import over_stacks

__all__: list[str] = []


def _check_pivots(d: Any) -> Any:
    s = np.linalg.svd(d, compute_uv=False)
    if d.size and np.any(s[..., -1] <= 8 * d.shape[-1] * np.finfo(s.dtype).eps * s[..., 0]):
        raise NotDifferentiable(
            explain(
                "the derivative of an LDL factorisation was asked for at a singular matrix.",
                "A column of L stands over a pivot of 0, and jumps.",
                "Add a multiple of the unit matrix, or use a function of the matrix itself.",
            )
        )
    return d


_regular: Op = primitive(_check_pivots, "d", name="regular_pivots", core="(n,n)->(n,n)",
    jvp={"d": lambda t: t}, vjp={"d": lambda g: g})  # fmt: skip


def _other(x: Any, hermitian: bool) -> Any:
    return H(x) if hermitian else mT(x)


def _beside(x: Any, same: Any, lower: bool) -> Any:
    return below(x, same) if lower else mT(below(mT(x), same))


def _read(t: Any, a: Any, lower: bool, hermitian: bool) -> Any:
    return mirrored(t, a, "L" if lower else "U") if hermitian else t


def _ldl_jvp(t: Any, a: Any, out: Any, lower: bool, hermitian: bool) -> Any:
    low, d, order = out
    d = _regular(d)
    same = blocks(d)
    e = solve(low, _other(solve(low, _other(_read(t, a, lower, hermitian), hermitian)), hermitian))
    x = mT(solve(mT(d), mT(_beside(e, same, lower))))
    return matmul(low, x), np.where(same, e, 0), np.zeros(order.shape)


def _ldl_vjp(g: Any, a: Any, out: Any, lower: bool, hermitian: bool) -> Any:
    (low, d, _), (g_low, g_d, _) = out, g
    d = _regular(d)
    same = blocks(d)
    gx = _beside(matmul(H(low), g_low), same, lower)
    ge = np.where(same, g_d, 0) + _beside(mT(solve(conj(d), mT(gx))), same, lower)
    right = low if hermitian else conj(low)
    ga = solve(H(low), mT(solve(mT(right), mT(ge))))
    return unmirrored(ga, a, "L" if lower else "U") if hermitian else ga


def _ldl(a: Any, lower: bool, hermitian: bool) -> Any:
    if not a.size:
        return np.zeros(a.shape, a.dtype), np.zeros(a.shape, a.dtype), np.zeros(a.shape[-1], int)
    return tuple(scipy_function("scipy.linalg", "ldl")(a, lower=lower, hermitian=hermitian))


ldl_row: Op = primitive(over_stacks(_ldl), "a", name="ldl", core="(n,n)->(n,n),(n,n),(n)", outputs=3,
    jvp={"a": _ldl_jvp}, vjp={"a": _ldl_vjp})  # fmt: skip


def ldl(a: Any, lower: bool, hermitian: bool) -> Any:
    """The factors and the order of the rows. Of a symmetric matrix that is not Hermitian all of `a` counts."""
    return apply(ldl_row, (a,), {"lower": lower, "hermitian": hermitian})
