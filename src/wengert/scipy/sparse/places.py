"""Twins of `scipy.sparse` that put entries elsewhere: SciPy does it with the numbers of the entries, which tell where.

An entry keeps its value, so that the array of SciPy's whose entries are 1, 2, 3, … says after the function which of
them came where.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as theirs

from wengert import tree
from wengert.core.apply import Box
from wengert.ops.spelling import lift
from wengert.scipy.choice import twin_of
from wengert.scipy.sparse.entries import KINDS, Sparse, entries_of

__all__ = [
    "block_array", "block_diag", "bmat", "diags", "diags_array", "find", "hstack", "kron", "kronsum", "permute_dims",
    "spdiags", "swapaxes", "tril", "triu", "vstack",
]  # fmt: skip

_NO_DTYPE = object()


class _Numbered:
    """Operands of SciPy's function with the numbers of the entries in place of these."""

    def __init__(self) -> None:
        self.data: list[Any] = []
        self.count = 0

    def __call__(self, x: Any) -> Any:
        """A matrix with numbers for entries; anything else (None, a setting) unchanged."""
        if not (isinstance(x, Sparse | Box | np.ndarray) or theirs.issparse(x)):
            return x
        a = entries_of(x if not isinstance(x, Box | np.ndarray) or x.ndim == 2 else np.atleast_2d(x)).summed()
        kind = getattr(theirs, type(x).__name__ if isinstance(x, Sparse) else "coo_array")
        return kind(theirs.coo_array((self.numbers(a.data), (a.rows, a.cols)), shape=a.shape))

    def numbers(self, data: Any) -> Any:
        """The numbers, from 1 on, of further entries."""
        self.data.append(np.reshape(data, (-1,)))
        self.count += data.size
        return np.arange(self.count - data.size + 1, self.count + 1, dtype=np.int64).reshape(data.shape)

    def found(self, made: Any, dtype: Any = None) -> Any:
        """SciPy's array of numbers as one of the entries themselves."""
        places = made.tocoo(copy=False)
        data = np.concatenate(self.data)[places.data - 1]
        data = data if dtype in (None, _NO_DTYPE) else data.astype(dtype)
        return object.__new__(KINDS[type(made).__name__]).like(data, places.row, places.col, places.shape)


def _moved(f: Callable[..., Any], x: Any, *args: Any, dtype: Any = None, **kwargs: Any) -> Any:
    """What ``f(x, …)`` makes of one matrix, or of nested lists of matrices."""
    numbered = _Numbered()
    return numbered.found(f(tree.map(numbered, x), *args, **kwargs), dtype)


@twin_of(theirs.hstack)
def hstack(blocks: Any, format: Any = None, dtype: Any = None) -> Any:
    """Sparse matrices beside each other.

    >>> import wengert as wg
    >>> sparse, x = wg.scipy.sparse, np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> wg.grad(lambda x: np.sum(sparse.hstack([sparse.csr_array(x), sparse.csr_array(x)]).toarray()))(x)
    array([[2., 2.],
           [2., 2.]])
    """
    return _moved(theirs.hstack, list(blocks), format, dtype=dtype)


@twin_of(theirs.vstack)
def vstack(blocks: Any, format: Any = None, dtype: Any = None) -> Any:
    """Sparse matrices below each other.

    >>> import wengert as wg
    >>> sparse, x = wg.scipy.sparse, np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> wg.grad(lambda x: np.sum(sparse.vstack([sparse.csr_array(x), sparse.csr_array(x)]).toarray()))(x)
    array([[2., 2.],
           [2., 2.]])
    """
    return _moved(theirs.vstack, list(blocks), format, dtype=dtype)


@twin_of(theirs.bmat)
def bmat(blocks: Any, format: Any = None, dtype: Any = None) -> Any:
    """A sparse matrix of blocks, of which None is zero.

    >>> import wengert as wg
    >>> sparse, x = wg.scipy.sparse, np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> wg.grad(lambda x: np.sum(sparse.bmat([[sparse.csr_array(x), None], [None, sparse.csr_array(x)]]).toarray()))(x)
    array([[2., 2.],
           [2., 2.]])
    """
    return _moved(theirs.bmat, [list(row) for row in blocks], format, dtype=dtype)


