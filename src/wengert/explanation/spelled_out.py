"""A recorded derivative in terms that NumPy has: other rows are expanded into the NumPy code they consist of.

The bodies of loops and branches are treated like the whole. Checkpoints are given up: they say which values are
stored, not what is computed, so that

    scan_adjoint   is   a scan that stacks what the way back reads, and a scan from the other end
"""

from __future__ import annotations

import numpy as np

from wengert.collector import waiting
from wengert.compiler.expand import expanded
from wengert.compiler.passes.nested import map_graphs
from wengert.core.op import TABLE
from wengert.explanation.source_text import sayable
from wengert.explanation.tidy import tidied
from wengert.interpreters.record import Equation, Graph, Trace, Variable
from wengert.ops.control import scan
from wengert.spec import Spec

__all__ = ["spelled_out"]

_CONTROL = frozenset({"scan", "cond", "while_loop", "while_adjoint", "scan_adjoint"})
# These are written as statements, not as expressions.
_STATEMENTS = frozenset({"overwrite", "unslice", "scatter", "scatter_add", "undiagonal"}) | _CONTROL


class _Known:
    """The names of the ops that can be written down."""

    def __contains__(self, name: object) -> bool:
        return name in _STATEMENTS or (name in TABLE and sayable(TABLE[str(name)]))


def spelled_out(graph: Graph) -> Graph:
    """The graph without rows that NumPy has no name for, as far as these are made of others; tidied."""
    with waiting():
        found = expanded(graph, _Known())
        record = Trace()
        record.count = 1 + max([v.number for e in found.equations for v in e.results], default=0)
        equations = []
        for equation in found.equations:
            op, operands, params, results = equation
            if op.name in _CONTROL:
                params = {k: v for k, v in map_graphs(spelled_out, params).items() if k != "checkpoint"}
                equation = Equation(op, operands, params, results)
            equations += _as_scans(equation, record) if op.name == "scan_adjoint" else [equation]
        return tidied(Graph(found.inputs, equations, found.outputs, found.in_structure, found.out_structure))


def _as_scans(equation: Equation, record: Trace) -> list[Equation]:
    """The two scans of a `scan_adjoint`."""
    (steps, *operands), params = equation.operands, equation.params
    consts, carry, seeds, wanted = params["consts"], params["carry"], params["seeds"], params["wanted"]
    length, end = int(steps), len(operands) - len(seeds)
    order = {"length": length, "consts": consts}
    forward = params["forward"]
    ends = [Variable(record, x.spec) for x in forward.outputs[:carry]]
    stored = [Variable(record, Spec((length, *x.spec.shape), x.spec.dtype)) for x in forward.outputs[carry:]]
    there = {**order, "body": forward, "carry": carry, "reverse": params["reverse"]}
    sums = [np.zeros(v.spec.shape, v.spec.dtype)[()] for v in [operands[i] for i in wanted if i < consts]]
    head = end + sum(i < carry for i in seeds)
    back = {
        **order,
        "body": params["backward"],
        "carry": len(sums) + head - end,
        "reverse": not params["reverse"],
    }
    given = [*operands[:consts], *sums, *operands[end:head], *stored, *operands[consts + carry : end], *operands[head:]]
    return [
        Equation(scan, tuple(operands[:end]), there, (*ends, *stored)),
        Equation(scan, tuple(given), back, equation.results),
    ]
