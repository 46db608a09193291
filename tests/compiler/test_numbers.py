"""Numbers at the edges: every elementwise function of NumPy on NaNs, infinities, tiny and huge numbers, compiled."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import wengert as wg

FLOATS = [
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3.0, -3.0, np.nan, np.inf, -np.inf, 5e-324, -5e-324, 1e-310,
    2.3e-308, 1.7e308, -1.7e308, 1e16, -1e16, 2.0**52 + 0.5, 2.0**53, 700.0, -745.0, 1e-20, 0.49999999999999994, 300.0,
]  # fmt: skip
FLOATING, WHOLE = ("f8", "f4"), ("i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1", "?")
UNARY = """
    absolute arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh degrees exp exp2 expm1 fix floor isfinite
    isinf isnan log log10 log1p log2 logical_not negative positive radians reciprocal rint sign signbit sin sinh sqrt
    square tan tanh trunc
""".split()
BINARY = """
    add arctan2 bitwise_and bitwise_or bitwise_xor copysign divide equal float_power floor_divide fmax fmin fmod
    greater greater_equal heaviside hypot left_shift less less_equal logaddexp logical_and logical_or logical_xor
    maximum minimum multiply not_equal power remainder right_shift subtract
""".split()
EXTREMES = ("maximum", "minimum", "fmax", "fmin")  # which of two zeros they give depends on NumPy's vector width


def numbers(dtype: str) -> Any:
    """What is special about a type."""
    if dtype == "?":
        return np.array([True, False])
    if dtype in FLOATING:
        with np.errstate(over="ignore"):
            return np.array(FLOATS).astype(dtype)
    ends = np.iinfo(dtype)
    some = {0, 1, 2, 3, 5, 7, 31, 32, 33, 63, 64, 65, 100, -1, -2, -3, -5, -64, ends.min, ends.min + 1, ends.max - 1}
    return np.array(sorted(x for x in some | {ends.max} if ends.min <= x <= ends.max), dtype)


def outcome(f: Any, args: Any) -> Any:
    """What f gives, or the type of what it raises."""
    try:
        with np.errstate(all="ignore"):
            return np.asarray(f(*args))
    except (ArithmeticError, TypeError, ValueError, IndexError, np.linalg.LinAlgError) as error:
        return error


def same(f: Any, *args: Any, zeros: bool = True, compiled: Any = None, ulps: float = 8) -> None:
    """Raise unless compiled f gives what f gives: dtypes, NaNs, signs of zeros and errors included."""
    want, got = outcome(f, args), outcome(compiled or wg.jit(f), args)
    if isinstance(want, Exception):
        assert isinstance(got, type(want)), (got, want)
        return
    assert (got.dtype, got.shape) == (want.dtype, want.shape), got
    if want.dtype.kind != "f":
        np.testing.assert_array_equal(got, want)
        return
    kind = np.finfo(want.dtype)
    np.testing.assert_allclose(got, want, rtol=ulps * kind.eps, atol=ulps * kind.smallest_subnormal)
    if zeros:
        nothing = want == 0
        np.testing.assert_array_equal(np.signbit(got[nothing]), np.signbit(want[nothing]))


@pytest.mark.parametrize("name", UNARY)
def test_functions_of_one_number(name):
    f = getattr(np, name)
    for dtype in (*FLOATING, *WHOLE):
        same(lambda x: f(x), numbers(dtype))


@pytest.mark.parametrize("name", BINARY)
def test_functions_of_two_numbers(name):
    f = getattr(np, name)
    mixed = [("f8", "i4"), ("f4", "i2"), ("f4", "f8"), ("i8", "u8"), ("i1", "u4"), ("?", "i2"), ("u2", "?")]
    for one, other in [*itertools.combinations_with_replacement(FLOATING, 2), *zip(WHOLE, WHOLE, strict=True), *mixed]:
        same(lambda x, y: f(x, y), numbers(one)[:, None], numbers(other), zeros=name not in EXTREMES)


FURTHER = {
    "clip below": lambda x: np.clip(x, -0.5, 1.5),
    "clip by NaN": lambda x: np.clip(x, np.nan, 1.0),
    "clip above NaN": lambda x: np.clip(x, None, np.nan),
    "clip by an array": lambda x: np.clip(x, np.abs(x)[::-1], 2.0),
    "modf": lambda x: np.modf(x)[0],
    "modf whole": lambda x: np.modf(x)[1],
    "angle": np.angle,
    "nan_to_num": np.nan_to_num,
    "round": lambda x: np.round(x, 2),
    "round tens": lambda x: np.round(x, -1),
    "heaviside": lambda x: np.heaviside(x, 0.5),
    "where": lambda x: np.where(x > 0, np.log(x), 0),
    "logaddexp2": lambda x: np.logaddexp2(x, 0.5),
    "sinc": np.sinc,
}


@pytest.mark.parametrize("name", FURTHER)
def test_functions_made_of_others(name):
    for dtype in FLOATING:
        same(FURTHER[name], numbers(dtype), zeros=not name.startswith("clip"))
    if "round" in name or name == "nan_to_num":
        same(FURTHER[name], numbers("i4") // 4)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, 5, 11, -1, -2, 0.5, 2.5])
def test_powers_by_plain_numbers(exponent):
    for dtype in (*FLOATING, *WHOLE):
        same(lambda x: x**exponent, numbers(dtype))


def test_what_is_refused_when_it_runs():
    """Traced with harmless numbers, called with others."""
    f, x, y = wg.jit(lambda x, y: x**y), np.array([2, 3]), np.array([5, 2])
    np.testing.assert_array_equal(f(x, y), [32, 9])
    np.testing.assert_array_equal(f(x, np.array([63, 64])), np.array([2, 3]) ** np.array([63, 64]))
    with pytest.raises(ValueError, match="negative integer powers"):
        f(x, np.array([-1, 2]))


@pytest.mark.parametrize("batch", [(), (2,), (5,), (70,), (2, 3)])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_singular_matrices(n, batch):
    a = np.random.default_rng(n).normal(size=(*batch, n, n)) + 3 * np.eye(n)
    b = np.ones((*batch, n, 2))
    programs = [(np.linalg.inv, (a,)), (np.linalg.solve, (a, b)), (np.linalg.solve, (a, b[..., :1]))]
    for f, args in programs:
        compiled = wg.jit(lambda *xs, f=f: f(*xs))
        np.testing.assert_allclose(compiled(*args), f(*args), rtol=1e-9, atol=1e-12)
        for k in {0, int(np.prod(batch, dtype=int)) - 1}:
            bad = a.copy()
            bad.reshape(-1, n, n)[k] = 0
            with pytest.raises(np.linalg.LinAlgError, match="Singular"):
                compiled(bad, *args[1:])
            bad.reshape(-1, n, n)[k] = np.nan
            same(f, bad, *args[1:], compiled=compiled, ulps=1e6)


def test_numbers_that_had_to_be_known_are_arrays_another_time():
    """Python's x ** y is a float or an int by the sign of y, so both are static; arrays in their places are not."""
    f = wg.jit(lambda x, y: x**y)
    assert (f(2, 3), f(2, -1), f(2.0, 3)) == (8, 0.5, 8.0)
    for x, y in [(np.arange(1.0, 4.0), 3), (np.arange(3), 2), (2, np.arange(3.0)), (np.float32(2), 3), (3, 2)]:
        got, want = f(x, y), x**y
        assert type(got) is type(want)
        np.testing.assert_array_equal(got, want)
    g = wg.jit(lambda x, n: sum(x * k for k in range(n)) if np.ndim(n) == 0 else x + n)
    np.testing.assert_array_equal(g(np.ones(2), 3), [3, 3])
    np.testing.assert_array_equal(g(np.ones(2), np.ones(2)), [2, 2])
    np.testing.assert_array_equal(g(np.ones(2), 4), [6, 6])
