"""Twins of `scipy.sparse.linalg`: operators on tensors, norms, and functions of matrices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as matrices
import scipy.sparse.linalg as theirs

from wengert.core.apply import Box
from wengert.core.op import TABLE
from wengert.ops import matrixfun
from wengert.ops.spelling import lift
from wengert.scipy.choice import has_box, twin_of
from wengert.scipy.sparse.entries import KINDS, Sparse, entries_of
from wengert.scipy.sparse.systems import floating

__all__ = ["LinearOperator", "aslinearoperator", "expm", "expm_multiply", "norm"]


class LinearOperator(theirs.LinearOperator):  # type: ignore[misc]
    """`scipy.sparse.linalg.LinearOperator`, whose functions may close over tensors, and get tensors.

    shape: (M, N). matvec, rmatvec: v ↦ A v and v ↦ Aᴴ v; matmat, rmatmat: the same of matrices. dtype: of the results.

    >>> import numpy as np, wengert as wg
    >>> twice = wg.scipy.sparse.linalg.LinearOperator((2, 2), matvec=lambda v: 2 * v, dtype=float)
    >>> wg.grad(lambda v: np.sum(twice @ v))(np.ones(2))
    array([2., 2.])
    """

    def __init__(
        self, shape: Any, matvec: Any, rmatvec: Any = None, matmat: Any = None, dtype: Any = None, rmatmat: Any = None
    ) -> None:
        self._by_name = {"matvec": matvec, "rmatvec": rmatvec, "matmat": matmat, "rmatmat": rmatmat}
        dtype = lift(matvec(np.ones(shape[-1]))).dtype if dtype is None else dtype
        super().__init__(np.dtype(dtype), tuple(shape))

    def _matvec(self, x: Any) -> Any:
        return self._by_name["matvec"](x)

    def _rmatvec(self, x: Any) -> Any:
        f: Callable[..., Any] | None = self._by_name["rmatvec"]
        if f is None:
            raise NotImplementedError("rmatvec is not defined")
        return f(x)

    def _matmat(self, X: Any) -> Any:
        f = self._by_name["matmat"]
        return _by_columns(self._matvec, X) if f is None else f(X)

    def _rmatmat(self, X: Any) -> Any:
        f = self._by_name["rmatmat"]
        return _by_columns(self._rmatvec, X) if f is None else f(X)

    def matvec(self, x: Any) -> Any:
        """A x for a vector."""
        return _shaped(self._matvec, super().matvec, x, self.shape[0])

    def rmatvec(self, x: Any) -> Any:
        """Aᴴ x for a vector."""
        return _shaped(self._rmatvec, super().rmatvec, x, self.shape[1])

    def matmat(self, X: Any) -> Any:
        """A X for a matrix."""
        return self._matmat(X) if isinstance(X, Box) else super().matmat(X)

    def rmatmat(self, X: Any) -> Any:
        """Aᴴ X for a matrix."""
        return self._rmatmat(X) if isinstance(X, Box) else super().rmatmat(X)

    def dot(self, x: Any) -> Any:
        """The product with an operator, a number, a vector or a matrix."""
        if isinstance(x, Box) and x.ndim:
            return self.matvec(x) if x.ndim == 1 or x.shape[1:] == (1,) else self.matmat(x)
        return super().dot(x)


def _by_columns(f: Callable[..., Any], x: Any) -> Any:
    return np.stack([np.reshape(f(x[:, n]), (-1,)) for n in range(x.shape[1])], axis=1)


def _shaped(ours: Callable[..., Any], theirs: Callable[..., Any], x: Any, n: int) -> Any:
    return np.reshape(ours(x), (n,) if x.ndim == 1 else (n, 1)) if isinstance(x, Box) else theirs(x)


def aslinearoperator(A: Any) -> Any:
    """`scipy.sparse.linalg.aslinearoperator` of matrices, of SciPy's operators, and of matrices with tensors.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda v: np.sum(wg.scipy.sparse.linalg.aslinearoperator(np.eye(2)) @ v))(np.ones(2))
    array([1., 1.])
    """
    if isinstance(A, LinearOperator):
        return A
    if isinstance(A, Sparse | Box | np.ndarray) or matrices.issparse(A):
        a = A if isinstance(A, Sparse) or matrices.issparse(A) else np.atleast_2d(A)
        adjoint = np.conj(a.T) if not isinstance(a, Sparse) else a.T.conj()
        return LinearOperator(a.shape, lambda v: a @ v, lambda v: adjoint @ v, dtype=a.dtype)
    found = theirs.aslinearoperator(A)
    return LinearOperator(found.shape, found._matvec, found._rmatvec, found._matmat, found.dtype)


@twin_of(theirs.norm)
def norm(x: Any, ord: Any = None, axis: Any = None) -> Any:
    """A norm of a sparse matrix, or of its rows or columns.

    >>> import wengert as wg
    >>> sparse, x = wg.scipy.sparse, np.array([[1.0, 2.0], [0.0, 3.0]])
    >>> wg.grad(lambda x: np.sum(sparse.linalg.norm(sparse.csr_array(x), 1)))(x)
    array([[0., 1.],
           [0., 1.]])
    """
    a = entries_of(x).summed()
    if axis is None and ord in (None, "fro", "f"):
        return np.linalg.norm(a.data)
    if axis is None and ord in (1, -1, np.inf, -np.inf):
        sums = a.at_places(np.abs(a.data)).sum(axis=0 if abs(ord) == 1 else 1)
        return np.max(sums) if ord > 0 else np.min(sums)
    return np.linalg.norm(a.toarray(), "fro" if ord == "f" else ord, axis)


# --- functions of matrices --------------------------------------------------------------------------------------------


@twin_of(theirs.expm)
def expm(A: Any) -> Any:
    """The exponential of a square matrix; of a sparse one an array with all its entries.

    >>> import wengert as wg
    >>> wg.grad(lambda t: wg.scipy.sparse.linalg.expm(t * np.eye(2))[0, 0])(0.0)
    np.float64(1.0)
    """
    out = matrixfun.expm(floating(A.toarray() if isinstance(A, Sparse) else lift(A)))
    return KINDS["csc_array"](out) if isinstance(A, Sparse) else out


@twin_of(theirs.expm_multiply)
def expm_multiply(
    A: Any, B: Any, start: Any = None, stop: Any = None, num: Any = None, endpoint: Any = None, traceA: Any = None
) -> Any:
    """The exponential of A times B; for a grid of times t, that of t A, one after the other.

    With a constant A only products with it are taken; of an A with tensors the exponential itself is computed.

    >>> import wengert as wg
    >>> wg.grad(lambda b: wg.scipy.sparse.linalg.expm_multiply(np.zeros((2, 2)), b)[0])(np.ones(2))
    array([1., 0.])
    """
    times = _times(start, stop, num, endpoint)
    b = floating(lift(B))
    if len(times) > 1:  # SciPy's own choice for a grid
        b = b.astype(np.result_type(b.dtype, float))
    wide = b[:, None] if b.ndim == 1 else b
    found = np.stack([_acted(A, wide, float(t), traceA) for t in times])
    found = found[..., 0] if b.ndim == 1 else found
    return found[0] if start is None and stop is None and num is None and endpoint is None else found


def _times(start: Any, stop: Any, num: Any, endpoint: Any) -> Any:
    if start is None and stop is None and num is None and endpoint is None:
        return [1.0]
    given = {"num": num, "endpoint": endpoint}
    return np.linspace(start, stop, **{name: x for name, x in given.items() if x is not None})


def _acted(A: Any, b: Any, time: float, trace: Any) -> Any:
    if has_box(A):
        return matrixfun.expm(time * floating(A.toarray() if isinstance(A, Sparse) else A)) @ b
    matrix = A.standing_for() if isinstance(A, Sparse) else A
    return TABLE["expm_action"](b, matrix=matrix, time=time, trace=trace)
