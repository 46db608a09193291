"""Arrays that are written, or summed up, part by part: what each part is, without the array.

    y = zeros(3);  y[0] = a;  y[1] = b;  y[1] = y[0] + y[1];  y[2] = c        adjoint of x[0], x[1], x[0]:
    history of the parts    0: a     1: b, then a + b     2: c                unslice(g, 0) + unslice(h, 1) + ...
    read as a whole         y = concatenate(a, a + b, c)                      0: g, then g + k      1: h
    if few were written     y = scatter(zeros, concatenate(a, a + b, c), (0, 1, 2))

Each version of such an array is a Cells: a history that the versions share, and the number of the version. A
part that is read is looked up; an array that is read whole, after enough of it was written, is put together from
its parts. What is not read any more falls away, so a loop that fills an array of n entries costs n, not n².

`x + unslice(g, key)` is x with x[key] + g written into it: the other entries, to which zeros are added, are
those of x (but for the sign of a zero: where that can be seen, the sum stays).
"""

from __future__ import annotations

import math
from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.compiler.passes.build import Builder, rule, spec_of
from wengert.compiler.passes.constants import is_constant
from wengert.core.op import TABLE
from wengert.interpreters.record import Variable
from wengert.spec import Spec

__all__: list[str] = []

Operands = Sequence[Any]
Params = Mapping[str, Any]

OVERWRITE, UNSLICE = TABLE["overwrite"], TABLE["unslice"]

# A whole is put together from its parts if at least this share of it was written since it was last put together.
ENOUGH = 0.5
# So many single parts of fewer are written at once.
MANY = 8


class Place:
    """A range of parts: `start` to `stop` along `axis`, or of the first `rank` axes flattened (axis 0).

    single: whether the key was of integers, so that the part has no such axis.
    """

    __slots__ = ("axis", "rank", "single", "start", "stop")

    def __init__(self, axis: int, rank: int, start: int, stop: int, single: bool) -> None:
        self.axis, self.rank, self.start, self.stop, self.single = axis, rank, start, stop, single


def place(key: Any, shape: tuple[int, ...]) -> Place | None:
    """Where a key points to, None if it is no range of parts along one axis."""
    if type(key) is int:
        return Place(0, 1, key % shape[0], key % shape[0] + 1, True)
    key = [k for k in key if k is not ...] if type(key) is tuple and key and key[-1] is ... else key
    if any([type(k) is not int and type(k) is not slice for k in key]):
        return None
    while key and type(key[-1]) is slice and key[-1] == slice(None):
        key = key[:-1]
    if not key:
        return None
    if all([type(k) is int for k in key]):
        flat = 0
        for k, n in zip(key, shape, strict=False):
            flat = flat * n + k % n
        return Place(0, len(key), flat, flat + 1, True)
    axis = len(key) - 1
    if any([k != slice(None) for k in key[:-1]]):
        return None
    if type(key[-1]) is int:
        return Place(axis, 1, key[-1] % shape[axis], key[-1] % shape[axis] + 1, True)
    start, stop, step = key[-1].indices(shape[axis])
    return Place(axis, 1, start, stop, False) if step == 1 and start < stop else None


class History:
    """The parts of an array over its versions.

    base: version 0. covered: per version, the length of all parts written so far. starts: where parts begin, in order.
    stops: where the part that begins there ends.
    writes: per part, the versions in which it was written and what, single ones without their axis.
    """

    __slots__ = ("axis", "base", "covered", "gathered", "latest", "rank", "read", "starts", "stops", "writes")

    def __init__(self, base: Any, axis: int, rank: int) -> None:
        self.base, self.axis, self.rank = base, axis, rank
        self.latest = 0
        self.gathered = 0  # parts written up to the version that was last put together
        self.read = False  # whether a version was read as a whole that was not put together
        self.covered = [0]
        self.starts: list[int] = []
        self.stops: dict[int, int] = {}
        self.writes: dict[int, tuple[list[int], list[Any]]] = {}

    def fits(self, at: Place) -> bool:
        """Whether a place is one of the parts, or apart from them all."""
        if (at.axis, at.rank) != (self.axis, self.rank):
            return False
        if at.start in self.stops:
            return self.stops[at.start] == at.stop
        n = bisect_right(self.starts, at.start)
        before = n == 0 or self.stops[self.starts[n - 1]] <= at.start
        return before and (n == len(self.starts) or at.stop <= self.starts[n])


