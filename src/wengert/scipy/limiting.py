"""Families with a member that is a limit: formulas that are smooth there.

SciPy asks whether a shape parameter is zero, and takes the formula of the limit if it is; the derivative with respect
to that parameter would be that of a constant. The quotients in which it cancels are functions of their own,

    (eˣ - 1)/x      ln(1 + x)/x      (ln(1 + x) - x)/x²

whose derivatives are known everywhere, so that one formula serves the limit and what is around it.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from wengert.ops.special.incomplete import gammainc_dx
from wengert.scipy.densities import Continuous
from wengert.scipy.logarithms import HALF_LOG_TAU

__all__ = ["LIMITING", "log_quotient"]

NEAR = 0.3  # where quotients cancel, and power series converge quickly


def log_quotient(x: Any) -> Any:
    """ln(1 + x)/x = F(1, 1; 2; -x).

    >>> import wengert as wg
    >>> wg.grad(log_quotient)(0.0)  # of 1 - x/2 + x²/3 - ...
    np.float64(-0.5)
    """
    near = np.abs(x) < NEAR
    a, b = np.where(near, x, 0.0), np.where(near, 1.0, x)
    return np.where(near, sp.hyp2f1(1, 1, 2, -a), np.log1p(b) / b)


def _log_remainder(x: Any) -> Any:
    """(ln(1 + x) - x)/x² = -F(1, 2; 3; -x)/2."""
    near = np.abs(x) < NEAR
    a, b = np.where(near, x, 0.0), np.where(near, 1.0, x)
    return np.where(near, -0.5 * sp.hyp2f1(1, 2, 3, -a), (np.log1p(b) - b) / (b * b))


def _power(log: Any, c: Any) -> Any:
    """(eᶜˡ - 1)/c."""
    return log * sp.exprel(c * log)


# --- extreme values ---------------------------------------------------------------------------------------------


def _log_decay(y: Any, c: Any) -> Any:
    """ln(1 - c y)/c, which is -y for c = 0: the logarithm of what e^(-y) is for Gumbel's distribution."""
    return -y * log_quotient(-c * y)


def _extreme(y: Any, c: Any) -> Any:
    log = _log_decay(y, c)
    return -np.exp(log) + log - np.log1p(-c * y)


def _extreme_quantile(log_q: Any, c: Any) -> Any:
    return -_power(np.log(-log_q), c)


# Hosking's kappa distribution is to (1 - h t)^(1/h) what those of extreme values are to e^(-t), t = (1 - k y)^(1/k).
def _kappa(y: Any, h: Any, k: Any) -> Any:
    log = _log_decay(y, k)
    t = np.exp(log)
    return log - np.log1p(-k * y) + _kappa_below(y, h, k) - np.log1p(-h * t)


def _kappa_below(y: Any, h: Any, k: Any) -> Any:
    return _log_decay(np.exp(_log_decay(y, k)), h)


def _kappa_quantile(q: Any, h: Any, k: Any) -> Any:
    return -_power(np.log(-_power(np.log(q), h)), k)


def _kappa_support(h: Any, k: Any) -> tuple[Any, Any]:
    bent = np.where(k == 0, 1.0, k)
    log_h = np.log(np.where(h > 0, h, 1.0))
    unbounded = np.where(k < 0, 1 / bent, -np.inf) + 0 * h
    return np.where(h > 0, _power(log_h, -k), unbounded), np.where(k > 0, 1 / bent, np.inf) + 0 * h


def _excess_moment(n: int, c: Any) -> Any:
    """E yⁿ of the generalised Pareto distribution: n! / ((1 - c) (1 - 2c) ... (1 - nc))."""
    found = np.ones_like(c)
    for k in range(1, n + 1):
        found = found * k / (1 - k * c)
    return np.where(c * n < 1, found, np.inf)


# --- a gamma variable of skewness κ -----------------------------------------------------------------------------

# ln Γ(α) = (α - 1/2) ln α - α + ln √2π + R(α), R = Σ B₂ₖ / (2k (2k - 1) α^(2k - 1)) (DLMF 5.11.1), here for 1/α ≤ 1/25.
BINET = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360360)
SMALL = 0.4


