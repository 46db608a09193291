"""Twins of `scipy.linalg`."""

from __future__ import annotations

from typing import Any

import numpy as np

import wengert as wg
from tests.draws import C, F, P, R, S, U, V, near_eye, positive_definite
from tests.samples.factor import invariants, projectors
from tests.samples.linalg import hermitian

L = wg.scipy.linalg
M, SPD = near_eye, positive_definite
Z = complex


def projector(basis: Any) -> Any:
    """What does not depend on the choice of an orthonormal basis."""
    return basis @ np.conj(np.swapaxes(basis, -1, -2))


def signless(r: Any, q: Any) -> Any:
    """Of an RQ decomposition what does not depend on the signs of the rows of q."""
    sign = np.sign(np.diagonal(r))
    return r * sign, q * sign[:, None]


def lower_first(rows: int, n: int) -> Any:
    """A banded positive definite matrix: the main diagonal in the first row."""
    draw = P(rows, n)
    return draw._replace(make=lambda rng, shape: draw.make(rng, shape) * 0.3 + np.eye(rows)[0][:, None] * 4)


def middle(rows: int, n: int, at: int) -> Any:
    """A diagonally dominant banded matrix with the main diagonal in row `at`."""
    draw = R(rows, n)
    return draw._replace(make=lambda rng, shape: draw.make(rng, shape) * 0.3 + np.eye(rows)[at][:, None] * 4)


# fmt: off
# --- systems --------------------------------------------------------------------------------------------------------

S("scipy.linalg.solve", L.solve, [M(3, 3), R(3)], [M(2, 2), R(2, 3)], [M(2, 2, dtype=Z), C(2)],
  [M(2, 2), R(2), {"transposed": True}], [F(1, 1), F(1)], [M(2, 2), R(2), {"assume_a": "diagonal"}],
  [M(3, 3), R(3), {"assume_a": "upper triangular"}], [M(3, 3), R(3), {"assume_a": "lower triangular"}])
S("scipy.linalg.solve", lambda a, b, **p: L.solve(a @ a.T + np.eye(3), b, **p), [R(3, 3), R(3), {"assume_a": "pos"}],
  [R(3, 3), R(3), {"assume_a": "sym", "lower": True}])
S("scipy.linalg.inv", L.inv, [M(3, 3)], [M(2, 2, dtype=Z)], [M(2, 2, dtype=np.float32)])
S("scipy.linalg.det", L.det, [M(3, 3)], [M(2, 2, dtype=Z)])
S("scipy.linalg.norm", L.norm, [R(2, 3)], [R(3), {"ord": 3}], [C(2, 2), {"ord": "fro"}], [R(2, 3), {"ord": "nuc"}],
  [R(2, 3), {"axis": 1, "keepdims": True}])
S("scipy.linalg.solve_triangular", L.solve_triangular, [M(3, 3), R(3)], [M(2, 2), R(2, 2), {"lower": True, "trans": 1}],
  [M(2, 2, dtype=Z), C(2), {"trans": "C"}], [M(2, 2), R(2), {"unit_diagonal": True}])
S("scipy.linalg.cholesky", hermitian(lambda a, **p: L.cholesky(a, **p)), [SPD(3, 3)],
  [SPD(2, 2, dtype=Z), {"lower": True}])
S("scipy.linalg.cho_factor", hermitian(lambda a, **p: L.cho_factor(a, **p)[0]), [SPD(3, 3)],
  [SPD(2, 2, dtype=Z), {"lower": True}])
S("scipy.linalg.cho_solve", lambda a, b, lower: L.cho_solve((a, lower), b), [M(2, 2), R(2), {"lower": True}],
  [M(2, 2, dtype=Z), C(2, 3), {"lower": False}])
S("scipy.linalg.lu_factor", lambda a: L.lu_factor(a), [R(3, 3)], [C(2, 2)])
S("scipy.linalg.lu_solve", lambda a, b, trans: L.lu_solve((a, np.array([1, 1, 2])), b, trans),
  [M(3, 3), R(3), {"trans": 0}],
  [M(3, 3), R(3, 2), {"trans": 1}], [M(3, 3, dtype=Z), C(3), {"trans": 2}], [M(3, 3, dtype=Z), C(3), {"trans": 1}])
