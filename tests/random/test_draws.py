"""What is drawn: distributions by tests of Kolmogorov and Smirnov and of χ², and gradients of means by formulas."""

import math

import numpy as np
import pytest
from scipy import stats

import wengert as wg
from wengert import random

N = (20000,)
KEY = random.key(7)

CONTINUOUS = {
    "uniform": (lambda k: random.uniform(k, N, minval=-1.0, maxval=3.0), stats.uniform(-1, 4)),
    "normal": (lambda k: random.normal(k, N, loc=1.0, scale=2.0), stats.norm(1, 2)),
    "normal32": (lambda k: random.normal(k, N, np.float32), stats.norm()),
    "lognormal": (lambda k: random.lognormal(k, 0.7, N, mu=0.3), stats.lognorm(0.7, scale=math.exp(0.3))),
    "truncated_normal": (lambda k: random.truncated_normal(k, -1.0, 4.0, N), stats.truncnorm(-1, 4)),
    "truncated_tail": (lambda k: random.truncated_normal(k, 9.0, 11.0, N), stats.truncnorm(9, 11)),
    "exponential": (lambda k: random.exponential(k, N, scale=2.0), stats.expon(0, 2)),
    "laplace": (lambda k: random.laplace(k, N, loc=1.0, scale=0.5), stats.laplace(1, 0.5)),
    "logistic": (lambda k: random.logistic(k, N, loc=1.0, scale=0.5), stats.logistic(1, 0.5)),
    "gumbel": (lambda k: random.gumbel(k, N, loc=1.0, scale=0.5), stats.gumbel_r(1, 0.5)),
    "cauchy": (lambda k: random.cauchy(k, N, loc=1.0, scale=0.5), stats.cauchy(1, 0.5)),
    "pareto": (lambda k: random.pareto(k, 2.5, N, scale=2.0), stats.pareto(2.5, scale=2)),
    "rayleigh": (lambda k: random.rayleigh(k, 2.0, N), stats.rayleigh(0, 2)),
    "weibull_min": (lambda k: random.weibull_min(k, 2.0, 1.5, N), stats.weibull_min(1.5, 0, 2)),
    "maxwell": (lambda k: random.maxwell(k, N, scale=0.5), stats.maxwell(0, 0.5)),
    "gamma_small": (lambda k: random.gamma(k, 0.05, N), stats.gamma(0.05)),
    "gamma": (lambda k: random.gamma(k, 3.0, N, scale=2.0), stats.gamma(3, 0, 2)),
    "loggamma": (lambda k: random.loggamma(k, 0.5, N), stats.loggamma(0.5)),
    "beta": (lambda k: random.beta(k, 0.2, 3.0, N), stats.beta(0.2, 3)),
    "dirichlet": (lambda k: random.dirichlet(k, np.array([0.5, 1.0, 2.0]), N)[:, 0], stats.beta(0.5, 3)),
    "chisquare": (lambda k: random.chisquare(k, 3.0, N), stats.chi2(3)),
    "t": (lambda k: random.t(k, 3.0, N, loc=1.0, scale=2.0), stats.t(3, 1, 2)),
    "f": (lambda k: random.f(k, 3.0, 5.0, N), stats.f(3, 5)),
    "relaxed_bernoulli": (
        lambda k: wg.special.logit(random.relaxed_bernoulli(k, 0.5, 0.4, N)), stats.logistic(0.8, 2.0)),
}  # fmt: skip

