"""log, log2, log10, log1p, and the logarithm to twice the precision that pow needs.

Every one writes x = 2^k m with √½ ≤ m < √2, and takes log m by s = (m - 1)/(m + 1), log m = 2 atanh s = 2s + s³ g(s²).
"""

from __future__ import annotations

import math

from wengert.compiler.math import coefficients as c
from wengert.compiler.math.pairs import Pair, constant, fast_sum, product, sum_of
from wengert.compiler.math.text import Value, fma, polynomial, select

__all__ = [
    "decompose",
    "log",
    "log1p",
    "log1p_of_pair",
    "log1p_of_unit",
    "log2",
    "log10",
    "log_extended",
    "log_in_float64",
    "log_pair",
]

# ln 2 = HIGH + LOW, where k·HIGH is exact for every exponent k.
_LN2 = {"f64": (0.6931471805598903, 5.497923018708371e-14), "f32": (0.693145751953125, 1.4286068203094172e-06)}
_LOG2E = {"f64": (1.4426950408889634, 2.0355273740931033e-17), "f32": (1.4426950216293335, 1.925963033500011e-08)}
_LOG10E = {"f64": (0.4342944819032518, 1.098319650216765e-17), "f32": (0.4342944920063019, -1.0103049952192578e-08)}
# log10 2, HIGH with 42 (16) bits.
_LOG10_2 = {"f64": (0.30102999566395283, 2.8363394551044964e-14), "f32": (0.301025390625, 4.605039066518657e-06)}


def decompose(x: Value) -> tuple[Value, Value]:
    """m and the integer k with x = 2^k m, √½ ≤ m < √2, for positive finite x; subnormal numbers are scaled first."""
    form = x.format
    tiny = x < form.normal
    shift = form.fraction + 2
    bits = select(tiny, x * 2.0**shift, x).bits() + (form.bits(1.0) - form.bits(math.sqrt(0.5)))
    k = (bits >> form.fraction) - select(tiny, bits.like(form.bias + shift), bits.like(form.bias))
    return ((bits & ((1 << form.fraction) - 1)) + form.bits(math.sqrt(0.5))).as_float(), k


def _special(x: Value, result: Value) -> Value:
    """The result for x > 0; -∞ at 0, NaN below, ∞ and NaN as they are."""
    result = select(x > 0.0, result, select(x.equals(0.0), x.like(-math.inf), x.like(math.nan)))
    return select(x.equals(math.inf), x, result)


def _series(f: Value) -> tuple[Value, Value]:
    """f²/2 and s(f²/2 + z g(z)), whose difference from f is log(1 + f): f dominates, so their errors hardly count."""
    s = f / (2.0 + f)
    z = s * s
    half_square = 0.5 * (f * f)
    return half_square, s * fma(z, polynomial(z, c.LOG[f.kind]), half_square)


def log_sum(f: Value, k: Value, tail: Value | None = None) -> Value:
    """k ln 2 + log(1 + f) (+ a tail that is below f's last digit)."""
    high, low = _LN2[f.kind]
    half_square, rest = _series(f)
    rest = fma(k, low, rest if tail is None else rest + tail)
    return fma(k, high, f - (half_square - rest))


def log(x: Value) -> Value:
    """The natural logarithm."""
    m, k = decompose(x)
    return _special(x, log_sum(m - 1.0, k.integer_as_float(x.kind)))


def _leading(m: Value) -> Pair:
    """log m with a few more digits than a float has: the rounding of f - f²/2 is kept."""
    f = m - 1.0
    _, rest = _series(f)
    square = product(f, f)
    first = fast_sum(f, -0.5 * square.hi)
    return fast_sum(first.hi, first.lo + (rest - 0.5 * square.lo))


def log_extended(x: Value) -> Pair:
    """log x of positive finite x, with a relative error of about 2^-58 in float64."""
    m, k = decompose(x)
    return _with_exponent(_leading(m), k.integer_as_float(x.kind))


def _with_exponent(log_m: Pair, k: Value) -> Pair:
    """k ln 2 + log m."""
    high, low = _LN2[k.kind]
    whole = fast_sum(k * high, log_m.hi)
    return fast_sum(whole.hi, whole.lo + fma(k, low, log_m.lo))