S("scipy.linalg.lu", lambda a, **p: L.lu(a, **p), [R(3, 3)], [R(4, 2)], [R(2, 3), {"permute_l": True}],
  [C(3, 3), {"p_indices": True}], [R(2, 3, 3)], [F(2, 2)])
S("scipy.linalg.pinv", L.pinv, [R(3, 2)], [C(2, 3)], [R(2, 2), {"atol": 0.01, "return_rank": True}],
  [R(3, 2), {"rtol": 0.01}])
S("scipy.linalg.pinvh", hermitian(lambda a, **p: L.pinvh(a, **p)), [SPD(2, 2)], [SPD(2, 2, dtype=Z), {"lower": False}])
S("scipy.linalg.lstsq", lambda a, b, **p: L.lstsq(a, b, **p), [R(4, 2), R(4)], [R(4, 2), R(4, 2)], [R(2, 3), R(2)],
  [C(3, 2), C(3)])
S("scipy.linalg.lstsq", lambda a, b: tuple(L.lstsq(a, b)), [R(2, 3, 2), R(3)], [R(3, 2), R(2, 3, 1)])

# --- spectra --------------------------------------------------------------------------------------------------------

S("scipy.linalg.eigh", hermitian(lambda a, **p: projectors(*L.eigh(a, **p))), [R(3, 3)], [C(3, 3)],
  [R(3, 3), {"lower": False}],
  [R(3, 3), {"subset_by_index": [1, 2]}], [R(3, 3), {"driver": "evd"}])
S("scipy.linalg.eigh", lambda a, b, **p: projectors(*L.eigh(a + a.T, b @ b.T + np.eye(3), **p)), [R(3, 3), R(3, 3)],
  [R(3, 3), R(3, 3), {"type": 2}], [R(3, 3), R(3, 3), {"type": 3, "lower": False}])
S("scipy.linalg.eigh", hermitian(lambda a: L.eigh(a, subset_by_value=[-np.inf, 1e3])[0]), [R(3, 3)], concrete=True)
S("scipy.linalg.eigvalsh", hermitian(lambda a, **p: L.eigvalsh(a, **p)), [R(3, 3)], [C(2, 2)])
S("scipy.linalg.eigh_tridiagonal", lambda d, e: projectors(*L.eigh_tridiagonal(d, e)), [R(4), R(3)])
S("scipy.linalg.eigvalsh_tridiagonal", L.eigvalsh_tridiagonal, [R(4), R(3)],
  [R(4), R(3), {"select": "i", "select_range": (0, 1)}])
S("scipy.linalg.eig_banded", lambda a, **p: projectors(*L.eig_banded(a, **p)), [R(2, 4)], [R(3, 4), {"lower": True}])
S("scipy.linalg.eigvals_banded", lambda a, **p: L.eigvals_banded(a, **p), [R(2, 4)], [R(3, 4), {"lower": True}])
S("scipy.linalg.eig", lambda a: projectors(*L.eig(a)), [V([[1.0, 2.0], [-1.5, 0.5]])], [C(3, 3)])
S("scipy.linalg.eigvals", L.eigvals, [R(3, 3)], [C(2, 2)])
S("scipy.linalg.svd", lambda a: invariants(*L.svd(a, full_matrices=False)), [R(3, 2)], [C(2, 3)])
S("scipy.linalg.svdvals", L.svdvals, [R(3, 2)], [C(2, 2)])
S("scipy.linalg.diagsvd", L.diagsvd, [R(2), {"M": 2, "N": 3}], [R(2), {"M": 3, "N": 2}])
S("scipy.linalg.polar", L.polar, [R(3, 2)], [R(2, 3), {"side": "left"}], [C(2, 2)])
S("scipy.linalg.orth", lambda a: projector(L.orth(a)), [R(3, 2)], concrete=True)
S("scipy.linalg.null_space", lambda a: projector(L.null_space(a)), [R(2, 4)], [C(1, 3)], concrete=True)
S("scipy.linalg.orthogonal_procrustes", lambda a, b: tuple(L.orthogonal_procrustes(a, b)), [R(4, 2), R(4, 2)],
  [R(2, 3, 2), R(2, 3, 2)])
