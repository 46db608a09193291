"""What is thought to lie beyond the ends of an array: a border made of its own entries, or of a value.

    reflect   d c b a | a b c d | d c b a        mirror    d c b | a b c d | c b a
    nearest   a a a a | a b c d | d d d d        wrap      a b c d | a b c d | a b c d
    constant  k k k k | a b c d | k k k k

The pieces are slices, so that the adjoint adds slices.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["continued", "on_axis", "part_along"]

# Names that mean the same for a filter, in `scipy.ndimage` and in `scipy.signal.convolve2d`.
_SAME = {"grid-mirror": "reflect", "grid-constant": "constant", "grid-wrap": "wrap", "symm": "reflect",
         "fill": "constant"}  # fmt: skip


def part_along(x: Any, axis: int, start: int | None, stop: int | None, step: int | None = None) -> Any:
    """``x[start:stop:step]`` along an axis.

    >>> part_along(np.arange(6).reshape(2, 3), 1, 1, None)
    array([[1, 2],
           [4, 5]])
    """
    return x[(*[slice(None)] * axis, slice(start, stop, step))]


def on_axis(values: Any, axis: int, ndim: int) -> Any:
    """1-d values as an array of `ndim` axes, along one of which they lie.

    >>> on_axis(np.arange(3), 1, 3).shape
    (1, 3, 1)
    """
    return np.reshape(values, tuple([-1 if a == axis else 1 for a in range(ndim)]))


def continued(x: Any, axis: int, before: int, after: int, mode: str, cval: Any = 0.0) -> Any:
    """`x` with `before` entries more at the beginning of an axis and `after` more at its end.

    mode: as in the picture above; cval: the value of the constant border. Raises ValueError for another mode.

    >>> continued(np.array([1, 2, 3]), 0, 2, 1, "mirror")
    array([3, 2, 1, 2, 3, 2])
    """
    mode = _SAME.get(mode, mode)
    n = x.shape[axis]
    if before + after == 0 or x.size == 0:
        return x
    if mode == "mirror" and n == 1:
        mode = "nearest"
    if mode in ("constant", "nearest"):
        ends = [cval, cval] if mode == "constant" else [part_along(x, axis, 0, 1), part_along(x, axis, n - 1, n)]
        left, right = [_filled(x, axis, count, end) for count, end in zip((before, after), ends, strict=True)]
        return np.concatenate([left, x, right], axis=axis)
    if mode not in ("reflect", "mirror", "wrap"):
        raise ValueError(f"boundary mode not supported: {mode!r}")
    other = x if mode == "wrap" else np.flip(x, axis)
    if mode == "mirror":
        other = part_along(other, axis, 1, n - 1)
    left, right = _pieces((other, x), axis, before, at_end=True), _pieces((other, x), axis, after, at_end=False)
    return np.concatenate([*reversed(left), x, *right], axis=axis)


def _filled(x: Any, axis: int, count: int, value: Any) -> Any:
    """`count` entries along an axis: a number, or an array that broadcasts."""
    shape = tuple([count if a == axis else n for a, n in enumerate(x.shape)])
    if np.ndim(value):
        return np.broadcast_to(value, shape)
    number = type(value) in (int, float)
    return np.full(shape, value, x.dtype) if number else np.full(shape, value, x.dtype, like=value)


def _pieces(alternating: tuple[Any, Any], axis: int, count: int, at_end: bool) -> list[Any]:
    """`count` entries in pieces of the alternating blocks, beginning with the first of them."""
    found = []
    while count > 0:
        block, alternating = alternating[0], alternating[::-1]
        n = block.shape[axis]
        if n > count:
            block = part_along(block, axis, n - count, n) if at_end else part_along(block, axis, 0, count)
        found.append(block)
        count -= min(n, count)
    return found
