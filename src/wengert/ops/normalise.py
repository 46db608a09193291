"""Rows for normalisation: numbers along some axes shifted and scaled to mean 0 and variance 1, or to mean square 1.

    z = (x - μ) r,      μ = mean x,    v = mean (x - μ)²,    r = (v + eps)^(-1/2)

Along the axes, dμ = mean dx and dv = 2 mean((x - μ) dx) = (2/r) mean(z dx), so that

    dz = r (dx - mean dx - z mean(z dx))

which is a symmetric map of dx: its adjoint is itself. (S. Ioffe and C. Szegedy, "Batch normalization", 2015.) Without
the mean, z = x r and v = mean x², and the same with dz = r (dx - z mean(z dx)); v + eps is not 0 unless x and eps are.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, primitive
from wengert.spec import shift

__all__: list[str] = []

Axes = tuple[int, ...]


def _mean(x: Any, axis: Axes) -> Any:
    return np.mean(x, axis=axis, keepdims=True)


def _count(x: Any, axis: Axes) -> int:
    return int(np.prod([x.shape[a] for a in axis], dtype=np.intp))


def _scale(var: Any, eps: float) -> Any:
    return 1 / np.sqrt(var + eps)


def _standardize(x: Any, axis: Axes, eps: float) -> Any:
    mean = _mean(x, axis)
    z = x - mean
    var = _mean(z * z, axis)
    return z * _scale(var, eps), mean, var


def _forward(t: Any, out: Any, axis: Axes, eps: float) -> Any:
    z, _, var = out
    r, mean, along = _scale(var, eps), _mean(t, axis), _mean(z * t, axis)
    return r * (t - mean - z * along), mean, 2 * along / r


def _backward(g: Any, out: Any, axis: Axes, eps: float) -> Any:
    z, _, var = out
    n, r = _count(z, axis), _scale(var, eps)
    # What is one number per mean is put together first: three passes over the entries are left.
    along = 2 * g[2] / (n * r) - r * _mean(z * g[0], axis)
    return r * g[0] + along * z + (g[1] / n - r * _mean(g[0], axis))


standardize: Op = primitive(
    _standardize,
    "x",
    name="standardize",
    outputs=3,
    jvp={"x": _forward},
    vjp={"x": _backward},
    batch=lambda axis, eps: {"axis": shift(axis), "eps": eps},
    torch="NativeLayerNorm",
)


def _unit_square(x: Any, axis: Axes, eps: float) -> Any:
    square = _mean(x * x, axis)
    return x * _scale(square, eps), square


unit_square: Op = primitive(
    _unit_square,
    "x",
    name="unit_square",
    outputs=2,
    jvp={"x": lambda t, out, axis, eps: _unit_square_forward(t, out, axis, eps)},
    vjp={"x": lambda g, out, axis, eps: _unit_square_backward(g, out, axis, eps)},
    batch=lambda axis, eps: {"axis": shift(axis), "eps": eps},
    torch="FusedRmsNorm",
)


def _unit_square_forward(t: Any, out: Any, axis: Axes, eps: float) -> Any:
    z, square = out
    r, along = _scale(square, eps), _mean(z * t, axis)
    return r * (t - z * along), 2 * along / r


def _unit_square_backward(g: Any, out: Any, axis: Axes, eps: float) -> Any:
    z, square = out
    r = _scale(square, eps)
    return r * g[0] + z * (2 * g[1] / (r * _count(z, axis)) - r * _mean(z * g[0], axis))
