"""Distributions of vectors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp
import scipy.stats as theirs

from wengert.core.apply import Box
from wengert.scipy.distribution import twin
from wengert.scipy.jointly import Joint, definite, double, refused, semidefinite
from wengert.scipy.logarithms import LOG_TAU
from wengert.scipy.piecewise import floats

__all__ = ["dirichlet", "multivariate_normal", "multivariate_t", "vonmises_fisher"]


def _placed(x: Any, mean: Any, cov: Any) -> tuple[Any, Any]:
    """x - mean (..., n) and the matrix: cov may be a matrix, a vector of variances or a number."""
    x, mean, cov = double(x), np.zeros(()) if mean is None else double(mean), _matrix(cov, mean)
    n = cov.shape[-1]
    if x.ndim == 0:
        x = np.reshape(x, (1,))
    elif x.ndim == 1 and n == 1:
        x = x[:, None]
    return x - mean, cov


def _matrix(cov: Any, mean: Any) -> Any:
    cov = double(cov.covariance if isinstance(cov, theirs.Covariance) else cov)
    if cov.ndim == 2:
        return cov
    return cov * np.eye(max(cov.shape[-1] if cov.ndim else 1, np.shape(mean)[-1] if np.ndim(mean) else 1))


def _form(x: Any, mean: Any, cov: Any, singular: bool) -> tuple[Any, Any, Any, Any]:
    """As `semidefinite`."""
    offset, cov = _placed(x, mean, cov)
    if singular:
        return semidefinite(offset, cov)
    return (*definite(offset, cov), float(cov.shape[-1]), np.ones((), bool))


def _log_size(cov: Any, singular: bool) -> tuple[Any, Any]:
    """The logarithm of the determinant, and the rank."""
    return _form(np.zeros(cov.shape[-1]), None, cov, singular)[1:3]


class _MultivariateNormal(Joint):
    @twin
    def logpdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The logarithm of the density at x (..., n); cov: a matrix, a vector of variances or a number.

        allow_singular: the density is that on the range of cov, which keeps its rank when it is moved.
        """
        distance, size, rank, within = _form(x, mean, cov, allow_singular)
        return np.squeeze(np.where(within, -0.5 * (distance + size + rank * LOG_TAU), -np.inf))[()]

    @twin
    def pdf(self, x: Any, mean: Any = None, cov: Any = 1, allow_singular: bool = False) -> Any:
        """The density at x."""
        return np.exp(self.logpdf(x, mean, cov, allow_singular))

    @twin
    def entropy(self, mean: Any = None, cov: Any = 1) -> Any:
        """The differential entropy, in nats."""
        size, rank = _log_size(_matrix(cov, mean), True)
        return 0.5 * (rank * (LOG_TAU + 1) + size)

    cdf, logcdf = refused("cdf"), refused("logcdf")


class _MultivariateT(Joint):
    @twin
    def logpdf(self, x: Any, loc: Any = None, shape: Any = 1, df: Any = 1, allow_singular: bool = False) -> Any:
        """The logarithm of the density at x (..., n); shape: a matrix, as `cov` of the normal distribution."""
        if not isinstance(df, Box) and np.isinf(df):
            return multivariate_normal.logpdf(x, loc, shape, allow_singular)
        df, shape = double(df), _matrix(shape, loc)
        distance, size, _, within = _form(x, loc, shape, allow_singular)
        n = shape.shape[-1]  # SciPy does not take the rank instead
        half = 0.5 * (df + n)
        norm = sp.gammaln(half) - sp.gammaln(0.5 * df) - 0.5 * n * np.log(df * math.pi) - 0.5 * size
        return np.squeeze(np.where(within, norm - half * np.log1p(distance / df), -np.inf))[()]

    @twin
    def pdf(self, x: Any, loc: Any = None, shape: Any = 1, df: Any = 1, allow_singular: bool = False) -> Any:
        """The density at x."""
        return np.exp(self.logpdf(x, loc, shape, df, allow_singular))

    @twin
    def entropy(self, loc: Any = None, shape: Any = 1, df: Any = 1) -> Any:
        """The differential entropy, in nats."""
        shape = _matrix(shape, loc)
        if not isinstance(df, Box) and np.isinf(df):
            return multivariate_normal.entropy(None, shape)
        df, n = double(df), shape.shape[-1]
        half, half_df = 0.5 * (n + df), 0.5 * df
        spread = 0.5 * n * np.log(df * math.pi) + half * (sp.digamma(half) - sp.digamma(half_df))
        return sp.gammaln(half_df) - sp.gammaln(half) + spread + 0.5 * _log_size(shape, True)[0]

    cdf = refused("cdf")


