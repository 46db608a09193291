"""Adaptive pooling: windows that share out the entries of an axis, so that there are as many as asked for.

Window i of m over n entries has those from ⌊i n / m⌋ up to but without ⌈(i + 1) n / m⌉.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.nn.functional.geometry import images, inexact
from wengert.ops import pool
from wengert.ops.index import gather
from wengert.ops.windows import Sizes, area

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_avg_pool3d",
    "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices",
    "adaptive_max_pool2d",
    "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d",
    "adaptive_max_pool3d_with_indices",
    "along_axis",
    "means",
]


def _sizes(output_size: Any, length: Sizes, name: str) -> Sizes:
    """The spatial shape of the result; None leaves an axis as it is."""
    given = output_size if isinstance(output_size, tuple | list) else (output_size,) * len(length)
    given = tuple(given) * len(length) if len(given) == 1 else tuple(given)
    if len(given) != len(length) or any(m is not None and m < 1 for m in given) or 0 in length:
        raise refuse(
            f"{name} got output_size={output_size!r} for an input of spatial shape {length}",
            "It is one positive number (or None) per spatial axis, and every window needs an entry.",
            "Give the wanted spatial shape.",
        )
    return tuple([n if m is None else int(m) for m, n in zip(given, length, strict=True)])


def _regular(length: Sizes, size: Sizes) -> dict[str, Sizes] | None:
    """The windows as those of the rows, if all are equally long and far apart."""
    if any(n % m for n, m in zip(length, size, strict=True)):
        return None
    kernel = tuple([n // m for n, m in zip(length, size, strict=True)])
    ones = (1,) * len(size)
    return {"kernel": kernel, "stride": kernel, "dilation": ones, "low": (0,) * len(size), "size": size}


def _bounds(n: int, m: int) -> tuple[Any, Any]:
    """Where the windows begin and end."""
    i = np.arange(m)
    return i * n // m, -(-(i + 1) * n // m)


# --- means ------------------------------------------------------------------------------------------------------


def means(n: int, m: int, dtype: Any) -> Any:
    """The matrix (m, n) that takes the mean of each of m windows of n entries."""
    first, last = _bounds(n, m)
    inside = (np.arange(n) >= first[:, None]) & (np.arange(n) < last[:, None])
    return (inside / (last - first)[:, None]).astype(dtype)


def along_axis(matrix: Any, x: Any, axis: int) -> Any:
    """A matrix applied to one axis of an array."""
    return np.moveaxis(np.matmul(np.moveaxis(x, axis, -1), matrix.T), -1, axis)


def _avg(d: int, input: Any, output_size: Any) -> Any:
    name = f"adaptive_avg_pool{d}d"
    x, single = images(inexact(input), d, name)
    size = _sizes(output_size, x.shape[2:], name)
    regular = _regular(x.shape[2:], size)
    if regular is not None:
        x = pool.pool_sum(x, **regular) / area(regular["kernel"])
    else:
        for axis, m in enumerate(size, 2):
            if x.shape[axis] != m:
                x = along_axis(means(x.shape[axis], m, x.dtype), x, axis)
    return x[0] if single else x


def adaptive_avg_pool1d(input: Any, output_size: Any) -> Any:
    """The means of as many windows as asked for, as `adaptive_avg_pool2d` with one spatial axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.adaptive_avg_pool1d(np.array([[1.0, 2.0, 6.0]]), 2)
    array([[1.5, 4. ]])
    """
    return _avg(1, input, output_size)


def adaptive_avg_pool2d(input: Any, output_size: Any) -> Any:
    """The means of windows of images, so that the result has a given spatial shape.

    input: (N, C, H, W) or (C, H, W). output_size: a number, or one per spatial axis; None leaves an axis as it is.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.adaptive_avg_pool2d(np.arange(9.0).reshape(1, 3, 3), 2)
    array([[[2., 3.],
            [5., 6.]]])
    """
    return _avg(2, input, output_size)


def adaptive_avg_pool3d(input: Any, output_size: Any) -> Any:
    """The means of windows of volumes, as `adaptive_avg_pool2d` with three spatial axes."""
    return _avg(3, input, output_size)


# --- maxima -----------------------------------------------------------------------------------------------------
# Windows of different lengths are copied side by side, their last entries repeated until all are equally long. Of equal
# entries the first one counts, so that a repetition never does.


def _max(d: int, input: Any, output_size: Any, indices: bool) -> Any:
    name = f"adaptive_max_pool{d}d"
    x, single = images(input, d, name)
    length = x.shape[2:]
    size = _sizes(output_size, length, name)
    origins = []
    for axis, (n, m) in enumerate(zip(length, size, strict=True), 2):
        first, last = _bounds(n, m)
        entry = np.arange(max(last - first))
        origin = np.minimum(first[:, None] + entry, last[:, None] - 1)
        origins.append(origin)
        if n % m:
            x = np.take(x, origin.ravel(), axis=axis)
    kernel = tuple([o.shape[1] for o in origins])
    best, winners = pool.max_pool(x, kernel=kernel, stride=kernel, dilation=(1,) * d, low=(0,) * d, size=size)
    if single:
        best, winners = best[0], winners[0]
    if not indices:
        return best
    flat: Any = 0
    for axis, (n, m, origin) in enumerate(zip(length, size, origins, strict=True)):
        entry = winners.astype(np.int64) // area(kernel[axis + 1 :]) % kernel[axis]
        window = np.arange(m).reshape((m,) + (1,) * (d - 1 - axis))
        flat = flat * n + gather(origin, window, entry)
    return best, flat


def adaptive_max_pool1d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of as many windows as asked for, as `adaptive_max_pool2d` with one spatial axis.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.adaptive_max_pool1d(np.array([[1.0, 2.0, 6.0]]), 2)
    array([[2., 6.]])
    """
    return _max(1, input, output_size, return_indices)


def adaptive_max_pool2d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of windows of images, so that the result has a given spatial shape.

    input, output_size: see `adaptive_avg_pool2d`. return_indices: also return which entry of its image each result is,
    counted row by row.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.adaptive_max_pool2d(np.arange(9.0).reshape(1, 3, 3), 2)
    array([[[4., 5.],
            [7., 8.]]])
    """
    return _max(2, input, output_size, return_indices)


def adaptive_max_pool3d(input: Any, output_size: Any, return_indices: bool = False) -> Any:
    """The maxima of windows of volumes, as `adaptive_max_pool2d` with three spatial axes."""
    return _max(3, input, output_size, return_indices)


def adaptive_max_pool1d_with_indices(input: Any, output_size: Any, return_indices: bool = True) -> Any:
    """`adaptive_max_pool1d`, and which entries they are."""
    return _max(1, input, output_size, True)


def adaptive_max_pool2d_with_indices(input: Any, output_size: Any, return_indices: bool = True) -> Any:
    """`adaptive_max_pool2d`, and which entries they are."""
    return _max(2, input, output_size, True)


def adaptive_max_pool3d_with_indices(input: Any, output_size: Any, return_indices: bool = True) -> Any:
    """`adaptive_max_pool3d`, and which entries they are."""
    return _max(3, input, output_size, True)
