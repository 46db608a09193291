"""PyTorch's functions that are more than a line over one of NumPy's."""

from __future__ import annotations

import numpy as np

import wengert as wg
from tests.draws import C, F, G, I, P, R, S, U, V, at_kink, near_eye, order, positive_definite, row


def plain(f):
    """The function with ndarrays for results of ndarrays: those that write make tensors."""

    def function(*args, **kwargs):
        out = f(*args, **kwargs)
        numbers = isinstance(out, wg.Tensor) and not out.tracked and isinstance(out.value, np.ndarray | np.generic)
        return out.value if numbers and not any(isinstance(x, wg.Tensor) for x in args) else out

    return function


# fmt: off
# --- rows --------------------------------------------------------------------------------------------------------
S("latest_maximum", row("latest_maximum"), [R(4), {"axis": 0}], [R(2, 3), {"axis": 1}], [F(3), {"axis": 0}],
  [I(5), {"axis": 0}], at_kink(V(1.0, 1.0, 0.0), {"axis": 0}), [R(0), {"axis": 0}])
for _name in ("scatter_max", "scatter_min"):
    S(_name, row(_name), [R(3), R(4), I(4)], [R(2, 3), R(2, 3), I(2, 1, below=2), I(2, 3)], [F(3), F(2), I(2)],
      [R(3), R(0), I(0)])

# --- order ---------------------------------------------------------------------------------------------------------
S("pytorch.cummax", lambda x, dim: wg.cummax(x, dim).values, [R(4), {"dim": 0}], [R(2, 3), {"dim": 1}],
  [F(3), {"dim": 0}])
S("pytorch.cummin", lambda x, dim: wg.cummin(x, dim).values, [R(4), {"dim": 0}], [R(2, 3), {"dim": -1}])
S("pytorch.mode", lambda x: wg.mode(x).values, at_kink(V(2.0, 1.0, 1.0, 2.0)), [R(2, 3)], [F(3)])
S("pytorch.kthvalue", lambda x: wg.kthvalue(x, 2, dim=0).values, [R(4)], [R(3, 2)], [F(3)])
S("pytorch.nanmedian", lambda x: wg.nanmedian(x, dim=0).values, [R(4)], [R(3, 2)], [F(3)])
S("pytorch.logcumsumexp", wg.logcumsumexp, [R(5), {"dim": 0}], [R(2, 3), {"dim": 1}], [F(3), {"dim": 0}],
  [R(0), {"dim": 0}],
  at_kink(V(900.0, -900.0, 901.0), {"dim": 0}))
S("pytorch.searchsorted", lambda x, v: wg.searchsorted(x, v, right=True),
  [V([[0.1, 0.7, 1.5], [0.2, 0.5, 2.0]]), R(2, 4)])

# --- places --------------------------------------------------------------------------------------------------------
for _name in ("sum", "mean", "amax", "amin"):
    for _self in (True, False):
        S("pytorch.scatter_reduce",
          lambda x, i, y, reduce=_name, own=_self: wg.scatter_reduce(x, 0, i, y, reduce, include_self=own),
          [R(3), I(4), R(4)], [R(3, 2), I(4, 2), R(4, 2)], [F(3), I(2), F(2)], [R(3), I(0), R(0)])
S("pytorch.scatter_reduce", lambda x, i, y: wg.scatter_reduce(x, 0, i, y, "amax"),
  at_kink(V(1.0, 0.0), V(0, 0, 1), V(1.0, 1.0, -1.0)))
S("pytorch.scatter_reduce", plain(lambda x, i, y: wg.scatter_reduce(x, 0, i, y, "prod")),
  [R(3), V(0, 2, 2, 1), R(4)], at_kink(V(0.0, 2.0), V(0, 0, 1), V(3.0, 0.0, 0.5)))
S("pytorch.masked_scatter", lambda x, m, y: wg.masked_scatter(x, m, y),
  [R(2, 3), V([[True, False, True], [False, True, False]]), R(5)], [F(2), V(True, False), F(2)])
S("pytorch.take_along_dim", lambda x, i: wg.take_along_dim(x, i, 1), [R(2, 3), I(2, 2)], [R(1, 3), I(4, 2)],
  [C(2, 3), I(2, 1)])
S("pytorch.index_put", plain(lambda x, i, y: wg.index_put(x, (i,), y, accumulate=True)), [R(3), I(4), R(4)],
  [R(3), I(2), R()])
S("pytorch.index_copy", plain(lambda x, i, y: wg.index_copy(x, 0, i, y)), [R(3), order(3, 2), R(2)],
  [C(3, 2), order(3, 2), R(2, 2)])
S("pytorch.select_scatter", plain(lambda x, y: wg.select_scatter(x, y, 1, 2)), [R(2, 3), R(2)], [C(2, 3), R(2)],
  [F(2, 3), F(2)])
S("pytorch.slice_scatter", plain(lambda x, y: wg.slice_scatter(x, y, 0, 1, None, 2)), [R(4), R(2)], [F(5, 2), F(2, 2)])
S("pytorch.diagonal_scatter", plain(lambda x, y: wg.diagonal_scatter(x, y, 1)), [R(3, 3), R(2)], [R(2, 4), R(2)])
S("pytorch.diag_embed", wg.diag_embed, [R(3)], [R(2, 3), {"offset": -1}],
  [R(2), {"offset": 2, "dim1": 1, "dim2": 0}], [C(2)], [F(2)],
  [R(0)])
