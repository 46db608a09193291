"""PyTorch's names for what picks and places entries by index arrays, each a line or two over NumPy's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.core.apply import Box, apply, is_known, unbridge
from wengert.core.op import TABLE
from wengert.core.protocols import fitted
from wengert.errors import InvalidArgument, explain, user_line
from wengert.pytorch.parts import at
from wengert.pytorch.spelled import numbers_too, writable
from wengert.spec import normal_axis

__all__ = [
    "gather", "index_add", "index_copy", "index_fill", "index_put", "index_reduce", "index_select",
    "masked_fill", "masked_scatter", "masked_select", "nonzero", "nonzero_static", "scatter", "scatter_add",
    "scatter_reduce", "take", "take_along_dim", "where",
]  # fmt: skip


def _grid(index: Any, dim: int) -> tuple[Any, ...]:
    """The index arrays of ``out[i][j][k] = x[i][index[i][j][k]][k]`` (dim = 1)."""
    index = unbridge(index if isinstance(index, Box) else np.asarray(index))
    grid = list(np.ogrid[tuple(slice(n) for n in index.shape)])
    grid[normal_axis(dim, index.ndim)] = index
    return tuple(grid)


def gather(input: Any, dim: int, index: Any) -> Any:
    """Entries along an axis by an index array of the same rank: out[i][j] = input[index[i][j]][j] for dim = 0."""
    if not np.ndim(input):
        return np.reshape(gather(np.reshape(input, (1,)), dim, np.ravel(index)), np.shape(index))
    return apply(TABLE["gather"], (unbridge(input), *_grid(index, dim)))


def _chosen(x: Any, index: Any) -> Any:
    """Entries of an array laid out in a row; unlike np.take's, the indices may be a box where the array is none."""
    return apply(TABLE["gather"], (np.ravel(x), index))


def _placed(row: str, x: Any, value: Any, grid: tuple[Any, ...]) -> Any:
    x = unbridge(x if isinstance(x, Box) else np.asarray(x))
    lengths = np.broadcast_shapes(*[np.shape(i) for i in grid])
    if np.ndim(value):
        value = value[tuple(slice(n) for n in lengths)]
    return apply(TABLE[row], (x, fitted(value, lengths, x.dtype, "same_kind"), *grid))


@numbers_too
def scatter(input: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str | None = None) -> Any:
    """`input` with out[index[i][j]][j] = src[i][j] (dim = 0), or with reduce ``"add"`` or ``"multiply"``."""
    src = src if value is None else value
    if reduce is not None:
        return scatter_reduce(input, dim, index, src, {"add": "sum", "multiply": "prod"}[reduce])
    return _placed("scatter", input, src, _grid(index, dim))


@numbers_too
def scatter_add(input: Any, dim: int, index: Any, src: Any) -> Any:
    """`input` with src[i][j] added at out[index[i][j]][j] (dim = 0)."""
    return _placed("scatter_add", input, src, _grid(index, dim))


@numbers_too
def index_select(input: Any, dim: int, index: Any) -> Any:
    """The entries at `index` along an axis."""
    return np.take(input, index, axis=dim)


