"""Orthogonal polynomials of degree n, whose derivatives are others of degree n - 1 (DLMF 18.9.15-28).

The degree may be a real number, with respect to which there is no rule; the other parameters have none either.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, Unknown, strong_multiply
from wengert.core.protocols import BY_NAME
from wengert.ops.special.everyday import gammaln
from wengert.ops.special.factorials import poch
from wengert.ops.special.powers import power_log
from wengert.ops.special.source import special

__all__: list[str] = []

DEGREE = Unknown(
    "Its derivative with respect to the degree or a parameter is a hypergeometric function's, unknown, too."
)


def _lowered(name: str, n: Any, *args: Any) -> Any:
    """The polynomial of degree n - 1, which is 0 for n = 0."""
    constant = n == 0
    return np.where(constant, 0, BY_NAME[name](np.where(constant, 0, n - 1), *args))


def _classic(name: str, slope: Any, degree: Any = DEGREE) -> Op:
    """A row for a polynomial without parameters."""
    row: Op = special(name, "n x", dn=degree, dx=slope)
    return row


eval_chebyt = _classic("eval_chebyt", lambda n, x: n * _lowered("eval_chebyu", n, x))
eval_chebyu = _classic("eval_chebyu", lambda n, x: 2 * _lowered("eval_gegenbauer", n, 2.0, x))
eval_chebyc = _classic("eval_chebyc", lambda n, x: n * _lowered("eval_chebys", n, x))
eval_chebys = _classic("eval_chebys", lambda n, x: _lowered("eval_gegenbauer", n, 2.0, x / 2))
eval_legendre = _classic("eval_legendre", lambda n, x: _lowered("eval_gegenbauer", n, 1.5, x))
eval_laguerre = _classic("eval_laguerre", lambda n, x: -_lowered("eval_genlaguerre", n, 1.0, x))
eval_hermite = _classic("eval_hermite", lambda n, x: 2 * n * _lowered("eval_hermite", n, x), 0)
eval_hermitenorm = _classic("eval_hermitenorm", lambda n, x: n * _lowered("eval_hermitenorm", n, x), 0)

# Shifted from [-1, 1] to [0, 1].
eval_sh_chebyt = _classic("eval_sh_chebyt", lambda n, x: 2 * n * _lowered("eval_chebyu", n, 2 * x - 1))
eval_sh_chebyu = _classic("eval_sh_chebyu", lambda n, x: 4 * _lowered("eval_gegenbauer", n, 2.0, 2 * x - 1))
eval_sh_legendre = _classic("eval_sh_legendre", lambda n, x: 2 * _lowered("eval_gegenbauer", n, 1.5, 2 * x - 1))

eval_gegenbauer: Op = special(
    "eval_gegenbauer",
    "n alpha x",
    dn=DEGREE,
    dalpha=DEGREE,
    dx=lambda n, alpha, x: 2 * alpha * _lowered("eval_gegenbauer", n, alpha + 1, x),
)
eval_genlaguerre: Op = special(
    "eval_genlaguerre",
    "n alpha x",
    dn=DEGREE,
    dalpha=DEGREE,
    dx=lambda n, alpha, x: -_lowered("eval_genlaguerre", n, alpha + 1, x),
)
eval_jacobi: Op = special(
    "eval_jacobi",
    "n alpha beta x",
    dn=DEGREE,
    dalpha=DEGREE,
    dbeta=DEGREE,
    dx=lambda n, alpha, beta, x: (n + alpha + beta + 1) / 2 * _lowered("eval_jacobi", n, alpha + 1, beta + 1, x),
)
# With leading coefficient 1.
eval_sh_jacobi: Op = special(
    "eval_sh_jacobi",
    "n p q x",
    dn=DEGREE,
    dp=DEGREE,
    dq=DEGREE,
    dx=lambda n, p, q, x: n * _lowered("eval_sh_jacobi", n, p + 2, q + 1, x),
)


# Associated Legendre function of integer order m (DLMF 14.10.5): (1 - x²) P' = (v + m) P_{v-1} - v x P_v. Where
# v + m = 0, SciPy knows no P_{v-1}; it is finite. At x = ±1 this is 0/0.
def _legendre_slope(m: Any, v: Any, x: Any, out: Any) -> Any:
    end = x * x == 1
    inside = strong_multiply(v + m, lpmv(m, v - 1, x)) - v * x * out
    return np.where(end, _legendre_end(m, v, np.where(end, x, 1.0)), inside / np.where(end, 1.0, 1 - x * x))


# For k = |m| from P_v = P_{-1-v} and, with Gegenbauer's functions (DLMF 14.3.21, 14.9.3),
#     P_v^k = (-1)^k (2k - 1)!! (1 - x²)^(k/2) C_{v-k}^(k + ½)(x),     P_v^(-k) = (-1)^k Γ(v-k+1) / Γ(v+k+1) P_v^k.
def _legendre_end(m: Any, v: Any, x: Any) -> Any:
    k, degree, w = np.abs(m), np.where(v < -0.5, -1 - v, v), 1 - x * x
    double = np.exp2(k) * np.exp(gammaln(k + 0.5) - gammaln(0.5))
    sign = 1.0 - 2 * np.mod(k, 2)
    scale = np.where(m < 0, 1 / poch(degree - k + 1, 2 * k), sign) * double
    falls, rises = k * _of_degree(degree - k, k + 0.5, x), (2 * k + 1) * _of_degree(degree - k - 1, k + 1.5, x)
    return scale * (rises * _power(w, k / 2, rises) - x * falls * _power(w, k / 2 - 1, falls))


def _power(w: Any, exponent: Any, factor: Any) -> Any:
    """w to that exponent; w itself where the factor before it is zero."""
    return power_log(w, np.where(factor == 0, 1.0, exponent), 0.0, r=0)


def _of_degree(n: Any, alpha: Any, x: Any) -> Any:
    """Gegenbauer's function, which is zero of a negative whole degree."""
    none = (n < 0) & (n == np.floor(n))
    return np.where(none, 0.0, eval_gegenbauer(np.where(none, 0.0, n), alpha, x))


lpmv: Op = special("lpmv", "m v x", dm=0, dv=DEGREE, dx=_legendre_slope, singular=True)