@twin_of(theirs.block_array)
def block_array(blocks: Any, *, format: Any = None, dtype: Any = None) -> Any:
    """A sparse array of blocks, of which None is zero.

    >>> import wengert as wg
    >>> sparse, x = wg.scipy.sparse, np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> wg.grad(lambda x: np.sum(sparse.block_array([[sparse.csr_array(x), None], [None, x]]).toarray()))(x)
    array([[2., 2.],
           [2., 2.]])
    """
    return _moved(theirs.block_array, [list(row) for row in blocks], format=format, dtype=dtype)


@twin_of(theirs.block_diag)
def block_diag(mats: Any, format: Any = None, dtype: Any = None) -> Any:
    """Sparse matrices along the diagonal.

    >>> import wengert as wg
    >>> sparse, x = wg.scipy.sparse, np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> wg.grad(lambda x: np.sum(sparse.block_diag([sparse.csr_array(x), sparse.csr_array(x)]).toarray()))(x)
    array([[2., 2.],
           [2., 2.]])
    """
    return _moved(
        theirs.block_diag,
        [m if isinstance(m, Sparse) or theirs.issparse(m) else lift(m) for m in mats],
        format,
        dtype=dtype,
    )


@twin_of(theirs.tril)
def tril(A: Any, k: int = 0, format: Any = None) -> Any:
    """The entries on and below the k-th diagonal.

    >>> import wengert as wg
    >>> sparse, x = wg.scipy.sparse, np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> wg.grad(lambda x: np.sum(sparse.tril(sparse.csr_array(x)).toarray()))(x)
    array([[1., 0.],
           [1., 1.]])
    """
    return _moved(theirs.tril, A, k, format)


@twin_of(theirs.triu)
def triu(A: Any, k: int = 0, format: Any = None) -> Any:
    """The entries on and above the k-th diagonal.

    >>> import wengert as wg
    >>> sparse, x = wg.scipy.sparse, np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> wg.grad(lambda x: np.sum(sparse.triu(sparse.csr_array(x)).toarray()))(x)
    array([[1., 1.],
           [0., 1.]])
    """
    return _moved(theirs.triu, A, k, format)


@twin_of(theirs.swapaxes)
def swapaxes(A: Any, axis1: int, axis2: int) -> Any:
    """Rows and columns exchanged, if these are two axes.

    >>> import wengert as wg
    >>> sparse, x = wg.scipy.sparse, np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> wg.grad(lambda x: np.sum(sparse.swapaxes(sparse.csr_array(x), 0, 1).toarray()[0, 1]))(x)
    array([[0., 0.],
           [1., 0.]])
    """
    return _moved(theirs.swapaxes, A, axis1, axis2)


@twin_of(theirs.permute_dims)
def permute_dims(A: Any, axes: Any = None, copy: bool = False) -> Any:
    """Rows and columns exchanged, if no axes or (1, 0) are given.

    >>> import wengert as wg
    >>> sparse, x = wg.scipy.sparse, np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> wg.grad(lambda x: np.sum(sparse.permute_dims(sparse.csr_array(x)).toarray()[0, 1]))(x)
    array([[0., 0.],
           [1., 0.]])
    """
    return _moved(theirs.permute_dims, A, axes, copy)


@twin_of(theirs.find)
def find(A: Any) -> Any:
    """The rows, the columns and the values of the entries that are not zero; duplicates are added.

    >>> import wengert as wg
    >>> sparse, x = wg.scipy.sparse, np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> wg.grad(lambda x: np.sum(sparse.find(sparse.csr_array(x))[2]))(x)
    array([[1., 1.],
           [0., 1.]])
    """
    a = entries_of(A).summed()
    values = a.data
    kept = np.flatnonzero(values.concrete("scipy.sparse.find") if isinstance(values, Box) else values)
    return a.rows[kept], a.cols[kept], values[kept]


# --- diagonals --------------------------------------------------------------------------------------------------------


