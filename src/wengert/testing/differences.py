"""Derivatives along a direction by values of the function alone: what the laws compare with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.errors import WengertError
from wengert.explanation.watch import bare
from wengert.methods.complexstep import imaginary_step
from wengert.testing.problem import Problem
from wengert.tree import flatten

__all__ = ["Slope", "slope"]


class Slope(NamedTuple):
    """A directional derivative per result. error: its estimated error. left, right: the one-sided ones."""

    value: list[Any]
    error: float
    left: list[Any]
    right: list[Any]


def slope(p: Problem, ts: Sequence[Any], step: float | None, by_complex_step: bool, sides: bool) -> Slope:
    """The derivative of f along t.

    (f(x+h) - f(x-h)) / 2h = f' + c h² + …; with h and h/2 the term in h² drops out (L. F. Richardson, 1911), and what
    the two differ by bounds the error. One side: (-3 f(x) + 4 f(x+h) - f(x+2h)) / 2h = f' + O(h²).
    """
    if by_complex_step:
        leaves = [np.asarray(x) for x in p.xs]
        try:
            _, exact = imaginary_step(lambda xs: p.f(*xs), flatten(leaves)[1], leaves, ts)
            return Slope(exact, 0.0, [], [])
        except (WengertError, TypeError, ValueError):
            by_complex_step = False  # it is no analytic function, or does not take complex numbers
    h = step or np.finfo(np.float64).eps ** 0.25
    at = {k: _values(p, k * h, ts) for k in ((-2, -1, 0, 1, 2) if sides else (-1, 1))}
    half = {k: _values(p, k * h / 2, ts) for k in (-1, 1)}
    value, error, left, right = [], 0.0, [], []
    for n in range(len(p.kept)):
        wide = (at[1][n] - at[-1][n]) / (2 * h)
        narrow = (half[1][n] - half[-1][n]) / h
        value.append((4 * narrow - wide) / 3)
        size = max(1.0, float(np.max(np.abs(half[1][n]), initial=0.0)))
        error = max(error, float(np.max(np.abs(wide - narrow), initial=0.0)) * h + 4 * np.finfo(float).eps * size / h)
        if sides:
            right.append((-3 * at[0][n] + 4 * at[1][n] - at[2][n]) / (2 * h))
            left.append((3 * at[0][n] - 4 * at[-1][n] + at[-2][n]) / (2 * h))
    return Slope(value, error, left, right)


def _values(p: Problem, h: float, ts: Sequence[Any]) -> list[Any]:
    with np.errstate(all="ignore"):
        outs = [np.asarray(bare(o)) for o in p.f(*p.moved(h, ts))]
    return [o.astype(np.result_type(o, np.float64)) for o in outs]
