"""`scipy.stats`: distributions by their (log-)densities, statistics, and tests."""

from __future__ import annotations

from benchmarks.conformance.probe import each, probe
from tests.draws import P, R, U, V, positive_definite as SPD

# Shape parameters where the density is regular on (0.1, 0.9), the arguments of the probes.
CONTINUOUS = {
    "alpha": "3.57", "anglit": "", "arcsine": "", "argus": "1.0", "beta": "2.3, 1.6", "betaprime": "5.0, 6.0",
    "bradford": "0.3", "burr": "10.5, 4.3", "burr12": "10.0, 4.0", "cauchy": "", "chi": "7.8", "chi2": "5.5",
    "cosine": "", "crystalball": "2.0, 3.0", "dgamma": "1.1", "dpareto_lognorm": "3.0, 1.2, 1.5, 2.0",
    "dweibull": "2.07", "erlang": "2", "expon": "", "exponnorm": "1.5", "exponpow": "2.7", "exponweib": "2.9, 1.95",
    "f": "2.9, 1.8", "fatiguelife": "2.9", "fisk": "3.1", "foldcauchy": "4.7", "foldnorm": "1.95", "gamma": "2.0",
    "gausshyper": "1.4, 3.1, 2.5, 5.1", "genexpon": "9.1, 1.6, 3.3", "genextreme": "-0.1", "gengamma": "4.4, 3.1",
    "genhalflogistic": "0.77", "genhyperbolic": "0.5, 1.5, -0.5", "geninvgauss": "2.3, 1.5", "genlogistic": "0.41",
    "gennorm": "1.3", "genpareto": "0.1", "gibrat": "", "gompertz": "0.95", "gumbel_l": "", "gumbel_r": "",
    "halfcauchy": "", "halfgennorm": "0.67", "halflogistic": "", "halfnorm": "", "hypsecant": "", "invgamma": "4.1",
    "invgauss": "0.15", "invweibull": "10.6", "irwinhall": "3", "jf_skew_t": "8.0, 4.0", "johnsonsb": "4.3, 3.2",
    "johnsonsu": "2.6, 2.2", "kappa3": "1.0", "kappa4": "0.1, 0.2", "ksone": "4", "kstwo": "5", "kstwobign": "",
    "landau": "", "laplace": "", "laplace_asymmetric": "2.0", "levy": "", "levy_l": "", "levy_stable": "1.8, 0.5",
    "loggamma": "0.41", "logistic": "", "loglaplace": "3.25", "lognorm": "0.95", "loguniform": "0.01, 1.25",
    "lomax": "1.9", "maxwell": "", "mielke": "10.4, 4.6", "moyal": "", "nakagami": "4.97", "ncf": "27.0, 27.0, 0.4",
    "nct": "14.0, 0.24", "ncx2": "21.0, 1.06", "norm": "", "norminvgauss": "1.25, 0.5", "pareto": "2.6",
    "pearson3": "0.1", "powerlaw": "1.66", "powerlognorm": "2.14, 0.45", "powernorm": "4.45", "rayleigh": "",
    "rdist": "1.6", "recipinvgauss": "0.63", "reciprocal": "0.01, 1.25", "rel_breitwigner": "36.5", "rice": "0.77",
    "semicircular": "", "skewcauchy": "0.5", "skewnorm": "4.0", "studentized_range": "3.0, 10.0", "t": "2.7",
    "trapezoid": "0.2, 0.8", "triang": "0.16", "truncexpon": "4.7", "truncnorm": "-1.1, 2.7", "truncpareto": "2.0, 5.0",
    "truncweibull_min": "2.5, 0.25, 1.75", "tukeylambda": "3.13", "uniform": "", "vonmises": "3.99",
    "vonmises_line": "3.99", "wald": "", "weibull_max": "2.87", "weibull_min": "1.79", "wrapcauchy": "0.03",
}  # fmt: skip

