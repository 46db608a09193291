"""Statistics, tests and transformations of `scipy.stats`."""

from __future__ import annotations

from tests.draws import P, R, S, U, V
from wengert.scipy import stats

for _name in ("skew", "kurtosis", "variation", "sem", "gmean", "hmean", "gstd", "median_abs_deviation", "moment"):
    _f = getattr(stats, _name)
    S(f"scipy.stats.{_name}", _f, [P(6)], [P(5, 2)], order=1)
    S(f"scipy.stats.{_name}", lambda x, n=_name: getattr(stats, n)(x, axis=1, keepdims=True), [P(2, 5)], order=1)
    S(f"scipy.stats.{_name}", lambda x, n=_name: getattr(stats, n)(x, axis=None), [P(2, 3)], order=1)
S("scipy.stats.moment", lambda x: stats.moment(x, [2, 3]), [R(4, 2)], order=2)
S("scipy.stats.moment", lambda x, c: stats.moment(x, 2, center=c), [R(4), R()], order=2)
S("scipy.stats.skew", lambda x: stats.skew(x, bias=False), [R(6)], order=1)
S("scipy.stats.kurtosis", lambda x: stats.kurtosis(x, fisher=False, bias=False), [R(6)], order=1)
S("scipy.stats.describe", lambda x: stats.describe(x)[2:], [R(6)], [R(5, 2)], order=1)
S("scipy.stats.describe", lambda x: stats.describe(x, axis=1, ddof=0, bias=False).variance, [R(2, 5)], order=1)
S("scipy.stats.gmean", lambda x, w: stats.gmean(x, weights=w), [P(4), P(4)], [P(4, 2), P(4, 1)], order=2)
S("scipy.stats.hmean", lambda x, w: stats.hmean(x, axis=1, weights=w), [P(2, 4), P(4)], order=2)
S("scipy.stats.pmean", lambda x: stats.pmean(x, 1.5), [P(4)], order=2)
S("scipy.stats.pmean", lambda x: stats.pmean(x, 0), [P(4)], order=2)
S("scipy.stats.pmean", lambda x, w: stats.pmean(x, 3, axis=1, weights=w), [P(2, 4), P(4)], order=2)
S("scipy.stats.trim_mean", lambda x: stats.trim_mean(x, 0.25), [R(6)], [R(5, 2)], order=1)
S("scipy.stats.iqr", stats.iqr, [R(7)], [R(3, 4)], order=1)
S("scipy.stats.iqr", lambda x: stats.iqr(x, 0, (10, 60), "normal", keepdims=True), [R(5, 2)], order=1)
S("scipy.stats.median_abs_deviation", lambda x: stats.median_abs_deviation(x, scale="normal"), [R(7)], order=1)
for _name in ("tmean", "tvar", "tstd", "tsem"):
    _f = getattr(stats, _name)
    S(f"scipy.stats.{_name}", _f, [R(6)], order=1)
    S(
        f"scipy.stats.{_name}",
        lambda x, n=_name: getattr(stats, n)(x, (0.2, None), (False, True), axis=0),
        [V(0.1, 0.5, 0.9, 1.4)],
        order=1,
    )
for _name in ("zscore", "gzscore"):
    _f = getattr(stats, _name)
    S(f"scipy.stats.{_name}", _f, [P(5)], [P(4, 2)], order=2)
    S(f"scipy.stats.{_name}", lambda x, n=_name: getattr(stats, n)(x, axis=1, ddof=1), [P(2, 4)], order=1)
S("scipy.stats.zmap", stats.zmap, [R(3), R(5)], [R(3, 2), R(4, 2)], order=2)
S("scipy.stats.entropy", stats.entropy, [P(4)], [P(4, 2)], [P(4), P(4)], order=2)
S("scipy.stats.entropy", lambda p, q: stats.entropy(p, q, 2, axis=1), [P(2, 3), P(3)], order=2)
for _name in ("wasserstein_distance", "energy_distance"):
    S(f"scipy.stats.{_name}", getattr(stats, _name), [R(4), R(3)], [R(3), R(2), P(3), P(2)], order=1)
