"""Rows that move entries around: maps of indices."""

from __future__ import annotations

import math
from typing import Any

from wengert.compiler.builder import Builder
from wengert.compiler.loops import Index, Value, code_of
from wengert.compiler.lower.nodes import Access, Flat, Node, Place, as_map, divided, entry, linear, size_of
from wengert.compiler.lower.table import lowering

__all__ = ["moved"]


def moved(x: Node, shape: tuple[int, ...], where: Any) -> Node:
    """A node whose entry at a place is the entry of x at ``where(builder, place)``."""

    def rule(b: Builder, place: Place) -> Access:
        v = yield x, where(b, place)
        return v

    return as_map(shape, x.code, (x,), rule)


@lowering("astype", "copy", "stop_gradient", "conjugate", "real")
def cast(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """The same entries, in the type of the result."""
    (x,), (spec,) = args, specs
    code = code_of(spec.dtype)
    if code is None:
        return None
    if code == x.code:
        return x

    def rule(b: Builder, place: Place) -> Access:
        v = yield x, place
        return b.cast(v, code)

    return as_map(spec.shape, code, args, rule, 1.0)


@lowering("reshape")
def reshape(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node:
    """Axes split and merged."""
    (x,), (spec,) = args, specs
    if x.shape == spec.shape:
        return x
    blocks = _blocks(x.shape, spec.shape)
    if any(len([n for n in old if n > 1]) > 1 for old, _ in blocks) and x.kind == "map" and x.cost + _arithmetic(x):
        x.forced = True  # entries of merged axes are cheap to find in memory only

    def rule(b: Builder, place: Place) -> Access:
        flat = place.at if type(place) is Flat else linear(place, spec.shape)
        where = _in_blocks(b, place, blocks)
        v = yield x, Flat.of(where, flat) if any(i.dynamic for i in where) else where
        return v

    return as_map(spec.shape, x.code, args, rule)


def _in_blocks(b: Builder, place: Place, blocks: Any) -> Place:
    """A place by the old axes of its blocks."""
    out: list[Index] = []
    rest = list(place)
    for old, new in blocks:
        flat = linear(tuple(rest[: len(new)]), new)
        rest = rest[len(new) :]
        parts: list[Index] = []
        for n in reversed(old[1:]):
            flat, part = divided(b, flat, n)
            parts.append(part)
        if old:
            parts.append(flat)
        out += parts[::-1]
    return tuple(out)


def _arithmetic(x: Node) -> float:
    """Whether anything is computed between x and the buffers it reads, not looking far."""
    return sum(a.cost for a in x.args)


def _blocks(old: tuple[int, ...], new: tuple[int, ...]) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Runs of old axes and runs of new axes of equal size, as short as possible."""
    if size_of(old) == 0:
        return [(old, new)]
    out = []
    i = j = 0
    while i < len(old) or j < len(new):
        start, begin = i, j
        m = n = 1
        while True:
            if m == n and (i > start or j > begin):
                break
            if (m <= n and i < len(old)) or j == len(new):
                m *= old[i]
                i += 1
            else:
                n *= new[j]
                j += 1
        out.append((old[start:i], new[begin:j]))
    return out


@lowering("transpose")
def transpose(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node:
    """Axes in another order."""
    (x,), (spec,) = args, specs
    axes = params["axes"]
    inverse = sorted(range(len(axes)), key=lambda k: axes[k])
    return moved(x, spec.shape, lambda b, place: tuple([place[k] for k in inverse]))


@lowering("broadcast_to")
def broadcast_to(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node:
    """Repeated along axes of length 1."""
    (x,), (spec,) = args, specs
    return moved(x, spec.shape, lambda b, place: entry(x, place, spec.shape)[1])


@lowering("diagonal")
def diagonal(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node:
    """A diagonal of the last two axes."""
    (x,), (spec,) = args, specs
    offset = params["offset"]

    def where(b: Builder, place: Place) -> Place:
        return (*place[:-1], place[-1] + max(-offset, 0), place[-1] + max(offset, 0))

    return moved(x, spec.shape, where)


@lowering("undiagonal")
def undiagonal(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node:
    """Zeros with a diagonal."""
    (x,), (spec,) = args, specs
    offset = params["offset"]

    def rule(b: Builder, place: Place) -> Access:
        row, column = place[-2] + -max(-offset, 0), place[-1] + -max(offset, 0)
        difference = row + column * -1
        holds = b("eq", b.index(difference), b.const(0, "i64"))
        holds = _and(b, holds, _inside(b, row, x.shape[-1]))
        v = yield x, (*place[:-2], row), holds
        return b.select(holds, v, b.const(0, x.code))

    return as_map(spec.shape, x.code, args, rule, 1.0)


def _and(b: Builder, *tests: Value) -> Value:
    return b.all(*tests) or b.const(True, "b1")


def _inside(b: Builder, i: Index, n: int) -> Value:
    """0 ≤ i < n."""
    return _and(b, b("ge", b.index(i), b.const(0, "i64")), b("lt", b.index(i), b.const(n, "i64")))


@lowering("flip")
def flip(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node:
    """Axes backwards."""
    (x,), (spec,) = args, specs
    axes = params["axis"]
    return moved(
        x,
        spec.shape,
        lambda b, place: tuple([i * -1 + (spec.shape[k] - 1) if k in axes else i for k, i in enumerate(place)]),
    )


@lowering("roll")
def roll(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node:
    """Axes turned: two slices side by side, axis by axis."""
    (node,) = args
    shifts: dict[int, int] = {}
    for s, a in zip(params["shift"], params["axis"], strict=True):
        shifts[a] = shifts.get(a, 0) + s
    for axis, shift in shifts.items():
        n = node.shape[axis]
        if n and shift % n:
            node = _turned(node, axis, shift % n)
    return node


def _turned(x: Node, axis: int, shift: int) -> Node:
    n = x.shape[axis]

    def rule(b: Builder, place: Place) -> Access:
        i = place[axis]
        wraps = b("lt", b.index(i), b.const(shift, "i64"))
        lead, tail = place[:axis], place[axis + 1 :]
        if wraps.op == "const":
            v = yield x, (*lead, i + (n - shift if wraps.attr else -shift), *tail)
            return v
        front = yield x, (*lead, i + (n - shift), *tail), wraps
        back = yield x, (*lead, i + -shift, *tail), b("not", wraps)
        return b.select(wraps, front, back)

    return as_map(x.shape, x.code, (x,), rule, 1.0)


@lowering("pad")
def pad(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node:
    """Zeros around."""
    (x,), (spec,) = args, specs
    widths = params["widths"]

    def rule(b: Builder, place: Place) -> Access:
        inner = tuple([i + -low for i, (low, _) in zip(place, widths, strict=True)])
        holds = _and(b, *[_inside(b, i, n) for i, n, w in zip(inner, x.shape, widths, strict=True) if w != (0, 0)])
        v = yield x, inner, holds
        return b.select(holds, v, b.const(0, x.code))

    return as_map(spec.shape, x.code, args, rule, 1.0)


@lowering("concatenate")
def concatenate(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """Parts side by side: few are asked by a switch, many are written one after the other."""
    (spec,) = specs
    code = code_of(spec.dtype)
    axis = params["axis"]
    if code is None:
        return None
    parts = [x for x in args if x.shape[axis]]
    starts = [0]
    for x in parts:
        starts.append(starts[-1] + x.shape[axis])
    if len(parts) > 4 and spec.shape[axis] > 32:
        return Node("join", spec.shape, code, parts, parts=starts, axis=axis)

    def rule(b: Builder, place: Place) -> Access:
        i = place[axis]
        out: Value | None = None
        before = b.const(False, "b1")
        for n, x in enumerate(parts):
            last = n + 1 == len(parts)
            below = b.const(True, "b1") if last else b("lt", b.index(i), b.const(starts[n + 1], "i64"))
            mine = _and(b, below, b("not", before))
            if not (mine.op == "const" and not mine.attr):
                v = yield x, (*place[:axis], i + -starts[n], *place[axis + 1 :]), mine
                v = b.cast(v, code)
                out = v if out is None else b.select(mine, v, out)
            before = below
        return out if out is not None else b.const(0, code)

    return as_map(spec.shape, code, parts, rule, 1.0)


# --- slices ---------------------------------------------------------------------------------------------------


def axes_of_key(key: Any, shape: tuple[int, ...]) -> list[tuple[int, int, int] | int]:
    """A basic key as one entry per axis of the array: (start, length, step), or a number. New axes are left out."""
    parts = list(key) if isinstance(key, tuple) else [key]
    parts = [k for k in parts if k is not None]
    if not any(k is ... for k in parts):
        parts.append(...)
    dots = next(n for n, k in enumerate(parts) if k is ...)
    parts[dots : dots + 1] = [slice(None)] * (len(shape) - len(parts) + 1)
    out: list[tuple[int, int, int] | int] = []
    for k, n in zip(parts, shape, strict=True):
        if isinstance(k, slice):
            start, stop, step = k.indices(n)
            out.append((start, max(0, math.ceil((stop - start) / step)), step))
        else:
            out.append(int(k) % n)
    return out


def _new_axes(key: Any, shape: tuple[int, ...]) -> list[bool]:
    """Per axis of the part, whether the key made it."""
    parts = list(key) if isinstance(key, tuple) else [key]
    used = len([k for k in parts if k is not None and k is not ...])
    if not any(k is ... for k in parts):
        parts.append(...)
    out: list[bool] = []
    for k in parts:
        if k is None:
            out.append(True)
        elif k is ...:
            out += [False] * (len(shape) - used)
        elif isinstance(k, slice):
            out.append(False)
    return out


@lowering("slice")
def slice_(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node:
    """Part of an array."""
    (x,), (spec,) = args, specs
    axes, new = axes_of_key(params["key"], x.shape), _new_axes(params["key"], x.shape)

    def where(b: Builder, place: Place) -> Place:
        mine = iter([i for i, made in zip(place, new, strict=True) if not made])
        return tuple([Index(a) if isinstance(a, int) else next(mine) * a[2] + a[0] for a in axes])

    return moved(x, spec.shape, where)


def _in_part(b: Builder, place: Place, axes: list[Any], new: list[bool]) -> tuple[Value, Place]:
    """Whether a place of the array is in the part, and where there."""
    tests: list[Value] = []
    inner: list[Index] = []
    for i, a in zip(place, axes, strict=True):
        if isinstance(a, int):
            tests.append(b("eq", b.index(i), b.const(a, "i64")))
            continue
        start, length, step = a
        if step in (1, -1):
            j = (i + -start) * step
        else:
            ahead = (i + -start) * (1 if step > 0 else -1)
            j, left = divided(b, ahead, abs(step))
            tests.append(b("eq", b.index(left), b.const(0, "i64")))
        tests.append(_inside(b, j, length))
        inner.append(j)
    mine = iter(inner)
    return _and(b, *tests), tuple([Index() if made else next(mine) for made in new])


@lowering("unslice")
def unslice(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node:
    """Zeros with a part."""
    (x,), (spec,) = args, specs
    axes, new = axes_of_key(params["key"], spec.shape), _new_axes(params["key"], spec.shape)

    def rule(b: Builder, place: Place) -> Access:
        holds, inner = _in_part(b, place, axes, new)
        v = yield *entry(x, inner, (0,) * len(inner)), holds
        return b.select(holds, v, b.const(0, x.code))

    return as_map(spec.shape, x.code, args, rule, 1.0)


@lowering("overwrite")
def overwrite(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node:
    """An array with another part."""
    base, value = args
    (spec,) = specs
    axes, new = axes_of_key(params["key"], base.shape), _new_axes(params["key"], base.shape)

    def rule(b: Builder, place: Place) -> Access:
        holds, inner = _in_part(b, place, axes, new)
        old: Value | None = None
        if not (holds.op == "const" and holds.attr):
            old = yield base, place, b("not", holds)
        v = yield *_within(value, inner), holds
        v = b.cast(v, base.code)
        return v if old is None else b.select(holds, v, old)

    return as_map(spec.shape, base.code, args, rule, 1.0)


def _within(value: Node, inner: Place) -> tuple[Node, Place]:
    """The entry of a written value, which may have more leading axes of length 1 than the part."""
    if len(value.shape) > len(inner):
        inner = (Index(),) * (len(value.shape) - len(inner)) + inner
    return entry(value, inner, (0,) * len(inner))
