"""Legendre functions and spherical harmonics, which SciPy's Python functions give for arrays only.

Degree n and order m are integers by definition.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, elementwise
from wengert.ops.special.source import scipy_special

__all__ = ["assoc_legendre_p", "assoc_slope", "sph_harm_y", "sph_legendre_p", "sph_slope", "steps", "theta_slope"]


# With L± = √((n ∓ m)(n ± m + 1)) for the steps m → m ± 1 (the ladder operators of angular momentum),
# ∂Y/∂θ = ½ (L₊ e^{-iφ} Y_{m+1} - L₋ e^{iφ} Y_{m-1}) has no division by sin θ.
def steps(n: Any, m: Any) -> tuple[Any, Any]:
    """L₊/2 and L₋/2."""
    return np.sqrt(np.maximum((n - m) * (n + m + 1), 0)) / 2, np.sqrt(np.maximum((n + m) * (n - m + 1), 0)) / 2


def theta_slope(n: Any, m: Any, theta: Any, phi: Any) -> Any:
    """∂Y/∂θ."""
    up, down = steps(n, m)
    turn = np.exp(1j * phi)
    return up / turn * sph_harm_y(n, m + 1, theta, phi) - down * turn * sph_harm_y(n, m - 1, theta, phi)


sph_harm_y: Op = elementwise(
    scipy_special("sph_harm_y"),
    "n m theta phi",
    name="sph_harm_y",
    dn=0,
    dm=0,
    dtheta=theta_slope,
    dphi=lambda m, out: 1j * m * out,
)


def sph_slope(n: Any, m: Any, theta: Any) -> Any:
    """∂/∂θ of the spherical harmonic at φ = 0."""
    up, down = steps(n, m)
    return up * sph_legendre_p(n, m + 1, theta) - down * sph_legendre_p(n, m - 1, theta)


sph_legendre_p: Op = elementwise(
    lambda n, m, theta: scipy_special("sph_legendre_p")(n, m, theta)[0],
    "n m theta",
    name="sph_legendre_p",
    dn=0,
    dm=0,
    dtheta=sph_slope,
)


# (1 - z²) P' = (n + m) P_{n-1} - n z P_n (DLMF 14.10.5) where (n + m) becomes √((2n+1)(n-m)(n+m)/(2n-1)) for the
# normalised functions.
def assoc_slope(n: Any, m: Any, z: Any, out: Any, cut: int, norm: bool) -> Any:
    """dP/dz."""
    if norm:
        factor = np.sqrt((2 * n + 1) * np.maximum((n - m) * (n + m), 0) / np.maximum(2 * n - 1, 1))
    else:
        factor = n + m
    below = assoc_legendre_p(np.maximum(n - 1, 0), m, z, cut=cut, norm=norm)
    return (np.where(n == 0, 0, factor) * below - n * z * out) / (1 - z * z)


def _assoc(n: Any, m: Any, z: Any, cut: int, norm: bool) -> Any:
    return scipy_special("assoc_legendre_p")(n, m, z, branch_cut=cut, norm=norm)[0]


assoc_legendre_p: Op = elementwise(_assoc, "n m z", name="assoc_legendre_p", dn=0, dm=0, dz=assoc_slope, singular=True)
