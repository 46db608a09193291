"""Which values' zeros have a sign that can be seen: 1/x of +0 and -0 differ, x + y of them does not, say."""

from __future__ import annotations

from wengert.compiler.passes.doubt import certain
from wengert.core.op import TABLE
from wengert.interpreters.record import Graph, Variable

__all__ = ["signed"]

# Ops that tell +0 from -0, by the operands of which they do.
_WATCHED = {
    "divide": (1,), "floor_divide": (0, 1), "reciprocal": (0,), "power": (0, 1), "power_by": (0,), "arctan2": (0, 1),
    "copysign": (1,), "signbit": (0,), "nextafter": (0, 1), "remainder": (1,), "fmod": (1,),
}  # fmt: skip
# Primitives and ops outside the table may compute anything; of these it is known that they look at no sign of a zero.
_BLIND = frozenset("max min prod logsumexp length softmax log_softmax cumprod argsort argmax argmin all any".split())


# Per row: the operands it watches; those that are not here watch all.
_WATCHES = {op: _WATCHED.get(name, ()) for name, op in TABLE.items() if op.kind != "primitive" or name in _BLIND}
_WATCHES[certain] = ()


def signed(graph: Graph, outputs_too: bool) -> set[Variable]:
    """The variables for which the sign of a zero can be seen in some result."""
    seen: set[Variable] = set()
    if outputs_too:
        seen.update([x for x in graph.outputs if type(x) is Variable])
    for op, operands, _, results in reversed(graph.equations):
        places = _WATCHES.get(op)
        if places == () and results[0] not in seen and results[0].spec.dtype.kind != "c":
            continue
        if places is None or any([v in seen for v in results]) or results[0].spec.dtype.kind == "c":
            seen.update([x for x in operands if type(x) is Variable])
        else:
            seen.update([x for n in places if type(x := operands[n]) is Variable])
    return seen
