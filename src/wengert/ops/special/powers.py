"""Powers with logarithms, xᵖ (ln x - c)ʳ, whose derivatives hold at x = 0, too."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.op import Op, elementwise, strong_multiply

__all__ = ["power_log"]


# xᵖ (ln x - c)ʳ, also at x = 0.
def _power_log(x: Any, p: Any, c: Any, r: int) -> Any:
    with np.errstate(all="ignore"):
        pole = np.where(p < 0, np.inf, 1.0) * (-np.inf if r % 2 else np.inf if r else 1.0)
        at = np.where(p > 0, 0.0, pole)
        inside = np.where(x == 0, 1, x)
        return np.where(x == 0, at, inside**p * (np.log(inside) - c) ** r).astype(np.result_type(x, p, c))[()]


def _power_log_dx(x: Any, p: Any, c: Any, r: int) -> Any:
    slope = strong_multiply(p, power_log(x, p - 1, c, r=r))
    return slope + r * power_log(x, p - 1, c, r=r - 1) if r else slope


power_log: Op = elementwise(
    _power_log,
    "x p c",
    name="power_log",
    dx=_power_log_dx,
    dp=lambda x, p, c, r: power_log(x, p, c, r=r + 1) + strong_multiply(c, power_log(x, p, c, r=r)),
    dc=lambda x, p, c, r: -r * power_log(x, p, c, r=r - 1) if r else 0 * x,
    singular=True,
)
