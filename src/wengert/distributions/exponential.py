"""Exponential families: p(x) = h(x) exp(η·T(x) - A(η)), where A tells the entropy."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.distributions.distribution import Distribution, missing
from wengert.distributions.transforms import rightmost
from wengert.transforms.reverse import grad

__all__ = ["ExponentialFamily"]


class ExponentialFamily(Distribution):
    """The base of exponential families of one's own; a subclass says what η, A and the mean of log h are.

    The entropy is -E[log h] + A(η) - η·∇A(η), since ∇A is the mean of T: F. Nielsen and R. Nock, "Entropies and
    cross-entropies of exponential families", 2010.

    >>> import numpy as np, wengert as wg
    >>> class Waiting(wg.distributions.ExponentialFamily):
    ...     def __init__(self, rate):
    ...         self._set(rate=rate)
    ...     @property
    ...     def _natural_params(self):
    ...         return (-self.rate,)
    ...     def _log_normalizer(self, x):
    ...         return -np.log(-x)
    ...     _mean_carrier_measure = 0.0
    >>> Waiting(2.0).entropy() == wg.distributions.Exponential(2.0).entropy()
    np.True_
    """

    @property
    def _natural_params(self) -> tuple[Any, ...]:
        """η, in one or several arrays."""
        raise missing(self, "_natural_params")

    def _log_normalizer(self, *natural_params: Any) -> Any:
        """A(η), for each of the batch."""
        raise missing(self, "_log_normalizer")

    @property
    def _mean_carrier_measure(self) -> Any:
        """E[log h]."""
        raise missing(self, "_mean_carrier_measure")

    def entropy(self) -> Any:
        natural = tuple([np.multiply(x, 1.0) for x in self._natural_params])
        slopes = grad(lambda *at: np.sum(self._log_normalizer(*at)), argnums=tuple(range(len(natural))))(*natural)
        total = self._log_normalizer(*natural) - self._mean_carrier_measure
        for x, slope in zip(natural, slopes, strict=True):
            total = total - rightmost(x * slope, len(self.event_shape))
        return total
