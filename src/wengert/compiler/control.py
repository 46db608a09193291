"""Loops and branches: scan, while_loop and cond, around the statements of their bodies.

carry ← init
for t:
  next ← body(consts, carry, x[t]);  y[t] ← ...
  carry ← next
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.compiler.builder import Builder
from wengert.compiler.expand import expanded
from wengert.compiler.loops import Block, For, If, Index, Var, While
from wengert.compiler.lower.nodes import Access, Node, Place, as_map, size_of
from wengert.compiler.lower.table import structured
from wengert.compiler.plan import lowered, same
from wengert.interpreters.record import Graph, Variable

LIGHT = 1.0  # operations per entry of an array walked along, up to which its rows are computed where they are read

__all__ = ["advance", "body_of", "row", "states_of", "write"]


def body_of(plan: Any, graph: Graph, inputs: Sequence[Node]) -> list[Node] | None:
    """The nodes of a graph's outputs, as maps of their own; None if some part of it has no native form."""
    graph = expanded(graph)
    known = dict(zip(graph.inputs, inputs, strict=True))
    if lowered(plan, graph.equations, known):
        return None
    found = [known.get(x) if isinstance(x, Variable) else plan.constant(x) for x in graph.outputs]
    return None if any(x is None for x in found) else [same(x) for x in found if x is not None]


def _force(args: Sequence[Node]) -> None:
    """What a loop reads again and again is computed once, before it."""
    for x in args:
        x.forced = x.forced or (x.kind == "map" and bool(x.args))


def _is_heavy(x: Node) -> bool:
    """Whether a map and the maps that it asks, each of them once, are more than `LIGHT` operations per entry."""
    cost, seen, waiting = 0.0, set(), [x]
    while waiting and cost <= LIGHT:
        x = waiting.pop()
        if x.kind == "map" and x.stored is None and not x.forced and id(x) not in seen:
            seen.add(id(x))
            cost += x.cost
            waiting += x.args
    return cost > LIGHT


def row(x: Node, buffer: Any, start: Index) -> Node:
    """A node written into a buffer from some index on."""
    return Node("row", x.shape, x.code, (x,), stored=buffer, axis=start)


def states_of(plan: Any, inits: Sequence[Node]) -> list[Node]:
    """Places for the values that an iteration hands to the next."""
    return [Node("leaf", x.shape, x.code, stored=plan.temp(x)) for x in inits]


def write(plan: Any, values: Sequence[Node], states: Sequence[Node]) -> Block:
    """Values into the places of the states, from where they are stored."""
    stored = [x if x.stored is None else Node("leaf", x.shape, x.code, stored=x.stored) for x in values]
    return plan.statements([row(x, s.stored, Index()) for x, s in zip(stored, states, strict=True)])  # type: ignore[no-any-return]


def advance(plan: Any, results: Sequence[Node], states: Sequence[Node], rows: Sequence[Node]) -> Block:
    """One iteration: all results first, then the states become them."""
    for x in results:
        x.stored = plan.temp(x)
    block = plan.statements([*results, *rows])
    return [*block, *write(plan, results, states)]


def _parts(step: Node, nodes: Sequence[Node]) -> tuple[Node, ...]:
    return tuple([Node("part", x.shape, x.code, (step,), stored=x.stored) for x in nodes])


@structured("scan")
def scan(plan: Any, args: list[Node], params: Any) -> tuple[Node, ...] | None:
    """A loop over rows of arrays."""
    first, count, n = params["consts"], params["carry"], params["length"]
    consts, inits, xs = args[:first], args[first : first + count], args[first + count :]
    var = Var(0, n)
    t = Index(0, ((var, 1),))
    t = t * -1 + (n - 1) if params.get("reverse") else t
    states = states_of(plan, inits)
    outs = body_of(plan, params["body"], [*consts, *states, *[_at(x, t) for x in xs]])
    if outs is None or any(x.code != s.code for x, s in zip(outs, states, strict=False)):
        return None
    _force([*consts, *[x for x in xs if _is_heavy(x)]])
    columns = [Node("leaf", (n, *y.shape), y.code) for y in outs[count:]]
    for column in columns:
        column.stored = plan.temp(column)

    def emit(plan: Any, step: Node, out: Block) -> None:
        out.extend(write(plan, inits, states))
        rows = [row(y, c.stored, t * size_of(y.shape)) for y, c in zip(outs[count:], columns, strict=True)]
        if n:
            out.append(For(var, advance(plan, outs[:count], states, rows)))

    step = Node("step", (), "f64", args, emit=emit)
    return _parts(step, [*states, *columns])


def _at(x: Node, t: Index) -> Node:
    """Row t of an array."""

    def rule(b: Builder, place: Place) -> Access:
        v = yield x, (t, *place)
        return v

    return as_map(x.shape[1:], x.code, (x,), rule)


@structured("while_loop")
def while_loop(plan: Any, args: list[Node], params: Any) -> tuple[Node, ...] | None:
    """A loop as long as its condition holds."""
    first = params["cond_consts"]
    last = first + params["body_consts"]
    states = states_of(plan, args[last:])
    test = body_of(plan, params["cond"], [*args[:first], *states])
    outs = body_of(plan, params["body"], [*args[first:last], *states])
    if test is None or outs is None or any(x.code != s.code for x, s in zip(outs, states, strict=True)):
        return None
    _force(args[:last])

    def emit(plan: Any, step: Node, out: Block) -> None:
        out.extend(write(plan, args[last:], states))
        test[0].stored = plan.temp(test[0])
        before = plan.statements(test)
        holds = plan.b.cast(plan.b.load(test[0].stored, Index()), "b1")
        out.append(While(before, holds, advance(plan, outs, states, [])))

    step = Node("step", (), "f64", args, emit=emit)
    return _parts(step, states)


@structured("cond")
def cond(plan: Any, args: list[Node], params: Any) -> tuple[Node, ...] | None:
    """One of several graphs, by a number."""
    if "branches" not in params:
        return None  # np.linalg.cond, whose row has the same name
    number, *operands = args
    branches = [body_of(plan, graph, operands) for graph in params["branches"]]
    if any(b is None for b in branches):
        return None
    first: Any = branches[0]
    if any([x.code for x in b] != [x.code for x in first] for b in branches if b is not None):
        return None
    _force(operands)
    results = [Node("leaf", x.shape, x.code, stored=plan.temp(x)) for x in first]

    def emit(plan: Any, step: Node, out: Block) -> None:
        b = plan.b
        i = b.cast(plan.ev.at(number, ()), "i64")
        for k, branch in enumerate(branches):
            block = write(plan, branch or [], results)
            if k + 1 == len(branches):
                out.extend(block)
            else:
                choice = If(b("le", i, b.const(k, "i64")), block, [])
                out.append(choice)
                out = choice.orelse

    step = Node("step", (), "f64", args, emit=emit)
    return _parts(step, results)
