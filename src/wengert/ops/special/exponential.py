"""Exponential integrals, logarithms and powers."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.core.op import TABLE, Op
from wengert.core.protocols import BY_NAME
from wengert.ops.elementwise import power_dx
from wengert.ops.special.hypergeometric import hyp1f1, hyp2f1
from wengert.ops.special.source import several, special
from wengert.ops.special.spherical import spherical_in, spherical_jn

__all__: list[str] = []

# NumPy's own functions under SciPy's names.
BY_NAME.update({name: TABLE[name] for name in ("cbrt", "exp2", "expm1", "log1p")})
BY_NAME["round"] = TABLE["rint"]

LN10 = math.log(10)

exp10 = special("exp10", dx=lambda out: LN10 * out)
# (eˣ - 1)/x = ∫₀¹ e^{xt} dt, so its derivative is ∫₀¹ t e^{xt} dt = M(2, 3, x) / 2.
exprel = special("exprel", dx=lambda x: hyp1f1(2, 3, x) / 2)
cosm1 = special("cosm1", dx=lambda x: -np.sin(x))


# x^y - 1: the partials of the power, which are 0 at y = 0 and where x^y is 0 for y > 0.
def _power_dy(x: Any, y: Any, out: Any) -> Any:
    return np.where((x == 0) & (y >= 0), 0, (out + 1) * np.log(np.where(x == 0, 1, x)))


powm1 = special("powm1", dx=power_dx, dy=_power_dy, singular=True)


# ln(1 + u)/u = F(1, 1; 2; -u), where the quotient cancels; d/du of it is -F(2, 2; 3; -u) / 2.
def _log_quotient_slope(u: Any) -> Any:
    return -hyp2f1(2, 2, 3, -u) / 2


# Box and Cox: (x^λ - 1)/λ = l exprel(λ l) with l = ln x, and for boxcox1p with l = ln(1 + x). At x = 0 it is -1/λ for
# positive λ.
def _boxcox_dl(log: Any, power: Any) -> Any:
    pole = np.isneginf(log) & (power > 0)
    finite = np.where(pole, 0, log)
    return np.where(pole, 1 / np.where(pole, power, 1) ** 2, finite * finite * hyp1f1(2, 3, power * finite) / 2)


boxcox = special("boxcox", "x lmbda", dx=lambda x, lmbda: x ** (lmbda - 1),
                 dlmbda=lambda x, lmbda: _boxcox_dl(np.log(x), lmbda), singular=True)  # fmt: skip
boxcox1p = special("boxcox1p", "x lmbda", dx=lambda x, lmbda: (1 + x) ** (lmbda - 1),
                   dlmbda=lambda x, lmbda: _boxcox_dl(np.log1p(x), lmbda), singular=True)  # fmt: skip


# x = (1 + λy)^{1/λ} = exp(y q(λy)) with q(u) = ln(1 + u)/u: ∂x/∂y = x / (1 + λy), ∂x/∂λ = x y² q'(λy).
def _inverse_dl(x: Any, y: Any, power: Any) -> Any:
    return x * y * y * _log_quotient_slope(power * y)


inv_boxcox = special("inv_boxcox", "y lmbda", dy=lambda y, lmbda, out: out / (1 + lmbda * y),
                     dlmbda=lambda y, lmbda, out: _inverse_dl(out, y, lmbda), singular=True)  # fmt: skip
inv_boxcox1p = special("inv_boxcox1p", "y lmbda", dy=lambda y, lmbda, out: (out + 1) / (1 + lmbda * y),
                       dlmbda=lambda y, lmbda, out: _inverse_dl(out + 1, y, lmbda), singular=True)  # fmt: skip

expi: Op = special("expi", dx=lambda x: np.exp(x) / x, singular=True)
exp1: Op = special("exp1", dx=lambda x: -np.exp(-x) / x, singular=True)


# Eₙ' = -Eₙ₋₁ (DLMF 8.19.13), E₀ = e⁻ˣ/x.
def _expn_dx(n: Any, x: Any) -> Any:
    first = n == 0
    return np.where(first, -np.exp(-x) * (1 + x) / (x * x), -expn(np.where(first, 1, n) - 1, x))


expn: Op = special("expn", "n x", dn=0, dx=_expn_dx, singular=True)


# ∫₁^z ln t / (1 - t) dt, whose integrand is -F(1, 1; 2; 1 - z) near z = 1.
def _spence_dz(z: Any) -> Any:
    near = np.abs(z - 1) < 0.5
    a, b = np.where(near, z, 1.0), np.where(near, 2.0, z)
    return np.where(near, -hyp2f1(1, 1, 2, 1 - a), np.log(b) / (1 - b))


spence: Op = special("spence", "z", dz=_spence_dz, singular=True)

# Si' = sin x / x = j₀, Ci' = cos x / x, Shi' = sinh x / x = i₀ (spherical), Chi' = cosh x / x.
sici = several("sici", "x", 2, dx=lambda x: (spherical_jn(0, x), np.cos(x) / x))
shichi = several("shichi", "x", 2, dx=lambda x: (spherical_in(0, x), np.cosh(x) / x))


# ω + ln ω = z.
wrightomega: Op = special("wrightomega", "z", dz=lambda out: out / (1 + out), singular=True)
