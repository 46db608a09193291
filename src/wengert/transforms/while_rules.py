"""Derivatives and batches of a while_loop.

tangent    a while_loop whose carry is the carry and its tangent
adjoint    forward, the loop counts its steps; backward, `while_adjoint` runs so many again, storing, and walks back
batch      the loop goes on while any entry does; entries that are done keep their carry
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import NO_PARAMS, apply
from wengert.core.op import TABLE, Same
from wengert.interpreters.record import Equation, Graph, Trace, Variable
from wengert.ops.control import ruled, while_adjoint, while_loop
from wengert.spec import Spec, spec
from wengert.transforms.adjoint_rules import adjoint, give_rules
from wengert.transforms.bodies import batched_run, derived, graph_of, mapped, sample, subgraph
from wengert.transforms.cond_rules import chosen, of_another
from wengert.transforms.pushforward import apart, tangent_body

__all__: list[str] = []

Params = Mapping[str, Any]
_COUNT = Spec((), np.dtype(np.intp))


def _as_scan(params: Params) -> dict[str, Any]:
    """The params by which a scan over the body would be described."""
    body, consts = params["body"], params["body_consts"]
    return {"body": body, "consts": consts, "carry": len(body.outputs), "length": 0, "reverse": False}


def _dual(values: Sequence[Any], tangents: Sequence[Any], params: Params) -> tuple[Sequence[Any], Sequence[Any]]:
    first = params["cond_consts"]
    both = tangent_body(values[first:], tangents[first:], _as_scan(params))
    consts = params["body_consts"]
    extra = [spec(x) for x in both.operands[len(both.operands) - both.sizes[1] :]]
    inner = {
        "body": both.body,
        "cond": _with_unused(params["cond"], tuple(extra)),
        "body_consts": consts + both.sizes[0],
    }
    results = apply(while_loop, (*values[:first], *both.operands), {**params, **inner})
    return both.parted(results, len(params["body"].outputs))


def _with_unused(graph: Graph, specs: tuple[Spec, ...]) -> Graph:
    """A graph with further inputs that it does not look at."""
    trace = _trace(graph)

    def make() -> Graph:
        return subgraph([*graph.inputs, *[Variable(trace, s) for s in specs]], graph.equations, graph.outputs)

    return derived(graph, ("unused", specs), make)  # type: ignore[no-any-return]


def _trace(graph: Graph) -> Trace:
    return graph.inputs[0].trace if graph.inputs else Trace()


# --- reverse --------------------------------------------------------------------------------------------------


def _counted(body: Graph) -> Graph:
    """The body with a counter as its last carry."""

    def make() -> Graph:
        trace = _trace(body)
        k, after = Variable(trace, _COUNT), Variable(trace, _COUNT)
        one_more = Equation(TABLE["add"], (k, np.intp(1)), NO_PARAMS, (after,))
        return subgraph([*body.inputs, k], [*body.equations, one_more], [*body.outputs, after])

    return derived(body, "counted", make)  # type: ignore[no-any-return]


def _taped(operands: Sequence[Any], tracked: Sequence[int], params: Params) -> Any:
    counting = {"cond": _with_unused(params["cond"], (_COUNT,)), "body": _counted(params["body"])}
    return (*operands, np.intp(0)), {**params, **counting}, params, len(params["body"].outputs)


def _vjp(gs: Sequence[Any], node: Any, args: tuple[Sequence[Any], Sequence[Any]], masked: bool = False) -> list[Any]:
    (values, outs), params = args, node.params
    first = params["cond_consts"]
    tracked = [rule.position - first for rule in node.rules if rule.position >= first]
    loop = {**_as_scan(params), "checkpoint": params.get("checkpoint")}
    found = adjoint(while_adjoint, outs[-1], values[first:], outs, gs, tracked, loop, masked)
    return [None] * first + found


def _again(steps: Any, params: Params) -> Any:
    """The loop that a while_adjoint belongs to, for as many steps as it took."""
    body, consts = params["body"], params["consts"]
    trace = Trace()
    limit, k, go = Variable(trace, _COUNT), Variable(trace, _COUNT), Variable(trace, Spec((), np.dtype(bool)))
    carry = [Variable(trace, v.spec) for v in body.inputs[consts:]]
    inner = {
        "cond": subgraph([limit, *carry, k], [Equation(TABLE["less"], (k, limit), NO_PARAMS, (go,))], [go]),
        "body": _counted(body),
        "cond_consts": 1,
        "body_consts": consts,
        "checkpoint": params["checkpoint"],
    }
    return lambda *x: apply(while_loop, (steps, *x, np.intp(0)), inner)[:-1]


# --- vmap -----------------------------------------------------------------------------------------------------


def _vmapped(n: int, operands: Sequence[Any], batched: Sequence[bool], params: Params) -> tuple[Any, ...]:
    cond, body, a = params["cond"], params["body"], params["cond_consts"]
    b = a + params["body_consts"]
    values, flags = list(operands), list(batched)
    while True:
        like = [sample(x) for x in values]
        (go,) = mapped(cond, n, like[:a] + like[b:], flags[:a] + flags[b:])
        found = mapped(body, n, like[a:], flags[a:])
        late = [i for i, m in enumerate(found) if (m or go) and not flags[b + i]]
        if not late:
            break
        for i in late:
            flags[b + i] = True
            values[b + i] = np.broadcast_to(values[b + i], (n, *np.shape(values[b + i])))

    def test(*leaves: Any) -> Any:
        (truth,), _ = batched_run(cond, n, leaves, flags[:a] + flags[b:])
        return (np.any(truth) if go else truth,)

    def step(*leaves: Any) -> Any:
        outs, have = batched_run(body, n, leaves, flags[a:])
        return tuple(
            np.broadcast_to(o, (n, *np.shape(o))) if f and not h else o
            for o, h, f in zip(outs, have, flags[b:], strict=True)
        )

    def masked_step(*leaves: Any) -> Any:
        carry = leaves[b:]
        (mask,), _ = batched_run(cond, n, [*leaves[:a], *carry], flags[:a] + flags[b:])
        new = step(*leaves[a:b], *[of_another(mask, x) for x in carry])
        return tuple(chosen(mask, x, y) for x, y in zip(new, carry, strict=True))

    key = ("batched", n, tuple(flags), cond if go else None)
    graph = derived(cond, ("batched", n, tuple(flags)), lambda: graph_of(test, like[:a] + like[b:]))
    if go:
        # The body asks the condition, too, so the constants of both are its own.
        inner = {"cond": graph, "body": derived(body, key, lambda: graph_of(masked_step, like)), "body_consts": b}
        outs = apply(while_loop, (*values[:a], *values), {**params, **inner})
    else:
        outs = apply(
            while_loop, values, {**params, "cond": graph, "body": derived(body, key, lambda: graph_of(step, like[a:]))}
        )
    return tuple(o if f else Same(o) for o, f in zip(outs, flags[b:], strict=True))


ruled(while_loop, _vjp, _vmapped, apart(while_loop, _dual), _taped)
give_rules(while_adjoint, _again)
