"""Differential equations against their closed forms: batches, events, stiff and complex problems, mixed modes."""

import numpy as np
import pytest

import wengert as wg
from wengert.scipy import integrate, optimize

FINE = {"rtol": 1e-9, "atol": 1e-11}
RATES = np.array([0.5, 2.0, 5.0])


def forward(f):
    return lambda x: wg.jvp(f, (x,), (np.ones_like(x),))[1]


def fall(k, end=1.0, **options):
    """y' = -k y from 1, beside ∫ y dt."""
    return integrate.solve_ivp(lambda t, y: np.stack([-k * y[0], y[0]]), (0.0, end), [1.0, 0.0], **{**FINE, **options})


LAST = {
    "steps": lambda k: fall(k).y[0, -1],
    "t_eval": lambda k: fall(k, t_eval=[0.5, 1.0]).y[0, -1],
    "sol": lambda k: fall(k, dense_output=True).sol(1.0)[0],
    "args": lambda k: integrate.solve_ivp(lambda t, y, k: -k * y, (0.0, 1.0), [1.0], args=(k,), **FINE).y[0, -1],
    "odeint": lambda k: integrate.odeint(lambda y, t: -k * y, 1.0, [0.0, 1.0], rtol=1e-9, atol=1e-11)[-1, 0],
}


@pytest.mark.parametrize("last", LAST.values(), ids=LAST)
def test_a_batch_of_problems(last):
    exact = np.exp(-RATES)
    close = lambda found, expected: np.testing.assert_allclose(found, expected, rtol=1e-5)
    close(wg.vmap(last)(RATES), exact)
    close(wg.vmap(wg.grad(last))(RATES), -exact)
    close(wg.vmap(forward(last))(RATES), -exact)
    close(wg.grad(lambda k: np.sum(wg.vmap(last)(k)))(RATES), -exact)
    close(forward(wg.vmap(last))(RATES), -exact)


def test_a_batch_of_ends_and_of_starts():
    ends = wg.vmap(wg.grad(lambda b: fall(1.1, b).y[0, -1]))(RATES)
    np.testing.assert_allclose(ends, -1.1 * np.exp(-1.1 * RATES), rtol=1e-5)
    starts = np.arange(1.0, 7.0).reshape(3, 2)
    found = wg.vmap(lambda y: integrate.solve_ivp(lambda t, y: -y, (0.0, 1.0), y, **FINE).y[:, -1])(starts)
    np.testing.assert_allclose(found, np.exp(-1) * starts, rtol=1e-7)


def test_a_compiled_solution_has_the_steps_of_its_first_run():
    compiled = wg.jit(wg.grad(lambda k: fall(k).y[0, -1]))
    np.testing.assert_allclose([compiled(k) for k in RATES], -np.exp(-RATES), rtol=1e-5)


@pytest.mark.parametrize("outer", [wg.grad, forward])
@pytest.mark.parametrize("inner", [wg.grad, forward])
@pytest.mark.parametrize("last", [LAST["args"], LAST["odeint"]], ids=["solve_ivp", "odeint"])
def test_every_mix_of_modes(last, inner, outer):
    np.testing.assert_allclose(outer(inner(last))(1.1), np.exp(-1.1), rtol=1e-5)


@pytest.mark.parametrize("slope", [wg.grad, forward])
def test_third_derivatives(slope):
    coarse = lambda k: integrate.solve_ivp(lambda t, y: -k * y, (0.0, 1.0), [1.0], t_eval=[1.0]).y[0, 0]
    np.testing.assert_allclose(slope(slope(slope(coarse)))(1.1), -np.exp(-1.1), rtol=1e-2)


def half(t, y):
    return y[0] - 0.5


def stopping(event):
    """The same event, terminal."""

    def function(t, y, *args):
        return event(t, y, *args)

    function.terminal = True
    return function