S("scipy.linalg.subspace_angles", L.subspace_angles, [R(5, 2), R(5, 2)], [R(5, 1), R(5, 2)])
S("scipy.linalg.qr", lambda a, **p: L.qr(a, **p), [R(3, 3)], [R(4, 2), {"mode": "economic"}], [C(2, 3)],
  [R(3, 2), {"mode": "r"}])
S("scipy.linalg.qr", lambda a: L.qr(a, mode="economic", pivoting=True), [R(4, 3)], concrete=True)
S("scipy.linalg.rq", lambda a: signless(*L.rq(a)), [R(3, 3)])

# --- functions and equations ------------------------------------------------------------------------------------------

S("scipy.linalg.expm", L.expm, [R(3, 3)], [C(2, 2)], [R(2, 2, 2)])
S("scipy.linalg.expm_frechet", L.expm_frechet, [R(2, 2), R(2, 2)], [R(2, 2), R(2, 2), {"compute_expm": False}])
S("scipy.linalg.logm", L.logm, [SPD(2, 2)])
S("scipy.linalg.sqrtm", L.sqrtm, [SPD(3, 3)], [SPD(2, 2, dtype=Z)])
S("scipy.linalg.sqrtm", lambda a: L.sqrtm(-a), [SPD(3, 3)])
S("scipy.linalg.logm", lambda a: L.logm(-a), [SPD(2, 2)])
S("scipy.linalg.signm", L.signm, [V([[2.0, 1.0], [0.5, -3.0]])])
S("scipy.linalg.fractional_matrix_power", L.fractional_matrix_power, [SPD(2, 2), {"t": 2}],
  value=lambda a, t: np.linalg.matrix_power(a, t))
S("scipy.linalg.fractional_matrix_power", lambda a, t: L.fractional_matrix_power(a, t[()]),
  [V([[2.0, 0.3], [0.1, 1.5]]), U()],
  value=lambda a, t: wg.scipy.linalg.expm(t * wg.scipy.linalg.logm(a)))
for _name in ("cosm", "sinm", "tanm", "coshm", "sinhm", "tanhm"):
    S(f"scipy.linalg.{_name}", getattr(L, _name), [U(2, 2)], [V([[0.1j, 0.2], [0.3, 0.4 + 0.1j]])])
S("scipy.linalg.funm", lambda a: L.funm(a, lambda w: w * w), [SPD(2, 2)])
S("scipy.linalg.solve_sylvester", L.solve_sylvester, [SPD(2, 2), SPD(3, 3), R(2, 3)])
S("scipy.linalg.solve_continuous_lyapunov", L.solve_continuous_lyapunov, [SPD(2, 2), R(2, 2)],
  [SPD(2, 2, dtype=Z), C(2, 2)])
S("scipy.linalg.solve_lyapunov", L.solve_lyapunov, [SPD(2, 2), R(2, 2)])
S("scipy.linalg.solve_discrete_lyapunov", L.solve_discrete_lyapunov, [U(2, 2), R(2, 2)],
  [V([[0.1j, 0.2], [0.3, 0.4]]), C(2, 2)], [V([[0.1, 0.2], [0.3, 0.4]]), R(2, 2), {"method": "bilinear"}])

# --- structure ------------------------------------------------------------------------------------------------------

S("scipy.linalg.toeplitz", L.toeplitz, [R(3)], [R(3), R(2)], [C(3)])
S("scipy.linalg.hankel", L.hankel, [R(3)], [R(3), R(2)])
S("scipy.linalg.circulant", L.circulant, [R(3)], [C(4)])
S("scipy.linalg.convolution_matrix", L.convolution_matrix,
  *[[R(3), {"n": 4, "mode": _m}] for _m in ("full", "same", "valid")],
  [R(4), {"n": 3, "mode": "same"}], [R(4), {"n": 2, "mode": "same"}])
