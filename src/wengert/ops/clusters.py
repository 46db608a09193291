"""Clusters: equal eigenvalues or singular values, and what their vectors may be asked for.

In a cluster the vectors are any basis of one space, and each of them may change its sign or phase at any time. A
function has a derivative if it does not depend on that choice (it is *gauge-invariant*). Then

* of X = Vᴴ gV, with gV the cotangent of the vectors, the skew-Hermitian part vanishes in every cluster, for it is
  the derivative along turns of the basis. `turns` checks this, phases included, and raises otherwise. What is left
  out is 0/0, and leaving it out is exact for a function of the vectors alone, such as a projector onto the spaces of
  clusters (M. F. Kasim, "Derivatives of partial eigendecomposition of a real symmetric matrix for degenerate cases",
  2020), and for symmetric functions of the values alone (A. S. Lewis, "Derivatives of spectral functions", 1996).
* A function of both, such as V h(w) Vᴴ, has by Daleckii and Krein ("Integration and differentiation of functions of
  Hermitian operators", 1965) the divided differences of h as its derivative, h'(w) in a cluster. Reverse accumulation
  finds them by l'Hôpital's rule (`limit`): as a function of the values, X - Xᴴ vanishes where two of them meet, so that
  its quotient with their difference is that of the derivatives along a direction in which they part. These come with
  the cotangents (`interpreters/parting`). Forward accumulation takes the basis that suits the direction (`adapted`), as
  in perturbation theory (T. Kato, "Perturbation Theory for Linear Operators", 1966, II §6), where no 0/0 arises.
* Second derivatives are the first ones of such functions: exact by forward over reverse and by reverse over reverse.
  A basis cannot suit two directions: what has forward accumulation inside another one is refused (`held_still`,
  `once`), but for functions of the values alone. So is what is compiled in reverse, if it comes to a cluster (`told`).

Clusters are told from rounding: values belong together when they differ by no more than 8 n ε times the largest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.core.apply import Box, apply, is_known
from wengert.core.op import Op, primitive
from wengert.errors import NotDifferentiable, explain
from wengert.ops.shape import stop_gradient

__all__ = [
    "adapted",
    "is_absent",
    "known_any",
    "limit",
    "null_adapted",
    "once",
    "ramp",
    "repeatable",
    "rounding",
    "size_of",
    "together",
    "told",
    "turns",
    "vanishing",
]


def is_absent(g: Any) -> bool:
    """Whether a cotangent of several stands for 'none came': a zero that takes no memory."""
    return type(g) is np.ndarray and g.size > 0 and not any(g.strides) and not g.any()


def _H(x: Any) -> Any:
    return np.conj(np.swapaxes(x, -1, -2))


# --- which values belong together ---------------------------------------------------------------------------------


def tolerance(w: Any) -> Any:
    """How far values may be apart by rounding alone, per matrix."""
    n = w.shape[-1]
    return 8 * n * np.finfo(w.dtype).eps * np.max(np.abs(w), axis=-1, initial=0, keepdims=True)


def _together(w: Any, chained: bool) -> Any:
    if not chained:
        return np.abs(w[..., None, :] - w[..., :, None]) <= 64 * tolerance(w)[..., None]
    number = _numbers(w)
    return number[..., None, :] == number[..., :, None]


def _numbers(w: Any) -> Any:
    """The number of the cluster of each of the sorted values."""
    gaps = np.abs(np.diff(w, axis=-1)) > tolerance(w)
    first = np.zeros((*w.shape[:-1], min(w.shape[-1], 1)), int)
    return np.concatenate([first, np.cumsum(gaps, axis=-1)], axis=-1)


# [i, j]: whether values i and j are one cluster. Sorted real values are chained, complex ones compared in pairs.
_cluster: Op = primitive(_together, "w", name="cluster", core="(n)->(n,n)", jvp={"w": 0}, vjp={"w": 0})


def together(w: Any, chained: bool = True) -> Any:
    """Which values are one cluster, as a boolean matrix."""
    return apply(_cluster, (w,), {"chained": chained})


def known_any(mask: Any) -> bool:
    """Whether some entry of a mask is set; False if that is not to be known."""
    if not is_known(mask):
        return False
    while isinstance(mask, Box):
        mask = mask.value
    return bool(np.any(mask))


def _larger(same: Any) -> bool:
    """Whether some cluster has more than one member."""
    return bool(np.any(np.sum(same, axis=-1) > 1))


# --- what a cotangent may ask for -----------------------------------------------------------------------------------


def _skew(x: Any) -> Any:
    return 0.5 * (x - _H(x))


def rounding(x: Any, size: Any) -> Any:
    """Up to which size an entry of a matrix of cotangents may be rounding; size: of what may have cancelled there."""
    eps = np.finfo(x.dtype).eps
    largest = np.max(np.abs(x), axis=(-2, -1), initial=0, keepdims=True)
    return np.sqrt(eps) * largest + 100 * eps * (1 + 10 * np.asarray(size)[..., None, None])


def size_of(g: Any, w: Any) -> Any:
    """How large the derivative by the logarithms of the values is, per matrix: a measure for what is rounding."""
    g, w = stop_gradient(g), stop_gradient(w)
    return np.max(np.abs(g), axis=-1, initial=0) * np.max(np.abs(w), axis=-1, initial=0)


def _told(x: Any, others: Any) -> Any:
    if np.any(others):
        raise NotDifferentiable(
            explain(
                "a reverse accumulation that was compiled, or is told step by step, came to equal eigenvalues or "
                "singular values, whose vectors are used, too.",
                "Its rule divides 0 by 0 there; the limit takes second derivatives, which are not among its steps.",
                "Call wg.grad(f) as it is, without wg.jit, or compile forward accumulation: wg.jit(wg.jacfwd(f)).",
            )
        )
    return _as_wide(x, others)


# x, where no two values may coincide, since nobody told how they part.
_untold: Op = primitive(_told, "x others", name="told", core="(n,n),(n,n)->(n,n)",
    jvp={"x": lambda t: t, "others": 0}, vjp={"x": lambda g: g, "others": 0})  # fmt: skip


def told(x: Any, others: Any) -> Any:
    """x; raises where values coincide, and the limits are not known."""
    return apply(_untold, (x, others))


def _turns(x: Any, same: Any, size: Any, mixed: bool) -> Any:
    out, limit = _skew(x), rounding(x, size)
    if np.any(same & (np.abs(out) > limit)):
        raise NotDifferentiable(
            explain(
                "the derivative of eigenvectors or singular vectors was asked for, where the result depends on their "
                + ("basis in a space of equal values." if _larger(same) else "free phase."),
                "Any orthonormal basis of that space is as good, so the vectors jump and have no derivative there.",
                "Use what does not depend on the choice, such as projectors V @ V.conj().T, or move off the point.",
            )
        )
    if mixed:
        _told(x, same & ~np.eye(x.shape[-1], dtype=bool))
    return np.where(same, 0, out)


# Linear in x. Rules of rules are not checked: they see directions, which may point anywhere.
_turned: Op = primitive(_turns, "x same size", name="turns", core="(n,n),(n,n),()->(n,n)",
    jvp={"x": lambda t, same: np.where(same, 0, _skew(t)), "same": 0, "size": 0},
    vjp={"x": lambda g, same: _skew(np.where(same, 0, g)), "same": 0, "size": 0})  # fmt: skip

_NO_SIZE = np.zeros(())


def turns(x: Any, same: Any, size: Any = _NO_SIZE, mixed: bool = False) -> Any:
    """The skew-Hermitian part of x, which has to vanish in clusters; mixed: limits would be needed there."""
    return apply(_turned, (x, same, size), {"mixed": mixed})


def _vanishing(x: Any, mask: Any, size: Any) -> Any:
    if np.any(mask & (np.abs(x) > rounding(x, size))):
        raise NotDifferentiable(
            explain(
                "a derivative was asked for that would divide by singular values of 0, or by a difference of equal "
                "eigenvalues.",
                "Their vectors are any basis of their space, so they jump and have no derivative there.",
                "Leave them out (u[:, :rank]), use the values alone or a function of the matrix itself, or move off "
                "the point.",
            )
        )
    return np.where(mask, 0, x)


_vanished: Op = primitive(_vanishing, "x mask size", name="vanishing", core="(n,m),(n,m),()->(n,m)",
    jvp={"x": lambda t, mask: np.where(mask, 0, t), "mask": 0, "size": 0},
    vjp={"x": lambda g, mask: np.where(mask, 0, g), "mask": 0, "size": 0})  # fmt: skip


def vanishing(x: Any, mask: Any, size: Any = _NO_SIZE) -> Any:
    """x, whose entries under the mask have to be 0."""
    return apply(_vanished, (x, mask, size))


# --- the quotients within clusters ------------------------------------------------------------------------------------
# x / gap, where x as a function of the values vanishes with the gap. The values part along a direction in which the gap
# grows by `step`. On this line x(s) vanishes where gap + s step = 0, at s = -gap / step, so that by Taylor's theorem
#
#     x / gap = (x(0) - x(s)) / gap = Σ_m (-gap)^(m-1) / step^m  ∂ᵐx / m!      which is ∂x / step where the gap is 0,
#
# l'Hôpital's rule; its further terms are there for derivatives. A term that was cut off raises when it is asked for.


def ramp(w: Any) -> Any:
    """The direction along which values part."""
    return np.broadcast_to(np.arange(1, w.shape[-1] + 1).astype(np.finfo(w.dtype).dtype), w.shape)


def limit(along: Sequence[Any], gap: Any, step: Any, where: Any) -> Any:
    """x / gap under the mask, 0 elsewhere; along: the derivatives of x."""
    zero = np.where(where, gap - stop_gradient(gap), 0)
    step, power = np.where(where & (step != 0), step, 1), 1.0
    total = apply(_cut_off, (zero,), {"n": len(along)})
    # The last one is multiplied by the gap as often as there are derivatives to come, and has none that counts.
    for m, x in enumerate([*along[:-1], stop_gradient(along[-1])], 1):
        power = power / (m * step)
        total = total + x * power
        power = -power * zero
    return np.where(where, total, 0)


def _cut_off_along(t: Any, x: Any, n: int) -> Any:
    # Forward transforms were counted; what comes out of one here is yet to be multiplied by the gap.
    return t * apply(_cut_off, (x,), {"n": n - 1}) if n > 1 else np.zeros_like(t)


def _cut_off_back(g: Any, x: Any, n: int) -> Any:
    return g * apply(_cut_off, (x,), {"n": n - 1}) if n > 1 else apply(_unknown, (g,))


def _raise_if_any(g: Any) -> Any:
    if np.any(g):
        raise NotDifferentiable(
            explain(
                "a decomposition was differentiated more often than was prepared for, where values coincide.",
                "Each derivative there takes one more of all that comes after it; those of chains multiply.",
                "Nest wg.grad or wg.hessian, say create_graph=True only once, or take a function of the matrix itself.",
            )
        )
    return np.zeros_like(g)


# The nth power of x times what is not known, at x = 0.
_cut_off: Op = primitive(lambda x, n: np.zeros_like(x), "x", name="cut_off", core="(n,m)->(n,m)",
    jvp={"x": lambda t, x, n: _cut_off_along(t, x, n)}, vjp={"x": lambda g, x, n: _cut_off_back(g, x, n)})  # fmt: skip
_unknown: Op = primitive(_raise_if_any, "g", name="unknown", core="(n,m)->(n,m)",
    jvp={"g": lambda t: np.zeros_like(t)}, vjp={"g": lambda g: apply(_unknown, (g,))})  # fmt: skip


# --- second derivatives ---------------------------------------------------------------------------------------------


def _refuse(g: Any, same: Any) -> Any:
    if _larger(same) and np.any(g):
        raise NotDifferentiable(
            explain(
                "a second derivative of a decomposition was accumulated in reverse where values coincide.",
                "The basis of their space would have to follow the direction, which reverse accumulation cannot do.",
                "Use forward over reverse, which is exact here: wg.hessian(f), or wg.jvp(wg.grad(f), (x,), (v,)).",
            )
        )
    return _as_wide(g, same)


def _as_wide(x: Any, same: Any) -> Any:
    return np.broadcast_to(x, np.broadcast_shapes(x.shape[:-2], same.shape[:-2]) + x.shape[-2:])


_refused: Op = primitive(_refuse, "g same", name="refused", core="(n,m),(m,m)->(n,m)",
    jvp={"g": lambda t: t, "same": 0}, vjp={"g": lambda g: g, "same": 0})  # fmt: skip

# The vectors as a rule reads them.
once: Op = primitive(_as_wide, "x same", name="once", core="(n,m),(m,m)->(n,m)",
    jvp={"x": lambda t: t, "same": 0}, vjp={"x": lambda g, same: _refused(g, same), "same": 0})  # fmt: skip


def repeatable(x: Any, same: Any) -> Any:
    """The vectors as a reverse rule reads them: what follows of them takes limits if its numbers are known."""
    return x if is_known(same) else once(x, same)


# --- the basis that suits a direction ---------------------------------------------------------------------------------
# To first order a perturbation e (in the basis of the vectors) splits a cluster along the eigenvectors of its block of
# e; the singular value 0, along the singular vectors, for there the left and the right ones turn apart.


def _rotations(e: Any, w: Any, singular: bool) -> tuple[Any, Any]:
    lead = np.broadcast_shapes(e.shape[:-2], w.shape[:-1])
    e, w = np.broadcast_to(e, lead + e.shape[-2:]), np.broadcast_to(w, lead + w.shape[-1:])
    left = np.array(np.broadcast_to(np.eye(w.shape[-1], dtype=e.dtype), e.shape))
    right = left.copy()
    number, small = _numbers(w), np.abs(w) <= tolerance(w)
    for at in np.ndindex(e.shape[:-2]):
        for k in range(number.shape[-1]):
            members = np.flatnonzero(number[at] == k)
            null = singular and small[at][members].all()
            if len(members) < 2 and not (null and e.dtype.kind == "c"):
                continue
            place = (*at, *np.ix_(members, members))
            block = e[place]
            if null:
                left[place], _, right_h = np.linalg.svd(block)
                right[place] = _H(right_h)
            else:
                # The values come in the order of w: singular values from the largest down.
                turn = np.linalg.eigh(0.5 * (block + _H(block)))[1]
                left[place] = right[place] = turn[:, ::-1] if singular else turn
    return left, right


# A turn that followed the direction stays behind when the direction itself moves.
def _held(direction: Any, w: Any) -> Any:
    return 0 * _refused(direction, together(w))


_rotate: Op = primitive(_rotations, "e w", name="rotations", core="(n,n),(n)->(n,n),(n,n)", outputs=2,
    jvp={"e": lambda t, w: (_held(t, w),) * 2, "w": 0},
    vjp={"e": lambda g, w: _held(g[0] + g[1], w), "w": 0})  # fmt: skip


def _null_frames(u: Any, b: Any, s: Any) -> tuple[Any, Any]:
    lead = np.broadcast_shapes(u.shape[:-2], b.shape[:-2], s.shape[:-1])
    u = np.array(np.broadcast_to(u, lead + u.shape[-2:]))
    b, s = np.broadcast_to(b, lead + b.shape[-2:]), np.broadcast_to(s, lead + s.shape[-1:])
    turn = np.array(np.broadcast_to(np.eye(s.shape[-1], dtype=u.dtype), (*lead, s.shape[-1], s.shape[-1])))
    small = s <= tolerance(s)
    for at in np.ndindex(lead):
        zero = np.flatnonzero(small[at])
        if not len(zero):
            continue
        used = u[at][:, ~small[at]]
        column = b[at][:, zero]
        x, size, yh = np.linalg.svd(column - used @ (_H(used) @ column), full_matrices=False)
        # Where all has cancelled, what is left is rounding, and need not be orthogonal to the used ones.
        overlap = _H(used) @ x
        x = (x - used @ overlap)[:, np.linalg.norm(overlap, axis=0) < np.sqrt(np.finfo(size.dtype).eps)]
        used = np.concatenate([used, x], axis=-1)
        # What the direction leaves open may be any rest of a basis.
        basis = np.concatenate([used, np.linalg.svd(used)[0][:, used.shape[1] :]], axis=-1)
        u[at][:, zero] = basis[:, u.shape[-1] - len(zero) : u.shape[-1]]
        turn[(*at, *np.ix_(zero, zero))] = _H(yh)
    return u, turn


# Of a matrix with more rows than columns, the left vectors of the singular value 0 are any that are orthogonal to the
# others: those that suit the direction are where it takes the right ones, b = da v.
_frame_null: Op = primitive(_null_frames, "u b s", name="null_frames", core="(n,k),(n,k),(k)->(n,k),(k,k)", outputs=2,
    jvp={"u": 0, "b": 0, "s": 0}, vjp={"u": 0, "b": 0, "s": 0})  # fmt: skip


def null_adapted(a: Any, s: Any, u: Any, b: Any, v: Any, vectors: bool = True) -> tuple[Any, Any]:
    """u and v, turned so that the direction takes each v of the singular value 0 to a multiple of its u."""
    if _moves(a, backwards=True):
        zero = s <= tolerance(s)
        return (apply(_held_still, (u, zero[..., None, :])) if vectors else u), v
    if type(s) is np.ndarray and not np.any(s <= tolerance(s)):
        return u, v
    u, turn = _frame_null(u, b, s)
    return u, np.matmul(v, turn)


_TANGENTS = (Box, np.ndarray, np.generic, list)  # a list: the coefficients of a series


def _moves(a: Any, backwards: bool = False) -> bool:
    """Whether a transform further inside differentiates by `a`: a forward one, or any."""
    while isinstance(a, Box):
        if a.differentiates and a.mark is not None and (backwards or isinstance(a.mark, _TANGENTS)):
            return True
        a = a.value
    return False


def _hold(x: Any, mask: Any) -> Any:
    if np.any(mask):
        raise NotDifferentiable(
            explain(
                "a second derivative of eigenvectors or singular vectors was taken with forward over forward "
                "accumulation inside, where values coincide.",
                "Their vectors were turned to suit one direction, and none suits two.",
                "Use forward over reverse, which is exact here: wg.hessian(f), or wg.jvp(wg.grad(f), (x,), (v,)).",
            )
        )
    return _as_wide(x, mask)


_held_still: Op = primitive(_hold, "x mask", name="held_still", core="(n,m),(k,m)->(n,m)",
    jvp={"x": lambda t: t, "mask": 0}, vjp={"x": lambda g: g, "mask": 0})  # fmt: skip


def adapted(a: Any, w: Any, e: Any, v: Any, u: Any = None, vectors: bool = True) -> tuple[Any, Any]:
    """The vectors v (left) and u (right) of a decomposition of `a`, turned to make `e` diagonal in clusters of w.

    Once is enough for the values: where `a` moves already, further in, its vectors were turned to suit that. If the
    `vectors` themselves are wanted, that is refused.
    """
    # Of the singular value 0 of a complex matrix a direction turns the phase, too: it has to grow along the real line.
    phased = u is not None and v.dtype.kind == "c"
    if _moves(a):
        free = together(w) & ~np.eye(w.shape[-1], dtype=bool)
        if phased:
            free = free | (w <= tolerance(w))[..., None, :]
        return (apply(_held_still, (v, free)) if vectors else v), u
    if type(w) is np.ndarray and not _larger(_together(w, True)) and not (phased and np.any(w <= tolerance(w))):
        return v, u
    left, right = apply(_rotate, (e, w), {"singular": u is not None})
    return np.matmul(v, left), None if u is None else np.matmul(u, right)
