"""Whether a sample is of normal numbers: tests of its skewness and kurtosis; and its L-moments."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp
import scipy.stats as theirs

from wengert.scipy.choice import twin_of
from wengert.scipy.reducing import reduced
from wengert.scipy.statistics import kurtosis, skew

__all__ = ["jarque_bera", "kurtosistest", "lmoment", "normaltest", "skewtest"]

_SKEW, _KURTOSIS, _NORMAL, _JARQUE_BERA = [
    type(test(np.arange(8.0))) for test in (theirs.skewtest, theirs.kurtosistest, theirs.normaltest, theirs.jarque_bera)
]
"""SciPy's results."""


def _tail(z: Any, alternative: str) -> Any:
    """The probability, of a normal variable, of what speaks at least as much for the alternative."""
    if alternative == "two-sided":
        return 2 * sp.ndtr(-np.abs(z))
    if alternative not in ("less", "greater"):
        raise ValueError("`alternative` must be 'less', 'greater', or 'two-sided'.")
    return sp.ndtr(z) if alternative == "less" else sp.ndtr(-z)


def _skew_score(x: Any) -> Any:
    """R. B. D'Agostino, A. J. Belanger and R. B. D'Agostino Jr., American Statistician 44, 1990, 316-321."""
    n = float(np.shape(x)[-1])
    if n < 8:
        return np.nan * np.sum(x, axis=-1)
    y = skew(x, -1) * math.sqrt((n + 1) * (n + 3) / (6 * (n - 2)))
    fourth = 3 * (n * n + 27 * n - 70) * (n + 1) * (n + 3) / ((n - 2) * (n + 5) * (n + 7) * (n + 9))
    spread = math.sqrt(2 * (fourth - 1)) - 1
    # SciPy takes 1 for a skewness that is 0, where its formula is a constant.
    return np.arcsinh(np.where(y == 0, 1.0, y) / math.sqrt(2 / (spread - 1))) / math.sqrt(0.5 * math.log(spread))


def _kurtosis_score(x: Any) -> Any:
    """F. J. Anscombe and W. J. Glynn, Biometrika 70, 1983, 227-234."""
    n = float(np.shape(x)[-1])
    if n < 5:
        return np.nan * np.sum(x, axis=-1)
    mean = 3 * (n - 1) / (n + 1)
    variance = 24 * n * (n - 2) * (n - 3) / ((n + 1) ** 2 * (n + 3) * (n + 5))
    third = 6 * (n * n - 5 * n + 2) / ((n + 7) * (n + 9)) * math.sqrt(6 * (n + 3) * (n + 5) / (n * (n - 2) * (n - 3)))
    a = 6 + 8 / third * (2 / third + math.sqrt(1 + 4 / third**2))
    ratio = 1 + (kurtosis(x, -1, fisher=False) - mean) / math.sqrt(variance) * math.sqrt(2 / (a - 4))
    flat = ratio == 0
    root = np.cbrt((1 - 2 / a) / np.where(flat, 1.0, ratio))
    return np.where(flat, np.nan, (1 - 2 / (9 * a) - root) / math.sqrt(2 / (9 * a)))


@twin_of(theirs.skewtest)
def skewtest(
    a: Any, axis: Any = 0, nan_policy: str = "propagate", alternative: str = "two-sided", *, keepdims: bool = False
) -> Any:
    """`scipy.stats.skewtest`: whether the skewness is that of a normal distribution.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.skewtest(x).statistic)(np.arange(8.0) ** 2).shape
    (8,)
    """
    z = reduced(_skew_score, [a], axis, nan_policy, keepdims)
    return _SKEW(z, _tail(z, alternative))


@twin_of(theirs.kurtosistest)
def kurtosistest(
    a: Any, axis: Any = 0, nan_policy: str = "propagate", alternative: str = "two-sided", *, keepdims: bool = False
) -> Any:
    """`scipy.stats.kurtosistest`: whether the kurtosis is that of a normal distribution."""
    z = reduced(_kurtosis_score, [a], axis, nan_policy, keepdims)
    return _KURTOSIS(z, _tail(z, alternative))


