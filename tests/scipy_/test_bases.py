"""Piecewise polynomials in two bases: each way goes and comes back, and carries derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import interpolate

import wengert as wg

I = wg.scipy.interpolate
X = np.array([0.0, 0.7, 1.5])
C = np.arange(12.0).reshape(3, 2, 2) ** 1.5


def test_the_bases_are_those_of_scipy() -> None:
    power = I.BPoly.from_power_basis(I.PPoly(C, X)).c
    np.testing.assert_allclose(power, interpolate.BPoly.from_power_basis(interpolate.PPoly(C, X)).c, rtol=1e-13)
    bernstein = I.PPoly.from_bernstein_basis(I.BPoly(C, X)).c
    expected = interpolate.PPoly.from_bernstein_basis(interpolate.BPoly(C, X)).c
    np.testing.assert_allclose(bernstein, expected, rtol=1e-12)


def test_there_and_back_is_the_identity_and_so_is_its_jacobian() -> None:
    def back(c: Any) -> Any:
        return I.PPoly.from_bernstein_basis(I.BPoly.from_power_basis(I.PPoly(c, X))).c

    np.testing.assert_allclose(back(C), C, atol=1e-12)
    np.testing.assert_allclose(wg.jacobian(back)(C).reshape(12, 12), np.eye(12), atol=1e-12)


def test_what_is_no_power_basis_is_refused() -> None:
    with pytest.raises(TypeError, match="PPoly"):
        I.BPoly.from_power_basis(I.BPoly(C, X))


def test_roots_move_with_the_coefficients_and_jumps_with_the_breakpoints() -> None:
    c = np.array([[1.0, -1.0], [-0.2, -0.3]])  # x - 0.2, and below 0 from the breakpoint at 0.7 on
    found = I.PPoly(c, X).roots(extrapolate=False)
    np.testing.assert_allclose(found, [0.2, 0.7])
    by_c = wg.jacobian(lambda c: I.PPoly(c, X).roots(extrapolate=False))(c)
    np.testing.assert_allclose(by_c[0], [[-0.2, 0.0], [-1.0, 0.0]], atol=1e-12)
    np.testing.assert_array_equal(by_c[1], 0)
    by_x = wg.jacobian(lambda x: I.PPoly(c, x).roots(extrapolate=False))(X)
    np.testing.assert_allclose(by_x, [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], atol=1e-12)
    with pytest.raises(wg.errors.InvalidArgument, match="one PPoly"):
        I.PPoly(C, X).roots()
