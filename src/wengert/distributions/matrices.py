"""Distributions of matrices: covariances (`Wishart`) and Cholesky factors of correlations (`LKJCholesky`)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from wengert import random
from wengert.distributions import constraints
from wengert.distributions.distribution import Distribution
from wengert.distributions.vectors import Rooted, log_diagonal, lower_root
from wengert.errors import InvalidArgument, explain, user_line
from wengert.random.arguments import demand
from wengert.special import gammaln, multigammaln, psi

__all__ = ["LKJCholesky", "Wishart"]


class Wishart(Rooted):
    """Sums of x xᵀ over df normal vectors x of mean 0, for df > n - 1; one of the three matrices, (…, n, n), is theirs.

    scale_tril: the lower triangular L with L Lᵀ the covariance, which is what is kept. Drawn as L A Aᵀ Lᵀ with a lower
    triangular A of independent entries (M. S. Bartlett, "On the theory of statistical regression", 1933): normal ones
    below the diagonal, and in the i-th place of it the root of a sum of df - i squares of such.

    >>> import numpy as np, wengert as wg
    >>> d = wg.distributions.Wishart(3.0, np.diag([1.0, 4.0]))
    >>> d.mean, d.log_prob(np.eye(2)).round(4)
    (array([[ 3.,  0.],
           [ 0., 12.]]), np.float64(-5.2355))
    """

    inside = constraints.positive_definite
    positive = ("df",)
    event_axes: ClassVar[Mapping[str, int]] = {"scale_tril": 2}
    df: Any

    def __init__(
        self, df: Any, covariance_matrix: Any = None, precision_matrix: Any = None, scale_tril: Any = None
    ) -> None:
        self._set(df=df, scale_tril=lower_root("Wishart", covariance_matrix, precision_matrix, scale_tril))
        n = self.event_shape[0]
        demand("Wishart", lambda x: x > n - 1, f"> {n - 1} for matrices of {n} rows", df=self.df)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return np.broadcast_shapes(np.shape(self.df), np.shape(self.scale_tril)[:-2])

    @property
    def event_shape(self) -> tuple[int, ...]:
        return tuple(np.shape(self.scale_tril)[-2:])

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        below, diagonal = random.split(key)
        n = self.event_shape[0]
        squares = 2 * random.gamma(diagonal, (self.df[..., None] - np.arange(n)) / 2, (*shape, n), self._dtype)
        a = np.tril(random.normal(below, (*shape, n, n), self._dtype), -1) + np.sqrt(squares)[..., None] * np.eye(
            n, dtype=self._dtype
        )
        root = np.matmul(self.scale_tril, a)
        return np.matmul(root, np.swapaxes(root, -1, -2))

    def log_prob(self, value: Any) -> Any:
        n, root = self.event_shape[0], np.linalg.cholesky(value)
        # tr V⁻¹ X = |L⁻¹ R|² for X = R Rᵀ
        ratio = np.linalg.solve(self.scale_tril, root)
        known = (self.df - n - 1) * log_diagonal(root) - np.sum(ratio * ratio, axis=(-2, -1)) / 2
        constant = self.df * (n / 2 * math.log(2) + log_diagonal(self.scale_tril))
        return known - constant - multigammaln(self.df / 2, n)

    @property
    def mean(self) -> Any:
        return self.df[..., None, None] * self.covariance_matrix

    @property
    def mode(self) -> Any:
        above = (self.df - self.event_shape[0] - 1)[..., None, None]
        return np.where(above >= 0, above, np.nan) * self.covariance_matrix

    @property
    def variance(self) -> Any:
        v = self.covariance_matrix
        diagonal = np.diagonal(v, axis1=-2, axis2=-1)
        return self.df[..., None, None] * (v * v + diagonal[..., None] * diagonal[..., None, :])

    def entropy(self) -> Any:
        n, half = self.event_shape[0], self.df / 2
        slopes = np.sum(psi(half[..., None] - np.arange(n) / 2), axis=-1)
        size = (n + 1) * (log_diagonal(self.scale_tril) + n / 2 * math.log(2))
        return size + multigammaln(half, n) - (self.df - n - 1) / 2 * slopes + n * half


class LKJCholesky(Distribution):
    """Lower triangular L whose L Lᵀ, a matrix of correlations, is probable in proportion to its determinant^(η - 1).

    dim: the number of rows, from 2 on. concentration: η > 0; at 1 all matrices of correlations are equally probable.
    Drawn row by row: its entries before the diagonal have any direction, and a length whose square has a beta
    distribution (D. Lewandowski, D. Kurowicka and H. Joe, "Generating random correlation matrices based on vines and
    extended onion method", 2009).

    >>> import numpy as np, wengert as wg
    >>> d = wg.distributions.LKJCholesky(2, 1.0)
    >>> d.log_prob(np.eye(2)).round(4)  # of a correlation between -1 and 1
    np.float64(-0.6931)
    """

    inside = constraints.corr_cholesky
    positive = ("concentration",)
    concentration: Any

    def __init__(self, dim: int, concentration: Any = 1.0) -> None:
        if dim < 2:
            raise InvalidArgument(
                explain(
                    f"LKJCholesky at {user_line()} got dim={dim}.",
                    "Correlations are between two numbers or more.",
                    "Give dim ≥ 2.",
                )
            )
        self._set(concentration=concentration)
        self._hold({"concentration": self.concentration}, int(dim))

    @property
    def dim(self) -> int:
        """The number of rows."""
        return int(self._constants[0])

    @property
    def event_shape(self) -> tuple[int, ...]:
        return (self.dim, self.dim)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        n, dtype = self.dim, self._dtype
        direction, length = random.split(key)
        before = np.arange(1, n)  # entries before the diagonal, in the rows but the first
        spare = self.concentration[..., None] + ((n - 1 - before) / 2).astype(dtype)
        square = random.beta(length, (before / 2).astype(dtype), spare, (*shape, n - 1), dtype)[..., None]
        z = np.tril(random.normal(direction, (*shape, n - 1, n - 1), dtype))
        rows = z * np.sqrt(square / np.sum(z * z, axis=-1, keepdims=True))
        rows = np.concatenate([rows, np.zeros((*shape, n - 1, 1), dtype)], axis=-1)
        rows = rows + np.sqrt(1 - square) * np.eye(n, dtype=dtype)[1:]
        first = np.broadcast_to(np.eye(n, dtype=dtype)[:1], (*shape, 1, n))
        return np.concatenate([first, rows], axis=-2)

    def log_prob(self, value: Any) -> Any:
        n, eta = self.dim, self.concentration
        # The determinant is the square of the product of the diagonal; the map from L to L Lᵀ has powers of it, too.
        powers = 2 * (eta[..., None] - 1) + np.arange(n - 2, -1, -1)
        diagonal = np.diagonal(value, axis1=-2, axis2=-1)[..., 1:]
        a = eta + (n - 1) / 2
        total = (n - 1) * (0.5 * math.log(math.pi) - gammaln(a)) + multigammaln(a - 0.5, n - 1)
        return np.sum(powers * np.log(diagonal), axis=-1) - total