S("scipy.linalg.companion", L.companion, [R(4)])
S("scipy.linalg.leslie", L.leslie, [R(3), R(2)])
S("scipy.linalg.fiedler", L.fiedler, [R(3)])
S("scipy.linalg.fiedler_companion", L.fiedler_companion, *[[R(_n)] for _n in range(2, 8)])
S("scipy.linalg.block_diag", L.block_diag, [R(2, 2), R(1, 3)], [R(2), C(1, 1)])
S("scipy.linalg.khatri_rao", L.khatri_rao, [R(2, 3), R(4, 3)])
S("scipy.linalg.solve_toeplitz", lambda c, r, b: L.solve_toeplitz((c, r), b), [V(4.0, 1, 2), R(3), R(3)])
S("scipy.linalg.matmul_toeplitz", lambda c, r, x: L.matmul_toeplitz((c, r), x), [R(3), R(2), R(2, 2)])
S("scipy.linalg.solve_circulant", L.solve_circulant, [V(4.0, 1, 2), R(3)], [V(4.0, 1, 2), R(3), {"singular": "lstsq"}])
S("solve_banded", lambda ab, b, l, u: wg.scipy.linalg.solve_banded((l, u), ab, b),
  [middle(4, 5, 2), R(5), {"l": 1, "u": 2}])
S("scipy.linalg.solve_banded", lambda ab, b: L.solve_banded((1, 1), ab, b), [middle(3, 4, 1), R(4)],
  [middle(3, 4, 1), R(4, 2)],
  [middle(3, 4, 1), C(4)])
S("scipy.linalg.solveh_banded", L.solveh_banded, [lower_first(2, 4), R(4), {"lower": True}],
  [middle(2, 4, 1), R(4)])
S("scipy.linalg.cholesky_banded", lambda ab: L.cholesky_banded(ab * np.array([[1, 1, 1], [1, 1, 0]]), lower=True),
  [lower_first(2, 3)])
S("scipy.linalg.cholesky_banded", lambda ab: L.cholesky_banded(ab * np.array([[0, 1, 1, 1], [1, 1, 1, 1]])),
  [middle(2, 4, 1)])
S("scipy.linalg.cho_solve_banded", lambda cb, b, lower: L.cho_solve_banded((cb, lower), b),
  [lower_first(2, 4), R(4), {"lower": True}], [middle(2, 4, 1), R(4, 2), {"lower": False}])

# --- Riccati's equations, and questions -------------------------------------------------------------------------------


def _are(name: str) -> Any:
    """The solution for Hermitian q and r, and a stable a."""

    def function(a: Any, b: Any, q: Any, r: Any, e: Any = None, s: Any = None) -> Any:
        q, r = (x @ np.conj(x.T) + 2 * np.eye(len(x)) for x in (q, r))
        e, s = None if e is None else np.eye(2) + 0.05 * e, None if s is None else 0.02 * s
        return getattr(L, name)(0.2 * a, b, q, r, e, s)

    return function


for _name in ("solve_continuous_are", "solve_discrete_are"):
    S(f"scipy.linalg.{_name}", _are(_name), [R(2, 2), M(2, 2), R(2, 2), R(2, 2)],
      [C(2, 2), M(2, 2, dtype=Z), C(2, 2), C(2, 2)], order=2)
    S(f"scipy.linalg.{_name}", _are(_name), [R(2, 2), M(2, 2), R(2, 2), R(2, 2), R(2, 2), R(2, 2)], order=1)
S("scipy.linalg.bandwidth", L.bandwidth, [R(3, 3)], concrete=True)
S("scipy.linalg.issymmetric", L.issymmetric, [R(3, 3)], [V([[1.0, 2.0], [2.0, 1.0]]), {"atol": 0.1}], concrete=True)
S("scipy.linalg.ishermitian", L.ishermitian, [C(2, 2)], concrete=True)
