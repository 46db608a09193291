"""Which values' zeros have a sign that can be seen: 1/x of +0 and -0 differ, x + y of them does not, say."""

from __future__ import annotations

from collections.abc import Iterable

from wengert.core.op import TABLE
from wengert.interpreters.record import Equation, Graph, Variable

__all__ = ["signed"]

# Ops that tell +0 from -0, by the operands of which they do.
_WATCHED = {
    "divide": (1,), "floor_divide": (0, 1), "reciprocal": (0,), "power": (0, 1), "power_by": (0,), "arctan2": (0, 1),
    "copysign": (1,), "signbit": (0,), "nextafter": (0, 1), "remainder": (1,), "fmod": (1,),
}  # fmt: skip
# Primitives and ops outside the table may compute anything; of these it is known that they look at no sign of a zero.
_BLIND = frozenset("max min prod logsumexp length softmax log_softmax cumprod argsort argmax argmin all any".split())


def signed(graph: Graph, outputs_too: bool) -> set[Variable]:
    """The variables for which the sign of a zero can be seen in some result."""
    seen: set[Variable] = set()
    if outputs_too:
        seen.update(x for x in graph.outputs if isinstance(x, Variable))
    for equation in reversed(graph.equations):
        seen.update(x for x in _watched(equation, seen) if isinstance(x, Variable))
    return seen


def _watched(equation: Equation, seen: set[Variable]) -> Iterable[object]:
    op, operands, _, results = equation
    if TABLE.get(op.name) is not op or (op.kind == "primitive" and op.name not in _BLIND):
        return operands
    if seen and any([v in seen for v in results]):
        return operands
    if any([isinstance(x, Variable) and x.spec.dtype.kind == "c" for x in operands]):
        return operands if op.kind == "elementwise" else ()
    return [operands[n] for n in _WATCHED.get(op.name, ())]
