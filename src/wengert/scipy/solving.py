"""Twins of `scipy.linalg`: linear systems, inverses and least squares."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg as theirs

from wengert.core.apply import apply
from wengert.core.protocols import astype
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops import factor, pseudo
from wengert.ops.linalg import H, mT
from wengert.ops.matrices import matrices
from wengert.ops.spelling import inexact, lift
from wengert.scipy.choice import twin_of

__all__ = [
    "cho_factor", "cho_solve", "cholesky", "det", "inv", "lstsq", "lu", "lu_factor", "lu_solve", "norm", "pinv",
    "pinvh", "solve", "solve_triangular",
]  # fmt: skip


def columns(b: Any) -> tuple[Any, Any]:
    """A right-hand side as columns, and how to undo that."""
    b = inexact(lift(b))
    if b.ndim == 1:
        return b[:, None], lambda x: x[..., 0]
    return b, lambda x: x


def double(x: Any) -> Any:
    """An operand in double precision, real or complex."""
    return astype(x, np.complex128 if x.dtype.kind == "c" else np.float64)


def whole(a: Any, lower: bool, *, hermitian: bool = True) -> Any:
    """The Hermitian (or symmetric) matrix of which `a` holds one triangle."""
    one = np.tril(a, -1) if lower else np.triu(a, 1)
    eye = np.eye(a.shape[-1], dtype=bool)
    return one + (H(one) + np.real(a) * eye if hermitian else mT(one) + a * eye)


def _as_assumed(a: Any, assume_a: str | None, lower: bool) -> Any:
    """The matrix that SciPy sees when it is told of a structure: it does not look at the rest."""
    match assume_a:
        case "pos" | "positive definite" | "her" | "hermitian":
            return whole(a, lower)
        case "sym" | "symmetric":
            return whole(a, lower, hermitian=False)
        case "upper triangular":
            return np.triu(a)
        case "lower triangular":
            return np.tril(a)
        case "diagonal":
            return a * np.eye(a.shape[-1], dtype=bool)
        case "tridiagonal":
            return np.triu(np.tril(a, 1), -1)
        case None | "gen" | "general" | "banded":
            return a
        case _:
            raise InvalidArgument(
                explain(
                    f"a linear system at {user_line()} got assume_a={assume_a!r}.",
                    "That is not the name of a structure.",
                    "Use 'general', 'symmetric', 'hermitian', 'positive definite', 'banded', 'diagonal', 'tridiagonal' "
                    "or 'upper/lower triangular'.",
                )
            )


@twin_of(theirs.solve)
def solve(
    a: Any, b: Any, lower: bool = False, overwrite_a: bool = False, overwrite_b: bool = False,
    check_finite: bool = True, assume_a: str | None = None, transposed: bool = False,
) -> Any:  # fmt: skip
    """x with a x = b, or aᵀ x = b if `transposed`; of a symmetric structure only one triangle is read.

    >>> import wengert as wg
    >>> wg.grad(lambda b: wg.scipy.linalg.solve(np.diag([2.0, 4.0]), b)[1])(np.ones(2))
    array([0.  , 0.25])
    """
    a = _as_assumed(matrices(a), assume_a, lower)
    b, undo = columns(b)
    return undo(np.linalg.solve(mT(a) if transposed else a, b))


@twin_of(theirs.inv)
def inv(
    a: Any, overwrite_a: bool = False, check_finite: bool = True, *, assume_a: str | None = None, lower: bool = False
) -> Any:
    """The inverse; of a symmetric structure only one triangle is read.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.inv(a)[0, 0])(np.diag([2.0, 4.0]))[0, 0]
    np.float64(-0.25)
    """
    return np.linalg.inv(_as_assumed(matrices(a), assume_a, lower))


@twin_of(theirs.det)
def det(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The determinant, in double precision as in SciPy.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.linalg.det)(np.diag([2.0, 4.0]))
    array([[4., 0.],
           [0., 2.]])
    """
    return np.linalg.det(double(matrices(a)))


