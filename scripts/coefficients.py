"""Compute the polynomials of the vector math library and write them to src/wengert/compiler/math/coefficients.py.

    .venv/bin/python scripts/coefficients.py

Each is the interpolant at the Chebyshev nodes of its interval, computed with 80 digits and rounded: within a factor of
about two of the minimax error, which costs less than one bit. The number of terms is the smallest that reaches the
bound: 2^-57 of the function's value in float64, 2^-28 in float32, so that the polynomial adds next to nothing to the
rounding. Those called "middle" are for float64 arithmetic on the way to a float32.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import mpmath as mp
import numpy as np

mp.mp.dps = 80
OUTPUT = Path(__file__).parent.parent / "src/wengert/compiler/math/coefficients.py"
BITS = {"f64": 57, "f32": 28}
Real = Callable[[mp.mpf], mp.mpf]


class Fit(NamedTuple):
    """g(u) for a ≤ u ≤ b; an error d of g is a relative error |weight(u)·d| of the function it serves."""

    g: Real
    a: mp.mpf
    b: mp.mpf
    weight: Real
    what: str
    bits: dict[str, int] = BITS
    denominator: int = 0  # terms of the denominator beyond its leading 1; 0 for a polynomial
    short: mp.mpf | None = None  # b for float32, if its domain is smaller
    uneven: bool = False  # the weight varies by orders of magnitude: interpolation would waste terms on its small end


def nodes(a: mp.mpf, b: mp.mpf, n: int) -> list[mp.mpf]:
    """The n Chebyshev nodes of [a, b]; one at 0 is moved a little, since many g are quotients 0/0 there."""
    points = [(a + b) / 2 + (b - a) / 2 * mp.cos(mp.pi * (2 * k + 1) / (2 * n)) for k in range(n)]
    return [u if abs(u) > 1e-18 else mp.mpf(1e-18) for u in points]


def interpolate(fit: Fit, n: int) -> tuple[list[mp.mpf], list[mp.mpf]]:
    """Numerator and denominator, lowest power first, with P(u) = g(u)·Q(u) at the nodes."""
    m = fit.denominator
    points = nodes(fit.a, fit.b, n + m)
    matrix, right = mp.matrix(n + m), mp.matrix(n + m, 1)
    for i, u in enumerate(points):
        value = fit.g(u)
        for j in range(n):
            matrix[i, j] = u**j
        for j in range(m):
            matrix[i, n + j] = -value * u ** (j + 1)
        right[i] = value
    solution = mp.lu_solve(matrix, right)
    return [solution[i] for i in range(n)], [mp.mpf(1), *(solution[n + i] for i in range(m))]


def balanced(fit: Fit, n: int) -> tuple[list[mp.mpf], list[mp.mpf]]:
    """A polynomial by weighted least squares, reweighted towards equal errors (Lawson, 1961), as (P, [1])."""
    points = nodes(fit.a, fit.b, 200)
    centre, half = (fit.a + fit.b) / 2, (fit.b - fit.a) / 2
    rows = [[mp.chebyt(j, (u - centre) / half) for j in range(n)] for u in points]
    values, weights = [fit.g(u) for u in points], [fit.weight(u) ** 2 for u in points]
    share = [mp.mpf(1)] * len(points)
    best, least = mp.matrix(n, 1), mp.inf
    for _ in range(8):
        each = [w * s for w, s in zip(weights, share, strict=True)]
        scaled = [[e * x for x in row] for e, row in zip(each, rows, strict=True)]
        normal = mp.matrix(
            [[mp.fdot(zip(p, q, strict=True)) for q in zip(*rows, strict=True)] for p in zip(*scaled, strict=True)]
        )
        right = mp.matrix([mp.fdot(zip(p, values, strict=True)) for p in zip(*scaled, strict=True)])
        found = mp.lu_solve(normal, right)
        errors = [
            mp.sqrt(w) * abs(mp.fdot(zip(found, row, strict=True)) - v)
            for w, row, v in zip(weights, rows, values, strict=True)
        ]
        worst = max(errors)
        if worst < least:
            best, least = found, worst
        share = [s * (e / worst + mp.mpf("1e-6")) for s, e in zip(share, errors, strict=True)]
    return monomials(list(best), centre, half), [mp.mpf(1)]


def monomials(chebyshev: list[mp.mpf], centre: mp.mpf, half: mp.mpf) -> list[mp.mpf]:
    """Σ c_j T_j((u - centre)/half) as powers of u: T_j = 2v T_(j-1) - T_(j-2)."""

    def by_v(p: list[mp.mpf]) -> list[mp.mpf]:
        shifted = [mp.mpf(0), *p]
        return [(s - centre * q) / half for s, q in zip(shifted, [*p, mp.mpf(0)], strict=True)]

    n = len(chebyshev)
    before, now = [mp.mpf(1)], by_v([mp.mpf(1)])
    total = [mp.mpf(0)] * n
    for c in chebyshev:
        for i, x in enumerate(before):
            total[i] += c * x
        following = [2 * x for x in by_v(now)]
        before, now = now, [x - y for x, y in zip(following, [*before, mp.mpf(0), mp.mpf(0)], strict=True)]
    return total


def error(fit: Fit, top: list[mp.mpf], bottom: list[mp.mpf]) -> mp.mpf:
    """The largest weighted error on a dense grid."""
    grid = nodes(fit.a, fit.b, 200)
    return max(abs(fit.weight(u) * (mp.polyval(top[::-1], u) / mp.polyval(bottom[::-1], u) - fit.g(u))) for u in grid)


def smallest(fit: Fit, dtype: str) -> tuple[list[mp.mpf], list[mp.mpf], mp.mpf]:
    """The shortest numerator that reaches the bound."""
    if dtype == "f32" and fit.short is not None:
        fit = fit._replace(b=fit.short)
    for n in range(2, 40):
        top, bottom = balanced(fit, n) if fit.uneven else interpolate(fit, n)
        reached = error(fit, top, bottom)
        if reached < mp.mpf(2) ** -fit.bits[dtype]:
            return top, bottom, reached
    raise SystemExit(f"{fit.what}: no fit")


def number(x: mp.mpf, dtype: str) -> str:
    """A coefficient, rounded to its format."""
    return repr(float(np.float32(float(x)))) if dtype == "f32" else repr(float(x))


ln2 = mp.log(2)
# The weight of such a g, since f(x) ≈ x.
small = lambda z: z


def odd(f: Real) -> Real:
    """g with f(x) = x + x³ g(x²), for an odd function that begins with x."""
    return lambda z: (f(mp.sqrt(z)) / mp.sqrt(z) - 1) / z


def inverse_erf(w: mp.mpf) -> mp.mpf:
    """y/x, where x = erf y and w = -log(1 - x²), by Halley's method from 1 - x = erfc y."""
    c = mp.exp(-w)
    x = mp.sqrt(1 - c)
    y = x if w < 1 else mp.sqrt(w)
    while True:
        step = (mp.erfc(y) - c / (1 + x)) * mp.sqrt(mp.pi) / -2 * mp.exp(y * y)
        step /= 1 + y * step
        y -= step
        if abs(step) < mp.mpf(10) ** -60:
            return y / x