class Cells:
    """One version of an array that is written part by part."""

    __slots__ = ("history", "version")

    def __init__(self, history: History, version: int) -> None:
        self.history, self.version = history, version

    def find(self, start: int) -> Any:
        """What the part that begins here is in this version; None if it is still the base's."""
        versions, values = self.history.writes.get(start, ((), ()))
        n = bisect_right(versions, self.version)
        return values[n - 1] if n else None

    def write(self, at: Place, value: Any) -> Cells | None:
        """The next version; None if a later one exists or the place cuts through a part."""
        history = self.history
        if self.version != history.latest or not history.fits(at):
            return None
        history.latest += 1
        history.covered.append(history.covered[-1])
        if at.start not in history.stops:
            insort(history.starts, at.start)
            history.stops[at.start] = at.stop
            history.writes[at.start] = ([], [])
            history.covered[-1] += at.stop - at.start
        versions, values = history.writes[at.start]
        versions.append(history.latest)
        values.append(value)
        return Cells(history, history.latest)

    def whole(self, build: Builder, x: Variable) -> Any:
        """The array put together from its parts, or x itself if too few of them were written."""
        history = self.history
        length = math.prod(x.spec.shape[: history.rank]) if history.axis == 0 else x.spec.shape[history.axis]
        if x in build.memo:
            return build.memo[x]
        enough = history.covered[self.version] >= ENOUGH * length
        if self.version - history.gathered < ENOUGH * len(history.starts) or not (enough or self._is_scattered()):
            history.read = True
            return x
        history.gathered = self.version
        build.memo[x] = whole = self._gather(build, x.spec, length) if enough else self._scatter(build, x.spec)
        return whole

    def _is_scattered(self) -> bool:
        """Whether many single entries, or subarrays of the last axes, were written, and never read as a whole."""
        history = self.history
        if history.axis or history.read or len(history.starts) < MANY:
            return False
        return all([stop == start + 1 and self.find(start) is not None for start, stop in history.stops.items()])

    def _scatter(self, build: Builder, spec: Spec) -> Any:
        """The base with all parts written at once."""
        history = self.history
        one = Spec((1, *spec.shape[history.rank :]), spec.dtype)
        parts = [build.call("reshape", self.find(n), spec=one, shape=one.shape) for n in history.starts]
        whole = Spec((len(parts), *one.shape[1:]), spec.dtype)
        values = build.call("concatenate", *parts, spec=whole, axis=0)
        indices = np.unravel_index(np.array(history.starts), spec.shape[: history.rank])
        return build.call("scatter", history.base, values, *indices, spec=spec)

    def _gather(self, build: Builder, spec: Spec, length: int) -> Any:
        axis, rank = self.history.axis, self.history.rank
        before, after = spec.shape[:axis], spec.shape[axis + rank :]
        flat = Spec((*before, length, *after), spec.dtype)
        parts: list[Any] = []
        end = 0
        for start in self.history.starts:
            value = self.find(start)
            if value is None:
                continue
            self._add_base(build, parts, end, start, flat)
            end = self.history.stops[start]
            shape = (*before, end - start, *after)
            parts.append(build.call("reshape", value, spec=Spec(shape, spec.dtype), shape=shape))
        self._add_base(build, parts, end, length, flat)
        out = build.call("concatenate", *parts, spec=flat, axis=axis)
        return build.call("reshape", out, spec=spec, shape=spec.shape)

    def _add_base(self, build: Builder, parts: list[Any], start: int, stop: int, flat: Spec) -> None:
        """The parts from start to stop, which were never written."""
        if start == stop:
            return
        axis = self.history.axis
        base = build.call("reshape", self.history.base, spec=flat, shape=flat.shape)
        shape = (*flat.shape[:axis], stop - start, *flat.shape[axis + 1 :])
        key = (*[slice(None)] * axis, slice(start, stop))
        parts.append(build.call("slice", base, spec=Spec(shape, flat.dtype), key=key))


