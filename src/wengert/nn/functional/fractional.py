"""Fractional max pooling: windows whose distances are drawn, so that any share of an image's size may be left.

B. Graham, "Fractional max-pooling", 2014. With α = (n - k) / (m - 1) for m windows of k of n entries, and u drawn from
[0, 1), window i begins at ⌊(i + u) α⌋ - ⌊u α⌋, and the last one at n - k.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert import creation
from wengert.core.apply import read
from wengert.errors import refuse
from wengert.nn.functional.geometry import images, per_axis
from wengert.ops.spelling import lift
from wengert.ops.windows import Sizes, area

__all__ = [
    "fractional_max_pool2d",
    "fractional_max_pool2d_with_indices",
    "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices",
]


def fractional_max_pool2d(
    input: Any, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:  # fmt: skip
    """The maxima of windows of images that are at random distances.

    input: (N, C, H, W) or (C, H, W). kernel_size: of the windows. output_size: the spatial shape of the result, or
    output_ratio: its share of the input's. return_indices: also return which entry of its image each result is.
    _random_samples: the numbers u, (N, C, 2), the last axis of the image first; otherwise drawn.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.fractional_max_pool2d(np.arange(9.0).reshape(1, 3, 3), 2, output_size=2)
    array([[[4., 5.],
            [7., 8.]]])
    """
    return _pooled(2, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def fractional_max_pool2d_with_indices(
    input: Any, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = True,
    _random_samples: Any = None,
) -> Any:  # fmt: skip
    """`fractional_max_pool2d`, and which entries they are."""
    return _pooled(2, input, kernel_size, output_size, output_ratio, True, _random_samples)


def fractional_max_pool3d(
    input: Any, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = False,
    _random_samples: Any = None,
) -> Any:  # fmt: skip
    """The maxima of windows of volumes, as `fractional_max_pool2d`; _random_samples are (N, C, 3), in order."""
    return _pooled(3, input, kernel_size, output_size, output_ratio, return_indices, _random_samples)


def fractional_max_pool3d_with_indices(
    input: Any, kernel_size: Any, output_size: Any = None, output_ratio: Any = None, return_indices: bool = True,
    _random_samples: Any = None,
) -> Any:  # fmt: skip
    """`fractional_max_pool3d`, and which entries they are."""
    return _pooled(3, input, kernel_size, output_size, output_ratio, True, _random_samples)


def _pooled(d: int, input: Any, kernel_size: Any, size: Any, ratio: Any, indices: bool, samples: Any) -> Any:
    name = f"fractional_max_pool{d}d"
    x, single = images(input, d, name)
    length = x.shape[2:]
    kernel, size = per_axis(kernel_size, d, "kernel_size", 1), _size(d, length, size, ratio, name)
    if any(m + k - 1 > n for m, k, n in zip(size, kernel, length, strict=True)):
        raise refuse(
            f"{name} got kernel_size={kernel} and output_size={size} for an input of spatial shape {length}",
            "The windows begin at different entries, and none reaches beyond the end.",
            "Give a smaller kernel_size or output_size.",
        )
    u = read(creation.rand((*x.shape[:2], d))) if samples is None else lift(samples)
    u = u[..., ::-1] if d == 2 else u
    # The flat numbers of the entries: axes (N, C, one per axis for the windows, one per axis for their entries).
    flat: Any = 0
    for axis, (n, m, k) in enumerate(zip(length, size, kernel, strict=True)):
        entries = np.expand_dims(_begins(u[..., axis], n, m, k), -1) + np.arange(k)
        shape = (*entries.shape[:2], *[1] * axis, m, *[1] * (d - 1), k, *[1] * (d - 1 - axis))
        flat = flat * n + np.reshape(entries, shape)
    planes = np.broadcast_to(flat, (*x.shape[:2], *size, *kernel)).reshape(*x.shape[:2], -1)
    seen = np.take_along_axis(np.reshape(x, (*x.shape[:2], -1)), planes, axis=-1)
    seen = np.reshape(seen, (*x.shape[:2], *size, area(kernel)))
    best = np.expand_dims(np.argmax(seen, axis=-1), -1)
    values = np.take_along_axis(seen, best, axis=-1)[..., 0]
    values = values[0] if single else values
    if not indices:
        return values
    places = np.take_along_axis(np.reshape(planes, (*x.shape[:2], *size, area(kernel))), best, axis=-1)[..., 0]
    return values, places[0] if single else places


def _size(d: int, length: Sizes, size: Any, ratio: Any, name: str) -> Sizes:
    """The spatial shape of the result."""
    if (size is None) == (ratio is None):
        raise refuse(
            f"{name} got output_size={size} and output_ratio={ratio}",
            "The one says what the other would have to.",
            "Give one of them.",
        )
    if size is not None:
        return per_axis(size, d, "output_size", 1)
    ratios = ratio if isinstance(ratio, tuple | list) else (ratio,) * d
    if len(ratios) != d or not all(0 < r < 1 for r in ratios):
        raise refuse(
            f"{name} got output_ratio={ratio}",
            f"It is a number between 0 and 1, or one for each of the {d} spatial axes.",
            "Give output_ratio=0.5, for example.",
        )
    return tuple([int(n * r) for n, r in zip(length, ratios, strict=True)])


def _begins(u: Any, n: int, m: int, k: int) -> Any:
    """Where the windows of an axis begin, (N, C, m)."""
    share = (n - k) / (m - 1) if m > 1 else 0.0
    u = np.expand_dims(u, -1)
    begin = np.trunc((np.arange(m) + u) * share) - np.trunc(u * share)
    return np.where(np.arange(m) == m - 1, n - k, begin).astype(np.int64)
