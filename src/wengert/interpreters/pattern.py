"""Sparsity: which inputs an entry depends on. Booleans instead of floats.

The mark of a Pattern has one more axis than the value, one boolean per input. The rule of an op follows from
its kind: elementwise rows take the union over their operands; any other row is asked itself, with NaN in the
place of what depends on an input, since NaN spreads to whatever is computed from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import apply
from wengert.core.array import Array
from wengert.core.op import Op

__all__ = ["Pattern"]


class Pattern(Array):
    """A value, and for each of its entries the set of inputs that it may depend on."""

    __slots__ = ()

    @staticmethod
    def process(op: Op, operands: Sequence[Any], params: Mapping[str, Any], level: int) -> Any:
        """Compute the result and the union of the sets of the operands' entries that it uses."""
        mine = [isinstance(x, Pattern) and x.level == level for x in operands]
        values = [x.value if m else x for x, m in zip(operands, mine, strict=True)]
        out = apply(op, values, params)
        marks = [x.mark if m and _flows(op, n) else None for n, (x, m) in enumerate(zip(operands, mine, strict=True))]
        outs = (out,) if op.outputs == 1 else out
        if op.vjps is None or all(m is None for m in marks):
            found: Any = (None,) * len(outs)
        elif op.kind == "elementwise":
            found = (_union(marks, out),)
        elif op.kind in ("linear", "multilinear") and op.outputs == 1:
            found = (_by_nan(op, values, marks, params, out),)
        else:
            found = _any_to_any(marks, values, outs, op)
        boxes = [Pattern(o, m, level) for o, m in zip(outs, found, strict=True)]
        return boxes[0] if op.outputs == 1 else tuple(boxes)

    @property
    def tracked(self) -> bool:
        """Whether the value depends on an input."""
        return self.mark is not None


def _flows(op: Op, position: int) -> bool:
    return min(position, len(op.names) - 1) not in op.nondiff


def _union(marks: Sequence[Any], out: Any) -> Any:
    rank = np.ndim(out)
    total = None
    for mark in marks:
        if mark is not None:
            shape = mark.shape[:-1]
            mark = mark.reshape((1,) * (rank - len(shape)) + mark.shape)
            total = mark if total is None else total | mark
    assert total is not None
    return np.broadcast_to(total, (*np.shape(out), total.shape[-1]))


def _by_nan(op: Op, values: Sequence[Any], marks: Sequence[Any], params: Mapping[str, Any], out: Any) -> Any:
    """Run a (multi)linear op once per input, with NaN where an operand's entry depends on it and 1 elsewhere."""
    inputs = next(m.shape[-1] for m in marks if m is not None)
    found = np.zeros((*np.shape(out), inputs), bool)
    touched = np.zeros(inputs, bool)
    for mark in marks:
        if mark is not None:
            touched |= mark.any(axis=tuple(range(mark.ndim - 1)))
    with np.errstate(invalid="ignore"):
        for n in np.flatnonzero(touched):
            probes = [
                np.where(m[..., n], np.nan, 1.0) if m is not None else _probe(op, i, v)
                for i, (v, m) in enumerate(zip(values, marks, strict=True))
            ]
            found[..., n] = np.isnan(apply(op, probes, _without_donation(params)))
    return found


def _probe(op: Op, position: int, value: Any) -> Any:
    """A constant operand: kept where it steers the op (an index), ones where it is only multiplied or moved."""
    return np.ones(np.shape(value)) if _flows(op, position) else value


def _without_donation(params: Mapping[str, Any]) -> Mapping[str, Any]:
    params = {**params, "donate": False} if "donate" in params else params
    return {**params, "dtype": np.dtype(float)} if "dtype" in params else params


def _any_to_any(marks: Sequence[Any], values: Sequence[Any], outs: Sequence[Any], op: Op) -> tuple[Any, ...]:
    """A primitive: every entry may depend on every entry, but batch axes before `core` axes stay apart."""
    union = None
    for mark in marks:
        if mark is not None:
            flat = mark.any(axis=tuple(range(mark.ndim - 1)))
            union = flat if union is None else union | flat
    assert union is not None
    return tuple(np.broadcast_to(union, (*np.shape(o), len(union))) for o in outs)
