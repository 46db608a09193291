"""Bundle adjustment as in ADBench: every reprojection residual and its 2×15 block of derivatives.

A camera is (rotation 3, centre 3, focal length, principal point 2, radial distortion 2); a residual depends on its
camera (11), its point (3) and its weight (1). All cameras, points and weights are gathered by observation.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import wengert as wg
from benchmarks.jitbench import peers
from benchmarks.jitbench.work import Args, Run, Work


def rodrigues(rot: Any, pt: Any, xp: Any) -> Any:
    """`pt` turned about the axis `rot` by its length."""
    square = xp.sum(rot**2)
    theta = xp.sqrt(xp.where(square > 0, square, 1.0))
    axis = rot / theta
    c, s = xp.cos(theta), xp.sin(theta)
    turned = pt * c + xp.cross(axis, pt) * s + axis * (xp.dot(axis, pt) * (1 - c))
    return xp.where(square > 0, turned, pt + xp.cross(rot, pt))


def residual(z: Any, feature: Any, xp: Any = np) -> Any:
    """What is left between the projected point and the feature, of one observation."""
    rot, centre, focal, principal, k1, k2 = z[0:3], z[3:6], z[6], z[7:9], z[9], z[10]
    point, weight = z[11:14], z[14]
    seen = rodrigues(rot, point - centre, xp)
    flat = seen[:2] / seen[2]
    square = xp.sum(flat**2)
    return weight * (flat * (1 + k1 * square + k2 * square**2) * focal + principal - feature)


def blocks(cams: Any, points: Any, weights: Any, obs: Any, features: Any) -> Any:
    """Residuals (p, 2) and blocks (p, 2, 15)."""
    z = np.concatenate([cams[obs[:, 0]], points[obs[:, 1]], weights[:, None]], axis=1)
    return wg.vmap(residual)(z, features), wg.vmap(wg.jacobian(residual))(z, features)


def blocks_jax(*args: Any) -> Run:
    jax = peers.need("jax")
    jnp = jax.numpy

    def one(z: Any, feature: Any) -> Any:
        return residual(z, feature, jnp)

    def both(cams: Any, points: Any, weights: Any, obs: Any, features: Any) -> Any:
        z = jnp.concatenate([cams[obs[:, 0]], points[obs[:, 1]], weights[:, None]], axis=1)
        return jax.vmap(one)(z, features), jax.vmap(jax.jacrev(one))(z, features)

    return peers.jax_run(jax.jit(both), args)


def blocks_torch(*args: Any) -> Run:
    torch = peers.need("torch")

    class Dialect:
        sum, sqrt, where, cos, sin, dot = torch.sum, torch.sqrt, torch.where, torch.cos, torch.sin, torch.dot
        cross = torch.linalg.cross

    def one(z: Any, feature: Any) -> Any:
        return residual(z, feature, Dialect)

    def both(cams: Any, points: Any, weights: Any, obs: Any, features: Any, xp: Any) -> Any:
        z = torch.cat([cams[obs[:, 0]], points[obs[:, 1]], weights[:, None]], 1)
        return torch.vmap(one)(z, features), torch.vmap(torch.func.jacrev(one))(z, features)

    return peers.torch_value(both, args)


def blocks_casadi(cams: Any, points: Any, weights: Any, obs: Any, features: Any) -> Run:
    casadi = peers.need("casadi")
    z, feature = casadi.SX.sym("z", 15), casadi.SX.sym("feature", 2)

    class Dialect:
        sum, sqrt, cos, sin = casadi.sum1, casadi.sqrt, casadi.cos, casadi.sin
        where, cross, dot = casadi.if_else, casadi.cross, casadi.dot

    r = residual(z, feature, Dialect)
    one = casadi.Function("one", [z, feature], [r, casadi.densify(casadi.jacobian(r, z).T)])
    p = len(obs)
    many = one.map(p)
    # Gathering is NumPy's, in every run; CasADi's matrices are our transposes, the blocks (15, 2 p) our (p, 2, 15).
    gathered = np.empty((p, 15))
    run = peers.casadi_run(many, [gathered, features], [(p, 2), (p, 2, 15)])
    own = run.keep[0][0]  # type: ignore[attr-defined]

    def gather_and_run() -> Any:
        own[:, :11] = cams[obs[:, 0]]
        own[:, 11:14] = points[obs[:, 1]]
        own[:, 14] = weights
        return run()

    return peers.noted(gather_and_run, run.way)  # type: ignore[attr-defined]


def blocks_c(cams: Any, points: Any, weights: Any, obs: Any, features: Any) -> Run:
    p = len(obs)
    args = [cams, points, weights, obs.astype(np.int64), features]
    return peers.Hand("blocks", "bundle", [p], args, [np.empty((p, 2)), np.empty((p, 2, 15))])


def arguments(n: int, m: int, p: int) -> Args:
    """n cameras, m points, p observations; points lie in front of the cameras."""
    rng = peers.rng(11)
    cams = np.concatenate(
        [
            0.1 * rng.standard_normal((n, 3)),
            0.5 * rng.standard_normal((n, 3)),
            500 + 100 * rng.standard_normal((n, 1)),
            rng.standard_normal((n, 2)),
            0.01 * rng.standard_normal((n, 2)),
        ],
        axis=1,
    )
    points = rng.standard_normal((m, 3)) + np.array([0, 0, 8.0])
    obs = np.stack([rng.integers(0, n, p), rng.integers(0, m, p)], axis=1)
    return cams, points, rng.uniform(0.5, 1, p), obs, 100 * rng.standard_normal((p, 2))


def bundle_work(n: int, m: int, p: int, bar: float) -> Work:
    return Work(
        f"bundle adjustment, {p:,} observations",
        lambda: arguments(n, m, p),
        ours=lambda jit: jit(blocks),
        peers={"jax": blocks_jax, "torch": blocks_torch, "casadi": blocks_casadi, "c": blocks_c},
        bar=bar,
        c_bar=1.5,
    )


WORKS = [bundle_work(40, 800, 3000, 0.3), bundle_work(49, 7776, 31843, 0.6)]
