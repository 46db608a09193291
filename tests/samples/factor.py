"""Decompositions: spectral, QR, LU, least squares, and what is composed of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.draws import C, F, R, S, V, at_kink, near_eye, positive_definite, row
from tests.samples.linalg import hermitian

M, SPD = near_eye, positive_definite


def invariants(u: Any, s: Any, vh: Any) -> Any:
    """Of complex singular vectors only what does not depend on their free phases."""
    k = s.shape[-1]
    u, vh = u[..., :k], vh[..., :k, :]
    return (
        u * np.conj(u[..., :1, :]),
        s,
        vh * np.conj(vh[..., :, :1]),
        u[..., :1, :] * np.swapaxes(vh, -1, -2)[..., :1, :],
    )


def projectors(values: Any, vectors: Any) -> Any:
    """The values, and the vectors without their free phases."""
    return values, vectors * np.conj(vectors[..., :1, :])


def complements(a: Any) -> Any:
    """Of a full singular value decomposition what does not depend on the basis of the rest."""
    u, s, vh = np.linalg.svd(a)
    k = s.shape[-1]
    rest, other = u[..., k:], vh[..., k:, :]
    return *invariants(u, s, vh), rest @ np.conj(np.swapaxes(rest, -1, -2)), np.conj(np.swapaxes(other, -1, -2)) @ other


def completing(a: Any) -> Any:
    """The projector on what the columns leave out."""
    rest = row("rest")(np.linalg.qr(a)[0], np.ones((3, 1), a.dtype))
    return rest @ np.conj(np.swapaxes(rest, -1, -2))


def full_qr(a: Any) -> Any:
    """Of a complete QR decomposition what does not depend on the basis of the rest."""
    q, r = np.linalg.qr(a, mode="complete")
    k = min(a.shape[-2:])
    rest = q[..., k:]
    return q[..., :k], r, rest @ np.conj(np.swapaxes(rest, -1, -2))


APART, ONE = np.eye(2, dtype=bool), np.zeros((2, 2), dtype=bool)
ZERO, HALF = np.zeros(()), np.array(0.5)
LARGE = 20 * np.ones((4, 4))
SPIRAL = [[1.0, 2.0], [-1.5, 0.5]]  # a real matrix with complex eigenvalues

# fmt: off
# --- eigenvalues --------------------------------------------------------------------------------------------------

S("eigh", hermitian(lambda a: np.linalg.eigh(a)), [R(2, 2)], [R(2, 3, 3)], [M(2, 2, dtype=np.float32)], [R(0, 0)])
S("linalg.eigh", hermitian(lambda a, **p: projectors(*np.linalg.eigh(a, **p))), [R(3, 3)], [C(3, 3)],
  [R(3, 3), {"UPLO": "U"}])
S("linalg.eigvalsh", hermitian(np.linalg.eigvalsh), [R(3, 3)], [C(2, 2, 2)], [F(2, 2)])
S("linalg.eigvalsh", hermitian(lambda a: np.sum(np.linalg.eigvalsh(a) ** 3)), at_kink(V(np.eye(3))), order=1)
S("eig", lambda a: projectors(*row("eig")(a)), [R(3, 3)], [C(2, 3, 3)], [M(2, 2, dtype=np.float32)])
S("linalg.eig", lambda a: tuple(np.linalg.eig(a)), [V(SPIRAL)], [C(3, 3)], [V(np.array(SPIRAL, np.float32))])
S("linalg.eigvals", np.linalg.eigvals, [V(SPIRAL)], [C(2, 2, 2)])

# --- singular values ----------------------------------------------------------------------------------------------

S("svd", lambda a: np.linalg.svd(a, full_matrices=False), [R(2, 2)], [R(3, 2)], [R(2, 3)], [M(2, 2, 2)], [R(2, 0)])
S("linalg.svd", lambda a: invariants(*np.linalg.svd(a, full_matrices=False)), [C(2, 2)], [C(3, 2)], [C(2, 3)])
S("linalg.svd", lambda a: tuple(np.linalg.svd(a)), [R(3, 3)], [F(2, 2)])
S("linalg.svd", hermitian(lambda a: invariants(*np.linalg.svd(a, hermitian=True))), [R(3, 3)], [C(2, 2)])
S("linalg.svd", hermitian(lambda a: np.linalg.svd(a, compute_uv=False, hermitian=True)), [R(2, 3, 3)])
S("svd_full", complements, [R(4, 2)], [R(2, 4)], [C(3, 2)], [R(2, 3, 2)])
S("rest", completing, [R(3, 2)], [C(3, 2)], [R(2, 3, 2)])
S("linalg.svdvals", np.linalg.svdvals, [R(2, 3)], [C(2, 2)], [M(2, 2, dtype=np.float32)])
S("linalg.svdvals", lambda a: np.sum(np.linalg.svdvals(a)), at_kink(V(np.eye(2))), order=1)
S("linalg.cond", np.linalg.cond, *[[M(3, 3), {"p": _p}] for _p in (None, 2, -2, 1, -1, np.inf, -np.inf, "fro", "nuc")],
  [R(3, 2)], [C(2, 2, 2), {"p": "fro"}], [M(2, 2, dtype=np.float32)])
S("linalg.matrix_rank", np.linalg.matrix_rank, [R(3, 2)], [R(2, 2, 3)], [R(3)], [V(np.ones((2, 2)))],
  [R(2, 2), {"tol": 1.0}], [R(2, 2), {"rtol": 0.5}], [V(np.eye(2)), {"hermitian": True}])

# --- what keeps the rules honest where values coincide --------------------------------------------------------------

S("cluster", row("cluster"), [V(1.0, 1.0, 2.0), {"chained": True}], [V(2j, 2j, 1), {"chained": False}])
S("rotations", row("rotations"), [R(3, 3), V(1.0, 2.0, 3.0), {"singular": False}],
  [C(2, 2), V(2.0, 0.0), {"singular": True}])
S("null_frames", lambda u, b, s: row("null_frames")(u, b, s)[1],
  [V(np.eye(3, 2)), V([[0.0, 1], [0, 2], [0, 3]]), V(2.0, 0.0)])
S("turns", lambda x, m, **p: row("turns")(x, m, ZERO, **p), [R(2, 2), V(ONE), {"mixed": False}],
  [C(2, 2), V(ONE), {"mixed": True}])
S("vanishing", lambda x, m: row("vanishing")(x, m, ZERO), [R(2, 2), V(ONE)], [C(2, 2), V(ONE)])
S("told", row("told"), [R(2, 2), V(ONE)], [C(2, 2), V(ONE)])
S("held_still", row("held_still"), [R(3, 2), V(ONE)], [C(2, 2), V(ONE)])
S("cut_off", row("cut_off"), [R(2, 2), {"n": 6}])
S("unknown", row("unknown"), [R(0, 0)])
S("once", row("once"), [R(2, 2), V(APART)], [C(3, 2), V(APART)])
S("refused", row("refused"), [R(2, 2), V(APART)])
S("inverse_if_any", row("inverse_if_any"), [M(2, 2)], [M(2, 2, 2, dtype=complex)])
S("told_regular", row("told_regular"), [R(2, 2), M(2, 2)], [R(2, 2), M(2, 2, 2)])
S("made_infinite", row("made_infinite"), [R(), M(2, 2)], [R(2), M(2, 2, 2)])
S("told_finite", row("told_finite"), [R(), R(), M(2, 2)], [R(2), R(2), M(2, 2, 2)])
S("without_zeros", row("without_zeros"), [SPD(2, 2)], [SPD(2, 2, 2)])
S("of_full_rank", row("of_full_rank"), [R(3), V(3.0), {"full": 2}], [R(1, 3), V(4.0, 3.0), {"full": 2}])
S("independent", row("independent"), [R(3, 2), V(2.0, 1.0)], [C(2, 3, 2), V(2.0, 1.0)])
S("full_rank", row("full_rank"), [M(2, 2)])
S("basis_inverse", row("basis_inverse"), [M(2, 2)], [M(2, 2, 2, dtype=complex)])
S("eig_pivot", row("eig_pivot"), [C(2, 2)], [R(2, 2)])

# --- factorisations -------------------------------------------------------------------------------------------------

S("qr", np.linalg.qr, [R(3, 3)], [R(4, 2)], [C(3, 2)], [C(2, 2)], [R(2, 3, 2)], [M(2, 2, dtype=np.float32)])
S("linalg.qr", lambda a, **p: np.linalg.qr(a, **p), [R(2, 4)], [C(2, 3)], [R(3, 2), {"mode": "r"}],
  [R(2, 3), {"mode": "complete"}], [R(0, 2)])
S("qr_full", full_qr, [R(4, 2)], [C(3, 2)], [R(2, 3, 1)])
S("lu_factor", row("lu_factor"), [R(3, 3)], [R(4, 2)], [R(2, 3)], [C(2, 2)], [R(2, 3, 3)], [F(2, 2)])
S("pivoted", row("pivoted"), [M(2, 2), {"last": True}], [M(3, 3, dtype=complex), {"last": False}])
S("permutation", row("permutation"), [V(1, 1, 2), {"n": 4}])
S("solve_triangular", row("solve_triangular"), [M(2, 2), R(2, 3), {"lower": True, "unit": False}],
  [M(2, 2, 2), R(2, 3), {"lower": False, "unit": False}],
  [M(2, 2, dtype=complex), C(2, 1), {"lower": True, "unit": True}])

# --- least squares --------------------------------------------------------------------------------------------------

S("pinv", lambda a, **p: np.linalg.pinv(a, **p), [R(3, 2)], [R(2, 3)], [M(2, 2)], [C(3, 2)], [R(2, 3, 2)],
  [F(2, 2)], [R(3, 2), {"rcond": 0.01}], [R(0, 2)])
S("linalg.pinv", lambda a: np.linalg.pinv(a, hermitian=True), [M(2, 2)], [M(2, 2, dtype=complex)])
S("one_triangle", row("one_triangle"), [R(3, 3), {"uplo": "L"}], [C(2, 2), {"uplo": "U"}], [R(2, 2, 2), {"uplo": "L"}])
S("linalg.pinv", hermitian(np.linalg.pinv), [SPD(2, 2), {"hermitian": True}],
  [SPD(2, 2, dtype=complex), {"rtol": 0.01}])
S("linalg.pinv", lambda u: np.linalg.pinv(u[:, :1] * u[:, 1] + 0.0), [R(3, 2)])  # of rank 1
S("pinv", lambda a: np.linalg.pinv(a + LARGE[: a.shape[-2], : a.shape[-1]], 0.5), [R(3, 2)], [R(3, 4)], [C(3, 2)],
  [R(2, 3, 2)], [F(2, 3)])  # one singular value is kept, the others are dropped
S("linalg.lstsq", lambda a, b: np.linalg.lstsq(a + LARGE[:3, :2], b, 0.5)[0], [R(3, 2), R(3)], [C(3, 2), C(3, 2)])
S("dropped", lambda a: row("dropped")(a + LARGE[: a.shape[-2], : a.shape[-1]], HALF, hermitian=False),
  [R(3, 2)], [C(2, 3)], [R(2, 2, 3)])
S("solve_apart", lambda q, e, p: row("solve_apart")(q, 0.2 * e, 0.2 * p), [R(3, 2), R(3, 2), R(2, 3)],
  [C(2, 2), C(2, 2), C(2, 2)], [R(2, 3, 2), R(3, 2), R(2, 3)])
S("lstsq", lambda a, b: np.linalg.lstsq(a, b), [R(4, 2), R(4)], [R(4, 2), R(4, 3)], [C(3, 2), C(3)], [R(2, 3), R(2)],
  [F(3, 2), F(3)])
S("linalg.lstsq", lambda u, b: np.linalg.lstsq(u[:, :1] * u[:, 1], b)[0], [R(3, 2), R(3)])

# --- composites -----------------------------------------------------------------------------------------------------

S("linalg.matrix_power", np.linalg.matrix_power, *[[M(2, 2), {"n": _n}] for _n in (-3, -1, 0, 1, 2, 3, 6)],
  [C(2, 2, 2), {"n": 3}], [M(2, 2, dtype=np.float32), {"n": 2}])
S("linalg.multi_dot", lambda *xs: np.linalg.multi_dot(xs), [R(2, 3), R(3, 2)], [R(3), R(3, 2), R(2, 2), R(2)],
  [C(2, 3), C(3, 1), C(1, 2)], [R(2, 3), R(3, 4), R(4, 1), R(1, 2)])
S("linalg.tensorsolve", np.linalg.tensorsolve, [R(2, 2, 4), R(2, 2)], [R(2, 4, 2), R(2, 2), {"axes": (1,)}])
S("linalg.tensorinv", np.linalg.tensorinv, [R(2, 2, 4)], [R(4, 2, 2), {"ind": 1}])
S("linalg.diagonal", np.linalg.diagonal, [R(2, 2, 3)], [R(3, 3), {"offset": 1}])

# --- functions of matrices ------------------------------------------------------------------------------------------

S("expm", row("expm"), [R(2, 2)], [C(2, 2)], [R(2, 2, 2)], [M(2, 2, dtype=np.float32)])
S("expm_frechet", row("expm_frechet"), [R(2, 2), R(2, 2)], [C(2, 2), C(2, 2)])
S("logm", row("logm"), [SPD(2, 2)], [SPD(2, 2, dtype=complex)])
S("logm_frechet", row("logm_frechet"), [SPD(2, 2), R(2, 2)])
S("regular_root", row("regular_root"), [SPD(2, 2)])
S("solvable", row("solvable"), [R(2, 3), SPD(2, 2), SPD(3, 3)], [C(2, 2, 2), SPD(2, 2), SPD(2, 2)])
for _name in ("discrete", "off_circle"):
    S(_name, row(_name), [R(2, 2), V([[0.1, 0.2], [0.3, 0.4]])], [R(2, 2, 2), V([[0.1j, 0.2], [0.3, 0.4]])])
S("sqrtm", row("sqrtm"), [SPD(2, 2)], [SPD(2, 2, dtype=complex)], [SPD(2, 2, 2)])
S("signm", row("signm"), [V([[2.0, 1.0], [0.5, -3.0]])])
S("signm_frechet", row("signm_frechet"), [V([[2.0, 1.0], [0.5, -3.0]]), R(2, 2)])
S("solve_sylvester", row("solve_sylvester"), [SPD(2, 2), SPD(3, 3), R(2, 3)],
  [SPD(2, 2, dtype=complex), SPD(1, 1, dtype=complex), C(2, 1)])
