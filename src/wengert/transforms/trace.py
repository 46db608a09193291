"""trace: the Graph of a function at given arguments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert import tree
from wengert.collector import waiting
from wengert.core.apply import Box, fresh, unbridge
from wengert.interpreters.record import Constant, Graph, Symbol, Trace, Variable
from wengert.spec import spec
from wengert.transforms.arguments import evaluate, opened

__all__ = ["trace", "trace_leaves"]


def trace(f: Callable[..., Any]) -> Callable[..., Graph]:
    """The function that records what `f` does at given arguments, as a `Graph`.

    The graph is a function of the same arguments (same structure, shapes and dtypes) and can be printed,
    replayed and differentiated. Branches and sizes that depend on traced values raise `TracedValue`.

    >>> import numpy as np, wengert as wg
    >>> wg.trace(lambda x, y: x * y + x)(1.0, 2.0)
    <Graph of 2 equations>
    """

    def function(*args: Any, **kwargs: Any) -> Graph:
        leaves, structure = tree.flatten((args, kwargs))

        def run(*inner: Any) -> Any:
            inner_args, inner_kwargs = structure.unflatten(inner)
            return f(*inner_args, **inner_kwargs)

        graph = trace_leaves(run, leaves)
        graph.in_structure = structure
        return graph

    return function


def trace_leaves(f: Callable[..., Any], leaves: Sequence[Any], record: Trace | None = None) -> Graph:
    """The Graph of a function of arrays. record: a new recording to write it down in."""
    level = fresh()
    record = Trace() if record is None else record
    values = [x if isinstance(x, Box) else np.asarray(unbridge(x)) for x in leaves]
    inputs = [Variable(record, spec(v)) for v in values]
    with waiting():
        out = evaluate(f, *[Symbol(v, i, level) for v, i in zip(values, inputs, strict=True)])
    outs, out_structure = tree.flatten(out)
    outputs = [_variable(unbridge(o), level) for o in outs]
    in_structure = tree.flatten((tuple(values), {}))[1]
    graph = Graph(inputs, record.equations, outputs, in_structure, out_structure, mends=record.mends)
    record.close()
    return graph


def _variable(o: Any, level: int) -> Any:
    """What stands for a result in the graph; constants that were made on the way leave as their arrays."""
    o = opened(o, Symbol, level) if not isinstance(o, Symbol) else o
    if isinstance(o, Symbol) and o.level == level:
        if o.alias is not None:
            o.alias.sync(o, None, {})
        return o.mark.value if type(o.mark) is Constant else o.mark
    return o
