"""Distributions whose formulas SciPy has in compiled code only, or not in a form that differentiates.

Formulas are those of SciPy's documentation unless another source is named.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.special as sp

from wengert.scipy.bsplines import BSpline
from wengert.scipy.closures import plain
from wengert.scipy.densities import Continuous
from wengert.scipy.doubleexponential import UNIT, UNIT_STEP
from wengert.scipy.implied import over_entries
from wengert.scipy.limiting import LIMITING
from wengert.scipy.logarithms import HALF_LOG_TAU, log_sum

__all__ = ["FAMILIES"]


# --- Bessel functions of any order ------------------------------------------------------------------------------

NODES = np.linspace(0.0, 1.0, 201)
TAIL = 45.0  # exp(-45) is nothing beside 1


def _log_bessel_k(v: Any, z: Any) -> Any:
    """ln K_v(z) for z > 0, differentiable in the order v as well.

    K_v(z) = ∫₀^∞ exp(-z cosh t) cosh(v t) dt (DLMF 10.32.9) by the trapezoidal rule, which converges like exp(-c/h) for
    such integrands (L. N. Trefethen and J. A. C. Weideman, SIAM Review 56, 2014, 385-458). Where the rule ends, beyond
    the peak at sinh t = v/z, nothing is left; the integral does not depend on where that is.
    """
    v, z = np.broadcast_arrays(v, z)
    end = np.arcsinh(np.abs(v) / z) + np.arccosh(1 + TAIL / z)
    t = end[..., None] * NODES
    order = np.abs(v)[..., None] * t
    log_cosh = order + np.log1p(np.exp(-2 * order)) - math.log(2)
    terms = log_cosh - z[..., None] * np.cosh(t)
    weights = np.where((NODES == 0) | (NODES == 1), 0.5, 1.0) / (len(NODES) - 1)
    return log_sum(terms, weights) + np.log(end)


def _generalised_hyperbolic(y: Any, p: Any, a: Any, b: Any) -> Any:
    root = np.sqrt(1 + y * y)
    spread = (a - b) * (a + b)
    norm = 0.5 * p * np.log(spread) - HALF_LOG_TAU - (p - 0.5) * np.log(a) - _log_bessel_k(p, np.sqrt(spread))
    return norm + b * y + _log_bessel_k(p - 0.5, a * root) + (p - 0.5) * np.log(root)


def _generalised_inverse_normal(y: Any, p: Any, b: Any) -> Any:
    return (p - 1) * np.log(y) - b * (y + 1 / y) / 2 - math.log(2) - _log_bessel_k(p, b)


# --- noncentral distributions -----------------------------------------------------------------------------------


# A Poisson mixture of central distributions: with λ/2 expected, j of them have j/2 degrees of freedom more.
NEARBY = np.arange(-200, 201)


def _log_mixture(centre: Any, log_term: Any) -> Any:
    """ln Σ exp(log_term(j)) over j ≥ 0 near its largest term."""
    j = np.floor(centre)[..., None] + NEARBY
    return log_sum(np.where(j >= 0, log_term(np.maximum(j, 0)), -np.inf))


def _poisson(j: Any, shift: Any) -> Any:
    return sp.xlogy(j, shift / 2) - shift / 2 - sp.gammaln(j + 1)


def _noncentral_chi2(y: Any, df: Any, shift: Any) -> Any:
    y, df, shift = np.broadcast_arrays(y, df, shift)
    centre = np.sqrt(shift * y) / 2
    z, half, mean = y[..., None] / 2, df[..., None] / 2, shift[..., None]

    def term(j: Any) -> Any:
        return _poisson(j, mean) + sp.xlogy(j, z) - sp.gammaln(half + j)

    return sp.xlogy(df / 2 - 1, y / 2) - y / 2 - math.log(2) + _log_mixture(centre, term)


def _noncentral_f(y: Any, n: Any, m: Any, shift: Any) -> Any:
    y, n, m, shift = np.broadcast_arrays(y, n, m, shift)
    reach = shift * n * y / (2 * (n * y + m))
    centre = (reach - n / 2 + np.sqrt((reach - n / 2) ** 2 + 2 * reach * (n + m))) / 2  # where terms stop to grow
    a, b, mean = n[..., None] / 2, m[..., None] / 2, shift[..., None]
    odds = (n * y / m)[..., None]

    def term(j: Any) -> Any:
        return _poisson(j, mean) + sp.xlogy(j, odds) - (a + j + b) * np.log1p(odds) - sp.betaln(a + j, b)

    return sp.xlogy(n / 2 - 1, y) + n / 2 * np.log(n / m) + _log_mixture(centre, term)


WIDE = np.sinh(np.linspace(-4.6, 4.6, 401))
WIDE_STEP = np.log(np.cosh(np.arcsinh(WIDE)) * 9.2 / 400)


def _noncentral_t(y: Any, n: Any, shift: Any) -> Any:
    """The integral over s of s^n exp(-(s - μ)²/2), μ = λ y / √(n + y²), around its peak in ln s.

    N. L. Johnson, S. Kotz and N. Balakrishnan, "Continuous univariate distributions" 2, 1995, chapter 31.
    """
    spread = n + y * y
    mu = shift * y / np.sqrt(spread)
    peak = (mu + np.sqrt(mu * mu + 4 * (n + 1))) / 2
    width = 1 / np.sqrt(peak * peak + n + 1)
    log_s = np.log(peak)[..., None] + width[..., None] * WIDE
    terms = (n + 1)[..., None] * log_s - 0.5 * (np.exp(log_s) - mu[..., None]) ** 2 + WIDE_STEP
    size = log_sum(terms) + np.log(width)
    norm = 0.5 * n * np.log(n) - 0.5 * math.log(math.pi) - sp.gammaln(n / 2) - 0.5 * (n - 1) * math.log(2)
    return norm - 0.5 * n * shift**2 / spread - 0.5 * (n + 1) * np.log(spread) + size


# --- others -----------------------------------------------------------------------------------------------------


def _gauss_hypergeometric(y: Any, a: Any, b: Any, c: Any, z: Any) -> Any:
    """The normalisation B(a, b) ₂F₁(c, a; a + b; -z), as the integral that it is, has derivatives in all of them."""
    x, rest = UNIT, UNIT[::-1]  # 1 - x without its rounding
    log_terms = [
        p[..., None] * q for p, q in ((a - 1, np.log(x)), (b - 1, np.log(rest)), (-c, np.log1p(z[..., None] * x)))
    ]
    norm = np.sum(np.exp(log_terms[0] + log_terms[1] + log_terms[2]) * UNIT_STEP, axis=-1)
    return sp.xlogy(a - 1, y) + sp.xlog1py(b - 1, -y) - c * np.log1p(z * y) - np.log(norm)


def _central_mass(y: Any, shape: Any) -> Any:
    """The probability between 0 and y of the generalised normal distribution, ½ P(1/β, |y|^β) with the sign of y.

    At 0, where that is a root of a power, it is y β / (2 Γ(1/β)).
    """
    slope = 0.5 * shape * np.exp(-sp.gammaln(1 / shape))
    z = np.abs(np.where(y == 0, 1, y)) ** shape
    return np.where(y == 0, y * slope, 0.5 * np.sign(y) * sp.gammainc(1 / shape, z))


def _below(y: Any, shape: Any) -> Any:
    """From the tail, which does not cancel."""
    tail = 0.5 * sp.gammaincc(1 / shape, np.abs(np.where(y < 0, y, 1)) ** shape)
    return np.where(y < 0, tail, 0.5 + _central_mass(np.where(y < 0, 0, y), shape))


def _log_mass(a: Any, b: Any) -> Any:
    """ln P(a < Z < b) of a normal variable, from the tail that is the smaller one."""
    flip = a > 0
    a, b = np.where(flip, -b, a), np.where(flip, -a, b)
    tail = b <= 0
    below = sp.log_ndtr(np.where(tail, b, 0.0))
    outer = below + np.log1p(-np.exp(sp.log_ndtr(np.where(tail, a, -1.0)) - below))
    inner = np.log1p(-sp.ndtr(np.where(tail, -1.0, a)) - sp.ndtr(-np.where(tail, 1.0, b)))
    return np.where(tail, outer, inner)


def _irwin_hall(y: Any, n: Any) -> Any:
    """The basis spline of degree n - 1 over the knots 0, 1, ..., n."""

    def one(y: Any, n: Any) -> Any:
        n = int(plain(n))
        coefficients = np.zeros(2 * n - 1)
        coefficients[n - 1] = 1.0
        return BSpline(np.arange(1.0 - n, 2.0 * n), coefficients, n - 1)(y)

    return over_entries(one, y, n)


# The Kolmogorov distribution by its two series, of which one is for large and one for small y.
ODD = (2 * np.arange(1, 7) - 1) ** 2
COUNT = np.arange(1, 9)
SIGNS = (-1.0) ** (COUNT + 1)


def _kolmogorov_above(y: Any) -> Any:
    large = np.maximum(y, 0.6)[..., None]
    return np.where(
        y < 0.8,
        1 - _kolmogorov_below_small(y),
        2 * np.sum(SIGNS * np.exp(-2 * COUNT**2 * large**2), axis=-1),
    )


def _kolmogorov_below_small(y: Any) -> Any:
    small = np.clip(y, 0.02, 1.0)[..., None]
    return np.sqrt(2 * np.pi) * np.sum(np.exp(-ODD * np.pi**2 / (8 * small**2)) / small, axis=-1)


def _kolmogorov_below(y: Any) -> Any:
    return np.where(y < 0.8, _kolmogorov_below_small(y), 1 - _kolmogorov_above(y))


def _kolmogorov(y: Any) -> Any:
    large = np.maximum(y, 0.6)[..., None]
    small = np.clip(y, 0.02, 1.0)[..., None]
    rate = ODD * np.pi**2 / 8
    rising = np.sqrt(2 * np.pi) * np.sum(np.exp(-rate / small**2) * (2 * rate / small**4 - 1 / small**2), axis=-1)
    falling = 8 * np.sum(SIGNS * COUNT**2 * large * np.exp(-2 * COUNT**2 * large**2), axis=-1)
    return np.where(y < 0.8, rising, falling)


# --- whole numbers ----------------------------------------------------------------------------------------------


def _fisher(k: Any, total: Any, good: Any, draws: Any, odds: Any) -> Any:
    """Fisher's noncentral hypergeometric: what binomials with these odds give, if their sum is known."""
    most = int(np.max(np.minimum(*[np.asarray(plain(x)) for x in (good, draws)]), initial=0))

    def weight(j: Any, total: Any, good: Any, draws: Any, odds: Any) -> Any:
        rest = total - good
        ways = -sp.betaln(j + 1, good - j + 1) - np.log(good + 1)
        return ways - sp.betaln(draws - j + 1, rest - draws + j + 1) - np.log(rest + 1) + sp.xlogy(j, odds)

    j = np.arange(most + 1.0)
    every = [x[..., None] for x in (total, good, draws, odds)]
    inside = (j <= every[1]) & (j <= every[2]) & (every[2] - j <= every[0] - every[1])
    j = np.where(inside, j, np.maximum(every[2] - every[0] + every[1], 0))
    weights = np.where(inside, weight(j, *every), -np.inf)
    return weight(k, total, good, draws, odds) - log_sum(weights)


