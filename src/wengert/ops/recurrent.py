"""Rows of a step of the long short-term memory, for the tape: two nodes where the formulas make a dozen.

    a = σ(pre_i), σ(pre_f), tanh(pre_g), σ(pre_o)       lstm_gates: four blocks of the last axis
    c' = f c + i g                                      lstm_state
    h  = o tanh c'

S. Hochreiter and J. Schmidhuber, "Long short-term memory", 1997, with the forget gate of F. Gers et al., 2000.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, primitive

__all__ = ["blocks", "lstm_gates", "lstm_state"]


def blocks(x: Any, count: int) -> list[Any]:
    """Equal parts of the last axis."""
    n = x.shape[-1] // count
    return [x[..., k * n : (k + 1) * n] for k in range(count)]


def _unchanged() -> dict[str, Any]:
    """vmap: axes in front mean nothing here."""
    return {}


# σ(x) = ½ + ½ tanh(x/2): all four blocks are one tanh, which is many times as fast as the logistic function; what is
# lost are the relative digits of gates that are shut.
def _gates(pre: Any) -> Any:
    n = pre.shape[-1] // 4
    half = np.full(pre.shape[-1], 0.5, pre.dtype)
    half[2 * n : 3 * n] = 1
    return np.tanh(pre * half) * half + (1 - half)


def _slope(a: Any) -> Any:
    """σ' = σ (1 - σ) and tanh' = 1 - tanh², from the values."""
    i, f, g, o = blocks(a, 4)
    return np.concatenate([i * (1 - i), f * (1 - f), 1 - g * g, o * (1 - o)], axis=-1)


lstm_gates: Op = primitive(
    _gates,
    "pre",
    name="lstm_gates",
    jvp={"pre": lambda t, out: t * _slope(out)},
    vjp={"pre": lambda g, out: g * _slope(out)},
    batch=_unchanged,
    torch="LstmGates",
)


def _state(a: Any, c: Any) -> Any:
    i, f, g, o = blocks(a, 4)
    new = f * c + i * g
    return o * np.tanh(new), new


def _along_gates(t: Any, a: Any, c: Any, out: Any) -> Any:
    """dc' = df c + di g + i dg,  dh = do tanh c' + o (1 - tanh² c') dc'."""
    i, _, g, o = blocks(a, 4)
    di, df, dg, do = blocks(t, 4)
    level = np.tanh(out[1])
    new = df * c + di * g + i * dg
    return do * level + o * (1 - level * level) * new, new


def _along_state(t: Any, a: Any, out: Any) -> Any:
    _, f, _, o = blocks(a, 4)
    level = np.tanh(out[1])
    return o * (1 - level * level) * f * t, f * t


def _to_new(g: Any, o: Any, level: Any) -> Any:
    """The cotangent of c': its own, and that of h through it."""
    return g[1] + g[0] * o * (1 - level * level)


def _to_gates(g: Any, a: Any, c: Any, out: Any) -> Any:
    i, _, s, o = blocks(a, 4)
    level = np.tanh(out[1])
    new = _to_new(g, o, level)
    return np.concatenate([new * s, new * c, new * i, g[0] * level], axis=-1)


def _to_state(g: Any, a: Any, out: Any) -> Any:
    _, f, _, o = blocks(a, 4)
    return _to_new(g, o, np.tanh(out[1])) * f


lstm_state: Op = primitive(
    _state,
    "a c",
    name="lstm_state",
    outputs=2,
    jvp={"a": _along_gates, "c": _along_state},
    vjp={"a": _to_gates, "c": _to_state},
    batch=_unchanged,
    torch="ThnnFusedLstmCell",
)
