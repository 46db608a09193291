"""Twins of `scipy.sparse.linalg`: solutions by factorisation, differentiable in the right side and in the entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as matrices
import scipy.sparse.linalg as theirs

from wengert.core.apply import apply
from wengert.core.op import TABLE
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops.spelling import lift
from wengert.scipy.choice import has_box, twin_of
from wengert.scipy.closures import plain
from wengert.scipy.sparse.entries import KINDS, Sparse, entries_of

__all__ = ["factorized", "inv", "spilu", "splu", "spsolve", "spsolve_triangular"]


def floating(x: Any) -> Any:
    """An array of integers or truths as floats."""
    return x if x.dtype.kind in "fc" else x.astype(float)


def as_rows(a: Sparse, data: Any) -> Any:
    """SciPy's array, row by row, of these entries at the places of `a`."""
    return matrices.coo_array((data, (a.rows, a.cols)), shape=a.shape).tocsr()


def solution(a: Sparse, data: Any, b: Any) -> Any:
    """x with A x = b for the matrix with these entries at the places of `a`; b is a vector, or has columns."""
    wide = b[:, None] if b.ndim == 1 else b
    out = apply(TABLE["sparse_solve"], (data, wide), a.places)
    return out[:, 0] if b.ndim == 1 else out


def spsolve(A: Any, b: Any, permc_spec: Any = None, use_umfpack: bool = True) -> Any:
    """`scipy.sparse.linalg.spsolve`, differentiable in b and in the entries of A.

    A: an array of `wengert.scipy.sparse` with a tensor in it, or anything constant. The order of elimination is
    SuperLU's default. A sparse b gives a sparse array.

    >>> import numpy as np, wengert as wg
    >>> a = wg.scipy.sparse.csc_array(np.diag([2.0, 4.0]))
    >>> wg.grad(lambda b: np.sum(wg.scipy.sparse.linalg.spsolve(a, b)))(np.ones(2))
    array([0.5 , 0.25])
    """
    if isinstance(b, Sparse) or matrices.issparse(b):
        return KINDS["csc_array"](spsolve(A, b.toarray()))
    a, b = entries_of(A), lift(b)
    flat = b.ndim == 2 and b.shape[1] == 1
    out = solution(a, floating(a.data), floating(b))
    return out[:, 0] if flat else out


@twin_of(theirs.spsolve_triangular)
def spsolve_triangular(
    A: Any, b: Any, lower: bool = True, overwrite_A: bool = False, overwrite_b: bool = False,
    unit_diagonal: bool = False,
) -> Any:  # fmt: skip
    """x with A x = b for a triangular A; with `unit_diagonal` its diagonal counts as ones.

    >>> import wengert as wg
    >>> a = wg.scipy.sparse.csr_array(np.diag([2.0, 4.0]))
    >>> wg.grad(lambda b: np.sum(wg.scipy.sparse.linalg.spsolve_triangular(a, b)))(np.ones(2))
    array([0.5 , 0.25])
    """
    a, b = entries_of(A), floating(lift(b))
    beyond = a.rows < a.cols if lower else a.rows > a.cols
    if np.any(beyond):
        side = "lower" if lower else "upper"
        raise InvalidArgument(
            explain(
                f"spsolve_triangular at {user_line()} got a matrix with entries beyond the {side} triangle.",
                "It solves triangular systems only.",
                "Use wengert.scipy.sparse.linalg.spsolve, or tril(A) or triu(A) of wengert.scipy.sparse.",
            )
        )
    if unit_diagonal:
        off, n = np.flatnonzero(a.rows != a.cols), np.arange(a.shape[0])
        rows, cols = (np.concatenate([x[off], n]) for x in (a.rows, a.cols))
        a = a.like(np.concatenate([a.data[off], np.ones(len(n), a.dtype)]), rows, cols, a.shape)
    return solution(a, floating(a.data), b)


@twin_of(theirs.inv)
def inv(A: Any) -> Any:
    """The inverse, as a sparse array of which all entries are kept.

    >>> import wengert as wg
    >>> sparse = wg.scipy.sparse
    >>> wg.grad(lambda x: np.sum(sparse.linalg.inv(sparse.csc_array(x)).toarray()))(np.diag([1.0, 2.0]))
    array([[-1.  , -0.5 ],
           [-0.5 , -0.25]])
    """
    a = entries_of(A)
    dense = solution(a, floating(a.data), np.eye(a.shape[0], dtype=floating(a.data).dtype))
    rows, cols = np.indices(a.shape).reshape(2, -1)
    return a.like(np.reshape(dense, (-1,)), rows, cols, a.shape)


