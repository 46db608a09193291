"""Where a program looks for NaNs, and declines: the last values that still have those of all doubtful ones.

A value hands its NaNs on to what is computed of it, unless that asks for numbers or is larger than itself, for then
looking at it later would be more work. So do the bodies of loops and branches: what they return is looked at outside,
and a carry is doubtful in the next step.

    c', y = body(c, x)      c' doubtful  ⇒  c doubtful      c', y doubtful  ⇒  results of the loop doubtful
"""

from __future__ import annotations

import copy
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.compiler.passes.nested import has_graphs, is_adjoint, is_call, is_cond, is_scan, is_while
from wengert.core.op import TABLE, Op
from wengert.interpreters.record import Equation, Graph, Trace, Variable

__all__ = ["Declined", "certain", "graphs_of", "looking", "looks", "marked", "with_graphs"]


class Declined(BaseException):
    """A NaN came up in a program that takes no care: all is computed anew, with care. Never seen by users."""


def _certain(x: Any) -> Any:
    if np.isnan(x).any():
        raise Declined
    return x


# x, in a program that declines where x is NaN; not in the table, for there is nothing like it outside of programs.
certain = Op("certain", _certain, "elementwise", "x")

# Elementwise rows whose result is NaN where an operand is, or does not depend on that operand there.
_TRANSPARENT = frozenset(
    "strong_multiply multiply add subtract divide negative positive reciprocal square sqrt absolute power_by exp exp2"
    " expm1 log log1p sin cos tan sinh cosh tanh arctan expit maximum minimum".split()
)


def marked(graph: Graph, before: Iterable[Variable] = ()) -> Graph | None:
    """A graph as recorded, `certain` behind what might have to be mended; None if there is nothing of the kind.

    before: what is looked at in any case, because inputs are overwritten by what is computed from it.
    """
    inner, doubtful = _with_marked_bodies(graph)
    found = looking(graph, inner, doubtful | set(graph.mends), before)
    if found is not None or not any([a is not b for a, b in zip(inner, graph.equations, strict=True)]):
        return found
    return Graph(graph.inputs, inner, graph.outputs, graph.in_structure, graph.out_structure)


def looking(
    graph: Graph, equations: Sequence[Equation], doubtful: set[Variable], before: Iterable[Variable] = ()
) -> Graph | None:
    """The graph with other equations, of which some results are doubtful, and `certain` where one has to look."""
    asked = {*before, *[x for x in graph.outputs if type(x) is Variable]}
    found = _unproven((), equations, set(doubtful), asked) if doubtful else set()
    return _rewritten(graph, equations, found) if found else None


def _rewritten(graph: Graph, equations: Sequence[Equation], found: Container[Variable]) -> Graph:
    """The graph with `certain` behind the values found."""
    record = Trace()
    record.count = 1 + max([v.number for v in graph.inputs] + [v.number for e in equations for v in e.results])
    proven: dict[Any, Variable] = {}
    written: list[Equation] = []

    def look(values: Sequence[Variable]) -> None:
        for v in values:
            if v in found:
                proven[v] = Variable(record, v.spec)
                written.append(Equation(certain, (v,), {}, (proven[v],)))

    look(graph.inputs)
    for e in equations:
        if any([x in proven for x in e.operands if type(x) is Variable]):
            e = e._replace(operands=tuple([_of(proven, x) for x in e.operands]))
        written.append(e)
        look(e.results)
    outputs = [_of(proven, x) for x in graph.outputs]
    return Graph(graph.inputs, written, outputs, graph.in_structure, graph.out_structure)


def _of(names: dict[Any, Variable], x: Any) -> Any:
    return names.get(x, x) if type(x) is Variable else x


def _unproven(
    inputs: Sequence[Variable], equations: Sequence[Equation], doubtful: set[Variable], asked: Container[Variable]
) -> set[Variable]:
    """Where to look for NaNs; `doubtful` grows by what hands them on. asked: what is looked at in any case."""
    readers: dict[Any, list[tuple[Equation, int]]] = {}
    for e in equations:
        for n, x in enumerate(e.operands):
            if type(x) is Variable:
                readers.setdefault(x, []).append((e, n))
    found: set[Variable] = set()
    for v in (*inputs, *[v for e in equations for v in e.results]):
        if v not in doubtful:
            continue
        if v in asked or not all([_hands_on(reader, n) for reader, n in readers.get(v, ())]):
            found.add(v)
        else:
            doubtful.update([r.results[0] for r, _ in readers.get(v, ())])
    return found


