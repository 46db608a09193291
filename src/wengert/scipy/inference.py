"""Tests of hypotheses, lines through samples and transformations to normality: statistics and their p-values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp
import scipy.stats as theirs

from wengert.ops.spelling import lift
from wengert.scipy.choice import twin_of
from wengert.scipy.closures import plain
from wengert.scipy.piecewise import floats
from wengert.scipy.reducing import reduced

__all__ = [
    "boxcox", "boxcox_llf", "f_oneway", "linregress", "pearsonr", "ttest_1samp", "ttest_ind", "ttest_rel", "yeojohnson",
    "yeojohnson_llf",
]  # fmt: skip


def _tail(t: Any, df: Any, alternative: str) -> Any:
    """The probability, of Student's t, of what speaks at least as much for the alternative."""
    if alternative == "two-sided":
        return 2 * sp.stdtr(df, -np.abs(t))
    if alternative not in ("less", "greater"):
        raise ValueError("`alternative` must be 'less', 'greater', or 'two-sided'.")
    return sp.stdtr(df, t) if alternative == "less" else sp.stdtr(df, -t)


# SciPy's results, of which some know confidence intervals as well.
_TTEST = type(theirs.ttest_1samp(np.arange(3.0), 0.0))
_ANOVA = type(theirs.f_oneway([0.0, 1.0], [1.0, 3.0]))
_CORRELATION = type(theirs.pearsonr([0.0, 1.0, 2.0], [0.0, 1.0, 3.0]))
_LINE = type(theirs.linregress([0.0, 1.0, 2.0], [0.0, 1.0, 3.0]))
_SIGN = {"less": -1, "two-sided": 0, "greater": 1}


def _tested(estimate: Any, error: Any, popmean: Any, df: Any, alternative: str) -> Any:
    t = (estimate - popmean) / error
    df = df + 0.0 * t
    sign = np.asarray(_SIGN.get(alternative, 0))
    return _TTEST(t, _tail(t, df, alternative), df=df, alternative=sign, standard_error=error, estimate=estimate)


@twin_of(theirs.ttest_1samp)
def ttest_1samp(
    a: Any, popmean: Any, axis: Any = 0, nan_policy: str = "propagate", alternative: str = "two-sided", *,
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.ttest_1samp`: whether a sample of normal numbers has that mean.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(lambda m: wg.scipy.stats.ttest_1samp(np.array([1.0, 2.0, 6.0]), m).statistic)(0.5).round(6)
    np.float64(-0.654654)
    """

    def core(x: Any) -> Any:
        n = np.shape(x)[-1]
        return np.mean(x, axis=-1), np.std(x, axis=-1, ddof=1) / math.sqrt(n), np.full(np.shape(x)[:-1], n - 1.0)

    mean, error, df = reduced(core, [a], axis, nan_policy, keepdims)
    popmean = popmean if isinstance(popmean, int | float) else floats(popmean)
    if np.ndim(popmean) and not keepdims and axis is not None and np.ndim(popmean) == np.ndim(a):
        popmean = np.squeeze(popmean, axis=axis)
    return _tested(mean, error, popmean, df, alternative)


@twin_of(theirs.ttest_rel)
def ttest_rel(
    a: Any, b: Any, axis: Any = 0, nan_policy: str = "propagate", alternative: str = "two-sided", *,
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.ttest_rel`: whether pairs of normal numbers have one mean.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.ttest_rel(x, np.zeros(3)).statistic)(np.array([1.0, 2.0, 4.0])).round(4)
    array([ 1.1339,  0.5669, -0.5669])
    """
    return ttest_1samp(floats(a) - floats(b), 0.0, axis, nan_policy, alternative, keepdims=keepdims)


@twin_of(theirs.ttest_ind)
def ttest_ind(
    a: Any, b: Any, *, axis: Any = 0, equal_var: bool = True, nan_policy: str = "propagate",
    alternative: str = "two-sided", trim: float = 0, method: Any = None, keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.ttest_ind`: whether two samples have one mean; Welch's test if not `equal_var`, Yuen's if trimmed.

    method: resampling is SciPy's own, of plain numbers.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.ttest_ind(x, np.zeros(3)).statistic)(np.array([1.0, 2.0, 4.0])).round(4)
    array([ 1.1339,  0.5669, -0.5669])
    """
    if method is not None:
        return theirs.ttest_ind(
            a, b, axis=axis, equal_var=equal_var, nan_policy=nan_policy, alternative=alternative, trim=trim,
            method=method, keepdims=keepdims,
        )  # fmt: skip

    core = lambda x: _trimmed_moments(x, trim)
    mean1, v1, n1 = reduced(core, [a], axis, nan_policy, keepdims)
    mean2, v2, n2 = reduced(core, [b], axis, nan_policy, keepdims)
    if equal_var:
        df = n1 + n2 - 2.0
        error = np.sqrt(((n1 - 1) * v1 + (n2 - 1) * v2) / df * (1 / n1 + 1 / n2))
    else:
        p, q = v1 / n1, v2 / n2
        df = (p + q) ** 2 / (p**2 / (n1 - 1) + q**2 / (n2 - 1))
        error = np.sqrt(p + q)
    return _tested(mean1 - mean2, error, 0.0, df, alternative)