def _urn(total: Any, good: Any, draws: Any, odds: Any) -> Any:
    whole = (total == np.floor(total)) & (good == np.floor(good)) & (draws == np.floor(draws))
    return whole & (total >= 0) & (good >= 0) & (good <= total) & (draws >= 0) & (draws <= total) & (odds > 0)


def _skellam(k: Any, a: Any, b: Any) -> Any:
    """The difference of two Poisson variables."""
    bessel = sp.ive(np.abs(k), 2 * np.sqrt(a * b))
    return -((np.sqrt(a) - np.sqrt(b)) ** 2) + 0.5 * k * np.log(a / b) + np.log(bessel)


_NONCENTRAL_CHI2 = Continuous("ncx2", "cdf sf", logpdf=_noncentral_chi2)


def _skellam_below(k: Any, a: Any, b: Any) -> Any:
    negative = _NONCENTRAL_CHI2.lower(2 * b, np.where(k < 0, -2 * k, 1.0), 2 * a)
    return np.where(k < 0, negative, _NONCENTRAL_CHI2.upper(2 * a, np.where(k < 0, 1.0, 2 * (k + 1)), 2 * b))


def _zipfian(k: Any, a: Any, n: Any) -> Any:
    j = np.arange(1.0, np.max(np.asarray(plain(n)), initial=1.0) + 1)
    counted = j <= np.asarray(plain(n))[..., None]
    return -a * np.log(k) - np.log(np.sum(np.where(counted, np.exp(-a[..., None] * np.log(j)), 0.0), axis=-1))


