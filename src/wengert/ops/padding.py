"""np.pad: a border around an array, axis after axis, so that later axes fill the corners."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import TABLE
from wengert.core.protocols import astype, spell
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops.index import take
from wengert.ops.spelling import lift

__all__: list[str] = []

Width = tuple[int, int]


@spell(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    """A border of constants, of entries that are repeated or mirrored, of statistics, or what a function writes.

    Differentiable in the array, in `constant_values` and in `end_values`.
    """
    a = lift(array)
    widths = _widths(pad_width, a.ndim)
    if callable(mode):
        return _written(a, widths, mode, kwargs)
    if mode not in _MODES:
        raise InvalidArgument(
            explain(
                f"np.pad at {user_line()} with mode={mode!r}.",
                "There is no such way to continue an array.",
                f"Use one of {', '.join(_MODES)}, or a function.",
            )
        )
    border, allowed = _MODES[mode]
    if set(kwargs) - set(allowed):
        raise ValueError(f"unsupported keyword arguments for mode '{mode}': {set(kwargs) - set(allowed)}")
    if mode == "constant" and not _tracked_or_not_zero(kwargs.get("constant_values", 0)):
        return apply(TABLE["pad"], (a,), {"widths": widths})
    for axis, width in enumerate(widths):
        if width != (0, 0):
            a = border(a, axis, width, **kwargs)
    return a


def _tracked_or_not_zero(value: Any) -> bool:
    return not isinstance(value, int | float) or value != 0


def _widths(pad_width: Any, ndim: int) -> tuple[Width, ...]:
    if isinstance(pad_width, dict):
        pairs: list[Any] = [pad_width.get(n, pad_width.get(n - ndim, 0)) for n in range(ndim)]
        pad_width = [(w, w) if np.ndim(w) == 0 else w for w in pairs]
    widths = tuple((int(i), int(j)) for i, j in np.broadcast_to(pad_width, (ndim, 2)))
    if any(n < 0 for pair in widths for n in pair):
        raise ValueError("index can't contain negative values")
    return widths


def _pair(value: Any, axis: int, ndim: int) -> tuple[Any, Any]:
    """What an argument says for both ends of an axis: one value, a pair, or a pair (or one value) per axis."""
    if isinstance(value, list | tuple):
        rows = [list(v) if isinstance(v, list | tuple) else v for v in value]
        if any(isinstance(r, list) for r in rows):
            row = rows[axis] if len(rows) > 1 else rows[0]
            return (row[0], row[-1]) if isinstance(row, list) else (row, row)
        return (rows[0], rows[-1])
    value = lift(value)
    if value.ndim == 2:
        return value[axis % value.shape[0], 0], value[axis % value.shape[0], -1]
    return (value, value) if value.ndim == 0 else (value[0], value[-1])


def _block(value: Any, a: Any, axis: int, length: int) -> Any:
    """A value repeated to fill so many slices."""
    shape = (*a.shape[:axis], length, *a.shape[axis + 1 :])
    return np.broadcast_to(astype(lift(value), a.dtype), shape)


def _joined(before: Any, a: Any, after: Any, axis: int) -> Any:
    return np.concatenate([before, a, after], axis=axis)


def _slice(a: Any, axis: int, key: slice) -> Any:
    return a[(slice(None),) * axis + (key,)]


def _constant(a: Any, axis: int, width: Width, constant_values: Any = 0) -> Any:
    low, high = _pair(constant_values, axis, a.ndim)
    return _joined(_block(low, a, axis, width[0]), a, _block(high, a, axis, width[1]), axis)


def _ramp(a: Any, axis: int, width: Width, end_values: Any = 0) -> Any:
    low, high = _pair(end_values, axis, a.ndim)
    first, last = _slice(a, axis, slice(0, 1)), _slice(a, axis, slice(-1, None))
    return _joined(_rise(low, first, axis, width[0]), a, np.flip(_rise(high, last, axis, width[1]), axis), axis)


def _rise(start: Any, edge: Any, axis: int, length: int) -> Any:
    """From `start` evenly up to `edge`, which is left out."""
    share = np.arange(length) / max(length, 1)
    share = share.reshape((1,) * axis + (-1,) + (1,) * (edge.ndim - axis - 1))
    return astype(start + share * (edge - start), edge.dtype)


def _statistic(f: Any) -> Any:
    def border(a: Any, axis: int, width: Width, stat_length: Any = None) -> Any:
        n = a.shape[axis]
        ends = (None, None) if stat_length is None else _pair(stat_length, axis, a.ndim)
        low, high = [n if k is None else min(int(k), n) for k in ends]
        values = []
        for part in (slice(0, low), slice(n - high, n)):
            value = f(_slice(a, axis, part), axis=axis, keepdims=True)
            values.append(np.rint(value) if a.dtype.kind in "iu" else value)
        return _joined(_block(values[0], a, axis, width[0]), a, _block(values[1], a, axis, width[1]), axis)

    return border


def _copied(mode: str) -> Any:
    """Whatever the mode copies, it copies along the axis: continue the places and gather."""

    def border(a: Any, axis: int, width: Width, reflect_type: str = "even") -> Any:
        if reflect_type == "odd":
            return _odd(a, axis, width, mode)
        return take(a, np.pad(np.arange(a.shape[axis]), width, mode), axis=axis)  # type: ignore[call-overload]

    return border


# Mirrored at a point, not at a line: f(-k) = 2 f(0) - f(k), and likewise at the other end. With the period p of the
# mirrored places that makes f(k + p) = f(k) + 2 (f(n-1) - f(0)).
def _odd(a: Any, axis: int, width: Width, mode: str) -> Any:
    n = a.shape[axis]
    places = np.arange(-width[0], n + width[1])
    period = 2 * (n - 1) if mode == "reflect" else 2 * n
    if n == 1 and mode == "reflect":
        return take(a, np.zeros_like(places), axis=axis)
    round, rest = np.divmod(places, period)
    mirrored = rest >= n
    inner = np.where(mirrored, (period if mode == "reflect" else period - 1) - rest, rest)
    shape = (1,) * axis + (-1,) + (1,) * (a.ndim - axis - 1)
    sign = np.where(mirrored, -1, 1).reshape(shape)
    first, last = _slice(a, axis, slice(0, 1)), _slice(a, axis, slice(-1, None))
    tops = (2 * mirrored + 2 * round).reshape(shape)
    return astype(sign * take(a, inner, axis=axis) + tops * last - (2 * round).reshape(shape) * first, a.dtype)


def _written(a: Any, widths: tuple[Width, ...], function: Any, kwargs: Any) -> Any:
    """The border that a function of NumPy's form writes into each vector of the array padded with zeros."""
    out = np.copy(apply(TABLE["pad"], (a,), {"widths": widths}))
    for axis, width in enumerate(widths):
        view = np.moveaxis(out, axis, -1)
        for index in np.ndindex(view.shape[:-1]):
            function(view[index], width, axis, kwargs)
    return out


_MODES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "constant": (_constant, ("constant_values",)),
    "edge": (_copied("edge"), ()),
    "empty": (_constant, ()),  # what is there NumPy leaves open
    "linear_ramp": (_ramp, ("end_values",)),
    "maximum": (_statistic(np.max), ("stat_length",)),
    "mean": (_statistic(np.mean), ("stat_length",)),
    "median": (_statistic(np.median), ("stat_length",)),
    "minimum": (_statistic(np.min), ("stat_length",)),
    "reflect": (_copied("reflect"), ("reflect_type",)),
    "symmetric": (_copied("symmetric"), ("reflect_type",)),
    "wrap": (_copied("wrap"), ()),
}
