"""Loops and branches compiled: natively, and equal to the plain Python that they are in eager code."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

import wengert as wg
from wengert.compiler import backend, llvm
from wengert.ops import control

needs_llvm = pytest.mark.skipif(not llvm.available(), reason="llvmlite is not installed")

X = np.linspace(0.5, 1.5, 7)


def cumulative(x):
    total, ys = wg.scan(lambda c, v: (c * 0.9 + np.sin(v), c * v), 0.1, x)
    return total + np.sum(ys**2)


def backwards(x):
    return np.sum(wg.scan(lambda c, v: (np.tanh(c + v), c), np.zeros(3), np.outer(x, [1.0, 2.0, 3.0]), reverse=True)[1])


def several(x):
    def step(c, v):
        a, b = c
        return (b, a + v[0] * b), (a * v[1], v[0])

    (a, b), (ys, zs) = wg.scan(step, (x[0], x[1]), (x, x**2))
    return a * b + np.sum(ys * zs)


def grid(x):
    def step(u, _):
        u = u.copy()
        u[1:-1] += 0.1 * (u[2:] - 2 * u[1:-1] + u[:-2])
        return u, None

    return np.sum(wg.scan(step, np.repeat(x, 12), None, length=30)[0] ** 2)


def counted(x):
    return np.sum(wg.fori_loop(0, 20, lambda i, c: c + np.sin(c * i) * 0.1, x))


def converged(x):
    root = wg.while_loop(lambda c: np.sum(np.abs(c * c - x)) > 1e-10, lambda c: 0.5 * (c + x / c), x * 1.0)
    return np.sum(root**3)


def stepped(x):
    return np.sum(wg.while_loop(lambda c: c[0] < 50, lambda c: (c[0] + 1, c[1] + 0.01 * np.sin(c[1])), (0, x))[1])


def nested(x):
    def outer(c, v):
        inner = wg.while_loop(lambda s: s[1] < 3, lambda s: (s[0] * 0.5 + v, s[1] + 1), (c, 0))[0]
        return inner, wg.cond(v > 1, np.sin, np.cos, inner)

    return np.sum(wg.scan(outer, 0.3, x)[1])


def chosen(x):
    return np.sum(wg.switch(3, [np.sin, np.cos, lambda v: v**2], x)) + wg.cond(np.sum(x) > 3, np.sum, np.max, x)


def mapped(x):
    return np.sum(wg.map(lambda v: np.exp(-v) * v, x))


def stencil_of_matrices(x):
    a = np.outer(x, x) / 10
    return np.sum(wg.scan(lambda c, _: (c @ a + np.eye(7), np.trace(c)), np.eye(7), None, length=5)[1])


PROGRAMS = [
    cumulative, backwards, several, grid, counted, converged, stepped, nested, chosen, mapped, stencil_of_matrices,
]  # fmt: skip


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_values_and_gradients(f):
    compiled = wg.jit(wg.value_and_grad(f))
    compiled(X)
    for x in (X, X[::-1] * 1.1):
        value, gradient = compiled(x)
        want, slope = wg.value_and_grad(f)(x)
        np.testing.assert_allclose(value, want, rtol=1e-12)
        np.testing.assert_allclose(gradient, slope, rtol=1e-9, atol=1e-12)
    assert compiled.traces == 1


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_tangents_of_the_compiled_function(f):
    t = np.cos(X)
    value, tangent = wg.jvp(wg.jit(f), (X,), (t,))
    want, slope = wg.jvp(f, (X,), (t,))
    np.testing.assert_allclose([value, tangent], [want, slope], rtol=1e-10)


@needs_llvm
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_no_loop_is_left_to_numpy(f):
    program = backend.build(wg.trace(f)(X))
    assert [e.op.name for s in program.stages if not s.native for e in s.equations] == []


@needs_llvm
def test_a_long_loop_walks_back_in_a_kernel():
    calls = []
    original = backend.Trajectory.__call__

    def counting(self, *operands, **params):
        calls.append(len(operands))
        return original(self, *operands, **params)

    backend.Trajectory.__call__ = counting
    try:
        gradient = wg.jit(wg.grad(stepped))(X)
    finally:
        backend.Trajectory.__call__ = original
    assert len(calls) == 1
    np.testing.assert_allclose(gradient, wg.grad(stepped)(X), rtol=1e-12)


@pytest.mark.parametrize("checkpoint", ["sqrt", "binomial"])
def test_checkpointed_loops(checkpoint):
    def f(x):
        ys = wg.scan(lambda c, v: (np.sin(c) + v, c), 0.2, np.tile(x, 10), checkpoint=checkpoint)[1]
        loop = wg.while_loop(lambda c: c[1] < 30, lambda c: (c[0] * 0.99 + x, c[1] + 1), (x, 0), checkpoint=checkpoint)
        return np.sum(ys) + np.sum(loop[0] ** 2)

    np.testing.assert_allclose(wg.jit(wg.grad(f))(X), wg.grad(f)(X), rtol=1e-10)


def test_an_index_out_of_bounds_inside_a_loop_is_said():
    f = wg.jit(lambda x, i: wg.scan(lambda c, k: (c + x[k], None), 0.0, i)[0])
    assert f(X, np.array([0, 3, -1])) == X[0] + X[3] + X[-1]
    with pytest.raises(IndexError):
        f(X, np.array([0, 7, 1]))


# --- tracing ------------------------------------------------------------------------------------------------------


def walk(x, w):
    last, _ = wg.scan(lambda c, row: (0.9 * c + np.tanh(row * w), None), np.zeros(3), x)
    return last


ROWS = np.random.default_rng(5).standard_normal((12, 3))


def test_loops_are_not_run_while_they_are_traced(monkeypatch):
    x, loss = ROWS, lambda x: np.sum(walk(x, 2.0) ** 2)
    roots = lambda x: wg.while_loop(lambda y: np.any(y * y > 2 * x), lambda y: (y + x / y) / 2, x)
    want = loss(x), wg.grad(loss)(x), roots(x * x)

    def refused(*operands, **params):
        raise AssertionError("a loop was run by NumPy")

    for op in (control.scan, control.while_loop):
        monkeypatch.setattr(op, "impl", refused)
    got = wg.jit(loss)(x), wg.jit(wg.grad(loss))(x), wg.jit(roots)(x * x)
    for a, b in zip(got, want, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_a_run_that_counts_has_the_numbers_of_all_steps():
    """What the first run of a training step stores, returns and writes is what eager code would."""

    def trained():
        w, kept = wg.tensor([1.0, 2.0, 3.0], requires_grad=True), []

        def step(x):
            last = walk(x, w)
            loss = (last**2).sum()
            loss.backward()
            if not kept:
                kept.extend([w.grad * 0, last.detach() * 2])
            return loss, last

        return step, w, kept

    (eager, w, kept), (step, *others) = trained(), trained()
    fast = wg.jit(step)
    for _ in range(3):
        (loss, last), (other, final) = eager(ROWS), fast(ROWS)
        np.testing.assert_allclose([other.item(), *final.detach()], [loss.item(), *last.detach()], rtol=1e-12)
        for a, b in zip([w.grad, *kept], [others[0].grad, *others[1]], strict=True):
            np.testing.assert_allclose(b.numpy(), a.numpy(), rtol=1e-12)


def test_a_trace_keeps_no_numbers():
    """Neither those it began with nor those of a run that counted."""
    w, kept = wg.tensor(np.ones(3), requires_grad=True), []

    def step(x):
        last = walk(x, w)
        if not kept:
            kept.append(last.detach() * 2)
        return last * kept[0]

    fast = wg.jit(step)
    for _ in range(2):
        x = ROWS.copy()
        watched = weakref.ref(x)
        fast(x)
        del x
        gc.collect()
        assert watched() is None


def test_what_refuses_a_sample_gets_the_numbers():
    """After one step the matrix is singular, and the table too short."""

    def solved(x):
        gram, _ = wg.scan(lambda a, row: (a + np.outer(row, row), None), np.zeros((3, 3)), x)
        return np.linalg.solve(gram, np.ones(3))

    def looked_up(x):
        n, _ = wg.scan(lambda n, row: (n - 1, None), 12, x)
        return x[n] * 2

    np.testing.assert_allclose(wg.jit(solved)(ROWS), np.linalg.solve(ROWS.T @ ROWS, np.ones(3)), rtol=1e-9)
    np.testing.assert_array_equal(wg.jit(looked_up)(ROWS), ROWS[0] * 2)
    with pytest.raises(np.linalg.LinAlgError):
        wg.jit(solved)(ROWS * 0)


def test_loops_over_constants_are_constants():
    def f(x):
        table, _ = wg.scan(lambda c, k: (c + k, None), np.zeros(3, like=x), np.arange(5.0))
        return x * table

    for transformed in (wg.jit(f), wg.trace(f)(np.ones(3))):
        np.testing.assert_array_equal(transformed(np.ones(3)), np.full(3, 10.0))
