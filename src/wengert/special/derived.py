"""SciPy's Python functions over Bessel, zeta and Lambert's functions, whose compiled parts take arrays only."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.ops import spelling
from wengert.ops.special import bessel, spherical, zeta as zetas
from wengert.ops.special.everyday import polygamma as polygamma_row

__all__ = [
    "diric", "h1vp", "h2vp", "ivp", "jvp", "kvp", "lambertw", "polygamma", "riccati_jn", "riccati_yn", "sinc",
    "spherical_in", "spherical_jn", "spherical_kn", "spherical_yn", "yvp", "zeta",
]  # fmt: skip


def polygamma(n: Any, x: Any) -> Any:
    """ψ⁽ⁿ⁾(x), the n-th derivative of the digamma function; n integers, x real or complex.

    Example:
        >>> from wengert.special import polygamma
        >>> polygamma(1, 1.0)
        array(1.64493407)
    """
    return polygamma_row(spelling.lift(n), spelling.inexact(spelling.lift(x)))


def zeta(x: Any, q: Any = None, out: Any = None) -> Any:
    """Hurwitz's ζ(x, q) = Σ (k + q)^(-x) over k ≥ 0; Riemann's ζ(x) without q, for complex x, too.

    Both arguments have derivatives. out: where to put the result.

    Example:
        >>> from wengert.special import zeta
        >>> zeta(2.0)
        np.float64(1.6449340668482264)
    """
    result = zetas.riemann(x) if q is None else zetas.hurwitz(x, q)
    if out is None:
        return result
    out[...] = result
    return out


def lambertw(z: Any, k: Any = 0, tol: float = 1e-8) -> Any:
    """The branch k of Lambert's W, the complex solutions w of w eʷ = z.

    Args:
        z: numbers or arrays, real or complex.
        k: the branch, an integer.
        tol: SciPy's tolerance.

    Example:
        >>> from wengert.special import lambertw
        >>> lambertw(1.0)
        np.complex128(0.5671432904097838+0j)
    """
    return zetas.lambertw(z, k=k, tol=tol)


def diric(x: Any, n: Any) -> Any:
    """Dirichlet's function sin(nx/2) / (n sin(x/2)), periodic and ±1 at the multiples of 2π; n a positive integer.

    It is a sum of cosines (of sines' quotients U_{n-1}(cos(x/2)) / n), which has no removable singularity.

    Example:
        >>> from wengert.special import diric
        >>> diric(0.0, 3)
        array(1.)
    """
    if not isinstance(x, Box):
        return _theirs("diric")(x, n)
    n = spelling.lift(n)
    proper = (n > 0) & (n == np.floor(n))
    degree = np.where(proper, n, 1)
    half: Any = np.cos(np.multiply(x, 0.5))
    return np.where(proper, _chebyshev(degree - 1, half) / degree, np.nan)


def _chebyshev(n: Any, x: Any) -> Any:
    return _theirs("eval_chebyu")(n, x)


def sinc(x: Any) -> Any:
    """sin(πx) / (πx).

    Example:
        >>> from wengert.special import sinc
        >>> sinc(0.0)
        np.float64(1.0)
    """
    return np.sinc(x)


def _theirs(name: str) -> Any:
    return getattr(importlib.import_module("scipy.special"), name)


# --- derivatives of any order ---------------------------------------------------------------------------------


# C' = (C_{v-1} - C_{v+1})/2, n times:  C⁽ⁿ⁾ = 2⁻ⁿ Σ (-1)ᵏ (n over k) C_{v-n+2k} (DLMF 10.6.7); plus for I (10.29.5).
def _derivative(name: str, function: Any, phase: int, outer: int = 1) -> Callable[..., Any]:
    def derivative(v: Any, z: Any, n: Any = 1) -> Any:
        if not isinstance(n, int | np.integer) or n < 0:
            raise ValueError(f"{name}: the order n of the derivative must be a non-negative integer, not {n!r}")
        v, n = spelling.lift(v), int(n)
        total: Any = 0
        for k in range(n + 1):
            total = total + phase**k * math.comb(n, k) * function(v - n + 2 * k, z)
        return outer**n * total / 2**n if n else total

    derivative.__name__ = derivative.__qualname__ = name
    derivative.__doc__ = f"""The n-th derivative of a Bessel function of order v at z: SciPy's {name}.

    Args:
        v: the order.
        z: argument, real or complex.
        n: how often to differentiate.
    """
    return derivative


jvp = _derivative("jvp", bessel.jv, -1)
yvp = _derivative("yvp", bessel.yv, -1)
ivp = _derivative("ivp", bessel.iv, 1)
kvp = _derivative("kvp", bessel.kv, 1, -1)
h1vp = _derivative("h1vp", bessel.hankel1, -1)
h2vp = _derivative("h2vp", bessel.hankel2, -1)


# --- spherical ------------------------------------------------------------------------------------------------


def _spherical(name: str, row: Any, below: int, above: int) -> Callable[..., Any]:
    def function(n: Any, z: Any, derivative: bool = False) -> Any:
        n, z = spelling.lift(n), spelling.inexact(spelling.lift(z))
        return (spherical.slope(row, n, z, below, above) if derivative else row(n, z))[()]

    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"""A spherical Bessel function, or its derivative: SciPy's {name}.

    Args:
        n: orders, non-negative integers.
        z: argument, real or complex.
        derivative: give the derivative instead of the function.
    """
    return function


spherical_jn = _spherical("spherical_jn", spherical.spherical_jn, 1, -1)
spherical_yn = _spherical("spherical_yn", spherical.spherical_yn, 1, -1)
spherical_in = _spherical("spherical_in", spherical.spherical_in, 1, 1)
spherical_kn = _spherical("spherical_kn", spherical.spherical_kn, -1, -1)


def _riccati(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def riccati(n: int, x: Any) -> tuple[Any, Any]:
        orders = np.arange(max(int(n), 1) + 1)
        value, slope = function(orders, x), function(orders, x, True)
        return (x * value)[: int(n) + 1], (value + x * slope)[: int(n) + 1]

    riccati.__name__ = riccati.__qualname__ = name
    riccati.__doc__ = f"""x f(x) for spherical Bessel functions f of orders 0 … n, and its derivatives: SciPy's {name}.

    Args:
        n: the highest order.
        x: one number.
    """
    return riccati


riccati_jn = _riccati("riccati_jn", spherical_jn)
riccati_yn = _riccati("riccati_yn", spherical_yn)