# Where the density on (0.1, 0.9) is zero, or defined elsewhere.
SHIFTED = {
    "pareto": "+ 1.5", "truncpareto": "+ 1.5", "weibull_max": "- 2", "levy_l": "- 2", "truncweibull_min": "+ 0.4",
    "studentized_range": "+ 1",
}  # fmt: skip

# fmt: off
for _name, _shapes in CONTINUOUS.items():
    _at = f"x {SHIFTED[_name]}" if _name in SHIFTED else "x"
    _slow = _name in ("levy_stable", "studentized_range")
    probe(f"sp.stats.{_name}.pdf({_at}{', ' if _shapes else ''}{_shapes})", U(1 if _slow else 3),
          name=f"scipy.stats.{_name}")

for _name, _shapes in {
    "bernoulli": "{}", "binom": "5, {}", "geom": "{}", "logser": "{}", "nbinom": "5, {}", "planck": "{}",
    "betabinom": "5, {}, 0.63", "betanbinom": "5, 9.3 * {}, 1.0", "dlaplace": "{}", "boltzmann": "{}, 19",
    "poisson": "{}", "skellam": "15 * {}, 8.0", "yulesimon": "11.0 * {}", "zipf": "6.5 * {} + 1", "zipfian": "{}, 10",
}.items():
    probe(f"sp.stats.{_name}.pmf([0, 1], {_shapes.format('x')})", U(), name=f"scipy.stats.{_name}")

for _name in ("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf", "ppf", "isf"):
    probe(f"sp.stats.norm.{_name}(x, y, z)", U(3), R(3), P(3))
    probe(f"sp.stats.norm(y, z).{_name}(x)", U(3), R(3), P(3), name=f"scipy.stats.norm(...).{_name}")
each("sp.stats.multivariate_normal.{}(x, y, (z + z.T) / 2)", "logpdf", R(3), R(3), SPD(3, 3),
     name="scipy.stats.multivariate_normal")
probe("sp.stats.dirichlet.logpdf(x / np.sum(x) * 0.8, y)", P(2), P(3), name="scipy.stats.dirichlet")
probe("sp.stats.multivariate_t.logpdf(x, y, (z + z.T) / 2)", R(2), R(2), SPD(2, 2), name="scipy.stats.multivariate_t")
probe("sp.stats.wishart.logpdf((x + x.T) / 2, 4, arr([[1.0, 0.0], [0.0, 2.0]]))", SPD(2, 2), name="scipy.stats.wishart")
probe("sp.stats.invwishart.logpdf((x + x.T) / 2, 4, arr([[1.0, 0.0], [0.0, 2.0]]))", SPD(2, 2),
      name="scipy.stats.invwishart")
probe("sp.stats.matrix_normal.logpdf(x, rowcov=arr([[1.0, 0], [0, 2]]), colcov=arr([[1.0, 0], [0, 2]]))", R(2, 2),
      name="scipy.stats.matrix_normal")
probe("sp.stats.multinomial.logpmf([1, 2], 3, x / np.sum(x))", P(2), name="scipy.stats.multinomial")
probe("sp.stats.vonmises_fisher([0.0, 1.0], 2.0).logpdf(x / np.sqrt(np.sum(x**2)))", R(2),
      name="scipy.stats.vonmises_fisher")
probe("sp.stats.gaussian_kde(x)(y)", R(6), R(2))
probe("sp.stats.Normal(mu=x, sigma=y).logpdf(0.3)", R(), P())

# --- statistics -----------------------------------------------------------------------------------------------------

each("sp.stats.{}(x)", "skew kurtosis sem zscore hmean gmean iqr median_abs_deviation variation tmean tvar tstd "
     "tsem tmin "
     "tmax moment kstat kstatvar gstd gzscore entropy differential_entropy circmean circvar circstd describe "
     "lmoment mode "
     "rankdata sigmaclip expectile boxcox_normmax yeojohnson_normmax obrientransform "
     "bayes_mvs mvsdist tiecorrect", P(9))
