"""The Schur form a = Z T Zᴴ: Z unitary, T upper triangular, of a real matrix with blocks of 2 for complex pairs.

With Ω = ZᴴdZ, which is skew-Hermitian, and E = Zᴴ da Z,

    E = ΩT - TΩ + dT.

Below the blocks dT is 0. There ΩT - TΩ has only what Ω has there, too, because T is upper: X, with

    below(XT - TX) = below E,      Ω = X - Xᴴ,      F = E - (ΩT - TΩ),      dT = F,      dZ = ZΩ,

which is solved block by block from the left (`sweep`) if the eigenvalues differ. What is left is a turn within blocks.
A block of 2, as LAPACK has it, is (a b; c a), bc < 0. A turn K = (0 -w; w 0) keeps its diagonal equal if

    K T - T K = w (b + c) diag(-1, 1)      takes F's       w = (F₂₂ - F₁₁) / (2 (b + c)).

If b + c = 0, a turn leaves the block as it is, and any will do; a complex column of Z has a free phase likewise. A
function that depends on these has no derivative, which reverse accumulation sees at its cotangents, and says.
(The triangular case: S. F. Walter, "Structured higher-order algorithmic differentiation in the forward and reverse
mode", 2012, on eigenvalue decompositions; G. W. Stewart, "Matrix Algorithms II", 2001, §1.3 on perturbed blocks.)
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import Op, primitive
from wengert.errors import NotDifferentiable, explain
from wengert.ops.clusters import rounding, tolerance
from wengert.ops.lazy import scipy_function
from wengert.ops.linalg import H, matmul
from wengert.ops.stacks import over_stacks

__all__: list[str] = []


def commutator(x: Any, y: Any) -> Any:
    """xy - yx."""
    return matmul(x, y) - matmul(y, x)


# --- blocks -----------------------------------------------------------------------------------------------------------


def _blocks(t: Any) -> Any:
    n = t.shape[-1]
    joined = np.diagonal(t, -1, -2, -1) != 0
    number = np.concatenate([np.zeros((*t.shape[:-2], min(n, 1)), int), np.cumsum(~joined, axis=-1)], axis=-1)
    return number[..., :, None] == number[..., None, :]


# [i, j]: whether rows i and j are one block of a quasi-triangular matrix.
blocks: Op = primitive(_blocks, "t", name="diagonal_blocks", core="(n,n)->(n,n)", jvp={"t": 0}, vjp={"t": 0})


def below(x: Any, same: Any) -> Any:
    """The part of x below the blocks."""
    return np.where(same, 0, np.tril(x, -1))


def upper(x: Any, same: Any) -> Any:
    """The blocks of x, and the part above."""
    return x - below(x, same)


# --- the sweep --------------------------------------------------------------------------------------------------------


def _check_apart(t: Any, same: Any) -> None:
    """Raise if two blocks have a common eigenvalue."""
    w = np.zeros(len(t), np.result_type(t.dtype, np.complex64))
    for i in np.flatnonzero(np.any(np.tril(same, -1), axis=-1)):
        w[i - 1 : i + 1] = np.linalg.eigvals(t[i - 1 : i + 1, i - 1 : i + 1])
    alone = np.sum(same, axis=-1) == 1
    w[alone] = np.diagonal(t)[alone]
    if np.any((np.abs(w[:, None] - w) <= 64 * tolerance(w)) & ~same):
        raise NotDifferentiable(
            explain(
                "the derivative of a Schur form was asked for at a matrix with equal eigenvalues.",
                "Vectors of an invariant subspace that splits no further are any basis of it, and jump.",
                "Use a function of the matrix itself (its trace, expm ...) or its eigenvalues, or move off the point.",
            )
        )


def _sweep(t: Any, e: Any, same: Any, adjoint: bool) -> Any:
    """x below the blocks with below(xt - tx) = below e, or below(xtᴴ - tᴴx) = below e if `adjoint`."""
    n = t.shape[-1]
    x = np.zeros((n, n), np.result_type(t.dtype, e.dtype))
    if not n:
        return x
    _check_apart(t, same)
    (solve,) = scipy_function("scipy.linalg", "get_lapack_funcs")(("trsyl",), (t, x))
    how = "C" if adjoint else "N"
    starts = [i for i in range(n) if not i or not same[i, i - 1]]
    spans = list(zip(starts, [*starts[1:], n], strict=True))[:-1]
    for i, j in reversed(spans) if adjoint else spans:
        known = x[j:, j:] @ np.conj(t[i:j, j:].T) if adjoint else x[j:, :i] @ t[:i, i:j]
        # trsyl solves  t₂₂ x - x t₁₁ = scale c  with triangular forms, here of opposite sign.
        found, scale, _ = solve(t[j:, j:], t[i:j, i:j], known - e[j:, i:j], trana=how, tranb=how, isgn=-1)
        x[j:, i:j] = found / scale
    return x


def _moved(t: Any, out: Any, same: Any, adjoint: bool) -> Any:
    """The right-hand side of the sweep that the tangent t of the form makes."""
    t = upper(t, same)
    return -commutator(out, H(t) if adjoint else t)


def _sweep_back(g: Any, form: Any, same: Any, out: Any, adjoint: bool) -> Any:
    y = swept(form, g, same, not adjoint)
    pair = -commutator(H(out), y)
    return upper(H(pair) if adjoint else pair, same)


def swept(form: Any, e: Any, same: Any, adjoint: bool = False) -> Any:
    """What the sweep over a form finds for e."""
    return apply(sweep, (form, e, same), {"adjoint": adjoint})


sweep: Op = primitive(over_stacks(_sweep), "form e same", name="schur_sweep", core="(n,n),(n,n),(n,n)->(n,n)",
    jvp={"form": lambda t, form, same, out, adjoint: swept(form, _moved(t, out, same, adjoint), same, adjoint),
         "e": lambda t, form, same, adjoint: swept(form, t, same, adjoint), "same": 0},
    vjp={"form": _sweep_back, "e": lambda g, form, same, adjoint: swept(form, g, same, not adjoint),
         "same": 0})  # fmt: skip


# --- turns within blocks ----------------------------------------------------------------------------------------------


def _at(column: Any, k: int) -> Any:
    """The matrix with these n - 1 numbers on its kth diagonal, k = 1 or -1."""
    zero = np.zeros((*column.shape[:-1], 1), column.dtype)
    rows = np.concatenate([column, zero] if k > 0 else [zero, column], axis=-1)
    return rows[..., None] * np.eye(rows.shape[-1], k=k, dtype=np.finfo(column.dtype).dtype)


def _tilts(t: Any, same: Any) -> tuple[Any, Any]:
    """1 / (2 (b + c)) of the blocks of 2 and 0 elsewhere, and where it is not that because b + c = 0."""
    b, c = np.diagonal(t, 1, -2, -1), np.diagonal(t, -1, -2, -1)
    paired, total = np.diagonal(same, -1, -2, -1), b + c
    level = paired & (np.abs(total) <= 64 * np.finfo(t.dtype).eps * (np.abs(b) + np.abs(c)))
    tilted = paired & ~level
    return np.where(tilted, 0.5 / np.where(tilted, total, 1), 0), level


def _check_free(x: Any, free: Any) -> Any:
    if np.any(free & (np.abs(x) > rounding(x, np.zeros(x.shape[:-2])))):
        raise NotDifferentiable(
            explain(
                "the derivative of a Schur form was asked for, where the result depends on the free phase of a vector, "
                "or on the turn of two.",
                "LAPACK takes any, so they jump and have no derivative.",
                "Use what does not depend on the choice, such as the size of entries, or Z[:, :k] @ Z[:, :k].conj().T.",
            )
        )
    return np.where(free, 0, x)


# x, whose free entries have to be 0. Rules of rules are not checked: they see directions, which may point anywhere.
_fixed: Op = primitive(_check_free, "x free", name="schur_gauge", core="(n,n),(n,n)->(n,n)",
    jvp={"x": lambda t, free: np.where(free, 0, t), "free": 0},
    vjp={"x": lambda g, free: np.where(free, 0, g), "free": 0})  # fmt: skip


def _free(same: Any, level: Any, phases: bool) -> Any:
    """Where the skew part of a cotangent is along a free turn."""
    n = same.shape[-1]
    turned = _at(level.astype(float), -1) != 0
    return turned | np.eye(n, dtype=bool) if phases else turned


# --- the row ----------------------------------------------------------------------------------------------------------


def _schur_jvp(t: Any, out: Any) -> Any:
    form, z = out
    if not form.size:
        return t, t
    same = blocks(form)
    e = matmul(H(z), matmul(t, z))
    x = swept(form, e, same)
    turn = x - H(x)
    f = e - commutator(turn, form)
    if form.dtype.kind != "c":
        d = np.diagonal(f, 0, -2, -1)
        w = (d[..., 1:] - d[..., :-1]) * _tilts(form, same)[0]
        within = _at(w, -1) - _at(w, 1)
        turn, f = turn + within, f - commutator(within, form)
    return upper(f, same), matmul(z, turn)


# Back, with ⟨·, ·⟩ the scalar product:  ⟨gT, dT⟩ + ⟨ZᴴgZ, Ω + K⟩ = ⟨gT, E⟩ + ⟨W, Ω + K⟩,  W = ZᴴgZ - (gT Tᴴ - Tᴴ gT).
# The part of K moves to the diagonal of F, as N, and on to E and Ω. What then stands with Ω is V, and with X, V - Vᴴ.
def _schur_vjp(g: Any, out: Any) -> Any:
    form, z = out
    if not form.size:
        return g[0]
    same = blocks(form)
    ge = upper(g[0], same)
    w = matmul(H(z), g[1]) - commutator(ge, H(form))
    tilt, level = _tilts(form, same)
    complex_ = form.dtype.kind == "c"
    skew = _fixed(w - H(w), _free(same, level, phases=complex_))
    if not complex_:
        part = np.diagonal(skew, -1, -2, -1) * tilt
        zero = np.zeros((*part.shape[:-1], 1), part.dtype)
        d = np.concatenate([zero, part], axis=-1) - np.concatenate([part, zero], axis=-1)
        n = d[..., None] * np.eye(d.shape[-1], dtype=d.dtype)
        moved = commutator(n, H(form))
        ge, skew = ge + n, skew - (moved - H(moved))
    ge = ge + swept(form, below(skew, same), same, adjoint=True)
    return matmul(matmul(z, ge), H(z))


def _schur(a: Any, sort: Any) -> Any:
    found = scipy_function("scipy.linalg", "schur")(a, sort=sort)
    return (*found[:2], np.asarray(found[2] if len(found) > 2 else 0))


# sort: None, or SciPy's name or function that tells which eigenvalues come first; the third result is their number.
schur: Op = primitive(over_stacks(_schur), "a", name="schur", core="(n,n)->(n,n),(n,n),()", outputs=3,
    jvp={"a": lambda t, out: (*_schur_jvp(t, out[:2]), np.zeros(out[2].shape))},
    vjp={"a": lambda g, out: _schur_vjp(g[:2], out[:2])})  # fmt: skip


# --- the Hessenberg form ----------------------------------------------------------------------------------------------


def _check_unbroken(h: Any) -> Any:
    """Raise if a column of q is not determined by those before it; of a real matrix the last one always is."""
    steps = np.abs(np.diagonal(h, -1, -2, -1))[..., : None if h.dtype.kind == "c" else -1]
    size = np.max(np.abs(h), axis=(-2, -1), initial=0)[..., None]
    if np.any(steps <= 8 * h.shape[-1] * np.finfo(steps.dtype).eps * size):
        raise NotDifferentiable(
            explain(
                "the derivative of a Hessenberg form was asked for at a matrix whose form has a 0 below its diagonal.",
                "The next column of q is then any vector that is orthogonal to those before, and jumps.",
                "Use a function of the matrix itself, such as its eigenvalues, or move off the point.",
            )
        )
    return h


unbroken: Op = primitive(_check_unbroken, "h", name="unbroken", core="(n,n)->(n,n)",
    jvp={"h": lambda t: t}, vjp={"h": lambda g: g})  # fmt: skip
