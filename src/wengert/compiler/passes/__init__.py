"""Passes: a Graph as one that computes the same with less.

One walk forwards (`Builder`) inlines calls, applies the rules (`algebra`, `movement`, `cells`), folds constants and
shares equal equations; one walk backwards drops what nobody reads (`dead`), also inside of loops and branches. Both
are linear in the number of equations. A second round finds little, so few are made.

The new graph computes what the old one does, with the exceptions that `algebra` lists.
"""

from __future__ import annotations

from typing import Any

from wengert.collector import waiting
from wengert.compiler.passes import algebra, cells, movement
from wengert.compiler.passes.build import Builder, is_plain
from wengert.compiler.passes.contractions import collected, totals, without_collected
from wengert.compiler.passes.dead import live
from wengert.compiler.passes.donate import donated
from wengert.compiler.passes.invariants import hoisted
from wengert.compiler.passes.masks import rectified
from wengert.compiler.passes.nested import (
    chosen_branch,
    invariant_carries,
    is_call,
    is_cond,
    is_scan,
    map_graphs,
    with_constants,
)
from wengert.compiler.passes.signs import signed
from wengert.core.op import TABLE
from wengert.interpreters.record import Equation, Graph, Variable

__all__ = ["algebra", "cells", "movement", "simplify"]

ROUNDS = 3
# Graphs of more equations than this are walked over once.
LARGE = 5_000
_COPY = TABLE["copy"]


def simplify(graph: Graph) -> Graph:
    """The graph with calls inlined, constants folded, equal equations shared, dead and needless ones gone.

    >>> import numpy as np, wengert as wg
    >>> print(simplify(wg.trace(lambda x: (x * 1 + np.sin(x)) * np.sin(x))(2.0)))
    graph(v0:float64[])
      v2:float64[] = sin(v0)
      v3:float64[] = add(v0, v2)
      v5:float64[] = multiply(v3, v2)
      return v5
    """
    with waiting():
        return donated(rectified(_simplified(graph, False, {})))


def _simplified(graph: Graph, nested: bool, known: dict[int, tuple[Graph, Graph]]) -> Graph:
    """`known` holds what became of nested graphs, by id, with the graph itself so that the id stays its own."""
    if id(graph) in known:
        return known[id(graph)][1]
    new = graph
    for _ in range(ROUNDS):
        before = new
        new = _rewritten(new, nested, known)
        if len(new.equations) > LARGE or [e.op for e in new.equations] == [e.op for e in before.equations]:
            break
    known[id(graph)] = (graph, new)
    return new


def _rewritten(graph: Graph, nested: bool, known: dict[int, tuple[Graph, Graph]]) -> Graph:
    build = Builder(graph)
    outputs = _Walk(build, known).run(graph, graph.inputs, nested)
    outputs = list(build.wholes(outputs))
    kept = live(build.equations, outputs)
    return Graph(graph.inputs, kept, outputs, graph.in_structure, graph.out_structure, all_needed=True)


class _Walk:
    """The walk forwards."""

    def __init__(self, build: Builder, known: dict[int, tuple[Graph, Graph]]) -> None:
        self.build, self.known = build, known

    def run(self, graph: Graph, values: Any, nested: bool, inlined: bool = False) -> list[Any]:
        """Add a graph's equations with these values as inputs; the values of its outputs."""
        build, env = self.build, {v: x for v, x in zip(graph.inputs, values, strict=True) if v is not x}
        observed = signed(graph, nested)
        kept = {x for x in graph.outputs if isinstance(x, Variable)} if not inlined else set()
        find = env.get
        for equation in graph.equations:
            op, xs, params, results = equation
            for x in xs:
                if type(x) is Variable and x in env:
                    xs = tuple([find(x, x) if type(x) is Variable else x for x in xs])
                    break
            v = results[0]
            if op.outputs == 1:
                if not (params or inlined) and is_plain(op) and build.untold(op, xs):
                    new = build.shared(equation if xs is equation[1] else Equation(op, xs, params, results))
                elif op is _COPY and v not in kept:
                    new = xs[0]
                else:
                    build.signed = v in observed
                    new = build.one(op, xs, params, v.spec, None if inlined else v)
                if new is not v:
                    env[v] = new
            else:
                self._several(equation, xs, env, inlined)
        return [env.get(x, x) if type(x) is Variable else x for x in graph.outputs]

    def _several(self, equation: Equation, xs: tuple[Any, ...], env: dict[Variable, Any], inlined: bool) -> None:
        op, _, params, results = equation
        if is_call(equation):
            env.update(zip(results, self.run(params["program"].graph, xs, True, True), strict=True))
            return
        if is_cond(equation) and (branch := chosen_branch(xs[0], params["branches"])) is not None:
            env.update(zip(results, self.run(branch, xs[1:], True, True), strict=True))
            return
        xs = tuple(self.build.wholes(xs))
        params = map_graphs(lambda g: _simplified(g, True, self.known), params)
        new = Equation(op, xs, params, results)
        if is_scan(new) and (fixed := invariant_carries(new)):
            consts = params["consts"]
            env.update({results[n]: xs[consts + n] for n in fixed})
            new = with_constants(new, fixed)
        new = hoisted(self.build, new) if is_scan(new) else new
        sums = collected(new) if is_scan(new) else None
        kept = without_collected(self.build, new, sums) if sums and sums.terms else new
        outs: tuple[Any, ...] = ()
        if kept.results:
            specs = [v.spec for v in kept.results]
            outs = self.build.emit(op, kept.operands, kept.params, specs, None if inlined else kept.results)
            env.update(zip(kept.results, outs, strict=True))
        if kept is not new and sums:
            env.update(totals(self.build, new, sums, outs))