probe("sp.stats.trim_mean(x, 0.2)", P(9))
each("np.sort(sp.stats.{}(x, 0.2))", "trim1 trimboth", P(9), name="scipy.stats.{}")  # SciPy's order is any
each("sp.stats.{}(x, 4)", "cumfreq relfreq", V(0.3, 0.5, 0.9, 1.3, 1.7, 2.1))
probe("sp.stats.pmean(x, 2.0)", P(5))
probe("sp.stats.quantile(x, 0.3)", P(5))
probe("sp.stats.zmap(x, y)", R(4), R(5))
probe("sp.stats.scoreatpercentile(x, 40)", R(5))
probe("sp.stats.percentileofscore(x, 0.5)", R(5))
probe("sp.stats.boxcox(x, 0.5)", P(5))
probe("sp.stats.yeojohnson(x, 0.5)", R(5))
each("sp.stats.{}(0.5, x)", "boxcox_llf yeojohnson_llf", P(6))
probe("sp.stats.binned_statistic(x, y, 'mean', 2)[0]", P(6), R(6))
probe("sp.stats.binned_statistic_2d(x, y, z, 'mean', 2)[0]", P(6), P(6), R(6))
probe("sp.stats.binned_statistic_dd([x, y], z, 'mean', 2)[0]", P(6), P(6), R(6))
each("sp.stats.{}(x, y)", "wasserstein_distance energy_distance", R(5), R(4))
probe("sp.stats.wasserstein_distance_nd(x, y)", R(3, 2), R(3, 2))
probe("sp.stats.directional_stats(x).mean_direction", P(4, 3))
probe("sp.stats.ecdf(x).cdf.probabilities", R(4))
probe("sp.stats.rv_histogram((arr([2, 3]), arr([0.0, 0.5, 1.0]))).pdf(x)", U(3))
each("sp.stats.{}(x)", "probplot", R(6))
probe("sp.stats.order_statistic(sp.stats.Normal(), r=1, n=3).logpdf(x)", R(2))
each("sp.stats.{}(sp.stats.Normal()).cdf(x)", "exp", P(2))
each("sp.stats.{}(sp.stats.Uniform(a=1.0, b=3.0)).cdf(x)", "log", U(2))
each("sp.stats.{}(sp.stats.Normal()).cdf(x)", "abs", P(2))
probe("sp.stats.truncate(sp.stats.Normal(), lb=-1.0, ub=1.0).cdf(x)", U(2))

# --- tests ----------------------------------------------------------------------------------------------------------

each("sp.stats.{}(x).statistic", "shapiro jarque_bera skewtest kurtosistest normaltest ", P(20))
each("sp.stats.{}(x, y).statistic", "pearsonr spearmanr kendalltau weightedtau ttest_ind ttest_rel ansari mood "
     "ranksums mannwhitneyu ks_2samp cramervonmises_2samp epps_singleton_2samp wilcoxon bartlett levene "
     "fligner kruskal f_oneway alexandergovern median_test bws_test chatterjeexi somersd spearmanrho", R(12), R(12))