def _trimmed_moments(x: Any, trim: float) -> Any:
    """Mean, variance and number without the ends; of the winsorised sample (K. K. Yuen, Biometrika 61, 1974)."""
    n = np.shape(x)[-1]
    g = int(n * trim)
    if not g:
        return np.mean(x, axis=-1), np.var(x, axis=-1, ddof=1), np.full(np.shape(x)[:-1], float(n))
    x = np.sort(x, axis=-1)
    inner = x[..., g : n - g]
    ends = [np.broadcast_to(inner[..., place], (*np.shape(x)[:-1], g)) for place in (slice(0, 1), slice(-1, None))]
    winsorised = np.concatenate([ends[0], inner, ends[1]], axis=-1)
    spread = np.sum(winsorised**2, axis=-1) - n * np.mean(winsorised, axis=-1) ** 2
    left = n - 2 * g
    return np.mean(inner, axis=-1), spread / (left - 1), np.full(np.shape(x)[:-1], float(left))


@twin_of(theirs.f_oneway)
def f_oneway(*samples: Any, axis: Any = 0, nan_policy: str = "propagate", keepdims: bool = False, **kwargs: Any) -> Any:
    """`scipy.stats.f_oneway`: whether samples have one mean, by the variance between over that within them.

    equal_var: False for Welch's test (SciPy 1.16 and newer).

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.f_oneway(x, np.arange(3.0)).statistic)(np.array([1.0, 2.0, 4.0])).round(4)
    array([1.44, 0.96, 0.  ])
    """
    equal = kwargs.pop("equal_var", True)
    if kwargs:
        raise TypeError(f"f_oneway() got an unexpected keyword argument {next(iter(kwargs))!r}")
    if len(samples) < 2:
        raise TypeError(f"at least two inputs are required; got {len(samples)}.")

    def core(x: Any) -> Any:
        return np.mean(x, axis=-1), np.var(x, axis=-1), np.full(np.shape(x)[:-1], float(np.shape(x)[-1]))

    groups = [reduced(core, [x], axis, nan_policy, keepdims) for x in samples]
    means, variances, counts = [np.stack([g[k] for g in groups]) for k in range(3)]
    k = float(len(groups))
    if equal:
        total = np.sum(counts, axis=0)
        centre = np.sum(counts * means, axis=0) / total
        between, df = np.sum(counts * (means - centre) ** 2, axis=0) / (k - 1), total - k
        f = between / (np.sum(counts * variances, axis=0) / df)
    else:  # B. L. Welch, Biometrika 38, 1951
        weights = (counts - 1) / variances
        whole = np.sum(weights, axis=0)
        centre = np.sum(weights * means, axis=0) / whole
        spread = np.sum((1 - weights / whole) ** 2 / (counts - 1), axis=0)
        f = np.sum(weights * (means - centre) ** 2, axis=0) / (k - 1) / (1 + 2 * (k - 2) / (k * k - 1) * spread)
        df = (k * k - 1) / (3 * spread)
    return _ANOVA(f, sp.fdtrc(k - 1, df, f))


