"""Determinants and their derivatives of every order, at matrices of any rank.

The determinant is a polynomial, so that it has all derivatives everywhere, although inverses have none where it is 0.
With G(a) the matrix of signed minors, d det(a) = Σ G_ij da_ij, and the derivatives of G along t₁ ... t_k are a row of
their own, `minors`: linear and symmetric in the directions, and with the next one as its derivative. Where a is
singular, it takes minors of the diagonal matrix of singular values (G. W. Stewart, "On the adjugate matrix", 1998).
"""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.core.op import Op, primitive
from wengert.errors import NotDifferentiable, explain
from wengert.ops.linalg import H, conj, mT

__all__ = ["inverse_if_any", "made_infinite"]

_MANY = 2000  # minors; up to so many are taken one by one to keep digits


# --- the values ---------------------------------------------------------------------------------------------------


# The conjugate cofactors: det(a)* a⁻ᴴ, also of a singular matrix. Its SVD is u s vᴴ, and the cofactors of the
# diagonal matrix s are products of all singular values but one.
def _cofactors(a: Any) -> Any:
    finite = np.isfinite(a).all(axis=(-2, -1), keepdims=True)
    if not finite.all():  # for which there is no SVD
        return np.where(finite, _cofactors(np.where(finite, a, 0)), a.dtype.type(np.nan))
    u, s, vh = np.linalg.svd(a)
    n = s.shape[-1]
    others = np.prod(np.where(np.eye(n, dtype=bool), 1, s[..., None, :]), axis=-1)
    turn = np.conj(np.linalg.det(u) * np.linalg.det(vh))
    return turn[..., None, None] * np.matmul(u * others[..., None, :], vh)


def _minors(a: Any, ts: Any) -> Any:
    n, k = a.shape[-1], ts.shape[-3]
    shape = a.shape[:-2] if a.shape[:-2] == ts.shape[:-3] else np.broadcast_shapes(a.shape[:-2], ts.shape[:-3])
    if k >= n or 0 in shape:  # of degree n - 1 in the entries of a
        return np.zeros((*shape, n, n), np.result_type(a, ts))
    b = _inverse(a, k)
    if b is not None:
        return _by_inverse(a, b, ts)
    return _one_by_one(np.broadcast_to(a, (*shape, n, n)), np.broadcast_to(ts, (*shape, k, n, n)))


def _one_by_one(a: Any, ts: Any) -> Any:
    """Of stacks of which a matrix may be singular."""
    out = np.zeros(a.shape, np.result_type(a, ts))
    for at in np.ndindex(a.shape[:-2]):
        if not np.isfinite(a[at]).all():  # for which there is no SVD
            out[at] = np.nan
            continue
        b = _inverse(a[at], ts.shape[-3])
        out[at] = _by_choice(a[at], ts[at]) if b is None else _by_inverse(a[at], b, ts[at])
    return out


# The inverse loses about a factor of the condition number per order. Where that may be half of the digits at the second
# order, minors are taken one by one, if these are not too many; where there is no inverse, always.
def _inverse(a: Any, k: int) -> Any:
    try:
        b = np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return None
    n, eps = a.shape[-1], float(np.finfo(a.dtype).eps)
    bound = eps ** (-0.5 / max(k, 2)) if math.comb(n, k + 1) <= _MANY else 1 / (8 * n * eps)
    condition = _square(a) * _square(b)  # of the Frobenius norm, squared
    return b if np.all(condition < bound**2) else None


def _square(x: Any) -> Any:
    x = x.reshape(*x.shape[:-2], -1)
    return np.real(np.vecdot(x, x))


# In numbers with parts for subsets J of the directions, (a + Σ_j ε_j t_j) b = 1 has a b_J = -Σ_{j∈J} t_j b_{J-j};
# d det = det tr(b da) gives, with j one of J, d_J = Σ_{K⊆J-j} d_K tr(b_{J-j-K} t_j); and Gᵀ = det b.
def _by_inverse(a: Any, b: Any, ts: Any) -> Any:
    ts = [ts[..., j, :, :] for j in range(ts.shape[-3])]
    if len(ts) == 1:
        return np.linalg.det(a)[..., None, None] * mT(_trace(b, ts[0]) * b - b @ ts[0] @ b)
    inverses, dets = {0: b}, {0: np.linalg.det(a)[..., None, None]}
    moves = [b @ t for t in ts]
    every = 2 ** len(ts) - 1
    for subset in range(1, every + 1):
        members = [j for j in range(len(ts)) if subset >> j & 1]
        inverses[subset] = -sum(moves[j] @ inverses[subset ^ 1 << j] for j in members)
        rest, t = subset ^ 1 << members[0], ts[members[0]]
        dets[subset] = sum(dets[c] * _trace(inverses[rest ^ c], t) for c in _subsets(rest))
    return mT(sum(dets[c] * inverses[every ^ c] for c in _subsets(every)))


