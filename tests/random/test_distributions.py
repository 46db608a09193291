"""Distributions: densities, distribution functions, entropies and moments are SciPy's; divergences are means."""

import math
import pickle

import numpy as np
import pytest
from scipy import stats

import wengert as wg
from wengert import random
from wengert.distributions import (
    AffineTransform,
    Bernoulli,
    Beta,
    Binomial,
    Categorical,
    Cauchy,
    Chi2,
    ContinuousBernoulli,
    Dirichlet,
    Exponential,
    ExpTransform,
    FisherSnedecor,
    Gamma,
    Geometric,
    Gumbel,
    HalfCauchy,
    HalfNormal,
    Independent,
    InverseGamma,
    Kumaraswamy,
    Laplace,
    Logistic,
    LogisticNormal,
    LogNormal,
    LowRankMultivariateNormal,
    MixtureSameFamily,
    Multinomial,
    MultivariateNormal,
    NegativeBinomial,
    Normal,
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
    Pareto,
    Poisson,
    RelaxedBernoulli,
    RelaxedOneHotCategorical,
    SigmoidTransform,
    StudentT,
    TanhTransform,
    TransformedDistribution,
    Uniform,
    VonMises,
    Weibull,
    kl_divergence,
    register_kl,
)

KEY = random.key(11)
COV = np.array([[2.0, 0.5], [0.5, 1.0]])
FACTOR = np.array([[1.0, 0.5], [0.0, 2.0], [-1.0, 0.3]])

