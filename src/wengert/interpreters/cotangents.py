"""Cotangents on their way to a node: in the shape and dtype of its value, whole or part by part."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.core.formula import Formula
from wengert.interpreters.tape import Node

__all__ = ["Scattered", "cast", "place", "unbroadcast"]


def unbroadcast(c: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the axes along which an operand of this shape was broadcast; a smaller `c` is spread out."""
    extra = len(c.shape) - len(shape)
    if extra > 0:
        c = c.sum(axis=tuple(range(extra)))
    axes = tuple([n for n, (have, want) in enumerate(zip(c.shape, shape, strict=False)) if want == 1 != have])
    if axes and extra >= 0:
        c = c.sum(axis=axes, keepdims=True)
    return c if c.shape == shape else np.broadcast_to(c, shape)


def cast(c: Any, dtype: Any) -> Any:
    """`c` in the dtype of the value it belongs to; a real value takes the real part."""
    if c.dtype.kind == "c" and dtype.kind != "c":
        c = c.real
    return c.astype(dtype, copy=False)


class Scattered:
    """A cotangent that arrives part by part: for each place what has arrived there; `rest` for the whole.

    Adjoints are linear: two parts for one place are added to each other, not to a whole array of zeros each.
    """

    __slots__ = ("parts", "rest")

    def __init__(self, rest: Any) -> None:
        self.rest = rest
        self.parts: dict[Any, list[Any]] = {}

    def put(self, place: Any, rule: Formula, args: Any, g: Any) -> None:
        """Add a part, which `rule(g, *args)` puts into zeros."""
        known = self.parts.get((rule, place))
        if known is None:
            self.parts[rule, place] = [rule, args, g]
        else:
            known[2] = known[2] + g

    def __add__(self, c: Any) -> Scattered:
        self.rest = c if self.rest is None else self.rest + c
        return self

    def total(self, target: Node) -> Any:
        """All of it as the cotangent of its node."""
        total = self.rest
        for rule, args, g in self.parts.values():
            c = rule.function(g, *args)
            if c.dtype != target.dtype:
                c = cast(c, target.dtype)
            total = c if total is None else total + c
        return total


def place(args: Any) -> Any:
    """What an adjoint reads, hashable, so that two for one place can be told; None if it reads arrays.

    Numbers in keys, None and ... are their own names; ranges and tuples are tuples that begin with their type.
    """
    kind = type(args)
    if kind is slice:
        return (slice, args.start, args.stop, args.step)
    if kind is not tuple:
        return None
    names = [a if type(a) is int or a is None or a is ... else place(a) or _MORE for a in args]
    return None if _MORE in names else (tuple, *names)


_MORE = object()
