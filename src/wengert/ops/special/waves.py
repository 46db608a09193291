"""Mathieu and spheroidal wave functions: solutions y of a linear equation of second order, returned with y'.

Their orders are integers by definition. With respect to the parameter of the equation there is no rule: it moves the
characteristic value, whose derivative is an integral over the square of the eigenfunction.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.core.op import Op, Unknown, strong_multiply
from wengert.ops.special.source import several, special

__all__: list[str] = []

PARAMETER = Unknown(
    "Its derivative with respect to the equation's parameter is an integral over the squared eigenfunction."
)

mathieu_a: Op = special("mathieu_a", "m q", dm=0, dq=PARAMETER)
mathieu_b: Op = special("mathieu_b", "m q", dm=0, dq=PARAMETER)

DEGREE = math.pi / 180


# y'' = (2q cos 2x - a) y, where SciPy takes x in degrees and gives y' with respect to radians (DLMF 28.2.1).
def _angular(name: str, value: Op) -> Op:
    def slopes(m: Any, q: Any, x: Any, out: Any) -> tuple[Any, Any]:
        bend = 2 * q * np.cos(2 * DEGREE * x) - value(m, q)
        return DEGREE * out[1], strong_multiply(out[0], DEGREE * bend)  # se₀ is zero, and its value b₀ unknown

    return several(name, "m q x", 2, dm=0, dq=PARAMETER, dx=slopes)


# y'' = (a - 2q cosh 2x) y (28.20.1).
def _radial(name: str, value: Op) -> Op:
    def slopes(m: Any, q: Any, x: Any, out: Any) -> tuple[Any, Any]:
        return out[1], (value(m, q) - 2 * q * np.cosh(2 * x)) * out[0]

    return several(name, "m q x", 2, dm=0, dq=PARAMETER, dx=slopes)


_angular("mathieu_cem", mathieu_a)
_angular("mathieu_sem", mathieu_b)
_radial("mathieu_modcem1", mathieu_a)
_radial("mathieu_modcem2", mathieu_a)
_radial("mathieu_modsem1", mathieu_b)
_radial("mathieu_modsem2", mathieu_b)

pro_cv: Op = special("pro_cv", "m n c", dm=0, dn=0, dc=PARAMETER)
obl_cv: Op = special("obl_cv", "m n c", dm=0, dn=0, dc=PARAMETER)


# With the characteristic value λ (30.2.1); for oblate functions c² is -c², and the radial variable imaginary:
#     (1 - x²) y'' = 2x y' - (λ - ±c² x² - m²/(1 - x²)) y            angular; radial prolate functions, too
#     (1 + x²) y'' = -2x y' + (λ - c² x² - m²/(1 + x²)) y            radial oblate
def _spheroidal_angular(m: Any, c2: Any, x: Any, out: Any, value: Any) -> tuple[Any, Any]:
    w = 1 - x * x
    return out[1], (2 * x * out[1] - (value - c2 * x * x - m * m / w) * out[0]) / w


def _spheroidal_radial(m: Any, c2: Any, x: Any, out: Any, value: Any) -> tuple[Any, Any]:
    w = 1 + x * x
    return out[1], ((value + c2 * x * x - m * m / w) * out[0] - 2 * x * out[1]) / w


def _spheroidal(name: str, sign: int, value: Op, slopes: Callable[..., Any]) -> None:
    """The function that computes its characteristic value, and the one that is given it."""
    columns: dict[str, Any] = {"dm": 0, "dn": 0, "dc": PARAMETER}
    several(
        name, "m n c x", 2, **columns,
        dx=lambda m, n, c, x, out: slopes(m, sign * c * c, x, out, value(m, n, c)),
    )  # fmt: skip
    several(
        f"{name}_cv", "m n c cv x", 2, **columns, dcv=PARAMETER,
        dx=lambda m, c, cv, x, out: slopes(m, sign * c * c, x, out, cv),
    )  # fmt: skip


_spheroidal("pro_ang1", 1, pro_cv, _spheroidal_angular)
_spheroidal("pro_rad1", 1, pro_cv, _spheroidal_angular)
_spheroidal("pro_rad2", 1, pro_cv, _spheroidal_angular)
_spheroidal("obl_ang1", -1, obl_cv, _spheroidal_angular)
_spheroidal("obl_rad1", -1, obl_cv, _spheroidal_radial)
_spheroidal("obl_rad2", -1, obl_cv, _spheroidal_radial)
