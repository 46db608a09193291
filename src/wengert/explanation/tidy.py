"""A recorded derivative without what a reader would skip: unread steps, repeated ones, and those that change nothing.

Unlike the compiler's passes nothing is rearranged, so that the code stays the user's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.collector import waiting
from wengert.compiler.passes.dead import live
from wengert.compiler.passes.donate import donated
from wengert.compiler.passes.keys import frozen, operand_key
from wengert.core.apply import Box
from wengert.core.op import TABLE
from wengert.interpreters.record import Equation, Graph, Variable

__all__ = ["tidied"]

FOLDED = 24  # entries; a larger constant keeps its name, and what is computed from it is written out
_SAME = {"reshape": "shape", "broadcast_to": "shape", "astype": "dtype"}


def tidied(graph: Graph) -> Graph:
    """The graph with constants folded and each value computed once, if it is read at all."""
    env: dict[Variable, Any] = {}
    seen: dict[Any, Any] = {}
    kept: list[Equation] = []
    made: dict[Variable, Equation] = {}
    with waiting():
        for op, operands, params, results in graph.equations:
            xs = tuple([env.get(x, x) if isinstance(x, Variable) else x for x in operands])
            if op.outputs != 1:
                kept.append(Equation(op, xs, params, results))
                continue
            (v,) = results
            if all([_is_small(x) for x in xs]) and v.spec.size <= FOLDED:
                env[v] = op.impl(*xs, **params)
                continue
            if (same := _unchanged(op.name, xs, params, v)) is not None:
                env[v] = same
                continue
            if op.name == "strong_multiply" and (chosen := _choice(xs, made)) is not None:
                op, xs = TABLE["where"], chosen
            key = (op, *[operand_key(x) for x in xs], frozen(params))
            if key in seen:
                env[v] = seen[key]
                continue
            seen[key] = v
            kept.append(Equation(op, xs, params, results))
            made[v] = kept[-1]
        outputs = [env.get(x, x) if isinstance(x, Variable) else x for x in graph.outputs]
        new = live(kept, outputs)
        return donated(Graph(graph.inputs, new, outputs, graph.in_structure, graph.out_structure, all_needed=True))


def _is_small(x: Any) -> bool:
    return not isinstance(x, Variable | Box) and np.size(x) <= FOLDED


def _unchanged(name: str, xs: tuple[Any, ...], params: Any, out: Variable) -> Any:
    """The operand that an equation leaves as it is; None if there is none."""
    x = xs[0]
    if name in _SAME and isinstance(x, Variable) and x.spec == out.spec:
        return x
    if name in ("multiply", "strong_multiply"):
        for one, other in (xs, xs[::-1]):
            if (
                isinstance(other, Variable)
                and not isinstance(one, Variable)
                and _is_one(one)
                and other.spec == out.spec
            ):
                return other
    return None


def _choice(xs: tuple[Any, ...], made: dict[Variable, Equation]) -> Any:
    """A cotangent times the truth of a condition, as operands of where; None if it is something else."""
    g, truth = xs
    test = made.get(truth) if isinstance(truth, Variable) else None
    if test is None or test.op.name not in ("equal", "not_equal"):
        return None
    condition, zero = test.operands
    if not isinstance(condition, Variable) or condition.spec.dtype.kind != "b" or isinstance(zero, Variable):
        return None
    if np.ndim(zero) or zero != 0:
        return None
    return (condition, g, 0) if test.op.name == "not_equal" else (condition, 0, g)


def _is_one(x: Any) -> bool:
    return not isinstance(x, Box) and bool(np.all(np.asarray(x) == 1))
