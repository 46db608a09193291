"""Carlson's symmetric elliptic integrals, and one row for all their derivatives.

Every one of them is ∫₀^∞ tᵃ Π (t + zₖ)^(-bₖ) dt times a constant (DLMF 19.16), and ∂/∂zₖ only raises bₖ:

    ∂/∂zₖ ∫ tᵃ Π (t + zₖ)^(-bₖ) dt = -bₖ ∫ tᵃ (t + zₖ)^(-bₖ - 1) … dt

so that no argument is ever divided by a difference of two, as the closed forms (19.18, 19.20) do.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, elementwise
from wengert.ops.special.source import special

__all__ = ["elliprd", "elliprf", "integral"]

_STEP = 0.25


# With t = c eᵘ, where c is the geometric mean of the arguments that are not 0, the integrand is analytic in |Im u| < π
# for positive arguments and falls off exponentially: the trapezoidal rule converges like e^(-2π²/h), to rounding for
# this step; for complex arguments in the right half plane like e^(-π²/h). Where an argument is negative (a Cauchy
# principal value) this is not a number.
def _integral(x: Any, y: Any, z: Any, p: Any, a: int, b: tuple[float, ...]) -> Any:
    dtype = np.result_type(x, y, z, p)
    dtype = dtype if dtype.kind in "fc" else np.dtype(float)
    x, y, z, p = np.broadcast_arrays(x, y, z, p)
    args = [np.asarray(v, np.result_type(dtype, np.float64)) for v in (x, y, z, p)]
    powers = sum(b)
    logs = [np.where(v == 0, np.nan, np.log(np.abs(np.where(v == 0, 1, v)))) for v in args]
    used = [log for log, power in zip(logs, b, strict=True) if power]
    low, high = np.fmin.reduce(used), np.fmax.reduce(used)
    zeros = sum([power * (v == 0) for v, power in zip(args, b, strict=True)])
    spread = float(np.nanmax(high - low, initial=0.0))
    # The integrand (with du) falls as e^((1 + a - zeros)u) to the left and as e^((1 + a - Σb)u) to the right.
    left = 38 / max(float(np.min(1 + a - zeros, initial=1.0)), 0.25) + spread
    right = 38 / max(powers - 1 - a, 0.25) + spread
    u = np.arange(-left, right, _STEP).reshape(-1, *[1] * x.ndim)
    t = np.exp((low + high) / 2 + u)
    with np.errstate(all="ignore"):
        logarithm = (a + 1) * np.log(t)
        for v, power in zip(args, b, strict=True):
            if power:
                logarithm = logarithm - power * np.log(t + v)
        total = _STEP * np.sum(np.exp(logarithm), axis=0)
    diverges = 1 + a - zeros <= 0
    negative = np.logical_or.reduce(
        [(np.imag(v) == 0) & (np.real(v) < 0) & bool(w) for v, w in zip(args, b, strict=True)]
    )
    return np.where(diverges, np.inf, np.where(negative, np.nan, total)).astype(dtype)[()]


def _raised(b: tuple[float, ...], k: int) -> tuple[float, ...]:
    return (*b[:k], b[k] + 1, *b[k + 1 :])


def _slope(k: int) -> Any:
    def slope(x: Any, y: Any, z: Any, p: Any, a: int, b: tuple[float, ...]) -> Any:
        return -b[k] * integral(x, y, z, p, a=a, b=_raised(b, k)) if b[k] else 0 * (x + y + z + p)

    return slope


integral: Op = elementwise(
    _integral,
    "x y z p",
    name="carlson_integral",
    dx=_slope(0),
    dy=_slope(1),
    dz=_slope(2),
    dp=_slope(3),
    singular=True,
)

_H, _T = 0.5, 1.5

# R_F = ½ ∫ Π (t + ·)^(-½), R_D = 3/2 ∫ (t + x)^(-½) (t + y)^(-½) (t + z)^(-3/2): ∂R_F/∂z = -R_D / 6.
elliprf: Op = special(
    "elliprf",
    dx=lambda x, y, z: -elliprd(y, z, x) / 6,
    dy=lambda x, y, z: -elliprd(z, x, y) / 6,
    dz=lambda x, y, z: -elliprd(x, y, z) / 6,
    singular=True,
)
elliprd: Op = special(
    "elliprd",
    dx=lambda x, y, z: -0.75 * integral(x, y, z, 1.0, a=0, b=(_T, _H, _T, 0)),
    dy=lambda x, y, z: -0.75 * integral(x, y, z, 1.0, a=0, b=(_H, _T, _T, 0)),
    dz=lambda x, y, z: -2.25 * integral(x, y, z, 1.0, a=0, b=(_H, _H, 2.5, 0)),
    singular=True,
)
# R_J = 3/2 ∫ (t + x)^(-½) (t + y)^(-½) (t + z)^(-½) (t + p)^(-1).
elliprj: Op = special(
    "elliprj",
    dx=lambda x, y, z, p: -0.75 * integral(x, y, z, p, a=0, b=(_T, _H, _H, 1)),
    dy=lambda x, y, z, p: -0.75 * integral(x, y, z, p, a=0, b=(_H, _T, _H, 1)),
    dz=lambda x, y, z, p: -0.75 * integral(x, y, z, p, a=0, b=(_H, _H, _T, 1)),
    dp=lambda x, y, z, p: -1.5 * integral(x, y, z, p, a=0, b=(_H, _H, _H, 2)),
    singular=True,
)
# ∂R_G/∂x = ⅛ ∫ t (t + x)^(-3/2) (t + y)^(-½) (t + z)^(-½) (DLMF 19.16.9 and 19.18.1).
elliprg: Op = special(
    "elliprg",
    dx=lambda x, y, z: integral(x, y, z, 1.0, a=1, b=(_T, _H, _H, 0)) / 8,
    dy=lambda x, y, z: integral(x, y, z, 1.0, a=1, b=(_H, _T, _H, 0)) / 8,
    dz=lambda x, y, z: integral(x, y, z, 1.0, a=1, b=(_H, _H, _T, 0)) / 8,
    singular=True,
)


# R_C = ½ ∫ (t + x)^(-½) / (t + y). For y < 0, a principal value: R_C is homogeneous of degree -½, and moving both
# arguments differentiates under the integral to a difference of end points, so
#     x ∂ₓ + y ∂_y = -R_C / 2   and   ∂ₓ + ∂_y = -1 / (2 √x y),
# from which  ∂ₓ = (1/√x - R_C) / (2 (x - y))  and  ∂_y = (R_C - √x / y) / (2 (x - y)),  where x - y > 0.
def _rc_dx(x: Any, y: Any, out: Any) -> Any:
    value = _principal(y)
    safe, other = np.where(value, 1.0, y), np.where(value, y, -1.0)
    return np.where(
        value, (1 / np.sqrt(x) - out) / (2 * (x - other)), -integral(x, safe, 1.0, 1.0, a=0, b=(_T, 1, 0, 0)) / 4
    )


def _rc_dy(x: Any, y: Any, out: Any) -> Any:
    value = _principal(y)
    safe, other = np.where(value, 1.0, y), np.where(value, y, -1.0)
    return np.where(
        value, (out - np.sqrt(x) / other) / (2 * (x - other)), -integral(x, safe, 1.0, 1.0, a=0, b=(_H, 2, 0, 0)) / 2
    )


def _principal(y: Any) -> Any:
    return (np.imag(y) == 0) & (np.real(y) < 0)


elliprc: Op = special("elliprc", dx=_rc_dx, dy=_rc_dy, singular=True)
