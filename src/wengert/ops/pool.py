"""Pooling: windows of the last axes, of which each becomes one number. Params are those of `windows`.

    pool_sum(x)[p] = Σ x[entries of window p]          its transpose, pool_spread, gives every entry of a window g[p]
    max_pool(x)[p] = max x[entries of window p]        and which entry that is, counted within the window

Of equal entries the first one of the window counts as the greatest, with all of the derivative, as in PyTorch: it is
the one whose place is returned, and the one that unpooling writes to.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, linear, primitive
from wengert.ops.windows import Sizes, area, disjoint, entries, reach, stretch, unchanged

__all__: list[str] = []


# --- sums -------------------------------------------------------------------------------------------------------


def _pool_sum(x: Any, kernel: Sizes, stride: Sizes, dilation: Sizes, low: Sizes, size: Sizes) -> Any:
    whole = stretch(x, low, reach(kernel, size, stride, dilation))
    out = np.zeros((*x.shape[: x.ndim - len(size)], *size), x.dtype)
    for _, key in entries(kernel, size, stride, dilation):
        out += whole[key]
    return out


def _pool_spread(y: Any, kernel: Sizes, stride: Sizes, dilation: Sizes, low: Sizes, size: Sizes) -> Any:
    d = len(size)
    lead, count = y.shape[: y.ndim - d], y.shape[y.ndim - d :]
    whole = np.zeros((*lead, *reach(kernel, count, stride, dilation)), y.dtype)
    for _, key in entries(kernel, count, stride, dilation):
        whole[key] += y
    return np.ascontiguousarray(stretch(whole, tuple([-a for a in low]), size))


pool_sum: Op = linear(
    _pool_sum,
    "x",
    name="pool_sum",
    x=lambda g, like_shape, kernel, stride, dilation, low: pool_spread(
        g, kernel=kernel, stride=stride, dilation=dilation, low=low, size=_last(like_shape, kernel)
    ),
    batch=unchanged,
    torch="AvgPool",
)
pool_spread: Op = linear(
    _pool_spread,
    "y",
    name="pool_spread",
    y=lambda g, like_shape, kernel, stride, dilation, low: pool_sum(
        g, kernel=kernel, stride=stride, dilation=dilation, low=low, size=_last(like_shape, kernel)
    ),
    batch=unchanged,
)


def _last(shape: Sizes, kernel: Sizes) -> Sizes:
    return shape[len(shape) - len(kernel) :]


# --- the greatest -----------------------------------------------------------------------------------------------


def least(dtype: Any) -> Any:
    """A number that no other of the dtype is less than."""
    return -np.inf if dtype.kind == "f" else np.iinfo(dtype).min if dtype.kind in "iu" else False


_BITS = {np.dtype(np.float32): np.int32, np.dtype(np.float64): np.int64}


def only(mask: Any, x: Any) -> Any:
    """x where the mask holds, else 0; of floats by their bits, which is five times as fast as np.where."""
    bits = _BITS.get(x.dtype)
    if bits is None or not x.ndim:
        return np.where(mask, x, x.dtype.type(0))
    return (np.ascontiguousarray(x).view(bits) & -mask.astype(bits)).view(x.dtype)


def _max_pool(x: Any, kernel: Sizes, stride: Sizes, dilation: Sizes, low: Sizes, size: Sizes) -> Any:
    whole = stretch(x, low, reach(kernel, size, stride, dilation), least(x.dtype))
    best: Any = None
    winners = np.zeros((*x.shape[: x.ndim - len(size)], *size), np.min_scalar_type(max(area(kernel) - 1, 0)))
    for number, (_, key) in enumerate(entries(kernel, size, stride, dilation)):
        candidate = np.array(whole[key])
        if best is None:
            best = candidate
            continue
        better = ~(candidate <= best) & (best == best)  # the first NaN is greater than any number
        np.maximum(winners, better * winners.dtype.type(number), out=winners)
        np.maximum(best, candidate, out=best)
    return best, winners


def _pool_pick(x: Any, winners: Any, kernel: Sizes, stride: Sizes, dilation: Sizes, low: Sizes, size: Sizes) -> Any:
    whole = stretch(x, low, reach(kernel, size, stride, dilation))
    out = np.zeros(winners.shape, x.dtype)
    for number, (_, key) in enumerate(entries(kernel, size, stride, dilation)):
        out += only(winners == number, whole[key])
    return out


def _pool_put(y: Any, winners: Any, kernel: Sizes, stride: Sizes, dilation: Sizes, low: Sizes, size: Sizes) -> Any:
    d = len(size)
    lead, count = y.shape[: y.ndim - d], y.shape[y.ndim - d :]
    alone = disjoint(kernel, stride, dilation)
    whole = np.zeros((*lead, *reach(kernel, count, stride, dilation)), y.dtype)
    for number, (_, key) in enumerate(entries(kernel, count, stride, dilation)):
        part = only(winners == number, y)
        if alone:
            whole[key] = part
        else:
            whole[key] += part
    return np.ascontiguousarray(stretch(whole, tuple([-a for a in low]), size))


max_pool: Op = primitive(
    _max_pool,
    "x",
    name="max_pool",
    outputs=2,
    jvp={"x": lambda t, out, kernel, stride, dilation, low, size: (
        pool_pick(t, out[1], kernel=kernel, stride=stride, dilation=dilation, low=low, size=size), None)},
    vjp={"x": lambda g, out, like_shape, kernel, stride, dilation, low: pool_put(
        g[0], out[1], kernel=kernel, stride=stride, dilation=dilation, low=low, size=_last(like_shape, kernel))},
    batch=unchanged,
    torch=lambda x, *_: "MaxPoolWithIndices",
)  # fmt: skip

# The entries of the windows with these numbers, and the transpose: zeros with g where each window has that entry.
pool_pick: Op = linear(
    _pool_pick,
    "x winners",
    name="pool_pick",
    x=lambda g, winners, like_shape, kernel, stride, dilation, low: pool_put(
        g, winners, kernel=kernel, stride=stride, dilation=dilation, low=low, size=_last(like_shape, kernel)
    ),
    winners=0,
    batch=unchanged,
)
pool_put: Op = linear(
    _pool_put,
    "y winners",
    name="pool_put",
    y=lambda g, winners, like_shape, kernel, stride, dilation, low: pool_pick(
        g, winners, kernel=kernel, stride=stride, dilation=dilation, low=low, size=_last(like_shape, kernel)
    ),
    winners=0,
    batch=unchanged,
)
