"""Sparse matrices: products, solutions and eigenvalues in the vector and in the entries."""

from __future__ import annotations

import numpy as np
from scipy import sparse as theirs
from scipy.sparse.linalg import splu

from tests.draws import C, P, R, S, V, near_eye, row
from wengert.scipy import sparse
from wengert.scipy.sparse import linalg

AT = {"rows": np.array([0, 1, 2, 0, 1]), "cols": np.array([0, 1, 2, 2, 0]), "shape": (3, 3)}
PLACES = (AT["rows"], AT["cols"])
INDEX = (np.array([0, 2, 1, 0, 2]), np.array([0, 2, 4, 5]))
M = near_eye


def _regular(d):
    """Entries of a regular matrix: the diagonal is far from 0."""
    return d + np.array([5.0, 5, 5, 0, 0])


def _symmetric(d):
    """Entries of a positive definite matrix, at `BOTH`."""
    return np.concatenate([d[:2] + 3, d[2:] * 0.1, d[2:] * 0.1])


BOTH = (np.array([0, 1, 0, 1]), np.array([0, 1, 1, 0]))


def _entries(kind, d):
    return getattr(sparse, kind)((d, PLACES), shape=(3, 3))


# fmt: off
S("sparse_matmul", row("sparse_matmul"), [R(5), R(3, 2), AT], [C(5), R(3, 1), AT], [R(5), C(3, 1), AT],
  value=lambda d, x, rows, cols, shape: theirs.coo_array((d, (rows, cols)), shape=shape) @ x)
S("sparse_solve", lambda d, b: row("sparse_solve")(_regular(d), b, **AT), [R(5), R(3, 2)], [C(5), C(3, 1)],
  [R(5), C(3, 1)],
  value=lambda d, b: np.linalg.solve(theirs.coo_array((_regular(d), PLACES), shape=(3, 3)).toarray(), b))

GENERAL, COMPLEX = np.array([[2.0, 1], [0.5, 3]]), np.array([[2.0, 1j], [0.5, 3 + 1j]])
TURNED = {"N": COMPLEX, "T": COMPLEX.T, "H": COMPLEX.conj().T}
for _trans in TURNED:
    S("factored_solve", row("factored_solve"), [C(2, 3), {"factors": splu(theirs.csc_array(COMPLEX)), "trans": _trans}],
      value=lambda b, factors, trans: np.linalg.solve(TURNED[trans], b))
S("factored_solve", row("factored_solve"), [R(2, 2), {"factors": splu(theirs.csc_array(GENERAL)), "trans": "N"}],
  [C(2, 2), {"factors": splu(theirs.csc_array(GENERAL)), "trans": "T"}])
S("expm_action", row("expm_action"), [R(2, 1), {"matrix": GENERAL, "time": 0.3, "trace": None}],
  [C(2, 2), {"matrix": theirs.csr_array(COMPLEX), "time": -0.3, "trace": None}])

# --- matrices -------------------------------------------------------------------------------------------------------

S("scipy.sparse.coo_array", lambda d, x: sparse.coo_array((d, PLACES), shape=(3, 3)) @ x, [R(5), R(3)], [R(5), R(3, 2)])
S("scipy.sparse.csr_array", lambda d, x: sparse.csr_array((d, *INDEX), shape=(3, 3)) @ x, [R(5), R(3)])
S("scipy.sparse.csr_array", lambda d, x: (sparse.csr_array(d) @ x) * 2, [V([[0.0, 1.0], [2.0, 0.0]]), R(2)])
S("scipy.sparse.csc_array", lambda d, x: x @ sparse.csc_array((d, *INDEX), shape=(3, 3)), [R(5), R(3)], [R(5), R(2, 3)])
S("scipy.sparse.coo_matrix", lambda d, x: sparse.coo_matrix((d, PLACES), shape=(3, 3)) @ x, [R(5), R(3)])
S("scipy.sparse.csr_matrix", lambda d: (_entries("csr_matrix", d) * _entries("csr_matrix", 2 * d)).toarray(), [R(5)])
S("scipy.sparse.csr_matrix", lambda d, x: sparse.csr_matrix((d, *INDEX), shape=(3, 3)) @ x, [R(5), R(3)])
S("scipy.sparse.csc_matrix", lambda d, x: sparse.csc_matrix((d, *INDEX), shape=(3, 3)).T @ x, [R(5), R(3)])
S("scipy.sparse.dia_array", lambda d: sparse.dia_array((d, [0, 1]), shape=(3, 3)).toarray(), [R(2, 3)])
S("scipy.sparse.dia_matrix", lambda d: sparse.dia_matrix((d, [0, -1]), shape=(3, 3)).toarray(), [R(2, 3)])
BLOCKS = (np.array([0, 1]), np.array([0, 1, 2]))
S("scipy.sparse.bsr_array", lambda d: sparse.bsr_array((d, *BLOCKS), shape=(4, 4)).toarray(), [R(2, 2, 2)])
S("scipy.sparse.bsr_matrix", lambda d: sparse.bsr_matrix((d, *BLOCKS), shape=(4, 4)).toarray(), [R(2, 2, 2)])
for _kind in ("dok_array", "dok_matrix", "lil_array", "lil_matrix"):
    S(f"scipy.sparse.{_kind}", lambda d, x, _kind=_kind: getattr(sparse, _kind)(d) @ x, [R(2, 3), R(3)])