@twin_of(theirs.diags_array)
def diags_array(
    diagonals: Any, /, *, offsets: Any = 0, shape: Any = None, format: Any = None, dtype: Any = _NO_DTYPE
) -> Any:
    """A sparse array from its diagonals, of these offsets; a diagonal of one entry repeats it.

    >>> import wengert as wg
    >>> wg.grad(lambda d: np.sum(wg.scipy.sparse.diags_array([d], offsets=[0]).toarray()))(np.ones(2))
    array([1., 1.])
    """
    return _diagonals(theirs.diags_array, diagonals, offsets, shape, format, dtype)


@twin_of(theirs.diags)
def diags(diagonals: Any, offsets: Any = 0, shape: Any = None, format: Any = None, dtype: Any = _NO_DTYPE) -> Any:
    """A sparse matrix from its diagonals, of these offsets; a diagonal of one entry repeats it.

    >>> import wengert as wg
    >>> wg.grad(lambda d: np.sum(wg.scipy.sparse.diags([d], [0]).toarray()))(np.ones(2))
    array([1., 1.])
    """
    return _diagonals(theirs.diags, diagonals, offsets, shape, format, dtype)


def _diagonals(f: Callable[..., Any], diagonals: Any, offsets: Any, shape: Any, format: Any, dtype: Any) -> Any:
    """What SciPy's function f makes of the diagonals."""
    numbered = _Numbered()
    one = np.ndim(offsets) == 0 and np.ndim(diagonals[0]) == 0
    marks = [numbered.numbers(np.atleast_1d(lift(d))) for d in ([diagonals] if one else diagonals)]
    made = f(marks, offsets=np.atleast_1d(offsets), shape=shape, format=format, dtype=np.int64)
    return numbered.found(made, dtype)


@twin_of(theirs.spdiags)
def spdiags(data: Any, diags: Any, m: Any = None, n: Any = None, format: Any = None) -> Any:
    """A sparse m by n matrix whose diagonals are the rows of `data`.

    >>> import wengert as wg
    >>> wg.grad(lambda d: np.sum(wg.scipy.sparse.spdiags(d, [1], 2, 2).toarray()))(np.ones((1, 2)))
    array([[0., 1.]])
    """
    numbered = _Numbered()
    return numbered.found(theirs.spdiags(numbered.numbers(np.atleast_2d(lift(data))), diags, m, n, format))


# --- Kronecker's products ---------------------------------------------------------------------------------------------


@twin_of(theirs.kron)
def kron(A: Any, B: Any, format: Any = None) -> Any:
    """Kronecker's product: every entry of A times B.

    >>> import wengert as wg
    >>> sparse, x = wg.scipy.sparse, np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> wg.grad(lambda x: np.sum(sparse.kron(sparse.csr_array(x), np.ones((1, 2))).toarray()))(x)
    array([[2., 2.],
           [2., 2.]])
    """
    return _product(entries_of(A), entries_of(B)).asformat(format or "coo")


@twin_of(theirs.kronsum)
def kronsum(A: Any, B: Any, format: Any = None) -> Any:
    """Kronecker's sum of two square matrices: 1 ⊗ A + B ⊗ 1.

    >>> import wengert as wg
    >>> sparse, x = wg.scipy.sparse, np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> wg.grad(lambda x: np.sum(sparse.kronsum(sparse.csr_array(x), np.zeros((2, 2))).toarray()))(x)
    array([[2., 2.],
           [2., 2.]])
    """
    a, b = entries_of(A), entries_of(B)
    ones = [entries_of(theirs.eye_array(m.shape[0])) for m in (b, a)]
    return (_product(ones[0], a) + _product(b, ones[1])).asformat(format or "coo")


def _product(a: Sparse, b: Sparse) -> Any:
    """Kronecker's product at its places."""
    at = [(a.rows, b.rows, b.shape[0]), (a.cols, b.cols, b.shape[1])]
    rows, cols = (np.reshape(i[:, None] * n + j, (-1,)) for i, j, n in at)
    shape = (a.shape[0] * b.shape[0], a.shape[1] * b.shape[1])
    return a.like(np.reshape(a.data[:, None] * b.data, (-1,)), rows, cols, shape)
