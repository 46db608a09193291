"""Sparsity: which inputs an entry depends on. Booleans instead of floats.

The mark of a Pattern has one more axis than the value, one boolean per input. The rule of an op follows from
its kind: elementwise rows take the union over their operands; a linear or multilinear row is asked itself, with
random numbers in the place of what depends on an input and zeros elsewhere; a primitive mixes all entries along the
axes that its `core` or its param `axis` names, or along all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import Box, apply
from wengert.core.array import Array
from wengert.core.op import Op
from wengert.spec import spec

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
            found = (_union(marks, np.shape(out)),)
        elif op.kind in ("linear", "multilinear") and op.outputs == 1:
            found = (_by_probing(op, values, marks, params, out),)
        else:
            found = _through_primitive(op, values, marks, params, outs)
        boxes = [Pattern(o, m, level) for o, m in zip(outs, found, strict=True)]
        return boxes[0] if op.outputs == 1 else tuple(boxes)

    @property
    def tracked(self) -> bool:
        """Whether the value depends on an input."""
        return self.mark is not None


def _flows(op: Op, position: int) -> bool:
    return min(position, len(op.names) - 1) not in op.nondiff


def _union(marks: Sequence[Any], shape: tuple[int, ...]) -> Any:
    """The sets of all operands together, broadcast to a shape."""
    total = None
    for mark in marks:
        if mark is not None:
            mark = mark.reshape((1,) * (len(shape) + 1 - mark.ndim) + mark.shape)
            total = mark if total is None else total | mark
    assert total is not None
    return np.broadcast_to(total, (*shape, total.shape[-1]))


def _by_probing(op: Op, values: Sequence[Any], marks: Sequence[Any], params: Mapping[str, Any], out: Any) -> Any:
    """Run a (multi)linear op once per input and marked operand, on random numbers where that depends on the input.

    Random numbers cancel with probability zero, so a result of zero is one whatever the numbers are.
    """
    rng = np.random.default_rng(0)
    inputs = next(m.shape[-1] for m in marks if m is not None)
    found = np.zeros((*np.shape(out), inputs), bool)
    generic = [_generic(op, i, v, m, rng) for i, (v, m) in enumerate(zip(values, marks, strict=True))]
    params = _without_donation(params)
    for position, mark in enumerate(marks):
        if mark is None:
            continue
        for n in np.flatnonzero(mark.any(axis=tuple(range(mark.ndim - 1)))):
            probes = [*generic]
            probes[position] = generic[position] * mark[..., n]
            if op.kind == "linear":  # jointly: the other operands add to the result
                probes = [x if i == position or not _flows(op, i) else np.zeros_like(x) for i, x in enumerate(probes)]
            found[..., n] |= np.asarray(apply(op, probes, params) != 0)
    return found


def _generic(op: Op, position: int, value: Any, mark: Any, rng: np.random.Generator) -> Any:
    """Random numbers for an operand. Where a constant is zero they are, too; an index is kept as it is."""
    if not _flows(op, position):
        return value
    shape = np.shape(value)
    numbers = rng.uniform(0.5, 1.5, shape)
    if spec(value).dtype.kind == "c":
        numbers = numbers + 1j * rng.uniform(0.5, 1.5, shape)
    return numbers if mark is not None or isinstance(value, Box) else numbers * (np.asarray(value) != 0)


def _without_donation(params: Mapping[str, Any]) -> Mapping[str, Any]:
    params = {**params, "donate": False} if "donate" in params else params
    return {**params, "dtype": np.dtype(float)} if "dtype" in params else params


def _through_primitive(
    op: Op, values: Sequence[Any], marks: Sequence[Any], params: Mapping[str, Any], outs: Sequence[Any]
) -> tuple[Any, ...]:
    """Every entry may depend on every entry; but loops over `core` axes, and axes not named by `axis`, stay apart."""
    if op.core is not None:
        inner = [len(core) for core in op.core[0]]
        loops = [
            m if m is None else _any(m, range(m.ndim - 1 - k, m.ndim - 1)) for m, k in zip(marks, inner, strict=True)
        ]
        shape = np.broadcast_shapes(*[np.shape(v)[: np.ndim(v) - k] for v, k in zip(values, inner, strict=True)])
        union = _union(loops, shape)
        return tuple(_spread(union, np.shape(o)) for o in outs)
    if "axis" in params:
        axes = params["axis"] if isinstance(params["axis"], tuple) else (params["axis"],)
        union = _union(marks, np.broadcast_shapes(*[np.shape(v) for v in values]))
        mixed = union.any(axis=axes, keepdims=True)
        return tuple(
            np.broadcast_to(
                mixed if np.ndim(o) == union.ndim - 1 else mixed.squeeze(axes), (*np.shape(o), union.shape[-1])
            )
            for o in outs
        )
    union = _union([m if m is None else _any(m, range(m.ndim - 1)) for m in marks], ())
    return tuple(_spread(union, np.shape(o)) for o in outs)


def _any(mark: Any, axes: range) -> Any:
    return mark.any(axis=tuple(axes))


def _spread(union: Any, shape: tuple[int, ...]) -> Any:
    """The sets of a loop's rounds for all entries that a round computes."""
    *loop, inputs = union.shape
    return np.broadcast_to(np.reshape(union, (*loop, *(1,) * (len(shape) - len(loop)), inputs)), (*shape, inputs))
