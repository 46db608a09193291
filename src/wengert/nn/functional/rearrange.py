"""Padding, and shuffles of channels: functions of `nn.functional`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.errors import refuse
from wengert.nn.functional.arguments import unknown
from wengert.ops.spelling import lift

__all__ = ["channel_shuffle", "native_channel_shuffle", "pad", "pixel_shuffle", "pixel_unshuffle"]

_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}


def pad(input: Any, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Any:
    """More entries around the last axes.

    pad: how many before and behind the last axis, then before and behind the one in front of it, and so on; negative
    numbers take entries away. mode: "constant" (`value`, by default 0), "reflect" (entries mirrored at the first and
    the last), "replicate" (the first and the last repeated) or "circular" (the other end). Raises `InvalidArgument` (a
    ValueError) where the input is too short for a mode.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.pad(np.array([1.0, 2.0, 3.0]), (1, 2), mode="circular")
    array([3., 1., 2., 3., 1., 2.])
    """
    x = lift(input)
    if mode not in _MODES:
        raise unknown("mode", mode, tuple(_MODES))
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise refuse(
            f"pad={tuple(pad)} for an input of shape {x.shape}",
            "There are two numbers per padded axis, the last axis first.",
            "Give (before, behind), or (before, behind, before, behind), and so on.",
        )
    pairs = [(int(pad[k]), int(pad[k + 1])) for k in range(0, len(pad), 2)][::-1]
    widths = [(0, 0)] * (x.ndim - len(pairs)) + pairs
    for (low, high), n in zip(widths, x.shape, strict=True):
        limit = n - 1 if mode == "reflect" else n
        if not low and not high:
            continue
        if n + low + high < 0 or (mode in ("reflect", "circular") and max(low, high) > limit):
            raise refuse(
                f"pad={tuple(pad)} with mode={mode!r} for an input of shape {x.shape}",
                "An axis is too short: there are not so many entries to repeat, or to take away.",
                "Pad by less, or use another mode.",
            )
    key = tuple([slice(max(-low, 0), n - max(-high, 0)) for (low, high), n in zip(widths, x.shape, strict=True)])
    given, widths = widths, [(max(low, 0), max(high, 0)) for low, high in widths]
    if mode == "constant":
        return np.pad(x[key], widths, constant_values=0 if value is None else value)
    if mode == "replicate" and 0 in x[key].shape and 0 not in x.shape:  # nothing is left but what is repeated
        for axis, ((low, high), n) in enumerate(zip(given, x.shape, strict=True)):
            x = np.take(x, np.clip(np.arange(-low, n + high), 0, n - 1), axis=axis) if low or high else x
        return x
    by_numpy: Any = _MODES[mode]
    return np.pad(x[key], widths, mode=by_numpy)


def pixel_shuffle(input: Any, upscale_factor: int) -> Any:
    """Channels made pixels: (…, C r², H, W) becomes (…, C, H r, W r), r being the factor.

    W. Shi et al., "Real-time single image and video super-resolution using an efficient sub-pixel convolutional neural
    network", 2016.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.pixel_shuffle(np.arange(4.0).reshape(4, 1, 1), 2)
    array([[[0., 1.],
            [2., 3.]]])
    """
    x, r = lift(input), int(upscale_factor)
    if x.ndim < 3 or r < 1 or x.shape[-3] % (r * r):
        raise refuse(
            f"pixel_shuffle got an input of shape {x.shape} and a factor of {upscale_factor}",
            "The factor squared divides the channels, which are the third axis from the end.",
            "Give an input of shape (…, C r², H, W).",
        )
    *lead, channels, h, w = x.shape
    x = np.reshape(x, (*lead, channels // (r * r), r, r, h, w))
    n = len(lead)
    x = np.transpose(x, (*range(n), n, n + 3, n + 1, n + 4, n + 2))
    return np.reshape(x, (*lead, channels // (r * r), h * r, w * r))


def pixel_unshuffle(input: Any, downscale_factor: int) -> Any:
    """Pixels made channels, the inverse of `pixel_shuffle`: (…, C, H r, W r) becomes (…, C r², H, W).

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.pixel_unshuffle(np.arange(4.0).reshape(1, 2, 2), 2).ravel()
    array([0., 1., 2., 3.])
    """
    x, r = lift(input), int(downscale_factor)
    if x.ndim < 3 or r < 1 or x.shape[-1] % r or x.shape[-2] % r:
        raise refuse(
            f"pixel_unshuffle got an input of shape {x.shape} and a factor of {downscale_factor}",
            "The factor divides the last two axes.",
            "Give an input of shape (…, C, H r, W r).",
        )
    *lead, channels, h, w = x.shape
    x = np.reshape(x, (*lead, channels, h // r, r, w // r, r))
    n = len(lead)
    x = np.transpose(x, (*range(n), n, n + 2, n + 4, n + 1, n + 3))
    return np.reshape(x, (*lead, channels * r * r, h // r, w // r))


def channel_shuffle(input: Any, groups: int) -> Any:
    """Channels (axis 1) in another order: the first of every group, then the second of every group, and so on.

    >>> import numpy as np, wengert as wg
    >>> wg.nn.functional.channel_shuffle(np.arange(4.0).reshape(1, 4, 1), 2).ravel()
    array([0., 2., 1., 3.])
    """
    x = lift(input)
    if x.ndim < 3 or groups < 1 or x.shape[1] % groups:
        raise refuse(
            f"channel_shuffle got an input of shape {x.shape} and {groups} groups",
            "The groups are equal parts of the channels, which are axis 1 of at least three.",
            "Give a number of groups that divides the channels.",
        )
    parts = np.reshape(x, (x.shape[0], groups, x.shape[1] // groups, *x.shape[2:]))
    return np.reshape(np.swapaxes(parts, 1, 2), x.shape)


native_channel_shuffle = channel_shuffle
