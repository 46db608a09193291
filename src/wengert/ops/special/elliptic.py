"""Elliptic integrals and functions in Legendre's and Jacobi's notation, with m the parameter.

Their derivatives are written with Carlson's integrals (DLMF 19.25), which have no removable singularity at m = 0.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.core.op import Op, strong_multiply
from wengert.ops.special.carlson import elliprd
from wengert.ops.special.source import several, special

__all__: list[str] = []

# K = R_F(0, 1 - m, 1) and (E - K)/m = -R_D(0, 1 - m, 1) / 3, so dE/dm = (E - K) / (2m) = -R_D(0, 1 - m, 1) / 6.
ellipk: Op = special("ellipk", "m", dm=lambda m: elliprd(0.0, 1.0, 1 - m) / 6, singular=True)
ellipkm1: Op = special("ellipkm1", "p", dp=lambda p: -elliprd(0.0, 1.0, p) / 6, singular=True)
ellipe: Op = special("ellipe", "m", dm=lambda m: -elliprd(0.0, 1 - m, 1.0) / 6, singular=True)


# F(φ, m) = 2k K(m) + F(ψ, m) with φ = kπ + ψ, |ψ| ≤ π/2, and with s = sin ψ, c = cos ψ
# (at m = 1 no turn is complete below φ = π/2: zero turns of an infinite K are zero)
#     F(ψ, m) = s R_F(c², 1 - m s², 1),     E(ψ, m) = F(ψ, m) - m s³ R_D(c², 1 - m s², 1) / 3.
def _split(phi: Any) -> Any:
    turns = np.rint(phi / math.pi)
    return turns, np.sin(phi - turns * math.pi), np.cos(phi - turns * math.pi)


def _f_dm(phi: Any, m: Any) -> Any:
    k, s, c = _split(phi)
    return strong_multiply(k, elliprd(0.0, 1.0, 1 - m) / 3) + s * s * s * elliprd(c * c, 1.0, 1 - m * s * s) / 6


def _e_dm(phi: Any, m: Any) -> Any:
    k, s, c = _split(phi)
    return strong_multiply(-k, elliprd(0.0, 1 - m, 1.0) / 3) - s * s * s * elliprd(c * c, 1 - m * s * s, 1.0) / 6


def _delta(phi: Any, m: Any) -> Any:
    s = np.sin(phi)
    return np.sqrt(1 - m * s * s)


ellipkinc: Op = special("ellipkinc", "phi m", dphi=lambda phi, m: 1 / _delta(phi, m), dm=_f_dm, singular=True)
ellipeinc: Op = special("ellipeinc", "phi m", dphi=_delta, dm=_e_dm, singular=True)


# F(am, m) = u:  ∂am/∂u = dn  and  ∂am/∂m = -dn F_m(am, m); sn = sin am, cn = cos am, dn² = 1 - m sn².
def _ellipj_du(m: Any, out: Any) -> Any:
    sn, cn, dn, _ = out
    return cn * dn, -sn * dn, -m * sn * cn, dn


def _ellipj_dm(m: Any, out: Any) -> Any:
    sn, cn, dn, am = out
    moved = -dn * _f_dm(am, m)
    return cn * moved, -sn * moved, -(sn * sn + 2 * m * sn * cn * moved) / (2 * dn), moved


ellipj = several("ellipj", "u m", 4, du=_ellipj_du, dm=_ellipj_dm)


# 1 / agm(a, b) = (2/π) R_F(0, a², b²), for a and b of one sign. Beside a zero it is zero, and grows out of it steeply.
def _agm_slope(this: Any, other: Any, out: Any) -> Any:
    gone = out == 0
    a, b = np.where(gone, 1.0, this), np.where(gone, 1.0, other)
    slope = 2 / (3 * math.pi) * out * out * np.abs(a) * elliprd(0.0, b * b, a * a)
    return np.where(gone, np.where((this == 0) & (other != 0), np.inf, 0.0), slope)


agm: Op = special(
    "agm", "a b", da=lambda a, b, out: _agm_slope(a, b, out), db=lambda a, b, out: _agm_slope(b, a, out), singular=True
)
