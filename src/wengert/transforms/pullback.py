"""The body of a loop and its adjoint, as one graph: where every reverse rule of loops begins.

c', y = body(w, c, x)      (w̄ + .., c̄, x̄) = adjoint of body at (w, c, x), of (c̄', ȳ)      w̄ sums over the steps
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.interpreters.record import Graph, Variable
from wengert.ops.control import spec_of
from wengert.transforms.bodies import active, graph_of, merged, places, sample
from wengert.transforms.reverse import vjp, vjp_behind_masks

__all__ = ["Parts", "Pullback", "parts_of", "pullback", "samples", "settled"]

Params = Mapping[str, Any]


class Parts(NamedTuple):
    """The operands of a scan, or anything that there is one of per operand."""

    consts: Sequence[Any]
    carry: Sequence[Any]
    xs: Sequence[Any]


def parts_of(values: Sequence[Any], params: Params) -> Parts:
    """What there is one of per operand, parted."""
    a, b = params["consts"], params["consts"] + params["carry"]
    return Parts(values[:a], values[a:b], values[b:])


def samples(operands: Sequence[Any], params: Params) -> list[Any]:
    """Sample values for the inputs of the body."""
    parts = parts_of(operands, params)
    first = -1 if params["reverse"] else 0
    rows = [sample(x)[first] if params["length"] else np.zeros(x.shape[1:], x.dtype) for x in parts.xs]
    return [*[sample(x) for x in (*parts.consts, *parts.carry)], *rows]


def settled(body: Graph, moving: Sequence[bool], params: Params) -> tuple[list[bool], list[bool]]:
    """Which operands and results move when these operands do: what the carry takes up, it keeps."""
    moving = list(moving)
    first, count = params["consts"], params["carry"]
    while True:
        out = active(body, moving)
        grown = [a or b for a, b in zip(moving[first : first + count], out[:count], strict=True)]
        if grown == moving[first : first + count]:
            return moving, out
        moving[first : first + count] = grown


class Pullback(NamedTuple):
    """graph: (operands of the body, late) → (results of the body, cotangents); late: (sums, cotangents of results).

    consts, carry, xs: which operands get a cotangent. seeds: which results bring one. shown: how many results the body
    has.
    """

    graph: Graph
    inputs: Sequence[Variable]
    late: Sequence[Variable]
    consts: list[int]
    carry: list[int]
    xs: list[int]
    seeds: list[int]
    shown: int

    @property
    def wanted(self) -> list[int]:
        """The operands that get a cotangent."""
        return [*self.consts, *self.carry, *self.xs]


def pullback(
    body: Graph, like: Sequence[Any], smooth: Sequence[bool], params: Params, masked: bool = False
) -> Pullback:
    """Record a body with its adjoint on samples of its operands, of which the smooth ones want a cotangent.

    masked: the cotangents come from behind a mask, as those of a step with a mask always do.
    """
    moving, moved = settled(body, smooth, params)
    tracked = places(moving)
    first, count, k = params["consts"], params["carry"], len(like)
    sums = [n for n in tracked if n < first]
    seeds = places(moving[first : first + count]) + [n for n in places(moved) if n >= count]

    def both(*leaves: Any) -> Any:
        primals, totals, gs = leaves[:k], leaves[k : k + len(sums)], leaves[k + len(sums) :]
        reverse = vjp_behind_masks if masked or body.masks else vjp
        outs, pull = reverse(
            lambda *new: tuple(body.run(merged(primals, tracked, new))), *[primals[n] for n in tracked]
        )
        found = pull(tuple(merged([None] * len(outs), seeds, gs)))
        added = [a + c for a, c in zip(totals, found[: len(sums)], strict=True)]
        return (*outs, *added, *found[len(sums) :])

    ones = [np.ones(s.shape, s.dtype) for s in [spec_of(body.outputs[n]) for n in seeds]]
    graph = graph_of(both, [*like, *[like[n] for n in sums], *ones])
    return Pullback(
        graph,
        graph.inputs[:k],
        graph.inputs[k:],
        sums,
        [n for n in tracked if first <= n < first + count],
        [n for n in tracked if n >= first + count],
        seeds,
        len(body.outputs),
    )
