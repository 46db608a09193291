"""Orthogonal polynomials of degree n, whose derivatives are others of degree n - 1 (DLMF 18.9.15-28).

The degree may be a real number, with respect to which there is no rule; the other parameters have none either.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, Unknown, strong_multiply
from wengert.core.protocols import BY_NAME
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
# v + m = 0, SciPy knows no P_{v-1}; it is finite.
lpmv: Op = special(
    "lpmv",
    "m v x",
    dm=0,
    dv=DEGREE,
    dx=lambda m, v, x, out: (strong_multiply(v + m, lpmv(m, v - 1, x)) - v * x * out) / (1 - x * x),
    singular=True,
)
