"""Dual and hyper-dual numbers: how they are written, their algebra, NumPy on them, transforms over them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument, LostGradient, NotDifferentiable


@pytest.mark.parametrize(
    "number, text",
    [
        (lambda: wg.dual(3, 2), "3 + 2ε"),
        (lambda: wg.dual(3), "3 + ε"),
        (lambda: wg.dual(-3, -2), "-3 - 2ε"),
        (lambda: wg.dual(0.5, -1), "0.5 - ε"),
        (lambda: wg.dual(0, 2.5), "2.5ε"),
        (lambda: wg.dual(7, 0), "7"),
        (lambda: wg.epsilon, "ε"),
        (lambda: -wg.epsilon, "-ε"),
        (lambda: wg.epsilon**2, "0"),
        (lambda: wg.epsilon * wg.epsilon, "0"),
        (lambda: 3 + 2 * wg.epsilon, "3 + 2ε"),
        (lambda: wg.dual(1 + 2j, 3), "(1+2j) + (3+0j)ε"),
        (lambda: wg.dual(np.array([1.0, 2.0]), np.array([3.0, 0.0])), "[1 + 3ε, 2]"),
        (lambda: wg.dual(np.eye(2), 1 / 3), "[[1 + 0.33333333ε, 0.33333333ε],\n [0.33333333ε, 1 + 0.33333333ε]]"),
        (lambda: wg.hyperdual(1, 2, 3, 4), "1 + 2ε₁ + 3ε₂ + 4ε₁ε₂"),
        (lambda: wg.epsilon1 * wg.epsilon2, "ε₁ε₂"),
        (lambda: wg.epsilon1**2 + wg.epsilon2**2, "0"),
        (lambda: (1 + wg.epsilon1 - wg.epsilon2) ** 2, "1 + 2ε₁ - 2ε₂ - 2ε₁ε₂"),
    ],
)
def test_written(number: Any, text: str) -> None:
    assert repr(number()) == str(number()) == text


def test_format() -> None:
    assert f"{wg.dual(1, 2) / 3:.3f}" == "0.333 + 0.667ε"
    assert f"{wg.dual(1, 2)}" == "1 + 2ε"


def test_algebra() -> None:
    x, y = wg.dual(3, 2), wg.dual(1, 5)
    product = x * y
    assert (product.value, product.tangent, product.dual) == (3.0, 17.0, 17.0)
    quotient = x / y
    assert (quotient.value, quotient.tangent) == (3.0, 2.0 - 15.0)
    assert repr(x + y) == "4 + 7ε" and repr(x - y) == "2 - 3ε" and repr(2 - x) == "-1 - 2ε" and repr(x**2) == "9 + 12ε"
    assert repr(quotient * y) == "3 + 2ε"


def test_numpy_and_ordinary_code() -> None:
    def f(x: Any) -> Any:
        total = 0.0
        for k in range(1, 4):
            total = total + np.sin(k * x) / k if x > 0 else total
        return max(total, 0.1) * abs(x)

    found = f(wg.dual(0.7))
    np.testing.assert_allclose([found.value, found.tangent], [f(0.7), wg.grad(f)(0.7)])
    a = wg.dual(np.array([[2.0, 1.0], [1.0, 3.0]]), np.eye(2))
    assert np.linalg.det(a).tangent == pytest.approx(5.0)
    np.testing.assert_allclose((a @ np.linalg.inv(a)).tangent, np.zeros((2, 2)), atol=1e-15)


def test_comparisons_look_at_the_value() -> None:
    x = wg.dual(np.array([3.0, 1.0, 2.0]), np.array([-100.0, 100.0, 0.0]))
    np.testing.assert_array_equal(x > 1.5, [True, False, True])
    assert type(x > 1.5) is np.ndarray
    assert wg.dual(2, 5) == 2 and wg.dual(2, 5) < wg.dual(3, -50)
    assert np.argmax(x) == 0
    assert repr(np.sort(x)) == "[1 + 100ε, 2, 3 - 100ε]"


def test_writes_and_views() -> None:
    x = wg.dual(np.arange(3.0))
    view = x[1:]
    x[0] = 5.0
    view *= x[2]
    assert repr(x) == "[5, 2 + 3ε, 4 + 4ε]"
    np.testing.assert_array_equal(x.tangent, [0.0, 3.0, 4.0])
    np.testing.assert_array_equal(view.tangent, [3.0, 4.0])


def test_hyperdual_second_derivatives() -> None:
    def f(x: Any) -> Any:
        return np.exp(x) / np.sqrt(np.sin(x) ** 3 + np.cos(x) ** 3)

    parts = f(wg.hyperdual(1.5)).parts
    exact = wg.derivative(f)
    np.testing.assert_allclose(parts, [f(1.5), exact(1.5), exact(1.5), wg.derivative(exact)(1.5)], rtol=1e-13)

    def g(x: Any) -> Any:
        return x[0] ** 2 * np.exp(x[1])

    x = np.array([3.0, 0.5])
    mixed = g(wg.hyperdual(x, np.array([1.0, 0.0]), np.array([0.0, 1.0]))).parts
    np.testing.assert_allclose(mixed.mixed, wg.hessian(g)(x)[0, 1])
    np.testing.assert_allclose([mixed.first, mixed.second], wg.grad(g)(x))


def test_parts_that_do_not_move_are_zero() -> None:
    assert wg.dual(2.0, 0.0).parts == (2.0, 0.0, 0.0, 0.0)
    assert (wg.epsilon1 * 3).parts == (0.0, 3.0, 0.0, 0.0)
    assert np.floor(wg.dual(2.5)).tangent == 0.0


def test_transforms_over_dual_numbers() -> None:
    x = wg.dual(3, 2)
    assert repr(wg.grad(lambda z: z**3)(x)) == "27 + 36ε"
    assert repr(wg.grad(lambda z: z * x)(5.0)) == "3 + 2ε"
    assert repr(wg.vmap(lambda a: a * a)(wg.dual(np.array([1.0, 2.0])))) == "[1 + 2ε, 4 + 4ε]"
    assert repr(wg.jvp(np.square, (x,), (1.0,))[1]) == "6 + 4ε"
    compiled = wg.jit(lambda z: np.sin(z) * z)(wg.dual(0.5))
    assert compiled.tangent == pytest.approx(math.cos(0.5) * 0.5 + math.sin(0.5))


def test_dual_numbers_over_the_tape() -> None:
    t = wg.tensor(3.0, requires_grad=True)
    (wg.dual(t) ** 3).tangent.backward()
    assert t.grad.item() == 18.0


def test_epsilons_do_not_mix() -> None:
    product = wg.epsilon * wg.epsilon1
    assert repr(product) == "εε₁"
    assert repr(product * wg.epsilon) == "0"


def test_dtype() -> None:
    assert wg.dual(np.float32(1.5), 2).tangent.dtype == np.float32
    assert wg.dual(3, 2).value.dtype == np.float64


def test_refusals() -> None:
    with pytest.raises(LostGradient):
        math.sin(wg.dual(1.0))
    with pytest.raises(NotDifferentiable):
        wg.dual(np.arange(3))
    with pytest.raises(InvalidArgument, match=r"coefficient of shape \(3,\)"):
        wg.dual(np.ones(2), np.ones(3))
    with pytest.raises(InvalidArgument, match="a transform"):
        wg.grad(lambda x: wg.dual(x).tangent)(1.0)
