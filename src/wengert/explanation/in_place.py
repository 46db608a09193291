"""Arrays that are written over where their old values are dead, instead of copies.

Adjoints of writes first make the new array and then read the old one; read first, and the copy is not needed:

    b = overwrite(a, 0, key)                 v = a[key]
    v = a[key]                      is       a[key] = 0
    c = b + ...                              c = a + ...

The carry of a loop is an array of its own, so that a step may write to it, if the next carry is what it wrote.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.compiler.passes.constants import VIEWS
from wengert.core.op import TABLE
from wengert.interpreters.record import Equation, Graph, Variable

__all__ = ["in_place"]

_WRITES = frozenset({"overwrite", "scatter", "scatter_add"})
# Results that are memory of their own.
_FRESH = _WRITES | {"unslice", "undiagonal", "concatenate", "pad", "copy", "gather"}
# Results that may be the memory of an operand; slices are copied where that matters.
_VIEWS = (frozenset(op.name for op in VIEWS) | {"stop_gradient", "real", "imag"}) - {"slice"}
_PARTS = frozenset({"unslice", "scatter", "scatter_add"})


def in_place(graph: Graph, owned: Sequence[Variable] = ()) -> Graph:
    """The graph with `donate` set in the writes that may destroy their base. owned: inputs that may be destroyed."""
    equations = [_with_bodies(e) for e in _late(graph)]
    end = len(equations)
    last: dict[Any, int] = {}
    made: dict[Any, Equation] = {}
    viewed: set[Any] = set()
    for n, e in enumerate(equations):
        last.update((x, n) for x in e.operands if isinstance(x, Variable))
        made.update((v, e) for v in e.results)
        if e.op.name in _VIEWS or e.op.outputs != 1 or TABLE.get(e.op.name) is not e.op:
            viewed.update(x for x in e.operands if isinstance(x, Variable))
    last.update((x, end) for x in graph.outputs if isinstance(x, Variable))
    free = {
        e.operands[0]
        for n, e in enumerate(equations)
        if e.op.name in _WRITES
        and _may_destroy(e.operands, owned, made)
        and last[e.operands[0]] == n
        and e.operands[0] not in viewed
    }
    return _rebuilt(graph, [_planned(e, free) for e in equations])


def _may_destroy(operands: Sequence[Any], owned: Sequence[Variable], made: dict[Any, Equation]) -> bool:
    base = operands[0]
    if not isinstance(base, Variable) or any(x is base for x in operands[1:]):
        return False
    return base in owned or (base in made and _is_fresh(made[base]))


def _is_fresh(e: Equation) -> bool:
    """Whether the result is an array that nobody else has."""
    computed = e.op.kind == "elementwise" or e.op.name == "strong_multiply" or isinstance(e.op.impl, np.ufunc)
    return e.op.name in _FRESH or (computed and e.op.name not in _VIEWS and e.results[0].spec.shape != ())


def _planned(e: Equation, free: set[Any]) -> Equation:
    op, operands, params, results = e
    if op.name in _WRITES and isinstance(operands[0], Variable) and operands[0] in free:
        return Equation(op, operands, {**params, "donate": True}, results)
    if op.name == "slice" and isinstance(operands[0], Variable) and operands[0] in free:
        return Equation(op, operands, {**params, "copy": True}, results)
    return e


def _rebuilt(graph: Graph, equations: Sequence[Equation]) -> Graph:
    return Graph(graph.inputs, equations, graph.outputs, graph.in_structure, graph.out_structure)


def _late(graph: Graph) -> list[Equation]:
    """The equations, every write after the last look at its base, if its result is not needed before."""
    equations = list(graph.equations)
    for write in graph.equations:
        if write.op.name not in _WRITES or not isinstance(write.operands[0], Variable):
            continue
        at = next(n for n, e in enumerate(equations) if e is write)
        looks = at
        for n in range(at + 1, len(equations)):
            if any(x is write.results[0] for x in equations[n].operands):
                break
            if any(x is write.operands[0] for x in equations[n].operands):
                looks = n
        equations.insert(looks, equations.pop(at))
    return equations


def _with_bodies(e: Equation) -> Equation:
    """The same in the graphs of loops and branches."""
    params: dict[str, Any] = dict(e.params)
    if e.op.name == "scan":
        params["body"] = _loop(params["body"], params["consts"], params["carry"])
    elif e.op.name == "while_loop":
        params["body"] = _loop(params["body"], params["body_consts"], len(e.results))
    elif e.op.name == "while_adjoint":
        params["forward"] = _loop(params["forward"], params["consts"], params["carry"])
        params["backward"] = _loop(params["backward"], params["consts"], len(e.results))
    elif e.op.name == "cond":
        params["branches"] = tuple([in_place(g) for g in params["branches"]])
    else:
        return e
    return Equation(e.op, e.operands, params, e.results)


def _loop(body: Graph, consts: int, carry: int) -> Graph:
    """The body of a loop; a carry is its own if the next one is what was written into it, and nothing else is that."""
    made = {v: e for e in body.equations for v in e.results}
    before = {e.results[0]: e.operands[0] for e in body.equations if e.op.name in _WRITES or _adds_a_part(e, made)}
    owned = []
    for v, end in zip(body.inputs[consts : consts + carry], body.outputs, strict=False):
        origin = end
        while origin in before and origin is not v:
            origin = before[origin] if isinstance(before[origin], Variable) else None
        if origin is v and end is not v and list(body.outputs).count(end) == 1:
            owned.append(v)
    return in_place(body, owned)


def _adds_a_part(e: Equation, made: dict[Any, Equation]) -> bool:
    """Whether a sum is written as ``total[key] += part``."""
    part = e.operands[-1]
    return e.op.name == "add" and part in made and made[part].op.name in _PARTS if isinstance(part, Variable) else False
