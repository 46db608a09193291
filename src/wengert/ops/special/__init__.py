"""Rows for the ufuncs of `scipy.special`. SciPy is imported at their first use, never before.

The chapters beyond the everyday functions are read when a ufunc is met that has no row so far.
"""

from wengert.core.protocols import LATE
from wengert.ops.special.everyday import erf, erfc, expit, gamma, gammaln, log_expit, polygamma, psi, relu, softplus
from wengert.ops.special.source import scipy_special

__all__ = [
    "erf",
    "erfc",
    "expit",
    "gamma",
    "gammaln",
    "log_expit",
    "polygamma",
    "psi",
    "relu",
    "scipy_special",
    "softplus",
]

LATE.append("wengert.ops.special.chapters")
