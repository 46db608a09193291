"""PyTorch's names for what orders entries and finds extremes among them; the package says whose meaning wins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import Box
from wengert.core.protocols import numpy_keywords
from wengert.errors import InvalidArgument, explain, user_line
from wengert.ops.extremes import latest_maximum
from wengert.pytorch.spelled import ValuesIndices, numbers_too
from wengert.spec import normal_axis

__all__ = [
    "aminmax", "argsort", "bucketize", "cummax", "cummin", "kthvalue", "max", "median", "min", "mode", "msort",
    "nanmedian", "searchsorted", "sort", "topk", "unique", "unique_consecutive",
]  # fmt: skip


class MinMax(NamedTuple):
    """The extremes of an array."""

    min: Any
    max: Any


def _extremum(name: str, other: str) -> Callable[..., Any]:
    reduce, place, pair = getattr(np, name), getattr(np, f"arg{name}"), getattr(np, other)

    def function(input: Any, *args: Any, **kwargs: Any) -> Any:
        if "dim" in kwargs:
            axis, keep = kwargs["dim"], kwargs.get("keepdim", False)
            return _taken(input, np.expand_dims(place(input, axis=axis), axis), axis, keep)
        # A tuple is NumPy's axes.
        if args and not isinstance(args[0], tuple) and (np.ndim(args[0]) or isinstance(args[0], Box)):
            return pair(input, *args)
        return reduce(input, *args, **numpy_keywords(kwargs))

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"NumPy's {name}; with ``dim=`` PyTorch's pair of values and indices; of two arrays {other}."
    return function


max = _extremum("max", "maximum")
min = _extremum("min", "minimum")


def _taken(x: Any, indices: Any, axis: int, keep: bool = True) -> ValuesIndices:
    values = np.take_along_axis(x, indices, axis=axis)
    return ValuesIndices(values, indices) if keep else ValuesIndices(values.squeeze(axis), indices.squeeze(axis))


@numbers_too
def median(input: Any, *args: Any, **kwargs: Any) -> Any:
    """NumPy's median; with ``dim=`` PyTorch's pair of the lower median and its index."""
    if "dim" not in kwargs:
        return np.median(input, *args, **numpy_keywords(kwargs))
    return kthvalue(input, (np.shape(input)[kwargs["dim"]] + 1) // 2, kwargs["dim"], kwargs.get("keepdim", False))


@numbers_too
def kthvalue(input: Any, k: int, dim: int = -1, keepdim: bool = False) -> ValuesIndices:
    """The k-th smallest value along an axis (k counts from 1), and its index."""
    order = np.argsort(input, axis=dim, kind="stable")
    return _taken(input, np.take(order, [k - 1], axis=dim), dim, keepdim)


def _order(x: Any, axis: int, descending: bool) -> Any:
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    # From the other end, so that equal entries keep their order; numbers of every kind, and NaN, which comes first.
    last = np.shape(x)[axis] - 1
    return last - np.flip(np.argsort(np.flip(x, axis), axis=axis, kind="stable"), axis)


def sort(input: Any, axis: Any = -1, **kwargs: Any) -> Any:
    """NumPy's sort (a method works in place); with ``dim=`` or ``descending=`` PyTorch's values and indices, stably."""
    if "dim" not in kwargs and "descending" not in kwargs:
        return np.sort(input, axis, **kwargs)
    axis = kwargs.get("dim", axis)
    return _taken(input, _order(input, axis, kwargs.get("descending", False)), axis)


@numbers_too
def argsort(input: Any, axis: Any = -1, descending: bool = False, **kwargs: Any) -> Any:
    """The indices that sort, stably."""
    return _order(input, kwargs.get("dim", axis), descending)


@numbers_too
def topk(input: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesIndices:
    """The k largest (or smallest) values along an axis and their indices, in order."""
    return _taken(input, np.take(_order(input, dim, largest), np.arange(k), axis=dim), dim)


def msort(input: Any) -> Any:
    """Sorted along the first axis."""
    return np.sort(input, axis=0)


def aminmax(input: Any, *, dim: int | None = None, keepdim: bool = False) -> MinMax:
    """The least and the greatest entry."""
    return MinMax(np.min(input, axis=dim, keepdims=keepdim), np.max(input, axis=dim, keepdims=keepdim))


@numbers_too
def nanmedian(input: Any, *args: Any, **kwargs: Any) -> Any:
    """NumPy's nanmedian; with ``dim=`` PyTorch's pair of the lower median and its index."""
    if "dim" not in kwargs:
        return np.nanmedian(input, *args, **numpy_keywords(kwargs))
    dim = kwargs["dim"]
    # NaNs are sorted to the end.
    number = np.sum(~np.isnan(input), axis=dim, keepdims=True)
    place = np.maximum((number + 1) // 2 - 1, 0)
    order = np.argsort(input, axis=dim, kind="stable")
    return _taken(input, np.take_along_axis(order, place, axis=dim), dim, kwargs.get("keepdim", False))


@numbers_too
def mode(input: Any, dim: int = -1, keepdim: bool = False) -> ValuesIndices:
    """The most frequent value along an axis (the least of several), and the last of its places.

    >>> import wengert as wg
    >>> wg.mode(wg.tensor([2.0, 1.0, 1.0, 2.0]))
    ValuesIndices(values=tensor(1.), indices=tensor(2))
    """
    dim = normal_axis(dim, np.ndim(input))
    order = np.argsort(input, axis=dim, kind="stable")
    ordered = np.take_along_axis(input, order, axis=dim)
    ahead = np.diff(np.moveaxis(ordered, dim, 0), axis=0) != 0
    begins = np.moveaxis(np.concatenate([np.ones((1, *ahead.shape[1:]), bool), ahead]), 0, dim)
    # How far each entry is from the beginning of its run of equals.
    place = np.reshape(np.arange(begins.shape[dim]), [-1 if n == dim else 1 for n in range(begins.ndim)])
    age = place - latest_maximum(begins.astype(int), axis=dim)
    most = np.expand_dims(np.argmax(age, axis=dim), dim)
    return _taken(input, np.take_along_axis(order, most, axis=dim), dim, keepdim)


@numbers_too
def cummax(input: Any, dim: int) -> ValuesIndices:
    """The greatest entry up to each place of an axis, and the last place where it stands.

    >>> import wengert as wg
    >>> wg.cummax(wg.tensor([1.0, 3.0, 2.0]), dim=0).values
    tensor([1., 3., 3.])
    """
    return _taken(input, _latest(input, dim), dim)


@numbers_too
def cummin(input: Any, dim: int) -> ValuesIndices:
    """The least entry up to each place of an axis, and the last place where it stands."""
    # Of integers and truth values ~x has the reverse order.
    turned = np.invert(input) if input.dtype.kind in "biu" else np.negative(input)
    return _taken(input, _latest(turned, dim), dim)


def _latest(x: Any, axis: int) -> Any:
    return latest_maximum(x, axis=normal_axis(axis, np.ndim(x)))


# --- sorted values searched, and those that differ ------------------------------------------------------------------


def searchsorted(sorted_sequence: Any, input: Any, *args: Any, **kwargs: Any) -> Any:
    """NumPy's; with ``right=`` or sequences along the last axis of an array, PyTorch's."""
    right = kwargs.pop("right", False)
    dtype = np.int32 if kwargs.pop("out_int32", False) else np.int64
    if right:
        kwargs["side"] = "right"
    if np.ndim(sorted_sequence) == 1:
        return np.searchsorted(sorted_sequence, input, *args, **kwargs).astype(dtype)
    if kwargs.get("sorter") is not None:
        sorted_sequence = np.take_along_axis(sorted_sequence, kwargs["sorter"], axis=-1)
    sequence, value = sorted_sequence[..., None, :], input[..., :, None]
    before = sequence <= value if kwargs.get("side") == "right" else sequence < value
    return np.sum(before, axis=-1).astype(dtype)


def bucketize(input: Any, boundaries: Any, *, right: bool = False, out_int32: bool = False) -> Any:
    """The numbers of the intervals between the boundaries that the entries are in; right: closed on the left."""
    if np.ndim(boundaries) != 1:
        raise InvalidArgument(
            explain(
                f"bucketize at {user_line()} got boundaries of shape {np.shape(boundaries)}.",
                "The same boundaries count for every entry.",
                "Give a vector; wg.searchsorted takes one for each row.",
            )
        )
    return searchsorted(boundaries, input, right=right, out_int32=out_int32)


def unique(input: Any, *args: Any, dim: int | None = None, **kwargs: Any) -> Any:
    """NumPy's: the sorted values, each once, and what is asked for besides (inverse, counts); along ``dim=`` slices."""
    kwargs.pop("sorted", None)
    return np.unique(input, *args, **{"axis": dim} | kwargs)


def unique_consecutive(
    input: Any, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The entries (or slices along `dim`) that differ from the one before, and what is asked for besides.

    >>> import wengert as wg
    >>> wg.unique_consecutive(wg.tensor([1, 1, 2, 1]))
    tensor([1, 2, 1])
    """
    rows = np.ravel(input) if dim is None else np.moveaxis(input, dim, 0)
    if np.shape(rows)[0] == 0:
        starts = np.zeros(0, bool)
    else:
        differs = rows[1:] != rows[:-1]
        starts = np.concatenate([[True], np.any(differs, axis=tuple(range(1, differs.ndim)))])
    first = np.flatnonzero(starts)
    values = rows[first] if dim is None else np.moveaxis(rows[first], 0, dim)
    inverse = np.cumsum(starts) - 1
    extra = [np.reshape(inverse, np.shape(input)) if dim is None else inverse] if return_inverse else []
    extra += [np.diff(np.append(first, np.shape(rows)[0]))] if return_counts else []
    return (values, *extra) if extra else values