def scaled_erfc(t: mp.mpf) -> mp.mpf:
    """(1 + 2x) exp(x²) erfc(x) of t = (x - 4)/(x + 4)."""
    x = 4 * (1 + t) / (1 - t)
    return (1 + 2 * x) * mp.exp(x * x) * mp.erfc(x)


def stirling(z: mp.mpf) -> mp.mpf:
    """x·(lgamma x - (x - ½)(log x - 1) - ½ log 2π + ½) of z = 1/x²."""
    x = 1 / mp.sqrt(z)
    return x * (mp.loggamma(x) - (x - mp.mpf(1) / 2) * (mp.log(x) - 1) - (mp.log(2 * mp.pi) - 1) / 2)


def digamma_series(z: mp.mpf) -> mp.mpf:
    """x²·(log x - 1/(2x) - ψ(x)) of z = 1/x²."""
    x = 1 / mp.sqrt(z)
    return x * x * (mp.log(x) - 1 / (2 * x) - mp.digamma(x))


def relative(g: Real) -> Real:
    """The weight of a function that g itself is a factor of."""
    return lambda u: 1 / g(u)


HALF = mp.mpf(1) / 2
digamma_root = mp.findroot(mp.digamma, 1.4616)
# Rational ones in a variable that is 0 at the end next to the poles: so all terms of the denominator are positive.
lgamma_near_1 = lambda u: mp.loggamma(u + HALF) / (u - HALF) + mp.mpf(0.34375)
lgamma_near_2 = lambda u: mp.loggamma(u + 3 * HALF) / (u - HALF) - mp.mpf(0.421875)
gamma_near_2 = lambda t: mp.gamma(2 + t)
digamma_near_2 = lambda u: mp.digamma(1 + u) / (1 + u - digamma_root) - mp.mpf(0.96875)
erf_centre = lambda v: inverse_erf(v + 3)
erf_tail = lambda s: lambda v: inverse_erf((v + mp.mpf(s)) ** 2)
ONLY_64 = {"f64": 57}  # float32 goes through float64 here

