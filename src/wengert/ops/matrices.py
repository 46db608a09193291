"""How NumPy's decompositions are spelled with the rows, and what is composed of them."""

from __future__ import annotations

import builtins
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.core.apply import Box, apply
from wengert.core.protocols import spell
from wengert.errors import BatchedValue, InvalidArgument, TracedValue, explain, user_line
from wengert.ops import factor, pseudo, spectral
from wengert.ops.determinants import inverse_if_any, made_infinite
from wengert.ops.linalg import H, one_triangle
from wengert.ops.spelling import inexact, lift

__all__ = ["matrices", "real_if_known"]


def matrices(a: Any) -> Any:
    """An operand as a stack of matrices of floats."""
    a = inexact(lift(a))
    if a.ndim < 2:
        raise np.linalg.LinAlgError(f"{a.ndim}-dimensional array given. Array must be at least two-dimensional")
    return a


# --- spectral -----------------------------------------------------------------------------------------------------

_EighResult: Any = type(np.linalg.eigh(np.eye(1)))
_EigResult: Any = type(np.linalg.eig(np.eye(1)))
_SVDResult: Any = type(np.linalg.svd(np.eye(1)))
_QRResult: Any = type(np.linalg.qr(np.eye(1)))


@spell(np.linalg.eigh)
def eigh(a: Any, UPLO: str = "L") -> Any:
    """Eigenvalues, the smallest first, and eigenvectors of Hermitian matrices.

    Where eigenvalues are equal, what does not depend on the choice of vectors has its derivative (A. S. Lewis, 1996,
    for values; Ju. L. Daleckii and S. G. Krein, 1965, for both), and anything else raises `NotDifferentiable`; see
    `clusters`.
    """
    return _EighResult(*apply(spectral.eigh, (matrices(a),), {"uplo": UPLO}))


@spell(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: str = "L") -> Any:
    """The eigenvalues of Hermitian matrices, the smallest first."""
    return apply(spectral.eigh, (matrices(a),), {"uplo": UPLO, "vectors": False})[0]


def real_if_known(x: Any, *others: Any) -> Any:
    """Complex results as real ones if all imaginary parts are 0, as NumPy returns them for a real matrix.

    Numbers that may not be looked at, in a trace or a batch, stay complex.
    """
    try:
        values = x.concrete("np.linalg.eig") if isinstance(x, Box) else x
    except (TracedValue, BatchedValue):
        return (x, *others)
    if np.any(np.imag(values)):
        return (x, *others)
    return tuple(np.real(y) for y in (x, *others))


@spell(np.linalg.eig)
def eig(a: Any) -> Any:
    """Eigenvalues and eigenvectors, each of length 1 and with its largest component real (LAPACK's convention).

    Where eigenvalues are equal, and the matrix is diagonalisable, reverse accumulation is exact for what does not
    depend on the choice of vectors; else, and for defective matrices, it raises `NotDifferentiable` (`clusters`).
    """
    a = matrices(a)
    w, v = spectral.eig(a)
    return _EigResult(*((w, v) if a.dtype.kind == "c" else real_if_known(w, v)))


