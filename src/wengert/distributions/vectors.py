"""Distributions of vectors, and many distributions as one."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from wengert import random
from wengert.core.apply import Box
from wengert.distributions import constraints
from wengert.distributions.constraints import Constraint
from wengert.distributions.discrete import Categorical
from wengert.distributions.distribution import Distribution, missing
from wengert.errors import InvalidArgument, explain, user_line
from wengert.random.arguments import cast, lengths
from wengert.special import gammaln, logsumexp, psi, xlogy
from wengert.transforms.custom import stop_gradient

__all__ = [
    "Dirichlet",
    "Independent",
    "LowRankMultivariateNormal",
    "Multinomial",
    "MultivariateNormal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "RelaxedOneHotCategorical",
    "Rooted",
    "log_diagonal",
    "lower_root",
]


class Dirichlet(Distribution):
    """Probabilities of n categories; concentration: (…, n), positive."""

    inside = constraints.simplex
    positive = ("concentration",)
    event_axes: ClassVar[Mapping[str, int]] = {"concentration": 1}
    concentration: Any

    def __init__(self, concentration: Any) -> None:
        self._set(concentration=concentration)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return tuple(np.shape(self.concentration)[:-1])

    @property
    def event_shape(self) -> tuple[int, ...]:
        return tuple(np.shape(self.concentration)[-1:])

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.dirichlet(key, self.concentration, shape)

    def log_prob(self, value: Any) -> Any:
        a = self.concentration
        return np.sum(xlogy(a - 1, value) - gammaln(a), axis=-1) + gammaln(np.sum(a, axis=-1))

    @property
    def mean(self) -> Any:
        return self.concentration / np.sum(self.concentration, axis=-1, keepdims=True)

    @property
    def mode(self) -> Any:
        inner = np.all(self.concentration > 1, axis=-1, keepdims=True)
        above = self.concentration - 1
        return np.where(inner, above / np.where(inner, np.sum(above, axis=-1, keepdims=True), 1), np.nan)

    @property
    def variance(self) -> Any:
        total = np.sum(self.concentration, axis=-1, keepdims=True)
        return self.concentration * (total - self.concentration) / (total**2 * (total + 1))

    def entropy(self) -> Any:
        a, n = self.concentration, self.event_shape[0]
        total = np.sum(a, axis=-1)
        return np.sum(gammaln(a) - (a - 1) * psi(a), axis=-1) - gammaln(total) + (total - n) * psi(total)


def lower_root(who: str, covariance_matrix: Any, precision_matrix: Any, scale_tril: Any) -> Any:
    """The lower triangular L with L Lᵀ the covariance, of the one matrix that is given.

    Raises `InvalidArgument` for none, several, and such as are not square.
    """
    given = [m for m in (covariance_matrix, precision_matrix, scale_tril) if m is not None]
    if len(given) != 1 or np.ndim(given[0]) < 2 or np.shape(given[0])[-2] != np.shape(given[0])[-1]:
        raise InvalidArgument(
            explain(
                f"{who} at {user_line()} got {len(given)} matrices of shapes "
                f"{', '.join(str(np.shape(m)) for m in given)}.",
                "One square matrix says how the entries vary together.",
                "Give a covariance_matrix of shape (…, n, n).",
            )
        )
    matrix = given[0] if isinstance(given[0], Box) else np.asarray(given[0])
    if scale_tril is not None:
        return matrix
    return np.linalg.cholesky(matrix if precision_matrix is None else np.linalg.inv(matrix))


def log_diagonal(root: Any) -> Any:
    """The logarithm of the determinant of triangular matrices, (…, n, n)."""
    return np.sum(np.log(np.diagonal(root, axis1=-2, axis2=-1)), axis=-1)


class Rooted(Distribution):
    """Of a covariance matrix L Lᵀ with a lower triangular L, scale_tril, (…, n, n)."""

    scale_tril: Any

    @property
    def covariance_matrix(self) -> Any:
        """The means of products of deviations, (…, n, n)."""
        return np.matmul(self.scale_tril, np.swapaxes(self.scale_tril, -1, -2))

    @property
    def precision_matrix(self) -> Any:
        """The inverse of the covariance matrix, (…, n, n)."""
        return np.linalg.inv(self.covariance_matrix)


class _NormalVectors(Distribution):
    """Of normal vectors of mean loc, (…, n), whatever says how their entries vary together."""

    inside = constraints.real_vector
    loc: Any

    @property
    def event_shape(self) -> tuple[int, ...]:
        return tuple(np.shape(self.loc)[-1:])

    @property
    def mean(self) -> Any:
        return np.broadcast_to(self.loc, (*self.batch_shape, *self.event_shape))

    @property
    def mode(self) -> Any:
        return self.mean

    def log_determinant(self) -> Any:
        """Half the logarithm of the determinant of the covariance matrix."""
        raise NotImplementedError

    def entropy(self) -> Any:
        constant = 0.5 * self.event_shape[0] * (1 + math.log(2 * math.pi))
        return self._whole(self.log_determinant() + constant)


class MultivariateNormal(_NormalVectors, Rooted):
    """Normal vectors of mean loc, (…, n); one of covariance_matrix, precision_matrix and scale_tril, (…, n, n).

    scale_tril: the lower triangular L with L Lᵀ the covariance, which is what is kept.

    >>> import numpy as np, wengert as wg
    >>> d = wg.distributions.MultivariateNormal(np.zeros(2), np.diag([1.0, 4.0]))
    >>> d.log_prob(np.array([0.0, 2.0])).round(4)
    np.float64(-3.031)
    """

    event_axes: ClassVar[Mapping[str, int]] = {"loc": 1, "scale_tril": 2}

    def __init__(
        self, loc: Any, covariance_matrix: Any = None, precision_matrix: Any = None, scale_tril: Any = None
    ) -> None:
        root = lower_root("MultivariateNormal", covariance_matrix, precision_matrix, scale_tril)
        if np.ndim(loc) < 1 or np.shape(root)[-1] != np.shape(loc)[-1]:
            raise InvalidArgument(
                explain(
                    f"MultivariateNormal at {user_line()} got a loc of shape {np.shape(loc)} and a matrix of shape "
                    f"{np.shape(root)}.",
                    "The matrix says how the entries vary together.",
                    "Give loc of shape (…, n) and a covariance_matrix of shape (…, n, n).",
                )
            )
        self._set(loc=loc, scale_tril=root)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return np.broadcast_shapes(np.shape(self.loc)[:-1], np.shape(self.scale_tril)[:-2])

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        z = random.normal(key, (*shape, *self.event_shape), self._dtype)
        return self.loc + np.matmul(self.scale_tril, z[..., None])[..., 0]

    def log_determinant(self) -> Any:
        return log_diagonal(self.scale_tril)

    def standard(self, difference: Any) -> Any:
        """L⁻¹ times vectors."""
        return np.linalg.solve(self.scale_tril, difference[..., None])[..., 0]

    def log_prob(self, value: Any) -> Any:
        z = self.standard(value - self.loc)
        constant = 0.5 * self.event_shape[0] * math.log(2 * math.pi)
        return -0.5 * np.sum(z * z, axis=-1) - self.log_determinant() - constant

    @property
    def variance(self) -> Any:
        return np.broadcast_to(np.sum(self.scale_tril**2, axis=-1), (*self.batch_shape, *self.event_shape))


class LowRankMultivariateNormal(_NormalVectors):
    """Normal vectors of mean loc, (…, n), and covariance W Wᵀ + D.

    W is cov_factor, (…, n, k), and D has the diagonal cov_diag, (…, n). Nothing of size n × n is computed: with
    the k × k matrix M = 1 + Wᵀ D⁻¹ W the determinant is det M det D, and the inverse D⁻¹ - D⁻¹ W M⁻¹ Wᵀ D⁻¹ (the
    identities of M. Woodbury, "Inverting modified matrices", 1950).

    >>> import numpy as np, wengert as wg
    >>> d = wg.distributions.LowRankMultivariateNormal(np.zeros(2), np.array([[1.0], [0.0]]), np.array([1.0, 4.0]))
    >>> d.variance, d.log_prob(np.array([0.0, 2.0])).round(4)
    (array([2., 4.]), np.float64(-3.3776))
    """

    positive = ("cov_diag",)
    event_axes: ClassVar[Mapping[str, int]] = {"loc": 1, "cov_factor": 2, "cov_diag": 1}
    cov_factor: Any
    cov_diag: Any

    def __init__(self, loc: Any, cov_factor: Any, cov_diag: Any) -> None:
        n = np.shape(loc)[-1:]
        if not n or np.shape(cov_factor)[-2:-1] != n or np.shape(cov_diag)[-1:] != n:
            raise InvalidArgument(
                explain(
                    f"LowRankMultivariateNormal at {user_line()} got a loc of shape {np.shape(loc)}, a cov_factor of "
                    f"{np.shape(cov_factor)} and a cov_diag of {np.shape(cov_diag)}.",
                    "The factor has a row, and the diagonal an entry, per entry of loc.",
                    "Give loc (…, n), cov_factor (…, n, k) and cov_diag (…, n).",
                )
            )
        self._set(loc=loc, cov_factor=cov_factor, cov_diag=cov_diag)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return np.broadcast_shapes(
            np.shape(self.loc)[:-1], np.shape(self.cov_factor)[:-2], np.shape(self.cov_diag)[:-1]
        )

    @property
    def covariance_matrix(self) -> Any:
        """The means of products of deviations, (…, n, n)."""
        w, d = self.cov_factor, self.cov_diag
        return w @ np.swapaxes(w, -1, -2) + d[..., None] * np.eye(self.event_shape[0], dtype=self._dtype)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        first, second = random.split(key)
        common = random.normal(first, (*shape, np.shape(self.cov_factor)[-1]), self._dtype)
        own = random.normal(second, (*shape, *self.event_shape), self._dtype)
        return self.loc + (self.cov_factor @ common[..., None])[..., 0] + np.sqrt(self.cov_diag) * own

    def _core(self) -> tuple[Any, Any]:
        """D⁻¹ W, and the lower triangular L with M = L Lᵀ."""
        scaled = self.cov_factor / self.cov_diag[..., None]
        m = np.eye(np.shape(self.cov_factor)[-1], dtype=self._dtype) + np.swapaxes(self.cov_factor, -1, -2) @ scaled
        return scaled, np.linalg.cholesky(m)

    def _log_determinant(self, root: Any) -> Any:
        return log_diagonal(root) + 0.5 * np.sum(np.log(self.cov_diag), axis=-1)

    def log_prob(self, value: Any) -> Any:
        apart, (scaled, root) = value - self.loc, self._core()
        inner = np.linalg.solve(root, np.swapaxes(scaled, -1, -2) @ apart[..., None])[..., 0]
        length = np.sum(apart**2 / self.cov_diag, axis=-1) - np.sum(inner**2, axis=-1)
        return -0.5 * (length + self.event_shape[0] * math.log(2 * math.pi)) - self._log_determinant(root)

    @property
    def variance(self) -> Any:
        spread = np.sum(self.cov_factor**2, axis=-1) + self.cov_diag
        return np.broadcast_to(spread, (*self.batch_shape, *self.event_shape))

    def log_determinant(self) -> Any:
        return self._log_determinant(self._core()[1])


class OneHotCategorical(Categorical):
    """Categories as vectors with a 1 in the place of the category."""

    inside = constraints.one_hot

    @property
    def event_shape(self) -> tuple[int, ...]:
        return tuple(np.shape(self.logits)[-1:])

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        chosen = random.categorical(key, self.logits, -1, shape)
        return (chosen[..., None] == np.arange(self.event_shape[0])).astype(self._dtype)

    def log_prob(self, value: Any) -> Any:
        return super().log_prob(np.argmax(value, axis=-1))

    @property
    def mean(self) -> Any:
        return self.probs

    @property
    def mode(self) -> Any:
        return (np.argmax(self.logits, axis=-1)[..., None] == np.arange(self.event_shape[0])).astype(self._dtype)

    @property
    def variance(self) -> Any:
        return self.probs * (1 - self.probs)

    def enumerate_support(self, expand: bool = True) -> Any:
        chosen = super().enumerate_support(expand)
        return (chosen[..., None] == np.arange(self.event_shape[0])).astype(self._dtype)


class OneHotCategoricalStraightThrough(OneHotCategorical):
    """One-hot categories whose samples have the derivative of the probabilities.

    Y. Bengio, N. Léonard and A. Courville, "Estimating or propagating gradients through stochastic neurons for
    conditional computation", 2013.
    """

    has_rsample = True

    def rsample(self, sample_shape: Any = (), key: Any = None) -> Any:
        p = self.probs
        return self.sample(sample_shape, key) + (p - stop_gradient(p))


class Multinomial(Categorical):
    """How often each category is chosen in total_count choices, (…, n).

    >>> import numpy as np, wengert as wg
    >>> wg.distributions.Multinomial(4, np.array([0.25, 0.75])).mean
    array([1., 3.])
    """

    has_enumerate_support = False

    def __init__(self, total_count: int = 1, probs: Any = None, logits: Any = None) -> None:
        super().__init__(probs, logits)
        self._hold({"logits": self.logits}, int(total_count))

    @property
    def total_count(self) -> int:
        """The number of choices."""
        return int(self._constants[0])

    @property
    def event_shape(self) -> tuple[int, ...]:
        return tuple(np.shape(self.logits)[-1:])

    @property
    def support(self) -> Constraint:
        return constraints.multinomial(self.total_count)

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        chosen = random.categorical(key, self.logits, -1, (self.total_count, *shape))
        return np.sum(chosen[..., None] == np.arange(self.event_shape[0]), axis=0).astype(self._dtype)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability of these counts; -inf if they do not add up to total_count."""
        counts, total = cast(value, self._dtype), self.total_count
        ways = math.lgamma(total + 1) - np.sum(gammaln(counts + 1), axis=-1)
        # a category that is impossible and was never chosen counts 0
        each = np.where(counts == 0, 0, counts * np.where(counts == 0, 0, self.logits))
        return np.where(np.sum(counts, axis=-1) == total, ways + np.sum(each, axis=-1), -np.inf)

    @property
    def mean(self) -> Any:
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        return Distribution.mode.fget(self)  # type: ignore[attr-defined]

    @property
    def variance(self) -> Any:
        return self.total_count * self.probs * (1 - self.probs)

    def enumerate_support(self, expand: bool = True) -> Any:
        return Distribution.enumerate_support(self, expand)

    def entropy(self) -> Any:
        return Distribution.entropy(self)


