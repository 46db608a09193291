"""What a loop need not compute again in every iteration, and what it may read without a copy before it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg
from wengert.compiler import llvm
from wengert.compiler.backend import program_of
from wengert.compiler.loops import For, Gemm, walk
from wengert.compiler.passes import simplify

RNG = np.random.default_rng(0)
STEPS, WEIGHT, OTHER = RNG.standard_normal((7, 5, 4)), RNG.standard_normal((4, 4)), RNG.standard_normal((4, 4))

needs_llvm = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")


def bodies(f: Any, *args: Any) -> list[list[str]]:
    """The rows in the bodies of the loops of a simplified function."""
    graph = simplify(wg.trace(f)(*args))
    return [[e.op.name for e in g.params["body"].equations] for g in graph.equations if g.op.name == "scan"]


def agree(f: Any, *args: Any) -> None:
    """Compiled, a function and its gradient are what they are."""
    np.testing.assert_allclose(wg.jit(f)(*args), f(*args), rtol=1e-9, atol=1e-11)
    loss = wg.grad(lambda *args: np.sum(np.sin(f(*args))))
    np.testing.assert_allclose(wg.jit(loss)(*args), loss(*args), rtol=1e-8, atol=1e-10)


def test_products_and_functions_of_constants_come_before_the_loop() -> None:
    def f(w: Any, v: Any, xs: Any) -> Any:
        return wg.scan(lambda h, x: (np.tanh(x + 0.1 * h @ (w @ v)) * np.exp(w[0]), None), xs[0], xs)[0]

    args = WEIGHT, OTHER, STEPS
    (inside,) = bodies(f, *args)
    assert inside.count("matmul") == 1 and "exp" not in inside
    agree(f, *args)


def test_a_matrix_is_turned_once() -> None:
    def f(w: Any, xs: Any) -> Any:
        return wg.scan(lambda h, x: (np.tanh(x + h @ w.T), None), xs[0], xs)[0]

    assert "transpose" not in bodies(f, WEIGHT, STEPS)[0]
    agree(f, WEIGHT, STEPS)


def test_views_that_are_read_entry_by_entry_stay() -> None:
    def f(w: Any, xs: Any) -> Any:
        return wg.scan(lambda h, x: (h * w.T + np.broadcast_to(w[0], (4, 4)) * x[0], None), w, xs)[0]

    (inside,) = bodies(f, WEIGHT, STEPS)
    assert "transpose" in inside
    agree(f, WEIGHT, STEPS)


def test_what_grows_by_broadcasting_is_not_kept() -> None:
    def f(u: Any, v: Any, xs: Any) -> Any:
        return wg.scan(lambda h, x: (h + (u[:, None] + v) * x, None), 0.0, xs)[0]

    u, v, x = RNG.standard_normal((3, 30))
    agree(lambda u, v: np.sum(wg.scan(lambda h, x: (h + np.sum((u[:, None] + v) * x), None), 0.0, x)[0]), u, v)
    (inside,) = bodies(lambda u, v: wg.scan(lambda h, x: (h * (u[:, None] + v) * x, None), np.outer(u, v), x)[0], u, v)
    assert inside.count("add") == 1


def test_steps_and_results_that_are_invariant() -> None:
    def f(w: Any, xs: Any) -> Any:
        last, stacked = wg.scan(lambda h, x: (w @ w, (w @ w @ x.T, h)), w, xs)
        return np.sum(last) + np.sum(stacked[0]) + np.sum(stacked[1] ** 2)

    agree(f, WEIGHT, STEPS)
    agree(f, WEIGHT, STEPS[:1])


def test_inner_loops_hand_them_on() -> None:
    def inner(h: Any, w: Any) -> Any:
        return wg.scan(lambda c, k: (np.tanh(c @ (w @ w)) * k, None), h, np.arange(1.0, 4.0))[0]

    def f(w: Any, xs: Any) -> Any:
        return wg.scan(lambda h, x: (inner(h, w) + x, None), xs[0], xs)[0]

    assert "matmul" not in bodies(f, WEIGHT, STEPS)[0]
    agree(f, WEIGHT, STEPS)


@needs_llvm
def test_light_rows_are_computed_where_they_are_read() -> None:
    """The sum with a bias of what a loop walks along is no array of its own, and neither are the zeros of a slope."""

    def f(w: Any, b: Any, xs: Any) -> Any:
        return np.sum(wg.scan(lambda h, x: (np.tanh(x + h @ w), h), xs[0], xs @ w + b)[1][-1] ** 2)

    args = RNG.standard_normal((32, 32)), RNG.standard_normal(32), RNG.standard_normal((9, 20, 32))
    loss = wg.value_and_grad(f)
    program = program_of(simplify(wg.trace(f)(*args)))
    assert program is not None
    before = [s for s in program.body if isinstance(s, For) and s.parallel and not isinstance(s.body[0], Gemm)]
    assert all(len([v for v in walk([s]) if isinstance(v, For)]) < 3 for s in before)
    for a, b in zip(wg.jit(loss)(*args), loss(*args), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-8, atol=1e-10)


@needs_llvm
def test_checks_of_indices_stay_before_a_loop() -> None:
    def f(xs: Any, k: Any) -> Any:
        return wg.scan(lambda h, x: (h * 0.5 + x, None), 0.0, xs[k])[0]

    fast, xs = wg.jit(f, donate=0), np.arange(6.0)
    assert fast(xs.copy(), np.array([1, 5, -6])) == f(xs, np.array([1, 5, -6]))
    with pytest.raises(IndexError):
        fast(xs, np.array([1, 6, 2]))
    np.testing.assert_array_equal(xs, np.arange(6.0))