@spell(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    """The eigenvalues."""
    a = matrices(a)
    w, _ = spectral.eig(a, vectors=False)
    return w if a.dtype.kind == "c" else real_if_known(w)[0]


@spell(np.linalg.svd)
def svd(a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """The singular value decomposition a = u s vh, the largest singular value first.

    Where singular values are equal or 0, what does not depend on the choice of vectors has its derivative, as for
    `eigh`, and anything else raises `NotDifferentiable` (`clusters`).
    """
    a = matrices(a)
    if hermitian:
        return _hermitian_svd(a, compute_uv)
    if not compute_uv:
        return spectral.svd(a, vectors=False)[1]
    full = full_matrices and a.shape[-1] != a.shape[-2]
    return _SVDResult(*(spectral.svd_full if full else spectral.svd)(a))


def _hermitian_svd(a: Any, compute_uv: bool) -> Any:
    """Of a Hermitian matrix: singular values are the sizes of the eigenvalues, whose signs go to vh."""
    w, v = eigh(a)
    size = np.abs(w)
    order = np.argsort(-size, axis=-1)
    s = np.take_along_axis(size, order, axis=-1)
    if not compute_uv:
        return s
    sign = np.take_along_axis(np.where(w < 0, -1.0, 1.0).astype(s.dtype), order, axis=-1)
    u = np.take_along_axis(v, order[..., None, :], axis=-1)
    return _SVDResult(u, s, H(u * sign[..., None, :]))


@spell(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    """The singular values, the largest first."""
    return svd(x, compute_uv=False)


@spell(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    """The condition number: the norm of the matrix times that of its inverse."""
    x = matrices(x)
    if 0 in x.shape[-2:]:
        raise np.linalg.LinAlgError("cond is not defined on empty arrays")
    if p in (None, 2, -2):
        s = svd(x, compute_uv=False)
        top, bottom = (s[..., -1], s[..., 0]) if p == -2 else (s[..., 0], s[..., -1])
        out = top / np.where(bottom == 0, 1, bottom)
        missing, infinite = out.dtype.type(np.nan), out.dtype.type(np.inf)
        out = np.where(bottom == 0, np.where(top == 0, missing, infinite), out)
    else:
        sizes = [np.linalg.norm(y, ord=p, axis=(-2, -1)) for y in (x, inverse_if_any(x))]
        out = sizes[0] * sizes[1]
    return made_infinite(out, x)


@spell(np.linalg.matrix_rank)
def matrix_rank(A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """How many singular values are not negligible; locally constant."""
    a = inexact(lift(A))
    if a.ndim < 2:
        return np.any(a != 0).astype(np.intp)
    s = svd(a, compute_uv=False, hermitian=hermitian)
    if tol is None:
        cutoff = np.finfo(s.dtype).eps * builtins.max(a.shape[-2:]) if rtol is None else lift(rtol)[..., None]
        tol = np.max(s, axis=-1, keepdims=True, initial=0) * cutoff
    else:
        tol = lift(tol)[..., None]
    return np.sum(s > tol, axis=-1)


# --- factorisations -------------------------------------------------------------------------------------------------


def thin_qr(a: Any) -> Any:
    """q and r with as many columns of q as the smaller side of a."""
    n, m = a.shape[-2:]
    if n >= m:
        return factor.qr(a)
    q, first = factor.qr(a[..., :n])
    return q, np.concatenate([first, np.matmul(H(q), a[..., n:])], axis=-1)


@spell(np.linalg.qr)
def qr(a: Any, mode: str = "reduced") -> Any:
    """a = q r with orthonormal columns of q and upper triangular r."""
    a = matrices(a)
    if mode == "r":
        return thin_qr(a)[1]
    if mode == "complete":
        return _QRResult(*(factor.qr_full(a) if a.shape[-2] > a.shape[-1] else thin_qr(a)))
    if mode == "reduced":
        return _QRResult(*thin_qr(a))
    raise InvalidArgument(
        explain(
            f"np.linalg.qr(mode={mode!r}) at {user_line()} was called on a tensor.",
            "Householder vectors and other modes have no derivative here.",
            "Use mode='reduced', 'complete' or 'r'.",
        )
    )


@spell(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    """The Moore-Penrose inverse, of what the cutoff keeps (`pseudo`)."""
    a = matrices(a)
    if rcond is None:
        rcond = builtins.max(a.shape[-2:]) * np.finfo(a.dtype).eps if rtol is None else rtol
    if hermitian and a.shape[-1] == a.shape[-2]:
        a = one_triangle(a, uplo="L")
    return apply(pseudo.pinv, (a, np.asarray(rcond)), {"hermitian": hermitian})


@spell(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    """The least-squares solution, the sums of squared residuals, the rank and the singular values of a."""
    a, b = inexact(lift(a)), inexact(lift(b))
    if a.ndim != 2 or b.ndim > 2:
        raise np.linalg.LinAlgError("least squares take one matrix, and one right-hand side or a matrix of them")
    if rcond is None:
        rcond = np.finfo(np.result_type(a.dtype, b.dtype)).eps * builtins.max(a.shape)
    return pseudo.least_squares(a, b, rcond)


# --- composites -------------------------------------------------------------------------------------------------------


@spell(np.linalg.matrix_power)
def matrix_power(a: Any, n: Any) -> Any:
    """The nth power, by repeated squaring; of the inverse for negative n."""
    a, n = lift(a), operator.index(n)
    if n == 0:
        return np.zeros_like(a) + np.eye(a.shape[-1], dtype=a.dtype)
    square, out, left = (np.linalg.inv(a) if n < 0 else a), None, builtins.abs(n)
    while True:
        if left & 1:
            out = square if out is None else np.matmul(out, square)
        left >>= 1
        if not left:
            return out
        square = np.matmul(square, square)


@spell(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any]) -> Any:
    """The product of several matrices in the cheapest order; the first and the last may be vectors."""
    xs = [lift(x) for x in arrays]
    if len(xs) < 2:
        raise ValueError("Expecting at least two arrays.")
    first, last = xs[0].ndim == 1, xs[-1].ndim == 1
    if first:
        xs[0] = xs[0][None, :]
    if last:
        xs[-1] = xs[-1][:, None]
    out = _chain(xs, _splits([x.shape[0] for x in xs] + [xs[-1].shape[1]]), 0, len(xs) - 1)
    return out[(0,) * first + (slice(None),) * (not first) + (0,) * last]


def _splits(p: list[int]) -> dict[tuple[int, int], int]:
    """Where to cut the product of matrices i..j, of shapes (p_i, p_i+1), for the fewest multiplications.

    T. H. Cormen et al., "Introduction to Algorithms", section on matrix-chain multiplication.
    """
    n = len(p) - 1
    cost: dict[tuple[int, int], int] = {(i, i): 0 for i in range(n)}
    cut: dict[tuple[int, int], int] = {}
    for span in range(1, n):
        for i in range(n - span):
            j = i + span
            cost[i, j], cut[i, j] = builtins.min(
                (cost[i, k] + cost[k + 1, j] + p[i] * p[k + 1] * p[j + 1], k) for k in range(i, j)
            )
    return cut


def _chain(xs: list[Any], cut: dict[tuple[int, int], int], i: int, j: int) -> Any:
    if i == j:
        return xs[i]
    k = cut[i, j]
    return np.matmul(_chain(xs, cut, i, k), _chain(xs, cut, k + 1, j))


def _size(shape: Sequence[int]) -> int:
    return int(np.prod(shape, dtype=int))


@spell(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    """x with tensordot(a, x, x.ndim) = b."""
    a, b = lift(a), lift(b)
    if axes is not None:
        order = [k for k in range(a.ndim) if k not in axes] + list(axes)
        a = np.transpose(a, order)
    shape = a.shape[b.ndim :]
    x = np.linalg.solve(np.reshape(a, (_size(b.shape), _size(shape))), np.ravel(b))
    return np.reshape(x, shape)


@spell(np.linalg.tensorinv)
def tensorinv(a: Any, ind: int = 2) -> Any:
    """The inverse of a as a map from its last axes to its first `ind` ones."""
    a = lift(a)
    shape = a.shape[ind:] + a.shape[:ind]
    return np.reshape(np.linalg.inv(np.reshape(a, (_size(a.shape[:ind]), -1))), shape)
