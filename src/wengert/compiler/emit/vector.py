"""Loops whose iterations are the lanes of vectors: how many lanes, how the rest is done, how sums come together.

n = 100, 16 lanes:   |----16----|----16----| ... 6 blocks |-4-|      the last piece has lanes of its own
n = 103:             ... 6 blocks |-----7 of 8-----|                 or a mask
"""

from __future__ import annotations

from typing import NamedTuple

from wengert.compiler.emit import rows, statements
from wengert.compiler.emit.facts import reachable
from wengert.compiler.emit.operations import identity, operation, reduce
from wengert.compiler.emit.scope import Entry, FunctionText, Place
from wengert.compiler.emit.types import BYTES, STORED, literal, vector as vector_type
from wengert.compiler.loops import Acc, For, If, Store, Update, Value, Var, While, values, walk

__all__ = ["varies", "vector_loop"]

_BLOCK = 4096  # elements that are summed before they are added to the sum: keeps rounding errors small


class Piece(NamedTuple):
    """Iterations from `start` to `stop` in blocks of `lanes`; `alive`: so many lanes of the only block, if not all."""

    start: int
    stop: int
    lanes: int
    alive: int


def pieces(start: int, stop: int, lanes: int, width: int) -> list[Piece]:
    """A loop as blocks of full vectors, and a rest."""
    trip = stop - start
    full, rest = divmod(trip, lanes)
    parts = [Piece(start, start + full * lanes, lanes, lanes)] if full else []
    if rest:
        narrow = 1
        while narrow < rest:
            narrow *= 2
        if narrow > width and rest * 2 <= narrow:
            narrow = -(-rest // width) * width
        parts.append(Piece(stop - rest, stop, narrow, rest))
    return parts


def lanes_for(f: FunctionText, s: For) -> tuple[int, int]:
    """The lanes of a block and of a register: registers of the widest type, several if that hides latency."""
    seen: set[Value] = set()
    widest, work, special = 4, 0, 0
    for part in walk(s.body):
        for v in reachable(values(part), seen):
            if v.op == "load":
                widest = max(widest, BYTES[v.code])
                special += bool(v.attr[1].dynamic) or abs(v.attr[1].coefficient(s.var)) > 1
            work += v.op not in ("const", "index", "load")
        if isinstance(part, Store):
            widest = max(widest, BYTES[part.buffer.code])
            special += bool(part.index.dynamic) or abs(part.index.coefficient(s.var)) > 1
        elif isinstance(part, For | If | While):
            special += 1
        for acc in part.accs if isinstance(part, For) else [part.acc] if isinstance(part, Update) else []:
            widest = max(widest, BYTES[acc.code])
    width = max(f.module.bytes // widest, 2)
    several = 1 if special else 4 if work <= 12 else 2 if work <= 60 else 1
    trip = s.var.stop - s.var.start
    while several > 1 and trip < 2 * several * width:
        several //= 2
    return width * several, width


def vector_loop(f: FunctionText, s: For) -> None:
    """All iterations of a loop, its accumulators' first numbers being set."""
    lanes, width = lanes_for(f, s)
    for piece in pieces(s.var.start, s.var.stop, lanes, width):
        if piece.lanes == 1:
            _one(f, s, piece.start)
        else:
            _piece(f, s, piece)


def vector_range(f: FunctionText, s: For, lo: str, hi: str) -> None:
    """Iterations lo .. hi - 1, where lo is a whole number of blocks from the start, and so is hi, or it is the end."""
    lanes, width = lanes_for(f, s)
    for piece in pieces(s.var.start, s.var.stop, lanes, width):
        if piece.lanes == lanes and piece.alive == lanes:
            end = f.fresh(f.module.call("i64", "llvm.smin.i64", f"i64 {hi}", f"i64 {piece.stop}"))
            _piece(f, s, piece, (lo, end))
            continue
        last = f.fresh(f"icmp eq i64 {hi}, {s.var.stop}")
        then, after = f.module.label(), f.module.label()
        f.enter(then, f.facts.writes(s), is_loop=False, may_skip=True)
        if piece.lanes == 1:
            _one(f, s, piece.start)
        else:
            _piece(f, s, piece)
        f.line(f"br label %{after}")
        lines = f.leave().lines
        f.line(f"br i1 {last}, label %{then}, label %{after}")
        f.begin(then)
        f.scope.lines.extend(lines)
        f.begin(after)


def _one(f: FunctionText, s: For, at: int) -> None:
    f.vars[s.var] = Entry(str(at), 0, 1)

    def body() -> None:
        statements.make_locals(f, s)
        statements.block(f, s.body)

    statements.inline(f, f.facts.writes(s), body)


def _piece(f: FunctionText, s: For, piece: Piece, ends: tuple[str, str] | None = None) -> None:
    """One piece, or as much of it as lies between `ends`."""
    totals = {acc: f.place_of(acc) for acc in _outer_accs(s)}
    lanes = piece.lanes
    for acc in totals:
        shadow = Place(f.alloca(vector_type(STORED[acc.code], lanes)), lanes)
        statements.write_acc(f, acc, shadow, literal(identity(acc.op, acc.code), acc.code, lanes))
        f.accs[acc] = shadow
    f.varying = varying_accs(s)
    f.rows, f.alive = rows.plan(f, s, lanes), piece.alive
    tail = None
    if piece.alive < lanes:
        bits = ", ".join([f"i1 {'true' if k < piece.alive else 'false'}" for k in range(lanes)])
        tail = Entry(f"<{bits}>", 0, lanes)

    def body(i: str) -> None:
        scope = f.scope
        scope.lanes, scope.mask, f.tail = lanes, tail, tail
        f.vector_var = s.var
        f.vars[s.var] = Entry(i, scope.depth, 1)
        statements.make_locals(f, s)
        statements.block(f, s.body)

    keys = f.facts.writes(s)
    if ends is not None:
        statements.counted(f, *ends, lanes, keys, body, maybe_empty=True)
    elif piece.stop - piece.start <= lanes:
        statements.inline(f, keys, lambda: body(str(piece.start)))
    elif piece.stop - piece.start > 4 * _BLOCK and any([a.op == "add" and a.code[0] == "f" for a in totals]):
        _in_blocks(f, s, piece, list(totals), body)
    else:
        statements.counted(f, str(piece.start), str(piece.stop), lanes, keys, body)
    f.vector_var, f.tail, f.varying, f.rows = None, None, frozenset(), {}
    for acc, total in totals.items():
        _combine(f, acc, total, f.accs[acc])
        f.accs[acc] = total


def _in_blocks(f: FunctionText, s: For, piece: Piece, accs: list[Acc], body: object) -> None:
    """Sums of blocks, which are then summed."""
    keys = f.facts.writes(s)
    outer = {acc: f.accs[acc] for acc in accs}
    size = max(_BLOCK // piece.lanes, 1) * piece.lanes
    stop = str(piece.stop)
    whole = {acc: Place(f.alloca(vector_type(STORED[acc.code], piece.lanes)), piece.lanes) for acc in accs}

    def one_block(i: str) -> None:
        for acc, place in whole.items():
            nothing = literal(identity(acc.op, acc.code), acc.code, piece.lanes)
            statements.write_acc(f, acc, place, nothing)
            f.accs[acc] = place
        end = f.fresh(f"add nsw i64 {i}, {size}")
        end = f.fresh(f.module.call("i64", "llvm.smin.i64", f"i64 {end}", f"i64 {stop}"))
        statements.counted(f, i, end, piece.lanes, keys, body)  # type: ignore[arg-type]
        for acc, place in outer.items():
            t = statements.lines_here(f, acc.code, piece.lanes)
            parts = [statements.read_acc(f, acc, p) for p in (place, whole[acc])]
            total = operation(t, acc.op, parts)
            assert total is not None
            statements.write_acc(f, acc, place, total)

    statements.counted(f, str(piece.start), stop, size, keys, one_block)
    f.accs.update(outer)


def _combine(f: FunctionText, acc: Acc, total: Place, lanes: Place) -> None:
    """total = total op (all lanes)."""
    part = reduce(statements.lines_here(f, acc.code, lanes.lanes), acc.op, statements.read_acc(f, acc, lanes))
    both = [statements.read_acc(f, acc, total), part]
    result = operation(statements.lines_here(f, acc.code, 1), acc.op, both)
    assert result is not None
    statements.write_acc(f, acc, total, result)
    f.changed(acc)


def _outer_accs(s: For) -> list[Acc]:
    """Accumulators that the loop's iterations share: its own, and those of loops around it that it updates."""
    inner = {acc for part in walk(s.body) if isinstance(part, For) for acc in part.accs}
    found = dict.fromkeys(s.accs)
    for part in walk(s.body):
        if isinstance(part, Update) and part.acc not in inner:
            found[part.acc] = None
    return list(found)


# --- what differs from lane to lane -----------------------------------------------------------------------------


def varying_accs(s: For) -> frozenset[Acc]:
    """The accumulators inside a vector loop that may differ from lane to lane."""
    found: set[Acc] = set(_outer_accs(s))
    locals_ = {b for part in walk([s]) if isinstance(part, For) for b in part.locals}
    while True:
        before = len(found)
        lane = _Lanes(s.var, found, locals_)
        branches = any([isinstance(p, If | While) and lane.varies(p.holds) for p in walk(s.body)])
        for part in walk(s.body):
            if isinstance(part, Update) and (branches or lane.varies(part.value)):
                found.add(part.acc)
            elif isinstance(part, For):
                found |= {a for a in part.accs if branches or (isinstance(a.init, Value) and lane.varies(a.init))}
        if len(found) == before:
            return frozenset(found)


class _Lanes:
    def __init__(self, var: Var, accs: set[Acc] | frozenset[Acc], locals_: object) -> None:
        self.var, self.accs, self.locals = var, accs, locals_
        self.known: dict[Value, bool] = {}

    def varies(self, root: Value) -> bool:
        """Whether a value may differ from lane to lane."""
        known, stack = self.known, [root]
        while stack:
            v = stack[-1]
            if v in known:
                stack.pop()
                continue
            operands = list(v.operands)
            missing = [a for a in operands if a not in known]
            if missing:
                stack += missing
                continue
            stack.pop()
            known[v] = self._own(v) or any([known[a] for a in operands])
        return known[root]

    def _own(self, v: Value) -> bool:
        if v.op == "load":
            return v.attr[0] in self.locals or v.attr[1].coefficient(self.var) != 0  # type: ignore[operator]
        if v.op == "index":
            return bool(v.attr.coefficient(self.var))
        return v.op == "acc" and v.attr in self.accs


def varies(f: FunctionText, s: While) -> bool:
    """Whether lanes may leave this loop at different times."""
    assert f.vector_var is not None
    locals_ = {b for b, place in f.locals.items() if place.lanes > 1}
    return _Lanes(f.vector_var, f.varying, locals_).varies(s.holds)
