"""Zeta functions, and Lambert's W."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.core.op import Op, elementwise
from wengert.core.protocols import BY_NAME
from wengert.ops.special.everyday import gamma, psi
from wengert.ops.special.polygammas import BERNOULLI
from wengert.ops.special.source import scipy_special, special

__all__ = ["hurwitz", "lambertw", "riemann"]

_SUMMED = 16


def _zeta_dx(x: Any, q: Any) -> Any:
    """∂ζ(x, q)/∂x by the formula of Euler and Maclaurin (DLMF 25.11.28 and its derivative), for Re x > -10.

    ζ(x, q) = Σ_{k<N} (k+q)^-x + s^(1-x)/(x-1) + s^-x/2 + Σⱼ B₂ⱼ/(2j)! (x)_{2j-1} s^(-x-2j+1), s = N + q: each term is
    differentiated here, and the text of this function differentiates itself further.
    """
    total: Any = 0.0
    for k in range(_SUMMED):
        total = total - np.log(k + q) * (k + q) ** -x
    s = _SUMMED + q + 0.0  # whole numbers have no negative powers
    log, power = np.log(s), s**-x
    total = total - power * s * (log / (x - 1) + 1 / ((x - 1) * (x - 1))) - log * power / 2
    rising, slope = x, 1.0  # (x)ₖ and its derivative
    for j, b in enumerate(BERNOULLI, 1):
        total = total + b / math.factorial(2 * j) * power * s ** (1 - 2 * j) * (slope - log * rising)
        for k in (2 * j - 1, 2 * j):
            rising, slope = rising * (x + k), slope * (x + k) + rising
    return total


hurwitz: Op = elementwise(
    scipy_special("zeta"), "x q", name="zeta", dx=_zeta_dx, dq=lambda x, q: -x * hurwitz(x + 1, q), singular=True
)

# What scipy.special.zeta, a Python function, calls.
BY_NAME["_zeta"] = hurwitz


# For Re x < 0 by ζ(x) = 2 (2π)^(x-1) sin(πx/2) Γ(1 - x) ζ(1 - x) (25.4.1).
def _riemann_dx(x: Any) -> Any:
    low = np.real(x) < 0
    a, b = np.where(low, x, -1.0), np.where(low, 2.0, x)
    factor = 2 * (2 * math.pi) ** (a - 1) * gamma(1 - a)
    mirror, half = riemann(1 - a), math.pi / 2 * a
    slope = mirror * (math.log(2 * math.pi) - psi(1 - a)) - _zeta_dx(1 - a, 1.0)
    return np.where(low, factor * (np.sin(half) * slope + math.pi / 2 * np.cos(half) * mirror), _zeta_dx(b, 1.0))


riemann: Op = elementwise(scipy_special("zeta"), "x", name="riemann_zeta", dx=_riemann_dx, singular=True)
zetac: Op = special("zetac", "x", dx=_riemann_dx, singular=True)

# W e^W = z, so W' = e^{-W} / (1 + W), which is also right at z = 0.
lambertw: Op = elementwise(
    lambda z, k, tol: scipy_special("lambertw")(z, k, tol),
    "z",
    name="lambertw",
    dz=lambda out: np.exp(-out) / (1 + out),
    singular=True,
)
