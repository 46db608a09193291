"""sinh, cosh, tanh and their inverses."""

from __future__ import annotations

import math

from wengert.compiler.math import coefficients as c
from wengert.compiler.math.exponential import Scaled, expm1_of_negative, scaled_exp
from wengert.compiler.math.logarithm import log1p, log1p_of_pair
from wengert.compiler.math.pairs import Pair, fast_sum
from wengert.compiler.math.text import Value, fma, minimum, polynomial, select

__all__ = ["acosh", "asinh", "atanh", "cosh", "sinh", "tanh"]

# From here on tanh is 1 in the format.
_FLAT = {"f64": 20.0, "f32": 10.0}


def tanh(x: Value) -> Value:
    """-m/(m + 2), m = e^-2|x| - 1, with the sign of x: m keeps the digits of small x, and no power of 2 is extreme."""
    m = expm1_of_negative(-2.0 * minimum(x.abs(), _FLAT[x.kind]))
    return (-m / (m + 2.0)).copysign(x)


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


# From here on x² might overflow, and 1 is far below the last digit of x.
_FAR = {"f64": 2.0**500, "f32": 2.0**60}


def asinh(x: Value) -> Value:
    """log(u + 1), u = |x| + x²/(1 + √(1 + x²)), with the sign of x; for huge x log(2|x|)."""
    size = x.abs()
    far = size > _FAR[x.kind]
    z = size * size
    u = fast_sum(size, z / (1.0 + (1.0 + z).sqrt()))
    result = log1p_of_pair(Pair(select(far, size, u.hi), select(far, 0.0, u.lo)), doubled=far)
    return select(x.equals(0.0), x, result.copysign(x))


def acosh(x: Value) -> Value:
    """log(1 + t + √(t(t + 2))), t = x - 1; NaN for x < 1; for huge x log(2x)."""
    far = x > _FAR[x.kind]
    t = x - 1.0
    root = fma(t, t, 2.0 * t).sqrt()
    u = fast_sum(root, t)
    result = log1p_of_pair(Pair(select(far, x, u.hi), select(far, 0.0, u.lo)), doubled=far)
    return select(x < 1.0, x.like(math.nan), result)


def atanh(x: Value) -> Value:
    """½ log(1 + 2|x|/(1 - |x|)) with the sign of x; ±∞ at ±1, NaN beyond."""
    size = x.abs()
    return (0.5 * log1p(2.0 * size / (1.0 - size))).copysign(x)
