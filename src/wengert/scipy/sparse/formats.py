"""The classes of `scipy.sparse`, by its names. They differ by their names and, arrays from matrices, by ``*``."""

from __future__ import annotations

from typing import Any

from wengert.scipy.sparse.entries import Sparse, SparseMatrix

__all__ = [
    "bsr_array", "bsr_matrix", "coo_array", "coo_matrix", "csc_array", "csc_matrix", "csr_array", "csr_matrix",
    "dia_array", "dia_matrix", "dok_array", "dok_matrix", "lil_array", "lil_matrix",
]  # fmt: skip


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


class bsr_array(Sparse):  # noqa: N801 (SciPy's name)
    """`scipy.sparse.bsr_array`, whose entries may be a tensor."""

    format = "bsr"

    def __new__(
        cls, arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False, blocksize: Any = None, *,
        maxprint: Any = None,
    ) -> Any:  # fmt: skip
        """SciPy's own, as long as there is no box among the arguments."""
        return super().__new__(cls, arg1, shape, dtype, copy, maxprint=maxprint, blocksize=blocksize)

    def __init__(
        self, arg1: Any, shape: Any = None, dtype: Any = None, copy: bool = False, blocksize: Any = None, *,
        maxprint: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(arg1, shape, dtype, copy, blocksize=blocksize)


class bsr_matrix(SparseMatrix, bsr_array):  # noqa: N801 (SciPy's name)
    """`scipy.sparse.bsr_matrix`, whose entries may be a tensor."""


def _class(name: str, base: type) -> Any:
    doc = f"`scipy.sparse.{name}`, whose entries may be a tensor."
    return type(name, (base,), {"__doc__": doc, "__module__": __name__, "format": name[:3]})


dia_array, dok_array, lil_array = [_class(f"{form}_array", Sparse) for form in ("dia", "dok", "lil")]
coo_matrix, csr_matrix, csc_matrix = [_class(f"{form}_matrix", SparseMatrix) for form in ("coo", "csr", "csc")]
dia_matrix, dok_matrix, lil_matrix = [_class(f"{form}_matrix", SparseMatrix) for form in ("dia", "dok", "lil")]
