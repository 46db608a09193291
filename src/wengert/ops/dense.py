"""The row of a dense layer: x Wᵀ + b as one op with one node on the tape.

It means what the three ops do that it stands for; `nn.functional.linear` takes it where nothing but the tape looks on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.core.op import Op, primitive
from wengert.ops.linalg import mT

__all__: list[str] = []


def _affine(x: Any, weight: Any, bias: Any) -> Any:
    return np.matmul(x, mT(weight)) + bias


def _rows(x: Any) -> Any:
    """All axes but the last as one."""
    return x if x.ndim == 2 else np.reshape(x, (-1, x.shape[-1]))


def _batched(n: int, operands: Sequence[Any], batched: Sequence[bool], params: Any) -> Any:
    """vmap: weights and biases get axes for those that x has between the batch and the last one."""
    x, weight, bias = operands
    between = (1,) * (np.ndim(x) - batched[0] - 1)
    if batched[1] and not between:
        x = np.expand_dims(x, -2)
        out = np.matmul(x, mT(weight))[..., 0, :]
    elif batched[1]:
        weight = np.reshape(weight, (n, *between[1:], *np.shape(weight)[1:]))
        out = np.matmul(x, mT(weight))
    else:
        out = np.matmul(x, mT(weight))
    return out + (np.reshape(bias, (n, *between, np.shape(bias)[-1])) if batched[2] else bias)


affine: Op = primitive(
    _affine,
    "x weight bias",
    name="affine",
    jvp={
        "x": lambda t, weight: np.matmul(t, mT(weight)),
        "weight": lambda t, x: np.matmul(x, mT(t)),
        "bias": lambda t, out: np.broadcast_to(t, out.shape),
    },
    vjp={
        "x": lambda g, weight: np.matmul(g, np.conj(weight) if weight.dtype.kind == "c" else weight),
        "weight": lambda g, x: np.matmul(mT(_rows(g)), np.conj(_rows(x)) if x.dtype.kind == "c" else _rows(x)),
        "bias": lambda g: g,
    },
    vmap=_batched,
    torch="Addmm",
)