# --- entries at other places ----------------------------------------------------------------------------------------

for _name in ("hstack", "vstack"):
    S(f"scipy.sparse.{_name}", lambda d, _name=_name: getattr(sparse, _name)(
        [_entries("csr_array", d), theirs.eye_array(3), _entries("coo_array", 2 * d)]).toarray(), [R(5)])
for _name in ("bmat", "block_array"):
    S(f"scipy.sparse.{_name}", lambda d, _name=_name: getattr(sparse, _name)(
        [[_entries("csr_array", d), None], [theirs.eye_array(3), _entries("csc_array", d)]]).toarray(), [R(5)])
S("scipy.sparse.block_diag", lambda d, x: sparse.block_diag([_entries("csr_array", d), x]).toarray(), [R(5), R(2, 1)])
for _name in ("tril", "triu"):
    S(f"scipy.sparse.{_name}", lambda d, _name=_name, k=0: getattr(sparse, _name)(
        _entries("csr_array", d), k).toarray(), [R(5)])
S("scipy.sparse.swapaxes", lambda d: sparse.swapaxes(_entries("coo_array", d), 0, 1).toarray(), [R(5)])
S("scipy.sparse.permute_dims", lambda d: sparse.permute_dims(_entries("coo_array", d), (1, 0)).toarray(), [R(5)])
S("scipy.sparse.find", lambda d: sparse.find(_entries("csr_array", d))[2], [R(5)], concrete=True)
S("scipy.sparse.diags", lambda x: sparse.diags(x, dtype=None).toarray(), [R(3)])
S("scipy.sparse.diags", lambda x, y: sparse.diags([x, y], [0, -1], shape=(3, 3), dtype=None).toarray(), [R(3), R(1)])
S("scipy.sparse.diags_array", lambda x, y: sparse.diags_array([x, y], offsets=[1, -1], dtype=None).toarray(),
  [R(2), R(2)])
S("scipy.sparse.spdiags", lambda x: sparse.spdiags(x, [0, 1], 3, 4).toarray(), [R(2, 4)])
S("scipy.sparse.kron", lambda d, x: sparse.kron(_entries("csr_array", d), x).toarray(), [R(5), R(2, 2)])
S("scipy.sparse.kronsum", lambda d: sparse.kronsum(_entries("csr_array", d), theirs.eye_array(2)).toarray(), [R(5)])

# --- solutions ------------------------------------------------------------------------------------------------------

PLAIN = theirs.csr_array(np.array([[2.0, 1], [1, 3]]))


def _operator(d):
    """A symmetric operator that closes over its numbers."""
    product = lambda v: (d + 3) * v + 0.5 * v[::-1]
    return linalg.LinearOperator((2, 2), product, product, dtype=float)


S("scipy.sparse.linalg.spsolve", lambda b: linalg.spsolve(theirs.csc_array(np.diag([2.0, 4.0])), b), [R(2)], [R(2, 2)])
S("scipy.sparse.linalg.spsolve_triangular",
  lambda d, b, **p: linalg.spsolve_triangular(sparse.tril(_entries("csr_array", _regular(d)), format="csr"), b, **p),
  [R(5), R(3)], [R(5), R(3, 2)], [R(5), R(3), {"unit_diagonal": True}])
S("scipy.sparse.linalg.inv", lambda d: linalg.inv(_entries("csc_array", _regular(d))).toarray(), [R(5)])
S("scipy.sparse.linalg.splu", lambda d, b: linalg.splu(_entries("csc_array", _regular(d))).solve(b, "T"), [R(5), R(3)])
S("scipy.sparse.linalg.splu", lambda b: linalg.splu(theirs.csc_array(GENERAL)).solve(b), [R(2)], [R(2, 2)])
S("scipy.sparse.linalg.spilu", lambda b: linalg.spilu(theirs.csc_array(GENERAL)).solve(b), [R(2)])
S("scipy.sparse.linalg.factorized", lambda b: linalg.factorized(theirs.csc_array(GENERAL))(b), [R(2)])
for _name in "bicg bicgstab cg cgs gcrotmk gmres lgmres minres qmr tfqmr".split():
    S(f"scipy.sparse.linalg.{_name}", lambda b, _name=_name: getattr(linalg, _name)(PLAIN, b, rtol=1e-14)[0], [R(2)])
