"""The op behind a Function: one per class, with the call in its params, so that every interpreter records it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from wengert.autograd.context import Call, array_results, defines, forward, in_context, result_slots
from wengert.autograd.memo import Memo, Ref, is_numeric, merged
from wengert.core.apply import Box, apply, fresh, read
from wengert.core.array import Array
from wengert.core.formula import Formula
from wengert.core.op import TABLE, Op, called, joint
from wengert.errors import InvalidArgument, LostGradient, MissingRule, NotDifferentiable, explain, user_line
from wengert.interpreters.sweep import sweep
from wengert.interpreters.tape import Special, as_tensor, as_value, leaf
from wengert.interpreters.tensor import Tensor

__all__ = ["VmapInfo", "op_of", "stopped"]


class VmapInfo(NamedTuple):
    """What a Function's own `vmap` is told."""

    batch_size: int
    randomness: str = "error"


class _Saving(Formula):
    """What a node of a call saves: of operands and results what the context refers to, and the memo."""

    __slots__ = ()

    def __init__(self, function: Any, sources: tuple[Any, ...], position: int) -> None:
        super().__init__(function, sources, position)
        self.gather = self._kept

    def _kept(self, env: Sequence[Any], params: Mapping[str, Any]) -> tuple[Any, ...]:
        memo = params["call"].memo()
        values = tuple([v if memo.keeps(Ref("input", n)) else None for n, v in enumerate(env[:-1])])
        outs = tuple([v if n >= memo.outputs or memo.keeps(Ref("output", n)) else None for n, v in enumerate(env[-1])])
        return values, outs, memo


class _Rules(dict[int, _Saving]):
    """The same rule for every operand."""

    def __missing__(self, position: int) -> _Saving:
        self[position] = _Saving(_backward, ("values", -1, "memo"), position)
        return self[position]


class FunctionNode(Special):
    """A node of a Function."""

    __slots__ = ()
    materialize = False

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What the call's `save_for_backward` kept."""
        if self.saved is None:
            return ()
        values, outs, memo = self.saved[0]
        return in_context(self.params["call"], memo, values, outs, ()).saved_tensors  # type: ignore[no-any-return]


# --- derivatives --------------------------------------------------------------------------------------------


def _backward(gs: Sequence[Any], node: Any, saved: Any) -> list[Any]:
    """One cotangent per operand."""
    values, outs, memo = saved
    call: Call = node.params["call"]
    if any(g is not None for g in gs[memo.outputs :]):
        raise _unknown_residual(call.cls.__name__)
    needed = {rule.position for rule in node.rules}
    needs = tuple([n in {call.places[p] for p in needed} for n in range(len(call.args))])
    gs = [_cotangent(g, spec, memo) for g, spec in zip(gs[: memo.outputs], node.specs, strict=False)]
    if defines(call.cls, "backward"):
        grads = _by_backward(call, memo, values, outs, gs, needs)
    else:
        shapes = {rule.position: edge for rule, edge in zip(node.rules, node.edges, strict=True)}
        grads = _transposed_jvp(call, memo, values, outs, gs, shapes)
    for rule, edge in zip(node.rules, node.edges, strict=True):
        _check_shape(grads[rule.position], edge.shape, call.places[rule.position], call.cls.__name__)
    return grads


def _cotangent(g: Any, spec: Any, memo: Memo) -> Any:
    return np.zeros(*spec)[()] if g is None and memo.materialize else g


def _by_backward(call: Call, memo: Memo, values: Any, outs: Any, gs: Sequence[Any], needs: Any) -> list[Any]:
    """Ask the user's backward; `gs` has one cotangent per array result."""
    once = getattr(call.cls.backward, "once_differentiable", False)
    sources = [x for x in (*values, *outs, *gs) if isinstance(x, Array) and x.tracked] if once else []
    if once:
        values, outs, gs = [[stopped(x) for x in xs] for xs in (values, outs, gs)]
    ctx = in_context(call, memo, values, outs, needs)
    full = memo.filled(memo.results, lambda ref: as_tensor(gs[ref.number]))
    full = [x if is_numeric(x) else None for x in (full if isinstance(memo.results, tuple) else (full,))]
    grads = ctx.backward(*full) if call.instance is not None else call.cls.backward(ctx, *full)
    grads = _one_each(grads, len(call.args), f"{call.cls.__name__}.backward", "gradient per argument of forward")
    picked = [as_value(grads[n]) for n in call.places]
    if sources:
        given = [n for n, g in enumerate(picked) if g is not None]
        for n, g in zip(
            given, apply(_once, [*[picked[n] for n in given], *sources], {"count": len(given)}), strict=True
        ):
            picked[n] = g
    return picked


