"""Kernel density estimates: values are SciPy's, derivatives difference quotients."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats as theirs

import wengert as wg
from wengert.scipy import stats

SAMPLE = np.array([[0.3, -0.2, 1.1, 0.4, 2.0], [0.5, 0.1, -0.7, 1.3, 0.2]])
WEIGHTS = np.array([0.1, 0.3, 0.2, 0.15, 0.25])
POINTS = np.array([[0.0, 0.7], [0.2, -0.4]])
COV = np.array([[0.6, 0.1], [0.1, 0.9]])


def other(source):
    return source.gaussian_kde(SAMPLE + 0.3, "silverman")


USES = {
    "evaluate": lambda k, source: k.evaluate(POINTS),
    "logpdf": lambda k, source: k.logpdf(POINTS),
    "row": lambda k, source: k.pdf(POINTS[:, 0]),
    "integrate_gaussian": lambda k, source: k.integrate_gaussian(POINTS[0], COV),
    "integrate_kde": lambda k, source: k.integrate_kde(other(source)),
    "marginal": lambda k, source: k.marginal([1]).integrate_box_1d(-0.3, 0.8),
    "covariance": lambda k, source: k.covariance,
    "inv_cov": lambda k, source: k.inv_cov,
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("bandwidth", ["scott", "silverman", 0.7, lambda k: 0.5 * k.neff**-0.1])
def test_uses(use, bandwidth):
    def value(sample, weights, source):
        return np.asarray(USES[use](source.gaussian_kde(sample, bandwidth, weights), source))

    ways = np.cos(SAMPLE), np.sin(9 * WEIGHTS)
    f = lambda s, w: USES[use](stats.gaussian_kde(s, bandwidth, w), stats)
    out, slope = wg.jvp(f, (SAMPLE, WEIGHTS), ways)
    np.testing.assert_allclose(out, value(SAMPLE, WEIGHTS, theirs), rtol=1e-9)
    ends = [value(SAMPLE + h * ways[0], WEIGHTS + h * ways[1], theirs) for h in (1e-6, -1e-6)]
    np.testing.assert_allclose(slope, (ends[0] - ends[1]) / 2e-6, rtol=1e-5, atol=1e-8)


def test_where_it_is_asked_and_how_wide_it_is():
    f = lambda x, h, source: source.gaussian_kde(SAMPLE[0], h).logpdf(x)
    out, slope = wg.jvp(lambda x, h: f(x, h, stats), (POINTS[0], 0.4), (np.ones(2), 1.0))
    np.testing.assert_allclose(out, f(POINTS[0], 0.4, theirs))
    ends = [f(POINTS[0] + e, 0.4 + e, theirs) for e in (1e-6, -1e-6)]
    np.testing.assert_allclose(slope, (ends[0] - ends[1]) / 2e-6, rtol=1e-6)
    kde = stats.gaussian_kde(SAMPLE[0])
    assert wg.grad(lambda x: kde.integrate_box([-1.0], [x]))(0.3) == pytest.approx(
        theirs.gaussian_kde(SAMPLE[0])(0.3)[0]
    )
    assert kde.resample(3, seed=0).shape == (1, 3)
    np.testing.assert_array_equal(kde(POINTS[0]), theirs.gaussian_kde(SAMPLE[0])(POINTS[0]))
    with pytest.raises(ValueError, match="no derivative"):
        wg.grad(lambda x: stats.gaussian_kde(SAMPLE).integrate_box([-1.0, -1], [x, x]))(0.3)
