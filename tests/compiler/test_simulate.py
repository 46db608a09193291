"""The interpreter of the loop IR against NumPy, and what it catches."""

import numpy as np
import pytest

from tests.compiler import programs
from wengert.compiler.builder import Builder
from wengert.compiler.loops import Buffer, For, Index, Program, Store, Var
from wengert.compiler.simulate import simulate
from wengert.errors import CompilerError


@pytest.mark.parametrize("backwards", [False, True])
def test_value_and_gradient(backwards):
    x = np.linspace(-1.0, 2.0, 6)
    code, (value, slope) = simulate(programs.rosenbrock(), [x], backwards)
    a, b = x[1:] - x[:-1] ** 2, 1 - x[:-1]
    right = np.zeros(6)
    right[:-1] = -400 * a * x[:-1] - 2 * b
    right[1:] += 200 * a
    assert code == 0
    np.testing.assert_allclose(value, [np.sum(100 * a**2 + b**2)])
    np.testing.assert_allclose(slope, right)


@pytest.mark.parametrize("backwards", [False, True])
def test_rows_with_private_memory(backwards):
    x, s = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32), np.arange(3, dtype=np.float32)
    _, (y,) = simulate(programs.softmax(), [x, s], backwards)
    e = np.exp(x - x.max(1, keepdims=True))
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.reshape(3, 5), e / e.sum(1, keepdims=True) * np.exp(s)[:, None], rtol=1e-5)


def test_repetition_and_checks():
    code, (root, steps) = simulate(programs.newton(), [[2.0]])
    assert code == 0 and abs(root[0] - np.sqrt(2)) < 1e-14 and 3 < steps[0] < 9
    assert simulate(programs.newton(), [[-1.0]])[0] == 1


def test_scatter_leaves_out_what_the_guard_does():
    k, x = [3, 0, 7, 3, -1], [1.0, 2.0, 3.0, 4.0, 5.0]
    _, (y,) = simulate(programs.scatter(), [k, x])
    np.testing.assert_array_equal(y, [np.nan, 0.0, np.inf, 5.0])


def test_products_in_shared_memory():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4) - 5
    _, (c, d) = simulate(programs.product(), [a, b, [False]])
    np.testing.assert_array_equal(c.reshape(2, 4), a @ b)
    np.testing.assert_array_equal(d.reshape(3, 4), b + a.T @ (a @ b))
    _, (c, d) = simulate(programs.product(), [a, b, [True]])
    np.testing.assert_array_equal(c.reshape(2, 4), -(a @ b))
    np.testing.assert_array_equal(d.reshape(3, 4), b)


def one_loop(index, size, **kind):
    b, i, y = Builder(), Var(0, 4), Buffer("y", "f64", size, "output")
    return Program("p", [], [y], [], [], [For(i, [Store(y, index(i), b.const(1, "f64"))], **kind)])


def test_an_index_out_of_range_is_caught():
    with pytest.raises(CompilerError, match=r"y\[3\]"):
        simulate(one_loop(lambda i: Index(0, ((i, 1),)), 3), [])
    with pytest.raises(CompilerError, match=r"y\[-1\]"):
        simulate(one_loop(lambda i: Index(-1, ((i, 1),)), 4), [])


@pytest.mark.parametrize("kind", ["parallel", "vector"])
def test_iterations_that_meet_are_caught(kind):
    with pytest.raises(CompilerError, match=r"write to y\[0\]"):
        simulate(one_loop(lambda i: Index(), 4, **{kind: True}), [])
    assert simulate(one_loop(lambda i: Index(), 1), [])[0] == 0


def test_unwritten_memory_shows():
    _, (y,) = simulate(one_loop(lambda i: Index(0, ((i, 1),)), 5), [])
    np.testing.assert_array_equal(y, [1, 1, 1, 1, np.nan])


def test_deep_chains():
    code, (y,) = simulate(programs.chain(5_000), [[0.5]])
    x = 0.5
    for _ in range(5_000):
        x = np.sin(x + 0.5)
    assert code == 0 and abs(y[0] - x) < 1e-12
