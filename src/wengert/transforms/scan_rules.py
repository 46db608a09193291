"""Derivatives and batches of a scan, which are scans.

tangent      (c, ċ) ↦ (c', ċ')                one scan over the body and its tangent
adjoint      forward  c ↦ c', r                a scan that also stacks the residuals r of each step
             backward (w̄, c̄') ↦ (w̄ + .., c̄)    a scan from the other end, which reads r, x and the ȳ of each step
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import apply
from wengert.interpreters.record import Graph, Variable
from wengert.ops.control import ruled, scan, spec_of
from wengert.transforms.bodies import active, batched_run, derived, graph_of, merged, places, sample, subgraph, zero
from wengert.transforms.forward import jvp
from wengert.transforms.partial import split
from wengert.transforms.reverse import vjp

__all__: list[str] = []

Params = Mapping[str, Any]


class Parts(NamedTuple):
    """The operands of a scan, or anything that there is one of per operand."""

    consts: Sequence[Any]
    carry: Sequence[Any]
    xs: Sequence[Any]


def _parts(values: Sequence[Any], params: Params) -> Parts:
    a, b = params["consts"], params["consts"] + params["carry"]
    return Parts(values[:a], values[a:b], values[b:])


def _samples(operands: Sequence[Any], params: Params) -> list[Any]:
    """Sample values for the inputs of the body."""
    parts = _parts(operands, params)
    first = -1 if params["reverse"] else 0
    rows = [sample(x)[first] if params["length"] else np.zeros(x.shape[1:], x.dtype) for x in parts.xs]
    return [*[sample(x) for x in (*parts.consts, *parts.carry)], *rows]


def _settled(body: Graph, moving: Sequence[bool], params: Params) -> tuple[list[bool], list[bool]]:
    """Which operands and results move when these operands do: what the carry takes up, it keeps."""
    moving = list(moving)
    first, count = params["consts"], params["carry"]
    while True:
        out = active(body, moving)
        grown = [a or b for a, b in zip(moving[first : first + count], out[:count], strict=True)]
        if grown == moving[first : first + count]:
            return moving, out
        moving[first : first + count] = grown


# --- forward --------------------------------------------------------------------------------------------------


def _dual(values: Sequence[Any], tangents: Sequence[Any], params: Params) -> tuple[Sequence[Any], Sequence[Any]]:
    """Results and tangents, by one scan whose carry is the carry and its tangent."""
    body, count = params["body"], params["carry"]
    moving, moved = _settled(body, [t is not None for t in tangents], params)
    groups = _parts(moving, params)
    sizes = [sum(group) for group in groups]
    answers = places([*groups.carry, *moved[count:]])
    head = sizes[1]

    def tangent_body(*leaves: Any) -> Any:
        primals, ts = _unwoven(leaves, [len(group) for group in groups], sizes)
        along = merged([None] * len(primals), places(moving), ts)
        outs, touts = jvp(lambda *p: tuple(body.run(p)), tuple(primals), tuple(along))
        new = [touts[n] for n in answers]
        return (*outs[:count], *new[:head], *outs[count:], *new[head:])

    ts = [np.zeros_like(x) if t is None else t for x, t, m in zip(values, tangents, moving, strict=True) if m]
    operands = _woven(_parts(values, params), ts, sizes)
    inner = {**params, "consts": params["consts"] + sizes[0], "carry": count + head}
    key = ("tangent", tuple(moving), params["consts"], count)
    graph = derived(body, key, lambda: graph_of(tangent_body, _samples(operands, inner)))
    results = apply(scan, operands, {**inner, "body": graph})
    end = head + len(moved)
    found = [*results[count : count + head], *results[end:]]
    return [*results[:count], *results[count + head : end]], merged([None] * len(moved), answers, found)


def _woven(parts: Parts, extra: Sequence[Any], sizes: Sequence[int]) -> list[Any]:
    """Each part followed by its share of the extra values."""
    out: list[Any] = []
    at = 0
    for part, size in zip(parts, sizes, strict=True):
        out += [*part, *extra[at : at + size]]
        at += size
    return out


def _unwoven(leaves: Sequence[Any], lengths: Sequence[int], sizes: Sequence[int]) -> tuple[list[Any], list[Any]]:
    """The parts, and the extra values after each of them."""
    own: list[Any] = []
    extra: list[Any] = []
    at = 0
    for length, size in zip(lengths, sizes, strict=True):
        own += leaves[at : at + length]
        extra += leaves[at + length : at + length + size]
        at += length + size
    return own, extra


# --- reverse --------------------------------------------------------------------------------------------------


class Plan(NamedTuple):
    """How a scan is pulled back.

    wanted: which operands get a cotangent (consts, carry, xs). seeds: which results bring one. forward: the body
    that gives the residuals too; residuals: which of its stacked results they are. backward: the body of the scan
    from the other end, on (given, consts, sums, cotangents of the carry, residuals, xs, cotangents of ys). prelude:
    the given values, from the consts. shown: how many results the scan had without residuals.
    """

    wanted: Parts
    seeds: list[int]
    forward: Graph
    residuals: list[int]
    prelude: Graph
    consts: list[int]
    xs: list[int]
    backward: Graph
    shown: int


def _plan(operands: Sequence[Any], tracked: Sequence[int], params: Params) -> Plan:
    body = params["body"]
    smooth = [n in tracked and x.dtype.kind in "fc" for n, x in enumerate(operands)]
    key = ("adjoint", tuple(smooth), params["consts"], params["carry"])
    return derived(body, key, lambda: _made_plan(_samples(operands, params), smooth, params))  # type: ignore[no-any-return]


def _made_plan(samples: Sequence[Any], smooth: Sequence[bool], params: Params) -> Plan:
    body, count = params["body"], params["carry"]
    moving, moved = _settled(body, smooth, params)
    groups = _parts(moving, params)
    tracked = places(moving)
    first, last = params["consts"], params["consts"] + count
    sums = [n for n in tracked if n < first]
    seeds = places(groups.carry) + [n for n in places(moved) if n >= count]
    specs = [spec_of(o) for o in body.outputs]
    k = len(samples)

    def pulled(*leaves: Any) -> Any:
        primals, totals, gs = leaves[:k], leaves[k : k + len(sums)], leaves[k + len(sums) :]
        outs, pull = vjp(lambda *new: tuple(body.run(merged(primals, tracked, new))), *[primals[n] for n in tracked])
        found = pull(tuple(merged([None] * len(outs), seeds, gs)))
        added = [a + c for a, c in zip(totals, found[: len(sums)], strict=True)]
        return (*outs, *added, *found[len(sums) :])

    ones = [np.ones(s.shape, s.dtype) for s in [specs[n] for n in seeds]]
    graph = graph_of(pulled, [*samples, *[samples[n] for n in sums], *ones])
    inputs, late = graph.inputs[:k], graph.inputs[k:]
    parts = split(graph, inputs[:first], inputs[last:], late, len(specs))
    outs, back = graph.outputs[: len(specs)], graph.outputs[len(specs) :]
    extra = [v for v in parts.stored if v not in outs[count:]]
    stacked = [*outs[count:], *extra]
    read = {x for e in parts.backward for x in e.operands if isinstance(x, Variable)}
    read.update(x for x in back if isinstance(x, Variable))
    consts = [n for n in range(first) if inputs[n] in read]
    xs = [n for n in range(last, k) if inputs[n] in read]
    given = [v for v in parts.given if v in read]
    head = len(sums) + sum(groups.carry)
    return Plan(
        Parts(sums, [n for n in tracked if first <= n < last], [n for n in tracked if n >= last]),
        seeds,
        subgraph(inputs, parts.forward, [*outs, *extra]),
        [count + stacked.index(v) for v in parts.stored],
        subgraph(inputs[:first], parts.invariant, given),
        consts,
        xs,
        subgraph(
            [*given, *[inputs[n] for n in consts], *late[:head], *parts.stored, *[inputs[n] for n in xs], *late[head:]],
            parts.backward,
            back,
        ),
        len(specs),
    )


def _taped(operands: Sequence[Any], tracked: Sequence[int], params: Params) -> tuple[Params, Params, int]:
    plan = _plan(operands, tracked, params)
    variant = {**params, "body": plan.forward}
    return variant, {**variant, "plan": plan}, plan.shown


def _vjp(gs: Sequence[Any], node: Any, args: tuple[Sequence[Any], Sequence[Any]]) -> list[Any]:
    values, outs = args
    params = {name: x for name, x in node.params.items() if name != "plan"}
    plan = node.params["plan"]
    if any(g is not None for g in gs[plan.shown :]):
        # Derivatives of derivatives may come through the residuals: then they are results like the others.
        plan = _plan(values, [rule.position for rule in node.rules], params)
        outs = apply(scan, values, {**params, "body": plan.forward})
    return _pulled(gs, plan, values, outs, params)


def _pulled(gs: Sequence[Any], plan: Plan, values: Sequence[Any], outs: Sequence[Any], params: Params) -> list[Any]:
    """One cotangent (or None) per operand."""
    if all(gs[n] is None for n in plan.seeds):
        return [None] * len(values)
    first = params["consts"]
    seeds = [zero(outs[n]) if gs[n] is None else gs[n] for n in plan.seeds]
    head = len(plan.wanted.carry)
    operands = [
        *plan.prelude.run(values[:first]),
        *[values[n] for n in plan.consts],
        *[np.zeros(values[n].shape, values[n].dtype)[()] for n in plan.wanted.consts],
        *seeds[:head],
        *[outs[n] for n in plan.residuals],
        *[values[n] for n in plan.xs],
        *seeds[head:],
    ]
    backward = {
        "body": plan.backward,
        "length": params["length"],
        "consts": len(plan.prelude.outputs) + len(plan.consts),
        "carry": len(plan.wanted.consts) + head,
        "reverse": not params["reverse"],
    }
    found = apply(scan, operands, backward)
    return merged([None] * len(values), [*plan.wanted.consts, *plan.wanted.carry, *plan.wanted.xs], found)


# --- vmap -----------------------------------------------------------------------------------------------------


def _vmapped(n: int, operands: Sequence[Any], batched: Sequence[bool], params: Params) -> Any:
    """A scan over the batched body; stacked values have their batch axis after that of the steps."""
    first, count = params["consts"], params["carry"]
    values = [
        np.moveaxis(x, 0, 1) if b and i >= first + count else x
        for i, (x, b) in enumerate(zip(operands, batched, strict=True))
    ]
    body, batched = params["body"], list(batched)
    samples = _samples(values, params)
    while True:
        mapped = derived(body, ("mapped", n, tuple(batched)), lambda: batched_run(body, n, samples, batched)[1])
        grown = [a or b for a, b in zip(batched[first : first + count], mapped[:count], strict=True)]
        if grown == batched[first : first + count]:
            break
        for i in range(count):
            if grown[i] and not batched[first + i]:
                batched[first + i] = True
                samples[first + i] = np.broadcast_to(samples[first + i], (n, *samples[first + i].shape))
                values[first + i] = np.broadcast_to(values[first + i], (n, *values[first + i].shape))
    whole = [*batched[first : first + count], *mapped[count:]]

    def batched_body(*leaves: Any) -> Any:
        outs, have = batched_run(body, n, leaves, batched)
        return tuple(
            np.broadcast_to(o, (n, *o.shape)) if want and not h else o
            for o, h, want in zip(outs, have, whole, strict=True)
        )

    graph = derived(body, ("batched", n, tuple(batched)), lambda: graph_of(batched_body, samples))
    outs = apply(scan, values, {**params, "body": graph})
    found = [np.moveaxis(o, 1, 0) if w and i >= count else o for i, (o, w) in enumerate(zip(outs, whole, strict=True))]
    return tuple(o if w else np.broadcast_to(o, (n, *o.shape)) for o, w in zip(found, whole, strict=True))


ruled(scan, _vjp, _vmapped, _dual, _taped)
