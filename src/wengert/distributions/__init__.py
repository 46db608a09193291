"""Distributions under PyTorch's names: drawing (`sample`, `rsample`), `log_prob`, `cdf`, `entropy`, `kl_divergence`.

Samples of `rsample` are differentiable by the parameters; all are reproducible by `wg.manual_seed`, or by a `key` of
`wg.random`. A distribution is a container of its parameters to every transform. Many need SciPy.
"""

from wengert.distributions import constraints
from wengert.distributions.bounded import Beta, ContinuousBernoulli, Kumaraswamy, VonMises
from wengert.distributions.composed import LogisticNormal, MixtureSameFamily, TransformedDistribution
from wengert.distributions.continuous import (
    Cauchy,
    Chi2,
    Exponential,
    Gamma,
    Gumbel,
    Laplace,
    Logistic,
    LogNormal,
    Normal,
    StudentT,
    Uniform,
)
from wengert.distributions.discrete import (
    Bernoulli,
    Binomial,
    Categorical,
    Geometric,
    NegativeBinomial,
    Poisson,
    RelaxedBernoulli,
)
from wengert.distributions.distribution import Distribution
from wengert.distributions.divergence import kl_divergence, register_kl
from wengert.distributions.exponential import ExponentialFamily
from wengert.distributions.half import HalfCauchy, HalfNormal
from wengert.distributions.matrices import LKJCholesky, Wishart
from wengert.distributions.pieces import (
    AbsTransform,
    CatTransform,
    CumulativeDistributionTransform,
    StackTransform,
)
from wengert.distributions.positive import FisherSnedecor, GeneralizedPareto, InverseGamma, Pareto, Weibull
from wengert.distributions.transforms import (
    AffineTransform,
    ComposeTransform,
    ExpTransform,
    IndependentTransform,
    LowerCholeskyTransform,
    PowerTransform,
    ReshapeTransform,
    SigmoidTransform,
    SoftplusTransform,
    StickBreakingTransform,
    TanhTransform,
    Transform,
    identity_transform,
)
from wengert.distributions.unconstrained import (
    CorrCholeskyTransform,
    PositiveDefiniteTransform,
    SoftmaxTransform,
    biject_to,
    transform_to,
)
from wengert.distributions.vectors import (
    Dirichlet,
    Independent,
    LowRankMultivariateNormal,
    Multinomial,
    MultivariateNormal,
    OneHotCategorical,
    OneHotCategoricalStraightThrough,
    RelaxedOneHotCategorical,
)

__all__ = [
    "AbsTransform",
    "AffineTransform",
    "Bernoulli",
    "Beta",
    "Binomial",
    "CatTransform",
    "Categorical",
    "Cauchy",
    "Chi2",
    "ComposeTransform",
    "ContinuousBernoulli",
    "CorrCholeskyTransform",
    "CumulativeDistributionTransform",
    "Dirichlet",
    "Distribution",
    "ExpTransform",
    "Exponential",
    "ExponentialFamily",
    "FisherSnedecor",
    "Gamma",
    "GeneralizedPareto",
    "Geometric",
    "Gumbel",
    "HalfCauchy",
    "HalfNormal",
    "Independent",
    "IndependentTransform",
    "InverseGamma",
    "Kumaraswamy",
    "LKJCholesky",
    "Laplace",
    "LogNormal",
    "Logistic",
    "LogisticNormal",
    "LowRankMultivariateNormal",
    "LowerCholeskyTransform",
    "MixtureSameFamily",
    "Multinomial",
    "MultivariateNormal",
    "NegativeBinomial",
    "Normal",
    "OneHotCategorical",
    "OneHotCategoricalStraightThrough",
    "Pareto",
    "Poisson",
    "PositiveDefiniteTransform",
    "PowerTransform",
    "RelaxedBernoulli",
    "RelaxedOneHotCategorical",
    "ReshapeTransform",
    "SigmoidTransform",
    "SoftmaxTransform",
    "SoftplusTransform",
    "StackTransform",
    "StickBreakingTransform",
    "StudentT",
    "TanhTransform",
    "Transform",
    "TransformedDistribution",
    "Uniform",
    "VonMises",
    "Weibull",
    "Wishart",
    "biject_to",
    "constraints",
    "identity_transform",
    "kl_divergence",
    "register_kl",
    "transform_to",
]
