"""Eigenvalues and singular values. What happens where they coincide is told in `clusters`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import Op, Parted, primitive
from wengert.errors import NotDifferentiable, explain
from wengert.ops.clusters import (
    adapted,
    is_absent,
    known_any,
    limit,
    null_adapted,
    once,
    ramp,
    repeatable,
    size_of,
    together,
    told,
    turns,
    vanishing,
)
from wengert.ops.lazy import scipy_function
from wengert.ops.linalg import H, conj, matmul, mirrored, unmirrored
from wengert.ops.shape import stop_gradient
from wengert.ops.stacks import over_stacks

__all__: list[str] = []


def diagonal(x: Any) -> Any:
    """Matrices with these diagonals."""
    return x[..., None] * np.eye(x.shape[-1], dtype=np.finfo(x.dtype).dtype)


def _gaps(w: Any) -> Any:
    """w_j - w_i."""
    return w[..., None, :] - w[..., :, None]


def over_gaps(x: Any, w: Any, same: Any) -> Any:
    """x_ij / (w_j - w_i) between clusters, 0 within."""
    return np.where(same, 0, x / np.where(same, 1, _gaps(w)))


def over(x: Any, d: Any) -> Any:
    """x / d, and 0 where d is 0."""
    return np.where(d == 0, 0, x / np.where(d == 0, 1, d))


# --- Hermitian matrices ---------------------------------------------------------------------------------------------
# a V = V w, VᴴV = 1. With E = Vᴴ da V:  dw = diag E,  Vᴴ dV = F∘E,  F_ij = 1/(w_j - w_i) between clusters, 0 within.
# Directions are made Hermitian, and so is the gradient; of a matrix that is not, one triangle counts (`mirrored`).


def _eigh_jvp(t: Any, a: Any, out: Any, uplo: Any) -> Any:
    w, v = out
    same = together(w)
    v = once(v, same)
    e = matmul(H(v), matmul(mirrored(t, a, uplo), v))
    return np.real(np.diagonal(e, 0, -2, -1)), matmul(v, over_gaps(e, w, same))


def _eigh_vjp(g: Any, a: Any, out: Any, uplo: Any) -> Any:
    (gw, gv), (w, v) = g, out
    same = together(w)
    v = repeatable(v, same)
    if is_absent(gv):
        return unmirrored(matmul(v * gw[..., None, :], H(v)), a, uplo)
    along = _along(g)
    free = turns(matmul(H(v), gv), same, size_of(gw, w), mixed=not (is_absent(gw) or along))
    inner = diagonal(gw) + over_gaps(free, w, same)
    if along:
        inner = inner + limit([_skew(matmul(H(v), y)) for _, y in along], _gaps(w), _gaps(ramp(w)), same)
    return unmirrored(matmul(matmul(v, inner), H(v)), a, uplo)


def _eigh_parting(g: Any, a: Any, out: Any, uplo: Any) -> Any:
    """Of a function of both values and vectors, the quotients within clusters are needed."""
    w, _ = out
    if is_absent(g[0]) or is_absent(g[1]) or not known_any(_others(together(w))):
        return None
    return ramp(w), None


def _others(same: Any) -> Any:
    """The pairs of different members of clusters."""
    return same & ~np.eye(same.shape[-1], dtype=bool)


def _along(g: Any) -> Sequence[Any]:
    return g.along if isinstance(g, Parted) else ()


def _skew(x: Any) -> Any:
    return 0.5 * (x - H(x))


def _eigh_dual(values: Sequence[Any], tangents: Sequence[Any], params: Mapping[str, Any]) -> Any:
    (a,), (t,) = values, tangents
    w, v = apply(eigh, (a,), params)
    e = matmul(H(v), matmul(mirrored(t, a, params["uplo"]), v))
    v, _ = adapted(a, w, e, v, vectors=params.get("vectors", True))
    return (w, v), _eigh_jvp(t, a, (w, v), params["uplo"])


def _eigh(a: Any, uplo: Any, driver: str | None = None, vectors: bool = True) -> Any:
    """By NumPy, or by one of SciPy's drivers, which give the vectors other signs; vectors: whether they are wanted."""
    if driver is None or not a.size:
        return tuple(np.linalg.eigh(a, uplo))
    return over_stacks(scipy_function("scipy.linalg", "eigh"))(a, lower=uplo == "L", driver=driver)


