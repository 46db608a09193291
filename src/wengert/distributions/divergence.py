"""The divergence of S. Kullback and R. Leibler, KL(p, q) = mean under p of log p - log q, by formulas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from wengert import tree
from wengert.distributions import constraints
from wengert.distributions.bounded import Beta, ContinuousBernoulli, Kumaraswamy
from wengert.distributions.composed import TransformedDistribution
from wengert.distributions.continuous import (
    Cauchy,
    Exponential,
    Gamma,
    Gumbel,
    Laplace,
    Logistic,
    LogNormal,
    Normal,
    Uniform,
)
from wengert.distributions.discrete import Bernoulli, Binomial, Categorical, Geometric, Poisson
from wengert.distributions.distribution import Distribution
from wengert.distributions.half import HalfCauchy, HalfNormal
from wengert.distributions.positive import InverseGamma, Pareto, Weibull
from wengert.distributions.vectors import (
    Dirichlet,
    Independent,
    LowRankMultivariateNormal,
    Multinomial,
    MultivariateNormal,
    RelaxedOneHotCategorical,
)
from wengert.errors import InvalidArgument, MissingRule, explain, user_line
from wengert.random.arguments import known
from wengert.special import betaln, erf, gamma, gammaln, psi, xlogy

__all__ = ["kl_divergence", "register_kl"]

Formula = TypeVar("Formula", bound=Callable[[Any, Any], Any])

_FORMULAS: dict[tuple[type, type], Callable[[Any, Any], Any]] = {}


def register_kl(p: type[Distribution], q: type[Distribution]) -> Callable[[Formula], Formula]:
    """Decorator: this function of (p, q) is the divergence of distributions of these classes and their subclasses."""

    def decorate(formula: Formula) -> Formula:
        _FORMULAS[p, q] = formula
        return formula

    return decorate


def kl_divergence(p: Distribution, q: Distribution) -> Any:
    """KL(p, q) ≥ 0, of the shape of the batch; 0 if and only if they are the same distribution.

    It is infinite where p has numbers that q never gives. Raises `MissingRule` for pairs without a formula.

    >>> from wengert.distributions import Normal, kl_divergence
    >>> kl_divergence(Normal(1.0, 1.0), Normal(0.0, 1.0))
    np.float64(0.5)
    """
    for left in type(p).__mro__:
        for right in type(q).__mro__:
            if (left, right) in _FORMULAS:
                return _FORMULAS[left, right](p, q)
    if _sticks_out(p, q):
        return np.full(np.broadcast_shapes(p.batch_shape, q.batch_shape), np.inf)
    raise MissingRule(
        explain(
            f"kl_divergence at {user_line()} got a {type(p).__name__} and a {type(q).__name__}.",
            "There is no formula for this pair.",
            "Write np.mean(p.log_prob(x) - q.log_prob(x)) with x = p.rsample((n,)), or give one with register_kl.",
        )
    )


def _bounds(d: Distribution) -> Any:
    """Between which numbers those of a distribution lie, if it is one of real numbers and these are known."""
    if d.inside is None and type(d).support is Distribution.support:  # it is not known
        return None
    if d.support is constraints.real:
        return -np.inf, np.inf
    if not isinstance(d.support, constraints.Interval) or d.support.is_discrete:
        return None
    bounds = known(d.support.lower_bound), known(d.support.upper_bound)
    return None if bounds[0] is None or bounds[1] is None else bounds


def _sticks_out(p: Distribution, q: Distribution) -> bool:
    """Whether all of a batch p have numbers that q never gives."""
    ours, theirs = _bounds(p), _bounds(q)
    if ours is None or theirs is None:
        return False
    return bool(np.all((ours[0] < theirs[0]) | (ours[1] > theirs[1])))


@register_kl(Normal, Normal)
@register_kl(LogNormal, LogNormal)  # x and log x differ by a map that both share
def _normal(p: Any, q: Any) -> Any:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio + ((p.loc - q.loc) / q.scale) ** 2 - 1 - np.log(ratio))


@register_kl(HalfNormal, HalfNormal)  # of normal numbers of mean 0, folded
def _folded(p: Any, q: Any) -> Any:
    ratio = (p.scale / q.scale) ** 2
    return 0.5 * (ratio - 1 - np.log(ratio))


@register_kl(Cauchy, Cauchy)
def _cauchy(p: Any, q: Any) -> Any:
    # F. Chyzak and F. Nielsen, "A closed-form formula for the Kullback-Leibler divergence between Cauchy
    # distributions", 2019
    return np.log(((p.scale + q.scale) ** 2 + (p.loc - q.loc) ** 2) / (4 * p.scale * q.scale))


@register_kl(HalfCauchy, HalfCauchy)  # of Cauchy numbers around 0, folded
def _folded_cauchy(p: Any, q: Any) -> Any:
    return np.log((p.scale + q.scale) ** 2 / (4 * p.scale * q.scale))


@register_kl(Weibull, Weibull)
def _weibull(p: Any, q: Any) -> Any:
    # C. Bauckhage, "Computing the Kullback-Leibler divergence between two Weibull distributions", 2013
    c, d = p.concentration, q.concentration
    apart = np.log(c) - c * np.log(p.scale) - np.log(d) + d * np.log(q.scale)
    return apart + (c - d) * (np.log(p.scale) - np.euler_gamma / c) + (p.scale / q.scale) ** d * gamma(d / c + 1) - 1


@register_kl(ContinuousBernoulli, ContinuousBernoulli)
def _continuous_bernoulli(p: Any, q: Any) -> Any:
    return p.mean * (p.logits - q.logits) + p.log_prob(0.0) - q.log_prob(0.0)


@register_kl(Gumbel, Gumbel)
def _gumbel(p: Any, q: Any) -> Any:
    ratio, apart = p.scale / q.scale, (p.loc - q.loc) / q.scale
    return np.exp(gammaln(1 + ratio) - apart) + np.euler_gamma * (ratio - 1) + apart - 1 - np.log(ratio)


@register_kl(Pareto, Pareto)
def _pareto(p: Any, q: Any) -> Any:
    ratio = q.alpha / p.alpha
    known = q.alpha * np.log(p.scale / q.scale) + ratio - 1 - np.log(ratio)
    return np.where(p.scale >= q.scale, known, np.inf)


@register_kl(Laplace, Laplace)
def _laplace(p: Any, q: Any) -> Any:
    apart, ratio = np.abs(p.loc - q.loc), p.scale / q.scale
    return apart / q.scale + ratio * np.exp(-apart / p.scale) - 1 - np.log(ratio)


@register_kl(Uniform, Uniform)
def _uniform(p: Any, q: Any) -> Any:
    inside = (q.low <= p.low) & (p.high <= q.high)
    return np.where(inside, np.log((q.high - q.low) / (p.high - p.low)), np.inf)


@register_kl(Exponential, Exponential)
def _exponential(p: Any, q: Any) -> Any:
    ratio = q.rate / p.rate
    return ratio - 1 - np.log(ratio)


@register_kl(Gamma, Gamma)
@register_kl(InverseGamma, InverseGamma)  # x and 1 / x differ by a map that both share
def _gamma(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    apart = (a - b) * psi(a) + gammaln(b) - gammaln(a)
    return apart + b * np.log(p.rate / q.rate) + a * (q.rate / p.rate - 1)


@register_kl(Beta, Beta)
def _beta(p: Any, q: Any) -> Any:
    a, b, c, d = p.concentration1, p.concentration0, q.concentration1, q.concentration0
    total = (c - a + d - b) * psi(a + b)
    return betaln(c, d) - betaln(a, b) + (a - c) * psi(a) + (b - d) * psi(b) + total


@register_kl(Dirichlet, Dirichlet)
def _dirichlet(p: Any, q: Any) -> Any:
    a, b = p.concentration, q.concentration
    total = np.sum(a, axis=-1)
    each = (a - b) * (psi(a) - psi(total)[..., None]) + gammaln(b) - gammaln(a)
    return gammaln(total) - gammaln(np.sum(b, axis=-1)) + np.sum(each, axis=-1)


@register_kl(LowRankMultivariateNormal, LowRankMultivariateNormal)
@register_kl(LowRankMultivariateNormal, MultivariateNormal)
@register_kl(MultivariateNormal, LowRankMultivariateNormal)
def _low_rank(p: Any, q: Any) -> Any:
    return _vectors(*[MultivariateNormal(d.loc, d.covariance_matrix) for d in (p, q)])


@register_kl(MultivariateNormal, MultivariateNormal)
def _vectors(p: Any, q: Any) -> Any:
    n = p.event_shape[0]
    z, ratio = q.standard(p.loc - q.loc), np.linalg.solve(q.scale_tril, p.scale_tril)
    apart = np.sum(z * z, axis=-1) + np.sum(ratio * ratio, axis=(-2, -1)) - n
    return 0.5 * apart + q.log_determinant() - p.log_determinant()


# The logarithms of these densities are polynomials, whose means are moments of the other distribution.
_POSITIVE: tuple[type[Distribution], ...] = (
    Beta, ContinuousBernoulli, Gamma, HalfNormal, InverseGamma, Kumaraswamy, LogNormal, Pareto, Weibull,
)  # fmt: skip
_NUMBERS: tuple[type[Distribution], ...] = (*_POSITIVE, Exponential, Gumbel, Laplace, Logistic, Uniform)


def _from_normal(p: Any, q: Any) -> Any:
    spread = (p.variance + (p.mean - q.loc) ** 2) / (2 * q.scale**2)
    return spread + np.log(q.scale) + 0.5 * np.log(2 * np.pi) - p.entropy()


def _from_exponential(p: Any, q: Any) -> Any:
    return q.rate * p.mean - np.log(q.rate) - p.entropy()


for _kind in _NUMBERS:
    register_kl(_kind, Normal)(_from_normal)
for _kind in _POSITIVE:
    register_kl(_kind, Exponential)(_from_exponential)


def _falling(p: Any, t: Any) -> Any:
    """The mean of e^(-t x)."""
    if isinstance(p, Normal):
        return np.exp(t * (t * p.variance / 2 - p.mean))
    if isinstance(p, Uniform):
        return (np.exp(-t * p.low) - np.exp(-t * p.high)) / (t * (p.high - p.low))
    shape = p.concentration if isinstance(p, Gamma) else 1.0
    return (p.rate / (p.rate + t)) ** shape


def _from_gumbel(p: Any, q: Any) -> Any:
    # Minus the logarithm of the density is log b + z + e^-z with z = (x - loc) / b.
    tail = np.exp(q.loc / q.scale) * _falling(p, 1 / q.scale)
    return np.log(q.scale) + (p.mean - q.loc) / q.scale + tail - p.entropy()


for _kind in (Exponential, Gamma, Normal, Uniform):
    register_kl(_kind, Gumbel)(_from_gumbel)


@register_kl(Normal, Laplace)
def _normal_laplace(p: Any, q: Any) -> Any:
    # The mean of |x - μ| is that of a folded normal number.
    apart = p.loc - q.loc
    z = apart / (p.scale * np.sqrt(2))
    distance = p.scale * np.sqrt(2 / np.pi) * np.exp(-z * z) + apart * erf(z)
    return distance / q.scale + np.log(2 * q.scale) - p.entropy()


@register_kl(Beta, Gamma)
def _beta_gamma(p: Any, q: Any) -> Any:
    log = psi(p.concentration1) - psi(p.concentration1 + p.concentration0)
    a, rate = q.concentration, q.rate
    return gammaln(a) - a * np.log(rate) - (a - 1) * log + rate * p.mean - p.entropy()


@register_kl(Beta, Uniform)
def _beta_uniform(p: Any, q: Any) -> Any:
    return np.where((q.low <= 0) & (q.high >= 1), np.log(q.high - q.low) - p.entropy(), np.inf)


@register_kl(Uniform, Exponential)
def _uniform_exponential(p: Any, q: Any) -> Any:
    return np.where(p.low >= 0, _from_exponential(p, q), np.inf)


@register_kl(Exponential, Gamma)
def _exponential_gamma(p: Any, q: Any) -> Any:
    return _gamma(Gamma(np.ones_like(p.rate), p.rate), q)


def _against(p: Any, successes: Any, failures: Any, other: Any) -> Any:
    """What p.log_prob and that of another one differ by, on average."""
    return p._logs(successes, failures) - other._logs(successes, failures)


@register_kl(Bernoulli, Bernoulli)
def _bernoulli(p: Any, q: Any) -> Any:
    return _against(p, p.probs, 1 - p.probs, q)


@register_kl(Geometric, Geometric)
def _geometric(p: Any, q: Any) -> Any:
    return _against(p, 1.0, p.mean, q)


@register_kl(Binomial, Binomial)
def _binomial(p: Any, q: Any) -> Any:
    apart = _against(p, p.mean, p.total_count - p.mean, q)
    return np.where(p.total_count == q.total_count, apart, np.where(p.total_count > q.total_count, np.inf, np.nan))


@register_kl(Poisson, Poisson)
def _poisson(p: Any, q: Any) -> Any:
    return xlogy(p.rate, p.rate / q.rate) - p.rate + q.rate


_NOT_A_CHOICE = (RelaxedOneHotCategorical, Multinomial)


@register_kl(Categorical, Categorical)
def _categorical(p: Any, q: Any) -> Any:
    if isinstance(p, _NOT_A_CHOICE) or isinstance(q, _NOT_A_CHOICE):
        raise MissingRule(
            explain(
                f"kl_divergence at {user_line()} got a {type(p).__name__} and a {type(q).__name__}.",
                "There is no formula for this pair.",
                "Write np.mean(p.log_prob(x) - q.log_prob(x)) with x = p.rsample((n,)).",
            )
        )
    chance = p.probs
    kept = chance > 0
    return np.sum(np.where(kept, chance * (np.where(kept, p.logits, 0) - q.logits), 0), axis=-1)


@register_kl(Independent, Independent)
def _independent(p: Any, q: Any) -> Any:
    if p.count != q.count:
        raise InvalidArgument(
            explain(
                f"kl_divergence at {user_line()} got Independent of {p.count} and of {q.count} axes.",
                "Their samples have different shapes.",
                "Give both the same number of axes.",
            )
        )
    return p.total(kl_divergence(p.base, q.base))


@register_kl(TransformedDistribution, TransformedDistribution)
def _transformed(p: Any, q: Any) -> Any:
    if (
        p.event_shape != q.event_shape
        or tree.flatten(p.transforms)[1] != tree.flatten(q.transforms)[1]
        or not all([np.all(a == b) for a, b in zip(tree.leaves(p.transforms), tree.leaves(q.transforms), strict=True)])
    ):
        raise MissingRule(
            explain(
                f"kl_divergence at {user_line()} got distributions of different transforms.",
                "Only what both share leaves the divergence of the bases as it is.",
                "Write np.mean(p.log_prob(x) - q.log_prob(x)) with x = p.rsample((n,)).",
            )
        )
    return kl_divergence(p.base_dist, q.base_dist)
