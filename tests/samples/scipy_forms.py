"""Twins of `scipy.linalg`: Schur's and Hessenberg's forms, factors of Hermitian matrices, and their rows."""

from __future__ import annotations

from typing import Any

import numpy as np

import wengert as wg
from tests.draws import C, F, R, S, V, at_kink, near_eye, row
from tests.samples.linalg import hermitian

L = wg.scipy.linalg
M, Z = near_eye, complex

# Real matrices with complex pairs of eigenvalues, apart from each other.
SPIRAL = np.array([[1.0, 2.0, 0.3], [-1.5, 0.5, 0.7], [0.4, -0.2, 4.0]])
SPIRALS = np.array([[1.0, 2.0, 0.3, 0.1], [-1.5, 0.5, 0.7, 0.4], [0.4, -0.2, 4.0, 1.0], [0.3, 0.6, -2.0, 3.5]])
TRIANGLE = np.array([[1.0, 0.7, -0.4], [0.0, 2.5, 0.3], [0.0, 0.0, -1.0]])
QUASI = np.array([[2.0, 0.7, -0.4], [0.0, 0.5, 1.3], [0.0, -0.6, 0.5]])
SPINS = np.array([[0.6, -0.8], [0.8, 0.6]])


def phaseless(t: Any, z: Any, *count: Any) -> Any:
    """What does not depend on the phases of the columns of z."""
    phase = z[..., :1, :] / np.abs(z[..., :1, :])
    return np.swapaxes(phase, -1, -2) * t * np.conj(phase), z * np.conj(phase), *count


def symmetric(f: Any) -> Any:
    """`f` of the symmetric part."""
    return lambda a, **params: f((a + np.swapaxes(a, -1, -2)) / 2, **params)


# fmt: off
S("diagonal_blocks", row("diagonal_blocks"), [V(QUASI)], [R(2, 2)], [C(0, 0)])
S("schur_sweep", lambda t, e, same, **p: row("schur_sweep")(t * (same | np.triu(np.ones((3, 3), bool))), e, same, **p),
  *[[V(t), R(3, 3), V(same), {"adjoint": adjoint}] for adjoint in (False, True)
    for t, same in ((TRIANGLE, np.eye(3, dtype=bool)), (QUASI, np.array([[1, 0, 0], [0, 1, 1], [0, 1, 1]], bool)))],
  [V(TRIANGLE * (1 + 0.3j)), C(3, 3), V(np.eye(3, dtype=bool)), {"adjoint": True}])
S("schur_gauge", row("schur_gauge"), [V(QUASI), V(np.zeros((3, 3), bool))], at_kink(V(QUASI), V(QUASI == 0)))
S("unbroken", row("unbroken"), [V(SPIRALS)], [M(2, 2, dtype=Z)])
S("regular_pivots", row("regular_pivots"), [V(np.diag([1.0, 2.0]))])

S("schur", lambda a: L.schur(a), [V(SPIRAL)], [V(SPIRALS)], [R(3, 3)], [V(np.stack([SPIRAL, SPIRAL.T]))],
  [R(0, 0)], [R(1, 1)])
S("schur", lambda a: phaseless(*L.schur(a)), [V(SPIRAL.astype(np.float32))])
S("scipy.linalg.schur", lambda a, **p: phaseless(*L.schur(a, **p)), [C(3, 3)], [V(SPIRAL), {"output": "complex"}],
  [V(SPIRALS.astype(np.float32)), {"output": "complex"}], [C(2, 2), {"sort": "lhp"}], [C(3, 3), {"sort": "ouc"}])
S("scipy.linalg.schur", lambda a, **p: L.schur(a, **p), [V(SPIRALS), {"sort": "iuc"}], [R(2, 3, 3)],
  [V(SPIRAL), {"sort": lambda x, y=None: np.real(x) > 3}])
S("scipy.linalg.schur", lambda a: np.abs(L.schur(a)[0][0, 1]), at_kink(V(np.array([[0.6, -0.8, 0], [0.8, 0.6, 0],
  [0.0, 0.0, 3.0]]))), order=1)
S("scipy.linalg.rsf2csf", lambda t: L.rsf2csf(t * (QUASI != 0), np.eye(3)), [V(QUASI)])
S("scipy.linalg.rsf2csf", lambda a: phaseless(*L.rsf2csf(*L.schur(a))), [V(SPIRALS)], [V(SPIRAL.astype(np.float32))])
S("ldl", hermitian(lambda a, **p: L.ldl(a, **p)), [R(3, 3)], [R(4, 4), {"lower": False}], [C(3, 3)],
  [C(3, 3), {"lower": False}], [F(2, 2)], [R(2, 3, 3)], [R(0, 0)],
  [V([[0.0, 1.0, 0.3], [1.0, 0.1, 0.2], [0.3, 0.2, 3.0]])])
S("scipy.linalg.ldl", lambda a, **p: L.ldl(a, **p), [R(3, 3)], [R(3, 3), {"lower": False}],
  [C(3, 3), {"hermitian": False}], [C(3, 3), {"hermitian": False, "lower": False}])
S("scipy.linalg.ldl", symmetric(lambda a: L.ldl(a, hermitian=False)), [C(3, 3)])
S("scipy.linalg.hessenberg", lambda a: L.hessenberg(a, calc_q=True), [R(4, 4)], [C(3, 3)], [R(2, 2)], [R(1, 1)],
  [R(2, 3, 3)], [V(SPIRALS.astype(np.float32))])
S("scipy.linalg.hessenberg", L.hessenberg, [R(4, 4)], [C(4, 4)])
S("scipy.linalg.matrix_balance", L.matrix_balance, [V(SPIRALS * [1, 1e3, 1, 1e-2])],
  [V(TRIANGLE), {"separate": True}], [V(SPIRALS), {"scale": False}], [C(2, 2), {"permute": False}], concrete=True)
S("scipy.linalg.matrix_balance", lambda a: tuple(L.matrix_balance(a)), [R(2, 3, 3)], concrete=True)
S("scipy.linalg.qr_multiply", L.qr_multiply, [R(3, 3), R(3)], [R(4, 2), R(2, 4)], [R(4, 2), R(2), {"mode": "left"}],
  [C(3, 3), C(2, 3), {"conjugate": True}], [C(3, 2), C(2, 3), {"mode": "left"}], [R(2, 3), R(2)])
S("scipy.linalg.qr_multiply", lambda a: L.qr_multiply(a, a, pivoting=True), [R(3, 3)], concrete=True)