# --- two variables ----------------------------------------------------------------------------------------------


def _correlation(x: Any, y: Any) -> Any:
    x, y = [z - np.mean(z, axis=-1, keepdims=True) for z in (x, y)]
    sizes = [np.sqrt(np.sum(z * z, axis=-1)) for z in (x, y)]
    return np.clip(np.sum(x * y, axis=-1) / (sizes[0] * sizes[1]), -1, 1)


@twin_of(theirs.pearsonr)
def pearsonr(x: Any, y: Any, *, alternative: str = "two-sided", method: Any = None, axis: Any = 0) -> Any:
    """`scipy.stats.pearsonr`: the coefficient of correlation, and its p-value if both variables are normal.

    method: resampling is SciPy's own, of plain numbers.

    >>> import numpy as np, wengert as wg
    >>> y = np.array([1.0, 3.0, 2.0])
    >>> wg.grad(lambda x: wg.scipy.stats.pearsonr(x, y).statistic)(np.array([0.0, 1.0, 2.0])).round(9)
    array([-0.25,  0.5 , -0.25])
    """
    if method is not None:
        return theirs.pearsonr(x, y, alternative=alternative, method=method, axis=axis)
    x, y = np.broadcast_arrays(floats(x), floats(y))
    r = reduced(_correlation, [x, y], axis, "propagate")
    n = np.size(x) if axis is None else np.shape(x)[axis]
    if n < 2:
        raise ValueError("`x` and `y` must have length at least 2.")
    half = n / 2 - 1  # (1 + r) / 2 is a beta variable of these shapes
    if alternative == "two-sided":
        p = 2 * sp.betainc(half, half, (1 - np.abs(r)) / 2) if n > 2 else np.ones_like(r)
    elif alternative in ("less", "greater"):
        sign = -1 if alternative == "greater" else 1
        p = sp.betainc(half, half, (1 + sign * r) / 2) if n > 2 else np.ones_like(r)
    else:
        raise ValueError('`alternative` must be "less", "greater", or "two-sided".')
    return _CORRELATION(statistic=r, pvalue=p, alternative=alternative, n=n, x=x, y=y, axis=axis)


