"""Measuring a row: the results are compared first, then the contestants take turns."""

from __future__ import annotations

import functools
import itertools
import math
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks._timing import seconds
from wengert import tree

__all__ = ["difference", "leaves", "medians"]

BLOCK = 2e-4  # seconds; what is shorter is run several times in one go


def leaves(results: Any) -> list[Any]:
    """Results of any library as a list of NumPy arrays."""
    return [np.asarray(x.detach() if hasattr(x, "detach") else x) for x in tree.leaves(results)]


def difference(found: list[Any], expected: list[Any]) -> float:
    """The largest difference relative to the largest number of each array; infinite if the shapes differ."""
    if [a.shape for a in found] != [a.shape for a in expected]:
        return math.inf
    worst = 0.0
    for a, e in zip(found, expected, strict=True):
        if e.size:
            scale = float(np.max(np.abs(e)))
            gap = float(np.max(np.abs(a - e))) / scale if scale else float(np.max(np.abs(a)))
            worst = max(worst, math.inf if math.isnan(gap) else gap)
    return worst


def in_python(run: Callable[[], Any], times: int) -> None:
    """Run it so many times."""
    for _ in itertools.repeat(None, times):
        run()


def medians(contestants: Mapping[str, Callable[[], Any]], budget: float, at_least: int = 5) -> dict[str, float]:
    """The median time of each contestant, in seconds. They take turns until the budget (seconds) is spent.

    A contestant with a method `repeat(times)` runs many times by itself.
    """
    blocks = {}
    for name, run in contestants.items():
        seconds(run)
        once = max(min(seconds(run), seconds(run)), 1e-7)
        times = max(1, math.ceil(BLOCK / once))
        many = getattr(run, "repeat", None) if times > 1 else None
        blocks[name] = (functools.partial(many or functools.partial(in_python, run), times), times)
    found: dict[str, list[float]] = {name: [] for name in contestants}
    end = time.perf_counter() + budget
    while len(next(iter(found.values()))) < at_least or time.perf_counter() < end:
        for name, (block, times) in blocks.items():
            found[name].append(seconds(block) / times)
    return {name: statistics.median(times) for name, times in found.items()}
