"""The distribution of a mean and a variance: normal given an inverse gamma variance."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from wengert.scipy.distribution import twin
from wengert.scipy.jointly import Joint
from wengert.scipy.logarithms import LOG_TAU
from wengert.scipy.piecewise import floats

__all__ = ["NormalInverseGamma"]


class NormalInverseGamma(Joint):
    """x is normal with the mean mu and the variance s2/lmbda, and s2 inverse gamma with the shape a and the scale b."""

    @twin
    def logpdf(self, x: Any, s2: Any, mu: Any = 0, lmbda: Any = 1, a: Any = 1, b: Any = 1) -> Any:
        """The logarithm of the density at x and the variance s2; all broadcast."""
        x, s2, mu, lmbda, a, b = np.broadcast_arrays(*map(floats, (x, s2, mu, lmbda, a, b)))
        inside = s2 > 0
        v = np.where(inside, s2, 1)
        with np.errstate(all="ignore"):  # what parameters there are not
            norm = 0.5 * (np.log(lmbda) - LOG_TAU) + a * np.log(b) - sp.gammaln(a)
        log = norm - (a + 1.5) * np.log(v) - (2 * b + lmbda * (x - mu) ** 2) / (2 * v)
        return _valid(np.where(inside, log, -np.inf), lmbda, a, b)

    @twin
    def pdf(self, x: Any, s2: Any, mu: Any = 0, lmbda: Any = 1, a: Any = 1, b: Any = 1) -> Any:
        """The density at x and the variance s2."""
        return np.exp(self.logpdf(x, s2, mu, lmbda, a, b))

    @twin
    def mean(self, mu: Any = 0, lmbda: Any = 1, a: Any = 1, b: Any = 1) -> Any:
        """The means of x and s2."""
        mu, lmbda, a, b = np.broadcast_arrays(*map(floats, (mu, lmbda, a, b)))
        return tuple([_valid(np.where(a > 1, m, np.nan), lmbda, a, b) for m in (mu, b / _beyond(a, 1))])

    @twin
    def var(self, mu: Any = 0, lmbda: Any = 1, a: Any = 1, b: Any = 1) -> Any:
        """The variances of x and s2."""
        mu, lmbda, a, b = np.broadcast_arrays(*map(floats, (mu, lmbda, a, b)))
        mean = b / _beyond(a, 1)
        of_x, of_s2 = np.where(a > 1, mean / lmbda, np.nan), np.where(a > 2, mean * mean / _beyond(a, 2), np.nan)
        return _valid(of_x, lmbda, a, b), _valid(of_s2, lmbda, a, b)


def _beyond(a: Any, least: int) -> Any:
    """a - least, 1 where it is not positive."""
    return np.where(a > least, a - least, 1)


def _valid(x: Any, lmbda: Any, a: Any, b: Any) -> Any:
    return np.where((lmbda > 0) & (a > 0) & (b > 0), x, np.nan)[()]
