"""Transforms of the pieces of an array, each by another transform; of sizes; and of numbers to probabilities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.distributions.transforms import Transform, rightmost
from wengert.errors import refuse
from wengert.spec import normal_axis

__all__ = ["AbsTransform", "CatTransform", "CumulativeDistributionTransform", "StackTransform"]


class AbsTransform(Transform):
    """y = |x|, which is no bijection: its inverse gives the positive x.

    >>> import numpy as np, wengert as wg
    >>> t = wg.distributions.AbsTransform()
    >>> t(-3.0), t.inv(3.0)
    (np.float64(3.0), 3.0)
    """

    bijective = False

    def _call(self, x: Any) -> Any:
        return np.abs(x)

    def _inverse(self, y: Any) -> Any:
        return y


class CumulativeDistributionTransform(Transform):
    """y = the probability, by a distribution, of a number that is at most x.

    >>> import wengert as wg
    >>> t = wg.distributions.CumulativeDistributionTransform(wg.distributions.Exponential(1.0))
    >>> t(0.0), t.inv(t(2.0)).round(6)
    (np.float64(0.0), np.float64(2.0))
    """

    distribution: Any

    def __init__(self, distribution: Any) -> None:
        self._hold({"distribution": distribution})

    def _call(self, x: Any) -> Any:
        return self.distribution.cdf(x)

    def _inverse(self, y: Any) -> Any:
        return self.distribution.icdf(y)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return self.distribution.log_prob(x)


class _Pieces(Transform):
    """Takes an array apart along an axis, transforms each part, and puts the results together."""

    parts: list[Transform]

    @property
    def in_axes(self) -> int:
        return max([t.in_axes for t in self.parts], default=0)

    @property
    def out_axes(self) -> int:
        return max([t.out_axes for t in self.parts], default=0)

    def _axis(self, x: Any) -> int:
        """The axis, from the left."""
        return normal_axis(self._constants[0], np.ndim(x))

    def _apart(self, x: Any) -> list[Any]:
        raise NotImplementedError

    def _together(self, results: Sequence[Any], axis: int) -> Any:
        raise NotImplementedError

    def _each(self, maps: Sequence[Callable[[Any], Any]], x: Any) -> Any:
        return self._together([t(part) for t, part in zip(maps, self._apart(x), strict=True)], self._axis(x))

    def _changes(self, x: Any, y: Any) -> list[Any]:
        """The log determinants of the parts, those of their arrays that belong to one array added up."""
        triples = zip(self.parts, self._apart(x), self._apart(y), strict=True)
        return [rightmost(t.log_abs_det_jacobian(a, b), self.in_axes - t.in_axes) for t, a, b in triples]

    def _call(self, x: Any) -> Any:
        return self._each(self.parts, x)

    def _inverse(self, y: Any) -> Any:
        return self._each([t.inv for t in self.parts], y)


class CatTransform(_Pieces):
    """Transforms of consecutive pieces along an axis, whose lengths are given, by default 1.

    tseq: the transforms. dim: the axis. Raises `InvalidArgument` if the lengths are not those of an array.

    >>> import numpy as np, wengert as wg
    >>> D = wg.distributions
    >>> D.CatTransform([D.ExpTransform(), D.AffineTransform(1.0, 2.0)], lengths=[1, 2])(np.zeros(3))
    array([1., 1., 1.])
    """

    def __init__(self, tseq: Sequence[Transform], dim: int = 0, lengths: Sequence[int] | None = None) -> None:
        sizes = (1,) * len(tseq) if lengths is None else tuple([int(n) for n in lengths])
        if len(sizes) != len(tseq):
            raise refuse(
                f"CatTransform got {len(tseq)} transforms and {len(sizes)} lengths",
                "Each transforms a piece.",
                "Give one length for each.",
            )
        self._hold({"parts": list(tseq)}, int(dim), sizes)

    def _apart(self, x: Any) -> list[Any]:
        sizes, axis = self._constants[1], self._axis(x)
        if np.shape(x)[axis] != sum(sizes):
            raise refuse(
                f"CatTransform got an array of shape {np.shape(x)}",
                f"Its pieces are {sum(sizes)} long together, along axis {axis}.",
                "Give an array of that length, or other lengths.",
            )
        return list(np.split(x, np.cumsum(sizes)[:-1].tolist(), axis=axis))

    def _together(self, results: Sequence[Any], axis: int) -> Any:
        return np.concatenate(results, axis=axis)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        axis, each = self._axis(x), self._changes(x, y)
        if axis < np.ndim(x) - self.in_axes:
            return np.concatenate(each, axis=axis)
        return sum(each[1:], each[0])  # the pieces are pieces of one array


class StackTransform(_Pieces):
    """Transforms of the slices along an axis, one for each of its entries.

    tseq: the transforms. dim: the axis, left of those that a transform takes together.

    >>> import numpy as np, wengert as wg
    >>> D = wg.distributions
    >>> D.StackTransform([D.ExpTransform(), D.AffineTransform(1.0, 2.0)], dim=1)(np.zeros((3, 2)))[0]
    array([1., 1.])
    """

    def __init__(self, tseq: Sequence[Transform], dim: int = 0) -> None:
        self._hold({"parts": list(tseq)}, int(dim))

    def _apart(self, x: Any) -> list[Any]:
        axis = self._axis(x)
        if np.shape(x)[axis] != len(self.parts):
            raise refuse(
                f"StackTransform got an array of shape {np.shape(x)}",
                f"There are {len(self.parts)} transforms for the slices along axis {axis}.",
                "Give as many slices as there are transforms.",
            )
        return [x[(slice(None),) * axis + (n,)] for n in range(len(self.parts))]

    def _together(self, results: Sequence[Any], axis: int) -> Any:
        return np.stack(results, axis=axis)

    def log_abs_det_jacobian(self, x: Any, y: Any) -> Any:
        return np.stack(self._changes(x, y), axis=self._axis(x))