# At the event t = log(2)/k, and ∫ y dt = 1/(2k).
@pytest.mark.parametrize("slope", [wg.grad, forward])
def test_times_and_states_of_events(slope):
    time = lambda k: fall(k, events=half).t_events[0][0]
    area = lambda k: fall(k, events=half).y_events[0][0, 1]
    np.testing.assert_allclose(slope(time)(1.1), -np.log(2) / 1.21, rtol=1e-6)
    np.testing.assert_allclose(slope(area)(1.1), -0.5 / 1.21, rtol=1e-6)
    coarse = lambda k: fall(k, events=half, rtol=1e-5, atol=1e-6).t_events[0][0]
    np.testing.assert_allclose(slope(slope(coarse))(1.1), 2 * np.log(2) / 1.331, rtol=1e-3)
    level = lambda c: fall(1.0, 2.0, events=lambda t, y: y[0] - c).t_events[0][0]
    np.testing.assert_allclose(slope(level)(0.3), -1 / 0.3, rtol=1e-6)


@pytest.mark.parametrize("slope", [wg.grad, forward])
def test_a_terminal_event_moves_the_end(slope):
    ended = lambda k, **options: fall(k, 9.0, events=[lambda t, y: y[0] - 0.9, stopping(half)], **options)
    assert ended(1.1).status == 1
    np.testing.assert_allclose(slope(lambda k: ended(k).t[-1])(1.1), -np.log(2) / 1.21, rtol=1e-6)
    np.testing.assert_allclose(slope(lambda k: ended(k).y[1, -1])(1.1), -0.5 / 1.21, rtol=1e-6)
    np.testing.assert_allclose(slope(lambda k: ended(k).t_events[1][0])(1.1), -np.log(2) / 1.21, rtol=1e-6)
    np.testing.assert_allclose(
        slope(lambda k: ended(k, t_eval=[0.2, 7.0]).y[0, -1])(1.1), -0.2 * np.exp(-0.22), rtol=1e-6
    )
    dense = lambda k: ended(k, dense_output=True).sol(0.3)[0]
    np.testing.assert_allclose(slope(dense)(1.1), -0.3 * np.exp(-0.33), rtol=1e-6)


def test_a_terminal_event_in_a_batch_and_compiled():
    end = lambda k: fall(k, 1.0, events=stopping(half)).t[-1]  # the first of the rates is too slow for it
    exact = [0.0, *(-np.log(2) / RATES[1:] ** 2)]
    np.testing.assert_allclose(wg.vmap(end)(RATES), np.minimum(np.log(2) / RATES, 1.0), rtol=1e-6)
    np.testing.assert_allclose(wg.vmap(wg.grad(end))(RATES), exact, rtol=1e-6)
    compiled = wg.jit(wg.grad(end))
    np.testing.assert_allclose([compiled(k) for k in RATES[:2]], exact[:2], rtol=1e-6)


def test_different_numbers_of_events_in_a_batch_are_refused_when_asked_for():
    events = lambda k: fall(k, events=half)
    np.testing.assert_allclose(wg.vmap(lambda k: events(k).y[0, -1])(RATES), np.exp(-RATES), rtol=1e-6)
    np.testing.assert_allclose(wg.vmap(lambda k: events(k).t_events[0][0])(RATES[1:]), np.log(2) / RATES[1:], rtol=1e-6)
    with pytest.raises(wg.errors.InvalidArgument, match="different shapes"):
        wg.vmap(lambda k: events(k).t_events[0][0])(RATES[::-1])


@pytest.mark.parametrize("method", ["Radau", "BDF", "LSODA"])
def test_stiff_equations(method):
    """y' = -1000 k (y - cos t) follows (a² cos t + a sin t) / (a² + 1), a = 1000 k, after a moment."""
    f = lambda k: integrate.solve_ivp(
        lambda t, y: -1000 * k * (y - np.cos(t)), (0.0, 1.0), [0.0], method, rtol=1e-7, atol=1e-9
    ).y[0, -1]
    exact = lambda k: ((1000 * k) ** 2 * np.cos(1.0) + 1000 * k * np.sin(1.0)) / ((1000 * k) ** 2 + 1)
    for slope in (wg.grad, forward):
        np.testing.assert_allclose(slope(f)(1.0), wg.grad(exact)(1.0), atol=1e-7)


