"""Sparse arrays whose entries may be differentiated, at constant places."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as theirs

from wengert.core.apply import Box, apply
from wengert.core.op import TABLE
from wengert.errors import LostGradient, MissingRule, explain, user_line
from wengert.ops.spelling import lift
from wengert.scipy.opaque import plain

__all__ = ["Sparse", "coo_array", "csc_array", "csr_array", "entries_of"]


class MissingMethod(MissingRule, AttributeError):
    """A method of SciPy's sparse arrays that those with a derivative do not have."""


def _refusal(what: str) -> str:
    return explain(
        f"{what} at {user_line()} was asked of a sparse array of wengert's, whose entries may have a derivative.",
        "It knows products, solutions and sums; SciPy's own functions of sparse arrays read plain numbers.",
        "Work on its entries .data, .rows and .cols, write A.todense(), or make a plain array with scipy.sparse.",
    )


class Sparse:
    """Entries `data`, their `rows` and `cols`, and a shape. Products are with ``@`` and ``dot``, from both sides."""

    format = "coo"
    data: Any
    rows: Any
    cols: Any
    shape: tuple[int, ...]

    __array_ufunc__ = None  # NumPy leaves x @ A to A
    __array_priority__ = 2000.0

    def __init__(
        self, arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False, *, maxprint: Any = None
    ) -> None:
        if isinstance(arg1, Sparse):
            self.data, self.rows, self.cols, self.shape = arg1.data, arg1.rows, arg1.cols, arg1.shape
        elif isinstance(arg1, tuple) and len(arg1) > 1 and not isinstance(arg1[0], int):
            self.data = lift(arg1[0])
            # The places are SciPy's to read: an array of the numbers of the entries, from 1 on.
            marks = np.arange(1, self.data.shape[0] + 1)
            found = self._made(getattr(theirs, type(self).__name__)((marks, *arg1[1:]), shape=shape))
            self.rows, self.cols, self.shape = found.row, found.col, found.shape
            self.data = self.data[found.data - 1]
        elif isinstance(arg1, Box):
            dense: Any = arg1
            self.rows, self.cols = np.nonzero(plain(dense))
            self.data, self.shape = dense[self.rows, self.cols], dense.shape
        else:
            found = self._made(getattr(theirs, type(self).__name__)(arg1, shape=shape))
            self.data, self.rows, self.cols, self.shape = found.data, found.row, found.col, found.shape
        if dtype is not None:
            self.data = self.data.astype(dtype)

    @staticmethod
    def _made(array: Any) -> Any:
        """SciPy's array in coordinates; entries at one place stay apart."""
        return array.tocoo(copy=False)

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
    def T(self) -> Any:
        """Rows and columns exchanged."""
        return self._like(self.data, self.cols, self.rows, self.shape[::-1])

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise LostGradient(_refusal("np.asarray"))

    def __getattr__(self, name: str) -> Any:
        raise MissingMethod(_refusal(f".{name}"))

    def _like(self, data: Any, rows: Any, cols: Any, shape: Any) -> Any:
        made = object.__new__(type(self))
        made.data, made.rows, made.cols, made.shape = data, rows, cols, shape
        return made

    @property
    def places(self) -> dict[str, Any]:
        """The params of the rows `sparse_matmul` and `sparse_solve`."""
        return {"rows": self.rows, "cols": self.cols, "shape": tuple(map(int, self.shape))}

    def __matmul__(self, x: Any) -> Any:
        if isinstance(x, Sparse) or theirs.issparse(x):
            return self @ Sparse.todense(x) if isinstance(x, Sparse) else self @ x.toarray()
        x = lift(x)
        wide = x[:, None] if x.ndim == 1 else x
        out = apply(TABLE["sparse_matmul"], (self.data, wide), self.places)
        return out[:, 0] if x.ndim == 1 else out

    def __rmatmul__(self, x: Any) -> Any:
        return np.transpose(self.T @ np.transpose(lift(x)))

    def dot(self, x: Any) -> Any:
        """The product with a vector or matrix."""
        return self @ x

    def __mul__(self, scalar: Any) -> Any:
        return self._like(self.data * scalar, self.rows, self.cols, self.shape)

    __rmul__ = __mul__

    def __neg__(self) -> Any:
        return self * -1.0

    def __add__(self, other: Any) -> Any:
        other = other if isinstance(other, Sparse) else type(self)(other)
        data, rows, cols = (np.concatenate([getattr(a, n) for a in (self, other)]) for n in ("data", "rows", "cols"))
        return self._like(data, rows, cols, self.shape)

    def todense(self) -> Any:
        """The dense array."""
        return self @ np.eye(self.shape[1])

    toarray = todense


class coo_array(Sparse):  # noqa: N801 (SciPy's name)
    """`scipy.sparse.coo_array`, whose entries may be a tensor.

    >>> import numpy as np, wengert as wg
    >>> at = (np.array([0, 1]), np.array([1, 0]))
    >>> wg.grad(lambda d: np.sum(wg.scipy.sparse.coo_array((d, at), shape=(2, 2)) @ np.array([3.0, 4.0])))(np.ones(2))
    array([4., 3.])
    """


class csr_array(Sparse):  # noqa: N801 (SciPy's name)
    """`scipy.sparse.csr_array`, whose entries may be a tensor; ``csr_array(A) @ t`` differentiates in t.

    >>> import numpy as np, scipy.sparse, wengert as wg
    >>> a = wg.scipy.sparse.csr_array(scipy.sparse.csr_array(np.array([[1.0, 0.0], [2.0, 3.0]])))
    >>> wg.grad(lambda t: np.sum(a @ t))(np.ones(2))
    array([3., 3.])
    """

    format = "csr"


class csc_array(Sparse):  # noqa: N801 (SciPy's name)
    """`scipy.sparse.csc_array`, whose entries may be a tensor.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda t: np.sum(t @ wg.scipy.sparse.csc_array(np.eye(2))))(np.ones(2))
    array([1., 1.])
    """

    format = "csc"


def entries_of(a: Any) -> Sparse:
    """Any matrix, of SciPy's or of ours, dense or sparse, as one of these."""
    return a if isinstance(a, Sparse) else coo_array(a)
