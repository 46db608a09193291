"""Statistics of samples: moments, means, scales, scores, and distances between samples."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.special as sp
import scipy.stats as theirs

from wengert.core.apply import Box
from wengert.ops.spelling import lift
from wengert.scipy.choice import twin_of
from wengert.scipy.limiting import log_quotient
from wengert.scipy.opaque import plain
from wengert.scipy.piecewise import floats, rows
from wengert.scipy.separately import one_by_one

__all__ = [
    "describe",
    "energy_distance",
    "entropy",
    "gmean",
    "gstd",
    "gzscore",
    "hmean",
    "iqr",
    "kurtosis",
    "median_abs_deviation",
    "moment",
    "pmean",
    "reduced",
    "sem",
    "skew",
    "tmean",
    "trim_mean",
    "tsem",
    "tstd",
    "tvar",
    "variation",
    "wasserstein_distance",
    "zmap",
    "zscore",
]  # fmt: skip

Function = Callable[..., Any]


# --- along an axis ----------------------------------------------------------------------------------------------


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


def _central(x: Any, order: Any) -> Any:
    """The moment of that order about the mean."""
    return np.mean((x - np.mean(x, axis=-1, keepdims=True)) ** order, axis=-1)


@twin_of(theirs.moment)
def moment(
    a: Any, order: Any = 1, axis: Any = 0, nan_policy: str = "propagate", *, center: Any = None, keepdims: bool = False
) -> Any:
    """`scipy.stats.moment`: the moment about the mean, or about `center`; of several orders one behind the other.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.moment(x, 2))(np.array([1.0, 2.0, 6.0])).round(6)  # 2 (x - mean) / n
    array([-1.333333, -0.666667,  2.      ])
    """

    def core(x: Any, order: int, center: Any = None) -> Any:
        if center is None:
            return np.zeros(np.shape(x)[:-1]) + 0 * np.sum(x, axis=-1) if order == 1 else _central(x, order)
        return np.mean((x - center) ** order, axis=-1)

    orders = np.asarray(order)
    if np.any(orders != np.round(orders)):
        raise ValueError("All elements of `order` must be integral.")
    about = [] if center is None else [center]
    found = [
        reduced(lambda x, *about, n=int(n): core(x, n, *about), [a], axis, nan_policy, keepdims, about)
        for n in orders.flat
    ]
    return np.reshape(np.stack(found), orders.shape + np.shape(found[0])) if orders.ndim else found[0]


@twin_of(theirs.skew)
def skew(a: Any, axis: Any = 0, bias: bool = True, nan_policy: str = "propagate", *, keepdims: bool = False) -> Any:
    """`scipy.stats.skew`: m₃/m₂^(3/2), or without the bias of a sample of normal numbers."""

    def core(x: Any) -> Any:
        n = np.shape(x)[-1]
        m2, m3 = _central(x, 2), _central(x, 3)
        flat = _is_flat(m2, x)
        found = m3 / np.where(flat, 1.0, m2) ** 1.5
        if not bias and n > 2:
            found = found * math.sqrt((n - 1.0) * n) / (n - 2.0)
        return np.where(flat, np.nan, found)[()]

    return reduced(core, [a], axis, nan_policy, keepdims)


@twin_of(theirs.kurtosis)
def kurtosis(
    a: Any,
    axis: Any = 0,
    fisher: bool = True,
    bias: bool = True,
    nan_policy: str = "propagate",
    *,
    keepdims: bool = False,
) -> Any:
    """`scipy.stats.kurtosis`: m₄/m₂² - 3 (without the 3 if not `fisher`), or without its bias."""

    def core(x: Any) -> Any:
        n = np.shape(x)[-1]
        m2, m4 = _central(x, 2), _central(x, 4)
        flat = _is_flat(m2, x)
        found = m4 / np.where(flat, 1.0, m2) ** 2
        if not bias and n > 3:
            found = ((n**2 - 1.0) * found - 3.0 * (n - 1) ** 2) / ((n - 2) * (n - 3)) + 3.0
        return np.where(flat, np.nan, found - 3 if fisher else found)[()]

    return reduced(core, [a], axis, nan_policy, keepdims)


def _is_flat(m2: Any, x: Any) -> Any:
    """Where the entries are all the same but for rounding."""
    return m2 <= (np.finfo(x.dtype).eps * np.mean(x, axis=-1)) ** 2


@twin_of(theirs.variation)
def variation(a: Any, axis: Any = 0, nan_policy: str = "propagate", ddof: int = 0, *, keepdims: bool = False) -> Any:
    """`scipy.stats.variation`: the standard deviation over the mean."""
    core = lambda x: np.std(x, axis=-1, ddof=ddof) / np.mean(x, axis=-1)
    return reduced(core, [a], axis, nan_policy, keepdims)


@twin_of(theirs.sem)
def sem(a: Any, axis: Any = 0, ddof: int = 1, nan_policy: str = "propagate", *, keepdims: bool = False) -> Any:
    """`scipy.stats.sem`: the standard error of the mean."""
    core = lambda x: np.std(x, axis=-1, ddof=ddof) / math.sqrt(np.shape(x)[-1])
    return reduced(core, [a], axis, nan_policy, keepdims)


@twin_of(theirs.describe)
def describe(a: Any, axis: Any = 0, ddof: int = 1, bias: bool = True, nan_policy: str = "propagate") -> Any:
    """`scipy.stats.describe`: number, smallest and largest, mean, variance, skewness and kurtosis."""
    a = floats(a)

    def core(x: Any) -> Any:
        ends = np.min(x, axis=-1), np.max(x, axis=-1)
        return (np.full(np.shape(x)[:-1], np.shape(x)[-1]), *ends, np.mean(x, axis=-1), np.var(x, axis=-1, ddof=ddof),
                skew(x, -1, bias), kurtosis(x, -1, bias=bias))  # fmt: skip

    count, low, high, *rest = reduced(core, [a], axis, nan_policy)
    kind = type(theirs.describe(np.arange(3.0)))
    return kind(int(count) if not np.shape(count) else count, (low, high), *rest)


# --- means ------------------------------------------------------------------------------------------------------


def _weighted(
    a: Any, weights: Any, axis: Any, nan_policy: str, keepdims: bool, core: Function, *parameters: Any
) -> Any:
    if weights is None:
        return reduced(lambda x, *p: core(x, None, *p), [a], axis, nan_policy, keepdims, parameters)
    return reduced(core, np.broadcast_arrays(floats(a), floats(weights)), axis, nan_policy, keepdims, parameters)


def _average(x: Any, w: Any) -> Any:
    return np.mean(x, axis=-1) if w is None else np.sum(x * w, axis=-1) / np.sum(w, axis=-1)


@twin_of(theirs.gmean)
def gmean(
    a: Any,
    axis: Any = 0,
    dtype: Any = None,
    weights: Any = None,
    *,
    nan_policy: str = "propagate",
    keepdims: bool = False,
) -> Any:
    """`scipy.stats.gmean`: the exponential of the (weighted) mean of logarithms.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(wg.scipy.stats.gmean)(np.array([1.0, 4.0]))  # gmean / (n x)
    array([1.  , 0.25])
    """
    a = floats(a) if dtype is None else lift(a).astype(dtype)
    return _weighted(a, weights, axis, nan_policy, keepdims, lambda x, w: np.exp(_average(np.log(x), w)))


@twin_of(theirs.hmean)
def hmean(
    a: Any,
    axis: Any = 0,
    dtype: Any = None,
    *,
    weights: Any = None,
    nan_policy: str = "propagate",
    keepdims: bool = False,
) -> Any:
    """`scipy.stats.hmean`: the reciprocal of the (weighted) mean of reciprocals."""
    a = floats(a) if dtype is None else lift(a).astype(dtype)
    return _weighted(a, weights, axis, nan_policy, keepdims, lambda x, w: 1 / _average(1 / x, w))


@twin_of(theirs.pmean)
def pmean(
    a: Any, p: Any, *, axis: Any = 0, dtype: Any = None, weights: Any = None, nan_policy: str = "propagate",
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.pmean`: the p-th root of the (weighted) mean of p-th powers; the geometric mean for p = 0."""
    if not isinstance(p, Box) and p == 0:
        return gmean(a, axis, dtype, weights, nan_policy=nan_policy, keepdims=keepdims)
    a = floats(a) if dtype is None else lift(a).astype(dtype)
    if isinstance(p, Box):  # ln of it is ln(1 + p m)/p, m the mean of (x^p - 1)/p, and smooth at p = 0
        means = lambda x, w, p: _average(sp.boxcox(x, p), w)
        m = _weighted(a, weights, axis, nan_policy, keepdims, means, p)
        return np.exp(m * log_quotient(p * m))
    return _weighted(a, weights, axis, nan_policy, keepdims, lambda x, w: _average(x**p, w) ** (1 / p))


