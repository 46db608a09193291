"""Matrices of difference quotients: which points serve which entries."""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

import numpy as np

from wengert.errors import InvalidArgument, explain, user_line
from wengert.methods.colouring import colour
from wengert.methods.complexstep import imaginary_step
from wengert.methods.noise import function_noise
from wengert.methods.sampling import Sampler
from wengert.methods.search import Probe, climb, power_of_two
from wengert.methods.stencils import Stencil, one_sided, product, stencil
from wengert.transforms.vmap import vmap

__all__ = ["Matrix", "Options", "differences"]

Matrix = Any


class Options(NamedTuple):
    """How to differentiate; steps: None to choose; pattern: a boolean matrix; noise: None to measure."""

    order: int
    method: str
    steps: Any
    pattern: Any
    bounds: tuple[Any, Any]
    noise: Any


class Found(NamedTuple):
    """Matrices (results, entries of x, …) of derivatives, error bounds and steps; and the noise per result."""

    value: Matrix
    error: Matrix
    step: Matrix
    noise: Any


class Sides(NamedTuple):
    """In which units and to which sides every entry of x moves.

    unit: the size of a step of 1; its sign is the side of one-sided quotients. both: whether there is room on both
    sides. room: the largest step of either kind.
    """

    unit: Any
    both: Any
    room_both: Any
    room_one: Any


def differences(sampler: Sampler, options: Options) -> Found:
    """All derivatives of an order."""
    n, m = len(sampler.x), len(sampler.center)
    if options.order > 2 and n != 1:
        raise InvalidArgument(
            explain(
                f"finite_difference at {user_line()} got order={options.order} and an argument of {n} numbers.",
                "Beyond the second, derivatives are taken of functions of one number.",
                "Give order 1 or 2, or a function of one number.",
            )
        )
    shape = (m,) + (n,) * options.order
    found = Found(np.zeros(shape, sampler.center.dtype), np.zeros(shape), np.full(shape, np.nan), np.zeros(m))
    if options.method == "complex":
        return _by_complex_step(sampler, options, found)
    sides = _sides(sampler, options)
    noise = function_noise(sampler, _toward_room(sides, options.method)) if options.noise is None else options.noise
    plan = _columns(sampler, options, sides) if options.order != 2 or n == 1 else _pairs(sampler, options, sides)
    climb(sampler, [probe for probe, _ in plan], noise)
    for probe, places in plan:
        reading = probe.reading()
        for place, rows, scale in places:
            at = (rows, *place)
            found.value[at] = reading.value[rows] / scale
            found.error[at] = reading.error[rows] / abs(scale)
            found.step[at] = reading.step[rows] * abs(scale) ** (1 / options.order)
            if len(place) == 2 and place[0] != place[1]:
                for array in found[:3]:
                    array[(rows, *place[::-1])] = array[at]
    return found._replace(noise=noise)


def _sides(sampler: Sampler, options: Options) -> Sides:
    x, (lower, upper) = sampler.x, options.bounds
    size = np.where(x == 0, 1.0, np.abs(x))
    unit = power_of_two(size) if options.steps is None else np.abs(options.steps)
    up, down = (upper - x) / unit, (x - lower) / unit
    limit = np.maximum(np.abs(x), 1.0) / 4 / unit if options.steps is None else np.full(len(x), np.inf)
    reach = _rule(options, True, options.order).reach if len(x) else 1.0
    both = np.minimum(up, down) / reach
    # On both sides, if there is room for a step as it would be chosen, or as it is given.
    usual = 8 * sampler.eps ** (1 / (2 + options.order)) * np.maximum(size, 1.0) / unit
    usual = np.ones(len(x)) if options.steps is not None else usual
    wide = both >= usual
    # Steps to one side go up, unless there is more room below; backward quotients go down by themselves.
    sign = np.where(up >= down, 1.0, -1.0)
    if options.method in ("forward", "backward"):
        far = up if options.method == "forward" else down
        sign = np.where(far >= usual * reach, 1.0, -1.0)
        wide = np.zeros(len(x), bool)
        one = np.where(sign > 0, far, down if options.method == "forward" else up)
    else:
        one = np.maximum(up, down)
    return Sides(np.where(wide, unit, sign * unit), wide, np.minimum(both, limit), np.minimum(one, limit))


def _toward_room(sides: Sides, method: str) -> Any:
    """A step to the side where the function may be evaluated, no longer than there is room."""
    return (-1 if method == "backward" else 1) * sides.unit * np.minimum(1.0, sides.room_one * 2**40)


