"""Reductions and scans: what combines many entries into one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.compiler.builder import Builder
from wengert.compiler.loops import Index, Value, code_of, dtype_of
from wengert.compiler.lower.nodes import Access, Node, Place, as_map, size_of
from wengert.compiler.lower.table import lowering

__all__ = ["neutral", "reduction"]


def neutral(op: str, code: str) -> Any:
    """What an accumulator starts with."""
    if op in ("maximum", "minimum"):
        if code[0] == "f":
            return -np.inf if op == "maximum" else np.inf
        if code == "b1":
            return op == "minimum"
        ends = np.iinfo(dtype_of(code))
        return ends.min if op == "maximum" else ends.max
    return {"add": 0, "mul": 1, "and": True, "or": False}[op]


def reduction(op: str, x: Node, axes: tuple[int, ...], code: str, change: Callable[[Builder, Value], Value]) -> Node:
    """The reduction of (changed) entries over axes; axes of the result are those that remain."""
    keep = [k for k in range(len(x.shape)) if k not in axes]

    def rule(b: Builder, place: Place) -> Access:
        full = [Index()] * len(x.shape)
        for k, i in zip([*keep, *axes], place, strict=True):
            full[k] = i
        v = yield x, tuple(full)
        return change(b, v)

    shape, inner = tuple([x.shape[k] for k in keep]), tuple([x.shape[k] for k in axes])
    return Node("reduce", shape, code, (x,), rule=rule, inner=inner, op=op, init=neutral(op, code), cost=1.0)


def spread(x: Node, shape: tuple[int, ...]) -> Node:
    """x in a shape that has more axes of length 1."""
    if x.shape == shape:
        return x
    kept = [k for k, n in enumerate(shape) if n != 1]
    mine = [k for k, n in enumerate(x.shape) if n != 1]

    def rule(b: Builder, place: Place) -> Access:
        where = [Index()] * len(x.shape)
        for m, k in zip(mine, kept, strict=True):
            where[m] = place[k]
        v = yield x, tuple(where)
        return v

    return as_map(shape, x.code, (x,), rule)


def then(x: Node, change: Callable[[Builder, Value], Value], code: str | None = None, cost: float = 1.0) -> Node:
    """Every entry of x changed."""

    def rule(b: Builder, place: Place) -> Access:
        v = yield x, place
        return change(b, v)

    return as_map(x.shape, code or x.code, (x,), rule, cost)


def _reduce(name: str, op: str, *, truth: bool = False, mean: bool = False) -> None:
    @lowering(name)
    def lower(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
        (x,), (spec,) = args, specs
        code = code_of(spec.dtype)
        axes = params["axis"]
        axes = tuple(range(len(x.shape))) if axes is None else axes if isinstance(axes, tuple) else (axes,)
        inner = size_of([x.shape[k] for k in axes])
        if code is None or (op in ("maximum", "minimum") and inner == 0) or (mean and code[0] != "f"):
            return None
        out = reduction(op, x, axes, code, lambda b, v: b.cast(b.cast(v, "b1") if truth else v, code))
        if mean:
            out = then(out, lambda b, v: b("div", v, b.const(inner, code)))
        return spread(out, spec.shape)


_reduce("sum", "add")
_reduce("mean", "add", mean=True)
_reduce("prod", "mul")
_reduce("max", "maximum")
_reduce("min", "minimum")
_reduce("all", "and", truth=True)
_reduce("any", "or", truth=True)


def _argument(name: str, op: str) -> None:
    @lowering(name)
    def lower(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
        (x,), (spec,) = args, specs
        axis = params["axis"]
        if not isinstance(axis, int | None) or x.size == 0 or x.code == "b1":
            return None
        axes = tuple(range(len(x.shape))) if axis is None else (axis,)
        base = reduction("maximum", x, axes, x.code, lambda b, v: v)
        out = Node("arg", base.shape, "i64", (x,), rule=base.rule, inner=base.inner, op=op, cost=2.0)
        return spread(out, spec.shape)


_argument("argmax", "gt")
_argument("argmin", "lt")


def _running(name: str, op: str) -> None:
    @lowering(name)
    def lower(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
        (x,), (spec,) = args, specs
        code = code_of(spec.dtype)
        axis = params["axis"]
        if code is None or not isinstance(axis, int):
            return None
        lead = [k for k in range(len(x.shape)) if k != axis]

        def rule(b: Builder, place: Place) -> Access:
            full = [Index()] * len(x.shape)
            for k, i in zip([*lead, axis], place, strict=True):
                full[k] = i
            v = yield x, tuple(full)
            return b.cast(v, code)

        shape = tuple([x.shape[k] for k in lead])
        return Node("running", spec.shape, code, (x,), rule=rule, inner=shape, op=op, axis=axis,
                    init=neutral(op, code), cost=1.0)  # fmt: skip


_running("cumsum", "add")
_running("cumprod", "mul")
