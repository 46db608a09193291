"""Special values of the vector math library: signed zeros, infinities, NaN, edges of overflow, exact results."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.compiler.vectormath import DTYPES, VARIANTS, kernels
from wengert.compiler import math as vmath

inf, nan = math.inf, math.nan

# name: argument → result, where NumPy has no such function.
TABLE: dict[str, list[tuple[float, float]]] = {
    "sigmoid": [(0.0, 0.5), (-0.0, 0.5), (inf, 1.0), (-inf, 0.0), (nan, nan), (1000.0, 1.0), (-1000.0, 0.0)],
    "softplus": [(inf, inf), (-inf, 0.0), (nan, nan), (1000.0, 1000.0), (-1000.0, 0.0)],
    "erf": [(0.0, 0.0), (-0.0, -0.0), (inf, 1.0), (-inf, -1.0), (nan, nan), (30.0, 1.0), (-30.0, -1.0)],
    "erfc": [(0.0, 1.0), (-0.0, 1.0), (inf, 0.0), (-inf, 2.0), (nan, nan), (30.0, 0.0), (-30.0, 2.0)],
    "erfinv": [(0.0, 0.0), (-0.0, -0.0), (1.0, inf), (-1.0, -inf), (1.5, nan), (-inf, nan), (inf, nan), (nan, nan)],
    "ndtr": [(0.0, 0.5), (-0.0, 0.5), (inf, 1.0), (-inf, 0.0), (nan, nan), (50.0, 1.0), (-50.0, 0.0)],
    "gamma": [(0.0, inf), (-0.0, -inf), (inf, inf), (-inf, nan), (nan, nan), (-1.0, nan), (-1e20, nan), (200.0, inf)]
    + [(float(n), float(math.factorial(n - 1))) for n in range(1, 14)],
    "lgamma": [(0.0, inf), (-0.0, inf), (inf, inf), (-inf, inf), (nan, nan), (1.0, 0.0), (2.0, 0.0), (-7.0, inf)],
    "digamma": [(0.0, -inf), (-0.0, inf), (inf, inf), (-inf, nan), (nan, nan), (-1.0, nan), (-1e20, nan)],
}
NUMPY = {"pow": np.power, "asin": np.arcsin, "acos": np.arccos, "atan": np.arctan, "atan2": np.arctan2}
NUMPY |= {"asinh": np.arcsinh, "acosh": np.arccosh, "atanh": np.arctanh}


def interesting(dtype: Any) -> Any:
    """Numbers of both signs at which something happens."""
    info = np.finfo(dtype)
    edges = [info.max, info.max / 2, info.tiny, info.smallest_subnormal, info.smallest_subnormal * 3, info.eps]
    edges += [1 + info.eps, 1 - info.epsneg, 1 / info.eps, 2 / info.eps - 1, 0.5 / info.eps, 0.5 / info.eps - 0.5]
    overflow = np.log(np.array([info.max, info.max, info.tiny, info.smallest_subnormal], np.float64))
    edges += list(overflow * np.array([1 - 1e-6, 1 + 1e-6, 1 + 1e-6, 1 - 1e-6]))
    plain = [0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 8.0, 10.0, 100.0, 1000.0, 1e5, math.pi, inf, nan]
    points = np.array([*plain, *edges], dtype)
    return np.concatenate([points, -points])


def same(got: Any, expected: Any) -> Any:
    """Equal, including the sign of a zero; NaN equals NaN."""
    return (np.isnan(got) & np.isnan(expected)) | ((got == expected) & (np.signbit(got) == np.signbit(expected)))


@pytest.mark.parametrize("fma", VARIANTS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TABLE)
def test_table(name: str, dtype: str, fma: bool) -> None:
    arguments, expected = np.array(TABLE[name], DTYPES[dtype]).T
    got = kernels()(name, dtype, 8, fma, arguments)
    assert same(got, expected).all(), (arguments[~same(got, expected)], got[~same(got, expected)])


@pytest.mark.parametrize("fma", VARIANTS)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", sorted(set(vmath.NAMES) - set(TABLE)))
def test_as_numpy(name: str, dtype: str, fma: bool) -> None:
    points = interesting(DTYPES[dtype])
    arguments = [points] if vmath.NAMES[name] == 1 else [a.ravel() for a in np.meshgrid(points, points)]
    got = kernels()(name, dtype, 8, fma, *arguments)
    with np.errstate(all="ignore"):
        expected = NUMPY.get(name, getattr(np, name, None))(*arguments)  # type: ignore[misc]
    ordinary = np.isfinite(expected) & np.isfinite(got) & (expected != 0)
    with np.errstate(over="ignore"):
        error = np.abs(got[ordinary].astype(np.longdouble) - expected[ordinary])
        near = error <= 5 * np.spacing(np.abs(expected[ordinary]).clip(max=np.finfo(expected.dtype).max / 2))
    right = same(got, expected)
    right[ordinary] = near
    assert right.all(), [a[~right] for a in (*arguments, got, expected)]


@pytest.mark.parametrize("fma", VARIANTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_exact_results(dtype: str, fma: bool) -> None:
    def run(name: str, *arguments: Any) -> Any:
        return kernels()(name, dtype, 8, fma, *arguments).astype(np.float64)

    info = np.finfo(DTYPES[dtype])
    n = np.arange(info.minexp - info.nmant, info.maxexp, dtype=np.float64)
    powers = np.ldexp(1.0, n.astype(int))
    assert (run("exp2", n) == powers).all()
    assert (run("log2", powers) == n).all()
    assert (run("pow", 2.0, n) == powers).all()
    tens = np.arange(0, 23 if dtype == "f64" else 11)  # as far as powers of ten are floats
    assert (run("log10", 10.0**tens) == tens).all()
    cubes = np.arange(-200.0, 200.0)
    assert (run("cbrt", cubes**3) == cubes).all()
    small = np.arange(1.0, 10.0)
    assert (run("pow", small, 7.0) == small**7).all()
    assert (run("hypot", 3 * small, 4 * small) == 5 * small).all()


@pytest.mark.parametrize("fma", VARIANTS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_bounds_are_kept(dtype: str, fma: bool) -> None:
    # So that asin(sin x), log(sigmoid x) and the like stay real.
    turns = np.concatenate([np.arange(-2000, 2000) * (np.pi / 2), np.linspace(-7, 7, 4001)])
    for name in ("sin", "cos", "tanh", "erf"):
        assert np.abs(kernels()(name, dtype, 8, fma, turns)).max() == 1
    for name in ("sigmoid", "ndtr"):
        values = kernels()(name, dtype, 8, fma, turns)
        assert values.min() >= 0 and values.max() == 1
