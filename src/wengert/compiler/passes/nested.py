"""Graphs within graphs: calls are inlined, the bodies of loops and branches simplified and rid of what is not used.

scan        operands (*consts, *carry, *xs)                 results (*carry, *ys)
while_loop  operands (*cond_consts, *body_consts, *carry)   results (*carry)
cond        operands (index, *operands)                     results of the branch
adjoint     operands (steps, *consts, *carry, *xs, *seeds)  results of walking back: see `ops.control`
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.interpreters.record import Equation, Graph, Variable

__all__ = ["has_graphs", "is_adjoint", "is_call", "is_cond", "is_scan", "is_while", "map_graphs", "trimmed"]


def is_scan(equation: Equation) -> bool:
    """Whether an equation is a scan."""
    return equation.op.name == "scan" and "body" in equation.params


def is_while(equation: Equation) -> bool:
    """Whether an equation is a while loop."""
    return equation.op.name == "while_loop" and "cond_consts" in equation.params


def is_cond(equation: Equation) -> bool:
    """Whether an equation chooses between branches."""
    return equation.op.name == "cond" and "branches" in equation.params


def is_call(equation: Equation) -> bool:
    """Whether an equation calls a program."""
    return equation.op.name == "call" and "program" in equation.params


def is_adjoint(equation: Equation) -> bool:
    """Whether an equation runs a loop and walks back."""
    return equation.op.name in ("scan_adjoint", "while_adjoint") and "backward" in equation.params


def has_graphs(params: Mapping[str, Any]) -> bool:
    """Whether there are Graphs among the params, as there are of loops and branches."""
    return any([type(v) is Graph or (type(v) is tuple and v and type(v[0]) is Graph) for v in params.values()])


def map_graphs(function: Callable[[Graph], Graph], params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Params with every Graph replaced; the same object if there is none."""
    if not has_graphs(params):
        return params
    return {
        k: function(v)
        if type(v) is Graph
        else tuple([function(g) for g in v])
        if type(v) is tuple and v and type(v[0]) is Graph
        else v
        for k, v in params.items()
    }


def rebuilt(graph: Graph, inputs: Sequence[Variable], outputs: Sequence[Any]) -> Graph:
    """The graph with other inputs and outputs of the same equations."""
    return Graph(inputs, graph.equations, outputs, graph.in_structure, graph.out_structure)


def trimmed(equation: Equation, used: set[Variable]) -> Equation:
    """The equation without what nobody needs: unused results, operands and carries of loops and branches."""
    if is_scan(equation):
        return _trimmed_scan(equation, used)
    if is_cond(equation):
        return _trimmed_cond(equation, used)
    if is_while(equation):
        return _trimmed_while(equation, used)
    return equation


def _variables(graph: Graph, outputs: Sequence[Any]) -> set[Variable]:
    """The variables that these outputs depend on."""
    needed = {x for x in outputs if isinstance(x, Variable)}
    for _, operands, _, results in reversed(graph.equations):
        if any([v in needed for v in results]):
            needed.update([x for x in operands if isinstance(x, Variable)])
    return needed


def _trimmed_scan(equation: Equation, used: set[Variable]) -> Equation:
    """A scan without the ys that nobody reads, the carries that only feed themselves, and operands of neither."""
    op, operands, params, results = equation
    body, consts, carry = params["body"], params["consts"], params["carry"]
    wanted = [v in used for v in results]
    states = body.inputs[consts : consts + carry]
    while True:
        kept = [x for x, w in zip(body.outputs, wanted, strict=True) if w]
        needed = _variables(body, kept)
        new = [w or (n < carry and states[n] in needed) for n, w in enumerate(wanted)]
        if new == wanted:
            break
        wanted = new
    keep = [v in needed for v in body.inputs]
    keep[consts : consts + carry] = wanted[:carry]
    if all(keep) and all(wanted):
        return equation
    return Equation(
        op,
        _chosen(operands, keep),
        {
            **params,
            "body": rebuilt(body, _chosen(body.inputs, keep), _chosen(body.outputs, wanted)),
            "consts": sum(keep[:consts]),
            "carry": sum(wanted[:carry]),
        },
        _chosen(results, wanted),
    )


