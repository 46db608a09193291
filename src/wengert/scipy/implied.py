"""What follows from a density: probabilities are its integrals, quantiles their inverses.

SciPy has compiled code for many of them, or integrates and searches. The value stays SciPy's; with F(x, θ) the
probability below x, p the density, and x(q, θ) the quantile,

    dF = p dx + ∫ p_θ dθ        F(x, θ) = q   ⇒   p dx = dq - F_θ dθ

Both are NumPy code again, so that derivatives of any order come from them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import Box
from wengert.ops.spelling import lift
from wengert.scipy.doubleexponential import integral
from wengert.scipy.implicit import elementwise_root
from wengert.scipy.opaque import solved
from wengert.transforms.bodies import merged
from wengert.transforms.forward import jvp

__all__ = ["expectation", "inverse", "locally_constant", "over_entries", "probability", "without_rule"]

Function = Callable[..., Any]


class _Moving:
    """Which of some values are boxes: they become operands of an op, the others are constants of it."""

    def __init__(self, values: Sequence[Any]) -> None:
        shape = np.broadcast_shapes(*[np.shape(x) for x in values])
        self.values = [np.broadcast_to(x, shape) for x in values]
        self.places = [n for n, x in enumerate(self.values) if isinstance(x, Box)]

    @property
    def boxes(self) -> list[Any]:
        return [self.values[n] for n in self.places]

    def full(self, moved: Sequence[Any]) -> list[Any]:
        """All values, these in the place of the boxes."""
        return merged(self.values, self.places, moved)


def over_entries(f: Function, *values: Any) -> Any:
    """``f(x, y, ...)``, a function of numbers, of every entry of arrays that broadcast."""
    values = tuple([lift(x) for x in values])
    shape = np.broadcast_shapes(*[np.shape(x) for x in values])
    columns = [np.reshape(np.broadcast_to(x, shape), (-1,)) for x in values]
    found = [f(*[c[n] for c in columns]) for n in range(int(np.prod(shape)))]
    return np.reshape(np.stack(found), shape) if found else np.zeros(shape)


def probability(
    name: str, value: Function, dist: Any, start: Function, sign: int, y: Any, shapes: Sequence[Any]
) -> Any:
    """``value(y, *shapes)``, SciPy's probability of what lies between y and an end of the support.

    dist: a continuous distribution. start: that end, where the density vanishes, or that the shapes do not move. sign:
    1 if it is the lower end, -1 if it is the upper one.
    """
    moving = _Moving([y, *shapes])
    if not moving.places:
        return value(y, *shapes)

    def run(*moved: Any) -> Any:
        values = [np.asarray(x) for x in moving.full(moved)]
        return (np.asarray(value(*values), float), *_bulk(dist, values[1:])), None

    def push(closed: Any, tangents: Any, found: Any, values: Any) -> Any:
        (out, middle, width), (y, *shapes) = found, moving.full(values[1])
        ts = dict(zip(moving.places, tangents[1], strict=True))
        total = np.zeros_like(out)
        if ts.get(0) is not None:
            total = total + dist.density(y, *shapes) * ts[0]
        live = [n for n in moving.places if n and ts[n] is not None]
        if live:
            spread = [x[..., None] for x in shapes]
            slope = _slope(dist, spread, {n - 1: ts[n][..., None] for n in live})
            end = np.broadcast_to(lift(start(*shapes)), np.shape(y))
            via = np.clip(middle, np.minimum(end, y), np.maximum(end, y))
            counts = _counted(dist, spread)
            total = total + integral(slope, end, via, width, counts) + integral(slope, via, y, width, counts)
        return sign * total, np.zeros_like(middle), np.zeros_like(width)

    return solved(name, run, tuple(moving.boxes), push=push)[0][0]


def _slope(dist: Any, shapes: Sequence[Any], tangents: Mapping[int, Any]) -> Function:
    """x ↦ p_θ dθ. tangents: those of the shape parameters that move, by their places."""

    def slope(x: Any) -> Any:
        def along(*moved: Any) -> Any:
            return dist.density(x, *merged(shapes, list(tangents), moved))

        return jvp(along, tuple([shapes[n] for n in tangents]), tuple(tangents.values()))[1]

    return slope


def expectation(name: str, value: Function, dist: Any, of: Function, shapes: Sequence[Any]) -> Any:
    """``value(*shapes)``, SciPy's integral of ``of(y, *shapes)`` times the density."""
    moving = _Moving(shapes)
    if not moving.places:
        return value(*shapes)

    def run(*moved: Any) -> Any:
        values = [np.asarray(x) for x in moving.full(moved)]
        return (np.asarray(value(*values), float), *_bulk(dist, values)), None

    def push(closed: Any, tangents: Any, found: Any, values: Any) -> Any:
        _, middle, width = found

        def formula(*moved: Any) -> Any:
            shapes = moving.full(moved)
            spread = [x[..., None] for x in shapes]
            low, high = [np.broadcast_to(lift(end), np.shape(middle)) for end in dist.range_of(shapes)]

            def integrand(y: Any) -> Any:
                return of(y, *spread) * dist.density(y, *spread)

            counts = _counted(dist, spread)
            return integral(integrand, low, middle, width, counts) + integral(integrand, middle, high, width, counts)

        moved = jvp(formula, tuple(values[1]), tuple(tangents[1]))[1]
        return moved, np.zeros_like(middle), np.zeros_like(width)

    return solved(name, run, tuple(moving.boxes), push=push)[0][0]


