"""The derivatives of the digamma function, at complex arguments too."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.ops.special.source import scipy_special

__all__ = ["BERNOULLI", "polygamma_of"]

# B₂ₖ for k = 1, 2, …
BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330,
    854513 / 138, -236364091 / 2730,
)  # fmt: skip

_theirs = scipy_special("polygamma")


def polygamma_of(n: Any, x: Any) -> Any:
    """ψ⁽ⁿ⁾(x): SciPy's for real x, by recurrence and asymptotic expansion for complex x.

    ψ⁽ⁿ⁾(z) = ψ⁽ⁿ⁾(z + 1) - (-1)ⁿ n! z^(-n-1)  (DLMF 5.15.5) moves z to Re z > 20 + n, where
    (-1)ⁿ⁺¹ ψ⁽ⁿ⁾(z) ~ (n-1)!/zⁿ + n!/(2zⁿ⁺¹) + Σ B₂ₖ (2k+n-1)!/(2k)! / z^(2k+n)  (5.15.8) is exact to rounding.
    """
    x = np.asarray(x)
    if x.dtype.kind != "c":
        return _theirs(n, x)
    return _complex(*np.broadcast_arrays(n, x)).astype(x.dtype)[()]


def _complex(n: Any, x: Any) -> Any:
    out = np.empty(x.shape, np.complex128)
    for order in np.unique(n):
        here = n == order
        out[here] = _of_order(int(order), x[here].astype(np.complex128))
    return out


def _of_order(n: int, z: Any) -> Any:
    if n == 0:
        return scipy_special("psi")(z)
    total = np.zeros_like(z)
    factorial = math.factorial(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        while (low := z.real < 20 + n).any():
            total = total + np.where(low, factorial * z ** -(n + 1.0), 0)
            z = np.where(low, z + 1, z)
    total = total + math.factorial(n - 1) * z**-n + factorial / 2 * z ** -(n + 1)
    for k, b in enumerate(BERNOULLI, 1):
        total = total + b * math.factorial(2 * k + n - 1) / math.factorial(2 * k) * z ** -(2.0 * k + n)
    return (-1) ** (n + 1) * total
