"""Legendre functions and spherical harmonics with their derivatives, in SciPy's shapes.

A first axis of length ``diff_n + 1`` holds the values and their derivatives up to that order, 2 at most.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.ops import spelling
from wengert.ops.special import harmonics
from wengert.ops.special.orthogonal import eval_gegenbauer, eval_legendre

__all__ = [
    "assoc_legendre_p", "assoc_legendre_p_all", "legendre_p", "legendre_p_all", "sph_harm_y", "sph_harm_y_all",
    "sph_legendre_p", "sph_legendre_p_all",
]  # fmt: skip


def _order(diff_n: Any) -> int:
    if not isinstance(diff_n, int | np.integer) or not 0 <= diff_n <= 2:
        raise ValueError(f"diff_n is currently only implemented for orders 0, 1, and 2, received: {diff_n}.")
    return int(diff_n)


def legendre_p(n: Any, z: Any, *, diff_n: int = 0) -> Any:
    """Legendre's polynomial of degree n at z, real or complex; with its derivatives up to order `diff_n` in front.

    The k-th derivative is (2k-1)!! C_{n-k}^{(k+½)}(z) (DLMF 18.9.19).

    Example:
        >>> from wengert.special import legendre_p
        >>> legendre_p(2, 0.5)
        array([-0.125])
    """
    n = spelling.lift(n)
    found = [eval_legendre(n, z)]
    for k in range(1, _order(diff_n) + 1):
        low = n < k
        found.append(np.where(low, 0, (1, 1, 3)[k] * eval_gegenbauer(np.where(low, 0, n - k), k + 0.5, z)))
    return np.stack(found)


def assoc_legendre_p(n: Any, m: Any, z: Any, *, branch_cut: int = 2, norm: bool = False, diff_n: int = 0) -> Any:
    """Associated Legendre functions of degree n and order m at z; with derivatives up to order `diff_n` in front.

    Args:
        n: the degree, a non-negative integer.
        m: the order, an integer.
        z: argument, real or complex.
        branch_cut: 2 for functions cut outside of [-1, 1], 3 for functions cut inside.
        norm: whether they are normalised.
        diff_n: 0, 1 or 2.

    Example:
        >>> from wengert.special import assoc_legendre_p
        >>> assoc_legendre_p(1, 0, 0.5)
        array([0.5])
    """
    n, m = spelling.lift(n), spelling.lift(m)
    z = spelling.inexact(spelling.lift(z))
    value = harmonics.assoc_legendre_p(n, m, z, cut=branch_cut, norm=bool(norm))
    found = [value]
    if _order(diff_n):
        found.append(harmonics.assoc_slope(n, m, z, value, branch_cut, bool(norm)))
    if diff_n == 2:  # Legendre's equation (1 - z²) P'' = 2z P' - (n (n+1) - m²/(1 - z²)) P
        w = 1 - z * z
        found.append((2 * z * found[1] - (n * (n + 1) - m * m / w) * value) / w)
    return np.stack(found)


def sph_legendre_p(n: Any, m: Any, theta: Any, *, diff_n: int = 0) -> Any:
    """Spherical Legendre functions of degree n and order m at the polar angle theta, in radians.

    They are the spherical harmonics at azimuth 0. With `diff_n` 1 or 2 their derivatives follow the values.

    Example:
        >>> from wengert.special import sph_legendre_p
        >>> sph_legendre_p(0, 0, 1.0)
        array([0.28209479])
    """
    n, m = spelling.lift(n), spelling.lift(m)
    theta = spelling.inexact(spelling.lift(theta))
    found = [harmonics.sph_legendre_p(n, m, theta)]
    if _order(diff_n):
        found.append(harmonics.sph_slope(n, m, theta))
    if diff_n == 2:
        found.append(_twice(n, m, harmonics.sph_slope, theta))
    return np.stack(found)


def _twice(n: Any, m: Any, slope: Callable[..., Any], *angles: Any) -> Any:
    """∂²/∂θ², by the ladder of `harmonics` used twice."""
    up, down = harmonics.steps(n, m)
    turns = np.exp(1j * angles[1]) if len(angles) == 2 else 1
    return up / turns * slope(n, m + 1, *angles) - down * turns * slope(n, m - 1, *angles)


def sph_harm_y(n: Any, m: Any, theta: Any, phi: Any, *, diff_n: int = 0) -> Any:
    """Spherical harmonics of degree n and order m at polar angle theta and azimuth phi, in radians.

    With ``diff_n=1`` a pair of them and their gradients, whose last axis is (theta, phi); with 2 also their Hessians.

    Example:
        >>> from wengert.special import sph_harm_y
        >>> sph_harm_y(0, 0, 1.0, 2.0)
        np.complex128(0.28209479177387814+0j)
    """
    n, m = spelling.lift(n), spelling.lift(m)
    theta, phi = spelling.inexact(spelling.lift(theta)), spelling.inexact(spelling.lift(phi))
    value = harmonics.sph_harm_y(n, m, theta, phi)
    if not _order(diff_n):
        return value[()]
    along = harmonics.theta_slope(n, m, theta, phi)
    gradient = np.stack([along, 1j * m * value], axis=-1)
    if diff_n == 1:
        return value, gradient
    mixed = 1j * m * along
    rows = [
        np.stack([_twice(n, m, harmonics.theta_slope, theta, phi), mixed], axis=-1),
        np.stack([mixed, -m * m * value], axis=-1),
    ]
    return value, gradient, np.stack(rows, axis=-2)


# --- all degrees and orders -----------------------------------------------------------------------------------


def _grid(n: int, m: int, *values: Any) -> tuple[Any, Any]:
    """Degrees 0 … n along a first axis and orders 0 … m, -m … -1 along a second one, as SciPy lays them out."""
    rank = max(np.ndim(v) for v in values)
    orders = np.concatenate([np.arange(abs(m) + 1), np.arange(-abs(m), 0)])
    return np.arange(n + 1).reshape(-1, 1, *[1] * rank), orders.reshape(-1, *[1] * rank)


def legendre_p_all(n: int, z: Any, *, diff_n: int = 0) -> Any:
    """`legendre_p` of all degrees up to n, which are the first axis (after that of `diff_n`).

    Example:
        >>> from wengert.special import legendre_p_all
        >>> legendre_p_all(2, 0.5)
        array([[ 1.   ,  0.5  , -0.125]])
    """
    degrees, _ = _grid(n, 0, z)
    return legendre_p(degrees[:, 0], z, diff_n=diff_n)


def assoc_legendre_p_all(n: int, m: int, z: Any, *, branch_cut: int = 2, norm: bool = False, diff_n: int = 0) -> Any:
    """`assoc_legendre_p` of all degrees up to n and orders 0 … m, -m … -1, the first two axes (after that of `diff_n`).

    Example:
        >>> from wengert.special import assoc_legendre_p_all
        >>> assoc_legendre_p_all(2, 1, 0.5).shape
        (1, 3, 3)
    """
    degrees, orders = _grid(n, m, z)
    return assoc_legendre_p(degrees, orders, z, branch_cut=branch_cut, norm=norm, diff_n=diff_n)


def sph_legendre_p_all(n: int, m: int, theta: Any, *, diff_n: int = 0) -> Any:
    """`sph_legendre_p` of all degrees up to n and orders 0 … m, -m … -1, the first two axes (after that of `diff_n`).

    Example:
        >>> from wengert.special import sph_legendre_p_all
        >>> sph_legendre_p_all(2, 1, 0.5).shape
        (1, 3, 3)
    """
    degrees, orders = _grid(n, m, theta)
    return sph_legendre_p(degrees, orders, theta, diff_n=diff_n)


def sph_harm_y_all(n: int, m: int, theta: Any, phi: Any, *, diff_n: int = 0) -> Any:
    """`sph_harm_y` of all degrees up to n and orders 0 … m, -m … -1, the first two axes.

    Example:
        >>> from wengert.special import sph_harm_y_all
        >>> sph_harm_y_all(2, 1, 0.5, 0.1).shape
        (3, 3)
    """
    degrees, orders = _grid(n, m, theta, phi)
    return sph_harm_y(degrees, orders, theta, phi, diff_n=diff_n)
