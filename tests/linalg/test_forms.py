"""Schur's form, Hessenberg's and LDL: where they have no derivative, they say so, and nowhere else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert as wg

L = wg.scipy.linalg
SPIN = np.array([[0.6, -0.8, 0.0], [0.8, 0.6, 0.0], [0.0, 0.0, 3.0]])


def moved(f: Any, x: Any, t: Any, h: float = 1e-6) -> Any:
    """The derivative of f along t by a central difference."""
    return (f(x + h * t) - f(x - h * t)) / (2 * h)


def test_equal_eigenvalues_are_refused() -> None:
    with pytest.raises(wg.errors.NotDifferentiable, match="equal eigenvalues"):
        wg.grad(lambda a: np.sum(L.schur(a)[0] ** 2))(np.diag([1.0, 1.0, 2.0]))


def test_a_free_phase_is_refused_and_what_does_not_depend_on_it_is_not() -> None:
    a = np.array([[1.0, 2.0j], [0.5, 3.0 + 1j]])
    with pytest.raises(wg.errors.NotDifferentiable, match="free phase"):
        wg.grad(lambda a: np.real(L.schur(a)[1][0, 0]))(a)
    t = np.array([[0.3, 1j], [0.2 - 1j, 0.5]])
    slope = np.real(np.sum(np.conj(wg.grad(lambda a: np.abs(L.schur(a)[0][0, 1]))(a)) * t))
    np.testing.assert_allclose(slope, moved(lambda a: np.abs(L.schur(a)[0][0, 1]), a, t), rtol=1e-7)


def test_a_turn_that_leaves_its_block_as_it_is_may_not_be_asked_for() -> None:
    with pytest.raises(wg.errors.NotDifferentiable, match="turn of two"):
        wg.grad(lambda a: L.schur(a)[1][0, 1])(SPIN)
    # The plane of the pair does not depend on the turn.
    t = np.arange(9.0).reshape(3, 3)

    def plane(a: Any) -> Any:
        z = L.schur(a)[1][:, :2]
        return np.sum((z @ z.T) * t)

    slope = np.sum(wg.grad(plane)(SPIN) * t)
    np.testing.assert_allclose(slope, moved(plane, SPIN, t), rtol=1e-6)


def test_a_real_form_made_complex_is_the_complex_form_up_to_phases() -> None:
    a = np.array([[1.0, 2.0, 0.3], [-1.5, 0.5, 0.7], [0.4, -0.2, 4.0]])
    slopes = [
        wg.grad(lambda a, f=f: np.abs(f(a)[0][0, 1]))(a)
        for f in (lambda a: L.schur(a, output="complex"), lambda a: L.rsf2csf(*L.schur(a)))
    ]
    t = np.ones((3, 3))
    for f, slope in zip(
        (lambda a: L.schur(a, output="complex"), lambda a: L.rsf2csf(*L.schur(a))), slopes, strict=True
    ):
        np.testing.assert_allclose(np.sum(slope * t), moved(lambda a, f=f: np.abs(f(a)[0][0, 1]), a, t), rtol=1e-6)


def test_a_hessenberg_form_that_breaks_off_is_refused() -> None:
    a = np.array([[1.0, 2.0, 3.0, 1.0], [0.0, 1.0, 2.0, 0.5], [0.0, 2.0, 1.0, 0.2], [0.0, 0.3, 0.1, 2.0]])
    with pytest.raises(wg.errors.NotDifferentiable, match="below its diagonal"):
        wg.grad(lambda a: np.sum(L.hessenberg(a)))(a)
    last = a.T @ a
    last[3, :2] = last[:2, 3] = 0  # where only the last entry is 0 all of q is determined
    assert np.all(np.isfinite(wg.grad(lambda a: np.sum(L.hessenberg(a) ** 2))(last)))


def test_pivots_of_zero_are_refused() -> None:
    with pytest.raises(wg.errors.NotDifferentiable, match="singular matrix"):
        wg.grad(lambda a: np.sum(L.ldl(a)[0]))(np.zeros((2, 2)))


def test_an_ldl_factorisation_reads_one_triangle() -> None:
    a = np.array([[2.0, 9.0], [1.0, 3.0]])
    lower = wg.grad(lambda a: L.ldl(a)[1][1, 1])(a)
    np.testing.assert_allclose(lower, [[0.25, 0.0], [-1.0, 1.0]])
    upper = wg.grad(lambda a: L.ldl(a, lower=False)[1][0, 0])(a.T)
    np.testing.assert_allclose(upper, [[1.0, -2 / 3], [0.0, 1 / 9]])
