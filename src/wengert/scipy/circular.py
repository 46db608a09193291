"""Statistics of angles: of their mean vector (cos, sin)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import scipy.stats as theirs

from wengert.scipy.choice import twin_of
from wengert.scipy.reducing import reduced

__all__ = ["circmean", "circstd", "circvar"]

TURN = 2 * math.pi


def _mean_vector(x: Any, period: Any) -> tuple[Any, Any]:
    angle = x * (TURN / period)
    return np.mean(np.cos(angle), axis=-1), np.mean(np.sin(angle), axis=-1)


def _length(x: Any, period: Any) -> Any:
    """Of the mean vector; rounding must not make it longer than 1."""
    return np.minimum(np.hypot(*_mean_vector(x, period)), 1.0)


@twin_of(theirs.circmean)
def circmean(
    samples: Any, high: Any = TURN, low: Any = 0, axis: Any = None, nan_policy: str = "propagate", *,
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.circmean`: the direction of the mean vector, of angles of the period ``high - low``.

    >>> import numpy as np, wengert as wg
    >>> wg.grad(wg.scipy.stats.circmean)(np.array([0.1, 0.3])).round(6)
    array([0.5, 0.5])
    """

    def core(x: Any, high: Any, low: Any) -> Any:
        period = high - low
        cos, sin = _mean_vector(x, period)
        return (np.arctan2(sin, cos) * (period / TURN) - low) % period + low

    return reduced(core, [samples], axis, nan_policy, keepdims, [high, low])


@twin_of(theirs.circvar)
def circvar(
    samples: Any, high: Any = TURN, low: Any = 0, axis: Any = None, nan_policy: str = "propagate", *,
    keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.circvar`: 1 - R, R the length of the mean vector.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.circvar)(np.array([1.0, 2.0, 4.0])).round(4)
    array([-0.2908, -0.0201,  0.3109])
    """
    core = lambda x, high, low: 1.0 - _length(x, high - low)
    return reduced(core, [samples], axis, nan_policy, keepdims, [high, low])


@twin_of(theirs.circstd)
def circstd(
    samples: Any, high: Any = TURN, low: Any = 0, axis: Any = None, nan_policy: str = "propagate", *,
    normalize: bool = False, keepdims: bool = False,
) -> Any:  # fmt: skip
    """`scipy.stats.circstd`: √(-2 ln R), in units of the period over 2π, or as it is if `normalize`.

    >>> import wengert as wg
    >>> wg.grad(wg.scipy.stats.circstd)(np.array([1.0, 2.0, 4.0])).round(4)
    array([-0.5534, -0.0382,  0.5916])
    """

    def core(x: Any, high: Any, low: Any) -> Any:
        found = np.sqrt(-2 * np.log(_length(x, high - low)))
        return found if normalize else found * ((high - low) / TURN)

    return reduced(core, [samples], axis, nan_policy, keepdims, [high, low])
