"""Dense Jacobians and Hessians of a small function."""

from __future__ import annotations

from typing import Any

import numpy as np

import wengert as wg
from benchmarks.jitbench import peers
from benchmarks.jitbench.work import Args, Run, Work


def logsumexp(z: Any, xp: Any) -> Any:
    top = xp.max(z)
    return top + xp.log(xp.sum(xp.exp(z - top)))


def scores(x: Any, A: Any, xp: Any = np) -> Any:
    """Logarithms of a softmax, (n,) to (n,)."""
    z = A @ x
    return z - logsumexp(z, xp)


def potential(x: Any, A: Any, xp: Any = np) -> Any:
    """Log-sum-exp of a product, (n,) to a number."""
    return logsumexp(A @ x, xp)


def in_jax(transform: str, f: Any) -> Any:
    def build(*args: Any) -> Run:
        jax = peers.need("jax")
        return peers.jax_run(jax.jit(getattr(jax, transform)(lambda x, A: f(x, A, jax.numpy))), args)

    return build


def in_torch(transform: str, f: Any) -> Any:
    def build(*args: Any) -> Run:
        torch = peers.need("torch")
        function = getattr(torch.func, transform)(lambda x, A: f(x, A, torch))
        return peers.torch_value(lambda x, A, xp: function(x, A), args)

    return build


def jacobian_numpy(x: Any, A: Any) -> Run:
    def run() -> Any:
        z = A @ x
        e = np.exp(z - np.max(z))
        return A - (e / np.sum(e)) @ A

    return run


def hessian_numpy(x: Any, A: Any) -> Run:
    def run() -> Any:
        z = A @ x
        e = np.exp(z - np.max(z))
        s = e / np.sum(e)
        mean = s @ A
        return (A.T * s) @ A - np.outer(mean, mean)

    return run


def arguments(n: int) -> Args:
    rng = peers.rng(17)
    return rng.standard_normal(n), rng.standard_normal((n, n)) / np.sqrt(n)


WORKS = [
    Work(
        "dense Jacobian, n = 100",
        lambda: arguments(100),
        ours=lambda jit: jit(wg.jacobian(scores)),
        peers={"jax": in_jax("jacrev", scores), "torch": in_torch("jacrev", scores), "numpy": jacobian_numpy},
        by_hand=("numpy",),
        bar=0.6,
    ),
    Work(
        "dense Hessian, n = 100",
        lambda: arguments(100),
        ours=lambda jit: jit(wg.hessian(potential)),
        peers={"jax": in_jax("hessian", potential), "torch": in_torch("hessian", potential), "numpy": hessian_numpy},
        by_hand=("numpy",),
        bar=1.0,
    ),
]
