"""Noncentral distributions: χ², t and F with noncentrality, with respect to it and to the argument."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.core.op import Unknown, strong_multiply
from wengert.ops.special.bessel import ive
from wengert.ops.special.ends import noncentral_beta_end, noncentral_gamma_end
from wengert.ops.special.everyday import gammaln
from wengert.ops.special.factorials import betaln
from wengert.ops.special.hypergeometric import hyp0f1, hyp1f1
from wengert.ops.special.powers import power_log
from wengert.ops.special.source import implicit, special

__all__: list[str] = []

FREEDOM = Unknown(
    "Its derivative with respect to the degrees of freedom is a double series, which SciPy does not compute."
)


# --- chi-square: f = (x/2)^(k/2-1) e^(-(x+c)/2) / (2 Γ(k/2)) ₀F₁(k/2; cx/4), and ∂F/∂c = -f_{k+2}.
# Far out ₀F₁ overflows, and f = ½ e^(-(√x-√c)²/2) (x/c)^(k/4-½) I_{k/2-1}(√(cx)) e^(-√(cx)).
def _chi2(x: Any, k: Any, c: Any) -> Any:
    far = x * c > 1e4
    a, b = np.where(far, 1.0, x), np.where(far, 1.0, c)
    log = (k / 2 - 1) * np.log(a / 2) - (a + b) / 2 - gammaln(k / 2)
    near = np.exp(log) / 2 * hyp0f1(k / 2, a * b / 4)
    a, b = np.where(far, x, 1.0), np.where(far, c, 1.0)
    gap = np.sqrt(a) - np.sqrt(b)
    return np.where(far, np.exp(-gap * gap / 2) * (a / b) ** (k / 4 - 0.5) * ive(k / 2 - 1, np.sqrt(a * b)) / 2, near)


_CHI2: Any = {"dx": _chi2, "dc": lambda x, k, c: -_chi2(x, k + 2, c), "dk": None}


chndtr = special("chndtr", "x k c", dx=_CHI2["dx"], dk=FREEDOM, dc=_CHI2["dc"], singular=True)
chndtrix = implicit(
    "chndtrix",
    "p k c",
    "x",
    "p",
    ends={
        0: {
            "dp": lambda p, k, c, x: 2 * noncentral_gamma_end(k / 2, c, p, x / 2)[0],
            "dc": lambda p, k, c, x: 2 * noncentral_gamma_end(k / 2, c, p, x / 2)[1],
        }
    },
    **_CHI2,
)
chndtridf = implicit("chndtridf", "x p c", "k", "p", of=lambda x, k, c: chndtr(x, k, c), **_CHI2)
chndtrinc = implicit("chndtrinc", "x k p", "c", "p", of=lambda x, k, c: chndtr(x, k, c), **_CHI2)


# --- t: T = (Z + c)/S with S = χ_k/√k, so F(t) = E Φ(tS - c), ∂F/∂c = -E φ(tS - c) and f = E S φ(tS - c). With
# A = k + t², z = ct √(2/A), n = k + m, expanding e^{cts} under the integral and collecting even and odd powers,
#     E S^m φ(tS - c) = k^{k/2} (2/A)^{n/2} e^{-c²/2} / (√(2π) 2^{k/2} Γ(k/2))
#                       [Γ(n/2) M(n/2, ½, z²/4) + z Γ((n+1)/2) M((n+1)/2, 3/2, z²/4)].
def _moment(k: Any, c: Any, t: Any, m: int) -> Any:
    a, n = k + t * t, k + m
    z = c * t * np.sqrt(2 / a)
    log = k / 2 * np.log(k / 2) + n / 2 * np.log(2 / a) - c * c / 2 - gammaln(k / 2) - math.log(2 * math.pi) / 2
    even = np.exp(log + gammaln(n / 2)) * hyp1f1(n / 2, 0.5, z * z / 4)
    return even + z * np.exp(log + gammaln((n + 1) / 2)) * hyp1f1((n + 1) / 2, 1.5, z * z / 4)


_T: Any = {"dk": None, "dc": lambda k, c, t: -_moment(k, c, t, 0), "dt": lambda k, c, t: _moment(k, c, t, 1)}
nctdtr = special("nctdtr", "k c t", dk=FREEDOM, dc=_T["dc"], dt=_T["dt"])
nctdtrit = implicit("nctdtrit", "k c p", "t", "p", **_T)
nctdtridf = implicit("nctdtridf", "p c t", "k", "p", of=lambda k, c, t: nctdtr(k, c, t), **_T)
nctdtrinc = implicit("nctdtrinc", "k p t", "c", "p", of=lambda k, c, t: nctdtr(k, c, t), **_T)


# --- F: a Poisson(c/2) mixture of I_y(n/2 + j, d/2), y = nx/(d + nx). Summed up, with a = n/2 and b = d/2,
#     ∂F/∂y = e^(-c/2) y^(a-1) (1-y)^(b-1) / B(a, b) M(a + b, a, cy/2)
#     ∂F/∂c = -½ e^(-c/2) yᵃ (1-y)ᵇ / (a B(a, b)) M(a + b, a + 1, cy/2).
def _f_power(n: Any, d: Any, c: Any, x: Any, below: int) -> tuple[Any, Any, Any, Any, Any]:
    """e^(-c/2) y^(a-below) (1-y)^(b-below) / B(a, b) and a, b, y, d + nx; at y = 0 the power itself."""
    a, b, s = n / 2, d / 2, d + n * x
    y, end = n * x / s, x == 0
    rest = (b - below) * np.log(d / s) - betaln(a, b) - c / 2
    inside = np.exp((a - below) * np.log(np.where(end, 1.0, y)) + rest)
    at = power_log(np.where(end, y, 1.0), a - below, 0.0, r=0)
    return np.where(end, strong_multiply(at, np.exp(np.minimum(rest, 700))), inside), a, b, y, s


def _f_density(n: Any, d: Any, c: Any, x: Any) -> Any:
    power, a, b, y, s = _f_power(n, d, c, x, 1)
    return power * hyp1f1(a + b, a, c * y / 2) * n * d / (s * s)


def _f_dc(n: Any, d: Any, c: Any, x: Any) -> Any:
    power, a, b, y, _ = _f_power(n, d, c, x, 0)
    return -power / (2 * a) * hyp1f1(a + b, a + 1, c * y / 2)


_F: Any = {"dn": None, "dd": None, "dc": _f_dc, "dx": _f_density}
ncfdtr = special("ncfdtr", "n d c x", dn=FREEDOM, dd=FREEDOM, dc=_f_dc, dx=_f_density, singular=True)


# At the end by x = d y / (n (1 - y)), as for the central one.
def _f_end(n: Any, d: Any, c: Any, p: Any, x: Any) -> tuple[Any, Any]:
    s = d + n * x
    dp, dc = noncentral_beta_end(n / 2, d / 2, c, p, n * x / s)
    return s * s / (n * d) * dp, s * s / (n * d) * dc


ncfdtri = implicit(
    "ncfdtri",
    "n d c p",
    "x",
    "p",
    ends={
        0: {
            "dp": lambda n, d, c, p, x: _f_end(n, d, c, p, x)[0],
            "dc": lambda n, d, c, p, x: _f_end(n, d, c, p, x)[1],
        }
    },
    **_F,
)
ncfdtridfn = implicit("ncfdtridfn", "p d c x", "n", "p", of=lambda n, d, c, x: ncfdtr(n, d, c, x), **_F)
ncfdtridfd = implicit("ncfdtridfd", "n p c x", "d", "p", of=lambda n, d, c, x: ncfdtr(n, d, c, x), **_F)
ncfdtrinc = implicit("ncfdtrinc", "n d p x", "c", "p", of=lambda n, d, c, x: ncfdtr(n, d, c, x), **_F)
