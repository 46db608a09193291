"""Twins of `scipy.linalg`: matrices of a structure, and systems with them."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg as theirs

from wengert.ops import banded
from wengert.ops.linalg import conj
from wengert.ops.spelling import inexact, lift
from wengert.scipy.choice import known, twin_of
from wengert.scipy.solving import columns, double
from wengert.scipy.spectra import from_bands

__all__ = [
    "bandwidth", "block_diag", "cho_solve_banded", "cholesky_banded", "circulant", "companion", "convolution_matrix",
    "fiedler", "fiedler_companion", "hankel", "ishermitian", "issymmetric", "khatri_rao", "leslie", "matmul_toeplitz",
    "solve_banded", "solve_circulant", "solve_toeplitz", "solveh_banded", "toeplitz",
]  # fmt: skip


# --- matrices that repeat a few numbers -------------------------------------------------------------------------------


@twin_of(theirs.toeplitz)
def toeplitz(c: Any, r: Any = None) -> Any:
    """The matrix with constant diagonals of this first column and first row (by default conj(c)).

    >>> import wengert as wg
    >>> wg.grad(lambda c: np.sum(wg.scipy.linalg.toeplitz(c)))(np.ones(3))
    array([3., 4., 2.])
    """
    c = lift(c)
    r = conj(c) if r is None else lift(r)
    n, m = c.shape[-1], r.shape[-1]
    both = np.concatenate([c[..., ::-1], r[..., 1:]], axis=-1)
    return both[..., np.arange(n - 1, -1, -1)[:, None] + np.arange(m)]


@twin_of(theirs.hankel)
def hankel(c: Any, r: Any = None) -> Any:
    """The matrix with constant anti-diagonals of this first column and last row (by default zeros).

    >>> import wengert as wg
    >>> wg.grad(lambda c: np.sum(wg.scipy.linalg.hankel(c)))(np.ones(3))
    array([1., 2., 3.])
    """
    c = lift(c)
    r = np.zeros_like(c) if r is None else lift(r)
    both = np.concatenate([c, r[..., 1:]], axis=-1)
    return both[..., np.arange(c.shape[-1])[:, None] + np.arange(r.shape[-1])]


@twin_of(theirs.circulant)
def circulant(c: Any) -> Any:
    """The square matrix whose columns are this one, each turned by one more place.

    >>> import wengert as wg
    >>> wg.grad(lambda c: wg.scipy.linalg.circulant(c)[0, 1])(np.ones(3))
    array([0., 0., 1.])
    """
    c = lift(c)
    n = np.arange(c.shape[-1])
    return c[..., (n[:, None] - n) % max(len(n), 1)]


@twin_of(theirs.convolution_matrix)
def convolution_matrix(a: Any, n: int, mode: str = "full") -> Any:
    """The matrix that convolves vectors of n entries with `a`, as np.convolve does in that mode.

    >>> import wengert as wg
    >>> wg.grad(lambda a: np.sum(wg.scipy.linalg.convolution_matrix(a, 2)))(np.ones(3))
    array([2., 2., 2.])
    """
    a = lift(a)
    if n <= 0:
        raise ValueError("n must be a positive integer.")
    if a.shape[-1] == 0:
        raise ValueError("len(a) must be at least 1.")
    if mode not in ("full", "valid", "same"):
        raise ValueError("'mode' argument must be one of ('full', 'valid', 'same')")
    m = a.shape[-1]
    zero = np.zeros((*a.shape[:-1], n - 1), a.dtype)
    padded = np.concatenate([zero, a, zero], axis=-1)
    first = {"full": 0, "same": (min(m, n) - 1) // 2, "valid": min(m, n) - 1}[mode]
    length = {"full": m + n - 1, "same": max(m, n), "valid": max(m, n) - min(m, n) + 1}[mode]
    rows = np.arange(first, first + length)
    return padded[..., rows[:, None] + np.arange(n - 1, -1, -1)]


@twin_of(theirs.companion)
def companion(a: Any) -> Any:
    """The matrix of which the polynomial with these coefficients, the highest first, is the characteristic one.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.companion(a)[0, 0])(np.array([2.0, 3.0, 1.0]))
    array([ 0.75, -0.5 ,  0.  ])
    """
    a = inexact(lift(a))
    n = a.shape[-1] - 1
    below = np.broadcast_to(np.eye(n - 1, n, dtype=a.dtype), (*a.shape[:-1], n - 1, n))
    return np.concatenate([(-a[..., 1:] / a[..., :1])[..., None, :], below], axis=-2)


@twin_of(theirs.leslie)
def leslie(f: Any, s: Any) -> Any:
    """The matrix of a population by age: birth rates f in the first row, survival rates s below the diagonal.

    >>> import wengert as wg
    >>> wg.grad(lambda s: wg.scipy.linalg.leslie(np.ones(3), s)[1, 0])(np.ones(2))
    array([1., 0.])
    """
    f, s = lift(f), lift(s)
    zero = np.zeros((*s.shape, 1), s.dtype)
    below = np.concatenate([s[..., None] * np.eye(s.shape[-1], dtype=s.dtype), zero], axis=-1)
    return np.concatenate([f[..., None, :], below], axis=-2)


@twin_of(theirs.fiedler)
def fiedler(a: Any) -> Any:
    """The matrix of the distances |a_i - a_j|.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.fiedler(a)[0, 1])(np.array([3.0, 1.0]))
    array([ 1., -1.])
    """
    a = lift(a)
    return np.abs(a[..., :, None] - a[..., None, :])


@twin_of(theirs.fiedler_companion)
def fiedler_companion(a: Any) -> Any:
    """A five-diagonal companion matrix of the polynomial with these coefficients (M. Fiedler, 2003).

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.fiedler_companion(a)[0, 0])(np.array([2.0, 3.0, 1.0]))
    array([ 0.75, -0.5 ,  0.  ])
    """
    a = lift(a)
    a = a / a[0]
    n = a.shape[0] - 1
    if n < 1:
        return np.zeros((0,), a.dtype)
    if n == 1:
        return -a[1:, None]
    ones, place = np.zeros((n, n), a.dtype), np.zeros((n, n), int)
    even, odd = np.arange(0, n, 2), np.arange(1, n, 2)
    # Even rows hold two coefficients around the diagonal and a one; odd rows a one below.
    place[even[1:], even[1:] - 1] = even[1:] + 1
    right = even[even + 1 < n]
    place[right, right + 1] = right + 2
    place[0, 0] = 1
    far = even[even + 2 < n]
    ones[far, far + 2] = 1
    ones[odd, np.maximum(odd - 2, 0)] = 1
    return ones - np.where(place > 0, a[place], 0)


@twin_of(theirs.block_diag)
def block_diag(*arrs: Any) -> Any:
    """These matrices along the diagonal of one, zeros elsewhere.

    >>> import wengert as wg
    >>> wg.grad(lambda a: np.sum(wg.scipy.linalg.block_diag(a, 2 * a)))(np.ones(2))
    array([3., 3.])
    """
    blocks = [lift(x) for x in arrs]
    blocks = [np.reshape(x, (1,) * (2 - x.ndim) + x.shape) for x in blocks]
    dtype = np.result_type(*[x.dtype for x in blocks])
    lead = np.broadcast_shapes(*[x.shape[:-2] for x in blocks])
    width, start, rows = sum(x.shape[-1] for x in blocks), 0, []
    for x in blocks:
        n, m = x.shape[-2:]
        x = np.broadcast_to(x, (*lead, n, m))
        sides = [np.zeros((*lead, n, k), dtype) for k in (start, width - start - m)]
        rows.append(np.concatenate([sides[0], x, sides[1]], axis=-1))
        start += m
    return np.concatenate(rows, axis=-2)


@twin_of(theirs.khatri_rao)
def khatri_rao(a: Any, b: Any) -> Any:
    """The Kronecker products of the columns of a with those of b.

    >>> import wengert as wg
    >>> wg.grad(lambda a: np.sum(wg.scipy.linalg.khatri_rao(a, np.ones((3, 2)))))(np.eye(2))
    array([[3., 3.],
           [3., 3.]])
    """
    a, b = lift(a), lift(b)
    pairs = a[..., :, None, :] * b[..., None, :, :]
    return np.reshape(pairs, (*pairs.shape[:-3], a.shape[-2] * b.shape[-2], a.shape[-1]))


# --- systems with them ----------------------------------------------------------------------------------------------


def _toeplitz_of(c_or_cr: Any) -> Any:
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, None)
    return toeplitz(np.ravel(lift(c)), None if r is None else np.ravel(lift(r)))


@twin_of(theirs.solve_toeplitz)
def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: bool = True) -> Any:
    """x with toeplitz(c, r) x = b, in double precision as in SciPy.

    >>> import wengert as wg
    >>> wg.grad(lambda b: wg.scipy.linalg.solve_toeplitz([2.0, 0.0], b)[0])(np.ones(2))
    array([0.5, 0. ])
    """
    return np.linalg.solve(double(_toeplitz_of(c_or_cr)), double(lift(b)))


@twin_of(theirs.matmul_toeplitz)
def matmul_toeplitz(c_or_cr: Any, x: Any, check_finite: bool = False, workers: Any = None) -> Any:
    """toeplitz(c, r) @ x, in double precision as in SciPy.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.linalg.matmul_toeplitz([2.0, 1.0], x)[0])(np.ones(2))
    array([2., 1.])
    """
    return np.matmul(double(_toeplitz_of(c_or_cr)), double(lift(x)))


@twin_of(theirs.solve_circulant)
def solve_circulant(
    c: Any, b: Any, singular: str = "raise", tol: Any = None, caxis: int = -1, baxis: int = 0, outaxis: int = 0
) -> Any:
    """x with circulant(c) x = b, or the shortest least-squares solution of a singular one (singular='lstsq').

    >>> import wengert as wg
    >>> wg.grad(lambda b: wg.scipy.linalg.solve_circulant(np.array([2.0, 0.0]), b)[0])(np.ones(2))
    array([0.5, 0. ])
    """
    c, b = np.moveaxis(inexact(lift(c)), caxis, -1), np.moveaxis(inexact(lift(b)), baxis, -1)
    a = circulant(c)
    if singular == "lstsq":
        a = np.linalg.pinv(a, np.finfo(a.dtype).eps * a.shape[-1] if tol is None else tol)
        x = np.matmul(a, b[..., None])[..., 0]
    else:
        x = np.linalg.solve(a, b[..., None])[..., 0]
    return np.moveaxis(x, -1, outaxis)


@twin_of(theirs.solve_banded)
def solve_banded(
    l_and_u: Any, ab: Any, b: Any, overwrite_ab: bool = False, overwrite_b: bool = False, check_finite: bool = True
) -> Any:
    """x with a x = b for a with l diagonals below the main one and u above, ``ab[u + i - j, j] = a[i, j]``.

    >>> import wengert as wg
    >>> wg.grad(lambda b: wg.scipy.linalg.solve_banded((0, 0), [[2.0, 4.0]], b)[1])(np.ones(2))
    array([0.  , 0.25])
    """
    (l, u), ab = l_and_u, inexact(lift(ab))
    b, undo = columns(b)
    return undo(banded.banded(ab, b, int(l), int(u)))


def _both_sides(ab: Any, lower: bool) -> tuple[Any, int]:
    """The storage of the whole Hermitian matrix of which `ab` stores one side, and its number of diagonals there."""
    k = ab.shape[-2] - 1
    if lower:
        return np.concatenate([banded.adjoint(ab, k, 0)[..., :-1, :], _real_row(ab[..., :1, :]), ab[..., 1:, :]], -2), k
    return np.concatenate([ab[..., :-1, :], _real_row(ab[..., -1:, :]), banded.adjoint(ab, 0, k)[..., 1:, :]], -2), k


def _real_row(row: Any) -> Any:
    """The main diagonal of a Hermitian matrix."""
    return np.real(row).astype(row.dtype) if row.dtype.kind == "c" else row


@twin_of(theirs.solveh_banded)
def solveh_banded(
    ab: Any, b: Any, overwrite_ab: bool = False, overwrite_b: bool = False, lower: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """x with a x = b for a Hermitian positive definite a of which one side of the diagonals is stored.

    >>> import wengert as wg
    >>> wg.grad(lambda b: wg.scipy.linalg.solveh_banded([[2.0, 4.0]], b)[1])(np.ones(2))
    array([0.  , 0.25])
    """
    both, k = _both_sides(inexact(lift(ab)), lower)
    b, undo = columns(b)
    return undo(banded.banded(both, b, k, k))


@twin_of(theirs.cholesky_banded)
def cholesky_banded(ab: Any, overwrite_ab: bool = False, lower: bool = False, check_finite: bool = True) -> Any:
    """The triangular factor of a Hermitian positive definite banded matrix, stored like the matrix.

    >>> import wengert as wg
    >>> wg.grad(lambda ab: wg.scipy.linalg.cholesky_banded(ab)[0, 0])(np.array([[4.0, 9.0]])).round(9)
    array([[0.25, 0.  ]])
    """
    ab = inexact(lift(ab))
    low = np.linalg.cholesky(from_bands(ab, lower))
    count = ab.shape[0]
    rows = [np.concatenate([np.diagonal(low, -k), np.zeros(k, low.dtype)]) for k in range(count)]
    if lower:
        return np.stack(rows)
    return np.stack([banded.shifted(conj(row), k) for k, row in enumerate(rows)][::-1])


@twin_of(theirs.cho_solve_banded)
def cho_solve_banded(cb_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """x with a x = b from a banded Cholesky factor.

    >>> import wengert as wg
    >>> wg.grad(lambda b: wg.scipy.linalg.cho_solve_banded((np.array([[2.0, 1.0]]), False), b)[0])(np.ones(2))
    array([0.25, 0.  ])
    """
    cb, lower = inexact(lift(cb_and_lower[0])), bool(cb_and_lower[1])
    k = cb.shape[-2] - 1
    b, undo = columns(b)
    below, above = (cb, banded.adjoint(cb, k, 0)) if lower else (banded.adjoint(cb, 0, k), cb)
    return undo(banded.banded(above, banded.banded(below, b, k, 0), 0, k))


# --- what structure a matrix has --------------------------------------------------------------------------------------


@twin_of(theirs.bandwidth)
def bandwidth(a: Any) -> Any:
    """How many diagonals below and above the main one are not zero.

    >>> import wengert as wg
    >>> wg.scipy.linalg.bandwidth(wg.tensor(np.eye(2)))
    (0, 0)
    """
    return theirs.bandwidth(known(a, "scipy.linalg.bandwidth"))


@twin_of(theirs.issymmetric)
def issymmetric(a: Any, atol: Any = None, rtol: Any = None) -> Any:
    """Whether a matrix is its transpose.

    >>> import wengert as wg
    >>> wg.scipy.linalg.issymmetric(wg.tensor(np.eye(2)))
    True
    """
    return theirs.issymmetric(known(a, "scipy.linalg.issymmetric"), atol, rtol)


@twin_of(theirs.ishermitian)
def ishermitian(a: Any, atol: Any = None, rtol: Any = None) -> Any:
    """Whether a matrix is its own adjoint.

    >>> import wengert as wg
    >>> wg.scipy.linalg.ishermitian(wg.tensor(np.eye(2)))
    True
    """
    return theirs.ishermitian(known(a, "scipy.linalg.ishermitian"), atol, rtol)
