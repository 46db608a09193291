"""Pseudo-inverses and least squares at any rank: what a cutoff of singular values keeps is smooth.

With a = u s vᴴ, and the singular values in two groups, those that are kept (u₁, s₁, v₁) and those that are dropped
(u₂, s₂, v₂), the latter completed by zeros to bases of the whole spaces, the matrix is k + e,  k = u₁ s₁ v₁ᴴ. While the
groups stay apart, k is an analytic function of a, also where values coincide within a group. With p = k⁺, the
projectors on the spaces of u₁ and v₁ are a p and p a, and (P.-Å. Wedin, "Perturbation bounds in connection with
singular value decomposition", 1972)  x = u₂ᴴ du₁  and  y = v₂ᴴ dv₁  solve

    x s₁ - s₂ y = u₂ᴴ da v₁,    y s₁ - s₂ᴴ x = v₂ᴴ daᴴ u₁.

Written without bases, for z = u₂ x s₁ v₁ᴴ, which is (1 - a p) dk:

    z - e eᴴ z p pᴴ = (1 - a p) da p a + e daᴴ pᴴ,          dk = a p da + z + pᴴ zᴴ e.

As k is the gradient of ½ Σ s₁², its derivative is the Hessian of that, and so its own adjoint. Where e = 0, dk is
what keeps the rank, da - (1 - a p) da (1 - p a), and the terms with e are there for derivatives of the derivative. The
pseudo-inverse and the least squares follow from k, which keeps its rank, by the rule of Golub and Pereyra.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import Box, apply
from wengert.core.op import Op, primitive
from wengert.errors import BatchedValue, InvalidArgument, TracedValue, explain
from wengert.ops.clusters import tolerance
from wengert.ops.linalg import H, matmul
from wengert.ops.spectral import svd, svd_along
from wengert.ops.stacks import over_stacks

__all__: list[str] = []


def _through(x: Any, y: Any, z: Any) -> Any:
    """x y z for x and z of one shape, by way of the smaller square matrix."""
    n, m = x.shape[-2:]
    return matmul(matmul(x, y), z) if n <= m else matmul(x, matmul(y, z))


def kept(t: Any, a: Any, p: Any, rcond: Any, hermitian: bool = False) -> Any:
    """What the kept part of `a` moves by when `a` moves by t; p: its pseudo-inverse, with that cutoff."""
    e = apply(dropped, (a, rcond), {"hermitian": hermitian})
    inside = _through(t, p, a)
    right = inside - _through(a, p, inside) + matmul(e, H(matmul(p, t)))
    z = apply(solve_apart, (right, e, p))
    return _through(a, p, t) + z + _through(H(p), H(z), e)


# --- what is dropped ----------------------------------------------------------------------------------------------
# e = a - k. Of what is rounding nothing is left: e would be multiplied by the squares of p.


def _dropped(a: Any, rcond: Any, hermitian: bool) -> Any:
    if not a.size:
        return np.zeros(np.broadcast_shapes(a.shape[:-2], rcond.shape) + a.shape[-2:], a.dtype)
    u, s, vh = np.linalg.svd(a, full_matrices=False, hermitian=hermitian)
    large = s > rcond[..., None] * np.max(s, axis=-1, keepdims=True)
    s = np.where(large | (s <= tolerance(s)), 0, s)
    return np.matmul(u * s[..., None, :], vh)


def _dropped_along(t: Any, a: Any, rcond: Any, hermitian: bool) -> Any:
    return t - kept(t, a, apply(pinv, (a, rcond), {"hermitian": hermitian}), rcond, hermitian)


def _dropped_back(g: Any, a: Any, rcond: Any, hermitian: bool) -> Any:
    return _dropped_along(g, a, rcond, hermitian)


dropped: Op = primitive(_dropped, "a rcond", name="dropped", core="(n,m),()->(n,m)",
    jvp={"a": _dropped_along, "rcond": 0}, vjp={"a": _dropped_back, "rcond": 0})  # fmt: skip

# --- the equation of two spaces that stay apart -------------------------------------------------------------------
# z = q + e eᴴ z p pᴴ. With the bases of the singular vectors of e and p and their values β and γ it is one equation per
# entry, (1 - β²γ²) z = q; as β is less than 1/γ it has a solution. The operator is its own adjoint.


def _solve_apart(q: Any, e: Any, p: Any) -> Any:
    lead = np.broadcast_shapes(q.shape[:-2], e.shape[:-2], p.shape[:-2])
    q = np.broadcast_to(q, lead + q.shape[-2:])
    if not e.any():
        return q
    left, small, _ = np.linalg.svd(e, full_matrices=False)
    right, large, _ = np.linalg.svd(p, full_matrices=False)
    ratio = (small[..., :, None] * large[..., None, :]) ** 2
    inner = np.matmul(np.matmul(H(left), q), right)
    return q + np.matmul(np.matmul(left, ratio / (1 - ratio) * inner), H(right))


def _spread(e: Any, y: Any, f: Any) -> Any:
    return matmul(e, matmul(H(f), y))


def _apart_along_e(t: Any, e: Any, p: Any, out: Any) -> Any:
    y = matmul(matmul(out, p), H(p))
    return solve_apart(_spread(t, y, e) + _spread(e, y, t), e, p)


def _apart_along_p(t: Any, e: Any, p: Any, out: Any) -> Any:
    y = _spread(e, out, e)
    return solve_apart(matmul(matmul(y, t), H(p)) + matmul(matmul(y, p), H(t)), e, p)


def _apart_back_e(g: Any, e: Any, p: Any, out: Any) -> Any:
    h, y = solve_apart(g, e, p), matmul(matmul(out, p), H(p))
    return matmul(h, matmul(H(y), e)) + matmul(y, matmul(H(h), e))


def _apart_back_p(g: Any, e: Any, p: Any, out: Any) -> Any:
    h, y = solve_apart(g, e, p), _spread(e, out, e)
    return matmul(H(y), matmul(h, p)) + matmul(H(h), matmul(y, p))


solve_apart: Op = primitive(_solve_apart, "q e p", name="solve_apart", core="(n,m),(n,m),(m,n)->(n,m)",
    jvp={"q": lambda t, e, p: solve_apart(t, e, p), "e": _apart_along_e, "p": _apart_along_p},
    vjp={"q": lambda g, e, p: solve_apart(g, e, p), "e": _apart_back_e, "p": _apart_back_p})  # fmt: skip

# --- pseudo-inverses ------------------------------------------------------------------------------------------------
# With p = a⁺ of constant rank (G. H. Golub and V. Pereyra, "The differentiation of pseudo-inverses", 1973):
#
#     dp = -p dk p + p pᴴ dkᴴ (1 - a p) + (1 - p a) dkᴴ pᴴ p


def _pinv_jvp(t: Any, a: Any, rcond: Any, out: Any, hermitian: bool) -> Any:
    p, t = out, kept(t, a, out, rcond, hermitian)
    one, two = _through(p, H(p), H(t)), _through(H(t), H(p), p)
    return one - _through(one, a, p) + two - _through(p, a, two) - _through(p, t, p)


def _pinv_vjp(g: Any, a: Any, rcond: Any, out: Any, hermitian: bool) -> Any:
    p = out
    one, two = _through(H(g), p, H(p)), _through(H(p), p, H(g))
    ga = one - _through(a, p, one) + two - _through(two, p, a) - _through(H(p), g, H(p))
    return kept(ga, a, p, rcond, hermitian)


def _pinv(a: Any, rcond: Any, hermitian: bool) -> Any:
    return np.linalg.pinv(a, rcond=rcond, hermitian=hermitian)


pinv: Op = primitive(_pinv, "a rcond", name="pinv", core="(n,m),()->(m,n)",
    jvp={"a": _pinv_jvp, "rcond": 0}, vjp={"a": _pinv_vjp, "rcond": 0}, torch="LinalgPinv")  # fmt: skip

# --- least squares --------------------------------------------------------------------------------------------------
# x = p b; the residuals |b - a x|², whose derivative in x is 0 at the least squares; and the singular values of a.


def _lstsq_context(a: Any, b: Any, out: Any, rcond: Any) -> Any:
    """The cutoff as `pinv` has it, the pseudo-inverse, the solution and b - a x."""
    if rcond < 0:  # LAPACK's way to say machine precision
        rcond = np.finfo(a.dtype).eps
    cutoff = np.asarray(rcond)
    p = apply(pinv, (a, cutoff), {"hermitian": False})
    return cutoff, p, out[0], b - matmul(a, out[0])


def _squares_along(r: Any, t: Any) -> Any:
    """How the sums of squares of the columns of r move along t."""
    return 2 * np.real(np.sum(np.conj(r) * t, axis=-2))


def _lstsq_jvp_a(t: Any, a: Any, b: Any, out: Any, rcond: Any) -> Any:
    cutoff, p, x, r = _lstsq_context(a, b, out, rcond)
    k = kept(t, a, p, cutoff)
    two = matmul(H(k), matmul(H(p), x))
    dx = matmul(p, matmul(H(p), matmul(H(k), r))) + two - matmul(p, matmul(a, two)) - matmul(p, matmul(k, x))
    ds = svd_along((a,), (t,), {"vectors": False})[1][1]
    return dx, -_squares_along(r, matmul(t, x)), np.zeros(out[2].shape), ds


def _lstsq_jvp_b(t: Any, a: Any, b: Any, out: Any, rcond: Any) -> Any:
    _, p, _, r = _lstsq_context(a, b, out, rcond)
    return matmul(p, t), _squares_along(r, t), np.zeros(out[2].shape), np.zeros(out[3].shape)


def _lstsq_vjp_a(g: Any, a: Any, b: Any, out: Any, rcond: Any) -> Any:
    cutoff, p, x, r = _lstsq_context(a, b, out, rcond)
    gx = g[0]
    one, two = matmul(r, matmul(matmul(H(gx), p), H(p))), matmul(matmul(H(p), x), H(gx))
    ga = kept(one + two - _through(two, p, a) - matmul(matmul(H(p), gx), H(x)), a, p, cutoff)
    u, _, vh = svd(a, vectors=False)  # for the derivative of the values alone
    return ga - 2 * matmul(r * g[1][..., None, :], H(x)) + matmul(u * g[3][..., None, :], vh)


def _lstsq_vjp_b(g: Any, a: Any, b: Any, out: Any, rcond: Any) -> Any:
    _, p, _, r = _lstsq_context(a, b, out, rcond)
    return matmul(H(p), g[0]) + 2 * r * g[1][..., None, :]


def _lstsq(a: Any, b: Any, rcond: Any) -> Any:
    x, residuals, rank, s = np.linalg.lstsq(a, b, rcond)
    if len(residuals) < b.shape[-1]:
        residuals = np.sum(np.abs(b - np.matmul(a, x)) ** 2, axis=0)
    return x, residuals, np.asarray(rank), s


# The residuals of matrices of any shape and rank, whose number does not depend on the numbers.
lstsq: Op = primitive(over_stacks(_lstsq), "a b", name="lstsq", core="(n,m),(n,k)->(m,k),(k),(),(s)", outputs=4,
    jvp={"a": _lstsq_jvp_a, "b": _lstsq_jvp_b}, vjp={"a": _lstsq_vjp_a, "b": _lstsq_vjp_b},
    torch="LinalgLstsq")  # fmt: skip


def _as_wide(residuals: Any, rank: Any, full: int) -> Any:
    return np.broadcast_to(residuals, np.broadcast_shapes(residuals.shape[:-1], rank.shape) + residuals.shape[-1:])


def _check_full(residuals: Any, rank: Any, full: int) -> Any:
    if np.any(rank < full):
        raise InvalidArgument(
            explain(
                "the residuals of least squares were used in a trace, and columns of the matrix are dependent.",
                "np.linalg.lstsq gives none then, so that their number depends on the numbers.",
                "Write np.sum(np.abs(b - a @ x) ** 2, axis=0), or call the function without jit.",
            )
        )
    return _as_wide(residuals, rank, full)


def _full(residuals: Any, rank: Any, full: int) -> Any:
    return apply(_of_full_rank, (residuals, rank), {"full": full})


# Recording does not check: what is not used is left out of the trace.
_of_full_rank: Op = primitive(_check_full, "residuals rank", name="of_full_rank", core="(k),()->(k)",
    jvp={"residuals": lambda t, rank, full: _full(t, rank, full), "rank": 0},
    vjp={"residuals": lambda g, rank, full: _full(g, rank, full), "rank": 0})  # fmt: skip
_of_full_rank.sample = _as_wide


def _given(residuals: Any, rank: Any, rows: int, columns: int) -> Any:
    """The residuals that NumPy gives: none unless there are more rows than columns, which are independent.

    A batch has them if there are more rows, and a stack if some matrix does, for their members have one shape. A trace
    refuses others when it runs.
    """
    if rows <= columns:
        return residuals[..., :0]
    try:
        found = rank.concrete("np.linalg.lstsq") if isinstance(rank, Box) else rank
    except BatchedValue:
        return residuals
    except TracedValue:
        return _full(residuals, rank, columns)
    return residuals if np.any(found == columns) else residuals[..., :0]


def least_squares(a: Any, b: Any, rcond: Any) -> tuple[Any, Any, Any, Any]:
    """The solution, the sums of squared residuals, the rank and the singular values of a, for one b or columns."""
    x, residuals, rank, s = apply(lstsq, (a, b[:, None] if b.ndim == 1 else b), {"rcond": rcond})
    return (x[..., 0] if b.ndim == 1 else x), _given(residuals, rank, *a.shape[-2:]), rank, s
