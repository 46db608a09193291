"""Images of another size: functions of `nn.functional`.

Entry i of m is read at the place s of n where it would be if both covered the same interval:

    align_corners        s = i (n - 1) / (m - 1)                the centres of the ends coincide
    otherwise            s = (i + 1/2) n / m - 1/2              the edges do

Interpolation between the entries is linear in x, axis by axis: a matrix of few entries per row, applied as a product.
"""

from __future__ import annotations

import math
import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.errors import refuse, user_stacklevel
from wengert.nn.functional.adaptive import along_axis, means
from wengert.nn.functional.arguments import unknown
from wengert.nn.functional.geometry import inexact
from wengert.ops.spelling import lift

__all__ = ["cubic_far", "cubic_near", "interpolate", "upsample", "upsample_bilinear", "upsample_nearest"]

_AXES = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}
_MODES = ("nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area")


def interpolate(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None, antialias: bool = False,
) -> Any:  # fmt: skip
    """Images, signals or volumes in another size.

    input: (N, C, …) with one to three spatial axes. size: the spatial shape of the result; or scale_factor: by what the
    axes get longer, one number or one per axis. mode: "nearest" (the entry at ⌊i n / m⌋), "nearest-exact" (the nearest
    one), "linear", "bilinear", "trilinear" (by the number of spatial axes), "bicubic" (R. Keys, "Cubic convolution
    interpolation for digital image processing", 1981, with a = -3/4) or "area" (`adaptive_avg_pool2d`). align_corners:
    whether the ends of both are the same points. recompute_scale_factor: compute with the rounded size rather than the
    scale_factor. antialias: of "bilinear" and "bicubic", filters as wide as the entries that become one.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.interpolate(np.array([[[0.0, 4.0]]]), scale_factor=2, mode="linear")
    array([[[0., 1., 3., 4.]]])
    """
    if mode not in _MODES:
        raise unknown("mode", mode, _MODES)
    x = lift(input) if mode.startswith("nearest") else inexact(input)
    d = x.ndim - 2
    _check(x, d, mode, align_corners, antialias)
    sizes, scales = _sizes(x.shape[2:], size, scale_factor, bool(recompute_scale_factor))
    for axis, (m, scale) in enumerate(zip(sizes, scales, strict=True), 2):
        n = x.shape[axis]
        if mode.startswith("nearest"):
            x = _nearest(x, axis, m, scale, 0.5 if mode == "nearest-exact" else 0.0)
        elif mode == "area":
            x = x if n == m else along_axis(means(n, m, x.dtype), x, axis)
        else:
            x = along_axis(_matrix(n, m, scale, bool(align_corners), mode, antialias).astype(x.dtype), x, axis)
    return x


def _check(x: Any, d: int, mode: str, align_corners: bool | None, antialias: bool) -> None:
    if not 1 <= d <= 3 or _AXES.get(mode, d) != d:
        raise refuse(
            f"interpolate with mode={mode!r} got an input of shape {x.shape}",
            f"It is (N, C, …) with {_AXES.get(mode, 'one to three')} spatial axes.",
            "Reshape it, or use another mode.",
        )
    if 0 in x.shape[2:]:
        raise refuse(
            f"interpolate got an input of shape {x.shape}", "There is nothing to interpolate.", "Give it an entry."
        )
    if align_corners is not None and mode not in _AXES:
        raise refuse(
            f"interpolate got align_corners={align_corners} with mode={mode!r}",
            "It says where the entries lie between which others are interpolated.",
            "Leave it out, or use a mode that interpolates.",
        )
    if antialias and mode not in ("bilinear", "bicubic"):
        raise refuse(
            f"interpolate got antialias=True with mode={mode!r}",
            'Filters against aliasing are there for "bilinear" and "bicubic".',
            "Leave it out, or use one of these.",
        )


def _sizes(length: Any, size: Any, factor: Any, recompute: bool) -> tuple[tuple[int, ...], list[float]]:
    """The spatial shape of the result, and per axis how far apart its entries are in the input."""
    if (size is None) == (factor is None) or (recompute and factor is None):
        raise refuse(
            f"interpolate got size={size} and scale_factor={factor}",
            "One of them says what the result's shape is; recompute_scale_factor is about a scale_factor.",
            "Give one of them.",
        )
    given = size if factor is None else factor
    given = tuple(given) if isinstance(given, tuple | list) else (given,) * len(length)
    if len(given) != len(length):
        raise refuse(
            f"interpolate got {given} for an input of spatial shape {tuple(length)}",
            "There is one number, or one per spatial axis.",
            f"Give {len(length)} numbers.",
        )
    sizes = tuple([
        operator.index(v) if factor is None else math.floor(n * float(v)) for v, n in zip(given, length, strict=True)
    ])  # fmt: skip
    if min(sizes) < 1:
        raise refuse(f"interpolate would give the shape {sizes}", "An axis would be empty.", "Ask for a larger one.")
    if factor is None or recompute:
        return sizes, [n / m for n, m in zip(length, sizes, strict=True)]
    return sizes, [1 / float(v) for v in given]


