"""Tensor: the box of the tape. Level 0 is the eager tape that PyTorch users know; `grad` opens younger ones.

Its mark is the node that made it, an AccumulateGrad node for a leaf, None for a constant.
"""

from __future__ import annotations

import sys
import threading
import traceback
import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import NO_PARAMS, Box, apply, read
from wengert.core.array import Array
from wengert.core.op import Op
from wengert.core.view import Root, View, version, write
from wengert.errors import InplaceLeaf, InvalidArgument, NotDifferentiable, explain, user_line
from wengert.interpreters.tape import (
    AccumulateGrad,
    Handle,
    Node,
    Port,
    leaf,
    mode,
    next_order,
    node_type,
    pack_saved,
    port,
    sweep,
)

__all__ = ["Tensor", "accumulate", "backward", "constant", "tensor_of"]

_accumulating = threading.Lock()


class Tensor(Array):
    """An array on the tape, with PyTorch's attributes and NumPy's behaviour."""

    __slots__ = ()
    __module__ = "wengert"

    @staticmethod
    def process(op: Op, operands: Sequence[Any], params: Mapping[str, Any], level: int) -> Any:
        """Compute the result and record a node for it."""
        values = []
        tracked = []
        position = 0
        for x in operands:
            if isinstance(x, Tensor) and x.level == level:
                values.append(x.value)
                if x.mark is not None:
                    tracked.append(position)
            else:
                values.append(x)
            position += 1
        if level:
            out = apply(op, values, params)
        else:
            out = op.impl(*values, **params) if params else op.impl(*values)
        if not tracked or op.vjps is None or mode.floor > level:
            return Tensor(out, None, level) if op.outputs == 1 else tuple([Tensor(o, None, level) for o in out])
        if op.outputs != 1:
            return _record_several(op, operands, values, out, tracked, params, level)
        dtype = out.dtype
        formulas = op.vjps if dtype.kind != "c" else op.conj_vjps
        env = (*values, out)
        if len(tracked) == 1:
            (position,) = tracked
            formula = formulas[position]
            if formula is None:
                return Tensor(out, None, level)
            pick = formula.pick
            edges: Any = (operands[position].mark,)
            rules: Any = (formula,)
            saved: Any = (pick(env) if pick is not None else formula.collect(env, params),)
        else:
            edges, rules, saved = _gather(operands, tracked, formulas, env, params)
            if not edges:
                return Tensor(out, None, level)
        node = (op.node_type or _node_type(op, values))(edges, rules, saved, out.shape, dtype)
        if params:
            node.params = params
        if level:
            node.level = level
        if mode.noting:
            _note(node)
        return Tensor(out, node, level)

    # --- what the core asks ---------------------------------------------------------------------------------

    @property
    def tracked(self) -> bool:
        """Whether gradients flow through this tensor."""
        return self.mark is not None or (self.level > 0 and isinstance(self.value, Array) and self.value.tracked)

    def check_writable(self) -> None:
        """A leaf that is to receive a gradient cannot be renamed while the tape records."""
        if self.level == 0 and type(self.mark) is AccumulateGrad and mode.floor == 0:
            raise InplaceLeaf(
                explain(
                    f"an in-place write at {user_line()} to a leaf tensor that requires grad.",
                    "The written tensor would be the result of an op, and the leaf's .grad would never arrive.",
                    "Write it inside `with wg.no_grad():`, or work on x.clone().",
                )
            )

    def become(self, other: Box) -> None:
        """Become `other`; while the tape is at rest only the numbers change, as in PyTorch."""
        if mode.floor > self.level and isinstance(other, Tensor) and other.level == self.level:
            self.value = other.value
        else:
            Array.become(self, other)

    def snapshot(self) -> Any:
        """The value of a constant; else a Tensor of the same node."""
        return self.value if self.mark is None else self.copied()


    def copied(self) -> Tensor:
        """A tensor of the same content and node."""
        return Tensor(self.value, self.mark, self.level)


def _gather(operands: Any, tracked: list[int], formulas: Any, env: Any, params: Any) -> Any:
    edges, rules, saved = [], [], []
    for position in tracked:
        formula = formulas[position]
        if formula is not None:
            edges.append(operands[position].mark)
            rules.append(formula)
            saved.append(formula.pick(env) if formula.pick is not None else formula.collect(env, params))
    return tuple(edges), tuple(rules), tuple(saved)


def _record_several(
    op: Op, operands: Any, values: Any, out: Any, tracked: list[int], params: Any, level: int
) -> tuple[Tensor, ...]:
    """A node with several results: each result gets a Port that hands its cotangent to the node."""
    edges, rules, saved = _gather(operands, tracked, op.conj_vjps, (*values, out), params)
    if not edges:
        return tuple([Tensor(o, None, level) for o in out])
    node = (op.node_type or _node_type(op, values))(edges, rules, saved, None, None)
    node.specs = tuple([(o.shape, o.dtype) for o in out])
    node.level, node.params = level, params
    if mode.noting:
        _note(node)
    results = []
    for n, o in enumerate(out):
        differentiable = o.dtype.kind in "fc"
        results.append(Tensor(o, port(node, n, len(out), o) if differentiable else None, level))
    return tuple(results)


def _node_type(op: Op, values: Sequence[Any]) -> type[Node]:
    """The node class of an op, made at its first use; some ops are named after their operands' shapes."""
    if not callable(op.torch_name):
        op.node_type = node_type(op, op.torch_name)
        return op.node_type  # type: ignore[no-any-return]
    name = op.torch_name(*values)
    if (op, name) not in _named_types:
        _named_types[op, name] = node_type(op, name)
    return _named_types[op, name]


_named_types: dict[tuple[Op, str], type[Node]] = {}


def _note(node: Node) -> None:
    """Under anomaly mode or saved-tensor hooks: note where the op was recorded, pack what it saves."""
    extra = node.more()
    if mode.anomaly:
        extra.trace = user_line() + "\n" + "".join(traceback.format_list(traceback.extract_stack(limit=12)[:-3]))
    if mode.pack is not None:
        pack, unpack = mode.pack
        extra.unpack = unpack
        assert node.saved is not None
        node.saved = tuple(pack_saved(rule, args, pack) for rule, args in zip(node.rules, node.saved, strict=True))


def constant(value: Any) -> Tensor:
    """An untracked array that can be written to, also with tracked values."""
    made = Tensor(value, None, 0)
    made.alias = Root()
    return made


def tensor_of(value: Any, node: Node) -> Tensor:
    """The tensor of a saved value and the node that made it."""
    return Tensor(value, node, node.level)


Array.constant = staticmethod(constant)  # type: ignore[assignment]
