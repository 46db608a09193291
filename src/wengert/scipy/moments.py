"""Moments, entropy and expected values of distributions: closed forms where SciPy has them, else integrals."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.scipy.distribution import Distribution, twin

__all__ = ["Moments"]

Args = tuple[Any, ...]


class Moments(Distribution):
    """A distribution with moments: closed forms, or `_raw_of` and `_entropy_of`."""

    def _placed(self, args: Args, kwargs: Mapping[str, Any]) -> tuple[list[Any], Any, Any, Any]:
        """Shape parameters, loc, scale, and where they are valid."""
        given = self.read(args, kwargs)
        shapes, rest = given[: len(self.shapes)], given[len(self.shapes) :]
        loc, scale = rest if len(rest) == 2 else (rest[0], np.ones(()))
        return shapes, loc, scale, np.logical_and(scale > 0, self.valid(shapes))

    def central(self, shapes: Any) -> list[Any]:
        """Mean, variance, skewness and excess kurtosis of the standardised variable."""
        stats = self.formula("stats")
        known: list[Any] = [None] * 4
        with np.errstate(all="ignore"):
            if stats is not None:
                has_moments = "stats" not in self.formulas and self.theirs._stats_has_moments
                known = list(stats(*shapes, **({"moments": "mvsk"} if has_moments else {})))
            return self._completed(known, shapes)

    def _completed(self, known: list[Any], shapes: Any) -> list[Any]:
        """Where SciPy has none, they follow from the moments about zero."""
        mean, variance, skewness, kurtosis = known
        if mean is None:
            mean = self.raw(1, shapes)
        if variance is None:
            variance = self.raw(2, shapes) - mean**2
        third = None
        if skewness is None or kurtosis is None:
            third = self.raw(3, shapes) - 3 * mean * variance - mean**3
        if skewness is None:
            skewness = third / variance**1.5
        if kurtosis is None:
            fourth = self.raw(4, shapes) - 4 * mean * third - 6 * mean**2 * variance - mean**4
            kurtosis = fourth / variance**2 - 3
        return [mean, variance, skewness, kurtosis]

    def raw(self, n: int, shapes: Any) -> Any:
        """The n-th moment about zero of the standardised variable."""
        formula = self.formula("munp")
        if formula is not None:
            return formula(n, *shapes)
        return self._raw_of(n, shapes)

    def _raw_of(self, n: int, shapes: Any) -> Any:
        raise NotImplementedError

    @twin
    def stats(self, *args: Any, moments: str = "mv", **kwargs: Any) -> Any:
        """Mean, variance, skewness and excess kurtosis, as `moments` asks for ("m", "v", "s", "k")."""
        shapes, loc, scale, good = self._placed(args, kwargs)
        mean, variance, skewness, kurtosis = self.central(shapes)
        every = {
            "m": np.where(mean == np.inf, np.inf, mean) * scale + loc,  # an infinite one does not move
            "v": variance * scale**2,
            "s": skewness + 0 * scale,
            "k": kurtosis + 0 * scale,
        }
        shape = np.broadcast_shapes(*[np.shape(x) for x in (*shapes, loc, scale)])
        found = tuple([np.broadcast_to(np.where(good, every[m], np.nan), shape)[()] for m in "mvsk" if m in moments])
        return found[0] if len(found) == 1 else found

    @twin
    def mean(self, *args: Any, **kwargs: Any) -> Any:
        """The mean."""
        return self.stats(*args, **kwargs, moments="m")

    @twin
    def var(self, *args: Any, **kwargs: Any) -> Any:
        """The variance."""
        return self.stats(*args, **kwargs, moments="v")

    @twin
    def std(self, *args: Any, **kwargs: Any) -> Any:
        """The standard deviation."""
        return np.sqrt(self.var(*args, **kwargs))

    @twin
    def moment(self, order: int, *args: Any, **kwargs: Any) -> Any:
        """The moment of that order about zero: Σ (order over k) loc**(order - k) scale**k E y**k."""
        if order != int(order) or order < 0:
            raise ValueError("Moment must be a positive integer.")
        order = int(order)
        shapes, loc, scale, good = self._placed(args, kwargs)
        with np.errstate(all="ignore"):
            raws = [np.ones(()), *self._raws(order, shapes)]
            parts = [math.comb(order, k) * loc ** (order - k) * scale**k * raws[k] for k in range(order + 1)]
            return np.where(good, sum(parts[1:], parts[0]), np.nan)[()]

    def _raws(self, order: int, shapes: Any) -> list[Any]:
        """The moments about zero up to this order: the first four from those of `stats`, if there are any."""
        found: list[Any] = []
        if self.formula("munp") is None and self.formula("stats") is not None:
            mean, variance, skewness, kurtosis = self.central(shapes)
            third, fourth = skewness * variance**1.5, (kurtosis + 3) * variance**2
            found = [
                mean,
                variance + mean**2,
                third + 3 * mean * variance + mean**3,
                fourth + 4 * mean * third + 6 * mean**2 * variance + mean**4,
            ]
        return [*found[:order], *[self.raw(n, shapes) for n in range(len(found[:order]) + 1, order + 1)]]

    @twin
    def entropy(self, *args: Any, **kwargs: Any) -> Any:
        """The (differential) entropy, in nats."""
        shapes, loc, scale, good = self._placed(args, kwargs)
        formula = self.formula("entropy")
        with np.errstate(all="ignore"):
            found = formula(*shapes) if formula is not None else self._entropy_of(shapes)
            return np.where(good, found + np.log(scale) + 0 * loc, np.nan)[()]

    def _entropy_of(self, shapes: Any) -> Any:
        raise NotImplementedError

    @twin
    def support(self, *args: Any, **kwargs: Any) -> Any:
        """The ends of the support."""
        shapes, loc, scale, good = self._placed(args, kwargs)
        return tuple([np.where(good, end * scale + loc, np.nan)[()] for end in self.support_of(shapes)])

    @twin
    def median(self, *args: Any, **kwargs: Any) -> Any:
        """The x that is not exceeded with probability one half."""
        return self.ppf(0.5, *args, **kwargs)

    @twin
    def interval(self, confidence: Any, *args: Any, **kwargs: Any) -> Any:
        """The ends of the interval of that probability, with as much beyond either."""
        confidence = confidence if isinstance(confidence, Box) else np.asarray(confidence)
        if np.any((confidence > 1) | (confidence < 0)):
            raise ValueError("alpha must be between 0 and 1 inclusive")
        tail = (1 - confidence) / 2
        return self.ppf(tail, *args, **kwargs), self.ppf(1 - tail, *args, **kwargs)

    @twin
    def ppf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """The x that is not exceeded with probability q."""
        raise NotImplementedError