@twin_of(theirs.normaltest)
def normaltest(a: Any, axis: Any = 0, nan_policy: str = "propagate", *, keepdims: bool = False) -> Any:
    """`scipy.stats.normaltest`: the sum of the squares of both scores, which is a χ² variable.

    >>> import numpy as np, wengert as wg
    >>> x = np.array([0.1, 0.3, 0.4, 0.9, 1.5, 1.6, 2.2, 4.0])
    >>> wg.grad(lambda x: wg.scipy.stats.normaltest(x).statistic)(x).round(3)[-1]
    np.float64(5.106)
    """
    core = lambda x: _skew_score(x) ** 2 + _kurtosis_score(x) ** 2
    found = reduced(core, [a], axis, nan_policy, keepdims)
    return _NORMAL(found, np.exp(-found / 2))


@twin_of(theirs.jarque_bera)
def jarque_bera(x: Any, *, axis: Any = None, nan_policy: str = "propagate", keepdims: bool = False) -> Any:
    """`scipy.stats.jarque_bera`: n/6 (skewness² + kurtosis²/4), which is a χ² variable.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.jarque_bera(x).statistic)(np.array([1.0, 2.0, 4.0])).round(4)
    array([ 0.1687, -0.253 ,  0.0843])
    """
    core = lambda x: np.shape(x)[-1] / 6 * (skew(x, -1) ** 2 + kurtosis(x, -1) ** 2 / 4)
    found = reduced(core, [x], axis, nan_policy, keepdims)
    return _JARQUE_BERA(found, np.exp(-found / 2))


# --- L-moments --------------------------------------------------------------------------------------------------


def _weights(n: int, count: int) -> Any:
    """What sorted entries count in the first L-moments (J. R. M. Hosking, J. R. Statist. Soc. B 52, 1990, 105-124).

    b_r = mean of C(j, r)/C(n - 1, r) x_j, and λ_{r+1} = Σ_k (-1)^(r - k) C(r, k) C(r + k, k) b_k.
    """
    unbiased = np.array([[math.comb(j, r) / max(math.comb(n - 1, r), 1) / n for j in range(n)] for r in range(count)])
    mixing = np.array(
        [[(-1) ** (r - k) * math.comb(r, k) * math.comb(r + k, k) for k in range(count)] for r in range(count)]
    )
    return mixing @ unbiased


@twin_of(theirs.lmoment)
def lmoment(
    sample: Any, order: Any = None, *, axis: Any = 0, sorted: Any = False, standardize: Any = True,
    nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.lmoment`: L-moments of these orders (1 to 4), one behind the other; ratios to the second beyond it.

    sorted: whether the sample is.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.lmoment(x)[1])(np.array([1.0, 2.0, 4.0])).round(4)
    array([-0.3333,  0.    ,  0.3333])
    """
    orders = np.asarray([1, 2, 3, 4] if order is None else order)
    if not np.issubdtype(orders.dtype, np.integer) or np.any(orders <= 0) or not orders.size:
        raise ValueError("`order` must be a scalar or a non-empty array of positive integers.")
    if orders.ndim > 1:
        raise ValueError("`order` must be a scalar or 1-dimensional.")

    def core(x: Any) -> Any:
        n = np.shape(x)[-1]
        moments = (x if sorted else np.sort(x, axis=-1)) @ _weights(n, max(int(np.max(orders)), 2)).T
        found = []
        for k in orders.flat:
            value = moments[..., k - 1] / moments[..., 1] if standardize and k > 2 else moments[..., k - 1]
            found.append(value if k <= n else np.nan * value)
        return tuple(found)

    found = reduced(core, [sample], axis, nan_policy, keepdims)
    return np.stack(found) if orders.ndim else found[0]