def test_complex_states():
    turned = lambda w: np.real(
        integrate.solve_ivp(lambda t, y: 1j * w * y, (0.0, 1.0), np.array([1.0 + 0j]), **FINE).y[0, -1]
    )
    np.testing.assert_allclose([wg.grad(turned)(1.3), forward(turned)(1.3)], -np.sin(1.3), rtol=1e-7)
    np.testing.assert_allclose(wg.grad(wg.grad(turned))(1.3), -np.cos(1.3), rtol=1e-6)
    start = lambda z: np.real(integrate.solve_ivp(lambda t, y: 1j * y, (0.0, 1.0), np.stack([z]), **FINE).y[0, -1])
    np.testing.assert_allclose(wg.grad(start)(1 + 2j), np.exp(-1j), rtol=1e-7)


def test_backwards_in_time():
    back = lambda k: integrate.solve_ivp(lambda t, y: -k * y * t, (1.0, 0.0), [1.0], t_eval=[0.4, 0.0], **FINE).y[0, 1]
    for slope in (wg.grad, forward):
        np.testing.assert_allclose(slope(back)(1.3), np.exp(0.65) / 2, rtol=1e-6)
    np.testing.assert_allclose(wg.grad(wg.grad(back))(1.3), np.exp(0.65) / 4, rtol=1e-5)


@pytest.mark.parametrize("rate", [lambda k: k, lambda k: [k], lambda k: np.stack([k])], ids=["number", "list", "array"])
def test_the_right_side_may_be_the_parameter_itself(rate):
    f = lambda k: integrate.solve_ivp(lambda t, y: rate(k), (0.0, 2.0), [0.0], **FINE).y[0, -1]
    np.testing.assert_allclose([wg.grad(f)(1.3), forward(f)(1.3)], 2.0, rtol=1e-7)


def test_dense_output_at_times_in_any_order_and_twice():
    times = np.array([0.7, 0.2, 0.7])
    found = wg.jacobian(lambda k: fall(k, dense_output=True).sol(times)[0])(1.1)
    np.testing.assert_allclose(found, -times * np.exp(-1.1 * times), rtol=1e-5)
    found = wg.jacobian(lambda t: fall(1.1, dense_output=True).sol(t)[0])(times)
    np.testing.assert_allclose(found, np.diag(-1.1 * np.exp(-1.1 * times)), rtol=1e-5, atol=1e-12)


def test_a_hessian_is_the_same_in_every_mix():
    """Lotka and Volterra's hunters and hunted: reverse over reverse integrates sensitivities."""

    def loss(p):
        hunt = lambda t, y: np.stack([p[0] * y[0] - y[0] * y[1], p[1] * y[0] * y[1] - y[1]])
        y = integrate.solve_ivp(hunt, (0.0, 1.0), [1.0, 0.5], t_eval=[0.5, 1.0], rtol=1e-7, atol=1e-9).y
        return np.sum((y - 1.0) ** 2)

    p = np.array([1.1, 0.8])
    expected = wg.jacfwd(wg.jacfwd(loss))(p)
    for hessian in (wg.jacrev(wg.grad(loss)), wg.jacfwd(wg.grad(loss))):
        np.testing.assert_allclose(hessian(p), expected, rtol=1e-4)


def test_a_right_side_that_decides_by_its_arguments_is_called_each_time():
    """y' = -k y until t = 1/2 and y' = -2k y after it: y(1) = exp(-3k/2)."""

    def slope(t, y, k):
        return -k * y if t < 0.5 else -2 * k * y

    last = lambda k: integrate.solve_ivp(slope, (0.0, 1.0), [1.0], args=(k,), max_step=0.05, **FINE).y[0, -1]
    for found in (wg.grad(last)(1.1), forward(last)(1.1)):
        np.testing.assert_allclose(found, -1.5 * np.exp(-1.65), rtol=1e-6)
    np.testing.assert_allclose(wg.grad(wg.grad(last))(1.1), 2.25 * np.exp(-1.65), rtol=1e-5)


