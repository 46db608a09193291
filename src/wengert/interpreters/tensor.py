"""Tensor: the box of the tape. Level 0 is the eager tape that PyTorch users know; `grad` opens younger ones.

Its mark is the node that made it, an AccumulateGrad node for a leaf, None for a constant.
"""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.core.apply import NO_PARAMS, WATCH, Box, apply
from wengert.core.array import SPELLINGS, Array
from wengert.core.formula import Env
from wengert.core.op import TABLE, Op
from wengert.core.twins import SERIES, check_series
from wengert.core.view import Root
from wengert.errors import InplaceLeaf, explain, user_line
from wengert.interpreters.eager import Eager
from wengert.interpreters.guards import SMALL, Guard, protected
from wengert.interpreters.tape import AccumulateGrad, Fork, Node, Step, mode, node_types, pack_saved, port

__all__ = ["Tensor", "constant"]

_FLOAT = np.dtype(np.float64)
_OBJECT = np.dtype(object)


class Tensor(Eager):
    """An array on the tape, with PyTorch's attributes and NumPy's behaviour."""

    __slots__ = ()
    __module__ = "wengert"
    differentiates = True

    @staticmethod
    def process(op: Op, operands: Sequence[Any], params: Mapping[str, Any], level: int) -> Any:
        """Compute the result and record a node for it."""
        if len(operands) == 1 and op.outputs == 1:
            return _process_one(op, operands[0], params, level)
        values: list[Any] = []
        tracked = []
        for position, x in enumerate(operands):
            if isinstance(x, Tensor) and x.level == level:
                values.append(x.value)
                if x.mark is not None:
                    tracked.append(position)
            else:
                values.append(x)
        if op.taped is not None and tracked and mode.floor <= level:
            more, variant, kept, shown = op.taped(values, tracked, params)
            out = apply(op, more, variant)
            return _record_several(op, operands, values, out, tracked, kept, level, shown)
        out = apply(op, values, params) if level or WATCH.on else op.impl(*values, **params)
        if not tracked or op.vjps is None or mode.floor > level:
            return Tensor(out, None, level) if op.outputs == 1 else tuple([Tensor(o, None, level) for o in out])
        if op.outputs != 1:
            return _record_several(op, operands, values, out, tracked, params, level)
        dtype = out.dtype
        if dtype is _FLOAT:
            formulas = op.vjps
        elif dtype.kind in "fc":
            formulas = op.vjps if dtype.kind == "f" else op.conj_vjps
        else:
            return Tensor(out, None, level)  # integers and truths have no derivative
        guards = _protect(operands, values) if op.saves else None
        env = (*values, out)
        if len(tracked) == 1:
            (position,) = tracked
            formula = formulas[position]
            if formula is None:
                return Tensor(out, None, level)
            step_type = op.step_type or _node_types(op, values)[0]
            mark = operands[position].mark
            node: Node = step_type(mark, formula, formula.gather(env, params), out.shape, dtype, params, level)
        else:
            edges, rules, saved = _gather(operands, tracked, formulas, env, params)
            if not edges:
                return Tensor(out, None, level)
            fork_type = op.fork_type or _node_types(op, values)[1]
            node = fork_type(edges, rules, saved, out.shape, dtype, params, level)
        if guards:
            node.more().guards = guards
        if mode.noting:
            _note(node)
        return Tensor(out, node, level)

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        op = SPELLINGS.get(ufunc)
        if type(op) is Op and method == "__call__" and not kwargs:
            if len(inputs) == 1:
                return unary(op, self)
            if len(inputs) == 2:
                if type(inputs[0]) is np.ndarray and sys._getframe(1).f_code.co_name in SERIES:
                    check_series(sys._getframe(1))
                return binary(op, *inputs)
        return Array.__array_ufunc__(self, ufunc, method, *inputs, **kwargs)

    def __add__(self, y: Any) -> Any:
        return binary(TABLE["add"], self, y)

    def __radd__(self, y: Any) -> Any:
        return binary(TABLE["add"], y, self)

    def __sub__(self, y: Any) -> Any:
        return binary(TABLE["subtract"], self, y)

    def __rsub__(self, y: Any) -> Any:
        return binary(TABLE["subtract"], y, self)

    def __mul__(self, y: Any) -> Any:
        return binary(TABLE["multiply"], self, y)

    def __rmul__(self, y: Any) -> Any:
        return binary(TABLE["multiply"], y, self)

    def __truediv__(self, y: Any) -> Any:
        return binary(TABLE["divide"], self, y)

    def __rtruediv__(self, y: Any) -> Any:
        return binary(TABLE["divide"], y, self)

    def __neg__(self) -> Any:
        return unary(TABLE["negative"], self)

    # --- what the core asks ---------------------------------------------------------------------------------

    @property
    def tracked(self) -> bool:
        """Whether gradients flow through this tensor."""
        return self.mark is not None or (self.level > 0 and isinstance(self.value, Array) and self.value.tracked)

    @property
    def is_spare(self) -> bool:
        """Whether another array may become this one; a leaf waits for its own gradient."""
        return self.alias is None and type(self.mark) is not AccumulateGrad

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
        elif other.level < 0 == self.level:  # a symbol below the tape is a value
            self.value = other
            if mode.floor == 0:
                self.mark = None
        else:
            Array.become(self, other)

    def snapshot(self) -> Any:
        """The value of a constant; else a Tensor of the same node."""
        return self.value if self.mark is None else self.copied()

    def copied(self) -> Tensor:
        """A tensor of the same content and node."""
        return Tensor(self.value, self.mark, self.level)