eigh: Op = primitive(_eigh, "a", name="eigh", core="(n,n)->(n),(n,n)",
    outputs=2, dual=_eigh_dual, parting=_eigh_parting, torch="LinalgEigh",
    jvp={"a": _eigh_jvp}, vjp={"a": _eigh_vjp})  # fmt: skip


# --- general matrices -----------------------------------------------------------------------------------------------
# With E = V⁻¹ da V:  dw = diag E,  dV = V K,  K = F∘E + D. The diagonal D keeps each column v of length 1,
# Re D = -Re diag(Vᴴ V (F∘E)), and its largest component v_k real, as LAPACK's `geev` does: Im D = -Im (V F∘E)_k / v_k.


def _checked_inverse(v: Any) -> Any:
    """V⁻¹; raises for a defective matrix, which has too few eigenvectors and no derivative."""
    if v.size:
        s = np.linalg.svd(v, compute_uv=False)
        if np.any(s[..., -1] <= 8 * v.shape[-1] * np.finfo(s.dtype).eps * s[..., 0]):
            raise NotDifferentiable(
                explain(
                    "the derivative of eigenvalues or eigenvectors was asked for at a defective matrix.",
                    "Its eigenvectors are no basis, and its eigenvalues come apart like roots, with infinite slopes.",
                    "Use a function of the matrix itself (its trace, det, expm ...), or move off the point.",
                )
            )
    return np.linalg.inv(v)


# The rules of `inv`, by its own row.
basis_inverse: Op = primitive(_checked_inverse, "v", name="basis_inverse", core="(n,n)->(n,n)",
    jvp={"v": lambda t, out: -matmul(out, matmul(t, out))},
    vjp={"v": lambda g, out: -matmul(H(out), matmul(g, H(out)))})  # fmt: skip


def _pivots(v: Any) -> Any:
    """Per column the component that LAPACK made real, as 1 among zeros."""
    if not v.size:
        return np.zeros(v.shape, np.finfo(v.dtype).dtype)
    size = np.where(np.imag(v) == 0, np.abs(v), 0)
    k = np.argmax(size, axis=-2)
    return (np.arange(v.shape[-2])[:, None] == k[..., None, :]).astype(np.finfo(v.dtype).dtype)


_pivot_of: Op = primitive(_pivots, "v", name="eig_pivot", core="(n,n)->(n,n)", jvp={"v": 0}, vjp={"v": 0})


def _column_dot(x: Any, y: Any) -> Any:
    return np.sum(conj(x) * y, axis=-2)


def _eig_jvp(t: Any, out: Any, vectors: bool = True) -> Any:
    w, v = out
    same = together(w, chained=False)
    v = once(v, same)
    e = matmul(basis_inverse(v), matmul(t.astype(v.dtype), v))
    if vectors:  # a direction may split a cluster along other vectors
        e = vanishing(e, _others(same))
    dv = matmul(v, over_gaps(e, w, same))
    pivot = _pivot_of(v)
    turn = np.imag(np.sum(pivot * dv, axis=-2)) / np.real(np.sum(pivot * v, axis=-2))
    return np.diagonal(e, 0, -2, -1), dv - v * (np.real(_column_dot(v, dv)) + 1j * turn)[..., None, :]


def _eig_vjp(g: Any, out: Any) -> Any:
    (gw, gv), (w, v) = g, out
    same = together(w, chained=False)
    v = once(v, same)
    left = H(basis_inverse(v))
    if is_absent(gv):
        return matmul(left * gw[..., None, :], H(v))
    along, others = _along(g)[:1], _others(same)
    free = vanishing(_free(gv, v), others, size_of(gw, w))
    if not (is_absent(gw) or along):
        free = told(free, others)
    inner = diagonal(gw) + over_gaps(free, conj(w), same)
    if along:
        first = [_free(y, v) for _, y in along]
        inner = inner + limit(first, conj(_gaps(w)), _gaps(ramp(w)), others)
    return matmul(matmul(left, inner), H(v))