def _hands_on(e: Equation, position: int) -> bool:
    """Whether the result has the NaNs of this operand wherever it depends on it, and is no larger."""
    (result, *more), x = e.results, e.operands[position]
    if more or TABLE.get(e.op.name) is not e.op or result.spec.dtype.kind not in "fc":
        return False
    if e.op.kind in ("linear", "multilinear"):
        return position not in e.op.nondiff and not has_graphs(e.params) and result.spec.size <= x.spec.size
    if result.spec.size > x.spec.size and e.op.kind == "elementwise":
        return False
    return e.op.name in _TRANSPARENT or (e.op.name == "where" and position > 0)


# --- graphs within graphs ---------------------------------------------------------------------------------------


# Of a loop that is walked back: its step, the step that stores, and the step back, which has the results.
_OF_ADJOINT = ("body", "forward", "backward")


def with_graphs(params: Mapping[str, Any], new: Sequence[Graph]) -> Mapping[str, Any]:
    """The params of a loop, branch or call with other graphs, in the order of `graphs_of`."""
    if "program" in params:
        program = copy.copy(params["program"])
        program.graph = new[0]
        return {**params, "program": program}
    if "backward" in params:
        return {**params, **dict(zip(_OF_ADJOINT, new, strict=True))}
    return {**params, "branches": tuple(new)} if "branches" in params else {**params, "body": new[0]}


def graphs_of(e: Equation) -> tuple[Graph, ...]:
    """The graphs that make an equation's results: a body, branches, that of a program; none of another equation."""
    if is_call(e):
        return (e.params["program"].graph,)
    if is_cond(e):
        return tuple(e.params["branches"])
    if is_adjoint(e):
        return tuple([e.params[name] for name in _OF_ADJOINT])
    return (e.params["body"],) if is_scan(e) or is_while(e) else ()


def looks(graph: Graph) -> bool:
    """Whether a graph, or one within, looks for NaNs."""
    return any([e.op is certain or any(map(looks, graphs_of(e))) for e in graph.equations])


def _with_marked_bodies(graph: Graph) -> tuple[list[Equation], set[Variable]]:
    """The equations of a graph, NaNs looked for in their bodies where these hide them; results that may have some."""
    equations: list[Equation] = []
    doubtful: set[Variable] = set()
    for e in graph.equations:
        graphs = graphs_of(e)
        if not graphs:
            equations.append(e)
            continue
        made = [_marked_body(g, *_fed(e, g)) for g in graphs]
        if any([a is not b for (a, _), b in zip(made, graphs, strict=True)]):
            e = e._replace(params=with_graphs(e.params, [g for g, _ in made]))
        equations.append(e)
        handing = made[-1:] if is_adjoint(e) else made
        doubtful.update([v for n, v in enumerate(e.results) if any([flags[n] for _, flags in handing])])
    return equations, doubtful


def _fed(e: Equation, body: Graph) -> tuple[dict[int, int], set[Any]]:
    """Which results of a body are inputs of its next step, and which are looked at inside.

    These are those that decide whether there is a next step; of an adjoint, all but those of its step back.
    """
    params = e.params
    if is_scan(e):
        return {n: params["consts"] + n for n in range(params["carry"])}, set()
    if is_while(e):
        asked = {x for q in params["cond"].equations for x in q.operands if type(x) is Variable}
        carry = params["cond"].inputs[params["cond_consts"] :]
        deciding = {x for x, v in zip(body.outputs, carry, strict=True) if v in asked and type(x) is Variable}
        return {n: params["body_consts"] + n for n in range(len(body.outputs))}, deciding
    if is_adjoint(e):
        if body is not params["backward"]:
            return {}, {x for x in body.outputs if type(x) is Variable}
        columns = sum([n >= params["consts"] + params["carry"] for n in params["wanted"]])
        return {n: params["consts"] + n for n in range(len(body.outputs) - columns)}, set()
    return {}, set()


def _marked_body(body: Graph, fed: Mapping[int, int], asked: Container[Variable]) -> tuple[Graph, list[bool]]:
    """The body, NaNs looked for where it hides them, and which of its results may have some."""
    equations, doubtful = _with_marked_bodies(body)
    doubtful |= set(body.mends)
    while True:
        everything = set(doubtful)
        found = _unproven(body.inputs, equations, everything, asked)
        flags = [type(x) is Variable and x in everything and x not in found for x in body.outputs]
        taken_up = {body.inputs[n] for k, n in fed.items() if flags[k]} - doubtful
        if not taken_up:
            break
        doubtful |= taken_up
    if found:
        return _rewritten(body, equations, found), flags
    if not any([a is not b for a, b in zip(equations, body.equations, strict=True)]):
        return body, flags
    return Graph(body.inputs, equations, body.outputs, body.in_structure, body.out_structure), flags
