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
