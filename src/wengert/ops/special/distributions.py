"""Distribution functions of continuous distributions and their inverses, by the incomplete gamma and beta functions."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.op import strong_multiply
from wengert.ops.special.ends import beta_end, gamma_end
from wengert.ops.special.error import ndtri
from wengert.ops.special.everyday import gammaln, psi
from wengert.ops.special.hypergeometric import hyp1f1
from wengert.ops.special.incomplete import betainc_da, betainc_db, betainc_dx, gammainc_da, gammainc_dx
from wengert.ops.special.source import implicit, rule, special

__all__ = ["opposite"]

Rules = dict[str, Any]


def opposite(partials: Rules) -> Rules:
    """The partials of 1 - F. The names that a rule reads stay."""
    return {key: _negated(f) for key, f in partials.items()}


def _negated(f: Callable[..., Any]) -> Any:
    return rule(list(inspect.signature(f).parameters), lambda *args: -f(*args))


# Beta: I_x(a, b) = p.
_BETA: Rules = {"da": betainc_da, "db": betainc_db, "dx": betainc_dx}
btdtria = implicit("btdtria", "p b x", "a", "p", **_BETA)
btdtrib = implicit("btdtrib", "a p x", "b", "p", **_BETA)

# Gamma with rate a and shape b: P(b, ax). At x = 0 it does not depend on a, however steep it is.
_GAMMA: Rules = {
    "da": lambda a, b, x: strong_multiply(x, gammainc_dx(b, strong_multiply(a, x))),
    "db": lambda a, b, x: gammainc_da(b, strong_multiply(a, x)),
    "dx": lambda a, b, x: strong_multiply(a, gammainc_dx(b, strong_multiply(a, x))),
}
gdtr = special("gdtr", "a b x", **_GAMMA, singular=True)
gdtrc = special("gdtrc", "a b x", **opposite(_GAMMA), singular=True)
gdtria = implicit("gdtria", "p b x", "a", "p", **_GAMMA)
gdtrib = implicit("gdtrib", "a p x", "b", "p", **_GAMMA)
gdtrix = implicit(
    "gdtrix",
    "a b p",
    "x",
    "p",
    ends={
        0: {
            "da": lambda a, x: -x / a,
            "db": lambda a, b, p, x: gamma_end(b, p, a * x)[1] / a,
            "dp": lambda a, b, p, x: gamma_end(b, p, a * x)[0] / a,
        }
    },
    **_GAMMA,
)

# Chi-square: P(v/2, x/2).
_CHI: Rules = {
    "dv": lambda v, x: gammainc_da(v / 2, x / 2) / 2,
    "dx": lambda v, x: gammainc_dx(v / 2, x / 2) / 2,
}
chdtr = special("chdtr", "v x", **_CHI, singular=True)
chdtrc = special("chdtrc", "v x", **opposite(_CHI), singular=True)
chdtri = implicit(
    "chdtri",
    "v p",
    "x",
    "p",
    ends={
        0: {
            "dv": lambda v, p, x: gamma_end(v / 2, 1 - p, x / 2)[1],
            "dp": lambda v, p, x: -2 * gamma_end(v / 2, 1 - p, x / 2)[0],
        }
    },
    **opposite(_CHI),
)
chdtriv = implicit("chdtriv", "p x", "v", "p", **_CHI)


# Fisher: I_y(n/2, d/2) with y = nx / (d + nx), 1 - y = d / (d + nx).
def _fisher(n: Any, d: Any, x: Any) -> tuple[Any, Any, Any, Any]:
    s = d + n * x
    return n / 2, d / 2, strong_multiply(x, n / s), s


def _fisher_dn(n: Any, d: Any, x: Any) -> Any:
    a, b, y, s = _fisher(n, d, x)
    return betainc_da(a, b, y) / 2 + strong_multiply(x, betainc_dx(a, b, y)) * d / (s * s)


def _fisher_dd(n: Any, d: Any, x: Any) -> Any:
    a, b, y, s = _fisher(n, d, x)
    return betainc_db(a, b, y) / 2 - strong_multiply(x, betainc_dx(a, b, y)) * n / (s * s)


def _fisher_dx(n: Any, d: Any, x: Any) -> Any:
    a, b, y, s = _fisher(n, d, x)
    return betainc_dx(a, b, y) * n * d / (s * s)


_FISHER: Rules = {"dn": _fisher_dn, "dd": _fisher_dd, "dx": _fisher_dx}
fdtr = special("fdtr", "n d x", **_FISHER, singular=True)
fdtrc = special("fdtrc", "n d x", **opposite(_FISHER), singular=True)


# At the end by x = d y / (n (1 - y)) of the quantile y of the beta distribution.
def _fisher_end(n: Any, d: Any, p: Any, x: Any) -> tuple[Any, Any, Any]:
    a, b, y, s = _fisher(n, d, x)
    dp, da, db = [s * s / (n * d) * move for move in beta_end(a, b, p, y)]
    return dp, da / 2 - x / n, db / 2 + x / d


fdtri = implicit(
    "fdtri",
    "n d p",
    "x",
    "p",
    ends={
        0: {
            "dp": lambda n, d, p, x: _fisher_end(n, d, p, x)[0],
            "dn": lambda n, d, p, x: _fisher_end(n, d, p, x)[1],
            "dd": lambda n, d, p, x: _fisher_end(n, d, p, x)[2],
        }
    },
    **_FISHER,
)
fdtridfd = implicit("fdtridfd", "n p x", "d", "p", of=lambda n, d, x: fdtr(n, d, x), **_FISHER)


# Student: for t < 0 it is I_y(v/2, ½) / 2 with y = v / (v + t²), and one minus that of -t for t > 0. Near 0, where y
# does not tell t, F = ½ + f(0) (t - (v+1)/(6v) t³ + …).
def _student_dv(v: Any, t: Any) -> Any:
    near = t * t < 1e-6 * np.minimum(v, 1)
    far = np.where(near, 1, t)
    s = v + far * far
    lower = betainc_da(v / 2, 0.5, v / s) / 4 + betainc_dx(v / 2, 0.5, v / s) * far * far / (2 * s * s)
    u = np.where(near, t, 0)
    cube = u * u * u / 6
    growth = (psi((v + 1) / 2) - psi(v / 2) - 1 / v) / 2
    series = _student_dt(v, 0) * (growth * (u - (v + 1) / v * cube) + cube / (v * v))
    return np.where(near, series, -np.sign(far) * lower)


def _student_dt(v: Any, t: Any) -> Any:
    log = gammaln((v + 1) / 2) - gammaln(v / 2) - np.log(v * math.pi) / 2
    return np.exp(log - (v + 1) / 2 * np.log1p(t * t / v))


_STUDENT: Rules = {"dv": _student_dv, "dt": _student_dt}
stdtr = special("stdtr", "v t", **_STUDENT, singular=True)
stdtrit = implicit("stdtrit", "v p", "t", "p", **_STUDENT)
stdtridf = implicit("stdtridf", "p t", "v", "p", of=lambda v, t: stdtr(v, t), **_STUDENT)

# Normal: Φ((x - m) / s) = p solved for m = x - s Φ⁻¹(p) and for s = (x - m) / Φ⁻¹(p).
ROOT_2PI = math.sqrt(2 * math.pi)


def _quantile_slope(p: Any) -> Any:
    q = ndtri(p)
    return ROOT_2PI * np.exp(q * q / 2)


nrdtrimn = special("nrdtrimn", "p s x", dp=lambda p, s: -s * _quantile_slope(p), ds=lambda p: -ndtri(p), dx=1)
nrdtrisd = special(
    "nrdtrisd",
    "m p x",
    dm=lambda p: -1 / ndtri(p),
    dp=lambda p, out: -out * _quantile_slope(p) / ndtri(p),
    dx=lambda p: 1 / ndtri(p),
    singular=True,
)


# Tukey's lambda distribution has the quantile (p^λ - (1-p)^λ)/λ, the difference of two Box-Cox transforms; F = p
# solves x - quantile(p, λ) = 0. ∂/∂λ (p^λ - 1)/λ = l² M(2, 3, λl)/2 with l = ln p.
# Beyond ±1/λ it stays 0 or 1.
def _tukey_dx(x: Any, lam: Any, out: Any) -> Any:
    return np.where(np.abs(x) * lam > 1, 0, 1 / (out ** (lam - 1) + (1 - out) ** (lam - 1)))


def _boxcox_dl(log: Any, lam: Any) -> Any:
    return log * log * hyp1f1(2, 3, lam * log) / 2


def _tukey_dlam(x: Any, lam: Any, out: Any) -> Any:
    p = np.where(np.abs(x) * lam > 1, 0.5, out)
    return -(_boxcox_dl(np.log(p), lam) - _boxcox_dl(np.log1p(-p), lam)) * _tukey_dx(x, lam, out)


tklmbda = special("tklmbda", "x lam", dx=_tukey_dx, dlam=_tukey_dlam, singular=True)


# Kolmogorov's limit distribution, upper tail (W. Feller 1948): 2 Σ (-1)^(k-1) e^(-2k²y²), and the same sum by Poisson's
# formula for small y: 1 - √(2π)/y Σ e^(-(2k-1)²π²/(8y²)). Each needs five terms on its side of 1.
def _kolmogorov_dy(y: Any) -> Any:
    near, positive = y < 1, y > 0
    a, b = np.where(near & positive, y, 0.5), np.where(near, 1.0, y)
    small: Any = 0.0
    large: Any = 0.0
    for k in range(1, 6):
        c = (2 * k - 1) ** 2 * math.pi**2 / 8
        small = small + np.exp(-c / (a * a)) * (1 - 2 * c / (a * a))
        large = large - (-1) ** (k - 1) * 8 * k * k * b * np.exp(-2 * k * k * b * b)
    return np.where(positive, np.where(near, ROOT_2PI / (a * a) * small, large), 0)


kolmogorov = special("kolmogorov", "y", dy=_kolmogorov_dy)
kolmogi = special("kolmogi", "p", dp=lambda out: 1 / _kolmogorov_dy(out), singular=True)