def _nearest(x: Any, axis: int, m: int, scale: float, shift: float) -> Any:
    """The entry at ⌊(i + shift) scale⌋; rounded as PyTorch does, in single precision."""
    n = x.shape[axis]
    if n and m % n == 0 and scale * m == n:
        return _repeated(x, axis, m // n)
    places = np.floor((np.arange(m, dtype=np.float32) + np.float32(shift)) * np.float32(scale)).astype(np.intp)
    return np.take(x, np.minimum(places, n - 1), axis=axis)


def _repeated(x: Any, axis: int, times: int) -> Any:
    lead, tail = x.shape[: axis + 1], x.shape[axis + 1 :]
    whole = np.broadcast_to(np.reshape(x, (*lead, 1, *tail)), (*lead, times, *tail))
    return np.reshape(whole, (*lead[:-1], lead[-1] * times, *tail))


# --- matrices ---------------------------------------------------------------------------------------------------


def _hat(t: Any) -> Any:
    """1 - |t|, the weight of an entry at distance t in linear interpolation."""
    return np.maximum(1 - np.abs(t), 0)


# Cubic convolution (R. Keys, 1981): the weight of an entry at distance t, up to 1 and from there to 2.
def cubic_near(t: Any, a: float = -0.75) -> Any:
    """(a + 2) t³ - (a + 3) t² + 1."""
    return ((a + 2) * t - (a + 3)) * t * t + 1


def cubic_far(t: Any, a: float = -0.75) -> Any:
    """a t³ - 5 a t² + 8 a t - 4 a."""
    return ((t - 5) * t + 8) * t * a - 4 * a


def _cubic(a: float) -> Callable[[Any], Any]:
    def weight(t: Any) -> Any:
        t = np.abs(t)
        return np.where(t <= 1, cubic_near(t, a), np.where(t < 2, cubic_far(t, a), 0))

    return weight


def _matrix(n: int, m: int, scale: float, align: bool, mode: str, antialias: bool) -> Any:
    """(m, n): row i is what the entries of x count in entry i of the result."""
    if align:
        scale = (n - 1) / (m - 1) if m > 1 else 0.0
    cubic = mode == "bicubic"
    if antialias:
        return _smoothing(n, m, scale, _cubic(-0.5) if cubic else _hat, 2 if cubic else 1)
    places = np.arange(m) * scale if align else (np.arange(m) + 0.5) * scale - 0.5
    if not cubic:
        places = np.clip(places, 0, n - 1)
    # Entries beyond the ends are those at the ends.
    out = np.zeros((m, n))
    first = np.floor(places).astype(np.intp)
    weight = _cubic(-0.75) if cubic else _hat
    for k in range(-1, 3) if cubic else range(2):
        np.add.at(out, (np.arange(m), np.clip(first + k, 0, n - 1)), weight(places - (first + k)))
    return out


def _smoothing(n: int, m: int, scale: float, weight: Callable[[Any], Any], support: float) -> Any:
    """Weights that reach as far as the entries of the result are apart, and add up to 1; none lie beyond the ends."""
    wide = max(scale, 1.0)
    centres = (np.arange(m) + 0.5)[:, None] * scale
    first = np.maximum(np.trunc(centres - support * wide + 0.5), 0)
    last = np.minimum(np.trunc(centres + support * wide + 0.5), n)
    j = np.arange(n)
    out = np.where((j >= first) & (j < last), weight((j + 0.5 - centres) / wide), 0)
    return out / out.sum(axis=1, keepdims=True)


# --- older names ------------------------------------------------------------------------------------------------


def upsample(
    input: Any, size: Any = None, scale_factor: Any = None, mode: str = "nearest", align_corners: bool | None = None
) -> Any:  # fmt: skip
    """`interpolate` under its older name, which PyTorch deprecates.

    >>> import numpy as np, warnings, wengert as wg
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     wg.nn.functional.upsample(np.array([[[1.0, 2.0]]]), scale_factor=2)
    array([[[1., 1., 2., 2.]]])
    """
    warnings.warn("upsample is deprecated; write interpolate.", FutureWarning, stacklevel=user_stacklevel())
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """`interpolate` with mode="nearest", under its older name, which PyTorch deprecates."""
    return upsample(input, size, scale_factor)


def upsample_bilinear(input: Any, size: Any = None, scale_factor: Any = None) -> Any:
    """`interpolate` with mode="bilinear" and align_corners=True, under its older name, which PyTorch deprecates."""
    return upsample(input, size, scale_factor, "bilinear", True)
