"""Control flow as rows: scan, while_loop, cond. Their bodies are Graphs, among the params.

    scan        (*consts, *carry, *xs) → (*carry, *ys)      body (consts, carry, one x of each) → (carry, one y of each)
    while_loop  (*cond_consts, *body_consts, *carry) → carry        as long as cond (cond_consts, carry) is true
    cond        (index, *operands) → results of branch number `index`, clipped to the branches there are

The results of all are tuples. `checkpoint` in the params of a loop (left out for None) concerns its adjoint: "sqrt",
"binomial", or of a scan "carry": store the carry of each step and compute everything else again.

Two loops have an adjoint that stores what it needs by itself: a while_loop, whose trajectory has a length that only the
data tells, and a scan with binomial checkpoints (`ops.checkpoint`):

    while_adjoint, scan_adjoint    (steps, *consts, *carry, *xs, *cotangents of results) → cotangents of operands

The rules differentiate and batch the Graphs, which takes transforms; these are a layer above and give them (`ruled`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from wengert.core.op import Op, joint
from wengert.errors import MissingRule, explain, user_line
from wengert.ops.checkpoint import sweep_back
from wengert.ops.straight import straight
from wengert.spec import Spec, spec

__all__ = ["cond", "ruled", "scan", "scan_adjoint", "spec_of", "while_adjoint", "while_loop"]


def spec_of(x: Any) -> Spec:
    """The Spec of an output of a Graph: a variable, or a constant."""
    return getattr(x, "spec", None) or spec(x)


def _scan(
    *operands: Any, body: Any, length: int, consts: int, carry: int, reverse: bool = False, checkpoint: Any = None
) -> tuple[Any, ...]:
    fixed, state, xs = operands[:consts], operands[consts : consts + carry], operands[consts + carry :]
    columns: list[Any] = []
    run = straight(body)
    for k in range(length - 1, -1, -1) if reverse else range(length):
        outs = run(*fixed, *state, *[x[k] for x in xs])
        state = outs[:carry]
        columns = columns or [np.empty((length, *y.shape), y.dtype) for y in map(np.asarray, outs[carry:])]
        for column, y in zip(columns, outs[carry:], strict=True):
            column[k] = y
    if not length:
        columns = [np.empty((0, *s.shape), s.dtype) for s in map(spec_of, body.outputs[carry:])]
    return (*_arrays(state), *columns)


def _while_loop(
    *operands: Any, cond: Any, body: Any, cond_consts: int, body_consts: int, checkpoint: Any = None
) -> tuple[Any, ...]:
    fixed = operands[cond_consts : cond_consts + body_consts]
    state = operands[cond_consts + body_consts :]
    test, step, given = straight(cond), straight(body), operands[:cond_consts]
    while test(*given, *state)[0]:
        state = step(*fixed, *state)
    return _arrays(state)


def _cond(index: Any, *operands: Any, branches: Sequence[Any]) -> tuple[Any, ...]:
    return _arrays(straight(branches[min(max(int(index), 0), len(branches) - 1)])(*operands))


def _adjoint(
    steps: Any,
    *operands: Any,
    body: Any,
    forward: Any,
    backward: Any,
    consts: int,
    carry: int,
    wanted: Sequence[int],
    seeds: Sequence[int],
    reverse: bool = False,
    checkpoint: str | None = None,
    masked: bool = False,
) -> tuple[Any, ...]:
    """Run a loop forward, storing, and walk back.

    body: (consts, carry, one x of each) → (carry, one y of each). forward: the same → (carry, what backward reads).
    backward: (consts, sums, cotangents of the carry, what forward stored, one x of each, cotangents of one y of each)
    → (sums, cotangents of the carry, cotangents of one x of each). wanted: the operands that get a cotangent: consts
    (summed over the steps), carry, xs. seeds: the results that bring one: carry, ys. masked: these come from behind a
    mask, which derivatives and batches have to know.
    """
    end = len(operands) - len(seeds)
    fixed, state, xs = operands[:consts], operands[consts : consts + carry], operands[consts + carry : end]
    sums = [np.zeros(operands[i].shape, operands[i].dtype) for i in wanted if i < consts]
    head = sum(i < carry for i in seeds)
    bars: Sequence[Any] = [*sums, *operands[end : end + head]]
    ys = operands[end + head :]
    columns = [np.empty(operands[i].shape, operands[i].dtype) for i in wanted if i >= consts + carry]
    n = int(steps)
    step, storing, back = straight(body), straight(forward), straight(backward)

    def row(arrays: Sequence[Any], k: int) -> list[Any]:
        return [x[n - 1 - k if reverse else k] for x in arrays]

    def advance(state: Any, first: int, last: int) -> Any:
        for k in range(first, last):
            state = step(*fixed, *state, *row(xs, k))[:carry]
        return state

    def retrace(state: Any, first: int, last: int) -> None:
        nonlocal bars
        stored = []
        for k in range(first, last):
            outs = storing(*fixed, *state, *row(xs, k))
            state = outs[:carry]
            stored.append(outs[carry:])
        for k in range(last - 1, first - 1, -1):
            found = back(*fixed, *bars, *stored.pop(), *row(xs, k), *row(ys, k))
            bars = found[: len(bars)]
            for column, c in zip(columns, found[len(bars) :], strict=True):
                column[n - 1 - k if reverse else k] = c

    sweep_back(checkpoint, state, n, advance, retrace)
    return (*_arrays(bars), *columns)


# What a recorder needs to go on: numbers such as a loop may give, without running it.


def _scan_sample(*operands: Any, body: Any, length: int, consts: int, carry: int, **rest: Any) -> tuple[Any, ...]:
    """The results of the first step, for all steps."""
    head = operands[: consts + carry]
    first = _scan(
        *head, *[x[:1] for x in operands[len(head) :]], body=body, length=min(length, 1), consts=consts, carry=carry
    )
    return (*first[:carry], *[np.broadcast_to(y, (length, *y.shape[1:])) for y in first[carry:]])


def _while_sample(*operands: Any, cond_consts: int, body_consts: int, **rest: Any) -> tuple[Any, ...]:
    """The first carry."""
    return _arrays(operands[cond_consts + body_consts :])


def _adjoint_sample(steps: Any, *operands: Any, wanted: Sequence[int], **rest: Any) -> tuple[Any, ...]:
    """The operands, which cotangents are like."""
    return _arrays([operands[i] for i in wanted])


def _arrays(values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple([np.asarray(x)[()] for x in values])


def _unruled(*args: Any) -> Any:
    raise MissingRule(
        explain(
            f"a loop or branch was differentiated at {user_line()} before its rules were there.",
            "They are given by wengert.transforms.control, which has not been imported.",
            "Import it, or make loops with wg.scan, wg.while_loop and wg.cond.",
        )
    )


scan: Op = joint(_scan, "scan", _unruled, _unruled, _unruled)
while_loop: Op = joint(_while_loop, "while_loop", _unruled, _unruled, _unruled)
cond: Op = joint(_cond, "cond", _unruled, _unruled, _unruled)
while_adjoint: Op = joint(_adjoint, "while_adjoint", _unruled, _unruled, _unruled)
scan_adjoint: Op = joint(_adjoint, "scan_adjoint", _unruled, _unruled, _unruled)
scan.sample, while_loop.sample = _scan_sample, _while_sample
while_adjoint.sample = scan_adjoint.sample = _adjoint_sample

Rule = Callable[..., Any]


def ruled(op: Op, vjp: Rule, vmap: Rule, dual: Rule, taped: Rule | None) -> None:
    """Give a row of this file its rules, of the forms that `core.op` describes; vjp is told what is masked."""
    op.joint_vjp, op.vmap, op.dual, op.taped = vjp, vmap, dual, taped
    op.masked_vjp = partial(vjp, masked=True)
    op.joint_jvp = lambda values, outs, tangents, params: dual(values, tangents, params)[1]
