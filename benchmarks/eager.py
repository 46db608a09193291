"""The eager tape against PyTorch, HIPS autograd and MyGrad, and against the bare NumPy work.

Run by ``scripts/bench eager``. One thread, float64. A chain is y ← y·a, y ← y + b, y ← sin y, repeated; forward
and backward from sum(y) to the gradient of the start.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import autograd
import autograd.numpy as anp
import mygrad as mg
import numpy as np
import torch

import wengert as wg
from benchmarks._timing import interleaved, seconds

OPS = 999


def chain_wengert(x: np.ndarray, a: np.ndarray, b: np.ndarray, ops: int) -> Callable[[], object]:
    ta, tb = wg.tensor(a), wg.tensor(b)

    def run() -> object:
        start = wg.tensor(x, requires_grad=True)
        y = start
        for _ in range(ops // 3):
            y = np.sin(y * ta + tb)
        y.backward(np.ones_like(x))
        return start.grad

    return run


def chain_torch(x: np.ndarray, a: np.ndarray, b: np.ndarray, ops: int) -> Callable[[], object]:
    ta, tb, seed = torch.tensor(a), torch.tensor(b), torch.ones(x.shape, dtype=torch.float64)

    def run() -> object:
        start = torch.tensor(x, requires_grad=True)
        y = start
        for _ in range(ops // 3):
            y = torch.sin(y * ta + tb)
        y.backward(seed)
        return start.grad

    return run


def chain_autograd(x: np.ndarray, a: np.ndarray, b: np.ndarray, ops: int) -> Callable[[], object]:
    def f(y: np.ndarray) -> object:
        for _ in range(ops // 3):
            y = anp.sin(y * a + b)
        return anp.sum(y)

    gradient = autograd.grad(f)
    return lambda: gradient(x)


def chain_mygrad(x: np.ndarray, a: np.ndarray, b: np.ndarray, ops: int) -> Callable[[], object]:
    def run() -> object:
        start = mg.tensor(x)
        y = start
        for _ in range(ops // 3):
            y = mg.sin(y * a + b)
        y.backward(np.ones_like(x))
        return start.grad

    return run


def chain_numpy(x: np.ndarray, a: np.ndarray, b: np.ndarray, ops: int) -> Callable[[], object]:
    """What must be computed whoever does it: the same ufuncs forward and backward, written by hand."""

    def run() -> object:
        y, saved = x, []
        for _ in range(ops // 3):
            z = y * a
            z = z + b
            saved.append(z)
            y = np.sin(z)
        g = np.ones_like(x)
        while saved:
            g = g * np.cos(saved.pop())
            g = g * a
        return g

    return run


def per_op() -> None:
    print(f"Forward + backward per recorded op, chains of {OPS} multiply/add/sin (µs; ratio = wengert / peer)")
    print(f"{'size':>8} {'wengert':>9} {'PyTorch':>9} {'autograd':>9} {'MyGrad':>9}   {'ratios':<24}")
    for size in (1, 10, 100):
        x, a, b = np.linspace(0.1, 0.9, size), np.full(size, 0.999), np.full(size, 0.001)
        times = interleaved(
            {
                "wengert": chain_wengert(x, a, b, OPS),
                "PyTorch": chain_torch(x, a, b, OPS),
                "autograd": chain_autograd(x, a, b, OPS),
                "MyGrad": chain_mygrad(x, a, b, OPS),
            },
            repeats=31,
        )
        micro = [1e6 * t / OPS for t in times.values()]
        ratios = "  ".join(f"{micro[0] / peer:.2f}" for peer in micro[1:])
        print(f"{size:>8} " + " ".join(f"{m:>9.2f}" for m in micro) + f"   {ratios}")


def large() -> None:
    print("\nForward + backward against the bare NumPy work, chains of 30 ops (ms)")
    print(f"{'size':>8} {'wengert':>9} {'NumPy':>9} {'PyTorch':>9}   ratio to NumPy, to PyTorch")
    for size, repeats in ((100_000, 41), (1_000_000, 11)):
        x, a, b = np.linspace(0.1, 0.9, size), np.full(size, 0.999), np.full(size, 0.001)
        makers = {"wengert": chain_wengert, "NumPy": chain_numpy, "PyTorch": chain_torch}
        times = interleaved({name: make(x, a, b, 30) for name, make in makers.items()}, repeats)
        ours, bare, peer = (1e3 * t for t in times.values())
        print(f"{size:>8} {ours:>9.2f} {bare:>9.2f} {peer:>9.2f}   {ours / bare:.2f}  {ours / peer:.2f}")


def filling() -> None:
    print("\nFilling an array element by element, y[i] = sin(x[i]), forward + backward")

    def fill(n: int) -> float:
        x = wg.tensor(np.linspace(0, 1, n), requires_grad=True)

        def run() -> None:
            y = np.zeros(n, like=x)
            for i in range(n):
                y[i] = np.sin(x[i])
            np.sum(y).backward()

        return seconds(run)

    small = statistics.median(fill(2_000) for _ in range(9))
    big = statistics.median(fill(20_000) for _ in range(5))
    print(f"  n = 2,000: {1e3 * small:.0f} ms   n = 20,000: {1e3 * big:.0f} ms   ratio {big / small:.1f} (linear: 10)")


if __name__ == "__main__":
    torch.set_num_threads(1)
    per_op()
    large()
    filling()
