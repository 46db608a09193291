"""Hypergeometric functions and Wright's, differentiated with respect to their argument, which shifts the parameters.

(DLMF 15.5.1, 13.3.15, 13.3.22; E. M. Wright 1933 for Φ.) A derivative with respect to a parameter is a Kampé de Fériet
function of two variables, for which there is no general algorithm.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, Unknown, strong_multiply
from wengert.ops.special.source import special

__all__ = ["hyp0f1", "hyp1f1", "hyp2f1", "hyperu"]

PARAMETER = Unknown(
    "A derivative with respect to a parameter of a hypergeometric function is a Kampé de Fériet double series."
)

hyp0f1: Op = special("hyp0f1", "v z", dv=PARAMETER, dz=lambda v, z: hyp0f1(v + 1, z) / v)
hyp1f1: Op = special(
    "hyp1f1", "a b z", da=PARAMETER, db=PARAMETER, dz=lambda a, b, z: strong_multiply(a / b, hyp1f1(a + 1, b + 1, z))
)
hyp2f1: Op = special(
    "hyp2f1",
    "a b c z",
    da=PARAMETER,
    db=PARAMETER,
    dc=PARAMETER,
    dz=lambda a, b, c, z: strong_multiply(a * b / c, hyp2f1(a + 1, b + 1, c + 1, z)),
)
hyperu: Op = special(
    "hyperu",
    "a b x",
    da=PARAMETER,
    db=PARAMETER,
    dx=lambda a, b, x: strong_multiply(-a, hyperu(a + 1, b + 1, x)),
    singular=True,
)

# Φ(a, b; x) = Σ xᵏ / (k! Γ(ak + b)): Φ' = Φ(a, a + b; x).
wright_bessel: Op = special(
    "wright_bessel", "a b x", da=PARAMETER, db=PARAMETER, dx=lambda a, b, x: wright_bessel(a, a + b, x)
)


def _log_slope(a: Any, b: Any, x: Any, out: Any) -> Any:
    return np.exp(log_wright_bessel(a, a + b, x) - out)


log_wright_bessel: Op = special("log_wright_bessel", "a b x", da=PARAMETER, db=PARAMETER, dx=_log_slope)
