"""What small models spend their time on: cross-entropy, logistic regression, a network with one hidden layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.jitbench import peers
from benchmarks.jitbench.work import Args, Run, Work, gradient_of

# --- softmax cross-entropy --------------------------------------------------------------------------------


def cross_entropy(logits: Any, labels: Any, xp: Any = np) -> Any:
    shifted = logits - xp.max(logits, axis=1, keepdims=True)
    picked = shifted[xp.arange(len(labels)), labels]
    return xp.mean(xp.log(xp.sum(xp.exp(shifted), axis=1)) - picked)


def cross_entropy_torch(logits: Any, labels: Any, xp: Any) -> Any:
    return xp.nn.functional.cross_entropy(logits, labels)


def cross_entropy_numpy(logits: Any, labels: Any) -> Run:
    rows = np.arange(len(labels))

    def run() -> Any:
        e = logits - np.max(logits, axis=1, keepdims=True)
        picked = e[rows, labels]
        np.exp(e, out=e)
        sums = np.sum(e, axis=1, keepdims=True)
        value = np.mean(np.log(sums[:, 0]) - picked)
        e /= sums * len(labels)
        e[rows, labels] -= 1 / len(labels)
        return value, e

    return run


def cross_entropy_args(n: int, k: int) -> Args:
    rng = peers.rng(19)
    return rng.standard_normal((n, k)), rng.integers(0, k, n)


# --- logistic regression ----------------------------------------------------------------------------------


def logistic(w: Any, b: Any, X: Any, y: Any, xp: Any = np) -> Any:
    """The mean log-loss of labels ±1, with a ridge."""
    margin = y * (X @ w + b)
    return xp.mean(xp.logaddexp(xp.zeros_like(margin), -margin)) + 0.5e-3 * xp.sum(w**2)


def logistic_numpy(w: Any, b: Any, X: Any, y: Any) -> Run:
    def run() -> Any:
        margin = y * (X @ w + b)
        s = -y / (1 + np.exp(margin)) / len(y)
        return np.mean(np.logaddexp(0, -margin)) + 0.5e-3 * np.sum(w**2), (s @ X + 1e-3 * w, np.sum(s))

    return run


def logistic_args(n: int, k: int) -> Args:
    rng = peers.rng(23)
    return 0.1 * rng.standard_normal(k), np.array(0.1), rng.standard_normal((n, k)), np.sign(rng.standard_normal(n))


# --- a network with one hidden layer ----------------------------------------------------------------------


def mlp(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, labels: Any, xp: Any = np) -> Any:
    hidden = xp.maximum(x @ W1 + b1, xp.zeros_like(b1))
    return cross_entropy(hidden @ W2 + b2, labels, xp)


def mlp_torch(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, labels: Any, xp: Any) -> Any:
    return xp.nn.functional.cross_entropy(xp.relu(x @ W1 + b1) @ W2 + b2, labels)


def mlp_numpy(W1: Any, b1: Any, W2: Any, b2: Any, x: Any, labels: Any) -> Run:
    def run() -> Any:
        pre = x @ W1 + b1
        hidden = np.maximum(pre, 0)
        value, g = cross_entropy_numpy(hidden @ W2 + b2, labels)()
        g = g.astype(W1.dtype)
        below = (g @ W2.T) * (pre > 0)
        return value, (x.T @ below, np.sum(below, axis=0), hidden.T @ g, np.sum(g, axis=0))

    return run


def mlp_args(batch: int, sizes: tuple[int, int, int], dtype: Any = np.float32) -> Args:
    rng = peers.rng(29)
    i, h, o = sizes
    arrays = [
        rng.standard_normal((i, h)) / np.sqrt(i),
        0.1 * rng.standard_normal(h),
        rng.standard_normal((h, o)) / np.sqrt(h),
        0.1 * rng.standard_normal(o),
        rng.standard_normal((batch, i)),
    ]
    return (*[a.astype(dtype) for a in arrays], rng.integers(0, o, batch))


WORKS = [
    Work(
        "softmax cross-entropy, 8192 x 1000",
        lambda: cross_entropy_args(8192, 1000),
        **gradient_of(cross_entropy, torch=cross_entropy_torch, numpy=cross_entropy_numpy),
        by_hand=("numpy",),
        bar=0.3,
    ),
    Work(
        "logistic regression, 10,000 x 100",
        lambda: logistic_args(10_000, 100),
        **gradient_of(logistic, (0, 1), numpy=logistic_numpy),
        by_hand=("numpy",),
        bar=1.0,
    ),
    Work(
        "MLP 784-256-10, float32, batch 128",
        lambda: mlp_args(128, (784, 256, 10)),
        **gradient_of(mlp, (0, 1, 2, 3), torch=mlp_torch, numpy=mlp_numpy),
        by_hand=("numpy",),
        tolerance=2e-4,
        bar=1.0,
    ),
]