probe("sp.stats.brunnermunzel(x, y).statistic", V(0.1, 0.5, 0.8, 1.1), V(0.3, 0.6, 0.9, 1.4))
each("sp.stats.{}(x, y)[0]", "linregress theilslopes siegelslopes pointbiserialr", R(8), R(8))
probe("sp.stats.ttest_1samp(x, 0.5).statistic", R(6))
probe("sp.stats.ttest_ind_from_stats(x, y, 5, z, w, 6).statistic", R(), P(), R(), P())
each("sp.stats.{}(x, 'norm').statistic", "kstest cramervonmises", R(8))
probe("sp.stats.ks_1samp(x, sp.stats.norm.cdf).statistic", R(8))
probe("sp.stats.anderson(x, 'norm', method='interpolate').statistic", R(8))
probe("sp.stats.anderson_ksamp([x, y], variant='midrank').statistic", R(8), R(8))
probe("sp.stats.chisquare(x).statistic", V(3.0, 4.0, 5.0))
probe("sp.stats.power_divergence(x, lambda_=0.5).statistic", P(4))
probe("sp.stats.chi2_contingency(x).statistic", P(2, 3))
probe("sp.stats.friedmanchisquare(x, y, z).statistic", R(5), R(5), R(5))
probe("sp.stats.combine_pvalues(x).statistic", U(4))
probe("sp.stats.false_discovery_control(x)", U(4))
probe("sp.stats.tukey_hsd(x, y).statistic", R(5), R(5))
probe("sp.stats.dunnett(x, control=y, rng=1).statistic", R(5), R(5))
probe("sp.stats.norm.fit(x)", R(6), name="scipy.stats.norm.fit")
probe("sp.stats.norm.expect(lambda t: t**2, loc=x, scale=y)", R(), P(), name="scipy.stats.norm.expect")
each("sp.stats.norm.{}(x, y)", "mean var std entropy median", R(), P(), name="scipy.stats.norm.{}")
probe("sp.stats.norm.stats(x, y)", R(), P(), name="scipy.stats.norm.stats")
probe("sp.stats.norm.rvs(x, y, 2, random_state=1)", R(), P(), name="scipy.stats.norm.rvs")
probe("sp.stats.hypergeom.pmf(1, 5, 3, 2) * x", R(2), name="scipy.stats.hypergeom")
probe("sp.stats.nchypergeom_fisher.pmf(1, 5, 3, 2, x)", P(), name="scipy.stats.nchypergeom_fisher")
probe("sp.stats.nchypergeom_wallenius.pmf(1, 5, 3, 2, x)", P(), name="scipy.stats.nchypergeom_wallenius")
probe("sp.stats.poisson_binom.pmf(1, [x, y])", U(), U(), name="scipy.stats.poisson_binom")
probe("sp.stats.dirichlet_multinomial.logpmf([1, 2], x, 3)", P(2), name="scipy.stats.dirichlet_multinomial")
probe("sp.stats.matrix_t.logpdf(x, df=3)", R(1, 1), name="scipy.stats.matrix_t")
probe("sp.stats.normal_inverse_gamma.logpdf(x, y)", R(), P(), name="scipy.stats.normal_inverse_gamma")
probe("sp.stats.bootstrap((x,), lambda v, axis: v.mean(axis=axis), n_resamples=9, rng=1).standard_error", R(5))
probe("sp.stats.permutation_test((x, y), lambda a, b: a.mean() - b.mean(), n_resamples=9, rng=1).statistic", R(4), R(4))
probe("sp.stats.monte_carlo_test(x, sp.stats.norm.rvs, lambda v: v.mean(), n_resamples=9).statistic", R(4))
probe("sp.stats.fit(sp.stats.norm, x, [(-5, 5), (0.1, 5)]).params.loc", R(5))
probe("sp.stats.goodness_of_fit(sp.stats.norm, x, n_mc_samples=9, rng=1).statistic", R(5))
probe("sp.stats.quantile_test(x, q=0.5).statistic", R(5))
probe("sp.stats.page_trend_test(x).statistic", R(4, 3))
probe("sp.stats.logrank(x, y).statistic", P(5), P(5))
probe("sp.stats.multiscale_graphcorr(x, y, reps=1, random_state=1).statistic", R(6), R(6))
each("sp.stats.{}(x, -1, 1, N=3)[1]", "boxcox_normplot yeojohnson_normplot", P(6))
probe("sp.stats.ppcc_plot(x, -1, 1, N=3)[1]", P(6))
probe("sp.stats.ppcc_max(x)", P(6))
probe("sp.stats.poisson_means_test(2, x, 3, y).statistic", P(), P())
