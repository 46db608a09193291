"""Pooling, and its inverse, of one, two and three dimensions: functions of `nn.functional`.

The functions of other dimensions than two are made of the same text; `max_pool2d` and its like explain the arguments.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.nn.functional.geometry import check_positive, images, inexact, per_axis
from wengert.ops import pool
from wengert.ops.index import scatter
from wengert.ops.windows import Sizes, area

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "lp_pool1d",
    "lp_pool2d",
    "lp_pool3d",
    "max_pool1d",
    "max_pool1d_with_indices",
    "max_pool2d",
    "max_pool2d_with_indices",
    "max_pool3d",
    "max_pool3d_with_indices",
    "max_unpool1d",
    "max_unpool2d",
    "max_unpool3d",
]


# --- windows ----------------------------------------------------------------------------------------------------


def _params(
    d: int, shape: Sizes, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, name: str
) -> dict[str, Sizes]:
    """What the rows are told. ceil_mode: a last window may reach beyond the end, if it begins before it."""
    kernel = per_axis(kernel_size, d, "kernel_size", 1)
    given = stride is not None and not (isinstance(stride, tuple | list) and not stride)
    s = per_axis(stride, d, "stride", 1) if given else kernel
    low, dil = per_axis(padding, d, "padding"), per_axis(dilation, d, "dilation", 1)
    if any(2 * a > k for a, k in zip(low, kernel, strict=True)):
        raise refuse(
            f"{name} got padding={low} with kernel_size={kernel}",
            "More than half a window of padding would make windows of nothing else.",
            "Give a padding of at most half the kernel_size.",
        )
    size = []
    for n, k, step, a, e in zip(shape, kernel, s, low, dil, strict=True):
        room = n + 2 * a - e * (k - 1) - 1
        count = (-(-room // step) if ceil_mode else room // step) + 1
        size.append(count - 1 if ceil_mode and (count - 1) * step >= n + a else count)
    check_positive(size, name, shape)
    return {"kernel": kernel, "stride": s, "dilation": dil, "low": low, "size": tuple(size)}


# --- maxima -----------------------------------------------------------------------------------------------------


def _max_pool(
    d: int, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool, indices: bool
) -> Any:
    name = f"max_pool{d}d"
    x, single = images(input, d, name)
    params = _params(d, x.shape[2:], kernel_size, stride, padding, dilation, ceil_mode, name)
    best, winners = pool.max_pool(x, **params)
    if single:
        best, winners = best[0], winners[0]
    return (best, _flat(winners, x.shape[2:], **params)) if indices else best


def _flat(winners: Any, length: Sizes, kernel: Sizes, stride: Sizes, dilation: Sizes, low: Sizes, size: Sizes) -> Any:
    """Numbers of entries within their windows as numbers of entries within their image."""
    flat: Any = 0
    for axis, (n, s, e, a, m) in enumerate(zip(length, stride, dilation, low, size, strict=True)):
        inner = area(kernel[axis + 1 :])
        entry = winners.astype(np.int64) // inner % kernel[axis]
        first = np.reshape(np.arange(m) * s - a, (m,) + (1,) * (len(size) - 1 - axis))
        flat = flat * n + entry * e + first
    return flat


def max_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """The greatest entry of each window of a signal, as `max_pool2d` with one spatial axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.max_pool1d(np.array([[1.0, 3.0, 2.0, 0.0]]), 2)
    array([[3., 2.]])
    """
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """The greatest entry of each window of images.

    input: (N, C, H, W) or (C, H, W). kernel_size, stride (by default the kernel_size), padding, dilation: an integer,
    or one per spatial axis; padding counts as less than any number. ceil_mode: have a last window that reaches beyond
    the end. return_indices: also return which entry of its image each result is, counted row by row.
    Of equal entries the first counts as the greatest: it alone has a derivative. Raises `InvalidArgument` (a
    ValueError) where shapes do not fit.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.max_pool2d(np.arange(16.0).reshape(1, 4, 4), 2)
    array([[[ 5.,  7.],
            [13., 15.]]])
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool3d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:  # fmt: skip
    """The greatest entry of each window of volumes, as `max_pool2d` with three spatial axes.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.max_pool3d(np.arange(8.0).reshape(1, 2, 2, 2), 2)
    array([[[[7.]]]])
    """
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, return_indices)