@twin_of(theirs.gstd)
def gstd(a: Any, axis: Any = 0, ddof: int = 1, *, keepdims: bool = False, nan_policy: str = "propagate") -> Any:
    """`scipy.stats.gstd`: the exponential of the standard deviation of logarithms."""
    core = lambda x: np.exp(np.std(np.log(x), axis=-1, ddof=ddof))
    return reduced(core, [a], axis, nan_policy, keepdims)


@twin_of(theirs.trim_mean)
def trim_mean(
    a: Any, proportiontocut: float, axis: Any = 0, *, nan_policy: str = "propagate", keepdims: bool = False
) -> Any:
    """`scipy.stats.trim_mean`: the mean without that part of the smallest and of the largest entries."""

    def core(x: Any) -> Any:
        n = np.shape(x)[-1]
        cut = int(proportiontocut * n)
        if 2 * cut >= n and n:
            raise ValueError("Proportion too big.")
        return np.mean(np.sort(x, axis=-1)[..., cut : n - cut], axis=-1)

    return reduced(core, [a], axis, nan_policy, keepdims)


# --- scales -----------------------------------------------------------------------------------------------------


@twin_of(theirs.iqr)
def iqr(
    x: Any, axis: Any = None, rng: Any = (25, 75), scale: Any = 1.0, nan_policy: str = "propagate",
    interpolation: Any = "linear", keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.iqr`: the distance of two percentiles, over `scale`."""
    unit = 1.3489795003921634 if isinstance(scale, str) else scale  # of the normal distribution
    low, high = sorted(rng)

    def core(x: Any) -> Any:
        ends = [np.percentile(x, q, axis=-1, method=interpolation) for q in (low, high)]
        return (ends[1] - ends[0]) / unit

    return reduced(core, [x], axis, nan_policy, keepdims)


@twin_of(theirs.median_abs_deviation)
def median_abs_deviation(
    x: Any, axis: Any = 0, center: Any = np.median, scale: Any = 1.0, nan_policy: str = "propagate", *,
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.median_abs_deviation`: the median of the distances from the median, or other centre."""
    unit = 0.6744897501960817 if isinstance(scale, str) else scale

    def core(x: Any) -> Any:
        return np.median(np.abs(x - np.expand_dims(center(x, axis=-1), -1)), axis=-1) / unit

    return reduced(core, [x], axis, nan_policy, keepdims)


def _within(a: Any, limits: Any, inclusive: Any) -> tuple[Any, Any]:
    """Which entries are between the limits, and the entries with a zero in the place of others."""
    low, high = (None, None) if limits is None else limits
    inside = np.ones(np.shape(a), bool)
    if low is not None:
        inside = inside & (a >= low if inclusive[0] else a > low)
    if high is not None:
        inside = inside & (a <= high if inclusive[1] else a < high)
    return inside, np.where(inside, a, 0.0)


def _trimmed(a: Any, limits: Any, inclusive: Any, axis: Any, nan_policy: str, keepdims: bool, core: Function) -> Any:
    """core: of entries (0 if they are beyond the limits), which are within, and how many."""

    def all_of(x: Any) -> Any:
        inside, x = _within(x, limits, inclusive)
        return core(x, inside, np.sum(inside, axis=-1))

    return reduced(all_of, [a], axis, nan_policy, keepdims)


def _trimmed_variance(x: Any, inside: Any, n: Any, ddof: int) -> Any:
    mean = np.sum(x, axis=-1, keepdims=True) / n[..., None]
    return np.sum(np.where(inside, (x - mean) ** 2, 0.0), axis=-1) / (n - ddof)


@twin_of(theirs.tmean)
def tmean(
    a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = None, *, nan_policy: str = "propagate",
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.tmean`: the mean of what is between the limits."""
    core = lambda x, inside, n: np.sum(x, axis=-1) / n
    return _trimmed(a, limits, inclusive, axis, nan_policy, keepdims, core)


@twin_of(theirs.tvar)
def tvar(
    a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = 0, ddof: int = 1, *,
    nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.tvar`: the variance of what is between the limits."""
    core = lambda x, inside, n: _trimmed_variance(x, inside, n, ddof)
    return _trimmed(a, limits, inclusive, axis, nan_policy, keepdims, core)


@twin_of(theirs.tstd)
def tstd(
    a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = 0, ddof: int = 1, *,
    nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.tstd`: the standard deviation of what is between the limits."""
    return np.sqrt(tvar(a, limits, inclusive, axis, ddof, nan_policy=nan_policy, keepdims=keepdims))


@twin_of(theirs.tsem)
def tsem(
    a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = 0, ddof: int = 1, *,
    nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.tsem`: the standard error of the mean of what is between the limits."""
    core = lambda x, inside, n: np.sqrt(_trimmed_variance(x, inside, n, ddof) / n)
    return _trimmed(a, limits, inclusive, axis, nan_policy, keepdims, core)


# --- scores -----------------------------------------------------------------------------------------------------


@twin_of(theirs.zmap)
def zmap(scores: Any, compare: Any, axis: Any = 0, ddof: int = 0, nan_policy: str = "propagate") -> Any:
    """`scipy.stats.zmap`: the distance from the mean of `compare` in its standard deviations."""
    scores, compare = floats(scores), floats(compare)
    bad = np.isnan(np.asarray(plain(compare)))
    if nan_policy == "raise" and np.any(bad):
        raise ValueError("The input contains nan values")
    mean, std = (np.nanmean, np.nanstd) if nan_policy == "omit" else (np.mean, np.std)
    width = std(compare, axis=axis, ddof=ddof, keepdims=True)
    centre = mean(compare, axis=axis, keepdims=True)
    flat = width <= np.finfo(scores.dtype).eps * np.abs(centre)
    return (scores - centre) / np.where(flat, np.nan, width)


@twin_of(theirs.zscore)
def zscore(a: Any, axis: Any = 0, ddof: int = 0, nan_policy: str = "propagate") -> Any:
    """`scipy.stats.zscore`: the distance from the mean in standard deviations."""
    return zmap(a, a, axis, ddof, nan_policy)


@twin_of(theirs.gzscore)
def gzscore(a: Any, *, axis: Any = 0, ddof: int = 0, nan_policy: str = "propagate") -> Any:
    """`scipy.stats.gzscore`: `zscore` of the logarithms."""
    return zscore(np.log(floats(a)), axis, ddof, nan_policy)


@twin_of(theirs.entropy)
def entropy(
    pk: Any, qk: Any = None, base: Any = None, axis: Any = 0, *, nan_policy: str = "propagate", keepdims: bool = False
) -> Any:
    """`scipy.stats.entropy`: of probabilities (normalised here), or relative to others."""
    if base is not None and base <= 0:
        raise ValueError("`base` must be a positive number or `None`.")
    unit = 1.0 if base is None else math.log(base)

    def core(p: Any, q: Any = None) -> Any:
        p = p / np.sum(p, axis=-1, keepdims=True)
        if q is None:
            return np.sum(sp.entr(p), axis=-1) / unit
        return np.sum(sp.rel_entr(p, q / np.sum(q, axis=-1, keepdims=True)), axis=-1) / unit

    if qk is None:
        return reduced(core, [pk], axis, nan_policy, keepdims)
    return reduced(core, np.broadcast_arrays(floats(pk), floats(qk)), axis, nan_policy, keepdims)


# --- distances --------------------------------------------------------------------------------------------------


def _cdf_distance(power: int, u: Any, v: Any, u_weights: Any, v_weights: Any) -> Any:
    """(∫ |U - V|^p dx)^(1/p) of two empirical distribution functions, which are constant between the values."""
    u, v = lift(u).astype(float), lift(v).astype(float)
    every = np.concatenate([u, v])
    order = np.argsort(every)
    share = [_share(u, u_weights), _share(v, v_weights)]
    jumps = rows(np.concatenate([share[0], -share[1]]), order)
    gap = np.cumsum(jumps)[:-1]
    lengths = np.diff(rows(every, order))
    if power == 1:
        return np.sum(np.abs(gap) * lengths)
    return np.sqrt(np.sum(gap**2 * lengths))


def _share(x: Any, weights: Any) -> Any:
    if weights is None:
        return np.full(np.shape(x), 1 / np.shape(x)[0])
    weights = floats(weights)
    return weights / np.sum(weights)


@twin_of(theirs.wasserstein_distance)
def wasserstein_distance(u_values: Any, v_values: Any, u_weights: Any = None, v_weights: Any = None) -> Any:
    """`scipy.stats.wasserstein_distance`: the least way that the one sample is to be moved to be the other.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(wg.scipy.stats.wasserstein_distance)(np.array([0.0, 1.0]), np.array([2.0, 4.0]))
    array([-0.5, -0.5])
    """
    return _cdf_distance(1, u_values, v_values, u_weights, v_weights)


@twin_of(theirs.energy_distance)
def energy_distance(u_values: Any, v_values: Any, u_weights: Any = None, v_weights: Any = None) -> Any:
    """`scipy.stats.energy_distance`: √(2 ∫ (U - V)² dx) of the empirical distribution functions."""
    return math.sqrt(2) * _cdf_distance(2, u_values, v_values, u_weights, v_weights)
