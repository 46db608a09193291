"""Recurrent layers over sequences: RNN, LSTM and GRU.

What the input says at all steps is one matrix product; the loop over time has the product with the state only. It is
one op on the eager tape, and one loop of the program in compiled functions (`nn.recurrence`).
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from wengert.errors import refuse, user_line
from wengert.nn import init
from wengert.nn.cells import State
from wengert.nn.functional.arguments import floats, out_of, unknown
from wengert.nn.functional.noise import dropout
from wengert.nn.linear import made
from wengert.nn.module import Module
from wengert.nn.recurrence import along
from wengert.nn.utils.rnn import PackedSequence, lengths_of, pack_padded_sequence, pad_packed_sequence
from wengert.ops.recurrence import Weights

__all__ = ["GRU", "LSTM", "RNN"]


class _Recurrent(Module):
    """Layers of one kind of cell, each in one or two directions.

    The parameters of layer k are weight_ih_lk, weight_hh_lk, bias_ih_lk and bias_hh_lk, with "_reverse" behind for the
    direction from the end, as in PyTorch.
    """

    gates: ClassVar[int]
    _kind: Any  # of cell

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, proj_size: int = 0, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if not 0 <= dropout <= 1:
            raise out_of(f"{type(self).__name__} at {user_line()} got dropout={dropout}.", "from 0.0 to 1.0")
        if hidden_size < 1 or num_layers < 1 or not 0 <= proj_size < hidden_size:
            raise refuse(
                f"{type(self).__name__} got hidden_size={hidden_size}, num_layers={num_layers}, proj_size={proj_size}",
                "There is at least one number in a state, one layer, and a projection makes the output shorter.",
                "Give positive sizes, and a proj_size below hidden_size.",
            )
        self.input_size, self.hidden_size, self.num_layers = input_size, hidden_size, num_layers
        self.bias, self.batch_first, self.dropout = bias, batch_first, float(dropout)
        self.bidirectional, self.proj_size = bidirectional, proj_size
        out, rows = proj_size or hidden_size, self.gates * hidden_size
        for layer in range(num_layers):
            inner = input_size if layer == 0 else out * len(self._directions)
            for end in self._directions:
                name = f"l{layer}{end}"
                setattr(self, f"weight_ih_{name}", made(rows, inner, dtype=dtype))
                setattr(self, f"weight_hh_{name}", made(rows, out, dtype=dtype))
                self.register_parameter(f"bias_ih_{name}", made(rows, dtype=dtype) if bias else None)
                self.register_parameter(f"bias_hh_{name}", made(rows, dtype=dtype) if bias else None)
                if proj_size:
                    setattr(self, f"weight_hr_{name}", made(proj_size, hidden_size, dtype=dtype))
        self.reset_parameters()

    @property
    def _directions(self) -> tuple[str, ...]:
        return ("", "_reverse") if self.bidirectional else ("",)

    def reset_parameters(self) -> None:
        """Draw the initial numbers again: uniform on ±1/√hidden_size."""
        bound = 1 / math.sqrt(self.hidden_size)
        for p in self.parameters():
            init.uniform_(p, -bound, bound)

    def flatten_parameters(self) -> None:
        """Nothing: parameters need not lie side by side here."""

    def _widths(self) -> tuple[int, ...]:
        """The lengths of the parts of the state."""
        return (self.proj_size or self.hidden_size,)

    # --- a call -----------------------------------------------------------------------------------------------

    def _run(self, input: Any, hx: tuple[Any, ...] | None) -> tuple[Any, list[Any]]:
        """The outputs, and the parts of the last state."""
        if isinstance(input, PackedSequence):
            padded, lengths = pad_packed_sequence(input)
            out, last = self._layers(floats(padded), hx, np.arange(padded.shape[0])[:, None] < lengths)
            order = input.sorted_indices
            packed = pack_padded_sequence(out, lengths_of(input), enforce_sorted=order is None)
            return PackedSequence(packed.data, *input[1:]), last
        x = floats(input)
        if x.ndim not in (2, 3) or x.shape[-1] != self.input_size:
            raise refuse(
                f"{type(self).__name__} got an input of shape {x.shape}",
                f"It is made for sequences of vectors of {self.input_size} numbers.",
                f"Give ({'N, T' if self.batch_first else 'T, N'}, {self.input_size}), or (T, {self.input_size}).",
            )
        if x.ndim == 2:
            out, last = self._layers(x[:, None], None if hx is None else tuple([s[:, None] for s in hx]), None)
            return out[:, 0], [s[:, 0] for s in last]
        out, last = self._layers(np.swapaxes(x, 0, 1) if self.batch_first else x, hx, None)
        return (np.swapaxes(out, 0, 1) if self.batch_first else out), last

    def _layers(self, x: Any, hx: tuple[Any, ...] | None, there: Any) -> tuple[Any, list[Any]]:
        """x: (T, N, in). there: (T, N), which steps are not padding, or None."""
        count = self.num_layers * len(self._directions)
        dtype = np.result_type(x.dtype, self.weight_hh_l0.dtype)
        if hx is None:
            hx = tuple([np.zeros((count, x.shape[1], n), dtype) for n in self._widths()])
        for part, n in zip(hx, self._widths(), strict=True):
            if tuple(np.shape(part)) != (count, x.shape[1], n):
                raise refuse(
                    f"{type(self).__name__} got a state of shape {tuple(np.shape(part))}",
                    "There is one for every layer and direction, and every sequence.",
                    f"Give ({count}, {x.shape[1]}, {n}).",
                )
        last: list[list[Any]] = [[] for _ in hx]
        for layer in range(self.num_layers):
            if layer and self.dropout:
                x = dropout(x, self.dropout, self.training)
            outs = []
            for end in self._directions:
                at = len(last[0])
                out, state = self._along(x, tuple([part[at] for part in hx]), f"l{layer}{end}", there)
                outs.append(out)
                for parts, part in zip(last, state, strict=True):
                    parts.append(part)
            x = outs[0] if len(outs) == 1 else np.concatenate(outs, axis=-1)
        return x, [np.stack(parts) for parts in last]

    def _along(self, x: Any, state: State, name: str, there: Any) -> tuple[Any, State]:
        """One layer in one direction: all outputs, and the last state."""

        def of(part: str) -> Any:
            return getattr(self, f"{part}_{name}", None)

        weights = Weights(of("weight_ih"), of("weight_hh"), of("bias_ih"), of("bias_hh"))
        return along(self._kind, x, weights, state, there, of("weight_hr"), reverse=name.endswith("_reverse"))

    def extra_repr(self) -> str:
        """The arguments that are not the default."""
        said = f"{self.input_size}, {self.hidden_size}"
        usual = {
            "proj_size": 0, "num_layers": 1, "bias": True, "batch_first": False, "dropout": 0.0, "bidirectional": False,
        }  # fmt: skip
        return said + "".join([f", {k}={getattr(self, k)}" for k, v in usual.items() if getattr(self, k) != v])


class RNN(_Recurrent):
    """h' = f(W_ih x + b_ih + W_hh h + b_hh) along a sequence, with f tanh or a rectifier; `LSTM` has the arguments.

    nonlinearity: "tanh" or "relu".

    >>> import numpy as np, wengert as wg
    >>> out, last = wg.nn.RNN(3, 4, bidirectional=True)(np.ones((7, 2, 3)))
    >>> out.shape, last.shape
    ((7, 2, 8), (2, 2, 4))
    """

    gates = 1

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        if nonlinearity not in ("tanh", "relu"):
            raise unknown("nonlinearity", nonlinearity, ("tanh", "relu"))
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )
        self.nonlinearity = nonlinearity

    @property
    def _kind(self) -> str:
        return f"rnn_{self.nonlinearity}"

    def forward(self, input: Any, hx: Any = None) -> Any:
        """All outputs and the last states, given sequences and the first states; `LSTM.forward` has the shapes."""
        out, last = self._run(input, None if hx is None else (hx,))
        return out, last[0]


class LSTM(_Recurrent):
    """Long short-term memory along sequences.

    input_size, hidden_size: the lengths of inputs and states. num_layers: how many layers, each over the outputs of the
    one before. bias: whether there are b's. batch_first: inputs and outputs are (N, T, …) and not (T, N, …). dropout:
    between the layers, in training. bidirectional: also from the end, with the outputs side by side. proj_size: the
    length of h, if a matrix is to make it shorter than c.

    >>> import numpy as np, wengert as wg
    >>> out, (h, c) = wg.nn.LSTM(3, 4, num_layers=2, batch_first=True)(np.ones((2, 7, 3)))
    >>> out.shape, h.shape, c.shape
    ((2, 7, 4), (2, 2, 4), (2, 2, 4))
    """

    gates = 4
    _kind = "lstm"

    def _widths(self) -> tuple[int, ...]:
        return (self.proj_size or self.hidden_size, self.hidden_size)

    def forward(self, input: Any, hx: Any = None) -> Any:
        """All outputs and the last states (h, c).

        input: (T, N, in), (N, T, in) with `batch_first`, (T, in), or a `PackedSequence`. hx: the first states (h, c),
        of shape (layers · directions, N, hidden), by default 0.
        """
        out, last = self._run(input, None if hx is None else tuple(hx))
        return out, tuple(last)


class GRU(_Recurrent):
    """Gated recurrent units along sequences; `LSTM` explains the arguments.

    >>> import numpy as np, wengert as wg
    >>> out, last = wg.nn.GRU(3, 4)(np.ones((7, 2, 3)))
    >>> out.shape, last.shape
    ((7, 2, 4), (1, 2, 4))
    """

    gates = 3
    _kind = "gru"

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, bias: bool = True, batch_first: bool = False,
        dropout: float = 0.0, bidirectional: bool = False, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(
            input_size, hidden_size, num_layers, bias, batch_first, dropout, bidirectional, 0, device, dtype
        )

    def forward(self, input: Any, hx: Any = None) -> Any:
        """All outputs and the last states, given sequences and the first states; `LSTM.forward` has the shapes."""
        out, last = self._run(input, None if hx is None else (hx,))
        return out, last[0]
