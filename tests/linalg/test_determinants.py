"""Determinants are polynomials: their derivatives of every order, at matrices of any rank."""

from typing import Any

import numpy as np
import pytest

import wengert as wg

RNG = np.random.default_rng(11)


def of_rank(n: int, rank: int, dtype: Any = float) -> Any:
    left, right = RNG.normal(size=(2, n, n)) + (1j * RNG.normal(size=(2, n, n)) if dtype is complex else 0)
    return left[:, :rank] @ right[:rank]


def divisionless(a: Any) -> Any:
    """A determinant by products and sums alone (R. S. Bird, 2011)."""
    n, f = len(a), a
    for _ in range(n - 1):
        diagonal = np.diagonal(f)
        below = np.stack([-np.sum(diagonal[i + 1 :]) for i in range(n)])
        f = (np.triu(f, 1) + np.diag(below)) @ a
    return f[0, 0] * (-1) ** (n - 1)


def third(f: Any) -> Any:
    return wg.jacfwd(wg.hessian(f))


MATRICES = [pytest.param(of_rank(n, r), id=f"{n}-{r}") for n in (2, 3, 4) for r in range(n + 1)]


@pytest.mark.parametrize("a", MATRICES)
def test_third_derivatives(a):
    expected = third(divisionless)(a)
    for derivative in (third, lambda f: wg.jacrev(wg.jacrev(wg.grad(f)))):
        np.testing.assert_allclose(derivative(np.linalg.det)(a), expected, atol=1e-12)


@pytest.mark.parametrize("a", MATRICES[:7])
def test_compiled_third_derivatives(a):
    np.testing.assert_allclose(wg.jit(third(np.linalg.det))(a), third(divisionless)(a), atol=1e-12)


@pytest.mark.parametrize("rank", [6, 8, 9, 10])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_gradients_of_directional_derivatives(rank, order):
    a, f, expected = of_rank(10, rank), np.linalg.det, divisionless
    g = wg.grad(f)
    for t in RNG.normal(size=(order, 10, 10)):
        along = lambda f, t=t: lambda a: wg.jvp(f, (a,), (t,))[1]
        f, g, expected = along(f), along(g), along(expected)
    expected = wg.grad(expected)(a)
    for found in (wg.grad(f)(a), g(a)):
        np.testing.assert_allclose(found, expected, atol=1e-6 + 1e-9 * np.max(np.abs(expected)))


def test_of_complex_matrices():
    a, t = of_rank(4, 2, complex), of_rank(4, 4, complex)

    def second(det: Any) -> Any:
        f = lambda a: np.real(det(a) * (1 - 2j))
        return wg.grad(lambda a: np.real(np.sum(np.conj(t) * wg.jvp(wg.grad(f), (a,), (t,))[1])))(a)

    np.testing.assert_allclose(second(np.linalg.det), second(divisionless), atol=1e-11)


def test_of_stacks_with_some_singular_members():
    stack = np.stack([np.zeros((3, 3)), np.eye(3), np.ones((3, 3)), of_rank(3, 2)])
    expected = [third(divisionless)(a) for a in stack]
    for f in (wg.vmap(third(np.linalg.det)), wg.jit(wg.vmap(third(np.linalg.det)))):
        np.testing.assert_allclose(f(stack), expected, atol=1e-13)


@pytest.mark.parametrize("distance", [1e-3, 1e-6, 1e-9, 1e-12, 1e-15])
def test_close_to_singular_matrices(distance):
    """Inverses lose all digits there, minors none."""
    u, v = np.linalg.qr(RNG.normal(size=(2, 4, 4)))[0]
    a = u @ np.diag([1.0, 0.5, distance, distance / 2]) @ v
    np.testing.assert_allclose(wg.hessian(np.linalg.det)(a), wg.hessian(divisionless)(a), atol=1e-12)
    np.testing.assert_allclose(third(np.linalg.det)(a), third(divisionless)(a), atol=1e-7)


def test_directions_of_very_different_lengths():
    a, (s, t) = of_rank(4, 2), RNG.normal(size=(2, 4, 4))
    along = lambda f, t: lambda a: wg.jvp(f, (a,), (t,))[1]
    found = wg.grad(along(along(np.linalg.det, 1e12 * s), 1e-12 * t))(a)
    np.testing.assert_allclose(found, wg.grad(along(along(np.linalg.det, s), t))(a), rtol=1e-10, atol=1e-12)


def test_compiled_second_derivatives_where_rounding_hides_the_rank():
    a = of_rank(3, 2)
    np.testing.assert_allclose(wg.jit(wg.hessian(np.linalg.det))(a), wg.hessian(divisionless)(a), atol=1e-13)
    a = of_rank(6, 4)
    np.testing.assert_allclose(wg.jit(wg.hessian(np.linalg.det))(a), wg.hessian(divisionless)(a), atol=1e-10)


def log_size(a: Any) -> Any:
    return np.linalg.slogdet(a)[1]


@pytest.mark.parametrize("change", [wg.grad, wg.jacfwd, lambda f: wg.jit(wg.grad(f)), wg.hessian])
def test_logarithms_of_0_are_refused(change):
    with pytest.raises(wg.NotDifferentiable, match="a singular matrix"):
        change(log_size)(np.zeros((3, 3)))


@pytest.mark.parametrize("f", [wg.vmap(wg.grad(log_size)), wg.grad(lambda s: np.sum(log_size(s)))])
def test_the_singular_member_of_a_stack_is_named(f):
    with pytest.raises(wg.NotDifferentiable, match=r"matrix \[1\] of a stack"):
        f(np.stack([np.eye(2), np.zeros((2, 2)), np.eye(2)]))
