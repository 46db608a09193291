"""PyTorch's linear algebra where its names or results differ from NumPy's: functions of wg and of wg.linalg.

Factorisations are those of `ops.factor`, with PyTorch's tuples; what LAPACK reports as `info` is 0 here, since a
matrix that cannot be factorised raises LinAlgError.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import Box
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops import factor, matrixfun
from wengert.ops.linalg import H, mT
from wengert.ops.matrices import matrices
from wengert.pytorch.spelled import ValuesIndices, reduced_axes, writable

__all__ = [
    "cholesky_inverse", "cholesky_solve", "geqrf", "logdet", "lu", "lu_solve", "lu_unpack", "matrix_exp",
    "matrix_power", "matrix_rank", "orgqr", "ormqr", "pca_lowrank", "pinverse", "qr", "svd", "svd_lowrank",
    "triangular_solve",
]  # fmt: skip


class LU(NamedTuple):
    """A packed LU factorisation: L below the diagonal, U on and above it, and the row exchanges (from 1)."""

    LU: Any
    pivots: Any


class Factored(NamedTuple):
    """A result, and LAPACK's code: 0."""

    result: Any
    info: Any


class PLU(NamedTuple):
    """P L U: a permutation, a lower (ones on its diagonal) and an upper triangular matrix."""

    P: Any
    L: Any
    U: Any


class QR(NamedTuple):
    """Q R: orthonormal columns and an upper triangular matrix."""

    Q: Any
    R: Any


class USV(NamedTuple):
    """U diag(S) Vᴴ."""

    U: Any
    S: Any
    V: Any


def _info(a: Any) -> Any:
    return np.zeros(np.shape(a)[:-2], np.int32)


# --- solutions --------------------------------------------------------------------------------------------------


def logdet(input: Any) -> Any:
    """ln det of matrices; NaN where a real determinant is negative."""
    sign, log = np.linalg.slogdet(input)
    return np.log(sign) + log if sign.dtype.kind == "c" else np.where(sign < 0, np.nan, log)


def pinverse(input: Any, rcond: float = 1e-15) -> Any:
    """The pseudo-inverse."""
    return np.linalg.pinv(input, rcond)


def matrix_rank(input: Any, tol: Any = None, symmetric: bool = False) -> Any:
    """The number of singular values above the tolerance."""
    return np.linalg.matrix_rank(input, tol, symmetric)


def matrix_power(input: Any, n: int) -> Any:
    """The n-th power of square matrices."""
    return np.linalg.matrix_power(input, n)


def matrix_exp(input: Any) -> Any:
    """The exponential of square matrices; needs SciPy.

    >>> import wengert as wg
    >>> wg.matrix_exp(wg.zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    return matrixfun.expm(matrices(input))


def solve_triangular(A: Any, B: Any, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Any:
    """X with A X = B, or X A = B unless `left`, of triangular A; needs SciPy."""
    if not left:
        return mT(solve_triangular(mT(A), mT(B), upper=not upper, unitriangular=unitriangular))
    return factor.triangular(matrices(A), matrices(B), lower=not upper, unit=unitriangular)


def triangular_solve(
    input: Any, A: Any, upper: bool = True, transpose: bool = False, unitriangular: bool = False
) -> Any:
    """X with A X = `input` (Aᵀ if `transpose`), and A; needs SciPy."""
    left, upper_left = (mT(A), not upper) if transpose else (A, upper)
    return ValuesIndices(solve_triangular(left, input, upper=upper_left, unitriangular=unitriangular), A)


def cholesky_solve(input: Any, L: Any, upper: bool = False) -> Any:
    """X with A X = `input`, given the Cholesky factor of A; needs SciPy."""
    low = H(L) if upper else L
    return solve_triangular(H(low), solve_triangular(low, input, upper=False), upper=True)


def cholesky_inverse(L: Any, upper: bool = False) -> Any:
    """A⁻¹, given the Cholesky factor of A; needs SciPy."""
    return cholesky_solve(np.broadcast_to(np.eye(L.shape[-1], dtype=L.dtype), L.shape), L, upper)


def cholesky_ex(input: Any, *, upper: bool = False, check_errors: bool = False) -> Factored:
    """The Cholesky factor and 0."""
    return Factored(np.linalg.cholesky(input, upper=upper), _info(input))


def inv_ex(A: Any, *, check_errors: bool = False) -> Factored:
    """The inverse and 0."""
    return Factored(np.linalg.inv(A), _info(A))


def solve(a: Any, b: Any, *, left: bool = True) -> Any:
    """NumPy's solution of a x = b; of x a = b unless `left`.

    As many vectors as there are matrices are solved for, one each, unless NumPy finds a solution for them as a matrix.
    """
    vectors = np.ndim(b) > 1 and np.shape(b) == np.shape(a)[:-1] and np.shape(b)[-2] != np.shape(a)[-1]
    if vectors:
        return solve(a, b[..., None])[..., 0]
    return np.linalg.solve(a, b) if left else mT(np.linalg.solve(mT(a), mT(b)))


def solve_ex(A: Any, B: Any, *, left: bool = True, check_errors: bool = False) -> Factored:
    """The solution of A X = B (X A = B unless `left`) and 0."""
    return Factored(solve(A, B, left=left), _info(A))


# --- LU ---------------------------------------------------------------------------------------------------------


def lu_factor(A: Any, *, pivot: bool = True) -> LU:
    """The packed LU factorisation; needs SciPy."""
    if not pivot:
        raise InvalidArgument(
            explain(
                f"lu_factor(pivot=False) at {user_line()}.",
                "LAPACK, which NumPy and SciPy use, always exchanges rows: without that small pivots ruin the result.",
                "Leave pivot=False out.",
            )
        )
    packed, pivots = factor.lu_factor(matrices(A))
    return LU(packed, pivots + 1)


def lu_factor_ex(A: Any, *, pivot: bool = True, check_errors: bool = False) -> Any:
    """The packed LU factorisation and 0; needs SciPy."""
    return (*lu_factor(A, pivot=pivot), _info(A))


def lu_unpack(LU_data: Any, LU_pivots: Any, unpack_data: bool = True, unpack_pivots: bool = True) -> PLU:
    """P, L and U of a packed factorisation; needs SciPy."""
    rows = LU_data.shape[-2]
    order = factor.permutation(LU_pivots - 1, rows)
    # Row i of L U is row order[i] of the matrix.
    swaps = np.arange(rows)[:, None] == order[..., None, :]
    return PLU(swaps.astype(LU_data.dtype), *factor.unpacked(LU_data))


def linalg_lu(A: Any, *, pivot: bool = True) -> PLU:
    """P, L and U with A = P L U; needs SciPy.

    >>> import wengert as wg
    >>> wg.linalg.lu(wg.tensor([[0.0, 2.0], [1.0, 0.0]])).U
    tensor([[1., 0.],
            [0., 2.]])
    """
    return lu_unpack(*lu_factor(A, pivot=pivot))


def lu(A: Any, pivot: bool = True, get_infos: bool = False) -> Any:
    """The packed LU factorisation (and 0 with `get_infos`), as torch.lu; P, L and U are wg.linalg.lu's."""
    return lu_factor_ex(A, pivot=pivot) if get_infos else lu_factor(A, pivot=pivot)


