"""What a call of a compiled function costs when there is next to nothing to compute."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.jitbench import peers
from benchmarks.jitbench.work import Args, Run, Work, value_of, vector


def axpy(x: Any, y: Any, z: Any, xp: Any = np) -> Any:
    return x * y + z


def three(n: int) -> Args:
    return vector(n, seed=1), vector(n, seed=2), vector(n, seed=3)


def numba_axpy(*args: Any) -> Run:
    def loop(x: Any, y: Any, z: Any) -> Any:
        out = np.empty_like(x)
        for i in range(x.size):
            out[i] = x[i] * y[i] + z[i]
        return out

    compiled = peers.need("numba").njit(loop)
    return lambda: compiled(*args)


WORKS = [
    Work(
        "call, 3 arrays of 100",
        lambda: three(100),
        bar=1 / 20,
        against="jax",
        at_most=1e-6,
        **value_of(axpy, numba=numba_axpy),
    )
]
