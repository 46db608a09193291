"""Difference quotients as lists of points and weights: the d-th derivative is Σ w f(x + c h) / hᵈ + O(hᵖ)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

__all__ = ["Stencil", "one_sided", "product", "stencil"]


class Stencil(NamedTuple):
    """A difference quotient.

    offsets: the points, in steps; one number per direction (two for a mixed derivative). weights: one per point.
    degree: of the derivative. order: the power of h that the error begins with. stride: by how much the powers in the
    error's expansion grow (2 where it is even in h).
    """

    offsets: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    degree: int
    order: int
    stride: int

    @property
    def reach(self) -> float:
        """The largest offset."""
        return max(abs(c) for point in self.offsets for c in point)

    @property
    def backward(self) -> bool:
        """Whether points lie on both sides."""
        return any(c < 0 for point in self.offsets for c in point)


@lru_cache
def stencil(method: str, degree: int) -> Stencil:
    """The shortest quotient of a kind: "forward" and "backward" have errors of order h, "central" of order h²."""
    if method == "central":
        half = (degree + 1) // 2
        return _with_weights(range(-half, half + 1), degree, 2, 2)
    sign = 1 if method == "forward" else -1
    return _with_weights([sign * k for k in range(degree + 1)], degree, 1, 1)


@lru_cache
def one_sided(degree: int) -> Stencil:
    """The quotient of order h² whose points lie on the upper side only."""
    return _with_weights(range(degree + 2), degree, 2, 1)


@lru_cache
def product(first: Stencil, second: Stencil) -> Stencil:
    """The mixed derivative along two directions."""
    pairs = list(itertools.product(range(len(first.offsets)), range(len(second.offsets))))
    return Stencil(
        tuple([(*first.offsets[i], *second.offsets[j]) for i, j in pairs]),
        tuple([first.weights[i] * second.weights[j] for i, j in pairs]),
        first.degree + second.degree,
        min(first.order, second.order),
        min(first.stride, second.stride),
    )


def _with_weights(offsets: Sequence[int], degree: int, order: int, stride: int) -> Stencil:
    """The weights make the quotient exact for all polynomials that the points determine: Σ w cᵏ = k! [k = d].

    So a weight is d! times the coefficient of tᵈ in the polynomial that is 1 at its own point and 0 at the others. It
    is found in fractions: weights that did not cancel to the last digit would be divided by hᵈ.
    """
    kept = []
    for c in offsets:
        polynomial = [Fraction(1)]
        for other in offsets:
            if other != c:
                shifted, scaled = [Fraction(0), *polynomial], [*[-other * a for a in polynomial], Fraction(0)]
                polynomial = [(a + b) / (c - other) for a, b in zip(shifted, scaled, strict=True)]
        weight = math.factorial(degree) * polynomial[degree]
        if weight:
            kept.append((float(c), float(weight)))
    return Stencil(tuple([(c,) for c, _ in kept]), tuple([w for _, w in kept]), degree, order, stride)
