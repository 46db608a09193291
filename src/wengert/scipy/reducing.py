"""Statistics along an axis: which entries they are asked about, and the form of the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.ops.spelling import lift
from wengert.scipy.closures import plain
from wengert.scipy.piecewise import floats
from wengert.scipy.separately import one_by_one

__all__ = ["Function", "reduced"]

Function = Callable[..., Any]


def reduced(
    core: Function,
    samples: Sequence[Any],
    axis: Any,
    nan_policy: str,
    keepdims: bool = False,
    parameters: Sequence[Any] = (),
) -> Any:
    """``core(*samples, *parameters)``, which reduces the last axis of samples, along the given one.

    axis: None is all axes. nan_policy: "propagate", "omit" (entries that are NaN in any of the samples), or "raise" a
    ``ValueError``. parameters: whatever else may be a box. The core may give a tuple.
    """
    if nan_policy not in ("propagate", "omit", "raise"):
        raise ValueError("nan_policy must be one of {'propagate', 'raise', 'omit'}.")
    xs = [floats(x) for x in samples]
    axes = np.ndim(xs[0])
    xs = [np.reshape(x, (-1,)) if axis is None else np.moveaxis(x, axis, -1) for x in xs]
    if nan_policy == "propagate":
        found = core(*xs, *parameters)
    else:  # what is asked of the values differs from one problem of a batch to the next
        f = lambda *given: _without_nan(core, given[: len(xs)], given[len(xs) :], nan_policy)
        found = one_by_one(f"{nan_policy}_nan", f, *xs, *[lift(p) for p in parameters])
    places = (tuple(range(axes)) if axis is None else (axis % axes,)) if keepdims else ()
    dtype = np.result_type(*[x.dtype for x in xs])
    many = [_finished(y, dtype, places) for y in (found if isinstance(found, tuple) else (found,))]
    return tuple(many) if isinstance(found, tuple) else many[0]


def _finished(y: Any, dtype: Any, places: tuple[int, ...]) -> Any:
    """A statistic has the precision of its sample, and the axes that are to be kept."""
    y = lift(y)
    y = y.astype(dtype) if y.dtype.kind == "f" and y.dtype != dtype else y
    return np.expand_dims(y, places)[()]


def _without_nan(core: Function, xs: Sequence[Any], parameters: Sequence[Any], nan_policy: str) -> Any:
    """Row by row: each has a length of its own."""
    bad = [np.isnan(np.asarray(plain(x))) for x in xs]
    if not np.any([np.any(b) for b in bad]):
        return core(*xs, *parameters)
    if nan_policy == "raise":
        raise ValueError("The input contains nan values")
    shape = np.shape(xs[0])[:-1]
    found = []
    for place in np.ndindex(*shape):
        known = ~np.any([b[place] for b in bad], axis=0)
        found.append(core(*[x[place][known] for x in xs], *parameters))
    if not isinstance(found[0], tuple):
        return np.reshape(np.stack(found), shape)
    return tuple([np.reshape(np.stack(column), shape) for column in zip(*found, strict=True)])
