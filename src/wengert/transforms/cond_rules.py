"""Derivatives and batches of a branch.

The tangent, or the adjoint, of a branch is a branch over the tangents, or adjoints, of its functions; an adjoint
computes again what it needs of the function it belongs to.

A batch whose entries take different branches computes each branch that is taken at all for every entry, and chooses.
Entries that do not take a branch get, inside it, the operands of one that does. So the branch is evaluated only where
it is meant to be, and no NaN or infinity can arise that would leak into results or derivatives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.op import TABLE, Same
from wengert.interpreters.record import Graph
from wengert.ops.control import cond, ruled, spec_of
from wengert.transforms.bodies import active, batched_run, derived, graph_of, mapped, merged, places, sample, subgraph
from wengert.transforms.forward import jvp
from wengert.transforms.pushforward import apart
from wengert.transforms.reverse import vjp, vjp_behind_masks

__all__ = ["chosen", "of_another"]

Params = Mapping[str, Any]


def _dual(values: Sequence[Any], tangents: Sequence[Any], params: Params) -> tuple[Sequence[Any], Sequence[Any]]:
    operands, branches = values[1:], params["branches"]
    moving = [t is not None for t in tangents[1:]]
    moved = np.any([active(branch, moving) for branch in branches], axis=0)
    answers = places(moved)
    ts = [t for t in tangents[1:] if t is not None]

    def tangent_branch(branch: Graph) -> Graph:
        def run(*leaves: Any) -> Any:
            primals = leaves[: len(operands)]
            along = merged([None] * len(operands), places(moving), leaves[len(operands) :])
            outs, touts = jvp(lambda *p: tuple(branch.run(p)), primals, tuple(along))
            return (*outs, *[touts[n] for n in answers])

        return graph_of(run, [sample(x) for x in (*operands, *ts)])

    key = ("tangent", tuple(moving), tuple(answers))
    graphs = tuple(derived(branch, key, partial(tangent_branch, branch)) for branch in branches)
    results = apply(cond, (*values, *ts), {"branches": graphs})
    return results[: len(moved)], merged([None] * len(moved), answers, results[len(moved) :])


def _vjp(gs: Sequence[Any], node: Any, args: tuple[Sequence[Any], Sequence[Any]], masked: bool = False) -> list[Any]:
    values, _ = args
    operands, branches = values[1:], node.params["branches"]
    seeds = places([g is not None for g in gs])
    wanted = [n for n, x in enumerate(operands) if x.dtype.kind in "fc" and _is_tracked(node, n + 1)]
    arrived = [gs[n] for n in seeds]
    if not seeds:
        return [None] * len(values)

    reverse = vjp_behind_masks if masked else vjp

    def adjoint_branch(branch: Graph) -> Graph:
        def run(*leaves: Any) -> Any:
            primals = leaves[: len(operands)]
            outs, pull = reverse(
                lambda *new: tuple(branch.run(merged(primals, wanted, new))), *[primals[n] for n in wanted]
            )
            return pull(tuple(merged([None] * len(outs), seeds, leaves[len(operands) :])))

        return graph_of(run, [sample(x) for x in (*operands, *arrived)])

    key = ("adjoint", tuple(wanted), tuple(seeds), masked)
    graphs = tuple(derived(branch, key, partial(adjoint_branch, branch)) for branch in branches)
    found = apply(cond, (*values, *arrived), {"branches": graphs})
    return merged([None] * len(values), [n + 1 for n in wanted], found)


def _is_tracked(node: Any, position: int) -> bool:
    return any(rule.position == position for rule in node.rules)


def _taped(operands: Sequence[Any], tracked: Sequence[int], params: Params) -> Any:
    return operands, params, params, len(params["branches"][0].outputs)


def _vmapped(n: int, operands: Sequence[Any], batched: Sequence[bool], params: Params) -> tuple[Any, ...]:
    index, values, flags = operands[0], operands[1:], tuple(batched[1:])
    like = [sample(x) for x in values]
    whole = np.any([mapped(branch, n, like, flags) for branch in params["branches"]], axis=0) | batched[0]
    branches = [_batched_branch(branch, n, like, flags, tuple(whole)) for branch in params["branches"]]
    if not batched[0]:
        outs = apply(cond, (index, *values), {"branches": tuple(branches)})
        return tuple(o if w else Same(o) for o, w in zip(outs, whole, strict=True))
    index = np.clip(index.astype(np.intp), 0, len(branches) - 1)
    results: Sequence[Any] = ()
    for k, branch in enumerate(branches):
        mask = index == k
        inside = [of_another(mask, x) if b else x for x, b in zip(values, flags, strict=True)]
        # Where nobody takes it, the branch is not evaluated.
        zeros = [np.zeros(s.shape, s.dtype) for s in map(spec_of, branch.outputs)]
        pair = (subgraph(branch.inputs, (), zeros), branch)
        outs = apply(cond, (np.any(mask), *inside), {"branches": pair})
        results = [chosen(mask, new, old) for new, old in zip(outs, results, strict=True)] if results else outs
    return tuple(results)


def _batched_branch(branch: Graph, n: int, like: Sequence[Any], flags: tuple[bool, ...], whole: Any) -> Graph:
    """The branch for a whole batch; where `whole` says so, its results have the batch axis."""

    def run(*leaves: Any) -> Any:
        outs, have = batched_run(branch, n, leaves, flags)
        return tuple(
            np.broadcast_to(o, (n, *np.shape(o))) if w and not h else o
            for o, h, w in zip(outs, have, whole, strict=True)
        )

    return derived(branch, ("batched", n, flags, whole), lambda: graph_of(run, like))  # type: ignore[no-any-return]


def of_another(mask: Any, x: Any) -> Any:
    """A batch whose entries outside the mask are the first one inside it; no derivative flows through those."""
    first = apply(TABLE["gather"], (x, np.argmax(mask)))
    return chosen(mask, x, apply(TABLE["stop_gradient"], (first,)))


def chosen(mask: Any, x: Any, y: Any) -> Any:
    """Per entry of a batch x where the mask holds, else y."""
    return np.where(np.reshape(mask, mask.shape + (1,) * (np.ndim(x) - 1)), x, y)


ruled(cond, _vjp, _vmapped, apart(cond, _dual), _taped)
