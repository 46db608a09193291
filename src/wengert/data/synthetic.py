"""Small problems made by formulas and seeded noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.data.dataset import numpy_generator
from wengert.data.samples import Samples

__all__ = ["blobs", "circles", "sine", "sine_series", "spiral", "two_moons"]


def two_moons(n: int = 200, noise: float = 0.1, seed: int | None = None, *, dtype: Any = np.float64) -> Samples:
    """Two half circles of radius 1 that reach into each other: points (n, 2) of classes 0 and 1.

    noise: standard deviation of what is added to the points. Without a seed, the generator of ``wg.manual_seed``
    decides.

    >>> two_moons(100, seed=0)
    Samples(100 × (2,) float64, 2 classes)
    """
    upper = n - n // 2
    angle = np.concatenate([np.linspace(0, np.pi, upper), np.linspace(0, np.pi, n // 2)])
    y = np.repeat([0, 1], [upper, n // 2])
    x = np.stack([np.where(y, 1 - np.cos(angle), np.cos(angle)), np.where(y, 0.5 - np.sin(angle), np.sin(angle))], -1)
    return _classes(x, y, noise, seed, dtype)


def circles(
    n: int = 200, noise: float = 0.05, seed: int | None = None, *, factor: float = 0.5, dtype: Any = np.float64
) -> Samples:
    """A circle of radius 1 (class 0) around one of radius `factor` (class 1)."""
    outer = n - n // 2
    y = np.repeat([0, 1], [outer, n // 2])
    angle = 2 * np.pi * np.concatenate([np.arange(outer) / max(outer, 1), np.arange(n // 2) / max(n // 2, 1)])
    radius = np.where(y, factor, 1.0)
    return _classes(np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1), y, noise, seed, dtype)


def blobs(
    n: int = 200, noise: float = 0.3, seed: int | None = None, *, classes: int = 3, dtype: Any = np.float64
) -> Samples:
    """Normal clouds of standard deviation `noise` around points spread evenly on the unit circle."""
    y = np.arange(n) % classes
    angle = 2 * np.pi * y / classes
    return _classes(np.stack([np.cos(angle), np.sin(angle)], -1), y, noise, seed, dtype, classes)


def spiral(
    n: int = 300, noise: float = 0.2, seed: int | None = None, *, classes: int = 3, dtype: Any = np.float64
) -> Samples:
    """Arms of a spiral, one for each class; along an arm the radius grows from 0 to 1, and the angle by 4 radians.

    noise: standard deviation of the angle, in radians.

    >>> spiral(300, seed=0)
    Samples(300 × (2,) float64, 3 classes)
    """
    y = np.arange(n) % classes
    radius = (np.arange(n) // classes) / max(-(-n // classes), 1)
    angle = 4.0 * (y + radius) + noise * numpy_generator(None, seed).standard_normal(n)
    return _classes(np.stack([radius * np.sin(angle), radius * np.cos(angle)], -1), y, 0.0, seed, dtype, classes)


def sine(
    n: int = 100, noise: float = 0.1, seed: int | None = None, *, periods: float = 1.0, dtype: Any = np.float64
) -> Samples:
    """A regression: y = sin(2π·periods·x) with noise, at n uniformly random x from 0 to 1; both of shape (n, 1)."""
    random = numpy_generator(None, seed)
    x = random.random((n, 1))
    y = np.sin(2 * np.pi * periods * x) + noise * random.standard_normal((n, 1))
    return Samples(x.astype(dtype), y.astype(dtype), ["x"])


def sine_series(
    n: int = 1000,
    window: int = 30,
    noise: float = 0.05,
    seed: int | None = None,
    *,
    period: float = 40.0,
    dtype: Any = np.float64,
) -> Samples:
    """A time series to predict: a noisy sine of n steps, cut into windows; y is the step after each window.

    Returns x of shape (n - window, window, 1) and y of shape (n - window, 1). period: in steps.

    >>> sine_series(100, window=10, seed=0)
    Samples(90 × (10, 1) float64)
    """
    t = np.arange(n)
    series = np.sin(2 * np.pi * t / period) + noise * numpy_generator(None, seed).standard_normal(n)
    windows = np.lib.stride_tricks.sliding_window_view(series, window + 1)[..., None].astype(dtype)
    return Samples(windows[:, :-1], windows[:, -1])


def _classes(x: Any, y: Any, noise: float, seed: int | None, dtype: Any, classes: int = 2) -> Samples:
    if noise:
        x = x + noise * numpy_generator(None, seed).standard_normal(x.shape)
    return Samples(x.astype(dtype), y.astype(np.int64), ["x1", "x2"], [str(c) for c in range(classes)])