def _rule(options: Options, both: bool, degree: int) -> Stencil:
    if options.method in ("forward", "backward"):
        return stencil(options.method, degree)
    if both:
        return stencil("central", degree)
    return stencil("forward", degree) if options.method == "richardson" else one_sided(degree)


def _probe(sampler: Sampler, options: Options, rule: Stencil, moves: list[Any], rows: Any, room: float) -> Probe:
    # A function of large numbers may still be one that changes over distances of 1, as sin does; that is tried first.
    size = max([float(np.max(np.abs(d))) for d in moves])
    return Probe(
        rule,
        moves,
        rows,
        sampler,
        float(room / rule.reach),
        options.method == "richardson",
        options.steps is not None,
        float(power_of_two(1 / np.sqrt(max(size, 1.0)))),
    )


def _columns(sampler: Sampler, options: Options, sides: Sides) -> list[Any]:
    """A probe per group of columns, and for each column the rows it fills."""
    plan = []
    pattern = options.pattern if options.order == 1 else np.ones((len(sampler.center), 1), bool)
    for group in colour(pattern, sides.both):
        direction = np.zeros(len(sampler.x))
        direction[group] = sides.unit[group]
        both = bool(sides.both[group[0]])
        rule = _rule(options, both, options.order)
        room = float(np.min(sides.room_both[group] * rule.reach if both else sides.room_one[group]))
        probe = _probe(sampler, options, rule, [direction], pattern[:, group].any(axis=1), room)
        places = [
            ((int(j),) * options.order, np.flatnonzero(pattern[:, j]), sides.unit[j] ** options.order) for j in group
        ]
        plan.append((probe, places))
    return plan


def _pairs(sampler: Sampler, options: Options, sides: Sides) -> list[Any]:
    """A probe per entry of the upper half of the Hessian that is not known to be zero."""
    plan = []
    n = len(sampler.x)
    pattern = options.pattern | options.pattern.T
    everything = np.arange(len(sampler.center))
    rows = np.ones(len(sampler.center), bool)
    for i, j in itertools.combinations_with_replacement(range(n), 2):
        if not pattern[i, j]:
            continue
        moves = [np.where(np.arange(n) == k, sides.unit, 0.0) for k in ((i,) if i == j else (i, j))]
        if i == j:
            rule = _rule(options, bool(sides.both[i]), 2)
        else:
            rule = product(_rule(options, bool(sides.both[i]), 1), _rule(options, bool(sides.both[j]), 1))
        room = min(float(sides.room_both[k] * rule.reach if sides.both[k] else sides.room_one[k]) for k in (i, j))
        probe = _probe(sampler, options, rule, moves, rows, room)
        plan.append((probe, [((i, j), everything, sides.unit[i] * sides.unit[j])]))
    return plan


def _by_complex_step(sampler: Sampler, options: Options, found: Found) -> Found:
    """One evaluation per group of columns; the error is that of the function's own arithmetic."""
    groups = colour(options.pattern, np.zeros(len(sampler.x)))

    def along(*moved: Any) -> Any:
        return imaginary_step(sampler.f, sampler.structure, sampler.leaves, moved)

    directions = [np.isin(np.arange(len(sampler.x)), group).astype(float) for group in groups]
    if sampler.vectorized and directions:
        values, slopes = vmap(along)(*sampler.pieces(np.stack(directions)))
        results = [([v[k] for v in values], [s[k] for s in slopes]) for k in range(len(groups))]
    else:
        results = [along(*sampler.pieces(d)) for d in directions]
    sampler.evaluations += len(groups)
    for group, (value, slope) in zip(groups, results, strict=True):
        real, moved = sampler.flat(value), sampler.flat(slope)
        _check_branch(real, sampler.center)
        moved = np.where(np.isfinite(sampler.center), moved, np.nan)
        for j in group:
            rows = np.flatnonzero(options.pattern[:, j])
            found.value[rows, j] = moved[rows]
            size = np.abs(moved[rows]) + np.abs(sampler.center[rows]) / max(abs(sampler.x[j]), 1e-3)
            found.error[rows, j] = 8 * sampler.out_eps[rows] * size
            found.step[rows, j] = 2.0**-100
    return found._replace(noise=sampler.out_eps * np.abs(sampler.center))


def _check_branch(found: Any, real: Any) -> None:
    """The complex function continues the real one; if their values differ, it is another branch of it."""
    good = np.isfinite(real) & np.isfinite(found)
    if np.all(np.abs(found - real)[good] <= 1e-3 * np.abs(real[good]) + 1e-3):
        return
    raise InvalidArgument(
        explain(
            f"finite_difference at {user_line()}: the function of complex numbers does not continue the real one.",
            "A root or a power of a negative number has another value there.",
            'Write method="central" or method="richardson".',
        )
    )
