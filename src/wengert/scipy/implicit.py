"""The implicit-function rule: the derivative of what a solver found follows from the equation that it solved.

    F(x(θ), θ) = 0   ⇒   F_x dx = -F_θ dθ

However x was found, and however long that took. Minima are roots of the gradient; with active constraints h = 0 of
multipliers λ they are roots of the Karush-Kuhn-Tucker equations in z = (x, λ),

    ∇f(x) + λ·∇h(x) = 0,   h(x) = 0,

as long as the active set does not change (A. V. Fiacco, "Introduction to sensitivity and stability analysis in
nonlinear programming", 1983). The rule is NumPy code, so that derivatives of any order come from it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert import tree
from wengert.scipy.closures import Closed
from wengert.transforms.bodies import merged
from wengert.transforms.forward import jvp
from wengert.transforms.matrices import jacobian
from wengert.transforms.reverse import grad

__all__ = ["along", "elementwise_root", "minimum_of", "pushed", "root_of"]

Function = Callable[..., Any]

ACTIVE = 1e-6  # how close to its limit a condition counts as holding with equality, relative to the size of x


def root_of(equation: Function) -> Function:
    """The rule (`opaque.solved`) of the root of ``equation(x, *operands)``, an array of the size of x."""

    def push(closed: Closed, tangents: Any, x: Any, values: Any) -> Any:
        f, (over, operands) = closed.opened(equation), values
        moved = _along_operands(f, x, values, tangents)
        size = np.size(x)
        matrix = np.reshape(jacobian(lambda x: f(over, x, *operands))(x), (size, size))
        return np.reshape(-np.linalg.solve(matrix, np.reshape(moved, (size,))), np.shape(x))

    return push


def elementwise_root(equation: Function) -> Function:
    """The same where every entry of x has an equation of its own."""

    def push(closed: Closed, tangents: Any, x: Any, values: Any) -> Any:
        f, (over, operands) = closed.opened(equation), values
        slope = jvp(lambda x: f(over, x, *operands), (x,), (np.ones_like(x),))[1]
        return -_along_operands(f, x, values, tangents) / slope

    return push


def _along_operands(f: Function, x: Any, values: Any, tangents: Any) -> Any:
    """F_θ dθ."""
    return along(f, x, None, values, tangents)


def along(f: Function, x: Any, moved: Any, values: Any, tangents: Any) -> Any:
    """The tangent of ``f(over, x, *operands)`` along those of x (None: it stays) and of the values."""
    return pushed(f, x, moved, values, tangents)[1]


def pushed(f: Function, x: Any, moved: Any, values: Any, tangents: Any) -> tuple[Any, Any]:
    """The value of ``f(over, x, *operands)``, and its tangent along those of x (None: it stays) and of the values."""
    leaves, structure = tree.flatten((x, values))
    ts = structure.flatten((moved if moved is not None else tree.map(lambda _: None, x), tangents))
    live = [n for n, t in enumerate(ts) if t is not None]

    def at(*moving: Any) -> Any:
        x, (over, operands) = structure.unflatten(merged(leaves, live, moving))
        return f(over, x, *operands)

    value, tangent = jvp(at, tuple([leaves[n] for n in live]), tuple([ts[n] for n in live]))
    return value, tangent


def minimum_of(objective: Function, conditions: Function, equality: Any) -> Function:
    """The rule of the minimum of ``objective(x, *operands)`` under ``conditions(x, *operands)``, a vector h.

    equality: for every condition whether it is h = 0; otherwise it is h ≥ 0, and counts if it holds with equality and
    a multiplier that pushes. x is a vector.
    """

    def push(closed: Closed, tangents: Any, x: Any, values: Any) -> Any:
        f, h, (over, operands) = closed.opened(objective), closed.opened(conditions), values
        n = np.size(x)
        active, multipliers = _multipliers(
            grad(lambda x: f(over, x, *operands))(x),
            h(over, x, *operands),
            np.reshape(jacobian(lambda x: h(over, x, *operands))(x), (len(equality), n)),
            equality,
            x,
        )

        def equations(over: Any, z: Any, *operands: Any) -> Any:
            """Stationarity, and per condition h = 0 if it is active, else λ = 0."""

            def lagrangian(x: Any) -> Any:
                return f(over, x, *operands) + np.sum(z[n:] * h(over, x, *operands))

            held = np.where(active, h(over, z[:n], *operands), z[n:])
            return np.concatenate([grad(lagrangian)(z[:n]), held])

        z = np.concatenate([x, multipliers])
        moved = _along_operands(equations, z, values, tangents)
        return -np.linalg.solve(jacobian(lambda z: equations(over, z, *operands))(z), moved)[:n]

    return push


def _multipliers(slope: Any, h: Any, matrix: Any, equality: Any, x: Any) -> tuple[Any, Any]:
    """Which conditions are active, and the λ of least |∇f + λ·∇h|, 0 for the others.

    A function of x and the operands that is λ wherever x is the minimum, and so has its derivatives.
    """
    near = np.abs(h) <= ACTIVE * (1 + np.max(np.abs(x), initial=0.0))
    candidates = np.logical_or(equality, near)
    pushes = _least(slope, matrix, candidates) <= 0
    active = np.logical_and(candidates, np.logical_or(equality, pushes))
    return active, _least(slope, matrix, active)


def _least(slope: Any, matrix: Any, active: Any) -> Any:
    """The λ of least |∇f + λ·∇h|, 0 where a condition is not active."""
    rows = np.where(active[:, None], matrix, 0.0)
    normal = rows @ rows.T + np.diag(np.where(active, 0.0, 1.0))
    return -np.linalg.solve(normal, rows @ slope) if len(matrix) else np.zeros(0)
