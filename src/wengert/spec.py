"""Spec (shape and dtype of an array) and the arithmetic of axes."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from wengert.errors import AxisOutOfRange, InvalidArgument, explain

__all__ = ["Spec", "Specs", "normal_axes", "normal_axis", "shift", "spec"]


class Spec(NamedTuple):
    """The shape and dtype of an array."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of entries."""
        return math.prod(self.shape)


class Specs(tuple[Spec, ...]):
    """The Specs of all operands of an op, made once for all rules that read them."""

    def starts(self, axis: int) -> list[int]:
        """Where each operand begins when they are joined along an axis."""
        known: list[int] | None = self.__dict__.get(str(axis))
        if known is None:
            known = self.__dict__[str(axis)] = [0, *accumulate([s.shape[axis] for s in self])]
        return known


def spec(x: Any) -> Spec:
    """The Spec of an array, box or number."""
    try:
        return Spec(x.shape, x.dtype)
    except AttributeError:
        x = np.asarray(x)
        return Spec(x.shape, x.dtype)


def normal_axis(axis: Any, ndim: int) -> int:
    """An axis as a number from 0 to ndim - 1; raises `InvalidArgument` (also numpy's AxisError)."""
    n = operator.index(axis)
    if not -ndim <= n < ndim:
        raise AxisOutOfRange(
            explain(
                f"axis {n} is out of bounds for array of dimension {ndim}.",
                "Axes are counted from 0, or from -1 backwards.",
                f"Give an axis from {-ndim} to {ndim - 1}." if ndim else "A 0-d array has no axis: leave it out.",
            )
        )
    return n + ndim if n < 0 else n


def normal_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """`axis` (None, a number or several) as a sorted tuple of numbers from 0 to ndim - 1."""
    if axis is None:
        return tuple(range(ndim))
    if not isinstance(axis, Iterable):
        return (normal_axis(axis, ndim),)
    axes = tuple(normal_axis(a, ndim) for a in axis)
    if len(set(axes)) != len(axes):
        raise InvalidArgument(
            explain(
                f"axis={axis!r} names an axis twice.",
                "Each axis can be reduced or moved once.",
                "Leave the repetition out.",
            )
        )
    return tuple(sorted(axes))


def shift(axis: Any) -> Any:
    """A non-negative axis, or a tuple of them, as counted after one more axis was put in front."""
    return axis + 1 if isinstance(axis, int) else tuple(a + 1 for a in axis)