# fmt: off
CONTINUOUS = [
    (Normal(0.5, 2.0), stats.norm(0.5, 2)),
    (LogNormal(0.5, 0.7), stats.lognorm(0.7, 0, math.exp(0.5))),
    (Laplace(0.5, 2.0), stats.laplace(0.5, 2)),
    (Logistic(0.5, 2.0), stats.logistic(0.5, 2)),
    (Gumbel(0.5, 2.0), stats.gumbel_r(0.5, 2)),
    (Cauchy(0.5, 2.0), stats.cauchy(0.5, 2)),
    (StudentT(3.5, 0.5, 2.0), stats.t(3.5, 0.5, 2)),
    (HalfNormal(2.0), stats.halfnorm(0, 2)),
    (Uniform(-1.0, 2.5), stats.uniform(-1, 3.5)),
    (Exponential(2.0), stats.expon(0, 0.5)),
    (Gamma(2.5, 2.0), stats.gamma(2.5, 0, 0.5)),
    (Chi2(3.0), stats.chi2(3)),
    (Beta(2.0, 3.5), stats.beta(2, 3.5)),
    (HalfCauchy(2.0), stats.halfcauchy(0, 2)),
    (InverseGamma(4.5, 2.0), stats.invgamma(4.5, 0, 2)),
    (Pareto(2.0, 3.5), stats.pareto(3.5, 0, 2)),
    (Weibull(2.0, 1.5), stats.weibull_min(1.5, 0, 2)),
    (FisherSnedecor(3.0, 5.5), stats.f(3, 5.5)),
]
# density, interval
INTEGRALS = [
    (Kumaraswamy(2.0, 3.5), 0, 1), (Kumaraswamy(1.5, 1.5), 0, 1),
    *[(ContinuousBernoulli(p), 0, 1) for p in (0.02, 0.3, 0.49, 0.5, 0.500001, 0.7)],
    (ContinuousBernoulli(logits=9.0), 0, 1),
    (VonMises(0.3, 4.0), 0.3 - math.pi, 0.3 + math.pi), (VonMises(0.0, 0.2), -math.pi, math.pi),
    (MixtureSameFamily(Categorical(np.array([1.0, 3.0])), Normal(np.array([0.0, 4.0]), np.array([1.0, 0.5]))), -9, 12),
    (TransformedDistribution(Normal(0.1, 0.2), [AffineTransform(0.5, -0.8), TanhTransform()]), -1, 1),
]
DISCRETE = [
    (Bernoulli(probs=0.3), stats.bernoulli(0.3)),
    (Bernoulli(logits=0.3), stats.bernoulli(1 / (1 + math.exp(-0.3)))),
    (Binomial(7, probs=0.3), stats.binom(7, 0.3)),
    (Binomial(7, logits=0.3), stats.binom(7, 1 / (1 + math.exp(-0.3)))),
    (Geometric(probs=0.3), stats.geom(0.3, loc=-1)),
    (Poisson(3.5), stats.poisson(3.5)),
    (NegativeBinomial(3.5, probs=0.3), stats.nbinom(3.5, 0.7)),
    (NegativeBinomial(3.5, logits=0.3), stats.nbinom(3.5, 1 / (1 + math.exp(0.3)))),
    (Categorical(probs=np.array([1.0, 0.0, 3.0])), stats.rv_discrete(values=([0, 2], [0.25, 0.75]))),
]
VECTORS = [
    Dirichlet(np.array([0.5, 1.0, 2.0])), MultivariateNormal(np.array([1.0, -1.0]), COV),
    OneHotCategorical(np.array([0.2, 0.8])), RelaxedOneHotCategorical(1.5, np.array([0.2, 0.8])),
    Independent(Normal(np.zeros((3, 2)), 1.0), 1), RelaxedBernoulli(1.5, 0.3),
    LowRankMultivariateNormal(np.array([1.0, -1.0, 0.0]), FACTOR, np.array([1.0, 2.0, 0.5])),
    OneHotCategoricalStraightThrough(np.array([0.2, 0.8])), Multinomial(3, np.array([[0.2, 0.8], [0.5, 0.5]])),
    LogisticNormal(np.array([0.5, -0.5]), np.array([1.0, 0.5])),
    MixtureSameFamily(Categorical(np.array([0.25, 0.75])), Independent(Normal(np.zeros((5, 2, 3)), 1.0), 1)),
    TransformedDistribution(Normal(0.0, 1.0), [AffineTransform(np.array([1.0, 2.0]), 0.5), SigmoidTransform()]),
]
PAIRS = [
    (Normal(0.5, 2.0), Normal(0.0, 1.5)), (LogNormal(0.5, 0.6), LogNormal(0.0, 0.7)),
    (Laplace(0.5, 2.0), Laplace(0.0, 1.5)), (Uniform(0.0, 1.0), Uniform(-1.0, 2.0)),
    (Exponential(2.0), Exponential(1.5)), (Gamma(2.5, 2.0), Gamma(2.0, 3.0)), (Beta(2.0, 3.5), Beta(1.5, 2.5)),
    (Bernoulli(0.3), Bernoulli(0.6)), (Geometric(0.3), Geometric(0.5)), (Binomial(7, 0.3), Binomial(7, 0.5)),
    (Poisson(3.5), Poisson(2.5)), (Categorical(np.array([0.2, 0.8])), Categorical(np.array([0.5, 0.5]))),
    (OneHotCategorical(np.array([0.2, 0.8])), OneHotCategorical(np.array([0.5, 0.5]))),
    (Dirichlet(np.array([0.5, 1.0, 2.0])), Dirichlet(np.array([1.0, 1.5, 1.0]))),
    (MultivariateNormal(np.array([1.0, -1.0]), COV), MultivariateNormal(np.zeros(2), np.eye(2) * 3)),
    (Independent(Normal(np.zeros(2), 1.0), 1), Independent(Normal(np.ones(2), 2.0), 1)),
    (HalfNormal(2.0), HalfNormal(1.5)), (Cauchy(0.5, 2.0), Cauchy(0.0, 1.5)), (Gumbel(0.5, 2.0), Gumbel(0.0, 2.5)),
    (Pareto(2.0, 3.5), Pareto(1.5, 2.5)), (HalfCauchy(2.0), HalfCauchy(1.5)), (Weibull(2.0, 1.5), Weibull(1.5, 2.0)),
    (ContinuousBernoulli(0.3), ContinuousBernoulli(0.8)),
    (LowRankMultivariateNormal(np.zeros(3), FACTOR, np.ones(3)), MultivariateNormal(np.ones(3), 4 * np.eye(3))),
    (InverseGamma(2.5, 2.0), InverseGamma(2.0, 3.0)),
    tuple([TransformedDistribution(Normal(loc, 2.0), ExpTransform()) for loc in (0.5, 0.0)]),
]
# fmt: on
named = {"ids": lambda d: type(d).__name__}


