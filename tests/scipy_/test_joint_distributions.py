"""Distributions of vectors, matrices and counts: values are SciPy's, and derivatives are difference quotients."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats as theirs

import wengert as wg
from wengert.errors import MissingRule
from wengert.scipy import stats

X = np.array([[0.3, -0.2], [1.1, 0.4], [-0.5, 0.9]])
MEAN = np.array([0.1, 0.2])
COV = np.array([[1.2, 0.3], [0.3, 0.8]])
P = np.array([0.2, 0.3, 0.5])
UNIT = np.array([0.6, 0.8, 0.0])
MATRICES = np.stack([COV, COV @ COV, np.eye(2)], axis=-1)
HIGH = np.arange(6.0).reshape(3, 2) / 5
ROWS = np.eye(3) + 0.2

# name, method, arguments; those that are matrices of covariances move symmetrically.
CASES = [
    ("multivariate_normal", "logpdf", (X, MEAN, COV)),
    ("multivariate_normal", "pdf", (X, MEAN, np.array([0.5, 2.0]))),
    ("multivariate_normal", "logpdf", (X[:, 0], np.array(0.1), np.array(2.0))),
    ("multivariate_normal", "entropy", (MEAN, COV)),
    ("multivariate_t", "logpdf", (X, MEAN, COV, np.array(3.5))),
    ("multivariate_t", "pdf", (X[0], MEAN, COV, np.array(3.5))),
    ("multivariate_t", "entropy", (MEAN, COV, np.array(3.5))),
    ("dirichlet", "entropy", (P * 7,)),
    ("dirichlet", "mean", (P * 7,)),
    ("dirichlet", "var", (P * 7,)),
    ("dirichlet", "cov", (P * 7,)),
    ("vonmises_fisher", "entropy", (UNIT, np.array(1.7))),
    ("wishart", "logpdf", (MATRICES, np.array(3.5), COV)),
    ("wishart", "pdf", (COV, np.array(3.5), np.array([0.5, 2.0]))),
    ("wishart", "entropy", (np.array(3.5), COV)),
    ("wishart", "mean", (np.array(3.5), COV)),
    ("wishart", "mode", (np.array(3.5), COV)),
    ("wishart", "var", (np.array(3.5), COV)),
    ("invwishart", "logpdf", (MATRICES, np.array(3.5), COV)),
    ("invwishart", "pdf", (COV, np.array(3.5), COV)),
    ("invwishart", "entropy", (np.array(3.5), COV)),
    ("invwishart", "mean", (np.array(3.5), COV)),
    ("invwishart", "mode", (np.array(3.5), COV)),
    ("invwishart", "var", (np.array(5.5), COV)),
    ("matrix_normal", "logpdf", (np.stack([HIGH, HIGH**2]), HIGH * 0.3, ROWS, COV)),
    ("matrix_normal", "pdf", (HIGH, HIGH * 0.3, ROWS, np.array(2.0))),
    ("matrix_normal", "entropy", (ROWS, COV)),
    ("dirichlet_multinomial", "mean", (P * 7, np.array(6.0))),
    ("dirichlet_multinomial", "var", (P * 7, np.array(6.0))),
    ("dirichlet_multinomial", "cov", (P * 7, np.array(6.0))),
]
COUNTS = {"dirichlet_multinomial": [1]}


@pytest.mark.parametrize(("name", "method", "args"), CASES)
def test_values_and_derivatives(name, method, args):
    f, ours = [getattr(getattr(source, name), method) for source in (theirs, stats)]
    args = [x[()] for x in args]
    rng = np.random.default_rng(0)
    for n, x in enumerate(args):
        if n in COUNTS.get(name, ()):
            continue
        way = rng.standard_normal(np.shape(x))
        if x.shape[:2] in ((2, 2), (3, 3)):
            way = way + np.swapaxes(way, 0, 1)
        if name == "vonmises_fisher" and n == 0:
            continue
        at = lambda h, f=f, x=x, way=way, n=n: np.asarray(f(*args[:n], (x + h * way)[()], *args[n + 1 :]))
        out, slope = wg.jvp(lambda x, n=n: ours(*args[:n], x, *args[n + 1 :]), (x,), (way,))
        np.testing.assert_allclose(out, f(*args), rtol=1e-10)
        np.testing.assert_allclose(slope, (at(1e-5) - at(-1e-5)) / 2e-5, rtol=1e-5, atol=1e-7)


def test_counts():
    x, n = np.array([[1.0, 2, 3], [0, 0, 6], [1, 1, 1]]), 6
    for name, args in (("multinomial", (n, P)), ("dirichlet_multinomial", (P * 7, n))):
        out = wg.vjp(
            lambda p, name=name, args=args: getattr(stats, name).logpmf(x, *[p if a is not n else n for a in args]),
            args[int(name == "multinomial")],
        )[0]
        np.testing.assert_allclose(out, getattr(theirs, name).logpmf(x, *args))
    slope = wg.grad(lambda p: stats.multinomial.logpmf(x[0], n, p))(P)
    np.testing.assert_allclose(slope, x[0] / P)
    way = np.array([0.3, -0.1, -0.2])
    for method in ("entropy", "mean", "cov"):
        f, ours = getattr(theirs.multinomial, method), getattr(stats.multinomial, method)
        out, slope = wg.jvp(lambda p, f=ours: f(n, p), (P,), (way,))
        np.testing.assert_allclose(out, f(n, P))
        np.testing.assert_allclose(slope, (f(n, P + 1e-5 * way) - f(n, P - 1e-5 * way)) / 2e-5, rtol=1e-6)
    a = P * 7
    (slope,) = wg.vjp(lambda a: stats.dirichlet_multinomial.logpmf(x[0], a, n), a)[1](1.0)
    f = theirs.dirichlet_multinomial.logpmf
    np.testing.assert_allclose(
        slope, [(f(x[0], a + e, n) - f(x[0], a - e, n)) / 2e-5 for e in 1e-5 * np.eye(3)], rtol=1e-6
    )


def test_directions_turn_on_the_sphere():
    turn = np.array([[0.0, -1, 0.5], [1, 0, 0], [-0.5, 0, 0]])  # skew, so that it keeps lengths

    def value(mu, source):
        return source.vonmises_fisher.logpdf(np.array([[0.0, 0.6, 0.8], [1, 0, 0]]), mu, 1.7)

    out, slope = wg.jvp(lambda mu: value(mu, stats), (UNIT,), (turn @ UNIT,))
    np.testing.assert_allclose(out, value(UNIT, theirs))
    np.testing.assert_allclose(slope, 1.7 * np.array([[0.0, 0.6, 0.8], [1, 0, 0]]) @ turn @ UNIT)


def test_a_singular_covariance_keeps_its_range():
    root = np.array([[1.0, 0.2], [0.3, 1.5], [0.7, -0.4]])
    x = root @ np.array([0.4, -1.1])
    for name in ("multivariate_normal", "multivariate_t"):
        f = getattr(theirs, name)
        more = () if name == "multivariate_normal" else (3.0,)
        at = lambda r, f=f, more=more: f.pdf(r @ np.array([0.4, -1.1]), None, r @ r.T, *more, allow_singular=True)
        ours = getattr(stats, name)
        value, slope = wg.value_and_grad(
            lambda r, d=ours, more=more: d.pdf(r @ np.array([0.4, -1.1]), None, r @ r.T, *more, allow_singular=True)
        )(root)
        assert value == pytest.approx(at(root))
        for n in np.ndindex(3, 2):
            step = np.zeros((3, 2))
            step[n] = 1e-5
            assert slope[n] == pytest.approx((at(root + step) - at(root - step)) / 2e-5, rel=1e-4, abs=1e-8)
    beyond = wg.value_and_grad(lambda c: stats.multivariate_normal.logpdf(x + 1, None, c, allow_singular=True))
    assert beyond(root @ root.T)[0] == -np.inf


def test_frozen_forms_and_refusals():
    def loss(c):
        frozen = stats.multivariate_normal(MEAN, c * COV)
        return np.sum(frozen.logpdf(X)) + frozen.entropy() + stats.matrix_normal(HIGH, rowcov=c * ROWS).pdf(HIGH)

    ends = [loss(1.3 + h) for h in (1e-5, -1e-5)]
    assert wg.grad(loss)(1.3) == pytest.approx((ends[0] - ends[1]) / 2e-5, rel=1e-6)
    assert stats.wishart(4, COV).rvs(2, random_state=0).shape == (2, 2, 2)
    with pytest.raises(MissingRule, match=r"multivariate_normal.cdf"):
        wg.grad(lambda c: stats.multivariate_normal(MEAN, c * COV).cdf(X[0]))(1.3)
