"""Perturbation confusion: a derivative inside a derivative, over the outer variable.

The cases are those of J. M. Siskind and B. A. Pearlmutter, "Nesting forward-mode AD in a functional framework"
(2008) and of ForwardDiff's test of that name, here in every mix of accumulations.
"""

import contextlib
import itertools

import numpy as np
import pytest

import wengert as wg


def by_jvp(f):
    return lambda x: wg.jvp(f, (x,), (np.ones_like(x) if isinstance(x, wg.core.apply.Box) else 1.0,))[1]


def by_linearize(f):
    return lambda x: wg.linearize(f, x)[1](1.0)


def by_vjp(f):
    return lambda x: wg.vjp(f, x)[1](1.0)[0]


def by_vmap(f):
    return lambda x: wg.vmap(wg.grad(f))(np.stack([x, x]))[1]


def by_trace(f):
    return lambda x: wg.trace(wg.grad(f))(x)(x)


def by_graph(f):
    return lambda x: wg.grad(wg.trace(f)(x))(x)


WAYS = {
    "grad": wg.grad, "jvp": by_jvp, "jacfwd": wg.jacfwd, "jacrev": wg.jacrev, "jacobian": wg.jacobian,
    "linearize": by_linearize, "vjp": by_vjp, "vmap": by_vmap, "trace": by_trace, "graph": by_graph,
    "derivative": wg.derivative,
}  # fmt: skip
pairs = pytest.mark.parametrize("outer, inner", list(itertools.product(WAYS, WAYS)))
triples = pytest.mark.parametrize(
    "names",
    list(itertools.product(["grad", "jvp", "jacfwd", "jacrev", "linearize", "vmap", "trace"], repeat=3)),
    ids="-".join,
)


@pairs
def test_the_example_of_siskind_and_pearlmutter(outer, inner):
    d, e = WAYS[outer], WAYS[inner]
    assert d(lambda x: x * e(lambda y: x + y)(2.0))(1.0) == 1.0  # not 2
    assert d(lambda x: x * e(lambda y: x * y)(2.0))(3.0) == 6.0
    assert d(lambda x: e(lambda y: x * x * y * y)(x))(3.0) == 6 * 3.0**2  # d/dx 2 x³


@pairs
def test_inner_derivatives_that_do_not_depend_on_the_outer_variable(outer, inner):
    d, e = WAYS[outer], WAYS[inner]
    assert d(lambda x: x * e(lambda y: y * y)(5.0))(1.0) == 10.0
    assert d(lambda x: e(lambda y: y * y)(x) * 1.0)(1.0) == 2.0
    assert d(lambda x: e(lambda y: x * 1.0 + 0.0 * y)(2.0) + x)(1.0) == 1.0


@triples
def test_three_deep(names):
    d, e, f = (WAYS[n] for n in names)
    # x · d/dy ( y · d/dz (x y z²) at z = y ) at y = x  =  x · d/dy (2 x y³)  =  6 x² y²  →  6 x⁴, derivative 24 x³
    third = d(lambda x: x * e(lambda y: y * f(lambda z: x * y * z * z)(y))(x))
    np.testing.assert_allclose(third(1.5), 24 * 1.5**3, rtol=1e-14)
    # sin''' = -cos
    np.testing.assert_allclose(d(e(f(np.sin)))(0.3), -np.cos(0.3), rtol=1e-14)


def test_vectors_three_deep():
    x = np.array([0.5, -1.0, 2.0])
    f = lambda x: np.sum(x**4) + np.prod(x)
    third = np.zeros((3, 3, 3))
    for i in range(3):
        third[i, i, i] = 24 * x[i]
    for i, j, k in itertools.permutations(range(3)):
        third[i, j, k] = 1.0
    for a, b, c in itertools.product([wg.jacfwd, wg.jacrev], [wg.jacfwd, wg.jacrev], [wg.grad, wg.jacfwd]):
        np.testing.assert_allclose(a(b(c(f)))(x), third, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(wg.jacobian(wg.hessian(f))(x), third, rtol=1e-13, atol=1e-13)
    batch = wg.vmap(wg.hessian(f))(np.stack([x, 2 * x]))
    np.testing.assert_allclose(batch, [wg.hessian(f)(x), wg.hessian(f)(2 * x)])


def test_the_eager_tape_is_the_oldest_level():
    x = wg.tensor(2.0, requires_grad=True)
    for way in ("grad", "jvp", "jacfwd", "vjp"):
        x.grad = None
        y = WAYS[way](lambda z: x * z * z)(3.0)  # 6 x
        y.backward()
        assert x.grad == 6.0
    x.grad = None
    wg.grad(lambda z: z**3)(x).backward()  # d/dx 3 x²
    assert x.grad == 12.0
    x.grad = None
    np.sum(wg.vmap(lambda z: x * z)(np.array([1.0, 2.0]))).backward()
    assert x.grad == 3.0


def test_functions_returned_from_a_derivative_keep_their_level():
    # D (x ↦ (y ↦ x y)) at 3 is the function y ↦ y; the tangent must not leak between two uses.
    s = lambda f, u: lambda y: wg.jvp(lambda x: f(x)(y), (u,), (1.0,))[1]
    f = lambda x: lambda y: x * y * y
    assert s(f, 3.0)(2.0) == 4.0
    assert wg.jvp(lambda y: s(f, y)(y), (2.0,), (1.0,))[1] == 4.0
    assert wg.grad(lambda y: s(f, 3.0)(y) * y)(2.0) == 12.0


@pytest.mark.parametrize("inner", WAYS)
@pytest.mark.parametrize("outer", ["grad", "jvp", "vmap", "trace", "linearize"])
def test_an_exception_leaves_nothing_behind(outer, inner):
    def failing(x):
        raise KeyError("stop")

    d, e = WAYS[outer], WAYS[inner]
    for _ in range(2):
        with pytest.raises(KeyError):
            d(lambda x: x * e(lambda y: failing(x * y))(2.0))(1.0)
        assert d(lambda x: x * e(lambda y: x + y)(2.0))(1.0) == 1.0


def test_an_exception_that_is_caught_inside():
    def failing(y):
        raise IndexError

    def f(x):
        with contextlib.suppress(IndexError):
            wg.grad(failing)(x)
        return x * x

    assert wg.grad(f)(3.0) == 6.0
    assert wg.jvp(f, (3.0,), (1.0,))[1] == 6.0