def _free(gv: Any, v: Any) -> Any:
    """Vᴴ gv without what `dv` loses to the norm and to the phase."""
    pivot = _pivot_of(v)
    along = _column_dot(v, gv)
    gv = gv - v * np.real(along)[..., None, :]
    gv = gv + 1j * pivot * (-np.imag(along) / np.real(np.sum(pivot * v, axis=-2)))[..., None, :]
    return matmul(H(v), gv)


def _eig_parting(g: Any, out: Any) -> Any:
    """Of a function of both values and vectors, the quotients within clusters are needed."""
    w = out[0]
    if is_absent(g[0]) or is_absent(g[1]) or not known_any(_others(together(w, chained=False))):
        return None
    return ramp(w), None


def _eig_dual(values: Sequence[Any], tangents: Sequence[Any], params: Mapping[str, Any]) -> Any:
    out = apply(eig, values, params)
    return out, _eig_jvp(tangents[0], out, params.get("vectors", True))


def _eig(a: Any, vectors: bool = True) -> Any:
    w, v = np.linalg.eig(a)
    kind = np.result_type(a.dtype, np.complex64)
    return w.astype(kind), v.astype(kind)


# Complex always: whether the eigenvalues of a real matrix are real depends on its entries.
eig: Op = primitive(_eig, "a", name="eig", core="(n,n)->(n),(n,n)", outputs=2,
    dual=_eig_dual, parting=_eig_parting, torch="LinalgEig",
    jvp={"a": lambda t, out: _eig_jvp(t, out)}, vjp={"a": _eig_vjp})  # fmt: skip


# --- singular values ------------------------------------------------------------------------------------------------
# a = u s vᴴ with uᴴu = vᴴv = 1. With T = uᴴ da v the skew-Hermitian matrices P = uᴴdu and Q = vᴴdv solve
#
#     T = P s + ds - s Q,   so   ds = Re diag T,   (P + Q)_ij = (T + Tᴴ)_ij / (s_j - s_i)   between clusters,
#                                                  (P - Q)_ij = (T - Tᴴ)_ij / (s_j + s_i),
#
# and P + Q = 0 within clusters, where u and v turn together. A singular value of 0 is a cluster in which they turn
# apart: there P = Q = 0. What leaves the spaces of u and v is  (1 - u uᴴ) da v s⁻¹  and  (1 - v vᴴ) daᴴ u s⁻¹.
# (J. Townsend, "Differentiating the singular value decomposition", 2016.)


def _outside(basis: Any, x: Any) -> Any:
    return x - matmul(basis, matmul(H(basis), x))


def _effective(s: Any) -> Any:
    """Singular values that are zero to working precision as zeros."""
    n = s.shape[-1]
    top = np.max(s, axis=-1, keepdims=True, initial=0)
    return np.where(s <= 8 * n * np.finfo(s.dtype).eps * top, s - stop_gradient(s), s)


def _sums(s: Any) -> Any:
    """s_j + s_i."""
    return s[..., None, :] + s[..., :, None]


def _svd_jvp(t: Any, out: Any) -> Any:
    u, s, vh = out
    same = together(s)
    s, u, v = _effective(s), once(u, same), once(H(vh), same)
    tv, tu = matmul(t, v), matmul(H(t), u)
    inner = matmul(H(u), tv)
    even, odd = over_gaps(inner + H(inner), s, same), over(inner - H(inner), _sums(s))
    du, dv = matmul(u, 0.5 * (even + odd)), matmul(v, 0.5 * (even - odd))
    if u.shape[-2] > u.shape[-1]:
        du = du + over(_outside(u, tv), s[..., None, :])
    if v.shape[-2] > v.shape[-1]:
        dv = dv + over(_outside(v, tu), s[..., None, :])
    return du, np.real(np.diagonal(inner, 0, -2, -1)), H(dv)


