"""Measurements of labelled parts of an array: twins of `scipy.ndimage`.

Which entry has which label is known; sums of entries and choices among them are what differentiates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import ndimage as theirs

from wengert.core.apply import Box
from wengert.core.protocols import astype
from wengert.ops.spelling import inexact, lift
from wengert.scipy.choice import known, twin_of

__all__ = [
    "center_of_mass",
    "histogram",
    "labeled_comprehension",
    "maximum",
    "mean",
    "median",
    "minimum",
    "standard_deviation",
    "sum",
    "sum_labels",
    "variance",
]

# --- sums -------------------------------------------------------------------------------------------------------


def labelled(x: Any, labels: Any, index: Any) -> tuple[Any, Any, Any, Any]:
    """Per index the sum of the entries of that label and their number; x flat, and per entry its place (-1: none)."""
    x = inexact(lift(x))
    if labels is None:
        if index is not None:
            raise ValueError("index should be None when labels is None")
        labels, index = np.ones(x.shape, int), 1
    labels = np.broadcast_to(known(labels, "labels"), x.shape).ravel()
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
    """The sums of the entries at each place, in the shape of what is wanted."""
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
    x, place, wanted, _ = labelled(input, labels, index)
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
    x, place, wanted, count = labelled(input, labels, index)
    return _summed(x, place, wanted) / np.asarray(count, float)


@twin_of(theirs.variance)
def variance(input: Any, labels: Any = None, index: Any = None) -> Any:
    """The variance of the entries with each label of `index`.

    Arguments and errors are those of `sum_labels`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.variance(x, np.array([1, 2, 1]), 1))(np.arange(3.0))
    array([-1.,  0.,  1.])
    """
    x, place, wanted, count = labelled(input, labels, index)
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


@twin_of(theirs.sum)
def sum(input: Any, labels: Any = None, index: Any = None) -> Any:
    """The same as `sum_labels`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.sum(x, np.array([1, 2, 1]), 1))(np.ones(3))
    array([1., 0., 1.])
    """
    return sum_labels(input, labels, index)


@twin_of(theirs.center_of_mass)
def center_of_mass(input: Any, labels: Any = None, index: Any = None) -> Any:
    """The mean position of the entries with each label, weighted with them: a tuple, or a list of one for each index.

    Arguments and errors are those of `sum_labels`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.center_of_mass(x)[0])(np.array([1.0, 2.0, 1.0]))
    array([-0.25,  0.  ,  0.25])
    """
    x = inexact(lift(input))
    total = sum_labels(x, labels, index)
    places = np.indices(x.shape, float)
    found = [sum_labels(x * place, labels, index) / total for place in places]
    if not np.ndim(total):
        return tuple(found)
    return [tuple([row[k] for row in found]) for k in range(np.size(total))]


# --- choices ----------------------------------------------------------------------------------------------------


def _groups(labels: Any, index: Any, shape: tuple[int, ...]) -> list[Any]:
    """Per index the places of the entries with that label."""
    labels = np.broadcast_to(known(labels, "labels"), shape).ravel()
    return [np.flatnonzero(labels == k) for k in np.ravel(index)]


@twin_of(theirs.labeled_comprehension)
def labeled_comprehension(
    input: Any, labels: Any, index: Any, func: Callable[..., Any], out_dtype: Any, default: Any,
    pass_positions: bool = False,
) -> Any:  # fmt: skip
    """``func(entries)`` for the entries with each label of `index`, `default` where there are none.

    pass_positions: calls ``func(entries, positions)``, with places in the flat array. Without labels, func gets the
    array; without an index, all entries with labels above 0. Raises ValueError for an index without labels.

    >>> import wengert as wg
    >>> f = lambda x: wg.scipy.ndimage.labeled_comprehension(x, np.array([1, 2, 1]), [1, 2], np.prod, float, 0.0)
    >>> wg.jacobian(f)(np.array([2.0, 3.0, 5.0]))
    array([[5., 0., 2.],
           [0., 1., 0.]])
    """
    x = lift(input)

    def applied(x: Any, places: Any) -> Any:
        return func(x, places) if pass_positions else func(x)

    if labels is None:
        if index is not None:
            raise ValueError("index without defined labels")
        return applied(x, np.arange(x.size).reshape(x.shape))
    flat = np.ravel(x)
    if index is None:
        places = np.flatnonzero(np.broadcast_to(known(labels, "labels"), x.shape).ravel() > 0)
        return applied(flat[places], places)
    found = [
        astype(lift(applied(flat[places], places) if len(places) else default), np.dtype(out_dtype))
        for places in _groups(labels, index, x.shape)
    ]
    return np.reshape(np.stack(found), np.shape(index)) if np.ndim(index) else found[0]


def _choice(name: str, reduction: Callable[[Any], Any]) -> Any:
    """A twin of SciPy's measurement of that name, a reduction that chooses entries."""

    def function(input: Any, labels: Any = None, index: Any = None) -> Any:
        x = inexact(lift(input))
        return labeled_comprehension(x, labels, index, reduction, x.dtype, 0)

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""The {name} of the entries with each label of `index`; ties share the derivative.

    Arguments and errors are those of `sum_labels`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.ndimage.{name}(x, np.array([1, 2, 1]), 2))(np.arange(3.0))
    array([0., 1., 0.])
    """
    return twin_of(getattr(theirs, name))(function)


maximum = _choice("maximum", np.max)
minimum = _choice("minimum", np.min)
median = _choice("median", np.median)


@twin_of(theirs.histogram)
def histogram(input: Any, min: Any, max: Any, bins: int, labels: Any = None, index: Any = None) -> Any:
    """How many entries with each label are in each of the bins: integers, which have no derivative.

    >>> import wengert as wg
    >>> wg.scipy.ndimage.histogram(wg.tensor([0.5, 1.5, 1.7]), 0, 2, 2)
    array([1, 2])
    """
    numbers = [known(x, "scipy.ndimage.histogram") for x in (input, min, max)]
    return theirs.histogram(*numbers, bins, labels, index)