@pytest.mark.parametrize("d, truth", CONTINUOUS, **named)
def test_continuous(d, truth):
    q = np.array([0.05, 0.3, 0.5, 0.8, 0.99])
    x = truth.ppf(q)
    np.testing.assert_allclose(d.log_prob(x), truth.logpdf(x), rtol=1e-10)
    np.testing.assert_allclose(d.cdf(x), q, rtol=1e-10)
    np.testing.assert_allclose(d.entropy(), truth.entropy(), rtol=1e-10)
    np.testing.assert_allclose(d.mean, truth.mean(), rtol=1e-10)
    np.testing.assert_allclose(d.variance, truth.var(), rtol=1e-10)
    np.testing.assert_allclose(d.perplexity(), np.exp(truth.entropy()), rtol=1e-10)
    if not isinstance(d, StudentT | FisherSnedecor):
        np.testing.assert_allclose(d.icdf(q), x, rtol=1e-10, atol=1e-12)
    if truth.ppf(0) > -np.inf:
        assert d.log_prob(truth.ppf(0) - 1) == -np.inf and d.cdf(truth.ppf(0) - 1) == 0
    assert stats.kstest(d.sample((5000,), KEY), truth.cdf).pvalue > 0.005


@pytest.mark.parametrize("d, low, high", INTEGRALS, **named)
def test_moments_are_integrals_of_the_density(d, low, high):
    width = (high - low) / 200_000
    x = low + (np.arange(200_000) + 0.5) * width
    p = np.exp(d.log_prob(x)) * width
    assert abs(np.sum(p) - 1) < 1e-7
    samples = d.sample((4000,), KEY)
    if isinstance(d, VonMises):
        np.testing.assert_allclose(d.variance, 1 - np.sum(p * np.cos(x - d.loc)), rtol=1e-7)
    else:
        np.testing.assert_allclose(d.cdf(x[::5000]), np.cumsum(p)[::5000], atol=2 * p.max())
    if not isinstance(d, VonMises | TransformedDistribution):
        np.testing.assert_allclose(d.mean, np.sum(p * x), rtol=1e-7)
        np.testing.assert_allclose(d.variance, np.sum(p * (x - d.mean) ** 2), rtol=1e-6)
    if isinstance(d, Kumaraswamy | ContinuousBernoulli):
        np.testing.assert_allclose(d.entropy(), -np.sum(p * d.log_prob(x)), rtol=1e-6, atol=1e-12)
    if not isinstance(d, VonMises | MixtureSameFamily):
        q = np.array([0.05, 0.3, 0.5, 0.8, 0.99])
        np.testing.assert_allclose(d.cdf(d.icdf(q)), q, rtol=1e-10)
    samples = low + (samples - low) % (high - low) if isinstance(d, VonMises) else samples
    assert stats.kstest(samples, lambda y: np.interp(y, x, np.cumsum(p))).pvalue > 0.005


def test_modes_are_where_densities_are_greatest():
    x = np.linspace(-4, 9, 130_001)
    with np.errstate(all="ignore"):
        for d, *_ in CONTINUOUS:
            try:
                mode = d.mode
            except wg.NotDifferentiable:
                assert isinstance(d, Uniform)
                continue
            assert abs(x[np.argmax(d.log_prob(x))] - mode) < 2e-4, d
    for d, _ in DISCRETE:
        assert (
            np.argmax(d.log_prob(np.arange(2 if isinstance(d, Bernoulli) else 3 if isinstance(d, Categorical) else 20)))
            == d.mode
        )
    np.testing.assert_array_equal(VECTORS[2].mode, [0, 1])
    np.testing.assert_array_equal(VECTORS[1].mode, [1, -1])
    np.testing.assert_allclose(Dirichlet(np.array([[2.0, 3.0], [2.0, 0.5]])).mode, [[1 / 3, 2 / 3], [np.nan, np.nan]])
    p = Kumaraswamy(2.0, 3.5)
    assert abs(wg.grad(p.log_prob)(p.mode)) < 1e-9


def test_all_values_of_a_choice():
    np.testing.assert_array_equal(
        Bernoulli(np.full((2, 3), 0.5)).enumerate_support(), np.arange(2.0)[:, None, None] + np.zeros((2, 3))
    )
    d = Categorical(np.array([[0.2, 0.3, 0.5], [1.0, 1.0, 1.0]]))
    np.testing.assert_array_equal(d.enumerate_support(False), [[0], [1], [2]])
    np.testing.assert_allclose(np.exp(d.log_prob(d.enumerate_support())).sum(0), [1, 1])
    np.testing.assert_array_equal(
        OneHotCategorical(np.ones((4, 2))).enumerate_support(), np.broadcast_to(np.eye(2)[:, None], (2, 4, 2))
    )
    with pytest.raises(wg.NotDifferentiable, match="enumerate_support"):
        Multinomial(2, np.ones(2)).enumerate_support()


