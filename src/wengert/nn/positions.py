"""Where in its sequence an element stands, as numbers that are added to its features."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.nn import init
from wengert.nn.functional.arguments import floats
from wengert.nn.functional.noise import dropout
from wengert.nn.linear import made
from wengert.nn.module import Module

__all__ = ["LearnedPositionalEncoding", "PositionalEncoding", "sinusoids"]


def sinusoids(length: int, features: int, base: float = 10000.0) -> Any:
    """The table (length, features) of sin(p ω_k) and cos(p ω_k), alternating, ω_k = base^(-2k / features).

    A. Vaswani et al., "Attention is all you need", 2017, section 3.5.

    >>> import wengert as wg
    >>> wg.nn.sinusoids(2, 2).round(4)
    array([[0.    , 1.    ],
           [0.8415, 0.5403]])
    """
    pairs = (features + 1) // 2
    angles = np.arange(length)[:, None] * np.exp(-math.log(base) * 2 / features * np.arange(pairs))
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(length, 2 * pairs)[:, :features]


class _Positions(Module):
    def __init__(self, d_model: int, dropout: float, max_len: int, batch_first: bool) -> None:
        super().__init__()
        self.d_model, self.dropout, self.max_len, self.batch_first = d_model, dropout, max_len, batch_first

    def _table(self) -> Any:
        raise NotImplementedError

    def forward(self, input: Any) -> Any:
        """The input (L, N, E), (N, L, E) with `batch_first`, or (L, E), with the numbers of its places added."""
        x = floats(input)
        axis = 1 if x.ndim == 3 and self.batch_first else 0
        if x.ndim not in (2, 3) or x.shape[-1] != self.d_model or x.shape[axis] > self.max_len:
            raise refuse(
                f"{type(self).__name__} got an input of shape {x.shape}",
                f"It knows {self.max_len} places, of {self.d_model} features each, along axis {axis}.",
                "Make it with a larger max_len, or say batch_first.",
            )
        table = self._table()[: x.shape[axis]].astype(x.dtype, copy=False)
        x = x + (table[:, None] if x.ndim == 3 and not self.batch_first else table)
        return dropout(x, self.dropout, self.training) if self.dropout else x

    def extra_repr(self) -> str:
        """The arguments."""
        return f"{self.d_model}, dropout={self.dropout}, max_len={self.max_len}, batch_first={self.batch_first}"


class PositionalEncoding(_Positions):
    """Sines and cosines of the place added to the features, then dropout.

    d_model: the number of features. dropout: its probability. max_len: how many places there are. batch_first: inputs
    are (N, L, E), not (L, N, E). The table, `sinusoids`, is a buffer that is not saved.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.PositionalEncoding(2, dropout=0.0)(np.zeros((2, 2))).round(4)
    tensor([[0.    , 1.    ],
            [0.8415, 0.5403]])
    """

    def __init__(
        self, d_model: int, dropout: float = 0.1, max_len: int = 5000, batch_first: bool = False, dtype: Any = None
    ) -> None:  # fmt: skip
        super().__init__(d_model, dropout, max_len, batch_first)
        table = sinusoids(max_len, d_model)
        self.register_buffer("pe", table if dtype is None else table.astype(dtype), persistent=False)

    def _table(self) -> Any:
        return self.pe


class LearnedPositionalEncoding(_Positions):
    """Trained numbers of the place added to the features, then dropout; they start normal with deviation 0.02.

    The arguments are those of `PositionalEncoding`.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.LearnedPositionalEncoding(4, max_len=8, batch_first=True)(np.zeros((3, 8, 4))).shape
    (3, 8, 4)
    """

    def __init__(
        self, d_model: int, dropout: float = 0.1, max_len: int = 512, batch_first: bool = False, device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(d_model, dropout, max_len, batch_first)
        self.weight = made(max_len, d_model, dtype=dtype)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the initial numbers again."""
        init.normal_(self.weight, std=0.02)

    def _table(self) -> Any:
        return self.weight