def max_pool1d_with_indices(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = True,
) -> Any:  # fmt: skip
    """`max_pool1d`, and which entries they are."""
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool2d_with_indices(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = True,
) -> Any:  # fmt: skip
    """`max_pool2d`, and which entries they are."""
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode, True)


def max_pool3d_with_indices(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False,
    return_indices: bool = True,
) -> Any:  # fmt: skip
    """`max_pool3d`, and which entries they are."""
    return _max_pool(3, input, kernel_size, stride, padding, dilation, ceil_mode, True)


# --- the inverse ------------------------------------------------------------------------------------------------


def _max_unpool(d: int, input: Any, indices: Any, kernel_size: Any, stride: Any, padding: Any, output_size: Any) -> Any:
    name = f"max_unpool{d}d"
    x, single = images(input, d, name)
    places, _ = images(indices, d, name)
    if places.shape != x.shape or places.dtype.kind not in "iu":
        raise refuse(
            f"{name} got an input of shape {x.shape} and indices of shape {places.shape} and dtype {places.dtype}",
            "Every entry of the input has its own integer.",
            "Give the indices that max_pool returned.",
        )
    kernel = per_axis(kernel_size, d, "kernel_size", 1)
    s = kernel if stride is None else per_axis(stride, d, "stride", 1)
    low = per_axis(padding, d, "padding")
    size = tuple([(n - 1) * step - 2 * a + k for n, step, a, k in zip(x.shape[2:], s, low, kernel, strict=True)])
    if output_size is not None:
        size = _near(tuple(output_size)[-d:], size, s, name)
    count, channels = x.shape[:2]
    rows, columns = np.arange(count)[:, None, None], np.arange(channels)[:, None]
    entries, flat = np.reshape(x, (count, channels, -1)), np.reshape(places, (count, channels, -1))
    out = scatter(np.zeros((count, channels, area(size)), x.dtype), entries, rows, columns, flat)
    out = np.reshape(out, (count, channels, *size))
    return out[0] if single else out


def _near(given: Sizes, size: Sizes, stride: Sizes, name: str) -> Sizes:
    """An output_size, if pooling it could have given the input."""
    if len(given) != len(size) or any(abs(g - n) >= s for g, n, s in zip(given, size, stride, strict=True)):
        raise refuse(
            f"{name} got output_size={given}",
            f"Pooling gives such an input from a shape that differs from {size} by less than the stride {stride}.",
            "Give the shape of the array that was pooled.",
        )
    return given


