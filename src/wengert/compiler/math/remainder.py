"""fmod and remainder, exact: the quotient is taken away a few dozen bits at a time.

|x| mod |y|: with t = |y|·2^k the largest such that r/t still rounds to an exact integer q, r ← r - q t has no rounding
error, and |r| falls below t. Repeated until |r| < |y|; mostly once, some forty times for the largest over the smallest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from wengert.compiler.math.exponential import power_of_two
from wengert.compiler.math.pairs import halves
from wengert.compiler.math.text import Value, fma, select

__all__ = ["fmod", "remainder"]

# Bits of q. With an FMA only r - q t must be a float. Without, t is cut into halves t1 + t2, and q t1, q t2 and
# r - q t1, which is below t/2 + q t2, must be.
_QUOTIENT_BITS = {("f64", True): 50, ("f32", True): 20, ("f64", False): 23, ("f32", False): 9}


def _exponent(x: Value) -> Value:
    """The exponent of a positive number as an integer, of subnormal ones too."""
    form = x.format
    tiny = x < form.normal
    shift = form.fraction + 2
    bits = select(tiny, x * 2.0**shift, x).bits()
    return bits.logical_shift(form.fraction) - select(tiny, bits.like(form.bias + shift), bits.like(form.bias))


def _magnitude(x: Value, y: Value) -> Value:
    """x mod y for x ≥ 0, y > 0; NaN for x = ∞, for y = 0 and of NaN."""
    bits = _QUOTIENT_BITS[x.kind, x.t.fma]
    valid = (x < math.inf) & (y > 0.0)
    exponent = _exponent(y)

    def wanted(r: Value) -> Value:
        return valid & (r.abs() >= y)

    def step(r: Value) -> tuple[Value, Sequence[Value]]:
        size = r.abs()
        gap = _exponent(size) - exponent - bits
        k = select(gap > 0, gap, 0)
        # y may be subnormal, and 2^k beyond the largest float.
        quarter = k >> 2
        factor = power_of_two(quarter)
        t = y * factor * factor * factor * power_of_two(k - quarter - quarter - quarter)
        q, _ = (size / t).nearest()
        rest = fma(-q, t, size) if x.t.fma else _difference(size, q, t)
        # |r| was reduced; the residue keeps the sign of r.
        rest = select(r < 0.0, -rest, rest)
        new = select(wanted(r), rest, r)
        return wanted(new), [new]

    (r,) = x.t.loop([x], step)
    r = select(r < 0.0, r + y, r)
    return select(valid, r, x.like(math.nan))


def _difference(size: Value, q: Value, t: Value) -> Value:
    """size - q t, exact, without an FMA. A quarter of it where q t, which may exceed size, might overflow."""
    large = size > size.format.largest / 4
    scale = select(large, size.like(0.25), 1.0)
    t1, t2 = halves(t * scale)
    return ((size * scale - q * t1) - q * t2) * select(large, size.like(4.0), 1.0)


def fmod(x: Value, y: Value) -> Value:
    """x - y·trunc(x/y), exact, with the sign of x."""
    r = _magnitude(x.abs(), y.abs())
    return r.copysign(x)


def remainder(x: Value, y: Value) -> Value:
    """x - y·floor(x/y), with the sign of y: NumPy's and Python's rule. Rounded once where x and y differ in sign."""
    r = fmod(x, y)
    opposite = (r < 0.0) ^ (y < 0.0)
    return select(r.equals(0.0), r.copysign(y), select(opposite, r + y, r))