def _one_each(found: Any, count: int, who: str, what: str) -> tuple[Any, ...]:
    """Exactly `count` results; further ones may be None only."""
    found = found if isinstance(found, tuple | list) else (found,)
    if len(found) < count or any(g is not None for g in found[count:]):
        raise InvalidArgument(
            explain(
                f"{who} returned {len(found)} values; expected {count}.",
                f"It returns one {what}.",
                "Return None where there is no derivative.",
            )
        )
    return tuple(found)


def _check_shape(g: Any, shape: tuple[int, ...], n: int, name: str) -> None:
    """A gradient may have axes that its argument was broadcast along, and may be a scalar to be spread out."""
    if g is None or g.shape == shape:
        return
    try:
        if np.broadcast_shapes(g.shape, shape) in (g.shape, shape):
            return
    except ValueError:
        pass
    raise InvalidArgument(
        explain(
            f"{name}.backward returned a gradient of shape {g.shape} for argument {n}, whose shape is {shape}.",
            "A gradient has the shape of its argument.",
            "Sum it over the axes along which the argument was broadcast.",
        )
    )


def _jvp(values: Sequence[Any], outs: Sequence[Any], tangents: Sequence[Any], params: Mapping[str, Any]) -> Any:
    """One tangent per result; a residual's is not known."""
    call: Call = params["call"]
    memo = call.memo()
    if defines(call.cls, "jvp"):
        needs = call.with_arrays([t is not None for t in tangents], [False] * len(call.args))
        moved = _by_jvp(call, memo, values, outs, tangents, tuple(needs))
    else:
        moved = _transposed_backward(call, memo, values, outs, tangents)
    moved = [None if n in memo.nondiff else t for n, t in enumerate(moved)]
    return (*moved, *[_Unknown.tangent(y, call.cls.__name__) for y in outs[memo.outputs :]])


def _by_jvp(call: Call, memo: Memo, values: Any, outs: Any, tangents: Sequence[Any], needs: Any) -> list[Any]:
    ctx = in_context(call, memo, values, outs, needs, tangent=True)
    if memo.materialize:
        tangents = [_zeros(x) if t is None else t for t, x in zip(tangents, values, strict=True)]
    full = call.with_arrays([as_tensor(t) for t in tangents], [None] * len(call.args))
    moved = ctx.jvp(*full) if call.instance is not None else call.cls.jvp(ctx, *full)
    results = memo.results if isinstance(memo.results, tuple) else (memo.results,)
    moved = _one_each(moved, len(results), f"{call.cls.__name__}.jvp", "tangent per result")
    return [as_value(t) for t, slot in zip(moved, results, strict=False) if hasattr(slot, "ref")]


def _zeros(x: Any) -> Any:
    return np.zeros(x.shape, x.dtype if x.dtype.kind in "fc" else float)[()]


# g ↦ backward(g) is linear, and its transpose is t ↦ jvp(t); and the other way round. The transpose of a linear
# function is its own pullback, whatever point it is taken at.


def _transposed_backward(call: Call, memo: Memo, values: Any, outs: Any, tangents: Sequence[Any]) -> list[Any]:
    level = fresh()
    gs = [_probe(y.shape, y.dtype, level) if y.dtype.kind in "fc" else _zeros(y) for y in outs[: memo.outputs]]
    needs = call.with_arrays([t is not None for t in tangents], [False] * len(call.args))
    grads = _by_backward(call, memo, values, outs, gs, tuple(needs))
    roots = [(g.mark, t) for g, t in zip(grads, tangents, strict=True) if t is not None and _is_of(g, level)]
    found = sweep(roots, keep=False)
    return [found.get(g.mark) if isinstance(g, Box) else None for g in gs]


def _transposed_jvp(
    call: Call, memo: Memo, values: Any, outs: Any, gs: Sequence[Any], edges: Mapping[int, Any]
) -> list[Any]:
    if not defines(call.cls, "jvp"):
        raise MissingRule(
            explain(
                f"{call.cls.__name__} has no backward and no jvp, and was differentiated at {user_line()}.",
                "One of them says what its derivative is.",
                f"Write {call.cls.__name__}.backward(ctx, *grads).",
            )
        )
    level = fresh()
    count = len(call.places)
    ts = [_probe(edges[n].shape, edges[n].dtype, level) if n in edges else None for n in range(count)]
    needs = call.with_arrays([n in edges for n in range(count)], [False] * len(call.args))
    moved = _by_jvp(call, memo, values, outs, ts, tuple(needs))
    roots = [(t.mark, g) for t, g in zip(moved, gs, strict=True) if g is not None and _is_of(t, level)]
    found = sweep(roots, keep=False)
    return [None if t is None else found.get(t.mark) for t in ts]


def _probe(shape: Any, dtype: Any, level: int) -> Tensor:
    return Tensor(np.zeros(shape, dtype)[()], leaf(shape, dtype, level, lambda: None), level)


