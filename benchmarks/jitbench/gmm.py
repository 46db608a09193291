"""Fitting a mixture of Gaussians: the objective of ADBench, with a Wishart prior, and its whole gradient.

Šrajer, Kukelova, Fitzgibbon: A Benchmark of Selected Algorithmic Differentiation Tools on Some Problems in
Computer Vision and Machine Learning (2018). icf holds, per component, the logarithms of the diagonal of the
square root of the inverse covariance, then its strict lower triangle, column after column.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from benchmarks.jitbench import peers
from benchmarks.jitbench.work import Args, Run, Work, gradient_of

GAMMA, M = 1.0, 0  # of the prior


def lower(d: int) -> tuple[Any, Any]:
    """Rows and columns of the strict lower triangle, column after column."""
    cols, rows = np.triu_indices(d, 1)
    return rows, cols


def logsumexp(x: Any, axis: int, xp: Any) -> Any:
    top = xp.max(x, axis=axis, keepdims=True)
    return xp.squeeze(top, axis=axis) + xp.log(xp.sum(xp.exp(x - top), axis=axis))


def constants(n: int, k: int, d: int) -> float:
    """What does not depend on the parameters: of the Gaussians and of the prior."""
    freedom = d + M + 1
    log_gamma = 0.25 * d * (d - 1) * math.log(math.pi)
    log_gamma += sum(math.lgamma(0.5 * freedom + 0.5 * (1 - j)) for j in range(1, d + 1))
    prior = freedom * d * (math.log(GAMMA) - 0.5 * math.log(2)) - log_gamma
    return -0.5 * n * d * math.log(2 * math.pi) - k * prior


def finish(alphas: Any, sums: Any, inner: Any, squares: Any, n: int, d: int, xp: Any) -> Any:
    likelihood = xp.sum(logsumexp(inner, 1, xp)) - n * logsumexp(alphas, 0, xp)
    prior = 0.5 * GAMMA**2 * squares - M * xp.sum(sums)
    return constants(n, alphas.shape[0], d) + likelihood + prior


def gmm(alphas: Any, means: Any, icf: Any, x: Any) -> Any:
    n, d = x.shape
    k = len(alphas)
    diagonal, sums = np.exp(icf[:, :d]), np.sum(icf[:, :d], axis=1)
    L = np.zeros((k, d, d), like=icf)
    rows, cols = lower(d)
    L[:, rows, cols] = icf[:, d:]
    centered = x[:, None, :] - means
    scaled = diagonal * centered + np.einsum("kij,nkj->nki", L, centered)
    inner = alphas + sums - 0.5 * np.sum(scaled**2, axis=2)
    return finish(alphas, sums, inner, np.sum(diagonal**2) + np.sum(L**2), n, d, np)


def gmm_jax(alphas: Any, means: Any, icf: Any, x: Any, xp: Any) -> Any:
    n, d = x.shape
    diagonal, sums = xp.exp(icf[:, :d]), xp.sum(icf[:, :d], axis=1)
    rows, cols = lower(d)
    L = xp.zeros((len(alphas), d, d)).at[:, rows, cols].set(icf[:, d:])
    centered = x[:, None, :] - means
    scaled = diagonal * centered + xp.einsum("kij,nkj->nki", L, centered)
    inner = alphas + sums - 0.5 * xp.sum(scaled**2, axis=2)
    return finish(alphas, sums, inner, xp.sum(diagonal**2) + xp.sum(L**2), n, d, xp)


def gmm_torch(alphas: Any, means: Any, icf: Any, x: Any, xp: Any) -> Any:
    n, d = x.shape
    diagonal, sums = xp.exp(icf[:, :d]), xp.sum(icf[:, :d], 1)
    L = xp.zeros((len(alphas), d, d), dtype=xp.float64)
    cols, rows = xp.triu_indices(d, d, 1)
    L[:, rows, cols] = icf[:, d:]
    centered = x[:, None, :] - means
    scaled = diagonal * centered + xp.einsum("kij,nkj->nki", L, centered)
    inner = alphas + sums - 0.5 * xp.sum(scaled**2, 2)
    likelihood = xp.sum(xp.logsumexp(inner, 1)) - n * xp.logsumexp(alphas, 0)
    prior = 0.5 * GAMMA**2 * (xp.sum(diagonal**2) + xp.sum(L**2)) - M * xp.sum(sums)
    return constants(n, len(alphas), d) + likelihood + prior


def arguments(n: int, k: int, d: int) -> Args:
    rng = peers.rng(7)
    icf = 0.5 * rng.standard_normal((k, d + d * (d - 1) // 2)) / math.sqrt(d)
    return rng.standard_normal(k), rng.uniform(0, 1, (k, d)), icf, rng.standard_normal((n, d))


def gmm_c(alphas: Any, means: Any, icf: Any, x: Any) -> Run:
    n, d = x.shape
    k = len(alphas)
    base = np.array(constants(n, k, d))
    run = peers.Hand("gmm", "gmm", [n, k, d], [alphas, means, icf, x, base], [base, alphas, means, icf])
    return run


def gmm_work(n: int, k: int, d: int, **options: Any) -> Work:
    # JAX's dialect writes into L by .at[]; ours is plain NumPy.
    row = gradient_of(gmm_jax, (0, 1, 2), torch=gmm_torch, ours=gmm, c=gmm_c)
    return Work(f"GMM, N = {n}, K = {k}, d = {d}", lambda: arguments(n, k, d), **row, **options)


WORKS = [gmm_work(1000, 25, 10, bar=0.4, c_bar=2), gmm_work(1000, 25, 32, bar=0.4, c_bar=2)]
