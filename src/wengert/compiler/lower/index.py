"""Gather and scatter: places that are read from arrays of integers."""

from __future__ import annotations

import itertools
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
        rows = rows_of(x, n)
        if rows is not None and rows.steady:
            found.append(place[rows.dim])
            continue
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
        mesh = _mesh(base, value, indices, mode, code)
        if mesh is not None:
            return mesh

        def rule(b: Builder, place: Place) -> Any:
            """Where to write, and what."""
            lead = yield from places(b, indices, place[:count], shape[:count], base.shape[: len(indices)])
            v = yield _fitted(value, place)
            return (*lead, *place[count:]), b.cast(v, code)

        return Node("write", spec.shape, code, args, rule=rule, inner=shape, op=mode, axis=count, cost=2.0)

    return lower


# --- constant indices -------------------------------------------------------------------------------------------
# Arrays of indices that vary along one axis each, as vmap and fancy indexing with a few numbers make them, choose rows
# axis by axis. Then a scatter is a map: every entry asks which value it gets.

FEW = 16  # rows that are compared one by one


class Rows:
    """Constant indices into one axis. dim: the only axis of the index array along which they vary, from the end.

    steady: row j is j; whole: and every row of the axis is named.
    """

    def __init__(self, shape: tuple[int, ...], data: Any, length: int) -> None:
        self.data = np.where(data < 0, data + length, data)
        self.dim = next((k for k, n in enumerate(shape) if n != 1), len(shape) - 1) - len(shape)
        self.length = length
        self.steady = bool((self.data == np.arange(len(self.data))).all())
        self.whole = self.steady and len(self.data) == length

    def table(self) -> Node:
        """Per row of the axis the number of the index that names it, -1 if none does."""
        table = np.full(self.length, -1)
        table[self.data] = np.arange(len(self.data))
        return Node("leaf", table.shape, "i64", stored=Buffer("inverse", "i64", self.length, "const", table))


def rows_of(x: Node, length: int) -> Rows | None:
    """An index array as rows of an axis, if that is what it is."""
    constant = x.stored is not None and x.stored.kind == "const"
    if not constant or not x.size or sum(n != 1 for n in x.shape) > 1 or not x.shape:
        return None
    assert x.stored is not None
    rows = Rows(x.shape, x.stored.data, length)
    return rows if rows.data.min() >= 0 and rows.data.max() < length else None


def _mesh(base: Node, value: Node, indices: list[Node], mode: str, code: str) -> Node | None:
    """A scatter whose every index array has an axis of its own, as a map."""
    axes = [rows_of(x, n) for x, n in zip(indices, base.shape, strict=False)]
    known = [r for r in axes if r is not None]
    moving = [r.dim for r in known if len(r.data) > 1]
    if len(known) < len(axes) or len(set(moving)) < len(moving):
        return None
    few = [k for k, r in enumerate(known) if not r.whole and len(r.data) <= FEW]
    other = [k for k, r in enumerate(known) if not r.whole and len(r.data) > FEW]
    if any(len(set(known[k].data.tolist())) < len(known[k].data) for k in other):
        return None
    tables = {k: known[k].table() for k in other}
    rank = max(len(x.shape) for x in indices)

    def rule(b: Builder, place: Place) -> Access:
        total = yield base, place
        total = b.cast(total, code)
        numbers, holds = {k: place[k] for k, r in enumerate(known) if r.whole}, []
        for k in other:
            j = yield tables[k], (place[k],)
            holds.append(b("ge", j, b.const(0, "i64")))
            numbers[k] = index_of(b, j)
        for chosen in itertools.product(*[range(len(known[k].data)) for k in few]):
            tests = [
                b("eq", b.index(place[k]), b.const(known[k].data[j], "i64")) for k, j in zip(few, chosen, strict=True)
            ]
            mine = b.all(*tests, *holds) or b.const(True, "b1")
            if mine.op == "const" and not mine.attr:
                continue
            where: list[Any] = [Index()] * rank
            for k, i in [*numbers.items(), *zip(few, map(Index, chosen), strict=True)]:
                where[known[k].dim] = i
            v = yield *_fitted(value, (*where, *place[len(known) :])), mine
            v = b.cast(v, code)
            total = b.select(mine, b("add", total, v) if mode == "add" else v, total)
        return total

    cost = float(np.prod([len(known[k].data) for k in few]))
    return as_map(base.shape, code, (base, value, *tables.values()), rule, cost) if cost <= FEW**2 else None


def _fitted(value: Node, place: Place) -> tuple[Node, Place]:
    if len(value.shape) > len(place):
        place = (Index(),) * (len(value.shape) - len(place)) + place
    return entry(value, place, (0,) * len(place))


lowering("scatter_add")(_scatter("add"))
lowering("scatter")(_scatter("set"))
