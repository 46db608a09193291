"""A thousand steps of a small state: Runge and Kutta's method on Lotka and Volterra's predators and prey."""

from __future__ import annotations

from typing import Any

import numpy as np

import wengert as wg
from benchmarks.jitbench import peers
from benchmarks.jitbench.work import Args, Run, Work, gradient_of

STEPS, H = 1000, 0.01


def slope(x: Any, y: Any, p: Any) -> Any:
    return p[0] * x - p[1] * x * y, p[3] * x * y - p[2] * y


def step(x: Any, y: Any, p: Any) -> Any:
    """One step of the classical fourth-order method."""
    ax, ay = slope(x, y, p)
    bx, by = slope(x + H / 2 * ax, y + H / 2 * ay, p)
    cx, cy = slope(x + H / 2 * bx, y + H / 2 * by, p)
    dx, dy = slope(x + H * cx, y + H * cy, p)
    return x + H / 6 * (ax + 2 * bx + 2 * cx + dx), y + H / 6 * (ay + 2 * by + 2 * cy + dy)


def lotka_volterra(u: Any, p: Any) -> Any:
    """Predators times prey at the end, by a plain Python loop."""
    x, y = u[0], u[1]
    for _ in range(STEPS):
        x, y = step(x, y, p)
    return x * y


def lotka_volterra_scan(u: Any, p: Any, scan: Any = None, xp: Any = np) -> Any:
    """The same by a scan."""
    (x, y), _ = (scan or wg.scan)(lambda s, _: (step(*s, p), None), (u[0], u[1]), None, length=STEPS)
    return x * y


def loop_jax(*args: Any) -> Run:
    scan = peers.need("jax").lax.scan
    return peers.jax_gradient(lambda *a, xp: lotka_volterra_scan(*a, scan=scan), (0, 1), args)


def loop_torch(*args: Any) -> Run:
    # torch.compile would unroll 30,000 operations of one number each.
    return peers.torch_gradient(lambda u, p, xp: lotka_volterra(u, p), (0, 1), args, compile_it=False)


def loop_casadi(u: Any, p: Any) -> Run:
    casadi = peers.need("casadi")
    state, rates = casadi.SX.sym("u", 2), casadi.SX.sym("p", 4)
    one = casadi.Function(
        "one", [state, rates], [casadi.vertcat(*step(state[0], state[1], [*casadi.vertsplit(rates)]))]
    )
    start, fixed = casadi.MX.sym("u", 2), casadi.MX.sym("p", 4)
    trajectory = one.mapaccum(STEPS)(start, casadi.repmat(fixed, 1, STEPS))
    value = trajectory[0, -1] * trajectory[1, -1]
    gradients = [casadi.gradient(value, start), casadi.gradient(value, fixed)]
    return peers.casadi_run(casadi.Function("loop", [start, fixed], [value, *gradients]), [u, p], [(), (2,), (4,)])


def loop_c(u: Any, p: Any) -> Run:
    return peers.Hand("lotka_volterra", "timeloops", [STEPS], [u, p], [u[0], u, p])


def arguments() -> Args:
    return np.array([1.0, 1.5]), np.array([1.5, 1.0, 3.0, 1.0])


PEERS = {"jax": loop_jax, "torch": loop_torch, "casadi": loop_casadi, "c": loop_c}

WORKS = [
    Work(
        "time loop, 1,000 steps, Python loop",
        arguments,
        ours=gradient_of(lotka_volterra, (0, 1))["ours"],
        peers=PEERS,
        bar=0.1,
        against="jax",
        c_bar=2,
    ),
    Work(
        "time loop, 1,000 steps, wg.scan",
        arguments,
        ours=gradient_of(lotka_volterra_scan, (0, 1))["ours"],
        peers=PEERS,
        bar=0.1,
        against="jax",
        c_bar=2,
        needs="scan",
    ),
]
