"""Timing as every benchmark here does it: contestants interleaved in one process, medians of many repeats."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

__all__ = ["interleaved", "ratio", "seconds"]


def seconds(run: Callable[[], object]) -> float:
    """How long one run takes, in seconds."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def interleaved(contestants: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """The median time of each contestant, in seconds; they take turns, so that a busy machine is busy for all."""
    times: dict[str, list[float]] = {name: [] for name in contestants}
    for run in contestants.values():
        run()  # warm up: caches, lazy imports
    for _ in range(repeats):
        for name, run in contestants.items():
            times[name].append(seconds(run))
    return {name: statistics.median(found) for name, found in times.items()}


def ratio(times: Mapping[str, float], ours: str, peer: str) -> float:
    """Our time over a peer's: below 1 we are faster."""
    return times[ours] / times[peer]
