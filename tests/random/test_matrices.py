"""Distributions of matrices against SciPy's and their definitions; the generalised Pareto distribution."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import wengert as wg
from wengert.distributions import GeneralizedPareto, LKJCholesky, MultivariateNormal, Wishart
from wengert.errors import InvalidArgument

KEY = wg.random.key(3)
V = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, -0.3], [0.1, -0.3, 1.5]])


def test_sums_of_squares_of_vectors():
    d, truth = Wishart(5.5, V), stats.wishart(5.5, V)
    x = np.asarray(truth.rvs(4, random_state=0))
    np.testing.assert_allclose(d.log_prob(x), truth.logpdf(np.moveaxis(x, 0, -1)), rtol=1e-10)
    np.testing.assert_allclose(d.mean, truth.mean())
    np.testing.assert_allclose(d.mode, truth.mode())
    np.testing.assert_allclose(d.variance, truth.var())
    np.testing.assert_allclose(d.entropy(), truth.entropy())
    for same in (Wishart(5.5, precision_matrix=np.linalg.inv(V)), Wishart(5.5, scale_tril=np.linalg.cholesky(V))):
        np.testing.assert_allclose(same.covariance_matrix, V)
    draws = d.sample((20000,), KEY)
    np.testing.assert_allclose(draws.mean(0), d.mean, atol=0.15)
    np.testing.assert_allclose(draws.var(0), d.variance, rtol=0.1)
    v = np.array([1.0, -1.0, 2.0])
    assert stats.kstest(v @ draws @ v / (v @ V @ v), stats.chi2(5.5).cdf).pvalue > 1e-3


def test_batches_of_matrices():
    d = Wishart(np.array([4.0, 6.0]), V)
    assert (d.batch_shape, d.event_shape, d.rsample((5,), KEY).shape) == ((2,), (3, 3), (5, 2, 3, 3))
    assert d.expand((7, 2)).log_prob(V).shape == (7, 2)
    assert np.all(np.isnan(Wishart(3.5, V).mode))
    mean = wg.grad(lambda df: np.mean(np.trace(Wishart(df, V).rsample((4000,), KEY), axis1=-2, axis2=-1)))(6.0)
    assert abs(mean - np.trace(V)) < 0.2


@pytest.mark.parametrize("eta", [0.5, 1.0, 3.0])
def test_correlations(eta):
    d = LKJCholesky(3, eta)
    root = d.sample((20000,), KEY)
    np.testing.assert_allclose(np.sum(root**2, axis=-1), 1)
    assert np.all(np.triu(root, 1) == 0) and np.all(np.diagonal(root, axis1=-2, axis2=-1) >= 0)
    # each correlation is 2 B - 1 for a B of the beta distribution of shapes η - 1 + n / 2
    correlations = root @ np.swapaxes(root, -1, -2)
    marginal = stats.beta(eta + 0.5, eta + 0.5, loc=-1, scale=2)
    for i, j in [(1, 0), (2, 0), (2, 1)]:
        assert stats.kstest(correlations[:, i, j], marginal.cdf).pvalue > 1e-3


def test_density_of_correlations_is_that_of_their_factor():
    eta, r = 1.7, (np.arange(2000) + 0.5) / 1000 - 1
    root = np.zeros((2000, 2, 2))
    root[:, 0, 0], root[:, 1, 0], root[:, 1, 1] = 1, r, np.sqrt(1 - r**2)
    density = np.exp(LKJCholesky(2, eta).log_prob(root))
    np.testing.assert_allclose(density, stats.beta(eta, eta, loc=-1, scale=2).pdf(r))
    # three rows, integrated over the entries below the diagonal by cosines
    n = 40
    nodes, weights = np.polynomial.legendre.leggauss(n)
    a, b, c = np.meshgrid(nodes, nodes, nodes, indexing="ij")
    w = weights[:, None, None] * weights[None, :, None] * weights
    root = np.zeros((n, n, n, 3, 3))
    # the third row is (b, c √(1 - b²), √(1 - b²) √(1 - c²))
    root[..., 0, 0], root[..., 1, 0], root[..., 1, 1] = 1, a, np.sqrt(1 - a**2)
    root[..., 2, 0], root[..., 2, 1] = b, c * np.sqrt(1 - b**2)
    root[..., 2, 2] = np.sqrt((1 - b**2) * (1 - c**2))
    # with both sides of the map from correlations to entries known: p(L) is by the entries below the diagonal
    assert np.sum(np.exp(LKJCholesky(3, 3.0).log_prob(root)) * np.sqrt(1 - b**2) * w) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("c", [-1.5, -0.4, -1e-6, 0.0, 1e-6, 0.3, 2.0])
def test_generalised_pareto(c):
    d, truth = GeneralizedPareto(0.5, 2.0, c), stats.genpareto(c, loc=0.5, scale=2.0)
    q = np.array([0.05, 0.3, 0.8, 0.99])
    x = truth.ppf(q)
    np.testing.assert_allclose(d.log_prob(x), truth.logpdf(x), rtol=1e-8)
    np.testing.assert_allclose(d.cdf(x), q, rtol=1e-9)
    np.testing.assert_allclose(d.icdf(q), x, rtol=1e-9)
    np.testing.assert_allclose([d.mean, d.entropy()], [truth.mean(), truth.entropy()], rtol=1e-8)
    np.testing.assert_allclose(d.variance, truth.var() if c < 0.5 else np.inf, rtol=1e-6)
    assert d.log_prob(0.4) == -np.inf and d.cdf(0.4) == 0
    if c < -0.1:
        assert d.log_prob(0.6 - 2 / c) == -np.inf and d.cdf(0.6 - 2 / c) == 1
    assert stats.kstest(d.sample((4000,), KEY), truth.cdf).pvalue > 1e-3
    slope = wg.grad(lambda c: GeneralizedPareto(0.5, 2.0, c).log_prob(x[1]))(c)
    near = [GeneralizedPareto(0.5, 2.0, c + h).log_prob(x[1]) for h in (1e-4, -1e-4)]
    assert slope == pytest.approx((near[0] - near[1]) / 2e-4, rel=1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Wishart(1.5, V),
        lambda: Wishart(5.0),
        lambda: Wishart(5.0, V, scale_tril=V),
        lambda: Wishart(5.0, V[:2]),
        lambda: LKJCholesky(1),
        lambda: LKJCholesky(3, -1.0),
        lambda: GeneralizedPareto(0.0, -1.0, 0.0),
        lambda: MultivariateNormal(np.zeros(2), V),
    ],
)
def test_parameters_that_make_no_sense(make):
    with pytest.raises(InvalidArgument):
        make()