def _trimmed_while(equation: Equation, used: set[Variable]) -> Equation:
    """A while loop without the carries that nobody reads, neither its condition nor other carries."""
    op, operands, params, results = equation
    cond, body, tested, fixed = (params[k] for k in ("cond", "body", "cond_consts", "body_consts"))
    asked = _variables(cond, cond.outputs)
    wanted = [v in used or cond.inputs[tested + n] in asked for n, v in enumerate(results)]
    while True:
        needed = _variables(body, _chosen(body.outputs, wanted))
        new = [w or body.inputs[fixed + n] in needed for n, w in enumerate(wanted)]
        if new == wanted:
            break
        wanted = new
    keep_cond = [v in asked for v in cond.inputs[:tested]]
    keep_body = [v in needed for v in body.inputs[:fixed]]
    if all([*wanted, *keep_cond, *keep_body]):
        return equation
    params = {
        **params,
        "cond": rebuilt(cond, _chosen(cond.inputs, [*keep_cond, *wanted]), cond.outputs),
        "body": rebuilt(body, _chosen(body.inputs, [*keep_body, *wanted]), _chosen(body.outputs, wanted)),
        "cond_consts": sum(keep_cond),
        "body_consts": sum(keep_body),
    }
    return Equation(op, _chosen(operands, [*keep_cond, *keep_body, *wanted]), params, _chosen(results, wanted))


def _trimmed_cond(equation: Equation, used: set[Variable]) -> Equation:
    """A choice without the results that nobody reads and the operands that no branch reads."""
    op, (index, *operands), params, results = equation
    wanted = [v in used for v in results]
    branches = params["branches"]
    needed = [_variables(g, _chosen(g.outputs, wanted)) for g in branches]
    keep = [any([g.inputs[n] in seen for g, seen in zip(branches, needed, strict=True)]) for n in range(len(operands))]
    if all(keep) and all(wanted):
        return equation
    new = tuple([rebuilt(g, _chosen(g.inputs, keep), _chosen(g.outputs, wanted)) for g in branches])
    return Equation(op, (index, *_chosen(operands, keep)), {**params, "branches": new}, _chosen(results, wanted))


def _chosen(items: Sequence[Any], keep: Sequence[bool]) -> tuple[Any, ...]:
    return tuple([x for x, k in zip(items, keep, strict=True) if k])


def invariant_carries(equation: Equation) -> list[int]:
    """The carries of a scan that its body hands on unchanged: they are constants."""
    body, consts, carry = (equation.params[k] for k in ("body", "consts", "carry"))
    return [n for n in range(carry) if body.outputs[n] is body.inputs[consts + n]]


def with_constants(equation: Equation, places: Sequence[int]) -> Equation:
    """A scan whose carries at these places are constants instead."""
    op, operands, params, results = equation
    body, consts, carry = params["body"], params["consts"], params["carry"]
    fixed = [consts + n for n in places]
    order = [*range(consts), *fixed, *[n for n in range(consts, len(operands)) if n not in set(fixed)]]
    outs = [n for n in range(len(results)) if n not in set(places)]
    inputs = [body.inputs[n] for n in order]
    return Equation(
        op,
        tuple([operands[n] for n in order]),
        {
            **params,
            "body": rebuilt(body, inputs, [body.outputs[n] for n in outs]),
            "consts": consts + len(places),
            "carry": carry - len(places),
        },
        tuple([results[n] for n in outs]),
    )


def chosen_branch(index: Any, branches: Sequence[Graph]) -> Graph | None:
    """The branch that a constant index chooses, None if it is known at run time only."""
    if isinstance(index, Variable):
        return None
    return branches[int(np.clip(int(index), 0, len(branches) - 1))]
