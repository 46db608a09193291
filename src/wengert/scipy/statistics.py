"""Statistics of samples: moments, scales, scores, and distances between samples."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp
import scipy.stats as theirs

from wengert.ops.spelling import lift
from wengert.scipy.choice import twin_of
from wengert.scipy.closures import plain
from wengert.scipy.piecewise import floats, rows
from wengert.scipy.reducing import reduced

__all__ = [
    "describe",
    "energy_distance",
    "entropy",
    "gstd",
    "gzscore",
    "iqr",
    "kurtosis",
    "median_abs_deviation",
    "moment",
    "sem",
    "skew",
    "variation",
    "wasserstein_distance",
    "zmap",
    "zscore",
]  # fmt: skip

_DESCRIPTION = type(theirs.describe(np.arange(3.0)))


# --- moments ----------------------------------------------------------------------------------------------------


def _central(x: Any, order: Any) -> Any:
    """The moment of that order about the mean."""
    return np.mean((x - np.mean(x, axis=-1, keepdims=True)) ** order, axis=-1)


def _standardised(x: Any, order: int) -> tuple[Any, Any]:
    """The central moment in units of the standard deviation, and where all entries are the same but for rounding."""
    variance = _central(x, 2)
    flat = variance <= (np.finfo(x.dtype).eps * np.mean(x, axis=-1)) ** 2
    return _central(x, order) / np.where(flat, 1.0, variance) ** (order / 2), flat


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
    """`scipy.stats.skew`: m₃/m₂^(3/2), or without the bias of a sample of normal numbers.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.skew)(np.array([1.0, 2.0, 4.0])).round(4)
    array([ 0.4418, -0.6627,  0.2209])
    """

    def core(x: Any) -> Any:
        n = np.shape(x)[-1]
        found, flat = _standardised(x, 3)
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
    """`scipy.stats.kurtosis`: m₄/m₂² - 3 (without the 3 if not `fisher`), or without its bias.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.kurtosis)(np.array([1.0, 2.0, 4.0, 8.0])).round(4)
    array([ 0.0798,  0.1141, -0.3108,  0.1169])
    """

    def core(x: Any) -> Any:
        n = np.shape(x)[-1]
        found, flat = _standardised(x, 4)
        if not bias and n > 3:
            found = ((n**2 - 1.0) * found - 3.0 * (n - 1) ** 2) / ((n - 2) * (n - 3)) + 3.0
        return np.where(flat, np.nan, found - 3 if fisher else found)[()]

    return reduced(core, [a], axis, nan_policy, keepdims)


@twin_of(theirs.variation)
def variation(a: Any, axis: Any = 0, nan_policy: str = "propagate", ddof: int = 0, *, keepdims: bool = False) -> Any:
    """`scipy.stats.variation`: the standard deviation over the mean.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.variation)(np.array([1.0, 2.0, 4.0])).round(4)
    array([-0.2291, -0.1145,  0.1145])
    """
    core = lambda x: np.std(x, axis=-1, ddof=ddof) / np.mean(x, axis=-1)
    return reduced(core, [a], axis, nan_policy, keepdims)


@twin_of(theirs.sem)
def sem(a: Any, axis: Any = 0, ddof: int = 1, nan_policy: str = "propagate", *, keepdims: bool = False) -> Any:
    """`scipy.stats.sem`: the standard error of the mean.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.sem)(np.array([1.0, 2.0, 4.0])).round(4)
    array([-0.252, -0.063,  0.315])
    """
    core = lambda x: np.std(x, axis=-1, ddof=ddof) / math.sqrt(np.shape(x)[-1])
    return reduced(core, [a], axis, nan_policy, keepdims)


@twin_of(theirs.describe)
def describe(a: Any, axis: Any = 0, ddof: int = 1, bias: bool = True, nan_policy: str = "propagate") -> Any:
    """`scipy.stats.describe`: number, smallest and largest, mean, variance, skewness and kurtosis.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.describe(x).variance)(np.array([1.0, 2.0, 4.0])).round(4)
    array([-1.3333, -0.3333,  1.6667])
    """
    a = floats(a)

    def core(x: Any) -> Any:
        ends = np.min(x, axis=-1), np.max(x, axis=-1)
        return (np.full(np.shape(x)[:-1], np.shape(x)[-1]), *ends, np.mean(x, axis=-1), np.var(x, axis=-1, ddof=ddof),
                skew(x, -1, bias), kurtosis(x, -1, bias=bias))  # fmt: skip

    count, low, high, *rest = reduced(core, [a], axis, nan_policy)
    return _DESCRIPTION(int(count) if not np.shape(count) else count, (low, high), *rest)


# --- scales -----------------------------------------------------------------------------------------------------


@twin_of(theirs.gstd)
def gstd(a: Any, axis: Any = 0, ddof: int = 1, *, keepdims: bool = False, nan_policy: str = "propagate") -> Any:
    """`scipy.stats.gstd`: the exponential of the standard deviation of logarithms.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.gstd)(np.array([1.0, 2.0, 4.0])).round(4)
    array([-1.  ,  0.  ,  0.25])
    """
    core = lambda x: np.exp(np.std(np.log(x), axis=-1, ddof=ddof))
    return reduced(core, [a], axis, nan_policy, keepdims)


@twin_of(theirs.iqr)
def iqr(
    x: Any, axis: Any = None, rng: Any = (25, 75), scale: Any = 1.0, nan_policy: str = "propagate",
    interpolation: Any = "linear", keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.iqr`: the distance of two percentiles, over `scale`.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.iqr)(np.array([1.0, 2.0, 4.0])).round(4)
    array([-0.5,  0. ,  0.5])
    """
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
    """`scipy.stats.median_abs_deviation`: the median of the distances from the median, or other centre.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.median_abs_deviation)(np.array([1.0, 2.0, 4.0])).round(4)
    array([-1.,  1.,  0.])
    """
    unit = 0.6744897501960817 if isinstance(scale, str) else scale

    def core(x: Any) -> Any:
        return np.median(np.abs(x - np.expand_dims(center(x, axis=-1), -1)), axis=-1) / unit

    return reduced(core, [x], axis, nan_policy, keepdims)


