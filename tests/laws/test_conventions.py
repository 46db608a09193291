"""Where there is no derivative: what is given instead, by both accumulations (the conventions of DESIGN §4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

import wengert as wg
from wengert.core.op import TABLE

Function = Callable[..., Any]


def both(f: Function, x: Any) -> Any:
    """The gradient of Σ f by reverse accumulation, after checking that forward accumulation agrees."""
    x = np.asarray(x, float)
    with np.errstate(all="ignore"):
        reverse = wg.grad(lambda z: np.sum(f(z)))(x)
        columns = [wg.jvp(lambda z: np.sum(f(z)), (x,), (unit.reshape(x.shape),))[1] for unit in np.eye(x.size)]
    np.testing.assert_array_equal(reverse, np.reshape(columns, x.shape))
    return reverse


TIES = [
    ("maximum", lambda x: np.maximum(x[0], x[1]), [2.0, 2.0], [0.5, 0.5]),
    ("minimum", lambda x: np.minimum(x[0], x[1]), [2.0, 2.0], [0.5, 0.5]),
    ("fmax", lambda x: np.fmax(x[0], x[1]), [2.0, 2.0], [0.5, 0.5]),
    ("fmax ignores NaN", lambda x: np.fmax(x[0], x[1]), [np.nan, 2.0], [0.0, 1.0]),
    ("fmin ignores NaN", lambda x: np.fmin(x[0], x[1]), [3.0, np.nan], [1.0, 0.0]),
    ("max", np.max, [1.0, 2.0, 2.0], [0.0, 0.5, 0.5]),
    ("min of three", np.min, [1.0, 1.0, 1.0], [1 / 3, 1 / 3, 1 / 3]),
    ("max along an axis", lambda x: np.max(x, axis=0), [[1.0, 3.0], [1.0, 2.0]], [[0.5, 1.0], [0.5, 0.0]]),
    ("sort is stable", lambda x: np.sort(x) * [1.0, 10.0, 100.0], [2.0, 1.0, 2.0], [10.0, 1.0, 100.0]),
    ("repeated writes: the last wins", lambda x: written(x), [5.0, 7.0], [0.0, 1.0]),
]
KINKS = [
    ("absolute", np.abs, [0.0, -1.0], [0.0, -1.0]),
    ("fabs", np.fabs, [0.0, 2.0], [0.0, 1.0]),
    ("sign", np.sign, [0.0, 1.0], [0.0, 0.0]),
    ("relu", lambda x: TABLE["relu"](x), [0.0, 1.0, -1.0], [0.0, 1.0, 0.0]),
    (
        "clip: the closed interval",
        lambda x: np.clip(x, 0.0, 1.0),
        [-1.0, 0.0, 0.5, 1.0, 2.0],
        [0.0, 1.0, 1.0, 1.0, 0.0],
    ),
    ("norm at 0", np.linalg.norm, [0.0, 0.0], [0.0, 0.0]),
    ("hypot at 0", lambda x: np.hypot(x[0], x[1]), [0.0, 0.0], [0.0, 0.0]),
    ("std of equal numbers", np.std, [1.0, 1.0], [0.0, 0.0]),
    ("x⁰ at 0", lambda x: x**0, [0.0], [0.0]),
    ("0² by a power", lambda x: x**2.0, [0.0], [0.0]),
    ("floor", np.floor, [1.0, 1.5], [0.0, 0.0]),
    ("rounding", lambda x: np.round(x, 1), [1.26], [0.0]),
    ("comparison", lambda x: np.where(x > 0, 1.0, 0.0), [0.0, 1.0], [0.0, 0.0]),
]
STRONG_ZEROS = [
    ("log", lambda x: np.where(x > 0, np.log(x), 0.0), [0.0, 2.0], [0.0, 0.5]),
    ("sqrt", lambda x: np.where(x > 0, np.sqrt(x), 0.0), [0.0, 4.0], [0.0, 0.25]),
    ("quotient", lambda x: np.where(x != 0, 1 / x, 0.0), [0.0, 2.0], [0.0, -0.25]),
    ("power", lambda x: np.where(x > 0, x**0.5, 0.0), [0.0, 4.0], [0.0, 0.25]),
    ("arctan2", lambda x: np.where(x > 0, np.arctan2(x, 0 * x), 0.0), [0.0, 1.0], [0.0, 0.0]),
    ("arcsin", lambda x: np.where(x < 1, np.arcsin(x), 0.0), [1.0, 0.0], [0.0, 1.0]),
    ("xlogy", lambda x: special.xlogy(0.0, x), [0.0, 1.0], [0.0, 0.0]),
    ("xlog1py", lambda x: special.xlog1py(0.0, x), [-1.0, 1.0], [0.0, 0.0]),
    ("maximum hides -inf", lambda x: np.maximum(np.log(x), 0.0), [0.0, np.e**2], [0.0, np.exp(-2)]),
]


def written(x: Any) -> Any:
    y = np.zeros(1, like=x)
    y[[0, 0]] = x
    return y


def identified(table: list[Any]) -> Any:
    return [pytest.param(*line[1:], id=line[0]) for line in table]


@pytest.mark.parametrize("f, x, expected", identified(TIES))
def test_ties_share_equally(f: Function, x: Any, expected: Any) -> None:
    np.testing.assert_allclose(both(f, x), expected)


@pytest.mark.parametrize("f, x, expected", identified(KINKS))
def test_kinks(f: Function, x: Any, expected: Any) -> None:
    np.testing.assert_allclose(both(f, x), expected)


@pytest.mark.parametrize("f, x, expected", identified(STRONG_ZEROS))
def test_zero_wins_over_infinity(f: Function, x: Any, expected: Any) -> None:
    np.testing.assert_allclose(both(f, x), expected, rtol=1e-15)


@pytest.mark.parametrize("mix", ["rr", "fr", "rf", "ff"])
def test_zero_wins_in_second_derivatives(mix: str) -> None:
    x = np.array([0.0, 2.0])

    def f(z: Any) -> Any:
        return np.sum(np.where(z > 0, np.log(z), 0.0))

    outer, inner = ({"r": wg.jacrev, "f": wg.jacfwd}[letter] for letter in mix)
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(outer(inner(f))(x), [[0.0, 0.0], [0.0, -0.25]])


@pytest.mark.parametrize("mix", ["rr", "fr", "rf", "ff"])
def test_a_zero_that_moves_is_not_masked(mix: str) -> None:
    """x ln x has second derivative 1/x: where the cotangent of ln x happens to be 0, its derivative is not."""
    outer, inner = ({"r": wg.jacrev, "f": wg.jacfwd}[letter] for letter in mix)
    second = outer(inner(lambda x, y: x * np.log(y), argnums=1), argnums=0)(0.0, 2.0)
    assert second == 0.5


def test_gradient_of_a_complex_argument_is_steepest_ascent() -> None:
    z = np.array([1.0 + 2.0j, -0.5j])
    np.testing.assert_allclose(wg.grad(lambda z: np.sum(np.abs(z) ** 2))(z), 2 * z)
    np.testing.assert_allclose(wg.grad(lambda z: np.sum(np.real(z) + 3 * np.imag(z)))(z), [1 + 3j] * 2)
    np.testing.assert_allclose(wg.grad(lambda z: np.sum(np.real(z * z)))(z), 2 * np.conj(z))


@pytest.mark.parametrize(
    "argument", [np.arange(3), np.array([True, False]), True], ids=["integers", "booleans", "True"]
)
def test_integers_have_no_derivative(argument: Any) -> None:
    with pytest.raises(wg.NotDifferentiable):
        wg.grad(lambda x: np.sum(x * 1.0))(argument)
