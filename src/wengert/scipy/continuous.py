"""Continuous distributions, standardised: log-density, probabilities below and above, quantile."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from wengert.scipy.distribution import Continuous

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
    "t",
    "uniform",
]

HALF_LOG_TAU = 0.5 * math.log(2 * math.pi)
SQRT_2 = math.sqrt(2)


def _log_normal(y: Any) -> Any:
    return -0.5 * y * y - HALF_LOG_TAU


def _normal_quantile(q: Any) -> Any:
    return SQRT_2 * sp.erfinv(2 * q - 1)


norm = Continuous(
    "norm",
    _log_normal,
    lambda y: sp.ndtr(y),
    lambda y: sp.ndtr(-y),
    _normal_quantile,
    log_lower=lambda y: sp.log_ndtr(y),
    log_upper=lambda y: sp.log_ndtr(-y),
    tail=lambda q: -_normal_quantile(q),
)

# ln x is normal with standard deviation s.
lognorm = Continuous(
    "lognorm",
    lambda y, s: _log_normal(np.log(y) / s) - np.log(s * y),
    lambda y, s: sp.ndtr(np.log(y) / s),
    lambda y, s: sp.ndtr(-np.log(y) / s),
    lambda q, s: np.exp(s * _normal_quantile(q)),
    support=(0.0, np.inf),
    valid=lambda s: s > 0,
)

expon = Continuous(
    "expon",
    lambda y: -y,
    lambda y: -np.expm1(-y),
    lambda y: np.exp(-y),
    lambda q: -np.log1p(-q),
    support=(0.0, np.inf),
    log_upper=lambda y: -y,
    tail=lambda q: -np.log(q),
)

uniform = Continuous(
    "uniform", lambda y: 0.0 * y, lambda y: y, lambda y: 1 - y, lambda q: q, support=(0.0, 1.0), tail=lambda q: 1 - q
)

laplace = Continuous(
    "laplace",
    lambda y: -np.abs(y) - math.log(2),
    lambda y: np.where(y < 0, 0.5 * np.exp(-np.abs(y)), 1 - 0.5 * np.exp(-np.abs(y))),
    lambda y: np.where(y > 0, 0.5 * np.exp(-np.abs(y)), 1 - 0.5 * np.exp(-np.abs(y))),
    lambda q: np.where(q < 0.5, np.log(2 * q), -np.log(2 * (1 - q))),
)

logistic = Continuous(
    "logistic",
    lambda y: -np.abs(y) - 2 * np.log1p(np.exp(-np.abs(y))),
    lambda y: sp.expit(y),
    lambda y: sp.expit(-y),
    lambda q: sp.logit(q),
    log_lower=lambda y: sp.log_expit(y),
    log_upper=lambda y: sp.log_expit(-y),
    tail=lambda q: -sp.logit(q),
)

cauchy = Continuous(
    "cauchy",
    lambda y: -math.log(math.pi) - np.log1p(y * y),
    lambda y: np.arctan2(np.ones_like(y), -y) / math.pi,
    lambda y: np.arctan2(np.ones_like(y), y) / math.pi,
    lambda q: -1 / np.tan(math.pi * q),
    tail=lambda q: 1 / np.tan(math.pi * q),
)

gamma = Continuous(
    "gamma",
    lambda y, a: sp.xlogy(a - 1, y) - y - sp.gammaln(a),
    lambda y, a: sp.gammainc(a, y),
    lambda y, a: sp.gammaincc(a, y),
    lambda q, a: sp.gammaincinv(a, q),
    support=(0.0, np.inf),
    valid=lambda a: a > 0,
    tail=lambda q, a: sp.gammainccinv(a, q),
)

# The sum of df squares of normal numbers: twice a gamma variable.
chi2 = Continuous(
    "chi2",
    lambda y, df: sp.xlogy(df / 2 - 1, y) - y / 2 - sp.gammaln(df / 2) - df / 2 * math.log(2),
    lambda y, df: sp.gammainc(df / 2, y / 2),
    lambda y, df: sp.gammaincc(df / 2, y / 2),
    lambda q, df: 2 * sp.gammaincinv(df / 2, q),
    support=(0.0, np.inf),
    valid=lambda df: df > 0,
    tail=lambda q, df: 2 * sp.gammainccinv(df / 2, q),
)

beta = Continuous(
    "beta",
    lambda y, a, b: sp.xlogy(a - 1, y) + sp.xlog1py(b - 1, -y) + sp.gammaln(a + b) - sp.gammaln(a) - sp.gammaln(b),
    lambda y, a, b: sp.betainc(a, b, y),
    lambda y, a, b: sp.betainc(b, a, 1 - y),
    lambda q, a, b: sp.betaincinv(a, b, q),
    support=(0.0, 1.0),
    valid=lambda a, b: np.logical_and(a > 0, b > 0),
    tail=lambda q, a, b: 1 - sp.betaincinv(b, a, q),
)


# P(T > |y|) = I(df/(df + y²); df/2, 1/2) / 2 of Student's t.
def _student_tail(y: Any, df: Any) -> Any:
    return 0.5 * sp.betainc(df / 2, 0.5, df / (df + y * y))


t = Continuous(
    "t",
    lambda y, df: (
        sp.gammaln((df + 1) / 2) - sp.gammaln(df / 2) - 0.5 * np.log(df * math.pi) - (df + 1) / 2 * np.log1p(y * y / df)
    ),
    lambda y, df: np.where(y < 0, _student_tail(y, df), 1 - _student_tail(y, df)),
    lambda y, df: np.where(y > 0, _student_tail(y, df), 1 - _student_tail(y, df)),
    valid=lambda df: df > 0,
)
