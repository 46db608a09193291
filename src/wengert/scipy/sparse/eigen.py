"""Twins of `scipy.sparse.linalg`: a few eigenvalues and singular values, differentiable in the entries of the matrix.

A simple eigenpair (A - λ M) v = 0 moves by one bordered system, which is as sparse as A and M. Its last row keeps the
length of v, and for complex vectors the phase (A. L. Andrew, K.-W. E. Chu and P. Lancaster, "Derivatives of eigenvalues
and eigenvectors of matrix functions", 1993):

    (A - λ M) dv - M v dλ = -(dA - λ dM) v        wᴴ dv = c

Raises ``RuntimeError`` in the derivative where the eigenvalue is not simple. Singular triples are the eigenpairs of
(0 A; Aᴴ 0).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.sparse as matrices
import scipy.sparse.linalg as theirs

from wengert.core.apply import Box
from wengert.scipy.choice import has_box, theirs_of
from wengert.scipy.closures import Closed
from wengert.scipy.opaque import solved
from wengert.scipy.sparse.entries import Sparse, entries_of
from wengert.scipy.sparse.systems import as_rows, floating, solution

__all__ = ["eigs", "eigsh", "svds"]


def _written_out(A: Any) -> Any:
    """A matrix; an operator that closes over tensors is applied to the columns of the identity."""
    if not isinstance(A, theirs.LinearOperator):
        return A
    columns = [A._matvec(e) for e in np.eye(A.shape[1])]
    return np.stack(columns, axis=1) if any([isinstance(c, Box) for c in columns]) else A


def _bordered(a: Sparse, right: Any, below: Any, top: Any, last: Any) -> tuple[Any, Any]:
    """x and the number s of (a x + right s, below·x) = (top, last)."""
    n = a.shape[0]
    every, at_end = np.arange(n), np.full(n, n)
    entries = np.concatenate([a.data, right, below])
    rows, cols = np.concatenate([a.rows, every, at_end]), np.concatenate([a.cols, at_end, every])
    whole = a.like(entries, rows, cols, (n + 1, n + 1))
    found = solution(whole, entries, np.concatenate([top, np.reshape(last, (1,))]))
    return found[:n], found[n]


def _pair_moved(a: Sparse, m: Sparse | None, pair: Any, moved: Any, hermitian: bool) -> tuple[Any, Any]:
    """The tangents of one eigenpair; moved: those of A and of M, as matrices or None."""
    value, v = pair
    t_a, t_m = moved
    image = v if m is None else m @ v
    mass = entries_of(matrices.eye_array(a.shape[0])) if m is None else m
    top: Any = np.zeros_like(v)
    top = top if t_a is None else top - t_a @ v
    last: Any = np.zeros((), v.dtype)
    if t_m is not None:
        change = t_m @ v
        top = top + value * change
        last = last - 0.5 * np.sum(np.conj(v) * change) if hermitian else last
    dv, dw = _bordered(a + mass * -value, -image, np.conj(image if hermitian else v), top, last)
    return dw, dv


def _pairs(name: str, A: Any, M: Any, k: int, settings: dict[str, Any], vectors: bool, hermitian: bool) -> Any:
    """Eigenvalues and eigenvectors by SciPy's function of that name."""
    A, M = _written_out(A), _written_out(M)
    find: Callable[..., Any] = getattr(theirs, name)
    if not has_box((A, M)):
        return find(theirs_of(A), k, theirs_of(M), return_eigenvectors=vectors, **settings)
    a, m = entries_of(A), None if M is None else entries_of(M)

    def run(data: Any, mass: Any) -> Any:
        given = (as_rows(a, data), k, None if m is None else as_rows(m, mass))
        w, v = find(*given, **settings)
        if not vectors:  # for which SciPy has another order
            order = np.argsort(np.argsort(find(*given, **settings, return_eigenvectors=False)))
            w, v = (x[..., np.argsort(w)][..., order] for x in (w, v))
        return (w, v), None

    def push(closed: Closed, tangents: Any, found: Any, values: Any) -> Any:
        (data, mass), (t_data, t_mass) = values[1], tangents[1]
        matrices_now = a.at_places(data), None if m is None else m.at_places(mass)
        moved = (
            None if t_data is None else a.at_places(t_data),
            None if m is None or t_mass is None else m.at_places(t_mass),
        )
        each = [_pair_moved(*matrices_now, (found[0][n], found[1][:, n]), moved, hermitian) for n in range(k)]
        slopes = np.stack([dw for dw, _ in each])
        return (np.real(slopes) if hermitian else slopes), np.stack([dv for _, dv in each], axis=1)

    operands = (floating(a.data), None if m is None else floating(m.data))
    w, v = _as_precise(solved(name, run, operands, push=push)[0], operands[0])
    return (w, v) if vectors else w


