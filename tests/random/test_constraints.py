"""Supports of distributions, and maps of all numbers onto them."""

from __future__ import annotations

import numpy as np
import pytest

import wengert as wg
from wengert.errors import MissingRule, NotDifferentiable

D = wg.distributions
KEY = wg.random.key(5)
C = D.constraints
P = np.array([0.2, 0.5, 0.3])

# A distribution, and what it never gives.
# fmt: off
EACH = [
    (D.Normal(0.0, 1.0), np.nan), (D.LogNormal(0.0, 1.0), 0.0), (D.Gamma(2.0, 1.0), -1.0), (D.Beta(2.0, 1.0), 1.5),
    (D.Exponential(1.0), -0.1), (D.HalfNormal(1.0), -0.1), (D.StudentT(3.0), np.nan), (D.Uniform(1.0, 2.0), 2.0),
    (D.Pareto(2.0, 1.0), 1.9), (D.GeneralizedPareto(1.0, 2.0, -0.5), 5.1), (D.GeneralizedPareto(1.0, 2.0, 0.5), 0.9),
    (D.Weibull(1.0, 1.0), 0.0), (D.Kumaraswamy(2.0, 1.0), -0.5), (D.Bernoulli(0.5), 2), (D.Binomial(3, 0.5), 4),
    (D.Geometric(0.5), -1), (D.Poisson(3.0), 0.5), (D.Categorical(P), 3), (D.OneHotCategorical(P), np.ones(3)),
    (D.Multinomial(4, P), np.array([1.0, 1.0, 1.0])), (D.Dirichlet(P), np.ones(3)),
    (D.RelaxedOneHotCategorical(0.5, P), -P), (D.MultivariateNormal(np.zeros(2), np.eye(2)), np.array([1.0, np.nan])),
    (D.Wishart(3.0, np.eye(2)), np.array([[1.0, 2.0], [2.0, 1.0]])), (D.LKJCholesky(3), np.eye(3) * 2),
    (D.Independent(D.Exponential(np.ones(3)), 1), np.array([1.0, 1.0, -1.0])),
    (D.LogisticNormal(np.zeros(2), np.ones(2)), P * 2),
    (D.MixtureSameFamily(D.Categorical(P), D.Gamma(np.ones(3), 1.0)), -1.0),
]
# fmt: on


@pytest.mark.parametrize("d, never", EACH, ids=lambda d: type(d).__name__)
def test_samples_lie_in_the_support(d, never):
    x = d.sample((7,), KEY)
    assert d.support.check(x).shape == (7, *d.batch_shape)
    assert np.all(d.support.check(x))
    assert not np.any(d.support.check(never))
    assert d.support.event_dim == len(d.event_shape)
    for name, constraint in d.arg_constraints.items():
        assert np.all(constraint.check(getattr(d, name))) or isinstance(getattr(d, name), D.Distribution)
        assert name in repr(d) and repr(constraint)


ONTO = [
    C.real, C.positive, C.nonnegative, C.unit_interval, C.interval(-1.0, 3.0), C.less_than(2.0),
    C.greater_than(np.array(1.5)),
    C.half_open_interval(0.0, 2.0), C.simplex, C.independent(C.positive, 1), C.lower_cholesky, C.positive_definite,
]  # fmt: skip


@pytest.mark.parametrize("constraint", ONTO, ids=repr)
def test_all_numbers_are_mapped_to_the_set_and_back(constraint):
    t = D.biject_to(constraint)
    x = wg.random.normal(KEY, (3, 3))
    x = np.tril(x) if t.in_axes == 2 else x
    y = t(x)
    assert np.all(constraint.check(y))
    np.testing.assert_allclose(t.inv(y), x, rtol=1e-9, atol=1e-12)
    assert np.all(constraint.check(D.transform_to(constraint)(x)))


def lower(x):
    return x[np.tril_indices(len(x))]


