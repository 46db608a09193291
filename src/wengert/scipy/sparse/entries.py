"""Sparse matrices whose entries may be differentiated, at constant places."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as theirs

from wengert.core.apply import Box, apply
from wengert.core.op import TABLE
from wengert.core.twins import twin
from wengert.errors import LostGradient, MissingRule, explain, user_line
from wengert.ops.linalg import conj
from wengert.ops.spelling import lift
from wengert.scipy.choice import Standing, has_box
from wengert.scipy.closures import plain

__all__ = ["Sparse", "entries_of"]


KINDS: dict[str, Any] = {}
"""The classes, by their names."""


class MissingMethod(MissingRule, AttributeError):
    """A method of SciPy's sparse arrays that those with a derivative do not have."""


def _refusal(what: str) -> str:
    """The message of an error that says what to ask instead."""
    asking = twin()
    return explain(
        f"{what} at {user_line()} was asked of a sparse array of wengert's, whose entries may have a derivative.",
        "It knows products, solutions and sums; SciPy's own functions of sparse arrays read plain numbers.",
        f"{f'Write {asking}, work' if asking else 'Work'} on its entries .data, .rows and .cols, write A.todense(), or "
        "make a plain array with scipy.sparse.",
    )


class Sparse(Standing):
    """Entries `data`, their `rows` and `cols`, and a shape. Products are with ``@`` and ``dot``, from both sides.

    format: the name of SciPy's format that it stands for; the entries are kept by their coordinates in any case.
    """

    format = "coo"
    data: Any
    rows: Any
    cols: Any
    shape: tuple[int, ...]

    def __init_subclass__(cls) -> None:
        KINDS[cls.__name__] = cls

    __array_ufunc__ = None  # NumPy leaves x @ A to A
    __array_priority__ = 2000.0

    def __new__(
        cls, arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False, *, maxprint: Any = None, **rest: Any
    ) -> Any:
        """SciPy's own, as long as there is no box among the arguments."""
        if has_box(arg1):
            return object.__new__(cls)
        return getattr(theirs, cls.__name__)(arg1, shape, dtype, copy, maxprint=maxprint, **rest)

    def __init__(
        self, arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False, *, maxprint: Any = None, **rest: Any
    ) -> None:
        kind = getattr(theirs, type(self).__name__)
        if isinstance(arg1, Sparse):
            self.data, self.rows, self.cols, self.shape = arg1.data, arg1.rows, arg1.cols, arg1.shape
        elif isinstance(arg1, tuple) and len(arg1) > 1 and not isinstance(arg1[0], int | np.integer):
            data = lift(arg1[0])
            # The places are SciPy's to read: an array of the numbers of the entries, from 1 on.
            marks = np.arange(1, data.size + 1).reshape(data.shape)
            # Coordinates are read as such: in rows or columns SciPy would add what is at one place.
            by_places = len(arg1) == 2 and np.ndim(arg1[1]) == 2 and self.format != "dia"
            read = theirs.coo_array if by_places else kind
            found = read((marks, *arg1[1:]), shape=shape, **({} if by_places else rest)).tocoo(copy=False)
            self.rows, self.cols, self.shape = found.row, found.col, found.shape
            self.data = np.reshape(data, (-1,))[found.data - 1]
        elif isinstance(dense := lift(arg1) if isinstance(arg1, list) else arg1, Box):
            dense = np.atleast_2d(dense)  # every entry: one that is zero now has a derivative, too
            self.rows, self.cols = np.indices(dense.shape).reshape(2, -1)
            self.data, self.shape = np.reshape(dense, (-1,)), dense.shape
        else:
            found = kind(arg1, shape=shape, **rest).tocoo(copy=False)
            self.data, self.rows, self.cols, self.shape = found.data, found.row, found.col, found.shape
        if dtype is not None:
            self.data = self.data.astype(dtype)

    def boxed(self) -> bool:
        """Whether the entries are a tensor."""
        return isinstance(self.data, Box)

    def standing_for(self) -> Any:
        """SciPy's array of the numbers."""
        kind = getattr(theirs, type(self).__name__)
        return kind(theirs.coo_array((plain(self.data), (self.rows, self.cols)), shape=self.shape))

    # --- what it is -------------------------------------------------------------------------------------------

    @property
    def dtype(self) -> Any:
        """The dtype of the entries."""
        return self.data.dtype

    @property
    def ndim(self) -> int:
        """2."""
        return len(self.shape)

    @property
    def nnz(self) -> int:
        """How many entries there are."""
        return int(self.data.shape[0])

    @property
    def places(self) -> dict[str, Any]:
        """The params of the rows `sparse_matmul` and `sparse_solve`."""
        return {"rows": self.rows, "cols": self.cols, "shape": tuple(map(int, self.shape))}

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise LostGradient(_refusal("np.asarray"))

    def __getattr__(self, name: str) -> Any:
        raise MissingMethod(_refusal(f".{name}"))

    def like(self, data: Any, rows: Any, cols: Any, shape: Any) -> Any:
        """Other entries at other places, in the same format."""
        made = object.__new__(type(self))
        made.data, made.rows, made.cols, made.shape = data, rows, cols, shape
        return made

    def at_places(self, data: Any) -> Any:
        """Other entries at the same places."""
        return self.like(data, self.rows, self.cols, self.shape)

    def summed(self) -> Any:
        """The same matrix with one entry per place, row by row."""
        keys, which = np.unique(self.rows.astype(np.int64) * self.shape[1] + self.cols, return_inverse=True)
        rows, cols = np.divmod(keys, max(self.shape[1], 1))
        adding = {"rows": which, "cols": np.arange(self.nnz), "shape": (len(keys), self.nnz)}
        data = apply(TABLE["sparse_matmul"], (np.ones(self.nnz, self.dtype), self.data[:, None]), adding)[:, 0]
        return self.like(data, rows, cols, self.shape)

    # --- other forms ------------------------------------------------------------------------------------------

    @property
    def T(self) -> Any:
        """Rows and columns exchanged."""
        return self.like(self.data, self.cols, self.rows, self.shape[::-1])

    def transpose(self) -> Any:
        """Rows and columns exchanged."""
        return self.T

    def conj(self) -> Any:
        """The conjugate entries."""
        return self.at_places(conj(self.data))

    def copy(self) -> Any:
        """A matrix of its own."""
        return self.at_places(np.copy(self.data))

    def astype(self, dtype: Any) -> Any:
        """The entries in another dtype."""
        return self.at_places(self.data.astype(dtype))

    def asformat(self, format: Any, copy: bool = False) -> Any:
        """The same matrix under the name of another format."""
        if format is None or format == self.format:
            return self
        suffix = type(self).__name__.partition("_")[2]
        return object.__new__(KINDS[f"{format}_{suffix}"]).like(self.data, self.rows, self.cols, self.shape)

    def todense(self) -> Any:
        """The dense array."""
        return self @ np.eye(self.shape[1], dtype=self.dtype)

    toarray = todense

    def diagonal(self, k: int = 0) -> Any:
        """The k-th diagonal."""
        n = max(min(self.shape[0] + min(k, 0), self.shape[1] - max(k, 0)), 0)
        on = np.flatnonzero(self.cols - self.rows == k)
        adding = {"rows": self.rows[on] + min(k, 0), "cols": np.arange(len(on)), "shape": (n, len(on))}
        return apply(TABLE["sparse_matmul"], (np.ones(len(on), self.dtype), self.data[on][:, None]), adding)[:, 0]

    def trace(self, offset: int = 0) -> Any:
        """The sum of a diagonal."""
        return np.sum(self.diagonal(offset))

    def sum(self, axis: Any = None) -> Any:
        """The sum of all entries, of the columns (axis=0) or of the rows (axis=1)."""
        if axis is None:
            return np.sum(self.data)
        return (self if axis in (1, -1) else self.T) @ np.ones(self.shape[1 if axis in (1, -1) else 0], self.dtype)

    # --- arithmetic -------------------------------------------------------------------------------------------

    def __matmul__(self, x: Any) -> Any:
        if isinstance(x, Sparse) or theirs.issparse(x):
            return _product(self, entries_of(x))
        x = lift(x)
        wide = x[:, None] if x.ndim == 1 else x
        out = apply(TABLE["sparse_matmul"], (self.data, wide), self.places)
        return out[:, 0] if x.ndim == 1 else out

    def __rmatmul__(self, x: Any) -> Any:
        return np.transpose(self.T @ np.transpose(lift(x)))

    def dot(self, x: Any) -> Any:
        """The product with a vector or matrix."""
        return self @ x

    def multiply(self, other: Any) -> Any:
        """The product entry by entry with a number, or an array that broadcasts."""
        other = other.toarray() if theirs.issparse(other) or isinstance(other, Sparse) else lift(other)
        return self.at_places(self.data * np.broadcast_to(other, self.shape)[self.rows, self.cols])

    def __mul__(self, other: Any) -> Any:
        return self.multiply(other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return self.multiply(1.0 / lift(other))

    def __neg__(self) -> Any:
        return self.at_places(-self.data)

    def __add__(self, other: Any) -> Any:
        other = entries_of(other)
        data, rows, cols = (np.concatenate([getattr(a, n) for a in (self, other)]) for n in ("data", "rows", "cols"))
        return self.like(data, rows, cols, self.shape)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other


def _product(a: Sparse, b: Sparse) -> Any:
    """The sparse product of two: every entry of a times those of b in the row that is its column."""
    order = np.argsort(b.rows, kind="stable")
    counts = np.bincount(b.rows, minlength=b.shape[0])
    starts = np.cumsum(counts) - counts
    many = counts[a.cols]
    left = np.repeat(np.arange(a.nnz), many)
    within = np.arange(len(left)) - np.repeat(np.cumsum(many) - many, many)
    right = order[starts[a.cols[left]] + within]
    return a.like(a.data[left] * b.data[right], a.rows[left], b.cols[right], (a.shape[0], b.shape[1])).summed()


class SparseMatrix(Sparse):
    """The same where ``*`` is the product of matrices, as for SciPy's older classes."""

    def __mul__(self, other: Any) -> Any:
        return self.multiply(other) if np.ndim(other) == 0 and not isinstance(other, Sparse) else self @ other

    def __rmul__(self, other: Any) -> Any:
        return self.multiply(other) if np.ndim(other) == 0 else other @ self


def entries_of(a: Any) -> Sparse:
    """Any matrix, of SciPy's or of ours, dense or sparse, as entries at places."""
    if isinstance(a, Sparse):
        return a
    made: Sparse = object.__new__(KINDS["coo_array"])
    made.__init__(a)  # type: ignore[misc]  # a constant one, too
    return made
