"""pow, sqrt."""

from __future__ import annotations

import math

from wengert.compiler.math.exponential import scaled_exp
from wengert.compiler.math.logarithm import log_pair
from wengert.compiler.math.pairs import Pair, product
from wengert.compiler.math.text import Value, fma, select

__all__ = ["power", "sqrt"]


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
    if size.kind == "f32":
        return _magnitude(size.to("f64"), y.to("f64")).to("f32")
    logarithm = _log_or_limit(size)
    p = product(y, logarithm.hi)
    inside = p.hi.abs() < 1e4
    return scaled_exp(p.hi, select(inside, fma(y, logarithm.lo, p.lo), 0.0)).value()


def _log_or_limit(size: Value) -> Pair:
    """log_pair, and -∞ at 0, ∞ and NaN as they are."""
    finite = (size > 0.0) & (size < math.inf)
    pair = log_pair(size)
    limit = select(size.equals(0.0), size.like(-math.inf), size)
    return Pair(select(finite, pair.hi, limit), select(finite, pair.lo, 0.0))
