"""Functions with rules of the user's, in every mode and mix of modes, whichever rule is given."""

import math
from functools import partial

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument, MissingRule

X = np.array([0.3, -1.2, 2.0])


def from_vjp():
    return wg.custom(lambda x: np.sin(x), vjp=lambda g, out, x: g * np.cos(x))


def from_jvp():
    return wg.custom(lambda x: np.sin(x), jvp=lambda tangents, out, x: tangents[0] * np.cos(x))


def from_both():
    return wg.custom(
        lambda x: np.sin(x), vjp=lambda g, out, x: g * np.cos(x), jvp=lambda tangents, out, x: tangents[0] * np.cos(x)
    )


def jax_jvp():
    @wg.custom_jvp
    def f(x):
        return np.sin(x)

    @f.defjvp
    def _(primals, tangents):
        (x,), (t,) = primals, tangents
        return f(x), t * np.cos(x)

    return f


def jax_vjp():
    @wg.custom_vjp
    def f(x):
        return np.sin(x)

    f.defvjp(lambda x: (np.sin(x), np.cos(x)), lambda c, g: (g * c,))
    return f


DIALECTS = [from_vjp, from_jvp, from_both, jax_jvp, jax_vjp]


@pytest.mark.parametrize("make", DIALECTS)
def test_every_mode(make):
    f = make()
    total = lambda x: np.sum(f(x))
    assert np.allclose(f(X), np.sin(X))
    assert np.allclose(wg.grad(total)(X), np.cos(X))
    assert np.allclose(wg.jvp(f, (X,), (np.ones(3),))[1], np.cos(X))
    assert np.allclose(wg.jacfwd(f)(X), np.diag(np.cos(X)))
    assert np.allclose(wg.jacrev(f)(X), np.diag(np.cos(X)))
    assert np.allclose(wg.vmap(f)(X), np.sin(X))
    assert np.allclose(wg.vmap(wg.grad(f))(X), np.cos(X))
    assert np.allclose(wg.grad(lambda x: np.sum(wg.vmap(f)(x)))(X), np.cos(X))


@pytest.mark.parametrize("make", DIALECTS)
def test_higher_orders_in_every_mix(make):
    f = make()
    total = lambda x: np.sum(f(x))
    for outer in (wg.jacfwd, wg.jacrev):
        for inner in (wg.jacfwd, wg.jacrev):
            assert np.allclose(outer(inner(total))(X), np.diag(-np.sin(X)))
    assert np.allclose(wg.derivative(wg.derivative(wg.derivative(f)))(X), -np.cos(X))


@pytest.mark.parametrize("make", DIALECTS)
def test_on_the_eager_tape(make):
    f = make()
    x = wg.tensor(X, requires_grad=True)
    (g,) = wg.autograd.grad(f(x).sum(), x, create_graph=True)
    assert np.allclose(g.detach(), np.cos(X))
    (h,) = wg.autograd.grad(g.sum(), x)
    assert np.allclose(h, -np.sin(X))


@pytest.mark.parametrize("make", DIALECTS)
def test_traced_and_replayed(make):
    f = make()
    graph = wg.trace(f)(X)
    assert len(graph.equations) == 1
    assert np.allclose(graph(2 * X), np.sin(2 * X))
    assert np.allclose(wg.grad(lambda x: np.sum(graph(x)))(2 * X), np.cos(2 * X))


def test_the_rule_is_used_and_not_the_function():
    wrong = wg.custom(np.exp, vjp=lambda g, out, x: g * 7)
    assert wg.grad(wrong)(0.0) == 7
    assert wg.jvp(wrong, (0.0,), (1.0,))[1] == 7


def test_the_function_sees_plain_numbers():
    f = wg.custom(lambda x: math.erf(x), vjp=lambda g, out, x: g * 2 / math.sqrt(math.pi) * np.exp(-x * x))
    assert np.isclose(wg.grad(wg.grad(f))(0.5), -2 * 0.5 * 2 / math.sqrt(math.pi) * math.exp(-0.25))


