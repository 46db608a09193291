"""Recurrent layers as one op: x, W_ih, W_hh, the biases, the parts of the state, and which steps are not padding."""

from __future__ import annotations

from tests.draws import F, R, S, V
from wengert.nn.recurrence import LAYERS

_TOLD = {"biases": True, "reverse": False}
_THERE = V([[True, True], [True, False]])

# fmt: off
for _name, _kind, _gates, _parts in (
    ("nn.LSTM", "lstm", 4, 2), ("nn.GRU", "gru", 3, 1), ("nn.RNN", "rnn_tanh", 1, 1), ("nn.RNN", "rnn_relu", 1, 1),
):
    S(_name, LAYERS[_kind],
      [R(2, 1, 2), R(_gates, 2), R(_gates, 1), R(_gates), R(_gates), *[R(1, 1)] * _parts, _TOLD],
      [R(2, 2, 1), R(2 * _gates, 1), R(2 * _gates, 2), *[R(2, 2)] * _parts, _THERE,
       {"biases": False, "reverse": True}],
      [F(2, 2, 1), F(_gates, 1), F(_gates, 1), F(_gates), F(_gates), *[F(2, 1)] * _parts, _THERE, _TOLD],
      [R(2, 0, 1), R(_gates, 1), R(_gates, 1), R(_gates), R(_gates), *[R(0, 1)] * _parts, _TOLD],
      [R(0, 1, 1), R(_gates, 1), R(_gates, 1), R(_gates), R(_gates), *[R(1, 1)] * _parts, _TOLD])
