"""One step of recurrent networks, and cells as layers.

A step takes what the input says (a matrix product of all steps at once, where there is a sequence) and the state, a
tuple whose first entry is the output h:

    RNN     h' = f(in + W h)
    LSTM    i, f, g, o = in + W h            c' = σ(f) c + σ(i) tanh(g),    h' = σ(o) tanh(c')
    GRU     r = σ(in_r + hid_r),  z = σ(in_z + hid_z),  n = tanh(in_n + r hid_n),    h' = (1 - z) n + z h

where hid = W h + b: the last one is of K. Cho et al., "Learning phrase representations using RNN encoder-decoder",
2014, in the form in which the reset gate acts behind the matrix.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.apply import Box, apply, watcher
from wengert.errors import refuse
from wengert.nn import init
from wengert.nn.functional.activation import linear, relu
from wengert.nn.functional.arguments import floats, unknown
from wengert.nn.linear import made
from wengert.nn.module import Module
from wengert.ops import recurrent
from wengert.ops.recurrent import blocks
from wengert.ops.special import expit

__all__ = ["GRUCell", "LSTMCell", "RNNCell", "gru_step", "lstm_step", "rnn_step"]

State = tuple[Any, ...]
_SHAPES: dict[str, Callable[[Any], Any]] = {"tanh": np.tanh, "relu": relu}


def rnn_step(given: Any, state: State, weight: Any, bias: Any, nonlinearity: str) -> State:
    """The state after a step; given: the input's share, with its bias; weight, bias: those of the state."""
    return (_SHAPES[nonlinearity](given + linear(state[0], weight, bias)),)


def _eager(x: Any) -> bool:
    """Whether numbers are computed at once, op by op; a compiler knows the formulas better than the rows."""
    return not isinstance(x, Box) or not (x.level or watcher())


def lstm_step(given: Any, state: State, weight: Any, bias: Any) -> State:
    """The state (h, c) after a step."""
    h, c = state
    pre = given + linear(h, weight, bias)
    if _eager(pre):
        new: State = apply(recurrent.lstm_state, (recurrent.lstm_gates(pre), c))
        return new
    i, f, g, o = blocks(pre, 4)
    c = expit(f) * c + expit(i) * np.tanh(g)
    return expit(o) * np.tanh(c), c


def gru_step(given: Any, state: State, weight: Any, bias: Any) -> State:
    """The state after a step."""
    h = state[0]
    said = linear(h, weight, bias)
    if _eager(given) and _eager(said):
        return (recurrent.gru_state(recurrent.gru_gates(given, said), h),)
    (r, z, n), (hr, hz, hn) = blocks(given, 3), blocks(said, 3)
    n = np.tanh(n + expit(r + hr) * hn)
    return (n + expit(z + hz) * (h - n),)


# --- as layers --------------------------------------------------------------------------------------------------


class _Cell(Module):
    """W_ih, W_hh, b_ih and b_hh, with as many blocks as the cell has gates."""

    def __init__(self, input_size: int, hidden_size: int, bias: bool, gates: int, dtype: Any) -> None:
        super().__init__()
        self.input_size, self.hidden_size, self.bias = input_size, hidden_size, bias
        self.weight_ih = made(gates * hidden_size, input_size, dtype=dtype)
        self.weight_hh = made(gates * hidden_size, hidden_size, dtype=dtype)
        self.register_parameter("bias_ih", made(gates * hidden_size, dtype=dtype) if bias else None)
        self.register_parameter("bias_hh", made(gates * hidden_size, dtype=dtype) if bias else None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the initial numbers again: uniform on ±1/√hidden_size."""
        bound = 1 / math.sqrt(self.hidden_size) if self.hidden_size else 0.0
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def _given(self, input: Any) -> Any:
        x = floats(input)
        if x.ndim not in (1, 2) or x.shape[-1] != self.input_size:
            raise refuse(
                f"{type(self).__name__} got an input of shape {x.shape}",
                f"One step takes vectors of {self.input_size} numbers.",
                f"Give (N, {self.input_size}) or ({self.input_size},).",
            )
        return linear(x, self.weight_ih, self.bias_ih)

    def _state(self, given: Any, state: Any) -> Any:
        return np.zeros((*given.shape[:-1], self.hidden_size), given.dtype) if state is None else floats(state)

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.input_size}, {self.hidden_size}" + ("" if self.bias else ", bias=False")


class RNNCell(_Cell):
    """h' = f(W_ih x + b_ih + W_hh h + b_hh), with f tanh or a rectifier (`nonlinearity="relu"`).

    input_size, hidden_size: the lengths of x and h. bias: whether there are b's. All start uniform on ±1/√hidden_size.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.RNNCell(3, 4)(np.ones((5, 3))).shape
    (5, 4)
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        if nonlinearity not in _SHAPES:
            raise unknown("nonlinearity", nonlinearity, tuple(_SHAPES))
        super().__init__(input_size, hidden_size, bias, 1, dtype)
        self.nonlinearity = nonlinearity

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The next state, given an input (N, in) or (in) and a state (N, hidden) or (hidden), by default 0."""
        given = self._given(input)
        return rnn_step(given, (self._state(given, hx),), self.weight_hh, self.bias_hh, self.nonlinearity)[0]

    def extra_repr(self) -> str:
        """The arguments."""
        return super().extra_repr() + ("" if self.nonlinearity == "tanh" else f", nonlinearity={self.nonlinearity}")


class LSTMCell(_Cell):
    """One step of a long short-term memory; the gates i, f, g, o are the blocks of the weights.

    >>> import numpy as np, wengert as wg
    >>> h, c = wg.nn.LSTMCell(3, 4)(np.ones((5, 3)))
    >>> h.shape, c.shape
    ((5, 4), (5, 4))
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 4, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The next (h, c), given an input (N, in) or (in) and the state (h, c), by default zeros."""
        given = self._given(input)
        h, c = (None, None) if hx is None else hx
        return lstm_step(given, (self._state(given, h), self._state(given, c)), self.weight_hh, self.bias_hh)


class GRUCell(_Cell):
    """One step of gated recurrent units; the gates r, z, n are the blocks of the weights.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.GRUCell(3, 4)(np.ones(3)).shape
    (4,)
    """

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, 3, dtype)

    def forward(self, input: Any, hx: Any = None) -> Any:
        """The next state, given an input (N, in) or (in) and a state, by default 0."""
        given = self._given(input)
        return gru_step(given, (self._state(given, hx),), self.weight_hh, self.bias_hh)[0]
