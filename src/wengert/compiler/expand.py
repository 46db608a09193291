"""Rows without a lowering whose NumPy code is made of others: traced, and put in their place.

softmax(x, axis)   becomes   max, subtract, exp, sum, divide
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

import numpy as np

from wengert.compiler.lower.table import LOWERINGS
from wengert.compiler.passes.nested import has_graphs
from wengert.interpreters.record import Equation, Graph, Trace, Variable
from wengert.spec import spec
from wengert.transforms.trace import trace_leaves

__all__ = ["expanded"]


def expanded(graph: Graph, known: Container[str] = LOWERINGS) -> Graph:
    """The graph with the equations whose ops are not `known` replaced, where that can be done."""
    if all([e.op.name in known for e in graph.equations]):
        return graph
    record = Trace()
    record.count = 1 + max([v.number for e in graph.equations for v in e.results], default=0)
    out: list[Equation] = []
    names: dict[Variable, Any] = {}
    for e in graph.equations:
        e = e._replace(operands=tuple([_named(x, names) for x in e.operands]))
        inner = None if e.op.name in known else _inside(e, known)
        if inner is None:
            out.append(e)
        else:
            _paste(inner, e, record, out, names)
    outputs = [_named(x, names) for x in graph.outputs]
    return Graph(graph.inputs, out, outputs, graph.in_structure, graph.out_structure)


def _named(x: Any, names: dict[Variable, Any]) -> Any:
    return names.get(x, x) if isinstance(x, Variable) else x


def _inside(e: Equation, known: Container[str]) -> Graph | None:
    """What the op does, if that can be traced and is not the op itself, nor a loop."""
    examples = [np.full(s.shape, 0.5).astype(s.dtype) for s in (_spec(x) for x in e.operands)]
    if has_graphs(e.params) or any(x.dtype.kind not in "fiubc" for x in examples):
        return None
    try:
        with np.errstate(all="ignore"):
            graph = trace_leaves(lambda *xs: e.op.impl(*xs, **e.params), examples)
    except Exception:  # whatever its code makes of a symbol: it looks at numbers, so it stays NumPy's
        return None
    if any(x.op is e.op for x in graph.equations) or len(graph.outputs) != len(e.results):
        return None
    for got, v in zip(graph.outputs, e.results, strict=True):
        if not isinstance(got, Variable) or got.spec != v.spec:
            return None
    return expanded(graph, known)


def _spec(x: Any) -> Any:
    return x.spec if isinstance(x, Variable) else spec(x)


def _paste(inner: Graph, e: Equation, record: Trace, out: list[Equation], names: dict[Variable, Any]) -> None:
    """The equations of a graph, about the operands of an equation, in place of it."""
    mine: dict[Variable, Any] = dict(zip(inner.inputs, e.operands, strict=True))
    # The results stay the variables that they were: others may know them.
    kept = dict(zip(inner.outputs, e.results, strict=True))
    for x in inner.equations:
        results = tuple([kept.get(v) or Variable(record, v.spec) for v in x.results])
        out.append(x._replace(operands=_all(x.operands, mine), results=results))
        mine.update(zip(x.results, results, strict=True))
    for inside, outside in zip(inner.outputs, e.results, strict=True):
        last = _named(inside, mine)
        if last is not outside:
            names[outside] = last


def _all(operands: Sequence[Any], names: dict[Variable, Any]) -> tuple[Any, ...]:
    return tuple([_named(x, names) for x in operands])
