"""erf, erfc, erfinv, ndtr."""

from __future__ import annotations

import math

from wengert.compiler.math import coefficients as c
from wengert.compiler.math.exponential import Scaled, exp, scaled_exp
from wengert.compiler.math.logarithm import log
from wengert.compiler.math.pairs import Pair, constant, product, quotient, sum_of
from wengert.compiler.math.text import Value, fma, minimum, polynomial, select

__all__ = ["erf", "erfc", "erfinv", "ndtr"]


def erf(x: Value) -> Value:
    """x + x g(x²) up to 1, beyond 1 - e^h(x) with h = log erfc; from 6 (4) on the result is 1."""
    size = x.abs()
    z = x * x
    near = fma(size, polynomial(z, c.ERF[x.kind]), size)
    bounded = minimum(size, {"f64": 5.93, "f32": 3.95}[x.kind])
    far = 1.0 - exp(polynomial(bounded, c.LOG_ERFC[x.kind]))
    return select(size < 1.0, near, far).copysign(x)


_SQRT2 = {"f64": (1.4142135623730951, -9.667293313452913e-17), "f32": (1.4142135381698608, 2.4203234972222163e-08)}


def _upper_tail(size: Value, normal: bool) -> Value:
    """erfc a = g((a - 4)/(a + 4)) exp(-a²)/(1 + 2a), for a = size ≥ 0 or, `normal`, for a = size/√2.

    a² is size², or half of that: taken exactly, since e^-a² magnifies its error by 2a².
    """
    square = product(size, size)
    if normal:
        centre, square = 4.0 * math.sqrt(2.0), square.scaled(0.5)
        denominator = constant(size, *_SQRT2[size.kind]).times_number(size).plus_number(1.0)
    else:
        centre, denominator = 4.0, sum_of(2.0 * size, size.like(1.0))
    e = scaled_exp(-square.hi, -square.lo)
    g = polynomial((size - centre) / (size + centre), c.ERFC[size.kind])
    factor = quotient(Pair(g, g.like(0.0)), denominator)
    return Scaled(fma(e.fraction, factor.hi, e.fraction * factor.lo), e.n).value()


def erfc(x: Value) -> Value:
    """1 - erf x, to the last digit as it vanishes towards +∞; below 0 as 2 minus that of -x."""
    size = x.abs()
    tail = _upper_tail(minimum(size, {"f64": 28.0, "f32": 10.5}[x.kind]), normal=False)
    near = 1.0 - fma(x, polynomial(x * x, c.ERF[x.kind]), x)
    return select(size < 0.5, near, select(x < 0.0, 2.0 - tail, tail))


def ndtr(x: Value) -> Value:
    """The normal distribution function, ½ erfc(-x/√2); that x is never divided by √2 keeps the digits of e^(-x²/2)."""
    size = x.abs()
    limit = {"f64": 39.0, "f32": 14.5}[x.kind]
    tail = 0.5 * _upper_tail(minimum(size, limit), normal=True)
    # ½ + ½ erf(x/√2)
    scaled = math.sqrt(0.125) * x
    near = 0.5 + fma(scaled, polynomial(0.5 * (x * x), c.ERF[x.kind]), scaled)
    return select(size < 0.7, near, select(x > 0.0, 1.0 - tail, tail))


def _erfinv_tail(s: Value) -> Value:
    """erfinv(x)/x of s = √(-log(1 - x²)) > 2.4. In float32 s stays below 4.2."""
    near = polynomial(s - 3.3, c.ERFINV_TAIL[s.kind])
    if s.kind == "f32":
        return near
    return select(s < 4.2, near, polynomial(s - 5.15, c.ERFINV_FAR[s.kind]))


def erfinv(x: Value) -> Value:
    """x g(w) with w = -log(1 - x²); ±∞ at ±1, NaN beyond. For w > 6, which is rare, another g, of √w."""
    w = -log((1.0 - x) * (1.0 + x))
    usual = x * polynomial(w - 3.0, c.ERFINV[x.kind])
    result = x.t.where(w > 6.0, usual, lambda: select(w > 6.0, x * _erfinv_tail(w.sqrt()), usual))
    return select(x.abs().equals(1.0), x * math.inf, result)
