"""The body of a loop and its tangent, as one body: where the forward rules of loops begin.

consts (w, ẇ)    carry (c, ċ)    xs (x, ẋ)    →    carry (c', ċ')    ys (y, ẏ)          zero tangents are left out
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import Op
from wengert.interpreters.record import Graph
from wengert.transforms.bodies import derived, graph_of, merged, places, traced
from wengert.transforms.forward import jvp
from wengert.transforms.pullback import parts_of, samples, settled

__all__ = ["TangentBody", "apart", "tangent_body"]

Dual = Callable[[Sequence[Any], Sequence[Any], Mapping[str, Any]], tuple[Sequence[Any], Sequence[Any]]]


def apart(op: Op, dual: Dual) -> Dual:
    """A rule for results and tangents that keeps results plain where only the tangents are traced (`linearize`)."""

    def rule(values: Sequence[Any], tangents: Sequence[Any], params: Mapping[str, Any]) -> Any:
        outs, moved = dual(values, tangents, params)
        if any(traced(o) for o in outs) and not any(traced(x) for x in values):
            outs = apply(op, values, params)
        return outs, moved

    return rule


class TangentBody(NamedTuple):
    """body: see above. operands: of the loop over it. sizes: how many consts, carries and xs have a tangent.

    answers: which results have one; results: how many results there are.
    """

    body: Graph
    operands: list[Any]
    sizes: list[int]
    answers: list[int]
    results: int

    def parted(self, found: Sequence[Any], carry: int) -> tuple[Sequence[Any], Sequence[Any]]:
        """Results and tangents (None: zero) of the loop, from the results of the loop over `body`."""
        head = self.sizes[1]
        end = head + self.results
        tangents = [*found[carry : carry + head], *found[end:]]
        return [*found[:carry], *found[carry + head : end]], merged([None] * self.results, self.answers, tangents)


def tangent_body(values: Sequence[Any], tangents: Sequence[Any], params: Mapping[str, Any]) -> TangentBody:
    """The body with its tangent along these tangents (None: zero) of the operands."""
    body, count = params["body"], params["carry"]
    moving, moved = settled(body, [t is not None for t in tangents], params)
    groups = parts_of(moving, params)
    sizes = [sum(group) for group in groups]
    answers = places([*groups.carry, *moved[count:]])
    head = sizes[1]

    def both(*leaves: Any) -> Any:
        primals, ts = _unwoven(leaves, [len(group) for group in groups], sizes)
        along = merged([None] * len(primals), places(moving), ts)
        outs, touts = jvp(lambda *p: tuple(body.run(p)), tuple(primals), tuple(along))
        new = [touts[n] for n in answers]
        return (*outs[:count], *new[:head], *outs[count:], *new[head:])

    ts = [np.zeros_like(x) if t is None else t for x, t, m in zip(values, tangents, moving, strict=True) if m]
    operands = _woven(parts_of(values, params), ts, sizes)
    inner = {**params, "consts": params["consts"] + sizes[0], "carry": count + head}
    key = ("tangent", tuple(moving), params["consts"], count)
    graph = derived(body, key, lambda: graph_of(both, samples(operands, inner)))
    return TangentBody(graph, operands, sizes, answers, len(moved))


def _woven(parts: Sequence[Sequence[Any]], extra: Sequence[Any], sizes: Sequence[int]) -> list[Any]:
    """Each part followed by its share of the extra values."""
    out: list[Any] = []
    at = 0
    for part, size in zip(parts, sizes, strict=True):
        out += [*part, *extra[at : at + size]]
        at += size
    return out


def _unwoven(leaves: Sequence[Any], lengths: Sequence[int], sizes: Sequence[int]) -> tuple[list[Any], list[Any]]:
    """The parts, and the extra values after each of them."""
    own: list[Any] = []
    extra: list[Any] = []
    at = 0
    for length, size in zip(lengths, sizes, strict=True):
        own += leaves[at : at + length]
        extra += leaves[at + length : at + length + size]
        at += length + size
    return own, extra