def _trace(x: Any, y: Any) -> Any:
    """tr(x y), as a matrix of one entry."""
    return np.einsum("...ij,...ji->...", x, y)[..., None, None]


def _subsets(of: int) -> list[int]:
    return [c for c in range(of + 1) if c & of == c]


# a = u s vᴴ has G(a) = det(u vᴴ) u* G(s + ε T) v* with T = uᴴ t v, and each term of a derivative of minors of s + ε T
# takes k + 1 rows and columns out of T and i, j, and the other ones out of s:
#
#     D^k G(s)[T₁ ... T_k] = Σ_{I, |I| = k + 1} Π_{l∉I} s_l · D^k G(0)[T₁[I, I] ... T_k[I, I]]   at the places I, I.
#
# G of k + 1 rows is homogeneous of degree k: its kth derivative is Σ_{J⊆{1 ... k}} (-1)^{k - |J|} G(Σ_{j∈J} T_j).
def _by_choice(a: Any, ts: Any) -> Any:
    u, s, vh = np.linalg.svd(a)
    n, k = len(s), len(ts)
    sizes = np.linalg.norm(ts, axis=(-2, -1), keepdims=True)
    turned = H(u) @ (ts / np.where(sizes == 0, 1, sizes)) @ H(vh)
    chosen = np.array(list(itertools.combinations(range(n), k + 1)))
    places = chosen[:, :, None], chosen[:, None, :]
    blocks = turned[:, *places]
    parts: Any = 0
    for subset in itertools.product((False, True), repeat=k):
        sign = (-1) ** (k - sum(subset))
        parts = parts + sign * np.conj(_cofactors(np.sum(blocks[np.array(subset)], axis=0)))
    left = np.ones((len(chosen), n), bool)
    np.put_along_axis(left, chosen, False, axis=-1)
    weights = np.prod(np.where(left, s, 1), axis=-1)
    out = np.zeros((n, n), parts.dtype)
    np.add.at(out, places, weights[:, None, None] * parts)
    turn = np.linalg.det(u) * np.linalg.det(vh) * np.prod(sizes)
    return turn * (np.conj(u) @ out @ np.conj(vh))


# --- the rows -------------------------------------------------------------------------------------------------------


def _and(ts: Any, t: Any) -> Any:
    """The directions and one more."""
    shape = np.broadcast_shapes(ts.shape[:-3], t.shape[:-2])
    t = t[..., None, :, :]
    ts, t = (np.broadcast_to(x, (*shape, *x.shape[-3:])) for x in (ts, t))
    return np.concatenate([ts, t], axis=-3)


def _but(ts: Any, i: int) -> Any:
    """The directions without one."""
    return np.concatenate([ts[..., :i, :, :], ts[..., i + 1 :, :, :]], axis=-3)


def _each(t: Any, a: Any, ts: Any) -> Any:
    """The sum over the directions, each in turn replaced by its own change."""
    parts = [minors(a, _and(_but(ts, i), t[..., i, :, :])) for i in range(ts.shape[-3])]
    return sum(parts[1:], parts[0])


def _each_back(g: Any, a: Any, ts: Any) -> Any:
    """The adjoint of `_each`."""
    parts = [conj(minors(a, _and(_but(ts, i), conj(g)))) for i in range(ts.shape[-3])]
    return np.stack(parts, axis=-3)


# D^k G(a)[ts]. As second derivatives of one function are symmetric, ⟨minors(a, ts), g⟩ without conjugation is linear
# and symmetric in all of ts and g.
minors: Op = primitive(_minors, "a ts", name="minors", core="(n,n),(k,n,n)->(n,n)",
    jvp={"a": lambda t, a, ts: minors(a, _and(ts, t)), "ts": _each},
    vjp={"a": lambda g, a, ts: conj(minors(a, _and(ts, conj(g)))), "ts": _each_back})  # fmt: skip


cofactors: Op = primitive(_cofactors, "a", name="cofactors", core="(n,n)->(n,n)",
    jvp={"a": lambda t, a: conj(minors(a, t[..., None, :, :]))},
    vjp={"a": lambda g, a: conj(minors(a, g[..., None, :, :]))})  # fmt: skip


# d det(a) = ⟨cofactors, da⟩.
det = primitive(np.linalg.det, "a", core="(n,n)->()",
    jvp={"a": lambda t, a: np.sum(t * conj(cofactors(a)), axis=(-2, -1))},
    vjp={"a": lambda g, a: g[..., None, None] * cofactors(a)},
    torch="LinalgDet")  # fmt: skip


# --- inverses where there may be none -------------------------------------------------------------------------------
# The determinant's logarithm and the condition number are infinite there, and have no derivative.


