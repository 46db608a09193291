"""Finite differences: right, honest about their errors, within bounds, and sparing with evaluations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import wengert as wg
from tests.draws import Case
from tests.laws.common import Smooth, close, over, plain, regular
from wengert.core.protocols import BY_NAME
from wengert.errors import InvalidArgument, NotDifferentiable

METHODS = ("forward", "backward", "central", "richardson", "complex")

# Functions and points: smooth, steep, flat, large and tiny arguments.
ZOO: list[tuple[Any, tuple[float, ...]]] = [
    (np.exp, (0.0, 1.0, 10.0, -5.0)),
    (np.sin, (0.0, 1.0, 1e-8, 100.0, 1e4)),
    (np.cos, (1e-8, 1.0, 30.0)),
    (np.log, (1e-8, 1.0, 3.0, 1e6)),
    (lambda x: x**5, (1.0, 1e3, -2.0)),
    (lambda x: 1 / x, (1e-6, 0.5, 1e5)),
    (lambda x: np.sin(100 * x), (0.3, 1.0)),
    (np.tanh, (0.0, 3.0)),
    (np.sqrt, (1e-10, 1.0, 1e10)),
    (lambda x: 1 / (1 + 25 * x * x), (0.0, 0.2, 1.0)),
    (lambda x: np.exp(-1e4 * x * x), (0.01, 0.03)),
    (lambda x: 3 * x + 1, (1.0, 1e5)),
    (lambda x: np.arctan(x) * np.log1p(x * x), (0.5, 40.0)),
    (lambda x: np.exp(np.sin(3 * x)) / (2 + np.cos(x)), (0.1, 1.0, 7.0)),
]


def exact(f: Any, order: int, x: float) -> float:
    return float(wg.taylor(f, x, order)[order] * math.factorial(order))


@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize("method", METHODS)
def test_the_error_bound_holds_in_almost_all_cases(method: str, order: int) -> None:
    held, relative = [], []
    for f, xs in ZOO:
        for x in xs:
            value, error = wg.finite_difference(f, order, method, with_error=True)(x)
            true = abs(value - exact(f, order, x))
            held.append(true <= error + 4e-16 * abs(exact(f, order, x)))
            relative.append(true / max(abs(exact(f, order, x)), 1e-3))
    assert np.mean(held) >= 0.95
    typical = {"forward": 1e-7, "backward": 1e-7, "central": 1e-10, "richardson": 1e-12, "complex": 1e-15}[method]
    assert np.median(relative) <= typical ** (1 if order == 1 else 0.5 / (order - 1)) * 10


@pytest.mark.parametrize("noise", [1e-10, 1e-6, 1e-3])
def test_a_noisy_function_gets_larger_steps_and_an_honest_bound(noise: float) -> None:
    rng = np.random.default_rng(5)
    held = []
    for x in np.linspace(0.3, 1.2, 25):
        values: dict[float, float] = {}

        def f(z: Any, values: Any = values) -> Any:
            return np.sin(z) + values.setdefault(float(z), noise * rng.standard_normal())

        value, info = wg.finite_difference(f, with_info=True)(x)
        held.append(abs(value - math.cos(x)) <= info.error)
        assert noise / 10 < info.noise[0] < 30 * noise
        assert abs(value - math.cos(x)) < 30 * noise ** (2 / 3)
    assert np.mean(held) >= 0.9


AT_A_BOUND = {"quantile-21", "nanquantile-8", "scipy.signal.firls-0", "scipy.interpolate.splrep-0"}


def _finite(case: Case) -> bool:
    """Whether every entry can be moved: a NaN stays one, and beyond a bound, as of a quantile, is an error."""
    return all(np.isfinite(x).all() for x in case.operands()) and case.id not in AT_A_BOUND


@over(lambda case: regular(case) and _finite(case) and not case.complex and not case.single)
def test_every_row(case: Case) -> None:
    p = Smooth(case)
    f = lambda *xs: p.weighted(p.f(*xs))
    positions = tuple(range(len(p.xs)))
    expected = plain(wg.grad(f, positions), *p.xs)
    found = plain(wg.finite_difference(f, method="central", argnums=positions), *p.xs)
    close(list(found), list(expected), 1e-6)


def rosenbrock(x: Any) -> Any:
    return np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


@pytest.mark.parametrize("method, tolerance", [("forward", 1e-5), ("backward", 1e-5), ("central", 1e-8),
                                               ("richardson", 1e-11), ("complex", 1e-14)])  # fmt: skip
def test_gradients_jacobians_hessians_on_trees(method: str, tolerance: float) -> None:
    x = np.array([1.2, -0.5, 0.7, 2.0])
    np.testing.assert_allclose(wg.finite_difference(rosenbrock, 1, method)(x), wg.grad(rosenbrock)(x), rtol=tolerance)
    hessian = wg.hessian(rosenbrock)(x)
    np.testing.assert_allclose(
        wg.finite_difference(rosenbrock, 2, method)(x), hessian, atol=max(1e-6, tolerance**0.5 / 5) * abs(hessian).max()
    )

    def g(p: Any, scale: Any) -> Any:
        return {"y": scale * np.sin(p["a"]) * p["b"], "z": (p["b"] ** 2,)}

    p = {"a": np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]), "b": 1.5}
    found, expected = wg.finite_difference(g, 1, method)(p, 2.0), wg.jacobian(g)(p, 2.0)
    for name in ("a", "b"):
        np.testing.assert_allclose(found["y"][name], expected["y"][name], atol=10 * tolerance)
        assert found["z"][0][name].shape == np.shape(expected["z"][0][name])
    both = wg.finite_difference(lambda a, b: np.sum(a * b), 1, method, argnums=(1, 0))(np.arange(2.0) + 1, np.ones(2))
    np.testing.assert_allclose(both[0], [1.0, 2.0], atol=10 * tolerance)
    np.testing.assert_allclose(both[1], [1.0, 1.0], atol=10 * tolerance)


def test_hessian_of_a_tree() -> None:
    f = lambda p: p["a"] ** 2 * np.sum(p["b"]) + np.prod(p["b"])
    p = {"a": 3.0, "b": np.array([1.0, 2.0])}
    found, expected = wg.finite_difference(f, 2)(p), wg.hessian(f)(p)
    for i in "ab":
        for j in "ab":
            np.testing.assert_allclose(found[i][j], expected[i][j], atol=1e-4)


def test_float32_keeps_its_dtype_and_its_eps() -> None:
    x = np.array([0.5, 2.0], np.float32)
    seen = []

    def f(z: Any) -> Any:
        seen.append(z.dtype)
        return np.sum(np.exp(z))

    value, error = wg.finite_difference(f, with_error=True)(x)
    assert value.dtype == np.float32 and set(seen) == {np.dtype(np.float32)}
    assert np.all(abs(value - np.exp(x)) <= error) and np.all(error < 5e-3)
    assert wg.finite_difference(lambda z: np.sum(np.exp(z)), method="complex")(x).dtype == np.float32


@pytest.mark.parametrize("method", ["forward", "backward", "central", "richardson"])
@pytest.mark.parametrize("x", [0.0, 1.0, 1e-9, 0.5, 1.0 - 1e-9])
@pytest.mark.parametrize("order", [1, 2])
def test_never_outside_of_the_bounds(method: str, x: float, order: int) -> None:
    seen: list[float] = []

    def f(z: Any) -> Any:
        seen.extend(np.ravel(z))
        return np.exp(z[0]) * z[1] ** 2

    value, error = wg.finite_difference(f, order, method, bounds=(0.0, 1.0), with_error=True)(np.array([x, 0.5]))
    assert min(seen) >= 0.0 and max(seen) <= 1.0
    e = math.exp(x)
    expected = np.array([e / 4, e]) if order == 1 else np.array([[e / 4, e], [e, 2 * e]])
    np.testing.assert_allclose(value, expected, atol=1e-5 if order == 1 else 0.02)
    assert np.mean(abs(value - expected) <= error) >= 0.5


def test_bounds_of_a_tree_and_of_one_side() -> None:
    value = wg.finite_difference(lambda p: np.log(p["a"]) + p["b"] ** 2, bounds=({"a": 1.0, "b": -9.0}, None))(
        {"a": 1.0, "b": 3.0}
    )
    np.testing.assert_allclose([value["a"], value["b"]], [1.0, 6.0], rtol=1e-7)


def test_a_sparse_jacobian_takes_as_many_evaluations_as_colours() -> None:
    f = lambda x: x[1:-1] ** 2 * x[2:] - np.sin(x[:-2])
    x = np.linspace(0.5, 2.0, 60)
    dense, all_info = wg.finite_difference(f, with_info=True)(x)
    sparse, info = wg.finite_difference(f, sparsity="auto", with_info=True)(x)
    np.testing.assert_allclose(sparse, wg.jacobian(f)(x), atol=1e-8)
    np.testing.assert_allclose(dense, sparse, atol=1e-8)
    assert info.evaluations < all_info.evaluations / 10
    for pattern in (wg.sparsity(f)(x), wg.sparsity(f)(x).astype(int)):
        again, same = wg.finite_difference(f, sparsity=pattern, with_info=True)(x)
        np.testing.assert_array_equal(again, sparse)
        assert same.evaluations == info.evaluations
    _, complex_info = wg.finite_difference(f, method="complex", sparsity="auto", with_info=True)(x)
    assert complex_info.evaluations == 4  # one per colour, and the function itself


def test_a_sparse_hessian() -> None:
    x = np.linspace(0.5, 1.5, 8)
    _, all_info = wg.finite_difference(rosenbrock, 2, with_info=True)(x)
    sparse, info = wg.finite_difference(rosenbrock, 2, sparsity="auto", with_info=True)(x)
    np.testing.assert_allclose(sparse, wg.hessian(rosenbrock)(x), atol=1e-3)
    assert np.count_nonzero(sparse) == 8 + 2 * 7
    assert info.evaluations < all_info.evaluations


def test_evaluations_are_counted() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(1)
        return np.sum(np.sin(x))

    for method in METHODS:
        calls.clear()
        _, info = wg.finite_difference(f, method=method, with_info=True)(np.ones(3))
        assert info.evaluations == len(calls)


def test_vectorized_evaluations_come_in_batches() -> None:
    calls = []

    def f(x: Any) -> Any:
        calls.append(1)
        return np.sum(np.sin(x) * x)

    x = np.linspace(0.1, 1.0, 20)
    one_by_one = wg.finite_difference(f)(x)
    calls.clear()
    np.testing.assert_allclose(wg.finite_difference(f, vectorized=True)(x), one_by_one, rtol=1e-9)
    assert len(calls) < 15
    np.testing.assert_allclose(wg.finite_difference(f, method="complex", vectorized=True)(x), wg.grad(f)(x), rtol=1e-14)


def test_a_given_step() -> None:
    assert wg.finite_difference(np.square, method="forward", step=0.5)(1.0) == pytest.approx(2.5)
    assert wg.finite_difference(np.square, method="backward", step=0.5)(1.0) == pytest.approx(1.5)
    value, error = wg.finite_difference(lambda x: x**3, step=0.1, with_error=True)(1.0)
    assert value == pytest.approx(3.01) and 0.01 <= error < 0.05
    steps = wg.finite_difference(lambda x: np.sum(x**2), method="forward", step=np.array([0.5, 0.25]))(np.zeros(2))
    np.testing.assert_allclose(steps, [0.5, 0.25])


def test_a_kink_is_not_stepped_over() -> None:
    f = lambda x: np.abs(x - 1.0)
    assert wg.finite_difference(f)(1.001) == pytest.approx(1.0)
    assert wg.finite_difference(f)(0.9999) == pytest.approx(-1.0)


@pytest.mark.parametrize("order, tolerance", [(4, 1e-7), (5, 1e-6), (6, 1e-4)])
def test_high_orders(order: int, tolerance: float) -> None:
    value, error = wg.finite_difference(np.exp, order, "richardson", with_error=True)(0.5)
    assert abs(value - math.exp(0.5)) <= error < tolerance * 10
    assert abs(value - math.exp(0.5)) < tolerance


def test_information() -> None:
    value, info = wg.finite_difference(np.exp, with_info=True)(1.0)
    assert 1e-7 < info.step < 1e-3 and abs(value - math.e) <= info.error


@pytest.mark.parametrize(
    "f, name",
    [
        (np.abs, "absolute"),
        (lambda x: x if x > 0 else -x, "greater"),
        (lambda x: np.maximum(x, 0.5), "maximum"),
        (np.floor, "floor"),
        (lambda x: np.where(x > 0, x, 0.0), "greater"),
        (lambda x: np.real(1j * x), "multiply"),
        (lambda x: np.arctan2(x, 1.0), "arctan2"),
    ],
)
def test_the_complex_step_refuses_what_is_not_analytic(f: Any, name: str) -> None:
    with pytest.raises(NotDifferentiable, match=f"{name} was used at .*\n.*analytic functions only"):
        wg.finite_difference(f, method="complex")(0.7)


@over(lambda case: regular(case) and case.analytic and not case.complex and not case.single)
def test_the_complex_step_is_exact(case: Case) -> None:
    p = Smooth(case)
    positions = tuple(range(len(p.xs)))
    step = wg.finite_difference(p.f, method="complex", argnums=positions)
    if case.id.split("-")[0] in REFUSED:
        with pytest.raises(NotDifferentiable, match="complex step"):
            step(*p.xs)
        return
    found = plain(step, *p.xs)
    # SciPy is less exact for complex numbers than for real ones.
    close(found, plain(wg.jacobian(p.f, positions), *p.xs), 1e-7 if case.name in BY_NAME else 1e-12)


# Analytic, but complex numbers near 0 lose what the complex step needs.
REFUSED = {"sinc"}


def test_the_complex_step_through_writes_and_linear_algebra() -> None:
    def f(x: Any) -> Any:
        y = np.zeros(3, like=x)
        y[:2] = x
        y[1:] *= x[0]
        a = np.eye(3) + np.outer(y, y)
        return np.linalg.solve(a, y) @ np.conj(y) + np.linalg.det(a) + np.real(y)[0]

    x = np.array([0.3, -0.8])
    np.testing.assert_allclose(wg.finite_difference(f, method="complex")(x), wg.grad(f)(x), rtol=1e-13)


def test_refusals() -> None:
    with pytest.raises(InvalidArgument, match="method='middle'"):
        wg.finite_difference(np.sin, method="middle")
    with pytest.raises(InvalidArgument, match="order=0"):
        wg.finite_difference(np.sin, 0)
    with pytest.raises(InvalidArgument, match="one number"):
        wg.finite_difference(lambda x: np.sum(x**4), 3)(np.ones(2))
    with pytest.raises(InvalidArgument, match="outside of its bounds"):
        wg.finite_difference(np.sin, bounds=(0.0, 1.0))(2.0)
    with pytest.raises(InvalidArgument, match="pattern"):
        wg.finite_difference(np.sin, sparsity=np.eye(2, dtype=bool))(np.ones(3))
    with pytest.raises(NotDifferentiable, match="complex argument"):
        wg.finite_difference(np.sin)(1j)
    with pytest.raises(NotDifferentiable):
        wg.finite_difference(np.sin)(np.arange(3))