def test_several_arguments_results_and_structures():
    def f(p, n, *, scale):
        return {"a": p["x"] * n, "b": (p["y"] ** 2 * scale,)}

    def rule(g, out, p, n, *, scale):
        return {"x": g["a"] * n, "y": g["b"][0] * 2 * p["y"] * scale}, None

    custom = wg.custom(f, vjp=rule)

    def loss(p):
        out = custom(p, 3, scale=2.0)
        return out["a"] + out["b"][0]

    assert wg.grad(loss)({"x": 1.0, "y": 5.0}) == {"x": 3.0, "y": 20.0}
    _, t = wg.jvp(loss, ({"x": 1.0, "y": 5.0},), ({"x": 1.0, "y": 1.0},))
    assert t == 23.0


def test_nondiff_argnums_come_first():
    @partial(wg.custom_vjp, nondiff_argnums=(0,))
    def apply(f, x):
        return f(x)

    apply.defvjp(lambda f, x: (f(x), x), lambda f, x, g: (g * 10 * x,))
    assert wg.grad(lambda x: apply(np.square, x))(2.0) == 20.0

    @partial(wg.custom_jvp, nondiff_argnums=(1,))
    def power(x, n):
        return x**n

    power.defjvp(lambda n, primals, tangents: (primals[0] ** n, tangents[0] * 100))
    assert wg.grad(lambda x: power(x, 3))(2.0) == 100.0


def test_defjvps_adds_the_rules_of_the_arguments():
    @wg.custom_jvp
    def f(x, y):
        return x * y

    f.defjvps(lambda t, out, x, y: t * y, None)
    assert wg.grad(f, argnums=(0, 1))(2.0, 5.0) == (5.0, 0.0)


def test_residuals_of_one_call_do_not_serve_another():
    f = jax_vjp()
    graph = wg.trace(f)(1.0)
    (_, pull0), (_, pull1) = wg.vjp(graph, 0.5), wg.vjp(graph, 2.0)
    assert np.isclose(pull0(1.0)[0], np.cos(0.5))
    assert np.isclose(pull1(1.0)[0], np.cos(2.0))


def test_without_a_rule_it_says_so():
    with pytest.raises(InvalidArgument, match="no rule"):
        wg.custom(np.sin)
    with pytest.raises(MissingRule, match="before its rule was given"):
        wg.custom_vjp(np.sin)(1.0)


def test_a_forward_half_may_call_the_function():
    """JAX's users write fwd so; under vmap its own call must not come back to it."""

    @wg.custom_vjp
    def f(x):
        return np.sin(x)

    f.defvjp(lambda x: (f(x), np.cos(x)), lambda c, g: (2 * c * g,))
    expected = 2 * np.cos(X)
    assert np.allclose(wg.vmap(wg.grad(f))(X), expected)
    assert np.allclose(wg.jit(wg.vmap(wg.grad(f)))(X), expected)
    assert np.allclose(wg.vmap(wg.grad(wg.grad(f)))(X), -2 * np.sin(X))
    assert np.allclose(wg.vmap(wg.vmap(wg.grad(f)))(X[None]), expected)


def test_stop_gradient():
    f = lambda x: np.sum(x * wg.stop_gradient(x**2))
    assert np.allclose(wg.grad(f)(X), X**2)
    assert np.allclose(wg.jvp(f, (X,), (np.ones(3),))[1], np.sum(X**2))
    assert np.allclose(wg.vmap(wg.grad(lambda x: x * wg.stop_gradient(x)))(X), X)
    tree = wg.stop_gradient({"a": 1.0, "b": wg.tensor(2.0, requires_grad=True)})
    assert tree["a"] == 1.0
    assert not tree["b"].requires_grad


def test_a_tracked_keyword_argument_is_refused():
    f = wg.custom(lambda x, *, s: x * s, vjp=lambda g, out, x, *, s: g * s)
    assert wg.grad(lambda x: f(x, s=3.0))(1.0) == 3.0
    with pytest.raises(InvalidArgument, match="keyword argument `s`"):
        wg.grad(lambda s: f(1.0, s=s))(3.0)
