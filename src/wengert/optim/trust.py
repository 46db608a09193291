"""Minima of a quadratic model inside of a ball, and how the ball grows and shrinks.

    m(p) = g·p + ½ p·H p,  |p| ≤ Δ

The model is trusted in the ball; how well it foretold the last step says how large the next ball may be (J. Nocedal and
S. Wright, "Numerical optimization", 2006, chapter 4).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Quadratic", "by_conjugate_gradients", "by_eigenvalues", "descend"]

Product = Callable[[Any], Any]


class Quadratic(NamedTuple):
    """A function near a point: its value, its gradient, and products with its Hessian or what stands for it."""

    value: float
    gradient: Any
    product: Product


def by_conjugate_gradients(model: Quadratic, radius: float) -> Any:
    """The step of T. Steihaug, "The conjugate gradient method and trust regions in large scale optimization" (1983).

    Conjugate gradients until the residual is small, or the ball ends, or the curvature is not positive: then as far as
    the ball goes. The residual may be the larger the further the minimum is, so that convergence is quadratic.
    """
    g = model.gradient
    size = float(np.linalg.norm(g))
    enough = min(0.5, size) * size
    p, r, d = np.zeros_like(g), g, -g
    for _ in range(2 * len(g) + 2):
        square = float(r @ r)
        if square**0.5 <= enough:
            break
        hd = model.product(d)
        curvature = float(d @ hd)
        if curvature <= 0:
            return _to_the_edge(p, d, radius)
        a = square / curvature
        if np.linalg.norm(p + a * d) >= radius:
            return _to_the_edge(p, d, radius)
        p, r = p + a * d, r + a * hd
        d = (float(r @ r) / square) * d - r
    return p


def _to_the_edge(p: Any, d: Any, radius: float) -> Any:
    """p + t d on the sphere, t > 0."""
    a, b, c = float(d @ d), float(p @ d), float(p @ p) - radius**2
    return p + d * ((-b + np.sqrt(max(b * b - a * c, 0.0))) / a)


def by_eigenvalues(model: Quadratic, radius: float) -> Any:
    """The very minimum in the ball: -(H + λ)⁻¹ g with the least λ ≥ 0 for which this is defined and in the ball.

    J. Moré and D. Sorensen, "Computing a trust region step" (1983); in H's eigenvectors the length of the step is a sum
    of squares that decreases in λ, so that λ is found by bisection.
    """
    g = model.gradient
    columns = np.stack([model.product(row) for row in np.eye(len(g), dtype=g.dtype)], axis=1)
    values, vectors = np.linalg.eigh((columns + columns.T) / 2)
    along = vectors.T @ g
    size, scale = float(np.linalg.norm(g)), float(np.max(np.abs(values)))
    least, rounding = float(values[0]), 1e-14 * max(scale, float(np.finfo(g.dtype).tiny))

    def step(shift: float) -> Any:
        return -along / (values + shift)

    if least >= -rounding:
        curved = values > rounding
        if np.all(np.abs(along[~curved]) <= 1e-14 * size):  # what has neither slope nor curvature stays
            p = np.where(curved, -along / np.where(curved, values, 1), 0)
            if np.linalg.norm(p) <= radius:
                return vectors @ p
    low = max(0.0, -least) + rounding
    high = low + size / radius
    if np.linalg.norm(step(low)) < radius:
        # The hard case: the gradient has nothing along the lowest direction, which is followed to the edge.
        return _to_the_edge(vectors @ step(low), vectors[:, 0], radius)
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if np.linalg.norm(step(middle)) > radius else (low, middle)
    return vectors @ step(high)


def descend(
    solver: Callable[[Quadratic, float], Any],
    model: Quadratic,
    value_at: Callable[[Any], float],
    radius: float,
    largest: float,
) -> tuple[Any, float, float]:
    """A step p, the value after it and the next radius; the step is 0 if the value would not go down.

    value_at: the value after a step. largest: the largest radius.
    """
    p = solver(model, radius)
    length = float(np.linalg.norm(p))
    foretold = -float(model.gradient @ p + 0.5 * (p @ model.product(p)))
    value = value_at(p)
    # Near the minimum differences are rounding errors, which say nothing about the model.
    rounding = 10 * np.finfo(p.dtype).eps * max(abs(model.value), abs(value) if np.isfinite(value) else 0.0)
    gained = model.value - value
    ratio = 1.0 if abs(gained) <= rounding and foretold <= rounding else gained / max(foretold, 1e-300)
    if not ratio >= 0.25:
        radius = length / 4
    elif ratio > 0.75 and length > 0.99 * radius:
        radius = min(2 * radius, largest)
    if not ratio > 1e-4:
        return np.zeros_like(p), model.value, radius
    return p, value, radius
