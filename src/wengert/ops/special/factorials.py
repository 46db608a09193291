"""Gamma, beta and what is made of factorials.

Γ' = Γ ψ, so a quotient of gammas is multiplied by a sum of ψ. Where a 1/Γ vanishes, at the poles of Γ, its ψ is
infinite; there the derivative of 1/Γ is taken from Γ(z) Γ(1 - z) = π / sin πz, which has no pole (DLMF 5.5.3).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.core.op import Op
from wengert.core.protocols import BY_NAME
from wengert.ops.special.everyday import gamma, gammaln, psi
from wengert.ops.special.source import special

__all__ = ["beta", "binom", "poch", "rgamma"]

gammasgn = special("gammasgn", "x", dx=0)
loggamma = special("loggamma", "z", dz=lambda z: psi(z))
BY_NAME["digamma"] = psi


# 1/Γ(z) = Γ(1 - z) sin(πz) / π, differentiated, for Re z < ½.
def _rgamma_dz(z: Any) -> Any:
    left = np.real(z) < 0.5
    a, b = np.where(left, z, 0.25), np.where(left, 1.0, z)
    return np.where(
        left, gamma(1 - a) * (np.cos(math.pi * a) - psi(1 - a) * np.sin(math.pi * a) / math.pi), -psi(b) * rgamma(b)
    )


rgamma: Op = special("rgamma", "z", dz=_rgamma_dz)


# (z)ₘ = Γ(z + m) / Γ(z). For z ≤ 0 the denominator may be at a pole.
def _poch_dz(z: Any, m: Any, out: Any) -> Any:
    low = z <= 0
    a, b = np.where(low, z, 0.5), np.where(low, 1.0, z)
    polar = gamma(a + m) * (psi(a + m) * rgamma(a) + _rgamma_dz(a))
    return np.where(low, polar, out * (psi(b + m) - psi(b)))


poch: Op = special("poch", "z m", dz=_poch_dz, dm=lambda z, m, out: out * psi(z + m))

beta: Op = special(
    "beta", dx=lambda x, y, out: out * (psi(x) - psi(x + y)), dy=lambda x, y, out: out * (psi(y) - psi(x + y))
)
betaln: Op = special("betaln", dx=lambda x, y: psi(x) - psi(x + y), dy=lambda x, y: psi(y) - psi(x + y))


# (n over k) = Γ(n + 1) / (Γ(k + 1) Γ(n - k + 1)), where k < 0 or k > n puts a denominator at a pole.
def _inside(n: Any, k: Any) -> tuple[Any, Any, Any]:
    inside = (k > -1) & (n - k > -1)
    return inside, np.where(inside, n, 2.0), np.where(inside, k, 1.0)


def _binom_dn(n: Any, k: Any, out: Any) -> Any:
    inside, a, b = _inside(n, k)
    outer = gamma(n + 1) * rgamma(k + 1) * (psi(n + 1) * rgamma(n - k + 1) + _rgamma_dz(n - k + 1))
    return np.where(inside, out * (psi(a + 1) - psi(a - b + 1)), outer)


def _binom_dk(n: Any, k: Any, out: Any) -> Any:
    inside, a, b = _inside(n, k)
    outer = gamma(n + 1) * (_rgamma_dz(k + 1) * rgamma(n - k + 1) - rgamma(k + 1) * _rgamma_dz(n - k + 1))
    return np.where(inside, out * (psi(a - b + 1) - psi(b + 1)), outer)


binom: Op = special("binom", "n k", dn=_binom_dn, dk=_binom_dk, singular=True)


def multigammaln(a: Any, d: int) -> Any:
    """ln Γ_d(a) = d (d - 1)/4 ln π + Σ ln Γ(a - (j - 1)/2) over j = 1 … d."""
    total = d * (d - 1) / 4 * np.log(np.float64(math.pi))  # SciPy's result is a float64, too
    for j in range(d):
        total = total + gammaln(a - j / 2)
    return total