@pytest.mark.parametrize("derivative", [wg.grad, forward], ids=["grad", "jvp"])
def test_a_right_side_that_changes_between_its_calls_is_refused(derivative):
    def count(k, late):
        calls = []

        def f(t, y):
            calls.append(t)
            return -(k if len(calls) < 3 else late) * y

        return integrate.solve_ivp(f, (0.0, 1.0), [1.0], **FINE).y[0, -1]

    for late in (lambda k: 3.0, lambda k: k * k):  # a number, and what no call before the recording has seen
        with pytest.raises(wg.errors.InvalidArgument, match=r"two values .* test_flows\.py"):
            derivative(lambda k, late=late: count(k, late(k)))(2.0)


def test_a_parameter_that_is_met_late():
    def late(k):
        return integrate.solve_ivp(lambda t, y: -k * y if t > 0.5 else -y, (0.0, 1.0), [1.0], max_step=0.01, **FINE).y[
            0, -1
        ]

    for derivative in (wg.grad, forward, lambda f: wg.jit(wg.grad(f)), lambda f: lambda k: -0.5 * wg.jit(f)(k)):
        np.testing.assert_allclose(derivative(late)(2.0), -0.5 * np.exp(-1.5), rtol=1e-5)


@pytest.mark.parametrize("times", [1, 5], ids=["adjoint", "sensitivities"])
def test_gradients_and_hessians_at_few_and_at_many_times(times):
    t = np.linspace(0.0, 1.0, times + 1)[1:]
    y = lambda p: p[1] * np.exp(-p[0] * t)
    problem = lambda p: integrate.solve_ivp(lambda t, y, k: -k * y, (0.0, 1.0), p[1:], args=(p[0],), t_eval=t, **FINE)
    exact, found = lambda p: np.sum(y(p) ** 3), lambda p: np.sum(problem(p).y[0] ** 3)
    p = np.array([1.1, 0.8])
    np.testing.assert_allclose(wg.grad(found)(p), wg.grad(exact)(p), rtol=1e-6)
    for hessian in (wg.hessian, lambda f: wg.jacrev(wg.grad(f))):
        np.testing.assert_allclose(hessian(found)(p), hessian(exact)(p), rtol=1e-5)


@pytest.mark.parametrize("matrix", [wg.jacfwd, wg.jacrev, wg.hessian])
def test_directions_share_the_solution_and_its_steps(matrix):
    """Of a function that is called each time: so many parameters need no more calls than two."""

    def calls(size):
        count = 0

        def slope(t, y, k):
            nonlocal count
            count += 1
            return -np.sum(k) * y if t < 9.0 else y

        last = lambda k: integrate.solve_ivp(slope, (0.0, 1.0), [1.0, 2.0], args=(k,)).y[:, -1]
        matrix(last if matrix is not wg.hessian else lambda k: np.sum(last(k)))(np.full(size, 1.0 / size))
        return count

    assert calls(8) < 1.3 * calls(2)


@pytest.mark.parametrize("method", ["RK45", "Radau"])
def test_a_vectorized_right_side_that_closes_over_a_parameter(method):
    last = lambda k: integrate.solve_ivp(
        lambda t, y: -k * y + 0 * t, (0.0, 1.0), [1.0, 2.0], method, vectorized=True, **FINE
    ).y[1, -1]
    for slope in (wg.grad, forward):
        np.testing.assert_allclose(slope(last)(1.1), -2 * np.exp(-1.1), rtol=1e-6)


def test_a_root_inside_the_right_side():
    """y' = -r with r² = k² y², r > 0: y = exp(-k t)."""

    def last(k):
        root = lambda y: optimize.root_scalar(lambda r: r * r - k * k * y[0] * y[0], bracket=(1e-3, 9.0)).root
        return integrate.solve_ivp(lambda t, y: -np.stack([root(y)]), (0.0, 1.0), [1.0], rtol=1e-6, atol=1e-8).y[0, -1]

    for found in (wg.grad(last)(1.1), forward(last)(1.1), -wg.grad(wg.grad(last))(1.1)):
        np.testing.assert_allclose(found, -np.exp(-1.1), rtol=1e-4)
