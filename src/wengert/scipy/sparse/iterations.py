"""Twins of `scipy.sparse.linalg`: solutions by iteration, differentiable in the right side and in the matrix.

Whatever found x of A x = b, its derivative solves A dx = db - dA x. A matrix is factorised for that; a `LinearOperator`
goes through the same iteration again, and through that of its adjoint for a cotangent:

    Aᴴ λ = g        b̄ = λ        Ā by the adjoint of  dA ↦ -dA x  at λ
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse.linalg as theirs

from wengert.core.apply import apply
from wengert.core.op import TABLE
from wengert.ops.spelling import lift
from wengert.scipy.closures import Closed
from wengert.scipy.implicit import along
from wengert.scipy.opaque import solved
from wengert.scipy.sparse.entries import Sparse, entries_of
from wengert.scipy.sparse.systems import as_rows, floating, solution
from wengert.transforms.reverse import vjp

__all__ = ["bicg", "bicgstab", "cg", "cgs", "gcrotmk", "gmres", "lgmres", "lsmr", "lsqr", "minres", "qmr", "tfqmr"]

# Methods for a matrix that is its own adjoint.
HERMITIAN = frozenset({"cg", "minres"})


def _solved(name: str, A: Any, b: Any, x0: Any, settings: dict[str, Any], shift: float = 0.0) -> Any:
    """A solution of (A - shift) x = b by SciPy's iteration of that name, and its verdict."""
    b = floating(lift(b))
    if isinstance(A, theirs.LinearOperator):
        return _by_operator(name, A, b, x0, settings, shift)
    a = entries_of(A)

    def run(data: Any, b: Any) -> Any:
        return getattr(theirs, name)(as_rows(a, data), b, x0, **settings)

    def push(closed: Closed, tangents: Any, x: Any, values: Any) -> Any:
        (data, _), (t_data, t_b) = values[1], tangents[1]
        right = np.zeros_like(x) if t_b is None else np.reshape(t_b, x.shape)
        if t_data is not None:
            right = right - apply(TABLE["sparse_matmul"], (t_data, x[:, None]), a.places)[:, 0]
        return solution(*_shifted(a, data, shift), right)

    return solved(name, run, (floating(a.data), b), push=push)


def _shifted(a: Sparse, data: Any, shift: float) -> tuple[Sparse, Any]:
    """A - shift."""
    if not shift:
        return a, data
    n = np.arange(a.shape[0])
    rows, cols = np.concatenate([a.rows, n]), np.concatenate([a.cols, n])
    entries = np.concatenate([data, np.full(len(n), -shift)])
    return a.like(entries, rows, cols, a.shape), entries


def _by_operator(name: str, A: Any, b: Any, x0: Any, settings: dict[str, Any], shift: float) -> Any:
    """The same for an operator, whose functions may close over tensors."""
    again = {key: value for key, value in settings.items() if key not in ("callback", "show")}

    def run(b: Any) -> Any:
        return getattr(theirs, name)(A, b, x0, **settings)

    def product(x: Any, b: Any) -> Any:
        return A._matvec(x) - shift * x if shift else A._matvec(x)

    def solve(operator: Any, right: Any) -> Any:
        return _by_operator(name, operator, right, None, again, shift)[0]

    def push(closed: Closed, tangents: Any, x: Any, values: Any) -> Any:
        over, (t_b,) = tangents
        right = np.zeros_like(x) if t_b is None else np.reshape(t_b, np.shape(x))
        if any([t is not None for t in over]):
            right = right - along(closed.opened(product), x, None, values, (over, (None,)))
        return solve(_opened(A, closed, values[0]), right)

    def pull(closed: Closed, g: Any, x: Any, values: Any) -> Any:
        over, (b,) = values
        adjoint = A if name in HERMITIAN else A.H
        lam = solve(_opened(adjoint, closed, over), g)
        moved = vjp(lambda *over: -closed.opened(product)(over, x, b), *over)[1](lam) if over else ()
        return moved, (np.reshape(lam, np.shape(b)),)

    return solved(name, run, (b,), push=push, pull=pull)


def _opened(A: Any, closed: Closed, over: Any) -> Any:
    """The operator with these values in place of the tensors that it closes over."""
    matvec, rmatvec = closed.opened(A._matvec), closed.opened(A._rmatvec)
    return theirs.LinearOperator(
        A.shape, lambda x: matvec(over, x), lambda x: rmatvec(over, x), dtype=A.dtype or np.dtype(float)
    )


