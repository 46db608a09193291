"""Recording: the shortest way writes down what the general way does, and what is recorded has no needless zeros."""

from __future__ import annotations

import gc
from typing import Any

import numpy as np
import pytest

import wengert as wg

X = np.array([0.3, -1.2, 2.5])


def count(graph: wg.Graph, name: str) -> int:
    """How many equations of a graph apply this row."""
    return sum([e.op.name == name for e in graph.equations])


def test_operators_and_ufuncs_of_numbers_arrays_and_each_other() -> None:
    a = np.array([2.0, 3.0, 4.0], np.float32)

    def f(x: Any, y: Any, k: Any) -> Any:
        z = (x + y) * 2 - 1.5 / (x * x + 1) + np.float32(0.1) * y - (2 - x) / a
        return np.sin(-z) + np.arctan2(x, y) + k * 2 + k / 2, a * y, np.add(k, 3)

    args = (X, X.astype(np.float32), np.array([1, 2, 3]))
    graph = wg.trace(f)(*args)
    near = (X * 1.1, (X * 0.7).astype(np.float32), np.array([4, -5, 6]))
    for got, want in zip(graph(*near), f(*near), strict=True):
        np.testing.assert_array_equal(got, want)
        assert got.dtype == want.dtype
    for equation in graph.equations:
        values = equation.op.impl(*[np.ones(*_like(x)) for x in equation.operands], **equation.params)
        assert (values.shape, values.dtype) == equation.results[0].spec


def _like(x: Any) -> Any:
    spec = getattr(x, "spec", None) or wg.spec.spec(x)
    return spec.shape, spec.dtype


def test_an_array_that_is_written_to_later_is_recorded_as_it_was() -> None:
    def f(x: Any) -> Any:
        a = np.ones(3)
        y = x * a
        a[:] = 7
        return y * a

    np.testing.assert_array_equal(wg.trace(f)(X)(X), 7 * X)


@pytest.mark.parametrize(
    "wrapped", [wg.trace, lambda f: lambda x: wg.jit(f), lambda f: lambda x: wg.trace(wg.jit(f))(x)]
)
def test_views_are_up_to_date(wrapped: Any) -> None:
    def f(x: Any) -> Any:
        x = x * 1
        part = x[1:]
        x[1:] = x[:-1] * 10
        return part * 2, part * x[0], np.sin(part)

    for got, want in zip(wrapped(f)(X)(X), f(X), strict=True):
        np.testing.assert_allclose(got, want)
    value = lambda x: np.sum(f(x)[0] * f(x)[1])
    np.testing.assert_allclose(wrapped(wg.grad(value))(X)(X), wg.grad(value)(X))


def test_a_part_that_is_read_again_and_again_is_put_into_zeros_once() -> None:
    def f(x: Any) -> Any:
        total = 0.0
        for i in range(30):
            total = total + x[0] * x[i % 2] + np.sum(x[1:]) * x[-1, None][0]
        return total * x[0] + np.sum(x * x)

    graph = wg.trace(wg.grad(f))(X)
    assert count(graph, "unslice") <= 40  # 30 of them for x[-1, None][0]
    np.testing.assert_allclose(graph(X * 2), wg.grad(f)(X * 2), rtol=1e-13)
    step = 1e-5
    hessian = [(wg.grad(f)(X + step * e) - wg.grad(f)(X - step * e)) / (2 * step) for e in np.eye(3)]
    for found in (wg.hessian(f)(X), wg.jacrev(wg.grad(f))(X), wg.jit(wg.hessian(f))(X)):
        np.testing.assert_allclose(found, hessian, rtol=1e-7)


def test_parts_of_a_tensor_that_hooks_look_at() -> None:
    seen: list[Any] = []

    @wg.jit
    def step(x: Any, w: Any) -> Any:
        y = x * 2
        (y[0] * y[1] + y[0] * w).backward()
        return x.grad

    def looked_at(g: Any) -> Any:
        seen.append(g)
        return g * 10

    x = wg.tensor(X, requires_grad=True)
    y = x * 2
    y.register_hook(looked_at)
    (y[0] * y[1] + y[0] * 3.0).backward(create_graph=True)
    np.testing.assert_allclose(seen[0].detach().numpy(), [2 * X[1] + 3, 2 * X[0], 0])
    np.testing.assert_allclose(x.grad.detach().numpy(), [20 * (2 * X[1] + 3), 40 * X[0], 0])
    other = wg.tensor(X, requires_grad=True)
    np.testing.assert_allclose(step(other, 3.0).numpy(), [2 * (2 * X[1] + 3), 4 * X[0], 0])


@pytest.mark.parametrize("make", [wg.trace, lambda f: wg.jit(f)])
def test_the_garbage_collector_works_afterwards(make: Any) -> None:
    def fails(x: Any) -> Any:
        assert not gc.isenabled()
        raise KeyError("mine")

    assert gc.isenabled()
    make(lambda x: x * 2)(X)
    with pytest.raises(KeyError):
        make(fails)(X)
    assert gc.isenabled()
    gc.disable()
    try:
        make(lambda x: x * 3)(X)
        assert not gc.isenabled()
    finally:
        gc.enable()