@twin_of(theirs.norm)
def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: bool = False, check_finite: bool = True) -> Any:
    """A vector or matrix norm.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.linalg.norm)(np.array([3.0, 4.0]))
    array([0.6, 0.8])
    """
    return np.linalg.norm(lift(a), ord, axis, keepdims)


# --- triangular factors -----------------------------------------------------------------------------------------------


@twin_of(theirs.solve_triangular)
def solve_triangular(
    a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False, overwrite_b: bool = False,
    check_finite: bool = True,
) -> Any:  # fmt: skip
    """x with a x = b for a triangular a (aᵀ x = b for trans=1 or 'T', aᴴ x = b for trans=2 or 'C').

    >>> import wengert as wg
    >>> wg.grad(lambda b: wg.scipy.linalg.solve_triangular(np.diag([2.0, 4.0]), b)[1])(np.ones(2))
    array([0.  , 0.25])
    """
    a = matrices(a)
    b, undo = columns(b)
    if trans in (1, "T"):
        a, lower = mT(a), not lower
    elif trans in (2, "C"):
        a, lower = H(a), not lower
    return undo(factor.triangular(a if unit_diagonal else factor.without_zeros(a), b, lower, unit_diagonal))


@twin_of(theirs.cholesky)
def cholesky(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The triangular factor of a = L Lᴴ = Uᴴ U; only that triangle of a is read.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.cholesky(a)[0, 0])(np.diag([4.0, 1.0]))
    array([[0.25, 0.  ],
           [0.  , 0.  ]])
    """
    a = matrices(a)
    return np.linalg.cholesky(a) if lower else H(np.linalg.cholesky(H(a)))


@twin_of(theirs.cho_factor)
def cho_factor(a: Any, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """The Cholesky factor in one triangle, the other one as it is in `a`, and which triangle it is.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.cho_factor(a)[0][0, 0])(np.diag([4.0, 1.0]))
    array([[0.25, 0.  ],
           [0.  , 0.  ]])
    """
    a = matrices(a)
    c = cholesky(a, lower)
    return c + (np.triu(a, 1) if lower else np.tril(a, -1)), lower


@twin_of(theirs.cho_solve)
def cho_solve(c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """x with a x = b from the result of `cho_factor`.

    >>> import wengert as wg
    >>> wg.grad(lambda b: wg.scipy.linalg.cho_solve((np.diag([2.0, 4.0]), True), b)[0])(np.ones(2))
    array([0.25, 0.  ])
    """
    c, lower = matrices(c_and_lower[0]), bool(c_and_lower[1])
    b, undo = columns(b)
    if lower:
        return undo(factor.triangular(H(c), factor.triangular(c, b), lower=False))
    return undo(factor.triangular(c, factor.triangular(H(c), b), lower=False))


@twin_of(theirs.lu_factor)
def lu_factor(a: Any, overwrite_a: bool = False, check_finite: bool = True) -> Any:
    """L and U of the pivoted matrix in one array, and LAPACK's row exchanges.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.lu_factor(a)[0][1, 1])(np.diag([2.0, 4.0]))
    array([[0., 0.],
           [0., 1.]])
    """
    return factor.lu_factor(matrices(a))


@twin_of(theirs.lu_solve)
def lu_solve(lu_and_piv: Any, b: Any, trans: int = 0, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """x with a x = b from the result of `lu_factor` (aᵀ x = b for trans=1, aᴴ x = b for trans=2).

    >>> import wengert as wg
    >>> lu = wg.scipy.linalg.lu_factor(np.diag([2.0, 4.0]))
    >>> wg.grad(lambda b: wg.scipy.linalg.lu_solve(lu, b)[1])(np.ones(2))
    array([0.  , 0.25])
    """
    lu, piv = matrices(lu_and_piv[0]), lift(lu_and_piv[1])
    b, undo = columns(b)
    order = factor.permutation(piv, lu.shape[-1])
    if trans == 0:
        b = np.take_along_axis(b, order[..., None], axis=-2)
        return undo(factor.triangular(lu, factor.triangular(lu, b, unit=True), lower=False))
    turned = mT(lu) if trans == 1 else H(lu)
    x = factor.triangular(turned, factor.triangular(turned, b), lower=False, unit=True)
    return undo(np.take_along_axis(x, np.argsort(order, axis=-1)[..., None], axis=-2))


@twin_of(theirs.lu)
def lu(
    a: Any, permute_l: bool = False, overwrite_a: bool = False, check_finite: bool = True, p_indices: bool = False
) -> Any:
    """a = P L U with partial pivoting; P is constant.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.lu(a)[2][1, 1])(np.diag([2.0, 4.0]))
    array([[0., 0.],
           [0., 1.]])
    """
    a = matrices(a)
    packed, piv = factor.lu_factor(a)
    low, up = factor.unpacked(packed)
    back = np.argsort(factor.permutation(piv, a.shape[-2]), axis=-1)
    if permute_l:
        return np.take_along_axis(low, back[..., None], axis=-2), up
    if p_indices:
        return back.astype(np.int32), low, up
    real = np.finfo(a.dtype).dtype
    return np.equal(back[..., :, None], np.arange(a.shape[-2])).astype(real), low, up


# --- pseudo-inverse and least squares -------------------------------------------------------------------------------


def _cutoff(a: Any, s: Any, atol: Any, rtol: Any) -> Any:
    """Relative to the largest singular value, as SciPy has it: max(atol, rtol s₀)."""
    if rtol is None:
        rtol = max(a.shape[-2:]) * np.finfo(a.dtype).eps if atol is None else 0.0
    top = np.max(s, axis=-1, initial=0)
    absolute = 0.0 if atol is None else atol
    return np.maximum(rtol, absolute / np.where(top == 0, 1, top)), top


def _pseudo(a: Any, atol: Any, rtol: Any, return_rank: bool, hermitian: bool) -> Any:
    s = np.linalg.svdvals(a)
    relative, top = _cutoff(a, s, atol, rtol)
    out = apply(pseudo.pinv, (a, relative), {"hermitian": hermitian})
    return (out, np.sum(s > (relative * top)[..., None], axis=-1)) if return_rank else out


@twin_of(theirs.pinv)
def pinv(a: Any, *, atol: Any = None, rtol: Any = None, return_rank: bool = False, check_finite: bool = True) -> Any:
    """The Moore-Penrose inverse, at constant rank (G. H. Golub and V. Pereyra, 1973).

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.pinv(a)[0, 0])(np.array([[2.0], [0.0]]))
    array([[-0.25],
           [ 0.  ]])
    """
    return _pseudo(matrices(a), atol, rtol, return_rank, False)


@twin_of(theirs.pinvh)
def pinvh(
    a: Any, atol: Any = None, rtol: Any = None, lower: bool = True, return_rank: bool = False, check_finite: bool = True
) -> Any:
    """The Moore-Penrose inverse of a Hermitian matrix, of which one triangle is read.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.linalg.pinvh(a)[0, 0])(np.diag([2.0, 4.0]))
    array([[-0.25,  0.  ],
           [ 0.  ,  0.  ]])
    """
    return _pseudo(whole(matrices(a), lower), atol, rtol, return_rank, True)


@twin_of(theirs.lstsq)
def lstsq(
    a: Any, b: Any, cond: Any = None, overwrite_a: bool = False, overwrite_b: bool = False, check_finite: bool = True,
    lapack_driver: Any = None,
) -> Any:  # fmt: skip
    """The least-squares solution, the sums of squared residuals, the rank and the singular values of a.

    >>> import wengert as wg
    >>> wg.grad(lambda b: wg.scipy.linalg.lstsq(np.ones((2, 1)), b)[0][0])(np.ones(2)).round(9)  # of the mean
    array([0.5, 0.5])
    """
    a, b = matrices(a), inexact(lift(b))
    if cond is None:
        cond = np.finfo(np.result_type(a.dtype, b.dtype)).eps
    x, residuals, rank, s = pseudo.least_squares(a, b, cond)
    if b.ndim == 1 and residuals.shape[-1]:
        residuals = residuals[..., 0]
    return x, residuals, rank.astype(int), None if lapack_driver == "gelsy" else s
