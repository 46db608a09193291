"""Rows of the steps of gated recurrent networks, for the tape: two nodes where the formulas make a dozen.

    a = σ(pre_i), σ(pre_f), tanh(pre_g), σ(pre_o)               lstm_gates: four blocks of the last axis
    c' = f c + i g,    h = o tanh c'                            lstm_state

    a = σ(x_r + y_r), σ(x_z + y_z), tanh(x_n + r y_n)           gru_gates: three blocks; y is what the state says
    h' = n + z (h - n)                                          gru_state

S. Hochreiter and J. Schmidhuber, "Long short-term memory", 1997, with the forget gate of F. Gers et al., 2000; K. Cho
et al., "Learning phrase representations using RNN encoder-decoder", 2014.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, primitive

__all__ = ["blocks", "gru_gates", "gru_state", "lstm_gates", "lstm_state"]


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


# --- gated recurrent units --------------------------------------------------------------------------------------


def _gru_gates(x: Any, y: Any) -> Any:
    n = x.shape[-1] // 3
    doors = np.tanh((x[..., : 2 * n] + y[..., : 2 * n]) * 0.5) * 0.5 + 0.5
    return np.concatenate([doors, np.tanh(x[..., 2 * n :] + doors[..., :n] * y[..., 2 * n :])], axis=-1)


# With dr = r (1 - r) (dx_r + dy_r) and the like for z,  dn = (1 - n²) (dx_n + y_n dr + r dy_n).


def _along(t: Any, y: Any, out: Any, share: Any) -> Any:
    """The tangent of the gates; share: what a tangent of the last block counts."""
    (r, z, n), (tr, tz, tn) = blocks(out, 3), blocks(t, 3)
    dr = r * (1 - r) * tr
    return np.concatenate([dr, z * (1 - z) * tz, (1 - n * n) * (share * tn + blocks(y, 3)[2] * dr)], axis=-1)


def _back(g: Any, y: Any, out: Any, share: Any) -> Any:
    (r, z, n), (gr, gz, gn) = blocks(out, 3), blocks(g, 3)
    last = gn * (1 - n * n)
    return np.concatenate([(gr + last * blocks(y, 3)[2]) * r * (1 - r), gz * z * (1 - z), share * last], axis=-1)


gru_gates: Op = primitive(
    _gru_gates,
    "x y",
    name="gru_gates",
    jvp={
        "x": lambda t, y, out: _along(t, y, out, 1),
        "y": lambda t, y, out: _along(t, y, out, blocks(out, 3)[0]),
    },
    vjp={
        "x": lambda g, y, out: _back(g, y, out, 1),
        "y": lambda g, y, out: _back(g, y, out, blocks(out, 3)[0]),
    },
    batch=_unchanged,
    torch="GruGates",
)


def _gru_state(a: Any, h: Any) -> Any:
    _, z, n = blocks(a, 3)
    return n + z * (h - n)


def _along_units(t: Any, a: Any, h: Any) -> Any:
    (_, z, n), (_, tz, tn) = blocks(a, 3), blocks(t, 3)
    return tz * (h - n) + (1 - z) * tn


def _to_units(g: Any, a: Any, h: Any) -> Any:
    _, z, n = blocks(a, 3)
    return np.concatenate([0 * g, g * (h - n), g * (1 - z)], axis=-1)


gru_state: Op = primitive(
    _gru_state,
    "a h",
    name="gru_state",
    jvp={"a": _along_units, "h": lambda t, a: blocks(a, 3)[1] * t},
    vjp={"a": _to_units, "h": lambda g, a: blocks(a, 3)[1] * g},
    batch=_unchanged,
    torch="ThnnFusedGruCell",
)
