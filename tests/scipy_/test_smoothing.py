"""Smoothing splines: the penalty that cross-validation chooses has its derivative, and residuals are what was asked."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import interpolate
from scipy.optimize import brentq

import wengert as wg

I = wg.scipy.interpolate
RNG = np.random.default_rng(1)
X = np.sort(RNG.uniform(0, 6, 12))
Y = np.sin(X) + 0.2 * RNG.normal(size=12)
W = RNG.uniform(0.5, 2, 12)
T = RNG.normal(size=12)
AT = np.linspace(0, 6, 7)


def score(lam: float, y: Any) -> float:
    """The generalised cross-validation score, by its definition, of splines that SciPy makes."""
    fit = interpolate.make_smoothing_spline(X, y, W, lam)(X)
    smoother = np.stack([interpolate.make_smoothing_spline(X, row, W, lam)(X) for row in np.eye(12)], axis=1)
    return float(np.sum((y - fit) ** 2) / (1 - np.trace(smoother) / 12) ** 2)


def best(y: Any) -> float:
    """The λ of the least score, exactly."""
    h = 1e-4
    return float(brentq(lambda lam: score(lam * (1 + h), y) - score(lam * (1 - h), y), 3e-3, 3e-2, xtol=1e-13))


def test_cross_validation_has_its_derivative() -> None:
    def through(y: Any) -> Any:
        return interpolate.make_smoothing_spline(X, y, W, best(y))(AT)

    _, slope = wg.jvp(lambda y: I.make_smoothing_spline(X, y, W)(AT), (Y,), (T,))
    h = 1e-3
    np.testing.assert_allclose(slope, (through(Y + h * T) - through(Y - h * T)) / (2 * h), atol=2e-4)
    fixed = wg.jvp(lambda y: I.make_smoothing_spline(X, y, W, best(Y))(AT), (Y,), (T,))[1]
    assert np.max(np.abs(slope - fixed)) > 1e-2  # so that the choice of λ counts


def test_a_penalty_at_the_end_of_the_search_stays_there() -> None:
    line = X + 1e-12 * T  # the smoother the better
    slope = wg.jvp(lambda y: I.make_smoothing_spline(X, y)(AT), (line,), (X,))[1]
    np.testing.assert_allclose(slope, AT, atol=1e-6)


@pytest.mark.parametrize("s", [0.02, 0.1, 3.0])
def test_a_smoothing_factor_is_the_residual(s: float) -> None:
    theirs = interpolate.make_splrep(X, Y, s=s)
    np.testing.assert_allclose(I.make_splrep(X, Y, s=s)(AT), theirs(AT), atol=1e-9)
    if len(theirs.t) > 8:  # more than one polynomial
        residual = wg.grad(lambda s: np.sum((I.make_splrep(X, Y, s=s)(X) - Y) ** 2))(s)
        np.testing.assert_allclose(residual, 1, atol=1e-6)


def test_what_the_fits_cannot_do_is_said() -> None:
    y = wg.tensor(Y, requires_grad=True)
    with pytest.raises(wg.errors.InvalidArgument, match="make_lsq_spline"):
        I.make_splrep(X, y, s=0.1, t=np.array([0.0] * 4 + [6.0] * 4))
    with pytest.raises(ValueError, match="interpolation only"):
        I.make_splrep(X, y, w=W)
    with pytest.raises(ValueError, match="at least 5"):
        I.make_smoothing_spline(X[:4], y[:4])
    with pytest.raises(ValueError, match="non-negative"):
        I.make_smoothing_spline(X, y, lam=-1.0)
