"""How exactly a function is computed: the size of its rounding errors, seen in a table of differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.methods.sampling import Sampler

__all__ = ["function_noise"]

POINTS = 7
SPACING = 8  # in units of the last place


def function_noise(sampler: Sampler, unit: Any) -> Any:
    """A bound on the error of one evaluation, per result, from evaluations at a few points next to each other.

    unit: how far to move each entry of x, as a multiple of its eps. The k-th differences of a smooth function vanish
    with the distance of the points, while those of noise of variance σ² have the variance σ² (2k)!/(k!)²: where that
    gives the same σ for three k in a row, it is the noise (R. W. Hamming, 1971; J. J. Moré and S. M. Wild,
    "Estimating computational noise", 2011). Never below the last place of the function's value.
    """
    step = SPACING * sampler.eps * unit
    table = np.stack(sampler.at([sampler.x + k * step for k in range(POINTS)]))
    floor = np.maximum(sampler.out_eps * np.abs(sampler.center), 0.0)
    levels, changes = [], []
    with np.errstate(all="ignore"):
        for k in range(1, POINTS):
            table = np.diff(table, axis=0)
            gamma = math.factorial(k) ** 2 / math.factorial(2 * k)
            levels.append(np.sqrt(gamma * np.mean(np.abs(table) ** 2, axis=0)))
            real = np.real(table)
            changes.append(np.any(real > 0, axis=0) & np.any(real < 0, axis=0))
    # Without agreement, the differences of highest order hold the least of the function itself.
    sigma = np.where(changes[-1], levels[-1], 0.0)
    for k in range(len(levels) - 3, -1, -1):
        three = np.stack(levels[k : k + 3])
        agree = (three.max(axis=0) <= 4 * three.min(axis=0)) & changes[k]
        sigma = np.where(agree, levels[k], sigma)
    return np.fmax(np.where(np.isfinite(sigma), 3 * sigma, 0.0), np.where(np.isfinite(floor), floor, 0.0))
