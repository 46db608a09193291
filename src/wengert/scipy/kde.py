"""`scipy.stats.gaussian_kde`: densities estimated by a normal distribution around every point of a sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp
import scipy.stats as theirs

from wengert.core.apply import Box
from wengert.errors import InvalidArgument, explain
from wengert.scipy.choice import Standing, has_box
from wengert.scipy.jointly import definite
from wengert.scipy.logarithms import LOG_TAU, log_sum
from wengert.scipy.piecewise import floats

__all__ = ["gaussian_kde"]


class gaussian_kde(Standing):  # noqa: N801 - SciPy's name
    """`scipy.stats.gaussian_kde`, differentiable in the sample, its weights, the bandwidth, and where it is asked.

    dataset: (n,) or (d, n). bw_method: "scott", "silverman", a factor, or a function of the estimate that gives one.
    weights: (n,), normalised here. Raises ``ValueError`` as SciPy does, and for covariances that are not definite.

    >>> import numpy as np, wengert as wg
    >>> sample = np.array([0.0, 1.0, 3.0])
    >>> wg.grad(lambda x: wg.scipy.stats.gaussian_kde(sample, 0.5).logpdf(x)[0])(2.0).round(6)
    np.float64(-0.126194)
    """

    def __init__(self, dataset: Any, bw_method: Any = None, weights: Any = None) -> None:
        self._given = (dataset, weights)
        self.dataset = np.atleast_2d(floats(dataset))
        if self.dataset.size <= 1:
            raise ValueError("`dataset` input should have multiple elements.")
        self.d, self.n = self.dataset.shape
        if self.d > self.n:
            raise ValueError("Number of dimensions is greater than number of samples: each column is to be a point.")
        w = np.full(self.n, 1 / self.n) if weights is None else floats(weights)
        if w.ndim != 1:
            raise ValueError("`weights` input should be one-dimensional.")
        if w.shape[0] != self.n:
            raise ValueError("`weights` input should be of length n")
        self.weights = w / np.sum(w)
        self.neff = 1 / np.sum(self.weights**2)
        self._data_covariance = self._spread()
        self._method: Any = "scott"
        self.set_bandwidth(bw_method)

    def _spread(self) -> Any:
        """The covariance of the sample; that of equal weights has n - 1 below."""
        offset = self.dataset - np.sum(self.dataset * self.weights, axis=1, keepdims=True)
        return (offset * self.weights) @ offset.T / (1 - np.sum(self.weights**2))

    def boxed(self) -> bool:
        """Whether the sample, its weights or the bandwidth are boxes."""
        return has_box(self._given, self.factor)

    def standing_for(self) -> Any:
        """SciPy's own, of plain numbers."""
        return theirs.gaussian_kde(self._given[0], self.factor, self._given[1])

    # --- bandwidth --------------------------------------------------------------------------------------------

    def scotts_factor(self) -> Any:
        """Scott's factor, n^(-1/(d + 4)) of the effective number of points."""
        return self.neff ** (-1.0 / (self.d + 4))

    def silverman_factor(self) -> Any:
        """Silverman's factor."""
        return (self.neff * (self.d + 2.0) / 4.0) ** (-1.0 / (self.d + 4))

    def covariance_factor(self) -> Any:
        """The factor of the standard deviations of the sample."""
        if callable(self._method):
            return self._method(self)
        named = {"scott": self.scotts_factor, "silverman": self.silverman_factor}
        return named[self._method]() if isinstance(self._method, str) else self._method

    def set_bandwidth(self, bw_method: Any = None) -> None:
        """Take another bandwidth, as of the constructor; None keeps it."""
        if bw_method is not None:
            named = isinstance(bw_method, str) and bw_method in ("scott", "silverman")
            number = isinstance(bw_method, Box) or (np.ndim(bw_method) == 0 and not isinstance(bw_method, str))
            if not named and not number and not callable(bw_method):
                raise ValueError("`bw_method` should be 'scott', 'silverman', a scalar or a callable.")
            self._method = bw_method
        self.factor = self.covariance_factor()
        self.covariance = self._data_covariance * self.factor**2

    @property
    def inv_cov(self) -> Any:
        """The inverse of `covariance`."""
        return np.linalg.inv(self.covariance)

    # --- density ----------------------------------------------------------------------------------------------

    def _points(self, x: Any) -> Any:
        points = np.atleast_2d(floats(x))
        if points.shape[0] != self.d and points.shape == (1, self.d):
            return np.reshape(points, (self.d, 1))
        if points.shape[0] != self.d:
            raise ValueError(f"points have dimension {points.shape[0]}, dataset has dimension {self.d}")
        return points

    def logpdf(self, x: Any) -> Any:
        """The logarithm of the density at points (d, m), or (m,) if d = 1."""
        if not self.boxed() and not has_box(x):
            return self.standing_for().logpdf(x)
        offset = self._points(x).T[:, None, :] - self.dataset.T
        distance, size = definite(offset, self.covariance)
        return log_sum(-0.5 * distance, self.weights) - 0.5 * (size + self.d * LOG_TAU)

    def evaluate(self, points: Any) -> Any:
        """The density at points (d, m), or (m,) if d = 1."""
        if not self.boxed() and not has_box(points):
            return self.standing_for().evaluate(points)
        return np.exp(self.logpdf(points))

    __call__ = evaluate

    def pdf(self, x: Any) -> Any:
        """As `evaluate`."""
        return self.evaluate(x)

    # --- integrals --------------------------------------------------------------------------------------------

    def integrate_gaussian(self, mean: Any, cov: Any) -> Any:
        """The integral of the product with a normal density."""
        mean, cov = np.atleast_1d(np.squeeze(floats(mean))), np.atleast_2d(floats(cov))
        if mean.shape != (self.d,):
            raise ValueError(f"mean does not have dimension {self.d}")
        if cov.shape != (self.d, self.d):
            raise ValueError(f"covariance does not have dimension {self.d}")
        distance, size = definite(self.dataset.T - mean, self.covariance + cov)
        return np.exp(log_sum(-0.5 * distance, self.weights) - 0.5 * (size + self.d * LOG_TAU))

    def integrate_box_1d(self, low: Any, high: Any) -> Any:
        """The probability of an interval."""
        if self.d != 1:
            raise ValueError("integrate_box_1d() only handles 1D pdfs")
        width = np.sqrt(self.covariance[0, 0])
        ends = [sp.ndtr((end - self.dataset[0]) / width) for end in (high, low)]
        return np.sum(self.weights * (ends[0] - ends[1]))

    def integrate_box(self, low_bounds: Any, high_bounds: Any, maxpts: Any = None, **kwargs: Any) -> Any:
        """The probability of a box: of plain numbers SciPy's own, of one dimension as `integrate_box_1d`."""
        if not self.boxed() and not has_box(low_bounds, high_bounds):
            return self.standing_for().integrate_box(low_bounds, high_bounds, maxpts, **kwargs)
        if self.d == 1:
            low, high = [np.reshape(floats(end), ()) for end in (low_bounds, high_bounds)]
            return self.integrate_box_1d(low, high)
        raise InvalidArgument(
            explain(
                f"gaussian_kde.integrate_box of {self.d} dimensions has no derivative rule.",
                "SciPy estimates this integral from random points.",
                "Take integrate_box_1d of a marginal, or call it with plain numbers.",
            )
        )

    def integrate_kde(self, other: Any) -> Any:
        """The integral of the product with another estimate."""
        if other.d != self.d:
            raise ValueError("KDEs are not the same dimensionality")
        offset = self.dataset.T[:, None, :] - other.dataset.T
        distance, size = definite(offset, self.covariance + other.covariance)
        weights = self.weights[:, None] * other.weights
        every = log_sum(np.reshape(-0.5 * distance, (-1,)), np.reshape(weights, (-1,)))
        return np.exp(every - 0.5 * (size + self.d * LOG_TAU))

    def marginal(self, dimensions: Any) -> gaussian_kde:
        """The estimate of some of the dimensions."""
        dims = np.atleast_1d(dimensions)
        if not np.issubdtype(dims.dtype, np.integer):
            raise ValueError("Elements of `dimensions` must be integers: the indices of the variables that stay.")
        dims = np.where(dims < 0, dims + self.d, dims)
        if len(np.unique(dims)) != len(dims):
            raise ValueError("All elements of `dimensions` must be unique.")
        if np.any((dims < 0) | (dims >= self.d)):
            raise ValueError(f"Dimensions {dims} are invalid for a distribution in {self.d} dimensions.")
        return gaussian_kde(self.dataset[dims], self.factor, self.weights)

    def resample(self, size: Any = None, seed: Any = None) -> Any:
        """Draw from the estimate of plain numbers."""
        return self.standing_for().resample(size, seed)