def _bulk(dist: Any, shapes: Sequence[Any]) -> tuple[Any, Any]:
    """Where the density has its bulk: the median, and the distance of the quartiles. Integrals are split there."""
    first, middle, last = [np.asarray(dist.theirs.ppf(q, *shapes), float) for q in (0.25, 0.5, 0.75)]
    return middle, last - first


def _counted(dist: Any, shapes: Any) -> Function:
    """Where a density is a number that is worth its derivative."""

    def counts(x: Any) -> Any:
        p = dist.density(x, *shapes)
        return (p > 1e-290) & np.isfinite(p)

    return counts


def _known(name: str, value: Function, values: Sequence[Any], rule: Callable[[_Moving], Function]) -> Any:
    """``value(*values)`` of SciPy, whose derivative is what the rule, of what moves, says (`solved`: push)."""
    moving = _Moving(values)
    if not moving.places:
        return value(*values)

    def run(*moved: Any) -> Any:
        return np.asarray(value(*[np.asarray(x) for x in moving.full(moved)]), float), None

    return solved(name, run, tuple(moving.boxes), push=rule(moving))[0]


def inverse(name: str, value: Function, probability: Function, q: Any, shapes: Sequence[Any]) -> Any:
    """``value(q, *shapes)``, SciPy's solution x of ``probability(x, *shapes) == q``."""

    def rule(moving: _Moving) -> Function:
        def equation(x: Any, *moved: Any) -> Any:
            q, *shapes = moving.full(moved)
            return probability(x, *shapes) - q

        return elementwise_root(equation)

    return _known(name, value, [q, *shapes], rule)


def without_rule(name: str, value: Function, missing: Function, operands: Sequence[Any]) -> Any:
    """``value(*operands)`` of SciPy, of which no derivative is known: `missing` raises the error."""

    def push(closed: Any, tangents: Any, found: Any, values: Any) -> Any:
        raise missing()

    return _known(name, value, operands, lambda moving: push)


def locally_constant(name: str, value: Function, *operands: Any) -> Any:
    """``value(*operands)`` of SciPy, whose derivative is zero: whole numbers."""

    def push(closed: Any, tangents: Any, found: Any, values: Any) -> Any:
        return np.zeros_like(found)

    return _known(name, value, [lift(x) for x in operands], lambda moving: push)
