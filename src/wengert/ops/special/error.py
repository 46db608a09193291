"""The error function's family: Faddeeva's w, Dawson's integral, Fresnel's integrals and Voigt's profile."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.core.op import Op
from wengert.ops.special.everyday import SQRT_PI, erf
from wengert.ops.special.source import several, special

__all__ = ["erfcx"]

ROOT_2PI = math.sqrt(2 * math.pi)

erfi: Op = special("erfi", "z", dz=lambda z: 2 / SQRT_PI * np.exp(z * z))
erfcinv: Op = special("erfcinv", "y", dy=lambda out: -SQRT_PI / 2 * np.exp(out * out), singular=True)


# w = e^(-z²) erfc(-iz), w' = 2i/√π - 2zw, erfcx(z) = w(iz), D = √π/2 Im w. Far out w' is the small difference of two
# terms; there, in the upper half plane, w ~ i/(√π z) Σ (2k-1)!!/(2z²)ᵏ (DLMF 7.12.1) is differentiated instead:
#     w' ~ -i/(√π z²) Σ (2k+1)!!/(2z²)ᵏ,   exact to rounding for |z| > 10.
def _far_slope(q: Any) -> Any:
    """2q Σ (2k+1)!! qᵏ, where q is 1/(2z²)."""
    total: Any = 1.0
    for k in range(14, 0, -1):
        total = 1 + (2 * k + 1) * q * total
    return 2 * q * total


_FAR = 10.0


def _wofz_dz(z: Any, out: Any) -> Any:
    far = (np.abs(z) > _FAR) & (np.imag(z) >= 0)
    a = np.where(far, z, _FAR)
    return np.where(far, -1j / SQRT_PI * _far_slope(0.5 / (a * a)), 2j / SQRT_PI - 2 * z * out)


def _erfcx_dz(z: Any, out: Any) -> Any:
    far = (np.abs(z) > _FAR) & (np.real(z) >= 0)
    a = np.where(far, z, _FAR)
    return np.where(far, _far_slope(-0.5 / (a * a)) / SQRT_PI, 2 * z * out - 2 / SQRT_PI)


def _dawsn_dz(z: Any, out: Any) -> Any:
    far = (np.abs(z) > _FAR) & (np.imag(z) == 0)
    a = np.where(far, z, _FAR)
    return np.where(far, -_far_slope(0.5 / (a * a)) / 2, 1 - 2 * z * out)


wofz: Op = special("wofz", "z", dz=_wofz_dz)
erfcx: Op = special("erfcx", "z", dz=_erfcx_dz)
dawsn: Op = special("dawsn", "z", dz=_dawsn_dz)

# d/dx ln Φ(x) = φ(x) / Φ(x) = √(2/π) / erfcx(-x/√2), without a quotient of two tiny numbers.
log_ndtr: Op = special("log_ndtr", "x", dx=lambda x: math.sqrt(2 / math.pi) / erfcx(-x / math.sqrt(2)))
ndtri: Op = special("ndtri", "y", dy=lambda out: ROOT_2PI * np.exp(out * out / 2), singular=True)
ndtri_exp: Op = special(
    "ndtri_exp", "y", dy=lambda out: math.sqrt(math.pi / 2) * erfcx(-out / math.sqrt(2)), singular=True
)

# T(h, a) = 1/2π ∫₀ᵃ exp(-h² (1 + x²)/2) / (1 + x²) dx (D. B. Owen 1956).
owens_t: Op = special(
    "owens_t",
    "h a",
    dh=lambda h, a: -np.exp(-h * h / 2) * erf(a * h / math.sqrt(2)) / (2 * ROOT_2PI),
    da=lambda h, a: np.exp(-h * h * (1 + a * a) / 2) / (2 * math.pi * (1 + a * a)),
)


# Re w(z) / (σ √2π) with z = (x + iγ) / (σ √2). It solves the heat equation in the time σ², so that for small σ it is
# Cauchy's Re K, K = i / (π (x + iγ)), and Re (K + σ²/2 K" + σ⁴/8 K"" + …).
def _voigt(x: Any, sigma: Any, gamma: Any) -> tuple[Any, Any, Any, Any]:
    sharp = np.abs(sigma) < 1e-3 * np.sqrt(x * x + gamma * gamma)
    s = np.where(sharp, 1.0, sigma)
    z = (x + 1j * gamma) / (s * math.sqrt(2))
    return sharp, s, z, _wofz_dz(z, wofz(z))


def _cauchy(sharp: Any, x: Any, gamma: Any, order: int) -> Any:
    """The derivative of K of that order, where it is sharp."""
    u = np.where(sharp, x + 1j * gamma, 1.0)
    return (-1) ** order * math.factorial(order) * 1j / (math.pi * u ** (order + 1))


def _sharp_slope(sharp: Any, x: Any, sigma: Any, gamma: Any) -> Any:
    square = np.where(sharp, sigma, 0.0) ** 2
    first, third, fifth = [_cauchy(sharp, x, gamma, n) for n in (1, 3, 5)]
    return first + square / 2 * (third + square / 4 * fifth)


def _voigt_dx(x: Any, sigma: Any, gamma: Any) -> Any:
    sharp, s, _, slope = _voigt(x, sigma, gamma)
    return np.where(sharp, np.real(_sharp_slope(sharp, x, sigma, gamma)), np.real(slope) / (2 * SQRT_PI * s * s))


def _voigt_dsigma(x: Any, sigma: Any, gamma: Any, out: Any) -> Any:
    sharp, s, z, slope = _voigt(x, sigma, gamma)
    small = np.where(sharp, sigma, 0.0)
    second, fourth = np.real(_cauchy(sharp, x, gamma, 2)), np.real(_cauchy(sharp, x, gamma, 4))
    return np.where(sharp, small * (second + small**2 / 2 * fourth), -(out + np.real(z * slope) / (ROOT_2PI * s)) / s)


def _voigt_dgamma(x: Any, sigma: Any, gamma: Any) -> Any:
    sharp, s, _, slope = _voigt(x, sigma, gamma)
    return np.where(sharp, -np.imag(_sharp_slope(sharp, x, sigma, gamma)), -np.imag(slope) / (2 * SQRT_PI * s * s))


voigt_profile: Op = special(
    "voigt_profile", "x sigma gamma", dx=_voigt_dx, dsigma=_voigt_dsigma, dgamma=_voigt_dgamma, singular=True
)


# S = ∫₀^z sin(πt²/2) dt and C. With E± = e^{±ix²}: F±(x) = ∫ₓ^∞ e^{±it²} dt, K± = e^{∓i(x² + π/4)} F± / √π.
def _fresnel(z: Any) -> tuple[Any, Any]:
    turn = math.pi / 2 * z * z
    return np.sin(turn), np.cos(turn)


fresnel = several("fresnel", "z", 2, dz=_fresnel)


def _modfresnel(name: str, i: complex) -> Any:
    def slopes(x: Any, out: Any) -> tuple[Any, Any]:
        return -np.exp(i * x * x), -2 * i * x * out[1] - np.exp(-i * math.pi / 4) / SQRT_PI

    return several(name, "x", 2, dx=slopes)


modfresnelp = _modfresnel("modfresnelp", 1j)
modfresnelm = _modfresnel("modfresnelm", -1j)
