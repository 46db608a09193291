"""How NumPy's histograms are spelled with the rows.

Which bin an entry falls into is locally constant, so that counts have no derivative; sums of weights have one in the
weights, densities in the edges, too, and so do edges that come from the least and greatest entry.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.core.protocols import astype, spell
from wengert.ops.index import scatter_add
from wengert.ops.spelling import inexact, lift

__all__: list[str] = []


@spell(np.bincount)
def bincount(x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each integer occurs, or the sum of its weights; the greatest one says how many there are."""
    x = lift(x)
    places = x.concrete("np.bincount") if isinstance(x, Box) else x
    n = builtins.max(int(np.max(places)) + 1 if np.size(places) else 0, int(minlength))
    if weights is None:
        return np.bincount(places, minlength=n)
    return _tally(places, n, astype(lift(weights), np.float64))


def _tally(places: Any, n: int, weights: Any) -> Any:
    return scatter_add(np.zeros(n, weights.dtype), weights, places)


def _limits(a: Any, range: Any) -> tuple[Any, Any]:
    """The outer edges: given, or those of the values; apart by 1 if they would coincide."""
    if range is not None:
        low, high = range
        if not isinstance(low, Box) and not isinstance(high, Box):
            if low > high:
                raise ValueError("max must be larger than min in range parameter.")
            if not (np.isfinite(low) and np.isfinite(high)):
                raise ValueError(f"supplied range of [{low}, {high}] is not finite")
    elif a.size == 0:
        low, high = 0, 1
    else:
        low, high = np.min(a), np.max(a)
    flat = np.equal(low, high)
    return np.where(flat, low - 0.5, low), np.where(flat, high + 0.5, high)


def _edges(a: Any, bins: Any, range: Any, *kinds: Any) -> Any:
    """The edges of bins: as many equal ones as `bins` says, or those that are given.

    Their dtype is that of the limits and of `kinds`.
    """
    if np.ndim(bins):
        edges = lift(bins)
        if edges.ndim != 1:
            raise ValueError("`bins` must be 1d, when an array")
        if not isinstance(edges, Box) and np.any(edges[:-1] > edges[1:]):
            raise ValueError("`bins` must increase monotonically, when an array")
        return edges
    n = int(bins)
    if n < 1:
        raise ValueError("`bins` must be positive, when an integer")
    low, high = _limits(a, range)
    limits = [a.dtype] if range is None else [x.dtype if isinstance(x, Box) else x for x in range]
    dtype = inexact(np.empty(0, np.result_type(*limits, *kinds))).dtype
    # As np.linspace rounds, so that an entry on an edge falls into the same bin.
    inner = np.arange(n) * ((high - low) / n) + low
    return astype(np.concatenate([inner, np.reshape(high, 1)]), dtype)


def _number_of_bins(a: Any, bins: Any, range: Any, weights: Any) -> Any:
    """A rule's name as the number of bins that it gives for these very values."""
    if not isinstance(bins, str):
        return bins
    if weights is not None:
        raise TypeError("Automated estimation of the number of bins is not supported for weighted data")
    bare = a.concrete("a rule for the number of bins") if isinstance(a, Box) else a
    return len(np.histogram_bin_edges(bare, bins, range)) - 1


def _bins_of(x: Any, edges: Any) -> tuple[Any, Any]:
    """The number of the bin of each value, and whether it lies in one; the last bin owns both of its edges."""
    n = edges.shape[0] - 1
    place = np.searchsorted(edges, x, side="right") - 1
    place = np.where(x == edges[-1], n - 1, place)
    inside = (x >= edges[0]) & (x <= edges[-1])
    return np.clip(place, 0, n - 1), inside


@spell(np.histogram_bin_edges)
def histogram_bin_edges(a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """The edges of the bins of a histogram."""
    a = np.ravel(lift(a))
    return _edges(a, _number_of_bins(a, bins, range, weights), range, a.dtype)


@spell(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """How many values, or how much of their weights, falls between edges; the edges."""
    a = lift(a)
    if weights is not None and np.shape(weights) != a.shape:
        raise ValueError("weights should have the same shape as a.")
    a = np.ravel(a)
    edges = _edges(a, _number_of_bins(a, bins, range, weights), range, a.dtype)
    place, inside = _bins_of(a, edges)
    w = np.ones(a.shape, np.intp) if weights is None else np.ravel(lift(weights))
    counts = _tally(place, edges.shape[0] - 1, np.where(inside, w, np.zeros((), w.dtype)))
    if density:
        counts = counts / (edges[1:] - edges[:-1]) / np.sum(counts)
    return counts, edges


@spell(np.histogramdd)
def histogramdd(sample: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """A histogram of points: the rows of an array, or the columns of a sequence of arrays; and the edges per axis."""
    columns = _columns(sample)
    rank = len(columns)
    per_axis = [bins] * rank if np.isscalar(bins) or isinstance(bins, Box) else list(bins)
    if len(per_axis) != rank:
        raise ValueError("The dimension of bins must be equal to the dimension of the sample x.")
    ranges = [None] * rank if range is None else list(range)
    if len(ranges) != rank:
        raise ValueError("range argument must have one entry per dimension")
    edges = [_edges(x, b, r) for x, b, r in zip(columns, per_axis, ranges, strict=True)]
    lengths = tuple([e.shape[0] - 1 for e in edges])
    flat, inside = np.zeros(columns[0].shape, np.intp), np.ones(columns[0].shape, bool)
    for x, e, n in zip(columns, edges, lengths, strict=True):
        place, within = _bins_of(x, e)
        flat, inside = flat * n + place, inside & within
    w = np.ones(flat.shape) if weights is None else astype(lift(weights), np.float64)
    counts = np.reshape(_tally(flat, int(np.prod(lengths)), np.where(inside, w, 0.0)), lengths)
    if density:
        total = np.sum(counts)
        for axis, e in enumerate(edges):
            counts = counts / np.reshape(e[1:] - e[:-1], (-1,) + (1,) * (rank - 1 - axis))
        counts = counts / total
    return counts, edges


def _columns(sample: Any) -> list[Any]:
    if isinstance(sample, list | tuple):
        return [lift(x) for x in sample]
    points = lift(sample)
    if points.ndim == 1:
        points = points[:, None]
    return [points[:, k] for k in np.arange(points.shape[1]).tolist()]


@spell(np.histogram2d)
def histogram2d(x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    """A histogram of points in the plane, and the edges along both axes."""
    if np.shape(x) != np.shape(y):
        raise ValueError("x and y must have the same length.")
    if not np.isscalar(bins) and len(bins) != 2:  # the edges of both axes
        bins = [bins, bins]
    counts, (left, right) = histogramdd([lift(x), lift(y)], bins, range, density, weights)
    return counts, left, right
