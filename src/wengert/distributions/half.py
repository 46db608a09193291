"""Distributions of absolute values: symmetric densities about 0, folded there."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from wengert.distributions import constraints
from wengert.distributions.continuous import Cauchy, LocationScale, Normal
from wengert.distributions.distribution import Distribution
from wengert.special import ndtr, ndtri

__all__ = ["HalfCauchy", "HalfNormal"]


class _Half(Distribution):
    """Of |x|, x = scale z with a z as probable as -z."""

    inside = constraints.nonnegative
    positive = ("scale",)
    both: ClassVar[type[LocationScale]]
    scale: Any

    def __init__(self, scale: Any) -> None:
        self._set(scale=scale)

    def _unfolded(self) -> LocationScale:
        return self.both(0.0, self.scale)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return np.abs(self._unfolded()._draw(shape, key))

    def log_prob(self, value: Any) -> Any:
        return np.where(np.greater_equal(value, 0), self._unfolded().log_prob(value) + math.log(2), -np.inf)

    @property
    def mode(self) -> Any:
        return np.zeros(self.batch_shape, self._dtype)

    def entropy(self) -> Any:
        return self._unfolded().entropy() - math.log(2)


class HalfNormal(_Half):
    """Absolute values of normal numbers of mean 0 and standard deviation scale.

    >>> import wengert as wg
    >>> wg.distributions.HalfNormal(2.0).icdf(0.5).round(4)
    np.float64(1.349)
    """

    both = Normal

    @property
    def mean(self) -> Any:
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def variance(self) -> Any:
        return self.scale**2 * (1 - 2 / math.pi)

    def cdf(self, value: Any) -> Any:
        return np.maximum(2 * ndtr(value / self.scale) - 1, 0)

    def icdf(self, value: Any) -> Any:
        return self.scale * ndtri((value + 1) / 2)


class HalfCauchy(_Half):
    """Absolute values of Cauchy numbers: density 2 / (π scale (1 + z²)) at scale z ≥ 0; no finite mean.

    >>> import wengert as wg
    >>> wg.distributions.HalfCauchy(2.0).icdf(0.5).round(4)
    np.float64(2.0)
    """

    both = Cauchy

    @property
    def mean(self) -> Any:
        return np.full(self.batch_shape, np.inf)

    @property
    def variance(self) -> Any:
        return np.full(self.batch_shape, np.inf)

    def cdf(self, value: Any) -> Any:
        return np.arctan(np.maximum(value, 0) / self.scale) * (2 / math.pi)

    def icdf(self, value: Any) -> Any:
        return self.scale * np.tan(math.pi / 2 * value)
