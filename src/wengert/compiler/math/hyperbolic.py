"""sinh, cosh, tanh."""

from __future__ import annotations

from wengert.compiler.math import coefficients as c
from wengert.compiler.math.exponential import Scaled, exp, scaled_exp
from wengert.compiler.math.text import Value, fma, polynomial, select

__all__ = ["cosh", "sinh", "tanh"]


def tanh(x: Value) -> Value:
    """x + x³ P(x²)/Q(x²) for small x, else 1 - 2/(e^2|x| + 1): one division serves both."""
    size = x.abs()
    small = size < 0.625
    z = x * x
    top, bottom = (polynomial(z, part) for part in c.TANH[x.kind])
    # From 20 (10) on the result is 1, and e^2|x| must not overflow: ∞ would do, but only after a division.
    growth = exp(2.0 * size)
    ratio = select(small, size * z * top, -2.0) / select(small, bottom, growth + 1.0)
    return (select(small, size, 1.0) + ratio).copysign(x)


def _half_exp(size: Value) -> Value:
    """e^|x|/2, which is finite a little longer than e^|x|."""
    scaled = scaled_exp(size)
    return Scaled(scaled.fraction, scaled.n - 1).value()


def sinh(x: Value) -> Value:
    """x + x³ g(x²) for |x| < 1, else e^|x|/2 - e^-|x|/2 with the sign of x."""
    size = x.abs()
    z = x * x
    half = _half_exp(size)
    large = half - 0.25 / half
    small = fma(size * z, polynomial(z, c.SINH[x.kind]), size)
    return select(size < 1.0, small, large).copysign(x)


def cosh(x: Value) -> Value:
    """e^|x|/2 + e^-|x|/2."""
    half = _half_exp(x.abs())
    return half + 0.25 / half