@twin_of(theirs.linregress)
def linregress(
    x: Any, y: Any, alternative: str = "two-sided", *, axis: Any = 0, nan_policy: str = "propagate",
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.linregress`: the line of least squares, its errors, and whether it rises or falls.

    >>> import wengert as wg
    >>> wg.grad(lambda y: wg.scipy.stats.linregress(np.arange(3.0), y).slope)(np.array([1.0, 2.0, 4.0])).round(4)
    array([-0.5,  0. ,  0.5])
    """

    def core(x: Any, y: Any) -> Any:
        n = np.shape(x)[-1]
        if n < 2:
            raise ValueError("Cannot calculate a linear regression of fewer than two points.")
        mean = np.mean(x, axis=-1), np.mean(y, axis=-1)
        u, v = x - mean[0][..., None], y - mean[1][..., None]
        slope = np.sum(u * v, axis=-1) / np.sum(u * u, axis=-1)
        r = _correlation(x, y)
        if n == 2:
            zero = np.zeros_like(r)
            return slope, mean[1] - slope * mean[0], r, np.where(y[..., 0] == y[..., 1], 1.0, 0.0) + zero, zero, zero
        df = n - 2.0
        t = r * np.sqrt(df / ((1 - r + 1e-20) * (1 + r + 1e-20)))
        error = np.sqrt((1 - r * r) * np.sum(v * v, axis=-1) / np.sum(u * u, axis=-1) / df)
        offset = error * np.sqrt(np.mean(u * u, axis=-1) + mean[0] ** 2)
        return slope, mean[1] - slope * mean[0], r, _tail(t, df + 0.0 * t, alternative), error, offset

    x, y = np.broadcast_arrays(lift(x).astype(float), lift(y).astype(float))
    found = reduced(core, [x, y], axis, nan_policy, keepdims)
    return _LINE(*found[:5], intercept_stderr=found[5])


# --- transformations --------------------------------------------------------------------------------------------


@twin_of(theirs.boxcox)
def boxcox(x: Any, lmbda: Any = None, alpha: Any = None, optimizer: Any = None) -> Any:
    """`scipy.stats.boxcox`: (x^λ - 1)/λ, or ln x for λ = 0.

    Without `lmbda` it is the likeliest one, which is found on plain numbers; the transformed sample then follows x with
    that λ held (at the maximum the likelihood does not notice).

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.boxcox(x, 2.0)[0])(np.array([1.0, 2.0, 4.0])).round(4)
    array([1., 0., 0.])
    """
    x = floats(x)
    if lmbda is not None:
        return sp.boxcox(x, lmbda)
    found = theirs.boxcox(np.asarray(plain(x)), None, alpha, optimizer)
    return (sp.boxcox(x, found[1]), *found[1:])


@twin_of(theirs.boxcox_llf)
def boxcox_llf(lmb: Any, data: Any, *, axis: Any = 0, keepdims: bool = False, nan_policy: str = "propagate") -> Any:
    """`scipy.stats.boxcox_llf`: the log-likelihood of λ: (λ - 1) Σ ln x - n/2 ln var(y), y the transformed sample.

    >>> import wengert as wg
    >>> wg.grad(lambda lam: wg.scipy.stats.boxcox_llf(lam, np.array([1.0, 2.0, 4.0])))(1.0).round(4)
    np.float64(-0.5648)
    """

    def core(x: Any, lmb: Any) -> Any:
        logs = np.log(x)
        variance = np.var(sp.boxcox(x, lmb), axis=-1)
        return (lmb - 1) * np.sum(logs, axis=-1) - np.shape(x)[-1] / 2 * np.log(variance)

    return reduced(core, [data], axis, nan_policy, keepdims, [lift(lmb)])


def _yeo_johnson(x: Any, lmbda: Any) -> Any:
    """I.-K. Yeo and R. A. Johnson, Biometrika 87, 2000: Box and Cox's for x + 1, mirrored below zero."""
    up = x >= 0
    above, below = np.where(up, x, 0.0), np.where(up, 0.0, -x)
    return np.where(up, sp.boxcox1p(above, lmbda), -sp.boxcox1p(below, 2 - lmbda))


@twin_of(theirs.yeojohnson)
def yeojohnson(x: Any, lmbda: Any = None) -> Any:
    """`scipy.stats.yeojohnson`. Without `lmbda` it is the likeliest one, as in `boxcox`.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.yeojohnson(x, 2.0)[0])(np.array([1.0, 2.0, 4.0])).round(4)
    array([2., 0., 0.])
    """
    x = floats(x)
    if lmbda is not None:
        return _yeo_johnson(x, lmbda)
    found = theirs.yeojohnson(np.asarray(plain(x)))[1]
    return _yeo_johnson(x, found), found


@twin_of(theirs.yeojohnson_llf)
def yeojohnson_llf(lmb: Any, data: Any, *, axis: Any = 0, nan_policy: str = "propagate", keepdims: bool = False) -> Any:
    """`scipy.stats.yeojohnson_llf`: the log-likelihood of λ.

    >>> import wengert as wg
    >>> wg.grad(lambda lam: wg.scipy.stats.yeojohnson_llf(lam, np.array([1.0, 2.0, 4.0])))(1.0).round(4)
    np.float64(-0.3263)
    """

    def core(x: Any, lmb: Any) -> Any:
        n = np.shape(x)[-1]
        variance = np.var(_yeo_johnson(x, lmb), axis=-1)
        return (lmb - 1) * np.sum(np.sign(x) * np.log1p(np.abs(x)), axis=-1) - n / 2 * np.log(variance)

    return reduced(core, [data], axis, nan_policy, keepdims, [lift(lmb)])
