"""Sparse matrices: products and solutions in the vector and in the entries."""

from __future__ import annotations

import numpy as np
from scipy import sparse as theirs

from tests.draws import C, R, S, row
from wengert.scipy import sparse
from wengert.scipy.sparse import linalg

AT = {"rows": np.array([0, 1, 2, 0, 1]), "cols": np.array([0, 1, 2, 2, 0]), "shape": (3, 3)}
PLACES = (AT["rows"], AT["cols"])
INDEX = (np.array([0, 2, 1, 0, 2]), np.array([0, 2, 4, 5]))


def _regular(d):
    """Entries of a regular matrix: the diagonal is far from 0."""
    return d + np.array([5.0, 5, 5, 0, 0])


def _symmetric(d):
    """Entries of a positive definite matrix."""
    return np.concatenate([d[:3] + 3, d[3:] * 0.1, d[3:] * 0.1])


BOTH = (np.array([0, 1, 2, 0, 1]), np.array([0, 1, 2, 1, 0]))

S(
    "sparse_matmul",
    row("sparse_matmul"),
    [R(5), R(3, 2), AT],
    [C(5), R(3, 1), AT],
    [R(5), C(3, 1), AT],
    value=lambda d, x, rows, cols, shape: theirs.coo_array((d, (rows, cols)), shape=shape) @ x,
)
S(
    "sparse_solve",
    lambda d, b: row("sparse_solve")(_regular(d), b, **AT),
    [R(5), R(3, 2)],
    [C(5), C(3, 1)],
    [R(5), C(3, 1)],
    value=lambda d, b: np.linalg.solve(theirs.coo_array((_regular(d), PLACES), shape=(3, 3)).toarray(), b),
)
S("scipy.sparse.coo_array", lambda d, x: sparse.coo_array((d, PLACES), shape=(3, 3)) @ x, [R(5), R(3)], [R(5), R(3, 2)])
S("scipy.sparse.csr_array", lambda d, x: sparse.csr_array((d, *INDEX), shape=(3, 3)) @ x, [R(5), R(3)])
S("scipy.sparse.csc_array", lambda d, x: x @ sparse.csc_array((d, *INDEX), shape=(3, 3)), [R(5), R(3)], [R(5), R(2, 3)])
S("scipy.sparse.linalg.spsolve", lambda b: linalg.spsolve(theirs.csc_array(np.diag([2.0, 4.0])), b), [R(2)], [R(2, 2)])
S(
    "scipy.sparse.linalg.cg",
    lambda b: linalg.cg(theirs.csr_array(np.array([[2.0, 1], [1, 3]])), b, rtol=1e-14)[0],
    [R(2)],
)
S(
    "scipy.sparse.linalg.gmres",
    lambda b: linalg.gmres(theirs.csr_array(np.array([[2.0, 1], [0, 3]])), b, rtol=1e-14)[0],
    [R(2)],
)
