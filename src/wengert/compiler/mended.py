"""A graph whose contributions behind masks are mended (`wengert.interpreters.mending`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from wengert.compiler.passes.doubt import graphs_of, with_graphs
from wengert.core.apply import apply
from wengert.errors import NotDifferentiable
from wengert.interpreters.record import Equation, Graph, Variable
from wengert.transforms.trace import trace_leaves

__all__ = ["mended"]


def mended(graph: Graph, arrays: Sequence[Any] = ()) -> Graph:
    """The graph, recorded anew with what each rule contributes to a cotangent as an eager sweep would have it.

    So are the bodies of its loops and branches. The graph itself if there is nothing to mend, or its functions do not
    run on the numbers that stand for its inputs. arrays: inputs that it did run on, if there are any.
    """
    if not _is_mendable(graph):
        return graph
    for samples in (*_stand_ins(graph.inputs), *([list(arrays)] if arrays else [])):
        try:
            with np.errstate(all="ignore"):
                new = trace_leaves(lambda *leaves: _run(graph, leaves), samples)
        except (ArithmeticError, ValueError, IndexError, NotDifferentiable):
            continue
        # What a loop is replaced by may have to be mended itself, or its steps.
        return mended(
            Graph(new.inputs, new.equations, new.outputs, graph.in_structure, graph.out_structure, mends=new.mends),
            arrays,
        )
    return graph


def _stand_ins(inputs: Sequence[Variable]) -> Iterator[list[Any]]:
    """Numbers that a graph may be run on: a half; different ones, for what would be singular; small ones."""
    rng = np.random.default_rng(0)
    yield [np.full(v.spec.shape, 0.5).astype(v.spec.dtype)[()] for v in inputs]
    for scale in (1.0, 0.02):
        yield [(scale * rng.uniform(0.1, 1.0, v.spec.shape)).astype(v.spec.dtype)[()] for v in inputs]


def _is_mendable(graph: Graph) -> bool:
    return bool(graph.mends) or any([_is_mendable(g) for e in graph.equations for g in graphs_of(e)])


def _run(graph: Graph, leaves: Any) -> tuple[Any, ...]:
    values: dict[Variable, Any] = dict(zip(graph.inputs, leaves, strict=True))
    for e in graph.everything:
        op, operands, params, results = _with_mended_bodies(e)
        out = apply(op, [values[x] if isinstance(x, Variable) else x for x in operands], params)
        for v, y in zip(results, (out,) if op.outputs == 1 else out, strict=True):
            values[v] = y
            mend = graph.mends.get(v)
            if mend is not None and mend.is_possible(values):
                values[v] = mend.apply(values)
    return tuple([values[x] if isinstance(x, Variable) else x for x in graph.outputs])


def _with_mended_bodies(e: Equation) -> Equation:
    graphs = graphs_of(e)
    new = [mended(g) for g in graphs]
    if all([a is b for a, b in zip(new, graphs, strict=True)]):
        return e
    return e._replace(params=with_graphs(e.params, new))
