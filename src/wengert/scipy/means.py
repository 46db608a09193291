"""Means of samples: with weights, of powers and logarithms, and without what is at the ends or beyond limits."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp
import scipy.stats as theirs

from wengert.core.apply import Box
from wengert.ops.spelling import lift
from wengert.scipy.choice import twin_of
from wengert.scipy.limiting import log_quotient
from wengert.scipy.piecewise import floats
from wengert.scipy.reducing import Function, reduced

__all__ = ["gmean", "hmean", "pmean", "tmean", "trim_mean", "tsem", "tstd", "tvar"]


def _weighted(
    core: Function, a: Any, axis: Any, dtype: Any, weights: Any, nan_policy: str, keepdims: bool, *parameters: Any
) -> Any:
    """``core(x, w, *parameters)`` along an axis; w is None without weights."""
    a = floats(a) if dtype is None else lift(a).astype(dtype)
    if weights is None:
        return reduced(lambda x, *p: core(x, None, *p), [a], axis, nan_policy, keepdims, parameters)
    return reduced(core, np.broadcast_arrays(a, floats(weights)), axis, nan_policy, keepdims, parameters)


def _average(x: Any, w: Any) -> Any:
    return np.mean(x, axis=-1) if w is None else np.sum(x * w, axis=-1) / np.sum(w, axis=-1)


@twin_of(theirs.gmean)
def gmean(
    a: Any, axis: Any = 0, dtype: Any = None, weights: Any = None, *, nan_policy: str = "propagate",
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.gmean`: the exponential of the (weighted) mean of logarithms.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(wg.scipy.stats.gmean)(np.array([1.0, 4.0]))  # gmean / (n x)
    array([1.  , 0.25])
    """
    core = lambda x, w: np.exp(_average(np.log(x), w))
    return _weighted(core, a, axis, dtype, weights, nan_policy, keepdims)


@twin_of(theirs.hmean)
def hmean(
    a: Any, axis: Any = 0, dtype: Any = None, *, weights: Any = None, nan_policy: str = "propagate",
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.hmean`: the reciprocal of the (weighted) mean of reciprocals.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.hmean)(np.array([1.0, 2.0, 4.0])).round(4)
    array([0.9796, 0.2449, 0.0612])
    """
    core = lambda x, w: 1 / _average(1 / x, w)
    return _weighted(core, a, axis, dtype, weights, nan_policy, keepdims)


@twin_of(theirs.pmean)
def pmean(
    a: Any, p: Any, *, axis: Any = 0, dtype: Any = None, weights: Any = None, nan_policy: str = "propagate",
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.pmean`: the p-th root of the (weighted) mean of p-th powers; the geometric mean for p = 0.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.pmean(x, 2))(np.array([1.0, 2.0, 4.0])).round(4)
    array([0.126, 0.252, 0.504])
    """
    if isinstance(p, Box):  # ln of it is ln(1 + p m)/p, m the mean of (x^p - 1)/p, and smooth at p = 0
        means = lambda x, w, p: _average(sp.boxcox(x, p), w)
        m = _weighted(means, a, axis, dtype, weights, nan_policy, keepdims, p)
        return np.exp(m * log_quotient(p * m))
    if p == 0:
        return gmean(a, axis, dtype, weights, nan_policy=nan_policy, keepdims=keepdims)
    core = lambda x, w: _average(x**p, w) ** (1 / p)
    return _weighted(core, a, axis, dtype, weights, nan_policy, keepdims)


# --- without the ends ------------------------------------------------------------------------------------------


@twin_of(theirs.trim_mean)
def trim_mean(
    a: Any, proportiontocut: float, axis: Any = 0, *, nan_policy: str = "propagate", keepdims: bool = False
) -> Any:
    """`scipy.stats.trim_mean`: the mean without that part of the smallest and of the largest entries.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.trim_mean(x, 0.4))(np.array([1.0, 2.0, 4.0]))
    array([0., 1., 0.])
    """

    def core(x: Any) -> Any:
        n = np.shape(x)[-1]
        cut = int(proportiontocut * n)
        if 2 * cut >= n and n:
            raise ValueError("Proportion too big.")
        return np.mean(np.sort(x, axis=-1)[..., cut : n - cut], axis=-1)

    return reduced(core, [a], axis, nan_policy, keepdims)


def _within(a: Any, limits: Any, inclusive: Any) -> tuple[Any, Any]:
    """Which entries are between the limits, and the entries with a zero in the place of others."""
    low, high = (None, None) if limits is None else limits
    inside = np.ones(np.shape(a), bool)
    if low is not None:
        inside = inside & (a >= low if inclusive[0] else a > low)
    if high is not None:
        inside = inside & (a <= high if inclusive[1] else a < high)
    return inside, np.where(inside, a, 0.0)


def _trimmed(core: Function, a: Any, limits: Any, inclusive: Any, axis: Any, nan_policy: str, keepdims: bool) -> Any:
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
    """`scipy.stats.tmean`: the mean of what is between the limits.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.tmean)(np.array([1.0, 2.0, 4.0])).round(4)
    array([0.3333, 0.3333, 0.3333])
    """
    core = lambda x, inside, n: np.sum(x, axis=-1) / n
    return _trimmed(core, a, limits, inclusive, axis, nan_policy, keepdims)


@twin_of(theirs.tvar)
def tvar(
    a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = 0, ddof: int = 1, *,
    nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.tvar`: the variance of what is between the limits.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.tvar)(np.array([1.0, 2.0, 4.0])).round(4)
    array([-1.3333, -0.3333,  1.6667])
    """
    core = lambda x, inside, n: _trimmed_variance(x, inside, n, ddof)
    return _trimmed(core, a, limits, inclusive, axis, nan_policy, keepdims)


@twin_of(theirs.tstd)
def tstd(
    a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = 0, ddof: int = 1, *,
    nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.tstd`: the standard deviation of what is between the limits.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.tstd)(np.array([1.0, 2.0, 4.0])).round(4)
    array([-0.4364, -0.1091,  0.5455])
    """
    return np.sqrt(tvar(a, limits, inclusive, axis, ddof, nan_policy=nan_policy, keepdims=keepdims))


@twin_of(theirs.tsem)
def tsem(
    a: Any, limits: Any = None, inclusive: Any = (True, True), axis: Any = 0, ddof: int = 1, *,
    nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.tsem`: the standard error of the mean of what is between the limits.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.tsem)(np.array([1.0, 2.0, 4.0])).round(4)
    array([-0.252, -0.063,  0.315])
    """
    core = lambda x, inside, n: np.sqrt(_trimmed_variance(x, inside, n, ddof) / n)
    return _trimmed(core, a, limits, inclusive, axis, nan_policy, keepdims)
