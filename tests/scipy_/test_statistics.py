"""Statistics: NaN policies, axes that are kept, results of SciPy's kinds."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats as theirs

import wengert as wg
from wengert.scipy import stats

X = np.array([[0.3, 1.2, np.nan, 2.0, 0.7], [1.1, 0.4, 2.2, 0.9, 3.1]])


@pytest.mark.parametrize("name", ["gmean", "skew", "kurtosis", "sem", "tvar", "iqr", "median_abs_deviation", "moment"])
def test_missing_entries_are_left_out(name):
    f = getattr(stats, name)
    options = {"axis": 1, "nan_policy": "omit"} | ({"order": 2} if name == "moment" else {})
    out, pull = wg.vjp(lambda x: f(x, **options), X)
    np.testing.assert_allclose(out, getattr(theirs, name)(X, **options), rtol=1e-12)
    (slope,) = pull(np.ones(2))
    assert slope[0, 2] == 0
    whole = wg.grad(lambda x: f(x, **options | {"axis": 0}))(X[0][~np.isnan(X[0])])
    np.testing.assert_allclose(slope[0][~np.isnan(X[0])], whole)
    with pytest.raises(ValueError, match="nan"):
        wg.grad(lambda x: np.sum(f(x, **options | {"nan_policy": "raise"})))(X)


def test_each_problem_of_a_batch_has_its_own_missing_entries():
    f = lambda x: stats.skew(x, nan_policy="omit")
    np.testing.assert_allclose(wg.vmap(f)(X), theirs.skew(X, axis=1, nan_policy="omit"))
    compiled = wg.jit(f)
    np.testing.assert_allclose([compiled(x) for x in X], theirs.skew(X, axis=1, nan_policy="omit"))
    slopes = wg.vmap(wg.grad(f))(X)
    np.testing.assert_allclose(slopes, [wg.grad(f)(x) for x in X])
    with pytest.raises(ValueError, match="nan"):
        wg.vmap(lambda x: stats.skew(x, nan_policy="raise"))(X[::-1])
    # What else is differentiated, and pairs.
    about = wg.grad(lambda c: stats.moment(X[0], 2, center=c, nan_policy="omit"))(0.5)
    assert about == pytest.approx(-2 * (np.nanmean(X[0]) - 0.5))
    slope = wg.grad(lambda y: stats.linregress(X[0], y, nan_policy="omit").slope)(X[1])
    known = [0, 1, 3, 4]
    np.testing.assert_allclose(slope[known], wg.grad(lambda y: stats.linregress(X[0, known], y).slope)(X[1, known]))


def test_a_power_mean_is_smooth_at_the_geometric_one():
    x, w = np.array([1.0, 2.0, 5.0]), np.array([0.2, 0.5, 0.3])
    for p in (0.0, 1e-9, 1.5, -2.0):
        value, slope = wg.value_and_grad(lambda p: stats.pmean(x, p, weights=w))(p)
        assert value == pytest.approx(theirs.pmean(x, p, weights=w), rel=1e-6)
        ends = [theirs.pmean(x, p + h, weights=w) for h in (1e-4, -1e-4)]
        assert slope == pytest.approx((ends[0] - ends[1]) / 2e-4, rel=1e-6)


def test_results_are_those_of_scipy():
    x, y = theirs.norm.rvs(size=(2, 12), random_state=0)
    for name in ("ttest_ind", "ttest_rel", "pearsonr", "linregress"):
        expected = getattr(theirs, name)(x, y)
        found = wg.vjp(lambda x, name=name: tuple(getattr(stats, name)(x, y)), x)[0]
        np.testing.assert_allclose(np.stack(found), np.stack(tuple(expected)), rtol=1e-12)
        assert type(getattr(stats, name)(wg.tensor(x, requires_grad=True), y)) is type(expected)
    whole = stats.describe(wg.tensor(x, requires_grad=True))
    assert whole.nobs == 12
    assert whole.variance.item() == pytest.approx(theirs.describe(x).variance)


def test_a_likeliest_transformation_keeps_its_parameter():
    x = theirs.lognorm.rvs(0.6, size=20, random_state=0)
    value, power = theirs.boxcox(x)
    found, pull = wg.vjp(lambda x: stats.boxcox(x)[0], x)
    np.testing.assert_allclose(found, value)
    np.testing.assert_allclose(pull(np.ones(20))[0], x ** (power - 1))


@pytest.mark.parametrize(
    "name",
    ["circmean", "circvar", "circstd", "skewtest", "kurtosistest", "normaltest", "jarque_bera", "lmoment"],
)
def test_statistics_against_those_of_scipy(name):
    x = theirs.gamma.rvs(2.0, size=(12, 2), random_state=1)
    first = lambda found: found[0] if isinstance(found, tuple) else found
    many = lambda found: np.stack(list(found)) if isinstance(found, tuple) else found
    f = lambda x, source: many(getattr(source, name)(x, axis=0))
    out, slope = wg.jvp(lambda x: f(x, stats), (x,), (np.cos(x),))
    np.testing.assert_allclose(out, f(x, theirs), rtol=1e-11)
    ends = f(x + 1e-6 * np.cos(x), theirs), f(x - 1e-6 * np.cos(x), theirs)
    np.testing.assert_allclose(slope, (ends[0] - ends[1]) / 2e-6, rtol=1e-5, atol=1e-7)
    missing = np.where(x > 5, np.nan, x)
    omit = lambda x, source: first(getattr(source, name)(x, axis=0, nan_policy="omit"))
    np.testing.assert_allclose(wg.vjp(lambda x: omit(x, stats), missing)[0], omit(missing, theirs), rtol=1e-11)


@pytest.mark.parametrize("power", [1.0, 0.0, -1.0, 2 / 3, -0.5, -2.0, -1.02])
def test_divergences_of_counts(power):
    seen, expected = np.array([3.0, 5.0, 2.0, 6.0]), np.array([4.0, 4.0, 3.5, 4.5])
    way = np.array([1.0, -0.5, 0.3, -0.8])  # the sums stay equal

    def value(x, p, source):
        return np.stack(list(source.power_divergence(x, expected, 1, lambda_=p)))

    for p in (power, np.array(power)):
        out, slope = wg.jvp(lambda x, p=p: value(x, p, stats), (seen,), (way,))
        np.testing.assert_allclose(out, value(seen, power, theirs), rtol=1e-10)
        ends = [value(seen + h * way, power, theirs) for h in (1e-6, -1e-6)]
        np.testing.assert_allclose(slope, (ends[0] - ends[1]) / 2e-6, rtol=1e-6)
    out, slope = wg.jvp(lambda p: value(seen, p, stats), (np.array(power),), (np.array(1.0),))
    np.testing.assert_allclose(out, value(seen, power, theirs), rtol=1e-10)
    ends = [value(seen, power + h, theirs) for h in (1e-4, -1e-4)]
    np.testing.assert_allclose(slope, (ends[0] - ends[1]) / 2e-4, rtol=1e-5)
    with pytest.raises(ValueError, match="must agree"):
        wg.grad(lambda x: stats.chisquare(x, expected + 1).statistic)(seen)
