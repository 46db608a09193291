"""asin, acos, atan, atan2."""

from __future__ import annotations

import math

from wengert.compiler.math import coefficients as c
from wengert.compiler.math.text import Value, fma, maximum, minimum, polynomial, select

__all__ = ["acos", "asin", "atan", "atan2"]

# π/2 as a pair. π/4 = HIGH + LOW, where 3·HIGH is exact.
_HALF_PI = {"f64": (1.5707963267948966, 6.123233995736766e-17), "f32": (1.5707963705062866, -4.371138828673793e-08)}
_QUARTER_PI = {"f64": (0.7853981633974483, 3.061616997868383e-17), "f32": (0.785398006439209, 1.5695823663008923e-07)}
_TAN_EIGHTH = math.sqrt(2.0) - 1.0  # tan(π/8)


def _arcsine(x: Value) -> tuple[Value, Value, Value]:
    """s and p with asin s = s + p, and where s is not |x| but √((1 - |x|)/2), whose arcsine is (π/2 - asin |x|)/2."""
    size = x.abs()
    far = size > 0.5
    z = select(far, 0.5 - 0.5 * size, x * x)
    s = select(far, z.sqrt(), size)
    return s, s * z * polynomial(z, c.ASIN[x.kind]), far


def asin(x: Value) -> Value:
    """The arcsine; NaN outside [-1, 1]."""
    s, p, far = _arcsine(x)
    high, low = _HALF_PI[x.kind]
    # 2s - π/4 is exact where the result is small, so the last roundings are those of smaller numbers.
    quarter = 0.5 * high
    return select(far, quarter - ((2.0 * s - quarter) + (2.0 * p - low)), s + p).copysign(x)


def acos(x: Value) -> Value:
    """The arccosine; NaN outside [-1, 1]."""
    s, p, far = _arcsine(x)
    high, low = _HALF_PI[x.kind]
    near = high - (x - (low - p.copysign(x)))
    return select(far, select(x > 0.0, 2.0 * (s + p), 2.0 * (high - (s + (p - low)))), near)


def atan(x: Value) -> Value:
    """The arctangent: atan x = B + atan z with z = x, (x-1)/(x+1) or -1/x, |z| ≤ tan(π/8), and B = 0, π/4 or π/2."""
    size = x.abs()
    middle, far = size > _TAN_EIGHTH, size > 1.0 / _TAN_EIGHTH
    above = select(far, -1.0, select(middle, size - 1.0, size))
    below = select(far, size, select(middle, size + 1.0, 1.0))
    eighths = select(far, 2.0, select(middle, x.like(1.0), 0.0))
    return _rotated(above / below, eighths).copysign(x)


def _rotated(z: Value, quarters: Value) -> Value:
    """atan z + quarters·π/4, for |z| ≤ tan(π/8)."""
    high, low = _QUARTER_PI[z.kind]
    square = z * z
    return fma(quarters, high, z + fma(z * square, polynomial(square, c.ATAN[z.kind]), quarters * low))


def atan2(y: Value, x: Value) -> Value:
    """The angle of the point (x, y), in (-π, π]; signed zeros and infinities as in C99."""
    width, height = x.abs(), y.abs()
    steep = height > width
    small, large = minimum(width, height), maximum(width, height)
    # ∞/∞ is the diagonal.
    both = small.equals(math.inf)
    small, large = select(both, 1.0, small), select(both, 1.0, large)
    # The sum below must not overflow.
    scale = select(large > x.format.largest / 8, x.like(0.25), 1.0)
    small, large = small * scale, large * scale
    # small/large = tan θ; beyond π/8 as tan(π/4 + θ').
    diagonal = small > _TAN_EIGHTH * large
    above = select(diagonal, small - large, small)
    below = select(diagonal, small + large, large)
    z = above / select(large.equals(0.0), 1.0, below)
    # Reflections in the diagonal and in the axis.
    quarters = select(diagonal, x.like(1.0), 0.0)
    quarters, z = select(steep, 2.0 - quarters, quarters), select(steep, -z, z)
    left = x.bits() < 0
    quarters, z = select(left, 4.0 - quarters, quarters), select(left, -z, z)
    return select(x.is_nan() | y.is_nan(), x + y, _rotated(z, quarters).copysign(y))
