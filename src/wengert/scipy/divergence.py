"""How far counts are from those that are expected: Cressie and Read's family of statistics."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp
import scipy.stats as theirs

from wengert.core.apply import Box
from wengert.scipy.choice import twin_of
from wengert.scipy.closures import plain
from wengert.scipy.piecewise import floats
from wengert.scipy.reducing import reduced

__all__ = ["chisquare", "power_divergence"]

_RESULT = type(theirs.power_divergence([1.0, 1.0]))

NAMED = {
    "pearson": 1.0,
    "log-likelihood": 0.0,
    "freeman-tukey": -0.5,
    "mod-log-likelihood": -1.0,
    "neyman": -2.0,
    "cressie-read": 2 / 3,
}


def _terms(seen: Any, expected: Any, power: Any) -> Any:
    """2 n ((n/m)^λ - 1) / (λ (λ + 1)), of which the sum is smooth at λ = 0 and -1 if the sums of n and m are equal.

    N. Cressie and T. R. C. Read, J. R. Statist. Soc. B 46, 1984, 440-464. With r = n/m it is 2 m r B(r, λ)/(λ + 1), B
    Box and Cox's function; less 2 (n - m)/(λ + 1), which vanishes in the sum, it is 2 m (B(r, λ + 1) - r + 1)/λ.
    """
    ratio = seen / expected
    if not isinstance(power, Box):
        return _usual_terms(seen, expected, ratio, power)
    moving: Any = power
    near = np.abs(moving + 1) < 0.05
    away, close = np.where(near, 1.0, moving), np.where(near, moving, -1.0)
    shifted = expected * (sp.boxcox(ratio, close + 1) - ratio + 1) / close
    return 2 * np.where(near, shifted, seen * sp.boxcox(ratio, away) / (away + 1))


def _usual_terms(seen: Any, expected: Any, ratio: Any, power: Any) -> Any:
    """The terms of Cressie and Read's divergence of a power."""
    if power == 1:
        return (seen - expected) ** 2 / expected
    if power == 0:
        return 2 * sp.xlogy(seen, ratio)
    if power == -1:
        return 2 * sp.xlogy(expected, expected / seen)
    return 2 * seen * sp.boxcox(ratio, power) / (power + 1)


def _divergence(
    f_obs: Any, f_exp: Any, ddof: Any, axis: Any, power: Any, sum_check: bool, nan_policy: str, keepdims: bool
) -> Any:
    """The divergence of frequencies from expected ones, and its p-value by the chi-squared distribution."""
    f_obs = floats(f_obs)

    def core(seen: Any, *rest: Any) -> Any:
        expected, power = rest if f_exp is not None else (np.mean(seen, axis=-1, keepdims=True), *rest)
        if sum_check and f_exp is not None:
            _check_sums(np.asarray(plain(seen)), np.asarray(plain(expected)))
        count = np.full(np.shape(seen)[:-1], float(np.shape(seen)[-1]))
        return np.sum(_terms(seen, expected, power), axis=-1), count

    samples = [f_obs] if f_exp is None else list(np.broadcast_arrays(f_obs, floats(f_exp)))
    found, count = reduced(core, samples, axis, nan_policy, keepdims, [power])
    return _RESULT(found, sp.chdtrc(count - 1 - ddof, found))


def _check_sums(counts: Any, expectations: Any) -> None:
    """Raise ValueError unless both sum to the same, as SciPy does."""
    tolerance = np.sqrt(np.finfo(counts.dtype).eps)
    seen, expected = np.sum(counts, axis=-1), np.sum(expectations, axis=-1)
    if np.any(np.abs(seen - expected) > tolerance * np.minimum(seen, expected)):
        raise ValueError(
            "For each axis slice, the sum of the observed frequencies must agree with the sum of the expected "
            f"frequencies to a relative tolerance of {tolerance}, but they are {seen} and {expected}."
        )


@twin_of(theirs.power_divergence)
def power_divergence(
    f_obs: Any, f_exp: Any = None, ddof: Any = 0, axis: Any = 0, lambda_: Any = None, *, nan_policy: str = "propagate",
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.power_divergence`: the statistic and its p-value as a χ² variable.

    The derivative by `lambda_` holds the sums of both frequencies equal, as they have to be.

    >>> import numpy as np, wengert as wg
    >>> seen, expected = np.array([3.0, 5.0]), np.array([4.0, 4.0])
    >>> wg.grad(lambda x: wg.scipy.stats.power_divergence(x, expected).statistic)(seen)  # 2 (n - m)/m
    array([-0.5,  0.5])
    """
    if isinstance(lambda_, str):
        if lambda_ not in NAMED:
            raise ValueError(f"invalid string for lambda_: {lambda_!r}. Valid strings are {list(NAMED)}")
        lambda_ = NAMED[lambda_]
    power = 1.0 if lambda_ is None else lambda_
    return _divergence(f_obs, f_exp, ddof, axis, power, True, nan_policy, keepdims)


@twin_of(theirs.chisquare)
def chisquare(
    f_obs: Any, f_exp: Any = None, ddof: Any = 0, axis: Any = 0, *, sum_check: bool = True,
    nan_policy: str = "propagate", keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.chisquare`: Σ (n - m)²/m and its p-value. sum_check: refuse sums that differ.

    >>> import wengert as wg
    >>> wg.grad(lambda x: wg.scipy.stats.chisquare(x).statistic)(np.array([1.0, 2.0, 4.0])).round(4)
    array([-1.4286, -0.5714,  1.1429])
    """
    return _divergence(f_obs, f_exp, ddof, axis, 1.0, sum_check, nan_policy, keepdims)
