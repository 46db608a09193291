"""Distributions under PyTorch's names: drawing (`sample`, `rsample`), `log_prob`, `cdf`, `entropy`, `kl_divergence`.

Samples of `rsample` are differentiable by the parameters; all are reproducible by `wg.manual_seed`, or by a `key` of
`wg.random`. A distribution is a container of its parameters to every transform. Many need SciPy.
"""

from wengert.distributions.continuous import (
    Beta,
    Cauchy,
    Chi2,
    Exponential,
    Gamma,
    Gumbel,
    HalfNormal,
    Laplace,
    Logistic,
    LogNormal,
    Normal,
    StudentT,
    Uniform,
)
from wengert.distributions.discrete import Bernoulli, Binomial, Categorical, Geometric, Poisson, RelaxedBernoulli
from wengert.distributions.distribution import Distribution
from wengert.distributions.divergence import kl_divergence, register_kl
from wengert.distributions.vectors import (
    Dirichlet,
    Independent,
    MultivariateNormal,
    OneHotCategorical,
    RelaxedOneHotCategorical,
)

__all__ = [
    "Bernoulli",
    "Beta",
    "Binomial",
    "Categorical",
    "Cauchy",
    "Chi2",
    "Dirichlet",
    "Distribution",
    "Exponential",
    "Gamma",
    "Geometric",
    "Gumbel",
    "HalfNormal",
    "Independent",
    "Laplace",
    "LogNormal",
    "Logistic",
    "MultivariateNormal",
    "Normal",
    "OneHotCategorical",
    "Poisson",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "StudentT",
    "Uniform",
    "kl_divergence",
    "register_kl",
]
