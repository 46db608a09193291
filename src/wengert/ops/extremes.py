"""Running extremes, and extremes of what index arrays send to the same place."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, primitive
from wengert.ops.index import batched_scatter, gather, scatter_add

__all__ = ["latest_maximum", "scatter_max", "scatter_min"]


def _latest_maximum(x: Any, axis: int) -> Any:
    # The running maximum is reached anew wherever an entry equals it; a NaN is followed by NaNs.
    running = np.maximum.accumulate(x, axis=axis)
    places = np.arange(x.shape[axis]).reshape([-1 if n == axis else 1 for n in range(x.ndim)])
    return np.maximum.accumulate(np.where((x == running) | np.isnan(x), places, 0), axis=axis)


# The last place of the greatest entry up to each place of an axis.
latest_maximum: Op = primitive(_latest_maximum, "x", name="latest_maximum", vjp={"x": 0}, jvp={"x": 0},
    batch=lambda axis: {"axis": axis + 1})  # fmt: skip


# --- the extreme of what indices send to a place ----------------------------------------------------------------
# Tied extremes share the derivative equally: with k of them each gets 1/k of it.


def _winners(base: Any, value: Any, out: Any, indices: Any) -> tuple[Any, Any, Any]:
    """Which entries of `base` and of `value` are as extreme as the result, and how many of them there are."""
    mine, theirs = base == out, value == gather(out, *indices)
    count = scatter_add(mine.astype(out.dtype), theirs.astype(out.dtype), *indices)
    return mine, theirs, np.maximum(count, 1)


def _to_base(g: Any, base: Any, out: Any, others: Any) -> Any:
    mine, _, count = _winners(base, others[0], out, others[1:])
    return np.where(mine, g / count, 0)


def _to_value(g: Any, value: Any, out: Any, others: Any) -> Any:
    _, theirs, count = _winners(others[0], value, out, others[1:])
    return np.where(theirs, gather(g / count, *others[1:]), 0)


def _from_value(t: Any, value: Any, out: Any, others: Any) -> Any:
    _, theirs, count = _winners(others[0], value, out, others[1:])
    return scatter_add(np.zeros_like(out), np.where(theirs, t, 0), *others[1:]) / count


def _extreme_at(name: str, ufunc: Any) -> Op:
    def impl(base: Any, value: Any, *indices: Any) -> Any:
        out = np.array(base)
        ufunc.at(out, indices, value)
        return out

    row: Op = primitive(impl, "base value *indices", name=name, vmap=batched_scatter(lambda: row),
        jvp={"base": lambda t, base, out, others: _to_base(t, base, out, others), "value": _from_value, "indices": 0},
        vjp={"base": _to_base, "value": _to_value, "indices": 0})  # fmt: skip
    return row


# The greatest (smallest) of base[i, j, ...] and all entries of value that the indices send there.
scatter_max = _extreme_at("scatter_max", np.maximum)
scatter_min = _extreme_at("scatter_min", np.minimum)
