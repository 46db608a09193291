"""gamma, lgamma, digamma. In float32 they compute in float64.

Between ½ and 3 rational approximations that are exact at the zeros; up to 6 (13) the recurrence Γ(x + 1) = x Γ(x),
taken downwards, so that nothing cancels; beyond, Stirling's series; below -½ reflection, which costs a branch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import zip_longest

from wengert.compiler.math import coefficients as c
from wengert.compiler.math.exponential import Scaled, scaled_exp
from wengert.compiler.math.logarithm import log, log_extended, log_pair
from wengert.compiler.math.pairs import Pair, constant, product, quotient, sum_of
from wengert.compiler.math.text import Value, fma, minimum, polynomial, select
from wengert.compiler.math.trigonometric import cos_kernel, sin_kernel

__all__ = ["digamma", "gamma", "lgamma"]

_LOG_PI = 1.1447298858494002
_STIRLING = 0.4189385332046727  # ½ log 2π - ½
_PI = (math.pi, 1.2246467991473532e-16)
_HALF_LOG_2PI = (0.9189385332046728, -3.8782941580672414e-17)
_ROOT = (0.46163214496836236, -1.5522348162858677e-17)  # the zero of ψ, less 1


def in_float64(f: Callable[[Value], Value]) -> Callable[[Value], Value]:
    """f, for float32 too: widened, computed, rounded."""

    def wide(x: Value) -> Value:
        return f(x.to("f64")).to(x.kind)

    wide.__doc__ = f.__doc__
    return wide


def _nearest(x: Value) -> Value:
    """The integer nearest to x ≥ 0, of any size."""
    whole = 2.0**x.format.fraction
    return select(x < whole, (x + whole) - whole, x)


def _sin_pi(r: Value) -> Value:
    """sin πr for |r| ≤ ½: near ±½ as the cosine of π(½ - |r|)."""
    size = r.abs()
    far = size > 0.25
    angle = constant(r, *_PI).times_number(select(far, 0.5 - size, size))
    return select(far, cos_kernel(angle), sin_kernel(angle)).copysign(r)


def _pi_cot_pi(r: Value) -> Pair:
    """π cot πr for |r| ≤ ½."""
    zero = r.like(0.0)
    cotangent = quotient(Pair(_sin_pi(0.5 - r.abs()).copysign(r), zero), Pair(_sin_pi(r.abs()), zero))
    return cotangent.times(constant(r, *_PI))


def _descent(a: Value, steps: int, visit: Callable[[Value, Value], None]) -> Value:
    """Step a > 3 down by 1 until it is below 3, at most `steps` times: visit(mask, the new a). Returns the last a."""
    for _ in range(steps):
        mask = a >= 3.0
        a = select(mask, a - 1.0, a)
        visit(mask, a)
    return a


@in_float64
def lgamma(x: Value) -> Value:
    """log |Γ(x)|; ∞ at the poles.

    Within 3 ULP for x > 0, next to the zeros 1 and 2 too. For x < 0 the error is below 3 ULP of the largest of 1, the
    result and lgamma(-x): relative accuracy is lost next to the zeros there, one between every two poles below -2.
    """
    a = x.abs()
    tiny, huge = a < 0.5, a >= 6.0
    factor = a.like(1.0)

    def multiply(mask: Value, below: Value) -> None:
        nonlocal factor
        factor = select(mask, factor * below, factor)

    low = _descent(a, 3, multiply)
    near_one = a < 1.5
    t = select(tiny, x, low - select(near_one, a.like(1.0), 2.0))
    top, bottom = (
        polynomial(t + 0.5, [select(near_one, t.like(p), q) for p, q in zip_longest(first, second, fillvalue=0.0)])
        for first, second in zip(c.LGAMMA_1["f64"], c.LGAMMA_2["f64"], strict=True)
    )
    logarithm = log_extended(select(tiny | huge, a, factor))
    sign = select(tiny, a.like(-1.0), 1.0)
    # A constant carries most of the slope, so that the roundings of the quotient hardly count.
    most = product(t, select(near_one, t.like(-0.34375), 0.421875))
    moderate = fma(sign, logarithm.hi, fma(t, top / bottom, most.hi)) + fma(sign, logarithm.lo, most.lo)
    result = select(huge, _stirling(a, logarithm), moderate)
    result = select(a.equals(0.0) | a.equals(math.inf), a.like(math.inf), result)

    def reflected() -> Value:
        """log Γ(-a) = log(π / |a sin πa|) - log Γ(a)."""
        r = a - _nearest(a)
        value = _LOG_PI - log(a * _sin_pi(r.abs())) - result
        value = select(r.equals(0.0) | a.equals(math.inf), a.like(math.inf), value)
        return select(x <= -0.5, value, result)

    return x.t.where(x <= -0.5, result, reflected)


def _stirling(a: Value, logarithm: Pair) -> Value:
    """(a - ½)(log a - 1) + ½ log 2π - ½ + S(1/a²)/a; ∞ where it overflows."""
    inverse = 1.0 / a
    tail = fma(inverse, polynomial(inverse * inverse, c.STIRLING[a.kind]), _STIRLING)
    shifted = a - 0.5
    main = product(shifted, logarithm.hi - 1.0)
    value = main.hi + fma(shifted, logarithm.lo, main.lo + tail)
    return select(main.hi < math.inf, value, main.hi)


@in_float64
def digamma(x: Value) -> Value:
    """ψ = Γ'/Γ; ∓∞ at ±0, NaN at the negative integers.

    Within 3 ULP for x > 0, next to the zero 1.4616 too. For x < 0 the error is below 3 ULP of the largest of the
    result, ψ(-x) and π cot πx: relative accuracy is lost next to the zeros there, one between every two poles.
    """
    a = x.abs()
    tiny, huge, negative = a < 1.0, a >= 6.0, x < 0.0
    # The sum of 1/(a-1) + 1/(a-2) + ... as a fraction.
    above, below = a.like(0.0), a.like(1.0)

    def add(mask: Value, step: Value) -> None:
        nonlocal above, below
        above = select(mask, fma(above, step, below), above)
        below = select(mask, below * step, below)

    low = _descent(a, 3, add)
    # ψ(a) = ψ(a + 1) - 1/a below 1; where x < 0 it is ψ(1 + a) that is wanted.
    above = select(huge, a.like(-0.5), select(tiny, select(negative, a.like(0.0), -1.0), above))
    below = select(huge, a, select(tiny, select(negative, a.like(1.0), x), below))
    inverse = 1.0 / below
    u = select(tiny, a, low - 1.0)
    top, bottom = (polynomial(u, part) for part in c.DIGAMMA_2["f64"])
    root = sum_of(u, u.like(-_ROOT[0]))
    z = inverse * inverse
    series = log(a) - z * polynomial(z, c.DIGAMMA["f64"])
    ratio = top / bottom
    # As in lgamma: a constant carries most of the slope.
    slope = 0.96875
    most = product(root.hi, a.like(slope))
    near_root = most.hi + fma(ratio, root.hi, fma(ratio + slope, root.lo - _ROOT[1], most.lo))
    result = above / below + select(huge, series, near_root)
    result = select(a.equals(math.inf), a, result)

    def reflected() -> Value:
        """ψ(-a) = ψ(1 + a) + π cot πa, and ψ(1 + a) = ψ(a) + 1/a."""
        r = a - _nearest(a)
        beyond = result + select(tiny, 0.0, 1.0 / a)
        cotangent = _pi_cot_pi(r)
        value = cotangent.hi + (beyond + cotangent.lo)
        pole = (r.equals(0.0) & (a > 0.0)) | a.equals(math.inf)
        return select(negative, select(pole, a.like(math.nan), value), result)

    return x.t.where(negative, result, reflected)


@in_float64
def gamma(x: Value) -> Value:
    """Γ(x); ±∞ at ±0, NaN at the negative integers and -∞; factorials up to 12! are exact."""
    a = x.abs()
    reflect = x <= -0.5
    b = select(reflect, a, x)
    # Γ(b) = Γ(2 + t)·product/divisor: the product is (b-1)(b-2)... as a pair, the divisor b(b+1), or b, below 2.
    p = Pair(a.like(1.0), a.like(0.0))

    def multiply(mask: Value, below: Value) -> None:
        nonlocal p
        q = p.times_number(below)
        p = Pair(select(mask, q.hi, p.hi), select(mask, q.lo, p.lo))

    low = _descent(b, 10, multiply)
    tiny, small = b < 1.0, b < 2.0
    t = select(tiny, b, low - select(small, b.like(1.0), 2.0))
    divisor = select(tiny, select(b.equals(0.0), b, fma(b, b, b)), select(small, b, 1.0))
    g = polynomial(t, c.GAMMA_2["f64"])
    usual = fma(g, p.hi, g * p.lo) / divisor
    large = a >= 13.0

    def rare() -> Value:
        by_stirling = _gamma_by_stirling(minimum(a, 200.0))
        fraction = select(large, by_stirling.fraction, usual)
        n = select(large, by_stirling.n, 0)
        inverse = _reflected(a, fraction)
        return Scaled(select(reflect, inverse, fraction), select(reflect, -n, n)).value()

    return x.t.where(large | reflect, usual, rare)


def _reflected(a: Value, gamma_a: Value) -> Value:
    """Γ(-a) = -π/(a sin(πa) Γ(a)); NaN for integers a and for ∞."""
    whole = _nearest(a)
    r = a - whole
    even = _nearest(0.5 * whole).equals(0.5 * whole)
    value = math.pi / product(a, _sin_pi(r)).times_number(gamma_a).value()
    return select(r.equals(0.0), a.like(math.nan), select(even, -value, value))


def _gamma_by_stirling(a: Value) -> Scaled:
    """e^((a - ½) log a - a + ½ log 2π + S(1/a²)/a), the exponent as a pair."""
    logarithm = log_pair(a)
    shifted, inverse = a - 0.5, 1.0 / a
    e = product(shifted, logarithm.hi)
    exponent = Pair(e.hi, fma(shifted, logarithm.lo, e.lo)).plus_number(-a).plus(constant(a, *_HALF_LOG_2PI))
    exponent = exponent.plus_number(inverse * polynomial(inverse * inverse, c.STIRLING["f64"]))
    return scaled_exp(exponent.hi, exponent.lo, bounds=(-100.0, 1000.0))
