"""What the distributions of `wengert.scipy.stats` share: arguments by position or name, location and scale."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.stats as theirs

from wengert.core.apply import Box, unbridge
from wengert.ops.spelling import lift
from wengert.scipy.choice import Standing

__all__ = ["Continuous", "Discrete"]

Function = Callable[..., Any]


class _Distribution(Standing):
    """A distribution of SciPy, by its name: attributes without a formula are SciPy's own."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.theirs = getattr(theirs, name)
        self.shapes = tuple((self.theirs.shapes or "").replace(",", " ").split())
        self.__doc__ = f"`scipy.stats.{name}`, whose densities and distribution functions differentiate."

    def __getattr__(self, name: str) -> Any:
        return getattr(self.theirs, name)

    def standing_for(self) -> Any:
        """SciPy's own distribution."""
        return self.theirs

    def __call__(self, *args: Any, **kwds: Any) -> Any:
        """SciPy's own frozen distribution."""
        return self.theirs(*args, **kwds)

    def _read(self, args: tuple[Any, ...], kwargs: dict[str, Any], *last: str) -> list[Any]:
        """The shape parameters, then `last` (loc, scale)."""
        names = (*self.shapes, *last)
        if len(args) > len(names) or set(kwargs) - set(names[len(args) :]):
            raise TypeError(f"{self.name} takes {', '.join(names)}, and got {len(args)} values and {sorted(kwargs)}.")
        given = dict(zip(names, args, strict=False)) | kwargs
        missing = [n for n in self.shapes if n not in given]
        if missing:
            raise TypeError(f"{self.name} needs {', '.join(missing)}.")
        values = [given.get(n, 1.0 if n == "scale" else 0.0) for n in names]
        return [_floating(v) for v in values]


def _floating(x: Any) -> Any:
    x = unbridge(x) if isinstance(x, Box | np.ndarray) else lift(x)
    return x if x.dtype.kind == "f" else x.astype(float)


class Continuous(_Distribution):
    """A continuous distribution with location and scale.

    log_density, lower, upper, quantile: functions of the standardised y = (x - loc)/scale and the shape parameters: the
    logarithm of the density, the probabilities below and above, and the inverse of `lower`. support: its ends as a
    function of the shape parameters. valid: which shape parameters there are.
    """

    def __init__(
        self,
        name: str,
        log_density: Function,
        lower: Function,
        upper: Function,
        quantile: Function | None = None,
        *,
        support: tuple[float, float] = (-np.inf, np.inf),
        valid: Function = lambda *shapes: True,
        log_lower: Function | None = None,
        log_upper: Function | None = None,
        tail: Function | None = None,
    ) -> None:
        super().__init__(name)
        self.formulas = (log_density, lower, upper, quantile)
        self.logs = (log_lower, log_upper)
        self.tail = tail
        self.ends, self.valid = support, valid

    def _standard(self, x: Any, args: Any, kwargs: Any) -> tuple[Any, ...]:
        *shapes, loc, scale = self._read(args, kwargs, "loc", "scale")
        x = _floating(x)
        y = (x - loc) / scale
        good = np.logical_and(scale > 0, self.valid(*shapes)) & ~np.isnan(y)
        low, high = self.ends
        inside = (y >= low) & (y <= high) & good
        middle = 0.5 if np.isfinite(high) else 1.0 if np.isfinite(low) else 0.0
        safe = np.where(inside, y, middle)  # formulas are asked inside of the support only
        return y, safe, inside, good, shapes, np.where(scale > 0, scale, 1.0)

    def _placed(self, value: Any, inside: Any, below: Any, above: Any, y: Any, good: Any) -> Any:
        """The value inside of the support, constants beyond its ends, NaN for wrong parameters."""
        out = np.where(inside, value, np.where(y < self.ends[0], below, above))
        return np.where(good, out, np.nan)

    def logpdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the density at x."""
        y, safe, inside, good, shapes, scale = self._standard(x, args, kwargs)
        value = self.formulas[0](safe, *shapes) - np.log(scale)
        return self._placed(value, inside, -np.inf, -np.inf, y, good)

    def pdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The density at x."""
        y, safe, inside, good, shapes, scale = self._standard(x, args, kwargs)
        value = np.exp(self.formulas[0](safe, *shapes)) / scale
        return self._placed(value, inside, 0.0, 0.0, y, good)

    def cdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of at most x."""
        y, safe, inside, good, shapes, _ = self._standard(x, args, kwargs)
        return self._placed(self.formulas[1](safe, *shapes), inside, 0.0, 1.0, y, good)

    def sf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of more than x."""
        y, safe, inside, good, shapes, _ = self._standard(x, args, kwargs)
        return self._placed(self.formulas[2](safe, *shapes), inside, 1.0, 0.0, y, good)

    def logcdf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of at most x."""
        y, safe, inside, good, shapes, _ = self._standard(x, args, kwargs)
        f = self.logs[0] or (lambda *a: np.log(self.formulas[1](*a)))
        return self._placed(f(safe, *shapes), inside, -np.inf, 0.0, y, good)

    def logsf(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of more than x."""
        y, safe, inside, good, shapes, _ = self._standard(x, args, kwargs)
        f = self.logs[1] or (lambda *a: np.log(self.formulas[2](*a)))
        return self._placed(f(safe, *shapes), inside, 0.0, -np.inf, y, good)

    def ppf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """The x that is not exceeded with probability q."""
        return self._quantile(self.formulas[3], "ppf", q, args, kwargs)

    def isf(self, q: Any, *args: Any, **kwargs: Any) -> Any:
        """The x that is exceeded with probability q."""
        inverse = self.formulas[3]
        f = self.tail or (inverse and (lambda q, *shapes: inverse(1 - q, *shapes)))
        return self._quantile(f, "isf", q, args, kwargs)

    def _quantile(self, f: Function | None, name: str, q: Any, args: Any, kwargs: Any) -> Any:
        if f is None:
            return getattr(self.theirs, name)(q, *args, **kwargs)
        *shapes, loc, scale = self._read(args, kwargs, "loc", "scale")
        q = _floating(q)
        good = np.logical_and(scale > 0, self.valid(*shapes)) & (q >= 0) & (q <= 1)
        inner = (q > 0) & (q < 1) & good
        y = f(np.where(inner, q, 0.5), *shapes)
        first, last = self.ends if name == "ppf" else self.ends[::-1]
        y = np.where(inner, y, np.where(q <= 0, first, last))
        return np.where(good, loc + scale * y, np.nan)


