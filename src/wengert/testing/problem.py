"""A user's function at a point, as one from floating arrays to floating arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.core.apply import Box, unbridge
from wengert.errors import InvalidArgument, explain, user_line
from wengert.explanation.given import paths
from wengert.explanation.watch import bare

__all__ = ["Problem", "inner"]

FEW = 48  # entries that are moved one by one; of larger arguments some


class Problem:
    """f, its arguments as leaves, and which of these have a derivative.

    xs: the differentiable leaves, names: what they are called. kept: which results are floating.
    """

    def __init__(self, f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], seed: int) -> None:
        self.function = f
        self.args, self.kwargs = tuple(args), dict(kwargs)
        self.leaves, self.structure = tree.flatten(self.args)
        self.leaves = [_array(x) for x in self.leaves]
        self.positions = [n for n, x in enumerate(self.leaves) if _dtype(x).kind in "fc"]
        self.xs = [self.leaves[n] for n in self.positions]
        names = [path for n, arg in enumerate(self.args) for path, _ in paths(arg, f"args[{n}]")]
        self.names = [names[n] for n in self.positions]
        self.seed = seed
        if not self.xs:
            raise InvalidArgument(
                explain(
                    f"check_grads at {user_line()} got no floating argument.",
                    "Integers, truths and text have no derivative, so there is nothing to check.",
                    "Give floats: 2.0 instead of 2, x.astype(float).",
                )
            )
        with np.errstate(all="ignore"):
            self.outs = [np.asarray(bare(o)) for o in self.every(*self.xs)]
        self.kept = [n for n, o in enumerate(self.outs) if o.dtype.kind in "fc"]
        dtypes = [x.dtype for x in self.xs] + [self.outs[n].dtype for n in self.kept]
        self.eps = max([float(np.finfo(d).eps) for d in dtypes])
        self.complex = any(d.kind == "c" for d in dtypes)

    def every(self, *xs: Any) -> list[Any]:
        """All results at these leaves."""
        leaves = list(self.leaves)
        for n, x in zip(self.positions, xs, strict=True):
            leaves[n] = x
        return [unbridge(o) for o in tree.leaves(self.function(*self.structure.unflatten(leaves), **self.kwargs))]

    def f(self, *xs: Any) -> list[Any]:
        """The floating results."""
        outs = self.every(*xs)
        return [outs[n] for n in self.kept]

    def phi(self, *xs: Any) -> Any:
        """A real number that depends on every floating result, not linearly: Re Σ w (f + f²/2)."""
        rng = np.random.default_rng([self.seed, 1])
        total: Any = 0.0
        for y in self.f(*xs):
            w = random_like(y, rng)
            total = total + np.real(np.sum(w * (y + 0.5 * y * y)))
        return total

    def random(self, purpose: int) -> list[Any]:
        """Random directions."""
        rng = np.random.default_rng([self.seed, purpose])
        return [random_like(x, rng) for x in self.xs]

    def moved(self, h: float, ts: Sequence[Any]) -> list[Any]:
        """x + h t, in double precision at least."""
        return [
            np.asarray(x).astype(np.result_type(x, np.float64))[()] + h * t for x, t in zip(self.xs, ts, strict=True)
        ]

    def directions(self) -> Iterator[tuple[str, list[Any]]]:
        """Unit directions with their names: of every entry, or of some of a large argument; i times them if complex."""
        rng = np.random.default_rng([self.seed, 2])
        for n, (x, name) in enumerate(zip(self.xs, self.names, strict=True)):
            flat = np.arange(x.size) if x.size <= FEW else np.sort(rng.choice(x.size, FEW, replace=False))
            for k in flat:
                index = np.unravel_index(int(k), x.shape)
                for unit, part in ((1.0, ""), (1j, ", imaginary part"))[: 1 + (x.dtype.kind == "c")]:
                    t = [np.zeros(y.shape, y.dtype) for y in self.xs]
                    t[n][index] = unit
                    shown = f"{name}[{', '.join([str(int(i)) for i in index])}]" if x.ndim else name
                    yield shown + part, [y[()] for y in t]


def inner(a: Sequence[Any], b: Sequence[Any]) -> float:
    """Re Σ conj(a) b."""
    return float(sum([np.sum(np.real(np.conj(x) * y)) for x, y in zip(a, b, strict=True)], start=0.0))


def random_like(x: Any, rng: np.random.Generator) -> Any:
    """Random numbers of the shape and dtype of x."""
    numbers = rng.uniform(-1, 1, np.shape(x))
    if x.dtype.kind == "c":
        numbers = numbers + 1j * rng.uniform(-1, 1, np.shape(x))
    return numbers.astype(x.dtype)[()]


def _array(x: Any) -> Any:
    if isinstance(x, Box):
        return np.asarray(bare(x))[()]
    return np.asarray(x)[()] if isinstance(x, float | complex | np.ndarray) and not isinstance(x, np.generic) else x


def _dtype(x: Any) -> Any:
    return x.dtype if isinstance(x, np.ndarray | np.generic) else np.dtype(object)
