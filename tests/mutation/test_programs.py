"""Programs of views and in-place writes mean on tensors what they mean on ndarrays, and have their derivatives."""

import numpy as np
from hypothesis import HealthCheck, given, settings, strategies as st

import wengert as wg
from tests.mutation.programs import draw_program

SHAPES = [(4,), (2, 3), (2, 2, 2)]
quick = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def numbers(shape):
    return np.sin(1.0 + 1.7 * np.arange(np.prod(shape, dtype=int))).reshape(shape)


def start_of(x):
    return [x * 1.5, np.zeros(x.shape, like=x), x.T + 0.25]


def draw(data, smooth):
    x = numbers(data.draw(st.sampled_from(SHAPES)))
    return x, draw_program(data.draw, lambda: start_of(x), data.draw(st.integers(1, 8)), smooth)


@quick
@given(st.data())
def test_every_live_array_is_numpys_after_every_step(data):
    x, program = draw(data, smooth=False)
    theirs, ours = start_of(x), start_of(wg.tensor(x))
    for n, step in enumerate(program):
        step(theirs)
        step(ours)
        for k, (a, b) in enumerate(zip(theirs, ours, strict=True)):
            assert a.shape == b.shape
            np.testing.assert_allclose(b.numpy(), a, rtol=1e-13, err_msg=f"array {k} after step {n}")


def result_of(program):
    def f(x):
        pool = start_of(x)
        for step in program:
            step(pool)
        return sum(np.sum(np.cos(a + 0.1 * k)) for k, a in enumerate(pool))

    return f


def central(f, x, h=1e-6):
    out = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[i] = h
        out[i] = (f(x + e) - f(x - e)) / (2 * h)
    return out


@quick
@given(st.data())
def test_derivatives_in_every_mode_are_those_of_differences(data):
    x, program = draw(data, smooth=True)
    f = result_of(program)
    g = wg.grad(f)(x)
    np.testing.assert_allclose(g, central(f, x), rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(wg.jvp(f, (x,), (np.ones_like(x),))[1], np.sum(g), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(wg.jacfwd(f)(x), g, rtol=1e-10, atol=1e-10)


@quick
@given(st.data())
def test_a_batch_of_mutating_programs_is_the_loop_over_them(data):
    x, program = draw(data, smooth=True)
    f = result_of(program)
    xs = np.stack([x, 2 * x, x + 1])
    np.testing.assert_allclose(wg.vmap(f)(xs), [f(x) for x in xs], rtol=1e-12)
    np.testing.assert_allclose(wg.vmap(wg.grad(f))(xs), [wg.grad(f)(x) for x in xs], rtol=1e-10, atol=1e-12)


@quick
@given(st.data())
def test_a_recorded_graph_of_a_mutating_program_replays_on_other_numbers(data):
    x, program = draw(data, smooth=True)
    f = result_of(program)
    graph = wg.trace(f)(x)
    other = 0.3 - 2 * x
    np.testing.assert_allclose(graph(other), f(other), rtol=1e-12)
    np.testing.assert_allclose(wg.grad(graph)(other), wg.grad(f)(other), rtol=1e-10, atol=1e-12)


@settings(quick, max_examples=15)
@given(st.data())
def test_second_derivatives_of_mutating_programs(data):
    x, program = draw(data, smooth=True)
    f = result_of(program)
    v = np.cos(np.arange(x.size)).reshape(x.shape)
    hv = wg.hvp(f, x, v)
    h = 1e-5
    differences = (wg.grad(f)(x + h * v) - wg.grad(f)(x - h * v)) / (2 * h)
    np.testing.assert_allclose(hv, differences, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(np.tensordot(wg.hessian(f)(x), v, x.ndim), hv, rtol=1e-8, atol=1e-8)