FITS = {
    "EXP": Fit(
        lambda r: (mp.exp(r) - 1 - r) / r**2,
        -ln2 / 2,
        ln2 / 2,
        lambda r: r,
        "eʳ = 1 + r + r² g(r)",
        BITS | {"middle": 33},
    ),
    "LOG": Fit(
        lambda z: 2 * odd(mp.atanh)(z),
        mp.mpf(0),
        ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2,
        lambda z: z / 2,
        "log((1+s)/(1-s)) = 2s + s³ g(s²)",
        BITS | {"middle": 41},
    ),
    "LOG_PAIR": Fit(
        lambda z: (2 * odd(mp.atanh)(z) - mp.mpf(2) / 3) / z,
        mp.mpf(0),
        ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2,
        lambda z: z**2 / 2,
        "log((1+s)/(1-s)) = 2s + s³ (2/3 + s² g(s²))",
        {"f64": 69},
    ),
    "SIN": Fit(odd(mp.sin), mp.mpf(0), (mp.pi / 4) ** 2, small, "sin r = r + r³ g(r²)", {"f64": 56, "f32": 28}),
    "COS": Fit(
        lambda z: (mp.cos(mp.sqrt(z)) - 1 + z / 2) / z**2,
        mp.mpf(0),
        (mp.pi / 4) ** 2,
        lambda z: z**2,
        "cos r = 1 - r²/2 + r⁴ g(r²)",
    ),
    "ATAN": Fit(odd(mp.atan), mp.mpf(0), (mp.sqrt(2) - 1) ** 2, small, "atan r = r + r³ g(r²)"),
    "ASIN": Fit(odd(mp.asin), mp.mpf(0), mp.mpf(1) / 4, small, "asin r = r + r³ g(r²)"),
    "SINH": Fit(odd(mp.sinh), mp.mpf(0), mp.mpf(1), small, "sinh x = x + x³ g(x²)"),
    "CBRT": Fit(
        lambda m: m ** (-mp.mpf(1) / 3),
        mp.sqrt(2) / 2,
        mp.sqrt(2),
        lambda m: m ** (mp.mpf(1) / 3),
        "m^-⅓, a first approximation",
        {"f64": 14, "f32": 7},
    ),
    "ERF": Fit(lambda z: mp.erf(mp.sqrt(z)) / mp.sqrt(z) - 1, mp.mpf(0), mp.mpf(1), lambda z: 1, "erf x = x + x g(x²)"),
    "LOG_ERFC": Fit(
        lambda x: mp.log(mp.erfc(x)),
        mp.mpf(1),
        mp.mpf("5.93"),
        mp.erfc,
        "erf x = 1 - e^g(x)",
        {"f64": 56, "f32": 28},
        short=mp.mpf("3.95"),
        uneven=True,
    ),
    "ERFC": Fit(
        scaled_erfc,
        mp.mpf(-1),
        mp.mpf(24) / 32,
        relative(scaled_erfc),
        "erfc x = g((x-4)/(x+4)) exp(-x²)/(1+2x)",
        {"f64": 56, "f32": 27},
        short=mp.mpf("6.5") / mp.mpf("14.5"),
    ),
    "ERFINV": Fit(
        erf_centre,
        mp.mpf("-2.9999999999"),
        mp.mpf(3),
        relative(erf_centre),
        "erfinv x = x g(-log(1-x²) - 3)",
        {"f64": 56, "f32": 27},
    ),
    "ERFINV_TAIL": Fit(
        erf_tail("3.3"),
        mp.mpf("-0.9"),
        mp.mpf("0.9"),
        relative(erf_tail("3.3")),
        "erfinv x = x g(√(-log(1-x²)) - 3.3)",
        {"f64": 56, "f32": 27},
    ),
    "ERFINV_FAR": Fit(
        erf_tail("5.15"),
        mp.mpf("-0.95"),
        mp.mpf("0.95"),
        relative(erf_tail("5.15")),
        "erfinv x = x g(√(-log(1-x²)) - 5.15)",
        {"f64": 56},
    ),
    "LGAMMA_1": Fit(
        lgamma_near_1,
        mp.mpf("1e-12"),
        mp.mpf(1),
        lambda u: 1 / (lgamma_near_1(u) - mp.mpf(0.34375)),
        "lgamma(1+t) = t (g(t+½) - 0.34375)",
        ONLY_64,
        denominator=7,
    ),
    "LGAMMA_2": Fit(
        lgamma_near_2,
        mp.mpf("1e-12"),
        mp.mpf(3) / 2,
        lambda u: 1 / (lgamma_near_2(u) + mp.mpf(0.421875)),
        "lgamma(2+t) = t (g(t+½) + 0.421875)",
        ONLY_64,
        denominator=7,
    ),
    "STIRLING": Fit(
        stirling,
        mp.mpf("1e-8"),
        mp.mpf(1) / 36,
        lambda z: mp.sqrt(z) / mp.loggamma(6),
        "lgamma x = (x-½)(log x-1) + ½ log 2π - ½ + g(1/x²)/x",
        ONLY_64,
    ),
    "GAMMA_2": Fit(gamma_near_2, -mp.mpf(1) / 2, mp.mpf(1), relative(gamma_near_2), "Γ(2+t) = g(t)", ONLY_64),
    "DIGAMMA_2": Fit(
        digamma_near_2,
        mp.mpf("1e-12"),
        mp.mpf(2),
        lambda u: 1 / (digamma_near_2(u) + mp.mpf(0.96875)),
        f"ψ(1+u) = (1 + u - r) (g(u) + 0.96875), r = {mp.nstr(digamma_root, 25)}",
        ONLY_64,
        denominator=7,
    ),
    "DIGAMMA": Fit(
        digamma_series,
        mp.mpf("1e-8"),
        mp.mpf(1) / 36,
        lambda z: z / mp.digamma(6),
        "ψ(x) = log x - 1/(2x) - g(1/x²)/x²",
        ONLY_64,
    ),
}


