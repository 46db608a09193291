"""Distributions of real numbers."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from wengert import random
from wengert.distributions import constraints
from wengert.distributions.constraints import Constraint
from wengert.distributions.distribution import Distribution, within
from wengert.special import (
    betaln,
    gammainc,
    gammaincinv,
    gammaln,
    ndtr,
    ndtri,
    psi,
    softplus,
    stdtr,
    xlogy,
)

__all__ = [
    "Cauchy",
    "Chi2",
    "Exponential",
    "Gamma",
    "Gumbel",
    "Laplace",
    "LocationScale",
    "LogNormal",
    "Logistic",
    "Normal",
    "StudentT",
    "Uniform",
]

_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)


class LocationScale(Distribution):
    """Of x = loc + scale z with a z of no parameters."""

    positive: ClassVar[tuple[str, ...]] = ("scale",)
    loc: Any
    scale: Any

    def __init__(self, loc: Any, scale: Any) -> None:
        self._set(loc=loc, scale=scale)

    def _standard(self, value: Any) -> Any:
        return (value - self.loc) / self.scale

    @property
    def mode(self) -> Any:
        return self._whole(self.loc)


class Normal(LocationScale):
    """Normal numbers of mean loc and standard deviation scale.

    >>> import wengert as wg
    >>> d = wg.distributions.Normal(0.0, 2.0)
    >>> d.log_prob(0.0).round(4), d.cdf(0.0)
    (np.float64(-1.6121), np.float64(0.5))
    """

    inside = constraints.real

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.normal(key, shape, None, self.loc, self.scale)

    def log_prob(self, value: Any) -> Any:
        return -0.5 * self._standard(value) ** 2 - np.log(self.scale) - _LOG_ROOT_2PI

    @property
    def mean(self) -> Any:
        return self._whole(self.loc)

    @property
    def variance(self) -> Any:
        return self._whole(self.scale**2)

    def cdf(self, value: Any) -> Any:
        return ndtr(self._standard(value))

    def icdf(self, value: Any) -> Any:
        return self.loc + self.scale * ndtri(value)

    def entropy(self) -> Any:
        return self._whole(0.5 + _LOG_ROOT_2PI + np.log(self.scale))


class LogNormal(LocationScale):
    """Numbers whose logarithms are normal, of mean loc and standard deviation scale."""

    inside = constraints.positive

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.lognormal(key, self.scale, shape, None, self.loc)

    def log_prob(self, value: Any) -> Any:
        inside = np.greater(value, 0)
        log = np.log(within(inside, value, 1.0))
        return np.where(inside, Normal(self.loc, self.scale).log_prob(log) - log, -np.inf)

    @property
    def mean(self) -> Any:
        return np.exp(self.loc + self.scale**2 / 2)

    @property
    def mode(self) -> Any:
        return np.exp(self.loc - self.scale**2)

    @property
    def variance(self) -> Any:
        return np.expm1(self.scale**2) * np.exp(2 * self.loc + self.scale**2)

    def cdf(self, value: Any) -> Any:
        inside = np.greater(value, 0)
        return np.where(inside, ndtr(self._standard(np.log(within(inside, value, 1.0)))), 0)

    def icdf(self, value: Any) -> Any:
        return np.exp(self.loc + self.scale * ndtri(value))

    def entropy(self) -> Any:
        return self.loc + 0.5 + _LOG_ROOT_2PI + np.log(self.scale)


class Laplace(LocationScale):
    """Density exp(-|x - loc| / scale) / (2 scale)."""

    inside = constraints.real

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.laplace(key, shape, None, self.loc, self.scale)

    def log_prob(self, value: Any) -> Any:
        return -np.abs(self._standard(value)) - np.log(2 * self.scale)

    @property
    def mean(self) -> Any:
        return self._whole(self.loc)

    @property
    def variance(self) -> Any:
        return self._whole(2 * self.scale**2)

    def cdf(self, value: Any) -> Any:
        z = self._standard(value)
        return 0.5 - 0.5 * np.sign(z) * np.expm1(-np.abs(z))

    def icdf(self, value: Any) -> Any:
        t = value - 0.5
        return self.loc - self.scale * np.sign(t) * np.log1p(-2 * np.abs(t))

    def entropy(self) -> Any:
        return self._whole(1 + np.log(2 * self.scale))


class Logistic(LocationScale):
    """The distribution function 1 / (1 + exp(-(x - loc) / scale))."""

    inside = constraints.real

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.logistic(key, shape, None, self.loc, self.scale)

    def log_prob(self, value: Any) -> Any:
        z = self._standard(value)
        return -z - 2 * softplus(-z) - np.log(self.scale)

    @property
    def mean(self) -> Any:
        return self._whole(self.loc)

    @property
    def variance(self) -> Any:
        return self._whole(math.pi**2 / 3 * self.scale**2)

    def cdf(self, value: Any) -> Any:
        return np.exp(-softplus(-self._standard(value)))

    def icdf(self, value: Any) -> Any:
        return self.loc + self.scale * (np.log(value) - np.log1p(-value))

    def entropy(self) -> Any:
        return self._whole(2 + np.log(self.scale))


class Gumbel(LocationScale):
    """The distribution function exp(-exp(-(x - loc) / scale))."""

    inside = constraints.real

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.gumbel(key, shape, None, self.loc, self.scale)

    def log_prob(self, value: Any) -> Any:
        z = self._standard(value)
        return -z - np.exp(-z) - np.log(self.scale)

    @property
    def mean(self) -> Any:
        return self.loc + np.euler_gamma * self.scale

    @property
    def variance(self) -> Any:
        return self._whole(math.pi**2 / 6 * self.scale**2)

    def cdf(self, value: Any) -> Any:
        return np.exp(-np.exp(-self._standard(value)))

    def icdf(self, value: Any) -> Any:
        return self.loc - self.scale * np.log(-np.log(value))

    def entropy(self) -> Any:
        return self._whole(1 + np.euler_gamma + np.log(self.scale))


class Cauchy(LocationScale):
    """Density 1 / (π scale (1 + z²)) at loc + scale z; neither mean nor variance."""

    inside = constraints.real

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.cauchy(key, shape, None, self.loc, self.scale)

    def log_prob(self, value: Any) -> Any:
        return -np.log1p(self._standard(value) ** 2) - np.log(math.pi * self.scale)

    @property
    def mean(self) -> Any:
        return np.full(self.batch_shape, np.nan)

    @property
    def variance(self) -> Any:
        return np.full(self.batch_shape, np.nan)

    def cdf(self, value: Any) -> Any:
        return np.arctan(self._standard(value)) / math.pi + 0.5

    def icdf(self, value: Any) -> Any:
        return self.loc + self.scale * np.tan(math.pi * (value - 0.5))

    def entropy(self) -> Any:
        return self._whole(np.log(4 * math.pi * self.scale))


class StudentT(LocationScale):
    """Student's t of df degrees of freedom, times scale, plus loc."""

    inside = constraints.real
    positive = ("df", "scale")
    df: Any

    def __init__(self, df: Any, loc: Any = 0.0, scale: Any = 1.0) -> None:
        self._set(df=df, loc=loc, scale=scale)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.t(key, self.df, shape, None, self.loc, self.scale)

    def log_prob(self, value: Any) -> Any:
        df = self.df
        rest = betaln(0.5, df / 2) + 0.5 * np.log(df) + np.log(self.scale)
        return -(df + 1) / 2 * np.log1p(self._standard(value) ** 2 / df) - rest

    @property
    def mean(self) -> Any:
        return self._whole(np.where(self.df > 1, self.loc, np.nan))

    @property
    def variance(self) -> Any:
        df = np.where(self.df > 2, self.df, 3)
        known = np.where(self.df > 2, df / (df - 2), np.where(self.df > 1, np.inf, np.nan))
        return self._whole(self.scale**2 * known)

    def cdf(self, value: Any) -> Any:
        return stdtr(self.df, self._standard(value))

    def entropy(self) -> Any:
        half = self.df / 2
        spread = (half + 0.5) * (psi(half + 0.5) - psi(half))
        return self._whole(np.log(self.scale) + spread + 0.5 * np.log(self.df) + betaln(0.5, half))


