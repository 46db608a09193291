"""Distributions of vectors, matrices and counts, in their arguments and parameters."""

from __future__ import annotations

import numpy as np

from tests.draws import P, R, S, U, V, positive_definite
from wengert.scipy import stats

_COV = positive_definite(2, 2)


def _even(x):
    """The symmetric part: SciPy reads one triangle."""
    return (x + np.swapaxes(x, -1, -2)) / 2


S(
    "scipy.stats.multivariate_normal.entropy",
    lambda c: stats.multivariate_normal.entropy(None, _even(c)),
    [_COV],
    order=2,
)
S(
    "scipy.stats.multivariate_normal.logpdf",
    lambda x, r: stats.multivariate_normal.logpdf(x @ r.T, None, r @ r.T, allow_singular=True),
    [R(3, 1), V([[1.0], [0.4]])],
    order=1,
)
S(
    "scipy.stats.multivariate_t.logpdf",
    lambda x, m, c, n: stats.multivariate_t.logpdf(x, m, _even(c), n),
    [R(3, 2), R(2), _COV, P()],
    order=1,
)
S(
    "scipy.stats.multivariate_t.entropy",
    lambda c, n: stats.multivariate_t.entropy(None, _even(c), n),
    [_COV, P()],
    order=1,
)
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
    S(
        f"scipy.stats.{_name}.logpdf",
        lambda x, n, c, d=_name: getattr(stats, d).logpdf(_even(x), n, _even(c)),
        [_COV, V(3.5), _COV],
        order=1,
    )
    for _method in ("entropy", "mean", "var"):
        S(
            f"scipy.stats.{_name}.{_method}",
            lambda n, c, d=_name, m=_method: getattr(getattr(stats, d), m)(n, _even(c)),
            [V(5.5), _COV],
            order=1,
        )
S(
    "scipy.stats.matrix_normal.logpdf",
    lambda x, m, r, c: stats.matrix_normal.logpdf(x, m, _even(r), _even(c)),
    [R(3, 2, 2), R(2, 2), _COV, _COV],
    order=1,
)
S(
    "scipy.stats.matrix_normal.entropy",
    lambda r, c: stats.matrix_normal.entropy(_even(r), _even(c)),
    [_COV, _COV],
    order=1,
)
S("scipy.stats.multinomial.logpmf", lambda p: stats.multinomial.logpmf([1, 2], 3, np.stack([p, 1 - p])), [U()], order=2)
S("scipy.stats.multinomial.entropy", lambda p: stats.multinomial.entropy(4, np.stack([p, 1 - p])), [U()], order=1)
S("scipy.stats.multinomial.cov", lambda p: stats.multinomial.cov(4, np.stack([p, 1 - p])), [U()], order=1)
S(
    "scipy.stats.dirichlet_multinomial.logpmf",
    lambda a: stats.dirichlet_multinomial.logpmf([1, 2], a, 3),
    [P(2)],
    order=2,
)
S("scipy.stats.dirichlet_multinomial.cov", lambda a: stats.dirichlet_multinomial.cov(a, 3), [P(2)], order=1)
if hasattr(stats, "normal_inverse_gamma"):
    S(
        "scipy.stats.normal_inverse_gamma.logpdf",
        lambda *args: stats.normal_inverse_gamma.logpdf(*args),
        [R(3), P(3), R(), P(), P(), P()],
        order=2,
    )
    S(
        "scipy.stats.normal_inverse_gamma.pdf",
        lambda x, v, a: stats.normal_inverse_gamma(a=a).pdf(x, v),
        [R(), P(), P()],
    )
    S("scipy.stats.normal_inverse_gamma.mean", lambda *p: stats.normal_inverse_gamma.mean(*p), [R(), P(), V(2.5), P()])
    S("scipy.stats.normal_inverse_gamma.var", lambda *p: stats.normal_inverse_gamma.var(*p), [R(), P(), V(2.5), P()])