class RelaxedOneHotCategorical(Categorical):
    """Weights of categories that are near to a choice, the more so the lower the temperature.

    E. Jang, S. Gu and B. Poole, "Categorical reparameterization with Gumbel-softmax", 2017; the density is that of
    C. Maddison, A. Mnih and Y. W. Teh, "The concrete distribution", 2017.
    """

    has_enumerate_support = False
    inside = constraints.simplex
    has_rsample = True
    positive = ("temperature",)
    temperature: Any

    def __init__(self, temperature: Any, probs: Any = None, logits: Any = None) -> None:
        super().__init__(probs, logits)
        normalised = self.logits
        self._set(temperature=temperature, logits=normalised)

    @property
    def event_shape(self) -> tuple[int, ...]:
        return tuple(np.shape(self.logits)[-1:])

    def _draw(self, shape: tuple[int, ...], key: Any) -> Any:
        return random.gumbel_softmax(key, self.logits, self.temperature, shape=shape)

    def log_prob(self, value: Any) -> Any:
        n, t = self.event_shape[0], self.temperature
        log = np.log(value)
        score = self.logits - t * log
        spread = gammaln(n * np.ones((), self._dtype)) + (n - 1) * np.log(t)
        return spread + np.sum(score - log, axis=-1) - n * logsumexp(score, axis=-1)

    def expand(self, batch_shape: Any) -> Self:
        logits = np.broadcast_to(self.logits, (*lengths(batch_shape), *self.event_shape))
        return self._with({"temperature": self.temperature, "logits": logits})

    @property
    def mode(self) -> Any:
        raise missing(self, "mode")

    def enumerate_support(self, expand: bool = True) -> Any:
        return Distribution.enumerate_support(self, expand)

    def entropy(self) -> Any:
        return Distribution.entropy(self)


