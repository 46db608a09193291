"""Distributions of numbers of an interval, and of angles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert import random
from wengert.distributions import constraints
from wengert.distributions.discrete import Trial
from wengert.distributions.distribution import Distribution, within
from wengert.random.arguments import cast
from wengert.special import betainc, betaincinv, betaln, i0e, i1e, psi, xlog1py, xlogy

__all__ = ["Beta", "ContinuousBernoulli", "Kumaraswamy", "VonMises"]


class _Concentrated(Distribution):
    """Of numbers between 0 and 1, concentrated at 1 and at 0."""

    inside = constraints.unit_interval
    positive = ("concentration1", "concentration0")
    concentration1: Any
    concentration0: Any

    def __init__(self, concentration1: Any, concentration0: Any) -> None:
        self._set(concentration1=concentration1, concentration0=concentration0)


class Beta(_Concentrated):
    """Density xᵃ⁻¹ (1 - x)ᵇ⁻¹ / B(a, b) between 0 and 1, of a = concentration1 and b = concentration0."""

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.beta(key, self.concentration1, self.concentration0, shape)

    def log_prob(self, value: Any) -> Any:
        a, b = self.concentration1, self.concentration0
        inside = np.greater_equal(value, 0) & np.less_equal(value, 1)
        x = within(inside, value, 0.5)
        return np.where(inside, xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b), -np.inf)

    @property
    def mean(self) -> Any:
        return self.concentration1 / (self.concentration1 + self.concentration0)

    @property
    def mode(self) -> Any:
        a, b = self.concentration1, self.concentration0
        inner = (a > 1) & (b > 1)
        return np.where(inner, (a - 1) / np.where(inner, a + b - 2, 1), np.nan)

    @property
    def variance(self) -> Any:
        total = self.concentration1 + self.concentration0
        return self.concentration1 * self.concentration0 / (total**2 * (total + 1))

    def cdf(self, value: Any) -> Any:
        return betainc(self.concentration1, self.concentration0, np.clip(value, 0, 1))

    def icdf(self, value: Any) -> Any:
        return betaincinv(self.concentration1, self.concentration0, value)

    def entropy(self) -> Any:
        a, b = self.concentration1, self.concentration0
        return betaln(a, b) - (a - 1) * psi(a) - (b - 1) * psi(b) + (a + b - 2) * psi(a + b)


class Kumaraswamy(_Concentrated):
    """Numbers between 0 and 1 that are at most x with probability 1 - (1 - xᵃ)ᵇ.

    a = concentration1 and b = concentration0; like `Beta`, with functions that are elementary (P. Kumaraswamy, "A
    generalized probability density function for double-bounded random processes", 1980).

    >>> import wengert as wg
    >>> wg.distributions.Kumaraswamy(2.0, 1.0).cdf(0.5)
    np.float64(0.25)
    """

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return self.icdf(random.uniform(key, shape, self._dtype))

    def log_prob(self, value: Any) -> Any:
        a, b, inside = self.concentration1, self.concentration0, np.greater(value, 0) & np.less(value, 1)
        x = within(inside, value, 0.5)
        return np.where(inside, np.log(a * b) + (a - 1) * np.log(x) + (b - 1) * np.log1p(-(x**a)), -np.inf)

    def _moment(self, n: int) -> Any:
        b = self.concentration0
        return b * np.exp(betaln(1 + n / self.concentration1, b))

    @property
    def mean(self) -> Any:
        return self._moment(1)

    @property
    def mode(self) -> Any:
        a, b = self.concentration1, self.concentration0
        inner = (a > 1) & (b > 1)
        return np.where(inner, (np.where(inner, a - 1, 1) / np.where(inner, a * b - 1, 1)) ** (1 / a), np.nan)

    @property
    def variance(self) -> Any:
        return self._moment(2) - self._moment(1) ** 2

    def cdf(self, value: Any) -> Any:
        return 1 - (1 - np.clip(value, 0, 1) ** self.concentration1) ** self.concentration0

    def icdf(self, value: Any) -> Any:
        return (-np.expm1(np.log1p(np.negative(value)) / self.concentration0)) ** (1 / self.concentration1)

    def entropy(self) -> Any:
        a, b = self.concentration1, self.concentration0
        return 1 - 1 / b + (1 - 1 / a) * (psi(b + 1) + np.euler_gamma) - np.log(a * b)


class ContinuousBernoulli(Trial):
    """Numbers x of [0, 1] of a density in proportion to pˣ (1 - p)¹⁻ˣ, p being probs.

    From G. Loaiza-Ganem and J. Cunningham, "The continuous Bernoulli: fixing a pervasive error in variational
    autoencoders", 2019. With λ = logit(p) it is x ↦ λ exp(λ x) / (exp(λ) - 1), which is computed; near λ = 0, where
    that is 0/0, by series.

    >>> import wengert as wg
    >>> d = wg.distributions.ContinuousBernoulli(probs=0.5)
    >>> float(d.mean), float(d.log_prob(0.3))
    (0.5, 0.0)
    """

    inside = constraints.unit_interval
    has_rsample = True

    def _slope(self, bound: float) -> tuple[Any, Any]:
        """λ, or 1 where it is smaller than the bound, and where that is."""
        small = np.abs(self.logits) < bound
        return np.where(small, 1.0, self.logits).astype(self._dtype), small

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return self.icdf(random.uniform(key, shape, self._dtype))

    def log_prob(self, value: Any) -> Any:
        (slope, small), inside = self._slope(1e-6), np.greater_equal(value, 0) & np.less_equal(value, 1)
        # λ / (exp(λ) - 1), of which for λ > 0 the factor exp(-λ) is taken out
        norm = np.log(-np.abs(slope) / np.expm1(-np.abs(slope))) - np.maximum(slope, 0)
        norm = np.where(small, -self.logits / 2, norm)
        return np.where(inside, within(inside, value, 0.0) * self.logits + norm, -np.inf)

    @property
    def mean(self) -> Any:
        (slope, small), x = self._slope(0.1), self.logits
        return np.where(small, 0.5 + x / 12 - x**3 / 720 + x**5 / 30240, -1 / np.expm1(-slope) - 1 / slope)

    @property
    def variance(self) -> Any:
        (slope, small), square = self._slope(0.1), self.logits**2
        series = 1 / 12 - square / 240 + square**2 / 6048 - square**3 / 172800
        return np.where(small, series, 1 / slope**2 - 0.25 / np.sinh(slope / 2) ** 2)

    def cdf(self, value: Any) -> Any:
        (slope, small), x = self._slope(1e-6), np.clip(value, 0, 1)
        return np.where(small, x * (1 + self.logits * (x - 1) / 2), np.expm1(slope * x) / np.expm1(slope))

    def icdf(self, value: Any) -> Any:
        (slope, small), u = self._slope(1e-6), cast(value, self._dtype)
        return np.where(small, u * (1 + self.logits * (1 - u) / 2), np.log1p(u * np.expm1(slope)) / slope)

    def entropy(self) -> Any:
        return -self.log_prob(0.0) - self.mean * self.logits


_TRIES = 40  # all of them are refused with a probability below 1e-18


class VonMises(Distribution):
    """Angles around loc, of a density in proportion to exp(κ cos(x - loc)), κ being the concentration.

    The samples are those of D. Best and N. Fisher, "Efficient simulation of the von Mises distribution", 1979; they
    have no derivative. variance: that of angles, 1 - the length of the mean of (cos x, sin x).

    >>> import wengert as wg
    >>> d = wg.distributions.VonMises(1.0, 4.0)
    >>> d.log_prob(1.0).round(4), d.mean
    (np.float64(-0.2628), np.float64(1.0))
    """

    inside = constraints.real
    has_rsample = False
    positive = ("concentration",)
    loc: Any
    concentration: Any

    def __init__(self, loc: Any, concentration: Any) -> None:
        self._set(loc=loc, concentration=concentration)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        k = self.concentration
        tau = 1 + np.sqrt(1 + 4 * k * k)
        rho = (tau - np.sqrt(2 * tau)) / (2 * k)
        # A wrapped Cauchy number is offered; r → ∞ as κ → 0, where it is uniform.
        r = (1 + rho * rho) / (2 * rho)
        first, second, third = random.split(key, 3)
        tries = (_TRIES, *shape)
        z = np.cos(math.pi * random.uniform(first, tries, self._dtype))
        cosine = np.clip((1 + r * z) / (r + z), -1, 1)
        c = k * (r - cosine)
        u = random.uniform(second, tries, self._dtype)
        taken = (c * (2 - c) > u) | (np.log(c) - c + 1 >= np.log(np.where(u > 0, u, 1)))
        chosen = np.take_along_axis(cosine, np.argmax(taken, axis=0)[None], axis=0)[0]
        sign = np.where(random.bernoulli(third, 0.5, shape), 1, -1)
        return _wrapped(self.loc + sign * np.arccos(chosen))

    def log_prob(self, value: Any) -> Any:
        # log I₀(κ) = log(e^-κ I₀(κ)) + κ
        k = self.concentration
        return k * (np.cos(value - self.loc) - 1) - math.log(2 * math.pi) - np.log(i0e(k))

    @property
    def mean(self) -> Any:
        return self._whole(self.loc)

    @property
    def mode(self) -> Any:
        return self.mean

    @property
    def variance(self) -> Any:
        k = self.concentration
        return self._whole(1 - i1e(k) / i0e(k))


def _wrapped(angle: Any) -> Any:
    """The angle from -π on and below π."""
    return (angle + math.pi) % (2 * math.pi) - math.pi
