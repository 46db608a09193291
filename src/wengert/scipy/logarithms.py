"""Logarithms of densities: constants of normal ones, and sums."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["HALF_LOG_TAU", "LOG_TAU", "log_sum"]

LOG_TAU = math.log(2 * math.pi)
HALF_LOG_TAU = 0.5 * LOG_TAU


def log_sum(logs: Any, weights: Any = 1.0) -> Any:
    """ln Σ wᵢ exp(lᵢ) along the last axis.

    >>> log_sum(np.log([1.0, 2.0]) + 1000).round(9)  # 1000 + ln 3
    np.float64(1001.098612289)
    """
    top = np.max(logs, axis=-1, keepdims=True)
    return top[..., 0] + np.log(np.sum(weights * np.exp(logs - top), axis=-1))