def eigsh(
    A: Any, k: int = 6, M: Any = None, sigma: Any = None, which: str = "LM", v0: Any = None, ncv: Any = None,
    maxiter: Any = None, tol: Any = 0, return_eigenvectors: bool = True, Minv: Any = None, OPinv: Any = None,
    mode: str = "normal", rng: Any = None,
) -> Any:  # fmt: skip
    """`scipy.sparse.linalg.eigsh`: k eigenpairs of a Hermitian matrix, differentiable in the entries of A and M.

    The eigenvalues that are found have to be simple; the sign of a vector is ARPACK's.

    >>> import numpy as np, wengert as wg
    >>> top = lambda a: wg.scipy.sparse.linalg.eigsh(a, 1, return_eigenvectors=False)[0]
    >>> abs(wg.grad(top)(np.diag([1.0, 5.0, 2.0]))).round(9)
    array([[0., 0., 0.],
           [0., 1., 0.],
           [0., 0., 0.]])
    """
    settings: dict[str, Any] = {"sigma": sigma, "which": which, "v0": v0, "ncv": ncv, "maxiter": maxiter, "tol": tol}
    settings |= {"Minv": Minv, "OPinv": OPinv, "mode": mode} | ({} if rng is None else {"rng": rng})
    return _pairs("eigsh", A, M, k, settings, return_eigenvectors, True)


def eigs(
    A: Any, k: int = 6, M: Any = None, sigma: Any = None, which: str = "LM", v0: Any = None, ncv: Any = None,
    maxiter: Any = None, tol: Any = 0, return_eigenvectors: bool = True, Minv: Any = None, OPinv: Any = None,
    OPpart: Any = None, rng: Any = None,
) -> Any:  # fmt: skip
    """`scipy.sparse.linalg.eigs`: k eigenpairs of any square matrix, differentiable in the entries of A and M.

    The eigenvalues that are found have to be simple; length and phase of a vector are ARPACK's, and stay.

    >>> import numpy as np, wengert as wg
    >>> top = lambda a: np.real(wg.scipy.sparse.linalg.eigs(a, 1, return_eigenvectors=False)[0])
    >>> abs(wg.grad(top)(np.diag([1.0, 5.0, 2.0]))).round(9)[1]
    array([0., 1., 0.])
    """
    settings: dict[str, Any] = {"sigma": sigma, "which": which, "v0": v0, "ncv": ncv, "maxiter": maxiter, "tol": tol}
    settings |= {"Minv": Minv, "OPinv": OPinv, "OPpart": OPpart} | ({} if rng is None else {"rng": rng})
    return _pairs("eigs", A, M, k, settings, return_eigenvectors, False)


def svds(
    A: Any, k: int = 6, ncv: Any = None, tol: float = 0, which: str = "LM", v0: Any = None, maxiter: Any = None,
    return_singular_vectors: Any = True, solver: str = "arpack", rng: Any = None, options: Any = None, *,
    random_state: Any = None,
) -> Any:  # fmt: skip
    """`scipy.sparse.linalg.svds`: k singular values and vectors, differentiable in the entries of A.

    The singular values that are found have to be simple and not zero; the signs of the vectors are SciPy's.

    >>> import numpy as np, wengert as wg
    >>> top = lambda a: wg.scipy.sparse.linalg.svds(a, 1, return_singular_vectors=False)[0]
    >>> abs(wg.grad(top)(np.diag([1.0, 5.0, 2.0]))).round(9)[1]
    array([0., 1., 0.])
    """
    settings: dict[str, Any] = {"ncv": ncv, "tol": tol, "which": which, "v0": v0, "maxiter": maxiter, "solver": solver}
    settings |= {"options": options} | ({} if rng is None else {"rng": rng})
    settings |= {} if random_state is None else {"random_state": random_state}
    wanted = return_singular_vectors
    A = _written_out(A)
    if not has_box(A):
        return theirs.svds(theirs_of(A), k, return_singular_vectors=wanted, **settings)
    a = entries_of(A)
    n = a.shape[0]

    def run(data: Any) -> Any:
        return theirs.svds(as_rows(a, data), k, **settings), None

    def push(closed: Closed, tangents: Any, found: Any, values: Any) -> Any:
        u, s, vh = found
        whole, moved = (_doubled(a.at_places(data)) for data in (values[1][0], tangents[1][0]))
        both = np.concatenate([u, np.conj(vh.T)], axis=0)
        each = [_pair_moved(whole, None, (s[i], both[:, i]), (moved, None), True) for i in range(k)]
        slopes, turned = np.stack([np.real(dw) for dw, _ in each]), np.stack([dz for _, dz in each], axis=1)
        return turned[:n], slopes, np.conj(turned[n:].T)

    u, s, vh = _as_precise(solved("svds", run, (floating(a.data),), push=push)[0], a)
    if wanted is False:
        return s
    return u if wanted in (True, "u") else None, s, vh if wanted in (True, "vh") else None


_SINGLE: dict[Any, Any] = {np.dtype(np.float64): np.float32, np.dtype(np.complex128): np.complex64}


def _as_precise(found: Any, like: Any) -> Any:
    """What was found in double precision, in single precision if the matrix was of that."""
    if like.dtype not in (np.float32, np.complex64):
        return found
    return tuple([x.astype(_SINGLE.get(x.dtype, x.dtype)) for x in found])


def _doubled(a: Sparse) -> Any:
    """(0 A; Aᴴ 0)."""
    n, m = a.shape
    rows, cols = np.concatenate([a.rows, a.cols + n]), np.concatenate([a.cols + n, a.rows])
    return a.like(np.concatenate([a.data, np.conj(a.data)]), rows, cols, (n + m, n + m))
