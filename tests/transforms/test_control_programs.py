"""Programs that people write with loops: integrators, Newton's method, recurrent networks, checkpointed sweeps."""

import math

import numpy as np
import pytest

import wengert as wg
from wengert.ops.checkpoint import binomial_split, sweep_back
from wengert.transforms import partial

START = np.array([10.0, 5.0])
RATES = np.array([1.1, 0.4, 0.4, 0.1])


def rk4(f, y, h):
    k1 = f(y)
    k2 = f(y + h / 2 * k1)
    k3 = f(y + h / 2 * k2)
    k4 = f(y + h * k3)
    return y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def predators(p, y):
    return np.stack([y[0] * (p[0] - p[1] * y[1]), y[1] * (p[3] * y[0] - p[2])])


def integrated(p, y, n=40, checkpoint=None):
    """Lotka and Volterra's predators and prey after n steps."""
    return wg.scan(lambda y, _: (rk4(lambda z: predators(p, z), y, 0.05), y), y, length=n, checkpoint=checkpoint)


def unrolled(p, y, n=40):
    for _ in range(n):
        y = rk4(lambda z: predators(p, z), y, 0.05)
    return y


@pytest.mark.parametrize("checkpoint", [None, "sqrt", "binomial"])
def test_an_integrator(checkpoint):
    loss = lambda p, y: np.sum(np.sin(integrated(p, y, checkpoint=checkpoint)[0]))
    plain = lambda p, y: np.sum(np.sin(unrolled(p, y)))
    want = wg.grad(plain, (0, 1))(RATES, START)
    graph = wg.trace(wg.grad(loss, (0, 1)))(RATES * 1.1, START)
    for got in (wg.grad(loss, (0, 1))(RATES, START), graph(RATES, START)):
        for a, b in zip(got, want, strict=True):
            assert np.allclose(a, b, rtol=1e-10)
    v = np.array([0.3, -0.2, 0.1, 0.4])
    ahead, behind = plain(RATES + 1e-6 * v, START), plain(RATES - 1e-6 * v, START)
    assert np.isclose(want[0] @ v, (ahead - behind) / 2e-6, rtol=1e-6)
    hessian = wg.hessian(lambda p: plain(p, START))(RATES)
    assert np.allclose(wg.hessian(lambda p: loss(p, START))(RATES), hessian, rtol=1e-8)
    recorded = wg.trace(lambda p: loss(p, START))(RATES)
    assert np.allclose(wg.hessian(recorded)(RATES), hessian, rtol=1e-8)


def test_an_integrator_stores_its_trajectory_once():
    loss = lambda p: np.sum(integrated(p, START)[0])
    forward, *_, backward = [e for e in wg.trace(wg.grad(loss))(RATES).equations if e.op.name == "scan"]
    stored = [v.spec.shape for v in forward.results[1:]]
    assert stored == [(40, 2)]  # the states: all arithmetic between them is cheap
    assert backward.params["reverse"]


def test_transcendental_functions_are_evaluated_in_the_forward_sweep_only():
    loss = lambda w: wg.scan(lambda c, x: (np.exp(np.sin(c * w)) + x, None), w, np.arange(5.0))[0]
    *_, backward = [e for e in wg.trace(wg.grad(loss))(0.3).equations if e.op.name == "scan"]
    assert {e.op.name for e in backward.params["body"].equations} <= {"multiply", "add"} | partial.CHEAP


def test_newton_has_the_derivative_of_the_root():
    # Kepler's equation M = E - e sin E: ∂E/∂M = 1 / (1 - e cos E), ∂E/∂e = sin E / (1 - e cos E)
    def kepler(m, e):
        residual = lambda x: x - e * np.sin(x) - m
        step = lambda x: x - residual(x) / (1 - e * np.cos(x))
        return wg.while_loop(lambda x: np.abs(residual(x)) > 1e-12, step, m + e * np.sin(m))

    m, e = 0.7, 0.3
    root = kepler(m, e)
    want = np.array([1, np.sin(root)]) / (1 - e * np.cos(root))
    for f in (kepler, lambda *a: wg.trace(kepler)(1.0, 0.1)(*a)):
        assert np.allclose(wg.grad(f, (0, 1))(m, e), want)
        assert np.allclose(wg.jvp(f, (m, e), (1.0, 0.0))[1], want[0])
        ms = np.linspace(0.1, 3.0, 7)
        assert np.allclose(wg.vmap(f, (0, None))(ms, e), [kepler(x, e) for x in ms])
        each = [wg.grad(kepler, 1)(x, e) for x in ms]
        assert np.allclose(wg.vmap(wg.grad(f, 1), (0, None))(ms, e), each)