for _alternative in ("two-sided", "less", "greater"):
    S(
        "scipy.stats.ttest_1samp",
        lambda x, m, a=_alternative: stats.ttest_1samp(x, m, alternative=a)[:],
        [R(5), R()],
        order=1,
    )
    S(
        "scipy.stats.pearsonr",
        lambda x, y, a=_alternative: stats.pearsonr(x, y, alternative=a)[:],
        [R(6), R(6)],
        order=1,
    )
    S("scipy.stats.linregress", lambda x, y, a=_alternative: stats.linregress(x, y, a)[:], [R(6), R(6)], order=1)
S("scipy.stats.ttest_rel", lambda x, y: stats.ttest_rel(x, y, axis=1)[:], [R(2, 5), R(2, 5)], order=1)
S("scipy.stats.ttest_ind", lambda x, y: stats.ttest_ind(x, y)[:], [R(5), R(4)], [R(5, 2), R(4, 2)], order=1)
S("scipy.stats.ttest_ind", lambda x, y: stats.ttest_ind(x, y, equal_var=False)[:], [R(5), R(4)], order=1)
S("scipy.stats.ttest_ind", lambda x, y: stats.ttest_ind(x, y, equal_var=False, trim=0.2)[:], [R(6), R(5)], order=1)
S("scipy.stats.f_oneway", lambda x, y, z: stats.f_oneway(x, y, z)[:], [R(4), R(5), R(3)], order=1)
S("scipy.stats.boxcox", stats.boxcox, [P(4), U()], order=2)
S("scipy.stats.boxcox_llf", stats.boxcox_llf, [U(), P(5)], order=1)
S("scipy.stats.yeojohnson", stats.yeojohnson, [R(5), U()], order=1)
S("scipy.stats.yeojohnson_llf", stats.yeojohnson_llf, [U(), R(5)], order=1)
for _name in ("circmean", "circvar", "circstd"):
    _f = getattr(stats, _name)
    S(f"scipy.stats.{_name}", _f, [P(4)], [P(3, 2), V(3.0), V(-1.0)], order=1)
    S(f"scipy.stats.{_name}", lambda x, n=_name: getattr(stats, n)(x, axis=1, keepdims=True), [P(2, 3)], order=1)
for _name in ("skewtest", "kurtosistest", "normaltest", "jarque_bera"):
    S(f"scipy.stats.{_name}", lambda x, n=_name: getattr(stats, n)(x, axis=0)[:], [R(9)], [R(9, 2)], order=1)
S("scipy.stats.lmoment", stats.lmoment, [R(6)], [R(5, 2)], order=1)
S("scipy.stats.lmoment", lambda x: stats.lmoment(x, 3, axis=1, standardize=False), [R(2, 5)], order=1)
S("scipy.stats.skew", lambda x: stats.skew(x, nan_policy="omit"), [R(6)], order=1)
S("scipy.stats.pmean", lambda x: stats.pmean(x, 0.5, nan_policy="omit"), [P(4)], order=2)
S(
    "scipy.stats.gaussian_kde",
    lambda x, s, w: stats.gaussian_kde(s.astype(float), 0.5, w)(x.astype(float)),
    [R(2, 3), R(2, 5), P(5)],
    order=1,
)
S("scipy.stats.gaussian_kde", lambda s, h: stats.gaussian_kde(s, h).integrate_box_1d(-1.0, 0.5), [R(5), P()], order=1)
S("scipy.stats.power_divergence", lambda x: stats.power_divergence(x, lambda_=-0.5)[:], [P(4)], order=1)
S("scipy.stats.chisquare", lambda x: stats.chisquare(x, axis=1)[:], [P(2, 4)], order=1)
