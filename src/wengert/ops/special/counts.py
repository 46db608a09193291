"""Distribution functions of counts. SciPy rounds a count down in most of them, where its derivative is 0.

binomial  I_{1-p}(n - k, k + 1)     negative binomial  I_p(n, k + 1)     Poisson  Q(k + 1, m)

The functions that solve for a count (bdtrik and the like) treat it as a real number, by these formulas.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, Unknown
from wengert.ops.special.distributions import opposite
from wengert.ops.special.incomplete import betainc_da, betainc_db, betainc_dx, gammainc_da, gammainc_dx
from wengert.ops.special.source import implicit, special

__all__: list[str] = []


def _binomial_dp(k: Any, n: Any, p: Any) -> Any:
    k = np.floor(k)
    last = k >= n  # all of the mass
    return np.where(last, 0, -betainc_dx(np.where(last, 1, n - k), k + 1, 1 - p))


_BINOMIAL: Any = {"dp": _binomial_dp}
bdtr = special("bdtr", "k n p", dk=0, dn=0, **_BINOMIAL, singular=True)
bdtrc = special("bdtrc", "k n p", dk=0, dn=0, **opposite(_BINOMIAL), singular=True)
bdtri = implicit("bdtri", "k n y", "p", "y", dk=0, dn=0, **_BINOMIAL)

_REAL_BINOMIAL: Any = {
    "dk": lambda k, n, p: betainc_db(n - k, k + 1, 1 - p) - betainc_da(n - k, k + 1, 1 - p),
    "dn": lambda k, n, p: betainc_da(n - k, k + 1, 1 - p),
    "dp": lambda k, n, p: -betainc_dx(n - k, k + 1, 1 - p),
}
bdtrik = implicit("bdtrik", "y n p", "k", "y", **_REAL_BINOMIAL)
bdtrin = implicit("bdtrin", "k y p", "n", "y", **_REAL_BINOMIAL)

_NEGATIVE: Any = {"dp": lambda k, n, p: betainc_dx(n, np.floor(k) + 1, p)}
nbdtr = special("nbdtr", "k n p", dk=0, dn=0, **_NEGATIVE, singular=True)
nbdtrc = special("nbdtrc", "k n p", dk=0, dn=0, **opposite(_NEGATIVE), singular=True)
nbdtri = implicit("nbdtri", "k n y", "p", "y", dk=0, dn=0, **_NEGATIVE)

_REAL_NEGATIVE: Any = {
    "dk": lambda k, n, p: betainc_db(n, k + 1, p),
    "dn": lambda k, n, p: betainc_da(n, k + 1, p),
    "dp": lambda k, n, p: betainc_dx(n, k + 1, p),
}
nbdtrik = implicit("nbdtrik", "y n p", "k", "y", **_REAL_NEGATIVE)
nbdtrin = implicit("nbdtrin", "k y p", "n", "y", **_REAL_NEGATIVE)

_POISSON: Any = {"dm": lambda k, m: -gammainc_dx(np.floor(k) + 1, m)}
pdtr = special("pdtr", "k m", dk=0, **_POISSON, singular=True)
pdtrc = special("pdtrc", "k m", dk=0, **opposite(_POISSON), singular=True)
pdtri = implicit("pdtri", "k y", "m", "y", dk=0, **_POISSON)
pdtrik = implicit(
    "pdtrik",
    "p m",
    "k",
    "p",
    dk=lambda k, m: -gammainc_da(k + 1, m),
    dm=lambda k, m: -gammainc_dx(k + 1, m),
)


# Smirnov's exact tail probability (Z. W. Birnbaum, F. H. Tingey 1951), a polynomial in d between multiples of 1/n:
#     d Σ_{j ≤ n(1-d)} (n over j) (d + j/n)^(j-1) (1 - d - j/n)^(n-j).
PIECEWISE = Unknown(
    "It is a polynomial in d with as many terms as the sample size, which is not known to the rule book."
)
smirnov: Op = special("smirnov", "n d", dn=0, dd=PIECEWISE)
smirnovi: Op = special("smirnovi", "n p", dn=0, dp=PIECEWISE)
