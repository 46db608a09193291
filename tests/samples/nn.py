"""Activations and losses of neural networks."""

from __future__ import annotations

from scipy import special

from tests.draws import C, F, I, P, R, S, U, V, at_kink, row

# fmt: off
# --- neural networks --------------------------------------------------------------------------------------------

S("leaky_relu", row("leaky_relu"), [R(3), {"slope": 0.1}], [F(3), {"slope": 0.1}], at_kink(V(0.0, 1.0), {"slope": 0.1}))
S("gelu", row("gelu"), [R(3)], [F(3)], value=lambda x: x * special.ndtr(x))
for _name in ("softmax", "log_softmax"):
    S(_name, row(_name), [R(3), {"axis": 0}], [R(2, 3), {"axis": 1}], [F(2, 2), {"axis": 0}],
      at_kink(V(1e3, -1e3), {"axis": 0}),
      value=getattr(special, _name))
S("mse_loss", row("mse_loss"), [R(3), R(3), {"axis": (0,), "mean": True}],
  [R(2, 3), R(3), {"axis": (0, 1), "mean": False}],
  [F(2), F(2), {"axis": (), "mean": False}])
S("binary_cross_entropy", row("binary_cross_entropy"), [U(3), U(3), P(3), {"axis": (0,), "mean": True}],
  [U(2, 3), U(3), P(), {"axis": (), "mean": False}],
  at_kink(V(0.0, 1.0), V(0.0, 1.0), P(2), {"axis": (0,), "mean": False}))
S("binary_cross_entropy_with_logits", row("binary_cross_entropy_with_logits"),
  [R(3), U(3), P(3), P(3), {"axis": (0,), "mean": True}],
  [R(2, 3), U(3), P(), P(3), {"axis": (1,), "mean": False}], [F(2), F(2), F(), F(), {"axis": (), "mean": False}])
S("nll_loss", row("nll_loss"), [R(2, 3), P(2), I(2), {"axis": 1, "over": (0,)}],
  [R(3), P(), I(), {"axis": 0, "over": ()}],
  [R(2, 3, 2), P(2, 2), I(2, 2), {"axis": 1, "over": (0, 1)}], [F(2, 3), F(2), I(2), {"axis": 1, "over": ()}])
S("affine", row("affine"), [R(2, 3), R(4, 3), R(4)], [R(3), R(2, 3), R(2)], [R(2, 2, 3), R(4, 3), R(4)],
  [C(2, 3), C(2, 3), R(2)], [F(2, 3), F(2, 3), F(2)], [R(0, 3), R(2, 3), R(2)])
S("standardize", row("standardize"), [R(3), {"axis": (0,), "eps": 1e-5}], [R(2, 3, 2), {"axis": (0, 2), "eps": 0.1}],
  [R(2, 3), {"axis": (1,), "eps": 1e-5}], [F(2, 3), {"axis": (1,), "eps": 1e-5}],
  [R(0, 3), {"axis": (1,), "eps": 1e-5}],
  at_kink(V(1.0, 1.0), {"axis": (0,), "eps": 1e-5}))
S("unit_square", row("unit_square"), [R(3), {"axis": (0,), "eps": 1e-5}], [R(2, 3, 2), {"axis": (1, 2), "eps": 0.1}],
  [F(2, 3), {"axis": (1,), "eps": 1e-5}], [R(0, 3), {"axis": (1,), "eps": 1e-5}],
  at_kink(V(0.0, 0.0), {"axis": (0,), "eps": 1e-5}))
S("lstm_gates", row("lstm_gates"), [R(8)], [R(2, 4)], [F(2, 4)], [R(0, 4)])
S("lstm_state", row("lstm_state"), [R(8), R(2)], [R(3, 4), R(3, 1)], [F(2, 4), F(2, 1)], [R(0, 4), R(0, 1)])
S("gru_gates", row("gru_gates"), [R(6), R(6)], [R(2, 3), R(2, 3)], [F(2, 3), F(2, 3)], [R(0, 3), R(0, 3)])
S("gru_state", row("gru_state"), [R(6), R(2)], [R(2, 3), R(2, 1)], [F(2, 3), F(2, 1)], [R(0, 3), R(0, 1)])