def _process_one(op: Op, x: Tensor, params: Mapping[str, Any], level: int) -> Tensor:
    """`process` for an op of one operand, which is what most are."""
    value = x.value
    inner = (level or WATCH.on) and isinstance(value, Box)
    out = apply(op, (value,), params) if inner else op.impl(value, **params)
    mark = x.mark
    if mark is None or op.vjps is None or mode.floor > level:
        return Tensor(out, None, level)
    dtype = out.dtype
    kind = "f" if dtype is _FLOAT else dtype.kind
    if kind not in "fc":
        return Tensor(out, None, level)
    formula = op.vjps[0] if kind == "f" else op.conj_vjps[0]
    if formula is None:
        return Tensor(out, None, level)
    step_type = op.step_type or _node_types(op, (value,))[0]
    node = step_type(mark, formula, formula.gather((value, out), params), out.shape, dtype, params, level)
    if mode.noting:
        _note(node)
    return Tensor(out, node, level)


# The shortest way, for a row of one or two operands: `apply` and `process` in one. Where the values are boxes, they go
# the shortest way of their interpreter; nobody else wants to see the tensors first.


def _goes_short(level: int) -> bool:
    """Whether the tape of this level records what it applies to boxes, and no body of a loop is being recorded."""
    return mode.floor <= level and not mode.noting and not WATCH.closing


def unary(op: Op, x: Tensor) -> Any:
    """Apply a row of one operand to a tensor."""
    alias = x.alias
    if alias is not None:
        if type(alias) is Root:
            alias.owned = False
        elif (WATCH.on and not x.level) or alias.sync(x, op, NO_PARAMS):
            return apply(op, (x,))
    value, mark, level = x.value, x.mark, x.level
    if mark is None or op.vjps is None or op.outputs != 1:
        return apply(op, (x,))
    if mode.plain and not (level and isinstance(value, Box)):
        out = op.impl(value)
    elif isinstance(value, Box) and _goes_short(level):
        out = value.process_one(op, value)
    else:
        return apply(op, (x,))
    dtype = out.dtype
    if dtype is not _FLOAT and dtype.kind != "f":
        return apply(op, (x,))
    formula = op.vjps[0]
    step_type = op.step_type or _node_types(op, (value,))[0]
    args = formula.gather((value, out), NO_PARAMS)
    return Tensor(out, step_type(mark, formula, args, out.shape, dtype, NO_PARAMS, level), level)


def binary(op: Op, x: Any, y: Any) -> Any:
    """Apply a row of two operands, at least one of them a tensor."""
    level = -1
    if type(x) is Tensor:
        alias = x.alias
        if alias is not None:
            if type(alias) is Root:
                alias.owned = False
            elif (WATCH.on and not x.level) or alias.sync(x, op, NO_PARAMS):
                return apply(op, (x, y))
        a, left, level = x.value, x.mark, x.level
    else:
        a, left = x, None
        if type(x) is np.ndarray and x.nbytes <= SMALL and x.dtype is not _OBJECT:
            a = x.copy() if op.saves else x
        elif type(x) is not float and type(x) is not int:
            return apply(op, (x, y))
    if type(y) is Tensor:
        alias = y.alias
        if alias is not None:
            if type(alias) is Root:
                alias.owned = False
            elif (WATCH.on and not y.level) or alias.sync(y, op, NO_PARAMS):
                return apply(op, (x, y))
        b, right = y.value, y.mark
        if level != y.level:
            if level >= 0:
                return apply(op, (x, y))
            level = y.level
    else:
        b, right = y, None
        if type(y) is np.ndarray and y.nbytes <= SMALL and y.dtype is not _OBJECT:
            b = y.copy() if op.saves else y
        elif type(y) is not float and type(y) is not int:
            return apply(op, (x, y))
    formulas = op.vjps
    if formulas is None:
        return apply(op, (x, y))
    if mode.plain and not (level and (isinstance(a, Box) or isinstance(b, Box))):
        out = op.impl(a, b)
    elif isinstance(box := a if isinstance(a, Box) else b, Box) and _goes_short(level):
        if not level and type(x) is type(y) and type(a) is not type(b):
            return apply(op, (x, y))  # beside symbols, a tensor of plain numbers is one that the trace has yet to see
        out = box.process_two(op, a, b)
    else:
        return apply(op, (x, y))
    if left is None and right is None:
        return Tensor(out, None, level)
    dtype = out.dtype
    first, second = formulas
    if (dtype is not _FLOAT and dtype.kind != "f") or first is None or second is None:
        return apply(op, (x, y))
    env = (a, b, out)
    if left is not None and right is not None:
        saved = (first.gather(env, NO_PARAMS), second.gather(env, NO_PARAMS))
        fork_type = op.fork_type or _node_types(op, (a, b))[1]
        return Tensor(out, fork_type((left, right), formulas, saved, out.shape, dtype, NO_PARAMS, level), level)
    mark, formula = (left, first) if right is None else (right, second)
    step_type = op.step_type or _node_types(op, (a, b))[0]
    args = formula.gather(env, NO_PARAMS)
    return Tensor(out, step_type(mark, formula, args, out.shape, dtype, NO_PARAMS, level), level)


