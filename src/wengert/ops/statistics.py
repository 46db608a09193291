"""How NumPy's order statistics and correlations are spelled with the rows.

A quantile is a gather from the sorted entries: its derivative goes to the one or two entries that it is made of, in
the weights it is made with. Which entries these are is locally constant.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.core.protocols import astype, spell
from wengert.ops.index import take
from wengert.ops.reduce import count
from wengert.ops.spelling import inexact, lift
from wengert.spec import normal_axes

__all__ = ["in_front", "keeping", "quantile_of"]


def in_front(a: Any, axis: Any) -> Any:
    """The axes to be reduced as one axis in front."""
    axes = normal_axes(axis, a.ndim)
    rest = tuple([n for n in range(a.ndim) if n not in axes])
    front = np.transpose(a, (*axes, *rest))
    return np.reshape(front, (count(a.shape, axes), *[a.shape[n] for n in rest]))


def keeping(out: Any, lead: tuple[int, ...], shape: tuple[int, ...], axis: Any, keepdims: bool) -> Any:
    """A result of shape ``lead + the axes that are left``, with the reduced axes put back if they are to be kept."""
    if not keepdims:
        return out
    axes = normal_axes(axis, len(shape))
    return np.reshape(out, (*lead, *[1 if n in axes else m for n, m in enumerate(shape)]))


# --- quantiles ----------------------------------------------------------------------------------------------
# The quantile q of n sorted entries lies at the virtual index n q + α + q (1 - α - β) - 1, between two entries of
# which it is the mean weighted by the fraction of the index. (R. J. Hyndman and Y. Fan, "Sample quantiles in
# statistical packages", 1996; the names and the further methods are NumPy's.)

_PLOTTING_POSITIONS: dict[str, tuple[float, float]] = {
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
}


def _place(n: Any, q: Any, method: str) -> tuple[Any, Any]:
    """The index below the quantile, and the weight of the entry above it (None: that entry is not looked at)."""
    if method in _PLOTTING_POSITIONS:
        alpha, beta = _PLOTTING_POSITIONS[method]
        index = n * q + (alpha + q * (1 - alpha - beta)) - 1
        return _between(index, n)
    if method in _METHODS:
        return _METHODS[method](n, q)  # type: ignore[no-any-return]
    raise ValueError(f"{method!r} is not a valid method. Use one of: {[*_PLOTTING_POSITIONS, *_METHODS]}")


def _between(index: Any, n: Any) -> tuple[Any, Any]:
    index = np.clip(index, 0, n - 1)
    below = np.floor(index)
    return below, index - below


def _linear(n: Any, q: Any) -> tuple[Any, Any]:
    index = (n - 1) * q
    return (index, None) if index.dtype.kind in "iu" else _between(index, n)


def _midpoint(n: Any, q: Any) -> tuple[Any, Any]:
    below, above = np.floor((n - 1) * q), np.ceil((n - 1) * q)
    return below, 0.5 * (above - below)


def _averaged(n: Any, q: Any) -> tuple[Any, Any]:
    index = n * q - 1
    below = np.floor(index)
    weight = np.where(index == below, 0.5, 1.0)
    inside = (index >= 0) & (index < n - 1)
    return np.clip(below, 0, n - 1), np.where(inside, weight, 0.0)


def _inverted(n: Any, q: Any) -> tuple[Any, Any]:
    return np.maximum(np.ceil(n * q - 1), 0), None


def _closest(n: Any, q: Any) -> tuple[Any, Any]:
    index = n * q - 1.5
    below = np.floor(index)
    stays = (index == below) & (np.remainder(below, 2) == 1)
    return np.maximum(np.where(stays, below, below + 1), 0), None


_METHODS: dict[str, Any] = {
    "linear": _linear,
    "lower": lambda n, q: (np.floor((n - 1) * q), None),
    "higher": lambda n, q: (np.ceil((n - 1) * q), None),
    "nearest": lambda n, q: (np.rint((n - 1) * q), None),
    "midpoint": _midpoint,
    "averaged_inverted_cdf": _averaged,
    "inverted_cdf": _inverted,
    "closest_observation": _closest,
}


def quantile_of(s: Any, n: Any, q: Any, method: str, weak: bool) -> Any:
    """Quantiles of entries sorted along axis 0, of which the first n count.

    s: (m, *rest). n: a number, or one per slice: (*rest). q: of any shape, which the result has in front.
    weak: whether the result has the dtype of `s` whatever that of `q` is.
    """
    if not isinstance(n, int):
        q = np.reshape(q, q.shape + (1,) * (s.ndim - 1))
    below, weight = _place(n if isinstance(n, int) or q.dtype.kind != "f" else astype(n, q.dtype), q, method)
    below = np.clip(astype(below, np.intp), 0, np.maximum(n - 1, 0))
    low = _at(s, below, n)
    if weight is None:
        return low
    high = _at(s, np.minimum(below + 1, np.maximum(n - 1, 0)), n)
    if weak:
        weight = astype(weight, inexact(s).dtype)
    if isinstance(n, int):
        weight = np.reshape(weight, weight.shape + (1,) * (s.ndim - 1))
    # An infinite entry times the weight 0 counts for nothing.
    return np.where(weight == 0, low, low + (high - low) * weight)


def _at(s: Any, places: Any, n: Any) -> Any:
    if isinstance(n, int):
        return take(s, places, axis=0)
    lead = places.shape[: places.ndim - (s.ndim - 1)]
    places = np.broadcast_to(places, (*lead, *s.shape[1:]))
    flat = np.reshape(places, (count(lead, tuple(range(len(lead)))), *s.shape[1:]))
    return np.reshape(np.take_along_axis(s, flat, axis=0), places.shape)


def _weighted(x: Any, weights: Any, q: Any) -> Any:
    """The first entry, in order, up to which the weights sum to the share q of all."""
    order = np.argsort(x, axis=0)
    s = np.take_along_axis(x, order, axis=0)
    share = np.cumsum(astype(np.take_along_axis(weights, order, axis=0), np.float64), axis=0)
    share = share / share[-1:]
    share = np.where(share == 0, -1.0, astype(share, q.dtype) if q.dtype.kind == "f" else share)
    before = np.sum(share < np.reshape(q, q.shape + (1,) * x.ndim), axis=q.ndim)
    return s, before


def _like_slices(weights: Any, a: Any, axis: Any) -> Any:
    """Weights of the whole array, or of the axes that are reduced, one per entry."""
    weights = lift(weights)
    if weights.shape == a.shape:
        return in_front(weights, axis)
    axes = normal_axes(axis, a.ndim)
    if axis is None or weights.shape != tuple([a.shape[n] for n in axes]):
        raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
    x = in_front(a, axis)
    return np.broadcast_to(np.reshape(weights, (x.shape[0],) + (1,) * (x.ndim - 1)), x.shape)


def _arguments(a: Any, q: Any, method: str, weights: Any, unit: float) -> tuple[Any, Any, bool]:
    a = lift(a)
    if a.dtype.kind == "c":
        raise TypeError("a must be an array of real numbers")
    if weights is not None and method != "inverted_cdf":
        raise ValueError(f"Only method 'inverted_cdf' supports weights. Got: {method}.")
    weak = type(q) in (int, float)
    q = lift(q) / unit if unit != 1 else lift(q)
    if not isinstance(q, Box) and not (np.all(q >= 0) and np.all(q <= 1)):
        raise ValueError(f"{'Percentiles' if unit != 1 else 'Quantiles'} must be in the range [0, {unit:g}]")
    return a, q, weak


def _quantile(unit: float, *, skip: bool) -> Any:
    def function(
        a: Any, q: Any, axis: Any = None, overwrite_input: bool = False, method: str = "linear",
        keepdims: Any = False, *, weights: Any = None, interpolation: Any = None,
    ) -> Any:  # fmt: skip
        method = method if interpolation is None else interpolation
        a, q, weak = _arguments(a, q, method, weights, unit)
        x = in_front(a, axis)
        floating = a.dtype.kind == "f"
        missing = np.isnan(x) if floating else np.zeros(x.shape, bool)
        n: Any = np.sum(~missing, axis=0) if skip and floating else x.shape[0]
        if weights is None:
            s = np.sort(x, axis=0)
            out = quantile_of(s, n, q, method, weak)
        else:
            shares = _like_slices(weights, a, axis)
            s, before = _weighted(x, np.where(missing, 0, shares) if skip else shares, q)
            out = _at(s, np.clip(before, 0, np.maximum(n - 1, 0)), lift(n))
        if floating and not skip and x.shape[0]:
            out = np.where(np.isnan(s[-1]), s[-1], out)
        return keeping(out, q.shape, a.shape, axis, keepdims if isinstance(keepdims, bool) else False)

    return function


quantile = spell(np.quantile)(_quantile(1, skip=False))
percentile = spell(np.percentile)(_quantile(100, skip=False))
nanquantile = spell(np.nanquantile)(_quantile(1, skip=True))
nanpercentile = spell(np.nanpercentile)(_quantile(100, skip=True))


@spell(np.median)
def median(a: Any, axis: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    """The entry in the middle, or the mean of the two there."""
    a = lift(a)
    x = in_front(a, axis)
    s, n = np.sort(x, axis=0), x.shape[0]
    out = np.mean(s[(n - 1) // 2 : n // 2 + 1], axis=0)
    if a.dtype.kind in "fc" and n:
        out = np.where(np.isnan(s[-1]), s[-1], out)
    return keeping(out, (), a.shape, axis, bool(keepdims))


@spell(np.nanmedian)
def nanmedian(a: Any, axis: Any = None, overwrite_input: bool = False, keepdims: Any = False) -> Any:
    """The entry in the middle of those that are not NaN, or the mean of the two there."""
    a = lift(a)
    if a.dtype.kind not in "fc":
        return np.median(a, axis=axis, keepdims=bool(keepdims))
    s = np.sort(in_front(a, axis), axis=0)
    if not s.shape[0]:
        return np.median(a, axis=axis, keepdims=bool(keepdims))
    n = np.sum(~np.isnan(s), axis=0)
    low = _at(s, np.clip((n - 1) // 2, 0, None)[None], n)
    high = _at(s, np.clip(n // 2, 0, s.shape[0] - 1)[None], n)
    out = np.where(n == 0, s[0], (0.5 * (low + high))[0])
    return keeping(out, (), a.shape, axis, bool(keepdims))


# --- correlations ---------------------------------------------------------------------------------------------


def _rows(m: Any, rowvar: bool) -> Any:
    m = lift(m)
    if m.ndim > 2:
        raise ValueError("m has more than 2 dimensions")
    rows = np.atleast_2d(m)
    return np.transpose(rows) if not rowvar and m.ndim != 1 else rows


@spell(np.cov)
def cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None, fweights: Any = None,
    aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    """The covariances of variables: the rows of `m`, and of `y`; their columns are observations."""
    parts = [lift(m)] if y is None else [lift(m), lift(y)]
    kind = np.result_type(*[p.dtype for p in parts], np.float64) if dtype is None else np.dtype(dtype)
    x = astype(np.concatenate([_rows(p, rowvar) for p in parts], axis=0), kind)
    if ddof is None:
        ddof = 0 if bias else 1
    w: Any = None if fweights is None else astype(_weights(fweights, x.shape[1], "fweights"), np.float64)
    if aweights is not None:
        shares = astype(_weights(aweights, x.shape[1], "aweights"), np.float64)
        w = shares if w is None else w * shares
    if w is None:
        total, fact = x.shape[1], x.shape[1] - ddof
        d: Any = x - np.mean(x, axis=1, keepdims=True)
        back = d
    else:
        total = np.sum(w)
        fact = total - ddof if aweights is None else total - ddof * np.sum(w * lift(aweights)) / total
        fact = total if ddof == 0 else fact
        d = x - np.sum(x * w, axis=1, keepdims=True) / total
        back = d * w
    out = np.matmul(d, np.conj(np.transpose(back))) / np.maximum(fact, 0)
    return np.squeeze(astype(out, kind))


def _weights(given: Any, count: int, name: str) -> Any:
    """Weights of observations, with NumPy's errors; signs are looked at where numbers are at hand."""
    w = lift(given)
    if w.ndim > 1:
        raise RuntimeError(f"cannot handle multidimensional {name}")
    if w.shape != (count,):
        raise RuntimeError(f"incompatible numbers of samples and {name}")
    plain = not isinstance(w, Box)
    if name == "fweights" and w.dtype.kind == "f" and not (plain and np.all(w == np.round(w))):
        raise TypeError("fweights must be integer")
    if plain and np.any(w < 0):
        raise ValueError(f"{name} cannot be negative")
    return w


@spell(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """The correlations of variables: covariances over both standard deviations."""
    c = np.cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    spread = np.sqrt(np.real(np.diagonal(c)))
    c = c / spread[:, None] / spread[None, :]
    if c.dtype.kind == "c":
        return np.clip(np.real(c), -1, 1) + 1j * np.clip(np.imag(c), -1, 1)
    return np.clip(c, -1, 1)
