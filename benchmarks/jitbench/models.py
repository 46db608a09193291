"""Held out: other time loops - a Kalman filter, a pendulum, an exponential average - by plain Python loops."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.jitbench import peers
from benchmarks.jitbench.work import Args, Run, Work, gradient_of, vector

# --- a Kalman filter --------------------------------------------------------------------------------------


def kalman_step(x: Any, P: Any, z: Any, F: Any, q: Any, r: Any, xp: Any) -> Any:
    """Predict and update for one scalar measurement of the first state; and minus its log-likelihood."""
    x, P = F @ x, F @ P @ F.T + q * xp.eye(2, dtype=xp.float64)
    s = P[0, 0] + r
    gain, miss = P[:, 0] / s, z - x[0]
    return x + gain * miss, P - gain[:, None] * P[0][None, :], 0.5 * (xp.log(s) + miss**2 / s)


def kalman(z: Any, F: Any, q: Any, r: Any) -> Any:
    """Minus the log-likelihood of the measurements."""
    x, P, total = np.zeros(2), np.eye(2), 0.0
    for t in range(len(z)):
        x, P, term = kalman_step(x, P, z[t], F, q, r, np)
        total = total + term
    return total


def kalman_jax(*args: Any) -> Run:
    jax = peers.need("jax")

    def loss(z: Any, F: Any, q: Any, r: Any, xp: Any) -> Any:
        def step(carry: Any, z: Any) -> Any:
            x, P, term = kalman_step(*carry, z, F, q, r, xp)
            return (x, P), term

        return xp.sum(jax.lax.scan(step, (xp.zeros(2), xp.eye(2)), z)[1])

    return peers.jax_gradient(loss, (1, 2, 3), args)


def kalman_torch(*args: Any) -> Run:
    def loss(z: Any, F: Any, q: Any, r: Any, xp: Any) -> Any:
        x, P, total = xp.zeros(2, dtype=F.dtype), xp.eye(2, dtype=F.dtype), 0.0
        for t in range(len(z)):
            x, P, term = kalman_step(x, P, z[t], F, q, r, xp)
            total = total + term
        return total

    return peers.torch_gradient(loss, (1, 2, 3), args, compile_it=False)


def kalman_args(n: int) -> Args:
    return np.cumsum(vector(n, seed=9)), np.array([[1.0, 0.1], [-0.05, 0.98]]), np.array(0.05), np.array(0.5)


# --- a damped, driven pendulum ----------------------------------------------------------------------------


def pendulum(start: Any, p: Any, scan: Any = None, xp: Any = np) -> Any:
    """600 steps of a symplectic Euler method; the mean height. p: length, damping, drive."""

    def step(state: Any, t: Any) -> Any:
        angle, speed = state
        speed = speed + 0.02 * (-9.81 / p[0] * xp.sin(angle) - p[1] * speed + p[2] * xp.cos(t))
        angle = angle + 0.02 * speed
        return (angle, speed), xp.cos(angle)

    times = np.arange(600) * 0.02
    state = (start[0], start[1])
    if scan is not None:
        return xp.mean(scan(step, state, xp.asarray(times))[1])
    total = 0.0
    for t in times:
        state, height = step(state, t if xp is np else xp.tensor(t))
        total = total + height
    return total / len(times)


def pendulum_jax(*args: Any) -> Run:
    scan = peers.need("jax").lax.scan
    return peers.jax_gradient(lambda *a, xp: pendulum(*a, scan=scan, xp=xp), (0, 1), args)


def pendulum_torch(*args: Any) -> Run:
    return peers.torch_gradient(pendulum, (0, 1), args, compile_it=False)


# --- an exponential average -------------------------------------------------------------------------------


def garch(theta: Any, x: Any) -> Any:
    """Minus the log-likelihood of a GARCH(1, 1) model, the variances written into an array one by one."""
    variance = np.zeros(len(x), like=theta)
    variance[0] = theta[0] / (1 - theta[1] - theta[2])
    for t in range(1, len(x)):
        variance[t] = theta[0] + theta[1] * x[t - 1] ** 2 + theta[2] * variance[t - 1]
    return 0.5 * np.sum(np.log(variance) + x**2 / variance)


def garch_jax(*args: Any) -> Run:
    jax = peers.need("jax")

    def loss(theta: Any, x: Any, xp: Any) -> Any:
        def step(v: Any, before: Any) -> Any:
            v = theta[0] + theta[1] * before**2 + theta[2] * v
            return v, v

        first = theta[0] / (1 - theta[1] - theta[2])
        variance = xp.concatenate([first[None], jax.lax.scan(step, first, x[:-1])[1]])
        return 0.5 * xp.sum(xp.log(variance) + x**2 / variance)

    return peers.jax_gradient(loss, 0, args)


def garch_torch(*args: Any) -> Run:
    def loss(theta: Any, x: Any, xp: Any) -> Any:
        variance = [theta[0] / (1 - theta[1] - theta[2])]
        for t in range(1, len(x)):
            variance.append(theta[0] + theta[1] * x[t - 1] ** 2 + theta[2] * variance[t - 1])
        stacked = xp.stack(variance)
        return 0.5 * xp.sum(xp.log(stacked) + x**2 / stacked)

    return peers.torch_gradient(loss, 0, args, compile_it=False)


def garch_c(theta: Any, x: Any) -> Run:
    return peers.Hand("garch", "heldout", [x.size], [theta, x], [x[0], theta])


def loop(name: str, args: Any, f: Any, argnums: Any, **contestants: Any) -> Work:
    """A time loop: to take a tenth of JAX's scan, and at most twice the time of C."""
    ours = gradient_of(f, argnums)["ours"]
    return Work(name, args, ours=ours, peers=contestants, bar=0.1, against="jax", c_bar=2)


WORKS = [
    loop("Kalman filter, 300 steps", lambda: kalman_args(300), kalman, (1, 2, 3), jax=kalman_jax, torch=kalman_torch),
    loop(
        "driven pendulum, 600 steps",
        lambda: (np.array([0.5, 0.0]), np.array([1.0, 0.1, 0.7])),
        pendulum,
        (0, 1),
        jax=pendulum_jax,
        torch=pendulum_torch,
    ),
    loop(
        "GARCH(1, 1), 1,000 days",
        lambda: (np.array([0.05, 0.08, 0.9]), vector(1000, seed=12)),
        garch,
        0,
        jax=garch_jax,
        torch=garch_torch,
        c=garch_c,
    ),
]
