"""Every function of the vector math library is within 3 ULP, with and without FMA.

Points: random over the whole range of the format (evenly in the logarithm), random where the function varies, next to
where its pieces meet, and such that the result is subnormal.
"""

from __future__ import annotations

import zlib
from fractions import Fraction
from typing import Any

import mpmath as mp
import numpy as np
import pytest

from tests.compiler.vectormath import ALL, DTYPES, VARIANTS, kernels, ulps
from wengert.compiler import math as vmath

BOUND = 3.0
EXACTER = {"fmod": 0.0, "remainder": 0.5, "sqrt": 0.5}
COUNT = 60  # points of each kind


def bound(name: str) -> float:
    """The error that a function may have, in ULP."""
    return EXACTER.get(name, BOUND)


def remainder(x: mp.mpf, y: mp.mpf, floor: bool) -> mp.mpf:
    """x - y·floor(x/y), or with trunc in its place."""
    a, b = Fraction(float(x)), Fraction(float(y))
    rest = a % b if floor else (abs(a) % abs(b)) * (1 if a >= 0 else -1)
    return mp.mpf(rest.numerator) / rest.denominator


EXACT: dict[str, Any] = {
    "sigmoid": lambda x: 1 / (1 + mp.exp(-x)),
    "softplus": lambda x: mp.log1p(mp.exp(x)),
    "exp2": lambda x: mp.power(2, x),
    "log2": lambda x: mp.log(x) / mp.log(2),
    "log10": lambda x: mp.log(x) / mp.log(10),
    "cbrt": lambda x: mp.sign(x) * mp.cbrt(abs(x)),
    "ndtr": lambda x: mp.erfc(-x / mp.sqrt(2)) / 2,
    "lgamma": lambda x: mp.re(mp.loggamma(x)),
    "logaddexp": lambda x, y: max(x, y) + mp.log1p(mp.exp(-abs(x - y))),
    "pow": mp.power,
    "fmod": lambda x, y: remainder(x, y, floor=False),
    "remainder": lambda x, y: remainder(x, y, floor=True),
}

# Cancellation next to zeros of the function: the scale that the error is measured by (see the docstrings).
SCALE: dict[str, Any] = {
    "lgamma": lambda x: mp.mpf(0) if x > 0 else max(mp.mpf(1), abs(mp.re(mp.loggamma(-x)))),
    "digamma": lambda x: mp.mpf(0) if x > 0 else max(abs(mp.digamma(-x)), abs(mp.pi * mp.cot(mp.pi * x))),
    "logaddexp": lambda x, y: max(abs(x), abs(y)),
}

# Where pieces meet.
SEAMS = [0.25, 0.41421356, 0.5, 0.625, 0.7, 0.70710678, 0.9987, 1, 1.41421356, 1.5, 2, 2.41421356, 3, 4, 5.93, 6, 8, 12]


class Draw:
    """Random points of one format."""

    def __init__(self, name: str, dtype: str) -> None:
        self.rng = np.random.default_rng(zlib.crc32(f"{name} {dtype}".encode()))
        self.type = DTYPES[dtype]
        info = np.finfo(self.type)
        self.tiny, self.most = float(info.smallest_subnormal), float(info.max)
        self.eps = float(info.eps)
        self.top = float(np.log(info.max))  # largest argument of exp
        self.bottom = float(np.log(info.smallest_subnormal))

    def even(self, low: float, high: float, count: int = COUNT) -> Any:
        """Evenly."""
        return self.rng.uniform(low, high, count)

    def wide(self, low: float | None = None, high: float | None = None) -> Any:
        """Positive, evenly in the logarithm; by default all positive numbers."""
        return np.exp(self.rng.uniform(np.log(low or self.tiny), np.log(high or self.most * 0.99), COUNT))

    def seams(self, low: float, high: float) -> Any:
        """Within some 50 ULP of where pieces meet."""
        near = np.array(SEAMS) * (1 + self.eps * self.rng.integers(-50, 50, (2, len(SEAMS))))
        near = np.concatenate([near.ravel(), -near.ravel()])
        return near[(near > low) & (near < high)]