S("pytorch.block_diag", wg.block_diag, [R(1, 2), R(2, 1)], [R(3), R()], [C(2, 2), R(1, 1)], [F(2), F(2)])
S("pytorch.cartesian_prod", wg.cartesian_prod, [R(3), R(2)], [F(2), F(3)])
S("pytorch.combinations", wg.combinations, [R(4)], [F(3)], [R(3), {"r": 2, "with_replacement": True}])
S("pytorch.constant_pad_nd", lambda x: wg.constant_pad_nd(x, (1, 0, 0, 2), 0.5), [R(2, 3)], [F(2, 2)])

# --- products and distances ------------------------------------------------------------------------------------------
S("pytorch.cdist", wg.cdist, [R(2, 3), R(4, 3)], [R(2, 3), R(4, 3), {"p": 1.0}], [R(2, 2, 3), R(4, 3), {"p": 3.0}],
  [F(2, 3), F(1, 3)],
  at_kink(V([[1.0, 2.0]]), V([[1.0, 2.0]])), [R(0, 3), R(2, 3)])
S("pytorch.pdist", wg.pdist, [R(4, 2)], [F(3, 2)])
S("pytorch.renorm", lambda x: wg.renorm(x, 2, 0, 1.0), [R(3, 2)], [F(2, 2)])
S("pytorch.addmm", wg.addmm, [R(2, 2), R(2, 3), R(3, 2), {"beta": 2, "alpha": 0.5}], [R(2), C(2, 3), C(3, 2)],
  [F(2), F(2, 1), F(1, 2)])
S("pytorch.baddbmm", wg.baddbmm, [R(2, 2, 2), R(2, 2, 3), R(2, 3, 2), {"beta": 0}])
S("pytorch.addr", wg.addr, [R(2, 3), R(2), R(3)])

# --- complex numbers and special functions ---------------------------------------------------------------------------
S("pytorch.complex", plain(wg.complex), [R(3), R(3)], [R(2, 3), R()])
S("pytorch.polar", plain(wg.polar), [P(3), R(3)])
S("pytorch.view_as_complex", plain(wg.view_as_complex), [R(3, 2)])
S("pytorch.view_as_real", wg.view_as_real, [C(3)])
S("pytorch.mvlgamma", wg.mvlgamma, [G(3), {"p": 2}], [F(2), {"p": 1}])
S("pytorch.logit", wg.logit, [U(3), {"eps": 0.2}])
for _name in ("v", "w"):
    S(f"special.chebyshev_polynomial_{_name}", getattr(wg.special, f"chebyshev_polynomial_{_name}"), [U(3), V(3)])
S("fft.hfftn", wg.fft.hfftn, [C(2, 3)], [C(2, 3), {"dim": (0,), "norm": "ortho"}], [R(3)])
S("fft.ihfftn", wg.fft.ihfftn, [R(2, 3)], [R(2, 3), {"s": (4,), "dim": (0,)}])

# --- linear algebra --------------------------------------------------------------------------------------------------
S("pytorch.logdet", wg.logdet, [positive_definite(3, 3)], [positive_definite(2, 2, 2)])
S("pytorch.cholesky_solve", wg.cholesky_solve, [R(3, 2), near_eye(3, 3)], [C(2, 2), near_eye(2, 2, dtype=complex)])
S("pytorch.cholesky_inverse", wg.cholesky_inverse, [near_eye(3, 3)], [near_eye(2, 2), {"upper": True}])
S("pytorch.algebra.solve_triangular", lambda a, b: wg.linalg.solve_triangular(a, b, upper=True, left=False),
  [near_eye(3, 3), R(2, 3)], [near_eye(2, 2, dtype=complex), C(2, 2)])
S("pytorch.algebra.linalg_lu", lambda a: tuple(wg.linalg.lu(a))[1:], [near_eye(3, 3)], [near_eye(2, 2, 2)])
S("pytorch.algebra.lu_solve", lambda a, b: wg.linalg.lu_solve(*wg.linalg.lu_factor(a), b), [near_eye(3, 3), R(3, 2)])
S("pytorch.algebra.linalg_lu_solve", lambda a, b: wg.linalg.lu_solve(*wg.linalg.lu_factor(a), b, adjoint=True),
  [near_eye(3, 3), R(3, 2)], [near_eye(2, 2, dtype=complex), C(2, 2)])
S("pytorch.algebra.householder_product", wg.linalg.householder_product, [R(3, 2), U(2)], [C(3, 2), U(2)])
S("pytorch.ormqr", wg.ormqr, [R(3, 2), U(2), R(3, 2)], [R(3, 2), U(2), R(2, 3), {"left": False, "transpose": True}])
S("pytorch.matrix_exp", wg.matrix_exp, [R(2, 2)], [R(2, 2, 2)])
S("pytorch.algebra.vander", wg.linalg.vander, [R(3)], [R(2, 3), {"N": 4}], [R(2), {"N": 1}])

# --- sums ------------------------------------------------------------------------------------------------------------
S("pytorch.cumulative_trapezoid", wg.cumulative_trapezoid, [R(4)], [R(2, 3), P(3)], [R(2, 3), P(2, 3), {"dim": 0}],
  [F(3)])
S("pytorch.segment_reduce", lambda x: wg.segment_reduce(x, "mean", lengths=np.array([1, 2])), [R(3)], [F(3, 2)])
S("pytorch.std_mean", wg.std_mean, [R(4)], [R(2, 3), {"dim": 1, "keepdim": True}], [F(3)])
S("pytorch.stft", lambda x: wg.stft(x, 4, 2, return_complex=True), [R(8)], [R(2, 6)])
S("pytorch.istft", plain(lambda z: wg.istft(z, 4, 2, window=wg.ones(4) * 0.5)), [C(3, 4)])