def lu_solve(b: Any, LU_data: Any, LU_pivots: Any) -> Any:
    """X with A X = b, given the packed factorisation of A; needs SciPy."""
    swaps, low, up = lu_unpack(LU_data, LU_pivots)
    first = solve_triangular(low, np.matmul(mT(swaps), b), upper=False, unitriangular=True)
    return solve_triangular(up, first, upper=True)


def linalg_lu_solve(LU: Any, pivots: Any, B: Any, *, left: bool = True, adjoint: bool = False) -> Any:
    """X with A X = B (X A = B unless `left`; Aᴴ if `adjoint`), given the packed factorisation of A; needs SciPy."""
    if not left:
        return H(linalg_lu_solve(LU, pivots, H(B), adjoint=not adjoint))
    if not adjoint:
        return lu_solve(B, LU, pivots)
    # Aᴴ = Uᴴ Lᴴ Pᵀ.
    swaps, low, up = lu_unpack(LU, pivots)
    first = solve_triangular(H(up), B, upper=False)
    return np.matmul(swaps, solve_triangular(H(low), first, upper=True, unitriangular=True))


# --- QR and singular values --------------------------------------------------------------------------------------


def qr(input: Any, some: bool = True) -> QR:
    """Q and R: the reduced ones, or all of Q unless `some`."""
    return QR(*np.linalg.qr(input, "reduced" if some else "complete"))


def geqrf(input: Any) -> Any:
    """LAPACK's packed QR factorisation: Householder's vectors below R, and their factors; no derivative."""
    packed, factors = np.linalg.qr(input.plain("geqrf") if isinstance(input, Box) else input, "raw")
    return writable(mT(packed)), writable(factors)


def _reflected(vectors: Any, factors: Any, x: Any) -> Any:
    """(1 - t₁ v₁ v₁ᴴ) (1 - t₂ v₂ v₂ᴴ) ... x."""
    for n in reversed(range(factors.shape[-1])):
        v = np.tril(vectors, -1)[..., :, n : n + 1] + np.eye(vectors.shape[-2], dtype=vectors.dtype)[:, n : n + 1]
        x = x - factors[..., n, None, None] * np.matmul(v, np.matmul(H(v), x))
    return x


def householder_product(input: Any, tau: Any) -> Any:
    """The first columns of the product of Householder's reflections that `geqrf` packs."""
    return _reflected(input, tau, np.eye(*input.shape[-2:], dtype=input.dtype))


def orgqr(input: Any, tau: Any) -> Any:
    """The first columns of the product of Householder's reflections that `geqrf` packs."""
    return householder_product(input, tau)