def lines() -> list[str]:
    """The module's text."""
    out = [
        '"""Coefficients of the library, lowest power first. Written by scripts/coefficients.py; do not edit.',
        "",
        "Above each: what it approximates, on which interval, and the relative error that it causes in the function.",
        '"""',
        "",
        "# fmt: off",
    ]
    for name, fit in FITS.items():
        rows, bounds = [], []
        for dtype in fit.bits:
            top, bottom, reached = smallest(fit, dtype)
            parts = [top, bottom] if fit.denominator else [top]
            text = ", ".join("(" + ", ".join(number(c, dtype) for c in part) + ",)" for part in parts)
            entry = f'"{dtype}": ' + (f"({text})," if fit.denominator else f"{text},")
            rows.append(textwrap.fill(entry, 120, initial_indent="    ", subsequent_indent="        "))
            bounds.append(f"{dtype} 2^{float(mp.log(reached, 2)):.1f}")
            print(name, dtype, [len(p) for p in parts], bounds[-1], file=sys.stderr)
        interval = f"{float(fit.a):.5g} to {float(fit.b):.5g}" + (
            f" (f32: {float(fit.short):.5g})" if fit.short else ""
        )
        out += ["", f"# {fit.what}, argument of g from {interval}. {', '.join(bounds)}."]
        out += [f"{name} = {{", *rows, "}"]
    return out


if __name__ == "__main__":
    OUTPUT.write_text("\n".join(lines()) + "\n", encoding="utf-8")