class Uniform(Distribution):
    """Numbers of [low, high), all equally probable."""

    low: Any
    high: Any

    def __init__(self, low: Any, high: Any) -> None:
        self._set(low=low, high=high)

    @property
    def support(self) -> Constraint:
        return constraints.half_open_interval(self.low, self.high)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.uniform(key, shape, None, self.low, self.high)

    def log_prob(self, value: Any) -> Any:
        inside = np.greater_equal(value, self.low) & np.less(value, self.high)
        return np.where(inside, -np.log(self.high - self.low), -np.inf)

    @property
    def mean(self) -> Any:
        return (self.low + self.high) / 2

    @property
    def variance(self) -> Any:
        return (self.high - self.low) ** 2 / 12

    def cdf(self, value: Any) -> Any:
        return np.clip((value - self.low) / (self.high - self.low), 0, 1)

    def icdf(self, value: Any) -> Any:
        return self.low + (self.high - self.low) * value

    def entropy(self) -> Any:
        return np.log(self.high - self.low)


class Exponential(Distribution):
    """Times until something happens that happens `rate` times per unit."""

    inside = constraints.nonnegative
    positive = ("rate",)
    rate: Any

    def __init__(self, rate: Any) -> None:
        self._set(rate=rate)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.exponential(key, shape, None, 1 / self.rate)

    def log_prob(self, value: Any) -> Any:
        return np.where(np.greater_equal(value, 0), np.log(self.rate) - self.rate * value, -np.inf)

    @property
    def mean(self) -> Any:
        return 1 / self.rate

    @property
    def mode(self) -> Any:
        return np.zeros_like(self.rate)

    @property
    def variance(self) -> Any:
        return 1 / self.rate**2

    def cdf(self, value: Any) -> Any:
        return -np.expm1(-self.rate * np.maximum(value, 0))

    def icdf(self, value: Any) -> Any:
        return -np.log1p(np.negative(value)) / self.rate

    def entropy(self) -> Any:
        return 1 - np.log(self.rate)


