"""Distributions of positive numbers, most of them with long tails."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert import random
from wengert.distributions import constraints
from wengert.distributions.constraints import Constraint
from wengert.distributions.distribution import Distribution, within
from wengert.special import betainc, betaln, exprel, gamma, gammaincc, gammainccinv, gammaln, psi

__all__ = ["FisherSnedecor", "GeneralizedPareto", "InverseGamma", "Pareto", "Weibull"]


class InverseGamma(Distribution):
    """Inverses of gamma numbers: density rateᵃ x⁻ᵃ⁻¹ exp(-rate / x) / Γ(a), a being the concentration.

    >>> import wengert as wg
    >>> d = wg.distributions.InverseGamma(3.0, 4.0)
    >>> float(d.mean), float(d.mode)
    (2.0, 1.0)
    """

    inside = constraints.positive
    positive = ("concentration", "rate")
    concentration: Any
    rate: Any

    def __init__(self, concentration: Any, rate: Any) -> None:
        self._set(concentration=concentration, rate=rate)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return self.rate / random.gamma(key, self.concentration, shape)

    def log_prob(self, value: Any) -> Any:
        a, b, inside = self.concentration, self.rate, np.greater(value, 0)
        x = within(inside, value, 1.0)
        return np.where(inside, a * np.log(b) - gammaln(a) - (a + 1) * np.log(x) - b / x, -np.inf)

    @property
    def mean(self) -> Any:
        a = self.concentration
        return np.where(a > 1, self.rate / within(a > 1, a - 1, 1.0), np.inf)

    @property
    def mode(self) -> Any:
        return self.rate / (self.concentration + 1)

    @property
    def variance(self) -> Any:
        a = within(self.concentration > 2, self.concentration, 3.0)
        return np.where(self.concentration > 2, self.rate**2 / ((a - 1) ** 2 * (a - 2)), np.inf)

    def cdf(self, value: Any) -> Any:
        inside = np.greater(value, 0)
        return np.where(inside, gammaincc(self.concentration, self.rate / within(inside, value, 1.0)), 0)

    def icdf(self, value: Any) -> Any:
        return self.rate / gammainccinv(self.concentration, value)

    def entropy(self) -> Any:
        a = self.concentration
        return a + np.log(self.rate) + gammaln(a) - (1 + a) * psi(a)


class Pareto(Distribution):
    """Numbers from scale on that exceed x with probability (scale / x)ᵅ, α being alpha.

    >>> import wengert as wg
    >>> float(wg.distributions.Pareto(1.0, 3.0).mean)
    1.5
    """

    positive = ("scale", "alpha")
    scale: Any
    alpha: Any

    def __init__(self, scale: Any, alpha: Any) -> None:
        self._set(scale=scale, alpha=alpha)

    @property
    def support(self) -> Constraint:
        return constraints.greater_than_eq(self.scale)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.pareto(key, self.alpha, shape, None, self.scale)

    def log_prob(self, value: Any) -> Any:
        inside = np.greater_equal(value, self.scale)
        log = np.log(within(inside, value, 1.0))
        return np.where(inside, np.log(self.alpha) + self.alpha * np.log(self.scale) - (self.alpha + 1) * log, -np.inf)

    @property
    def mean(self) -> Any:
        a = within(self.alpha > 1, self.alpha, 2.0)
        return np.where(self.alpha > 1, a * self.scale / (a - 1), np.inf)

    @property
    def mode(self) -> Any:
        return np.broadcast_to(self.scale, self.batch_shape)

    @property
    def variance(self) -> Any:
        a = within(self.alpha > 2, self.alpha, 3.0)
        return np.where(self.alpha > 2, self.scale**2 * a / ((a - 1) ** 2 * (a - 2)), np.inf)

    def cdf(self, value: Any) -> Any:
        return 1 - (self.scale / np.maximum(value, self.scale)) ** self.alpha

    def icdf(self, value: Any) -> Any:
        return self.scale * np.exp(-np.log1p(np.negative(value)) / self.alpha)

    def entropy(self) -> Any:
        return np.log(self.scale / self.alpha) + 1 + 1 / self.alpha


class GeneralizedPareto(Distribution):
    """By how much high numbers exceed loc: x with probability (1 + ξ z)^(-1/ξ), z = (x - loc) / scale.

    concentration: ξ. For ξ > 0 the tail is that of a power, for ξ < 0 there is a greatest number, loc - scale / ξ, and
    at 0 they are exponential, to which all formulas tend.

    >>> import wengert as wg
    >>> float(wg.distributions.GeneralizedPareto(1.0, 2.0, 0.5).mean)
    5.0
    """

    positive = ("scale",)
    loc: Any
    scale: Any
    concentration: Any

    def __init__(self, loc: Any, scale: Any, concentration: Any) -> None:
        self._set(loc=loc, scale=scale, concentration=concentration)

    def _at(self, hazard: Any) -> Any:
        """The number that is exceeded with probability e^-hazard: (e^(ξ h) - 1) / ξ, for ξ = 0 too."""
        return self.loc + self.scale * (hazard * exprel(self.concentration * hazard))

    def _hazard(self, value: Any) -> Any:
        """Minus the logarithm of the probability of more, log(1 + ξ z) / ξ, and whether the value is in the support."""
        z = (value - self.loc) / self.scale
        inside = (z >= 0) & (1 + self.concentration * z > 0)
        z = within(inside, z, 0.0)
        return z * _log1p_ratio(self.concentration * z), inside

    @property
    def support(self) -> Constraint:
        ends = self.concentration < 0
        greatest = self.loc - self.scale / within(ends, self.concentration, -1.0)
        return constraints.interval(self.loc, np.where(ends, greatest, np.inf))

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return self._at(random.exponential(key, shape, self._dtype))

    def log_prob(self, value: Any) -> Any:
        hazard, inside = self._hazard(value)
        return np.where(inside, -np.log(self.scale) - (1 + self.concentration) * hazard, -np.inf)

    def cdf(self, value: Any) -> Any:
        hazard, inside = self._hazard(value)
        return np.where(inside, -np.expm1(-hazard), np.where(np.less(value, self.loc), 0.0, 1.0))

    def icdf(self, value: Any) -> Any:
        return self._at(-np.log1p(np.negative(value)))

    @property
    def mean(self) -> Any:
        c = within(self.concentration < 1, self.concentration, 0.0)
        return np.where(self.concentration < 1, self.loc + self.scale / (1 - c), np.inf)

    @property
    def mode(self) -> Any:
        """loc; at ξ = -1 all numbers are equally probable, and beyond the greatest one is most."""
        flat, c = self.concentration == -1, within(self.concentration < -1, self.concentration, -1.0)
        return self._whole(
            np.where(flat, np.nan, np.where(self.concentration < -1, self.loc - self.scale / c, self.loc))
        )

    @property
    def variance(self) -> Any:
        c = within(self.concentration < 0.5, self.concentration, 0.0)
        return self._whole(np.where(self.concentration < 0.5, self.scale**2 / ((1 - c) ** 2 * (1 - 2 * c)), np.inf))

    def entropy(self) -> Any:
        return self._whole(np.log(self.scale) + self.concentration + 1)


def _log1p_ratio(x: Any) -> Any:
    """log(1 + x) / x, by its series near 0, where the quotient has no digits."""
    near = np.abs(x) < 1e-4
    apart = np.where(near, 1.0, x)
    return np.where(near, 1 - x / 2 + x**2 / 3 - x**3 / 4 + x**4 / 5, np.log1p(apart) / apart)


class Weibull(Distribution):
    """Numbers that exceed x with probability exp(-(x / scale)ᶜ), c being the concentration.

    >>> import wengert as wg
    >>> wg.distributions.Weibull(2.0, 1.0).mean
    np.float64(2.0)
    """

    inside = constraints.positive
    positive = ("scale", "concentration")
    scale: Any
    concentration: Any

    def __init__(self, scale: Any, concentration: Any) -> None:
        self._set(scale=scale, concentration=concentration)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.weibull_min(key, self.scale, self.concentration, shape)

    def log_prob(self, value: Any) -> Any:
        c, inside = self.concentration, np.greater(value, 0)
        z = within(inside, value, 1.0) / self.scale
        return np.where(inside, np.log(c / self.scale) + (c - 1) * np.log(z) - z**c, -np.inf)

    @property
    def mean(self) -> Any:
        return self.scale * gamma(1 + 1 / self.concentration)

    @property
    def mode(self) -> Any:
        c = within(self.concentration > 1, self.concentration, 2.0)
        return np.where(self.concentration > 1, self.scale * ((c - 1) / c) ** (1 / c), 0)

    @property
    def variance(self) -> Any:
        c = self.concentration
        return self.scale**2 * (gamma(1 + 2 / c) - gamma(1 + 1 / c) ** 2)

    def cdf(self, value: Any) -> Any:
        return -np.expm1(-((np.maximum(value, 0) / self.scale) ** self.concentration))

    def icdf(self, value: Any) -> Any:
        return self.scale * (-np.log1p(np.negative(value))) ** (1 / self.concentration)

    def entropy(self) -> Any:
        c = self.concentration
        return np.euler_gamma * (1 - 1 / c) + np.log(self.scale / c) + 1


class FisherSnedecor(Distribution):
    """F: the quotient of a mean of df1 and one of df2 squares of standard normal numbers.

    >>> import wengert as wg
    >>> wg.distributions.FisherSnedecor(2.0, 4.0).mean
    np.float64(2.0)
    """

    inside = constraints.positive
    positive = ("df1", "df2")
    df1: Any
    df2: Any

    def __init__(self, df1: Any, df2: Any) -> None:
        self._set(df1=df1, df2=df2)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.f(key, self.df1, self.df2, shape)

    def log_prob(self, value: Any) -> Any:
        m, n, inside = self.df1, self.df2, np.greater(value, 0)
        x, ratio = within(inside, value, 1.0), self.df1 / self.df2
        known = m / 2 * np.log(ratio) + (m / 2 - 1) * np.log(x) - (m + n) / 2 * np.log1p(ratio * x)
        return np.where(inside, known - betaln(m / 2, n / 2), -np.inf)

    @property
    def mean(self) -> Any:
        n = within(self.df2 > 2, self.df2, 3.0)
        return self._whole(np.where(self.df2 > 2, n / (n - 2), np.nan))

    @property
    def mode(self) -> Any:
        m, n = self.df1, self.df2
        return np.where(m > 2, (m - 2) / m * n / (n + 2), np.nan)

    @property
    def variance(self) -> Any:
        m, n = self.df1, within(self.df2 > 4, self.df2, 5.0)
        return np.where(self.df2 > 4, 2 * n**2 * (m + n - 2) / (m * (n - 2) ** 2 * (n - 4)), np.nan)

    def cdf(self, value: Any) -> Any:
        x = self.df1 * np.maximum(value, 0)
        return betainc(self.df1 / 2, self.df2 / 2, x / (x + self.df2))

    def entropy(self) -> Any:
        a, b = self.df1 / 2, self.df2 / 2
        return betaln(a, b) + (1 - a) * psi(a) - (1 + b) * psi(b) + (a + b) * psi(a + b) + np.log(b / a)
