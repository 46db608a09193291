"""exp, exp2, expm1.

Every one writes x = n ln 2 + r with |r| ≤ ln 2 / 2, so that eˣ = 2ⁿ eʳ, and takes eʳ = 1 + r + r² g(r).
"""

from __future__ import annotations

from typing import NamedTuple

from wengert.compiler.math import coefficients as c
from wengert.compiler.math.pairs import constant, fast_sum, product
from wengert.compiler.math.text import FORMATS, Value, fma, maximum, minimum, polynomial, select

__all__ = ["Scaled", "exp", "exp2", "expm1", "expm1_of_negative", "power_of_two", "scaled_exp"]

# ln 2 = HIGH + LOW. HIGH has so few bits that n·HIGH is exact for every n that occurs.
_LN2 = {"f64": (0.6931471805598903, 5.497923018708371e-14), "f32": (0.693145751953125, 1.4286068203094172e-06)}
_LOG2E = 1.4426950408889634
# ln 2 as a pair.
_LN2_PAIR = {"f64": (0.6931471805599453, 2.3190468138462996e-17), "f32": (0.6931471824645996, -1.9046542121259336e-09)}
# Beyond these eˣ is 0 and eˣ/2 is ∞ in the format, whatever follows.
_RANGE = {"f64": (-746.0, 711.0), "f32": (-104.5, 90.0)}


class Scaled(NamedTuple):
    """fraction·2^n, before the scaling that may overflow or become subnormal."""

    fraction: Value
    n: Value  # integer

    def value(self) -> Value:
        """The number.

        Two factors, since 2^n alone may be out of range where the product is not; the first product is exact, so that
        a subnormal result is rounded once.
        """
        half = self.n >> 1
        return self.fraction * power_of_two(half) * power_of_two(self.n - half)


def power_of_two(n: Value) -> Value:
    """2^n for an integer n such that 2^n is a normal number."""
    form = FORMATS["f" + n.kind[1:]]
    return ((n + form.bias) << form.fraction).as_float()


def scaled_exp(x: Value, tail: Value | None = None, bounds: tuple[float, float] | None = None) -> Scaled:
    """e^(x + tail), |tail| ≪ 1. NaN stays NaN; x is clamped to `bounds`, by default to where the result is of use."""
    low, high = bounds or _RANGE[x.kind]
    x = minimum(maximum(x, low), high)
    n, integer = (x * _LOG2E).nearest()
    r = _reduced(x, n)
    if tail is not None:
        r = r + tail
    return Scaled(1.0 + fma(r * r, polynomial(r, c.EXP[x.kind]), r), integer)


def _reduced(x: Value, n: Value) -> Value:
    """x - n ln 2."""
    high, low = _LN2[x.kind]
    return fma(n, -low, fma(n, -high, x))


def exp(x: Value) -> Value:
    """eˣ."""
    return scaled_exp(x).value()


def exp2(x: Value) -> Value:
    """2ˣ: x = n + f exactly, and 2^f = e^(f ln 2) with ln 2 as a pair."""
    low, high = {"f64": (-1076.0, 1025.0), "f32": (-151.0, 129.0)}[x.kind]
    x = minimum(maximum(x, low), high)
    n, integer = x.nearest()
    f = x - n
    ln2 = constant(x, *_LN2_PAIR[x.kind])
    p = product(f, ln2.hi)
    r = fast_sum(p.hi, fma(f, ln2.lo, p.lo))
    return Scaled(1.0 + (r.hi + fma(r.hi * r.hi, polynomial(r.hi, c.EXP[x.kind]), r.lo)), integer).value()


def expm1(x: Value) -> Value:
    """eˣ - 1 = 2ⁿ p + (2ⁿ - 1), where p = eʳ - 1. Halved until the end, since 2ⁿ may overflow where eˣ does not."""
    low, high = {"f64": (-40.0, 710.0), "f32": (-20.0, 89.0)}[x.kind]
    clamped = minimum(maximum(x, low), high)
    n, integer = (clamped * _LOG2E).nearest()
    high_part, low_part = _LN2[x.kind]
    first = fma(n, -high_part, clamped)
    r = fma(n, -low_part, first)
    lost = fma(n, -low_part, first - r)
    p = r + fma(r * r, polynomial(r, c.EXP[x.kind]), lost)
    half = power_of_two(integer - 1)
    result = 2.0 * fma(half, p, half - 0.5)
    # Near 0 the sum would lose the sign of -0; and there p is the result.
    return select(integer.equals(0), select(x.equals(0.0), x, p), result)


def expm1_of_negative(x: Value) -> Value:
    """eˣ - 1 for -40 ≤ x ≤ 0 as 2ⁿ p + (2ⁿ - 1), where p = eʳ - 1: near 0 n is 0 and the result p."""
    n, integer = (x * _LOG2E).nearest()
    r = _reduced(x, n)
    p = fma(r * r, polynomial(r, c.EXP[x.kind]), r)
    power = power_of_two(integer)
    return fma(power, p, power - 1.0)
