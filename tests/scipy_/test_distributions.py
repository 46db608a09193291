"""Every distribution of SciPy's: values are SciPy's, and derivatives are difference quotients of them."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import scipy.special
import scipy.stats as theirs
from scipy.stats._distr_params import distcont, distdiscrete

import wengert as wg
from wengert.errors import MissingRule
from wengert.scipy import stats

# SciPy's shape parameters, one set per distribution; not at the values where it switches to the formula of a limit.
SHAPES = {name: args for name, args in reversed(distcont + distdiscrete) if isinstance(name, str)}
SHAPES |= {"kappa4": (0.1, 0.2), "skellam": (3.5, 2.25), "chi": (7.8,), "ksone": (7,), "irwinhall": (5,)}
SHAPES |= {"genextreme": (-0.1,), "genpareto": (0.1,), "gausshyper": (1.8, 3.1, 2.5, 5.2), "nbinom": (4.5, 0.4)}
CONTINUOUS = sorted(n for n, x in vars(theirs).items() if isinstance(x, theirs.rv_continuous))
# Compiled, or series and searches, in SciPy: their densities have no derivative.
NO_DENSITY = {"ksone", "kstwo", "landau", "levy_stable", "studentized_range", "nchypergeom_wallenius"}
DISCRETE = sorted(
    {n for n, x in vars(theirs).items() if isinstance(x, theirs.rv_discrete)} - NO_DENSITY - {"poisson_binom"}
)
# SciPy takes seconds for one value.
SLOW = {"levy_stable", "studentized_range"}
# Whole numbers.
COUNTS = {"erlang": (0,), "ksone": (0,), "kstwo": (0,), "irwinhall": (0,)}

STEP = 1e-5


def check(name, method, lead, shapes, place, loose=1e-3):
    """The derivatives in all of the arguments, but for counts, against SciPy's difference quotients."""
    f, g = getattr(getattr(theirs, name), method), getattr(getattr(stats, name), method)
    values = [*lead, *[np.array(float(s)) for s in shapes], *[np.array(p) for p in place]]
    counts = [len(lead) + n for n in COUNTS.get(name, ())]
    for n, x in enumerate(values):
        if n in counts or (lead and not n and method in ("pmf", "cdf", "sf") and name in DISCRETE):
            continue
        if name in DISCRETE and (n >= len(values) - 1 or float(x.flat[0]).is_integer()):
            continue

        def at(x, function, n=n):
            return function(*values[:n], x, *values[n + 1 :])

        out, pull = wg.vjp(lambda x, at=at: at(x, g), x)
        np.testing.assert_allclose(out, at(x, f), rtol=1e-7, atol=1e-10)
        expected = (at(x + STEP, f) - at(x - STEP, f)) / (2 * STEP)
        (found,) = pull(np.ones_like(out))
        expected = expected if np.shape(x) else np.sum(expected)
        np.testing.assert_allclose(found, expected, rtol=loose, atol=1e-5, err_msg=f"{name}.{method}, argument {n}")


@pytest.mark.parametrize("name", [n for n in CONTINUOUS if n not in SLOW])
def test_a_continuous_distribution(name):
    shapes, place = SHAPES.get(name, ()), (0.3, 1.2)
    x = getattr(theirs, name).ppf([0.21, 0.7], *shapes, *place)
    for method in ("logpdf", "pdf"):
        if name not in NO_DENSITY:
            check(name, method, [x], shapes, place)
    for method in ("cdf", "sf"):
        check(name, method, [x], shapes, place)
    check(name, "ppf", [np.array([0.3])], shapes, place)


@pytest.mark.parametrize("name", DISCRETE)
def test_a_discrete_distribution(name):
    shapes = SHAPES[name]
    k = getattr(theirs, name).ppf([0.21, 0.7], *shapes)
    for method in ("pmf", "logpmf", "cdf", "sf"):
        check(name, method, [k], shapes, ())
    for method in ("mean", "var"):
        check(name, method, [], shapes, ())


LIMITS = {"genextreme": (0,), "genpareto": (0,), "kappa4": (0, 0), "pearson3": (0,), "skewnorm": (0,)}


