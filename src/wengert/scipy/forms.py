"""Twins of `scipy.linalg`: forms that a matrix takes in another basis, and factors of Hermitian ones.

The rules are in `ops.schur` and `ops.ldl`; what is composed of other functions, and what `solved` differentiates, here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg as theirs

from wengert.core.apply import apply
from wengert.core.protocols import astype
from wengert.ops import schur as rows
from wengert.ops.ldl import ldl as factored
from wengert.ops.linalg import H
from wengert.ops.matrices import matrices
from wengert.ops.spelling import inexact, lift
from wengert.ops.stacks import over_stacks
from wengert.scipy.choice import known, twin_of
from wengert.scipy.closures import Closed
from wengert.scipy.opaque import solved
from wengert.scipy.solving import whole
from wengert.scipy.spectra import qr

__all__ = ["hessenberg", "ldl", "matrix_balance", "qr_multiply", "rsf2csf", "schur"]


@twin_of(theirs.schur)
def schur(
    a: Any, output: str = "real", lwork: Any = None, overwrite_a: bool = False, sort: Any = None,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """T and Z of a = Z T Zᴴ, and with `sort` the number of eigenvalues that it chose to come first.

    Derivatives are those of matrices whose eigenvalues differ, and of what does not depend on the free phases of
    complex columns of Z; else `NotDifferentiable` is raised (`ops.schur`, with the derivation).

    >>> import wengert as wg
    >>> a = np.array([[1.0, 2.0], [0.5, 3.0]])
    >>> wg.grad(lambda a: wg.scipy.linalg.schur(a)[0][0, 1])(a)[0, 1].round(3)  # of a₁₂ - a₂₁
    np.float64(1.0)
    """
    if output not in ("real", "complex", "r", "c"):
        raise ValueError(f"argument must be 'real', or 'complex', got {output!r}")
    a = matrices(a)
    if output[0] == "c" and a.dtype.kind != "c":
        a = astype(a, np.result_type(a.dtype, np.complex64))
    t, z, count = apply(rows.schur, (a,), {"sort": sort})
    return (t, z) if sort is None else (t, z, count)


@twin_of(theirs.rsf2csf)
def rsf2csf(T: Any, Z: Any, check_finite: bool = True) -> Any:
    """The complex Schur form of a real one: each block of 2 is turned by the vector of its first eigenvalue.

    >>> import wengert as wg
    >>> t = np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> wg.grad(lambda t: np.real(wg.scipy.linalg.rsf2csf(t, np.eye(2))[0][0, 1]))(t)
    array([[0., 1.],
           [0., 0.]])
    """
    t, z = matrices(T), matrices(Z)
    kind = np.result_type(t.dtype, z.dtype, np.complex64)
    # Both are written into, so that both have to be boxes if one is.
    t, z = [astype(x, kind) + np.zeros(x.shape, kind, like=other) for x, other in ((t, z), (z, t))]
    spiral = np.array([[0, -1], [1, 0]])  # in the place of what is no block, where nothing is to be turned
    for m in range(t.shape[-1] - 1, 0, -1):
        pair, low = slice(m - 1, m + 1), t[..., m, m - 1]
        block = t[..., pair, pair]
        size = np.abs(t[..., m - 1, m - 1]) + np.abs(t[..., m, m])
        paired = np.abs(low) > np.finfo(np.float64).eps * size
        mu = np.linalg.eigvals(np.where(paired[..., None, None], block, spiral))[..., 0] - t[..., m, m]
        mu, s = np.where(paired, mu, 1), np.where(paired, low, 0)
        length = np.sqrt(np.real(mu * np.conj(mu) + s * np.conj(s)))
        c, s = mu / length, s / length
        turn = np.stack([np.stack([np.conj(c), s], axis=-1), np.stack([-s, c], axis=-1)], axis=-2)
        t[..., pair, m - 1 :] = np.matmul(turn, t[..., pair, m - 1 :])
        t[..., : m + 1, pair] = np.matmul(t[..., : m + 1, pair], H(turn))
        z[..., pair] = np.matmul(z[..., pair], H(turn))
        t[..., m, m - 1] = 0
    return t, z


@twin_of(theirs.ldl)
def ldl(
    A: Any, lower: bool = True, hermitian: bool = True, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """The factors of a = L D Lᴴ (Lᵀ if not `hermitian`), and the order in which the rows of L are triangular.

    Only one triangle is read. Raises `NotDifferentiable` at a singular matrix.

    >>> import wengert as wg
    >>> a = np.array([[2.0, 1.0], [1.0, 3.0]])
    >>> wg.grad(lambda a: wg.scipy.linalg.ldl(a)[1][1, 1])(a).round(3)  # d₂ = a₂₂ - a₂₁²/a₁₁
    array([[ 0.25, -0.5 ],
           [-0.5 ,  1.  ]])
    """
    a = matrices(A)
    if not hermitian and a.dtype.kind == "c":
        a = whole(a, lower, hermitian=False)
    return tuple(factored(a, lower, hermitian or a.dtype.kind != "c"))


# a = Q H Qᴴ with Q = [1 0; 0 q] and H zero below its first subdiagonal, which is real (LAPACK's convention). With the
# skew-Hermitian Ω = QᴴdQ, whose first column is 0, and E = Qᴴ da Q,
#
#     E = ΩH - HΩ + dH,      below it in column j:  Ω_(j+1) h_(j+1,j) = E_j - Σ_(k≤j) Ω_k h_kj + HΩ_j,
#
# which gives one column of Ω after the other. On the subdiagonal it keeps the entry real.


def _turns(h: Any, e: Any) -> Any:
    """Ω, of the matrix H and E, (..., n, n)."""
    columns = [np.zeros(e.shape[:-1], e.dtype)]
    for j in range(h.shape[-1] - 1):
        before = np.stack(columns, axis=-1)
        rest = e[..., j] - np.matmul(before, h[..., : j + 1, j, None])[..., 0]
        rest = rest[..., j + 1 :] + np.matmul(h[..., j + 1 :, :], columns[j][..., None])[..., 0]
        if e.dtype.kind == "c":
            middle = 1j * np.imag(rest[..., :1] / h[..., j + 1, j, None])
        else:
            middle = np.zeros(rest[..., :1].shape, rest.dtype)
        after = rest[..., 1:] / h[..., j + 1, j, None] if rest.shape[-1] > 1 else rest[..., 1:]
        columns.append(np.concatenate([-np.conj(before[..., j + 1, :]), middle, after], axis=-1))
    return np.stack(columns, axis=-1)


@twin_of(theirs.hessenberg)
def hessenberg(a: Any, calc_q: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """H of a = Q H Qᴴ, zero below its first subdiagonal, and Q if `calc_q`.

    There is a derivative where no entry of the subdiagonal is 0, but for the last.

    >>> import wengert as wg
    >>> a = np.array([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0], [4.0, 2.0, 1.0]])
    >>> wg.grad(lambda a: wg.scipy.linalg.hessenberg(a)[1, 0])(a)  # of -√(3² + 4²)
    array([[ 0. ,  0. ,  0. ],
           [-0.6,  0. ,  0. ],
           [-0.8,  0. ,  0. ]])
    """
    a = matrices(a)
    n = a.shape[-1]
    if n <= 2:
        unit = np.broadcast_to(np.eye(n), a.shape)
        return (a, unit) if calc_q else a

    def run(a: Any) -> Any:
        return tuple(theirs.hessenberg(a, calc_q=True)), None

    def push(closed: Closed, tangents: Any, found: Any, values: Any) -> Any:
        h, q = rows.unbroken(found[0]), found[1]
        e = np.matmul(np.matmul(H(q), tangents[1][0]), q)
        turn = _turns(h, e)
        change = e - np.matmul(turn, h) + np.matmul(h, turn)
        return np.triu(change, -1), np.matmul(q, turn)

    def each(closed: Closed, count: int, values: Any, batched: Any) -> Any:
        return tuple(hessenberg(values[1][0], calc_q=True))

    (h, q), _ = solved("hessenberg", run, (a,), push=push, each=each)
    h, q = astype(h, a.dtype), astype(q, a.dtype)
    return (h, q) if calc_q else h


@twin_of(theirs.matrix_balance)
def matrix_balance(
    A: Any, permute: bool = True, scale: bool = True, separate: bool = False, overwrite_a: bool = False
) -> Any:
    """B = T⁻¹ a T with norms of rows and columns that are close, and T, which is locally constant.

    separate: gives (scale, permutation) instead of T. T depends on the numbers, so that batches and traces refuse it.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.matrix_balance(a)[0][0, 0])(np.eye(2))
    array([[1., 0.],
           [0., 0.]])
    """
    a = matrices(A)

    def scaled(a: Any) -> Any:
        return theirs.matrix_balance(a, permute=permute, scale=scale, separate=True)[1]

    size, order = over_stacks(scaled)(known(a, "scipy.linalg.matrix_balance"))
    b = np.take_along_axis(np.take_along_axis(a, order[..., None], -2), order[..., None, :], -1)
    b = b * (size[..., None, :] / size[..., None]).astype(np.finfo(a.dtype).dtype)
    if separate:
        return b, (size, order)
    back = np.argsort(order, axis=-1)[..., None]
    return b, np.where(back == np.arange(a.shape[-1]), size[..., None, :], 0)


@twin_of(theirs.qr_multiply)
def qr_multiply(
    a: Any, c: Any, mode: str = "right", pivoting: bool = False, conjugate: bool = False, overwrite_a: bool = False,
    overwrite_c: bool = False,
) -> Any:  # fmt: skip
    """c q (q c for mode='left') and r of a = q r, and the order that pivoting finds; conjugate: q is conjugated.

    >>> import wengert as wg
    >>> wg.grad(lambda c: np.abs(wg.scipy.linalg.qr_multiply(np.eye(2), c)[0][0]))(np.array([2.0, 1.0]))
    array([1., 0.])
    """
    if mode not in ("left", "right"):
        raise ValueError(f"Mode argument can only be 'left' or 'right' but not '{mode}'")
    c = inexact(lift(c))
    flat = c.ndim < 2
    if flat:
        c = c[:, None] if mode == "left" else c[None, :]
    q, *rest = qr(np.atleast_2d(lift(a)), mode="economic", pivoting=pivoting)
    q = np.conj(q) if conjugate else q
    out = np.matmul(q, c) if mode == "left" else np.matmul(c, q)
    return (np.ravel(out) if flat else out, *rest)
