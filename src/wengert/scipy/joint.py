"""Distributions of vectors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp
import scipy.stats as theirs

from wengert.scipy.piecewise import floats

__all__ = ["dirichlet", "multivariate_normal"]


class _Vectors:
    """A distribution of SciPy, by its name: attributes without a formula are SciPy's own."""

    def __init__(self, name: str) -> None:
        self.theirs = getattr(theirs, name)
        self.__doc__ = f"`scipy.stats.{name}`, whose density differentiates."

    def __getattr__(self, name: str) -> Any:
        return getattr(self.theirs, name)


class _MultivariateNormal(_Vectors):
    def __call__(
        self, mean: Any = None, cov: Any = 1, allow_singular: bool = False, seed: Any = None, **kwds: Any
    ) -> Any:
        """SciPy's own frozen distribution."""
        return self.theirs(mean, cov, allow_singular, seed, **kwds)

    def logpdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The logarithm of the density at x (..., n); cov: a matrix, a vector of variances or a number."""
        x, cov = floats(x), floats(cov)
        mean = np.zeros(()) if mean is None else floats(mean)
        n = max(cov.shape[-1] if cov.ndim else 1, mean.shape[-1] if mean.ndim else 1)
        if x.ndim == 0:
            x = np.reshape(x, (1,))
        elif x.ndim == 1 and n == 1:
            x = x[:, None]
        if cov.ndim < 2:
            cov = cov * np.eye(n)
        # |L⁻¹ (x - mean)|² with cov = L Lᵀ.
        root = np.linalg.cholesky(cov)
        offset = x - mean
        scaled = np.linalg.solve(root, np.moveaxis(np.reshape(offset, (-1, n)), 0, 1))
        distance = np.reshape(np.sum(scaled * scaled, axis=0), offset.shape[:-1])
        size = np.sum(np.log(np.diagonal(root)))
        return np.squeeze(-0.5 * distance - size - 0.5 * n * math.log(2 * math.pi))[()]

    def pdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The density at x."""
        return np.exp(self.logpdf(x, mean, cov, allow_singular))


class _Dirichlet(_Vectors):
    def __call__(self, alpha: Any, seed: Any = None) -> Any:
        """SciPy's own frozen distribution."""
        return self.theirs(alpha, seed)

    def logpdf(self, x: Any, alpha: Any) -> Any:
        """The logarithm of the density at x: n fractions, or n - 1 and the rest, along the first axis."""
        x, alpha = floats(x), floats(alpha)
        if x.shape[0] + 1 == alpha.shape[0]:
            x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)])
        norm = np.sum(sp.gammaln(alpha)) - sp.gammaln(np.sum(alpha))
        powers = np.reshape(alpha - 1, alpha.shape + (1,) * (x.ndim - 1))
        return np.sum(sp.xlogy(powers, x), axis=0) - norm

    def pdf(self, x: Any, alpha: Any) -> Any:
        """The density at x."""
        return np.exp(self.logpdf(x, alpha))


multivariate_normal = _MultivariateNormal("multivariate_normal")
dirichlet = _Dirichlet("dirichlet")
