"""Twins of `scipy.sparse.linalg`: solutions, differentiable in the right side and in the entries of the matrix.

Whatever found x of A x = b, its derivative solves A dx = db - dA x, which is done by a sparse factorisation.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as matrices
import scipy.sparse.linalg as theirs

from wengert.core.apply import apply
from wengert.core.op import TABLE
from wengert.ops.spelling import lift
from wengert.scipy.fallthrough import fall_through
from wengert.scipy.opaque import Closed, solved
from wengert.scipy.sparse.entries import Sparse, entries_of

__all__ = ["cg", "gmres", "spsolve"]


def _solution(a: Sparse, data: Any, b: Any) -> Any:
    wide = b[:, None] if b.ndim == 1 else b
    out = apply(TABLE["sparse_solve"], (data, wide), a.places)
    return out[:, 0] if b.ndim == 1 else out


def spsolve(A: Any, b: Any, permc_spec: Any = None, use_umfpack: bool = True) -> Any:
    """`scipy.sparse.linalg.spsolve`, differentiable in b and in the entries of A.

    A: an array of `wengert.scipy.sparse` with a tensor in it, or anything constant. The order of elimination is
    SuperLU's default.

    >>> import numpy as np, wengert as wg
    >>> a = wg.scipy.sparse.csc_array(np.diag([2.0, 4.0]))
    >>> wg.grad(lambda b: np.sum(wg.scipy.sparse.linalg.spsolve(a, b)))(np.ones(2))
    array([0.5 , 0.25])
    """
    a, b = entries_of(A), lift(b)
    flat = b.ndim == 2 and b.shape[1] == 1
    out = _solution(a, _floating(a.data), _floating(b))
    return out[:, 0] if flat else out


def _floating(x: Any) -> Any:
    return x if x.dtype.kind in "fc" else x.astype(float)


def _iterated(name: str, A: Any, b: Any, x0: Any, settings: dict[str, Any]) -> Any:
    """A solution by SciPy's iteration of that name, and its verdict."""
    a = entries_of(A)

    def run(data: Any, b: Any) -> Any:
        matrix = matrices.coo_array((data, (a.rows, a.cols)), shape=a.shape).tocsr()
        return getattr(theirs, name)(matrix, b, x0, **settings)

    def push(closed: Closed, tangents: Any, x: Any, values: Any) -> Any:
        (data, _), (t_data, t_b) = values[1], tangents[1]
        right = np.zeros_like(x) if t_b is None else np.reshape(t_b, x.shape)
        if t_data is not None:
            right = right - apply(TABLE["sparse_matmul"], (t_data, x[:, None]), a.places)[:, 0]
        return _solution(a, data, right)

    return solved(name, run, (_floating(a.data), _floating(lift(b))), push=push)


def cg(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-05, atol: float = 0.0, maxiter: Any = None, M: Any = None,
    callback: Any = None,
) -> Any:  # fmt: skip
    """`scipy.sparse.linalg.cg`: a solution by conjugate gradients, differentiable in b and in the entries of A.

    >>> import numpy as np, wengert as wg
    >>> a = wg.scipy.sparse.csc_array(np.diag([2.0, 4.0]))
    >>> wg.grad(lambda b: np.sum(wg.scipy.sparse.linalg.cg(a, b)[0]))(np.ones(2))
    array([0.5 , 0.25])
    """
    return _iterated("cg", A, b, x0, {"rtol": rtol, "atol": atol, "maxiter": maxiter, "M": M, "callback": callback})


def gmres(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-05, atol: float = 0.0, restart: Any = None, maxiter: Any = None,
    M: Any = None, callback: Any = None, callback_type: Any = None,
) -> Any:  # fmt: skip
    """`scipy.sparse.linalg.gmres`: a solution by generalised minimal residuals, differentiable as `cg`.

    >>> import numpy as np, wengert as wg
    >>> a = wg.scipy.sparse.csc_array(np.diag([2.0, 4.0]))
    >>> wg.grad(lambda b: np.sum(wg.scipy.sparse.linalg.gmres(a, b)[0]))(np.ones(2))
    array([0.5 , 0.25])
    """
    settings = {"rtol": rtol, "atol": atol, "restart": restart, "maxiter": maxiter, "M": M, "callback": callback}
    return _iterated("gmres", A, b, x0, settings | {"callback_type": callback_type})


__getattr__ = fall_through("scipy.sparse.linalg")
