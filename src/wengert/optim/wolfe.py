"""A step length for a direction of descent: the strong Wolfe conditions.

    f(t) ≤ f(0) + c₁ t f'(0)      it goes down as far as the slope promises, more or less
    |f'(t)| ≤ c₂ |f'(0)|          it does not go on down

J. Nocedal and S. Wright, "Numerical optimization" (2006), algorithms 3.5 and 3.6: steps grow until an interval must
hold a good one, which then shrinks. Steps are found as minima of cubics. The constants are those of PyTorch's LBFGS.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = ["Point", "strong_wolfe"]

SUFFICIENT, CURVATURE = 1e-4, 0.9
MOST = 25  # evaluations


class Point(NamedTuple):
    """A step length t, the value there, the gradient, and its component along the direction."""

    t: float
    value: float
    gradient: Any
    slope: float


def strong_wolfe(
    at: Callable[[float], Point], start: Point, t: float, largest: float, tolerance: float = 1e-9
) -> tuple[Point, int]:
    """A point that satisfies the conditions, or the best that was found; how many were tried.

    at: computes the point of a step length. start: that of length 0. t: the first length to try. largest: the largest
    entry of the direction; an interval is not divided further when it moves no unknown by more than the tolerance.
    """
    ends, tried = _bracket(at, start, t)
    if len(ends) == 1:
        return ends[0], tried
    return _zoom(at, start, ends, tried, largest, tolerance)


def _falls_short(point: Point, start: Point) -> bool:
    return point.value > start.value + SUFFICIENT * point.t * start.slope


def _is_flat(point: Point, start: Point) -> bool:
    return abs(point.slope) <= -CURVATURE * start.slope


def _bracket(at: Callable[[float], Point], start: Point, t: float) -> tuple[list[Point], int]:
    """Two points with a good one between them, or a good one."""
    before, now = start, at(t)
    for n in range(MOST):
        if _falls_short(now, start) or (n > 1 and now.value >= before.value):
            return [before, now], n + 1
        if _is_flat(now, start):
            return [now], n + 1
        if now.slope >= 0:
            return [before, now], n + 1
        t = lowest(before, now, (now.t + 0.01 * (now.t - before.t), 10 * now.t))
        before, now = now, at(t)
    return [start, now], MOST + 1


def _zoom(
    at: Callable[[float], Point], start: Point, ends: list[Point], tried: int, largest: float, tolerance: float
) -> tuple[Point, int]:
    """Shrink an interval around a good point; the lower end is the best so far."""
    low, high = ends if ends[0].value <= ends[1].value else ends[::-1]
    was_near_an_end = False
    for _ in range(tried - 1, MOST):
        if abs(high.t - low.t) * largest < tolerance:
            break
        left, right = min(low.t, high.t), max(low.t, high.t)
        t = lowest(low, high, (left, right))
        margin = 0.1 * (right - left)
        near = min(right - t, t - left) < margin
        if near and (was_near_an_end or t >= right or t <= left):  # twice in a row: it would creep
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            near = False
        was_near_an_end = near
        new = at(t)
        tried += 1
        if _falls_short(new, start) or new.value >= low.value:
            low, high = (low, new) if low.value <= new.value else (new, low)
            continue
        if _is_flat(new, start):
            return new, tried
        if new.slope * (high.t - low.t) >= 0:
            high = low
        low = new
    return low, tried


def lowest(a: Point, b: Point, within: tuple[float, float]) -> float:
    """Where the cubic with the values and slopes of two points is lowest, kept within bounds; their middle if nowhere.

    Nocedal and Wright, equation 3.59.
    """
    left, right = (a, b) if a.t <= b.t else (b, a)
    d1 = left.slope + right.slope - 3 * (left.value - right.value) / (left.t - right.t)
    square = d1 * d1 - left.slope * right.slope
    if not square >= 0:
        return (within[0] + within[1]) / 2
    d2 = math.sqrt(square)
    t = right.t - (right.t - left.t) * ((right.slope + d2 - d1) / (right.slope - left.slope + 2 * d2))
    return min(max(t, within[0]), within[1])