class Independent(Distribution):
    """The last axes of a batch of distributions as axes of one sample, whose log_prob is their sum."""

    base: Distribution

    def __init__(self, base_distribution: Distribution, reinterpreted_batch_ndims: int) -> None:
        base = base_distribution
        if not 0 <= reinterpreted_batch_ndims <= len(base.batch_shape):
            raise InvalidArgument(
                explain(
                    f"Independent at {user_line()} got {reinterpreted_batch_ndims} axes of {base.batch_shape}.",
                    "They are axes of the batch.",
                    "Give a smaller number.",
                )
            )
        self._hold({"base": base}, int(reinterpreted_batch_ndims))

    @property
    def count(self) -> int:
        """How many axes of the batch belong to one sample."""
        return int(self._constants[0])

    @property
    def batch_shape(self) -> tuple[int, ...]:
        shape = self.base.batch_shape
        return shape[: len(shape) - self.count]

    @property
    def event_shape(self) -> tuple[int, ...]:
        shape = self.base.batch_shape
        return (*shape[len(shape) - self.count :], *self.base.event_shape)

    @property
    def support(self) -> Constraint:
        return constraints.independent(self.base.support, self.count)

    def rsample(self, sample_shape: Any = (), key: Any = None) -> Any:
        return self.base.rsample(sample_shape, key)

    def sample(self, sample_shape: Any = (), key: Any = None) -> Any:
        return self.base.sample(lengths(sample_shape), key)

    def total(self, each: Any) -> Any:
        """The sum over these axes."""
        return np.sum(each, axis=tuple(range(-self.count, 0))) if self.count else each

    def log_prob(self, value: Any) -> Any:
        return self.total(self.base.log_prob(value))

    def expand(self, batch_shape: Any) -> Self:
        inner = self.base.batch_shape
        whole = (*lengths(batch_shape), *inner[len(inner) - self.count :])
        return self._with({"base": self.base.expand(whole)})

    @property
    def mean(self) -> Any:
        return self.base.mean

    @property
    def mode(self) -> Any:
        return self.base.mode

    @property
    def variance(self) -> Any:
        return self.base.variance

    def entropy(self) -> Any:
        return self.total(self.base.entropy())
