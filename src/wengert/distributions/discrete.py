"""Distributions of whole numbers. Their samples have no derivative; `log_prob` has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np

from wengert import random
from wengert.distributions import constraints
from wengert.distributions.constraints import Constraint
from wengert.distributions.distribution import Distribution, missing, within
from wengert.errors import InvalidArgument, explain, user_line
from wengert.random.arguments import cast, floating
from wengert.special import expit, gammaincc, gammaln, logsumexp, softplus, xlog1py, xlogy

__all__ = [
    "Bernoulli",
    "Binomial",
    "Categorical",
    "Geometric",
    "NegativeBinomial",
    "Poisson",
    "RelaxedBernoulli",
    "Trial",
]


def _one_of(name: str, probs: Any, logits: Any) -> dict[str, Any]:
    if (probs is None) == (logits is None):
        raise InvalidArgument(
            explain(
                f"{name} at {user_line()} got probs={probs!r} and logits={logits!r}.",
                "Either says the same as the other.",
                "Give one of them.",
            )
        )
    return {"probs": probs} if logits is None else {"logits": logits}


def _every(values: Any, batch_shape: tuple[int, ...], expand: bool) -> Any:
    """Values along the first axis, for each of a batch."""
    values = np.reshape(values, (-1, *[1] * len(batch_shape)))
    return np.broadcast_to(values, (len(values), *batch_shape)) if expand else values


def _log(p: Any) -> Any:
    """log p, with -inf for 0 and no warning."""
    return np.where(p > 0, np.log(np.where(p > 0, p, 1)), -np.inf)


class Trial(Distribution):
    """Distributions of things that succeed with probability probs, or expit(logits)."""

    has_rsample = False

    def __init__(self, probs: Any = None, logits: Any = None) -> None:
        self._set(**_one_of(type(self).__name__, probs, logits))

    def __getattr__(self, name: str) -> Any:
        # The one of the two parameters that was not given.
        if name == "probs" and "logits" in self.__dict__:
            return expit(self.logits)
        if name == "logits" and "probs" in self.__dict__:
            return _log(self.probs) - _log(1 - self.probs)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def _logs(self, successes: Any, failures: Any) -> Any:
        """successes log p + failures log (1 - p)."""
        if "probs" in self._names:
            return xlogy(successes, self.probs) + xlog1py(failures, -self.probs)
        return -successes * softplus(-self.logits) - failures * softplus(self.logits)


class Bernoulli(Trial):
    """0 or 1.

    >>> import numpy as np, wengert as wg
    >>> np.exp(wg.distributions.Bernoulli(probs=0.25).log_prob(np.array([0.0, 1.0])))
    array([0.75, 0.25])
    """

    inside = constraints.boolean
    has_enumerate_support = True

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.bernoulli(key, self.probs, shape).astype(self._dtype)

    def log_prob(self, value: Any) -> Any:
        inside = np.equal(value, 0) | np.equal(value, 1)
        x = within(inside, value, 0.0)
        return np.where(inside, self._logs(x, 1 - x), -np.inf)

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    @property
    def mode(self) -> Any:
        return np.where(self.probs == 0.5, np.nan, self.probs > 0.5)

    def cdf(self, value: Any) -> Any:
        return np.where(np.less(value, 0), 0, np.where(np.less(value, 1), 1 - self.probs, 1))

    def enumerate_support(self, expand: bool = True) -> Any:
        return _every(np.arange(2).astype(self._dtype), self.batch_shape, expand)

    def entropy(self) -> Any:
        p = self.probs
        return -self._logs(p, 1 - p)


class RelaxedBernoulli(Trial):
    """Numbers between 0 and 1 that are near to 0 or 1, the more so the lower the temperature; samples have derivatives.

    C. Maddison, A. Mnih and Y. W. Teh, "The concrete distribution", 2017.
    """

    inside = constraints.unit_interval
    has_rsample = True
    positive = ("temperature",)
    temperature: Any

    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None) -> None:
        self._set(temperature=temperature, **_one_of("RelaxedBernoulli", probs, logits))

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.relaxed_bernoulli(key, self.temperature, self.logits, shape)

    def log_prob(self, value: Any) -> Any:
        inside = np.greater(value, 0) & np.less(value, 1)
        x = within(inside, value, 0.5)
        # logit(x) is logistic, of location logits / t and scale 1 / t
        z = self.temperature * (np.log(x) - np.log1p(-x)) - self.logits
        density = -z - 2 * softplus(-z) + np.log(self.temperature) - np.log(x) - np.log1p(-x)
        return np.where(inside, density, -np.inf)


class Binomial(Trial):
    """How many of total_count trials succeed."""

    has_enumerate_support = True
    total_count: Any

    def __init__(self, total_count: Any = 1, probs: Any = None, logits: Any = None) -> None:
        self._set(total_count=np.multiply(total_count, 1.0), **_one_of("Binomial", probs, logits))

    @property
    def support(self) -> Constraint:
        return constraints.integer_interval(0, self.total_count)

    def enumerate_support(self, expand: bool = True) -> Any:
        most = np.max(self.total_count)
        if np.any(self.total_count != most):
            raise missing(self, "enumerate_support")
        return _every(np.arange(1 + int(most)).astype(self._dtype), self.batch_shape, expand)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.binomial(key, self.total_count, self.probs, shape, self._dtype)

    def log_prob(self, value: Any) -> Any:
        n, inside = self.total_count, np.greater_equal(value, 0) & np.less_equal(value, self.total_count)
        k = within(inside, value, 0.0)
        ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
        return np.where(inside, ways + self._logs(k, n - k), -np.inf)

    @property
    def mean(self) -> Any:
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        return np.minimum(np.floor((self.total_count + 1) * self.probs), self.total_count)

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)


class NegativeBinomial(Trial):
    """How many trials succeed before total_count of them have failed, which need not be whole.

    >>> import wengert as wg
    >>> wg.distributions.NegativeBinomial(3.0, probs=0.25).mean
    np.float64(1.0)
    """

    inside = constraints.nonnegative_integer
    positive = ("total_count",)
    total_count: Any

    def __init__(self, total_count: Any, probs: Any = None, logits: Any = None) -> None:
        self._set(total_count=total_count, **_one_of("NegativeBinomial", probs, logits))

    def _odds(self) -> Any:
        return self.probs / (1 - self.probs) if "probs" in self._names else np.exp(self.logits)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        # a Poisson number whose rate is gamma-distributed
        rate, count = random.split(key)
        rates = random.gamma(rate, self.total_count, shape) * self._odds()
        return random.poisson(count, rates, shape, self._dtype)

    def log_prob(self, value: Any) -> Any:
        r, inside = self.total_count, np.greater_equal(value, 0)
        k = within(inside, value, 0.0)
        ways = gammaln(r + k) - gammaln(k + 1) - gammaln(r)
        return np.where(inside, ways + self._logs(k, r), -np.inf)

    @property
    def mean(self) -> Any:
        return self.total_count * self._odds()

    @property
    def mode(self) -> Any:
        return np.floor(np.maximum(self.total_count - 1, 0) * self._odds())

    @property
    def variance(self) -> Any:
        return self.mean * (1 + self._odds())


class Geometric(Trial):
    """How many trials fail before the first one succeeds."""

    inside = constraints.nonnegative_integer

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.geometric(key, self.probs, shape, self._dtype) - 1

    def log_prob(self, value: Any) -> Any:
        inside = np.greater_equal(value, 0)
        return np.where(inside, self._logs(1.0, within(inside, value, 0.0)), -np.inf)

    @property
    def mean(self) -> Any:
        return 1 / self.probs - 1

    @property
    def mode(self) -> Any:
        return np.zeros(self.batch_shape, self._dtype)

    @property
    def variance(self) -> Any:
        return (1 / self.probs - 1) / self.probs

    def entropy(self) -> Any:
        p = self.probs
        return -self._logs(p, 1 - p) / p


class Poisson(Distribution):
    """How many things happened that happen `rate` times on average."""

    inside = constraints.nonnegative_integer
    has_rsample = False
    positive = ("rate",)
    rate: Any

    def __init__(self, rate: Any) -> None:
        self._set(rate=rate)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.poisson(key, self.rate, shape, self._dtype)

    def log_prob(self, value: Any) -> Any:
        inside = np.greater_equal(value, 0)
        k = within(inside, value, 0.0)
        return np.where(inside, xlogy(k, self.rate) - self.rate - gammaln(k + 1), -np.inf)

    @property
    def mean(self) -> Any:
        return self.rate

    @property
    def mode(self) -> Any:
        return np.floor(self.rate)

    @property
    def variance(self) -> Any:
        return self.rate

    def cdf(self, value: Any) -> Any:
        inside = np.greater_equal(value, 0)
        return np.where(inside, gammaincc(np.floor(within(inside, value, 0.0)) + 1, self.rate), 0)


class Categorical(Distribution):
    """Numbers of categories, whose probabilities (or logits) stand along the last axis of the parameter.

    >>> import numpy as np, wengert as wg
    >>> d = wg.distributions.Categorical(probs=np.array([0.25, 0.75]))
    >>> np.exp(d.log_prob(np.array([0, 1])))
    array([0.25, 0.75])
    """

    has_rsample = False
    has_enumerate_support = True
    probabilities = ()
    event_axes: ClassVar[Mapping[str, int]] = {"logits": 1}
    logits: Any

    def __init__(self, probs: Any = None, logits: Any = None) -> None:
        given = _one_of("Categorical", probs, logits)
        if probs is not None:
            given = {"logits": _log(cast(probs, floating(None, probs)))}
        self._set(**given)
        self.logits = self.logits - logsumexp(self.logits, axis=-1, keepdims=True)

    @property
    def probs(self) -> Any:
        """The probabilities, which sum to 1."""
        return np.exp(self.logits)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return tuple(np.shape(self.logits)[:-1])

    @property
    def mode(self) -> Any:
        return np.argmax(self.logits, axis=-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        return _every(np.arange(np.shape(self.logits)[-1]), self.batch_shape, expand)

    @property
    def support(self) -> Constraint:
        return self.inside or constraints.integer_interval(0, np.shape(self.logits)[-1] - 1)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.categorical(key, self.logits, -1, shape)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability of the category with that number."""
        number = value if hasattr(value, "dtype") else np.asarray(value)
        shape = np.broadcast_shapes(np.shape(number), self.batch_shape)
        logits = np.broadcast_to(self.logits, (*shape, np.shape(self.logits)[-1]))
        places = np.broadcast_to(number, shape).astype(np.intp)[..., None]
        return np.take_along_axis(logits, places, axis=-1)[..., 0]

    def entropy(self) -> Any:
        p = self.probs
        return -np.sum(np.where(p > 0, p * np.where(p > 0, self.logits, 0), 0), axis=-1)