def _part_shape(at: Place, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of what a key shows."""
    if at.single:
        return (*shape[: at.axis], *shape[at.axis + at.rank :])
    return (*shape[: at.axis], at.stop - at.start, *shape[at.axis + 1 :])


def _fitted(build: Builder, value: Any, spec: Spec) -> Any:
    """A value as what is stored by writing it: broadcast to the part, in the dtype of the array."""
    if is_constant(value):
        return np.broadcast_to(np.asarray(value).astype(spec.dtype), spec.shape)
    old = spec_of(value)
    if old.dtype != spec.dtype:
        value = build.call("astype", value, spec=Spec(old.shape, spec.dtype), dtype=spec.dtype)
    return value if old.shape == spec.shape else build.call("broadcast_to", value, spec=spec, shape=spec.shape)


@rule("overwrite")
def overwrite(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """x with x[key] = value: the next version of x."""
    base, value = xs
    at = place(params["key"], spec.shape)
    if at is None or spec_of(base) != spec:
        return _undonated(build, xs, params, spec)
    value = _fitted(build, value, Spec(_part_shape(at, spec.shape), spec.dtype))
    return _written(build, base, value, params["key"], at, spec)


def _undonated(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """Whether the base may be written in place is planned anew, when it is known who else reads it."""
    return build.call("overwrite", *xs, spec=spec, key=params["key"], donate=False) if params["donate"] else None


def _written(build: Builder, base: Any, value: Any, key: Any, at: Place, spec: Spec) -> Any:
    cells = build.cells.get(base) if type(base) is Variable else None
    after = cells.write(at, value) if cells is not None else None
    if after is None:
        after = Cells(History(base, at.axis, at.rank), 0).write(at, value)
        assert after is not None
    # Not through `call`: its operands are versions, of which none is to be put together for this.
    if cells is not None:
        base = build.memo.get(base, base)
    out = build.emit(OVERWRITE, (base, value), {"key": key, "donate": False}, (spec,))[0]
    build.cells.setdefault(out, after)
    return out


@rule("unslice")
def unslice(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """Zeros with x[key] = part: the first version of an array of zeros."""
    (part,) = xs
    at = place(params["key"], spec.shape)
    if at is None or type(part) is not Variable or part.spec.shape != _part_shape(at, spec.shape):
        return None
    if at.stop - at.start == _length(at, spec.shape) and not at.single:
        return part
    out = build.emit(UNSLICE, xs, params, (spec,))[0]
    if out not in build.cells:
        after = Cells(History(build.filled(0, spec), at.axis, at.rank), 0).write(at, part)
        assert after is not None
        build.cells[out] = after
    return out


def _length(at: Place, shape: tuple[int, ...]) -> int:
    return math.prod(shape[: at.rank]) if at.axis == 0 else shape[at.axis]


@rule("slice")
def part_of_cells(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """x[key] = what was last written there, or the base's part if nothing was."""
    (x,) = xs
    cells = build.cells.get(x) if type(x) is Variable else None
    if cells is None:
        return None
    history, at = cells.history, place(params["key"], x.spec.shape)
    if at is None or (at.axis, at.rank) != (history.axis, history.rank) or _part_shape(at, x.spec.shape) != spec.shape:
        return None
    if history.stops.get(at.start) == at.stop and (value := cells.find(at.start)) is not None:
        return (
            build.call("reshape", value, spec=spec, shape=spec.shape) if spec_of(value).shape != spec.shape else value
        )
    return build.call("slice", history.base, spec=spec, key=params["key"]) if _apart(cells, at) else None


def _apart(cells: Cells, at: Place) -> bool:
    """Whether nothing was written there up to this version."""
    history = cells.history
    for n in range(max(bisect_right(history.starts, at.start) - 1, 0), len(history.starts)):
        start = history.starts[n]
        if start >= at.stop:
            return True
        if history.stops[start] > at.start and history.writes[start][0][0] <= cells.version:
            return False
    return True


@rule("add", reads="unslice")
def add_part(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """x + unslice(part, key) = x with x[key] + part at key."""
    if build.signed:
        return None
    for x, y in (xs, xs[::-1]):
        inner = build.made_by(y, "unslice")
        if inner is None or inner.results[0].spec != spec or spec_of(x) != spec:
            continue
        key = inner.params["key"]
        at = place(key, spec.shape)
        if at is None:
            continue
        part_spec = Spec(_part_shape(at, spec.shape), spec.dtype)
        total = inner.operands[0]
        if not _is_zero_at(build, x, at):
            old = build.call("slice", x, spec=part_spec, key=key)
            total = build.call("add", old, total, spec=part_spec)
        return _written(build, x, _fitted(build, total, part_spec), key, at, spec)
    return None


def _is_zero_at(build: Builder, x: Any, at: Place) -> bool:
    """Whether x is an array of zeros in which nothing was written there."""
    cells = build.cells.get(x) if type(x) is Variable else None
    if cells is None or (at.axis, at.rank) != (cells.history.axis, cells.history.rank):
        return False
    return build.is_filled(cells.history.base, 0) and _apart(cells, at)


@rule("add", reads="scatter_add")
def add_scattered(build: Builder, xs: Operands, params: Params, spec: Spec) -> Any:
    """x + scatter_add(0, part, i) = scatter_add(x, part, i); where an index repeats, in another order of summation."""
    if build.signed:
        return None
    for x, y in (xs, xs[::-1]):
        inner = build.made_by(y, "scatter_add")
        if inner is not None and inner.results[0].spec == spec == spec_of(x) and build.is_filled(inner.operands[0], 0):
            return build.call("scatter_add", x, *inner.operands[1:], spec=spec)
    return None