DISCRETE = {
    "bernoulli": (lambda k: random.bernoulli(k, 0.3, N), stats.bernoulli(0.3)),
    "poisson": (lambda k: random.poisson(k, 3.5, N), stats.poisson(3.5)),
    "binomial": (lambda k: random.binomial(k, 10, 0.3, N), stats.binom(10, 0.3)),
    "geometric": (lambda k: random.geometric(k, 0.3, N), stats.geom(0.3)),
    "randint": (lambda k: random.randint(k, N, 3, 9), stats.randint(3, 9)),
    "rademacher": (lambda k: random.rademacher(k, N), stats.rv_discrete(values=([-1, 1], [0.5, 0.5]))),
    "categorical": (
        lambda k: random.categorical(k, np.log([0.2, 0.5, 0.3]), shape=N),
        stats.rv_discrete(values=([0, 1, 2], [0.2, 0.5, 0.3])),
    ),
    "choice": (
        lambda k: random.choice(k, 3, N, p=[0.2, 0.5, 0.3]),
        stats.rv_discrete(values=([0, 1, 2], [0.2, 0.5, 0.3])),
    ),
    "permutation": (
        lambda k: wg.vmap(lambda one: random.permutation(one, 3) @ np.array([9, 3, 1]))(random.split(k, 6000)),
        stats.rv_discrete(values=([5, 7, 11, 15, 19, 21], np.full(6, 1 / 6))),
    ),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_distribution(name):
    draw, truth = CONTINUOUS[name]
    assert stats.kstest(draw(KEY), truth.cdf).pvalue > 0.005


@pytest.mark.parametrize("name", DISCRETE)
def test_frequencies(name):
    draw, truth = DISCRETE[name]
    x = draw(KEY)
    values, counts = np.unique(x, return_counts=True)
    expected = truth.pmf(values) * len(x)
    likely = expected > 5
    observed = np.append(counts[likely], len(x) - counts[likely].sum())
    wanted = np.append(expected[likely], len(x) - expected[likely].sum())
    kept = wanted > 1e-6
    assert stats.chisquare(observed[kept], wanted[kept]).pvalue > 0.005


@pytest.mark.parametrize("method", ["cholesky", "eigh", "svd"])
def test_normal_vectors(method):
    cov = np.array([[2.0, 0.5], [0.5, 1.0]])
    x = random.multivariate_normal(KEY, np.array([1.0, -1.0]), cov, N, method=method)
    assert abs(np.cov(x.T) - cov).max() < 0.06 and abs(x.mean(0) - [1, -1]).max() < 0.03


def test_drawing_without_putting_back_prefers_what_is_probable():
    p = np.array([0.5, 0.3, 0.2])
    draws = wg.vmap(lambda k: random.choice(k, 3, (2,), replace=False, p=p))(random.split(KEY, 4000))
    assert (draws[:, 0] != draws[:, 1]).all()
    # First i, then j among the others: p_i p_j / (1 - p_i).
    for i in range(3):
        for j in {0, 1, 2} - {i}:
            assert abs(np.mean((draws[:, 0] == i) & (draws[:, 1] == j)) - p[i] * p[j] / (1 - p[i])) < 0.025


def test_a_permutation_keeps_the_rows():
    x = np.arange(12.0).reshape(4, 3)
    assert sorted(random.permutation(KEY, x).tolist()) == x.tolist()
    lines = random.permutation(KEY, np.tile(np.arange(50), (2, 1)), axis=1, independent=True)
    assert (np.sort(lines, axis=1) == np.arange(50)).all() and (lines[0] != lines[1]).any()
    np.testing.assert_array_equal(wg.grad(lambda y: np.sum(random.permutation(KEY, y)[0]))(x).sum(), 3.0)


# name: (draw, θ, the function g, ∂/∂θ of the mean of g(x))
GRADIENTS = {
    "normal_loc": (lambda t: random.normal(KEY, N, loc=t), 1.5, lambda x: x * x, 3.0),
    "normal_scale": (lambda t: random.normal(KEY, N, scale=t), 1.5, lambda x: x * x, 3.0),
    "uniform": (lambda t: random.uniform(KEY, N, maxval=t), 2.0, lambda x: x * x, 4 / 3),
    "exponential": (lambda t: random.exponential(KEY, N, scale=t), 2.0, lambda x: x * x, 8.0),
    "laplace": (lambda t: random.laplace(KEY, N, scale=t), 2.0, lambda x: x * x, 8.0),
    "logistic": (lambda t: random.logistic(KEY, N, scale=t), 2.0, lambda x: x * x, 4 * math.pi**2 / 3),
    "gumbel": (lambda t: random.gumbel(KEY, N, scale=t), 2.0, lambda x: x, np.euler_gamma),
    "lognormal": (lambda t: random.lognormal(KEY, t, N), 0.5, np.log1p, None),
    "pareto": (lambda t: random.pareto(KEY, t, N), 3.0, np.log, -1 / 9),
    "gamma": (lambda t: random.gamma(KEY, t, N), 2.5, lambda x: x * x, 6.0),
    "gamma_small": (lambda t: random.gamma(KEY, t, N), 0.5, lambda x: x, 1.0),
    "loggamma": (lambda t: random.loggamma(KEY, t, N), 0.7, lambda x: x, None),
    "beta_a": (lambda t: random.beta(KEY, t, 3.0, N), 2.0, lambda x: x, 3 / 25),
    "beta_b": (lambda t: random.beta(KEY, 2.0, t, N), 3.0, lambda x: x, -2 / 25),
    "chisquare": (lambda t: random.chisquare(KEY, t, N), 3.0, lambda x: x, 1.0),
    "weibull_min": (lambda t: random.weibull_min(KEY, t, 2.0, N), 2.0, lambda x: x * x, 4.0),
    "t": (lambda t: random.t(KEY, t, N), 9.0, lambda x: x * x, -2 / 49),
    "truncated_normal": (lambda t: random.truncated_normal(KEY, -np.inf, t, N), 0.5, lambda x: x, None),
}


def _formula(name, t):
    """Derivatives of means that have no simple number."""
    if name == "loggamma":
        return wg.special.polygamma(1, t)
    if name == "truncated_normal":  # the mean is -φ(t) / Φ(t)
        ratio = stats.norm.pdf(t) / stats.norm.cdf(t)
        return t * ratio + ratio**2
    grid = np.linspace(-8, 8, 4001)  # lognormal: the mean of log(1 + exp(t z)), by the trapezoidal rule
    return np.trapezoid(grid * np.exp(t * grid) / (1 + np.exp(t * grid)) * stats.norm.pdf(grid), grid)


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradient_of_a_mean(name):
    draw, theta, g, slope = GRADIENTS[name]
    slope = _formula(name, theta) if slope is None else slope
    found = wg.grad(lambda t: np.mean(g(draw(t))))(theta)
    assert abs(found - slope) < 0.06 * abs(slope)
    assert abs(wg.derivative(lambda t: np.mean(g(draw(t))))(theta) - found) < 1e-9


def test_gradient_of_a_mean_of_vectors():
    factor = np.array([[1.0, 0.0], [0.5, 2.0]])

    def mean(mean, cov):
        x = random.multivariate_normal(KEY, mean, cov, N)
        return np.mean(x[:, 0] * x[:, 1] + x[:, 0])

    by_mean, by_cov = wg.grad(mean, argnums=(0, 1))(np.array([1.0, 2.0]), factor @ factor.T)
    assert abs(by_mean - [3.0, 1.0]).max() < 0.1
    assert abs(by_cov[0, 1] + by_cov[1, 0] - 1) < 0.1  # E x₀x₁ = m₀m₁ + C₀₁


def test_gradient_of_probabilities():
    alpha = np.array([0.5, 1.0, 2.0])
    found = wg.jacobian(lambda a: np.mean(random.dirichlet(KEY, a, N), axis=0))(alpha)
    total = alpha.sum()
    assert abs(found - (np.eye(3) / total - alpha[:, None] / total**2)).max() < 0.02


def test_straight_through():
    logits = np.array([0.3, -0.2, 0.5])
    weights = np.array([1.0, 2.0, 4.0])

    def value(x, hard):
        return np.sum(random.gumbel_softmax(KEY, x, 0.7, hard=hard) * weights)

    assert value(logits, True) in weights
    np.testing.assert_allclose(wg.grad(value)(logits, True), wg.grad(value)(logits, False))
    assert random.gumbel_softmax(KEY, np.zeros((4, 3)), axis=0).sum(0).round(12).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "draw",
    [
        lambda t: random.poisson(KEY, t * 3, (4,)),
        lambda t: random.binomial(KEY, 5, t, (4,)),
        lambda t: random.geometric(KEY, t, (4,)),
        lambda t: random.bernoulli(KEY, t, (4,)),
        lambda t: random.categorical(KEY, np.stack([t, t]), shape=(4,)),
    ],
)
def test_counts_have_no_gradient(draw):
    x = wg.tensor(0.5, requires_grad=True)
    assert not draw(x).requires_grad


def test_dtypes_follow_the_parameters():
    for draw in (random.normal, random.laplace, random.gumbel):
        assert draw(KEY, loc=np.float32(1)).dtype == np.float32
        assert draw(KEY, (2,), np.float32).dtype == np.float32
        assert draw(KEY, (2,)).dtype == np.float64
    assert random.gamma(KEY, np.float32(2)).dtype == np.float32
    assert random.dirichlet(KEY, np.ones(2, np.float32)).dtype == np.float32
    assert random.normal(KEY, (2,), np.complex64).dtype == np.complex64
    assert random.poisson(KEY, 2.0, dtype=float).dtype == float
