"""Masks of rectifiers from what is kept anyway, so that what went in need not be kept for them.

    r = relu(x)                                   r = relu(x)             x > 0 where r > 0: x is over with r begun
    d = g · (x > 0)                               d = g · (r > 0)

    r = relu(x);  p, w = max_pool(r)              r = relu(x);  p, w = max_pool(r)
    d = pool_put(g, w) · (x > 0)                  d = pool_put(g · (p > 0), w)

Each window gives g to the entry that won, whose value is p; everywhere else are zeros. So x is needed no longer than
for the forward pass, and there are fewer products. A NaN is not greater than 0, neither before nor behind a rectifier.
"""

from __future__ import annotations

from typing import Any

from wengert.compiler.passes.constants import is_filled
from wengert.core.op import TABLE
from wengert.interpreters.record import Equation, Graph, Variable
from wengert.spec import Spec

__all__ = ["rectified"]

_RELU, _MAXIMUM, _GREATER, _MULTIPLY = [TABLE[name] for name in ("relu", "maximum", "greater", "multiply")]
_POOLED = ("kernel", "stride", "dilation", "low")


def rectified(graph: Graph) -> Graph:
    """The graph with masks taken from rectified and pooled values, where what went in is read for nothing else."""
    if not any([e.op is _GREATER for e in graph.equations]):
        return graph
    return _Masks(graph).graph()


class _Masks:
    """What the equations of a graph are, by the variables that they make and read."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._readers: dict[Any, list[Equation]] = {}
        self._made: dict[Any, Equation] = {v: e for e in graph.equations for v in e.results}
        self._kept = {x for x in (*graph.inputs, *graph.outputs) if isinstance(x, Variable)}
        for e in graph.equations:
            for x in e.operands:
                if isinstance(x, Variable):
                    self._readers.setdefault(x, []).append(e)

    def graph(self) -> Graph:
        """The graph with its masks replaced."""
        old = self._graph
        equations: list[Equation] = []
        seen: set[Any] = set()
        for e in old.equations:
            new = self._below_pool(e) if e.op is _MULTIPLY else None
            if new is None:
                r = self._rectified(e, seen) if e.op is _GREATER else None
                new = [e if r is None else e._replace(operands=(r, e.operands[1]))]
            equations += new
            seen.update(e.results)
        kept, used = [], {x for x in old.outputs if isinstance(x, Variable)}
        for e in reversed(equations):
            if any([v in used for v in e.results]):
                used.update([x for x in e.operands if isinstance(x, Variable)])
                kept.append(e)
        return Graph(old.inputs, kept[::-1], old.outputs, old.in_structure, old.out_structure, all_needed=True)

    def _rectified(self, mask: Equation, seen: set[Any] | None = None) -> Variable | None:
        """What a mask x > 0 may look at instead: relu(x), if all that x is for are it and masks."""
        x = mask.operands[0]
        if not isinstance(x, Variable) or x in self._kept or not is_filled(mask.operands[1], 0):
            return None
        readers = self._readers[x]
        found = [e for e in readers if _is_rectifier(e, x)]
        others = [e for e in readers if e not in found and not (e.op is _GREATER and is_filled(e.operands[1], 0))]
        if len(found) != 1 or others:
            return None
        r = found[0].results[0]
        return r if r.spec == x.spec and (seen is None or r in seen) else None

    def _below_pool(self, product: Equation) -> list[Equation] | None:
        """pool_put(g · (p > 0), w), for such a product, if it is one."""
        for put, mask in (product.operands, product.operands[::-1]):
            spread, greater = [self._made.get(v) if isinstance(v, Variable) else None for v in (put, mask)]
            if spread is None or spread.op.name != "pool_put" or greater is None or greater.op is not _GREATER:
                continue
            pool = self._made.get(spread.operands[1])
            alone = len(self._readers[put]) == 1 and put not in self._kept
            r = self._rectified(greater) if alone else None
            if r is None or pool is None or pool.op.name != "max_pool" or pool.operands[0] is not r:
                continue
            if any([pool.params[k] != spread.params[k] for k in _POOLED]) or product.results[0].spec != put.spec:
                continue
            g, winners = spread.operands
            p = pool.results[0]
            positive = Variable(p.trace, Spec(p.spec.shape, mask.spec.dtype))
            masked = Variable(p.trace, Spec(p.spec.shape, put.spec.dtype))
            return [
                Equation(_GREATER, (p, greater.operands[1]), {}, (positive,)),
                Equation(_MULTIPLY, (g, positive), {}, (masked,)),
                Equation(spread.op, (masked, winners), spread.params, product.results),
            ]
        return None


def _is_rectifier(e: Equation, x: Variable) -> bool:
    if e.op is _RELU:
        return True
    return e.op is _MAXIMUM and any([b is x and is_filled(a, 0) for a, b in (e.operands, e.operands[::-1])])
