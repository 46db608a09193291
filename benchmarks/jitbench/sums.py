"""Long sums of elementwise functions and a chain of neighbours, with their gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.jitbench import peers
from benchmarks.jitbench.work import Args, Run, Work, gradient_of, vector

# --- Σ tanh(x·w) + exp(−x²) -------------------------------------------------------------------------------


def tanh_exp(x: Any, w: Any, xp: Any = np) -> Any:
    return xp.sum(xp.tanh(x * w) + xp.exp(-x * x))


def tanh_exp_args(n: int, dtype: Any) -> Args:
    return vector(n, dtype, 1), vector(n, dtype, 2)


def tanh_exp_numpy(x: Any, w: Any) -> Run:
    def run() -> Any:
        t, e = np.tanh(x * w), np.exp(-x * x)
        return np.sum(t + e), (1 - t * t) * w - 2 * x * e

    return run


def tanh_exp_numba(x: Any, w: Any) -> Run:
    def loop(x: Any, w: Any) -> Any:
        total = 0.0
        g = np.empty_like(x)
        for i in range(x.size):
            t = np.tanh(x[i] * w[i])
            e = np.exp(-x[i] * x[i])
            total += t + e
            g[i] = (1 - t * t) * w[i] - 2 * x[i] * e
        return total, g

    compiled = peers.need("numba").njit(fastmath=True)(loop)
    return lambda: compiled(x, w)


def tanh_exp_c(x: Any, w: Any) -> Run:
    name = "tanh_exp_f64" if x.dtype == np.float64 else "tanh_exp_f32"
    return peers.Hand(name, "sums", [x.size], [x, w], [x[0], x])


def tanh_exp_work(n: int, dtype: Any, **bars: Any) -> Work:
    return Work(
        f"sum tanh(x w) + exp(-x^2), n = {n:.0e}, {np.dtype(dtype)}",
        lambda: tanh_exp_args(n, dtype),
        **gradient_of(tanh_exp, numba=tanh_exp_numba, numpy=tanh_exp_numpy, c=tanh_exp_c),
        by_hand=("numba", "numpy"),
        tolerance=1e-6 if dtype is np.float64 else 2e-4,
        **bars,
    )


# --- Rosenbrock's valley ----------------------------------------------------------------------------------


def rosenbrock(x: Any, xp: Any = np) -> Any:
    return xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_numpy(x: Any) -> Run:
    def run() -> Any:
        a, b = x[1:] - x[:-1] ** 2, 1 - x[:-1]
        g = np.zeros_like(x)
        g[1:] = 200 * a
        g[:-1] -= 400 * a * x[:-1] + 2 * b
        return np.sum(100 * a**2 + b**2), g

    return run


def rosenbrock_numba(x: Any) -> Run:
    def loop(x: Any) -> Any:
        total, carry = 0.0, 0.0
        g = np.empty_like(x)
        for i in range(x.size - 1):
            a, b = x[i + 1] - x[i] * x[i], 1 - x[i]
            total += 100 * a * a + b * b
            g[i] = carry - 400 * a * x[i] - 2 * b
            carry = 200 * a
        g[-1] = carry
        return total, g

    compiled = peers.need("numba").njit(fastmath=True)(loop)
    return lambda: compiled(x)


def rosenbrock_c(x: Any) -> Run:
    return peers.Hand("rosenbrock", "sums", [x.size], [x], [x[0], x])


def rosenbrock_work(n: int, bar: float) -> Work:
    return Work(
        f"Rosenbrock, n = {n:.0e}",
        lambda: (vector(n, seed=3),),
        **gradient_of(rosenbrock, numba=rosenbrock_numba, numpy=rosenbrock_numpy, c=rosenbrock_c),
        by_hand=("numba", "numpy"),
        bar=bar,
        c_bar=2,
        called=n <= 1000,
    )


WORKS = [
    tanh_exp_work(10**6, np.float64, bar=0.45, c_bar=1.4),
    tanh_exp_work(10**6, np.float32, bar=0.45, c_bar=1.4),
    tanh_exp_work(10**7, np.float64, bar=0.4, c_bar=1.5, slow=True),
    tanh_exp_work(10**7, np.float32, bar=0.4, c_bar=1.5, slow=True),
    rosenbrock_work(100, 0.1),
    rosenbrock_work(10**4, 0.4),
    rosenbrock_work(10**6, 0.4),
]