def test_jacobian_of_matrices_that_are_positive_definite():
    t, x = D.PositiveDefiniteTransform(), np.tril(wg.random.normal(KEY, (3, 3)))

    def entries(v):
        whole = np.zeros((3, 3), like=v)
        whole[np.tril_indices(3)] = v
        return lower(t(whole))

    _, log = np.linalg.slogdet(wg.jacobian(entries)(lower(x)))
    np.testing.assert_allclose(t.log_abs_det_jacobian(x, t(x)), log)


def test_correlations_of_any_numbers():
    t, x = D.CorrCholeskyTransform(), wg.random.normal(KEY, (2, 6)) * 2
    y = t(x)
    assert (y.shape, t.inverse_shape(y.shape)) == ((2, 4, 4), (2, 6))
    assert np.all(C.corr_cholesky.check(y))
    np.testing.assert_allclose(t.inv(y), x, rtol=1e-9)
    _, log = np.linalg.slogdet(wg.jacobian(lambda v: t(v)[np.tril_indices(4, -1)])(x[0]))
    np.testing.assert_allclose(t.log_abs_det_jacobian(x, y)[0], log)
    assert np.all(np.isfinite(t.log_abs_det_jacobian(x * 100, t(x * 100))))


def test_probabilities_of_as_many_numbers():
    t = D.transform_to(C.simplex)
    np.testing.assert_allclose(t(t.inv(P)), P)
    assert D.biject_to(C.simplex)(np.zeros(2)).shape == (3,)


def test_what_has_no_map_or_no_support_says_so():
    for constraint in (C.boolean, C.one_hot, C.symmetric):
        with pytest.raises(MissingRule, match="a map to"):
            D.biject_to(constraint)
    with pytest.raises(NotDifferentiable, match="support"):
        _ = D.TransformedDistribution(D.Normal(0.0, 1.0), D.ExpTransform()).support


# fmt: off
CROSSING = [
    (D.Normal(0.5, 1.5), D.Gumbel(0.2, 2.0)), (D.Exponential(1.5), D.Gumbel(0.2, 2.0)),
    (D.Gamma(2.5, 1.5), D.Gumbel(0.2, 2.0)), (D.Uniform(-1.0, 2.0), D.Gumbel(0.2, 2.0)),
    (D.Normal(0.5, 1.5), D.Laplace(-0.3, 1.2)), (D.Beta(2.5, 1.5), D.Gamma(1.7, 2.0)),
    (D.Beta(2.5, 1.5), D.Uniform(-1.0, 2.0)), (D.Uniform(0.5, 2.0), D.Exponential(1.5)),
]
# fmt: on


@pytest.mark.parametrize("p, q", CROSSING, ids=lambda d: type(d).__name__)
def test_divergences_of_families_are_means(p, q):
    x = p.sample((40000,), KEY)
    apart = p.log_prob(x) - q.log_prob(x)
    assert abs(D.kl_divergence(p, q) - np.mean(apart)) < 5 * np.std(apart) / 200 + 1e-12


def test_divergences_from_what_has_no_such_numbers_are_infinite():
    for p, q in [
        (D.Normal(np.zeros(2), 1.0), D.Gamma(1.0, 1.0)), (D.Gamma(1.0, 1.0), D.Beta(np.ones(2), 1.0)),
        (D.Uniform(np.zeros(2), 2.0), D.Beta(1.0, 1.0)), (D.Exponential(1.0), D.Pareto(np.ones(2), 1.0)),
        (D.Uniform(-1.0, np.ones(2)), D.Exponential(1.0)), (D.Beta(1.0, 2.0), D.Uniform(0.5, np.ones(2))),
    ]:  # fmt: skip
        np.testing.assert_array_equal(D.kl_divergence(p, q), [np.inf, np.inf])
    with pytest.raises(MissingRule):
        D.kl_divergence(D.Uniform(np.array([0.0, 0.5]), 1.0), D.Pareto(0.2, 1.0))

    class Unknown(D.Distribution):
        """Without a support."""

        def __init__(self):
            self._set(x=1.0)

    with pytest.raises(MissingRule):
        D.kl_divergence(Unknown(), D.Gamma(1.0, 1.0))
