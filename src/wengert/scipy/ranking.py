"""Rank filters and labelled measurements: twins of `scipy.ndimage`. Every result is a choice or a sum of entries.

At ties `maximum_filter` and `minimum_filter` share the derivative, the others take the entry that a stable sort puts
there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy import ndimage as theirs

from wengert.core.apply import Box
from wengert.core.protocols import astype
from wengert.ops.spelling import inexact, lift
from wengert.scipy.borders import continued
from wengert.scipy.choice import twin_of
from wengert.scipy.ndfilters import finished, origin_list, per_axis
from wengert.spec import normal_axis

__all__ = [
    "maximum_filter",
    "maximum_filter1d",
    "mean",
    "median_filter",
    "minimum_filter",
    "minimum_filter1d",
    "percentile_filter",
    "rank_filter",
    "standard_deviation",
    "sum_labels",
    "variance",
]


def neighbours(x: Any, footprint: Any, axes: tuple[int, ...], mode: Any, cval: Any, origin: Any) -> Any:
    """The entries under a footprint (an array of booleans over axes) around every entry, on a new axis at the end."""
    modes, origins = per_axis(mode, len(axes)), per_axis(origin_list(origin), len(axes))
    y = x
    for axis, m, border, o in zip(axes, footprint.shape, modes, origins, strict=True):
        before = m // 2 + o
        if not 0 <= before < m:
            raise ValueError("invalid origin")
        y = continued(y, axis, before, m - 1 - before, border, cval)
    parts = []
    for offset in np.argwhere(footprint):
        key = [slice(None)] * x.ndim
        for axis, k in zip(axes, offset.tolist(), strict=True):
            key[axis] = slice(k, k + x.shape[axis])
        parts.append(y[tuple(key)])
    return np.stack(parts, axis=-1)


def _footprint(size: Any, footprint: Any, structure: Any, axes: tuple[int, ...]) -> Any:
    if footprint is None and structure is None:
        if size is None:
            raise RuntimeError("no footprint provided")
        return np.ones(per_axis(size, len(axes)), bool)
    found = np.asarray(footprint if footprint is not None else np.ones(np.shape(structure)), bool)
    if found.ndim != len(axes):
        raise RuntimeError(f"footprint.ndim ({found.ndim}) must match len(axes) ({len(axes)})")
    if not found.any():
        raise ValueError("All-zero footprint is not supported.")
    return found


def _places(axes: Any, ndim: int) -> tuple[int, ...]:
    if axes is None:
        return tuple(range(ndim))
    return tuple(sorted([normal_axis(a, ndim) for a in (axes if isinstance(axes, Iterable) else [axes])]))


def _extremum(name: str, reduction: Any) -> Any:
    def function(
        input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
        cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
    ) -> Any:  # fmt: skip
        x = inexact(lift(input))
        places = _places(axes, x.ndim)
        found = neighbours(x, _footprint(size, footprint, None, places), places, mode, cval, origin)
        return finished(reduction(found, axis=-1), output, x.dtype)

    word = name.partition("_")[0]
    return _named(function, name, f"The {word} of the entries under a footprint around every entry.", "3")


def _named(function: Any, name: str, text: str, more: str) -> Any:
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""{text}

    Arguments are those of `scipy.ndimage.{name}`; modes are those of `wengert.scipy.borders`. Raises RuntimeError
    without a size or footprint, ValueError for an origin outside of it.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.{name}(x, {more})[1])(np.array([1.0, 3.0, 2.0])).sum()
    np.float64(1.0)
    """
    return twin_of(getattr(theirs, name))(function)


maximum_filter = _extremum("maximum_filter", np.max)
minimum_filter = _extremum("minimum_filter", np.min)


def _extremum1d(name: str, reduction: Any) -> Any:
    def function(
        input: Any, size: int, axis: int = -1, output: Any = None, mode: str = "reflect", cval: float = 0.0,
        origin: int = 0,
    ) -> Any:  # fmt: skip
        x = inexact(lift(input))
        found = neighbours(x, np.ones(size, bool), (normal_axis(axis, x.ndim),), mode, cval, origin)
        return finished(reduction(found, axis=-1), output, x.dtype)

    word = name.partition("_")[0]
    return _named(function, name, f"The {word} of `size` entries around every entry along an axis.", "3")


maximum_filter1d = _extremum1d("maximum_filter1d", np.max)
minimum_filter1d = _extremum1d("minimum_filter1d", np.min)


def _ranked(
    input: Any, rank: Any, size: Any, footprint: Any, output: Any, mode: Any, cval: Any, origin: Any, axes: Any
) -> Any:
    """`rank` gives the place in order from the number of entries under the footprint."""
    x = inexact(lift(input))
    places = _places(axes, x.ndim)
    found = neighbours(x, _footprint(size, footprint, None, places), places, mode, cval, origin)
    count = found.shape[-1]
    place = rank(count)
    if not 0 <= place < count:
        raise RuntimeError("rank not within filter footprint size")
    return finished(np.sort(found, axis=-1)[..., place], output, x.dtype)