def unary(name: str, d: Draw) -> Any:
    """Points for a function of one variable."""
    all_real = [d.wide(), -d.wide(), d.even(-10, 10), d.seams(-20, 20)]
    positive = [d.wide(), d.even(0, 3), d.seams(0, 20)]
    unit = [d.wide(high=1.0), -d.wide(high=1.0), d.even(-1, 1), 1 - d.wide(d.eps, 0.5), d.seams(-1, 1)]
    exponent = [d.even(d.bottom, d.top), d.wide(high=1.0), -d.wide(high=1.0), d.seams(-20, 20)]
    moderate = [d.wide(high=20.0), -d.wide(high=20.0), d.seams(-20, 20)]
    kinds: dict[str, list[Any]] = {
        "exp": exponent,
        "expm1": [*exponent, d.even(-3, 3)],
        "exp2": [np.concatenate(exponent) / np.log(2)],
        "sigmoid": exponent,
        "softplus": exponent,
        "sinh": [np.concatenate(exponent), d.even(d.top, d.top + 0.69)],
        "cosh": [np.concatenate(exponent), d.even(d.top, d.top + 0.69)],
        "tanh": moderate,
        "log1p": [*positive, -d.wide(high=1.0), d.even(-1, 0), d.seams(-1, 0)],
        "acosh": [1 + d.wide(d.eps), d.seams(1, 20)],
        "erf": moderate,
        "erfc": [*moderate, d.even(0, np.sqrt(-d.bottom))],
        "ndtr": [*moderate, -d.even(0, np.sqrt(-2 * d.bottom))],
        "gamma": [d.even(-30, 30), d.wide(4 / d.most, 30.0), -d.wide(4 / d.most, 1.0), d.seams(-20, 20)]
        + ([d.even(30, 171.6), d.even(-184, -30)] if d.top > 100 else []),
        "lgamma": [d.wide(high=d.most / 1e3), d.even(0, 30), d.even(-30, 0), d.seams(-20, 20)],
        "digamma": [d.wide(4 / d.most), d.even(0, 30), d.even(1.4, 1.5), d.even(-30, 0), d.seams(-20, 20)],
    }
    for names, points in (
        ("log log2 log10 sqrt", positive),
        ("asin acos atanh erfinv", unit),
        ("sin cos tan", [*all_real, d.even(-1e6, 1e6), np.arange(1, COUNT) * np.pi / 2]),
    ):
        kinds.update(dict.fromkeys(names.split(), points))
    x = np.concatenate(kinds.get(name, all_real)).astype(d.type)
    return (x[(x > 0) | (x != np.rint(x))] if name in ("gamma", "lgamma", "digamma") else x,)  # no poles


def binary(name: str, d: Draw) -> Any:
    """Points for a function of two variables."""
    x = np.concatenate([d.wide(), d.even(0, 5), 1 + d.even(-1e-3, 1e-3)]).astype(d.type)
    n = x.size
    if name == "pow":
        y = d.even(d.bottom, d.top, n) / np.log(x.astype(float))
    elif name == "logaddexp":
        x, y = d.even(-100, 100, n).astype(d.type), d.even(-100, 100, n)
    elif name == "hypot":
        x, y = x / 2, np.concatenate([d.wide(), d.even(0, 5), d.even(0, 5)]) / 2
    else:
        x = x * d.rng.choice([-1, 1], n).astype(d.type)
        y = np.concatenate([d.wide(), d.even(-5, 5), d.even(-5, 5)])
    return x, y.astype(d.type)


def exact_values(name: str, points: Any) -> tuple[list[Any], list[Any]]:
    """The true values, and the scale of the error."""
    arguments = [tuple(mp.mpf(float(v)) for v in each) for each in zip(*points, strict=True)]
    # Sines of huge numbers need the digits before the point; fmod and the quotients of digamma cancel.
    with mp.workprec({"sin": 1200, "cos": 1200, "tan": 1200, "digamma": 300}.get(name, 160)):
        f = EXACT.get(name) or getattr(mp, name)
        scale = SCALE.get(name, lambda *_: mp.mpf(0))
        return [f(*a) for a in arguments], [scale(*a) for a in arguments]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ALL)
def test_within_three_ulp(name: str, dtype: str) -> None:
    draw = Draw(name, dtype)
    points = unary(name, draw) if vmath.NAMES[name] == 1 else binary(name, draw)
    exact, scale = exact_values(name, points)
    for fma in VARIANTS:
        got = kernels()(name, dtype, 8, fma, *points)
        errors = [ulps(g, e, dtype, s) for g, e, s in zip(got, exact, scale, strict=True)]
        worst = int(np.argmax(errors))
        at = ", ".join(repr(float(p[worst])) for p in points)
        assert errors[worst] <= bound(name), f"{name}({at}) {fma=}: {got[worst]!r}, not {mp.nstr(exact[worst], 20)}"


HARD = [
    6381956970095103.0 * 2.0**797,
    1e22,
    2.0**1000,
    1.7976931348623157e308,
    5319372648326541.0 * 2.0**-800,
    2.0**28,
    2.0**20,
]


@pytest.mark.parametrize("name", ["sin", "cos", "tan"])
def test_huge_arguments(name: str) -> None:
    # The first is the float64 that is closest to a multiple of π/2; beside it lanes that need no reduction at all.
    single = np.array([3.4028235e38, 16367173.0 * 2.0**72, 2.0**16, 65537.0, 4097.0, 1.5, 1e30], np.float32)
    for dtype, points in (("f64", np.array([*HARD, 0.5, 1e5])), ("f32", single)):
        both = np.concatenate([points, -points])
        exact, _ = exact_values(name, (both,))
        for fma in VARIANTS:
            got = kernels()(name, dtype, 8, fma, both)
            assert max(ulps(g, e, dtype) for g, e in zip(got, exact, strict=True)) <= BOUND
