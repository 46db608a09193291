"""LAPACK reads one triangle of a Hermitian matrix: a matrix that is given by that triangle has the right gradient."""

import numpy as np
import pytest

import wengert as wg

RNG = np.random.default_rng(5)
W = RNG.standard_normal((4, 4))
LOWER = np.tril(RNG.standard_normal((4, 4))) + 6 * np.eye(4)
COMPLEX = LOWER + 1j * np.tril(RNG.standard_normal((4, 4)), -1)

FUNCTIONS = {
    "eigh": lambda a: np.sum(W * np.abs(np.linalg.eigh(a).eigenvectors) ** 2),
    "eigh, upper": lambda a: np.sum(W * np.abs(np.linalg.eigh(a.T, "U").eigenvectors) ** 2),
    "eigvalsh": lambda a: np.linalg.eigvalsh(a) @ W[0],
    "cholesky": lambda a: np.sum(W * np.abs(np.linalg.cholesky(a)) ** 2),
    "cholesky, upper": lambda a: np.sum(W * np.abs(np.linalg.cholesky(a.T, upper=True)) ** 2),
}
each_function = pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)


@each_function
def test_the_triangle_that_is_read_has_the_whole_gradient(f):
    expected = wg.finite_difference(f, method="richardson")(LOWER)
    value, gradient = wg.value_and_grad(f)(LOWER)
    np.testing.assert_allclose(value, f(LOWER), rtol=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(wg.jacfwd(f)(LOWER), expected, rtol=1e-8, atol=1e-10)
    second = wg.finite_difference(wg.grad(f))(LOWER)
    np.testing.assert_allclose(wg.hessian(f)(LOWER), second, rtol=1e-5, atol=1e-7)
    assert not np.triu(gradient, 1).any()


@each_function
def test_so_has_that_of_a_complex_matrix(f):
    t = RNG.standard_normal((4, 4)) + 1j * RNG.standard_normal((4, 4))
    slope = wg.finite_difference(lambda h: f(COMPLEX + h * t), method="richardson")(0.0)
    np.testing.assert_allclose(np.vdot(wg.grad(f)(COMPLEX), t).real, slope, rtol=1e-8)
    np.testing.assert_allclose(wg.jvp(f, (COMPLEX,), (t,))[1], slope, rtol=1e-8)


@each_function
def test_the_gradient_of_a_symmetric_matrix_is_symmetric(f):
    gradient = wg.grad(f)(LOWER + LOWER.T)
    np.testing.assert_allclose(gradient, gradient.T, rtol=1e-12)
