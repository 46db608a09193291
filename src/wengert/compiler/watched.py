"""A graph and its mended form as one: for programs that cannot be repeated by another one.

    y = f(x);   if a NaN shows up that might have to be mended:   y = mended f(x)

A program within Python declines there (`passes.doubt`); an exported one has to know what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.compiler.mended import mended
from wengert.compiler.passes.doubt import certain, graphs_of, looks, marked
from wengert.core.apply import NO_PARAMS
from wengert.core.op import TABLE
from wengert.interpreters.record import Equation, Graph, Trace, Variable
from wengert.ops.control import cond, spec_of
from wengert.spec import Spec
from wengert.transforms.bodies import subgraph

__all__ = ["watched"]


def watched(graph: Graph) -> Graph:
    """The graph, which gives the results of its mended form if a NaN shows up; itself if nothing is to be mended.

    Where the body of a loop would have to look for NaNs, it is the mended form that runs in any case.
    """
    looking = marked(graph)
    careful = graph if looking is None else mended(graph)
    if looking is None or careful is graph:
        return graph
    if any([looks(g) for e in looking.equations for g in graphs_of(e)]):
        return careful
    doubtful = [e.operands[0] for e in looking.equations if e.op is certain]
    plain = Graph(graph.inputs, graph.equations, [*graph.outputs, *doubtful], graph.in_structure, graph.out_structure)
    record = Trace()
    record.count = 1 + max([v.number for e in plain.equations for v in (*e.results, *graph.inputs)])
    equations = list(plain.equations)

    def add(name: str, operands: Sequence[Any], shape: tuple[int, ...], **params: Any) -> Variable:
        result = Variable(record, Spec(shape, np.dtype(bool)))
        equations.append(Equation(TABLE[name], tuple(operands), params or NO_PARAMS, (result,)))
        return result

    found: Any = None
    for v in doubtful:
        each = add("isnan", [v], v.spec.shape)
        some = add("any", [each], (), axis=tuple(range(len(v.spec.shape))), keepdims=False)
        found = some if found is None else add("logical_or", [found, some], ())
    specs = [spec_of(x) for x in graph.outputs]
    kept, unused = [[Variable(record, x) for x in specs] for _ in range(2)]
    ignored = [Variable(record, v.spec) for v in graph.inputs]
    branches = (
        subgraph([*ignored, *kept], (), kept),
        subgraph([*careful.inputs, *unused], careful.equations, careful.outputs),
    )
    results = tuple([Variable(record, x) for x in specs])
    equations.append(Equation(cond, (found, *graph.inputs, *graph.outputs), {"branches": branches}, results))
    return Graph(graph.inputs, equations, results, graph.in_structure, graph.out_structure)
