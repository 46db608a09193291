"""Distributions: densities, distribution functions, entropies and moments are SciPy's; divergences are means."""

import math
import pickle

import numpy as np
import pytest
from scipy import stats

import wengert as wg
from wengert import random
from wengert.distributions import (
    Bernoulli,
    Beta,
    Binomial,
    Categorical,
    Cauchy,
    Chi2,
    Dirichlet,
    Exponential,
    Gamma,
    Geometric,
    Gumbel,
    HalfNormal,
    Independent,
    Laplace,
    Logistic,
    LogNormal,
    MultivariateNormal,
    Normal,
    OneHotCategorical,
    Poisson,
    RelaxedBernoulli,
    RelaxedOneHotCategorical,
    StudentT,
    Uniform,
    kl_divergence,
    register_kl,
)

KEY = random.key(11)
COV = np.array([[2.0, 0.5], [0.5, 1.0]])

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
]
DISCRETE = [
    (Bernoulli(probs=0.3), stats.bernoulli(0.3)),
    (Bernoulli(logits=0.3), stats.bernoulli(1 / (1 + math.exp(-0.3)))),
    (Binomial(7, probs=0.3), stats.binom(7, 0.3)),
    (Binomial(7, logits=0.3), stats.binom(7, 1 / (1 + math.exp(-0.3)))),
    (Geometric(probs=0.3), stats.geom(0.3, loc=-1)),
    (Poisson(3.5), stats.poisson(3.5)),
    (Categorical(probs=np.array([1.0, 0.0, 3.0])), stats.rv_discrete(values=([0, 2], [0.25, 0.75]))),
]
VECTORS = [
    Dirichlet(np.array([0.5, 1.0, 2.0])), MultivariateNormal(np.array([1.0, -1.0]), COV),
    OneHotCategorical(np.array([0.2, 0.8])), RelaxedOneHotCategorical(1.5, np.array([0.2, 0.8])),
    Independent(Normal(np.zeros((3, 2)), 1.0), 1), RelaxedBernoulli(1.5, 0.3),
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
    if not isinstance(d, StudentT):
        np.testing.assert_allclose(d.icdf(q), x, rtol=1e-10, atol=1e-12)
    if truth.ppf(0) > -np.inf:
        assert d.log_prob(truth.ppf(0) - 1) == -np.inf and d.cdf(truth.ppf(0) - 1) == 0
    assert stats.kstest(d.sample((5000,), KEY), truth.cdf).pvalue > 0.005


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


@pytest.mark.parametrize("d", [d for d, _ in CONTINUOUS + DISCRETE] + VECTORS, **named)
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
