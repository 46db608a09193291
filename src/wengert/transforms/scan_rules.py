"""Derivatives and batches of a scan, which are scans.

    tangent      (c, ċ) ↦ (c', ċ')                one scan over the body and its tangent
    adjoint      forward  c ↦ c', r                a scan that also stacks the residuals r of each step
                 backward (w̄ + .., c̄) ← (w̄, c̄')    a scan from the other end, which reads r, x and the ȳ of each step

With checkpoint="sqrt" the adjoint is that of a scan over scans, whose residuals are the carries between these; with
"binomial" it is `scan_adjoint`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import Same
from wengert.interpreters.record import Equation, Graph, Trace, Variable
from wengert.ops.control import ruled, scan, scan_adjoint, spec_of
from wengert.spec import Spec
from wengert.transforms.adjoint_rules import adjoint, give_rules
from wengert.transforms.bodies import batched_run, derived, graph_of, mapped, merged, subgraph, zero
from wengert.transforms.partial import split
from wengert.transforms.pullback import Pullback, parts_of, pullback, samples
from wengert.transforms.pushforward import apart, tangent_body
from wengert.transforms.reverse import vjp, vjp_behind_masks

__all__: list[str] = []

Params = Mapping[str, Any]


# --- forward --------------------------------------------------------------------------------------------------


def _dual(values: Sequence[Any], tangents: Sequence[Any], params: Params) -> tuple[Sequence[Any], Sequence[Any]]:
    """Results and tangents, by one scan whose carry is the carry and its tangent."""
    both = tangent_body(values, tangents, params)
    inner = {"consts": params["consts"] + both.sizes[0], "carry": params["carry"] + both.sizes[1]}
    results = apply(scan, both.operands, {**params, **inner, "body": both.body})
    return both.parted(results, params["carry"])


# --- reverse --------------------------------------------------------------------------------------------------


class Plan(NamedTuple):
    """How a scan is pulled back.

    body: its step. forward: the body that gives the residuals too; residuals: which of its stacked results they are.
    backward: the body of the scan from the other end, on (given, consts, sums, cotangents of the carry, residuals, xs,
    cotangents of ys). prelude: the given values, from the consts. consts, xs: which operands of the forward scan it
    reads.
    """

    body: Graph
    pull: Pullback
    forward: Graph
    residuals: list[int]
    prelude: Graph
    consts: list[int]
    xs: list[int]
    backward: Graph


def _plan(operands: Sequence[Any], tracked: Sequence[int], params: Params, masked: bool = False) -> Plan:
    smooth = [n in tracked and x.dtype.kind in "fc" for n, x in enumerate(operands)]
    body, masked = params["body"], masked or params["body"].masks
    key = ("plan", tuple(smooth), params["consts"], params["carry"], params.get("checkpoint"), masked)
    return derived(body, key, lambda: _made_plan(operands, smooth, params, masked))  # type: ignore[no-any-return]


def _made_plan(operands: Sequence[Any], smooth: Sequence[bool], params: Params, masked: bool) -> Plan:
    pull = pullback(params["body"], samples(operands, params), smooth, params, masked)
    count, first, last = params["carry"], params["consts"], params["consts"] + params["carry"]
    inputs, late, results = pull.inputs, pull.late, pull.graph.outputs
    outs, back = list(results[: pull.shown]), results[pull.shown :]
    anew = params.get("checkpoint") == "carry"
    parts = split(pull.graph, inputs[:first], inputs[last:], late, pull.shown, anew=anew)
    # What is stacked anyway need not be stored again.
    number = {id(v): n for n, v in reversed(list(enumerate(outs))) if n >= count}
    for v in parts.stored:
        if id(v) not in number:
            number[id(v)] = len(outs)
            outs.append(v)
    read = parts.read
    read.update(x for x in back if isinstance(x, Variable))
    consts = [n for n in range(first) if inputs[n] in read]
    xs = [n for n in range(last, len(inputs)) if inputs[n] in read]
    given = [v for v in parts.given if v in read]
    fixed, rows = [inputs[n] for n in consts], [inputs[n] for n in xs]
    head = len(pull.consts) + len(pull.carry)
    return Plan(
        params["body"],
        pull,
        subgraph(inputs, parts.forward, outs, pull.graph.mends),
        [number[id(v)] for v in parts.stored],
        subgraph(inputs[:first], parts.invariant, given),
        consts,
        xs,
        subgraph([*given, *fixed, *late[:head], *parts.stored, *rows, *late[head:]], parts.backward, back, parts.mends),
    )


def _taped(operands: Sequence[Any], tracked: Sequence[int], params: Params) -> Any:
    """With a policy of checkpoints nothing is stored here: the adjoint runs the scan again."""
    if params.get("checkpoint") in ("sqrt", "binomial"):
        return operands, params, params, len(params["body"].outputs)
    plan = _plan(operands, tracked, params)
    variant = {**params, "body": plan.forward}
    return operands, variant, {**variant, "plan": plan}, plan.pull.shown


def _vjp(gs: Sequence[Any], node: Any, args: tuple[Sequence[Any], Sequence[Any]], masked: bool = False) -> list[Any]:
    values, outs = args
    tracked = [rule.position for rule in node.rules]
    params = {name: x for name, x in node.params.items() if name != "plan"}
    if params.get("checkpoint") == "sqrt":
        return _pulled_in_blocks(gs, values, tracked, params, masked)
    if params.get("checkpoint") == "binomial":
        return adjoint(scan_adjoint, np.intp(params["length"]), values, outs, gs, tracked, params, masked)
    plan = node.params["plan"]
    if any(g is not None for g in gs[plan.pull.shown :]):
        # Derivatives of derivatives may come through the residuals: then they are results like the others.
        plan = _plan(values, tracked, params, masked)
        outs = apply(scan, values, {**params, "body": plan.forward})
    elif masked and not plan.body.masks:
        # It may read other residuals. If it does not, compiled programs have the two loops as one.
        plan = _plan(values, tracked, {**params, "body": plan.body}, masked)
        outs = apply(scan, values, {**params, "body": plan.forward})
    return _pulled(gs, plan, values, outs, params)


def _pulled(gs: Sequence[Any], plan: Plan, values: Sequence[Any], outs: Sequence[Any], params: Params) -> list[Any]:
    """One cotangent (or None) per operand."""
    pull = plan.pull
    if all(gs[n] is None for n in pull.seeds):
        return [None] * len(values)
    seeds = [zero(outs[n]) if gs[n] is None else gs[n] for n in pull.seeds]
    head = len(pull.carry)
    operands = [
        *plan.prelude.run(values[: params["consts"]]),
        *[values[n] for n in plan.consts],
        *[np.zeros(values[n].shape, values[n].dtype)[()] for n in pull.consts],
        *seeds[:head],
        *[outs[n] for n in plan.residuals],
        *[values[n] for n in plan.xs],
        *seeds[head:],
    ]
    backward = {
        "body": plan.backward,
        "length": params["length"],
        "consts": len(plan.prelude.outputs) + len(plan.consts),
        "carry": len(pull.consts) + head,
        "reverse": not params["reverse"],
    }
    return merged([None] * len(values), pull.wanted, apply(scan, operands, backward))


# --- checkpoints by blocks --------------------------------------------------------------------------------------


def _pulled_in_blocks(
    gs: Sequence[Any], values: Sequence[Any], tracked: Sequence[int], params: Params, masked: bool
) -> list[Any]:
    """The adjoint of the same scan written as a scan over √n scans, which stores the carry of each block."""
    at = [n for n in tracked if values[n].dtype.kind in "fc"]
    if all(g is None for g in gs):
        return [None] * len(values)
    reverse = vjp_behind_masks if masked else vjp
    pull = reverse(lambda *new: _in_blocks(merged(values, at, new), params), *[values[n] for n in at])[1]
    return merged([None] * len(values), at, pull(tuple(gs)))


def _in_blocks(values: Sequence[Any], params: Params) -> tuple[Any, ...]:
    n, count = params["length"], params["carry"]
    width = max(1, math.isqrt(n))
    blocks, rest = divmod(n, width)
    parts = parts_of(values, params)
    plain = {name: params[name] for name in ("consts", "carry", "reverse")}
    first, last = (slice(rest, None), slice(rest)) if params["reverse"] else (slice(n - rest), slice(n - rest, None))
    rows = [np.reshape(x[first], (blocks, width, *x.shape[1:])) for x in parts.xs]
    block = derived(params["body"], ("block", *plain.values(), width), lambda: _block(params["body"], width, plain))
    outer = {**plain, "body": block, "length": blocks, "checkpoint": "carry"}
    outs = apply(scan, (*parts.consts, *parts.carry, *rows), outer)
    ys = [np.reshape(y, (n - rest, *y.shape[2:])) for y in outs[count:]]
    if not rest:
        return (*outs[:count], *ys)
    tail = {**plain, "body": params["body"], "length": rest}
    more = apply(scan, (*parts.consts, *outs[:count], *[x[last] for x in parts.xs]), tail)
    pairs = [(b, a) if params["reverse"] else (a, b) for a, b in zip(ys, more[count:], strict=True)]
    return (*more[:count], *[np.concatenate(pair) for pair in pairs])


def _block(body: Graph, width: int, params: Params) -> Graph:
    """One scan as the body of another."""
    trace = Trace()
    rows, count = params["consts"] + params["carry"], params["carry"]

    def like(x: Any, stacked: bool) -> Variable:
        s = spec_of(x)
        return Variable(trace, Spec((width, *s.shape), s.dtype) if stacked else s)

    inputs = [like(v, n >= rows) for n, v in enumerate(body.inputs)]
    results = tuple([like(v, n >= count) for n, v in enumerate(body.outputs)])
    inner = Equation(scan, tuple(inputs), {**params, "body": body, "length": width}, results)
    return subgraph(inputs, [inner], results)


# --- vmap -----------------------------------------------------------------------------------------------------


def _vmapped(n: int, operands: Sequence[Any], batched: Sequence[bool], params: Params) -> Any:
    """A scan over the batched body; stacked values have their batch axis after that of the steps."""
    first, count = params["consts"], params["carry"]
    values = [
        np.moveaxis(x, 0, 1) if b and i >= first + count else x
        for i, (x, b) in enumerate(zip(operands, batched, strict=True))
    ]
    body, batched = params["body"], list(batched)
    like = samples(values, params)
    while True:
        found = mapped(body, n, like, batched)
        grown = [a or b for a, b in zip(batched[first : first + count], found[:count], strict=True)]
        if grown == batched[first : first + count]:
            break
        for i in range(count):
            if grown[i] and not batched[first + i]:
                batched[first + i] = True
                like[first + i] = np.broadcast_to(like[first + i], (n, *like[first + i].shape))
                values[first + i] = np.broadcast_to(values[first + i], (n, *values[first + i].shape))
    whole = [*batched[first : first + count], *found[count:]]

    def batched_body(*leaves: Any) -> Any:
        outs, have = batched_run(body, n, leaves, batched)
        return tuple(
            np.broadcast_to(o, (n, *o.shape)) if want and not h else o
            for o, h, want in zip(outs, have, whole, strict=True)
        )

    graph = derived(body, ("batched", n, tuple(batched)), lambda: graph_of(batched_body, like))
    outs = apply(scan, values, {**params, "body": graph})
    found = [np.moveaxis(o, 1, 0) if w and i >= count else o for i, (o, w) in enumerate(zip(outs, whole, strict=True))]
    return tuple(o if w else Same(o) for o, w in zip(found, whole, strict=True))


ruled(scan, _vjp, _vmapped, apart(scan, _dual), _taped)


def _again(steps: Any, params: Params) -> Any:
    """The scan that a scan_adjoint belongs to."""
    kept = {name: params[name] for name in ("body", "consts", "carry", "reverse", "checkpoint")}
    return lambda *x: apply(scan, x, {**kept, "length": int(steps)})


give_rules(scan_adjoint, _again)