def _protect(operands: Sequence[Any], values: list[Any]) -> list[Guard]:
    """Make the plain arrays among the operands safe to save: small ones are copied, large ones guarded."""
    guards = []
    for n, x in enumerate(operands):
        if type(x) is np.ndarray:
            values[n] = protected(x)
            if values[n] is x and x.flags.writeable:
                guards.append(Guard(x))
    return guards


def _gather(operands: Any, tracked: list[int], formulas: Any, env: Any, params: Any) -> Any:
    edges, rules, saved = [], [], []
    if len(tracked) > 2:
        env = Env(env)
    for position in tracked:
        formula = formulas[position]
        if formula is not None:
            edges.append(operands[position].mark)
            rules.append(formula)
            saved.append(formula.gather(env, params))
    shared = formulas if type(formulas) is tuple and len(rules) == len(formulas) else tuple(rules)
    return tuple(edges), shared, tuple(saved)


def _record_several(
    op: Op, operands: Any, values: Any, out: Any, tracked: list[int], params: Any, level: int, shown: int | None = None
) -> tuple[Tensor, ...]:
    """A node with several results: each result gets a Port that hands its cotangent to the node.

    shown: how many of the results are wanted.
    """
    edges, rules, saved = _gather(operands, tracked, op.conj_vjps, (*values, out), params)
    if not edges:
        return tuple([Tensor(o, None, level) for o in out[:shown]])
    node = (op.fork_type or _node_types(op, values)[1])(edges, rules, saved, None, None)
    node.specs = tuple([(o.shape, o.dtype) for o in out])
    node.level, node.params = level, params
    if op.taped is not None:
        node.materialize = False
    if mode.noting:
        _note(node)
    results = []
    for n, o in enumerate(out[:shown]):
        differentiable = o.dtype.kind in "fc"
        results.append(Tensor(o, port(node, n, len(out), o) if differentiable else None, level))
    return tuple(results)


def _node_types(op: Op, values: Sequence[Any]) -> tuple[type[Step], type[Fork]]:
    """The node classes of an op, made at its first use; some ops are named after their operands' shapes."""
    if not callable(op.torch_name):
        op.step_type, op.fork_type = node_types(op, op.torch_name)
        return op.step_type, op.fork_type
    name = op.torch_name(*values)
    if (op, name) not in _named_types:
        _named_types[op, name] = node_types(op, name)
    return _named_types[op, name]


_named_types: dict[tuple[Op, str], tuple[type[Step], type[Fork]]] = {}


def _note(node: Node) -> None:
    """Under anomaly mode or saved-tensor hooks: note where the op was recorded, pack what it saves."""
    extra = node.more()
    if mode.anomaly:
        extra.trace = user_line() + "\n" + "".join(traceback.format_list(traceback.extract_stack(limit=12)[:-3]))
    elif mode.inspect is not None:
        extra.trace = mode.line or user_line()
    if mode.pack is not None and node.level < mode.pack[2]:
        pack, unpack, _ = mode.pack
        extra.unpack = unpack
        assert node.saved is not None
        node.saved = tuple(pack_saved(rule, args, pack) for rule, args in zip(node.rules, node.saved, strict=True))


def constant(value: Any) -> Tensor:
    """An untracked array that can be written to, also with tracked values."""
    made = Tensor(value, None, 0)
    made.alias = Root()
    return made


Array.constant = staticmethod(constant)


def _unary_method(name: str) -> Any:
    general = getattr(Array, name)

    def method(self: Tensor, *args: Any, **kwargs: Any) -> Any:
        return general(self, *args, **kwargs) if args or kwargs else unary(TABLE[name], self)

    return functools.update_wrapper(method, general)


for _name in "sin cos tan sinh cosh tanh arcsin arccos arctan exp expm1 log log1p log2 sqrt square reciprocal".split():
    setattr(Tensor, _name, _unary_method(_name))