def test_a_recurrent_network():
    rng = np.random.default_rng(0)
    params = {"w": rng.normal(size=(4, 4)) / 2, "u": rng.normal(size=(4, 3)), "b": rng.normal(size=4)}
    xs = rng.normal(size=(2, 6, 3))
    cell = lambda p, h, x: np.tanh(p["w"] @ h + p["u"] @ x + p["b"])

    def looped(p, x):
        h, hs = wg.scan(lambda h, x: (cell(p, h, x),) * 2, np.zeros(4), x)
        return np.sum(h) + np.sum(hs**2)

    def plain(p, x):
        h, total = np.zeros(4), 0.0
        for row in x:
            h = cell(p, h, row)
            total = total + np.sum(h**2)
        return np.sum(h) + total

    batch = lambda f: lambda p: np.sum(wg.vmap(lambda x: f(p, x))(xs))
    want = wg.grad(lambda p: plain(p, xs[0]) + plain(p, xs[1]))(params)
    for got in (wg.grad(batch(looped))(params), wg.trace(wg.grad(batch(looped)))(params)(params)):
        for key in params:
            assert np.allclose(got[key], want[key])


def test_training_with_a_closed_over_tensor():
    w = wg.tensor(np.zeros(2), requires_grad=True)
    xs = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]])
    ys = np.array([1.0, 3.0, 5.0])
    error = lambda c, row: (c + (row[0] @ w - row[1]) ** 2, None)
    for _ in range(200):
        loss = wg.scan(error, 0.0, (xs, ys), checkpoint="binomial")[0]
        loss.backward()
        with wg.no_grad():
            w -= 0.05 * w.grad
        w.grad = None
    assert np.allclose(w.detach(), [1.0, 2.0], atol=1e-3)


# --- checkpoints ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 2, 7, 64, 100, 1000])
@pytest.mark.parametrize("policy", [None, "sqrt", "binomial"])
def test_a_sweep_passes_every_step_once_from_the_end(policy, n):
    walked, run = [], [0]
    kept, most = [0], [0]

    def advance(state, first, last):
        assert state == first
        run[0] += last - first
        kept[0] += 1
        most[0] = max(most[0], kept[0])
        return last

    def retrace(state, first, last):
        assert state == first
        kept[0] -= 1
        walked.extend(range(last - 1, first - 1, -1))

    sweep_back(policy, 0, n, advance, retrace)
    assert walked == list(range(n - 1, -1, -1))
    if policy == "sqrt":
        assert run[0] <= n and most[0] <= 2 * math.isqrt(n) + 2
    if policy == "binomial" and n:
        carries = n.bit_length()
        rounds = next(r for r in range(1, n + 1) if math.comb(carries + r, r) >= n)
        assert run[0] <= rounds * n


@pytest.mark.parametrize("carries, n", [(1, 5), (3, 20), (5, 100), (10, 1000)])
def test_binomial_splits_fit_their_two_parts(carries, n):
    left = binomial_split(n, carries)
    rounds = next(r for r in range(1, n + 1) if math.comb(carries + r, r) >= n)
    assert 1 <= left < n
    assert n - left <= math.comb(carries - 1 + rounds, rounds)
    assert left <= math.comb(carries + rounds - 1, rounds - 1)


@pytest.mark.parametrize("checkpoint", ["sqrt", "binomial"])
def test_a_checkpointed_loop_keeps_nothing_of_its_steps(checkpoint):
    x = wg.tensor(START, requires_grad=True)
    final, _ = integrated(RATES, x, 30, checkpoint)
    held = sum(a.nbytes for some in final.grad_fn.saved for a in some[0] if isinstance(a, np.ndarray))
    assert held < 1000  # operands only: 30 steps with their stages would be over 30 * 2 * 8 * 10
