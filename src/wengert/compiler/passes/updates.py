"""Where a step in place begins to write: its last equations, entry by entry, whose results lie where its inputs do.

    g = Xᵀ r              before
    d = g + λ p           update
    p = p - η d           update, written where p lay

Whoever repeats a step needs its inputs as they were, so what might make that necessary is looked at before the updates.
"""

from __future__ import annotations

from collections.abc import Iterable

from wengert.interpreters.record import Graph, Variable

__all__ = ["before_updates", "overwritten"]


def overwritten(graph: Graph, given: Iterable[tuple[int, int]]) -> set[int]:
    """The numbers of outputs that may lie where inputs are that the graph reads; given: pairs of input and output."""
    read = {x for e in graph.equations for x in e.operands if isinstance(x, Variable)}
    read.update([x for x in graph.outputs if isinstance(x, Variable)])
    return {output for n, output in given if graph.inputs[n] in read}


def before_updates(graph: Graph, outputs: Iterable[int]) -> set[Variable]:
    """What the updates that end in these outputs are computed from."""
    made_by = {v: e for e in graph.equations for v in e.results}
    stack = [x for n in outputs if isinstance(x := graph.outputs[n], Variable)]
    shapes = {v: v.spec.shape for v in stack}
    found: set[Variable] = set()
    while stack:
        v = stack.pop()
        e = made_by.get(v)
        if e is None or e.op.kind != "elementwise" or v.spec.shape != shapes[v]:
            found.add(v)
            continue
        for x in e.operands:
            if isinstance(x, Variable) and x not in shapes:
                shapes[x] = shapes[v]
                stack.append(x)
    return found
