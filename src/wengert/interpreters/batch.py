"""vmap: one more axis in front of every value.

The value of a Batched has the batch axis first; its shape is the shape without it. How an op acts on such
values follows from its kind: elementwise rows broadcast, rows with `core` axes take any axes before them,
rows with a `batch` rule change their params. What has none of these runs once per entry, so nothing is out of
reach of vmap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import apply, refreshed
from wengert.core.array import Array
from wengert.core.op import Op, Same
from wengert.errors import BatchedValue, explain, user_line

__all__ = ["Batched"]


class Batched(Array):
    """Many arrays of one shape, seen as one of them."""

    __slots__ = ()

    @staticmethod
    def process(op: Op, operands: Sequence[Any], params: Mapping[str, Any], level: int) -> Any:
        """Apply the op to all entries of the batch at once."""
        batched = [isinstance(x, Batched) and x.level == level for x in operands]
        values = [x.value if b else x for x, b in zip(operands, batched, strict=True)]
        n = next(v.shape[0] for v, b in zip(values, batched, strict=True) if b)
        if op.vmap is not None:
            out = op.vmap(n, values, batched, params)
        elif op.core is not None:
            loops = [np.ndim(v) - b - len(c) for v, b, c in zip(values, batched, _cores(op, values), strict=True)]
            out = apply(op, _aligned(values, batched, loops), params)
        elif op.kind == "elementwise":
            loops = [np.ndim(v) - b for v, b in zip(values, batched, strict=True)]
            out = apply(op, _aligned(values, batched, loops), params)
        elif op.batch is not None:
            out = _with_batch_rule(op, values, batched, params, n)
        else:
            out = _one_by_one(op, values, batched, params, n)
        if op.outputs == 1:
            return Batched(out, None, level)
        return tuple([o.value if type(o) is Same else Batched(o, None, level) for o in out])

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes of one entry."""
        if self.alias is not None and refreshed(self):
            return self.shape
        return self.value.shape[1:]  # type: ignore[no-any-return]

    def plain(self, what: str) -> Any:
        """Refused: there is one number per entry."""
        raise BatchedValue(
            explain(
                f"{what} at {user_line()} asked a vmapped value of shape {self.shape} for plain numbers.",
                f"It stands for {self.value.shape[0]} values at once, so there is not one answer.",
                "Write np.where(condition, a, b) instead of branching, or call the function in a loop.",
            )
        )

    concrete = plain


def _cores(op: Op, values: Sequence[Any]) -> Any:
    assert op.core is not None
    return op.core[0][: len(values)]


def _aligned(values: Sequence[Any], batched: Sequence[bool], loops: Sequence[int]) -> list[Any]:
    """Axes of length 1 after the batch axis, so that the broadcast axes of all operands line up."""
    rank = max(loops)
    out = []
    for v, b, have in zip(values, batched, loops, strict=True):
        if b and have < rank:
            v = np.reshape(v, (v.shape[0],) + (1,) * (rank - have) + v.shape[1:])
        out.append(v)
    return out


def _with_batch_rule(op: Op, values: Sequence[Any], batched: Sequence[bool], params: Mapping[str, Any], n: int) -> Any:
    assert op.batch is not None
    whole = [v if b else np.broadcast_to(v, (n, *np.shape(v))) for v, b in zip(values, batched, strict=True)]
    return apply(op, whole, op.batch(n, params))


def _one_by_one(op: Op, values: Sequence[Any], batched: Sequence[bool], params: Mapping[str, Any], n: int) -> Any:
    rows = [apply(op, [v[i] if b else v for v, b in zip(values, batched, strict=True)], params) for i in range(n)]
    if op.outputs == 1:
        return np.stack(rows)
    return tuple(np.stack(column) for column in zip(*rows, strict=True))
