"""Numbers of twice the precision: the unevaluated sum hi + lo of two floats, |lo| ≤ ulp(hi)/2.

Dekker (Numer. Math. 18, 1971) and Knuth (TAOCP 2, 4.2.2). The comments count flops with an FMA.
"""

from __future__ import annotations

from typing import NamedTuple

from wengert.compiler.math.text import Number, Value, fma

__all__ = ["Pair", "constant", "fast_sum", "halves", "product", "quotient", "sum_of"]


class Pair(NamedTuple):
    """hi + lo."""

    hi: Value
    lo: Value

    def plus(self, other: Pair) -> Pair:
        """The sum of two pairs, to about 2^-2p of the larger one."""
        s = sum_of(self.hi, other.hi)
        return fast_sum(s.hi, s.lo + (self.lo + other.lo))

    def plus_number(self, other: Number) -> Pair:
        """The sum of a pair and a float."""
        s = sum_of(self.hi, self.hi.like(other))
        return fast_sum(s.hi, s.lo + self.lo)

    def times(self, other: Pair) -> Pair:
        """The product of two pairs, to about 2^-2p."""
        p = product(self.hi, other.hi)
        return fast_sum(p.hi, p.lo + fma(self.hi, other.lo, self.lo * other.hi))

    def times_number(self, other: Number) -> Pair:
        """The product of a pair and a float."""
        p = product(self.hi, self.hi.like(other))
        return fast_sum(p.hi, fma(self.lo, other, p.lo))

    def scaled(self, power_of_two: Number) -> Pair:
        """Both parts times a power of two, exact."""
        return Pair(self.hi * power_of_two, self.lo * power_of_two)

    def value(self) -> Value:
        """The sum as one float."""
        return self.hi + self.lo


def constant(like: Value, hi: float, lo: float) -> Pair:
    """A constant of twice the precision, in the format of `like`."""
    return Pair(like.like(hi), like.like(lo))


def fast_sum(a: Value, b: Value) -> Pair:
    """a + b exactly, if |a| ≥ |b| or a = 0. 3 flops."""
    s = a + b
    return Pair(s, b - (s - a))


def sum_of(a: Value, b: Value) -> Pair:
    """a + b exactly. 6 flops."""
    s = a + b
    t = s - a
    return Pair(s, (a - (s - t)) + (b - t))


def product(a: Value, b: Value) -> Pair:
    """a·b exactly (if nothing overflows or underflows). 2 flops with an FMA, else 20.

    Without, each factor is cut into halves, whose products are exact. The cut clears low bits, so it cannot overflow.
    """
    p = a * b
    if a.t.fma:
        return Pair(p, fma(a, b, -p))
    (a1, a2), (b1, b2) = halves(a), halves(b)
    return Pair(p, ((a1 * b1 - p) + a1 * b2 + a2 * b1) + a2 * b2)


def quotient(a: Pair, b: Pair) -> Pair:
    """a/b: a first quotient, and what it leaves of a divided once more."""
    inverse = 1.0 / b.hi
    q = a.hi * inverse
    back = product(q, b.hi)
    return fast_sum(q, (((a.hi - back.hi) - back.lo) + (a.lo - q * b.lo)) * inverse)


def halves(x: Value) -> tuple[Value, Value]:
    """The leading bits of x, and the rest."""
    high = (x.bits() & (-1 << x.format.half)).as_float()
    return high, x - high
