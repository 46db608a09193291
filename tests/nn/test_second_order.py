"""LBFGS, Newton, Gauss-Newton, Levenberg-Marquardt: convergence, saddles, exactness, refusals."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument

T = np.linspace(0, 1, 30)
DATA = 2.5 * np.exp(-4 * T) + 0.5 + 0.01 * np.sin(40 * T)


def rosenbrock(x):
    return np.sum((1 - x[:-1]) ** 2 + 100 * (x[1:] - x[:-1] ** 2) ** 2)


def misfit(p):
    return p[0] * np.exp(-p[1] * T) + p[2] - DATA


def leaf(x):
    return wg.tensor(x, requires_grad=True)


def closure_of(optimizer, f):
    def closure():
        optimizer.zero_grad()
        loss = f()
        loss.backward()
        return loss

    return closure


@pytest.mark.parametrize("n", [2, 10])
def test_lbfgs_reaches_rosenbrocks_minimum(n):
    w = leaf(np.linspace(-1.2, 1.0, n))
    optimizer = wg.optim.LBFGS([w], max_iter=200, line_search_fn="strong_wolfe", tolerance_change=1e-15)
    first = optimizer.step(closure_of(optimizer, lambda: rosenbrock(w)))
    np.testing.assert_allclose(w.detach().numpy(), np.ones(n), atol=1e-5)
    assert first.item() == rosenbrock(np.linspace(-1.2, 1.0, n))


def test_lbfgs_of_a_quadratic_needs_few_steps():
    a, w = np.diag([1.0, 10.0, 100.0]), leaf(np.ones(3))
    optimizer = wg.optim.LBFGS(
        [w], max_iter=30, line_search_fn="strong_wolfe", tolerance_grad=1e-9, tolerance_change=0.0
    )
    optimizer.step(closure_of(optimizer, lambda: w @ a @ w / 2))
    np.testing.assert_allclose(w.detach().numpy(), np.zeros(3), atol=1e-8)
    assert optimizer.state[w]["n_iter"] <= 20


def test_lbfgs_goes_on_where_it_was():
    def run(w, optimizer, steps):
        for _ in range(steps):
            optimizer.step(closure_of(optimizer, lambda: rosenbrock(w)))

    w = leaf(np.array([-1.2, 1.0]))
    optimizer = wg.optim.LBFGS([w], max_iter=4, line_search_fn="strong_wolfe")
    run(w, optimizer, 2)
    saved, again = copy.deepcopy(optimizer.state_dict()), leaf(w.detach().numpy().copy())
    run(w, optimizer, 2)
    other = wg.optim.LBFGS([again])
    other.load_state_dict(saved)
    run(again, other, 2)
    np.testing.assert_array_equal(again.detach().numpy(), w.detach().numpy())


def test_lbfgs_trains_complex_parameters_and_several():
    z, w = leaf(np.array([1 + 1j, 3 - 1j])), leaf(np.float64(3.0))
    optimizer = wg.optim.LBFGS([z, w], line_search_fn="strong_wolfe")
    loss = lambda: np.sum(np.abs(z - 2j) ** 2) + (w - 1) ** 2
    optimizer.step(closure_of(optimizer, loss))
    np.testing.assert_allclose(z.detach().numpy(), np.full(2, 2j), atol=1e-6)
    np.testing.assert_allclose(w.item(), 1.0, atol=1e-6)


@pytest.mark.parametrize("method", ["exact", "cg"])
@pytest.mark.parametrize("n", [2, 10])
def test_newton_reaches_rosenbrocks_minimum(method, n):
    start = np.linspace(-1.2, 1.0, n)
    found = wg.optim.minimize_newton(rosenbrock, start, method=method)
    assert found.converged and found.iterations < 90 and found.gradient_norm < 1e-8
    np.testing.assert_allclose(found.x, np.ones(n), atol=1e-6)
    w = leaf(start)
    optimizer = wg.optim.Newton([w], method=method)
    for _ in range(90):
        optimizer.step(lambda: rosenbrock(w))
    np.testing.assert_allclose(w.detach().numpy(), np.ones(n), atol=1e-6)


@pytest.mark.parametrize("method", ["exact", "cg"])
def test_newton_solves_a_quadratic_at_once_and_converges_quadratically(method):
    a = np.array([[3.0, 1.0], [1.0, 2.0]])
    found = wg.optim.minimize_newton(lambda x: x @ a @ x / 2 - x[0], np.zeros(2), method=method, radius=100.0)
    np.testing.assert_allclose(found.x, np.linalg.solve(a, [1.0, 0.0]), atol=1e-8)
    assert method == "cg" or found.iterations == 1


def test_newton_leaves_a_saddle():
    f = lambda x: x[0] ** 2 - x[1] ** 2 + x[1] ** 4
    found = wg.optim.minimize_newton(f, np.array([0.5, 0.0]), max_iter=50)
    np.testing.assert_allclose(np.abs(found.x), [0.0, np.sqrt(0.5)], atol=1e-6)


def test_newton_takes_trees():
    f = lambda p: (p["a"] - 1) ** 2 + np.sum(np.cosh(p["b"] - 2.0))
    found = wg.optim.minimize_newton(f, {"a": 0.0, "b": np.zeros((2, 2))})
    assert found.converged
    np.testing.assert_allclose(found.x["a"], 1.0)
    np.testing.assert_allclose(found.x["b"], np.full((2, 2), 2.0))


@pytest.mark.parametrize("method", ["exact", "cg"])
@pytest.mark.parametrize("name", ["gauss_newton", "levenberg_marquardt"])
def test_curves_are_fitted(name, method):
    start = np.array([1.0, 1.0, 0.0])
    found = getattr(wg.optim, name)(misfit, start, method=method)
    assert found.converged and found.iterations < 40
    np.testing.assert_allclose(wg.jacobian(misfit)(found.x).T @ misfit(found.x), np.zeros(3), atol=1e-7)
    np.testing.assert_allclose(found.value, np.sum(misfit(found.x) ** 2) / 2)
    w = leaf(start)
    maker = wg.optim.GaussNewton if name == "gauss_newton" else wg.optim.LevenbergMarquardt
    optimizer = maker([w], method=method)
    for _ in range(40):
        optimizer.step(lambda: misfit(w))
    np.testing.assert_allclose(w.detach().numpy(), found.x, atol=1e-5)


def test_rosenbrock_as_least_squares():
    residual = lambda x: (10 * (x[1] - x[0] ** 2), 1 - x[0])
    found = wg.optim.levenberg_marquardt(residual, np.array([-1.2, 1.0]))
    np.testing.assert_allclose(found.x, [1.0, 1.0], atol=1e-7)


def test_a_parameter_that_the_loss_does_not_use_stays():
    w, idle = leaf(np.array([3.0, 4.0])), leaf(np.ones(2))
    for optimizer, f in [
        (wg.optim.Newton([w, idle], radius=10.0), lambda: np.sum(w**2)),
        (wg.optim.GaussNewton([w, idle]), lambda: w - 1),
    ]:
        optimizer.step(f)
        assert idle.detach().numpy().tolist() == [1, 1]
    np.testing.assert_allclose(w.detach().numpy(), [1, 1])


def test_refusals():
    w, z = leaf(np.ones(2)), leaf(np.ones(2, complex))
    for make, says in [
        (lambda: wg.optim.LBFGS([w]).step(), "no closure"),
        (lambda: wg.optim.Newton([w]).step(), "no closure"),
        (lambda: wg.optim.LBFGS([{"params": [w]}, {"params": [z]}]), "2 groups"),
        (lambda: wg.optim.LBFGS([w], line_search_fn="armijo"), "armijo"),
        (lambda: wg.optim.Newton([z]), "complex128"),
        (lambda: wg.optim.Newton([w], method="lu"), "'lu'"),
        (lambda: wg.optim.minimize_newton(rosenbrock, np.ones(2, int)), "int64"),
        (lambda: wg.optim.levenberg_marquardt(misfit, np.ones(3), method="qr"), "'qr'"),
    ]:
        with pytest.raises(InvalidArgument, match=says):
            make()
