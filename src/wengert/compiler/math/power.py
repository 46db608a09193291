"""pow, sqrt, cbrt, hypot."""

from __future__ import annotations

import math

from wengert.compiler.math import coefficients as c
from wengert.compiler.math.exponential import power_of_two, scaled_exp
from wengert.compiler.math.logarithm import decompose, log_in_float64, log_pair
from wengert.compiler.math.pairs import Pair, product
from wengert.compiler.math.text import Value, fma, maximum, minimum, polynomial, select

__all__ = ["cbrt", "hypot", "power", "sqrt"]


def sqrt(x: Value) -> Value:
    """The square root: one instruction everywhere, correctly rounded."""
    return x.sqrt()


def _is_integer(size: Value) -> Value:
    """Whether size ≥ 0 is an integer: adding 2^fraction rounds to one; from there on all numbers are."""
    whole = size.like(2.0**size.format.fraction)
    return (size >= whole) | ((size + whole) - whole).equals(size)


def power(x: Value, y: Value) -> Value:
    """x^y = e^(y log |x|), with the sign and the special cases of C99 (F.9.4.4), which NumPy shares.

    The logarithm has a relative error of 2^-65, for an exponent near 700 multiplies it by as much.
    """
    size, exponent_size = x.abs(), y.abs()
    integer = _is_integer(exponent_size)
    odd = integer & ~_is_integer(0.5 * exponent_size)
    magnitude = _magnitude(size, y)
    # (±1)^±∞ is 1, not the exponential of 0·∞.
    magnitude = select(size.equals(1.0) & exponent_size.equals(math.inf), 1.0, magnitude)
    signed = select(odd, magnitude.copysign(x), magnitude)
    # A negative finite base wants an integer exponent (and -0, -∞ do not: their magnitude is 0 or ∞).
    wrong = (x < 0.0) & (size < math.inf) & ~integer
    result = select(wrong & ~y.is_nan(), x.like(math.nan), signed)
    return select(y.equals(0.0) | x.equals(1.0), 1.0, result)


def _magnitude(size: Value, y: Value) -> Value:
    """size^y for size ≥ 0."""
    finite = (size > 0.0) & (size < math.inf)
    limit = select(size.equals(0.0), size.like(-math.inf), size)  # log 0, log ∞, log NaN
    if size.kind == "f32":
        return _magnitude_in_float64(select(finite, log_in_float64(size), limit.to("f64")), y.to("f64")).to("f32")
    pair = log_pair(size)
    logarithm = Pair(select(finite, pair.hi, limit), select(finite, pair.lo, 0.0))
    p = product(y, logarithm.hi)
    inside = p.hi.abs() < 1e4
    return scaled_exp(p.hi, select(inside, fma(y, logarithm.lo, p.lo), 0.0)).value()


def _magnitude_in_float64(logarithm: Value, y: Value) -> Value:
    """e^(y logarithm) for a float32: in float64 the exponent needs no tail, and the power of two no second factor."""
    x = minimum(maximum(y * logarithm, -150.0), 150.0)
    n, integer = (x * (1 / math.log(2.0))).nearest()
    r = fma(n, -math.log(2.0), x)
    return fma(r * r, polynomial(r, c.EXP["middle"]), 1.0 + r) * power_of_two(integer)


def cbrt(x: Value) -> Value:
    """The cube root, with the sign of x: ³√(2^3q M) = 2^q M r², where r is close to M^-⅓."""
    size = x.abs()
    m, k = decompose(size)
    _, third = (k.integer_as_float(x.kind) * (1 / 3)).nearest()
    rest = k - (third + third + third)
    scaled = m * power_of_two(rest)
    # m^-⅓ by a polynomial, times 2^(-rest/3).
    factor = select(rest.equals(0), x.like(1.0), select(rest < 0, 2.0 ** (1 / 3), x.like(2.0 ** (-1 / 3))))
    r = polynomial(m, c.CBRT[x.kind]) * factor
    # M r³ = 1 - e: r (1 - e)^-⅓ to third order in e.
    e = fma(-scaled * r, r * r, 1.0)
    r = fma(r * e, fma(e, 2 / 9, 1 / 3), r)
    y = scaled * (r * r)
    # One step of Newton's method, with y³ - M to twice the precision.
    square = product(y, y)
    excess = fma(square.hi, y, -scaled) if x.t.fma else _difference(square, y, scaled)
    excess = fma(square.lo, y, excess)
    root = y - excess * (r * r) * (1 / 3)
    result = (root * power_of_two(third)).copysign(x)
    return select((size > 0.0) & (size < math.inf), result, x)


def _difference(square: Pair, y: Value, target: Value) -> Value:
    """square.hi·y - target, where the two nearly cancel."""
    p = product(square.hi, y)
    return (p.hi - target) + p.lo


# Above the first, below the second, squares overflow or lose digits: both are multiplied by a power of two, which is
# exact, since what becomes subnormal is too small to count.
_SCALES = {"f64": (2.0**510, 2.0**-450, 2.0**600), "f32": (2.0**62, 2.0**-50, 2.0**80)}


def hypot(x: Value, y: Value) -> Value:
    """√(x² + y²) without overflow; ∞ if either is infinite, even beside NaN."""
    width, height = x.abs(), y.abs()
    large, small = maximum(width, height), minimum(width, height)
    upper, lower, factor = _SCALES[x.kind]
    big, tiny = large > upper, large < lower
    scale = select(big, 1 / factor, select(tiny, x.like(factor), 1.0))
    back = select(big, factor, select(tiny, x.like(1 / factor), 1.0))
    a, b = large * scale, small * scale
    result = fma(a, a, b * b).sqrt() * back
    result = select(x.is_nan() | y.is_nan(), x + y, result)
    return select(width.equals(math.inf) | height.equals(math.inf), x.like(math.inf), result)
