"""What is the same in all iterations of a loop is computed once, before it.

    scan(w, ...)                        v = w0 @ w1
      t = transpose(w0 @ w1)            t = transpose(v)
      c = x @ t + sin(b)                s = sin(b)
                                        scan(t, s, ...)
                                          c = x @ t + s

A view of a constant costs nothing where it is read entry by entry, and a copy where it is kept; so views stay in the
loop, but for transposes that only matrix products read: these would turn the same matrix in every iteration.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.compiler.passes.build import Builder
from wengert.interpreters.record import Equation, Graph, Variable

__all__ = ["hoisted"]

_VIEWS = frozenset({"transpose", "reshape", "broadcast_to", "slice", "squeeze", "expand_dims", "copy", "stop_gradient"})


def hoisted(build: Builder, equation: Equation) -> Equation:
    """A scan without the equations of its body whose results never change: these are constants that it is given."""
    op, operands, params, results = equation
    body, count = params["body"], params["consts"]
    if params["length"] < 2 or not count:
        return equation
    outside: dict[Variable, Any] = dict(zip(body.inputs[:count], operands[:count], strict=True))
    made = _invariant(body, set(outside))
    readers = _readers(body)
    taken = [v for v, e in made.items() if _pays(e, readers.get(v, set()))]
    if not taken:
        return equation
    for v in _needed(taken, made):
        e = made[v]
        given = [outside[x] if type(x) is Variable else x for x in e.operands]
        outside[v] = build.one(e.op, given, e.params, v.spec)
    values, gone = [outside[v] for v in taken], set(taken)
    inputs = [*body.inputs[:count], *taken, *body.inputs[count:]]
    kept = [e for e in body.equations if e.results[0] not in gone]
    new = Graph(inputs, kept, body.outputs, body.in_structure, body.out_structure)
    operands = (*operands[:count], *values, *operands[count:])
    return Equation(op, operands, {**params, "body": new, "consts": count + len(values)}, results)


def _invariant(body: Graph, fixed: set[Variable]) -> dict[Variable, Equation]:
    """The equations of one result that depend on constants of the loop only, by their results."""
    made: dict[Variable, Equation] = {}
    for e in body.equations:
        variables = [x for x in e.operands if type(x) is Variable]
        if e.op.outputs == 1 and variables and all([x in fixed or x in made for x in variables]):
            made[e.results[0]] = e
    return made


def _readers(body: Graph) -> dict[Variable, set[str]]:
    """The names of the rows that read each variable; "" for the end of the body."""
    found: dict[Variable, set[str]] = {}
    for e in body.equations:
        for x in e.operands:
            if type(x) is Variable:
                found.setdefault(x, set()).add(e.op.name)
    for x in body.outputs:
        if type(x) is Variable:
            found.setdefault(x, set()).add("")
    return found


def _pays(e: Equation, readers: set[str]) -> bool:
    """Whether keeping the result is less work than computing it again and again."""
    if e.op.name == "transpose":
        return readers == {"matmul"}
    if e.op.name in _VIEWS:
        return False
    if e.op.kind == "elementwise":
        size = e.results[0].spec.size
        return 1 < size <= max([x.spec.size for x in e.operands if type(x) is Variable])
    return True


def _needed(taken: Sequence[Variable], made: dict[Variable, Equation]) -> list[Variable]:
    """These variables and what they are computed from in the loop, each after what it needs."""
    needed = set(taken)
    for v in reversed(made):
        if v in needed:
            needed.update([x for x in made[v].operands if type(x) is Variable and x in made])
    return [v for v in made if v in needed]
