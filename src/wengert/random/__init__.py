"""Random numbers as functions of keys: reproducible, splittable, differentiable by the distribution's parameters.

    key = wg.random.key(0)
    a, b = wg.random.split(key)
    x = wg.random.normal(a, (3,))            # the same numbers whenever it is called, compiled and mapped as well

In the place of a key may stand a `wg.Generator`, or None for the default one (`wg.manual_seed`); it draws a key.
"""

from wengert.random.continuous import (
    cauchy,
    exponential,
    gumbel,
    laplace,
    logistic,
    lognormal,
    maxwell,
    multivariate_normal,
    normal,
    pareto,
    rayleigh,
    truncated_normal,
    uniform,
    weibull_min,
)
from wengert.random.discrete import (
    bernoulli,
    binomial,
    categorical,
    choice,
    geometric,
    gumbel_softmax,
    permutation,
    poisson,
    rademacher,
    randint,
    relaxed_bernoulli,
)
from wengert.random.gammas import beta, chisquare, dirichlet, f, gamma, loggamma, t
from wengert.random.threefry import bits, fold_in, key, split

__all__ = [
    "bernoulli",
    "beta",
    "binomial",
    "bits",
    "categorical",
    "cauchy",
    "chisquare",
    "choice",
    "dirichlet",
    "exponential",
    "f",
    "fold_in",
    "gamma",
    "geometric",
    "gumbel",
    "gumbel_softmax",
    "key",
    "laplace",
    "loggamma",
    "logistic",
    "lognormal",
    "maxwell",
    "multivariate_normal",
    "normal",
    "pareto",
    "permutation",
    "poisson",
    "rademacher",
    "randint",
    "rayleigh",
    "relaxed_bernoulli",
    "split",
    "t",
    "truncated_normal",
    "uniform",
    "weibull_min",
]
