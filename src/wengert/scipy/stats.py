"""Twins of `scipy.stats`: densities and distribution functions, differentiable in x and in every parameter.

SciPy's distributions mask, broadcast and copy into plain arrays. Here they are formulas (N. L. Johnson, S. Kotz and
N. Balakrishnan, "Continuous univariate distributions", 1994-95), over the rows of `scipy.special`. What a distribution
has beside (``rvs``, ``fit``, moments, frozen ones) is SciPy's own.
"""

from __future__ import annotations

from wengert.scipy.continuous import beta, cauchy, chi2, expon, gamma, laplace, logistic, lognorm, norm, t, uniform
from wengert.scipy.discrete import bernoulli, binom, poisson
from wengert.scipy.fallthrough import fall_through
from wengert.scipy.joint import dirichlet, multivariate_normal

__all__ = [
    "bernoulli",
    "beta",
    "binom",
    "cauchy",
    "chi2",
    "dirichlet",
    "expon",
    "gamma",
    "laplace",
    "logistic",
    "lognorm",
    "multivariate_normal",
    "norm",
    "poisson",
    "t",
    "uniform",
]

__getattr__ = fall_through("scipy.stats")
