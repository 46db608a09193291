"""Distributions of vectors of counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from wengert.scipy.closures import plain
from wengert.scipy.distribution import twin
from wengert.scipy.jointly import Joint
from wengert.scipy.piecewise import floats
from wengert.scipy.separately import one_by_one

__all__ = ["dirichlet_multinomial", "multinomial"]


def _covariance(share: Any, size: Any) -> Any:
    """size (diag(s) - s sᵀ)."""
    diagonal = share[..., None] * np.eye(share.shape[-1])
    return size[..., None, None] * (diagonal - share[..., :, None] * share[..., None, :])


def _entropy(n: Any, p: Any) -> Any:
    most = max(np.max(np.asarray(plain(n)), initial=0.0), 2.0)
    x = np.arange(2.0, most + 1)  # ln 0! = ln 1! = 0
    total, q = n[..., None, None], p[..., None]
    left = np.maximum(total - x, 0.0)
    ways = sp.gammaln(total + 1) - sp.gammaln(x + 1) - sp.gammaln(left + 1)
    binomial = np.where(x <= total, np.exp(ways + sp.xlogy(x, q) + sp.xlog1py(left, -q)), 0.0)
    known = n * np.sum(sp.entr(p), axis=-1) - sp.gammaln(n + 1)
    return known + np.sum(binomial * sp.gammaln(x + 1), axis=(-2, -1))


class _Multinomial(Joint):
    """Probabilities are taken as they are given: SciPy's last one is what the others leave."""

    @twin
    def logpmf(self, x: Any, n: Any, p: Any) -> Any:
        """The logarithm of the probability of counts x (..., kinds)."""
        x, n, p = floats(x), floats(n), floats(p)
        there = np.all((x >= 0) & (x == np.floor(x)), axis=-1) & (np.sum(x, axis=-1) == n)
        safe = np.where(there[..., None], x, 0.0)
        value = sp.gammaln(n + 1) + np.sum(sp.xlogy(safe, p) - sp.gammaln(safe + 1), axis=-1)
        good = np.all((p >= 0) & (p <= 1), axis=-1) & (n >= 0)
        return np.where(good, np.where(there, value, -np.inf), np.nan)[()]

    @twin
    def pmf(self, x: Any, n: Any, p: Any) -> Any:
        """The probability of counts x."""
        return np.exp(self.logpmf(x, n, p))

    @twin
    def entropy(self, n: Any, p: Any) -> Any:
        """The entropy, in nats: n Σ -p ln p - ln n! + Σ E ln x!, each count x being binomial."""
        return one_by_one("multinomial_entropy", _entropy, floats(n), floats(p))

    @twin
    def mean(self, n: Any, p: Any) -> Any:
        """The mean counts."""
        return floats(n)[..., None] * floats(p)

    @twin
    def cov(self, n: Any, p: Any) -> Any:
        """The matrix of covariances of the counts."""
        return _covariance(floats(p), floats(n))


class _DirichletMultinomial(Joint):
    @twin
    def logpmf(self, x: Any, alpha: Any, n: Any) -> Any:
        """The logarithm of the probability of counts x (..., kinds)."""
        x, alpha, n = floats(x), floats(alpha), floats(n)
        total = np.sum(alpha, axis=-1)
        each = np.sum(sp.gammaln(x + alpha) - sp.gammaln(alpha) - sp.gammaln(x + 1), axis=-1)
        value = sp.gammaln(total) + sp.gammaln(n + 1) - sp.gammaln(n + total) + each
        return np.where(np.sum(x, axis=-1) == n, value, -np.inf)[()]

    @twin
    def pmf(self, x: Any, alpha: Any, n: Any) -> Any:
        """The probability of counts x."""
        return np.exp(self.logpmf(x, alpha, n))

    @twin
    def mean(self, alpha: Any, n: Any) -> Any:
        """The mean counts."""
        alpha = floats(alpha)
        return floats(n)[..., None] * alpha / np.sum(alpha, axis=-1, keepdims=True)

    @twin
    def var(self, alpha: Any, n: Any) -> Any:
        """The variances of the counts."""
        return np.diagonal(self.cov(alpha, n), axis1=-2, axis2=-1)

    @twin
    def cov(self, alpha: Any, n: Any) -> Any:
        """The matrix of covariances of the counts."""
        alpha, n = floats(alpha), floats(n)
        total = np.sum(alpha, axis=-1)
        return _covariance(alpha / total[..., None], n * (n + total) / (1 + total))


multinomial = _Multinomial("multinomial")
dirichlet_multinomial = _DirichletMultinomial("dirichlet_multinomial")
