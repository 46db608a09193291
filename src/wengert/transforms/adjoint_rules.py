"""Adjoints of loops as ops of their own, and the derivatives of these.

For a loop y = f(x) the op is A(x, g) = J(x)ᵀ g. It is linear in g, and by the symmetry of second derivatives its
derivatives are made of the loop's tangent J(x) v and the adjoint of that, so derivatives of every order exist:

    ⟨h, A(x, g)⟩ = ⟨g, J(x) h⟩      hence      cotangent of g: J(x) h        cotangent of x: ∇ₓ ⟨g, J(x) h⟩
    tangent along (ẋ, ġ):  A(x, ġ) + ∇ₓ ⟨g, J(x) ẋ⟩
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from wengert.core.apply import apply, fresh
from wengert.core.op import Op
from wengert.interpreters.batch import Batched
from wengert.interpreters.record import Graph
from wengert.ops.control import ruled
from wengert.transforms.bodies import derived, merged, subgraph, zero
from wengert.transforms.forward import jvp
from wengert.transforms.partial import split
from wengert.transforms.pullback import pullback, samples
from wengert.transforms.reverse import vjp, vjp_behind_masks

__all__ = ["adjoint", "give_rules"]

Params = Mapping[str, Any]


class Halves(NamedTuple):
    """What a step stores, and what walks it back: see `ops.control`."""

    forward: Graph
    backward: Graph
    wanted: tuple[int, ...]
    seeds: tuple[int, ...]


def adjoint(
    op: Op,
    steps: Any,
    values: Any,
    outs: Any,
    gs: Sequence[Any],
    tracked: Sequence[int],
    params: Params,
    masked: bool,
) -> list[Any]:
    """One cotangent (or None) per operand of the loop, by its adjoint op.

    params: body, consts, carry, length, reverse, checkpoint of the loop. masked: its results are masked.
    """
    smooth = [n in tracked and x.dtype.kind in "fc" for n, x in enumerate(values)]
    body, masked = params["body"], masked or params["body"].masks
    key = ("halves", tuple(smooth), params["consts"], params["carry"], masked)
    halves: Halves = derived(body, key, lambda: _halves(values, smooth, params, masked))
    if all(gs[n] is None for n in halves.seeds):
        return [None] * len(values)
    seeds = [zero(outs[n]) if gs[n] is None else gs[n] for n in halves.seeds]
    kept = {name: params[name] for name in ("body", "consts", "carry", "reverse", "checkpoint")}
    found = apply(op, (steps, *values, *seeds), {**kept, **halves._asdict(), "masked": masked})
    return merged([None] * len(values), halves.wanted, found)


def _halves(values: Sequence[Any], smooth: Sequence[bool], params: Params, masked: bool) -> Halves:
    body, count = params["body"], params["carry"]
    pull = pullback(body, samples(values, params), smooth, params, masked)
    last = params["consts"] + count
    inputs, late, outs = pull.inputs, pull.late, pull.graph.outputs
    parts = split(pull.graph, (), [*inputs[: params["consts"]], *inputs[last:]], late, pull.shown)
    head = len(pull.consts) + len(pull.carry)
    between = [*late[:head], *parts.stored, *inputs[last:], *late[head:]]
    return Halves(
        subgraph(inputs, parts.forward, [*outs[:count], *parts.stored], pull.graph.mends),
        subgraph([*inputs[: params["consts"]], *between], parts.backward, outs[pull.shown :], parts.mends),
        tuple(pull.wanted),
        tuple(pull.seeds),
    )


# --- the rules ------------------------------------------------------------------------------------------------

# (steps, params of the adjoint) → the loop as a function of its operands
Loop = Callable[[Any, Params], Callable[..., Any]]


def give_rules(op: Op, loop: Loop) -> None:
    """Give an adjoint op its rules; `loop` says which loop it belongs to."""
    ruled(op, partial(_vjp, loop), partial(_vmapped, loop), partial(_dual, op, loop), None)


def _seeded(loop: Loop, steps: Any, params: Params) -> Callable[..., Any]:
    """The loop as a function to the results that bring cotangents."""
    run = loop(steps, params)
    return lambda *x: tuple([run(*x)[n] for n in params["seeds"]])


def _reverse(masked: bool) -> Callable[..., Any]:
    return vjp_behind_masks if masked else vjp


def _along(f: Callable[..., Any], x: Sequence[Any], ts: Sequence[Any], at: Sequence[int]) -> Callable[..., Any]:
    """J(x) ẋ as a function of the operands at these places."""
    return lambda *new: jvp(f, tuple(merged(x, at, new)), tuple(ts))[1]


def _vjp(
    loop: Loop, hs: Sequence[Any], node: Any, args: tuple[Sequence[Any], Sequence[Any]], masked: bool = False
) -> list[Any]:
    values, params = args[0], node.params
    end = len(values) - len(params["seeds"])
    steps, x, g = values[0], values[1:end], values[end:]
    ts = merged([None] * len(x), params["wanted"], hs)
    at = [n for n, a in enumerate(x) if a.dtype.kind in "fc" and any(rule.position == n + 1 for rule in node.rules)]
    pushed, pull = _reverse(masked or params["masked"])(
        _along(_seeded(loop, steps, params), x, ts, at), *[x[n] for n in at]
    )
    return [None, *merged([None] * len(x), at, pull(tuple(g))), *pushed]


def _dual(op: Op, loop: Loop, values: Sequence[Any], tangents: Sequence[Any], params: Params) -> Any:
    end = len(values) - len(params["seeds"])
    steps, x, g = values[0], values[1:end], values[end:]
    ts, gts = tangents[1:end], tangents[end:]
    outs = apply(op, values, params)
    total = [zero(o) for o in outs]
    if any(t is not None for t in gts):
        moved = [zero(c) if t is None else t for c, t in zip(g, gts, strict=True)]
        total = list(apply(op, (steps, *x, *moved), params))
    if any(t is not None for t in ts):
        at = params["wanted"]
        along = _along(_seeded(loop, steps, params), x, ts, at)
        found = _reverse(params["masked"])(along, *[x[n] for n in at])[1](tuple(g))
        total = [a + b for a, b in zip(total, found, strict=True)]
    return outs, total


def _vmapped(loop: Loop, n: int, operands: Sequence[Any], batched: Sequence[bool], params: Params) -> Any:
    """By the adjoint of the batched loop; every entry gets its own cotangents."""
    end = len(operands) - len(params["seeds"])
    whole = [
        x if b or not (0 < i < end and i - 1 in params["wanted"]) else np.broadcast_to(x, (n, *np.shape(x)))
        for i, (x, b) in enumerate(zip(operands, batched, strict=True))
    ]
    flags = [b or (0 < i < end and i - 1 in params["wanted"]) for i, b in enumerate(batched)]
    at = params["wanted"]

    def run(*new: Any) -> Any:
        level = fresh()
        boxes = [
            Batched(x, None, level) if b else x
            for x, b in zip(merged(whole, [i + 1 for i in at], new), flags, strict=True)
        ]
        outs = _seeded(loop, boxes[0], params)(*boxes[1:end])
        return tuple(
            o.value if isinstance(o, Batched) and o.level == level else np.broadcast_to(o, (n, *np.shape(o)))
            for o in outs
        )

    gs = [x if b else np.broadcast_to(x, (n, *np.shape(x))) for x, b in zip(operands[end:], batched[end:], strict=True)]
    return tuple(_reverse(params["masked"])(run, *[whole[i + 1] for i in at])[1](tuple(gs)))
