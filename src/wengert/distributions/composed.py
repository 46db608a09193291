"""Distributions made of others: transformed ones, and mixtures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from wengert import random
from wengert.distributions import constraints
from wengert.distributions.constraints import Constraint
from wengert.distributions.continuous import Normal
from wengert.distributions.discrete import Categorical
from wengert.distributions.distribution import Distribution
from wengert.distributions.transforms import ComposeTransform, StickBreakingTransform, Transform, rightmost
from wengert.distributions.vectors import Independent
from wengert.errors import InvalidArgument, explain, user_line
from wengert.random.arguments import lengths
from wengert.special import logsumexp
from wengert.transforms.custom import stop_gradient

__all__ = ["LogisticNormal", "MixtureSameFamily", "TransformedDistribution"]


class TransformedDistribution(Distribution):
    """The distribution of t(x), where x has another one.

    base_distribution: of x. transforms: a transform, or a list of them, which are applied from the first to the last
    one; a normalising flow is a list of many.

    >>> import wengert as wg
    >>> D = wg.distributions
    >>> d = D.TransformedDistribution(D.Normal(0.0, 1.0), [D.ExpTransform()])
    >>> d.log_prob(2.0) == D.LogNormal(0.0, 1.0).log_prob(2.0)
    np.True_
    """

    base_dist: Distribution
    transforms: list[Transform]

    def __init__(self, base_distribution: Distribution, transforms: Transform | Sequence[Transform]) -> None:
        parts = [transforms] if isinstance(transforms, Transform) else list(transforms)
        whole = ComposeTransform(parts)
        # A batch that is too small is broadcast; axes that a transform takes together are one sample's.
        shape = whole.inverse_shape(
            whole.forward_shape((*base_distribution.batch_shape, *base_distribution.event_shape))
        )
        event = len(base_distribution.event_shape)
        base = base_distribution.expand(shape[: len(shape) - event])
        if whole.in_axes > event:
            base = Independent(base, whole.in_axes - event)
        self._hold({"base_dist": base, "transforms": parts})

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        return self.base_dist.has_rsample

    def _axes(self) -> int:
        whole = ComposeTransform(self.transforms)
        return int(whole.out_axes + len(self.base_dist.event_shape) - whole.in_axes)

    def _whole_shape(self) -> tuple[int, ...]:
        shape = (*self.base_dist.batch_shape, *self.base_dist.event_shape)
        return ComposeTransform(self.transforms).forward_shape(shape)

    @property
    def batch_shape(self) -> tuple[int, ...]:
        shape = self._whole_shape()
        return shape[: len(shape) - self._axes()]

    @property
    def event_shape(self) -> tuple[int, ...]:
        shape = self._whole_shape()
        return shape[len(shape) - self._axes() :]

    def expand(self, batch_shape: Any) -> Self:
        return self._with({"base_dist": self.base_dist.expand(batch_shape), "transforms": self.transforms})

    def _through(self, x: Any) -> Any:
        for t in self.transforms:
            x = t(x)
        return x

    def rsample(self, sample_shape: Any = (), key: Any = None) -> Any:
        return self._through(self.base_dist.rsample(sample_shape, key))

    def sample(self, sample_shape: Any = (), key: Any = None) -> Any:
        return stop_gradient(self._through(self.base_dist.sample(sample_shape, key)))

    def log_prob(self, value: Any) -> Any:
        axes, change, y = self._axes(), 0.0, value
        for t in reversed(self.transforms):
            x = t.inv(y)
            axes += t.in_axes - t.out_axes
            change = change + rightmost(t.log_abs_det_jacobian(x, y), axes - t.in_axes)
            y = x
        return rightmost(self.base_dist.log_prob(y), axes - len(self.base_dist.event_shape)) - change

    def cdf(self, value: Any) -> Any:
        whole = ComposeTransform(self.transforms)
        below = self.base_dist.cdf(whole.inv(value))
        return np.where(whole.sign > 0, below, 1 - below)

    def icdf(self, value: Any) -> Any:
        sign = ComposeTransform(self.transforms).sign
        return self._through(self.base_dist.icdf(np.where(sign > 0, value, np.subtract(1, value))))


class LogisticNormal(TransformedDistribution):
    """n + 1 probabilities: normal numbers of mean loc and standard deviation scale, (…, n), after stick-breaking."""

    inside = constraints.simplex

    def __init__(self, loc: Any, scale: Any) -> None:
        base = Normal(loc, scale)
        super().__init__(base.expand(base.batch_shape), [StickBreakingTransform()])

    @property
    def loc(self) -> Any:
        """The means of the normal numbers."""
        return self.base_dist.base.loc  # type: ignore[attr-defined]

    @property
    def scale(self) -> Any:
        """Their standard deviations."""
        return self.base_dist.base.scale  # type: ignore[attr-defined]


class MixtureSameFamily(Distribution):
    """A component, chosen by a `Categorical`, of a batch of distributions, whose last batch axis are the components.

    Raises `InvalidArgument` if there are not as many components as categories.

    >>> import numpy as np, wengert as wg
    >>> D = wg.distributions
    >>> d = D.MixtureSameFamily(D.Categorical(np.array([0.25, 0.75])), D.Normal(np.array([0.0, 4.0]), 1.0))
    >>> d.mean.round(6), d.variance.round(6)
    (np.float64(3.0), np.float64(4.0))
    """

    has_rsample = False
    mixture_distribution: Categorical
    component_distribution: Distribution

    def __init__(self, mixture_distribution: Categorical, component_distribution: Distribution) -> None:
        n, batch = np.shape(mixture_distribution.logits)[-1], component_distribution.batch_shape
        if not batch or batch[-1] != n:
            raise InvalidArgument(
                explain(
                    f"MixtureSameFamily at {user_line()} got {n} categories and components of batch_shape {batch}.",
                    "The last axis of the batch are the components.",
                    f"Give components of batch_shape (…, {n}).",
                )
            )
        self._hold({"mixture_distribution": mixture_distribution, "component_distribution": component_distribution})

    @property
    def batch_shape(self) -> tuple[int, ...]:
        return np.broadcast_shapes(self.mixture_distribution.batch_shape, self.component_distribution.batch_shape[:-1])

    @property
    def event_shape(self) -> tuple[int, ...]:
        return self.component_distribution.event_shape

    def expand(self, batch_shape: Any) -> Self:
        batch, n = lengths(batch_shape), self.component_distribution.batch_shape[-1]
        parts = {"mixture_distribution": self.mixture_distribution.expand(batch)}
        return self._with(parts | {"component_distribution": self.component_distribution.expand((*batch, n))})

    def sample(self, sample_shape: Any = (), key: Any = None) -> Any:
        first, second = random.split(key)
        whole = self.expand(self.batch_shape)
        chosen = whole.mixture_distribution.sample(sample_shape, first)
        each = whole.component_distribution.sample(sample_shape, second)
        event = len(self.event_shape)
        places = np.reshape(chosen, (*np.shape(chosen), 1, *[1] * event))
        return np.squeeze(np.take_along_axis(each, places, axis=-1 - event), axis=-1 - event)

    def log_prob(self, value: Any) -> Any:
        each = self.component_distribution.log_prob(self._spread(value))
        return logsumexp(each + self.mixture_distribution.logits, axis=-1)

    def _spread(self, value: Any) -> Any:
        """The value for each component."""
        return np.expand_dims(value, -1 - len(self.event_shape))

    def _weighted(self, each: Any) -> Any:
        axes = len(self.event_shape)
        weights = np.reshape(p := self.mixture_distribution.probs, (*np.shape(p), *[1] * axes))
        return np.sum(weights * each, axis=-1 - axes)

    @property
    def support(self) -> Constraint:
        return self.component_distribution.support

    @property
    def mean(self) -> Any:
        return self._weighted(self.component_distribution.mean)

    @property
    def variance(self) -> Any:
        # within the components, and of their means
        apart = self.component_distribution.mean - self._spread(self.mean)
        return self._weighted(self.component_distribution.variance) + self._weighted(apart**2)

    def cdf(self, value: Any) -> Any:
        return self._weighted(self.component_distribution.cdf(self._spread(value)))
