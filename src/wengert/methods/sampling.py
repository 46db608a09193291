"""A user's function as one of flat vectors, whose evaluations are counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import Box, unbridge
from wengert.errors import NotDifferentiable, explain, user_line
from wengert.transforms.arguments import differentiable
from wengert.transforms.vmap import vmap

__all__ = ["Sampler"]

Vector = Any


class Sampler:
    """A function of a tree of arrays, as one of a vector.

    x: the point as a vector. eps: the spacing of floating point numbers near 1, per entry of x. evaluations: of
    the function so far. A point that was asked for before is not evaluated again.
    """

    def __init__(self, f: Callable[[Any], Any], x: Any, vectorized: bool) -> None:
        leaves, self.structure = tree.flatten(x)
        self.leaves = [_plain(leaf) for leaf in leaves]
        self.f = f
        self.vectorized = vectorized
        self.evaluations = 0
        self.x: Vector = self.flat(self.leaves)
        self.eps: Vector = np.concatenate(
            [np.zeros(0), *[np.full(leaf.size, np.finfo(leaf.dtype).eps) for leaf in self.leaves]]
        )
        self._known: dict[bytes, Vector] = {}
        self.center: Vector = self.at([self.x])[0]

    def at(self, points: Sequence[Vector]) -> list[Vector]:
        """The function's numbers at points; those beyond its domain may be infinite or NaN."""
        keys = [point.tobytes() for point in points]
        new = {key: point for key, point in zip(keys, points, strict=True) if key not in self._known}
        self.evaluations += len(new)
        with np.errstate(all="ignore"):
            if self.vectorized and len(new) > 1:
                rows = vmap(lambda *leaves: self._run(leaves))(*self.pieces(np.stack(list(new.values()))))
                values = [self.flat([row[k] for row in rows]) for k in range(len(new))]
            else:
                values = [self.flat(self._run(self.pieces(point))) for point in new.values()]
        self._known |= dict(zip(new, values, strict=True))
        return [self._known[key] for key in keys]

    def _run(self, leaves: Sequence[Any]) -> list[Any]:
        outs, self.out_structure = tree.flatten(self.f(self.structure.unflatten(leaves)))
        outs = [_numbers(unbridge(o)) for o in outs]
        self.out_shapes = [o.shape for o in outs]
        self.out_eps = np.concatenate([np.zeros(0), *[np.full(o.size, _eps(o.dtype)) for o in outs]])
        return outs

    def pieces(self, points: Vector) -> list[Any]:
        """Points (the last axis: their entries) as arrays of the shapes and dtypes of the arguments."""
        pieces, start = [], 0
        for leaf in self.leaves:
            part = points[..., start : start + leaf.size]
            pieces.append(part.reshape((*points.shape[:-1], *leaf.shape)).astype(leaf.dtype)[()])
            start += leaf.size
        return pieces

    @staticmethod
    def flat(arrays: Sequence[Any]) -> Vector:
        """Arrays as one vector of double precision."""
        vectors = [np.ravel(a) for a in arrays]
        return np.concatenate([np.zeros(0), *[v.astype(complex if v.dtype.kind == "c" else float) for v in vectors]])


def _plain(leaf: Any) -> Any:
    """A leaf as real numbers."""
    leaf = differentiable(leaf, "finite_difference")
    leaf = np.asarray(leaf.plain("finite_difference") if isinstance(leaf, Box) else leaf)
    if leaf.dtype.kind == "f":
        return leaf
    raise NotDifferentiable(
        explain(
            f"finite_difference at {user_line()} got a complex argument.",
            "Differences are taken along the real axis.",
            "Make it a function of the real and the imaginary part, or use wg.jacobian.",
        )
    )


def _numbers(out: Any) -> Any:
    out = out if isinstance(out, Box) else np.asarray(out)
    if out.dtype.kind in "fciub":
        return out
    raise NotDifferentiable(
        explain(
            f"the function differentiated at {user_line()} returned something of type {out.dtype}.",
            "Differences are taken of numbers.",
            "Return numbers, arrays of them, or containers of these.",
        )
    )


def _eps(dtype: Any) -> float:
    return float(np.finfo(dtype).eps) if dtype.kind in "fc" else 0.0