class _Dirichlet(Joint):
    @twin
    def logpdf(self, x: Any, alpha: Any) -> Any:
        """The logarithm of the density at x: n fractions, or n - 1 and the rest, along the first axis."""
        x, alpha = floats(x), floats(alpha)
        if x.shape[0] + 1 == alpha.shape[0]:
            x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)])
        powers = np.reshape(alpha - 1, alpha.shape + (1,) * (x.ndim - 1))
        return np.sum(sp.xlogy(powers, x), axis=0) - _log_beta(alpha)

    @twin
    def pdf(self, x: Any, alpha: Any) -> Any:
        """The density at x."""
        return np.exp(self.logpdf(x, alpha))

    @twin
    def entropy(self, alpha: Any) -> Any:
        """The differential entropy, in nats."""
        alpha = floats(alpha)
        total = np.sum(alpha)
        rest = np.sum((alpha - 1) * sp.digamma(alpha))
        return _log_beta(alpha) + (total - alpha.shape[-1]) * sp.digamma(total) - rest

    @twin
    def mean(self, alpha: Any) -> Any:
        """The mean fractions."""
        alpha = floats(alpha)
        return alpha / np.sum(alpha)

    @twin
    def var(self, alpha: Any) -> Any:
        """Their variances."""
        return np.diagonal(self.cov(alpha))

    @twin
    def cov(self, alpha: Any) -> Any:
        """Their matrix of covariances."""
        share = self.mean(alpha)
        return (np.diag(share) - np.outer(share, share)) / (np.sum(floats(alpha)) + 1)


def _log_beta(alpha: Any) -> Any:
    return np.sum(sp.gammaln(alpha)) - sp.gammaln(np.sum(alpha))


class _VonMisesFisher(Joint):
    @twin
    def logpdf(self, x: Any, mu: Any = None, kappa: Any = 1) -> Any:
        """The logarithm of the density at x (..., n) on the unit sphere; mu: a unit vector."""
        mu, kappa = double(mu), double(kappa)
        return _log_norm(mu.shape[-1], kappa) + kappa * (double(x) @ mu)

    @twin
    def pdf(self, x: Any, mu: Any = None, kappa: Any = 1) -> Any:
        """The density at x."""
        return np.exp(self.logpdf(x, mu, kappa))

    @twin
    def entropy(self, mu: Any = None, kappa: Any = 1) -> Any:
        """The differential entropy, in nats."""
        n, kappa = np.shape(mu)[-1], double(kappa)
        return -_log_norm(n, kappa) - kappa * sp.ive(0.5 * n, kappa) / sp.ive(0.5 * n - 1, kappa)


def _log_norm(n: int, kappa: Any) -> Any:
    """κ^(n/2 - 1) / ((2π)^(n/2) I_{n/2 - 1}(κ))."""
    return (0.5 * n - 1) * np.log(kappa) - 0.5 * n * LOG_TAU - np.log(sp.ive(0.5 * n - 1, kappa)) - kappa


multivariate_normal = _MultivariateNormal("multivariate_normal")
multivariate_t = _MultivariateT("multivariate_t")
dirichlet = _Dirichlet("dirichlet")
vonmises_fisher = _VonMisesFisher("vonmises_fisher")