def across(f, h=2e-3):
    """f'(0), from values beside 0 only, to the sixth order of h."""
    with np.errstate(all="ignore"):
        near, far, farther = [f(n * h) - f(-n * h) for n in (1, 2, 3)]
    return (45 * near - 9 * far + farther) / (60 * h)


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_a_member_of_its_family(name):
    """Its derivatives are the limits of those nearby; SciPy has a formula of its own for the value only."""
    x = getattr(theirs, name).ppf([0.2, 0.5, 0.85], *LIMITS[name])
    leads = {"logpdf": [x], "cdf": [x], "sf": [x], "ppf": [np.array([0.3, 0.7])]}
    if name != "kappa4":  # SciPy knows no moments of its for negative h
        leads |= {"mean": [], "var": [], "entropy": []}
    for method, lead in leads.items():
        for n in range(len(LIMITS[name])):

            def at(p, source, n=n, method=method, lead=lead):
                shapes = [np.array(float(s)) for s in LIMITS[name]]
                shapes[n] = p
                return getattr(getattr(source, name), method)(*lead, *shapes)

            first = lambda p, at=at: wg.jvp(lambda p: at(p, stats), (p,), (np.array(1.0),))
            out, slope = first(np.array(0.0))
            with np.errstate(all="ignore"):
                np.testing.assert_allclose(out, at(0.0, theirs), rtol=1e-9, atol=1e-12)
            value = lambda p, at=at: at(p, theirs)
            if (name, method) == ("kappa4", "ppf"):  # SciPy has none for negative h and k = 0
                value = lambda p, f=first: f(np.array(p))[0]
            np.testing.assert_allclose(slope, across(value), rtol=1e-5, atol=1e-6)
            if lead:
                bend = wg.jvp(lambda p, f=first: f(p)[1], (np.array(0.0),), (np.array(1.0),))[1]
                np.testing.assert_allclose(bend, across(lambda p, f=first: f(np.array(p))[1]), rtol=1e-4, atol=1e-5)


def test_the_tails_of_a_bessel_function_have_derivatives():
    """K₁'s, of which the density of a normal inverse Gaussian variable is made: (e^z K₁)′ ~ -√(π/8) z^(-3/2)."""
    z = np.array([750.0, 1e5])
    slope = wg.jvp(scipy.special.k1e, (z,), (np.ones(2),))[1]
    np.testing.assert_allclose(slope, -np.sqrt(np.pi / 8) * z**-1.5, rtol=2e-3)
    assert wg.grad(stats.norminvgauss.sf, argnums=1)(1.0, 2.0, 0.5) == pytest.approx(-0.0832849, rel=1e-5)


MOMENTS = """alpha beta chi expon gamma gausshyper genhyperbolic geninvgauss gompertz invgauss johnsonsu loggamma lomax
nct ncx2 norm rel_breitwigner rice t truncnorm tukeylambda weibull_min""".split()


@pytest.mark.parametrize("name", MOMENTS)
def test_moments_and_entropy(name):
    shapes, place = SHAPES.get(name, ()), (0.3, 1.2)
    for method in ("mean", "var", "entropy"):
        if np.isfinite(getattr(getattr(theirs, name), method)(*shapes)):
            check(name, method, [], shapes, place)


def test_what_has_no_derivative_says_so():
    for name in sorted(NO_DENSITY - {"nchypergeom_wallenius"}):
        with pytest.raises(MissingRule, match=f"{name}.pdf"):
            wg.grad(getattr(stats, name).pdf)(0.4, *map(float, SHAPES[name]))
    with pytest.raises(MissingRule, match="compiled code"):
        wg.grad(lambda odds: stats.nchypergeom_wallenius.pmf(3, 14, 8, 6, odds))(0.5)


def test_second_derivatives_of_what_scipy_searches():
    """x(q) of an exponential normal distribution: from q(x), x″ = -q″/q′³."""
    q, k = 0.3, 1.5
    x = theirs.exponnorm.ppf(q, k)
    slope = theirs.exponnorm.pdf(x, k)
    curve = wg.grad(stats.exponnorm.pdf)(x, k)
    assert wg.grad(wg.grad(stats.exponnorm.ppf))(q, k) == pytest.approx(-curve / slope**3)


def test_a_frozen_distribution_is_the_distribution_with_its_parameters():
    def loss(a, scale):
        frozen = stats.gamma(a, scale=scale)
        return frozen.logpdf(2.0) + frozen.mean() + frozen.ppf(0.3) + frozen.entropy() + frozen.moment(3)

    d = theirs.gamma
    expected = d.logpdf(2, 1.5, scale=0.5) + d.mean(1.5, scale=0.5) + d.ppf(0.3, 1.5, scale=0.5)
    expected += d.entropy(1.5, scale=0.5) + d.moment(3, 1.5, scale=0.5)
    value, slopes = wg.value_and_grad(loss, argnums=(0, 1))(1.5, 0.5)
    assert value == pytest.approx(expected)
    for n, slope in enumerate(slopes):
        ends = [loss(*[x + (n == m) * h for m, x in enumerate((1.5, 0.5))]) for h in (STEP, -STEP)]
        assert slope == pytest.approx((ends[0] - ends[1]) / (2 * STEP), rel=1e-5)
    assert isinstance(stats.gamma(1.5).rvs(3, random_state=0), np.ndarray)


