"""Twins of `scipy.stats`: distributions and statistics that differentiate.

Every distribution of SciPy's is here, differentiable in its argument and in every parameter: densities, probabilities,
quantiles, moments, entropy, likelihood, frozen or not. What has nothing to do with derivatives (``rvs``, ``fit``) is
SciPy's own.
"""

from __future__ import annotations

from typing import Any

import scipy.stats as _theirs

from wengert.scipy import continuous as _continuous, discrete as _discrete
from wengert.scipy.circular import circmean, circstd, circvar
from wengert.scipy.densities import Continuous as _Continuous
from wengert.scipy.divergence import chisquare, power_divergence
from wengert.scipy.fallthrough import fall_through
from wengert.scipy.families import FAMILIES as _FAMILIES
from wengert.scipy.inference import (
    boxcox,
    boxcox_llf,
    f_oneway,
    linregress,
    pearsonr,
    ttest_1samp,
    ttest_ind,
    ttest_rel,
    yeojohnson,
    yeojohnson_llf,
)
from wengert.scipy.joint import dirichlet, multivariate_normal, multivariate_t, vonmises_fisher
from wengert.scipy.jointcounts import dirichlet_multinomial, multinomial
from wengert.scipy.jointmatrices import invwishart, matrix_normal, wishart
from wengert.scipy.jointpair import NormalInverseGamma as _NormalInverseGamma
from wengert.scipy.kde import gaussian_kde
from wengert.scipy.masses import Discrete as _Discrete
from wengert.scipy.means import gmean, hmean, pmean, tmean, trim_mean, tsem, tstd, tvar
from wengert.scipy.normality import jarque_bera, kurtosistest, lmoment, normaltest, skewtest
from wengert.scipy.statistics import (
    describe,
    energy_distance,
    entropy,
    gstd,
    gzscore,
    iqr,
    kurtosis,
    median_abs_deviation,
    moment,
    sem,
    skew,
    variation,
    wasserstein_distance,
    zmap,
    zscore,
)

_fall_through = fall_through("scipy.stats")

# Distributions of SciPy's by their names: which there are depends on its version. One has as many parameters as it is
# given.
_KINDS: dict[str, Any] = {
    name: _Continuous if isinstance(x, _theirs.rv_continuous) else _Discrete
    for name, x in vars(_theirs).items()
    if isinstance(x, _theirs.rv_continuous | _theirs.rv_discrete) and name != "poisson_binom"
}
if hasattr(_theirs, "normal_inverse_gamma"):
    _KINDS["normal_inverse_gamma"] = _NormalInverseGamma

__all__ = [
    "boxcox",
    "boxcox_llf",
    "chisquare",
    "circmean",
    "circstd",
    "circvar",
    "describe",
    "dirichlet",
    "dirichlet_multinomial",
    "energy_distance",
    "entropy",
    "f_oneway",
    "gaussian_kde",
    "gmean",
    "gstd",
    "gzscore",
    "hmean",
    "invwishart",
    "iqr",
    "jarque_bera",
    "kurtosis",
    "kurtosistest",
    "linregress",
    "lmoment",
    "matrix_normal",
    "median_abs_deviation",
    "moment",
    "multinomial",
    "multivariate_normal",
    "multivariate_t",
    "normaltest",
    "pearsonr",
    "pmean",
    "power_divergence",
    "sem",
    "skew",
    "skewtest",
    "tmean",
    "trim_mean",
    "tsem",
    "tstd",
    "ttest_1samp",
    "ttest_ind",
    "ttest_rel",
    "tvar",
    "variation",
    "vonmises_fisher",
    "wasserstein_distance",
    "wishart",
    "yeojohnson",
    "yeojohnson_llf",
    "zmap",
    "zscore",
]
__all__.extend(_KINDS)


def __getattr__(name: str) -> Any:
    if name not in _KINDS:
        return _fall_through(name)
    module = _continuous if name in _continuous.__all__ else _discrete if name in _discrete.__all__ else None
    found = getattr(module, name) if module is not None else _KINDS[name](name, **_FAMILIES.get(name, {}))
    globals()[name] = found
    return found