def _svd_vjp(g: Any, out: Any) -> Any:
    (gu, gs, gv), (u, full, vh) = (g[0], g[1], H(g[2])), out
    same = together(full)
    s, u, v = _effective(full), repeatable(u, same), repeatable(H(vh), same)
    if is_absent(g[0]) and is_absent(g[2]):
        return matmul(u * gs[..., None, :], H(v))
    along, mixed, zero = _along(g), not is_absent(gs), s == 0
    if mixed and not along:
        gs = _sizes(gs, s, u.shape[-2] != v.shape[-2])
    # Where both singular values are 0, u and v turn apart, so that neither may ask for it.
    pu, pv = matmul(H(u), gu), matmul(H(v), gv)
    both = zero[..., None, :] & zero[..., :, None]
    size = size_of(gs, s)
    odd = over(vanishing(_skew(pu - pv), both, size), _sums(s))
    even = over_gaps(turns(pu + pv, same, size, mixed=mixed and not along), s, same)
    inner = diagonal(gs) + even + odd
    if along:
        inner = inner + _svd_limits(u, v, full, along, same, both)
    grad = matmul(matmul(u, inner), H(v))
    if u.shape[-2] > u.shape[-1]:
        grad = grad + matmul(_over_columns(u, gu, [y[0] for y in along], full, zero), H(v))
    if v.shape[-2] > v.shape[-1]:
        grad = grad + matmul(u, H(_over_columns(v, gv, [H(y[2]) for y in along], full, zero)))
    return grad


def _svd_limits(u: Any, v: Any, s: Any, along: Sequence[Any], same: Any, both: Any) -> Any:
    """The quotients within clusters: of turns of u and v together, and of turns apart where the values are 0."""
    pairs = [(matmul(H(u), gu), matmul(H(v), H(gv))) for gu, _, gv in along]
    step = ramp(s)
    even = limit([_skew(pu + pv) for pu, pv in pairs], _gaps(s), _gaps(step), same)
    return even + limit([_skew(pu - pv) for pu, pv in pairs], _sums(s), _sums(step), both)


def _over_columns(basis: Any, g: Any, along: Sequence[Any], s: Any, zero: Any) -> Any:
    """What leaves the space of the basis, over the singular values."""
    x = _outside(basis, g)
    mask, columns = np.broadcast_to(zero[..., None, :], x.shape), s[..., None, :]
    out = np.where(mask, 0, vanishing(x, mask) / np.where(mask, 1, columns))
    if not along:
        return out
    return out + limit([_outside(basis, y) for y in along], columns, ramp(s)[..., None, :], mask)


def _svd_parting(g: Any, out: Any) -> Any:
    """Of a function of both values and vectors, the quotients within clusters, and where values are 0, are needed."""
    s = out[1]
    if is_absent(g[1]) or (is_absent(g[0]) and is_absent(g[2])):
        return None
    if not known_any(_others(together(s))) and not known_any(_effective(s) == 0):
        return None
    return None, ramp(s), None


def _sizes(gs: Any, s: Any, rectangular: bool) -> Any:
    """The cotangent of the singular values, where a function of the vectors, too, must not look at those of 0.

    Only one such value of a square matrix goes on smoothly, its vectors with it.
    """
    zero = s == 0
    several = zero if rectangular else zero & (np.sum(zero, axis=-1, keepdims=True) > 1)
    return vanishing(gs[..., None], several[..., None])[..., 0]


