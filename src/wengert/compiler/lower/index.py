"""Gather and scatter: places that are read from arrays of integers."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.compiler.builder import Builder
from wengert.compiler.loops import Buffer, Index, Value, code_of
from wengert.compiler.lower.nodes import Access, Node, Place, as_map, entry, index_of
from wengert.compiler.lower.table import lowering

__all__ = ["places"]


def places(b: Builder, indices: list[Node], place: Place, shape: tuple[int, ...], lengths: tuple[int, ...]) -> Any:
    """Ask for the indices at a place of their common shape, counted from the end where negative, and checked."""
    found = []
    for x, n in zip(indices, lengths, strict=True):
        v = yield entry(x, place, shape)
        v = b.cast(v, "i64")
        low, high = _ends(x, v)
        if low < 0:
            v = b.select(b("lt", v, b.const(0, "i64")), b("add", v, b.const(n, "i64")), v)
        if low < -n or high >= n:
            fits = b("and", b("ge", v, b.const(0, "i64")), b("lt", v, b.const(n, "i64")))
            yield None, fits
            v = b.select(fits, v, b.const(0, "i64"))
        found.append(index_of(b, v))
    return tuple(found)


def _ends(x: Node, v: Value) -> tuple[int, int]:
    """What is known of the range of an index."""
    if v.op == "const":
        return v.attr, v.attr
    if v.op == "index" and (ends := v.attr.range()) is not None:
        return ends  # type: ignore[no-any-return]
    data = x.stored.data if x.stored is not None and x.stored.kind == "const" else None
    if data is not None and len(data):
        return int(data.min()), int(data.max())
    return -(1 << 62), 1 << 62


def _common(indices: list[Node]) -> tuple[int, ...]:
    rank = max(len(x.shape) for x in indices)
    out = [1] * rank
    for x in indices:
        for k, n in enumerate(reversed(x.shape)):
            if n != 1:
                out[rank - 1 - k] = n
    return tuple(out)


@lowering("gather")
def gather(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
    """x[i, j, ...] on the leading axes."""
    (spec,) = specs
    x, *indices = args
    if any(n == 0 for n in x.shape[: len(indices)]):
        return None
    shape = _common(indices)

    def rule(b: Builder, place: Place) -> Access:
        lead = yield from places(b, indices, place[: len(shape)], shape, x.shape[: len(indices)])
        v = yield x, (*lead, *place[len(shape) :])
        return v

    if spec.size > x.size:
        x.forced = x.forced or x.cost > 0
    return as_map(spec.shape, x.code, args, rule, 2.0)


def _scatter(mode: str) -> Any:
    def lower(args: list[Node], params: Any, specs: Any, dtypes: Any) -> Node | None:
        (spec,) = specs
        code = code_of(spec.dtype)
        base, value, *indices = args
        if code is None or any(n == 0 for n in base.shape[: len(indices)]):
            return None
        shape = (*_common(indices), *base.shape[len(indices) :])
        count = len(_common(indices))
        known = _known_places(indices, base.shape)
        if known is not None and mode == "add" and len(known) <= FEW:
            return _sum_of_few(base, value, known, code)
        if known is not None and len(set(known)) == len(known):
            return _inverse(base, value, known, mode, code)

        def rule(b: Builder, place: Place) -> Any:
            """Where to write, and what."""
            lead = yield from places(b, indices, place[:count], shape[:count], base.shape[: len(indices)])
            v = yield _fitted(value, place)
            return (*lead, *place[count:]), b.cast(v, code)

        return Node("write", spec.shape, code, args, rule=rule, inner=shape, op=mode, axis=count, cost=2.0)

    return lower


FEW = 16  # places that are compared one by one


def _known_places(indices: list[Node], shape: tuple[int, ...]) -> list[int] | None:
    """The rows that one constant vector of indices names."""
    x = indices[0]
    if len(indices) > 1 or len(x.shape) != 1 or x.stored is None or x.stored.kind != "const":
        return None
    places = [int(i) for i in x.stored.data]
    return [i % shape[0] for i in places] if all(-shape[0] <= i < shape[0] for i in places) else None


def _sum_of_few(base: Node, value: Node, rows: list[int], code: str) -> Node:
    """base with value[j] added to row rows[j]: every row asks which of them it gets."""

    def rule(b: Builder, place: Place) -> Access:
        total = yield base, place
        total = b.cast(total, code)
        for j, row in enumerate(rows):
            mine = b("eq", b.index(place[0]), b.const(row, "i64"))
            if mine.op == "const" and not mine.attr:
                continue
            v = yield *_fitted(value, (Index(j), *place[1:])), mine
            total = b("add", total, b.select(mine, b.cast(v, code), b.const(0, code)))
        return total

    return as_map(base.shape, code, (base, value), rule, float(len(rows)))


def _inverse(base: Node, value: Node, rows: list[int], mode: str, code: str) -> Node:
    """base with value put, or added, at rows that are all different: every row knows which value it gets, if any."""
    table = np.full(base.shape[0], -1)
    table[rows] = np.arange(len(rows))
    whose = Node("leaf", table.shape, "i64", stored=Buffer("inverse", "i64", table.size, "const", table))

    def rule(b: Builder, place: Place) -> Access:
        j = yield whose, (place[0],)
        mine = b("ge", j, b.const(0, "i64"))
        v = yield *_fitted(value, (index_of(b, j), *place[1:])), mine
        v = b.cast(v, code)
        if mine.op == "const" and mine.attr and mode == "set":
            return v
        old = yield base, place
        old = b.cast(old, code)
        return b.select(mine, b("add", old, v) if mode == "add" else v, old)

    return as_map(base.shape, code, (base, value, whose), rule, 2.0)


def _fitted(value: Node, place: Place) -> tuple[Node, Place]:
    if len(value.shape) > len(place):
        place = (Index(),) * (len(value.shape) - len(place)) + place
    return entry(value, place, (0,) * len(place))


lowering("scatter_add")(_scatter("add"))
lowering("scatter")(_scatter("set"))