def max_unpool1d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:  # fmt: skip
    """Zeros with the entries of a pooled signal where they came from, as `max_unpool2d`.

    >>> import numpy as np, wengert as wg
    >>> F = wg.nn.functional
    >>> F.max_unpool1d(*F.max_pool1d(np.array([[1.0, 3.0, 2.0, 0.0]]), 2, return_indices=True), 2)
    array([[0., 3., 2., 0.]])
    """
    return _max_unpool(1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:  # fmt: skip
    """Zeros with the entries of pooled images where they came from.

    input, indices: what `max_pool2d` returned, with the arguments it was given. output_size: the shape of what was
    pooled, where several shapes give the same result.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.max_unpool2d(np.array([[[7.0]]]), np.array([[[2]]]), 2)
    array([[[0., 0.],
            [7., 0.]]])
    """
    return _max_unpool(2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Any, indices: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, output_size: Any = None
) -> Any:  # fmt: skip
    """Zeros with the entries of pooled volumes where they came from, as `max_unpool2d`."""
    return _max_unpool(3, input, indices, kernel_size, stride, padding, output_size)


# --- means ------------------------------------------------------------------------------------------------------


def _avg_pool(
    d: int, input: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool, count_include_pad: bool,
    divisor_override: int | None,
) -> Any:  # fmt: skip
    name = f"avg_pool{d}d"
    x, single = images(inexact(input), d, name)
    params = _params(d, x.shape[2:], kernel_size, stride, padding, 1, ceil_mode, name)
    if divisor_override == 0:
        raise refuse(f"{name} got divisor_override=0", "Sums are divided by it.", "Give another number, or None.")
    total = pool.pool_sum(x, **params)
    out = total / (divisor_override or _counts(x.shape[2:], x.dtype, count_include_pad, **params))
    return out[0] if single else out


def _counts(
    length: Sizes, dtype: Any, padded: bool, kernel: Sizes, stride: Sizes, dilation: Sizes, low: Sizes, size: Sizes
) -> Any:
    """Of how many entries each window is the mean: the same number, or one per window."""
    counts: Any = 1
    for axis, (n, k, s, a, m) in enumerate(zip(length, kernel, stride, low, size, strict=True)):
        first = np.arange(m) * s - a
        last = np.minimum(first + k, n + a)
        inside = last - first if padded else np.minimum(last, n) - np.maximum(first, 0)
        counts = counts * np.reshape(inside, (m,) + (1,) * (len(size) - 1 - axis))
    return math.prod(kernel) if np.all(counts == math.prod(kernel)) else counts.astype(np.finfo(dtype).dtype)


def avg_pool1d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Any:  # fmt: skip
    """The mean of each window of a signal, as `avg_pool2d` with one spatial axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.avg_pool1d(np.array([[1.0, 3.0, 2.0, 0.0]]), 2)
    array([[2., 1.]])
    """
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """The mean of each window of images.

    input, kernel_size, stride, padding, ceil_mode: see `max_pool2d`; padding is zeros. count_include_pad: whether these
    count in the mean. divisor_override: what to divide the sums by instead.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.avg_pool2d(np.arange(4.0).reshape(1, 2, 2), 2)
    array([[[1.5]]])
    """
    return _avg_pool(2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


def avg_pool3d(
    input: Any, kernel_size: Any, stride: Any = None, padding: Any = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Any:  # fmt: skip
    """The mean of each window of volumes, as `avg_pool2d` with three spatial axes."""
    return _avg_pool(3, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override)


# --- other norms ------------------------------------------------------------------------------------------------


def _lp_pool(d: int, input: Any, norm_type: float, kernel_size: Any, stride: Any, ceil_mode: bool) -> Any:
    """(Σ xᵖ)^(1/p); windows that reach beyond the end count as full ones with the same mean."""
    name = f"lp_pool{d}d"
    x, single = images(inexact(input), d, name)
    params = _params(d, x.shape[2:], kernel_size, stride, 0, 1, ceil_mode, name)
    if math.isinf(norm_type):
        sign = 1 if norm_type > 0 else -1
        out = sign * pool.max_pool(sign * np.abs(x), **params)[0]
    else:
        full = area(params["kernel"]) / _counts(x.shape[2:], x.dtype, True, **params)
        total = pool.pool_sum(x**norm_type, **params) * full
        zero = total == 0
        out = np.where(zero, 0, np.where(zero, 1, total) ** (1 / norm_type))
    return out[0] if single else out


def lp_pool1d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """The p-norm of each window of a signal, as `lp_pool2d`.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.lp_pool1d(np.array([[3.0, 4.0]]), 2, 2)
    array([[5.]])
    """
    return _lp_pool(1, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool2d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """(Σ xᵖ)^(1/p) of each window of images, p being `norm_type`; the derivative where that is 0 is 0.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.lp_pool2d(np.array([[[3.0], [4.0]]]), 2, (2, 1))
    array([[[5.]]])
    """
    return _lp_pool(2, input, norm_type, kernel_size, stride, ceil_mode)


def lp_pool3d(input: Any, norm_type: float, kernel_size: Any, stride: Any = None, ceil_mode: bool = False) -> Any:
    """The p-norm of each window of volumes, as `lp_pool2d`."""
    return _lp_pool(3, input, norm_type, kernel_size, stride, ceil_mode)