# --- scores -----------------------------------------------------------------------------------------------------


@twin_of(theirs.zmap)
def zmap(scores: Any, compare: Any, axis: Any = 0, ddof: int = 0, nan_policy: str = "propagate") -> Any:
    """`scipy.stats.zmap`: the distance from the mean of `compare` in its standard deviations.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.zmap(x, np.array([1.0, 3.0]))[0])(np.array([1.0, 2.0, 4.0])).round(4)
    array([1., 0., 0.])
    """
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
    """`scipy.stats.zscore`: the distance from the mean in standard deviations.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.zscore(x)[0])(np.array([1.0, 2.0, 4.0])).round(4)
    array([ 0.2291, -0.3436,  0.1145])
    """
    return zmap(a, a, axis, ddof, nan_policy)


@twin_of(theirs.gzscore)
def gzscore(a: Any, *, axis: Any = 0, ddof: int = 0, nan_policy: str = "propagate") -> Any:
    """`scipy.stats.gzscore`: `zscore` of the logarithms.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.gzscore(x)[0])(np.array([1.0, 2.0, 4.0])).round(4)
    array([ 0.2945, -0.2945,  0.0736])
    """
    return zscore(np.log(floats(a)), axis, ddof, nan_policy)


@twin_of(theirs.entropy)
def entropy(
    pk: Any, qk: Any = None, base: Any = None, axis: Any = 0, *, nan_policy: str = "propagate", keepdims: bool = False
) -> Any:
    """`scipy.stats.entropy`: of probabilities (normalised here), or relative to others.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.entropy)(np.array([1.0, 2.0, 4.0])).round(4)
    array([ 0.1415,  0.0424, -0.0566])
    """
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
    """`scipy.stats.energy_distance`: √(2 ∫ (U - V)² dx) of the empirical distribution functions.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.energy_distance(x, np.zeros(2)))(np.array([1.0, 2.0, 4.0])).round(4)
    array([0.3043, 0.1826, 0.0609])
    """
    return math.sqrt(2) * _cdf_distance(2, u_values, v_values, u_weights, v_weights)
