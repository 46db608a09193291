"""Held out: batches of small matrices, rows picked from a table and added to it."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.jitbench import peers
from benchmarks.jitbench.broadcasts import held_out
from benchmarks.jitbench.work import Args, vector


def solves(A: Any, b: Any, xp: Any = np) -> Any:
    return xp.sum(xp.linalg.solve(A, b) ** 2)


def inverses(A: Any, xp: Any = np) -> Any:
    return xp.sum(xp.linalg.inv(A) ** 2)


def determinants(A: Any, xp: Any = np) -> Any:
    return xp.sum(xp.log(xp.linalg.det(A) ** 2))


def products(A: Any, B: Any, xp: Any = np) -> Any:
    return xp.sum(xp.tanh(xp.matmul(xp.matmul(A, B), A)))


def quadratic_forms(A: Any, x: Any, xp: Any = np) -> Any:
    return xp.sum(xp.exp(-0.5 * xp.einsum("bi,bij,bj->b", x, A, x)))


def matrices(batch: int, n: int, dtype: Any = float) -> Any:
    noise = vector(batch * n * n, dtype, 3, 0.3).reshape(batch, n, n)
    return (noise + np.eye(n, dtype=dtype) * 2).astype(dtype)


def system(batch: int, n: int) -> Args:
    return matrices(batch, n), vector(batch * n, seed=4).reshape(batch, n, 1)


# --- picking ----------------------------------------------------------------------------------------------


def embedding(table: Any, words: Any, weights: Any, xp: Any = np) -> Any:
    """The mean of the rows of each sentence; repeated words add up in the gradient."""
    return xp.sum(xp.tanh(xp.mean(table[words], axis=1) * weights))


def embedding_args(rows: int, width: int, sentences: int, words: int) -> Args:
    rng = peers.rng(31)
    return rng.standard_normal((rows, width)), rng.integers(0, rows, (sentences, words)), rng.standard_normal(width)


def histogram(x: Any, bins: Any) -> Any:
    """Sums by bin, scattered in place, and their entropy-like function."""
    sums = np.zeros(64, like=x)
    np.add.at(sums, bins, x**2)
    return np.sum(sums * np.log1p(sums))


def histogram_jax(x: Any, bins: Any, xp: Any) -> Any:
    sums = xp.zeros(64).at[bins].add(x**2)
    return xp.sum(sums * xp.log1p(sums))


def histogram_torch(x: Any, bins: Any, xp: Any) -> Any:
    sums = xp.zeros(64, dtype=xp.float64).index_add(0, bins, x**2)
    return xp.sum(sums * xp.log1p(sums))


def histogram_args(n: int) -> Args:
    return vector(n, seed=6), peers.rng(6).integers(0, 64, n)


WORKS = [
    held_out("64 solves 4 x 4", lambda: system(64, 4), solves, (0, 1)),
    held_out("64 inverses 4 x 4", lambda: (matrices(64, 4),), inverses),
    held_out("64 determinants 3 x 3", lambda: (matrices(64, 3),), determinants),
    held_out("64 products 4 x 4", lambda: (matrices(64, 4), matrices(64, 4)[::-1].copy()), products, (0, 1)),
    held_out("2,000 products 6 x 6", lambda: (matrices(2000, 6), matrices(2000, 6)[::-1].copy()), products, (0, 1)),
    held_out(
        "300 quadratic forms, n = 5", lambda: (matrices(300, 5), system(300, 5)[1][..., 0]), quadratic_forms, (0, 1)
    ),
    held_out("embedding, 5,000 x 64, 128 x 20 words", lambda: embedding_args(5000, 64, 128, 20), embedding, (0, 2)),
    held_out(
        "sums by 64 bins, n = 20,000",
        lambda: histogram_args(20_000),
        histogram_jax,
        torch=histogram_torch,
        ours=histogram,
    ),
]
