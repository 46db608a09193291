"""Convenience functions: degrees, entropies, losses."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.core.op import Op
from wengert.ops.special.source import special

__all__: list[str] = []

DEGREE = math.pi / 180

sindg: Op = special("sindg", dx=lambda x: DEGREE * cosdg(x))
cosdg: Op = special("cosdg", dx=lambda x: -DEGREE * sindg(x))
tandg = special("tandg", dx=lambda out: DEGREE * (1 + out * out))
cotdg = special("cotdg", dx=lambda out: -DEGREE * (1 + out * out))
radian = special("radian", "d m s", dd=DEGREE, dm=DEGREE / 60, ds=DEGREE / 3600)

# x ln(x/y), with and without - x + y.
kl_div = special("kl_div", dx=lambda x, y: np.log(x / y), dy=lambda x, y: 1 - x / y, singular=True)
rel_entr = special("rel_entr", dx=lambda x, y: np.log(x / y) + 1, dy=lambda x, y: -x / y, singular=True)

# r²/2 for |r| ≤ δ, δ (|r| - δ/2) beyond.
huber = special(
    "huber",
    "delta r",
    ddelta=lambda delta, r: np.maximum(np.abs(r) - delta, 0),
    dr=lambda delta, r: np.where(np.abs(r) <= delta, r, delta * np.sign(r)),
)


# δ² (√(1 + (r/δ)²) - 1) = δ (h - δ) with h = √(δ² + r²): ∂δ = δ²/h + h - 2δ = (h - δ)²/h, ∂r = δ r/h.
def _pseudo_ddelta(delta: Any, r: Any) -> Any:
    h = np.hypot(delta, r)
    return (h - delta) ** 2 / h


pseudo_huber = special(
    "pseudo_huber", "delta r", ddelta=_pseudo_ddelta, dr=lambda delta, r: delta * r / np.hypot(delta, r), singular=True
)