def _rank_filter(
    input: Any, rank: int, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
    cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    def place(count: int) -> int:
        return rank + count if rank < 0 else rank

    return _ranked(input, place, size, footprint, output, mode, cval, origin, axes)


def _percentile_filter(
    input: Any, percentile: float, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect",
    cval: float = 0.0, origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    part = percentile + 100 if percentile < 0 else percentile
    if not 0 <= part <= 100:
        raise RuntimeError("invalid percentile")

    def place(count: int) -> int:
        return count - 1 if part == 100 else int(count * part / 100)

    return _ranked(input, place, size, footprint, output, mode, cval, origin, axes)


def _median_filter(
    input: Any, size: Any = None, footprint: Any = None, output: Any = None, mode: Any = "reflect", cval: float = 0.0,
    origin: Any = 0, *, axes: Any = None,
) -> Any:  # fmt: skip
    return _ranked(input, lambda count: count // 2, size, footprint, output, mode, cval, origin, axes)


rank_filter = _named(_rank_filter, "rank_filter", "The entry of a rank under a footprint around every entry.", "1, 3")
percentile_filter = _named(_percentile_filter, "percentile_filter",
    "The entry at a percentage of the order under a footprint around every entry.", "40, 3")  # fmt: skip
median_filter = _named(_median_filter, "median_filter", "The median of the entries under a footprint.", "3")


# --- labels -----------------------------------------------------------------------------------------------------


def _sums(x: Any, labels: Any, index: Any) -> tuple[Any, Any, Any, Any]:
    """Per index the sum of the entries of that label and their number; x flat, and per entry its place (-1: none)."""
    x = inexact(lift(x))
    if labels is None:
        if index is not None:
            raise ValueError("index should be None when labels is None")
        labels, index = np.ones(x.shape, int), 1
    labels = labels.concrete("labels") if isinstance(labels, Box) else np.asarray(labels)
    labels = np.broadcast_to(labels, x.shape).ravel()
    wanted = np.asarray(1 if index is None else index)
    place = np.full(labels.shape, -1)
    if index is None:
        place[labels > 0] = 0
    else:
        order = np.argsort(wanted.ravel(), kind="stable")
        found = np.searchsorted(wanted.ravel()[order], labels)
        hit = found < wanted.size
        hit[hit] = wanted.ravel()[order][found[hit]] == labels[hit]
        place[hit] = order[found[hit]]
    x = np.ravel(x)
    return x, place, wanted, np.bincount(place[place >= 0], minlength=wanted.size).reshape(wanted.shape)


def _summed(x: Any, place: Any, wanted: Any) -> Any:
    total = np.zeros(max(wanted.size, 1), x.dtype, like=x) if isinstance(x, Box) else np.zeros(wanted.size, x.dtype)
    np.add.at(total, place[place >= 0], x[np.flatnonzero(place >= 0)])
    return np.reshape(total, wanted.shape)


@twin_of(theirs.sum_labels)
def sum_labels(input: Any, labels: Any = None, index: Any = None) -> Any:
    """The sum of the entries with each label of `index`; of all labels above 0 if it is None.

    labels: integers that broadcast to the input's shape. Raises ValueError for an index without labels.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.sum_labels(x, np.array([1, 2, 1]), 1))(np.ones(3))
    array([1., 0., 1.])
    """
    x, place, wanted, _ = _sums(input, labels, index)
    total = _summed(x, place, wanted)
    return astype(total, np.result_type(total.dtype, float)) if wanted.ndim else total  # as np.bincount's


@twin_of(theirs.mean)
def mean(input: Any, labels: Any = None, index: Any = None) -> Any:
    """The mean of the entries with each label of `index`.

    Arguments and errors are those of `sum_labels`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.mean(x, np.array([1, 2, 1]), 1))(np.ones(3))
    array([0.5, 0. , 0.5])
    """
    x, place, wanted, count = _sums(input, labels, index)
    return _summed(x, place, wanted) / np.asarray(count, float)


@twin_of(theirs.variance)
def variance(input: Any, labels: Any = None, index: Any = None) -> Any:
    """The variance of the entries with each label of `index`.

    Arguments and errors are those of `sum_labels`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.variance(x, np.array([1, 2, 1]), 1))(np.arange(3.0))
    array([-1.,  0.,  1.])
    """
    x, place, wanted, count = _sums(input, labels, index)
    centre = np.ravel(_summed(x, place, wanted) / np.asarray(count, float))
    inside = np.flatnonzero(place >= 0)
    apart = x[inside] - centre[place[inside]]
    return _summed(np.real(apart * np.conj(apart)), place[inside], wanted) / np.asarray(count, float)


@twin_of(theirs.standard_deviation)
def standard_deviation(input: Any, labels: Any = None, index: Any = None) -> Any:
    """The root of the variance of the entries with each label of `index`.

    Arguments and errors are those of `sum_labels`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.standard_deviation(x, np.array([1, 2, 1]), 1))(np.arange(3.0))
    array([-0.5,  0. ,  0.5])
    """
    return np.sqrt(variance(input, labels, index))
