"""Products and matrices."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.draws import C, F, R, S, V, near_eye, positive_definite, row


def hermitian(f: Any) -> Any:
    """`f` of the Hermitian part, so that every direction is one in which the argument may move."""
    return lambda a, **params: f((a + np.conj(np.swapaxes(a, -1, -2))) / 2, **params)


# fmt: off
# --- products ---------------------------------------------------------------------------------------------------

S("matmul", np.matmul, [R(2, 3), R(3, 2)], [R(2, 1, 2, 3), R(3, 3, 1)], [C(2, 2), C(2, 2)], [F(2, 2), F(2, 1)],
  [R(2, 0), R(0, 2)],
  [R(2, 2), C(2, 2)])
S("matvec", np.matmul, [R(2, 3), R(3)], [R(2, 2, 3), R(3)], [C(2, 2), C(2)], [F(2, 2), F(2)])
S("vecmat", np.matmul, [R(3), R(3, 2)], [R(3), R(2, 3, 2)], [C(2), C(2, 2)])
S("vecdot", np.matmul, [R(3), R(3)], [C(3), C(3)], [R(0), R(0)])
if hasattr(np, "matvec"):  # NumPy 2.2
    S("matvec", np.matvec, [R(2, 2, 3), R(2, 3)], [C(2, 2), C(2)])
if hasattr(np, "vecmat"):  # NumPy 2.2
    S("vecmat", np.vecmat, [R(2, 3), R(3, 2)], [C(2), C(2, 2)])
S("vecdot", np.vecdot, [R(2, 3), R(3)], [C(3), C(3)])
S("linalg.vecdot", np.linalg.vecdot, [R(3, 2), R(3, 2), {"axis": 0}], [C(3), C(3)])
S("linalg.matmul", np.linalg.matmul, [R(2, 2), R(2, 3)])
S("dot", np.dot, [R(3), R(3)], [R(2, 3), R(3)], [R(2, 3), R(2, 3, 2)], [R(), R(3)], [C(2, 2), C(2)], [F(3), F(3)])
S("vdot", np.vdot, [R(2, 2), R(4)], [C(3), C(3)])
S("inner", np.inner, [R(3), R(2, 3)], [R(2, 3), R(2, 3)], [C(3), C(3)], [R(), R(2)])
S("outer", np.outer, [R(2), R(3)], [R(2, 2), R(2)], [C(2), C(2)])
S("linalg.outer", np.linalg.outer, [R(2), R(3)])
S("tensordot", np.tensordot, [R(2, 3, 2), R(3, 2, 2)], [R(2, 3), R(3, 2), {"axes": ([0, 1], [1, 0])}],
  [R(2), R(3), {"axes": 0}])
S("linalg.tensordot", np.linalg.tensordot, [R(2, 3), R(3, 2), {"axes": 1}])
S("kron", np.kron, [R(2), R(2, 2)], [C(2), R(2)])
S("cross", np.cross, [R(3), R(3)], [R(2, 3), R(3)], [R(3, 2), R(3, 2), {"axis": 0}])
S("linalg.cross", np.linalg.cross, [R(3), R(2, 3)])
S("linalg.trace", np.linalg.trace, [R(2, 3, 3)], [R(2, 3), {"offset": 1}])
S("einsum", lambda *xs, s: np.einsum(s, *xs), [R(2, 3), R(3, 2), {"s": "ij,jk->ik"}], [R(3, 3), {"s": "ii->i"}],
  [R(2, 3), {"s": "ij->"}],
  [R(2, 3), R(3), R(2), {"s": "ij,j,i"}], [R(2, 2, 3), R(3), {"s": "...i,i->..."}], [C(2, 2), C(2), {"s": "ij,j->i"}],
  [R(2, 2), {"s": "ii"}],
  [R(2, 3), R(2, 3), {"s": "ij,ij->j"}], [F(2, 2), F(2), {"s": "ij,i"}], [R(2, 1), R(2, 3), {"s": "ij,ij->i"}],
  [R(2, 3), {"s": "ji"}])
S("einsum", lambda x, y: np.einsum(x, [0, 1], y, [1, 2], [0, 2]), [R(2, 3), R(3, 2)])

# --- matrices ---------------------------------------------------------------------------------------------------

M, SPD = near_eye, positive_definite
S("solve", np.linalg.solve, [M(2, 2), R(2)], [M(2, 2), R(2, 3)], [M(3, 2, 2), R(3, 2, 1)], [M(2, 2), R(3, 2, 1)],
  [M(2, 2, dtype=complex), C(2)], [M(2, 2, dtype=np.float32), F(2)])
S("cofactors", row("cofactors"), [M(2, 2)], [M(2, 3, 3)], [M(2, 2, dtype=complex)])
S("minors", row("minors"), [M(3, 3), R(1, 3, 3)], [M(4, 4), R(2, 4, 4)], [M(2, 3, 3), R(2, 1, 3, 3)],
  [M(3, 3, dtype=complex), C(2, 3, 3)], [V([[1.0, 2, 3], [2, 4, 6], [1, 0, 1]]), R(1, 3, 3)])
S("inv", np.linalg.inv, [M(2, 2)], [M(2, 3, 3)], [M(2, 2, dtype=complex)], [M(2, 2, dtype=np.float32)])
S("det", np.linalg.det, [M(2, 2)], [M(2, 3, 3)], [M(2, 2, dtype=complex)], [M(2, 2, dtype=np.float32)])
S("det", np.linalg.det, [V([[1.0, 2.0], [2.0, 4.0]])], [V([[1.0, 2, 3], [2, 4, 6], [1, 0, 1]])],
  [V(np.arange(9.0).reshape(3, 3))],
  [V([[1j, 2.0], [2j, 4.0]])])
S("slogdet", np.linalg.slogdet, [M(2, 2)], [M(2, 3, 3)], [M(2, 2, dtype=complex)], [M(2, 2, dtype=np.float32)])
S("cholesky", hermitian(np.linalg.cholesky), [SPD(2, 2)], [SPD(2, 3, 3)], [SPD(2, 2, dtype=complex)],
  [SPD(2, 2, dtype=np.float32)],
  [SPD(2, 2), {"upper": True}])
S("linalg.solve", np.linalg.solve, [M(3, 3), R(3)])
for _name in ("inv", "det", "slogdet", "cholesky"):
    S(f"linalg.{_name}", hermitian(getattr(np.linalg, _name)), [SPD(3, 3)],
      [F(2, 2, 2)] if _name == "det" else [SPD(2, 2, 2)])
S("linalg.norm", np.linalg.norm, *[[R(2, 3), {"ord": _o}] for _o in ("fro", 1, -1, np.inf, -np.inf, 2, -2, "nuc")],
  *[[R(3), {"ord": _o}] for _o in (None, 1, 2, 3, 0.5, 0, np.inf, -np.inf)], [R(2, 3), {"axis": 1, "keepdims": True}],
  [C(3), {"ord": 3}], [R(2, 3, 2), {"axis": (0, 2), "ord": 1}], [F(3), {"ord": 1}], [R()],
  [R(2, 3), {"keepdims": True}], [C(2, 2)])
S("linalg.vector_norm", np.linalg.vector_norm, [R(3)], [R(2, 3), {"axis": 1, "ord": 3}], [R(2, 2)],
  [R(2, 3), {"ord": 1, "keepdims": True}])
S("linalg.matrix_norm", np.linalg.matrix_norm, [R(2, 2)], [R(2, 2, 3), {"ord": 1}], [R(2, 3), {"ord": "nuc"}])
