"""Draws of parameters at the edge: far tails, very large and very small ones, single and half precision."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.special
import scipy.stats as st

import wengert as wg
from wengert import random
from wengert.random.continuous import unit
from wengert.random.discrete import _many

KEY = random.key(1)
N = (4000,)


def fits(x, truth):
    return st.kstest(np.asarray(x, float), truth.cdf).pvalue > 1e-3


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("low, high", [(3, np.inf), (30, np.inf), (40, 41), (-np.inf, -50), (-1e-9, 1e-9), (-6, 100)])
def test_normal_numbers_between_bounds_far_out(low, high, dtype):
    x = random.truncated_normal(KEY, low, high, N, dtype)
    assert x.dtype == dtype
    assert np.all((x >= dtype(low)) & (x <= dtype(high)))
    assert fits(x, st.truncnorm(low, high))


@pytest.mark.parametrize("low, high", [(40.0, 41.0), (8.0, 30.0), (-3.0, 1.0), (-70.0, -60.0)])
def test_slopes_by_the_bounds_are_those_of_the_quantile(low, high):
    f = lambda low, high: random.truncated_normal(KEY, low, high)
    quotient = [(f(low + h, high + k) - f(low - h, high - k)) / 1e-5 for h, k in [(5e-6, 0), (0, 5e-6)]]
    np.testing.assert_allclose(wg.grad(f, (0, 1))(low, high), quotient, rtol=1e-6, atol=1e-9)


def test_slopes_by_a_bound_that_is_infinite():
    f = lambda low, high: random.truncated_normal(KEY, low, high)
    assert wg.grad(f)(50.0, np.inf) == pytest.approx(1, abs=0.01)
    assert wg.grad(f, 1)(-np.inf, -50.0) == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("a", [0.3, 2.5, 1e4, 1e8])
@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-6), (np.float32, 1e-3)])
def test_slope_of_a_gamma_number_is_that_of_the_quantile(a, dtype, tolerance):
    base, power = random.split(KEY)
    u, v = [np.float64(unit(k, (), np.dtype(dtype), inner=True)) for k in (base, power)]

    def quantile(a):
        return scipy.special.gammaincinv(a, u) if a >= 1 else scipy.special.gammaincinv(a + 1, u) * v ** (1 / a)

    h = 1e-4 * a
    assert random.gamma(KEY, dtype(a)) == pytest.approx(quantile(float(dtype(a))), rel=tolerance)
    slope = (quantile(a + h) - quantile(a - h)) / (2 * h)
    assert wg.grad(lambda a: random.gamma(KEY, a))(dtype(a)) == pytest.approx(slope, rel=tolerance)


@pytest.mark.parametrize("a, b", [(1e-3, 1e-3), (1e-5, 1.0), (1e-300, 1.0)])
def test_beta_numbers_near_their_ends_have_slopes(a, b):
    x = random.beta(KEY, a, b, N)
    assert np.all((x >= 0) & (x <= 1))
    assert np.all(np.isfinite(wg.grad(lambda a, b: np.mean(random.beta(KEY, a, b, N)), (0, 1))(a, b)))


def test_quotients_of_few_degrees_of_freedom():
    assert fits(random.f(KEY, 0.05, 0.05, N), st.f(0.05, 0.05))
    assert fits(random.t(KEY, 0.05, N), st.t(0.05))


@pytest.mark.parametrize("lam", [0.99e5, 1.01e5, 1e12, 1e18])
def test_many_things_that_happen(lam):
    x = random.poisson(KEY, lam, N).astype(float)
    assert fits((x - lam) / np.sqrt(lam), st.norm())


def test_both_ways_to_count_many_agree():
    u = (np.arange(500) + 0.5) / 500
    assert np.array_equal(_many(1e5, u), np.ceil(scipy.special.pdtrik(u, 1e5)))


@pytest.mark.parametrize("dtype", [np.int32, np.int64, np.uint8])
def test_counts_that_no_whole_number_can_hold(dtype):
    assert np.all(random.geometric(KEY, 1e-300, (3,), dtype) >= np.iinfo(dtype).max - 1023)


def test_half_precision_does_not_round_to_the_ends():
    many = (50_000,)
    u = random.uniform(KEY, many, np.float16)
    assert u.dtype == np.float16
    assert np.all((u >= 0) & (u < 1))
    for draw in (random.normal, random.exponential, random.gumbel, random.logistic):
        assert np.all(np.isfinite(draw(KEY, many, np.float16)))
    assert random.gamma(KEY, np.float16(2), (3,)).dtype == np.float16


def test_nothing_is_chosen_from_nothing():
    assert random.choice(KEY, 0, (0,)).shape == (0,)
    assert random.choice(KEY, 3, (0, 2), replace=False).shape == (0, 2)


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: random.gamma(KEY, -0.5), "a > 0"),
        (lambda: random.gamma(KEY, np.array([1.0, 0.0])), "a > 0"),
        (lambda: random.beta(KEY, 1.0, np.nan), "b > 0"),
        (lambda: random.dirichlet(KEY, np.array([-1.0, 1.0])), "alpha > 0"),
        (lambda: random.t(KEY, 0.0), "df > 0"),
        (lambda: random.truncated_normal(KEY, 2.0, 1.0), "lower < upper"),
        (lambda: random.poisson(KEY, -1.0), "from 0 on"),
        (lambda: random.poisson(KEY, 1e19), "below 2"),
        (lambda: random.binomial(KEY, -1, 0.5), "from 0 on"),
        (lambda: random.binomial(KEY, 5, 1.1), "from 0 to 1"),
        (lambda: random.geometric(KEY, 0.0), "above 0"),
        (lambda: random.choice(KEY, 3, (4,), p=[-1.0, 1.0, 1.0]), "from 0 on"),
        (lambda: random.choice(KEY, 3, (4,), p=[0.5, 0.5]), "3 numbers"),
        (lambda: random.choice(KEY, 3, (4,), p=[0.0, 0.0, 0.0]), "1 are not 0"),
        (lambda: random.choice(KEY, 3, (2,), p=[1.0, 0.0, 0.0], replace=False), "2 are not 0"),
        (lambda: random.split(KEY, -1), "negative"),
        (lambda: random.bits(KEY, 1.5), "whole numbers"),
    ],
)
def test_parameters_that_are_out_of_range(call, message):
    with pytest.raises(wg.InvalidArgument, match=message):
        call()


def test_parameters_that_are_traced_are_not_looked_at():
    draws = wg.jit(lambda a: random.gamma(KEY, a))
    assert draws(2.0) == random.gamma(KEY, 2.0)
    assert np.isnan(draws(-2.0))
