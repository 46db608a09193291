"""Inverses of distribution functions at an end of the support, where they are powers.

If F(u) = uᵃ S(u) / c with S(0) = 1, then ∂u/∂p = 1 / F'(u) is 0/0 or a product of zeros and infinities there, and so
are its derivatives. Solved for the power it is not: F(u) = p is a fixed point of

    W(u, p) = Pʸ,     P = c p / S(u),  y = 1/a,          hence     ∂u/∂x = W_x / (1 - W_u)  for every parameter x,
    W_p = y Pʸ / p,     W_u = -y Pʸ S_u / S,     W_b = y Pʸ (c_b / c - S_b / S) - [b is a] y² Pʸ ln P

in which zero occurs in powers only, whose derivatives hold at zero (`power_log`). Of S, Taylor polynomials are enough
(DLMF 8.7.1, 8.17.7):

    beta    c = a B(a, b)     S = Σ (1-b)_j uʲ a / ((a + j) j!)
    gamma   c = Γ(a + 1)      S = Σ (-u)ʲ a / ((a + j) j!)

With a noncentrality q the density is e^(-q/2) times that of the central one times a hypergeometric function:

    beta    c = a B(a, b) e^(q/2)     S = Σ g_j uʲ a / (a + j),  Σ g_j uʲ = (1-u)^(b-1) M(a + b, a, qu/2)
    gamma   c = Γ(a + 1) e^(q/2)      S = Σ g_j uʲ a / (a + j),  Σ g_j uʲ = e^(-u) ₀F₁(a, qu/2)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.ops.special.everyday import gammaln, psi
from wengert.ops.special.factorials import betaln
from wengert.ops.special.powers import power_log

__all__ = ["beta_end", "gamma_end", "noncentral_beta_end", "noncentral_gamma_end"]

Ratio = Callable[[int], Any]

_TERMS = 8  # derivatives at the end are exact up to this order


def beta_end(a: Any, b: Any, p: Any, u: Any) -> tuple[Any, Any, Any]:
    """∂u/∂p, ∂u/∂a and ∂u/∂b of I_u(a, b) = p at u = 0."""
    total = psi(a + b)
    series, du, da, db = 1.0 + 0 * u, 0 * u, 0 * u, 0 * u
    rising, slope = 1.0, 0.0  # (1-b)_j / j! and its derivative with respect to b
    for j in range(1, _TERMS):
        rising, slope = rising * (j - b) / j, (slope * (j - b) - rising) / j
        series = series + rising * a / (a + j) * u**j
        du = du + rising * a / (a + j) * j * u ** (j - 1)
        da = da + rising * j / (a + j) ** 2 * u**j
        db = db + slope * a / (a + j) * u**j
    logs = (1 / a + psi(a) - total - da / series, psi(b) - total - db / series)
    dp, first, second = _solved(a, np.log(a) + betaln(a, b), p, series, du, logs)
    return dp, first, second


def gamma_end(a: Any, p: Any, u: Any) -> tuple[Any, Any]:
    """∂u/∂p and ∂u/∂a of P(a, u) = p at u = 0."""
    series, du, da = 1.0 + 0 * u, 0 * u, 0 * u
    sign = 1.0
    for j in range(1, _TERMS):
        sign = -sign / j
        series = series + sign * a / (a + j) * u**j
        du = du + sign * a / (a + j) * j * u ** (j - 1)
        da = da + sign * j / (a + j) ** 2 * u**j
    dp, first = _solved(a, gammaln(a + 1), p, series, du, (psi(a + 1) - da / series,))
    return dp, first


def noncentral_beta_end(a: Any, b: Any, q: Any, p: Any, u: Any) -> tuple[Any, Any]:
    """∂u/∂p and ∂u/∂q of the noncentral beta distribution at u = 0."""
    log_c = np.log(a) + betaln(a, b) + q / 2
    return _noncentral(a, log_c, q, p, u, lambda j: (j - b) / j, lambda j: (a + b + j - 1) / ((a + j - 1) * j))


def noncentral_gamma_end(a: Any, q: Any, p: Any, u: Any) -> tuple[Any, Any]:
    """∂u/∂p and ∂u/∂q at u = 0, where 2u has the noncentral χ² distribution with 2a degrees of freedom."""
    return _noncentral(a, gammaln(a + 1) + q / 2, q, p, u, lambda j: -1 / j, lambda j: 1 / ((a + j - 1) * j))


def _noncentral(a: Any, log_c: Any, q: Any, p: Any, u: Any, left: Ratio, right: Ratio) -> tuple[Any, Any]:
    """The partials, of the ratios of a Taylor coefficient to the one before in the two factors, powers of q/2 aside."""
    lefts, rights, slopes = [1.0 + 0 * u], [1.0 + 0 * u], [0 * u]
    weight = 1.0 + 0 * u  # of (q/2)ʲ
    for j in range(1, _TERMS):
        lefts.append(lefts[-1] * left(j))
        weight = weight * right(j)
        rights.append(weight * (q / 2) ** j)
        slopes.append(weight * j / 2 * (q / 2) ** (j - 1))
    series, du, dq = 1.0 + 0 * u, 0 * u, 0 * u
    for j in range(1, _TERMS):
        share = a / (a + j)
        inside = sum(lefts[j - i] * rights[i] for i in range(j + 1))
        series = series + inside * share * u**j
        du = du + inside * share * j * u ** (j - 1)
        dq = dq + sum(lefts[j - i] * slopes[i] for i in range(j + 1)) * share * u**j
    dp, _, second = _solved(a, log_c, p, series, du, (0 * u, 0.5 - dq / series))
    return dp, second


def _solved(a: Any, log_c: Any, p: Any, series: Any, du: Any, logs: tuple[Any, ...]) -> list[Any]:
    """The partials of the fixed point: with respect to p, a and further parameters.

    logs: the derivatives of ln c - ln S with respect to a and the others.
    """
    y = 1 / a
    log_base = log_c - np.log(series)
    scale = np.exp(y * log_base)
    power = scale * power_log(p, y, 0.0, r=0)
    free = 1 + y * power * du / series
    partials = [y * scale * power_log(p, y - 1, 0.0, r=0)]
    for n, log in enumerate(logs):
        partials.append(y * power * log - (0 if n else y * y * scale * power_log(p, y, -log_base, r=1)))
    return [x / free for x in partials]
