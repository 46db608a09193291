"""Incomplete gamma and beta functions, with respect to all of their arguments, and their inverses.

With the logarithmic moments under the integral every derivative is one of the same family. For the gamma distribution
of shape a, u = ln t and U = ln x:

    G_r(a, x) = ∫_{-∞}^U (u - ψ(a))ʳ e^{au - eᵘ} du / Γ(a),      P = G_0,
    ∂G_r/∂a = G_{r+1} - r ψ'(a) G_{r-1},                         ∂G_r/∂x = (ln x - ψ(a))ʳ p(x)

because ∂/∂a of the density is (u - ψ(a)) times the density. For the beta distribution with u = logit t likewise, with
the moments of ln t and ln(1 - t). The integrands are e^L for concave L and summed by `concave.integrate`.

The densities are exponentials of their logarithms, which neither overflow nor vanish too early. At the ends of the
support, where the logarithm has a pole, they are the powers themselves (`power_log`), whose derivatives hold there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, elementwise, strong_multiply
from wengert.ops.special.concave import integrate
from wengert.ops.special.ends import beta_end, gamma_end
from wengert.ops.special.everyday import gammaln, polygamma, psi
from wengert.ops.special.factorials import betaln
from wengert.ops.special.powers import power_log
from wengert.ops.special.source import implicit, scipy_special, special

__all__ = ["betainc", "betainc_da", "betainc_db", "betainc_dx", "gammainc", "gammainc_da", "gammainc_dx"]


def _double(*values: Any) -> tuple[Any, list[Any]]:
    dtype = np.result_type(*values)
    return dtype if dtype.kind == "f" else np.dtype(float), [
        np.asarray(v, np.float64) for v in np.broadcast_arrays(*values)
    ]


# --- gamma ------------------------------------------------------------------------------------------------------------


# Above the mode the first moment is minus that of the upper tail (the whole is 0), which does not cancel.
def _gamma_moment(a: Any, x: Any, r: int) -> Any:
    dtype, (a, x) = _double(a, x)
    with np.errstate(all="ignore"):
        end, mode = np.log(x), np.log(a)
        center, norm = scipy_special("psi")(a), scipy_special("gammaln")(a)

        def log(u: Any) -> Any:
            return a * u - np.exp(u) - norm

        def moment(u: Any) -> Any:
            return (u - center) ** r

        start, reach = np.minimum(end, mode), 50 / a + 60
        below = integrate(log, moment, start, start - reach, reach)
        between = integrate(log, moment, mode, np.maximum(end, mode), reach)
        above = integrate(log, moment, np.maximum(end, mode), np.maximum(end, mode) + reach, reach)
        total = np.where((end > mode) & (r == 1), -above, below + between)
    total = np.where(x == 0, 0.0, np.where(np.isposinf(x) & (r == 1), 0.0, total))
    # P = 1 - Γ(a, x) / Γ(a), and 1/Γ(a) is a near 0.
    total = np.where((a == 0) & (x > 0) & (r == 1), -scipy_special("exp1")(x), np.where(a > 0, total, np.nan))
    return np.where(x >= 0, total, np.nan).astype(dtype)[()]


def _gamma_moment_da(a: Any, x: Any, r: int) -> Any:
    up = gamma_moment(a, x, r=r + 1)
    if r == 1:
        return up - polygamma(1, a) * gammainc(a, x)
    return up - r * polygamma(1, a) * gamma_moment(a, x, r=r - 1)


gamma_moment: Op = elementwise(
    _gamma_moment,
    "a x",
    name="gamma_moment",
    da=_gamma_moment_da,
    dx=lambda a, x, r: _gamma_density(a, x, r),
    singular=True,
)


# (ln x - ψ(a))ʳ p(x), with a / Γ(a + 1) for 1 / Γ(a), which has a pole in its logarithm at a = 0.
def _gamma_density(a: Any, x: Any, r: int) -> Any:
    end = x == 0
    log = np.log(np.where(end, 1, x))
    norm = gammaln(a + 1)
    inside = np.exp((a - 1) * log - x - norm)
    center = psi(a) if r else 0.0
    at = power_log(np.where(end, x, 1), a - 1, center, r=r)
    return strong_multiply(a, np.where(end, strong_multiply(at, np.exp(-x - norm)), (log - center) ** r * inside))


def gammainc_dx(a: Any, x: Any) -> Any:
    """x^(a-1) e^(-x) / Γ(a)."""
    return _gamma_density(a, x, 0)


def gammainc_da(a: Any, x: Any) -> Any:
    """∂P(a, x)/∂a."""
    return gamma_moment(a, x, r=1)


gammainc: Op = special("gammainc", "a x", da=gammainc_da, dx=gammainc_dx, singular=True)
gammaincc: Op = special(
    "gammaincc", "a x", da=lambda a, x: -gammainc_da(a, x), dx=lambda a, x: -gammainc_dx(a, x), singular=True
)
gammaincinv = implicit(
    "gammaincinv",
    "a y",
    "x",
    "y",
    da=gammainc_da,
    dx=gammainc_dx,
    ends={0: {"dy": lambda a, y, x: gamma_end(a, y, x)[0], "da": lambda a, y, x: gamma_end(a, y, x)[1]}},
)
gammainccinv = implicit(
    "gammainccinv",
    "a y",
    "x",
    "y",
    da=lambda a, x: -gammainc_da(a, x),
    dx=lambda a, x: -gammainc_dx(a, x),
    ends={0: {"dy": lambda a, y, x: -gamma_end(a, 1 - y, x)[0], "da": lambda a, y, x: gamma_end(a, 1 - y, x)[1]}},
)

# --- beta -------------------------------------------------------------------------------------------------------------


def _softplus(u: Any) -> Any:
    return np.maximum(u, 0) + np.log1p(np.exp(-np.abs(u)))


# B_{rs}(a, b, x) = ∫_{-∞}^U (ln t - ψ(a) + ψ(a+b))ʳ (ln(1-t) - ψ(b) + ψ(a+b))ˢ tᵃ (1-t)ᵇ du / B(a, b), t = 1/(1 + e⁻ᵘ).
def _beta_moment(a: Any, b: Any, x: Any, r: int, s: int) -> Any:
    dtype, (a, b, x) = _double(a, b, x)
    with np.errstate(all="ignore"):
        end, mode = np.log(x) - np.log1p(-x), np.log(a) - np.log(b)
        digamma = scipy_special("psi")
        left, right = digamma(a) - digamma(a + b), digamma(b) - digamma(a + b)
        norm = scipy_special("betaln")(a, b)

        def log(u: Any) -> Any:
            return -a * _softplus(-u) - b * _softplus(u) - norm

        def moment(u: Any) -> Any:
            return (-_softplus(-u) - left) ** r * (-_softplus(u) - right) ** s

        start, reach = np.minimum(end, mode), 50 / np.minimum(a, b) + 60
        below = integrate(log, moment, start, start - reach, reach)
        between = integrate(log, moment, mode, np.maximum(end, mode), reach)
        above = integrate(log, moment, np.maximum(end, mode), np.maximum(end, mode) + reach, reach)
        total = np.where((end > mode) & (r + s == 1), -above, below + between)
    total = np.where(x == 0, 0.0, np.where((x == 1) & (r + s == 1), 0.0, total))
    total = np.where((a > 0) & (b > 0), total, np.nan)
    inner = (x > 0) & (x < 1) & (r + s == 1)
    total = np.where((a == 0) & (b > 0) & inner, -_beta_tail(b, 1 - x) if r else 0.0, total)
    total = np.where((b == 0) & (a > 0) & inner, _beta_tail(a, x) if s else 0.0, total)
    return np.where((x >= 0) & (x <= 1), total, np.nan).astype(dtype)[()]


# ∫_0^x t^(a-1) / (1-t) dt, the derivative with respect to b at b = 0, where all of the mass is at 1.
def _beta_tail(a: Any, x: Any) -> Any:
    with np.errstate(all="ignore"):
        return x**a / a * scipy_special("hyp2f1")(a, 1.0, a + 1, x)


def _moment_of(a: Any, b: Any, x: Any, r: int, s: int) -> Any:
    return betainc(a, b, x) if r == s == 0 else beta_moment(a, b, x, r=r, s=s)


def _beta_moment_da(a: Any, b: Any, x: Any, r: int, s: int) -> Any:
    shared = polygamma(1, a + b)
    total = beta_moment(a, b, x, r=r + 1, s=s)
    if r:
        total = total - r * (polygamma(1, a) - shared) * _moment_of(a, b, x, r - 1, s)
    return total + s * shared * _moment_of(a, b, x, r, s - 1) if s else total


def _beta_moment_db(a: Any, b: Any, x: Any, r: int, s: int) -> Any:
    shared = polygamma(1, a + b)
    total = beta_moment(a, b, x, r=r, s=s + 1)
    if s:
        total = total - s * (polygamma(1, b) - shared) * _moment_of(a, b, x, r, s - 1)
    return total + r * shared * _moment_of(a, b, x, r - 1, s) if r else total


# (ln x - ψ(a) + ψ(a+b))ʳ (ln(1-x) - ψ(b) + ψ(a+b))ˢ p(x). At the ends 1/B is capped where the power beside it vanishes.
def _beta_density(a: Any, b: Any, x: Any, r: int, s: int) -> Any:
    end = (x == 0) | (x == 1)
    y = np.where(end, 0.5, x)
    left, right = np.log(y), np.log1p(-y)
    norm = betaln(a, b)
    total = psi(a + b) if r or s else 0.0
    below, above = psi(a) - total if r else 0.0, psi(b) - total if s else 0.0
    inside = (left - below) ** r * (right - above) ** s * np.exp((a - 1) * left + (b - 1) * right - norm)
    z = np.where(end, x, 0.5)
    at = strong_multiply(power_log(z, a - 1, below, r=r), power_log(1 - z, b - 1, above, r=s))
    return np.where(end, strong_multiply(at, np.exp(np.minimum(-norm, 700))), inside)


beta_moment: Op = elementwise(
    _beta_moment,
    "a b x",
    name="beta_moment",
    da=_beta_moment_da,
    db=_beta_moment_db,
    dx=_beta_density,
    singular=True,
)


def betainc_dx(a: Any, b: Any, x: Any) -> Any:
    """x^(a-1) (1-x)^(b-1) / B(a, b)."""
    return _beta_density(a, b, x, 0, 0)


def betainc_da(a: Any, b: Any, x: Any) -> Any:
    """∂I_x(a, b)/∂a."""
    return beta_moment(a, b, x, r=1, s=0)


def betainc_db(a: Any, b: Any, x: Any) -> Any:
    """∂I_x(a, b)/∂b."""
    return beta_moment(a, b, x, r=0, s=1)


def _minus(f: Any) -> Any:
    return lambda a, b, x: -f(a, b, x)


betainc: Op = special("betainc", "a b x", da=betainc_da, db=betainc_db, dx=betainc_dx, singular=True)
betaincc: Op = special(
    "betaincc", "a b x", da=_minus(betainc_da), db=_minus(betainc_db), dx=_minus(betainc_dx), singular=True
)
betaincinv = implicit(
    "betaincinv",
    "a b y",
    "x",
    "y",
    da=betainc_da,
    db=betainc_db,
    dx=betainc_dx,
    ends={
        0: {
            "dy": lambda a, b, y, x: beta_end(a, b, y, x)[0],
            "da": lambda a, b, y, x: beta_end(a, b, y, x)[1],
            "db": lambda a, b, y, x: beta_end(a, b, y, x)[2],
        },
        1: {
            "dy": lambda a, b, y, x: beta_end(b, a, 1 - y, 1 - x)[0],
            "da": lambda a, b, y, x: -beta_end(b, a, 1 - y, 1 - x)[2],
            "db": lambda a, b, y, x: -beta_end(b, a, 1 - y, 1 - x)[1],
        },
    },
)
betainccinv = implicit(
    "betainccinv",
    "a b y",
    "x",
    "y",
    da=_minus(betainc_da),
    db=_minus(betainc_db),
    dx=_minus(betainc_dx),
    ends={
        0: {
            "dy": lambda a, b, y, x: -beta_end(a, b, 1 - y, x)[0],
            "da": lambda a, b, y, x: beta_end(a, b, 1 - y, x)[1],
            "db": lambda a, b, y, x: beta_end(a, b, 1 - y, x)[2],
        },
        1: {
            "dy": lambda a, b, y, x: -beta_end(b, a, y, 1 - x)[0],
            "da": lambda a, b, y, x: -beta_end(b, a, y, 1 - x)[2],
            "db": lambda a, b, y, x: -beta_end(b, a, y, 1 - x)[1],
        },
    },
)