@pytest.mark.parametrize("d, truth", DISCRETE, **named)
def test_discrete(d, truth):
    x = np.array([0.0, 1.0, 2.0])[: 2 if isinstance(d, Bernoulli) else 3]
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(d.log_prob(x), np.log(truth.pmf(x)), rtol=1e-9)
    samples = d.sample((5000,), KEY)
    assert abs(samples.mean() - truth.mean()) < 4 * truth.std() / 70
    if isinstance(d, Bernoulli | Geometric | Categorical):
        np.testing.assert_allclose(d.entropy(), truth.entropy(), rtol=1e-6)
    if not isinstance(d, Categorical):
        np.testing.assert_allclose([d.mean, d.variance], [truth.mean(), truth.var()], rtol=1e-12)
        assert d.log_prob(-1.0) == -np.inf
    if isinstance(d, Bernoulli | Poisson):
        np.testing.assert_allclose(d.cdf(np.array([-1.0, 0.0, 0.5, 1.0])), truth.cdf([-1.0, 0.0, 0.5, 1.0]))
    with pytest.raises(wg.NotDifferentiable, match="jump"):
        d.rsample()


def test_vectors_are_those_of_scipy():
    x = np.array([0.2, 0.3, 0.5])
    d, truth = VECTORS[0], stats.dirichlet([0.5, 1, 2])
    np.testing.assert_allclose([d.log_prob(x), d.entropy()], [truth.logpdf(x), truth.entropy()])
    np.testing.assert_allclose([d.mean, d.variance], [truth.mean(), truth.var()])
    y = np.array([[0.0, 0.0], [1.0, 2.0]])
    truth = stats.multivariate_normal([1, -1], COV)
    for d in (
        MultivariateNormal(np.array([1.0, -1.0]), COV),
        MultivariateNormal(np.array([1.0, -1.0]), precision_matrix=np.linalg.inv(COV)),
        MultivariateNormal(np.array([1.0, -1.0]), scale_tril=np.linalg.cholesky(COV)),
    ):
        np.testing.assert_allclose(d.log_prob(y), truth.logpdf(y))
        np.testing.assert_allclose(d.entropy(), truth.entropy())
        np.testing.assert_allclose(d.covariance_matrix, COV)
        np.testing.assert_allclose(d.precision_matrix, np.linalg.inv(COV))
        np.testing.assert_allclose([d.mean, d.variance], [[1, -1], [2, 1]])
    grid = (np.arange(4000) + 0.5) / 4000
    for d, points in ((VECTORS[5], grid), (VECTORS[3], np.stack([grid, 1 - grid], -1))):  # densities of relaxed choices
        assert abs(np.mean(np.exp(d.log_prob(points))) - 1) < 5e-3
        first = d.sample((4000,), KEY).reshape(4000, -1)[:, 0]
        expected = np.mean(np.exp(d.log_prob(points)) * grid)
        assert abs(first.mean() - expected) < 0.03


@pytest.mark.parametrize("d", [d for d, *_ in CONTINUOUS + DISCRETE + INTEGRALS] + VECTORS, **named)
def test_a_distribution_is_a_container_of_its_parameters(d):
    draw = d.sample((2,), KEY)
    assert draw.shape == (2, *d.batch_shape, *d.event_shape)
    assert d.log_prob(draw).shape == (2, *d.batch_shape)
    compiled = wg.jit(lambda d, key: (d.sample((2,), key), d.log_prob(d.sample((2,), key))))
    for found, expected in zip(compiled(d, KEY), (draw, d.log_prob(draw)), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9)
    mapped = wg.vmap(lambda key: d.sample((2,), key))(np.stack([KEY, random.key(0)]))
    np.testing.assert_allclose(mapped[0], draw, rtol=1e-12)
    assert repr(d).startswith(type(d).__name__)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(d)).sample((2,), KEY), draw)
    wg.manual_seed(0)
    first = d.sample()
    wg.manual_seed(0)
    np.testing.assert_array_equal(d.sample(), first)