def _iteration(name: str, doc: str) -> Callable[..., Any]:
    """A twin of the common signature ``(A, b, x0=None, *, rtol, atol, maxiter, M, callback)``."""

    def iterate(
        A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-05, atol: float = 0.0, maxiter: Any = None, M: Any = None,
        callback: Any = None,
    ) -> Any:  # fmt: skip
        settings = {"rtol": rtol, "atol": atol, "maxiter": maxiter, "M": M, "callback": callback}
        return _solved(name, A, b, x0, settings)

    iterate.__name__ = iterate.__qualname__ = name
    iterate.__doc__ = f"""`scipy.sparse.linalg.{name}`: a solution by {doc}, and its verdict.

    Differentiable in b, in the entries of A, and in what an operator closes over.

    >>> import numpy as np, wengert as wg
    >>> a = wg.scipy.sparse.csc_array(np.diag([2.0, 4.0]))
    >>> wg.grad(lambda b: np.sum(wg.scipy.sparse.linalg.{name}(a, b)[0]))(np.ones(2))
    array([0.5 , 0.25])
    """
    return iterate


cg = _iteration("cg", "conjugate gradients")
cgs = _iteration("cgs", "squared conjugate gradients")
bicg = _iteration("bicg", "biconjugate gradients")
bicgstab = _iteration("bicgstab", "stabilised biconjugate gradients")


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
    return _solved("gmres", A, b, x0, settings | {"callback_type": callback_type})


def lgmres(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-05, atol: float = 0.0, maxiter: int = 1000, M: Any = None,
    callback: Any = None, inner_m: int = 30, outer_k: int = 3, outer_v: Any = None, store_outer_Av: bool = True,
    prepend_outer_v: bool = False,
) -> Any:  # fmt: skip
    """`scipy.sparse.linalg.lgmres`: a solution by restarted minimal residuals, differentiable as `cg`.

    >>> import wengert as wg
    >>> a = wg.scipy.sparse.csc_array(np.diag([2.0, 4.0]))
    >>> wg.grad(lambda b: np.sum(wg.scipy.sparse.linalg.lgmres(a, b)[0]))(np.ones(2)).round(6)
    array([0.5 , 0.25])
    """
    settings = {"rtol": rtol, "atol": atol, "maxiter": maxiter, "M": M, "callback": callback, "inner_m": inner_m}
    settings |= {"outer_k": outer_k, "outer_v": outer_v, "store_outer_Av": store_outer_Av}
    return _solved("lgmres", A, b, x0, settings | {"prepend_outer_v": prepend_outer_v})


def gcrotmk(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-05, atol: float = 0.0, maxiter: int = 1000, M: Any = None,
    callback: Any = None, m: int = 20, k: Any = None, CU: Any = None, discard_C: bool = False,
    truncate: str = "oldest",
) -> Any:  # fmt: skip
    """`scipy.sparse.linalg.gcrotmk`: a solution by flexible recycled residuals, differentiable as `cg`.

    >>> import wengert as wg
    >>> a = wg.scipy.sparse.csc_array(np.diag([2.0, 4.0]))
    >>> wg.grad(lambda b: np.sum(wg.scipy.sparse.linalg.gcrotmk(a, b)[0]))(np.ones(2)).round(6)
    array([0.5 , 0.25])
    """
    settings = {"rtol": rtol, "atol": atol, "maxiter": maxiter, "M": M, "callback": callback, "m": m, "k": k}
    return _solved("gcrotmk", A, b, x0, settings | {"CU": CU, "discard_C": discard_C, "truncate": truncate})


def minres(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-05, shift: float = 0.0, maxiter: Any = None, M: Any = None,
    callback: Any = None, show: bool = False, check: bool = False,
) -> Any:  # fmt: skip
    """`scipy.sparse.linalg.minres`: a solution of (A - shift) x = b for a Hermitian A, differentiable as `cg`.

    >>> import wengert as wg
    >>> a = wg.scipy.sparse.csc_array(np.diag([2.0, 4.0]))
    >>> wg.grad(lambda b: np.sum(wg.scipy.sparse.linalg.minres(a, b)[0]))(np.ones(2)).round(6)
    array([0.5 , 0.25])
    """
    settings = {"rtol": rtol, "shift": shift, "maxiter": maxiter, "M": M, "callback": callback, "show": show}
    return _solved("minres", A, b, x0, settings | {"check": check}, shift)


def qmr(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-05, atol: float = 0.0, maxiter: Any = None, M1: Any = None,
    M2: Any = None, callback: Any = None,
) -> Any:  # fmt: skip
    """`scipy.sparse.linalg.qmr`: a solution by quasi-minimal residuals, differentiable as `cg`.

    >>> import wengert as wg
    >>> a = wg.scipy.sparse.csc_array(np.diag([2.0, 4.0]))
    >>> wg.grad(lambda b: np.sum(wg.scipy.sparse.linalg.qmr(a, b)[0]))(np.ones(2)).round(6)
    array([0.5 , 0.25])
    """
    settings = {"rtol": rtol, "atol": atol, "maxiter": maxiter, "M1": M1, "M2": M2, "callback": callback}
    return _solved("qmr", A, b, x0, settings)


