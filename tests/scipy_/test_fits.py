"""Smoothing splines: the values of SciPy, and the derivatives of what they are defined by."""

import numpy as np
import pytest
import scipy.interpolate
from scipy.optimize import brentq

import wengert as wg
from wengert.scipy import interpolate
from wengert.scipy.splinefits import fitted, on_knots

RNG = np.random.default_rng(7)
X = np.sort(np.linspace(0, 3, 14) + 0.05 * RNG.normal(size=14))
Y = np.sin(2 * X) + 0.1 * RNG.normal(size=14)
W = 1 + 0.3 * RNG.random(14)
AT, WEIGHTS = np.array([0.3, 1.7, 2.5]), np.array([1.0, 2.0, 3.0])


def smoothed(x, y, w, s):
    return np.sum(interpolate.splev(AT, interpolate.splrep(x, y, w, s=s)) * WEIGHTS)


def exact(places, x, y, w, s):
    """The same with λ found by bisection, on knots at the samples of these numbers."""
    t = np.concatenate([[x[0]] * 4, x[places], [x[-1]] * 4])
    residual = lambda log: on_knots(np.exp(log), x, y[:, None], w, t, 3).residual - s
    c = on_knots(np.exp(brentq(residual, -40, 10, xtol=1e-14)), x, y[:, None], w, t, 3).c[:, 0]
    return np.sum(scipy.interpolate.BSpline(t, c, 3)(AT) * WEIGHTS)


@pytest.mark.parametrize("argument", range(4), ids=["x", "y", "w", "s"])
def test_a_smoothing_spline_has_the_derivative_of_its_equation(argument):
    t, _, _ = scipy.interpolate.splrep(X, Y, W, s=0.05)
    places = np.searchsorted(X, t[4:-4])
    # FITPACK is content with 0.1 % of s; what it reached is the s it solved for.
    reached = fitted("", X, Y[:, None], W, (X[0], X[-1]), 3, 0.05).residual
    at = [X, Y, W, reached]
    found = wg.grad(smoothed, argument)(X, Y, W, 0.05)
    step = 1e-6 * RNG.normal(size=np.shape(at[argument]))
    ends = [exact(places, *[a + sign * step if n == argument else a for n, a in enumerate(at)]) for sign in (1, -1)]
    np.testing.assert_allclose(np.sum(found * step), (ends[0] - ends[1]) / 2, rtol=1e-5)


@pytest.mark.parametrize("k", [2, 3, 4, 5])
@pytest.mark.parametrize("s", [0.0, 0.05, 0.4, 50.0])
def test_a_smoothing_spline_has_scipys_values(k, s):
    ours, theirs = [m.UnivariateSpline(X, Y, W, k=k, s=s) for m in (interpolate, scipy.interpolate)]
    np.testing.assert_allclose(ours.get_knots(), theirs.get_knots())
    np.testing.assert_allclose(ours.get_coeffs(), theirs.get_coeffs(), atol=1e-10)
    np.testing.assert_allclose(ours.get_residual(), theirs.get_residual(), atol=1e-10)
    np.testing.assert_allclose(ours.derivative()(AT), theirs.derivative()(AT), atol=1e-10)


def test_a_smooth_curve_has_scipys_values_and_a_gradient():
    def curve(m):
        return lambda y: np.stack(m.splprep([X, y], s=0.05)[0][1])

    expected = curve(scipy.interpolate)(Y)
    np.testing.assert_allclose(wg.vjp(curve(interpolate), Y)[0], expected, atol=1e-10)
    assert np.all(np.isfinite(wg.jacobian(curve(interpolate))(Y)))
