"""Rules of ops that move entries around. They hold exactly; docstrings are the equations."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from wengert.compiler.passes.build import Builder, rule, spec_of
from wengert.interpreters.record import Variable
from wengert.spec import Spec

__all__: list[str] = []

Operands = Sequence[Any]
Params = Mapping[str, Any]


@rule("reshape")
def reshaped(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """reshape(x, its shape) = x,  reshape(reshape(x)) = reshape(x),  reshape(x[i:i+1]) = x[i]."""
    (x,) = xs
    if type(x) is not Variable:
        return None
    if x.spec.shape == spec.shape:
        return x
    if (inner := build.made_by(x, "reshape")) is not None:
        return build.call("reshape", inner.operands[0], spec=spec, shape=spec.shape)
    if (inner := build.made_by(x, "slice")) is not None:
        return _without_axis(build, inner.operands[0], inner.params["key"], spec)
    return None


def _without_axis(build: Builder, source: Any, key: Any, spec: Spec) -> Any:
    """x[i:i+1] with that axis taken out, as x[i]."""
    found = plain_interval(key, spec_of(source).shape)
    if found is None or found[2] != found[1] + 1:
        return None
    axis, start, _ = found
    shape = spec_of(source).shape
    if (*shape[:axis], *shape[axis + 1 :]) != spec.shape:
        return None
    return build.call("slice", source, spec=spec, key=entry_key(axis, start))


def entry_key(axis: int, i: int) -> Any:
    """The key of the ith part along an axis, as the user would have written it."""
    return (*[slice(None)] * axis, i) if axis else i


def plain_interval(key: Any, shape: tuple[int, ...]) -> tuple[int, int, int] | None:
    """(axis, start, stop) of a key that is a range with step 1 along one axis and everything along the others."""
    if type(key) is not tuple or len(key) > len(shape) or ... in [k for k in key if k is ...]:
        return None
    found = None
    for axis, k in enumerate(key):
        if type(k) is not slice:
            return None
        start, stop, step = k.indices(shape[axis])
        if step != 1:
            return None
        if (start, stop) != (0, shape[axis]):
            if found is not None:
                return None
            found = (axis, start, max(start, stop))
    return found or (0, 0, shape[0] if shape else 0)


@rule("transpose")
def transposed(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """transpose(x, (0, 1, ...)) = x,  transpose(transpose(x, a), b) = transpose(x, a[b])."""
    (x,), axes = xs, params["axes"]
    if axes == tuple(range(len(axes))):
        return x
    if (inner := build.made_by(x, "transpose")) is not None:
        before = inner.params["axes"]
        return build.call("transpose", inner.operands[0], spec=spec, axes=tuple([before[a] for a in axes]))
    return None


@rule("broadcast_to")
def spread(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """broadcast(x, its shape) = x,  broadcast(broadcast(x)) = broadcast(x), of broadcast_to."""
    (x,) = xs
    if type(x) is Variable and x.spec.shape == spec.shape:
        return x
    if (inner := build.made_by(x, "broadcast_to")) is not None:
        return build.call("broadcast_to", inner.operands[0], spec=spec, shape=spec.shape)
    return None


@rule("flip")
def flipped(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """flip(flip(x)) = x, along the same axes; flip along no axis."""
    inner = build.made_by(xs[0], "flip")
    if inner is not None and inner.params["axis"] == params["axis"]:
        return inner.operands[0]
    return xs[0] if not params["axis"] else None


@rule("conjugate")
def conjugated(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """conj(conj(x)) = x,  conj(x) = x of a real array."""
    if (inner := build.made_by(xs[0], "conjugate")) is not None:
        return inner.operands[0]
    return xs[0] if spec.dtype.kind != "c" and type(xs[0]) is Variable and xs[0].spec == spec else None


@rule("sum", "mean", "max", "min", "prod")
def reduce_nothing(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """A reduction over axes of length 1 = reshape(x)."""
    (x,) = xs
    if type(x) is not Variable or x.spec.dtype != spec.dtype or any([x.spec.shape[a] != 1 for a in params["axis"]]):
        return None
    return build.call("reshape", x, spec=spec, shape=spec.shape)


@rule("concatenate")
def concatenated(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """concatenate(x) = x,  concatenate(x[a:b], x[b:c], ...) = x[a:...], parts of length 0 left out."""
    axis = params["axis"]
    parts = [x for x in xs if not (type(x) is Variable and x.spec.shape[axis] == 0)]
    if np.result_type(*[spec_of(x).dtype for x in parts]) != spec.dtype if parts else True:
        return None
    if len(parts) == 1 and type(parts[0]) is Variable and parts[0].spec == spec:
        return parts[0]
    if len(parts) > 1 and (whole := _adjacent(build, parts, axis, spec)) is not None:
        return whole
    return build.call("concatenate", *parts, spec=spec, axis=axis) if len(parts) < len(xs) else None


def _adjacent(build: Builder, parts: Operands, axis: int, spec: Spec) -> Any:
    """Parts of one array that lie behind each other, as one part."""
    source, first, end = None, 0, -1
    for x in parts:
        read = build.made_by(x, "slice") or build.made_by(x, "reshape")
        found = None if read is None else _part(build, read, axis)
        if found is None or (source is not None and (found[0] is not source or found[1] != end)):
            return None
        if source is None:
            source, first = found[0], found[1]
        end = found[2]
    if source is None or source.spec.dtype != spec.dtype:
        return None
    return build.call("slice", source, spec=spec, key=(*[slice(None)] * axis, slice(first, end)))


def _part(build: Builder, read: Any, axis: int) -> tuple[Any, int, int] | None:
    """(x, start, stop) if an equation takes x[start:stop] along this axis; x[i] reshaped counts as x[i:i+1]."""
    source = read.operands[0]
    if type(source) is not Variable:
        return None
    if read.op.name == "reshape":
        inner = build.made_by(source, "slice")
        if inner is None or type(inner.operands[0]) is not Variable:
            return None
        source, key = inner.operands[0], inner.params["key"]
        i = key if axis == 0 else key[axis] if type(key) is tuple and len(key) == axis + 1 else None
        if type(i) is not int or entry_key(axis, i) != key:
            return None
        shape = source.spec.shape
        i = i + shape[axis] if i < 0 else i
        unit = (*shape[:axis], 1, *shape[axis + 1 :])
        return (source, i, i + 1) if unit == read.results[0].spec.shape else None
    found = plain_interval(read.params["key"], source.spec.shape)
    if found is None or (found[0] != axis and (found[1], found[2]) != (0, source.spec.shape[found[0]])):
        return None
    return (source, found[1], found[2]) if found[0] == axis else (source, 0, source.spec.shape[axis])


@rule("slice")
def part(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """Parts of parts.

    x[:] = x,  x[:, None] = reshape(x),  x[a:b][c:d] = x[a+c:a+d],  concatenate(x, y)[in y] = y[...],
    unslice(x, key)[key] = x.
    """
    (x,), key = xs, params["key"]
    if type(x) is not Variable:
        return None
    if "copy" in params:  # that a part is copied matters to writes in place, which are planned anew
        return build.call("slice", x, spec=spec, key=key)
    if _is_whole(key) and x.spec.size == spec.size:
        return x if x.spec.shape == spec.shape else build.call("reshape", x, spec=spec, shape=spec.shape)
    if (inner := build.made_by(x, "unslice")) is not None and _same_key(inner.params["key"], key):
        return inner.operands[0] if spec_of(inner.operands[0]) == spec else None
    if (inner := build.made_by(x, "concatenate")) is not None:
        return _of_concatenate(build, inner, key, spec)
    if (inner := build.made_by(x, "slice")) is not None:
        return _of_slice(build, inner, key, spec)
    return None


def _is_whole(key: Any) -> bool:
    """Whether a key that keeps the size is of full ranges and new axes only."""
    if type(key) is not tuple:
        return False
    return all([k is None or k is ... or (type(k) is slice and k.step in (None, 1)) for k in key])


def _same_key(a: Any, b: Any) -> bool:
    return a == b and type(a) is type(b)


def _of_concatenate(build: Builder, joined: Any, key: Any, spec: Spec) -> Any:
    axis, shape = joined.params["axis"], joined.results[0].spec.shape
    i = key if axis == 0 else key[axis] if type(key) is tuple and len(key) == axis + 1 else None
    if type(i) is int and entry_key(axis, i) == key:
        start, stop = i % shape[axis], i % shape[axis] + 1
    else:
        found = plain_interval(key, shape)
        if found is None or found[0] != axis or found[1] == found[2]:
            return None
        i, (_, start, stop) = None, found
    ends = _ends(build, joined)
    n = bisect_right(ends, start)
    if stop > ends[n]:
        return None
    offset = ends[n - 1] if n else 0
    new = (
        entry_key(axis, start - offset)
        if i is not None
        else (*[slice(None)] * axis, slice(start - offset, stop - offset))
    )
    part = joined.operands[n]
    if spec_of(part).dtype != spec.dtype:
        return None
    return build.call("slice", part, spec=spec, key=new)


def _of_slice(build: Builder, outer: Any, key: Any, spec: Spec) -> Any:
    """x[a:b][c:d] and x[a:b][i], along the same axis."""
    source = outer.operands[0]
    first = plain_interval(outer.params["key"], spec_of(source).shape)
    if first is None or type(source) is not Variable:
        return None
    axis, start, stop = first
    i = key if axis == 0 else key[axis] if type(key) is tuple and len(key) == axis + 1 else None
    if type(i) is int and entry_key(axis, i) == key:
        return build.call("slice", source, spec=spec, key=entry_key(axis, start + i % (stop - start)))
    second = plain_interval(key, outer.results[0].spec.shape)
    if second is None or second[0] != axis:
        return None
    return build.call(
        "slice", source, spec=spec, key=(*[slice(None)] * axis, slice(start + second[1], start + second[2]))
    )


def _ends(build: Builder, joined: Any) -> list[int]:
    """Where each part of a concatenation ends."""
    known = build.memo.get(joined.results[0])
    if known is None:
        axis = joined.params["axis"]
        known = build.memo[joined.results[0]] = list(accumulate([spec_of(x).shape[axis] for x in joined.operands]))
    return known