def tfqmr(
    A: Any, b: Any, x0: Any = None, *, rtol: float = 1e-05, atol: float = 0.0, maxiter: Any = None, M: Any = None,
    callback: Any = None, show: bool = False,
) -> Any:  # fmt: skip
    """`scipy.sparse.linalg.tfqmr`: a solution by quasi-minimal residuals without Aᴴ, differentiable as `cg`.

    >>> import wengert as wg
    >>> a = wg.scipy.sparse.csc_array(np.diag([2.0, 4.0]))
    >>> wg.grad(lambda b: np.sum(wg.scipy.sparse.linalg.tfqmr(a, b)[0]))(np.ones(2)).round(6)
    array([0.5 , 0.25])
    """
    settings = {"rtol": rtol, "atol": atol, "maxiter": maxiter, "M": M, "callback": callback, "show": show}
    return _solved("tfqmr", A, b, x0, settings)


# --- least squares ----------------------------------------------------------------------------------------------------


def _least(name: str, A: Any, b: Any, damp: float, settings: dict[str, Any]) -> Any:
    """x of least |A x - b|² + damp² |x - x₀|², and the rest of SciPy's answer, which has no derivative.

    r = b - A x, and AᴴA + damp² has full rank: (AᴴA + damp²) dx = Aᴴ db + dAᴴ r - Aᴴ dA x.
    """
    a = entries_of(A)

    def run(data: Any, b: Any) -> Any:
        found = getattr(theirs, name)(as_rows(a, data), b, damp, **settings)
        return found[0], found[1:]

    def push(closed: Closed, tangents: Any, x: Any, values: Any) -> Any:
        (data, b), (t_data, t_b) = values[1], tangents[1]
        matrix = a.at_places(data)
        right = np.zeros_like(b) if t_b is None else t_b
        adjoint = matrix.T.conj()
        moved = adjoint @ right
        if t_data is not None:
            change = a.at_places(t_data)
            moved = moved + change.T.conj() @ (b - matrix @ x) - adjoint @ (change @ x)
        normal = (adjoint @ matrix).toarray() + damp**2 * np.eye(a.shape[1])
        return np.linalg.solve(normal, moved)

    x, rest = solved(name, run, (floating(a.data), floating(lift(b))), push=push)
    return (x, *rest)


def lsqr(
    A: Any, b: Any, damp: float = 0.0, atol: float = 1e-06, btol: float = 1e-06, conlim: float = 1e8,
    iter_lim: Any = None, show: bool = False, calc_var: bool = False, x0: Any = None,
) -> Any:  # fmt: skip
    """`scipy.sparse.linalg.lsqr`, whose solution of least squares is differentiable in b and the entries of A.

    Without `damp` A has to have full column rank. The other results are plain numbers.

    >>> import wengert as wg
    >>> a = wg.scipy.sparse.csc_array(np.diag([2.0, 4.0]))
    >>> wg.grad(lambda b: np.sum(wg.scipy.sparse.linalg.lsqr(a, b)[0]))(np.ones(2)).round(6)
    array([0.5 , 0.25])
    """
    settings = {"atol": atol, "btol": btol, "conlim": conlim, "iter_lim": iter_lim, "show": show}
    return _least("lsqr", A, b, damp, settings | {"calc_var": calc_var, "x0": x0})


def lsmr(
    A: Any, b: Any, damp: float = 0.0, atol: float = 1e-06, btol: float = 1e-06, conlim: float = 1e8,
    maxiter: Any = None, show: bool = False, x0: Any = None,
) -> Any:  # fmt: skip
    """`scipy.sparse.linalg.lsmr`, whose solution of least squares is differentiable in b and the entries of A.

    Without `damp` A has to have full column rank. The other results are plain numbers.

    >>> import wengert as wg
    >>> a = wg.scipy.sparse.csc_array(np.diag([2.0, 4.0]))
    >>> wg.grad(lambda b: np.sum(wg.scipy.sparse.linalg.lsmr(a, b)[0]))(np.ones(2)).round(6)
    array([0.5 , 0.25])
    """
    settings = {"atol": atol, "btol": btol, "conlim": conlim, "maxiter": maxiter, "show": show, "x0": x0}
    return _least("lsmr", A, b, damp, settings)