@pytest.mark.parametrize("p, q", PAIRS, **named)
def test_divergence_is_a_mean(p, q):
    x = p.sample((20000,), KEY)
    terms = p.log_prob(x) - q.log_prob(x)
    found = kl_divergence(p, q)
    assert abs(found - terms.mean()) < 4 * terms.std() / math.sqrt(len(terms)) + 1e-9
    assert abs(kl_divergence(p, p)) < 1e-12 < found


@pytest.mark.parametrize("q", [Normal(0.5, 2.0), Exponential(0.7), Gamma(1.5, 0.5)], **named)
def test_divergence_from_another_family_is_a_mean(q):
    tried = [d for d, *_ in CONTINUOUS + INTEGRALS if (type(d), type(q)) in wg.distributions.divergence._FORMULAS]
    tried = [d for d in tried if np.isfinite(wg.distributions.kl_divergence(d, q))]
    assert len(tried) == {Normal: 22, Exponential: 17, Gamma: 3}[type(q)]
    for p in tried:
        x = p.sample((20000,), KEY)
        terms = p.log_prob(x) - q.log_prob(x)
        assert abs(kl_divergence(p, q) - terms.mean()) < 5 * terms.std() / math.sqrt(len(terms)) + 1e-9, p


def test_divergences_that_are_infinite_or_unknown():
    assert kl_divergence(Uniform(0.0, 2.0), Uniform(0.0, 1.0)) == np.inf
    assert kl_divergence(Bernoulli(1.0), Bernoulli(0.5)) == pytest.approx(math.log(2))
    with pytest.raises(wg.MissingRule, match="no formula"):
        kl_divergence(Normal(0.0, 1.0), Cauchy(0.0, 1.0))
    with pytest.raises(wg.MissingRule, match="no formula"):
        kl_divergence(VECTORS[3], VECTORS[3])
    with pytest.raises(wg.InvalidArgument, match="different shapes"):
        kl_divergence(Independent(Normal(np.zeros(2), 1.0), 1), Independent(Normal(np.zeros(2), 1.0), 0))

    class Mine(Normal):
        pass

    register_kl(Mine, Normal)(lambda p, q: 7.0)
    assert kl_divergence(Mine(0.0, 1.0), Normal(0.0, 1.0)) == 7 and kl_divergence(Normal(0.0, 1.0), Mine(0.0, 1.0)) == 0


def test_gradients_reach_the_parameters():
    loc, scale = wg.tensor(0.5, requires_grad=True), wg.tensor(2.0, requires_grad=True)
    d = Normal(loc, scale)
    np.mean(d.rsample((20000,), KEY) ** 2).backward()  # the mean of x² is loc² + scale²
    assert abs(loc.grad - 1) < 0.1 and abs(scale.grad - 4) < 0.1
    assert not d.sample().requires_grad
    slope = wg.grad(lambda q: kl_divergence(Normal(0.0, 1.0), q))(Normal(0.0, 2.0))
    assert isinstance(slope, Normal)
    np.testing.assert_allclose([slope.loc, slope.scale], [0, 1 / 2 - 1 / 8])
    logits = np.array([0.1, 0.2, 0.3])
    found = wg.grad(lambda z: Categorical(logits=z).log_prob(1))(logits)
    np.testing.assert_allclose(found, np.eye(3)[1] - np.exp(logits) / np.exp(logits).sum())


def test_score_function():
    """The gradient of a mean through the probabilities: mean(f(x) ∂log p(x))."""

    def surrogate(rate):
        x = Poisson(rate).sample((20000,), KEY)
        return np.mean(x**2 * Poisson(rate).log_prob(x))

    assert abs(wg.grad(surrogate)(2.0) - 5) < 0.3  # the mean of x² is rate² + rate


@pytest.mark.parametrize(
    "make",
    [
        lambda: Normal(0.0, -1.0),
        lambda: Normal(0.0, wg.tensor(0.0)),
        lambda: Bernoulli(1.5),
        lambda: Bernoulli(),
        lambda: Bernoulli(0.5, 0.0),
        lambda: MultivariateNormal(np.zeros(2)),
        lambda: MultivariateNormal(np.zeros(3), COV),
        lambda: Independent(Normal(0.0, 1.0), 1),
    ],
)
def test_parameters_that_make_no_sense(make):
    with pytest.raises(wg.InvalidArgument) as caught:
        make()
    assert len(str(caught.value).splitlines()) == 3


