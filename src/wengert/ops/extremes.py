"""Where extremes are: rows of locally constant results, over which what picks the extremes is ordinary NumPy code."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, primitive
from wengert.ops.index import batched_scatter

__all__ = ["latest_maximum", "scatter_max", "scatter_min"]


def _latest_maximum(x: Any, axis: int) -> Any:
    # The running maximum is reached anew wherever an entry equals it; a NaN is followed by NaNs.
    running = np.maximum.accumulate(x, axis=axis)
    places = np.arange(x.shape[axis]).reshape([-1 if n == axis else 1 for n in range(x.ndim)])
    return np.maximum.accumulate(np.where((x == running) | np.isnan(x), places, 0), axis=axis)


# The last place of the greatest entry up to each place of an axis.
latest_maximum: Op = primitive(_latest_maximum, "x", name="latest_maximum", vjp={"x": 0}, jvp={"x": 0},
    batch=lambda axis: {"axis": axis + 1})  # fmt: skip


def _extreme_at(name: str, ufunc: Any) -> Op:
    def impl(base: Any, value: Any, *indices: Any) -> Any:
        out = np.array(base)
        ufunc.at(out, indices, value)
        return out

    zero = {"base": 0, "value": 0, "indices": 0}
    row: Op = primitive(impl, "base value *indices", name=name, vjp=zero, jvp=zero, vmap=batched_scatter(lambda: row))
    return row


# The greatest (smallest) of base[i, j, ...] and all entries of value that the indices send there.
scatter_max = _extreme_at("scatter_max", np.maximum)
scatter_min = _extreme_at("scatter_min", np.minimum)
