"""The memory that a training step takes: what is alive at its peak beyond what is alive before it.

Before it there are the parameters, the state of the optimiser and the batch, but no gradients. PyTorch's profiler
reports every allocation and release of its tensors; their running sum has the peak. NumPy reports its arrays to
tracemalloc, which counts Python's own objects as well; of both libraries they are counted, to the last closure. A
compiled step has besides its results, which are NumPy's, an arena that the compiler laid out; in it are also the
packed parts of matrices. The library behind PyTorch's products keeps its own to itself, from the first step to the end,
and nobody reports them: its heap grows by 80 KiB for the first model, by 0.7 MiB for the second. What the system sees
is the peak of a process that does nothing else, with all of this.
"""

from __future__ import annotations

import gc
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from typing import Any

from torch.profiler import ProfilerActivity, profile

from benchmarks.nnbench.models import MODELS, Model
from benchmarks.nnbench.steps import Contestant

__all__ = ["process_bytes", "step_bytes"]


def process_bytes(model: Model, optimizer: str, way: str) -> int:
    """The peak of a process that trains a model in one way."""
    command = [sys.executable, "-m", "benchmarks.nnbench.alone", str(MODELS.index(model)), optimizer, way]
    return 1024 * int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def step_bytes(name: str, each: Contestant) -> int:
    """The bytes that a step takes at its peak."""
    for _ in range(3):  # without gradients from the start, too, a step is to be compiled and its memory at hand
        each.clear()
        each.step()
    gc.collect()
    each.step()  # Python has at hand again what it keeps for new objects
    each.clear()
    objects = _by_tracemalloc(each.step)
    if name == "PyTorch":
        each.clear()
        gc.collect()
        return objects + _by_profiler(each.step)
    return objects + (sum([kernel.module.arena_bytes for kernel in each.program().kernels]) if each.program else 0)


def _by_profiler(step: Callable[[], Any]) -> int:
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        result = step()
    del result
    alive = peak = 0
    for event in sorted(seen.profiler.kineto_results.events(), key=lambda e: e.start_ns()):
        if event.name() == "[memory]":
            alive += event.nbytes()
            peak = max(peak, alive)
    return peak


def _by_tracemalloc(step: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        result = step()
        _, peak = tracemalloc.get_traced_memory()
        del result
    finally:
        tracemalloc.stop()
    return peak - before
