"""Donation: where an array that is written to may be changed in place, because nobody reads it again."""

from __future__ import annotations

from wengert.compiler.passes.constants import VIEWS
from wengert.compiler.passes.nested import map_graphs
from wengert.core.op import TABLE
from wengert.interpreters.record import Equation, Graph, Variable

__all__ = ["donated"]

_OVERWRITE, _SLICE = TABLE["overwrite"], TABLE["slice"]
_SHARING = VIEWS | {TABLE["stop_gradient"]}
# Ops whose result is memory of its own.
_FRESH = frozenset(
    TABLE[name] for name in "overwrite unslice undiagonal concatenate pad copy scatter scatter_add gather".split()
)


def donated(graph: Graph) -> Graph:
    """The graph with `donate` set in the writes whose base is memory of its own and is read for the last time.

    A part of such a base that is read before is copied, so that it keeps its values.
    """
    if not any([e.op is _OVERWRITE or e.op.outputs != 1 for e in graph.equations]):
        return graph
    last: dict[Variable, int] = {x: len(graph.equations) for x in graph.outputs if isinstance(x, Variable)}
    made: dict[Variable, Equation] = {}
    viewed: set[Variable] = set()
    for n, equation in enumerate(graph.equations):
        for x in equation.operands:
            if type(x) is Variable and last.get(x) != len(graph.equations):
                last[x] = n
        if equation.op is not _SLICE and (equation.op in _SHARING or not _in_table(equation)):
            viewed.update([x for x in equation.operands if type(x) is Variable])
        for v in equation.results:
            made[v] = equation
    given = {
        e.operands[0]
        for n, e in enumerate(graph.equations)
        if e.op is _OVERWRITE
        and type(base := e.operands[0]) is Variable
        and base in made
        and made[base].op in _FRESH
        and base not in viewed
        and last[base] == n
        and e.operands[1] is not base
    }
    equations = [_planned(e, given) for e in graph.equations]
    return Graph(graph.inputs, equations, graph.outputs, graph.in_structure, graph.out_structure)


def _in_table(equation: Equation) -> bool:
    return TABLE.get(equation.op.name) is equation.op


def _planned(equation: Equation, given: set[Variable]) -> Equation:
    op, operands, params, results = equation
    if op is _OVERWRITE:
        donate = type(operands[0]) is Variable and operands[0] in given
        return Equation(op, operands, {**params, "donate": donate}, results)
    if op is _SLICE and type(operands[0]) is Variable and operands[0] in given:
        return Equation(op, operands, {**params, "copy": True}, results)
    new = map_graphs(donated, params)
    return equation if new is params else Equation(op, operands, new, results)