@numbers_too
def index_add(input: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """`input` with the entries of `source` added at `index` along an axis."""
    _check_source("index_add", input, dim, index, source)
    out = writable(input)
    np.add.at(out, at(input, dim, np.ravel(index)), source if alpha == 1 else source * alpha)
    return out


@numbers_too
def index_copy(input: Any, dim: int, index: Any, source: Any) -> Any:
    """`input` with the entries of `source` put at `index` along an axis."""
    _check_source("index_copy", input, dim, index, source)
    return _filled(input, dim, index, source)


def _check_source(name: str, input: Any, dim: int, index: Any, source: Any) -> None:
    wanted = list(np.shape(input))
    wanted[normal_axis(dim, len(wanted))] = np.size(index)
    if np.shape(source) != tuple(wanted):
        raise InvalidArgument(
            explain(
                f"{name} at {user_line()} got a source of shape {np.shape(source)} for {np.size(index)} indices.",
                f"Each index names a slice along axis {dim} of an array of shape {np.shape(input)}.",
                f"Give a source of shape {tuple(wanted)}.",
            )
        )


def _filled(input: Any, dim: int, index: Any, value: Any) -> Any:
    out = writable(input)
    out[at(input, dim, np.ravel(index))] = value
    return out


@numbers_too
def index_fill(input: Any, dim: int, index: Any, value: Any) -> Any:
    """`input` with one value put at `index` along an axis."""
    return _filled(input, dim, index, value)


def masked_fill(input: Any, mask: Any, value: Any) -> Any:
    """`input`, and `value` where the mask is true."""
    return np.where(mask, fitted(value, np.shape(value), input.dtype, "same_kind"), input)


def _shown(mask: Any) -> int:
    """How many entries a mask shows; 0 while that is not to be known."""
    shape, numbers = np.shape(mask), mask
    while isinstance(numbers, Box) and is_known(mask):
        numbers = numbers.value
    return 0 if isinstance(numbers, Box) or numbers.shape != shape else int(np.count_nonzero(numbers))


def masked_scatter(input: Any, mask: Any, source: Any) -> Any:
    """`input`, and where the mask is true the entries of `source`, one after the other."""
    input, mask = np.broadcast_arrays(input, mask)
    if not np.can_cast(mask.dtype, bool) or _shown(mask) > np.size(source):
        raise InvalidArgument(
            explain(
                f"masked_scatter at {user_line()} got {np.size(source)} entries and a mask of dtype {mask.dtype}.",
                "Every entry that the mask shows gets one of the source.",
                "Give a boolean mask, and as many entries as it shows.",
            )
        )
    if not np.size(source):  # and nothing is shown
        return np.copy(input)
    places = np.cumsum(np.ravel(mask)) - 1
    drawn = _chosen(source, np.clip(places, 0, max(np.size(source) - 1, 0)))
    return np.where(mask, np.reshape(drawn, mask.shape), input)


def masked_select(input: Any, mask: Any) -> Any:
    """The entries where the mask is true, along one axis."""
    input, mask = np.broadcast_arrays(input, mask)
    return input[mask]


def index_put(input: Any, indices: Any, values: Any, accumulate: bool = False) -> Any:
    """`input` with `values` written (or added) at the index arrays."""
    out = writable(input)
    if accumulate:
        np.add.at(out, tuple(indices), values)
    else:
        out[tuple(indices)] = values
    return out


def take_along_dim(input: Any, indices: Any, dim: int | None = None) -> Any:
    """Entries along an axis by an index array whose other axes broadcast; without an axis, of all entries."""
    if dim is None:
        return np.take(np.ravel(input), np.ravel(indices))
    dim = normal_axis(dim, np.ndim(input))
    lengths = [list(np.shape(input)), list(np.shape(indices))]
    for other in lengths:
        other[dim] = 1
    wide = list(np.broadcast_shapes(*lengths))
    length, count = np.shape(input)[dim], np.shape(indices)[dim]
    input = np.broadcast_to(input, [*wide[:dim], length, *wide[dim + 1 :]])
    return np.take_along_axis(input, np.broadcast_to(indices, [*wide[:dim], count, *wide[dim + 1 :]]), dim)


def take(input: Any, indices: Any = None, axis: Any = None, **kwargs: Any) -> Any:
    """NumPy's; its indices are PyTorch's ``index``: of all entries unless an axis is given."""
    return np.take(input, kwargs.pop("index", indices), kwargs.pop("dim", axis), **kwargs)


def where(condition: Any, *choices: Any, **kwargs: Any) -> Any:
    """The first choice where the condition holds, the other elsewhere; without choices the places where it holds."""
    given = [*choices, *[kwargs[name] for name in ("input", "self", "other") if name in kwargs]]
    return np.where(condition, *given)


def nonzero(input: Any, *, as_tuple: bool | None = None) -> Any:
    """NumPy's tuple of index arrays; with ``as_tuple=False`` PyTorch's rows of indices.

    A number has no places in NumPy; with ``as_tuple=True`` it counts as a vector of one entry.
    """
    if as_tuple is None:
        return np.nonzero(input)
    return np.nonzero(np.atleast_1d(input)) if as_tuple else np.argwhere(input)


def nonzero_static(input: Any, *, size: int, fill_value: int = -1) -> Any:
    """The first `size` rows of indices of the entries that are not zero, rows of `fill_value` after them."""
    found = np.argwhere(input)[:size]
    return np.pad(found, [(0, size - found.shape[0]), (0, 0)], constant_values=fill_value)


# --- entries that are sent to places, and reduced there ------------------------------------------------------------


@numbers_too
def scatter_reduce(input: Any, dim: int, index: Any, src: Any, reduce: str, *, include_self: bool = True) -> Any:
    """`input` with all src[i][j] that are sent to out[index[i][j]][j] (dim = 0) reduced there.

    reduce: ``"sum"``, ``"prod"``, ``"mean"``, ``"amax"`` or ``"amin"``. include_self: whether the entry of `input` is
    one of those reduced. Tied extremes share the derivative equally.

    >>> import wengert as wg
    >>> wg.scatter_reduce(wg.zeros(2), 0, np.array([0, 0, 1]), wg.tensor([1.0, 2.0, -3.0]), "amax")
    tensor([2., 0.])
    """
    grid = _grid(index, dim)
    if np.ndim(src):
        src = src[tuple(slice(n) for n in np.broadcast_shapes(*[np.shape(i) for i in grid]))]
    return _reduced(reduce, input, src, grid, include_self)


@numbers_too
def index_reduce(input: Any, dim: int, index: Any, source: Any, reduce: str, *, include_self: bool = True) -> Any:
    """`input` with the entries of `source` that are sent to `index` along an axis reduced there: `scatter_reduce`."""
    _check_source("index_reduce", input, dim, index, source)
    lengths = [-1 if n == normal_axis(dim, np.ndim(input)) else 1 for n in range(np.ndim(input))]
    index = np.broadcast_to(np.reshape(index, lengths), np.shape(source))
    return scatter_reduce(input, dim, index, source, reduce, include_self=include_self)


_NEUTRAL = {"sum": 0, "mean": 0, "prod": 1, "amax": -np.inf, "amin": np.inf}


def _reduced(reduce: str, x: Any, value: Any, grid: tuple[Any, ...], include_self: bool) -> Any:
    if reduce not in _NEUTRAL:
        raise InvalidArgument(
            explain(
                f"scatter_reduce at {user_line()} got reduce={reduce!r}.",
                "That is not the name of a reduction.",
                f"Use one of {', '.join(_NEUTRAL)}.",
            )
        )
    count = _placed("scatter_add", np.zeros(np.shape(x)), 1.0, grid)
    own = np.ones(np.shape(x), bool) if include_self else count == 0
    # Entries that do not take part give way to what changes nothing.
    base = np.where(own, x, np.asarray(_limit(reduce, x.dtype), x.dtype))
    if reduce == "prod":
        return base * np.where(count > 0, _products(np.shape(x), value, grid), np.ones((), x.dtype))
    if reduce in ("amax", "amin"):
        return _placed(f"scatter_{reduce[1:]}", base, value, grid)
    total = _placed("scatter_add", base, value, grid)
    if reduce == "sum":
        return total
    members = np.maximum(count + own, 1)
    return (total / members if x.dtype.kind in "fc" else total // members).astype(x.dtype, copy=False)


def _products(lengths: tuple[int, ...], value: Any, grid: tuple[Any, ...]) -> Any:
    """The products of all entries that are sent to a place, 0 where there are none.

    The entries are brought in the order of their places. Then each takes in the product `step` before it, if that is
    one of the same place; the last one of a place ends with all of them. Nothing is divided, so zeros may be there.
    """
    place: Any = 0
    for index, n in zip(grid, lengths, strict=True):
        place = place * n + index
    place = np.ravel(place)
    order = np.argsort(place, kind="stable")
    place = _chosen(place, order)
    product = _chosen(np.broadcast_to(value, np.broadcast_shapes(*[np.shape(i) for i in grid])), order)
    step = 1
    while step < np.size(place):
        longer = np.where(place[step:] == place[:-step], product[step:] * product[:-step], product[step:])
        product = np.concatenate([product[:step], longer])
        step *= 2
    last = np.concatenate([place[1:] != place[:-1], np.ones(min(np.size(place), 1), bool)])
    flat = _placed(
        "scatter_add",
        np.zeros(math.prod(lengths), product.dtype),
        np.where(last, product, np.zeros((), product.dtype)),
        (place,),
    )
    return np.reshape(flat, lengths)


def _limit(reduce: str, dtype: Any) -> Any:
    if reduce in ("amax", "amin") and dtype.kind == "b":
        return reduce == "amin"
    if reduce in ("amax", "amin") and dtype.kind in "iu":
        return np.iinfo(dtype).min if reduce == "amax" else np.iinfo(dtype).max
    return _NEUTRAL[reduce]