def _binet(skew: Any) -> tuple[Any, Any]:
    """R and dR/da at a = 1/α = κ²/4."""
    near = np.abs(skew) < SMALL
    a, b = np.where(near, skew, 0.0) ** 2 / 4, 4 / np.where(near, 1.0, skew) ** 2
    value, slope = 0 * a, 0 * a
    for n, coefficient in reversed(list(enumerate(BINET))):
        value = coefficient + a * a * value
        slope = (2 * n + 1) * coefficient + a * a * slope
    exact = sp.gammaln(b) - (b - 0.5) * np.log(b) + b - HALF_LOG_TAU
    exact_slope = -b * b * (sp.digamma(b) - np.log(b) + 0.5 / b)
    return np.where(near, a * value, exact), np.where(near, slope, exact_slope)


def _pearson(y: Any, skew: Any) -> Any:
    """With α = 4/κ² and u = κy/2, z = α(1 + u) is a gamma variable; what cancels in its density is y²/2 and R."""
    u = skew * y / 2
    inside = u > -1
    u = np.where(inside, u, 0.0)
    return np.where(inside, y * y * _log_remainder(u) - np.log1p(u) - HALF_LOG_TAU - _binet(skew)[0], -np.inf)


def _pearson_gamma(y: Any, skew: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Where the skewness is not little, where z is not negative, z, α and |dz/dy|: elsewhere they are of no harm."""
    far = np.abs(skew) >= SMALL
    k = np.where(far, skew, 1.0)
    shape = 4 / k**2
    z = 2 * y / k + shape
    inside = z >= 0
    return far, inside, np.where(inside, z, 1.0), shape, np.abs(2 / k)


def _pearson_density(y: Any, skew: Any) -> Any:
    far, inside, z, shape, scale = _pearson_gamma(y, skew)
    return np.where(
        far, np.where(inside, scale * gammainc_dx(shape, z), 0.0), np.exp(_pearson(y, np.where(far, 0.0, skew)))
    )


def _pearson_log(y: Any, skew: Any) -> Any:
    far, inside, z, shape, scale = _pearson_gamma(y, skew)
    log = np.log(scale) + sp.xlogy(shape - 1, z) - z - sp.gammaln(shape)
    return np.where(far, np.where(inside, log, -np.inf), _pearson(y, np.where(far, 0.0, skew)))


# Of little skewness: an integral of that density; it vanishes at the end of the support, which is far away.
_NEARLY_NORMAL = Continuous("pearson3", "cdf sf", logpdf=_pearson, range=(-np.inf, np.inf))


def _pearson_below(y: Any, skew: Any) -> Any:
    near = np.abs(skew) < SMALL
    k = np.where(near, 1.0, skew)
    shape = 4 / k**2
    z = np.maximum(2 * y / k + shape, 0)
    gamma = np.where(skew > 0, sp.gammainc(shape, z), sp.gammaincc(shape, z))
    return np.where(near, _NEARLY_NORMAL.lower(y, np.where(near, skew, 0.0)), gamma)


def _pearson_entropy(skew: Any) -> Any:
    """That of a gamma variable, α + ln Γ(α) + (1 - α) ψ(α), and -ln √α."""
    rest, slope = _binet(skew)
    a = skew * skew / 4
    return HALF_LOG_TAU + 0.5 - a / 2 + rest + (a - a * a) * slope


def _pearson_moment(n: int, skew: Any) -> Any:
    """From its cumulants, (k - 1)! (κ/2)^(k - 2)."""
    found = [np.ones_like(skew), np.zeros_like(skew)]
    for m in range(2, n + 1):
        parts = [math.comb(m - 1, k - 1) * math.factorial(k - 1) * (skew / 2) ** (k - 2) * found[m - k]
                 for k in range(2, m + 1)]  # fmt: skip
        found.append(sum(parts[1:], parts[0]))
    return found[n]


# --- others -----------------------------------------------------------------------------------------------------


def _skew_normal(y: Any, a: Any) -> Any:
    return math.log(2) - 0.5 * y * y - HALF_LOG_TAU + sp.log_ndtr(a * y)


def _skew_normal_moment(n: int, a: Any) -> Any:
    """y = δ |v| + √(1 - δ²) w of normal v and w, δ = a/√(1 + a²) (A. Azzalini, Scand. J. Statist. 12, 1985)."""
    delta = a / np.sqrt(1 + a * a)
    found = np.zeros_like(a)
    for k in range(n % 2, n + 1, 2):
        size = 2 ** (n / 2) * math.gamma((k + 1) / 2) * math.gamma((n - k + 1) / 2) / math.pi
        found = found + math.comb(n, k) * size * delta**k * (1 - delta * delta) ** ((n - k) // 2)
    return found


# A normal variable plus one that is exponential above and below: W. J. Reed and M. Jorgensen, Communications in
# Statistics 33, 2004. The difference of its two parts changes sign, so that it has no logarithm.
def _pareto_parts(y: Any, u: Any, s: Any, a: Any, b: Any) -> tuple[Any, Any]:
    z = (np.log(y) - u) / s
    density = -0.5 * z * z - HALF_LOG_TAU
    upper, lower = [density + sp.log_ndtr(-x) + 0.5 * x * x + HALF_LOG_TAU for x in (a * s - z, b * s + z)]
    return z, (b * np.exp(upper) - a * np.exp(lower)) / (a + b)


def _pareto_below(y: Any, u: Any, s: Any, a: Any, b: Any) -> Any:
    z, part = _pareto_parts(y, u, s, a, b)
    return sp.ndtr(z) - part


def _pareto_above(y: Any, u: Any, s: Any, a: Any, b: Any) -> Any:
    z, part = _pareto_parts(y, u, s, a, b)
    return sp.ndtr(-z) + part


LIMITING: dict[str, dict[str, Any]] = {
    "dpareto_lognorm": {"cdf": _pareto_below, "sf": _pareto_above, "poles": True},
    "genextreme": {
        "poles": True,
        "compiled": "stats munp",
        "logpdf": _extreme,
        "logcdf": lambda y, c: -np.exp(_log_decay(y, c)),
        "cdf": lambda y, c: np.exp(-np.exp(_log_decay(y, c))),
        "sf": lambda y, c: -np.expm1(-np.exp(_log_decay(y, c))),
        "ppf": lambda q, c: _extreme_quantile(np.log(q), c),
        "isf": lambda q, c: _extreme_quantile(np.log1p(-q), c),
    },
    "genpareto": {
        "logpdf": lambda y, c: -y * log_quotient(c * y) - np.log1p(c * y),
        "logsf": lambda y, c: -y * log_quotient(c * y),
        "cdf": lambda y, c: -np.expm1(-y * log_quotient(c * y)),
        "sf": lambda y, c: np.exp(-y * log_quotient(c * y)),
        "ppf": lambda q, c: -_power(np.log1p(-q), -c),
        "isf": lambda q, c: -_power(np.log(q), -c),
        "munp": _excess_moment,
    },
    "kappa4": {
        "poles": True,
        "logpdf": _kappa,
        "logcdf": _kappa_below,
        "cdf": lambda y, h, k: np.exp(_kappa_below(y, h, k)),
        "sf": lambda y, h, k: -np.expm1(_kappa_below(y, h, k)),
        "ppf": _kappa_quantile,
        "support": _kappa_support,
    },
    "pearson3": {
        "pdf": _pearson_density,
        "logpdf": _pearson_log,
        "cdf": _pearson_below,
        "sf": lambda y, skew: _pearson_below(-y, -skew),
        "entropy": _pearson_entropy,
        "munp": _pearson_moment,
    },
    "skewnorm": {
        "logpdf": _skew_normal,
        "munp": _skew_normal_moment,
        "cdf": lambda y, a: sp.ndtr(y) - 2 * sp.owens_t(y, a),
        "sf": lambda y, a: sp.ndtr(-y) + 2 * sp.owens_t(y, a),
    },
}
"""What each gives to its `Distribution`."""
