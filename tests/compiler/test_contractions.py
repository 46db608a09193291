"""Sums of matrix products become matrix products, in batches and in loops."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.compiler.passes import simplify

RNG = np.random.default_rng(0)
STEPS = RNG.standard_normal((7, 5, 3))
WEIGHT = RNG.standard_normal((3, 3))


def recurrent(w: Any, xs: Any, start: Any) -> Any:
    """The sum of the states of a small recurrent network."""
    last, _ = wg.scan(lambda h, x: (np.tanh(x + h @ w.T), None), start, xs)
    return np.sum(last**2)


def carries(f: Any, *args: Any) -> list[int]:
    """How many carries each loop of a simplified function has."""
    return [e.params["carry"] for e in simplify(wg.trace(f)(*args)).equations if e.op.name == "scan"]


def test_slope_of_a_recurrent_matrix_is_one_product_behind_the_loop() -> None:
    slope, few = wg.grad(recurrent), STEPS[:, :2]
    assert carries(slope, WEIGHT, few, few[0]) == [1, 1]
    np.testing.assert_allclose(wg.jit(slope)(WEIGHT, few, few[0]), slope(WEIGHT, few, few[0]), rtol=1e-12)


def test_slope_stays_in_the_loop_where_its_factors_are_larger() -> None:
    slope = wg.grad(recurrent)
    assert carries(slope, WEIGHT, STEPS, STEPS[0]) == [1, 2]


@pytest.mark.parametrize("reverse", [False, True])
def test_a_loop_that_only_collects_is_gone(reverse: bool) -> None:
    def f(a: Any, b: Any, start: Any) -> Any:
        return wg.scan(lambda c, ab: (c + ab[0].T @ ab[1], None), start, (a, b), reverse=reverse)[0]

    args = STEPS, 2 * STEPS, WEIGHT
    assert carries(f, *args) == []
    np.testing.assert_allclose(
        wg.jit(f)(*args), WEIGHT + 2 * np.einsum("tni,tnj->ij", STEPS, STEPS), rtol=1e-12, atol=1e-12
    )


def test_a_sum_that_steps_read_stays() -> None:
    def f(a: Any, start: Any) -> Any:
        def step(c: Any, x: Any) -> Any:
            return c + x.T @ x, np.sum(c)

        return wg.scan(step, start, a)

    assert carries(f, STEPS, WEIGHT) == [1]
    for got, expected in zip(wg.jit(f)(STEPS, WEIGHT), f(STEPS, WEIGHT), strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12)


def test_a_sum_of_what_steps_compute_otherwise_stays() -> None:
    def f(a: Any, start: Any) -> Any:
        return wg.scan(lambda c, x: (c + np.sin(x[:3]), None), start, a)[0]

    assert carries(f, STEPS, WEIGHT) == [1]
    np.testing.assert_allclose(wg.jit(f)(STEPS, WEIGHT), f(STEPS, WEIGHT), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex128, np.int64])
def test_slope_of_a_matrix_in_batches(dtype: Any) -> None:
    x, g = (RNG.standard_normal((2, 4, 5, n)).astype(dtype) * 3 for n in (3, 6))

    def f(x: Any, g: Any) -> Any:
        return np.sum(np.matmul(np.swapaxes(x, -1, -2), g), axis=(0, 1)).T

    graph = simplify(wg.trace(f)(x, g))
    assert [e.op.name for e in graph.equations if e.op.name in ("sum", "matmul")] == ["matmul"]
    got = wg.jit(f)(x, g)
    assert got.dtype == dtype
    np.testing.assert_allclose(got, f(x, g), rtol=1e-4 if dtype == np.float32 else 1e-10)


@pytest.mark.parametrize(("axis", "keepdims"), [((0,), False), ((0, 1), True), ((0, 2), False), ((1, 2, 3), False)])
def test_other_sums_of_products(axis: tuple[int, ...], keepdims: bool) -> None:
    x, g = (RNG.standard_normal((2, 4, 5, n)) for n in (3, 6))

    def f(x: Any, g: Any) -> Any:
        return np.sum(np.matmul(np.swapaxes(x, -1, -2), g), axis=axis, keepdims=keepdims)

    np.testing.assert_allclose(wg.jit(f)(x, g), f(x, g), rtol=1e-12, atol=1e-12)


def test_sums_of_broadcast_products() -> None:
    x, g = RNG.standard_normal((4, 5, 3)), RNG.standard_normal((5, 6))

    def f(x: Any, g: Any) -> Any:
        return np.sum(np.matmul(np.swapaxes(x, -1, -2), g), axis=0)

    np.testing.assert_allclose(wg.jit(f)(x, g), f(x, g), rtol=1e-12, atol=1e-12)


def test_rows_of_several_results_are_expanded() -> None:
    def f(x: Any) -> Any:
        return wg.nn.functional.layer_norm(x, (3,))

    lowered = wg.jit(f).lower(STEPS)
    assert lowered.kernel is not None
    np.testing.assert_allclose(wg.jit(f)(STEPS), f(STEPS), rtol=1e-12, atol=1e-12)