FAMILIES: dict[str, dict[str, Any]] = {
    "cosine": {
        "cdf": lambda y: (np.pi + y + np.sin(y)) / (2 * np.pi),
        "sf": lambda y: (np.pi - y - np.sin(y)) / (2 * np.pi),
    },
    "gausshyper": {"compiled": "munp", "logpdf": _gauss_hypergeometric},
    "genhyperbolic": {"compiled": "cdf sf stats", "logpdf": _generalised_hyperbolic},
    "geninvgauss": {"compiled": "cdf munp", "logpdf": _generalised_inverse_normal},
    "genlogistic": {"logpdf": lambda y, c: np.log(c) - y - (c + 1) * np.logaddexp(0, -y)},
    "gennorm": {
        "compiled": "stats munp",
        "cdf": _below,
        "sf": lambda y, shape: _below(-y, shape),
    },
    "gompertz": {"compiled": "entropy"},
    "invgauss": {"compiled": "entropy"},
    "irwinhall": {"compiled": "cdf sf", "pdf": _irwin_hall, "argcheck": lambda n: (n > 0) & (n == np.floor(n))},
    "ksone": {"compiled": "pdf cdf sf"},
    "kstwo": {"compiled": "pdf cdf sf"},
    "kstwobign": {"pdf": _kolmogorov, "cdf": _kolmogorov_below, "sf": _kolmogorov_above},
    "landau": {"compiled": "pdf cdf sf"},
    "levy_stable": {"compiled": "pdf cdf stats"},
    "lomax": {"compiled": "stats", "munp": lambda n, c: np.where(c > n, c * sp.beta(n + 1.0, c - n), np.inf)},
    "nbinom": {
        "logpmf": lambda k, n, p: (
            sp.gammaln(n + k) - sp.gammaln(k + 1) - sp.gammaln(n) + sp.xlogy(n, p) + sp.xlog1py(k, -p)
        ),
        "cdf": lambda k, n, p: sp.betainc(n, k + 1, p),
        "sf": lambda k, n, p: sp.betainc(k + 1, n, 1 - p),
        "stats": lambda n, p: (
            n * (1 - p) / p,
            n * (1 - p) / p**2,
            (2 - p) / np.sqrt(n * (1 - p)),
            6 / n + p**2 / ((1 - p) * n),
        ),
    },
    "nchypergeom_fisher": {"compiled": "stats", "logpmf": _fisher, "argcheck": _urn},
    "nchypergeom_wallenius": {"compiled": "pmf stats"},
    "ncf": {"compiled": "cdf sf stats", "logpdf": _noncentral_f},
    "nct": {"compiled": "cdf sf stats", "logpdf": _noncentral_t},
    "ncx2": {"compiled": "cdf sf", "logpdf": _noncentral_chi2},
    "norminvgauss": {"compiled": "cdf sf"},
    "skellam": {"logpmf": _skellam, "cdf": _skellam_below, "sf": lambda k, a, b: 1 - _skellam_below(k, a, b)},
    "studentized_range": {"compiled": "pdf cdf munp"},
    "truncnorm": {
        "compiled": "stats munp entropy",
        "logpdf": lambda y, a, b: -0.5 * y * y - HALF_LOG_TAU - _log_mass(a, b),
        "cdf": lambda y, a, b: np.exp(_log_mass(a, y) - _log_mass(a, b)),
        "sf": lambda y, a, b: np.exp(_log_mass(y, b) - _log_mass(a, b)),
        "logcdf": lambda y, a, b: _log_mass(a, y) - _log_mass(a, b),
        "logsf": lambda y, a, b: _log_mass(y, b) - _log_mass(a, b),
    },
    "vonmises": {"compiled": "cdf", "range": (-np.pi, np.pi)},
    "vonmises_line": {"compiled": "cdf"},
    # Half the angle of a point that is turned (1 + c)/(1 - c) times as high: no tangent, which has a pole at y = π.
    "wrapcauchy": {"cdf": lambda y, c: np.arctan2((1 + c) * np.sin(y / 2), (1 - c) * np.cos(y / 2)) / np.pi},
    "zipfian": {"compiled": "pmf cdf sf stats", "logpmf": _zipfian},
    **LIMITING,
}
"""What each gives to its `Distribution`."""