for _name in "bicgstab cg gmres minres".split():
    S(f"scipy.sparse.linalg.{_name}", lambda d, b, _name=_name: getattr(linalg, _name)(
        sparse.csr_array((_symmetric(d), BOTH)), b, rtol=1e-14)[0], [P(3), R(2)])
S("scipy.sparse.linalg.minres", lambda b: linalg.minres(PLAIN, b, rtol=1e-14, shift=0.3)[0], [R(2)])
TALL = theirs.csr_array(np.array([[2.0, 1], [1, 3], [0, 1]]))
for _name in ("lsqr", "lsmr"):
    S(f"scipy.sparse.linalg.{_name}", lambda b, _name=_name: getattr(linalg, _name)(
        TALL, b, 0.2, atol=1e-15, btol=1e-15, conlim=0)[0], [R(3)])
    S(f"scipy.sparse.linalg.{_name}", lambda d, b, _name=_name: getattr(linalg, _name)(
        sparse.csr_array((d, (np.array([0, 1, 2, 2]), np.array([0, 1, 0, 1])))), b,
        atol=1e-15, btol=1e-15, conlim=0)[0], [P(4), R(3)])

# --- eigenvalues ----------------------------------------------------------------------------------------------------


def _outer(v):
    """What does not depend on signs and phases."""
    return np.stack([np.outer(v[:, n], np.conj(v[:, n])) for n in range(v.shape[1])])


def _eigsh(a, m=None, **settings):
    w, v = linalg.eigsh(a @ np.conj(a.T) + np.diag([1.0, 2.0, 4.0, 8.0]), 2, m, v0=np.ones(4), **settings)
    return w, _outer(v)


S("scipy.sparse.linalg.eigsh", _eigsh, [M(4, 4)], [M(4, 4, dtype=complex)], order=2)
S("scipy.sparse.linalg.eigsh", lambda a, m: _eigsh(a, m @ m.T + 4 * np.eye(4)), [M(4, 4), M(4, 4)], order=2)
S("scipy.sparse.linalg.eigsh", lambda a: linalg.eigsh(
    a + a.T + np.diag(np.arange(4.0)), 2, sigma=0.1, v0=np.ones(4), return_eigenvectors=False), [M(4, 4)], order=2)
S("scipy.sparse.linalg.eigs", lambda a: linalg.eigs(
    a + np.diag([1.0, 3.0, 9.0, 27.0]), 2, v0=np.ones(4), return_eigenvectors=False), [M(4, 4)], order=2)
S("scipy.sparse.linalg.eigs", lambda a: _outer(linalg.eigs(
    a + np.diag([1.0, 3.0, 9.0, 27.0]), 2, v0=np.ones(4))[1]), [M(4, 4)], order=1)
S("scipy.sparse.linalg.svds", lambda a: linalg.svds(a, 2, v0=np.ones(3), return_singular_vectors=False), [M(3, 3)],
  order=2)
S("scipy.sparse.linalg.svds", lambda a: [_outer(x) for x in (lambda u, s, vh: (u, vh.T))(
    *linalg.svds(a, 1, v0=np.ones(3)))], [R(4, 3)], order=1)

# --- operators, norms and functions ---------------------------------------------------------------------------------

S("scipy.sparse.linalg.LinearOperator", lambda b: linalg.LinearOperator(
    (2, 2), lambda v: 2 * v, dtype=float) @ b, [R(2)], [R(2, 3)])
S("scipy.sparse.linalg.aslinearoperator", lambda b: linalg.aslinearoperator(PLAIN) @ b, [R(2)], [R(2, 2)])
for _name in "bicg cg gmres".split():
    S(f"scipy.sparse.linalg.{_name}", lambda b, _name=_name: getattr(linalg, _name)(
        linalg.aslinearoperator(PLAIN), b, rtol=1e-14)[0], [R(2)], order=2)
S("scipy.sparse.linalg.norm", lambda d, **p: linalg.norm(_entries("csr_array", d), **p), [R(5)], [R(5), {"ord": 1}],
  [R(5), {"ord": np.inf}], [R(5), {"axis": 1}])
S("scipy.sparse.linalg.expm", lambda d: linalg.expm(_entries("csc_array", 0.3 * d)).toarray(), [R(5)])
S("scipy.sparse.linalg.expm_multiply", lambda b: linalg.expm_multiply(PLAIN, b), [R(2)], [R(2, 2)])
S("scipy.sparse.linalg.expm_multiply", lambda d, b: linalg.expm_multiply(
    _entries("csr_array", 0.3 * d), b, start=0.1, stop=0.5, num=3), [R(5), R(3)])
