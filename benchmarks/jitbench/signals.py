"""Held out: filters and stencils by slices, written in place, running sums."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.jitbench import peers
from benchmarks.jitbench.broadcasts import held_out
from benchmarks.jitbench.work import Args, Run, vector

# --- filters ----------------------------------------------------------------------------------------------


def fir(x: Any, taps: Any, target: Any, xp: Any = np) -> Any:
    """A filter by shifted slices, and its misfit."""
    n, k = x.shape[0], taps.shape[0]
    y = taps[0] * x[k - 1 :]
    for j in range(1, k):
        y = y + taps[j] * x[k - 1 - j : n - j]
    return xp.sum((y - target) ** 2)


def fir_c(x: Any, taps: Any, target: Any) -> Run:
    return peers.Hand("fir", "heldout", [x.size, taps.size], [x, taps, target], [x[0], x, taps])


def fir_args(n: int, k: int) -> Args:
    return vector(n, seed=1), vector(k, seed=2), vector(n - k + 1, seed=3)


# --- heat -------------------------------------------------------------------------------------------------

STEPS, RATE = 20, 0.2


def heat(u: Any) -> Any:
    """Explicit steps of the heat equation on a grid with a fixed border, in place."""
    u = u.copy()
    for _ in range(STEPS):
        inner = u[1:-1, 1:-1]
        u[1:-1, 1:-1] = inner + RATE * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * inner)
    return np.sum(u**2)


def heat_pure(u: Any, xp: Any, write: Any) -> Any:
    for _ in range(STEPS):
        inner = u[1:-1, 1:-1]
        u = write(u, inner + RATE * (u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2] - 4 * inner))
    return xp.sum(u**2)


def heat_jax(u: Any, xp: Any) -> Any:
    return heat_pure(u, xp, lambda u, inner: u.at[1:-1, 1:-1].set(inner))


def heat_torch(u: Any, xp: Any) -> Any:
    def write(u: Any, inner: Any) -> Any:
        u = u.clone()
        u[1:-1, 1:-1] = inner
        return u

    return heat_pure(u, xp, write)


def heat_c(u: Any) -> Run:
    return peers.Hand("heat", "heldout", [*u.shape, STEPS], [u], [u[0, 0], u])


# --- running sums -----------------------------------------------------------------------------------------


def drawdown(returns: Any, weights: Any, xp: Any = np) -> Any:
    """A smooth function of a path that is a running sum."""
    path = xp.cumsum(returns * weights, axis=0)
    return xp.mean(xp.sqrt(1 + path**2)) + xp.sum(xp.exp(-0.5 * path[-1] ** 2))


def drawdown_torch(returns: Any, weights: Any, xp: Any) -> Any:
    path = xp.cumsum(returns * weights, 0)
    return xp.mean(xp.sqrt(1 + path**2)) + xp.sum(xp.exp(-0.5 * path[-1] ** 2))


def grid(n: int, m: int, scale: float = 1.0) -> Any:
    return vector(n * m, seed=5, scale=scale).reshape(n, m)


WORKS = [
    held_out("FIR filter of 8 taps, n = 30,000", lambda: fir_args(30_000, 8), fir, (0, 1), c=fir_c),
    held_out("FIR filter of 8 taps, n = 200", lambda: fir_args(200, 8), fir, (0, 1)),
    held_out(
        "20 heat steps in place, 128 x 128", lambda: (grid(128, 128),), heat_jax, torch=heat_torch, ours=heat, c=heat_c
    ),
    held_out("running sum, n = 100,000", lambda: (vector(100_000), vector(1)), drawdown, torch=drawdown_torch),
    held_out(
        "running sums of 5,000 x 16 along axis 0",
        lambda: (grid(5000, 16, 0.05), vector(16)),
        drawdown,
        (0, 1),
        torch=drawdown_torch,
    ),
]