class Gamma(Distribution):
    """Density rateᵃ xᵃ⁻¹ exp(-rate x) / Γ(a), a being the concentration."""

    inside = constraints.nonnegative
    positive = ("concentration", "rate")
    concentration: Any
    rate: Any

    def __init__(self, concentration: Any, rate: Any) -> None:
        self._set(concentration=concentration, rate=rate)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.gamma(key, self.concentration, shape, None, 1 / self.rate)

    def log_prob(self, value: Any) -> Any:
        a, inside = self.concentration, np.greater_equal(value, 0)
        x = within(inside, value, 1.0)
        known = xlogy(a, self.rate) + xlogy(a - 1, x) - self.rate * x - gammaln(a)
        return np.where(inside, known, -np.inf)

    @property
    def mean(self) -> Any:
        return self.concentration / self.rate

    @property
    def mode(self) -> Any:
        return np.maximum(self.concentration - 1, 0) / self.rate

    @property
    def variance(self) -> Any:
        return self.concentration / self.rate**2

    def cdf(self, value: Any) -> Any:
        return gammainc(self.concentration, self.rate * np.maximum(value, 0))

    def icdf(self, value: Any) -> Any:
        return gammaincinv(self.concentration, value) / self.rate

    def entropy(self) -> Any:
        a = self.concentration
        return a - np.log(self.rate) + gammaln(a) + (1 - a) * psi(a)


class Chi2(Gamma):
    """Sums of df squares of standard normal numbers."""

    def __init__(self, df: Any) -> None:
        super().__init__(np.multiply(df, 0.5), 0.5)

    @property
    def df(self) -> Any:
        """The degrees of freedom."""
        return 2 * self.concentration