class Discrete(_Distribution):
    """A distribution of whole numbers from 0, or a location, on.

    log_mass: the logarithm of the probability of k; lower, upper: the probabilities of at most k and of more, functions
    of k and the shape parameters; last: the largest k, a function of them. Differentiable in the parameters: between
    whole numbers nothing happens.
    """

    def __init__(
        self, name: str, log_mass: Function, lower: Function, upper: Function, last: Function, valid: Function
    ) -> None:
        super().__init__(name)
        self.formulas, self.last, self.valid = (log_mass, lower, upper), last, valid

    def _counted(self, k: Any, args: Any, kwargs: Any) -> tuple[Any, ...]:
        *shapes, loc = self._read(args, kwargs, "loc")
        k = _floating(k) - loc
        good = np.logical_and(self.valid(*shapes), ~np.isnan(k))
        whole = np.floor(k)
        last = self.last(*shapes)
        inside = (whole >= 0) & (whole <= last) & good
        return k, np.where(inside, whole, 0.0), inside, good, shapes, last

    def logpmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of k."""
        number, safe, inside, good, shapes, _ = self._counted(k, args, kwargs)
        value = np.where(inside & (number == safe), self.formulas[0](safe, *shapes), -np.inf)
        return np.where(good, value, np.nan)

    def pmf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of k."""
        number, safe, inside, good, shapes, _ = self._counted(k, args, kwargs)
        value = np.where(inside & (number == safe), np.exp(self.formulas[0](safe, *shapes)), 0.0)
        return np.where(good, value, np.nan)

    def cdf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of at most k."""
        return self._summed(1, 0.0, 1.0, k, args, kwargs)

    def sf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The probability of more than k."""
        return self._summed(2, 1.0, 0.0, k, args, kwargs)

    def logcdf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of at most k."""
        return np.log(self.cdf(k, *args, **kwargs))

    def logsf(self, k: Any, *args: Any, **kwargs: Any) -> Any:
        """The logarithm of the probability of more than k."""
        return np.log(self.sf(k, *args, **kwargs))

    def _summed(self, which: int, below: float, above: float, k: Any, args: Any, kwargs: Any) -> Any:
        number, safe, inside, good, shapes, last = self._counted(k, args, kwargs)
        inner = inside & (safe < last)
        safe = np.where(inner, safe, 0.0)
        value = np.where(inner, self.formulas[which](safe, *shapes), np.where(number < 0, below, above))
        return np.where(good, value, np.nan)
