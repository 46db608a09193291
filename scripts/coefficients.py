"""Compute the polynomials of the vector math library and write them to src/wengert/compiler/math/coefficients.py.

    .venv/bin/python scripts/coefficients.py

Each is the interpolant at the Chebyshev nodes of its interval, computed with 80 digits and rounded: within a factor of
about two of the minimax error, which costs less than one bit. The number of terms is the smallest that reaches the
bound: 2^-57 of the function's value in float64, 2^-28 in float32, so that the polynomial adds next to nothing to the
rounding.
"""

from __future__ import annotations

import subprocess
import sys
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


def error(fit: Fit, top: list[mp.mpf], bottom: list[mp.mpf]) -> mp.mpf:
    """The largest weighted error on a dense grid."""
    grid = nodes(fit.a, fit.b, 200)
    return max(abs(fit.weight(u) * (mp.polyval(top[::-1], u) / mp.polyval(bottom[::-1], u) - fit.g(u))) for u in grid)


def smallest(fit: Fit, dtype: str) -> tuple[list[mp.mpf], list[mp.mpf], mp.mpf]:
    """The shortest numerator that reaches the bound."""
    for n in range(2, 40):
        top, bottom = interpolate(fit, n)
        reached = error(fit, top, bottom)
        if reached < mp.mpf(2) ** -fit.bits[dtype]:
            return top, bottom, reached
    raise SystemExit(f"{fit.what}: no fit")


def number(x: mp.mpf, dtype: str) -> str:
    """A coefficient, rounded to its format."""
    return repr(float(x)) if dtype == "f64" else repr(float(np.float32(float(x))))


ln2 = mp.log(2)
# The weight of such a g, since f(x) ≈ x.
small = lambda z: z


def odd(f: Real) -> Real:
    """g with f(x) = x + x³ g(x²), for an odd function that begins with x."""
    return lambda z: (f(mp.sqrt(z)) / mp.sqrt(z) - 1) / z


FITS = {
    "EXP": Fit(lambda r: (mp.exp(r) - 1 - r) / r**2, -ln2 / 2, ln2 / 2, lambda r: r, "eʳ = 1 + r + r² g(r)"),
    "LOG": Fit(
        lambda z: 2 * odd(mp.atanh)(z),
        mp.mpf(0),
        ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2,
        lambda z: z / 2,
        "log((1+s)/(1-s)) = 2s + s³ g(s²)",
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
    "TANH": Fit(odd(mp.tanh), mp.mpf(0), mp.mpf("0.625") ** 2, small, "tanh x = x + x³ g(x²)", denominator=3),
}


def lines() -> list[str]:
    """The module's text."""
    out = [
        '"""Coefficients of the library, lowest power first. Written by scripts/coefficients.py; do not edit.',
        "",
        "Above each: what it approximates, on which interval, and the relative error that it causes in the function.",
        '"""',
        "",
    ]
    for name, fit in FITS.items():
        rows, bounds = [], []
        for dtype in ("f64", "f32"):
            if dtype not in fit.bits:
                continue
            top, bottom, reached = smallest(fit, dtype)
            parts = [top, bottom] if fit.denominator else [top]
            text = ", ".join("(" + ", ".join(number(c, dtype) for c in part) + ",)" for part in parts)
            rows.append(f'    "{dtype}": ' + (f"({text})," if fit.denominator else f"{text},"))
            bounds.append(f"{dtype} 2^{float(mp.log(reached, 2)):.1f}")
            print(name, dtype, [len(p) for p in parts], bounds[-1], file=sys.stderr)
        interval = f"{float(fit.a):.5g} to {float(fit.b):.5g}"
        out += ["", f"# {fit.what}, argument of g from {interval}. {', '.join(bounds)}."]
        out += [f"{name} = {{", *rows, "}"]
    return out


if __name__ == "__main__":
    OUTPUT.write_text("\n".join(lines()) + "\n", encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(OUTPUT)], check=True)
