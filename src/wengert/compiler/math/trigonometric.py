"""sin, cos, tan.

x = n π/2 + r with |r| ≤ π/4, r as a pair, so that results near a zero keep their digits (Cody and Waite, Software
Manual for the Elementary Functions, 1980). n π/2 is subtracted in pieces; beyond the largest n for which that is exact,
where any lane needs it, x is reduced by `huge`, after Payne and Hanek.
"""

from __future__ import annotations

import math

from wengert.compiler.math import coefficients as c
from wengert.compiler.math.huge import patch
from wengert.compiler.math.pairs import Pair, fast_sum, product, sum_of
from wengert.compiler.math.text import Value, fma, polynomial, select

__all__ = ["cos", "cos_kernel", "quotient", "reduce", "signed_cos", "signed_sin", "sin", "sin_kernel", "tan"]

# π/2 in pieces. With an FMA n·P1 is subtracted without rounding (x - n P1 has no more digits than x); n·P2 is a pair.
_PIECES = {
    ("f64", True): (1.5707963267948966, 6.123233995736766e-17, -1.4973849048591698e-33),
    ("f32", True): (1.5707963705062866, -4.371138828673793e-08, -1.7151245100058819e-15),
    # Without one, every piece but the last has so few bits (33; 12) that its product with n is exact.
    ("f64", False): (1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32),
    ("f32", False): (1.5703125, 0.0004837512969970703, 7.549533620476723e-08, 2.5632829192545614e-12, 6.123234e-17),
}
# The largest |x| for these pieces.
_LIMIT = {("f64", True): 2.0**28, ("f32", True): 2.0**16, ("f64", False): 2.0**20, ("f32", False): 2.0**12}


def reduce(x: Value) -> tuple[Pair, Value]:
    """r and the integer n of a moderate x."""
    first, second, *others = _PIECES[x.kind, x.t.fma]
    n, integer = (x * (2 / math.pi)).nearest()
    r = fma(n, -first, x)
    if x.t.fma:
        p = product(n, x.like(second))
        s = sum_of(r, -p.hi)
        return fast_sum(s.hi, fma(n, -others[0], s.lo - p.lo)), integer
    s = sum_of(r, n * -second)
    tail = s.lo
    for piece in others[:-1]:
        s = sum_of(s.hi, n * -piece)
        tail = tail + s.lo
    return fast_sum(s.hi, tail - n * others[-1]), integer


def sin_kernel(r: Pair) -> Value:
    """sin r for |r| ≤ π/4."""
    z = r.hi * r.hi
    return r.hi + fma(r.hi * z, polynomial(z, c.SIN[z.kind]), r.lo * fma(z, -0.5, 1.0))


def cos_kernel(r: Pair) -> Value:
    """cos r for |r| ≤ π/4. 1 - r²/2 is rounded; what it loses goes into the small terms. Never above 1."""
    z = r.hi * r.hi
    half = 0.5 * z
    w = 1.0 - half
    return w + fma(z * z, polynomial(z, c.COS[z.kind]), ((1.0 - w) - half) - r.hi * r.lo)


def _negate_if(bit: int, n: Value, value: Value) -> Value:
    """-value where this bit of n is set."""
    sign = (n & bit) << (int(n.kind[1:]) - bit.bit_length())
    return (value.bits() ^ sign).as_float()


def signed_sin(r: Pair, n: Value) -> Value:
    """sin(r + n π/2)."""
    return _negate_if(2, n, select((n & 1).equals(0), sin_kernel(r), cos_kernel(r)))


def signed_cos(r: Pair, n: Value) -> Value:
    """cos(r + n π/2) = sin(r + (n + 1) π/2)."""
    return signed_sin(r, n + 1)


def quotient(r: Pair, n: Value) -> Value:
    """tan(r + n π/2): sin/cos, or -cos/sin."""
    sine, cosine = sin_kernel(r), cos_kernel(r)
    even = (n & 1).equals(0)
    return _negate_if(1, n, select(even, sine, cosine) / select(even, cosine, sine))


def _moderate(x: Value) -> float:
    return _LIMIT[x.kind, x.t.fma]


def sin(x: Value) -> Value:
    """The sine of x radians."""
    usual = select(x.equals(0.0), x, signed_sin(*reduce(x)))
    return patch("sin", signed_sin, x, usual, _moderate(x))


def cos(x: Value) -> Value:
    """The cosine of x radians."""
    return patch("cos", signed_cos, x, signed_cos(*reduce(x)), _moderate(x))


def tan(x: Value) -> Value:
    """The tangent of x radians."""
    usual = select(x.equals(0.0), x, quotient(*reduce(x)))
    return patch("tan", quotient, x, usual, _moderate(x))