def test_what_has_no_formula_says_so():
    for name in ("mean", "variance"):
        with pytest.raises(wg.NotDifferentiable, match=name):
            getattr(RelaxedBernoulli(0.5, 0.5), name)
    for call in (lambda: Poisson(1.0).entropy(), lambda: Poisson(1.0).icdf(0.5), lambda: VECTORS[0].cdf(0.5)):
        with pytest.raises(wg.NotDifferentiable, match="no formula"):
            call()


def test_vectors_of_low_rank_are_normal_vectors():
    loc, diagonal = np.array([1.0, -1.0, 0.0]), np.array([1.0, 2.0, 0.5])
    d = LowRankMultivariateNormal(loc, FACTOR, diagonal)
    whole = MultivariateNormal(loc, FACTOR @ FACTOR.T + np.diag(diagonal))
    x = np.random.default_rng(0).normal(size=(4, 3))
    np.testing.assert_allclose(d.log_prob(x), whole.log_prob(x))
    np.testing.assert_allclose(d.entropy(), whole.entropy())
    np.testing.assert_allclose(d.variance, whole.variance)
    np.testing.assert_allclose(d.covariance_matrix, whole.covariance_matrix)
    np.testing.assert_allclose(np.cov(d.sample((20000,), KEY).T), whole.covariance_matrix, atol=0.15)
    slope = wg.grad(lambda f: LowRankMultivariateNormal(loc, f, diagonal).log_prob(x[0]))(FACTOR)
    full = wg.grad(lambda f: MultivariateNormal(loc, f @ f.T + np.diag(diagonal)).log_prob(x[0]))(FACTOR)
    np.testing.assert_allclose(slope, full)
    with pytest.raises(wg.InvalidArgument, match="a row"):
        LowRankMultivariateNormal(loc, FACTOR.T, diagonal)


def test_counts_of_choices():
    p = np.array([0.2, 0.5, 0.3])
    d, truth = Multinomial(4, p), stats.multinomial(4, p)
    x = np.array([[1, 2, 1], [0, 0, 4], [1, 1, 1]])
    with np.errstate(divide="ignore"):
        np.testing.assert_allclose(d.log_prob(x), truth.logpmf(x))
    np.testing.assert_allclose(d.mean, 4 * p)
    samples = d.sample((4000,), KEY)
    assert np.all(samples.sum(-1) == 4)
    np.testing.assert_allclose(samples.mean(0), 4 * p, atol=0.06)
    np.testing.assert_allclose(samples.var(0), d.variance, atol=0.06)
    assert Multinomial(2, np.array([1.0, 0.0])).log_prob(np.array([2.0, 0.0])) == pytest.approx(0)
    with pytest.raises(wg.MissingRule, match="no formula"):
        kl_divergence(d, d)


def test_straight_through_choices_have_the_slope_of_the_probabilities():
    logits, w = np.array([0.5, -0.5, 0.1]), np.array([1.0, 2.0, 3.0])
    loss = lambda z: np.sum(w * OneHotCategoricalStraightThrough(logits=z).rsample((), KEY))
    assert loss(logits) in w
    np.testing.assert_allclose(
        wg.grad(loss)(logits), wg.grad(lambda z: np.sum(w * wg.nn.functional.softmax(z)))(logits)
    )


def test_expanded_distributions_are_batches_of_the_same():
    for d in [d for d, *_ in CONTINUOUS + DISCRETE + INTEGRALS] + VECTORS:
        more = d.expand((4, *d.batch_shape))
        assert type(more) is type(d) and more.batch_shape == (4, *d.batch_shape) and more.event_shape == d.event_shape
        x = d.sample((), KEY)
        np.testing.assert_allclose(more.log_prob(x), np.broadcast_to(d.log_prob(x), more.batch_shape))
        assert more.sample((2,), KEY).shape == (2, *more.batch_shape, *more.event_shape)