def _is_of(x: Any, level: int) -> bool:
    return isinstance(x, Tensor) and x.level == level and x.mark is not None


class _Unknown(Array):
    """The tangent of a residual, which no rule gives: whoever needs it is told so."""

    __slots__ = ()

    @classmethod
    def tangent(cls, residual: Any, name: str) -> Any:
        """The unknown tangent of a float residual; that of integers and truths is zero."""
        return cls(_zeros(residual), name, fresh()) if residual.dtype.kind in "fc" else None

    @staticmethod
    def process(op: Op, operands: Sequence[Any], params: Mapping[str, Any], level: int) -> Any:
        """Refused."""
        raise _unknown_residual(next(x.mark for x in operands if isinstance(x, _Unknown) and x.level == level))


def _unknown_residual(name: str) -> LostGradient:
    return LostGradient(
        explain(
            f"the derivative of {name}'s derivative needs that of a value which its forward computed and saved.",
            "It is neither an argument nor a result, so no rule says how it depends on the arguments.",
            "Save arguments and results only and compute the value again in backward, or return it as a result.",
        )
    )


# --- vmap -----------------------------------------------------------------------------------------------------


def _vmap(
    n: int, values: Sequence[Any], batched: Sequence[bool], params: Mapping[str, Any], *, op: Callable[[], Op]
) -> Any:
    call: Call = params["call"]
    if defines(call.cls, "vmap"):
        return _by_vmap(n, values, batched, call, op())
    rows, memos = [], []
    for i in range(n) if n else [None]:
        rows.append(apply(op(), _entry(values, batched, i), params))
        memos.append(call.memo())
    call.remember(merged(memos, call.cls.__name__))
    return tuple([np.stack(column)[:n] for column in zip(*rows, strict=True)])


def _entry(values: Sequence[Any], batched: Sequence[bool], i: int | None) -> list[Any]:
    """One entry of the batch; zeros for an empty batch."""
    return [
        v if not b else v[i] if i is not None else np.zeros(v.shape[1:], v.dtype)[()]
        for v, b in zip(values, batched, strict=True)
    ]


def _by_vmap(n: int, values: Sequence[Any], batched: Sequence[bool], call: Call, op: Op) -> tuple[Any, ...]:
    """Ask the user's vmap. What a context for it would hold is found by a run of one entry, if it is needed."""
    dims = call.with_arrays([0 if b else None for b in batched], [None] * len(call.args))
    args = call.with_arrays([as_tensor(v) for v in values])
    result, out_dims = call.cls.vmap(VmapInfo(n), tuple(dims), *args)
    outputs, result = array_results(result)
    places = out_dims if isinstance(out_dims, tuple | list) else [out_dims] * len(outputs)
    fronted = [_fronted(as_value(y), place, n) for y, place in zip(outputs, places, strict=True)]
    slots = result_slots(result, outputs)

    def memo() -> Memo:
        apply(op, _entry(values, batched, 0 if n else None), {"call": call})
        found = call.memo()
        if found.residuals:
            raise _unknown_residual(call.cls.__name__)
        return found

    call.remember(Memo(slots, len(outputs), {}), memo)
    return tuple(fronted)


def _fronted(y: Any, place: Any, n: int) -> Any:
    return np.broadcast_to(y, (n, *np.shape(y))) if place is None else np.moveaxis(y, place, 0)


# --- the op -----------------------------------------------------------------------------------------------------


def op_of(cls: type) -> Op:
    """The op of a Function class, made when it is first called."""
    if "_op" in cls.__dict__:
        return cls.__dict__["_op"]  # type: ignore[no-any-return]
    each = functools.partial(_vmap, op=lambda: op_of(cls))
    op = joint(forward, **called(cls.__name__), vjp=_backward, jvp=_jvp, vmap=each)
    op.vjps = op.conj_vjps = _Rules()
    columns = {"__slots__": (), "op": op, "in_place": False, "__module__": cls.__module__}
    op.fork_type = type(f"{cls.__name__}Backward", (FunctionNode,), columns)
    cls._op = op  # type: ignore[attr-defined]
    return op


def stopped(x: Any) -> Any:
    """A box that no derivative flows through."""
    if not isinstance(x, Box):
        return x
    out = apply(TABLE["stop_gradient"], (x,))
    out.alias = None
    read(out)
    return out


def _not_twice(*_: Any) -> Any:
    raise NotDifferentiable(
        explain(
            f"a gradient was differentiated at {user_line()} that a once_differentiable backward computed.",
            "That backward works on plain numbers, so there is no graph of it.",
            "Write the backward with ops on tensors and take @once_differentiable away.",
        )
    )


# The results of a once_differentiable backward, which depend on the sources in a way that nobody recorded.
_once = joint(lambda *xs, count: tuple(xs[:count]), "once_differentiable", _not_twice, _not_twice)
