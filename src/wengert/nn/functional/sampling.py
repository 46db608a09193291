"""Images read at any places: functions of `nn.functional`.

M. Jaderberg et al., "Spatial transformer networks", 2015. Places are from -1 to 1 along each axis, the last axis first;
-1 and 1 are the edges of the image, or with `align_corners` the centres of its first and last entries.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.nn.functional.arguments import unknown
from wengert.nn.functional.geometry import inexact
from wengert.nn.functional.resize import cubic_far, cubic_near

__all__ = ["affine_grid", "grid_sample"]


def affine_grid(theta: Any, size: Any, align_corners: bool | None = None) -> Any:
    """The places that affine maps take those of an image to, for `grid_sample`.

    theta: (N, d, d + 1), a matrix and a shift per image. size: (N, C, …), with d spatial axes. Gives (N, …, d).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.affine_grid(np.array([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]]), (1, 1, 1, 2))
    array([[[[-0.5,  0. ],
             [ 0.5,  0. ]]]])
    """
    t, length = inexact(theta), tuple(size)[2:]
    d = len(length)
    if d not in (2, 3) or t.shape != (size[0], d, d + 1):
        raise refuse(
            f"affine_grid got theta of shape {t.shape} for the size {tuple(size)}",
            "There is a matrix of d rows and d + 1 columns per image, d being 2 or 3.",
            "Give theta of shape (N, 2, 3) and a size (N, C, H, W).",
        )
    axes = [_centres(n, bool(align_corners)).astype(np.finfo(t.dtype).dtype) for n in reversed(length)]
    mesh = [m.T for m in np.meshgrid(*axes, indexing="ij")]
    base = np.stack([*mesh, np.ones_like(mesh[0])], axis=-1).reshape(-1, d + 1)
    return np.reshape(np.matmul(base, np.swapaxes(t, 1, 2)), (size[0], *length, d))


def _centres(n: int, align: bool) -> Any:
    if align:
        return np.linspace(-1, 1, n) if n > 1 else np.zeros(1)
    return (2 * np.arange(n) + 1) / n - 1


def grid_sample(
    input: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool | None = None
) -> Any:  # fmt: skip
    """Images at the places of a grid, interpolated.

    input: (N, C, H, W) or (N, C, D, H, W). grid: (N, …, 2) or (N, …, 3), places as x, y(, z). mode: "bilinear",
    "nearest", or (of images) "bicubic". padding_mode: what is beyond the edges: "zeros", "border" (the nearest entry)
    or "reflection". align_corners: whether -1 and 1 are the centres of the first and last entries.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.grid_sample(np.arange(4.0).reshape(1, 1, 2, 2), np.zeros((1, 1, 1, 2)))
    array([[[[1.5]]]])
    """
    x, g = inexact(input), inexact(grid)
    d = x.ndim - 2
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise unknown("mode", mode, ("bilinear", "nearest", "bicubic"))
    if padding_mode not in ("zeros", "border", "reflection"):
        raise unknown("padding_mode", padding_mode, ("zeros", "border", "reflection"))
    fits = d in (2, 3) and g.ndim == x.ndim and g.shape[0] == x.shape[0] and g.shape[-1] == d and 0 not in x.shape[2:]
    if not fits or (mode == "bicubic" and d != 2):
        raise refuse(
            f"grid_sample with mode={mode!r} got an input of shape {x.shape} and a grid of shape {g.shape}",
            "The grid has a place for each result of each image: as many numbers as there are spatial axes.",
            "Give an input (N, C, H, W) and a grid (N, H', W', 2).",
        )
    align = bool(align_corners)
    length = x.shape[2:]
    places = [_unscaled(g[..., d - 1 - k], n, align) for k, n in enumerate(length)]
    if mode == "bicubic":
        return _cubic(x, places, padding_mode, align)
    places = [_within(p, n, padding_mode, align) for p, n in zip(places, length, strict=True)]
    if mode == "nearest":
        return _entries(x, [np.rint(p) for p in places])
    total: Any = 0
    floors = [np.floor(p) for p in places]
    for corner in itertools.product((0, 1), repeat=d):
        weight: Any = 1
        for p, f, c in zip(places, floors, corner, strict=True):
            weight = weight * (p - f if c else 1 - (p - f))
        total = total + _entries(x, [f + c for f, c in zip(floors, corner, strict=True)]) * weight[:, None]
    return total


def _unscaled(p: Any, n: int, align: bool) -> Any:
    """From -1 … 1 to the numbers of the entries."""
    return (p + 1) * (0.5 * (n - 1)) if align else ((p + 1) * n - 1) * 0.5


def _within(p: Any, n: int, padding: str, align: bool) -> Any:
    """Places beyond the ends brought inside, if padding says so."""
    if padding == "zeros":
        return p
    if padding == "reflection":
        low, high = (0.0, n - 1.0) if align else (-0.5, n - 0.5)
        span = high - low
        if span == 0:
            return p * 0
        far = np.abs(p - low)
        turns = np.floor(far / span)
        rest = far - turns * span
        p = np.where(turns % 2 == 0, rest + low, high - rest)
    return np.clip(p, 0, n - 1)


def _entries(x: Any, places: Any) -> Any:
    """x at whole numbers, (N, C, …); 0 beyond the ends."""
    length = x.shape[2:]
    inside: Any = True
    flat: Any = 0
    for p, n in zip(places, length, strict=True):
        inside = inside & (p >= 0) & (p <= n - 1)
        flat = flat * n + np.clip(np.where(p == p, p, 0), 0, n - 1).astype(np.intp)
    columns = np.reshape(x, (*x.shape[:2], -1))
    index = np.reshape(flat, (x.shape[0], 1, -1))
    found = np.take_along_axis(columns, np.broadcast_to(index, (*x.shape[:2], index.shape[-1])), axis=2)
    found = np.reshape(found, (*x.shape[:2], *flat.shape[1:]))
    return np.where(inside[:, None], found, 0)


def _cubic(x: Any, places: Any, padding: str, align: bool) -> Any:
    """Cubic convolution (R. Keys, 1981) with a = -3/4, of four entries per axis."""
    floors = [np.floor(p) for p in places]
    weights = [_weights(p - f) for p, f in zip(places, floors, strict=True)]
    total: Any = 0
    for corner in itertools.product(range(4), repeat=len(places)):
        near = [_within(f + (c - 1), n, padding, align) for f, c, n in zip(floors, corner, x.shape[2:], strict=True)]
        weight: Any = 1
        for w, c in zip(weights, corner, strict=True):
            weight = weight * w[c]
        total = total + _entries(x, near) * weight[:, None]
    return total


def _weights(t: Any) -> list[Any]:
    """What the entries at -1, 0, 1 and 2 count for a place t between 0 and 1."""
    return [cubic_far(t + 1), cubic_near(t), cubic_near(1 - t), cubic_far(2 - t)]
