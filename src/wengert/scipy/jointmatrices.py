"""Distributions of matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from wengert.scipy.closures import plain
from wengert.scipy.distribution import twin
from wengert.scipy.jointly import Joint, double
from wengert.scipy.logarithms import LOG_TAU

__all__ = ["invwishart", "matrix_normal", "wishart"]

LOG_2 = math.log(2)


def _square(scale: Any) -> Any:
    """A matrix, a diagonal or a number, as a matrix."""
    scale = double(scale)
    if scale.ndim == 2:
        return scale
    return np.diag(scale) if scale.ndim else np.reshape(scale, (1, 1))


def _points(x: Any, n: int) -> Any:
    """Matrices (..., n, n): SciPy has their number behind, one may be a diagonal or a number."""
    x = double(x)
    if x.ndim == 3:
        return np.moveaxis(x, -1, 0)
    if x.ndim == 1 and n == 1:
        return np.reshape(x, (-1, 1, 1))
    return x if x.ndim == 2 else x * np.eye(n)


def _root(matrix: Any) -> tuple[Any, Any]:
    """L of M = L Lᵀ, and ln |M|."""
    root = np.linalg.cholesky(matrix)
    return root, 2 * np.sum(np.log(np.diagonal(root, axis1=-2, axis2=-1)), axis=-1)


def _trace(root: Any, other: Any) -> Any:
    """tr(M⁻¹ N) = |L⁻¹ K|² with M = L Lᵀ, N = K Kᵀ."""
    return np.sum(np.linalg.solve(root, other) ** 2, axis=(-2, -1))


def _log_gamma(half: Any, n: int) -> Any:
    """The logarithm of the multivariate gamma function."""
    parts = [sp.gammaln(half - 0.5 * k) for k in range(n)]
    return sum(parts[1:], parts[0]) + 0.25 * n * (n - 1) * math.log(math.pi)


def _psi_sum(half: Any, n: int) -> Any:
    parts = [sp.digamma(half - 0.5 * k) for k in range(n)]
    return sum(parts[1:], parts[0])


def _given(df: Any, scale: Any) -> tuple[Any, Any, int]:
    scale = _square(scale)
    return double(df), scale, scale.shape[-1]


def _squeezed(x: Any) -> Any:
    return np.squeeze(x)[()]


def _defined(condition: Any, value: Any) -> Any:
    """SciPy has None where there is no such matrix."""
    return _squeezed(value) if bool(np.all(np.asarray(plain(condition)))) else None


class _Wishart(Joint):
    @twin
    def logpdf(self, x: Any, df: Any, scale: Any) -> Any:
        """The logarithm of the density at positive definite matrices x, (n, n) or (n, n, points)."""
        df, scale, n = _given(df, scale)
        (root, size), (kernel, log_det) = _root(scale), _root(_points(x, n))
        form = 0.5 * (df - n - 1) * log_det - 0.5 * _trace(root, kernel)
        return _squeezed(form - 0.5 * df * (n * LOG_2 + size) - _log_gamma(0.5 * df, n))

    @twin
    def pdf(self, x: Any, df: Any, scale: Any) -> Any:
        """The density at x."""
        return np.exp(self.logpdf(x, df, scale))

    @twin
    def entropy(self, df: Any, scale: Any) -> Any:
        """The differential entropy, in nats."""
        df, scale, n = _given(df, scale)
        size = 0.5 * (n + 1) * (_root(scale)[1] + n * LOG_2)
        return size + _log_gamma(0.5 * df, n) - 0.5 * (df - n - 1) * _psi_sum(0.5 * df, n) + 0.5 * df * n

    @twin
    def mean(self, df: Any, scale: Any) -> Any:
        """The mean matrix."""
        df, scale, _ = _given(df, scale)
        return _squeezed(df * scale)

    @twin
    def mode(self, df: Any, scale: Any) -> Any:
        """The likeliest matrix, None if there is none."""
        df, scale, n = _given(df, scale)
        return _defined(df >= n + 1, (df - n - 1) * scale)

    @twin
    def var(self, df: Any, scale: Any) -> Any:
        """The variances of the entries."""
        df, scale, _ = _given(df, scale)
        variances = np.diagonal(scale)
        return _squeezed(df * (scale**2 + np.outer(variances, variances)))


class _InverseWishart(Joint):
    @twin
    def logpdf(self, x: Any, df: Any, scale: Any) -> Any:
        """The logarithm of the density at positive definite matrices x, (n, n) or (n, n, points)."""
        df, scale, n = _given(df, scale)
        (kernel, size), (root, log_det) = _root(scale), _root(_points(x, n))
        form = -0.5 * _trace(root, kernel) - 0.5 * (df + n + 1) * log_det
        return _squeezed(form + 0.5 * df * (size - n * LOG_2) - _log_gamma(0.5 * df, n))

    @twin
    def pdf(self, x: Any, df: Any, scale: Any) -> Any:
        """The density at x."""
        return np.exp(self.logpdf(x, df, scale))

    @twin
    def entropy(self, df: Any, scale: Any) -> Any:
        """The differential entropy, in nats."""
        df, scale, n = _given(df, scale)
        size = 0.5 * (n + 1) * (_root(scale)[1] - LOG_2)
        return _log_gamma(0.5 * df, n) + 0.5 * n * df + size - 0.5 * (df + n + 1) * _psi_sum(0.5 * df, n)

    @twin
    def mean(self, df: Any, scale: Any) -> Any:
        """The mean matrix, None if there is none."""
        df, scale, n = _given(df, scale)
        return _defined(df > n + 1, scale / (df - n - 1))

    @twin
    def mode(self, df: Any, scale: Any) -> Any:
        """The likeliest matrix."""
        df, scale, n = _given(df, scale)
        return _squeezed(scale / (df + n + 1))

    @twin
    def var(self, df: Any, scale: Any) -> Any:
        """The variances of the entries, None if there are none."""
        df, scale, n = _given(df, scale)
        variances = np.diagonal(scale)
        over = (df - n) * (df - n - 1) ** 2 * (df - n - 3)
        found = ((df - n + 1) * scale**2 + (df - n - 1) * np.outer(variances, variances)) / over
        return _defined(df > n + 3, found)


class _MatrixNormal(Joint):
    @twin
    def logpdf(self, X: Any, mean: Any = None, rowcov: Any = 1, colcov: Any = 1) -> Any:
        """The logarithm of the density at matrices X (..., m, n); rowcov: (m, m), a diagonal or a number; colcov: n."""
        X = double(X)
        m, n = X.shape[-2:] if mean is None else np.shape(mean)
        offset = X if mean is None else X - double(mean)
        (left, rows), (right, columns) = [
            _root(_sized(cov, size)) for cov, size in ((rowcov, m), (colcov, n))
        ]  # fmt: skip
        scaled = np.linalg.solve(left, offset)
        scaled = np.linalg.solve(right, np.swapaxes(scaled, -1, -2))
        return -0.5 * (m * n * LOG_TAU + n * rows + m * columns + np.sum(scaled**2, axis=(-2, -1)))

    @twin
    def pdf(self, X: Any, mean: Any = None, rowcov: Any = 1, colcov: Any = 1) -> Any:
        """The density at X."""
        return np.exp(self.logpdf(X, mean, rowcov, colcov))

    @twin
    def entropy(self, rowcov: Any = 1, colcov: Any = 1) -> Any:
        """The differential entropy, in nats."""
        m, n = [np.shape(cov)[0] for cov in (rowcov, colcov)]
        (_, rows), (_, columns) = _root(_sized(rowcov, m)), _root(_sized(colcov, n))
        return 0.5 * (m * n * (LOG_TAU + 1) + n * rows + m * columns)


def _sized(cov: Any, n: int) -> Any:
    cov = double(cov)
    return cov if cov.ndim == 2 else cov * np.eye(n)


wishart = _Wishart("wishart")
invwishart = _InverseWishart("invwishart")
matrix_normal = _MatrixNormal("matrix_normal")