def _inverse_if_any(a: Any) -> Any:
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        nothing = np.full(a.shape[-2:], np.nan, a.dtype)
        found = [nothing if gone else np.linalg.inv(x) for x, gone in zip(*_listed(a), strict=True)]
        return np.reshape(np.stack(found), a.shape)


def _listed(a: Any) -> tuple[Any, list[bool]]:
    """The matrices of a stack one after the other, and which of them NumPy does not invert."""
    rows = a.reshape(-1, *a.shape[-2:])
    return rows, [not _is_inverted(x) for x in rows]


def _is_inverted(a: Any) -> bool:
    try:
        np.linalg.inv(a)
    except np.linalg.LinAlgError:
        return False
    return True


def _refusal(a: Any) -> NotDifferentiable:
    while isinstance(a, Box):
        a = a.value
    return NotDifferentiable(
        explain(
            f"the logarithm of a determinant or a condition number was to be differentiated at {_which(a)}.",
            "Its determinant is 0, where both are infinite and have no derivative.",
            "Use np.linalg.det, which has one there, or add a multiple of the unit matrix.",
        )
    )


def _which(a: Any) -> str:
    """The first singular matrix, by its place in the stack."""
    if a.ndim == 2:
        return "a singular matrix"
    at = np.unravel_index(_listed(a)[1].index(True), a.shape[:-2])
    return f"matrix [{', '.join(map(str, at))}] of a stack, which is singular"


def _check_inverse(out: Any, a: Any) -> Any:
    if np.isnan(out).any() and any(_listed(a)[1]):
        raise _refusal(a)
    return np.broadcast_to(out, np.broadcast_shapes(out.shape, a.shape))


def _inverse_along(t: Any, a: Any, out: Any) -> Any:
    out = _told_regular(out, a)
    return -np.matmul(out, np.matmul(t, out))


def _inverse_back(g: Any, a: Any, out: Any) -> Any:
    out = _told_regular(out, a)
    return -np.matmul(H(out), np.matmul(g, H(out)))


# NaN where there is none, as in NumPy's condition numbers; derivatives there are refused.
inverse_if_any: Op = primitive(_inverse_if_any, "a", name="inverse_if_any", core="(n,n)->(n,n)",
    jvp={"a": _inverse_along}, vjp={"a": _inverse_back})  # fmt: skip
_told_regular: Op = primitive(_check_inverse, "out a", name="told_regular", core="(n,n),(n,n)->(n,n)",
    jvp={"out": lambda t: t, "a": 0}, vjp={"out": lambda g: g, "a": 0})  # fmt: skip


def _is_born(x: Any, a: Any) -> Any:
    """Where a condition number is NaN without a NaN in its matrix."""
    return np.isnan(x) & ~np.any(np.isnan(a), axis=(-2, -1))


def _check_condition(t: Any, x: Any, a: Any) -> Any:
    if np.any(_is_born(x, a)) and any(_listed(a)[1]):
        raise _refusal(a)
    return np.broadcast_to(t, np.broadcast_shapes(np.shape(t), np.shape(x), np.shape(a)[:-2]))


# The condition number x of `a`, infinite where there is no inverse. A mask would hide the refusal.
made_infinite: Op = primitive(lambda x, a: np.where(_is_born(x, a), x.dtype.type(np.inf), x), "x a",
    name="made_infinite", core="(),(n,n)->()",
    jvp={"x": lambda t, x, a: _told_finite(t, x, a), "a": 0},
    vjp={"x": lambda g, x, a: _told_finite(g, x, a), "a": 0})  # fmt: skip
_told_finite: Op = primitive(_check_condition, "t x a", name="told_finite", core="(),(),(n,n)->()",
    jvp={"t": lambda t: t, "x": 0, "a": 0}, vjp={"t": lambda g: g, "x": 0, "a": 0})  # fmt: skip

# --- logarithms -----------------------------------------------------------------------------------------------------
# d ln det(a) = tr(a⁻¹ da): its real part changes the logarithm, its imaginary part turns the sign.


# By the row of `inv`, which compiled code has machine code for.
def _regular_inverse(a: Any) -> Any:
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError as error:
        raise _refusal(a) from error


def _slogdet_jvp(t: Any, a: Any, out: Any) -> Any:
    trace = np.sum(_regular_inverse(a) * mT(t), axis=(-2, -1))
    return (out[0] * (trace - np.real(trace)), np.real(trace))


def _slogdet_vjp(g: Any, a: Any, out: Any) -> Any:
    trace = g[1]
    if a.dtype.kind == "c":
        trace = trace + 1j * np.real(conj(g[0]) * 1j * out[0])
    return trace[..., None, None] * H(_regular_inverse(a))


slogdet = primitive(lambda a: tuple(np.linalg.slogdet(a)), "a", name="slogdet", core="(n,n)->(),()", outputs=2,
    jvp={"a": _slogdet_jvp}, vjp={"a": _slogdet_vjp}, torch="LinalgSlogdet")  # fmt: skip
