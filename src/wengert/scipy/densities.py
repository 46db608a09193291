"""Continuous distributions, with location and scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from wengert.core.op import strong_multiply
from wengert.ops.spelling import lift
from wengert.scipy.distribution import floating, twin
from wengert.scipy.implied import expectation, inverse, probability
from wengert.scipy.moments import Args, Moments
from wengert.scipy.powers import at_end, is_surely
from wengert.scipy.quadrature import quad

__all__ = ["Continuous"]


class Continuous(Moments):
    """A continuous distribution with location and scale; `Distribution` says where its formulas come from.

    >>> import wengert as wg
    >>> wg.grad(lambda a: wg.scipy.stats.gamma.logpdf(2.0, a))(1.0).round(9)  # ln 2 - ψ(1)
    np.float64(1.270362845)
    """

    # --- of the standardised variable -------------------------------------------------------------------------

    def density(self, y: Any, *shapes: Any) -> Any:
        """The density at y."""
        pdf, logpdf = self.formula("pdf"), self.formula("logpdf")
        if logpdf is not None and (pdf is None or (self.ours("logpdf") and not self.ours("pdf"))):
            return np.exp(logpdf(y, *shapes))
        return self.only_value("pdf", y, shapes) if pdf is None else pdf(y, *shapes)

    def log_density(self, y: Any, *shapes: Any) -> Any:
        """Its logarithm."""
        logpdf = self.formula("logpdf")
        if logpdf is None or (self.ours("pdf") and not self.ours("logpdf")):
            return np.log(self.density(y, *shapes))
        return logpdf(y, *shapes)

    def lower(self, y: Any, *shapes: Any) -> Any:
        """The probability of at most y."""
        return self._probability(("cdf", "logcdf"), ("sf", "logsf"), 0, y, shapes)

    def upper(self, y: Any, *shapes: Any) -> Any:
        """The probability of more than y."""
        return self._probability(("sf", "logsf"), ("cdf", "logcdf"), 1, y, shapes)

    def _probability(self, names: Any, others: Any, end: int, y: Any, shapes: Any) -> Any:
        for name, value in ((names[0], lambda f: f), (names[1], np.exp)):
            if (f := self.formula(name)) is not None:
                return value(f(y, *shapes))
        for name, value in ((others[0], lambda f: 1 - f), (others[1], lambda f: -np.expm1(f))):
            if (f := self.formula(name)) is not None:
                return value(f(y, *shapes))
        start = lambda *shapes: self.range_of(shapes)[end]
        method = getattr(self.theirs, names[0])
        name = f"{self.name}_{names[0]}"
        return probability(name, method, self, start, -1 if end else 1, y, shapes)

    def range_of(self, shapes: Any) -> tuple[Any, Any]:
        """What is integrated over: the support, or one turn of a circle."""
        return self.formulas.get("range") or self.support_of(shapes)

    def log_lower(self, y: Any, *shapes: Any) -> Any:
        """The logarithm of the probability of at most y."""
        f = self.logarithm("cdf")
        return np.log(self.lower(y, *shapes)) if f is None else f(y, *shapes)

    def log_upper(self, y: Any, *shapes: Any) -> Any:
        """The logarithm of the probability of more than y."""
        f = self.logarithm("sf")
        return np.log(self.upper(y, *shapes)) if f is None else f(y, *shapes)

    def _raw_of(self, n: int, shapes: Any) -> Any:
        value = lambda *shapes: self.theirs.moment(n, *shapes)
        return expectation(f"{self.name}_moment", value, self, lambda y, *shapes: y**n, shapes)

    def _entropy_of(self, shapes: Any) -> Any:
        surprise = lambda y, *shapes: -self.log_density(y, *shapes)
        return expectation(f"{self.name}_entropy", self.theirs.entropy, self, surprise, shapes)

    # --- of x -------------------------------------------------------------------------------------------------

    def _standard(self, x: Any, args: Args, kwargs: Mapping[str, Any], closed: bool = True) -> tuple[Any, ...]:
        *shapes, loc, scale = self.read(args, kwargs)
        x = floating(x)
        y = (x - loc) / scale
        good = np.logical_and(scale > 0, self.valid(shapes)) & ~np.isnan(y)
        low, high = self.support_of(shapes)
        inside = ((y >= low) & (y <= high) if closed else (y > low) & (y < high)) & good & np.isfinite(y)
        safe = np.where(inside, y, _middle(low, high))  # formulas are asked inside of the support only
        return y, safe, inside, good, shapes, np.where(scale > 0, scale, 1.0), (low, high)

    def _asked(
        self,
        f: Any,
        beyond: tuple[float, float],
        x: Any,
        args: Args,
        kwargs: Any,
        names: str = "",
        edge: Any = None,
    ) -> Any:
        """The value inside of the support, constants beyond its ends, NaN for wrong parameters.

        edge: the formula at the ends themselves, if it is another one.
        """
        closed = not names or self.ours(*names.split())
        with np.errstate(all="ignore"):
            y, safe, inside, good, shapes, scale, (low, high) = self._standard(x, args, kwargs, closed)
            below = (y < low if closed else y <= low) | (y == -np.inf)
            at = (inside & ((y == low) | (y == high))) if edge is not None and _is_bounded(low, high) else False
            if at is False or is_surely(at, False):
                found = f(safe, scale, *shapes)
            else:
                middle = _middle(low, high)
                found = f(np.where(at, middle, safe), scale, *shapes)
                found = np.where(at, edge(np.where(at, y, middle), scale, *shapes), found)
            out = np.where(inside, found, np.where(below, *beyond))
            return np.where(good, out, np.nan)[()]

    def _asked_probability(
        self, f: Any, beyond: tuple[float, float], x: Any, args: Args, kwargs: Any, names: str
    ) -> Any:
        edge = (lambda y, scale, *a: at_end(f, y, *a)) if self.formulas.get("poles") else None
        return self._asked(lambda y, scale, *a: f(y, *a), beyond, x, args, kwargs, names, edge)

    @twin
    def logpdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the density at x."""
        beyond = (-np.inf, -np.inf)
        return self._asked(lambda y, scale, *a: self.log_density(y, *a) - np.log(scale), beyond, x, args, kwargs)

    @twin
    def pdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The density at x."""
        edge = None if self.ours("pdf") else lambda y, scale, *a: self._density_at(y, a) / scale
        return self._asked(lambda y, scale, *a: self.density(y, *a) / scale, (0.0, 0.0), x, args, kwargs, edge=edge)

    @twin
    def cdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of at most x."""
        return self._asked_probability(self.lower, (0.0, 1.0), x, args, kwargs, "cdf")

    @twin
    def sf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of more than x."""
        return self._asked_probability(self.upper, (1.0, 0.0), x, args, kwargs, "sf cdf")

    @twin
    def logcdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of at most x."""
        return self._asked_probability(self.log_lower, (-np.inf, 0.0), x, args, kwargs, "logcdf cdf")

    @twin
    def logsf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of more than x."""
        return self._asked_probability(self.log_upper, (0.0, -np.inf), x, args, kwargs, "logsf sf cdf")

    @twin
    def ppf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """The x that is not exceeded with probability q."""
        own = self.formulas.get("ppf")
        f = own or (lambda q, *a: inverse(f"{self.name}_ppf", self.theirs.ppf, self.lower, q, a))
        return self._quantile(f, 0, q, args, kwargs)

    @twin
    def isf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """The x that is exceeded with probability q."""
        own, mirrored = self.formulas.get("isf"), self.formulas.get("ppf")
        if own is None and mirrored is not None:
            own = lambda q, *a: mirrored(1 - q, *a)
        f = own or (lambda q, *a: inverse(f"{self.name}_isf", self.theirs.isf, self.upper, q, a))
        return self._quantile(f, 1, q, args, kwargs)

    def _quantile(self, f: Any, end: int, q: Any, args: Args, kwargs: Mapping[str, Any]) -> Any:
        *shapes, loc, scale = self.read(args, kwargs)
        q = floating(q)
        with np.errstate(all="ignore"):
            good = np.logical_and(scale > 0, self.valid(shapes)) & (q >= 0) & (q <= 1)
            low, high = ends = self.support_of(shapes)
            last = np.where(q <= 0, ends[end], ends[1 - end])
            inner = (q > 0) & (q < 1) & good
            if self.formulas.get("reaches"):
                inner = inner | (good & np.isfinite(last))
            at = good & ~inner
            if not is_surely(at, False):
                step = np.where(at, q - np.where(q <= 0, 0.0, 1.0), 0.0)
                last = last + self._onward(-step if end else step, last, at, _middle(low, high), shapes)
            y = np.where(inner, f(np.where(inner, q, 0.5), *shapes), last)
            return np.where(good, loc + scale * y, np.nan)[()]

    def _onward(self, step: Any, last: Any, at: Any, middle: Any, shapes: Any) -> Any:
        """How far the quantile is from an end of the support if the probability is a step away: zero, as the step is.

        The step h over the density half-way, h / p(end + h / 2p), has the derivatives of the quantile up to the
        second, h / p - h² p' / 2p³ + …; the third is NaN. Where p is zero or infinite the slope is 1 / p, and the
        second derivative NaN.
        """
        there = at & np.isfinite(last)
        if is_surely(there, False) or (self.formula("pdf") is None and self.formula("logpdf") is None):
            return strong_multiply(step, np.where(np.isfinite(last), np.nan, np.inf)) + _unknown(step, step)
        p = np.where(there, self._density_at(np.where(there, last, middle), shapes), 0.0)
        regular = there & (p > 0) & np.isfinite(p)
        half = np.where(regular, step, 0.0) / (2 * np.where(regular, p, 1.0))
        p_half = self._density_at(np.where(regular, last + half, middle), shapes)
        steep = np.where(p == 0, np.inf, np.where(np.isinf(p), 0.0, np.nan))
        slope = np.where(regular, 1 / np.where(regular, p_half, 1.0), steep)
        return strong_multiply(step, slope) + _unknown(step, step, np.where(regular, step, 1.0))

    def _density_at(self, y: Any, shapes: Any) -> Any:
        """The density at an end of the support."""
        return self.density(y, *shapes) if self.ours("pdf") else at_end(self.density, y, *shapes)

    @twin
    def nnlf(self, theta: Any, x: Any) -> Any:
        """The negative log-likelihood of the sample x; theta: shape parameters, loc and scale."""
        *shapes, loc, scale = [floating(t) for t in theta]
        x = floating(x)
        y = np.reshape((x - loc) / scale, (-1,))
        with np.errstate(all="ignore"):
            low, high = self.support_of(shapes)
            good = np.logical_and(scale > 0, self.valid(shapes)) & np.all((y >= low) & (y <= high))
            inside = (y >= low) & (y <= high)
            logs = np.where(inside, self.log_density(np.where(inside, y, _middle(low, high)), *shapes), 0.0)
            return np.where(good, y.size * np.log(scale) - np.sum(logs), np.inf)[()]

    def expect(
        self,
        func: Any = None,
        args: Args = (),
        loc: Any = 0,
        scale: Any = 1,
        lb: Any = None,
        ub: Any = None,
        conditional: bool = False,
        **kwds: Any,
    ) -> Any:
        """The expected value of ``func(x)`` between lb and ub, by `quad`, which takes the further arguments.

        conditional: divided by the probability of that interval. All parameters are numbers.
        """
        ends = self.support(*args, loc=loc, scale=scale)
        low = ends[0] if lb is None else lb
        high = ends[1] if ub is None else ub

        def integrand(x: Any, *args: Any) -> Any:
            p = self.pdf(x, *args, loc=loc, scale=scale)
            return x * p if func is None else lift(func(x)) * p

        found = quad(integrand, low, high, args=tuple(args), **kwds)[0]
        if conditional:
            found = found / (self.cdf(high, *args, loc=loc, scale=scale) - self.cdf(low, *args, loc=loc, scale=scale))
        return found


def _unknown(*steps: Any) -> Any:
    """Zero, as the product of these steps is; NaN from the derivative on that does not vanish with them."""
    total: Any = np.nan
    for step in steps:
        total = strong_multiply(step, total)
    return total


def _is_bounded(low: Any, high: Any) -> bool:
    """Whether the support may have an end."""
    return not all([is_surely(np.isinf(end), True) for end in (low, high)])


def _middle(low: Any, high: Any) -> Any:
    """A place inside of the support."""
    bounded = np.isfinite(low), np.isfinite(high)
    a, b = np.where(bounded[0], low, 0.0), np.where(bounded[1], high, 0.0)
    both = np.logical_and(*bounded)
    return np.where(both, (a + b) / 2, np.where(bounded[0], a + 1, np.where(bounded[1], b - 1, 0.0)))
