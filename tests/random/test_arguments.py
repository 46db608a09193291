"""What all distributions and transforms are asked and told: validation, caches, supports that can be listed."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import wengert as wg
from wengert.errors import InvalidArgument

D = wg.distributions
rng = np.random.default_rng(0)


def test_values_are_checked_if_that_is_asked_for() -> None:
    strict = D.Normal(0.0, 1.0, validate_args=True)
    assert strict.log_prob(0.0) == D.Normal(0.0, 1.0).log_prob(0.0)
    with pytest.raises(ValueError, match="outside of its support"):
        strict.log_prob(np.nan)
    with pytest.raises(ValueError, match="simplex"):
        D.Dirichlet(np.ones(3), validate_args=True).log_prob(np.ones(3))
    assert D.Uniform(0.0, 1.0).log_prob(2.0) == -np.inf
    assert "validate_args" in inspect.signature(D.Bernoulli).parameters


def test_parameters_are_not_checked_if_that_is_asked_for() -> None:
    with pytest.raises(InvalidArgument):
        D.Normal(0.0, -1.0)
    assert D.Normal(0.0, -1.0, validate_args=False).scale == -1.0


def test_the_default_can_be_set() -> None:
    try:
        D.Distribution.set_default_validate_args(False)
        assert D.Exponential(-1.0).rate == -1.0
        D.Distribution.set_default_validate_args(True)
        with pytest.raises(InvalidArgument):
            D.Exponential(1.0).log_prob(-1.0)
    finally:
        D.Distribution.set_default_validate_args(None)


def test_traced_values_are_not_checked() -> None:
    strict = D.Exponential(1.0, validate_args=True)
    np.testing.assert_allclose(wg.vmap(wg.grad(strict.log_prob))(np.array([1.0, 2.0])), [-1.0, -1.0])


def test_samples_the_older_way() -> None:
    with pytest.deprecated_call():
        assert D.Normal(np.zeros(2), 1.0).sample_n(3).shape == (3, 2)


@pytest.mark.parametrize(
    "d", [D.Bernoulli(0.25), D.Binomial(4, np.array([0.25, 0.5])), D.Categorical(np.full(3, 1 / 3))], ids=repr
)
def test_supports_that_can_be_listed_hold_all_probability(d: D.Distribution) -> None:
    assert d.has_enumerate_support
    np.testing.assert_allclose(np.exp(d.log_prob(d.enumerate_support())).sum(0), 1.0)


def test_supports_that_cannot_be_listed() -> None:
    assert not D.Poisson(1.0).has_enumerate_support and not D.Multinomial(3, np.ones(2) / 2).has_enumerate_support
    with pytest.raises(TypeError, match="enumerate_support"):
        D.Binomial(np.array([1, 2]), 0.5).enumerate_support()


def test_caches_keep_what_a_value_came_from() -> None:
    x = np.array([40.0])
    with np.errstate(divide="ignore"):
        assert np.isinf(D.TanhTransform().inv(D.TanhTransform()(x)))
        for kept in (D.TanhTransform(cache_size=1), D.TanhTransform().with_cache()):
            assert kept.inv(kept(x)) is x and np.isinf(kept.inv(np.ones(1)))
    flow = D.TransformedDistribution(D.Normal(np.full(1, 40.0), 1.0), [D.TanhTransform(cache_size=1)])
    assert np.isfinite(flow.log_prob(flow.rsample()))


def test_affine_maps_of_whole_arrays() -> None:
    t, x = D.AffineTransform(1.0, 2.0, event_dim=1), np.zeros((3, 2))
    assert t.event_dim == 1 and D.ExpTransform().event_dim == 0
    np.testing.assert_allclose(t.log_abs_det_jacobian(x, t(x)), np.full(3, 2 * np.log(2)))


def pieces() -> dict[str, tuple[D.Transform, np.ndarray]]:
    exp, line, sticks = D.ExpTransform(), D.AffineTransform(1.0, 2.0), D.LowerCholeskyTransform()
    x = rng.normal(size=(4, 3))
    return {
        "cat": (D.CatTransform([exp, line], 1, [1, 2]), x),
        "cat from the right": (D.CatTransform([exp, line], -2, [1, 3]), x),
        "cat of arrays": (D.CatTransform([D.IndependentTransform(exp, 1), line], 0, [1, 3]), x),
        "cat within arrays": (D.CatTransform([D.IndependentTransform(exp, 1), line], 1, [1, 2]), x),
        "stack": (D.StackTransform([exp, line, exp], 1), x),
        "stack of arrays": (D.StackTransform([D.IndependentTransform(exp, 1), line], 0), x[:2]),
        "stack of matrices": (D.StackTransform([sticks, sticks], -3), np.tril(rng.normal(size=(2, 3, 3)))),
        "probabilities": (D.CumulativeDistributionTransform(D.Logistic(0.5, 2.0)), x),
    }


@pytest.mark.parametrize("name", pieces())
def test_pieces_have_inverses_and_determinants(name: str) -> None:
    t, x = pieces()[name]
    y = t(x)
    np.testing.assert_allclose(t.inv(y), x, rtol=1e-6)
    if "matrices" in name:
        expected = np.stack([part.log_abs_det_jacobian(a, b) for part, a, b in zip(t.parts, x, y, strict=True)])
        np.testing.assert_allclose(t.log_abs_det_jacobian(x, y), expected)
        return
    slopes = wg.grad(lambda x: np.sum(t(x)))(x)
    expected = np.sum(np.log(slopes), axis=tuple(range(2 - t.in_axes, 2)))
    np.testing.assert_allclose(t.log_abs_det_jacobian(x, y), expected)


def test_pieces_that_do_not_fit() -> None:
    exp = D.ExpTransform()
    for wrong in (
        lambda: D.CatTransform([exp], lengths=[1, 2]),
        lambda: D.CatTransform([exp, exp])(np.zeros(3)),
        lambda: D.StackTransform([exp, exp])(np.zeros(3)),
    ):
        with pytest.raises(InvalidArgument):
            wrong()


def test_sizes_are_no_bijection() -> None:
    t = D.AbsTransform()
    assert not t.bijective and D.ExpTransform().bijective and t(-2.0) == 2.0 == t.inv(2.0)
