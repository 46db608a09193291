"""PyTorch's names for what picks, places, orders and reduces entries; `torchnames` says whose meaning wins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import Box, apply, unbridge
from wengert.core.array import Array
from wengert.core.op import TABLE
from wengert.core.protocols import fitted, numpy_keywords
from wengert.ops import activation, spelling
from wengert.spec import normal_axis

__all__ = [
    "ValuesIndices",
    "argsort",
    "gather",
    "index_add",
    "index_copy",
    "index_fill",
    "index_select",
    "kthvalue",
    "log_softmax",
    "logsumexp",
    "masked_fill",
    "masked_select",
    "max",
    "median",
    "min",
    "scatter",
    "scatter_add",
    "softmax",
    "sort",
    "std",
    "topk",
    "var",
]


class ValuesIndices(NamedTuple):
    """What PyTorch returns where the places of the values are of interest too."""

    values: Any
    indices: Any


# --- picking and placing ----------------------------------------------------------------------------------


def _grid(index: Any, dim: int) -> tuple[Any, ...]:
    """The index arrays of ``out[i][j][k] = x[i][index[i][j][k]][k]`` (dim = 1)."""
    index = unbridge(index if isinstance(index, Box) else np.asarray(index))
    grid = list(np.ogrid[tuple(slice(n) for n in index.shape)])
    grid[normal_axis(dim, index.ndim)] = index
    return tuple(grid)


def _at(x: Any, dim: int, index: Any) -> tuple[Any, ...]:
    return (slice(None),) * normal_axis(dim, np.ndim(x)) + (index,)


def gather(x: Any, dim: int, index: Any) -> Any:
    """Entries along an axis by an index array of the same rank: out[i][j] = x[index[i][j]][j] for dim = 0."""
    return apply(TABLE["gather"], (unbridge(x), *_grid(index, dim)))


def _placed(row: str, x: Any, value: Any, grid: tuple[Any, ...]) -> Any:
    x = unbridge(x if isinstance(x, Box) else np.asarray(x))
    lengths = np.broadcast_shapes(*[np.shape(i) for i in grid])
    if np.ndim(value):
        value = value[tuple(slice(n) for n in lengths)]
    return apply(TABLE[row], (x, fitted(value, lengths, x.dtype, "same_kind"), *grid))


def scatter(x: Any, dim: int, index: Any, src: Any = None, *, value: Any = None) -> Any:
    """`x` with out[index[i][j]][j] = src[i][j] (dim = 0)."""
    return _placed("scatter", x, src if value is None else value, _grid(index, dim))


def scatter_add(x: Any, dim: int, index: Any, src: Any) -> Any:
    """`x` with src[i][j] added at out[index[i][j]][j] (dim = 0)."""
    return _placed("scatter_add", x, src, _grid(index, dim))


def index_select(x: Any, dim: int, index: Any) -> Any:
    """The entries at `index` along an axis."""
    return np.take(x, index, axis=dim)


def index_add(x: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """`x` with the entries of `source` added at `index` along an axis."""
    out = np.copy(x) if isinstance(x, Box) else Array.constant(np.array(x))
    np.add.at(out, _at(x, dim, index), source if alpha == 1 else source * alpha)
    return out


def index_copy(x: Any, dim: int, index: Any, source: Any) -> Any:
    """`x` with the entries of `source` put at `index` along an axis."""
    out = np.copy(x) if isinstance(x, Box) else Array.constant(np.array(x))
    out[_at(x, dim, index)] = source
    return out


def index_fill(x: Any, dim: int, index: Any, value: Any) -> Any:
    """`x` with one value put at `index` along an axis."""
    return index_copy(x, dim, index, value)


def masked_fill(x: Any, mask: Any, value: Any) -> Any:
    """`x`, and `value` where the mask is true."""
    return np.where(mask, fitted(value, np.shape(value), x.dtype, "same_kind"), x)


def masked_select(x: Any, mask: Any) -> Any:
    """The entries where the mask is true, along one axis."""
    x, mask = np.broadcast_arrays(x, mask)
    return x[mask]


# --- reductions and order ---------------------------------------------------------------------------------


def _extremum(name: str, other: str) -> Callable[..., Any]:
    reduce, place, pair = getattr(np, name), getattr(np, f"arg{name}"), getattr(np, other)

    def function(x: Any, *args: Any, **kwargs: Any) -> Any:
        if "dim" in kwargs:
            axis, keep = kwargs["dim"], kwargs.get("keepdim", False)
            return _taken(x, np.expand_dims(place(x, axis=axis), axis), axis, keep)
        # A tuple is NumPy's axes.
        if args and not isinstance(args[0], tuple) and (np.ndim(args[0]) or isinstance(args[0], Box)):
            return pair(x, *args)
        return reduce(x, *args, **numpy_keywords(kwargs))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"NumPy's {name}; with ``dim=`` PyTorch's pair of values and indices; of two arrays {other}."
    return function


max = _extremum("max", "maximum")
min = _extremum("min", "minimum")


def _taken(x: Any, indices: Any, axis: int, keep: bool = True) -> ValuesIndices:
    values = np.take_along_axis(x, indices, axis=axis)
    return ValuesIndices(values, indices) if keep else ValuesIndices(values.squeeze(axis), indices.squeeze(axis))


def median(x: Any, *args: Any, **kwargs: Any) -> Any:
    """NumPy's median; with ``dim=`` PyTorch's pair of the lower median and its index."""
    if "dim" not in kwargs:
        return np.median(x, *args, **numpy_keywords(kwargs))
    return kthvalue(x, (np.shape(x)[kwargs["dim"]] + 1) // 2, kwargs["dim"], kwargs.get("keepdim", False))


def kthvalue(x: Any, k: int, dim: int = -1, keepdim: bool = False) -> ValuesIndices:
    """The k-th smallest value along an axis (k counts from 1), and its index."""
    order = np.argsort(x, axis=dim, kind="stable")
    return _taken(x, np.take(order, [k - 1], axis=dim), dim, keepdim)


def _order(x: Any, axis: int, descending: bool) -> Any:
    return np.argsort(np.negative(x) if descending else x, axis=axis, kind="stable")


def sort(x: Any, axis: Any = -1, **kwargs: Any) -> Any:
    """NumPy's sort (a method works in place); with ``dim=`` or ``descending=`` PyTorch's values and indices."""
    if "dim" not in kwargs and "descending" not in kwargs:
        return np.sort(x, axis, **kwargs)
    axis = kwargs.get("dim", axis)
    return _taken(x, _order(x, axis, kwargs.get("descending", False)), axis)


def argsort(x: Any, axis: Any = -1, descending: bool = False, **kwargs: Any) -> Any:
    """The indices that sort, stably."""
    return _order(x, kwargs.get("dim", axis), True) if descending else np.argsort(x, kwargs.get("dim", axis))


def topk(x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesIndices:
    """The k largest (or smallest) values along an axis and their indices, in order."""
    return _taken(x, np.take(_order(x, dim, largest), np.arange(k), axis=dim), dim)


def _spread(name: str) -> Callable[..., Any]:
    numpy_function = getattr(np, name)

    def function(x: Any, *args: Any, **kwargs: Any) -> Any:
        if "dim" in kwargs or "unbiased" in kwargs:
            kwargs.setdefault("ddof", kwargs.pop("correction", int(kwargs.pop("unbiased", True))))
        elif "correction" in kwargs:
            kwargs["ddof"] = kwargs.pop("correction")
        return numpy_function(x, *args, **numpy_keywords(kwargs))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"NumPy's {name} (divided by n); with ``dim=`` or ``unbiased=`` PyTorch's (by n - 1)."
    return function


std = _spread("std")
var = _spread("var")


def logsumexp(x: Any, dim: Any = None, keepdim: bool = False, **kwargs: Any) -> Any:
    """ln Σ eˣ without overflow."""
    return spelling.logsumexp(x, kwargs.get("axis", dim), keepdims=kwargs.get("keepdims", keepdim))


def log_softmax(x: Any, dim: Any = -1, **kwargs: Any) -> Any:
    """X − ln Σ eˣ along an axis."""
    return _along(activation.log_softmax, x, kwargs.get("axis", dim))


def softmax(x: Any, dim: Any = -1, **kwargs: Any) -> Any:
    """eˣ / Σ eˣ along an axis.

    >>> import wengert as wg
    >>> wg.softmax(wg.zeros(2), dim=0)
    tensor([0.5, 0.5])
    """
    return _along(activation.softmax, x, kwargs.get("axis", dim))


def _along(row: Any, x: Any, axis: Any) -> Any:
    x = spelling.inexact(spelling.lift(x))
    return row(x, axis=normal_axis(-1 if axis is None else axis, x.ndim))
