"""jit composed with every transform, in both orders, to several orders; nothing is traced twice."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from tests.compiler.jitting import same

X = np.linspace(-1.0, 1.5, 5)
A = np.sin(np.arange(25.0)).reshape(5, 5)


def smooth(x):
    y = np.tanh(A @ x) * x
    y[1:] += x[:-1] ** 2
    return np.sum(y * np.exp(-x)) + np.log(np.sum(x**2) + 1)


def branchless(x):
    return np.sum(np.where(x > 0, np.log(np.abs(x) + 1), x**3)) + np.max(x) * np.min(x)


def gathering(x):
    return np.sum(x[[0, 2, 2, 4]] ** 3) + np.prod(x[::2]) + np.sum(np.sort(x)[:3])


def solving(x):
    return np.sum(np.linalg.solve(np.outer(x, x) + 2 * np.eye(5), x) ** 2)


FUNCTIONS = [smooth, branchless, gathering, solving]
over_functions = pytest.mark.parametrize("f", FUNCTIONS, ids=lambda f: f.__name__)


@over_functions
@pytest.mark.parametrize(
    "transform",
    [
        wg.grad,
        wg.value_and_grad,
        wg.hessian,
        wg.jacfwd,
        wg.jacrev,
        lambda f: wg.grad(lambda x: np.sum(wg.grad(f)(x) ** 2)),
        lambda f: lambda x: wg.jvp(f, (x,), (np.cos(x),)),
        lambda f: lambda x: wg.vjp(f, x)[1](2.0),
        lambda f: lambda x: wg.jvp(wg.grad(f), (x,), (np.cos(x),)),
        lambda f: lambda x: wg.vmap(f)(np.stack([x, x**2, -x])),
        lambda f: lambda x: wg.vmap(wg.grad(f))(np.stack([x, x**2, -x])),
        lambda f: lambda x: wg.grad(lambda z: np.sum(wg.vmap(f)(np.stack([z, z**2]))))(x),
        lambda f: lambda x: wg.jacfwd(wg.grad(f))(x) @ np.cos(x),
        lambda f: lambda x: wg.linearize(f, x)[1](np.cos(x)),
    ],
    ids=(
        "grad value_and_grad hessian jacfwd jacrev grad-grad jvp vjp jvp-grad vmap vmap-grad grad-vmap jvp-of-grad "
        "linearize"
    ).split(),
)
def test_transforms_of_jit_and_jit_of_transforms(f, transform):
    want = transform(f)(X)
    compiled = wg.jit(f)
    for _ in range(2):
        same(transform(compiled)(X), want, 1e-10)
    assert compiled.traces == 1
    outside = wg.jit(transform(f))
    for _ in range(2):
        same(outside(X), want, 1e-10)
    assert outside.traces == 1
    both = wg.jit(transform(wg.jit(f)))
    for _ in range(2):
        same(both(X), want, 1e-10)


def test_third_order():
    f = wg.jit(lambda x: np.sin(x) * x**3)
    g = lambda x: np.sin(x) * x**3
    d3 = lambda f: wg.grad(wg.grad(wg.grad(f)))
    same(d3(f)(0.7), d3(g)(0.7), 1e-12)
    same(wg.derivative(wg.derivative(f))(X), wg.derivative(wg.derivative(g))(X), 1e-12)


def test_float32_stays_float32():
    f = wg.jit(lambda x, a: np.sum(np.sin(x) * a))
    x = X.astype(np.float32)
    g = wg.grad(f)(x, 0.1)
    assert g.dtype == np.float32
    same(g, wg.grad(lambda x, a: np.sum(np.sin(x) * a))(x, 0.1))


def test_gradients_of_numbers():
    f = lambda x, a: np.sum(x * a) ** 2 / a
    same(wg.grad(wg.jit(f), argnums=(0, 1))(X, 3.0), wg.grad(f, argnums=(0, 1))(X, 3.0))


def test_pytrees_integers_and_several_results():
    def f(tree, n):
        a, b = tree["a"], tree["b"][0]
        return {"loss": np.sum(a * b) * n, "count": np.sum(a > 0), "both": (a + b, n)}

    tree = {"a": X, "b": [X**2]}
    compiled = wg.jit(f)
    loss = lambda f: wg.grad(lambda t, n: f(t, n)["loss"], has_aux=False)
    same(loss(compiled)(tree, np.int64(2)), loss(f)(tree, np.int64(2)))
    same(
        wg.jvp(lambda t: compiled(t, np.int64(2)), (tree,), (tree,)),
        wg.jvp(lambda t: f(t, np.int64(2)), (tree,), (tree,)),
    )
    same(
        wg.vjp(lambda t: compiled(t, 2.0)["both"], tree)[1]((X, None)),
        wg.vjp(lambda t: f(t, 2.0)["both"], tree)[1]((X, None)),
    )


def test_complex_values():
    f = lambda z: np.sum(np.abs(np.exp(1j * z) * z) ** 2)
    z = X + 1j * X[::-1]
    same(wg.grad(wg.jit(f))(z), wg.grad(f)(z), 1e-12)


def test_vmap_with_unmapped_arguments_and_results():
    f = lambda x, y: (x * y, y**2, 3)
    args = np.ones((4, 5)), X
    axes = {"in_axes": (0, None), "out_axes": (0, None, None)}
    same(wg.vmap(wg.jit(f), **axes)(*args), wg.vmap(f, **axes)(*args))
    same(
        wg.vmap(wg.jit(smooth), in_axes=1)(np.stack([X, 2 * X], 1)), wg.vmap(smooth, in_axes=1)(np.stack([X, 2 * X], 1))
    )


def test_sparsity_of_a_compiled_function():
    f = lambda x: x[1:] * x[:-1]
    mine, theirs = wg.sparsity(wg.jit(f))(X), wg.sparsity(f)(X)
    assert np.all(mine[theirs])


def test_a_write_to_an_argument_inside_a_transform():
    def f(x):
        y = x.copy()
        scale(y)
        return np.sum(y**2)

    def double(y):
        y *= 2

    scale = double
    want = wg.grad(f)(X)
    scale = wg.jit(double)
    same(wg.grad(f)(X), want)


def test_closing_over_a_value_of_an_outer_transform():
    def outer(x):
        inner = wg.jit(lambda y: np.sum(y * x))
        return inner(X) + inner(x)

    same(wg.grad(outer)(X), X + 2 * X)
    same(wg.jit(outer)(X), outer(X))


def test_custom_rules_and_stopped_gradients_inside():
    @wg.custom_vjp
    def clipped(x):
        return x * 1

    clipped.defvjp(lambda x: (x, None), lambda _, g: (np.clip(g, -1, 1),))
    f = lambda x: np.sum(10 * clipped(x)) + np.sum(x * wg.stop_gradient(x))
    same(wg.grad(wg.jit(f))(X), wg.grad(f)(X))
    same(wg.jit(wg.grad(f))(X), wg.grad(f)(X))


def test_checkpoint_inside():
    f = lambda x: np.sum(wg.checkpoint(lambda y: np.sin(np.sin(y)))(x))
    same(wg.jit(wg.grad(f))(X), wg.grad(f)(X))
    same(wg.grad(wg.jit(f))(X), wg.grad(f)(X))


def test_no_grad_inside():
    def f(x):
        with wg.no_grad():
            scale = np.sum(x**2)
        return np.sum(x) * scale

    want = wg.grad(f)(X)
    same(wg.grad(wg.jit(f))(X), want)
    same(wg.jit(wg.grad(f))(X), want)


def test_jit_in_jit_is_one_op():
    inner = wg.jit(lambda x: np.sin(x) * 2)
    outer = wg.jit(lambda x: inner(x) + inner(x * 2))
    same(outer(X), np.sin(X) * 2 + np.sin(X * 2) * 2)
    assert [e.op.name for e in outer.lower(X).graph.equations] == ["call", "multiply", "call", "add"]
    assert inner.traces == 1
    same(wg.grad(lambda x: np.sum(outer(x)))(X), 2 * np.cos(X) + 4 * np.cos(2 * X), 1e-12)


def test_jit_in_a_trace_and_in_control_flow():
    inner = wg.jit(lambda x: np.sin(x) * 2)
    graph = wg.trace(lambda x: inner(x) + 1)(X)
    same(graph(X * 2), np.sin(X * 2) * 2 + 1)
    same(wg.grad(lambda x: np.sum(graph(x)))(X), 2 * np.cos(X), 1e-12)


def test_recomputing_what_is_cheap():
    f = wg.jit(lambda x: np.sum(np.exp(x * 2 + 1) * (x * 2 + 1)))
    wg.grad(lambda x: f(x))(X)
    (recipes,) = f._state.recipes.values()
    halves = recipes[0].callee.halves((0,), [X])
    names = [e.op.name for e in halves.reverse.graph.equations]
    assert "exp" not in names and halves.residuals == 1
    assert "exp" in [e.op.name for e in halves.forward.graph.equations]
