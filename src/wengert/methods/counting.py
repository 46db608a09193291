"""What derivatives cost in operations on numbers, and how large an expression would be, read from graphs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert import tree
from wengert.compiler.passes import simplify
from wengert.compiler.passes.nested import is_cond, is_scan
from wengert.errors import WengertError
from wengert.interpreters.record import Equation, Graph, Trace, Variable
from wengert.methods.swell import FREE, work
from wengert.transforms.forward import jvp
from wengert.transforms.reverse import vjp
from wengert.transforms.trace import trace_leaves

__all__ = ["Costs", "costs", "expression_size", "recorded"]


class Costs(NamedTuple):
    """Operations on numbers. evaluation: of f. tangent, adjoint: of one sweep forward or back, without f."""

    evaluation: int
    tangent: int
    adjoint: int

    def forward(self, inputs: int) -> int:
        """Of f and its derivatives by that many inputs, by forward accumulation."""
        return self.evaluation + inputs * self.tangent

    def reverse(self, results: int) -> int:
        """Of f and the derivatives of that many results, by reverse accumulation."""
        return self.evaluation + results * self.adjoint


def costs(f: Callable[..., Any], leaves: Sequence[Any]) -> Costs | None:
    """What `f` and one sweep of each accumulation cost; None if it cannot be counted (loops of unknown length).

    f: a function of arrays with one vector as its result. leaves: where it is traced; branches are taken as there.
    """
    count = len(leaves)

    def pushed(*xs: Any) -> Any:
        return jvp(f, xs[:count], xs[count:])

    def pulled(*xs: Any) -> Any:
        out, pull = vjp(f, *xs[:count])
        return out, pull(xs[count])

    try:
        plain = recorded(f, leaves)
        seed = np.ones(np.shape(plain.run(leaves)[0]))
        graphs = [
            plain,
            recorded(pushed, [*leaves, *map(np.ones_like, leaves)]),
            recorded(pulled, [*leaves, seed]),
        ]
    except WengertError:
        return None
    found = [_total(graph) for graph in graphs]
    if any([n is None for n in found]):
        return None
    evaluation, tangent, adjoint = [n or 0 for n in found]
    return Costs(evaluation, max(0, tangent - evaluation), max(0, adjoint - evaluation))


def recorded(f: Callable[..., Any], leaves: Sequence[Any]) -> Graph:
    """The graph of this run: where Python decides by a value, the decision is taken, not refused."""
    record = Trace("wg.compare")
    record.told = _decided
    return trace_leaves(f, leaves, record)


def _decided(x: Any, what: str) -> None:
    """The graph holds for this run only, which is all that is asked of it."""


def _total(graph: Graph) -> int | None:
    """Operations of a graph, those of its loops and of the longest branches included."""
    total = 0
    for e in simplify(graph).equations:
        graphs = [g for v in e.params.values() for g in tree.leaves(v) if isinstance(g, Graph)]
        inner = [_total(g) for g in graphs]
        if graphs and (not (is_scan(e) or is_cond(e)) or any([n is None for n in inner])):
            return None
        longest = max([n or 0 for n in inner], default=0)
        total += longest * (e.params["length"] if is_scan(e) else 1) if graphs else work(e)
    return total


def expression_size(graph: Graph) -> float:
    """About how many parts the longest expression of a result has, if every common part is written out again."""
    sizes: dict[Variable, float] = {}
    for e in graph.equations:
        parts = [sizes.get(x, 1.0) if isinstance(x, Variable) else 1.0 for x in e.operands]
        # What moves entries around makes none of them longer.
        size = max(parts, default=1.0) if e.op.name in FREE else (sum(parts) + 1) * _terms(e)
        sizes.update(dict.fromkeys(e.results, size))
    return max([sizes.get(x, 1.0) for x in graph.outputs if isinstance(x, Variable)], default=1.0)


def _terms(e: Equation) -> float:
    """How many entries are summed up for one of the result."""
    shapes = [x.spec.shape if isinstance(x, Variable) else np.shape(x) for x in e.operands]
    largest = max([int(np.prod(shape)) for shape in shapes], default=1)
    if e.op.kind == "elementwise":
        return 1.0
    if e.op.kind == "multilinear":
        return float(max([1, *shapes[0][-1:]]))
    if e.op.kind == "linear" and largest > e.results[0].spec.size:
        return largest / max(1, e.results[0].spec.size)
    return float(largest)
