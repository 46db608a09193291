"""Densities and distribution functions in x and in every parameter."""

from __future__ import annotations

import numpy as np

from tests.draws import P, R, S, U, V, at_kink, positive_definite
from wengert.scipy import stats

WIDE = [("norm", R), ("laplace", R), ("logistic", R), ("cauchy", R), ("expon", P)]
NAMES = ("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf")

for _name, _draw in WIDE:
    for _method in NAMES:
        S(
            f"scipy.stats.{_name}.{_method}",
            getattr(getattr(stats, _name), _method),
            [_draw(3)],
            [P(2, 1), V(-0.4, -1.3), P(2)],
            order=1 if _method in ("logcdf", "logsf") else 3,
        )
    for _method in ("ppf", "isf"):
        S(f"scipy.stats.{_name}.{_method}", getattr(getattr(stats, _name), _method), [U(3), R(3), P()], order=2)
for _method in NAMES:
    S(f"scipy.stats.uniform.{_method}", getattr(stats.uniform, _method), [U(3)], [U(2), V(-0.3), P()], order=2)
    S(
        f"scipy.stats.lognorm.{_method}",
        getattr(stats.lognorm, _method),
        [P(3), P()],
        [P(2), P(2), V(-0.2), P()],
        order=2,
    )
S("scipy.stats.uniform.ppf", stats.uniform.ppf, [U(3), R(3), P()])
S("scipy.stats.lognorm.ppf", stats.lognorm.ppf, [U(3), U(3), R(), P()], order=2)
for _method in ("pdf", "logpdf"):
    S(f"scipy.stats.gamma.{_method}", getattr(stats.gamma, _method), [P(3), P()], [P(2), P(2), V(-0.2), P()], order=2)
    S(f"scipy.stats.chi2.{_method}", getattr(stats.chi2, _method), [P(3), P()], order=2)
    S(f"scipy.stats.beta.{_method}", getattr(stats.beta, _method), [U(3), P(), P(3)], order=2)
    S(f"scipy.stats.t.{_method}", getattr(stats.t, _method), [R(3), P()], [R(2), P(2), R(), P()], order=2)

for _name, _args, _inside, _beyond in (
    ("poisson", (), [0, 1, 3], [-1, 1.5]),
    ("binom", (4,), [0, 2, 4], [5, -1]),
    ("bernoulli", (), [0, 1], [2, 0.5]),
):
    _draw = P if _name == "poisson" else U
    for _method in ("pmf", "logpmf"):
        for _k, _sets in ((_inside, [_draw()]), (_inside + _beyond, at_kink(_draw()))):
            S(
                f"scipy.stats.{_name}.{_method}",
                lambda p, _name=_name, _method=_method, _k=_k, _args=_args: getattr(getattr(stats, _name), _method)(
                    _k, *_args, p
                ),
                _sets,
            )
S("scipy.stats.bernoulli.cdf", lambda p: stats.bernoulli.cdf([-1, 0, 0.5, 1], p), [U()])

for _method in ("pdf", "logpdf"):
    S(
        f"scipy.stats.multivariate_normal.{_method}",
        lambda x, m, c, _method=_method: getattr(stats.multivariate_normal, _method)(x, m, (c + c.T) / 2),
        [R(2), R(2), positive_definite(2, 2)],
        [R(3, 2), R(2), positive_definite(2, 2)],
        [R(3), R(), P()],
        order=2,
    )
    S(
        f"scipy.stats.dirichlet.{_method}",
        lambda x, a, _method=_method: getattr(stats.dirichlet, _method)(x / np.sum(x) * 0.8, a),
        [P(2), P(3)],
        order=2,
    )
