"""Distributions of vectors, matrices and counts, in their arguments and parameters."""

from __future__ import annotations

import numpy as np

from tests.draws import P, R, S, V, positive_definite
from wengert.scipy import stats

_COV = positive_definite(2, 2)
S("scipy.stats.multivariate_normal.entropy", lambda c: stats.multivariate_normal.entropy(None, c), [_COV], order=2)
S(
    "scipy.stats.multivariate_normal.logpdf",
    lambda x, r: stats.multivariate_normal.logpdf(x @ r.T, None, r @ r.T, allow_singular=True),
    [R(3, 1), V([[1.0], [0.4]])],
    order=1,
)
S("scipy.stats.multivariate_t.logpdf", stats.multivariate_t.logpdf, [R(3, 2), R(2), _COV, P()], order=1)
S("scipy.stats.multivariate_t.entropy", lambda c, n: stats.multivariate_t.entropy(None, c, n), [_COV, P()], order=1)
S("scipy.stats.dirichlet.entropy", stats.dirichlet.entropy, [P(3)], order=2)
S("scipy.stats.dirichlet.cov", stats.dirichlet.cov, [P(3)], order=2)
_unit = lambda x: x / np.sqrt(np.sum(x * x, axis=-1, keepdims=True))
S(
    "scipy.stats.vonmises_fisher.logpdf",
    lambda x, mu, kappa: stats.vonmises_fisher.logpdf(_unit(x), _unit(mu), kappa),
    [R(4, 3), R(3), P()],
    order=1,
)
S("scipy.stats.vonmises_fisher.entropy", lambda k: stats.vonmises_fisher.entropy([0.0, 0, 1], k), [P()], order=2)
for _name in ("wishart", "invwishart"):
    _twin = getattr(stats, _name)
    S(f"scipy.stats.{_name}.logpdf", _twin.logpdf, [_COV, V(3.5), _COV], order=1)
    S(f"scipy.stats.{_name}.entropy", _twin.entropy, [V(3.5), _COV], order=1)
    S(f"scipy.stats.{_name}.mean", _twin.mean, [V(3.5), _COV], order=1)
    S(f"scipy.stats.{_name}.var", _twin.var, [V(5.5), _COV], order=1)
S("scipy.stats.matrix_normal.logpdf", stats.matrix_normal.logpdf, [R(3, 2, 2), R(2, 2), _COV, _COV], order=1)
S("scipy.stats.matrix_normal.entropy", stats.matrix_normal.entropy, [_COV, _COV], order=1)
S("scipy.stats.multinomial.logpmf", lambda p: stats.multinomial.logpmf([1, 2], 3, p), [V(0.4, 0.6)], order=2)
S("scipy.stats.multinomial.entropy", lambda p: stats.multinomial.entropy(4, p), [V(0.4, 0.6)], order=1)
S("scipy.stats.multinomial.cov", lambda p: stats.multinomial.cov(4, p), [V(0.4, 0.6)], order=1)
S(
    "scipy.stats.dirichlet_multinomial.logpmf",
    lambda a: stats.dirichlet_multinomial.logpmf([1, 2], a, 3),
    [P(2)],
    order=2,
)
S("scipy.stats.dirichlet_multinomial.cov", lambda a: stats.dirichlet_multinomial.cov(a, 3), [P(2)], order=1)
