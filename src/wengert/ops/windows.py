"""Windows that move over the last axes of an array, and the rows that copy them out and add them back.

    x      a b c d e f g            kernel 2, dilation 2, stride 1, low 1: window p begins at p - 1
    p = 0  ·   b                    entry k of window p is  x[stride p + dilation k - low],
    p = 1    a   c                  and 0 where there is no such entry
    p = 2      b   d

Params of all rows about windows, one number per axis: `kernel`, the entries of a window; `stride`, from one window to
the next; `dilation`, from one entry of a window to the next; `low`, how far before the first entry the first window
begins; `size`, the lengths of the result's axes. How many windows there are, or how far x reaches behind them, is thus
said by the operands and the result alone, and what lies beyond either end does not matter.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from wengert.core.op import Op, linear

__all__: list[str] = []

Sizes = tuple[int, ...]


def reach(kernel: Sizes, count: Sizes, stride: Sizes, dilation: Sizes) -> Sizes:
    """How many entries so many windows (at least one) extend over, per axis."""
    return tuple([
        s * max(p - 1, 0) + d * (k - 1) + 1 for k, p, s, d in zip(kernel, count, stride, dilation, strict=True)
    ])  # fmt: skip


def stretch(x: Any, low: Sizes, length: Sizes, fill: Any = 0) -> Any:
    """The last axes of x from -low on, for that length; `fill` where there is no entry. A view if it can be."""
    lead, inner = x.shape[: x.ndim - len(low)], x.shape[x.ndim - len(low) :]
    source, target = [], []
    for n, a, m in zip(inner, low, length, strict=True):
        first, last = max(-a, 0), max(min(n, m - a), max(-a, 0))
        source.append(slice(first, last))
        target.append(slice(first + a, last + a) if last > first else slice(0, 0))
    part = x[(..., *source)]
    if part.shape == (*lead, *length):
        return part
    out = np.full((*lead, *length), fill, x.dtype)
    out[(..., *target)] = part
    return out


def entries(kernel: Sizes, count: Sizes, stride: Sizes, dilation: Sizes) -> Iterator[tuple[Sizes, Any]]:
    """Per entry of a window the key of the array that all windows have there."""
    for offset in itertools.product(*[range(k) for k in kernel]):
        starts = [d * k for k, d in zip(offset, dilation, strict=True)]
        yield offset, (..., *_every(starts, count, stride))


def _every(starts: Iterable[int], count: Sizes, step: Sizes) -> Iterator[slice]:
    for start, n, s in zip(starts, count, step, strict=True):
        yield slice(start, start + s * (n - 1) + 1 if n else start, s)


def windows(x: Any, kernel: Sizes, count: Sizes, stride: Sizes, dilation: Sizes) -> Any:
    """A view of shape (…, *kernel, *count) of an array that is as long as the windows reach; not to be written to."""
    d, zero = len(kernel), (0,) * len(kernel)
    lead = x.ndim - d
    long = tuple([step * (k - 1) + 1 for k, step in zip(kernel, dilation, strict=True)])
    view = np.lib.stride_tricks.sliding_window_view(x, long, tuple(range(lead, x.ndim)))
    key: Any = (..., *_every(zero, count, stride), *_every(zero, kernel, dilation))
    view = view[key]
    return view.transpose(*range(lead), *range(lead + d, lead + 2 * d), *range(lead, lead + d))


def disjoint(kernel: Sizes, stride: Sizes, dilation: Sizes) -> bool:
    """Whether no entry is in two windows."""
    return all(d * (k - 1) < s for k, s, d in zip(kernel, stride, dilation, strict=True))


def area(kernel: Sizes) -> int:
    """The number of entries of a window."""
    return math.prod(kernel)


# --- copied out, and added back ---------------------------------------------------------------------------------


def _patches(x: Any, kernel: Sizes, stride: Sizes, dilation: Sizes, low: Sizes, size: Sizes) -> Any:
    whole = stretch(x, low, reach(kernel, size, stride, dilation))
    return np.array(windows(whole, kernel, size, stride, dilation))


def _unpatches(parts: Any, kernel: Sizes, stride: Sizes, dilation: Sizes, low: Sizes, size: Sizes) -> Any:
    d = len(kernel)
    lead, count = parts.shape[: parts.ndim - 2 * d], parts.shape[parts.ndim - d :]
    whole = np.zeros((*lead, *reach(kernel, count, stride, dilation)), parts.dtype)
    for offset, key in entries(kernel, count, stride, dilation):
        whole[key] += parts[(..., *offset, *(slice(None),) * d)]
    return np.array(stretch(whole, tuple([-a for a in low]), size))


def unchanged(**params: Any) -> dict[str, Any]:
    """How params change with one more axis in front: not at all, as windows move over the last axes."""
    return params


# (…, *n) -> (…, *kernel, *size): each entry of the result is one of x, or 0; and its transpose.
patches: Op = linear(
    _patches,
    "x",
    name="patches",
    x=lambda g, like_shape, kernel, stride, dilation, low: unpatches(
        g, kernel=kernel, stride=stride, dilation=dilation, low=low, size=like_shape[len(like_shape) - len(kernel) :]
    ),
    batch=unchanged,
    torch="Im2Col",
)
unpatches: Op = linear(
    _unpatches,
    "parts",
    name="unpatches",
    parts=lambda g, like_shape, kernel, stride, dilation, low: patches(
        g, kernel=kernel, stride=stride, dilation=dilation, low=low, size=like_shape[len(like_shape) - len(kernel) :]
    ),
    batch=unchanged,
    torch="Col2Im",
)
