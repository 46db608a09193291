"""Derivatives of what solvers find, against formulas: closures, batches, the eager tape, constraints, second order."""

import numpy as np
import pytest

import wengert as wg
from wengert.scipy import integrate, optimize

C = np.array([8.0, 27.0, 64.0])


def cube_root(c):
    """A solver that closes over its parameter."""
    return optimize.root(lambda x: x**3 - c, 2.0, tol=1e-14).x[0]


def test_a_function_may_close_over_a_tensor_of_any_interpreter():
    slopes = 1 / (3 * C ** (2 / 3))
    np.testing.assert_allclose(wg.vmap(cube_root)(C), np.cbrt(C), rtol=1e-10)
    np.testing.assert_allclose(wg.vmap(wg.grad(cube_root))(C), slopes, rtol=1e-10)
    np.testing.assert_allclose(wg.grad(wg.grad(cube_root))(8.0), -2 / 9 * 8.0 ** (-5 / 3), rtol=1e-8)
    c = wg.tensor(8.0, requires_grad=True)
    cube_root(c).backward()
    np.testing.assert_allclose(c.grad.numpy(), slopes[0], rtol=1e-10)


def test_an_inner_solver_sees_the_outer_one():
    def nested(c):
        inner = lambda y: optimize.brentq(lambda x: x**3 - c * y, 0.0, 9.0)
        return optimize.brentq(lambda y: inner(y) - y**2, 0.5, 9.0)  # (c y)^(1/3) = y²: y = c^(1/5)

    np.testing.assert_allclose(wg.grad(nested)(2.0), 0.2 * 2.0**-0.8, rtol=1e-8)


def test_active_constraints_move_the_minimum():
    def best(a):
        line = {"type": "eq", "fun": lambda x: np.sum(x) - a[0]}
        bounds = [(None, a[1]), (None, None), (None, None)]
        found = optimize.minimize(
            lambda x: np.sum(x**2), np.zeros(3), method="SLSQP", bounds=bounds, constraints=[line]
        )
        return found.x

    # x₀ = a₁, and the rest of the sum in equal parts
    expected = [[0.0, 1.0], [0.5, -0.5], [0.5, -0.5]]
    np.testing.assert_allclose(wg.jacobian(best)(np.array([3.0, 0.2])), expected, atol=1e-6)


@pytest.mark.parametrize(
    "method", [None, "CG", "BFGS", "L-BFGS-B", "TNC", "Newton-CG", "trust-ncg", "trust-exact", "dogleg"]
)
def test_minimize_gets_the_exact_derivatives_that_its_method_wants(method):
    calls = []

    def bowl(x):
        calls.append(type(x))
        return np.sum((x - 1.5) ** 2 + 0.1 * (x - 1.5) ** 4)

    found = optimize.minimize(bowl, np.zeros(2), method=method)
    np.testing.assert_allclose(found.x, 1.5, atol=1e-4)
    assert wg.Tensor in calls


def test_least_squares_gets_the_exact_jacobian_of_a_function_with_keywords():
    plain = []

    def residuals(x, *, c):
        plain.append(type(x) is np.ndarray)
        return np.array([x[0] - c, np.exp(x[1]) - c * c, x[0] * x[1]], like=x)

    found = optimize.least_squares(residuals, np.zeros(2), kwargs={"c": 2.0})
    assert sum(plain) <= found.nfev + 2 and len(plain) - sum(plain) >= found.njev, "it took differences"


def test_a_function_that_does_not_differentiate_still_has_a_minimum():
    found = optimize.minimize(lambda x: abs(float(x[0]) - 2.0) ** 2, np.zeros(1))
    np.testing.assert_allclose(found.x, 2.0, atol=1e-4)


@pytest.mark.parametrize("method", ["RK45", "RK23", "DOP853", "Radau", "BDF", "LSODA"])
def test_the_adjoint_is_accurate_to_the_solvers_tolerance(method):
    def end(p):
        """y' = k y (1 - y), whose solution is a logistic curve."""
        fine = {"rtol": 1e-8, "atol": 1e-10}
        return integrate.solve_ivp(lambda t, y: p[0] * y * (1 - y), (0.0, p[2]), p[1:2], method, [p[2]], **fine).y[0, 0]

    def exact(p):
        return 1 / (1 + (1 / p[1] - 1) * np.exp(-p[0] * p[2]))

    p = np.array([1.5, 0.2, 1.3])
    np.testing.assert_allclose(wg.grad(end)(p), wg.grad(exact)(p), rtol=2e-5)


def test_second_derivatives_of_a_differential_equation():
    decay = lambda k: integrate.solve_ivp(
        lambda t, y: -k * y, (0.0, 1.0), [1.0], "DOP853", [1.0], rtol=1e-8, atol=1e-10
    ).y[0, 0]
    np.testing.assert_allclose(wg.hessian(decay)(0.5), np.exp(-0.5), rtol=1e-5)