def ormqr(input: Any, tau: Any, other: Any, left: bool = True, transpose: bool = False) -> Any:
    """Q C (C Q unless `left`; Qᴴ if `transpose`) for all of the Q that `geqrf` packs."""
    q = _reflected(input, tau, np.eye(input.shape[-2], dtype=input.dtype))
    q = H(q) if transpose else q
    return np.matmul(q, other) if left else np.matmul(other, q)


def svd(input: Any, some: bool = True, compute_uv: bool = True) -> USV:
    """U, S and V (not Vᴴ, which np.linalg.svd and wg.linalg.svd give), the reduced ones if `some`."""
    u, s, vh = np.linalg.svd(input, full_matrices=not some)
    return USV(u, s, H(vh)) if compute_uv else USV(np.zeros_like(u), s, np.zeros_like(H(vh)))


def svd_lowrank(A: Any, q: int = 6, niter: int = 2, M: Any = None) -> USV:
    """The q greatest singular values and their vectors; exact, so that `niter` is not needed."""
    u, s, v = svd(A if M is None else A - M)
    return USV(u[..., :q], s[..., :q], v[..., :q])


def pca_lowrank(A: Any, q: int | None = None, center: bool = True, niter: int = 2) -> USV:
    """The q (6 by default) principal components of the rows."""
    q = builtins.min(6, *A.shape[-2:]) if q is None else q
    return svd_lowrank(A - np.mean(A, axis=-2, keepdims=True) if center else A, q)


def vander(x: Any, N: int | None = None) -> Any:
    """The powers 0 ... N - 1 of the entries along a new last axis."""
    powers = x[..., None] ** np.arange(x.shape[-1] if N is None else N)
    return powers.astype(x.dtype, copy=False)


# --- NumPy's, with more arguments -------------------------------------------------------------------------------


class Fitted(NamedTuple):
    """The solution of least squares, the sums of its squared residuals, and the rank and singular values of A."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


def lstsq(a: Any, b: Any, rcond: Any = None, *, driver: str | None = None) -> Fitted:
    """NumPy's least squares; of many matrices at once (…, m, n) too.

    driver: a name of LAPACK's methods, which all have the same solution.
    """
    if np.ndim(a) == 2:
        return Fitted(*np.linalg.lstsq(a, b, rcond))
    sizes = np.linalg.svdvals(a)
    rcond = np.finfo(sizes.dtype).eps * builtins.max(a.shape[-2:]) if rcond is None else rcond
    rank = np.sum(sizes > rcond * np.max(sizes, axis=-1, keepdims=True, initial=0), axis=-1)
    found = np.matmul(np.linalg.pinv(a, rcond), b)
    # As in PyTorch there are none where they are 0.
    residuals = np.sum(np.abs(np.matmul(a, found) - b) ** 2, axis=-2) if a.shape[-2] > a.shape[-1] else sizes[..., :0]
    return Fitted(found, residuals, rank, sizes)


def linalg_rank(
    A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None, atol: Any = None
) -> Any:  # fmt: skip
    """The number of singular values above the tolerance, the greater one of `atol` and `rtol` times the greatest."""
    if atol is None:
        return np.linalg.matrix_rank(A, tol, hermitian, **({} if rtol is None else {"rtol": rtol}))
    sizes = np.abs(np.linalg.eigvalsh(A)) if hermitian else np.linalg.svdvals(A)
    share = 0 if rtol is None else rtol
    least = np.maximum(atol, share * np.max(sizes, axis=-1, initial=0))
    return np.sum(sizes > np.expand_dims(least, -1), axis=-1)


def linalg_diagonal(A: Any, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The diagonals of matrices, of the last two axes unless others are given."""
    return np.diagonal(A, offset, dim1, dim2)


def matrix_norm(
    A: Any, ord: Any = "fro", dim: tuple[int, int] = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Any:  # fmt: skip
    """The norm of matrices: Frobenius's, or another that np.linalg.norm knows."""
    return np.linalg.norm(A if dtype is None else A.astype(dtype), ord, axis=tuple(dim), keepdims=keepdim)


def vector_norm(x: Any, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None) -> Any:
    """The norm of the entries, or of vectors along axes."""
    x = x if dtype is None else x.astype(dtype)
    dim, keepdim = reduced_axes(x, dim, keepdim)
    return np.linalg.vector_norm(x, axis=tuple(dim) if isinstance(dim, list) else dim, keepdims=keepdim, ord=ord)


# What wg.linalg has besides NumPy's functions; `norm`, `svd` and `qr` there are NumPy's.
LINALG: dict[str, Callable[..., Any]] = {
    "cholesky_ex": cholesky_ex, "diagonal": linalg_diagonal, "householder_product": householder_product,
    "inv_ex": inv_ex, "lstsq": lstsq, "lu": linalg_lu, "lu_factor": lu_factor, "lu_factor_ex": lu_factor_ex,
    "lu_solve": linalg_lu_solve, "matrix_exp": matrix_exp, "matrix_norm": matrix_norm, "matrix_rank": linalg_rank,
    "solve": solve, "solve_ex": solve_ex, "solve_triangular": solve_triangular, "vander": vander,
    "vector_norm": vector_norm,
}  # fmt: skip