# --- factorisations ---------------------------------------------------------------------------------------------------


class SuperLU:
    """What `splu` and `spilu` give: SciPy's factors of the numbers, and solutions that differentiate.

    Attributes (`L`, `U`, `perm_r`, `perm_c`, `nnz`, `shape`) are SciPy's.
    """

    def __init__(self, factors: Any, a: Sparse | None) -> None:
        self.factors, self.a = factors, a

    def __getattr__(self, name: str) -> Any:
        return getattr(self.factors, name)

    def solve(self, rhs: Any, trans: str = "N") -> Any:
        """x with A x = rhs (trans="N"), Aᵀ x = rhs ("T") or Aᴴ x = rhs ("H")."""
        if self.a is not None:
            turned = {"N": self.a, "T": self.a.T, "H": self.a.T.conj()}[trans]
            return solution(turned, turned.data, floating(lift(rhs)))
        if not has_box(rhs):
            return self.factors.solve(rhs, trans)
        b = floating(lift(rhs))
        wide = b[:, None] if b.ndim == 1 else b
        out = apply(TABLE["factored_solve"], (wide,), {"factors": self.factors, "trans": trans})
        return out[:, 0] if b.ndim == 1 else out


def _numbers(A: Any) -> Any:
    """A matrix of SciPy's or of ours as SciPy's, of plain numbers."""
    if isinstance(A, Sparse):
        return matrices.csc_array(A.standing_for())
    return plain(A)


def splu(
    A: Any, permc_spec: Any = None, diag_pivot_thresh: Any = None, relax: Any = None, panel_size: Any = None,
    options: Any = None,
) -> Any:  # fmt: skip
    """`scipy.sparse.linalg.splu`, whose ``solve`` is differentiable in its right side and in the entries of A.

    >>> import numpy as np, scipy.sparse, wengert as wg
    >>> lu = wg.scipy.sparse.linalg.splu(scipy.sparse.csc_array(np.diag([2.0, 4.0])))
    >>> wg.grad(lambda b: np.sum(lu.solve(b)))(np.ones(2))
    array([0.5 , 0.25])
    """
    factors = theirs.splu(_numbers(A), permc_spec, diag_pivot_thresh, relax, panel_size, options or {})
    return SuperLU(factors, entries_of(A) if has_box(A) else None)


def spilu(
    A: Any, drop_tol: Any = None, fill_factor: Any = None, drop_rule: Any = None, permc_spec: Any = None,
    diag_pivot_thresh: Any = None, relax: Any = None, panel_size: Any = None, options: Any = None,
) -> Any:  # fmt: skip
    """`scipy.sparse.linalg.spilu`, an incomplete factorisation, whose ``solve`` is differentiable in its right side.

    Raises `InvalidArgument` for entries that are a tensor: which of them are dropped depends on the numbers.

    >>> import numpy as np, scipy.sparse, wengert as wg
    >>> lu = wg.scipy.sparse.linalg.spilu(scipy.sparse.csc_array(np.diag([2.0, 4.0])))
    >>> wg.grad(lambda b: np.sum(lu.solve(b)))(np.ones(2))
    array([0.5 , 0.25])
    """
    if has_box(A):
        raise InvalidArgument(
            explain(
                f"spilu at {user_line()} got a matrix whose entries are a tensor.",
                "Which entries of its factors are dropped depends on the numbers, so that its solutions jump.",
                "Use wengert.scipy.sparse.linalg.splu, or give it the numbers: A.standing_for().",
            )
        )
    settings = (drop_tol, fill_factor, drop_rule, permc_spec, diag_pivot_thresh, relax, panel_size, options or {})
    return SuperLU(theirs.spilu(_numbers(A), *settings), None)


def factorized(A: Any) -> Callable[[Any], Any]:
    """`scipy.sparse.linalg.factorized`: a function that solves A x = b, differentiable in b and the entries of A.

    >>> import numpy as np, scipy.sparse, wengert as wg
    >>> solve = wg.scipy.sparse.linalg.factorized(scipy.sparse.csc_array(np.diag([2.0, 4.0])))
    >>> wg.grad(lambda b: np.sum(solve(b)))(np.ones(2))
    array([0.5 , 0.25])
    """
    solve: Callable[[Any], Any] = splu(A).solve
    return solve