def test_the_likelihood_of_a_sample_and_expected_values():
    x = theirs.weibull_min.rvs(1.8, size=20, random_state=0)
    theta = np.array([1.8, -0.1, 1.2])
    found = wg.grad(lambda theta: stats.weibull_min.nnlf(theta, x))(theta)
    for n, unit in enumerate(np.eye(3) * STEP):
        ends = theirs.weibull_min.nnlf(theta + unit, x), theirs.weibull_min.nnlf(theta - unit, x)
        assert found[n] == pytest.approx((ends[0] - ends[1]) / (2 * STEP), rel=1e-4)
    assert wg.grad(lambda a: stats.gamma.expect(lambda x: x**2, (a,)))(1.5) == pytest.approx(2 * 1.5 + 1)  # a + a²
    assert wg.grad(lambda mu: stats.poisson.expect(lambda k: k**2, (mu,)))(1.5) == pytest.approx(2 * 1.5 + 1)


@pytest.mark.parametrize("name", ["gamma", "truncnorm", "genextreme", "uniform", "binom", "geom"])
def test_beyond_the_support_and_for_wrong_parameters(name):
    d, w = getattr(theirs, name), getattr(stats, name)
    shapes = [np.array(float(s)) for s in SHAPES.get(name, ())]
    x = np.array([-1e3, -0.5, 0.0, 0.4, 1.0, 2.0, 1e3, np.nan, np.inf, -np.inf])
    methods = ("pmf", "cdf", "sf") if name in DISCRETE else ("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf")
    for method in methods:
        out, slope = wg.jvp(lambda x, m=method: getattr(w, m)(x, *shapes), (x,), (np.ones_like(x),))
        with np.errstate(all="ignore"):
            expected = getattr(d, method)(x, *shapes)
        expected = np.where(np.isinf(x) & np.isnan(expected), out, expected)  # SciPy's formula may fail at infinity
        np.testing.assert_allclose(out, expected, rtol=1e-9, err_msg=method)
        assert not np.any(np.isnan(out[np.isinf(x)]))
        assert not np.any(np.isnan(slope[[0, 1, 3, 6]]))
    if shapes:
        wrong = [wg.tensor(np.nan, requires_grad=True), *shapes[1:]]
        assert np.isnan(getattr(w, methods[0])(1.0, *wrong).item())


def test_signatures_are_those_of_scipy():
    assert list(inspect.signature(stats.norm.expect).parameters) == list(
        inspect.signature(theirs.norm.expect).parameters
    )
    with pytest.raises(TypeError, match="needs a"):
        stats.gamma.pdf(wg.tensor(1.0))


@pytest.mark.parametrize(
    ("f", "x", "slope", "bend"),
    [
        (lambda x: stats.laplace.cdf(x), 0.0, 0.5, None),
        (lambda x: stats.laplace.sf(x), 0.0, -0.5, None),
        (lambda x: stats.logistic.logpdf(x), 0.0, 0.0, -0.5),
        (lambda x: stats.genlogistic.logpdf(x, 2.0), 0.0, 0.5, -0.75),
        (lambda x: stats.gennorm.cdf(x, 2.0), 0.0, 1 / np.sqrt(np.pi), 0.0),
        (lambda x: stats.gennorm.sf(x, 1.0), 0.0, -0.5, None),
        (lambda x: stats.wrapcauchy.cdf(x, 0.5), np.pi, 1 / (6 * np.pi), 0.0),
        (lambda x: stats.gamma.pdf(x, 2.0), 0.0, 1.0, -2.0),
        (lambda x: stats.chi2.pdf(x, 4.0), 0.0, 0.25, -0.25),
        (lambda x: stats.beta.pdf(x, 2.0, 3.0), 0.0, 12.0, -48.0),
    ],
)
def test_slopes_where_a_formula_has_a_seam_or_an_end(f, x, slope, bend):
    forward = lambda f: lambda x: wg.jvp(f, (x,), (1.0,))[1]
    for first in (wg.grad, forward):
        np.testing.assert_allclose(first(f)(x), slope, atol=1e-12)
        for second in (wg.grad, forward):
            if bend is not None:
                np.testing.assert_allclose(second(first(f))(x), bend, atol=1e-12)
