"""Rows for the activations of neural networks that are no ufuncs. NumPy's and SciPy's own (tanh, expit) stand there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.core.op import elementwise, primitive
from wengert.ops.special import erfc

__all__: list[str] = []

leaky_relu = elementwise(
    lambda x, slope: np.where(x > 0, x, slope * x),
    "x",
    name="leaky_relu",
    dx=lambda x, slope: np.where(x > 0, 1.0, slope),
)


# x Φ(x), with the normal distribution Φ(x) = erfc(-x/√2) / 2. Its derivative is Φ + x φ, with the bell curve φ = Φ'.
def _normal(x: Any) -> Any:
    return 0.5 * erfc(x * -math.sqrt(0.5))


def _bell(x: Any) -> Any:
    return np.exp(-0.5 * np.square(x)) * (1 / math.sqrt(2 * math.pi))


gelu = elementwise(lambda x: x * _normal(x), "x", name="gelu", dx=lambda x: _normal(x) + x * _bell(x))


# Softmax, and its logarithm. With s = softmax(x):  ∂sᵢ/∂xⱼ = sᵢ (δᵢⱼ - sⱼ),  ∂ ln sᵢ/∂xⱼ = δᵢⱼ - sⱼ.
# The largest entry is subtracted first, so that no exponential overflows.
def _below_top(x: Any, axis: int) -> Any:
    return x - x.max(axis=axis, keepdims=True, initial=-np.inf)


def _softmax(x: Any, axis: int) -> Any:
    with np.errstate(over="ignore"):
        e = np.exp(_below_top(x, axis))
    return e / _sum(e, axis)


def _log_softmax(x: Any, axis: int) -> Any:
    with np.errstate(over="ignore"):
        z = _below_top(x, axis)
    return z - np.log(_sum(np.exp(z), axis))


def _sum(x: Any, axis: int) -> Any:
    return x.sum(axis=axis, keepdims=True)


def _shift(axis: int) -> dict[str, int]:
    return {"axis": axis + 1}


softmax = primitive(
    _softmax,
    "x",
    name="softmax",
    jvp={"x": lambda t, out, axis: out * (t - _sum(t * out, axis))},
    vjp={"x": lambda g, out, axis: out * (g - _sum(g * out, axis))},
    batch=_shift,
)
log_softmax = primitive(
    _log_softmax,
    "x",
    name="log_softmax",
    jvp={"x": lambda t, out, axis: t - _sum(t * np.exp(out), axis)},
    vjp={"x": lambda g, out, axis: g - np.exp(out) * _sum(g, axis)},
    batch=_shift,
)