def svd_along(values: Sequence[Any], tangents: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """u, s, vᴴ and their tangents, the vectors turned to suit the direction where values coincide."""
    (a,), (t,) = values, tangents
    u, s, vh = apply(svd, (a,), params)
    u, v = _suited(a, t, (u, s, H(vh)), params.get("vectors", True))
    out = (u, s, H(v))
    return out, _svd_jvp(t, out)


def _suited(a: Any, t: Any, found: Any, vectors: bool) -> tuple[Any, Any]:
    """u and v, turned to suit the direction t."""
    u, s, v = found
    u, v = adapted(a, s, matmul(H(u), matmul(t, v)), u, v, vectors)
    if u.shape[-2] > u.shape[-1]:
        return null_adapted(a, s, u, matmul(t, v), v, vectors)
    if v.shape[-2] > v.shape[-1]:
        v, u = null_adapted(a, s, v, matmul(H(t), u), u, vectors)
    return u, v


def _svd(a: Any, vectors: bool = True) -> Any:
    return tuple(np.linalg.svd(a, full_matrices=False))


svd: Op = primitive(_svd, "a", name="svd", core="(n,m)->(n,k),(k),(k,m)", outputs=3,
    dual=svd_along, parting=_svd_parting, torch="LinalgSvd", jvp={"a": _svd_jvp}, vjp={"a": _svd_vjp})  # fmt: skip


# --- bases of the whole space -----------------------------------------------------------------------------------------
# [q r] unitary: the columns r complete q, in any basis, which is to say that rᴴdr = 0 will do. From qᴴr = 0 then
# dr = -q dqᴴ r, and the cotangent of r arrives at q as -r grᴴ q.


def completed(dq: Any, q: Any, rest: Any) -> Any:
    """The tangent of [q rest] from that of q."""
    return np.concatenate([dq, -matmul(q, matmul(H(dq), rest))], axis=-1)


def taken_up(g: Any, q: Any, rest: Any) -> Any:
    """The cotangent of q from that of [q rest]; raises if it asks for the basis of the rest."""
    k = q.shape[-1]
    if is_absent(g) or not rest.shape[-1]:
        return g[..., :k]
    mine, other = g[..., :k], g[..., k:]
    inner = matmul(H(rest), other)
    same = np.ones((rest.shape[-1],) * 2, bool)
    nothing = turns(inner, np.broadcast_to(same, inner.shape))
    return mine - matmul(rest, matmul(H(other + matmul(rest, nothing)), q))


def _split(out: Any) -> Any:
    u, s, vh = out
    k = s.shape[-1]
    return (u[..., :k], s, vh[..., :k, :]), u[..., k:], H(vh)[..., k:]


def _svd_full_jvp(t: Any, out: Any) -> Any:
    thin, u_rest, v_rest = _split(out)
    du, ds, dvh = _svd_jvp(t, thin)
    return completed(du, thin[0], u_rest), ds, H(completed(H(dvh), H(thin[2]), v_rest))


def _svd_full_vjp(g: Any, out: Any) -> Any:
    thin, u_rest, v_rest = _split(out)

    def thinned(g: Any) -> tuple[Any, Any, Any]:
        gv = g[2] if is_absent(g[2]) else H(taken_up(H(g[2]), H(thin[2]), v_rest))
        if is_absent(gv):
            gv = gv[..., : thin[1].shape[-1], :]
        return taken_up(g[0], thin[0], u_rest), g[1], gv

    found = Parted(thinned(g))
    found.along = [thinned(y) for y in _along(g)]
    return _svd_vjp(found, thin)


def _rest(u: Any, old: Any) -> Any:
    if np.max(np.abs(H(u) @ old), initial=0) < np.sqrt(np.finfo(u.dtype).eps):
        return old
    return np.linalg.svd(u)[0][:, u.shape[-1] :]


# What completes u, in any basis: the old one as long as it does.
rest: Op = primitive(over_stacks(_rest), "u old", name="rest", core="(n,k),(n,j)->(n,j)",
    jvp={"u": lambda t, u, out: -matmul(u, matmul(H(t), out)), "old": 0},
    vjp={"u": lambda g, u, out: -matmul(out, matmul(H(g), u)), "old": 0})  # fmt: skip


def _svd_full_along(values: Sequence[Any], tangents: Sequence[Any], params: Mapping[str, Any]) -> Any:
    (a,), (t,) = values, tangents
    (u, s, vh), u_rest, v_rest = _split(apply(svd_full, (a,), params))
    u, v = _suited(a, t, (u, s, H(vh)), True)
    u, v = (np.concatenate([x, apply(rest, (x, y))], axis=-1) for x, y in ((u, u_rest), (v, v_rest)))
    out = (u, s, H(v))
    return out, _svd_full_jvp(t, out)


svd_full: Op = primitive(lambda a: tuple(np.linalg.svd(a)), "a", name="svd_full", core="(n,m)->(n,p),(k),(q,m)",
    outputs=3, dual=_svd_full_along, parting=_svd_parting, torch="LinalgSvd",
    jvp={"a": _svd_full_jvp}, vjp={"a": _svd_full_vjp})  # fmt: skip