T = wg.distributions
TRANSFORMS = [
    (T.AffineTransform(0.5, -2.0), (3,)), (T.ExpTransform(), (3,)), (T.PowerTransform(-1.5), (3,)),
    (T.SigmoidTransform(), (3,)), (T.TanhTransform(), (3,)), (T.SoftplusTransform(), (3,)),
    (T.StickBreakingTransform(), (3,)), (T.LowerCholeskyTransform(), (2, 2)), (T.ReshapeTransform((4,), (2, 2)), (4,)),
    (T.IndependentTransform(T.ExpTransform(), 1), (3,)), (T.identity_transform, (3,)),
    (T.ComposeTransform([T.SoftplusTransform(), T.PowerTransform(2.0), T.AffineTransform(0.0, 3.0)]), (3,)),
    (T.ComposeTransform([T.AffineTransform(0.1, 0.5), T.StickBreakingTransform()]), (3,)),
    (T.SigmoidTransform().inv, (3,)), (T.ComposeTransform([T.ExpTransform(), T.TanhTransform()]).inv, (3,)),
]  # fmt: skip


@pytest.mark.parametrize("t, shape", TRANSFORMS, **named)
def test_transforms_have_inverses_and_jacobians(t, shape):
    x = np.random.default_rng(3).uniform(0.1, 0.9, shape)
    y = t(x)
    assert t.forward_shape(shape) == y.shape and t.inverse_shape(y.shape) == shape
    kept = np.tril(x) if isinstance(t, T.LowerCholeskyTransform) else x
    np.testing.assert_allclose(t.inv(y), kept, rtol=1e-9)
    jacobian = wg.jacobian(t)(x).reshape(y.size, x.size)
    if isinstance(t, T.LowerCholeskyTransform):
        lower = np.tri(2, dtype=bool).reshape(-1)
        jacobian = jacobian[lower][:, lower]
    # A vector of probabilities is given by all of its entries but the last one.
    expected = np.linalg.slogdet(jacobian[: jacobian.shape[1]])[1]
    found = t.log_abs_det_jacobian(x, y)
    assert np.shape(found) == shape[: len(shape) - t.in_axes]
    np.testing.assert_allclose(np.sum(found), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(np.sum(t.inv.log_abs_det_jacobian(y, t.inv(y))), -expected, rtol=1e-9, atol=1e-12)
    if t.in_axes == 0:
        assert np.all(t.sign == np.sign(np.diag(jacobian)))


def test_a_flow_trains_and_its_shapes_are_those_of_what_comes_out():
    loc = np.array([1.0, 2.0])
    d = TransformedDistribution(Normal(0.0, 1.0), [T.AffineTransform(loc, 0.5)])
    assert d.batch_shape == (2,) and d.event_shape == ()
    x = np.array([0.3, 0.7])
    np.testing.assert_allclose(d.log_prob(x), Normal(loc, 0.5).log_prob(x))
    np.testing.assert_allclose(d.cdf(x), Normal(loc, 0.5).cdf(x))
    flow = lambda s: TransformedDistribution(Normal(0.0, 1.0), [T.AffineTransform(0.0, s), T.ExpTransform()])
    np.testing.assert_allclose(
        wg.grad(lambda s: flow(s).log_prob(2.0))(0.7), wg.grad(lambda s: LogNormal(0.0, s).log_prob(2.0))(0.7)
    )
    assert isinstance(wg.grad(lambda d: d.log_prob(2.0))(flow(0.7)), TransformedDistribution)
    shares = LogisticNormal(np.zeros((5, 2)), np.ones(2))
    assert shares.batch_shape == (5,) and shares.event_shape == (3,)
    np.testing.assert_allclose(shares.sample((), KEY).sum(-1), np.ones(5))
    matrices = TransformedDistribution(Independent(Normal(np.zeros(4), 1.0), 1), [T.ReshapeTransform((4,), (2, 2))])
    assert matrices.event_shape == (2, 2) and matrices.log_prob(np.zeros((3, 2, 2))).shape == (3,)
    with pytest.raises(wg.MissingRule, match="different transforms"):
        kl_divergence(flow(0.5), flow(0.7))
    with pytest.raises(wg.InvalidArgument, match="as many entries"):
        T.ReshapeTransform((3,), (2, 2))
    with pytest.raises(wg.InvalidArgument, match="batch_shape"):
        MixtureSameFamily(Categorical(np.ones(3)), Normal(np.zeros(2), 1.0))