def log2(x: Value) -> Value:
    """The logarithm to base 2; exact for powers of two."""
    m, k = decompose(x)
    scaled = _leading(m).times(constant(x, *_LOG2E[x.kind]))
    whole = fast_sum(k.integer_as_float(x.kind), scaled.hi)
    return _special(x, whole.hi + (whole.lo + scaled.lo))


def log10(x: Value) -> Value:
    """The logarithm to base 10; exact for powers of ten."""
    m, integer = decompose(x)
    k = integer.integer_as_float(x.kind)
    high, low = _LOG10_2[x.kind]
    scaled = _leading(m).times(constant(x, *_LOG10E[x.kind]))
    whole = fast_sum(k * high, scaled.hi)
    return _special(x, whole.hi + (whole.lo + fma(k, low, scaled.lo)))


def log1p(x: Value) -> Value:
    """log(1 + x). 1 + x is taken exactly, as a pair, so that no digit of a small x is lost."""
    one_plus = log1p_of_pair(Pair(x, x.like(0.0)))
    return select(x.equals(0.0), x, one_plus)


def log1p_of_unit(x: Value) -> Value:
    """log(1 + x) for 0 ≤ x ≤ 1: 1 + x is m or 2m, which takes one comparison."""
    double = x > math.sqrt(2.0) - 1.0
    return log_sum(select(double, fma(x, 0.5, -0.5), x), select(double, x.like(1.0), 0.0))


def log1p_of_pair(x: Pair, doubled: Value | None = None) -> Value:
    """log(1 + hi + lo), and where `doubled` is true log(2(1 + hi + lo))."""
    u = sum_of(x.hi.like(1.0), x.hi)
    m, integer = decompose(u.hi)
    # 2^-k for the tail; from 2^60 on the tail is below the last digit, and 2^-k might not be a normal number.
    form = u.hi.format
    far = u.hi > 2.0**60
    scale = ((form.bias - select(far, integer.like(0), integer)) << form.fraction).as_float()
    tail = select(far, u.hi.like(0.0), (u.lo + x.lo) * scale)
    whole = fast_sum(m - 1.0, tail)
    if doubled is not None:
        integer = select(doubled, integer + 1, integer)
    return _special(u.hi, log_sum(whole.hi, integer.integer_as_float(x.hi.kind), whole.lo))


def log_in_float64(x: Value) -> Value:
    """log of positive finite float32 x, as float64 with a relative error of 2^-40."""
    m, integer = decompose(x)
    f = m.to("f64") - 1.0
    k = integer.integer_as_float("f32").to("f64")
    s = f / (2.0 + f)
    z = s * s
    return fma(k, math.log(2.0), fma(s * z, polynomial(z, c.LOG["middle"]), 2.0 * s))


def log_pair(x: Value) -> Pair:
    """log x of positive finite x with a relative error of about 2^-65 (float64): s and its leading powers are pairs.

    log m = 2s + s³(2/3 + s² h(s²)); the last term is below 2^-12 of the sum and needs no second float.
    """
    m, integer = decompose(x)
    k = integer.integer_as_float(x.kind)
    f = m - 1.0
    below = m + 1.0
    inverse = 1.0 / below
    s = f * inverse
    back = product(s, below)
    s_tail = (((f - back.hi) - back.lo) - s * (m - (below - 1.0))) * inverse
    # s³ is ready when the polynomial is; no sum is normalised before the last.
    square = product(s, s)
    square_tail = fma(2.0 * s, s_tail, square.lo)
    cube = product(square.hi, s)
    cube_tail = fma(square.hi, s_tail, fma(square_tail, s, cube.lo))
    two_thirds = constant(x, 0.6666666666666666, 3.700743415417188e-17)
    inner = fast_sum(two_thirds.hi, square.hi * polynomial(square.hi, c.LOG_PAIR[x.kind]))
    cubic = product(cube.hi, inner.hi)
    cubic_tail = fma(cube.hi, inner.lo + two_thirds.lo, fma(cube_tail, inner.hi, cubic.lo))
    log_m = fast_sum(2.0 * s, cubic.hi)
    return _with_exponent(Pair(log_m.hi, log_m.lo + fma(2.0, s_tail, cubic_tail)), k)
