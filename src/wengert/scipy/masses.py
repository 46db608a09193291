"""Distributions of whole numbers, with a location.

They are differentiable in the parameters: between whole numbers nothing happens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wengert.scipy.closures import plain
from wengert.scipy.distribution import floating, twin
from wengert.scipy.implied import locally_constant
from wengert.scipy.moments import Args, Moments

__all__ = ["Discrete"]

TINY = 1e-15  # a probability that double precision does not notice beside 1


class Discrete(Moments):
    """A distribution of whole numbers; `Distribution` says where its formulas come from.

    >>> import wengert as wg
    >>> wg.grad(lambda p: wg.scipy.stats.geom.pmf(2, p))(0.25).round(9)  # of p - p²
    np.float64(0.5)
    """

    last = ("loc",)

    # --- of k - loc -------------------------------------------------------------------------------------------

    def mass(self, k: Any, *shapes: Any) -> Any:
        """The probability of k."""
        pmf, logpmf = self.formula("pmf"), self.formula("logpmf")
        if logpmf is not None and (pmf is None or (self.ours("logpmf") and not self.ours("pmf"))):
            return np.exp(logpmf(k, *shapes))
        return self.only_value("pmf", k, shapes) if pmf is None else pmf(k, *shapes)

    def log_mass(self, k: Any, *shapes: Any) -> Any:
        """Its logarithm."""
        logpmf = self.formula("logpmf")
        if logpmf is None or (self.ours("pmf") and not self.ours("logpmf")):
            return np.log(self.mass(k, *shapes))
        return logpmf(k, *shapes)

    def lower(self, k: Any, *shapes: Any) -> Any:
        """The probability of at most k."""
        if (f := self.formula("cdf")) is not None:
            return f(k, *shapes)
        if (f := self.formula("sf")) is not None:
            return 1 - f(k, *shapes)
        return self._sum(k, shapes)

    def upper(self, k: Any, *shapes: Any) -> Any:
        """The probability of more than k."""
        f = self.formula("sf")
        return 1 - self.lower(k, *shapes) if f is None else f(k, *shapes)

    def _sum(self, k: Any, shapes: Any) -> Any:
        """Σ over the whole numbers of the support up to k."""
        first, last = np.asarray(plain(self.support_of(shapes)[0]), float), np.asarray(plain(k), float)
        if not np.all(np.isfinite(first)):
            first = self._bulk(shapes)[0]
        j = np.arange(np.min(first, initial=np.inf), np.max(last, initial=np.min(first, initial=np.inf)) + 1)
        inside = (j >= first[..., None]) & (j <= last[..., None])
        mass = self.mass(np.where(inside, j, first[..., None]), *[x[..., None] for x in shapes])
        return np.sum(np.where(inside, mass, 0.0), axis=-1)

    # --- of k -------------------------------------------------------------------------------------------------

    def _counted(self, k: Any, args: Args, kwargs: Mapping[str, Any]) -> tuple[Any, ...]:
        *shapes, loc = self.read(args, kwargs)
        k = floating(k) - loc
        good = np.logical_and(self.valid(shapes), ~np.isnan(k))
        whole = np.floor(k)
        first, last = self.support_of(shapes)
        inside = (whole >= first) & (whole <= last) & good
        return k, np.where(inside, whole, first), inside, good, shapes, (first, last)

    @twin
    def logpmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of k."""
        return self._at(self.log_mass, -np.inf, k, args, kwargs)

    @twin
    def pmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of k."""
        return self._at(self.mass, 0.0, k, args, kwargs)

    def _at(self, f: Any, beyond: float, k: Any, args: Args, kwargs: Mapping[str, Any]) -> Any:
        with np.errstate(all="ignore"):
            number, safe, inside, good, shapes, _ = self._counted(k, args, kwargs)
            value = np.where(inside & (number == safe), f(safe, *shapes), beyond)
            return np.where(good, value, np.nan)[()]

    @twin
    def cdf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of at most k."""
        return self._summed(self.lower, 0.0, 1.0, k, args, kwargs)

    @twin
    def sf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of more than k."""
        return self._summed(self.upper, 1.0, 0.0, k, args, kwargs)

    @twin
    def logcdf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of at most k."""
        f = self.logarithm("cdf") or (lambda *a: np.log(self.lower(*a)))
        return self._summed(f, -np.inf, 0.0, k, args, kwargs)

    @twin
    def logsf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of more than k."""
        f = self.logarithm("sf") or (lambda *a: np.log(self.upper(*a)))
        return self._summed(f, 0.0, -np.inf, k, args, kwargs)

    def _summed(self, f: Any, below: float, above: float, k: Any, args: Args, kwargs: Mapping[str, Any]) -> Any:
        with np.errstate(all="ignore"):
            number, safe, inside, good, shapes, (first, last) = self._counted(k, args, kwargs)
            inner = inside & (safe < last)
            value = np.where(inner, f(np.where(inner, safe, first), *shapes), np.where(number < first, below, above))
            return np.where(good, value, np.nan)[()]

    @twin
    def ppf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """The least whole number (beyond loc) that is not exceeded with probability q; moves with loc only."""
        return self._quantile("ppf", q, args, kwargs)

    @twin
    def isf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """The least whole number (beyond loc) that is exceeded with probability at most q; moves with loc only."""
        return self._quantile("isf", q, args, kwargs)

    def _quantile(self, name: str, q: Any, args: Args, kwargs: Mapping[str, Any]) -> Any:
        *shapes, loc = self.read(args, kwargs)
        found = locally_constant(f"{self.name}_{name}", getattr(self.theirs, name), floating(q), *shapes)
        return (found + loc)[()]

    def total(self, f: Any, shapes: Any) -> Any:
        """Σ ``f(k, *shapes)`` times the probability of k, over the support or where it is not negligible."""
        first, last = [np.asarray(plain(end), float) for end in self.support_of(shapes)]
        if not np.all(np.isfinite(last)) or not np.all(np.isfinite(first)):
            first, last = self._bulk(shapes)
        k = np.arange(np.min(first, initial=np.inf), np.max(last, initial=-np.inf) + 1)
        columns = [x[..., None] for x in shapes]
        inside = (k >= first[..., None]) & (k <= last[..., None])
        k = np.where(inside, k, first[..., None])
        return np.sum(np.where(inside, f(k, *columns) * self.mass(k, *columns), 0.0), axis=-1)

    def _bulk(self, shapes: Any) -> tuple[Any, Any]:
        """The whole numbers beyond which nothing is to be noticed."""
        numbers = [np.asarray(plain(x)) for x in shapes]
        first, last = [np.asarray(f(TINY, *numbers), float) for f in (self.theirs.ppf, self.theirs.isf)]
        width = last - first + 20
        low, high = [np.asarray(plain(end), float) for end in self.support_of(shapes)]
        return np.maximum(first - width, low), np.minimum(last + width, high)

    def _raw_of(self, n: int, shapes: Any) -> Any:
        return self.total(lambda k, *shapes: k**n, shapes)

    def _entropy_of(self, shapes: Any) -> Any:
        return self.total(lambda k, *shapes: -self.log_mass(k, *shapes), shapes)

    def expect(
        self,
        func: Any = None,
        args: Args = (),
        loc: Any = 0,
        lb: Any = None,
        ub: Any = None,
        conditional: bool = False,
        **_: Any,
    ) -> Any:
        """The expected value of ``func(k)`` between lb and ub. conditional: divided by their probability."""
        *shapes, loc = self.read(tuple(args), {"loc": loc})

        def counts(k: Any) -> Any:
            return (k >= (-np.inf if lb is None else lb)) & (k <= (np.inf if ub is None else ub))

        def value(k: Any, *_: Any) -> Any:
            return np.where(counts(k + loc), k + loc if func is None else func(k + loc), 0.0)

        found = self.total(value, shapes)
        if conditional:
            found = found / self.total(lambda k, *_: np.where(counts(k + loc), 1.0, 0.0), shapes)
        return found
