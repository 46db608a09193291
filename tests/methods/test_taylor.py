"""Taylor coefficients: against known series, nested derivatives of every row, and other transforms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy import special

import wengert as wg
from tests.draws import Case
from tests.laws.common import Smooth, close, like, over, plain, regular
from wengert import tree
from wengert.errors import InvalidArgument, NotDifferentiable


@pytest.mark.parametrize(
    "f, x, coefficient",
    [
        (np.exp, 0.0, lambda k: 1 / math.factorial(k)),
        (np.sin, 0.0, lambda k: (0, 1, 0, -1)[k % 4] / math.factorial(k)),
        (np.cosh, 0.0, lambda k: (k % 2 == 0) / math.factorial(k)),
        (np.log1p, 0.0, lambda k: -((-1) ** k) / k if k else 0.0),
        (lambda x: 1 / (1 - x), 0.0, lambda k: 1.0),
        (lambda x: (1 + x) ** 0.5, 0.0, lambda k: special.binom(0.5, k)),
        (np.arctan, 0.0, lambda k: (0, 1, 0, -1)[k % 4] / max(k, 1)),
        (np.arctanh, 0.0, lambda k: (k % 2) / max(k, 1)),
        (np.arcsin, 0.0, lambda k: special.binom(k - 1, k // 2) / (2 ** (k - 1) * k) if k % 2 else 0.0),
        (np.tan, 0.0, lambda k: _tangent_number(k) / math.factorial(k)),
        (np.sinc, 0.0, lambda k: (1, 0, -1, 0)[k % 4] * math.pi**k / math.factorial(k + 1)),
        (special.erf, 0.0, lambda k: _erf(k)),
        (lambda x: x**7, 1.0, lambda k: math.comb(7, k)),
        (lambda x: x**7, 0.0, lambda k: float(k == 7)),
        (np.reciprocal, 2.0, lambda k: (-1) ** k / 2.0 ** (k + 1)),
    ],
)
def test_known_series(f: Any, x: float, coefficient: Any) -> None:
    order = 30
    expected = np.array([coefficient(k) for k in range(order + 1)], float)
    np.testing.assert_allclose(wg.taylor(f, x, order), expected, rtol=2e-12, atol=1e-16)


def _tangent_number(k: int) -> float:
    if k % 2 == 0:
        return 0.0
    n = (k + 1) // 2
    return abs(2.0 ** (2 * n) * (2.0 ** (2 * n) - 1) * special.bernoulli(2 * n)[-1]) / (2 * n)


def _erf(k: int) -> float:
    return 2 / math.sqrt(math.pi) * (-1) ** (k // 2) / (math.factorial(k // 2) * k) if k % 2 else 0.0


ORDER = 3


def order_of(case: Case) -> int:
    """As far as the function has derivatives: some end where a compiled function has no rule."""
    return min(ORDER, case.sample.order)


@over(regular)
def test_every_row_against_nested_derivatives(case: Case) -> None:
    p = Smooth(case)
    ts = p.random(1)
    found = plain(lambda: wg.taylor(lambda xs: p.f(*xs), tuple(p.xs), order_of(case), direction=tuple(ts)))

    def along(f: Any) -> Any:
        return lambda *xs: wg.jvp(f, xs, tuple(ts))[1]

    g: Any = p.f
    for k in range(order_of(case) + 1):
        expected = plain(g, *p.xs)
        scaled = [np.asarray(e) / math.factorial(k) for e in tree.leaves(expected)]
        close([c[k] for c in found], scaled, 2e-4 if case.single else 1e-9, f"coefficient {k}")
        g = along(g)


def test_order_thirty_is_a_matter_of_milliseconds_not_of_powers_of_two() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(1)
        return np.exp(np.sin(x)) * np.arcsin(x) / np.sqrt(1 + x * x) + special.gamma(1 + x)

    x = np.array([0.1, 0.2])
    c = wg.taylor(f, x, 30)
    assert len(calls) == 1
    t = 0.05
    np.testing.assert_allclose(sum(c[k] * t**k for k in range(31)), f(x + t), rtol=1e-14)


@pytest.mark.parametrize("x", [0.0, 0.3, -3.0, 11.9, 12.1, 40.0])
def test_sinc_far_and_near(x: float) -> None:
    c = wg.taylor(np.sinc, x, 20)
    t = 0.25
    np.testing.assert_allclose(np.polyval(c[::-1], t), np.sinc(x + t), rtol=1e-12, atol=1e-16)


def test_a_direction_and_a_tree() -> None:
    c = wg.taylor(
        lambda p: {"product": p["a"] * np.sum(p["b"])},
        {"a": 2.0, "b": np.array([1.0, 2.0])},
        2,
        direction={"a": 1.0, "b": np.array([1.0, 0.0])},
    )
    np.testing.assert_array_equal(c["product"], [6.0, 5.0, 1.0])


def test_loops_branches_and_writes() -> None:
    def looped(x: Any) -> Any:
        out, ys = wg.scan(lambda c, a: (c * x + a, c * c), x, np.arange(3.0))
        return out + np.sum(ys) + wg.cond(x > 0, lambda z: z**3, lambda z: z, x)

    def plainly(x: Any) -> Any:
        c, ys = x, 0.0
        for a in range(3):
            ys, c = ys + c * c, c * x + a
        return c + ys + x**3

    np.testing.assert_allclose(wg.taylor(looped, 0.7, 6), wg.taylor(plainly, 0.7, 6), rtol=1e-14)

    def written(x: Any) -> Any:
        y = np.zeros(3, like=x)
        y[:2] = x * x
        y[1:] *= x
        return y

    np.testing.assert_allclose(wg.taylor(written, 2.0, 3), [[4, 8, 0], [4, 12, 0], [1, 6, 0], [0, 1, 0]])


def test_a_while_loop_and_a_compiled_function() -> None:
    halved = wg.taylor(lambda x: wg.while_loop(lambda v: v > 1, lambda v: v * v / 4, x), 3.0, 3)
    np.testing.assert_allclose(halved, wg.taylor(lambda x: ((x * x / 4) ** 2 / 4) ** 2 / 4, 3.0, 3))
    compiled = wg.jit(lambda x: np.sin(x) * x)
    np.testing.assert_allclose(wg.taylor(compiled, 0.3, 8), wg.taylor(lambda x: np.sin(x) * x, 0.3, 8), rtol=1e-13)


def test_coefficients_can_be_differentiated() -> None:
    # d/dx of f'''(x)/6 is f''''(x)/6, whichever transform is outside.
    expected = math.exp(0.5) / 6
    for derivative in (wg.grad, wg.derivative):
        np.testing.assert_allclose(derivative(lambda x: wg.taylor(np.exp, x, 3)[3])(0.5), expected)
    batched = wg.vmap(lambda x: wg.taylor(np.exp, x, 2))(np.array([0.0, 1.0]))
    np.testing.assert_allclose(batched, np.exp([[0.0], [1.0]]) / [1, 1, 2])
    inner = wg.taylor(lambda x: wg.grad(lambda y: np.sin(x * y))(2.0), 0.0, 3)
    np.testing.assert_allclose(inner, [0.0, 1.0, 0.0, -2.0])


def test_custom_rules() -> None:
    @wg.custom_jvp
    def cube(x: Any) -> Any:
        return x**3

    cube.defjvp(lambda primals, tangents: (cube(primals[0]), 3 * primals[0] ** 2 * tangents[0]))
    np.testing.assert_allclose(wg.taylor(cube, 2.0, 4), [8.0, 12.0, 6.0, 1.0, 0.0])


def test_dtype_shape_and_constants() -> None:
    assert wg.taylor(np.sin, np.float32(0.5), 3).dtype == np.float32
    assert wg.taylor(np.sin, 1 + 1j, 3).dtype == np.complex128
    assert wg.taylor(np.sin, np.ones((2, 3)), 4).shape == (5, 2, 3)
    np.testing.assert_array_equal(wg.taylor(lambda x: 3.0, 1.0, 2), [3.0, 0.0, 0.0])
    np.testing.assert_array_equal(wg.taylor(np.floor, 1.5, 2), [1.0, 0.0, 0.0])
    np.testing.assert_array_equal(wg.taylor(np.sin, 0.0, 0), [0.0])


def test_zeros_and_masks() -> None:
    c = wg.taylor(lambda x: np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), 0.0), np.array([0.0, 1.0]), 2)
    np.testing.assert_array_equal(c, [[0.0, 0.0], [0.0, 1.0], [0.0, -0.5]])
    x = np.array([0.0, 2.0])
    np.testing.assert_allclose(wg.taylor(lambda x: x ** np.array([2.0, 0.5]), x, 2)[:, 0], [0.0, 0.0, 1.0])
    assert np.isinf(wg.taylor(lambda x: x**1.5, 0.0, 2)[2])
    np.testing.assert_array_equal(wg.taylor(np.prod, np.array([0.0, 2.0, 3.0]), 3), [0.0, 6.0, 5.0, 1.0])


@pytest.mark.parametrize("n, rank", [(3, 2), (4, 2), (5, 1), (3, 0)])
def test_determinant_of_a_singular_matrix(n: int, rank: int) -> None:
    rng = np.random.default_rng(n)
    a, b = rng.normal(size=(n, rank)) @ rng.normal(size=(rank, n)), rng.normal(size=(n, n))
    c = wg.taylor(np.linalg.det, a, n + 1, direction=b)
    np.testing.assert_allclose(np.polyval(c[::-1], 0.7), np.linalg.det(a + 0.7 * b), rtol=1e-10)
    np.testing.assert_allclose(c[n], np.linalg.det(b))
    stacked = wg.taylor(np.linalg.det, np.stack([a, b]), n, direction=np.stack([b, a]))
    np.testing.assert_allclose(stacked[:, 0], c[:-1], atol=1e-12)


def _exponential(a: Any) -> Any:
    w, v = np.linalg.eigh(a)
    return (v * np.exp(w)) @ v.T


@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0], [1.0, 1.0, 2.0], [0.0, 0.0, 0.0]])
def test_values_that_coincide_part_along_the_direction(values: list[float]) -> None:
    a, t = np.diag(values), np.random.default_rng(4).normal(size=(3, 3))
    t = t + t.T
    sizes = lambda a: np.linalg.lstsq(a, np.ones(3))[3]
    for f in (np.linalg.eigvalsh, sizes, _exponential, wg.grad(lambda a: np.sum(_exponential(a) ** 2))):
        np.testing.assert_allclose(wg.taylor(f, a, 1, direction=t)[1], wg.jvp(f, (a,), (t,))[1], atol=1e-12)
    for f in (np.linalg.eigvalsh, sizes):
        second = wg.jvp(lambda a, f=f: wg.jvp(f, (a,), (t,))[1], (a,), (t,))[1]
        np.testing.assert_allclose(wg.taylor(f, a, 2, direction=t)[2], second / 2, atol=1e-12)
    with pytest.raises(NotDifferentiable, match="second derivative of eigenvectors"):
        wg.taylor(_exponential, a, 2, direction=t)


def test_refusals() -> None:
    with pytest.raises(InvalidArgument, match="order=-1"):
        wg.taylor(np.sin, 1.0, -1)
    with pytest.raises(InvalidArgument, match="direction of shape"):
        wg.taylor(np.sin, np.ones(2), 2, direction=np.ones(3))
    with pytest.raises(NotDifferentiable):
        wg.taylor(np.sin, np.arange(3), 2)


def test_directions_are_random_enough() -> None:
    x = np.linspace(0.1, 1.0, 4)
    v = like(x, np.random.default_rng(3))
    c = wg.taylor(lambda x: np.sum(np.exp(x)), x, 4, direction=v)
    np.testing.assert_allclose(c, [np.sum(np.exp(x) * v**k) / math.factorial(k) for k in range(5)])
