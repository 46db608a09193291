"""Continuous distributions, standardised: log-density, probabilities below and above, quantile."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from wengert.ops.special.incomplete import betainc_dx, gammainc_dx
from wengert.scipy.densities import Continuous
from wengert.scipy.logarithms import HALF_LOG_TAU

__all__ = [
    "beta",
    "cauchy",
    "chi2",
    "expon",
    "gamma",
    "laplace",
    "logistic",
    "lognorm",
    "norm",
    "uniform",
]

SQRT_2 = math.sqrt(2)


def _log_normal(y: Any) -> Any:
    return -0.5 * y * y - HALF_LOG_TAU


def _normal_quantile(q: Any) -> Any:
    return SQRT_2 * sp.erfinv(2 * q - 1)


norm = Continuous(
    "norm",
    logpdf=_log_normal,
    cdf=lambda y: sp.ndtr(y),
    sf=lambda y: sp.ndtr(-y),
    ppf=_normal_quantile,
    logcdf=lambda y: sp.log_ndtr(y),
    logsf=lambda y: sp.log_ndtr(-y),
    isf=lambda q: -_normal_quantile(q),
)

# ln x is normal with standard deviation s.
lognorm = Continuous(
    "lognorm",
    logpdf=lambda y, s: _log_normal(np.log(y) / s) - np.log(s * y),
    cdf=lambda y, s: sp.ndtr(np.log(y) / s),
    sf=lambda y, s: sp.ndtr(-np.log(y) / s),
    ppf=lambda q, s: np.exp(s * _normal_quantile(q)),
    support=(0.0, np.inf),
    poles=True,
    argcheck=lambda s: s > 0,
)

expon = Continuous(
    "expon",
    logpdf=lambda y: -y,
    cdf=lambda y: -np.expm1(-y),
    sf=lambda y: np.exp(-y),
    ppf=lambda q: -np.log1p(-q),
    support=(0.0, np.inf),
    logsf=lambda y: -y,
    isf=lambda q: -np.log(q),
    reaches=True,
)

uniform = Continuous(
    "uniform",
    logpdf=lambda y: 0.0 * y,
    cdf=lambda y: y,
    sf=lambda y: 1 - y,
    ppf=lambda q: q,
    isf=lambda q: 1 - q,
    support=(0.0, 1.0),
    reaches=True,
)


# Without |y|, whose slope at 0 is 0: this one is smooth there.
def _laplace_below(y: Any) -> Any:
    left = y < 0
    return np.where(left, 0.5 * np.exp(np.where(left, y, 0)), 1 - 0.5 * np.exp(-np.where(left, 0, y)))


laplace = Continuous(
    "laplace",
    logpdf=lambda y: -np.abs(y) - math.log(2),
    cdf=_laplace_below,
    sf=lambda y: _laplace_below(-y),
    ppf=lambda q: np.where(q < 0.5, np.log(2 * q), -np.log(2 * (1 - q))),
)

logistic = Continuous(
    "logistic",
    logpdf=lambda y: sp.log_expit(y) + sp.log_expit(-y),
    cdf=lambda y: sp.expit(y),
    sf=lambda y: sp.expit(-y),
    ppf=lambda q: sp.logit(q),
    logcdf=lambda y: sp.log_expit(y),
    logsf=lambda y: sp.log_expit(-y),
    isf=lambda q: -sp.logit(q),
)

cauchy = Continuous(
    "cauchy",
    logpdf=lambda y: -math.log(math.pi) - np.log1p(y * y),
    cdf=lambda y: np.arctan2(np.ones_like(y), -y) / math.pi,
    sf=lambda y: np.arctan2(np.ones_like(y), y) / math.pi,
    ppf=lambda q: -1 / np.tan(math.pi * q),
    isf=lambda q: 1 / np.tan(math.pi * q),
)

gamma = Continuous(
    "gamma",
    pdf=lambda y, a: gammainc_dx(a, y),
    logpdf=lambda y, a: sp.xlogy(a - 1, y) - y - sp.gammaln(a),
    cdf=lambda y, a: sp.gammainc(a, y),
    sf=lambda y, a: sp.gammaincc(a, y),
    ppf=lambda q, a: sp.gammaincinv(a, q),
    support=(0.0, np.inf),
    argcheck=lambda a: a > 0,
    isf=lambda q, a: sp.gammainccinv(a, q),
    reaches=True,
)

# The sum of df squares of normal numbers: twice a gamma variable.
chi2 = Continuous(
    "chi2",
    pdf=lambda y, df: gammainc_dx(df / 2, y / 2) / 2,
    logpdf=lambda y, df: sp.xlogy(df / 2 - 1, y) - y / 2 - sp.gammaln(df / 2) - df / 2 * math.log(2),
    cdf=lambda y, df: sp.gammainc(df / 2, y / 2),
    sf=lambda y, df: sp.gammaincc(df / 2, y / 2),
    ppf=lambda q, df: 2 * sp.gammaincinv(df / 2, q),
    support=(0.0, np.inf),
    argcheck=lambda df: df > 0,
    isf=lambda q, df: 2 * sp.gammainccinv(df / 2, q),
    reaches=True,
)

beta = Continuous(
    "beta",
    pdf=lambda y, a, b: betainc_dx(a, b, y),
    logpdf=lambda y, a, b: (
        sp.xlogy(a - 1, y) + sp.xlog1py(b - 1, -y) + sp.gammaln(a + b) - sp.gammaln(a) - sp.gammaln(b)
    ),
    cdf=lambda y, a, b: sp.betainc(a, b, y),
    sf=lambda y, a, b: sp.betainc(b, a, 1 - y),
    ppf=lambda q, a, b: sp.betaincinv(a, b, q),
    support=(0.0, 1.0),
    argcheck=lambda a, b: np.logical_and(a > 0, b > 0),
    isf=lambda q, a, b: 1 - sp.betaincinv(b, a, q),
    reaches=True,
)
