"""Reductions and scans. `spelling` normalises `axis` to a sorted tuple (scans: one number) and `keepdims`."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import linear, primitive
from wengert.spec import shift

__all__: list[str] = []


def spread(g: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    """A reduced value with its reduced axes put back, of length 1."""
    return g if keepdims or not axis else np.expand_dims(g, axis)


def _shifted(axis: Any, keepdims: bool) -> dict[str, Any]:
    return {"axis": shift(axis), "keepdims": keepdims}


def _spread_to(g: Any, like: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    return np.broadcast_to(spread(g, axis, keepdims), like.shape)


def count(shape: tuple[int, ...], axis: tuple[int, ...]) -> int:
    """How many entries each result of a reduction combines."""
    return int(np.prod([shape[a] for a in axis], dtype=np.intp))


# np.sum without its wrapper in Python.
def _total(x: Any, axis: tuple[int, ...], keepdims: Any) -> Any:
    return np.add.reduce(x, axis, keepdims=keepdims)


sum = linear(
    _total,
    "x",
    name="sum",
    x=_spread_to,
    batch=_shifted,
)
mean = linear(
    np.mean,
    "x",
    name="mean",
    x=lambda g, like, axis, keepdims: _spread_to(g / count(like.shape, axis), like, axis, keepdims),
    batch=_shifted,
)


# max and min share the derivative equally among the entries that attain it (a NaN result: among the NaNs).
def _winners(x: Any, out: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    hit = (x == spread(out, axis, keepdims)) | (x != x)
    return hit / np.sum(hit, axis=axis, keepdims=True)


def _extremum(impl: Any, name: str) -> Any:
    return primitive(
        impl,
        "x",
        name=name,
        jvp={"x": lambda t, x, out, axis, keepdims: np.sum(
            t * _winners(x, out, axis, keepdims), axis, keepdims=keepdims)},
        vjp={"x": lambda g, x, out, axis, keepdims: spread(g, axis, keepdims) * _winners(x, out, axis, keepdims)},
        batch=_shifted,
    )  # fmt: skip


max = _extremum(np.max, "max")
min = _extremum(np.min, "min")


# The product of all entries but one: products from the left times products from the right, so that zeros are
# right; where there are none the quotient is the same and cheaper.
def _others(x: Any, out: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    if isinstance(x, np.ndarray) and np.all(x != 0):
        return spread(out, axis, keepdims) / x
    if x.size == 0:
        return x
    rest = tuple([a for a in range(x.ndim) if a not in axis])
    order = rest + axis
    flat = np.transpose(x, order).reshape((*[x.shape[a] for a in rest], count(x.shape, axis)))
    ones = np.ones((*flat.shape[:-1], 1), flat.dtype)
    left = np.cumprod(np.concatenate([ones, flat[..., :-1]], axis=-1), axis=-1)
    right = np.cumprod(np.concatenate([ones, flat[..., :0:-1]], axis=-1), axis=-1)[..., ::-1]
    products = (left * right).reshape(tuple([x.shape[a] for a in order]))
    return np.transpose(products, tuple(np.argsort(order).tolist()))


prod = primitive(
    np.prod,
    "x",
    name="prod",
    jvp={"x": lambda t, x, out, axis, keepdims: np.sum(t * _others(x, out, axis, keepdims), axis, keepdims=keepdims)},
    vjp={"x": lambda g, x, out, axis, keepdims: spread(g, axis, keepdims) * np.conj(_others(x, out, axis, keepdims))},
    batch=_shifted,
)


# ln Σ eˣ: its derivative is the softmax. Where the result is -inf (all are) the weights are 0/0, taken as 0.
def _softmax(x: Any, out: Any) -> Any:
    return np.exp(x - np.where(np.isfinite(out), out, np.where(out == np.inf, x, 0)))


def _logsumexp(x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    size = np.real(x)
    top = np.max(size, axis, keepdims=True) if x.size else np.max(size, axis, keepdims=True, initial=0)
    top = np.where(np.isfinite(top), top, 0)
    with np.errstate(divide="ignore"):
        out = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return out if keepdims else np.squeeze(out, axis=axis)[()]


logsumexp = primitive(
    _logsumexp,
    "x",
    name="logsumexp",
    jvp={"x": lambda t, x, out, axis, keepdims: np.sum(
        t * _softmax(x, spread(out, axis, keepdims)), axis, keepdims=keepdims)},
    vjp={"x": lambda g, x, out, axis, keepdims: (
        spread(g, axis, keepdims) * np.conj(_softmax(x, spread(out, axis, keepdims))))},
    batch=_shifted,
)  # fmt: skip


# The Euclidean length. Its derivative x/|x| has no limit at 0; 0 is a subgradient there, and is taken.
def _unit(x: Any, out: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    length = spread(out, axis, keepdims)
    return x / np.where(length == 0, 1, length)


def _length(x: Any, axis: tuple[int, ...], keepdims: bool) -> Any:
    squares = (x * np.conj(x)).real if np.iscomplexobj(x) else x * x
    return np.sqrt(_total(squares, axis, keepdims))


length = primitive(
    _length,
    "x",
    name="length",
    jvp={"x": lambda t, x, out, axis, keepdims: np.sum(
        np.real(t * np.conj(_unit(x, out, axis, keepdims))), axis, keepdims=keepdims)},
    vjp={"x": lambda g, x, out, axis, keepdims: spread(g, axis, keepdims) * _unit(x, out, axis, keepdims)},
    batch=_shifted,
    torch="LinalgVectorNorm",
)  # fmt: skip

# --- scans ------------------------------------------------------------------------------------------------


def _shift_axis(axis: int) -> dict[str, Any]:
    return {"axis": axis + 1}


cumsum = linear(
    np.cumsum, "x", name="cumsum", x=lambda g, axis: np.flip(np.cumsum(np.flip(g, axis), axis), axis), batch=_shift_axis
)


# y_k = Π_{j≤k} x_j. Without zeros, ∂y_k/∂x_i = y_k / x_i for k ≥ i. With them (and where the values may not
# be looked at), y_k without x_i is  Π_{j≤k} of the row in which x_i is replaced by 1:  an n × n table.
def _replaced(x: Any, axis: int) -> Any:
    x = np.moveaxis(x, axis, -1)
    n = x.shape[-1]
    rows = np.where(np.eye(n, dtype=bool), 1, x[..., None, :])
    return np.cumprod(rows, axis=-1) * np.triu(np.ones((n, n)))


def _cumprod_vjp(g: Any, x: Any, out: Any, axis: int) -> Any:
    if isinstance(x, np.ndarray) and np.all(x != 0):
        return np.flip(np.cumsum(np.flip(g * np.conj(out), axis), axis), axis) / np.conj(x)
    g = np.moveaxis(g, axis, -1)
    return np.moveaxis(np.sum(g[..., None, :] * np.conj(_replaced(x, axis)), axis=-1), -1, axis)


def _cumprod_jvp(t: Any, x: Any, out: Any, axis: int) -> Any:
    if isinstance(x, np.ndarray) and np.all(x != 0):
        return out * np.cumsum(t / x, axis)
    t = np.moveaxis(t, axis, -1)
    return np.moveaxis(np.sum(t[..., :, None] * _replaced(x, axis), axis=-2), -1, axis)


cumprod = primitive(
    np.cumprod, "x", name="cumprod", jvp={"x": _cumprod_jvp}, vjp={"x": _cumprod_vjp}, batch=_shift_axis
)

# --- integer results ----------------------------------------------------------------------------------------

argsort = primitive(
    lambda x, axis: np.argsort(x, axis=axis, kind="stable"), "x", name="argsort", vjp={"x": 0}, jvp={"x": 0},
    batch=_shift_axis,
)  # fmt: skip
argpartition = primitive(
    lambda x, kth, axis: np.argpartition(x, kth, axis=axis), "x", name="argpartition", vjp={"x": 0}, jvp={"x": 0},
    batch=lambda kth, axis: {"kth": kth, "axis": axis + 1},
)  # fmt: skip
argmax = primitive(
    lambda x, axis, keepdims: np.argmax(x, axis=axis, keepdims=keepdims), "x", name="argmax",
    vjp={"x": 0}, jvp={"x": 0},
    batch=lambda axis, keepdims: {"axis": axis + 1, "keepdims": keepdims},
)  # fmt: skip
argmin = primitive(
    lambda x, axis, keepdims: np.argmin(x, axis=axis, keepdims=keepdims), "x", name="argmin",
    vjp={"x": 0}, jvp={"x": 0},
    batch=lambda axis, keepdims: {"axis": axis + 1, "keepdims": keepdims},
)  # fmt: skip
all = primitive(np.all, "x", name="all", vjp={"x": 0}, jvp={"x": 0}, batch=_shifted)
any = primitive(np.any, "x", name="any", vjp={"x": 0}, jvp={"x": 0}, batch=_shifted)
